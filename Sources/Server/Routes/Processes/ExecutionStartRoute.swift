internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Executions begin: for those whose contract uses the process.
enum ExecutionStartRoute {
    private static let name = Operation.Parameter.path("name", "The process's name.")

    static let all: [Route] = [
        Route(
            .post, "/v1/processes/{name}/executions", access: .writer, body: .typeFile,
            operation: Operation(
                "startExecution", "Starts an execution, once for each name.", parameters: [name], body: [.reference("ExecutionRequest")],
                answers: [
                    .init(200, "There is one of this name and input: this.", [.of(StartedExecutionBody.self)]),
                    .init(201, "It runs; Location says where it stands.", [.of(StartedExecutionBody.self)]),
                ],
                problems: [.notFound, .alreadyExists, .tooLarge, .diskFull]),
            uses: { $0.store.processes }, handle: start)
    ]

    private static func start(_ call: Call, _ store: any ProcessKeeping) throws -> Response? {
        let body = try call.object(members: ["name", "input"], depthMax: ValueLimits.parsedDepthMax + 1, hasTexts: true)
        var name: String?
        if let value = body[present: "name"] {
            guard let text = value.text else { throw Problem.parameter("name", "a string is wanted, not \(value.kind)", code: "type") }
            try Call.check(id: text, "name")
            name = text
        }
        let exchange = call.exchange
        let input = body["input"] ?? .object([])
        guard ValueLimits.measure(input) != .tooDeep else { throw Problem(.badJSON, "input is nested deeper than \(ValueLimits.depthMax)") }
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
}
