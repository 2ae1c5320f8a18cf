/// Where a service is asked that is no region's of AWS: `https://host:port/path`.
package enum ServiceURL {
    /// - Returns: the scheme in lower case; the host with the port, unless it is the scheme's own, as its `Host` header is signed; the path without a slash at its end.
    /// - Throws: `.invalidRequest` that names what is wrong.
    package static func parse(_ endpoint: String) throws(ColumnStoreError) -> (scheme: String, host: String, path: String) {
        func wrong(_ what: String) -> ColumnStoreError { ColumnStoreError(.invalidRequest, path: endpoint, "\(what): write http(s)://host:port") }
        guard let scheme = ["https", "http"].first(where: { endpoint.lowercased().hasPrefix("\($0)://") }) else { throw wrong("no http(s) URL") }
        guard let parts = OutgoingClient.parts(of: endpoint), !parts.hasCredentials else { throw wrong("no URL, or one with a password in it") }
        let rest = endpoint.dropFirst(scheme.count + 3)
        guard !rest.contains("?"), !rest.contains("#") else { throw wrong("a query") }
        let path = rest.firstIndex(of: "/").map { String(rest[$0...]).trimmingSlash } ?? ""
        let isOwnPort = parts.port == (scheme == "https" ? "443" : "80")
        return (scheme, parts.host.lowercased() + (isOwnPort ? "" : ":\(parts.port)"), path)
    }
}
