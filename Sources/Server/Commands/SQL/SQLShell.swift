internal import ColumnStore
import Glibc

/// Statements and commands, line by line, from a prompt, a pipe, a file or the command line.
final class SQLShell {
    enum Flow { case goesOn, leaves }

    /// What of the input is shown, as `\set ECHO` has it.
    enum Echo: String, CaseIterable { case none, errors, queries, all }

    /// How wide rows are shown: as a table, or a line for each value.
    enum Expansion: String { case off, on, auto }

    let endpoint: any SQLEndpoint
    var format: SQLCommand.Format
    /// A person sits in front of it: faults are printed and nothing ends.
    let isInteractive: Bool
    var expansion = Expansion.off
    var showsTime = false
    var usesPager = true
    /// What is set at the moment holds for one answer, and is not told.
    var isSilent = false
    /// `\set QUIET`: nothing is printed beside answers and faults.
    var isQuiet = false
    var echo = Echo.none
    /// Of tables.
    var style = ResultTable.Style()
    var variables = ShellVariables()
    /// Of `\bind`: what `$1` and those behind it stand for in the next statement.
    var bound: [String]?
    /// A fault ends what runs; else it is printed, and the next statement runs.
    var stopsOnError: Bool
    private(set) var hasFailed = false
    /// Of `\o`; nil for standard output.
    var output: ShellOutput?
    let standard = ShellOutput(paging: false)
    /// A pager shows what is longer than the screen.
    var isPaged: Bool { output == nil && isInteractive && usesPager && format == .table }
    /// Where answers go that no pager shows.
    var target: ShellOutput { output ?? standard }
    private var statements = StatementSplitter()
    /// Of the innermost text or file that runs, or of the prompt.
    private var branches = ShellBranches()
    /// Of that text, from 1; 0 at the prompt.
    private var line = 0
    /// The statement that failed last, for `\errverbose`.
    private(set) var lastFault: StatementFault?
    /// The statement that ran last, with the values of its variables, for `\g` and `\watch`.
    private(set) var last = ""
    /// The same as it was typed, for `\e`.
    private var lastTyped = ""
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

    /// What comes does not run, for an `\if` whose condition did not hold.
    var isPassing: Bool { !branches.isActive }

    func clear() { statements = StatementSplitter() }

    /// Ctrl-C at the prompt: out of the statement, and of the innermost `\if`.
    func escape() {
        clear()
        bound = nil
        if branches.leave() { say("\\if: escaped") }
    }

    // MARK: Lines

