internal import ColumnStore
import Glibc

/// Bytes both ways: a socket, or TLS over one.
protocol ByteConnection {
    func write(_ bytes: [UInt8]) throws
    /// - Returns: how many bytes came; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A TCP connection.
final class SocketConnection: ByteConnection {
    let descriptor: Int32
    /// When it was there, on the steady clock, and how long it may take from then on.
    private let begin: Double
    private let limit: Double?

    /// Whether what it may take has been taken.
    var isOver: Bool { limit.map { begin.distance(to: SteadyClock.seconds()) > $0 } ?? false }

    /// - Parameter seconds: how long it may take to connect, and from then on to be done; nil: as long as it takes.
    init(host: String, port: UInt16, seconds: Int? = nil) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else { throw CommandError("\(host): \(String(cString: gai_strerror(code)))") }
        defer { freeaddrinfo(list) }
        var next = list
        var failure: Int32 = 0
        while let address = next?.pointee {
            let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            if descriptor >= 0, let seconds { Self.limit(descriptor, seconds) }
            if descriptor >= 0, Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                var on: Int32 = 1
                setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
                self.descriptor = descriptor
                (begin, limit) = (SteadyClock.seconds(), seconds.map { Double($0) })
                return
            }
            failure = errno
            if descriptor >= 0 { close(descriptor) }
            next = address.ai_next
        }
        let advice = failure == ECONNREFUSED ? "; nothing listens there: is the server running, and is this its address?" : ""
        throw CommandError("connect to \(host):\(port): \(String(cString: strerror(failure)))\(advice)")
    }

    private static func limit(_ descriptor: Int32, _ seconds: Int) {
        var patience = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_SNDTIMEO, SO_RCVTIMEO] { setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size)) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, SocketFlag.noSignal) }
            if count < 0, errno == EINTR { continue }
            // A server that refuses a body early has answered already: let the reader see it.
            if count <= 0 { return }
            written += count
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            if isOver || count < 0 && errno == EAGAIN { throw CommandError("the answer takes too long") }
            if count < 0 { throw CommandError("the connection failed: \(String(cString: strerror(errno)))") }
            return count
        }
    }
}
