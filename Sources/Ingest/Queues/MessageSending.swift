package import Documents
package import Processes

/// What other parts of the store put into queues: a task of an execution, an event.
package protocol MessageSending: AnyObject, Sendable {
    /// Puts one message into a queue, whichever contracts use it.
    ///
    /// - Parameters:
    ///   - key: the message's id, at most `MessageKey.byteCountMax` bytes: one that the queue has seen within its window, or still holds, is counted once.
    ///   - delay: microseconds; nil for the queue's.
    ///   - sender: whose work it is; told with the message when it dies.
    ///   - completion: called once, on any thread, when the message is durable, or with why it is not: not-found (no such queue), queue-full, too-large,
    ///     disk-full, overloaded. It must return quickly.
    func send(
        _ body: [UInt8], key: String, delay: Int64?, to queue: String, sender: Identity, completion: @escaping @Sendable (Result<Queue.Arrival, Fault>) -> Void)
    /// Whether there is such a queue now.
    func hasQueue(_ name: String) -> Bool
}

/// What a message may be called.
package enum MessageKey {
    package static let byteCountMax = 200
}