    /// Whole text: each statement in it, and what stands behind the last semicolon.
    ///
    /// - Parameter name: what faults call it, with the line; nil: they say neither.
    func take(all text: String, named name: String? = nil) throws -> Flow {
        let outerBranches = branches, outerLine = line, outerScript = script
        branches = ShellBranches()
        if let name { script = ScriptPlace(path: name) }
        defer {
            branches = outerBranches
            line = outerLine
            script = outerScript
        }
        // By scalars: a line that ends as Windows writes it is one Character with its end.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, text) in lines.enumerated() {
            if isScriptLeft { throw CommandError("Ctrl-C: the rest of the file does not run") }
            line = index + 1
            script?.line = line
            if try take(String(text) + (index < lines.count - 1 ? "\n" : "")) == .leaves { return .leaves }
        }
        return try end()
    }

    /// What no semicolon has ended is a statement all the same; what ends inside quotes is refused with its place.
    func end() throws -> Flow {
        let rest = statements.rest
        clear()
        if branches.isActive, !rest.allSatisfy(\.isWhitespace) { try run(rest) }
        if let line = branches.openLine { try refuse(openAt: line) }
        return .goesOn
    }

    /// Tells of an `\if` that nothing ends, by its own line.
    private func refuse(openAt line: Int) throws {
        _ = try guarded { () throws -> Void in
            guard var place = script else { throw CommandError("the \\if of line \(line) has no \\endif") }
            place.line = line
            throw ScriptFault(CommandError("this \\if has no \\endif"), at: place)
        }
    }

    /// A line, with its line break: statements that it ends run, and commands behind a backslash.
    func take(_ line: String) throws -> Flow {
        if echo == .all, !isInteractive { Terminal.write(line.utf8.last == 0x0A ? line : line + "\n") }
        var rest = line[...]
        while let backslash = rest.firstIndex(of: "\\") {
            try run(statements.add(String(rest[..<backslash])))
            // SQL has no backslash but in quotes and comments.
            guard statements.isPlain else {
                try run(statements.add("\\"))
                rest = rest[rest.index(after: backslash)...]
                continue
            }
            if rest[backslash...].hasPrefix("\\;") {
                statements.join()
                rest = rest[backslash...].dropFirst(2)
                continue
            }
            let (command, behind) = ShellArguments.cut(rest[backslash...])
            // Behind a command that failed nothing of its line runs, as in psql.
            guard let flow = try guarded({ try obey(String(command).trimmed) }) else { return .goesOn }
            guard flow == .goesOn, let behind else { return flow }
            rest = behind
        }
        try run(statements.add(String(rest)))
        return .goesOn
    }

    /// Runs a command from its backslash on, where what stands here runs.
    private func obey(_ command: String) throws -> Flow {
        let name = String(command.prefix { !$0.isWhitespace && $0 != "(" && $0 != ";" })
        if let word = ShellBranches.Word(rawValue: name) {
            let condition = String(command.dropFirst(name.count)).trimmed
            try branches.take(word, &statements, line: line) { holds(condition, of: name) }
            if branches.isActive, word == .rest || word == .end { tellExtra(try operands(of: name, condition), of: name) }
            return .goesOn
        }
        guard branches.isActive else {
            say("\(name) does not run: \\endif or Ctrl-C leaves the \\if around it")
            return .goesOn
        }
        return try ShellCommands.run(command, in: self)
    }

    /// What is no condition gets a warning and does not hold, as in psql.
    private func holds(_ condition: String, of name: String) -> Bool {
        do {
            // A semicolon out of habit is none of it.
            let text = try joined(String(condition.reversed().drop { $0 == ";" }.reversed()))
            guard let truth = ShellBranches.truth(text) else { throw CommandError("unrecognized value “\(text)” for \(name): true or false is wanted, on or off, 1 or 0") }
            return truth
        } catch {
            tell(located(error))
            return false
        }
    }

    /// The words behind a command, with the values of variables and what programs write in their places.
    func words(_ text: String) throws -> [String] {
        let words = ShellWords(variables: variables, run: { [self] command in try interruptible { try ShellProgram.output(of: command) } })
        return try words.words(text)
    }

    /// The same as one text.
    func joined(_ text: String) throws -> String { try words(text).joined(separator: " ") }

    /// As many of them as the command takes.
    func operands(of name: String, _ line: String) throws -> ShellOperands { try ShellOperands(of: name, line, read: words) }

    /// Warns of words that a command does not take; they are no fault.
    func tellExtra(_ operands: ShellOperands, of name: String) {
        for word in operands.extra { warn("\(name): extra argument \"\(word)\" ignored") }
    }

    /// Tells, with the place in its file, of what ends nothing.
    func warn(_ text: String) { tell(located(CommandError(text))) }

    private func run(_ complete: [String]) throws {
        guard branches.isActive else {
            if !complete.isEmpty { say("the statement does not run: \\endif or Ctrl-C leaves the \\if around it") }
            return
        }
        for statement in complete {
            if isScriptLeft { throw CommandError("Ctrl-C: the rest of the file does not run") }
            try run(statement, endedBy: ";")
        }
    }

    // MARK: Statements

    /// - Parameter end: what stood behind it.
    private func run(_ typed: String, endedBy end: String = "") throws {
        let statement = variables.filled(typed)
        lastTyped = typed
        last = statement
        try runMade(statement, endedBy: end)
    }

    /// Statements that a command has made, as if they had been typed: but `\g` does not run them again.
    func runMade(_ statements: String, endedBy end: String = "") throws {
        tellQuery(statements.trimmed + end)
        _ = try guarded { try answer(statements, to: nil, expansion: expansion) }
    }

    private func tellQuery(_ text: String) { if echo == .queries { Terminal.write(text + "\n") } }

    /// What the buffer has, else the last statement.
    func takeBuffer() -> String {
        let buffer = statements.rest
        clear()
        if !buffer.allSatisfy(\.isWhitespace) { (last, lastTyped) = (variables.filled(buffer), buffer) }
        tellQuery(last.trimmed)
        return last
    }

    /// The same as it was typed: it is read again as lines are, and a command in what a server answered must not run.
    func takeTyped() -> String {
        let buffer = statements.rest
        clear()
        return buffer.allSatisfy(\.isWhitespace) ? lastTyped : buffer
    }

    /// Runs `body`; a fault is printed, and ends everything where that is wanted.
    private func guarded<Result>(_ body: () throws -> Result) throws -> Result? {
        do { return try body() } catch {
            hasFailed = true
            if let fault = error as? StatementFault { lastFault = fault }
            let fault = located(error)
            if stopsOnError || isScriptLeft { throw fault }
            tell(fault)
            return nil
        }
    }

    /// Words of commands may have what a document has, which a terminal would obey.
    private func tell(_ fault: any Error) {
        Terminal.writeError((isInteractive ? "" : "till sql: ") + ResultTable.printable(lines: ErrorText.describe(fault)) + "\n")
    }

    /// With the place in the file that it happened in, of several within each other the innermost one.
    private func located(_ error: any Error) -> any Error {
        guard let script, !(error is ScriptFault), !(error is UsageError) else { return error }
        return ScriptFault(error, at: script)
    }

    /// - Parameters:
    ///   - text: a statement, or several that `\;` put together: answered in turn, until one fails.
    ///   - place: a file or `|command` for these answers alone.
    func answer(_ text: String, to place: String?, expansion: Expansion) throws {
        let startedAt = SteadyClock.seconds()
        // What stands around one is none of the statement's, and no line that a fault would name.
        let queries = StatementSplitter.statements(of: text).map(\.trimmed)
        if queries.isEmpty { return }
        try bind(to: queries)
        defer { endpoint.parameters = [] }
        let own = place != nil ? try ShellOutput(to: place) : isPaged ? ShellOutput(paging: true) : nil
        let target = own ?? self.target
        try interruptible {
            var isAnswered = false
            for query in queries {
                do {
                    let rowCount = try write(query, expansion, to: target)
                    variables.keep(rowCount: rowCount)
                    isAnswered = true
                } catch is AnswerLeft {
                    // Whoever reads it has left before the end, which is no fault; that a file has no room is one.
                    try target.check()
                    variables.keep(rowCount: nil)
                    break
                } catch {
                    leave(own, keeping: isAnswered)
                    if error is UsageError { throw error }
                    throw failed(error, in: query)
                }
            }
            try own?.finish()
        }
        if showsTime { Terminal.write("Time: \(Self.milliseconds(SteadyClock.seconds() - startedAt)) ms\n") }
    }

    /// - Returns: how many rows there were; nil where the form does not say.
    private func write(_ query: String, _ expansion: Expansion, to target: ShellOutput) throws -> Int? {
        guard let shown = try endpoint.takeSetting(query) else { return try SQLCommand.write(query, format, endpoint, expansion, style, to: target) }
        target.write(shown)
        return 0
    }

    /// The rows of the buffer's last statement, for a command that does something with them; those before it are answered as ever.
    func takeRows(for command: String) throws -> (columns: [(name: String, type: String)], rows: [[JSONValue]]) {
        let queries = StatementSplitter.statements(of: takeBuffer()).map(\.trimmed)
        guard let query = queries.last else { throw CommandError("there is no statement for \(command)") }
        if let bound, queries.count > 1 { try ShellParameters.check(bound, for: queries) }
        try answer(queries.dropLast().joined(separator: "\n;\n"), to: nil, expansion: expansion)
        return try answered(query) {
            var found: (columns: [(name: String, type: String)], rows: [[JSONValue]]) = ([], [])
            try SQLCommand.eachPart(query, endpoint) { columns, rows in
                found.columns = columns
                found.rows += rows
            }
            return (value: found, rowCount: found.rows.count)
        }
    }

    /// Runs `body`, which asks for a statement, and keeps its outcome in the variables.
    ///
    /// - Parameter start: where the statement begins in what is asked, in Unicode scalars.
    func answered<Value>(_ query: String, startingAt start: Int = 0, _ body: () throws -> (value: Value, rowCount: Int)) throws -> Value {
        let startedAt = SteadyClock.seconds()
        try bind(to: [query])
        defer { endpoint.parameters = [] }
        let answer: (value: Value, rowCount: Int)
        do { answer = try interruptible(body) } catch { throw failed(error, in: query, startingAt: start) }
        variables.keep(rowCount: answer.rowCount)
        if showsTime { Terminal.write("Time: \(Self.milliseconds(SteadyClock.seconds() - startedAt)) ms\n") }
        return answer.value
    }

    /// What failed of a statement; the variables have it from now on.
    func failed(_ error: any Error, in query: String, startingAt start: Int = 0) -> StatementFault {
        let fault = StatementFault(error, in: query, startingAt: start)
        variables.keep(state: fault.state, message: fault.message)
        if echo == .errors { Terminal.writeError("STATEMENT:  \(ResultTable.printable(lines: query))\n") }
        return fault
    }

    /// Gives what is asked next the values of `\bind`, which are used up by it.
    func bind(to queries: [String]) throws {
        guard let values = bound else { return }
        bound = nil
        try ShellParameters.check(values, for: queries)
        endpoint.parameters = values
    }

    /// With three digits behind the point.
    private static func milliseconds(_ seconds: Double) -> String {
        let parts = String(max(0, Int(seconds * 1_000_000)) % 1_000)
        return "\(max(0, Int(seconds * 1_000))).\(String(repeating: "0", count: 3 - parts.count))\(parts)"
    }

    /// Of an answer that failed: what statements before it in the same text were answered with is kept, as in psql; else a file that was there stays.
    private func leave(_ own: ShellOutput?, keeping isKept: Bool) {
        guard isKept else {
            own?.abandon()
            return
        }
        do { try own?.finish() } catch { tell(located(error)) }
    }

    /// What a command has changed, told to a person: a line, which may have a value that a server gave.
    func say(_ text: String) { if isInteractive, !isSilent, !isQuiet { Terminal.write(ResultTable.printable(text) + "\n") } }

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
