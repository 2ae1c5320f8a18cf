import Glibc

/// Opens the socket itself, so that each failure has its own words and port 0 can be asked for.
package enum ListeningSocket {
    /// Connections that wait to be accepted; the system may allow fewer (`net.core.somaxconn`).
    private static let backlog: Int32 = 1024

    /// - Returns: the socket, and the port it is bound to.
    static func open(host: String, port: UInt16) throws -> (socket: Int32, port: UInt16) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host.isEmpty ? nil : host, String(port), &hints, &list)
        guard code == 0, let first = list else {
            throw ListenerError(what: "listen \(host):\(port): \(String(cString: gai_strerror(code)))", code: 0)
        }
        defer { freeaddrinfo(list) }
        // The first address of the name alone: who wants two listens on an address that has both.
        let address = first.pointee
        let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw ListenerError(what: "socket", code: errno) }
        var on: Int32 = 1
        // A restart need not wait for connections of the last run that are still closing.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.ai_addr, address.ai_addrlen) == 0, listen(descriptor, backlog) == 0 else {
            let code = errno
            close(descriptor)
            throw ListenerError(what: "listen \(host):\(port)", code: code)
        }
        return (descriptor, try boundPort(descriptor))
    }

    private static func boundPort(_ descriptor: Int32) throws -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutableBytes(of: &storage) { bytes -> Int32 in
            guard let base = bytes.baseAddress else { return -1 }
            return getsockname(descriptor, base.assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard code == 0 else { throw ListenerError(what: "getsockname", code: errno) }
        // The port stands at the same place, in network order, in sockaddr_in and sockaddr_in6.
        return withUnsafeBytes(of: storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    }
}
