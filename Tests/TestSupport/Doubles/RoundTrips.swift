internal import ColumnStore

/// Counts round trips in sequence: requests are held until no more of them come, and go on together. What depends on an answer comes after it, so there are never counted fewer
/// than there are. One that comes late on a busy machine makes one more: whoever counts counts again, with a longer pause.
package final class RoundTrips: Sendable {
    private struct State {
        var tripCount = 0
        var requestCount = 0
    }
    private let state = Monitor(State())
    private let pauseSeconds: Double

    /// - Parameter pauseSeconds: in which another request would have come.
    package init(pauseSeconds: Double) { self.pauseSeconds = pauseSeconds }

    package var count: Int { state.withLock { $0.tripCount } }

    /// Holds a request, on its own thread.
    package func hold() {
        var (trip, seen) = state.broadcast { state in
            state.requestCount += 1
            return (state.tripCount, state.requestCount)
        }
        while true {
            _ = state.wait(seconds: pauseSeconds) { $0.tripCount != trip || $0.requestCount != seen ? () : nil }
            let isOver = state.broadcast { state in
                if state.tripCount == trip, state.requestCount == seen { state.tripCount += 1 }
                seen = state.requestCount
                return state.tripCount != trip
            }
            if isOver { return }
        }
    }
}
