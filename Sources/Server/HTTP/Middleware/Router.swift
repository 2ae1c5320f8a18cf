internal import Documents
internal import Ingest

/// Finds the route of a request by its raw segments. A name in braces takes any one segment, a tail like `{path…}` all that are left; both are
/// decoded here and nowhere else. A tail without a name, `{…}`, takes whatever is left as it is.
///
///     /a/{name}      one segment, decoded; /a/b goes before it, for its words
///     /a/{path…}     all that is left, of segments that mean themselves: no `.`, no `..`, no slash by an escape
///
/// - Complexity: a walk over the routes with as many segments as the request has.
package struct Router: Sendable {
    private enum Segment: Sendable {
        case literal([UInt8])
        case name(String)

        /// Of two patterns that fit, the one whose words are said earlier counts.
        var rank: Int { if case .literal = self { 0 } else { 1 } }
    }
    private struct Entry: Sendable {
        let segments: [Segment]
        /// The name of what takes all segments from there on.
        let tail: String?
        let route: Int
        /// Its words, and nil where it has a name.
        let words: [[UInt8]?]

        init(_ path: String, route: Int) {
            var segments: [Segment] = []
            var tail: String?
            for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
                // At the start, of the program's own table.
                precondition(tail == nil, "\(path): nothing may stand behind a tail")
                guard part.hasPrefix("{"), part.hasSuffix("}") else {
                    segments.append(.literal(Array(part.utf8)))
                    continue
                }
                let name = String(part.dropFirst().dropLast())
                if name.hasSuffix("…") { tail = String(name.dropLast()) } else { segments.append(.name(name)) }
            }
            (self.segments, self.tail, self.route) = (segments, tail, route)
            words = segments.map { if case .literal(let word) = $0 { word } else { nil } }
        }

        func fits(_ target: [[UInt8]]) -> Bool {
            guard tail == nil ? target.count == segments.count : target.count > segments.count else { return false }
            for (segment, raw) in zip(segments, target) {
                switch segment {
                case .literal(let literal): if literal != raw { return false }
                case .name: if raw.isEmpty { return false }
                }
            }
            return true
        }
    }

    package struct PathValue: Sendable {
        package let name: String
        package let value: String
    }
    package struct Match {
        package let routeIndex: Int
        /// The values of the names in braces, in order.
        package let values: [PathValue]
    }

    package let routes: [Route]
    /// By number of segments, the more literal ones first.
    private let entries: [Int: [Entry]]
    /// The longer ones first; asked only where no other path fits.
    private let tails: [Entry]

    package init(_ routes: [Route]) {
        self.routes = routes
        var entries: [Int: [Entry]] = [:]
        var tails: [Entry] = []
        for (index, route) in routes.enumerated() {
            let entry = Entry(route.path, route: index)
            if entry.tail == nil { entries[entry.segments.count, default: []].append(entry) } else { tails.append(entry) }
        }
        // Sorting keeps those of one pattern, which differ in method, in the table's order.
        let isBefore = { (left: Entry, right: Entry) in
            left.segments.map(\.rank).lexicographicallyPrecedes(right.segments.map(\.rank))
                || (left.segments.map(\.rank) == right.segments.map(\.rank) && left.route < right.route)
        }
        self.entries = entries.mapValues { $0.sorted(by: isBefore) }
        self.tails = tails.sorted { ($1.segments.count, $0.route) < ($0.segments.count, $1.route) }
    }

    /// - Throws: `not-found` where no call has that path, `method-not-allowed` where one has it with other methods.
    package func match(_ method: HTTPMethod?, _ target: RequestTarget) throws -> Match {
        var allowed: [HTTPMethod] = []
        if let match = try find(method, target, in: entries[target.segments.count] ?? [], &allowed) { return match }
        if allowed.isEmpty, let match = try find(method, target, in: tails, &allowed) { return match }
        guard !allowed.isEmpty else { throw Problem(.notFound, "there is no call at this path; /openapi.json lists all") }
        // A path may have HEAD or OPTIONS of its own beside GET's, and several calls of one method.
        var methods: [HTTPMethod] = []
        for method in allowed + [.options] where !methods.contains(method) { methods.append(method) }
        let allow = Response.Header("Allow", methods.map(\.rawValue).joined(separator: ", "))
        if method == .options { throw Options(allow: allow) }
        throw Refusal(problem: Problem(.methodNotAllowed, "this path takes \(allow.value)"), headers: [allow])
    }

    /// - Parameter allowed: the methods of the first pattern that fits, where it has not this one.
    private func find(_ method: HTTPMethod?, _ target: RequestTarget, in entries: [Entry], _ allowed: inout [HTTPMethod]) throws -> Match? {
        var words: [[UInt8]?]?
        for entry in entries where entry.fits(target.segments) {
            // A more literal path hides those that would take it by a name.
            // The first pattern that fits decides which methods the path has: a later one is another call's, which the client did not mean.
            guard words == nil || words == entry.words else { return nil }
            words = entry.words
            let route = routes[entry.route]
            if route.method == method || (route.method == .get && method == .head) {
                return Match(routeIndex: entry.route, values: try Self.values(entry, target.segments))
            }
            allowed.append(route.method)
            if route.method == .get { allowed.append(.head) }
        }
        return nil
    }

    /// The answer to OPTIONS, on its way out like a refusal.
    package struct Options: Error {
        package let allow: Response.Header
    }

    private static func values(_ entry: Entry, _ segments: [[UInt8]]) throws -> [PathValue] {
        var values: [PathValue] = []
        for (segment, raw) in zip(entry.segments, segments) {
            guard case .name(let name) = segment else { continue }
            values.append(PathValue(name: name, value: try RequestTarget.decode(raw, plusIsBlank: false, what: "path")))
        }
        if let tail = entry.tail, !tail.isEmpty { values.append(PathValue(name: tail, value: try self.tail(segments[entry.segments.count...]))) }
        return values
    }

    /// Segments joined again, none of which can mean another place than it says.
    private static func tail(_ segments: ArraySlice<[UInt8]>) throws -> String {
        let parts = try segments.enumerated().map { index, raw in
            let part = try RequestTarget.decode(raw, plusIsBlank: false, what: "path")
            let isLast = index == segments.count - 1
            guard part != ".", part != "..", !part.utf8.contains(UInt8(ascii: "/")), !part.utf8.contains(UInt8(ascii: "\\")), isLast || !part.isEmpty else {
                throw Problem(.notFound, "there is nothing at this path")
            }
            return part
        }
        return parts.joined(separator: "/")
    }
}
