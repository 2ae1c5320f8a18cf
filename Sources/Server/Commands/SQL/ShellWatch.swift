internal import ColumnStore

/// `\watch`: statements that run again and again, until Ctrl-C, their number, or an answer with few rows.
enum ShellWatch {
    static func run(_ options: WatchOptions, _ shell: SQLShell) throws {
        let queries = StatementSplitter.statements(of: shell.takeBuffer()).map(\.trimmed)
        guard !queries.isEmpty else { throw CommandError("there is no statement to watch") }
        try shell.bind(to: queries)
        defer { shell.endpoint.parameters = [] }
        let isOver = Monitor(false)
        let (endpoint, interruption) = (shell.endpoint, shell.interruption)
        try KeyboardInterrupt.caught({
            interruption.withLock { $0 = true }
            isOver.signal { $0 = true }
            endpoint.cancel()
        }) {
            var count = 0
            while !isOver.withLock({ $0 }) {
                guard try ask(queries, options, shell, isOver) else { return }
                count += 1
                if count == options.count { return }
                _ = isOver.wait(seconds: options.seconds) { $0 ? true : nil }
            }
        }
    }

    /// - Returns: false where they are not asked again: Ctrl-C came, whoever reads the answer has left, or it has too few rows.
    private static func ask(_ queries: [String], _ options: WatchOptions, _ shell: SQLShell, _ isOver: Monitor<Bool>) throws -> Bool {
        let target = shell.target
        target.write("\(CalendarText.text(instant: CalendarText.now)) (every \(options.secondsText) s)\n\n")
        var hasRows = true
        for query in queries {
            do {
                let rowCount = try SQLCommand.write(query, shell.format, shell.endpoint, shell.expansion, shell.style, to: target)
                shell.variables.keep(rowCount: rowCount)
                // Of several the last one tells, as in psql.
                if let least = options.rowCountMin {
                    guard let rowCount else { throw CommandError("\\watch min_rows needs answers whose rows can be counted, as tables and CSV") }
                    hasRows = rowCount >= least
                }
            } catch is AnswerLeft {
                try target.check()
                return false
            } catch {
                if isOver.withLock({ $0 }) { return false }
                throw shell.failed(error, in: query)
            }
        }
        return hasRows
    }
}
