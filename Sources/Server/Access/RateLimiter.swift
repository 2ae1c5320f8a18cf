internal import ColumnStore
import Synchronization

/// A bucket of tokens for each contract that has a rate: it fills at that rate, up to one second's worth.
package final class RateLimiter: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: Double
    }
    /// By the bytes of the client's id: String's own equality would take two spellings of one text for the same client.
    private let buckets = Mutex<[[UInt8]: Bucket]>([:])

    package init() {}

    /// Takes a token.
    ///
    /// - Returns: nil when there was one, else the whole seconds until there will be.
    package func wait(for clientID: String, ratePerSecond: Double, now: Double = SteadyClock.seconds()) -> Int? {
        let capacity = max(ratePerSecond, 1)
        return buckets.withLock { buckets in
            var bucket = buckets[Array(clientID.utf8)] ?? Bucket(tokens: capacity, filledAt: now)
            bucket.tokens = min(capacity, bucket.tokens + (now - bucket.filledAt) * ratePerSecond)
            bucket.filledAt = now
            defer { buckets[Array(clientID.utf8)] = bucket }
            if bucket.tokens >= 1 {
                bucket.tokens -= 1
                return nil
            }
            guard ratePerSecond > 0 else { return 60 }
            return Int(min(((1 - bucket.tokens) / ratePerSecond).rounded(.up), 3_600))
        }
    }
}
