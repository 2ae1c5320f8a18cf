internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Executions: started and seen by those whose contract uses the process.
enum ExecutionRoutes {
    private static let name = Operation.Parameter.path("name", "The process's name.")
    private static let id = Operation.Parameter.path("execution_id", "The execution's id.")
    private static let states = "[" + ExecutionState.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"

    static let all: [Route] = [
        Route(
            .post, "/v1/processes/{name}/executions", access: .writer, body: .typeFile,
            operation: Operation(
                "startExecution", "Starts an execution, once for each name.", parameters: [name], body: [.reference("ExecutionRequest")],
                answers: [
                    .init(200, "There is one of this name and input: this.", [.of(StartedExecutionBody.self)]),
                    .init(201, "It runs; Location says where it stands.", [.of(StartedExecutionBody.self)]),
                ],
                problems: [.notFound, .differentInput, .tooLarge, .diskFull]),
            uses: { $0.store.processes }, handle: start),
        Route(
            .get, "/v1/executions", access: .reader, place: .reads,
            operation: Operation(
                "executions", "The caller's executions, the newest first; for the administrator everybody's.",
                parameters: [
                    .query("process", "Of this process."), .query("state", "In this state.", schema: #"{"enum":\#(states)}"#),
                ] + ListPage.parameters,
                answers: [.init(200, "They.", [.of(ListBody<ExecutionBody>.self)])], problems: [.badCursor]),
            uses: { $0.store.processes }, handle: list),
        Route(
            .get, "/v1/executions/{execution_id}", access: .reader, place: .reads,
            operation: Operation(
                "execution", "How an execution stands.", parameters: [id], answers: [.init(200, "So.", [.of(ExecutionBody.self)])], problems: [.notFound]),
            uses: { $0.store.processes }, handle: one),
        Route(
            .get, "/v1/executions/{execution_id}/history", access: .reader, place: .reads,
            operation: Operation(
                "executionHistory", "What happened to an execution, the oldest first.", parameters: [id] + ListPage.parameters,
                answers: [.init(200, "All of it, a page at a time.", [.of(ListBody<ExecutionEventBody>.self)])], problems: [.notFound, .badCursor]),
            uses: { $0.store.processes }, handle: history),
        Route(
            .post, "/v1/executions/{execution_id}/abort", access: .writer, place: .reads,
            operation: Operation(
                "abortExecution", "Ends an execution and its children.", parameters: [id],
                answers: [.init(202, "It has ended; its children end soon.", [.of(StartedExecutionBody.self)])], problems: [.notFound, .wrongState, .diskFull],
                isAudited: true),
            uses: { $0.store.processes }, handle: abort),
        Route(
            .post, "/v1/executions/{execution_id}/redrive", access: .writer, place: .reads,
            operation: Operation(
                "redriveExecution", "Has an execution that failed go on from there; what was finished is not run again.", parameters: [id],
                answers: [.init(202, "It goes on.", [.of(StartedExecutionBody.self)])], problems: [.notFound, .wrongState, .diskFull], isAudited: true),
            uses: { $0.store.processes }, handle: redrive),
    ]

    private static func start(_ call: Call, _ store: any ProcessKeeping) throws -> Response? {
        let body = try call.object(members: ["name", "input"], depthMax: ValueLimits.depthMax + 1)
        var name: String?
        if let value = body[present: "name"] {
            guard let text = value.text else { throw Problem.parameter("name", "a string is wanted, not \(value.kind)", code: "type") }
            try Call.check(id: text, "name")
            name = text
        }
        let exchange = call.exchange
        let input = body["input"] ?? .object([])
        return exchange.answer {
            store.start(call.path("name"), name: name, input: input, as: call.principal) { result in
                exchange.complete {
                    switch result {
                    case .success(let started):
                        Response.json(started.isNew ? 201 : 200, StartedExecutionBody(id: started.id.description, state: ExecutionState(started.status)))
                            .adding("Location", "/v1/executions/\(started.id)")
                    case .failure(let error): call.response(to: error)
                    }
                }
            }
        }
    }

    private static func list(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let page = try ListPage(call)
        var question = ExecutionQuestion(process: call.parameter("process"), limit: page.limit + 1)
        if let text = call.parameter("state") {
            guard let state = ExecutionState(rawValue: text) else {
                throw Problem.parameter("state", "one of \(ExecutionState.allCases.map(\.rawValue).joined(separator: ", ")) is wanted, not \(MemberReader.shown(text))")
            }
            question.status = state.status
        }
        question.before = try page.after(fieldCount: 1)?.integer(at: 0)
        var (executions, isCut) = try store.executions(question, as: call.principal)
        if executions.count > page.limit {
            executions.removeLast(executions.count - page.limit)
            isCut = true
        }
        let next = isCut ? executions.last.map { page.cursor([Array(String($0.number).utf8)]) } : nil
        return .json(ListBody(items: executions.map { ExecutionBody(execution: $0) }, nextCursor: next), reserving: 512 * executions.count + 64)
    }

    private static func one(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        .json(ExecutionBody(execution: try store.execution(call.path("execution_id"), as: call.principal)))
    }

    private static func history(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let page = try ListPage(call, of: [call.path("execution_id")])
        let after = try page.after(fieldCount: 1)?.integer(at: 0) ?? 0
        var (events, isCut) = try store.history(call.path("execution_id"), after: after, limit: page.limit + 1, as: call.principal)
        if events.count > page.limit {
            events.removeLast(events.count - page.limit)
            isCut = true
        }
        let next = isCut ? events.last.map { page.cursor([Array(String($0.number).utf8)]) } : nil
        return .json(ListBody(items: events.map { ExecutionEventBody(json: $0.json) }, nextCursor: next), reserving: events.reduce(64) { $0 + $1.json.count + 1 })
    }

    private static func abort(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.abort(call.path("execution_id"), as: call.principal)
        return .json(202, StartedExecutionBody(id: call.path("execution_id"), state: .aborted))
    }

    private static func redrive(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.redrive(call.path("execution_id"), as: call.principal)
        return .json(202, StartedExecutionBody(id: call.path("execution_id"), state: .running))
    }
}
