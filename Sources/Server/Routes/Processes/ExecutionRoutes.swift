internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Executions, as those see them who started them.
enum ExecutionRoutes {
    static let id = Operation.Parameter.path("execution_id", "The execution's id.")
    private static let states = "[" + ExecutionState.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"

    static let all: [Route] = [
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
    ]

    private static func list(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        // A cursor is of what was asked for: another process or state has other places.
        let page = try ListPage(call, of: ["process", "state"].flatMap { name in call.parameter(name).map { [name, $0] } ?? [] })
        var question = ExecutionQuestion(process: call.parameter("process"), limit: page.limit + 1)
        if let text = call.parameter("state") {
            guard let state = ExecutionState(rawValue: text) else {
                throw Problem.parameter("state", "one of \(ExecutionState.allCases.map(\.rawValue).joined(separator: ", ")) is wanted, not \(MemberReader.shown(text))")
            }
            question.status = state.status
        }
        question.before = try page.after(fieldCount: 1)?.integer(at: 0)
        var (executions, isCut) = try call.exchange.asManyAsFit(question.limit) { limit, room in
            var fewer = question
            fewer.limit = limit
            let found = try store.executions(fewer, as: call.principal, hold: room.hold)
            // What there was no room for comes behind it.
            return (found.executions, found.isCut || limit < question.limit)
        }
        if executions.count > page.limit {
            executions.removeLast(executions.count - page.limit)
            isCut = true
        }
        let next = isCut ? executions.last.map { page.cursor([Array(String($0.number).utf8)]) } : nil
        return .json(ListBody(items: executions.map { ExecutionBody(execution: $0) }, nextCursor: next), reserving: executions.reduce(64) { $0 + $1.jsonByteCount })
    }

    private static func one(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let execution = try store.execution(call.path("execution_id"), as: call.principal, hold: call.exchange.holdAnswer)
        return .json(ExecutionBody(execution: execution), reserving: execution.jsonByteCount)
    }

    private static func history(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        let page = try ListPage(call, of: [call.path("execution_id")])
        let after = try page.after(fieldCount: 1)?.integer(at: 0) ?? 0
        var (events, isCut) = try call.exchange.asManyAsFit(page.limit + 1) { limit, room in
            let found = try store.history(call.path("execution_id"), after: after, limit: limit, as: call.principal, hold: room.hold)
            return (found.events, found.isCut || limit <= page.limit)
        }
        if events.count > page.limit {
            events.removeLast(events.count - page.limit)
            isCut = true
        }
        let next = isCut ? events.last.map { page.cursor([Array(String($0.number).utf8)]) } : nil
        return .json(ListBody(items: events.map { ExecutionEventBody(json: $0.json) }, nextCursor: next), reserving: events.reduce(64) { $0 + $1.json.count + 1 })
    }
}
