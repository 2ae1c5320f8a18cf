internal import ColumnStore

/// The prompt of `till sql`.
enum SQLPrompt {
    private static let help = """
        A statement ends with ; and may take several lines.
        \\q        leave           \\d        show the tables
        \\d NAME   describe one    \\timing   show how long each takes
        SET rollups = off;  reads rows where sums are kept, too

        """

    static func run(_ format: SQLCommand.Format, _ endpoint: any SQLEndpoint) -> Int32 {
        var editor = LineEditor(historyPath: Environment["TILL_HISTORY"] ?? Environment["HOME"].map { $0 + "/.till_history" })
        var statements = StatementSplitter()
        var showsTime = false
        Terminal.write("till \(TillVersion.text). \\? helps, \\q leaves.\n")
        while true {
            switch editor.read(prompt: statements.isEmpty ? "till> " : "  ... ") {
            case .end: return ExitStatus.done
            case .cancelled: statements = StatementSplitter()
            case .line(let line):
                if statements.isEmpty, line.trimmingBlanks.hasPrefix("\\") {
                    editor.remember(line)
                    let words = line.trimmingBlanks.split(separator: " ").map(String.init)
                    switch (words[0], words.count) {
                    case ("\\q", _): return ExitStatus.done
                    case ("\\timing", _): showsTime.toggle()
                    case ("\\d", 1), ("\\dt", 1): answer("SHOW TABLES", format, endpoint, showsTime)
                    case ("\\d", _): answer("DESCRIBE \(words[1])", format, endpoint, showsTime)
                    default: Terminal.write(help)
                    }
                    continue
                }
                let complete = statements.add(line + "\n")
                if !complete.isEmpty { editor.remember(complete.map { $0.trimmingBlanks + ";" }.joined(separator: " ")) }
                for statement in complete { answer(statement, format, endpoint, showsTime) }
            }
        }
    }

    /// A fault ends the statement, not the prompt.
    private static func answer(_ query: String, _ format: SQLCommand.Format, _ endpoint: any SQLEndpoint, _ showsTime: Bool) {
        let startedAt = SteadyClock.seconds()
        do {
            try SQLCommand.answer(query, format, endpoint)
        } catch {
            Terminal.writeError(ErrorText.describe(error) + "\n")
        }
        if showsTime { Terminal.write("\(Int((SteadyClock.seconds() - startedAt) * 1_000)) ms\n") }
    }
}
