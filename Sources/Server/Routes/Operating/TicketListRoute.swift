internal import ColumnStore
internal import Documents
internal import Ingest
internal import Query

/// Tickets by what is known of them: the list behind single ones. It is a question to the store, so it pages and keeps to rights as one.
enum TicketListRoute {
    static let all: [Route] = [
        Route(
            .get, "/v1/tickets", access: .reader, place: .queries,
            operation: Operation(
                "tickets", "Tickets of all tables, the newest first; with state=REFUSED those of refused documents, which have no receipt.",
                parameters: [
                    .client, .query("receipt", "The receipt's id.", schema: #"{"type":"string","minLength":1,"maxLength":200}"#),
                    .query("state", "What the receipt is.", schema: #"{"enum":["PROCESSING","COMPLETE","FAILED","REFUSED"]}"#),
                    .query("from", "Received then or later: a date or an instant.", schema: time), .query("to", "Received before: a date or an instant.", schema: time),
                    .query("table", "Whose receipts, if not of all tables.", schema: #"{"type":"string","minLength":1}"#),
                    .limit(10_000, 1_000), .cursor,
                ],
                answers: [.init(200, "A page of them.", [.of(ListBody<TicketItemBody>.self)])],
                problems: [.badCursor, .wrongClient, .notFound, .badSQL, .dataError, .spillFull]),
            uses: { ($0.queries, $0.store.refused) }, handle: list)
    ]

    private static let time = #"{"type":"string","anyOf":[{"format":"date-time"},{"format":"date"}]}"#

    private static func list(_ call: Call, _ parts: (queries: QueryService, refused: any RefusedDocuments)) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let state = try state(call)
        if state == .refused { return try refused(call, parts.refused, limit) }
        var request = try query(call, state)
        request.cursor = call.parameter("cursor")
        let watch = try QueryWatch(
            parts.queries, try RunningQuery(id: nil, asker: call.principal, text: request.query), whenGone: call.exchange.whenGone)
        defer { watch.end() }
        let exchange = call.exchange
        return try exchange.asManyAsFit(limit) { limit, room in
            request.limit = limit
            room.memberCount = limit
            let bytes = try parts.queries.page(request, as: call.principal, watch, heldByteCountMax: exchange.answerByteCountMax, hold: exchange.holdAnswer)
            // The page, its value and the list's text, of which a member takes some names more: all at once.
            let text = bytes.count.addingSaturating(limit.multipliedSaturating(by: itemByteCount))
            try room.holdWhole(bytes.count.addingSaturating(JSONParser.valueByteCount(of: bytes)).addingSaturating(text))
            let page = try JSONParser.parse(bytes)
            let items = (page["rows"]?.array ?? []).compactMap { $0.array.flatMap(TicketItemBody.init(row:)) }
            return .json(ListBody(items: items, nextCursor: page["next_cursor"]?.text), reserving: bytes.count + itemByteCount * items.count)
        }
    }

    /// Of a member, beside what a row has of it.
    private static let itemByteCount = 256

    private static func state(_ call: Call) throws -> TicketBody.State? {
        guard let text = call.parameter("state") else { return nil }
        guard let state = TicketBody.State(rawValue: text) else {
            throw Problem.parameter("state", "PROCESSING, COMPLETE, FAILED or REFUSED is wanted, not \(MemberReader.shown(text))")
        }
        return state
    }

    private static func query(_ call: Call, _ state: TicketBody.State?) throws -> SQLRequest {
        var conditions: [String] = []
        var parameters: [QueryParameter] = []
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            parameters.append(.string(value))
            conditions.append(condition + "$\(parameters.count)")
        }
        add("client_id = ", try call.client())
        add("receipt_id = ", try call.id("receipt"))
        add("state = ", state?.rawValue)
        add("received_at >= ", try instant(call, "from").map { CalendarText.text(instant: $0) })
        add("received_at < ", try instant(call, "to").map { CalendarText.text(instant: $0) })
        let table = call.parameter("table").map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" } ?? "\(StoreSchema.name).\"\(TicketViews.takenName)\""
        let filter = conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")
        var request = SQLRequest(
            query: "SELECT \(TicketItemBody.columns) FROM \(table)\(filter) ORDER BY received_at DESC, ticket_id DESC")
        request.parameters = parameters
        return request
    }

    private static func instant(_ call: Call, _ name: String) throws -> Int64? {
        guard let text = call.parameter(name) else { return nil }
        guard let instant = CalendarText.day(text).map({ Int64($0) * 86_400_000_000 }) ?? CalendarText.instant(text) else {
            throw Problem.parameter(name, "an instant like 2026-11-20T12:00:00Z or a date is wanted, not \(MemberReader.shown(text))")
        }
        return instant
    }

    private static func refused(_ call: Call, _ documents: any RefusedDocuments, _ limit: Int) throws -> Response {
        guard call.parameter("table") == nil else { throw Problem.parameter("table", "refused documents are in no table") }
        let received = ReceivedSpan(from: try instant(call, "from"), to: try instant(call, "to"))
        // They have no receipt's id: none is like that. Whether the client may be asked for is said all the same.
        let hasReceipt = try call.id("receipt") != nil
        let page = try call.exchange.asManyAsFit(hasReceipt ? 1 : limit) { limit, room in
            try documents.quarantine(
                client: try call.client(), received: received, cursor: call.parameter("cursor"), limit: limit, withDocuments: false, as: call.principal, hold: room.hold)
        }
        if hasReceipt { return .json(ListBody(items: [TicketItemBody](), nextCursor: nil)) }
        let items = page.entries.map { TicketItemBody(ticketID: $0.ticketID, clientID: $0.clientID, type: $0.type, receivedAt: CalendarText.text(instant: $0.receivedAt)) }
        return .json(ListBody(items: items, nextCursor: page.nextCursor), reserving: 256 * items.count + 64)
    }
}
