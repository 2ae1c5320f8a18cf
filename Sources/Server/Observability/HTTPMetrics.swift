import Synchronization

/// Requests by route and status, and how long they took. Recording takes no lock.
package final class HTTPMetrics: Sendable {
    /// Each counts what is no longer than it, and longer than the one before. A sixteenth, `+Inf`, has the rest.
    /// Upper bounds in seconds.
    static let bounds: [Double] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]
    /// What routes, problems and the listener answer with. A list, for a counter of each is made beforehand and needs no lock.
    package static let statuses = [
        0, 200, 201, 202, 204, 206, 300, 304, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 416, 422, 429, 431, 460, 500, 501, 503, 504, 505, 507,
    ]

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
        func add(_ count: Int = 1) { value.wrappingAdd(count, ordering: .relaxed) }
        var count: Int { value.load(ordering: .relaxed) }
    }

    /// Of one label: a counter for each status and each bound, and all its time.
    private struct Figures: Sendable {
        let byStatus = HTTPMetrics.statuses.map { _ in Counter() }
        let byTime = (0...HTTPMetrics.bounds.count).map { _ in Counter() }
        let microseconds = Counter()
    }

    private let labels: [(method: String, path: String)]
    /// One for each route; then one for each method of requests that found none, and one for methods that are no known word.
    private let figures: [Figures]
    /// Where in `figures` a method's own ones stand, behind those of all routes.
    private let placeOfMethod: [String: Int]

    /// - Parameter methods: the words that may stand in a label.
    package init(routes: [(method: String, path: String)], methods: [String]) {
        labels = routes + methods.sorted().map { ($0, "") } + [("", "")]
        figures = labels.map { _ in Figures() }
        placeOfMethod = Dictionary(uniqueKeysWithValues: methods.sorted().enumerated().map { ($1, routes.count + $0) })
    }

    /// - Parameters:
    ///   - route: where in the table of routes; nil for a request that found none.
    ///   - method: a word that may stand in a label; nil for any other. Beside a route it does not count.
    ///   - status: 0 where the client left before it had one.
    /// - Complexity: a walk over the statuses, and one over the bounds.
    package func record(route: Int?, method: String?, status: Int, seconds: Double) {
        let figures = figures[route ?? method.flatMap { placeOfMethod[$0] } ?? figures.count - 1]
        // The counters of one call are not read together: a scrape in between may see the status, and not yet the time.
        // A status that is not in the list would be a bug of the list; it counts as 0, the connection that was lost.
        figures.byStatus[Self.statuses.firstIndex(of: status) ?? 0].add()
        figures.byTime[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count].add()
        figures.microseconds.add(Int(seconds * 1e6))
    }

    /// Samples of labels that nothing was counted for are left out: most routes are never called with most statuses.
    package func write(to text: inout PrometheusText) {
        text.describe("till_http_requests_total", "Requests by route and status; 0 are those whose client left first.", .counter)
        for (label, figures) in zip(labels, figures) {
            for (status, counter) in zip(Self.statuses, figures.byStatus) where counter.count > 0 {
                text.sample(
                    "till_http_requests_total", [("method", label.method), ("route", label.path), ("status", String(status))],
                    Double(counter.count))
            }
        }
        text.describe("till_http_request_seconds", "Time from the request line to the last byte of the answer.", .histogram)
        for (label, figures) in zip(labels, figures) where figures.byTime.contains(where: { $0.count > 0 }) {
            let base = [("method", label.method), ("route", label.path)]
            var total = 0
            for (index, counter) in figures.byTime.enumerated() {
                // Prometheus wants each bucket with all smaller ones in it.
                total += counter.count
                let bound = index < Self.bounds.count ? "\(Self.bounds[index])" : "+Inf"
                text.sample("till_http_request_seconds_bucket", base + [("le", bound)], Double(total))
            }
            text.sample("till_http_request_seconds_sum", base, Double(figures.microseconds.count) / 1e6)
            text.sample("till_http_request_seconds_count", base, Double(total))
        }
    }
}

/// The text that Prometheus scrapes, exposition format 0.0.4.
package struct PrometheusText {
    package enum Kind: String { case counter, gauge, histogram }
    package private(set) var text = ""

    package init() {}

    /// Once for each name, before its first sample. A backslash is doubled in the text, and a line's end becomes a blank.
    package mutating func describe(_ name: String, _ help: String, _ kind: Kind) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: " "))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",") + "}"
        }
        // Whole numbers without a fraction or an exponent: a count of bytes is read by people too.
        let whole = Int64(exactly: value)
        text += " " + (whole.map(String.init) ?? "\(value)") + "\n"
    }

    private static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
