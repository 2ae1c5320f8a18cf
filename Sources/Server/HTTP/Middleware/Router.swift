internal import Documents
internal import Ingest

/// One call of the API: how it is found, who may make it, where it runs, and how it is described.
package struct Route: Sendable {
    /// Where `handle` runs.
    package enum Place: Sendable {
        /// On the connection's thread: it must not wait.
        case connection
        /// Point reads and pages.
        case reads
        case queries
        /// Administration.
        case control
        /// Figures of the server itself.
        case observing
    }

    package enum BodyLimit: Sendable {
        case none
        /// Control calls: 1 MiB.
        case small
        /// Type files with their schemas: 16 MiB.
        case typeFile
        /// `limits.body`.
        case documents
    }

    package let method: HTTPMethod
    /// `/v1/receipts/{receipt_id}`
    package let path: String
    package let access: AccessRule
    package let place: Place
    package let body: BodyLimit
    package let operation: Operation
    /// Answers, or suspends the exchange and returns nil.
    package let handle: @Sendable (Call) throws -> Response?

    /// Whether the audit trail has an entry of each call.
    var isAudited: Bool { operation.isAudited || (access == .admin && method != .get) }

    package init(
        _ method: HTTPMethod, _ path: String, access: AccessRule, place: Place = .connection, body: BodyLimit = .none,
        operation: Operation, handle: @escaping @Sendable (Call) throws -> Response?
    ) {
        self.method = method
        self.path = path
        self.access = access
        self.place = place
        self.body = body
        self.operation = operation
        self.handle = handle
    }
}

/// Finds the route of a request by its raw segments; names in braces take any one segment, decoded here and nowhere else.
package struct Router: Sendable {
    private struct Entry: Sendable {
        let segments: [Segment]
        let route: Int
    }
    private enum Segment: Sendable, Equatable {
        case literal([UInt8])
        case name
    }

    package struct Match {
        package let routeIndex: Int
        /// The values of the names in braces, in order.
        package let values: [String]
    }

    package let routes: [Route]
    /// By number of segments.
    private let entries: [Int: [Entry]]

    package init(_ routes: [Route]) {
        self.routes = routes
        var entries: [Int: [Entry]] = [:]
        for (index, route) in routes.enumerated() {
            let segments = route.path.split(separator: "/").map { part -> Segment in
                part.hasPrefix("{") ? .name : .literal(Array(part.utf8))
            }
            entries[segments.count, default: []].append(Entry(segments: segments, route: index))
        }
        self.entries = entries
    }

    /// - Throws: `not-found` where no call has that path, `method-not-allowed` where one has it with other methods.
    package func match(_ method: HTTPMethod?, _ target: RequestTarget) throws -> Match {
        var allowed: [HTTPMethod] = []
        for entry in entries[target.segments.count] ?? [] where Self.fits(entry.segments, target.segments) {
            let route = routes[entry.route]
            if route.method == method || (route.method == .get && method == .head) {
                return Match(routeIndex: entry.route, values: try Self.values(route, entry.segments, target.segments))
            }
            allowed.append(route.method)
            if route.method == .get { allowed.append(.head) }
        }
        guard !allowed.isEmpty else { throw Problem(.notFound, "there is no call at this path; /openapi.json lists all") }
        let allow = Response.Header("Allow", (allowed + [.options]).map(\.rawValue).joined(separator: ", "))
        if method == .options { throw Options(allow: allow) }
        throw Refusal(problem: Problem(.methodNotAllowed, "this path takes \(allow.value)"), headers: [allow])
    }

    /// The answer to OPTIONS, on its way out like a refusal.
    package struct Options: Error {
        package let allow: Response.Header
    }

    private static func fits(_ pattern: [Segment], _ segments: [[UInt8]]) -> Bool {
        for (segment, raw) in zip(pattern, segments) {
            switch segment {
            case .literal(let literal): if literal != raw { return false }
            case .name: if raw.isEmpty { return false }
            }
        }
        return true
    }

    private static func values(_ route: Route, _ pattern: [Segment], _ segments: [[UInt8]]) throws -> [String] {
        var values: [String] = []
        for (segment, raw) in zip(pattern, segments) where segment == .name {
            values.append(try RequestTarget.decode(raw, plusIsBlank: false, what: "path"))
        }
        return values
    }
}
