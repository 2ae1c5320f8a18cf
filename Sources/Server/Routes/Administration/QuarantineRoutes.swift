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
                answers: [.init(200, "The newest first.", [.of(ListBody<QuarantineBody>.self)])], problems: [.badCursor, .wrongClient, .notFound]),
            uses: { $0.store.refused }, handle: list),
        Route(
            .get, "/v1/quarantine/{ticket_id}", access: .review, place: .reads,
            operation: Operation(
                "quarantineEntry", "One refused document.", parameters: [.path("ticket_id", "The entry's ticket.")],
                answers: [.init(200, "The entry.", [.of(QuarantineBody.self)])], problems: [.notFound]),
            uses: { $0.store.refused }, handle: one),
        Route(
            .get, "/v1/dead-letters", access: .reader, place: .reads,
            operation: Operation(
                "deadLetters", "What could not be registered or delivered.", parameters: [.client, .limit(10_000, 1_000), .cursor],
                answers: [.init(200, "The dead letters.", [.of(ListBody<DeadLetterBody>.self)])], problems: [.badCursor, .wrongClient, .notFound]),
            uses: { $0.store.deadLetters }, handle: deadLetters),
        Route(
            .post, "/v1/dead-letters/{id}/redrive", access: .writer, place: .control,
            operation: Operation(
                "redrive", "Tries a dead letter again.", parameters: [.path("id", "The dead letter."), .client],
                answers: [.init(202, "It is tried again.")], problems: [.wrongClient, .notFound, .differentDocument, .contradictingOutcome, .diskFull], isAudited: true),
            uses: { $0.store.deadLetters }, handle: redrive),
    ]

    private static func list(_ call: Call, _ refused: any RefusedDocuments) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let advice = "GET /v1/tickets?state=REFUSED lists what was refused without the documents; to see them, have that limit raised"
        return try call.exchange.asManyAsFit(limit, orElse: advice) { limit, room in
            // As the page grows, before each is read; what it takes with its text is known then.
            let page = try refused.quarantine(
                client: try call.client(), received: ReceivedSpan(), cursor: call.parameter("cursor"), limit: limit, withDocuments: true, as: call.principal, hold: room.hold)
            let items = page.entries.map { QuarantineBody($0, as: call.principal) }
            try room.holdWhole(items.reduce(0) { $0.addingSaturating($1.heldByteCount) })
            return .json(ListBody(items: items, nextCursor: page.nextCursor), reserving: 4_096)
        }
    }

    private static func one(_ call: Call, _ refused: any RefusedDocuments) throws -> Response {
        let exchange = call.exchange
        func hold(_ byteCount: Int) throws {
            try exchange.holdWhole(byteCount, orElse: "GET /v1/tickets/{ticket_id} has the reasons without the document; to see that, have that limit raised")
        }
        // Of a document as long as any: before it is read, and with its text before that is made.
        let entry = try refused.quarantineEntry(call.path("ticket_id"), as: call.principal, hold: hold)
        let body = QuarantineBody(entry, as: call.principal)
        try hold(body.heldByteCount)
        return .json(body, reserving: 4_096)
    }

    private static func deadLetters(_ call: Call, _ letters: any DeadLetterReview) throws -> Response {
        let limit = try call.integer("limit", in: 1...10_000, default: 1_000)
        let page = try call.exchange.asManyAsFit(limit) { limit, room in
            try letters.deadLetters(client: try call.client(), cursor: call.parameter("cursor"), limit: limit, as: call.principal, hold: room.hold)
        }
        return .json(ListBody(items: page.letters.map { DeadLetterBody(letter: $0) }, nextCursor: page.nextCursor), reserving: 4_096)
    }

    private static func redrive(_ call: Call, _ letters: any DeadLetterReview) throws -> Response {
        let id = call.path("id")
        // Whoever names a client means a letter of that one alone.
        if let client = try call.client(), try letters.deadLetter(id, as: call.principal).map({ $0.clientID.hasBytes(of: client) }) != true {
            throw Problem(.notFound, "the client \(MemberReader.shown(client)) has no dead letter \(MemberReader.shown(id))")
        }
        try letters.redrive(id, as: call.principal)
        return Response(status: 202)
    }
}
