/// What goes into a queue's calls and comes out of them.
extension Queue {
    package enum Refusal: Error, Sendable, Equatable {
        /// Its lock has ended or was another's, or the message is no more.
        case lockLost
        case full
        case bodyTooLong(index: Int)
        case tooMany
    }

    package struct Incoming: Sendable, Equatable {
        package let id: String
        package let body: [UInt8]
        package let delay: Int64?

        /// - Parameter id: the sender's, or one made for it.
        package init(id: String, body: [UInt8], delay: Int64? = nil) { (self.id, self.body, self.delay) = (id, body, delay) }
    }

    package enum Arrival: Sendable, Equatable { case queued, duplicate }
}
