internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Workers' answers, by the token of their task.
enum TaskRoutes {
    private static let token = Operation.Parameter.path("token", "The task's token, as the worker was given it.")

    static let all: [Route] = [
        route("success", "taskSuccess", "Ends a task well.", ["output"], body: [.reference("TaskSuccess")]) { body in .success(body["output"] ?? .null) },
        route("failure", "taskFailure", "Ends a task that could not be done.", ["error", "cause"], body: [.reference("TaskFailure")]) { body in
            func text(_ name: String) throws -> String? {
                guard let value = body[present: name] else { return nil }
                guard let text = value.text else { throw Problem.parameter(name, "a string is wanted, not \(value.kind)", code: "type") }
                return text
            }
            return .failure(StateError(name: try text("error") ?? StateError.Name.taskFailed.rawValue, cause: try text("cause")))
        },
        route("heartbeat", "taskHeartbeat", "Says that a task is still being done.", [], body: []) { _ in .heartbeat },
    ]

    private static func route(
        _ word: String, _ operation: String, _ summary: String, _ members: Set<String>, body: [Operation.Content],
        read: @escaping @Sendable (JSONValue) throws -> ExecutionStore.TaskAnswer
    ) -> Route {
        Route(
            .post, "/v1/tasks/{token}/\(word)", access: .reader, body: .typeFile,
            operation: Operation(
                operation, summary, parameters: [token], body: body, answers: [.init(204, "Taken.")], problems: [.notFound, .taskEnded, .diskFull], needsBody: false),
            uses: { $0.store.processes }
        ) { call, store in
            let body = call.request.body.isEmpty || members.isEmpty ? .object([]) : try call.object(members: members, depthMax: ValueLimits.parsedDepthMax + 1, hasTexts: true)
            let answer = try read(body)
            let exchange = call.exchange
            return exchange.answer {
                store.answerTask(call.path("token"), answer) { result in
                    exchange.complete {
                        switch result {
                        case .success: .noContent
                        case .failure(let error): call.response(to: error)
                        }
                    }
                }
            }
        }
    }
}
