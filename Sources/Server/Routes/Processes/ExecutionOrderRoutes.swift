internal import Ingest

/// Executions end by order, or go on.
enum ExecutionOrderRoutes {
    private static let id = ExecutionRoutes.id

    static let all: [Route] = [
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

    private static func abort(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.abort(call.path("execution_id"), as: call.principal)
        return .json(202, StartedExecutionBody(id: call.path("execution_id"), state: .aborted))
    }

    private static func redrive(_ call: Call, _ store: any ProcessKeeping) throws -> Response {
        try store.redrive(call.path("execution_id"), as: call.principal)
        return .json(202, StartedExecutionBody(id: call.path("execution_id"), state: .running))
    }
}
