internal import Documents
package import Processes

/// A message on its way in.
package struct OutgoingMessage: Sendable {
    /// At most `MessageKey.byteCountMax` bytes; nil for one that is made.
    package let id: String?
    /// One JSON value.
    package let body: [UInt8]
    /// Microseconds; nil for the queue's.
    package let delay: Int64?

    package init(id: String?, body: [UInt8], delay: Int64? = nil) { (self.id, self.body, self.delay) = (id, body, delay) }
}

package struct SentMessage: Sendable, Equatable {
    package let id: String
    package let arrival: Queue.Arrival

    package init(id: String, arrival: Queue.Arrival) { (self.id, self.arrival) = (id, arrival) }
}

/// A message as its worker gets it.
package struct ReceivedMessage: Sendable, Equatable {
    package let id: String
    /// Of this delivery alone.
    package let token: String
    package let body: [UInt8]
    package let deliveries: Int
    /// Microseconds since 1970, as all instants here.
    package let enqueuedAt: Int64
    package let lockedUntil: Int64

    package init(id: String, token: String, body: [UInt8], deliveries: Int, enqueuedAt: Int64, lockedUntil: Int64) {
        (self.id, self.token, self.body) = (id, token, body)
        (self.deliveries, self.enqueuedAt, self.lockedUntil) = (deliveries, enqueuedAt, lockedUntil)
    }

    /// Of the bodies that one call gets, but for the last.
    package static let byteCountMax = 4 << 20
}

/// What shows that somebody has a message.
package struct MessageLock: Sendable, Hashable {
    package let id: String
    package let token: String

    package init(id: String, token: String) { (self.id, self.token) = (id, token) }
}

/// What the holder of a lock does with it.
package enum MessageEnd: Sendable {
    case complete
    /// Back, for others after so many microseconds; at once for nil.
    case abandon(delay: Int64?)
    /// For so long from now; the queue's own time for nil.
    case renew(lock: Int64?)
    case deadLetter(reason: String?)
}

/// What callers see of a queue.
package struct QueueReport: Sendable, Equatable {
    package let name: String
    package let settings: QueueSettings
    package let active: Int
    package let locked: Int
    package let delayed: Int
    package let dead: Int
    /// Of bodies, but those of dead letters.
    package let byteCount: Int
    /// Since when the oldest that is not dead can be received, or could be before somebody took it; nil where none could be yet.
    package let oldestAt: Int64?

    package init(name: String, settings: QueueSettings, active: Int, locked: Int, delayed: Int, dead: Int, byteCount: Int, oldestAt: Int64?) {
        (self.name, self.settings, self.active, self.locked) = (name, settings, active, locked)
        (self.delayed, self.dead, self.byteCount, self.oldestAt) = (delayed, dead, byteCount, oldestAt)
    }
}

/// A message that nobody completed.
package struct DeadMessageReport: Sendable, Equatable {
    package let id: String
    package let body: [UInt8]
    package let reason: QueueMessage.Reason
    /// The worker's words.
    package let detail: String?
    package let deliveries: Int
    package let enqueuedAt: Int64
    package let diedAt: Int64
    /// Its place in the list.
    package let number: Int64

    /// Of the bodies of one page, but for the last.
    package static let pageByteCountMax = 4 << 20

    package init(
        id: String, body: [UInt8], reason: QueueMessage.Reason, detail: String?, deliveries: Int, enqueuedAt: Int64, diedAt: Int64, number: Int64
    ) {
        (self.id, self.body, self.reason, self.detail) = (id, body, reason, detail)
        (self.deliveries, self.enqueuedAt, self.diedAt, self.number) = (deliveries, enqueuedAt, diedAt, number)
    }
}

/// A receiver without a message yet.
struct ReceiveWait: Sendable {
    let id: Int
    let countMax: Int
    /// Whether it waits for messages, and not for a group alone that has room for those that are there.
    let isPatient: Bool
    let answer: @Sendable (Result<[ReceivedMessage], Fault>) -> Void
}

/// Whose message it is, as its row says it.
extension Identity {
    /// Nil for the administrator.
    var senderText: String? { client?.text }
}

/// A message that is in a queue, looked at and not taken.
package struct QueuedMessageReport: Sendable, Equatable {
    /// Where it is in the list: by what it waits for, when that is, and its number.
    package struct Place: Sendable, Equatable {
        package let state: Int64
        package let due: Int64
        package let number: Int64

        package init(state: Int64, due: Int64, number: Int64) { (self.state, self.due, self.number) = (state, due, number) }
    }

    package let id: String
    package let body: [UInt8]
    package let standing: QueueMessage.Standing
    package let deliveries: Int
    package let enqueuedAt: Int64
    package let place: Place

    /// Of the bodies of one page, but for the last.
    package static let pageByteCountMax = 4 << 20

    package init(id: String, body: [UInt8], standing: QueueMessage.Standing, deliveries: Int, enqueuedAt: Int64, place: Place) {
        (self.id, self.body, self.standing) = (id, body, standing)
        (self.deliveries, self.enqueuedAt, self.place) = (deliveries, enqueuedAt, place)
    }
}
