internal import ColumnStore
internal import Documents
internal import Ingest

/// What is in a queue, looked at; what nobody completed, and what nobody wants any more.
enum QueueLetterRoutes {
    static let all: [Route] = [
        Route(
            .get, "/v1/queues/{name}/messages", access: .reader, place: .control,
            operation: Operation(
                "queueMessages", "What is in a queue, looked at and left there: what can be received, then what workers have, then what is delayed.",
                parameters: [QueueRoutes.name] + ListPage.parameters,
                answers: [.init(200, "A page of them.", [.of(ListBody<QueuedMessageBody>.self)])], problems: [.badCursor, .notFound]),
            uses: { $0.store.queues }, handle: messages),
        Route(
            .get, "/v1/queues/{name}/dead-letters", access: .reader, place: .control,
            operation: Operation(
                "queueDeadLetters", "Messages that nobody completed, the oldest first.", parameters: [QueueRoutes.name] + ListPage.parameters,
                answers: [.init(200, "A page of them.", [.of(ListBody<DeadMessageBody>.self)])], problems: [.badCursor, .notFound]),
            uses: { $0.store.queues }, handle: deadLetters),
        Route(
            .post, "/v1/queues/{name}/dead-letters/redrive", access: .reader, place: .control, body: .small,
            operation: Operation(
                "redriveQueue", "Puts dead letters back into their queue, as new. Those for which it has no room stay.", parameters: [QueueRoutes.name],
                body: [.json(redriveSchema)], answers: [.init(200, "How many went back.", [.of(LotBody.self)])], problems: [.notFound, .diskFull], isAudited: true),
            uses: { $0.store.queues }, handle: redrive),
        Route(
            .delete, "/v1/queues/{name}/dead-letters", access: .reader, place: .control,
            operation: Operation(
                "deleteQueueDeadLetters", "Deletes the dead letters of a queue for good, the oldest first, at most 10,000 in a call.", parameters: [QueueRoutes.name],
                answers: [.init(200, "How many are gone, and whether there are more.", [.of(DeletionBody.self)])], problems: [.notFound, .diskFull], isAudited: true),
            uses: { $0.store.queues }, handle: deleteDeadLetters),
        Route(
            .delete, "/v1/queues/{name}/dead-letters/{id}", access: .reader, place: .control,
            operation: Operation(
                "deleteQueueDeadLetter", "Deletes a dead letter of a queue, for good.", parameters: [QueueRoutes.name, .path("id", "The message.")],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull], isAudited: true),
            uses: { $0.store.queues }, handle: deleteDeadLetter),
        Route(
            .delete, "/v1/queues/{name}/messages", access: .reader, place: .control,
            operation: Operation(
                "purgeQueue", "Takes away all messages of a queue but dead letters, those that workers have too.", parameters: [QueueRoutes.name],
                answers: [.init(204, "Done.")], problems: [.notFound, .diskFull], isAudited: true),
            uses: { $0.store.queues }, handle: purge),
    ]

    private static let redriveSchema = ##"{"type":"object","additionalProperties":false,"properties":{"ids":{"type":["array","null"],"maxItems":10000,"items":{"type":"string"}},"all":{"type":["boolean","null"]},"per_second":{"description":"So many a second may be received; all at once without.","type":["integer","null"],"minimum":1,"maximum":100000}}}"##
    private static let redriveCountMax = 10_000

    private static func messages(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let page = try ListPage(call, of: [call.path("name")])
        let place = try page.after(fieldCount: 3).map {
            QueuedMessageReport.Place(state: try $0.integer(at: 0), due: try $0.integer(at: 1), number: try $0.integer(at: 2))
        }
        // As for dead letters.
        try call.exchange.holdAnswer(pageByteCountMax)
        let (found, isCut) = try queues.messages(in: call.path("name"), after: place, limit: page.limit + 1, as: call.principal)
        let shown = found.prefix(page.limit)
        let next = found.count <= page.limit && !isCut ? nil : shown.last.map { page.cursor([$0.place.state, $0.place.due, $0.place.number].map { Array(String($0).utf8) }) }
        return .json(ListBody(items: shown.map { QueuedMessageBody(message: $0) }, nextCursor: next), reserving: 512 * shown.count + 64)
    }

    private static func deadLetters(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let page = try ListPage(call, of: [call.path("name")])
        let place = try page.after(fieldCount: 2).map { (diedAt: try $0.integer(at: 0), number: try $0.integer(at: 1)) }
        // A page ends at its bytes too, which are not known before: what they may be at most is asked for first.
        try call.exchange.holdAnswer(pageByteCountMax)
        let (found, isCut) = try queues.deadLetters(in: call.path("name"), after: place, limit: page.limit + 1, as: call.principal)
        let shown = found.prefix(page.limit)
        let next = found.count <= page.limit && !isCut ? nil : shown.last.map { page.cursor([Array(String($0.diedAt).utf8), Array(String($0.number).utf8)]) }
        return .json(ListBody(items: shown.map { DeadMessageBody(letter: $0) }, nextCursor: next), reserving: 512 * shown.count + 64)
    }

    /// The rows and the text made of them.
    private static let pageByteCountMax = 2 * DeadMessageReport.pageByteCountMax

    private static func redrive(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let body = try call.object(members: ["ids", "all", "per_second"])
        var perSecond: Int?
        if let value = body[present: "per_second"] {
            guard let rate = value.integer, (1...100_000).contains(rate) else {
                throw Problem.parameter("per_second", "an integer from 1 to 100000 is wanted, not \(MemberReader.shown(value))", code: "out-of-range")
            }
            perSecond = rate
        }
        let count = try queues.redrive(try wanted(body), in: call.path("name"), perSecond: perSecond, as: call.principal)
        call.exchange.auditDetail = "{\"count\":\(count)}"
        return .json(LotBody(count: count))
    }

    /// Nil for all: whoever names neither does not mean everything.
    private static func wanted(_ body: JSONValue) throws -> [String]? {
        let isAll = body[present: "all"]
        guard isAll == nil || isAll?.boolean != nil else { throw Problem.parameter("all", "true or false is wanted", code: "type") }
        guard let list = body[present: "ids"] else {
            guard isAll?.boolean == true else { throw Problem.parameter("ids", "ids, or all: true, is wanted", code: "required") }
            return nil
        }
        guard isAll?.boolean != true else { throw Problem.parameter("all", "either ids or all is wanted", code: "contradiction") }
        guard let ids = list.array?.compactMap(\.text), ids.count == list.array?.count, ids.count <= redriveCountMax else {
            throw Problem.parameter("ids", "an array of at most \(redriveCountMax) ids is wanted", code: "type")
        }
        return ids
    }

    private static func deleteDeadLetters(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let body = DeletionBody(summary: try queues.deleteDeadLetters(in: call.path("name"), as: call.principal))
        call.exchange.auditDetail = String(decoding: body.json(), as: UTF8.self)
        return .json(body)
    }

    private static func deleteDeadLetter(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        try queues.deleteDeadLetter(call.path("id"), in: call.path("name"), as: call.principal)
        return .noContent
    }

    private static func purge(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        try queues.purge(call.path("name"), as: call.principal)
        return .noContent
    }
}
