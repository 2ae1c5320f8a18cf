package enum ReceiptState: String, Sendable, CaseIterable { case processing = "PROCESSING", complete = "COMPLETE", failed = "FAILED" }

/// The body of a POST's answer.
package struct ReceiptSummary: Sendable {
    package var ticketID: String
    package var clientID: String
    package var receiptID: String
    package var type: String
    /// Days since 1970-01-01.
    package var businessDay: Int32
    package var state: ReceiptState
    package var sequence: Int64
    /// Of versioned tables: which version it is, from 1.
    package var version: Int32?
    /// Of a new version: the columns whose values differ from those of the one before; nil where that was not looked at.
    package var changed: [String]?

    package init(
        ticketID: String, clientID: String, receiptID: String, type: String, businessDay: Int32, state: ReceiptState, sequence: Int64
    ) {
        self.ticketID = ticketID
        self.clientID = clientID
        self.receiptID = receiptID
        self.type = type
        self.businessDay = businessDay
        self.state = state
        self.sequence = sequence
    }
}
