import Glibc

/// One keep-alive connection: a request at a time, its answer read as far as needed to count it.
final class Connection {
    let descriptor: Int32
    /// When the request under way should have been sent (microseconds of the clock); nil when idle.
    private(set) var scheduledAt: Int?
    private(set) var isPost = false
    private var outgoing: [UInt8] = []
    private var sent = 0
    private var incoming: [UInt8] = []
    private var expected: (head: Int, body: Int, status: Int)?

    init?(address: sockaddr_in) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = address
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
        if result != 0 && errno != EINPROGRESS { return nil }
    }

    deinit { close(descriptor) }

    func begin(scheduledAt time: Int, isPost: Bool, _ write: (inout [UInt8]) -> Void) {
        scheduledAt = time
        self.isPost = isPost
        outgoing.removeAll(keepingCapacity: true)
        write(&outgoing)
        sent = 0
        incoming.removeAll(keepingCapacity: true)
        expected = nil
        flush()
    }

    /// Writes what the socket takes. False when the connection broke.
    @discardableResult
    func flush() -> Bool {
        while sent < outgoing.count {
            let count = outgoing.withUnsafeBytes { send(descriptor, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count > 0 {
                sent += count
            } else {
                return errno == EAGAIN || errno == ENOTCONN || errno == EINPROGRESS
            }
        }
        return true
    }

    enum Progress { case waiting, answered(status: Int, body: ArraySlice<UInt8>), broken }

    func receive(into buffer: UnsafeMutableRawBufferPointer) -> Progress {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count == 0 { return .broken }
            if count < 0 { return errno == EAGAIN || errno == EINTR ? .waiting : .broken }
            incoming.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            if expected == nil { expected = Self.answerLength(incoming) }
            if let expected, incoming.count >= expected.head + expected.body {
                scheduledAt = nil
                return .answered(status: expected.status, body: incoming[expected.head..<(expected.head + expected.body)])
            }
        }
    }

    private typealias Expected = (head: Int, body: Int, status: Int)

    /// Head and body length of an answer with Content-Length, once its head is there.
    private static func answerLength(_ bytes: [UInt8]) -> Expected? {
        guard bytes.count > 16 else { return nil }
        var end: Int?
        for index in 3..<bytes.count where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 {
            end = index + 1
            break
        }
        guard let end else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).lowercased().split(separator: "\r\n")
        let status = lines.first.flatMap { Int($0.dropFirst(9).prefix(3)) } ?? 0
        let name = "content-length: "
        let body = lines.first { $0.hasPrefix(name) }.flatMap { Int($0.dropFirst(name.count)) } ?? 0
        return (end, body, status)
    }
}
