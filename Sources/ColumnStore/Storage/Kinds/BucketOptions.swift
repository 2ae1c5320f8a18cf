/// How a bucket is asked.
package struct BucketOptions: Sendable {
    /// For a request with all its tries and pauses. Past it the bucket counts as unavailable.
    package var deadlineMilliseconds = 30_000
    /// For one try; a longer one is cut, and counts as one whose outcome is unknown.
    package var attemptMilliseconds = 20_000
    /// One try in which nothing moves for so long is cut before.
    package var stallSeconds = 5
    package var attemptCountMax = 8
    /// Pauses are drawn evenly from 0 to this, doubled after each try up to `pauseMillisecondsMax` ("full jitter").
    package var pauseMilliseconds = 50
    package var pauseMillisecondsMax = 5_000
    /// While the bucket is down, it is asked so often whether it still is, and all other requests are refused at once; 0: each tries by itself.
    package var trialMilliseconds = 0
    /// Requests at once.
    package var parallelCount = 16
    /// What answers and parts of uploads may hold at once, over all that goes on.
    package var memoryByteCount = 256 << 20
    /// An object from here on goes up in parts of that size; S3 wants 5 MiB at least, and 10,000 parts at most.
    package var partByteCount = 16 << 20

    package init() {}
}
