import Synchronization

/// Counts of two instants, and how fast they grew between.
package final class CountGrowth: Sendable {
    private struct State {
        var at: Double?
        var counts: [Int] = []
        var rates: [Double] = []
    }

    /// Counts that are closer say too little. In seconds.
    private static let least = 1.0
    private let state = Mutex(State())

    package init() {}

    /// - Parameter counts: the same ones each time, in the same order.
    /// - Returns: how much each grew in a second of late; 0 the first time.
    package func perSecond(now: Double, _ counts: [Int]) -> [Double] {
        state.withLock { state in
            guard let at = state.at, state.counts.count == counts.count else {
                state = State(at: now, counts: counts, rates: counts.map { _ in 0 })
                return state.rates
            }
            let seconds = now - at
            guard seconds >= Self.least else { return state.rates }
            let rates = zip(counts, state.counts).map { Double(max(0, $0 &- $1)) / seconds }
            state = State(at: now, counts: counts, rates: rates)
            return rates
        }
    }
}
