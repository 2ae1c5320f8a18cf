/// `http://host:port/prefix`
struct ServerURL {
    let isTLS: Bool
    let host: String
    let port: UInt16
    /// Of every path; without a slash at its end.
    let prefix: String

    var authority: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

    init?(_ text: String) {
        let rest: Substring
        if text.hasPrefix("http://") {
            (isTLS, rest) = (false, text.dropFirst(7))
        } else if text.hasPrefix("https://") {
            (isTLS, rest) = (true, text.dropFirst(8))
        } else {
            return nil
        }
        var authority = rest.prefix { $0 != "/" }
        var prefix = rest.dropFirst(authority.count)
        while prefix.hasSuffix("/") { prefix = prefix.dropLast() }
        self.prefix = String(prefix)
        var port: UInt16? = isTLS ? 443 : 80
        if let colon = authority.lastIndex(of: ":"), !authority.hasSuffix("]") {
            port = UInt16(authority[authority.index(after: colon)...])
            authority = authority[..<colon]
        }
        if authority.hasPrefix("["), authority.hasSuffix("]") { authority = authority.dropFirst().dropLast() }
        guard let port, !authority.isEmpty else { return nil }
        (self.port, host) = (port, String(authority))
    }

    func connect(_ trust: TLSConnection.Trust, seconds: Int? = nil) throws -> any ByteConnection {
        let socket = try SocketConnection(host: host, port: port, seconds: seconds)
        return isTLS ? try TLSConnection(over: socket, host: host, trust: trust) : socket
    }
}
