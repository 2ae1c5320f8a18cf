package import Documents

/// Calls from registrars about steps of receipts.
package protocol Callbacks: AnyObject, Sendable {
    /// A registrar's answer. The signature is checked before anything else; `completion` is called once, on any thread, when it is durable.
    func callback(_ callback: RegistrarCallback, completion: @escaping @Sendable (Result<Void, Fault>) -> Void)
}

/// Dead letters: steps and events that were given up.
package protocol DeadLetterReview: AnyObject, Sendable {
    /// A page of dead letters.
    ///
    /// - Parameter hold: called with the bytes of the whole page and its text, before they are taken and again as it grows; an error that it throws ends the reading.
    func deadLetters(
        client: String?, cursor: String?, limit: Int, as principal: Principal, hold: (_ byteCount: Int) throws -> Void
    ) throws -> (letters: [DeadLetter], nextCursor: String?)
    /// The dead letter of an id; nil where there is none that the principal may see.
    func deadLetter(_ id: String, as principal: Principal) throws -> DeadLetter?
    /// Tries a dead letter again; returns when that is durable.
    ///
    /// - Throws: `Fault`: read-only, not-found, different-document, contradicting-outcome, overloaded.
    func redrive(_ id: String, as principal: Principal) throws
    /// Takes a dead letter from the list; its receipt's row stays as it is. Durable when it returns.
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
