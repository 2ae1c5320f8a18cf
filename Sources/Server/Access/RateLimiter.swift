internal import ColumnStore
import Synchronization

/// A bucket of tokens for each contract that has a rate: it fills at that rate, up to one second's worth.
///
/// A bucket stays once there is one: they are as many as contracts that have called with a rate. Lost with the process, so a start begins with full ones.
package final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: Double
    }
    /// By the bytes of the client's id: String's own equality would take two spellings of one text for the same client.
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    package init() {}

    /// A rate as contracts and refusals show it: whole numbers without a fraction.
    static func text(rate: Double) -> String { Int(exactly: rate).map(String.init) ?? "\(rate)" }

    /// How a contract stands after a request.
    package struct Standing: Sendable, Equatable {
        /// The requests that may come at once, by the contract.
        package let capacity: Int
        /// Those left.
        package let remaining: Int
        /// Whole seconds until there is room for one more, when there was none for this one.
        package let wait: Int?
    }

    /// Takes a token, if there is one.
    ///
    /// - Parameters:
    ///   - ratePerSecond: tokens that come back in a second, above 0; less than one is one token at most, which takes longer than a second to come back.
    ///   - now: on the steady clock.
    /// - Returns: how it stands after this request; `wait` is nil where it had its token, else from 1 to 3,600.
    package func take(for clientID: String, ratePerSecond: Double, now: Double = SteadyClock.seconds()) -> Standing {
        let capacity = max(ratePerSecond, 1)
        let (tokens, isTaken) = buckets.withLock { buckets -> (Double, Bool) in
            var bucket = buckets[Array(clientID.utf8)] ?? Bucket(tokens: capacity, filledAt: now)
            bucket.tokens = min(capacity, bucket.tokens + (now - bucket.filledAt) * ratePerSecond)
            bucket.filledAt = now
            let isTaken = bucket.tokens >= 1
            if isTaken { bucket.tokens -= 1 }
            buckets[Array(clientID.utf8)] = bucket
            return (bucket.tokens, isTaken)
        }
        let wait = ratePerSecond > 0 ? Int(min(((1 - tokens) / ratePerSecond).rounded(.up), 3_600)) : 60
        return Standing(
            capacity: Int(min(capacity, 1e9)), remaining: Int(min(tokens, 1e9)), wait: isTaken ? nil : max(wait, 1))
    }
}
