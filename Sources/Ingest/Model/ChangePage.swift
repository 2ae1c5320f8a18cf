package struct ChangePage: Sendable {
    package struct Change: Sendable {
        package var sequence: Int64
        package var at: Int64
        package var event: String
        package var receipt: ReceiptSummary
        /// Of a row of a versioned table that came just then: which version it is, from 1, and whether it takes the document away.
        package var version: (number: Int32, isRemoval: Bool)?
        package init(sequence: Int64, at: Int64, event: String, receipt: ReceiptSummary) {
            self.sequence = sequence
            self.at = at
            self.event = event
            self.receipt = receipt
        }
    }
    package var changes: [Change]
    package var nextAfter: Int64
    package init(changes: [Change], nextAfter: Int64) {
        self.changes = changes
        self.nextAfter = nextAfter
    }
}

package protocol NotificationHandle: Sendable { func cancel() }
