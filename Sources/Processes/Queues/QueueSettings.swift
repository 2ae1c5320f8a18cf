/// How a queue treats its messages. All times in microseconds.
package struct QueueSettings: Sendable, Equatable {
    /// After this, from when it could be received first, a message that nobody completed is dead.
    package var timeToLive: Int64
    /// How long a worker has a message to itself.
    package var lock: Int64
    package var deliveryCountMax: Int
    /// How long an id is known after its message came.
    package var duplicateWindow: Int64
    /// Of the bodies of all messages but dead ones; with those twice as much.
    package var byteCountMax: Int
    /// Whether dead messages are kept to be looked at.
    package var keepsDeadLetters: Bool
    /// Before a message can be received.
    package var delay: Int64

    package init(
        timeToLive: Int64 = 14 * day, lock: Int64 = 300_000_000, deliveryCountMax: Int = 10, duplicateWindow: Int64 = day, byteCountMax: Int = 5 << 30,
        keepsDeadLetters: Bool = true, delay: Int64 = 0
    ) {
        (self.timeToLive, self.lock, self.deliveryCountMax, self.duplicateWindow) = (timeToLive, lock, deliveryCountMax, duplicateWindow)
        (self.byteCountMax, self.keepsDeadLetters, self.delay) = (byteCountMax, keepsDeadLetters, delay)
    }

    package static let day: Int64 = 86_400_000_000
    /// No time of a queue is longer: instants and times are added without a check.
    package static let durationMax: Int64 = 400 * day
    /// Of one body.
    package static let bodyByteCountMax = 256 << 10
    /// Of one call.
    package static let batchCountMax = 100
    /// Of dead letters of one queue: none goes by itself, and of bodies of one byte there would be billions.
    package static let letterCountMax = 10_000_000
}
