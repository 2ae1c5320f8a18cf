internal import CMicrohttpd
internal import ColumnStore
import Glibc
internal import Ingest
import Synchronization

/// Why the server cannot listen.
package struct ListenerError: Error, CustomStringConvertible {
    package let what: String
    package let code: Int32
    package var description: String { code == 0 ? what : "\(what): \(String(cString: strerror(code)))" }
}

/// What the listener asks of the server. All are called on the connection's thread.
package protocol RequestHandler: AnyObject, Sendable {
    /// The head is here. Returns how large a body may be.
    ///
    /// - Throws: the reason of the refusal, which is sent once the body has been read past.
    func begin(_ exchange: Exchange) throws -> Int
    /// The whole request is here. Answers, or suspends the exchange and returns nil.
    func finish(_ exchange: Exchange) -> Response?
    func response(to error: any Error, on exchange: Exchange) -> Response
    /// The answer was sent, or its connection was lost.
    func ended(_ exchange: Exchange, isWhole: Bool)
}

/// The HTTP server: libmicrohttpd's daemons, each with an epoll of its own, run by a thread of ours. No other file sees that library.
///
/// Requests run on the threads of their connections; what may wait suspends its connection and goes elsewhere.
package final class Listener: @unchecked Sendable {
    // Proof of Sendable: `daemons` and `port` are set once in `init`; `listening` is behind its lock; the library locks itself.

    package struct Settings: Sendable {
        package var host: String
        package var port: UInt16
        package var threadCount: Int
        package var connectionCountMax = 8192
        /// In seconds, without a byte either way.
        package var idleTimeout: UInt32 = 60
        /// TLS, with the certificate that `ServerCertificate` has installed.
        package var isSecure = false
        /// How long a daemon may sleep, in milliseconds.
        ///
        /// The library's own threads are not used for this reason: it takes 128 events from epoll, and when there were exactly so many it
        /// asks for more *before it serves them*, with the time to the next connection's timeout, a minute (libmicrohttpd 0.9.75,
        /// MHD_epoll). A group commit wakes its clients together, so that is ordinary with 128 connections on a thread. So long at most
        /// they now wait.
        package var sleepMilliseconds: Int32 = 5

        package init(host: String, port: UInt16, threadCount: Int) {
            (self.host, self.port, self.threadCount) = (host, port, threadCount)
        }
    }

    /// For the head of a request and the pieces of its body. A head that does not fit is refused by the library.
    private static let connectionMemory = 32 << 10
    /// A refused body is read past up to here, so that the client gets to read the answer; then the connection closes.
    private static let discardByteCountMax = 256 << 20

    private var daemons: [OpaquePointer] = []
    /// The port bound, also where 0 was asked for.
    package let port: UInt16
    private let handler: any RequestHandler
    private let watcher: HangupWatcher
    private let isStopping = Atomic<Bool>(false)
    private let inFlight = Atomic<Int>(0)
    private let requestCount = Atomic<Int>(0)

    package init(_ settings: Settings, handler: any RequestHandler) throws {
        self.handler = handler
        watcher = HangupWatcher()
        let (socket, port) = try ListeningSocket.open(host: settings.host, port: settings.port)
        self.port = port
        for _ in 0..<max(settings.threadCount, 1) {
            let (daemon, wakeup) = try start(settings, socket: socket)
            daemons.append(daemon)
            let bits = UInt(bitPattern: daemon)
            WorkerThread(name: "http", isDetached: true) { Self.run(OpaquePointer(bitPattern: bits), wakeup, settings.sleepMilliseconds) }
        }
    }

    /// What the library's calls on one daemon's thread need.
    fileprivate final class Context {
        let listener: Listener
        /// Set before the daemon runs.
        var wakeup: Wakeup?
        init(_ listener: Listener) { self.listener = listener }
    }

    /// - Returns: when the daemon is shut down, which is never while the process lives.
    private static func run(_ daemon: OpaquePointer?, _ wakeup: Wakeup, _ sleepMilliseconds: Int32) {
        repeat { wakeup.listen() } while MHD_run_wait(daemon, sleepMilliseconds) == .YES
    }

    private func start(_ settings: Settings, socket: Int32) throws -> (OpaquePointer, Wakeup) {
        var flags = MHD_USE_EPOLL.rawValue | MHD_USE_ITC.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_TURBO.rawValue
        // Never released: the library's threads call on it as long as the process lives.
        let own = Context(self)
        let context = Unmanaged.passRetained(own).toOpaque()
        var options = [
            MHD_OptionItem(option: .LISTEN_SOCKET, value: Int(socket), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_LIMIT, value: settings.connectionCountMax / max(settings.threadCount, 1), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: Int(settings.idleTimeout), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: Self.connectionMemory, ptr_value: nil),
            MHD_OptionItem(option: .SIGPIPE_HANDLED_BY_APP, value: 1, ptr_value: nil),
            MHD_OptionItem(
                option: .URI_LOG_CALLBACK, value: unsafeBitCast(Callbacks.requestLine, to: Int.self), ptr_value: context),
            MHD_OptionItem(
                option: .NOTIFY_COMPLETED, value: unsafeBitCast(Callbacks.completed, to: Int.self), ptr_value: context),
            // The target is kept raw by `requestLine`; the library's own decoding would lose the difference of / and %2F.
            MHD_OptionItem(
                option: .UNESCAPE_CALLBACK, value: unsafeBitCast(Callbacks.keepEscapes, to: Int.self), ptr_value: nil),
        ]
        if settings.isSecure {
            flags |= MHD_USE_TLS.rawValue
            options.append(MHD_OptionItem(option: .HTTPS_CERT_CALLBACK, value: 0, ptr_value: ServerCertificate.callback))
            // Not freed: the library keeps the pointer as long as it runs.
            let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
            options.append(MHD_OptionItem(option: .HTTPS_PRIORITIES, value: 0, ptr_value: strdup(priorities)))
        }
        options.append(MHD_OptionItem(option: .END, value: 0, ptr_value: nil))
        guard let daemon = till_mhd_start(UInt32(flags), 0, nil, nil, Callbacks.access, context, &options) else {
            close(socket)
            throw ListenerError(what: "the HTTP server did not start (TLS, or open files)", code: 0)
        }
        let descriptor = till_mhd_wakeup(daemon)
        guard descriptor >= 0 else { throw ListenerError(what: "the HTTP server did not start: no eventfd", code: errno) }
        let wakeup = Wakeup(descriptor: descriptor)
        own.wakeup = wakeup
        return (daemon, wakeup)
    }

    // MARK: Counts and the end

    /// Requests begun and not yet over.
    package var inFlightCount: Int { inFlight.load(ordering: .relaxed) }

    package var connectionCount: Int {
        daemons.reduce(0) { $0 + Int(till_mhd_connection_count_info($1)?.pointee.num_connections ?? 0) }
    }

    /// Takes no more connections, and closes each after its present answer.
    package func stopAccepting() {
        guard isStopping.exchange(true, ordering: .relaxed) == false else { return }
        // All listen on one socket.
        let sockets = daemons.map { MHD_quiesce_daemon($0) }
        if let socket = sockets.first, socket >= 0 { close(socket) }
    }

    /// Waits until no request is in flight, at most `seconds`.
    ///
    /// - Returns: false when some still were.
    package func waitUntilIdle(seconds: Double) -> Bool {
        let deadline = SteadyClock.seconds() + seconds
        while inFlightCount > 0 {
            if SteadyClock.seconds() > deadline { return false }
            usleep(5_000)
        }
        return true
    }

    // MARK: Called by the library

    fileprivate func requestLine(_ connection: Connection, _ target: UnsafePointer<CChar>) -> UnsafeMutableRawPointer {
        inFlight.add(1, ordering: .relaxed)
        let raw = UnsafeRawBufferPointer(start: target, count: strlen(target))
        let exchange = Exchange(connection: connection, target: RequestTarget(Array(raw)), watcher: watcher)
        return Unmanaged.passRetained(exchange).toOpaque()
    }

    fileprivate func completed(_ context: UnsafeMutableRawPointer, isWhole: Bool) {
        let exchange = Unmanaged<Exchange>.fromOpaque(context).takeRetainedValue()
        exchange.ended(isWhole: isWhole)
        if exchange.call != nil || exchange.status != 0 { handler.ended(exchange, isWhole: isWhole) }
        exchange.call = nil
        inFlight.subtract(1, ordering: .relaxed)
    }

    fileprivate func access(
        _ exchange: Exchange, method: UnsafePointer<CChar>, upload: UnsafePointer<CChar>?, uploadSize: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch exchange.phase {
        case .head:
            exchange.request = Request(
                method: HTTPMethod(rawValue: String(cString: method)), target: exchange.request.target, headers: exchange.connection)
            return head(exchange)
        case .body, .discarding:
            let count = uploadSize.pointee
            guard count > 0 else { return whole(exchange) }
            uploadSize.pointee = 0
            return piece(exchange, UnsafeRawBufferPointer(start: upload, count: count))
        case .working:
            guard let make = exchange.takeAnswer() else { return .YES }
            return queue(make(), on: exchange)
        case .answered:
            return .YES
        }
    }

    private func head(_ exchange: Exchange) -> MHD_Result {
        let expected = exchange.request.header("Content-Length").flatMap { Int($0) }
        do {
            let byteCountMax = try handler.begin(exchange)
            if let expected, expected > byteCountMax {
                throw Problem(.tooLarge, "the body has \(expected) bytes, over its limit of \(byteCountMax)")
            }
            exchange.reader = BodyReader(byteCountMax: byteCountMax, expected: expected)
            exchange.phase = .body
            return .YES
        } catch {
            exchange.phase = .discarding
            let refusal = handler.response(to: error, on: exchange)
            exchange.refusal = refusal
            // A client that waits for "100 Continue", or would send more than we read past, gets its answer now.
            let isWaiting = exchange.request.header("Expect") != nil
            if isWaiting || expected ?? 0 > Self.discardByteCountMax { return queue(refusal, on: exchange) }
            return .YES
        }
    }

    private func piece(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        if exchange.phase == .body {
            do throws(Problem) {
                try exchange.reader.append(bytes)
                return .YES
            } catch {
                exchange.refusal = error.response
                exchange.reader.release()
                exchange.phase = .discarding
            }
        }
        exchange.discardedByteCount += bytes.count
        return exchange.discardedByteCount > Self.discardByteCountMax ? .NO : .YES
    }

    private func whole(_ exchange: Exchange) -> MHD_Result {
        if let refusal = exchange.refusal { return queue(refusal, on: exchange) }
        exchange.phase = .working
        exchange.request.body = exchange.reader.take()
        if let response = handler.finish(exchange) {
            return queue(response, on: exchange)
        }
        // Suspended; even if the answer is ready by now, the library calls again after it has resumed the connection.
        return .YES
    }

    private func queue(_ response: Response, on exchange: Exchange) -> MHD_Result {
        exchange.phase = .answered
        exchange.status = response.status
        guard let raw = Self.makeResponse(response, exchange) else { return .NO }
        defer { MHD_destroy_response(raw) }
        for header in response.headers + exchange.admissionHeaders {
            header.name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) { name in
                    // Safe: a StaticString's text ends with a NUL that its buffer does not count.
                    _ = MHD_add_response_header(raw, name.baseAddress, header.value)
                }
            }
        }
        if isStopping.load(ordering: .relaxed) { _ = MHD_add_response_header(raw, "Connection", "close") }
        return MHD_queue_response(exchange.connection.raw, UInt32(response.status), raw)
    }

    /// Answers over this go out piece by piece instead of being copied into the library first.
    private static let copiedByteCountMax = 256 << 10
    private static let sendByteCount = 64 << 10

    private static func makeResponse(_ response: Response, _ exchange: Exchange) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes) where bytes.count <= copiedByteCountMax:
            return bytes.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .bytes(let bytes):
            let sender = Unmanaged.passRetained(BytesSender(bytes))
            return MHD_create_response_from_callback(
                UInt64(bytes.count), sendByteCount, Callbacks.readBytes, sender.toOpaque(), Callbacks.freeBytes)
        case .stream(let stream):
            exchange.sending(stream)
            let sender = Unmanaged.passRetained(StreamSender(stream: stream, connection: exchange.connection))
            return MHD_create_response_from_callback(
                UInt64.max, sendByteCount, Callbacks.readStream, sender.toOpaque(), Callbacks.freeStream)
        }
    }
}

