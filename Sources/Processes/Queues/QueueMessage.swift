/// A message and where it stands.
package struct QueueMessage: Sendable, Equatable {
    package let id: String
    package let body: [UInt8]
    /// In the order of coming; what a lock's token is made with.
    package let number: Int64
    /// When it could be received for the first time since it came or went back: its time to live counts from then, not from before a delay.
    package internal(set) var enqueuedAt: Int64
    /// Not before this.
    package internal(set) var availableAt: Int64
    /// Times that it was handed out.
    package internal(set) var deliveries = 0
    package internal(set) var lock: Lock?
    package internal(set) var death: Death?

    package struct Lock: Sendable, Equatable {
        /// Of this delivery alone.
        package let token: String
        package internal(set) var until: Int64
    }

    /// On disk, and in answers: do not rename.
    package enum Reason: String, Sendable, CaseIterable {
        case expired
        case maxDeliveries = "max-deliveries"
        /// A worker gave it up.
        case rejected
    }

    package struct Death: Sendable, Equatable {
        package let reason: Reason
        /// The worker's words.
        package let detail: String?
        package let at: Int64
    }

    /// Since when nobody has had it, where nobody has.
    var freeSince: Int64 { lock?.until ?? availableAt }

    /// As counts tell them.
    package enum Standing: String, Sendable, CaseIterable { case active, locked, delayed, dead }

    package func standing(at now: Int64) -> Standing {
        if death != nil { return .dead }
        if let lock, lock.until > now { return .locked }
        return availableAt > now ? .delayed : .active
    }
}
