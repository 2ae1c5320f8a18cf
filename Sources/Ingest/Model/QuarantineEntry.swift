package import Documents

package struct QuarantineEntry: Sendable {
    package var ticketID: String
    package var clientID: String?
    package var receivedAt: Int64
    package var contentType: String
    package var type: String?
    package var problem: Fault
    package var document: [UInt8]
    /// The document is not shown: it may hold sensitive values.
    package var isHidden = false
    package init(
        ticketID: String, clientID: String?, receivedAt: Int64, contentType: String, type: String?, problem: Fault, document: [UInt8]
    ) {
        self.ticketID = ticketID
        self.clientID = clientID
        self.receivedAt = receivedAt
        self.contentType = contentType
        self.type = type
        self.problem = problem
        self.document = document
    }
}
