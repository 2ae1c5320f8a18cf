internal import ColumnStore
internal import Documents
internal import Ingest
import Synchronization

/// What became of a receipt, and what changed at all.
enum TicketRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/tickets/{ticket_id}", access: .reader, place: .reads,
            operation: Operation(
                "ticket", "What became of a receipt: every step, attempt and answer.", parameters: [.path("ticket_id", "The ticket."), .staleRead],
                answers: [.init(200, "The ticket.", [.of(TicketBody.self)])], problems: [.notFound]).promising(.hot),
            uses: { $0.store.rows }, handle: ticket),
        Route(
            .get, "/v1/changes", access: .reader, place: .reads,
            operation: Operation(
                "changes", "Receipts and state changes in commit order.",
                parameters: [
                    .query("after", "The sequence of the last change known.", schema: #"{"type":"integer","minimum":0,"default":0}"#),
                    .limit(10_000, 1_000),
                    .query("wait", "Seconds to wait for a change when there is none.", schema: #"{"type":"integer","minimum":0,"maximum":60,"default":0}"#),
                ],
                answers: [.init(200, "The changes, possibly none.", [.of(ChangesBody.self)])]),
            uses: { $0.store.changes }, handle: changes),
    ]

    private static func ticket(_ call: Call, _ rows: any RowReading) throws -> Response {
        let (id, exchange) = (call.path("ticket_id"), call.exchange)
        func hold(_ byteCount: Int) throws { try exchange.holdWhole(byteCount, orElse: "its reasons are that long; to see them, have that limit raised") }
        // Of an array that was refused there may be many reasons: before they are read, and with their text before that is made.
        let body = TicketBody(ticketID: id, ticket: try rows.ticket(id, as: call.principal, hold: hold))
        let textByteCount = body.textByteCountMax
        try hold(textByteCount.addingSaturating(body.reasonsByteCount))
        return .json(body, reserving: textByteCount)
    }

    // MARK: Changes

    private static func changes(_ call: Call, _ feed: any ChangeFeed) throws -> Response? {
        let after = Int64(try call.integer("after", in: 0...Int.max, default: 0))
        // As many as may ever be had, however many are asked for: `next_after` leads to the others.
        let limit = min(try call.integer("limit", in: 1...10_000, default: 1_000), max(1, call.exchange.answerByteCountMax / changeByteCount))
        let wait = try call.integer("wait", in: 0...60, default: 0)
        // Before they are looked for: twice as many as are wanted are at hand meanwhile. A call that waits holds none.
        try call.exchange.holdAnswer(limit.multipliedSaturating(by: changeByteCount))
        let page = try feed.changes(after: after, limit: limit, as: call.principal)
        try call.exchange.holdAnswer(page.changes.count.multipliedSaturating(by: changeByteCount))
        if !page.changes.isEmpty || wait == 0 || call.life.isStopping { return response(page) }
        let deadline = SteadyClock.seconds() + Double(wait)
        let empty = response(ChangePage(changes: [], nextAfter: after))
        let rights = try call.rights()
        let memory = call.memory
        // Where the next look begins: behind what was looked at in vain, which a commit of others' makes no other. Whose rows they may see by then may be more.
        let place = Mutex((after: max(after, page.nextAfter), rows: call.principal.rows))
        LongPoll.run(call, feed, beyond: max(after, page.nextAfter), deadline: deadline, fallback: { empty }) { isLast in
            // The exchange's own charge is no attempt's: the last one may come while another is under way, and while the answer leaves.
            let held = try memory(limit.multipliedSaturating(by: changeByteCount))
            let principal = try rights()
            let begin = place.withLock { $0.rows == principal.rows ? $0.after : after }
            let page = try feed.changes(after: begin, limit: limit, as: principal)
            if page.changes.isEmpty, !isLast {
                place.withLock { $0 = (max(begin, page.nextAfter), principal.rows) }
                return .notYet(page.nextAfter)
            }
            // One commit wakes all who wait: their answers have few changes each, and leave when their connections' threads come to them.
            held?.shrink(to: page.changes.count.multipliedSaturating(by: changeByteCount))
            return .answer(response(page), held: held)
        }
        return nil
    }

    /// Of a change with its text, or of two changes, about.
    private static let changeByteCount = 1_024

    private static func response(_ page: ChangePage) -> Response {
        .json(ChangesBody(page: page), reserving: 64 + 384 * page.changes.count)
    }
}
