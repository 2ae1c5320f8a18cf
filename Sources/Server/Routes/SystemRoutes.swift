internal import ColumnStore
internal import Documents
internal import Ingest
import Glibc

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
                "readyz", "Whether it takes work.", answers: [.init(200, "It does.", [.of(StatusBody.self)])], problems: [.overloaded, .diskFull]),
            handle: ready),
        Route(
            .get, "/metrics", access: .metrics, place: .observing,
            operation: Operation(
                "metrics", "Figures for Prometheus.",
                answers: [.init(200, "The exposition format.", [.init("text/plain", #"{"type":"string"}"#)])]),
            handle: metrics),
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

    private static func ready(_ call: Call) throws -> Response {
        let reasons = call.context.notReady
        if let first = reasons.first {
            throw Problem(
                first.slug, reasons.map(\.detail).joined(separator: "; "),
                errors: reasons.map { .init(pointer: "", code: $0.slug.rawValue, message: $0.detail) })
        }
        let degradations = call.store.life.degradations
        return .json(StatusBody(status: "ready", degraded: degradations.isEmpty ? nil : degradations))
    }

    private static func problem(_ call: Call) throws -> Response {
        guard let slug = Problem.Slug(rawValue: call.path("slug")) else {
            throw Problem(.notFound, "no error has this name")
        }
        return .json(MeaningBody(slug: slug))
    }

    private static func writeService(_ call: Call, to text: inout PrometheusText) {
        let service = call.service
        text.describe("till_build_info", "1, with the version.", .gauge)
        text.sample("till_build_info", [("version", TillVersion.text)], 1)
        text.describe("till_ready", "1 when the server takes work.", .gauge)
        text.sample("till_ready", [], service.context.notReady.isEmpty ? 1 : 0)
        if let validTo = service.certificates?.validTo {
            text.describe("till_certificate_valid_to_seconds", "When the certificate in use ends, in seconds since 1970.", .gauge)
            text.sample("till_certificate_valid_to_seconds", [], Double(validTo))
        }
        if let source = service.context.tokens?.source {
            let figures = source.figures
            text.describe("till_token_keys", "Keys that tokens are verified with.", .gauge)
            text.sample("till_token_keys", [], Double(figures.keyCount))
            if let age = figures.age {
                text.describe("till_token_keys_age_seconds", "How long ago the keys were last taken or found unchanged.", .gauge)
                text.sample("till_token_keys_age_seconds", [], age)
            }
            text.describe("till_token_key_failures_total", "Times that the keys could not be had.", .counter)
            text.sample("till_token_key_failures_total", [], Double(figures.failureCount))
        }
    }

    private static func metrics(_ call: Call) throws -> Response {
        var text = PrometheusText()
        call.service.metrics.write(to: &text)
        text.describe("till_pool_jobs", "Jobs of each pool of threads.", .gauge)
        for pool in call.service.poolLoads {
            text.sample("till_pool_jobs", [("pool", pool.name), ("state", "waiting")], Double(pool.waiting))
            text.sample("till_pool_jobs", [("pool", pool.name), ("state", "running")], Double(pool.running))
        }
        text.describe("till_jobs", "Administrative jobs by kind.", .gauge)
        for job in call.context.jobs.figures {
            text.sample("till_jobs", [("kind", job.kind.rawValue), ("state", "waiting")], Double(job.waiting))
            text.sample("till_jobs", [("kind", job.kind.rawValue), ("state", "running")], Double(job.running))
        }
        let memory = call.context.admission.ledger.figures
        text.describe("till_request_memory_bytes", "Memory that requests and their answers hold.", .gauge)
        text.sample("till_request_memory_bytes", [], Double(memory.byteCount))
        text.describe("till_request_memory_max_bytes", "Memory that requests and their answers may hold.", .gauge)
        text.sample("till_request_memory_max_bytes", [], Double(memory.byteCountMax))
        text.describe("till_requests_refused_bounds_total", "Requests refused because of what they, or those of their credential, held.", .counter)
        text.sample("till_requests_refused_bounds_total", [], Double(memory.refusalCount))
        let connections = call.service.connections.figures
        text.describe("till_connections", "Connections that are open.", .gauge)
        text.sample("till_connections", [], Double(connections.count))
        text.describe("till_connections_closed_for_room_total", "Idle connections that were closed to make room for others.", .counter)
        text.sample("till_connections_closed_for_room_total", [], Double(connections.closedForRoom))
        text.describe("till_connections_refused_total", "Connections that found no room.", .counter)
        text.sample("till_connections_refused_total", [], Double(connections.refused))
        ProcessFigures.write(to: &text)
        call.context.queries.figures.write(to: &text, runningCount: call.context.queries.runningCount, call.context.queries.engine)
        writeService(call, to: &text)
        var described: Set<String> = []
        for metric in call.store.life.metrics().sorted(by: { $0.name < $1.name }) {
            let name = "till_" + metric.name
            if described.insert(name).inserted { text.describe(name, metric.help, metric.kind == .counter ? .counter : .gauge) }
            text.sample(name, metric.labels.map { ($0.name, $0.value) }, metric.value)
        }
        return Response(status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(text.text.utf8))
    }
}
