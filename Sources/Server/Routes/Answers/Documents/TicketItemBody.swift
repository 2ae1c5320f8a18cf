internal import ColumnStore

/// A ticket as lists have it: without its steps and history.
struct TicketItemBody: ListItem, JSONObject {
    let ticketID: String
    let clientID: String?
    var receiptID: String?
    let type: String?
    /// A date as text.
    var businessDay: String?
    var state = TicketBody.State.refused
    var sequence: Int64?
    /// An instant as text.
    let receivedAt: String

    /// What `init(row:)` reads, in its order.
    static let columns = "ticket_id, client_id, receipt_id, type, business_day, state, sequence, received_at"

    static var schemaName: String? { "TicketItem" }
    static var listName: StaticString { "tickets" }
    static var listSchemaName: String { "TicketList" }
    static var example: TicketItemBody { TicketItemBody(ticketID: "", clientID: nil, type: nil, receivedAt: "") }

    func members(to sink: inout some MemberSink) {
        sink.member("ticket_id", ticketID)
        sink.member("client_id", clientID)
        sink.member("receipt_id", receiptID)
        sink.member("type", type)
        sink.member("business_day", businessDay, MemberFacts(keywords: #""format":"date""#))
        sink.member("state", WordForm(state))
        sink.member("sequence", sequence)
        sink.member("received_at", receivedAt, MemberFacts(keywords: #""format":"date-time""#))
    }
}

extension TicketItemBody {
    /// Nil for a row that has not these columns.
    init?(row: [JSONValue]) {
        guard row.count == 8, let ticketID = row[0].text, let receivedAt = row[7].text, let state = row[5].text.flatMap(TicketBody.State.init(rawValue:)) else { return nil }
        self.init(
            ticketID: ticketID, clientID: row[1].text, receiptID: row[2].text, type: row[3].text, businessDay: row[4].text, state: state,
            sequence: row[6].int64, receivedAt: receivedAt)
    }
}
