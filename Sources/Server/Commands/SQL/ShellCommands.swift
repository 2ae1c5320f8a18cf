internal import ColumnStore
import Glibc

/// The commands of the prompt, as psql has them: `\d`, `\x`, `\copy` …
enum ShellCommands {
    static let help = """
        A statement ends with ; and may take several lines. Ctrl-C ends what runs; Tab completes names.
          \\q                  leave; so do quit and exit
          \\g [FILE]  \\gx      run what stands here, or the last statement again; its answer into a file or |program; one value a line
          \\gset [PREFIX]      run it, and give the values of its row names, as \\set does
          \\watch [SECONDS]    run it again and again, until Ctrl-C
          \\e                  edit it with $EDITOR        \\p  show it        \\r  forget it        \\w FILE  write it
          \\i FILE             run the statements of a file; \\ir: of one beside the file that says so
          \\o [FILE]           answers into a file or |program; alone, back to here
          \\copy (QUERY)|TABLE TO FILE|PROGRAM 'COMMAND' [csv [header] | parquet | arrow | ndjson]
          \\d[+] [NAME]        tables and views, or one's columns; + says what they hold, and what a view is defined by
          \\sv[+] VIEW         the statement that would make a view; + numbers its lines
          \\dt[+]  \\dv[+]  \\di  \\dn  \\df[+] [PART]   tables; views; keys; schemas; functions; with S the catalogs' too
          \\du  \\l  \\conninfo  contracts; databases; what answers here
          \\x [on|off|auto]    one value a line; auto: where a row is wider than the screen
          \\t [on|off]  \\a     rows alone; without aligning them
          \\pset null TEXT | format FORMAT | fieldsep TEXT | pager on|off
          \\timing [on|off]    how long each takes
          \\set NAME VALUE     what :NAME stands for in statements, :'NAME' as a string, :"NAME" as a name; \\unset NAME
          \\set ON_ERROR_STOP on|off    whether a fault ends a script
          \\echo TEXT  \\qecho  \\warn    to standard output; where answers go; to standard error
          \\! [COMMAND]  \\cd [FOLDER]  \\s    a shell; another folder; the lines of before
          SET TIME ZONE 'Europe/Kyiv'; SHOW TIME ZONE; SET rollups = off;

        """

    /// - Parameter line: from its backslash on.
    static func run(_ line: String, in shell: SQLShell) throws -> SQLShell.Flow {
        let word = String(line.prefix { !$0.isWhitespace && $0 != "(" })
        let rest = String(line.dropFirst(word.count)).trimmed
        // A semicolon out of habit ends nothing here.
        let name = withoutEnd(word)
        switch name {
        case "\\q", "\\quit": return .leaves
        case "\\?", "\\h", "\\help": Terminal.write(help)
        case "\\timing": try ShellSettings.time(withoutEnd(rest), shell)
        case "\\x": try ShellSettings.expand(withoutEnd(rest), shell)
        case "\\t": try ShellSettings.showRowsOnly(withoutEnd(rest), shell)
        case "\\a": ShellSettings.align(!shell.style.isAligned, shell)
        case "\\pset": try ShellSettings.show(withoutEnd(rest), shell)
        case "\\set": try ShellSettings.set(rest, shell)
        case "\\unset": try ShellSettings.unset(withoutEnd(rest), shell)
        case "\\gset": try ShellSettings.keep(shell.takeBuffer().trimmed, prefix: withoutEnd(rest), shell)
        case "\\g", "\\gx": try shell.answer(shell.takeBuffer(), to: rest.isEmpty ? nil : unquoted(rest), expansion: name == "\\gx" ? .on : shell.expansion)
        case "\\p": Terminal.write((shell.isWithin ? shell.rest : shell.last).trimmed + "\n")
        case "\\r": shell.clear()
        case "\\o":
            let before = shell.output
            // Also where it has not all that it was to have.
            shell.output = nil
            try before?.finish()
            if !rest.isEmpty { shell.output = try ShellOutput(to: unquoted(shell.variables.filled(rest))) }
        case "\\i", "\\include": return try include(unquoted(shell.variables.filled(rest)), shell)
        case "\\ir", "\\include_relative":
            let path = unquoted(shell.variables.filled(rest))
            return try include(path.hasPrefix("/") || path.isEmpty ? path : (shell.script?.folder ?? "") + path, shell)
        case "\\e", "\\edit": return try edit(shell)
        case "\\watch": try watch(rest, shell)
        case "\\copy": try ShellCopy(rest).run(shell)
        case "\\echo": Terminal.write(unquoted(shell.variables.filled(rest)) + "\n")
        case "\\qecho": (shell.output ?? ShellOutput(paging: false)).write(unquoted(shell.variables.filled(rest)) + "\n")
        case "\\warn": Terminal.writeError(unquoted(shell.variables.filled(rest)) + "\n")
        case "\\conninfo": Terminal.write(shell.endpoint.place + "\n")
        case "\\encoding": Terminal.write("UTF8\n")
        case "\\!", "\\cd", "\\w", "\\s": try ShellSystem.run(name, unquoted(rest), shell)
        default: try ShellDescription.run(name, unquoted(withoutEnd(rest)), shell)
        }
        return .goesOn
    }

