package enum HTTPMethod: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
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
    package let target: RequestTarget
    package let headers: any HeaderSource
    package var body: [UInt8] = []

    package init(method: HTTPMethod?, target: RequestTarget, headers: any HeaderSource, body: [UInt8] = []) {
        (self.method, self.target, self.headers, self.body) = (method, target, headers, body)
    }

    package func header(_ name: StaticString) -> String? { headers.header(name) }

    /// Trace id and flags; nil where the request belongs to no trace.
    package var trace: String? { header("traceparent").flatMap { TraceContext($0) }.map { "\($0.traceID)-\($0.flags)" } }
}
