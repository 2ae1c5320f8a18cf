package enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case patch = "PATCH"
    case options = "OPTIONS"

    /// Methods that no call has, but that somebody may well send (RFC 9110, RFC 5789, WebDAV): log and figures say them. Any other word is not
    /// said: there is no end of them.
    static let others: Set<String> = [
        "CONNECT", "COPY", "LOCK", "MKCOL", "MOVE", "PRI", "PROPFIND", "PROPPATCH", "PURGE", "QUERY", "REPORT", "SEARCH", "TRACE", "UNLOCK",
    ]
}

/// Where a request's header fields come from: a connection, or a table in a test.
package protocol HeaderSource {
    /// The first field of that name, whatever its case.
    func header(_ name: StaticString) -> String?
}

/// One request: its head, and its body once that is read.
///
/// Header fields are looked up in the connection when asked for. That is allowed until the request is answered, not after.
package struct Request {
    /// The method as sent; nil when it is none that any call has.
    package let method: HTTPMethod?
    /// The method for people; nil when it is no word that is known.
    package let methodName: String?
    package let target: RequestTarget
    package let headers: any HeaderSource
    package var body: [UInt8] = []

    private static let methodByteCountMax = 16

    package init(method word: String, target: RequestTarget, headers: any HeaderSource, body: [UInt8] = []) {
        // It is looked at before the head is judged: of a longer word than any method is, nothing is compared.
        let word = word.utf8.count <= Self.methodByteCountMax ? word : ""
        method = HTTPMethod(rawValue: word)
        methodName = method?.rawValue ?? (HTTPMethod.others.contains(word) ? word : nil)
        (self.target, self.headers, self.body) = (target, headers, body)
    }

    package func header(_ name: StaticString) -> String? { headers.header(name) }

    /// Trace id and flags; nil where the request belongs to no trace.
    package var trace: String? { header("traceparent").flatMap { TraceContext($0) }.map { "\($0.traceID)-\($0.flags)" } }
}