    private static func withoutEnd(_ text: String) -> String { String(text.reversed().drop { $0 == ";" || $0.isWhitespace }.reversed()) }

    private static func unquoted(_ text: String) -> String {
        text.count > 1 && text.hasPrefix("'") && text.hasSuffix("'") ? String(text.dropFirst().dropLast()).replacing("''", with: "'") : text
    }

    // MARK: Statements from elsewhere

    private static let fileByteCountMax = 256 << 20
    private static let fileDepthMax = 16

    static func include(_ path: String, _ shell: SQLShell) throws -> SQLShell.Flow {
        guard !path.isEmpty else { throw CommandError("\\i wants a file") }
        guard shell.fileDepth < fileDepthMax else { throw CommandError("files of statements name each other more than \(fileDepthMax) deep") }
        let text = String(decoding: try FileBytes.read(path, byteCountMax: fileByteCountMax), as: UTF8.self)
        if shell.fileDepth == 0 { shell.interruption.withLock { $0 = false } }
        let outer = shell.script
        shell.script = ScriptPlace(path: path)
        shell.fileDepth += 1
        defer {
            shell.fileDepth -= 1
            shell.script = outer
        }
        // Its end is not the end of whoever named it; Ctrl-C is, between statements too.
        do { _ = try shell.interruptible { try shell.take(all: text) } } catch {
            shell.clear()
            throw error
        }
        return .goesOn
    }

    /// The text goes through a file beside the history's, which stays there.
    private static func edit(_ shell: SQLShell) throws -> SQLShell.Flow {
        guard let home = Environment["HOME"] else { throw CommandError("\\e keeps its text in HOME, which is not set") }
        let path = home + "/.till_edit.sql"
        let file = try PartialFile(path)
        try file.write(Array((shell.takeBuffer().trimmed + "\n").utf8)[...])
        try file.finish(sha256: nil)
        let editor = Environment["VISUAL"] ?? Environment["EDITOR"] ?? "vi"
        guard system("\(editor) '\(path.replacing("'", with: "'\\''"))'") == 0 else { throw CommandError("\(editor) failed") }
        let text = String(decoding: try FileBytes.read(path, byteCountMax: fileByteCountMax), as: UTF8.self)
        for line in text.split(separator: "\n") where try shell.take(String(line) + "\n") == .leaves { return .leaves }
        return .goesOn
    }

    private static func watch(_ text: String, _ shell: SQLShell) throws {
        let seconds = text.isEmpty ? 2 : Double(text) ?? -1
        guard seconds >= 0.1, seconds <= 86_400 else { throw CommandError("\\watch wants seconds, from 0.1 on") }
        let query = shell.takeBuffer()
        guard !query.allSatisfy(\.isWhitespace) else { throw CommandError("there is no statement to watch") }
        let isOver = Monitor(false)
        let (endpoint, interruption) = (shell.endpoint, shell.interruption)
        try KeyboardInterrupt.caught({
            interruption.withLock { $0 = true }
            isOver.signal { $0 = true }
            endpoint.cancel()
        }) {
            while !isOver.withLock({ $0 }) {
                Terminal.write("\(CalendarText.text(instant: CalendarText.now)) (every \(text.isEmpty ? "2" : text) s)\n\n")
                let target = ShellOutput(paging: false)
                do { try SQLCommand.write(query.trimmed, shell.format, endpoint, shell.expansion, shell.style, to: shell.output ?? target) } catch {
                    if isOver.withLock({ $0 }) { return }
                    throw StatementFault(error, in: query.trimmed)
                }
                _ = isOver.wait(seconds: seconds) { $0 ? true : nil }
            }
        }
    }
}
