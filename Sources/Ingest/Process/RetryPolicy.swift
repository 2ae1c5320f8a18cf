/// When a call that failed is tried again: exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", 2015), so that
/// clients that failed together do not come back together.
package struct RetryPolicy: Sendable, Hashable {
    /// All in microseconds.
    package var backoffMinimum: Int64
    package var backoffMaximum: Int64
    package var attemptCountMax: Int

    package init(backoffMinimum: Int64, backoffMaximum: Int64, attemptCountMax: Int) {
        self.backoffMinimum = backoffMinimum
        self.backoffMaximum = backoffMaximum
        self.attemptCountMax = attemptCountMax
    }

    /// Whatever an answer asks for.
    private static let retryAfterMax: Int64 = 86_400_000_000

    /// No wait is longer, in microseconds.
    package var delayMax: Int64 { max(backoffMaximum, Self.retryAfterMax) }

    /// The wait before the next attempt, in microseconds.
    ///
    /// - Parameters:
    ///   - attempts: how many have failed, from 1.
    ///   - retryAfter: what the answer asked for; the wait is never shorter, nor longer than a day because of it.
    ///   - fraction: 0 ..< 1, the jitter.
    package func delay(afterAttempts attempts: Int, retryAfter: Int64?, fraction: Double) -> Int64 {
        // Bounded, so that nothing is shifted out of the number; where even so many overflow, the greatest pause is meant.
        let doublings = min(max(attempts - 1, 0), 40)
        let ceiling = min(backoffMinimum.multipliedReportingOverflow(by: 1 << Int64(doublings)).overflow ? backoffMaximum : backoffMinimum << Int64(doublings), backoffMaximum)
        // Never at once: an endpoint that refuses quickly would be called in a tight loop.
        let jittered = max(Int64(Double(ceiling) * fraction), min(ceiling, 10_000))
        return max(jittered, min(retryAfter ?? 0, Self.retryAfterMax))
    }
}
