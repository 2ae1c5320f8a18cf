internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// State machines: put, seen and deleted by the administrator.
enum ProcessRoutes {
    private static let name = Operation.Parameter.path("name", "The process's name.")

    static let all: [Route] = [
        Route(
            .get, "/v1/processes", access: .audit, place: .control,
            operation: Operation(
                "processes", "The state machines, by name.", parameters: ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<ProcessBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.processes }, handle: list),
        Route(
            .get, "/v1/processes/{name}", access: .audit, place: .control,
            operation: Operation(
                "process", "A state machine in its newest version.", parameters: [name], answers: [.init(200, "The definition.", [.of(ProcessBody.self)])],
                problems: [.notFound]),
            uses: { $0.store.processes }, handle: one),
        Route(
            .put, "/v1/processes/{name}", access: .admin, place: .control, body: .typeFile,
            operation: Operation(
                "putProcess", "Adds a state machine or its next version; executions that run keep theirs.", parameters: [name], body: [.of(ProcessBody.self)],
                answers: [.init(200, "Changed, or the same as before.", [.of(ProcessBody.self)]), .init(201, "Added.", [.of(ProcessBody.self)])],
                problems: [.invalidProcess, .diskFull]),
            uses: { $0.store.processes }, handle: put),
        Route(
            .delete, "/v1/processes/{name}", access: .admin, place: .control,
            operation: Operation(
                "deleteProcess", "Starts no more of it; executions that run go on.", parameters: [name], answers: [.init(204, "Done.")],
                problems: [.notFound, .diskFull]),
            uses: { $0.store.processes }, handle: delete),
    ]

    /// A page ends here too: a definition has up to 1 MiB.
    private static let pageByteCountMax = 16 << 20

    private static func list(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let page = try ListPage(call)
        let processes = try store.processes(after: try page.after(fieldCount: 1)?.text(at: 0), limit: page.limit + 1)
        var end = 0
        var byteCount = 0
        while end < min(processes.count, page.limit), byteCount < pageByteCountMax {
            byteCount += processes[end].definition.count
            end += 1
        }
        let next = end < processes.count ? page.cursor([Array(processes[end - 1].name.utf8)]) : nil
        return .json(ListBody(items: processes[..<end].map { ProcessBody(process: $0) }, nextCursor: next), reserving: byteCount + 4_096)
    }

    private static func one(_ call: Call, _ store: any ProcessKeeping) throws -> Response { .json(ProcessBody(process: try store.process(call.path("name")))) }

    private static func put(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        guard call.request.header("Content-Type").flatMap({ MediaType($0) })?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "a definition is application/json, not \(MemberReader.shown(contentType: call.request.header("Content-Type")))")
        }
        try call.holdValue()
        // What is no JSON at all is a fault of the body; all else is one of the definition.
        do throws(JSONSyntaxError) {
            _ = try ValueLimits.parse(call.request.body)
        } catch {
            throw Problem(.badJSON, "byte \(error.offset): \(error.message)")
        }
        let outcome = try store.putProcess(call.path("name"), call.request.body)
        let digest = Hex.text(Digest.sha256(call.request.body))
        call.exchange.auditDetail = #"{"bytes":\#(call.request.body.count),"sha256":"\#(digest)","is_changed":\#(outcome != .unchanged)}"#
        return .json(outcome == .created ? 201 : 200, ProcessBody(process: try store.process(call.path("name"))))
            .adding("Location", "/v1/processes/\(RequestTarget.encode(call.path("name")))")
    }

    private static func delete(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.deleteProcess(call.path("name"))
        return .noContent
    }
}
