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

    private static func list(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let page = try ListPage(call)
        let after = try page.after(fieldCount: 1)?.text(at: 0)
        // A page ends at a size too: a definition may have megabytes.
        var (processes, isCut) = try call.exchange.asManyAsFit(page.limit + 1) { limit, room in
            let found = try store.processes(after: after, limit: limit, hold: room.hold)
            return (found.processes, found.isCut || limit <= page.limit)
        }
        if processes.count > page.limit {
            processes.removeLast(processes.count - page.limit)
            isCut = true
        }
        let next = isCut ? processes.last.map { page.cursor([Array($0.name.utf8)]) } : nil
        return .json(
            ListBody(items: processes.map { ProcessBody(process: $0) }, nextCursor: next), reserving: processes.reduce(4_096) { $0 + $1.definition.count + 256 })
    }

    private static func one(_ call: Call, _ store: any ProcessKeeping) throws -> Response { .json(try body(call, store)) }

    private static func body(_ call: Call, _ store: any ProcessKeeping) throws -> ProcessBody {
        ProcessBody(process: try store.process(call.path("name"), hold: call.exchange.holdAnswer))
    }

    private static func put(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        guard call.request.header("Content-Type").flatMap({ MediaType($0) })?.essence == "application/json" else {
            throw Problem(.unsupportedMediaType, "a definition is application/json, not \(MemberReader.shown(contentType: call.request.header("Content-Type")))")
        }
        try call.holdValue()
        // What is no JSON at all is a fault of the body; all else is one of the definition.
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try ValueLimits.parse(call.request.body, boundsMarks: true)
        } catch {
            throw Problem(.badJSON, "byte \(error.offset): \(error.message)")
        }
        let definition = try definition(value, call, store)
        let outcome = try store.putProcess(call.path("name"), definition)
        let digest = Hex.text(Digest.sha256(definition))
        call.exchange.auditDetail = #"{"bytes":\#(definition.count),"sha256":"\#(digest)","is_changed":\#(outcome != .unchanged)}"#
        return .json(outcome == .created ? 201 : 200, try body(call, store))
            .adding("Location", "/v1/processes/\(RequestTarget.encode(call.path("name")))")
    }

    /// The body as it came; of one that GET has given, without what answers add. Where nothing else was changed that is the stored definition, blanks and all: no
    /// version comes of it.
    private static func definition(_ value: JSONValue, _ call: Call, _ store: any ProcessKeeping) throws -> [UInt8] {
        let name = call.path("name")
        guard value.members?.contains(where: { ProcessBody.ofAnswers.contains($0.name) }) ?? false else { return call.request.body }
        if let own = value[present: "name"], own.text != name {
            let message = "the path names the process \(name), this is \(MemberReader.shown(own))"
            throw Problem(.invalidProcess, message, errors: [.init(pointer: "/name", code: "mismatch", message: message)])
        }
        let bare = value.without(ProcessBody.ofAnswers).serialized
        var before: [UInt8]?
        do {
            before = try store.process(name, hold: call.exchange.holdAnswer).definition
        } catch let fault as Fault where fault.code == .notFound {
            before = nil
        }
        guard let before, let known = try? ValueLimits.parse(before), known.serialized == bare else { return bare }
        return before
    }

    private static func delete(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.deleteProcess(call.path("name"))
        return .noContent
    }
}
