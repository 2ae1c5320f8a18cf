internal import ColumnStore
import Glibc

/// The commands of the prompt, as psql has them: `\d`, `\x`, `\copy` …
enum ShellCommands {
    static let help = """
        A statement ends with ; and may take several lines. Ctrl-C ends what runs; Tab completes names.
          \\q                  leave; so do quit and exit
          \\;                  between statements that one semicolon, or \\g, sends together: their answers come in turn
          \\g [(OPTION=VALUE …)] [FILE]  \\gx    run what stands here, or the last statement again; its answer into a file or |program, with options of \\pset; one value a line
          \\gset [PREFIX]      run it, and give the values of its row names, as \\set does
          \\gexec              run it, and then each value of its answer as statements
          \\gdesc              the columns it would have, and their types; it does not run
          \\bind [VALUE …]     what $1, $2 … stand for in it
          \\crosstabview [DOWN [ACROSS [VALUES [ORDER]]]]    run it, and show one column's values down, another's across, and a third's where they meet
          \\watch [[i=]SECONDS] [c=TIMES] [m=ROWS]    run it again and again, until Ctrl-C, so often, or until fewer rows come
          \\e                  edit it with $EDITOR        \\p  show it        \\r  forget it        \\w FILE  write it
          \\i FILE             run the statements of a file; \\ir: of one beside the file that says so
          \\o [FILE]           answers into a file or |program; alone, back to here
          \\copy (QUERY)|TABLE [(COLUMNS)] TO FILE|PROGRAM 'COMMAND' [(FORMAT csv|text|parquet|arrow|ndjson, HEADER, DELIMITER ';', NULL '-', QUOTE, ESCAPE, FORCE_QUOTE)]
          \\d[+] [NAME]        tables and views, or one's columns; + says what they hold, and what a view is defined by
          \\sv[+] VIEW         the statement that would make a view; + numbers its lines
          \\dt[+]  \\dv[+]  \\di  \\dn  \\df[anw][+] [PART]   tables; views; keys; schemas; functions (aggregates, others, of windows); with S the catalogs' too
          \\du  \\l  \\conninfo  \\encoding    contracts; databases; what answers here; how texts are written
          \\x [on|off|auto]    one value a line; auto: where a row is wider than the screen
          \\t [on|off]  \\a  \\f TEXT  \\H    rows alone; without aligning them; what stands between values then; as HTML
          \\C [TITLE]  \\T [ATTRIBUTES]    over tables; of HTML's table
          \\pset [border 0|1|2 | null TEXT | format FORMAT | fieldsep TEXT | recordsep TEXT | fieldsep_zero | recordsep_zero | numericlocale on|off | title TEXT
                 | tableattr TEXT | csv_fieldsep SIGN | columns N | footer on|off | pager on|off]
          \\timing [on|off]    how long each takes
          \\set NAME VALUE     what :NAME stands for in statements, :'NAME' as a string, :"NAME" as a name; \\unset NAME
          :ERROR :SQLSTATE :ROW_COUNT :LAST_ERROR_MESSAGE :LAST_ERROR_SQLSTATE    what came of the last statement, and of the last that failed
          \\prompt [TEXT] NAME  a line of standard input as the value of NAME; \\getenv NAME VARIABLE: one of the environment
          \\if CONDITION  \\elif CONDITION  \\else  \\endif    what runs: true, on, yes or 1, or not; :{?NAME} is whether NAME has a value
          \\set ON_ERROR_STOP on|off    whether a fault ends a script; ECHO none|errors|queries|all: what of it is shown; QUIET on|off: whether changes go without a word
          \\echo TEXT  \\qecho  \\warn    to standard output; where answers go; to standard error
          \\errverbose         all that came of the statement that failed last
          `COMMAND`           behind these commands, but for \\copy and \\!: what COMMAND writes
          \\! [COMMAND]  \\cd [FOLDER]  \\s [FILE]    a shell; another folder; the lines of before
          SET TIME ZONE 'Europe/Kyiv'; SHOW TIME ZONE; SET rollups = off;

        """

