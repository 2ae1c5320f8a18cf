internal import Documents
internal import Ingest

/// Registrars' answers that come later.
enum CallbackRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/callbacks/{registrar}", access: .signed, place: .connection, body: .small,
            operation: Operation(
                "callback", "An outcome that comes later: a registrar's for a ticket, or an endpoint's for a task.", parameters: [.path("registrar", "The registrar's name.")],
                body: [.reference("Callback")],
                answers: [.init(204, "Taken, or taken before.")], problems: [.badParameter, .notFound, .contradictingOutcome, .taskEnded, .diskFull]),
            uses: { $0.store.callbacks }, handle: callback)
    ]

    private static func callback(_ call: Call, _ callbacks: any Ingest.Callbacks) throws -> Response? {
        let exchange = call.exchange
        let callback = RegistrarCallback(
            registrar: call.path("registrar"), webhookID: call.request.header("webhook-id") ?? "",
            timestamp: call.request.header("webhook-timestamp") ?? "", signature: call.request.header("webhook-signature") ?? "",
            body: call.request.body)
        return exchange.answer {
            callbacks.callback(callback) { result in
                exchange.complete {
                    switch result {
                    case .success: .noContent
                    case .failure(let problem): call.response(to: problem)
                    }
                }
            }
        }
    }
}
