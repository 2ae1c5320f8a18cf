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
    package var receipt: ReceiptSummary
    package init(id: String, kind: Kind, name: String, at: Int64, reason: String, attempts: Int, receipt: ReceiptSummary) {
        self.id = id
        self.kind = kind
        self.name = name
        self.at = at
        self.reason = reason
        self.attempts = attempts
        self.receipt = receipt
    }

    /// What it takes, about; its text takes as much.
    var byteCount: Int { 1_024 + reason.utf8.count }
}
