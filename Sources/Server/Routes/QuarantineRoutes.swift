internal import ColumnStore
internal import Documents
internal import Ingest

/// What was refused, and what could not be delivered.
enum QuarantineRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/quarantine", access: .review, place: .reads,
            operation: Operation(
                "quarantine", "What was refused, with reasons and bytes.", parameters: [.client, .limit(10_000, 1_000), .cursor],
                answers: [.init(200, "The newest first.", [.reference("QuarantineList")])], problems: [.badCursor, .wrongClient, .notFound]),
            handle: list),
        Route(
            .get, "/v1/quarantine/{ticket_id}", access: .review, place: .reads,
            operation: Operation(
                "quarantineEntry", "One refused document.", parameters: [.path("ticket_id", "The entry's ticket.")],
                answers: [.init(200, "The entry.", [.reference("QuarantineEntry")])], problems: [.notFound]),
            handle: one),
        Route(
            .get, "/v1/dead-letters", access: .reader, place: .reads,
            operation: Operation(
                "deadLetters", "What could not be registered or delivered.", parameters: [.client, .limit(10_000, 1_000), .cursor],
                answers: [.init(200, "The dead letters.", [.reference("DeadLetterList")])], problems: [.badCursor, .wrongClient, .notFound]),
            handle: deadLetters),
        Route(
            .post, "/v1/dead-letters/{id}/redrive", access: .writer, place: .control,
            operation: Operation(
                "redrive", "Tries a dead letter again.", parameters: [.path("id", "The dead letter.")],
                answers: [.init(202, "It is tried again.")], problems: [.notFound, .differentDocument, .diskFull], isAudited: true),
            handle: redrive),
    ]

    private static func list(_ call: Call) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let page = try call.engine.quarantine(
            client: try call.client(), cursor: call.parameter("cursor"), limit: limit, as: call.principal)
        var writer = JSONWriter(reserving: 4_096)
        writer.beginObject()
        writer.key("quarantine")
        writer.beginArray()
        for entry in page.entries { write(entry, as: call.principal, to: &writer) }
        writer.endArray()
        writer.member("next_cursor", page.nextCursor)
        writer.endObject()
        return .json(writer)
    }

    private static func one(_ call: Call) throws -> Response {
        let entry = try call.engine.quarantineEntry(call.pathValues[0], as: call.principal)
        var writer = JSONWriter(reserving: 4_096)
        write(entry, as: call.principal, to: &writer)
        return .json(writer)
    }

    private static func write(_ entry: QuarantineEntry, as principal: Principal, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("ticket_id", entry.ticketID)
        writer.member("client_id", entry.clientID)
        writer.member("received_at", CalendarText.text(instant: entry.receivedAt))
        writer.member("content_type", entry.contentType)
        writer.member("type", entry.type)
        writer.key("problem")
        guard principal.role != .auditor else {
            redacted(entry.problem).write(to: &writer)
            writer.endObject()
            return
        }
        entry.problem.write(to: &writer)
        // Refused bytes may be anything but what they claim to be, so JSON is not put in as JSON.
        DocumentBody.writeText(entry.document[...], to: &writer)
        writer.endObject()
    }

    /// Reasons quote what the document says: of those an auditor sees the kind and the place.
    private static func redacted(_ problem: Problem) -> Problem {
        Problem(problem.slug, problem.slug.title, errors: problem.errors.map { .init(pointer: $0.pointer, code: $0.code, message: "") })
    }

    private static func deadLetters(_ call: Call) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let page = try call.engine.deadLetters(
            client: try call.client(), cursor: call.parameter("cursor"), limit: limit, as: call.principal)
        var writer = JSONWriter(reserving: 4_096)
        writer.beginObject()
        writer.key("dead_letters")
        writer.beginArray()
        for letter in page.letters {
            writer.beginObject()
            writer.member("id", letter.id)
            writer.member("kind", letter.kind.rawValue)
            writer.member("name", letter.name)
            writer.member("at", CalendarText.text(instant: letter.at))
            writer.member("reason", letter.reason)
            writer.member("attempts", letter.attempts)
            writer.key("receipt")
            TakeAnswer.write(letter.receipt, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.member("next_cursor", page.nextCursor)
        writer.endObject()
        return .json(writer)
    }

    private static func redrive(_ call: Call) throws -> Response {
        try call.engine.redrive(call.pathValues[0], as: call.principal)
        return Response(status: 202)
    }
}
