internal import ColumnStore
internal import Documents
internal import Ingest

/// Refused documents and dead letters that the administrator deletes, one by its id or all that pass.
enum DeletionRoutes {
    static let all: [Route] = [
        Route(
            .delete, "/v1/admin/quarantine", access: .admin, place: .control,
            operation: Operation(
                "deleteQuarantine", "Deletes refused documents, the oldest first, at most 10,000 in a call: those of a client, those before a time, or both.",
                parameters: [.client, before], answers: [.init(200, "How many are gone, and whether there are more.", [.of(DeletionBody.self)])],
                problems: [.badParameter, .diskFull]),
            uses: { ($0.store.refused, $0.log) },
            handle: { call, parts in try answer(call, parts.1, "quarantine", try parts.0.deleteQuarantineEntries(try filter(call))) }),
        Route(
            .delete, "/v1/admin/quarantine/{ticket_id}", access: .admin, place: .control,
            operation: Operation(
                "deleteQuarantineEntry", "Deletes a refused document.", parameters: [.path("ticket_id", "The entry's ticket.")],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull]),
            uses: { $0.store.refused },
            handle: { call, refused in
                try refused.deleteQuarantineEntry(call.path("ticket_id"))
                return .noContent
            }),
        Route(
            .delete, "/v1/admin/dead-letters", access: .admin, place: .control,
            operation: Operation(
                "deleteDeadLetters", "Deletes dead letters, at most some 10,000 in a call: those of a client, those before a time, or both. Their receipts stay as they are.",
                parameters: [.client, before], answers: [.init(200, "How many are gone, and whether there are more.", [.of(DeletionBody.self)])],
                problems: [.badParameter, .notFound, .diskFull]),
            uses: { ($0.store.deadLetters, $0.log) },
            handle: { call, parts in try answer(call, parts.1, "dead letters", try parts.0.deleteDeadLetters(try filter(call))) }),
        Route(
            .delete, "/v1/admin/dead-letters/{id}", access: .admin, place: .control,
            operation: Operation(
                "deleteDeadLetter", "Deletes a dead letter; its receipt stays as it is.", parameters: [.path("id", "The dead letter.")],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull]),
            uses: { $0.store.deadLetters },
            handle: { call, letters in
                try letters.deleteDeadLetter(call.path("id"))
                return .noContent
            }),
    ]

    private static let before = Operation.Parameter.query(
        "before", "What came there before this instant; a date means its midnight UTC.",
        schema: #"{"type":"string","anyOf":[{"format":"date-time"},{"format":"date"}]}"#)

    /// One of both must be there: whoever forgets them does not mean everything.
    private static func filter(_ call: Call) throws -> DeletionFilter {
        let client = try call.client()
        var before: Int64?
        if let text = call.parameter("before") {
            guard let instant = CalendarText.day(text).map({ Int64($0) * 86_400_000_000 }) ?? CalendarText.instant(text) else {
                throw Problem.parameter("before", "an instant like 2026-11-20T12:00:00Z or a date is wanted, not \(MemberReader.shown(text))")
            }
            before = instant
        }
        guard client != nil || before != nil else {
            throw Problem.parameter("before", "client or before is wanted, or both; to delete all, say a time to come", code: "required")
        }
        return DeletionFilter(client: client, before: before)
    }

    private static func answer(_ call: Call, _ log: Log, _ what: String, _ summary: DeletionSummary) throws -> Response {
        let body = DeletionBody(summary: summary)
        call.exchange.auditDetail = String(decoding: body.json(), as: UTF8.self)
        log.info("deleted", ["what": .text(what), "count": .number(summary.count)])
        return .json(body)
    }
}
