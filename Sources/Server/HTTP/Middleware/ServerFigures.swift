internal import ColumnStore
internal import Documents
internal import Ingest

/// What the server says of itself: whether it takes work, and its figures.
struct ServerFigures: Sendable {
    let context: DoorContext
    let http: HTTPMetrics
    let pools: Dispatch.Pools
    let connections: ConnectionTable
    /// Of all doors that show one.
    let certificates: [any DoorCertificate]

    /// Why the server takes no work, or no receipts; none when it does.
    var notReady: [Problem] { context.notReady }
    /// What does not work though work is taken.
    var degradations: [String] { context.degradations }

    /// All figures, in Prometheus' format.
    func write(to text: inout PrometheusText) {
        http.write(to: &text)
        writeWork(to: &text)
        writeConnections(to: &text)
        ProcessFigures.write(to: &text)
        context.queries.figures.write(to: &text, runningCount: context.queries.runningCount, context.queries.engine)
        writeService(to: &text)
        text.write(context.store.life.metrics())
    }

    private func writeWork(to text: inout PrometheusText) {
        text.describe("till_pool_jobs", "Jobs of each pool of threads.", .gauge)
        for pool in pools.loads {
            text.sample("till_pool_jobs", [("pool", pool.name), ("state", "waiting")], Double(pool.waiting))
            text.sample("till_pool_jobs", [("pool", pool.name), ("state", "running")], Double(pool.running))
        }
        text.describe("till_jobs", "Administrative jobs by kind.", .gauge)
        for job in context.jobs.figures {
            text.sample("till_jobs", [("kind", job.kind.rawValue), ("state", "waiting")], Double(job.waiting))
            text.sample("till_jobs", [("kind", job.kind.rawValue), ("state", "running")], Double(job.running))
        }
        let memory = context.admission.ledger.figures
        text.describe("till_request_memory_bytes", "Memory that requests and their answers hold.", .gauge)
        text.sample("till_request_memory_bytes", [], Double(memory.byteCount))
        text.describe("till_request_memory_max_bytes", "Memory that requests and their answers may hold.", .gauge)
        text.sample("till_request_memory_max_bytes", [], Double(memory.byteCountMax))
        text.describe("till_requests_refused_bounds_total", "Requests refused because of what they, or those of their credential, held.", .counter)
        text.sample("till_requests_refused_bounds_total", [], Double(memory.refusalCount))
    }

    private func writeConnections(to text: inout PrometheusText) {
        let connections = connections.figures
        text.describe("till_connections", "Connections that are open.", .gauge)
        text.sample("till_connections", [], Double(connections.count))
        text.describe("till_connections_closed_for_room_total", "Idle connections that were closed to make room for others.", .counter)
        text.sample("till_connections_closed_for_room_total", [], Double(connections.closedForRoom))
        text.describe("till_connections_refused_total", "Connections that found no room.", .counter)
        text.sample("till_connections_refused_total", [], Double(connections.refused))
    }

    private func writeService(to text: inout PrometheusText) {
        text.describe("till_build_info", "1, with the version.", .gauge)
        text.sample("till_build_info", [("version", TillVersion.text)], 1)
        text.describe("till_ready", "1 when the server takes work.", .gauge)
        text.sample("till_ready", [], notReady.isEmpty ? 1 : 0)
        text.describe("till_degraded", "What does not work though work is taken: so many reasons does /readyz give.", .gauge)
        text.sample("till_degraded", [], Double(degradations.count))
        text.write(certificates)
        guard let figures = context.tokens?.source.figures else { return }
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

extension PrometheusText {
    /// Samples of one name stand together, behind one HELP and TYPE: the format wants it so.
    mutating func write(_ metrics: [Metric]) {
        var described: Set<String> = []
        for metric in metrics.sorted(by: { $0.name < $1.name }) {
            let name = "till_" + metric.name
            if described.insert(name).inserted { describe(name, metric.help, metric.kind == .counter ? .counter : .gauge) }
            sample(name, metric.labels.map { ($0.name, $0.value) }, metric.value)
        }
    }

    /// When each ends.
    mutating func write(_ certificates: [any DoorCertificate]) {
        let ends = certificates.compactMap { certificate in certificate.validTo.map { (certificate.door, $0) } }
        guard !ends.isEmpty else { return }
        describe("till_certificate_valid_to_seconds", "When the certificate in use ends, in seconds since 1970, by the door that shows it.", .gauge)
        for (door, validTo) in ends { sample("till_certificate_valid_to_seconds", [("door", door)], Double(validTo)) }
    }

    /// What a scrape gets.
    var response: Response { Response(status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8", bytes: Array(text.utf8)) }
}
