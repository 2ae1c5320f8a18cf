/// A step or an event that was given up.
package struct DeadLetter: Sendable {
    package enum Kind: String, Sendable { case step, webhook }
    package var id: String
    package var kind: Kind
    /// The registrar, or `callback` or `contract`.
    package var name: String
    /// Microseconds since 1970.
    package var at: Int64
    package var reason: String
    package var attempts: Int
    /// Whose it is.
    package var clientID: String
    /// For events of a contract's webhook that are about no receipt: `upload.processed`, `upload.error`, `feedback.digest`.
    package var event: String?
    /// What it is of; nil where there is an `event`.
    package var receipt: ReceiptSummary?

    package init(id: String, kind: Kind, name: String, at: Int64, reason: String, attempts: Int, receipt: ReceiptSummary) {
        self.id = id
        self.kind = kind
        self.name = name
        self.at = at
        self.reason = reason
        self.attempts = attempts
        (clientID, self.receipt) = (receipt.clientID, receipt)
    }

    /// Of no receipt.
    package init(id: String, event: String, clientID: String, at: Int64, reason: String, attempts: Int) {
        (self.id, kind, name) = (id, .webhook, "contract")
        self.at = at
        self.reason = reason
        self.attempts = attempts
        (self.clientID, self.event) = (clientID, event)
    }

    /// What it takes, about; its text takes as much.
    var byteCount: Int { 1_024 + reason.utf8.count }
}
