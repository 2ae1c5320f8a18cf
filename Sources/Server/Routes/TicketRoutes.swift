internal import ColumnStore
internal import Documents
internal import Ingest

/// What became of a receipt, and what changed at all.
enum TicketRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/tickets/{ticket_id}", access: .reader, place: .reads,
            operation: Operation(
                "ticket", "What became of a receipt: every step, attempt and answer.", parameters: [.path("ticket_id", "The ticket.")],
                answers: [.init(200, "The ticket.", [.reference("Ticket")])], problems: [.notFound]),
            handle: ticket),
        Route(
            .get, "/v1/changes", access: .reader, place: .reads,
            operation: Operation(
                "changes", "Receipts and state changes in commit order.",
                parameters: [
                    .query("after", "The sequence of the last change known.", schema: #"{"type":"integer","minimum":0,"default":0}"#),
                    .limit(10_000, 1_000),
                    .query("wait", "Seconds to wait for a change when there is none.", schema: #"{"type":"integer","minimum":0,"maximum":60,"default":0}"#),
                ],
                answers: [.init(200, "The changes, possibly none.", [.reference("ChangeList")])]),
            handle: changes),
    ]

    private static func ticket(_ call: Call) throws -> Response {
        let ticket = try call.engine.ticket(call.pathValues[0], as: call.principal)
        var writer = JSONWriter(reserving: 1_024)
        writer.beginObject()
        if let summary = ticket.summary {
            TakeAnswer.writeMembers(summary, to: &writer)
        } else {
            writer.member("ticket_id", call.pathValues[0])
            writer.member("client_id", ticket.refused?.clientID)
            writer.key("receipt_id")
            writer.null()
            writer.member("type", ticket.refused?.type)
            writer.key("business_day")
            writer.null()
            writer.member("state", "REFUSED")
            writer.key("sequence")
            writer.null()
        }
        if let replacedBy = ticket.replacedBy { writer.member("replaced_by", replacedBy) }
        writer.key("steps")
        writer.beginArray()
        for step in ticket.steps { write(step, to: &writer) }
        writer.endArray()
        writer.key("errors")
        Problem.write(ticket.errors.isEmpty ? ticket.refused?.problem.errors ?? [] : ticket.errors, to: &writer)
        writer.key("history")
        writer.beginArray()
        for event in ticket.history {
            writer.beginObject()
            writer.member("at", CalendarText.text(instant: event.at))
            writer.member("event", event.event)
            for detail in event.details {
                writer.key(detail.name)
                writer.raw(detail.json.utf8)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return .json(writer)
    }

    private static func write(_ step: TicketStep, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", step.name)
        writer.member("stage", step.stage)
        writer.member("state", step.state)
        writer.member("attempts", step.attempts)
        writer.member("at", step.at.map { CalendarText.text(instant: $0) })
        writer.member("reference", step.reference)
        writer.member("detail", step.detail)
        writer.endObject()
    }

    // MARK: Changes

    private static func changes(_ call: Call) throws -> Response? {
        let after = Int64(try call.integer("after", in: 0...Int.max, default: 0))
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let wait = try call.integer("wait", in: 0...60, default: 0)
        let page = try call.engine.changes(after: after, limit: limit, as: call.principal)
        if !page.changes.isEmpty || wait == 0 || call.service.isStopping { return response(page) }
        let deadline = SteadyClock.seconds() + Double(wait)
        let empty = response(ChangePage(changes: [], nextAfter: after))
        LongPoll.run(call, beyond: max(after, page.nextAfter), deadline: deadline, fallback: { empty }) { isLast in
            let page = try call.engine.changes(after: after, limit: limit, as: call.principal)
            if page.changes.isEmpty, !isLast { return .notYet(page.nextAfter) }
            return .answer(response(page))
        }
        return nil
    }

    private static func response(_ page: ChangePage) -> Response {
        var writer = JSONWriter(reserving: 64 + 384 * page.changes.count)
        writer.beginObject()
        writer.key("changes")
        writer.beginArray()
        for change in page.changes {
            writer.beginObject()
            writer.member("sequence", change.sequence)
            writer.member("at", CalendarText.text(instant: change.at))
            writer.member("event", change.event)
            writer.key("receipt")
            TakeAnswer.write(change.receipt, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.member("next_after", page.nextAfter)
        writer.endObject()
        return .json(writer)
    }
}