/// A client's connection, as long as its request is not over.
package struct Connection: SuspendedConnection, HeaderSource, @unchecked Sendable {
    // Proof of Sendable: the library allows suspend and resume from any thread; header fields do not change while a request lasts.
    fileprivate let raw: OpaquePointer
    fileprivate let wakeup: Wakeup

    package func suspend() { MHD_suspend_connection(raw) }

    package func resume() {
        // From here on the request may end on its own thread, and with it all that it holds.
        let wakeup = wakeup
        MHD_resume_connection(raw)
        wakeup.ring()
    }

    package func header(_ name: StaticString) -> String? {
        name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { name in
                // Safe: as in `queue`, the text is NUL-terminated.
                MHD_lookup_connection_value(raw, .HEADER_KIND, name.baseAddress).map { String(cString: $0) }
            }
        }
    }

    /// Ends the connection at once. The library alone, told of a fault in a body, would leave it open until its timeout.
    fileprivate func cut() { _ = shutdown(socket, Int32(SHUT_RDWR)) }

    package var socket: Int32 { till_mhd_socket(raw) }

    /// The other end's address, without its port.
    package var peer: String? { ListeningSocket.peer(of: socket) }
}

private final class BytesSender {
    let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }
}

private final class StreamSender {
    let stream: ResponseStream
    let connection: Connection
    init(stream: ResponseStream, connection: Connection) { (self.stream, self.connection) = (stream, connection) }
}

