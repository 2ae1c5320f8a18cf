internal import ColumnStore
internal import Query

/// Shows on a terminal how far a query of this process has read, once it takes longer than a moment.
///
/// The line is drawn and taken away under the one lock: after `end` nothing of it appears again between rows of the answer.
final class QueryProgress: Sendable {
    /// Nothing is shown of shorter queries, in seconds.
    private static let patience = 1.0

    private struct State {
        var streams: [ResultStream] = []
        var isEnded = false
        var isShown = false
    }

    private let state = Monitor(State())
    private let rowCount: Int
    private let startedAt = SteadyClock.seconds()

    /// - Parameter rowCount: of the tables together; 0 when it is not known.
    init(rowCount: Int) { self.rowCount = rowCount }

    func watch(_ stream: ResultStream) {
        guard Terminal.errorIsTerminal else { return }
        let isFirst = state.withLock { state in
            state.streams.append(stream)
            return state.streams.count == 1
        }
        if isFirst { WorkerThread(name: "progress", isDetached: true) { [self] in draw() } }
    }

    /// Takes the line away.
    func end() {
        state.broadcast { state in
            state.isEnded = true
            state.streams = []
            if state.isShown { Terminal.writeError("\r\u{1B}[K") }
            state.isShown = false
        }
    }

    private func draw() {
        var bar = ProgressBar()
        while state.wait(seconds: 0.1, { $0.isEnded ? true : nil }) == nil {
            state.withLock { state in
                guard SteadyClock.seconds() - startedAt >= Self.patience, let stream = state.streams.last else { return }
                let read = stream.statistics.rowsScanned
                bar.show(fraction: rowCount > 0 ? Double(read) / Double(rowCount) : nil, count: read, unit: "rows read")
                state.isShown = true
            }
        }
    }
}