    /// - Parameter line: from its backslash on.
    static func run(_ line: String, in shell: SQLShell) throws -> SQLShell.Flow {
        let word = String(line.prefix { !$0.isWhitespace && $0 != "(" })
        let name = ShellOperands.withoutEnd(word)
        let operands = try shell.operands(of: name, String(line.dropFirst(word.count)).trimmed)
        let flow = try run(name, operands, shell)
        shell.tellExtra(operands, of: name)
        return flow
    }

    private static func run(_ name: String, _ operands: ShellOperands, _ shell: SQLShell) throws -> SQLShell.Flow {
        let rest = operands.line
        switch name {
        case "\\q", "\\quit": return .leaves
        case "\\?", "\\h", "\\help": Terminal.write(help)
        case "\\timing": try ShellSettings.time(operands.first, shell)
        case "\\x": try ShellSettings.expand(operands.first, shell)
        case "\\t": try ShellSettings.showRowsOnly(operands.first, shell)
        case "\\a": ShellSettings.toggle(.aligned, else: .unaligned, shell)
        case "\\H", "\\html": ShellSettings.toggle(.html, else: .aligned, shell)
        case "\\f": try ShellSettings.show(["fieldsep"] + operands.words, shell)
        case "\\C": try ShellSettings.show(["title"] + operands.words, shell)
        case "\\T": try ShellSettings.show(["tableattr"] + operands.words, shell)
        case "\\pset": try ShellSettings.show(operands.words, shell)
        case "\\set": try ShellSettings.set(try shell.words(rest), shell)
        case "\\unset": try ShellSettings.unset(operands.first, shell)
        case "\\getenv": try ShellSettings.get(operands.words, shell)
        case "\\prompt": try ShellSettings.ask(operands.words, shell)
        case "\\gset": try ShellResults.keep(prefix: operands.first, shell)
        case "\\gexec": try ShellResults.execute(shell)
        case "\\gdesc": try ShellResults.describe(shell)
        case "\\crosstabview": try ShellResults.cross(operands.words, shell)
        case "\\bind": shell.bound = try shell.words(rest)
        case "\\g", "\\gx":
            let place = try target(operands)
            try ShellSettings.holding(operands.options, shell) { try shell.answer(shell.takeBuffer(), to: place, expansion: name == "\\gx" ? .on : shell.expansion) }
        case "\\p", "\\print":
            let text = (shell.isWithin ? shell.rest : shell.last).trimmed
            // Values of variables are in it.
            if text.isEmpty { shell.say("Query buffer is empty.") } else { Terminal.write((Terminal.outputIsTerminal ? ResultTable.printable(lines: text) : text) + "\n") }
        case "\\r", "\\reset":
            shell.clear()
            shell.say("Query buffer reset (cleared).")
        case "\\o", "\\out":
            // Where it cannot be had, answers go on to where they went, as in psql.
            let next = try target(operands).map { try ShellOutput(to: $0, asItComes: true) }
            let before = shell.output
            shell.output = next
            try before?.finish()
        case "\\i", "\\include": return try include(named(operands.path, by: name), shell)
        case "\\ir", "\\include_relative":
            let path = try named(operands.path, by: name)
            return try include(path.hasPrefix("/") ? path : (shell.script?.folder ?? "") + path, shell)
        case "\\e", "\\edit": return try edit(shell)
        case "\\watch": try ShellWatch.run(try WatchOptions(operands.words), shell)
        case "\\copy": try ShellCopy(rest).run(shell)
        case "\\echo": Terminal.write(echoed(try shell.words(rest)))
        case "\\qecho": shell.target.write(echoed(try shell.words(rest)))
        case "\\warn": Terminal.writeError(echoed(try shell.words(rest)))
        case "\\errverbose":
            if let fault = shell.lastFault { Terminal.writeError(fault.verbose + "\n") } else { Terminal.write("There is no previous error.\n") }
        case "\\conninfo": Terminal.write(shell.endpoint.place + "\n")
        case "\\encoding": try encode(operands.first)
        case "\\!": try ShellSystem.run(name, unquoted(rest), shell)
        case "\\w", "\\write", "\\s": try ShellSystem.run(name, target(operands) ?? "", shell)
        case "\\cd": try ShellSystem.run(name, operands.path, shell)
        default: try ShellDescription.run(name, operands.first, shell)
        }
        return .goesOn
    }

