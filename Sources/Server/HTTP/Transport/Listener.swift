internal import CGnuTLS
internal import CMicrohttpd
package import ColumnStore
internal import Documents
import Glibc
internal import Ingest
import Synchronization

/// Why the server cannot listen.
package struct ListenerError: Error, CustomStringConvertible {
    package let what: String
    package let code: Int32
    package var description: String { code == 0 ? what : "\(what): \(String(cString: strerror(code)))" }
}

/// The HTTP server: libmicrohttpd's daemons, each with an epoll of its own, run by a thread of ours. Only this file and the two beside it,
/// `ListenerCallbacks` and `LibraryAnswers`, see that library.
///
/// Requests run on the threads of their connections; what may wait suspends its connection and goes elsewhere.
///
/// A request's way through this file, all on its connection's thread:
///
///     requestLine → access (head) → access (piece of the body)* → access (whole) → [suspended … resumed → access] → completed
///
/// 1. `inFlight` counts what `requestLine` began and `over` has not ended; each request is ended once, by `completed` or by the connection's `closed`.
/// 2. An `Exchange` is retained by the library's request, a `ConnectionRecord` by its connection: each is released by the callback that ends it.
/// 3. Nothing here waits but for the handler's own work, and for the disk of a file that is sent.
package final class Listener: Door, @unchecked Sendable {
    package var name: String { "http" }

    // Proof of Sendable: `daemons`, `standIn` and `port` are set once in `init`; `listening` is behind its lock; the library locks itself.

    /// For the head of a request and the pieces of its body.
    static let connectionMemory = 32 << 10
    /// A refused body is read past up to here, so that the client gets to read the answer; then the connection closes.
    private static let discardByteCountMax = 256 << 20

    private var daemons: [OpaquePointer] = []
    private var standIn: StandIn?
    /// The port bound, also where 0 was asked for.
    package let port: UInt16
    private let handler: any RequestHandler
    private let watcher: HangupWatcher
    private let lingering = LingeringClose()
    package let connections: ConnectionTable
    let slowRequests: SlowRequests
    /// In seconds.
    let idleTimeout: UInt32
    private let isTLS: Bool
    private let wantsCertificates: Bool
    private let isStopping = Atomic<Bool>(false)
    private let inFlight = Atomic<Int>(0)
    /// Whoever waits for the last request to be over, after `stopAccepting`.
    private let idle = Monitor(())
    private let requestCount = Atomic<Int>(0)

    package init(_ settings: Settings, handler: any RequestHandler, connections: ConnectionTable, timers: Timers) throws {
        self.handler = handler
        watcher = HangupWatcher(timers)
        idleTimeout = settings.idleTimeout
        slowRequests = SlowRequests(
            SlowRequests.Limits(
                headSeconds: settings.headSeconds, bodySeconds: settings.bodySeconds, bodyByteRate: settings.bodyByteRate,
                answerSeconds: settings.bodySeconds), timers)
        self.connections = connections
        isTLS = settings.isSecure
        wantsCertificates = settings.authority != nil
        guard LibraryFunctions.queueResponse != nil, LibraryFunctions.lookupValue != nil, ReceivedBytes.isInPlace else {
            throw ListenerError(what: "libmicrohttpd is not the shared library that the server was built for", code: 0)
        }
        let (socket, port) = try ListeningSocket.open(host: settings.host, port: settings.port)
        self.port = port
        var wakeups: [Wakeup] = []
        // Each has an epoll of its own, and all of them the one listening socket.
        for _ in 0..<max(settings.threadCount, 1) {
            let (daemon, wakeup, own) = try start(settings, socket: socket)
            daemons.append(daemon)
            wakeups.append(wakeup)
            let bits = UInt(bitPattern: daemon)
            // Its own from here on.
            nonisolated(unsafe) let held = Unmanaged.passUnretained(own)
            WorkerThread(name: "http", isDetached: true) { Self.run(OpaquePointer(bitPattern: bits), held.takeUnretainedValue(), wakeup, settings.sleepMilliseconds) }
        }
        let (daemon, _, own) = try start(settings, socket: socket, isInHaste: true)
        daemons.append(daemon)
        standIn = StandIn(daemon, own, others: wakeups, timers)
    }

    /// What the library's calls on one daemon's thread need. Of that thread alone, once it runs.
    final class Context {
        let listener: Listener
        /// Set before the daemon runs.
        var wakeup: Wakeup?
        /// The daemon stands in for others: see `StandIn`.
        let isInHaste: Bool
        var connectionCount = 0
        init(_ listener: Listener, isInHaste: Bool) { (self.listener, self.isInHaste) = (listener, isInHaste) }
        /// No connection is left, and none comes any more.
        var isOver: Bool { connectionCount == 0 && listener.isStopping.load(ordering: .relaxed) }
    }

    /// A daemon's thread: each turn serves what is ready and sleeps until something is, or `sleepMilliseconds` are over.
    ///
    /// - Returns: when the listener has stopped and its last connection is over. The daemon stays: the library's memory is never given back.
    private static func run(_ daemon: OpaquePointer?, _ own: Context, _ wakeup: Wakeup, _ sleepMilliseconds: Int32) {
        repeat { wakeup.listen() } while MHD_run_wait(daemon, sleepMilliseconds) == .YES && !own.isOver
    }

    private func start(_ settings: Settings, socket: Int32, isInHaste: Bool = false) throws -> (OpaquePointer, Wakeup, Context) {
        var flags = MHD_USE_EPOLL.rawValue | MHD_USE_ITC.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue | MHD_USE_TURBO.rawValue
        // Never released: the library's threads call on it as long as the process lives.
        let own = Context(self, isInHaste: isInHaste)
        let context = Unmanaged.passRetained(own).toOpaque()
        var options = [
            MHD_OptionItem(option: .LISTEN_SOCKET, value: Int(socket), ptr_value: nil),
            // `connections` counts them over all daemons, and makes room.
            MHD_OptionItem(option: .CONNECTION_LIMIT, value: 2 * connections.limits.all + 1_024, ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_TIMEOUT, value: Int(settings.idleTimeout), ptr_value: nil),
            MHD_OptionItem(option: .CONNECTION_MEMORY_LIMIT, value: Self.connectionMemory, ptr_value: nil),
            MHD_OptionItem(option: .SIGPIPE_HANDLED_BY_APP, value: 1, ptr_value: nil),
            MHD_OptionItem(
                option: .URI_LOG_CALLBACK, value: unsafeBitCast(Callbacks.requestLine, to: Int.self), ptr_value: context),
            MHD_OptionItem(
                option: .NOTIFY_CONNECTION, value: unsafeBitCast(Callbacks.connection, to: Int.self), ptr_value: context),
            MHD_OptionItem(
                option: .NOTIFY_COMPLETED, value: unsafeBitCast(Callbacks.completed, to: Int.self), ptr_value: context),
            // The target is kept raw by `requestLine`; the library's own decoding would lose the difference of / and %2F.
            MHD_OptionItem(
                option: .UNESCAPE_CALLBACK, value: unsafeBitCast(Callbacks.keepEscapes, to: Int.self), ptr_value: nil),
        ]
        if settings.isSecure {
            flags |= MHD_USE_TLS.rawValue
            options.append(MHD_OptionItem(option: .HTTPS_CERT_CALLBACK, value: 0, ptr_value: ServerCertificate.callback))
            // Not freed, like the other: the library keeps the pointer as long as it runs.
            if let authority = settings.authority {
                options.append(MHD_OptionItem(option: .HTTPS_MEM_TRUST, value: 0, ptr_value: strdup(String(decoding: authority, as: UTF8.self))))
            }
            let priorities = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
            options.append(MHD_OptionItem(option: .HTTPS_PRIORITIES, value: 0, ptr_value: strdup(priorities)))
        }
        options.append(MHD_OptionItem(option: .END, value: 0, ptr_value: nil))
        guard let daemon = till_mhd_start(UInt32(flags), 0, Callbacks.accept, context, Callbacks.access, context, &options) else {
            close(socket)
            throw ListenerError(what: "the HTTP server did not start (TLS, or open files)", code: 0)
        }
        let descriptor = till_mhd_wakeup(daemon)
        guard descriptor >= 0 else { throw ListenerError(what: "the HTTP server did not start: no eventfd", code: errno) }
        let wakeup = Wakeup(descriptor: descriptor)
        own.wakeup = wakeup
        return (daemon, wakeup, own)
    }

    // MARK: Counts and the end

    /// Requests begun and not yet over.
    package var inFlightCount: Int { inFlight.load(ordering: .relaxed) }

    package var connectionCount: Int { connections.figures.count }

    /// Takes no more connections, and closes each after its present answer.
    package func stopAccepting() {
        guard isStopping.exchange(true, ordering: .sequentiallyConsistent) == false else { return }
        // All listen on one socket.
        let sockets = daemons.map { MHD_quiesce_daemon($0) }
        if let socket = sockets.first, socket >= 0 { close(socket) }
        standIn?.stop()
    }

    /// Waits until no request is in flight, at most `seconds`; after `stopAccepting`.
    ///
    /// - Returns: false when some still were.
    package func waitUntilIdle(seconds: Double) -> Bool {
        idle.wait(seconds: seconds) { _ in inFlight.load(ordering: .sequentiallyConsistent) == 0 ? true : nil } ?? false
    }

    // MARK: Called by the library

    func connected(_ connection: Connection, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>, isInHaste: Bool) {
        let record = ConnectionRecord(self, connection.wakeup, socket: connection.socket, peer: connection.peer)
        record.isInHaste = isInHaste
        connections.began(record.progress, record.peer)
        // Without a place its bytes could not be looked at.
        if !ReceivedBytes.set(record, connection.socket) { connection.cut() }
        slowRequests.watch(record.progress)
        slot.pointee = Unmanaged.passRetained(record).toOpaque()
    }

    /// The socket is still open, and `MHD_USE_TURBO` has kept the library from shutting it down. A TLS session is gone by now.
    func closed(_ connection: Connection, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>) {
        guard let context = slot.pointee else { return }
        slot.pointee = nil
        let record = Unmanaged<ConnectionRecord>.fromOpaque(context).takeRetainedValue()
        slowRequests.forget(record.progress)
        connections.ended(record.progress)
        _ = ReceivedBytes.set(nil, connection.socket)
        // Whatever becomes of a connection, its request is over.
        if let exchange = record.exchange { over(exchange.takeRetainedValue(), isWhole: false) }
        let socket = connection.socket
        if !isTLS, let problem = problem(ofUnreadLineOn: socket, record) {
            Self.sendLast(response(to: problem, beforeRequestOn: connection, record.peer), on: connection)
            record.lingers = true
        }
        if record.lingers { lingering.keep(socket) }
    }

    /// The request line is here, its fields are not. What it returns is what the library hands back with each further call of this request.
    func requestLine(_ connection: Connection, _ target: UnsafePointer<CChar>) -> UnsafeMutableRawPointer {
        inFlight.add(1, ordering: .relaxed)
        let raw = UnsafeMutableRawBufferPointer(start: UnsafeMutablePointer(mutating: target), count: strlen(target))
        let record = ConnectionRecord.of(connection.raw)
        let exchange = Exchange(connection: connection, target: RequestTarget(Array(raw)), watcher: watcher, peer: record?.peer)
        exchange.isInHaste = record?.isInHaste ?? false
        let context = Unmanaged.passRetained(exchange)
        guard let record else { return context.toOpaque() }
        record.exchange = context
        record.target = raw
        record.lastBeginning = exchange.startedAt
        record.progress.reached(.head)
        record.cut = nil
        if let mark = raw.firstIndex(of: UInt8(ascii: "?")) {
            // Nobody asks the library for the parameters. It would make a record of each, and where they do not fit in its memory close the
            // connection without a word, even to us. The target lies in its read buffer; `check` puts the bytes back.
            record.cut = (mark, mark + 1 < raw.count ? raw[mark + 1] : 0)
            if mark + 1 < raw.count { raw[mark + 1] = 0 }
        }
        return context.toOpaque()
    }

    /// The request's end, in the library's word: sent whole, or how it was lost.
    func completed(_ context: UnsafeMutableRawPointer, _ code: MHD_RequestTerminationCode) {
        let exchange = Unmanaged<Exchange>.fromOpaque(context).takeRetainedValue()
        let isWhole = code == .REQUEST_TERMINATED_COMPLETED_OK
        let record = ConnectionRecord.of(exchange.connection.raw)
        record?.exchange = nil
        record?.hasServed = true
        record?.progress.reached(.line)
        let isEndedByUs = record.map { $0.progress.isLate || $0.framingFault } ?? false
        if !isWhole, code != .REQUEST_TERMINATED_READ_ERROR || isEndedByUs { answerUnread(exchange, record, code) }
        over(exchange, isWhole: isWhole)
    }

    private func over(_ exchange: Exchange, isWhole: Bool) {
        exchange.ended(isWhole: isWhole)
        if exchange.handled != nil || exchange.status != 0 { handler.ended(exchange, isWhole: isWhole) }
        exchange.handled = nil
        let left = inFlight.subtract(1, ordering: .sequentiallyConsistent).newValue
        // Nobody waits for that while connections are accepted.
        if left == 0, isStopping.load(ordering: .sequentiallyConsistent) { idle.broadcast { _ in } }
    }

    /// For a request of which the end never came.
    private func answerUnread(_ exchange: Exchange, _ record: ConnectionRecord?, _ code: MHD_RequestTerminationCode) {
        switch exchange.phase {
        case .working, .answered: return
        case .head, .body, .discarding: break
        }
        let problem = record?.framingFault == true
            ? Problem(.badRequest, "the body's chunks, or the fields behind them, are malformed: a size in hexadecimal digits, each line ended by CR LF")
            : record?.progress.isLate == true ? slowRequests.problem(isHead: exchange.phase == .head)
            : code == .REQUEST_TERMINATED_TIMEOUT_REACHED
            ? Problem(.requestTimeout, "nothing more of the request came for \(idleTimeout) s")
            : Problem(.badRequest, "the connection's bytes ended before the request did")
        let response = named(exchange.refusal ?? handler.response(to: problem, on: exchange), exchange)
        exchange.status = response.status
        exchange.phase = .answered
        Self.sendLast(response, on: exchange.connection)
        record?.isEnding = true
        record?.lingers = true
    }

    /// The answer to what was no request, counted and logged as one.
    private func response(to problem: Problem, beforeRequestOn connection: Connection, _ peer: PeerAddress?) -> Response {
        let exchange = Exchange(connection: connection, target: RequestTarget([]), watcher: watcher, peer: peer)
        exchange.request = Request(method: "", target: exchange.request.target, headers: NoHeaders())
        let response = named(handler.response(to: problem, on: exchange), exchange)
        exchange.status = response.status
        handler.ended(exchange, isWhole: true)
        return response
    }

    /// The library wants to answer a malformed request with `status` and a page of its own.
    func answer(insteadOf status: UInt32, on connection: OpaquePointer, _ record: ConnectionRecord)
        -> (status: Int, response: OpaquePointer)?
    {
        record.isEnding = true
        record.lingers = true
        let exchange = record.exchange?.takeUnretainedValue()
        let problem = Self.problem(insteadOf: Int(status), in: exchange?.phase)
        let response: Response
        if let exchange {
            response = named(exchange.refusal ?? handler.response(to: problem, on: exchange), exchange)
            exchange.phase = .answered
            exchange.status = response.status
        } else {
            response = self.response(to: problem, beforeRequestOn: Connection(raw: connection, wakeup: record.wakeup), record.peer)
        }
        return Self.makeResponse(response, exchange).map { (response.status, $0) }
    }

    /// Over the library's own buffer, in which the target's cut is undone first.
    ///
    /// - Returns: what is wrong with the head, by which no request may be answered.
    private func check(
        _ exchange: Exchange, _ record: ConnectionRecord, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>
    ) -> Problem? {
        let head = UnsafeRawBufferPointer(start: method, count: till_mhd_head_size(exchange.connection.raw))
        let start = Int(bitPattern: method)
        if let cut = record.cut {
            record.target[cut.mark] = UInt8(ascii: "?")
            if cut.next != 0 { record.target[cut.mark + 1] = cut.next }
        }
        let target = Int(bitPattern: record.target.baseAddress) &- start
        var check = HeadCheck(
            head, methodByteCount: strlen(method), target: target..<(target + record.target.count), version: Int(bitPattern: version) &- start)
        withUnsafeMutablePointer(to: &check) { check in
            _ = MHD_get_connection_values_n(exchange.connection.raw, .HEADER_KIND, Callbacks.field, check)
        }
        record.isEnding = check.mayEndConnection
        return check.problem()
    }

    func access(
        _ exchange: Exchange, method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, upload: UnsafePointer<CChar>?,
        uploadSize: UnsafeMutablePointer<Int>
    ) -> MHD_Result {
        switch exchange.phase {
        case .head:
            exchange.request = Request(
                method: String(cString: method), target: exchange.request.target, headers: exchange.connection)
            if let record = ConnectionRecord.of(exchange.connection.raw),
                let problem = check(exchange, record, method: method, version: version)
            {
                // Where the body ends is not known: the connection ends here.
                return queueEarly(handler.response(to: problem, on: exchange), on: exchange)
            }
            if wantsCertificates, let fault = exchange.connection.certificateFault {
                // What a connection was begun with stays: one whose certificate has ended would be refused forever, though its client has a new one.
                let problem = Problem(.unauthenticated, "a certificate that the authority of tls-ca has signed is wanted: \(fault)")
                return queueEarly(handler.response(to: problem, on: exchange), on: exchange)
            }
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

    /// Asks the handler; what it refuses is answered when the body has been read past, or at once where nobody would send it.
    private func head(_ exchange: Exchange) -> MHD_Result {
        let expected = exchange.request.header("Content-Length").flatMap { Int($0) }
        do {
            let handled = try handler.begin(exchange)
            exchange.handled = handled
            let byteCountMax = handled.bodyByteCountMax
            if let expected, expected > byteCountMax {
                throw Problem(.tooLarge, "the body has \(expected) bytes, over its limit of \(byteCountMax)")
            }
            exchange.sink = try handled.openBody()
            exchange.reader = BodyReader(byteCountMax: byteCountMax, expected: expected)
            exchange.phase = .body
            let progress = ConnectionRecord.of(exchange.connection.raw)?.progress
            progress?.showedCredential(exchange.isKnown)
            progress?.reached(.body)
            return .YES
        } catch {
            exchange.phase = .discarding
            ConnectionRecord.of(exchange.connection.raw)?.progress.reached(.body)
            let refusal = handler.response(to: Self.refusal(of: error, exchange.handled), on: exchange)
            exchange.refusal = refusal
            // A client that waits for "100 Continue", or would send more than we read past, gets its answer now.
            let isWaiting = exchange.request.header("Expect") != nil
            if isWaiting || expected ?? 0 > Self.discardByteCountMax { return queueEarly(refusal, on: exchange) }
            return .YES
        }
    }

    /// What is said of a body that was refused: of one over its limit, that it may come again where it may.
    private static func refusal(of error: any Error, _ handled: (any HandledRequest)?) -> any Error {
        guard (error as? Problem)?.slug == .tooLarge, let later = handled?.longBodyRefusal else { return error }
        return later
    }

    /// Answers before the body was read; the library closes the connection then.
    private func queueEarly(_ response: Response, on exchange: Exchange) -> MHD_Result {
        if let record = ConnectionRecord.of(exchange.connection.raw) {
            record.isEnding = true
            record.lingers = true
        }
        return queue(response, on: exchange)
    }

    /// A part of the body: kept, or read past. Past 256 MiB of what nobody wants the connection ends.
    private func piece(_ exchange: Exchange, _ bytes: UnsafeRawBufferPointer) -> MHD_Result {
        ConnectionRecord.of(exchange.connection.raw)?.progress.received(bytes.count)
        if exchange.phase == .body {
            do {
                if let sink = exchange.sink { try sink.append(bytes) } else { try exchange.reader.append(bytes) { try exchange.holdBody($0) } }
                return .YES
            } catch {
                exchange.refusal = handler.response(to: Self.refusal(of: error, exchange.handled), on: exchange)
                exchange.dropBody()
                exchange.phase = .discarding
            }
        }
        exchange.discardedByteCount += bytes.count
        return exchange.discardedByteCount > Self.discardByteCountMax ? .NO : .YES
    }

    /// The body's end: the handler answers now, or has suspended the exchange.
    private func whole(_ exchange: Exchange) -> MHD_Result {
        ConnectionRecord.of(exchange.connection.raw)?.progress.reached(.whole)
        if let refusal = exchange.refusal { return queue(refusal, on: exchange) }
        exchange.phase = .working
        exchange.request.body = exchange.reader.take()
        exchange.isAlone = inFlight.load(ordering: .relaxed) == 1
        if let response = exchange.handled?.finish() {
            return queue(response, on: exchange)
        }
        // Suspended; even if the answer is ready by now, the library calls again after it has resumed the connection.
        return .YES
    }

    private func named(_ response: Response, _ exchange: Exchange) -> Response {
        response.adding("X-Request-Id", handler.requestID(exchange))
    }

    /// - Returns: the answer in the coding that the client takes, or why there is no room for it.
    private func held(_ response: Response, by exchange: Exchange) -> Response {
        if case .bytes(let bytes) = response.body {
            do { try exchange.holdAnswer(bytes.count) } catch { return handler.response(to: error, on: exchange) }
        }
        return ContentCoding.encodeSent(response, coding: exchange.coding) { try exchange.holdFurther($0) }
    }

    /// Hands the answer to the library. The body goes first, so that both need not be held.
    private func queue(_ response: Response, on exchange: Exchange) -> MHD_Result {
        exchange.phase = .answered
        exchange.dropBody()
        let response = named(held(response, by: exchange), exchange)
        exchange.status = response.status
        ConnectionRecord.of(exchange.connection.raw)?.progress.reached(.answering)
        guard let raw = Self.makeResponse(response, exchange), let queue = LibraryFunctions.queueResponse else { return .NO }
        defer { MHD_destroy_response(raw) }
        if isStopping.load(ordering: .relaxed) || exchange.isInHaste {
            _ = MHD_add_response_header(raw, "Connection", "close")
            ConnectionRecord.of(exchange.connection.raw)?.isEnding = true
        }
        return queue(exchange.connection.raw, UInt32(response.status), raw) != 0 ? .YES : .NO
    }

    /// Answers over this go out piece by piece, so that it is seen how fast they are taken, instead of being copied into the library first.
    private static let copiedByteCountMax = 16 << 10
    private static let sendByteCount = 64 << 10

    private static func makeResponse(_ response: Response, _ exchange: Exchange?) -> OpaquePointer? {
        guard let raw = makeBody(response, exchange) else { return nil }
        let own = response.headers + (exchange?.admissionHeaders ?? []) + (exchange?.partingHeaders?() ?? [])
        let usual = exchange?.usualHeaders.filter { usual in !own.contains { $0.hasName(of: usual) } } ?? []
        for header in own + usual {
            header.name.withUTF8Buffer { name in
                name.withMemoryRebound(to: CChar.self) { name in
                    // Safe: a StaticString's text ends with a NUL that its buffer does not count.
                    _ = MHD_add_response_header(raw, name.baseAddress, header.value)
                }
            }
        }
        for field in response.passed { _ = MHD_add_response_header(raw, field.name, field.value) }
        return raw
    }

    /// Short bytes are copied into the library; others are lent to it by a sender that it releases.
    private static func makeBody(_ response: Response, _ exchange: Exchange?) -> OpaquePointer? {
        switch response.body {
        case .bytes(let bytes) where bytes.count <= copiedByteCountMax:
            return bytes.withUnsafeBytes { bytes in
                MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .bytes(let bytes):
            let progress = exchange.flatMap { ConnectionRecord.of($0.connection.raw)?.progress }
            let sender = Unmanaged.passRetained(BytesSender(bytes, progress))
            return MHD_create_response_from_callback(
                UInt64(bytes.count), min(bytes.count, sendByteCount), Callbacks.readBytes, sender.toOpaque(), Callbacks.freeBytes)
        case .file(let file):
            let progress = exchange.flatMap { ConnectionRecord.of($0.connection.raw)?.progress }
            let sender = Unmanaged.passRetained(FileSender(file, progress))
            return MHD_create_response_from_callback(
                UInt64(clamping: file.byteCount), sendByteCount, Callbacks.readFile, sender.toOpaque(), Callbacks.freeFile)
        case .stream(let stream):
            guard let exchange else { return nil }
            exchange.sending(stream)
            let sender = Unmanaged.passRetained(StreamSender(stream: stream, connection: exchange.connection))
            return MHD_create_response_from_callback(
                stream.byteCount.map(UInt64.init(clamping:)) ?? UInt64.max, sendByteCount, Callbacks.readStream, sender.toOpaque(), Callbacks.freeStream)
        }
    }
}

/// Of what was no request.
private struct NoHeaders: HeaderSource {
    func header(_ name: StaticString) -> String? { nil }
}

/// A client's connection, as long as its request is not over.
package struct Connection: SuspendedConnection, HeaderSource, @unchecked Sendable {
    // Proof of Sendable: the library allows suspend and resume from any thread; header fields do not change while a request lasts.
    let raw: OpaquePointer
    let wakeup: Wakeup

    package func suspend() { MHD_suspend_connection(raw) }

    package func resume() {
        // From here on the request may end on its own thread, and with it all that it holds.
        let wakeup = wakeup
        MHD_resume_connection(raw)
        wakeup.ring()
    }

    package func header(_ name: StaticString) -> String? {
        // The one name of six letters that begins so and that is asked for.
        if name.utf8CodeUnitCount == 6, name.utf8Start.pointee == UInt8(ascii: "C") { return LibraryFunctions.cookie(of: raw) }
        return name.withUTF8Buffer { name in
            name.withMemoryRebound(to: CChar.self) { name in
                // Safe: as in `queue`, the text is NUL-terminated.
                MHD_lookup_connection_value(raw, .HEADER_KIND, name.baseAddress).map { String(cString: $0) }
            }
        }
    }

    /// All header fields, in their order: names and values as they were sent.
    func fields() -> [(name: String, value: [UInt8])] {
        var fields: [(name: String, value: [UInt8])] = []
        withUnsafeMutablePointer(to: &fields) { fields in
            _ = MHD_get_connection_values_n(raw, .HEADER_KIND, Callbacks.collected, fields)
        }
        return fields
    }

    /// Ends the connection at once. The library alone, told of a fault in a body, would leave it open until its timeout.
    func cut() { _ = shutdown(socket, HangupWatcher.both) }

    /// Sends as much of `bytes` as the kernel takes now: nobody waits for the client of a connection that is over.
    func sendLast(_ bytes: [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            if let session = till_mhd_tls_session(raw) {
                _ = gnutls_record_send(OpaquePointer(session), bytes.baseAddress, bytes.count)
            } else {
                _ = Glibc.send(socket, bytes.baseAddress, bytes.count, SocketFlag.noSignal | SocketFlag.dontWait)
            }
        }
    }

    /// What is wrong with the client's certificate; nil: nothing.
    var certificateFault: String? { till_mhd_tls_session(raw).map { PeerCertificate.fault(OpaquePointer($0), name: nil) } ?? "it came without TLS" }

    package var socket: Int32 { till_mhd_socket(raw) }

    /// The other end's address, as the library has it.
    var peer: PeerAddress? { PeerAddress(till_mhd_client_address(raw)) }
}
