internal import ColumnStore
internal import Documents
internal import Ingest

/// Queues: made by the administrator, seen by those that use them.
enum QueueRoutes {
    static let name = Operation.Parameter.path("name", "The queue's name.", schema: #"{"type":"string","pattern":"^[A-Za-z0-9._-]{1,128}$"}"#)

    static let all: [Route] = [
        Route(
            .get, "/v1/queues", access: .reader, place: .control,
            operation: Operation(
                "queues", "The queues that this credential may use, by name.", parameters: ListPage.parameters,
                answers: [.init(200, "A page of them.", [.of(ListBody<QueueBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.queues }, handle: list),
        Route(
            .get, "/v1/queues/{name}", access: .reader, place: .control,
            operation: Operation(
                "queue", "A queue, and how much is in it.", parameters: [name], answers: [.init(200, "It.", [.of(QueueBody.self)])], problems: [.notFound]),
            uses: { $0.store.queues }, handle: one),
        Route(
            .put, "/v1/queues/{name}", access: .admin, place: .control, body: .small,
            operation: Operation(
                "putQueue", "Makes a queue, or changes how it treats its messages, those that are in it too.", parameters: [name], body: [.of(QueueBody.self)],
                answers: [.init(200, "Changed, or the same as before.", [.of(QueueBody.self)]), .init(201, "Made.", [.of(QueueBody.self)])],
                problems: [.invalidQueue, .diskFull]),
            uses: { $0.store.queues }, handle: put),
        Route(
            .delete, "/v1/queues/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteQueue", "Deletes a queue with all its messages, dead letters too.", parameters: [name], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.queues }, handle: delete),
    ]

    private static func list(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let page = try ListPage(call)
        let found = try queues.queues(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1, as: call.principal)
        let shown = found.prefix(page.limit)
        let next = found.count > page.limit ? shown.last.map { page.cursor([Array($0.name.utf8)]) } : nil
        return .json(ListBody(items: shown.map { QueueBody($0) }, nextCursor: next), reserving: 512 * shown.count + 64)
    }

    private static func one(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        .json(QueueBody(try queues.queue(call.path("name"), as: call.principal)))
    }

    private static func put(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        let name = call.path("name")
        let settings = try QueueBody.read(try call.object(members: QueueBody.members, passingOver: QueueBody.ofAnswers), name: name)
        let (outcome, report) = try queues.put(queue: name, settings)
        let text = QueueBody(report).json()
        call.exchange.auditDetail = String(decoding: text, as: UTF8.self)
        return Response(status: outcome == .created ? 201 : 200, contentType: "application/json", bytes: text).adding("Location", "/v1/queues/\(name)")
    }

    private static func delete(_ call: Call, _ queues: any QueueKeeping) throws -> Response {
        try queues.delete(queue: call.path("name"))
        return .noContent
    }
}
