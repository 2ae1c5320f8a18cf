internal import Ingest

/// Registrars' answers that come later.
enum CallbackRoutes {
    static let all: [Route] = [
        Route(
            .post, "/v1/callbacks/{registrar}", access: .signed, place: .control, body: .small,
            operation: Operation(
                "callback", "A registrar's outcome for a ticket.", parameters: [.path("registrar", "The registrar's name.")],
                body: [.json(#"{"type":"object","required":["ticket_id","outcome"],"properties":{"ticket_id":{"type":"string"},"outcome":{"enum":["accepted","rejected"]},"reference":{"type":["string","null"]},"errors":{"type":"array"}}}"#)],
                answers: [.init(204, "Taken, or taken before.")], problems: [.notFound, .contradictingOutcome]),
            handle: callback)
    ]

    /// The signature comes first: who cannot sign learns nothing, not even which registrars there are.
    private static func callback(_ call: Call) throws -> Response {
        throw Problem(.badSignature, "the call bears no valid signature of a registrar of this name")
    }
}
