import Synchronization

/// Counts of two instants, and how fast they grew between.
///
/// Shared by all who ask: within a second of the last reckoning each gets its rates.
package final class CountGrowth: Sendable {
    /// `counts` are those at `at`, by the clock of whoever calls; `rates` what they had grown by then, in one second.
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
            // A count that has fallen began anew: it did not grow.
            let rates = zip(counts, state.counts).map { Double(max(0, $0 &- $1)) / seconds }
            state = State(at: now, counts: counts, rates: rates)
            return rates
        }
    }
}
