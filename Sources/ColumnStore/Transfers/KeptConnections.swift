internal import Glibc

/// The sockets of a client's connections by their two ends, so that one that is taken up again can be looked at before a request goes out on it.
///
/// libcurl 7.88 takes up whatever it has kept: over TLS (by GnuTLS) also what the other end has closed, time and again until it gives the call up, and any connection on which something lies
/// that nobody asked for, a 408 from before its end for one, which would be read as the answer to the next request. 8.0 looks: https://github.com/curl/curl/pull/10652, 10690.
///
/// On the client's loop alone.
final class KeptConnections {
    /// Of a TCP connection, as libcurl tells them.
    struct Ends: Hashable {
        let remoteAddress: String
        let remotePort: Int32
        let localAddress: String
        let localPort: Int32
    }

    // Each is the other one turned round.
    private var sockets: [Ends: Int32] = [:]
    private var ends: [Int32: Ends] = [:]

    func add(_ ends: Ends, _ socket: Int32) {
        sockets[ends] = socket
        self.ends[socket] = ends
    }

    /// Nil for a connection that was made just now.
    func socket(of ends: Ends) -> Int32? { sockets[ends] }

    /// Called for every socket, of connections that came to nothing too.
    func close(_ socket: Int32) -> Int32 {
        if let ends = ends.removeValue(forKey: socket) { sockets[ends] = nil }
        return Glibc.close(socket)
    }

    /// Whether nothing has come on it: bytes, its end or a fault.
    static func isQuiet(_ socket: Int32) -> Bool {
        var polled = pollfd(fd: socket, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) == 0
    }

    static func localPort(of socket: Int32) -> Int32? {
        var address = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(socket, $0, &byteCount) } }
        guard code == 0 else { return nil }
        // Of both families: two bytes, behind two of the family.
        return withUnsafeBytes(of: address) { Int32(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))) }
    }
}
