internal import ColumnStore

/// The prompt of `till sql`.
enum SQLPrompt {
    static func run(_ shell: SQLShell) {
        var editor = LineEditor(historyPath: LineEditor.historyPath)
        let names = NameCompletion(shell.endpoint)
        Terminal.write("till \(TillVersion.text). \\? helps, \\q leaves.\n")
        var typed = ""
        while true {
            switch editor.read(prompt: shell.isWithin ? "  ... " : shell.isPassing ? "till@> " : "till> ", complete: { names.candidates(for: $0, within: typed) }) {
            case .end: return
            case .cancelled:
                shell.escape()
                typed = ""
            // Words of psql that are no SQL.
            case .line(let line) where !shell.isWithin && ["quit", "exit"].contains(bare(line)): return
            case .line(let line) where !shell.isWithin && bare(line) == "help": Terminal.write(ShellCommands.help)
            case .line(let line):
                typed += line + "\n"
                // A fault is printed and ends nothing, unless ON_ERROR_STOP says so of a file: then the prompt goes on.
                let flow = told { try shell.take(line + "\n") }
                if !shell.isWithin {
                    editor.remember(typed.trimmed)
                    typed = ""
                }
                if flow == .leaves { return }
            }
        }
    }

    private static func bare(_ line: String) -> String { String(line.trimmed.lowercased().prefix { $0 != ";" }) }

    private static func told(_ body: () throws -> SQLShell.Flow) -> SQLShell.Flow {
        do { return try body() } catch {
            Terminal.writeError(ResultTable.printable(lines: ErrorText.describe(error)) + "\n")
            return .goesOn
        }
    }
}
