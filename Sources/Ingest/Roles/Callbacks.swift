package import Documents

/// What others tell of processes by themselves.
package protocol Callbacks: AnyObject, Sendable {
    /// A registrar's answer. The signature is checked before anything else; `completion` is called once, on any thread, when it is durable.
    func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Fault>) -> Void)
}

/// Steps and events that were given up.
package protocol DeadLetterReview: AnyObject, Sendable {
    /// - Parameter hold: asked for the bytes that the page takes in all with its text, while it grows. What it throws ends the reading.
    func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?)
    /// One of them, wherever it is listed; nil for none that the asker may see.
    func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter?
    /// Tries a dead letter again; returns when that is durable.
    func redrive(_ id: String, as principal: Principal) throws
    /// What was given up is listed no more; its row stays as it is. Durable when it returns.
    ///
    /// - Throws: not-found.
    func deleteDeadLetter(_ id: String) throws
    func deleteDeadLetters(_ filter: DeletionFilter) throws -> DeletionSummary
}

extension DeadLetterReview {
    /// Where nobody counts the memory.
    package func deadLetters(client: String?, cursor: String?, limit: Int, as principal: Principal) throws -> (letters: [DeadLetter], nextCursor: String?) {
        try deadLetters(client: client, cursor: cursor, limit: limit, as: principal) { _ in }
    }
}
