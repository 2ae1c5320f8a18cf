internal import ColumnStore
internal import Documents
internal import Ingest

/// Liveness, readiness, figures, and what describes the API itself.
enum SystemRoutes {
    static let all: [Route] = [
        Route(
            .get, "/healthz", access: .open,
            operation: Operation("healthz", "Whether the process lives.", answers: [.init(200, "It does.", [.of(StatusBody.self)])]),
            handle: { _ in .json(StatusBody(status: "ok")) }),
        Route(
            .get, "/readyz", access: .open,
            operation: Operation(
                "readyz", "Whether it takes work.", answers: [.init(200, "It does.", [.of(StatusBody.self)])], problems: [.overloaded, .diskFull, .storageUnavailable]),
            uses: { $0.figures }, handle: ready),
        Route(
            .get, "/metrics", access: .metrics, place: .observing,
            operation: Operation(
                "metrics", "Figures for Prometheus.",
                answers: [.init(200, "The exposition format.", [.init("text/plain", #"{"type":"string"}"#)])]),
            uses: { $0.figures }, handle: metrics),
        Route(
            .get, "/openapi.json", access: .open,
            operation: Operation(
                "openapi", "This description.", answers: [.init(200, "OpenAPI 3.1.", [.json(#"{"type":"object"}"#)])]),
            handle: { call in Response(status: 200, contentType: "application/json", bytes: APIRoutes.description) }),
        Route(
            .get, "/problems/{slug}", access: .open,
            operation: Operation(
                "problem", "What an error means.", parameters: [.path("slug", "The last part of a problem's `type`.")],
                answers: [.init(200, "Its meaning.", [.of(MeaningBody.self)])],
                problems: [.notFound]),
            handle: problem),
    ]

    private static func ready(_ call: Call, _ server: ServerFigures) throws -> Response {
        let reasons = server.notReady
        if let first = reasons.first {
            throw Problem(
                first.slug, reasons.map(\.detail).joined(separator: "; "),
                errors: reasons.map { .init(pointer: "", code: $0.slug.rawValue, message: $0.detail) })
        }
        let degradations = server.degradations
        return .json(StatusBody(status: "ready", degraded: degradations.isEmpty ? nil : degradations))
    }

    private static func problem(_ call: Call) throws -> Response {
        guard let slug = Problem.Slug(rawValue: call.path("slug")) else {
            throw Problem(.notFound, "no error has this name")
        }
        return .json(MeaningBody(slug: slug))
    }

    private static func metrics(_ call: Call, _ server: ServerFigures) throws -> Response {
        var text = PrometheusText()
        server.write(to: &text)
        return text.response
    }
}
