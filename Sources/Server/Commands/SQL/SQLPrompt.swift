internal import ColumnStore

/// The prompt of `till sql`.
enum SQLPrompt {
    static func run(_ shell: SQLShell) {
        var editor = LineEditor(historyPath: Environment["TILL_HISTORY"] ?? Environment["HOME"].map { $0 + "/.till_history" })
        let names = NameCompletion(shell.endpoint)
        Terminal.write("till \(TillVersion.text). \\? helps, \\q leaves.\n")
        var typed = ""
        while true {
            switch editor.read(prompt: shell.isWithin ? "  ... " : "till> ", complete: { names.candidates(for: $0, within: typed) }) {
            case .end: return
            case .cancelled:
                shell.clear()
                typed = ""
            case .line(let line):
                typed += line + "\n"
                // A fault is told and ends nothing, unless ON_ERROR_STOP says so of a file: then the prompt goes on.
                let flow = told { try shell.take(line + "\n") }
                if !shell.isWithin {
                    editor.remember(typed.trimmed)
                    typed = ""
                }
                if flow == .leaves { return }
            }
        }
    }

    private static func told(_ body: () throws -> SQLShell.Flow) -> SQLShell.Flow {
        do { return try body() } catch {
            Terminal.writeError(ErrorText.describe(error) + "\n")
            return .goesOn
        }
    }
}
