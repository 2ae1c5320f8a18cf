import Glibc
public import Synchronization

/// A real HTTP/1.1 server on a loopback port, for tests of what Till calls: each connection a thread, each request a call of `handler`.
public final class TestHTTPServer: Sendable {
    public struct Request: Sendable {
        public var method: String
        public var path: String
        /// Names in lower case.
        public var headers: [String: String]
        public var body: [UInt8]
    }

    public struct Response: Sendable {
        public var status: Int
        public var headers: [(name: String, value: String)]
        public var body: [UInt8]
        /// Closes the connection without an answer.
        public var drops: Bool
        public var delayMilliseconds: Int
        /// The answer breaks off after so many bytes of its body.
        public var tornAt: Int?
        /// Before it breaks off it says nothing for so long.
        public var stallMilliseconds = 0
        /// What Content-Length says, when not the body's length: as for HEAD.
        public var contentLength: Int?
        /// These bytes in the place of an answer; then the connection is closed.
        public var instead: [UInt8]?
        /// Called once the answer is sent, with what sends more bytes.
        public var afterwards: (@Sendable (_ write: ([UInt8]) -> Void) -> Void)?

        public init(status: Int = 200, headers: [(name: String, value: String)] = [], body: String = "", drops: Bool = false, delayMilliseconds: Int = 0) {
            self.status = status
            self.headers = headers
            self.body = Array(body.utf8)
            self.drops = drops
            self.delayMilliseconds = delayMilliseconds
        }
    }

    public let port: UInt16
    private let listener: Int32
    private let handler: @Sendable (Request) -> Response
    private let isClosing = Atomic<Bool>(false)
    /// Connections accepted so far: a client that reuses them keeps this low.
    public let connectionCount = Atomic<Int>(0)

    public init(_ handler: @escaping @Sendable (Request) -> Response) {
        self.handler = handler
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        var bound = sockaddr_in()
        let listener = self.listener
        let isBound = withUnsafePointer(to: &address) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, length) } } == 0
        precondition(isBound && listen(listener, 512) == 0, "a loopback port to listen on")
        _ = withUnsafeMutablePointer(to: &bound) { $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &length) } }
        port = UInt16(bigEndian: bound.sin_port)
        Self.detach { self.accept() }
    }

    /// Stops listening; connections end with their next request.
    public func close() {
        isClosing.store(true, ordering: .relaxed)
        shutdown(listener, Int32(SHUT_RDWR))
        Glibc.close(listener)
    }

    private func accept() {
        while !isClosing.load(ordering: .relaxed) {
            let connection = Glibc.accept(listener, nil, nil)
            if connection < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            connectionCount.wrappingAdd(1, ordering: .relaxed)
            Self.detach { self.serve(connection) }
        }
    }

    private func serve(_ connection: Int32) {
        defer { Glibc.close(connection) }
        var pending: [UInt8] = []
        while !isClosing.load(ordering: .relaxed), let request = Self.read(connection, &pending) {
            let response = handler(request)
            if response.delayMilliseconds > 0 { usleep(UInt32(response.delayMilliseconds) * 1_000) }
            if response.drops { return }
            if let instead = response.instead {
                _ = Self.write(connection, instead)
                return
            }
            var bytes = Array("HTTP/1.1 \(response.status) X\r\nContent-Length: \(response.contentLength ?? response.body.count)\r\n".utf8)
            for (name, value) in response.headers { bytes += Array("\(name): \(value)\r\n".utf8) }
            bytes += Array("\r\n".utf8) + response.body.prefix(response.tornAt ?? .max)
            guard Self.write(connection, bytes) else { return }
            if response.tornAt != nil {
                if response.stallMilliseconds > 0 { usleep(UInt32(response.stallMilliseconds) * 1_000) }
                return
            }
            response.afterwards?({ _ = Self.write(connection, $0) })
        }
    }

    private static func read(_ connection: Int32, _ pending: inout [UInt8]) -> Request? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        var headEnd: Int?
        var request: Request?
        var length = 0
        while true {
            if headEnd == nil, let end = Self.endOfHead(pending) {
                headEnd = end
                let parsed = parse(pending[..<end])
                request = parsed
                length = parsed.headers["content-length"].flatMap { Int($0) } ?? 0
            }
            if let headEnd, pending.count >= headEnd + length {
                request?.body = Array(pending[headEnd..<(headEnd + length)])
                pending.removeFirst(headEnd + length)
                return request
            }
            let count = recv(connection, &buffer, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return nil }
            pending.append(contentsOf: buffer[..<count])
        }
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 { return index + 1 }
        return nil
    }

    private static func parse(_ head: ArraySlice<UInt8>) -> Request {
        let lines = String(decoding: head, as: UTF8.self).split(separator: "\r\n")
        let start = lines.first?.split(separator: " ") ?? []
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " }) }
        }
        return Request(
            method: start.first.map(String.init) ?? "", path: start.count > 1 ? String(start[1]) : "", headers: headers, body: [])
    }

    private static func write(_ connection: Int32, _ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { send(connection, $0.baseAddress?.advanced(by: sent), $0.count - sent, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return false }
            sent += count
        }
        return true
    }

    private static func detach(_ body: @escaping @Sendable () -> Void) {
        final class Box: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let box = Unmanaged.passRetained(Box(body))
        let result = pthread_create(&thread, nil, { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
        precondition(result == 0, "a thread")
        pthread_detach(thread)
    }
}
