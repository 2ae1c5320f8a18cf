internal import ColumnStore
import Glibc

/// Statements and commands, line by line, from a prompt, a pipe, a file or the command line.
final class SQLShell {
    enum Flow { case goesOn, leaves }

    /// How wide rows are shown: as a table, or a line for each value.
    enum Expansion: String { case off, on, auto }

    let endpoint: any SQLEndpoint
    var format: SQLCommand.Format
    /// A person sits in front of it: faults are told and nothing ends.
    let isInteractive: Bool
    var expansion = Expansion.off
    var showsTime = false
    var usesPager = true
    /// Of tables.
    var style = ResultTable.Style()
    var variables = ShellVariables()
    /// A fault ends what runs; else it is told, and the next statement runs.
    var stopsOnError: Bool
    private(set) var hasFailed = false
    /// Of `\o`; nil for standard output.
    var output: ShellOutput?
    private var statements = StatementSplitter()
    /// The statement that ran last, for `\g`, `\watch` and `\e`.
    private(set) var last = ""
    var fileDepth = 0
    /// Of the innermost file whose statements run; nil: of none.
    var script: ScriptPlace?
    /// Ctrl-C came since the outermost file of statements began: no more of it runs.
    let interruption = Monitor(false)

    init(_ endpoint: any SQLEndpoint, _ format: SQLCommand.Format, isInteractive: Bool) {
        (self.endpoint, self.format, self.isInteractive) = (endpoint, format, isInteractive)
        stopsOnError = !isInteractive
    }

    /// A statement is under way.
    var isWithin: Bool { !statements.isEmpty }
    /// What it has so far.
    var rest: String { statements.rest }

    func clear() { statements = StatementSplitter() }

    // MARK: Lines

    /// Whole text: each statement in it, and what stands behind the last semicolon.
    func take(all text: String) throws -> Flow {
        // By scalars: a line that ends as Windows writes it is one Character with its end.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if isScriptLeft { throw CommandError("Ctrl-C: the rest of the file does not run") }
            script?.line = index + 1
            if try take(String(line) + (index < lines.count - 1 ? "\n" : "")) == .leaves { return .leaves }
        }
        return try end()
    }

    /// What no semicolon has ended is a statement all the same; what ends inside quotes is refused with its place.
    func end() throws -> Flow {
        let rest = statements.rest
        clear()
        if !rest.allSatisfy(\.isWhitespace) { try run(rest) }
        return .goesOn
    }

    /// A line, with its line break: statements that it ends run, and commands behind a backslash.
    func take(_ line: String) throws -> Flow {
        var rest = line[...]
        while let backslash = rest.firstIndex(of: "\\") {
            try run(statements.add(String(rest[..<backslash])))
            // SQL has no backslash but in quotes and comments.
            guard statements.isPlain else {
                try run(statements.add("\\"))
                rest = rest[rest.index(after: backslash)...]
                continue
            }
            let (command, behind) = ShellArguments.cut(rest[backslash...])
            // Behind a command that failed nothing of its line runs, as in psql.
            guard let flow = try guarded({ try ShellCommands.run(String(command).trimmed, in: self) }) else { return .goesOn }
            guard flow == .goesOn, let behind else { return flow }
            rest = behind
        }
        try run(statements.add(String(rest)))
        return .goesOn
    }

    private func run(_ complete: [String]) throws {
        for statement in complete {
            if isScriptLeft { throw CommandError("Ctrl-C: the rest of the file does not run") }
            try run(statement)
        }
    }

    // MARK: Statements

    func run(_ statement: String) throws {
        let statement = variables.filled(statement)
        last = statement
        _ = try guarded { try answer(statement, to: nil, expansion: expansion) }
    }

    /// What the buffer has, else the last statement.
    func takeBuffer() -> String {
        let buffer = statements.rest
        clear()
        if buffer.allSatisfy(\.isWhitespace) { return last }
        last = variables.filled(buffer)
        return last
    }

    /// Runs `body`; a fault is told, and ends everything where that is wanted.
    private func guarded<Result>(_ body: () throws -> Result) throws -> Result? {
        do { return try body() } catch {
            hasFailed = true
            let fault = located(error)
            if stopsOnError || isScriptLeft { throw fault }
            Terminal.writeError((isInteractive ? "" : "till sql: ") + ErrorText.describe(fault) + "\n")
            return nil
        }
    }

    /// With the place in the file that it happened in, of several within each other the innermost one.
    private func located(_ error: any Error) -> any Error {
        guard let script, !(error is ScriptFault), !(error is UsageError) else { return error }
        return ScriptFault(error, at: script)
    }

    /// - Parameter place: a file or `|command` for this answer alone.
    func answer(_ query: String, to place: String?, expansion: Expansion) throws {
        let startedAt = SteadyClock.seconds()
        // What stands around it is none of the statement's, and no line that a fault would name.
        let query = String(query.drop(while: \.isWhitespace).reversed().drop { $0.isWhitespace || $0 == ";" }.reversed())
        if query.isEmpty { return }
        let own = place == nil && output != nil ? nil : place == nil ? ShellOutput(paging: isInteractive && usesPager && format == .table) : try ShellOutput(to: place)
        guard let target = own ?? output else { return }
        try interruptible {
            do {
                if let shown = try endpoint.takeSetting(query) { target.write(shown) } else {
                    try SQLCommand.write(query, format, endpoint, expansion, style, to: target)
                }
            } catch is AnswerLeft {
                // Whoever reads it has left before the end, which is no fault; that a file has no room is one.
                try target.check()
            } catch {
                own?.abandon()
                if error is UsageError { throw error }
                throw StatementFault(error, in: query)
            }
            try own?.finish()
        }
        if showsTime { Terminal.write("\(Int((SteadyClock.seconds() - startedAt) * 1_000)) ms\n") }
    }

    /// What a command has changed, told to a person.
    func say(_ text: String) { if isInteractive { Terminal.write(text + "\n") } }

    /// `NAME=VALUE` of the command line.
    func set(_ pair: String) throws {
        let name = String(pair.prefix { $0 != "=" })
        guard name.count < pair.count, ShellVariables.isName(name) else { throw UsageError("--set wants NAME=VALUE, not \(pair)") }
        do { try ShellSettings.set(name, String(pair.dropFirst(name.count + 1)), self) } catch { throw UsageError("--set \(name): \(error)") }
    }

    /// At a prompt, Ctrl-C ends what runs and leaves the prompt.
    func interruptible<Result>(_ body: () throws -> Result) rethrows -> Result {
        guard isInteractive else { return try body() }
        let (endpoint, interruption) = (endpoint, interruption)
        return try KeyboardInterrupt.caught(
            {
                interruption.withLock { $0 = true }
                endpoint.cancel()
            }, body)
    }

    private var isScriptLeft: Bool { fileDepth > 0 && interruption.withLock { $0 } }
}

/// Nobody takes the rest of the answer.
struct AnswerLeft: Error {}