    private static func named(_ path: String, by name: String) throws -> String {
        guard !path.isEmpty else { throw CommandError("\(name) wants a file") }
        return path
    }

    /// Where an answer goes: a file, or `|` and a program, which has its line as it stands. Nil where nothing is named.
    ///
    /// - Throws: for a `|` that was not typed: what a variable has may be a server's answer, and runs nothing.
    private static func target(_ operands: ShellOperands) throws -> String? {
        if operands.isProgram { return operands.line }
        let place = operands.path
        guard !place.hasPrefix("|") || operands.line.hasPrefix("'|") else {
            throw CommandError("\(ResultTable.printable(place)): a value names no program: type the | yourself")
        }
        return place.isEmpty ? nil : place
    }

    /// Its words with a blank between them, and a line break behind them unless the first one is `-n`.
    private static func echoed(_ words: [String]) -> String { words.first == "-n" ? words.dropFirst().joined(separator: " ") : words.joined(separator: " ") + "\n" }

    private static func encode(_ name: String) throws {
        guard ["", "utf8", "utf-8", "unicode"].contains(name.lowercased()) else { throw CommandError("\(name): texts are UTF8 here, in and out") }
        if name.isEmpty { Terminal.write("UTF8\n") }
    }

    private static func unquoted(_ text: String) -> String {
        text.count > 1 && text.hasPrefix("'") && text.hasSuffix("'") ? String(text.dropFirst().dropLast()).replacing("''", with: "'") : text
    }

    // MARK: Statements from elsewhere

    private static let fileByteCountMax = 256 << 20
    private static let fileDepthMax = 16

    static func include(_ path: String, _ shell: SQLShell) throws -> SQLShell.Flow {
        guard shell.fileDepth < fileDepthMax else { throw CommandError("files of statements name each other more than \(fileDepthMax) deep") }
        let text = try ScriptText.text(try FileBytes.read(path, byteCountMax: fileByteCountMax), named: path)
        if shell.fileDepth == 0 { shell.interruption.withLock { $0 = false } }
        shell.fileDepth += 1
        defer { shell.fileDepth -= 1 }
        // Its end is not the end of whoever named it; Ctrl-C is, between statements too.
        do { _ = try shell.interruptible { try shell.take(all: text, named: path) } } catch {
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
        try file.write(Array((shell.takeTyped().trimmed + "\n").utf8)[...])
        try file.finish(sha256: nil)
        let editor = Environment["VISUAL"] ?? Environment["EDITOR"] ?? "vi"
        let command = "\(editor) '\(path.replacing("'", with: "'\\''"))'"
        // Where nobody types, one that waits for keys would wait indefinitely: it has the end of a file instead.
        let isTyped = Terminal.inputIsTerminal
        guard system(isTyped ? command : "{ \(command); } </dev/null") == 0 else { throw CommandError("\(editor) failed" + (isTyped ? "" : ": \\e has no terminal for it")) }
        let text = try ScriptText.text(try FileBytes.read(path, byteCountMax: fileByteCountMax), named: path)
        // Blank lines too: they may stand within quotes. By scalars: a line that ends as Windows writes it is one Character with its end.
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        for line in lines.last?.isEmpty == true ? lines.dropLast() : lines where try shell.take(String(line) + "\n") == .leaves { return .leaves }
        return .goesOn
    }
}