/// The C functions that the library calls; each finds its object in the pointer that was given with it.
private enum Callbacks {
    static let requestLine:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            context, target, connection in
            guard let context, let target, let connection else { return nil }
            let own = Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue()
            guard let wakeup = own.wakeup else { return nil }
            return own.listener.requestLine(Connection(raw: connection, wakeup: wakeup), target)
        }

    static let completed:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?, MHD_RequestTerminationCode
        ) -> Void = { context, _, slot, code in
            guard let context, let slot, let exchange = slot.pointee else { return }
            slot.pointee = nil
            Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue().listener
                .completed(exchange, isWhole: code == .REQUEST_TERMINATED_COMPLETED_OK)
        }

    static let keepEscapes: @convention(c) (UnsafeMutableRawPointer?, OpaquePointer?, UnsafeMutablePointer<CChar>?) -> Int = {
        _, _, text in text.map { strlen($0) } ?? 0
    }

    static let access:
        @convention(c) (
            UnsafeMutableRawPointer?, OpaquePointer?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?,
            UnsafePointer<CChar>?, UnsafeMutablePointer<Int>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        ) -> MHD_Result = { context, _, _, method, _, upload, uploadSize, slot in
            guard let context, let method, let uploadSize, let exchange = slot?.pointee else { return .NO }
            return Unmanaged<Listener.Context>.fromOpaque(context).takeUnretainedValue().listener.access(
                Unmanaged<Exchange>.fromOpaque(exchange).takeUnretainedValue(), method: method, upload: upload, uploadSize: uploadSize)
        }

    static let readBytes: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
        context, offset, target, count in
        guard let context, let target else { return -2 }
        let bytes = Unmanaged<BytesSender>.fromOpaque(context).takeUnretainedValue().bytes
        let start = Int(clamping: offset)
        guard start < bytes.count else { return -1 }
        let length = min(count, bytes.count - start)
        // Safe: `length` bytes are left in the array, and the library gave room for `count`.
        bytes.withUnsafeBytes { UnsafeMutableRawPointer(target).copyMemory(from: $0.baseAddress! + start, byteCount: length) }
        return length
    }

    static let freeBytes: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<BytesSender>.fromOpaque(context).release() }
    }

    static let readStream: @convention(c) (UnsafeMutableRawPointer?, UInt64, UnsafeMutablePointer<CChar>?, Int) -> Int = {
        context, _, target, count in
        guard let context, let target else { return -2 }
        let sender = Unmanaged<StreamSender>.fromOpaque(context).takeUnretainedValue()
        let room = UnsafeMutableRawBufferPointer(start: target, count: count)
        switch sender.stream.read(into: room, connection: sender.connection) {
        case .bytes(let length): return length
        case .suspended: return 0
        case .end: return -1
        case .fault:
            sender.connection.cut()
            return -2
        }
    }

    static let freeStream: @convention(c) (UnsafeMutableRawPointer?) -> Void = { context in
        if let context { Unmanaged<StreamSender>.fromOpaque(context).release() }
    }
}
