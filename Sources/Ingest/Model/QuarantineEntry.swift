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
    /// Behind which version of types it was refused last (`TypeStore.place`); before all where nobody says it.
    package var typesPlace: Int64 = -1
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

/// From an instant on, up to another without it, in microseconds; nil: without an end.
package struct ReceivedSpan: Sendable {
    package let from: Int64?
    package let to: Int64?

    package init(from: Int64? = nil, to: Int64? = nil) { (self.from, self.to) = (from, to) }

    /// What a cursor is bound to.
    var binding: [String] { from == nil && to == nil ? [] : [from.map { String($0) } ?? "", to.map { String($0) } ?? ""] }
}
