import Synchronization

/// Requests by route and status, and how long they took. Recording takes no lock.
package final class HTTPMetrics: Sendable {
    /// Upper bounds in seconds.
    static let bounds: [Double] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60]
    package static let statuses = [
        0, 200, 201, 202, 204, 206, 300, 304, 400, 401, 403, 404, 405, 406, 408, 409, 410, 412, 413, 414, 415, 416, 422, 429, 431, 460, 500, 501, 503, 504, 505, 507,
    ]

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
        func add(_ count: Int = 1) { value.wrappingAdd(count, ordering: .relaxed) }
        var count: Int { value.load(ordering: .relaxed) }
    }

    private struct Figures: Sendable {
        let byStatus = HTTPMetrics.statuses.map { _ in Counter() }
        let byTime = (0...HTTPMetrics.bounds.count).map { _ in Counter() }
        let microseconds = Counter()
    }

    private let labels: [(method: String, path: String)]
    /// One for each route; then one for each method of requests that found none, and one for methods that are no known word.
    private let figures: [Figures]
    private let placeOfMethod: [String: Int]

    /// - Parameter methods: the words that may stand in a label.
    package init(routes: [(method: String, path: String)], methods: [String]) {
        labels = routes + methods.sorted().map { ($0, "") } + [("", "")]
        figures = labels.map { _ in Figures() }
        placeOfMethod = Dictionary(uniqueKeysWithValues: methods.sorted().enumerated().map { ($1, routes.count + $0) })
    }

    package func record(route: Int?, method: String?, status: Int, seconds: Double) {
        let figures = figures[route ?? method.flatMap { placeOfMethod[$0] } ?? figures.count - 1]
        // A status that is not in the list would be a bug of the list; it counts as 0, the connection that was lost.
        figures.byStatus[Self.statuses.firstIndex(of: status) ?? 0].add()
        figures.byTime[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count].add()
        figures.microseconds.add(Int(seconds * 1e6))
    }

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

    package mutating func describe(_ name: String, _ help: String, _ kind: Kind) {
        text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: " "))\n# TYPE \(name) \(kind.rawValue)\n"
    }

    package mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: Double) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escape($0.1))\"" }.joined(separator: ",") + "}"
        }
        let whole = Int64(exactly: value)
        text += " " + (whole.map(String.init) ?? "\(value)") + "\n"
    }

    private static func escape(_ value: String) -> String {
        value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
    }
}
