internal import CMicrohttpd
internal import ColumnStore
internal import Documents
import Glibc
internal import Ingest

// libmicrohttpd answers a malformed request itself, with a page of HTML, and has no setting for that. Two of its functions are therefore
// replaced, as the dynamic linker lets a program do: the library calls them by name, and a name is looked up in the program first.
// `docs/decisions/0016-malformed-requests.md` has the list of such answers and the reasons.

/// The library's own functions behind the names that are replaced here.
enum LibraryFunctions {
    typealias QueueResponse = @convention(c) (OpaquePointer?, UInt32, OpaquePointer?) -> UInt32
    typealias LookupValue =
        @convention(c) (
            OpaquePointer?, UInt32, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<UnsafePointer<CChar>?>?, UnsafeMutablePointer<Int>?
        ) -> UInt32

    static let queueResponse: QueueResponse? = next("MHD_queue_response").map { unsafeBitCast($0, to: QueueResponse.self) }
    static let lookupValue: LookupValue? = next("MHD_lookup_connection_value_n").map { unsafeBitCast($0, to: LookupValue.self) }

    nonisolated(unsafe) static let chunked = strdup("chunked")

    /// The field that is hidden from the library.
    static func cookie(of connection: OpaquePointer) -> String? {
        var text: UnsafePointer<CChar>?
        var count = 0
        guard let lookupValue, lookupValue(connection, MHD_ValueKind.HEADER_KIND.rawValue, "Cookie", 6, &text, &count) != 0, let text else { return nil }
        return String(decoding: UnsafeRawBufferPointer(start: text, count: count), as: UTF8.self)
    }

    /// The name's meaning in the libraries behind the program: `RTLD_NEXT`, a macro that Swift does not see.
    private static func next(_ name: String) -> UnsafeMutableRawPointer? {
        dlsym(UnsafeMutableRawPointer(bitPattern: -1), name)
    }
}

/// Called by the library alone, for an answer of its own making: ours is sent in its place.
@_cdecl("MHD_queue_response")
package func tillQueuesLibraryAnswer(_ connection: OpaquePointer?, _ status: UInt32, _ response: OpaquePointer?) -> UInt32 {
    guard let original = LibraryFunctions.queueResponse else { return 0 }
    guard let connection, let record = ConnectionRecord.of(connection),
        let ours = record.listener.takeUnretainedValue().answer(insteadOf: status, on: connection, record)
    else { return original(connection, status, response) }
    defer { MHD_destroy_response(ours.response) }
    // Queued, it is referred to by the library itself; the reference of its making is given back behind this.
    return original(connection, UInt32(ours.status), ours.response)
}

/// Called by the library for the fields that it acts on, and by `Connection.header`.
///
/// A Content-Length or a Transfer-Encoding that `HeadCheck` will refuse is hidden, since the library's way of refusing one sends its answer's
/// head twice; so are cookies, which it would copy, and refuse in the same way where they do not fit.
@_cdecl("MHD_lookup_connection_value_n")
package func tillLooksUpValue(
    _ connection: OpaquePointer?, _ kind: UInt32, _ key: UnsafePointer<CChar>?, _ keyByteCount: Int,
    _ value: UnsafeMutablePointer<UnsafePointer<CChar>?>?, _ valueByteCount: UnsafeMutablePointer<Int>?
) -> UInt32 {
    guard let original = LibraryFunctions.lookupValue else { return 0 }
    let isFraming = keyByteCount == 14 || keyByteCount == 17
    // 0x5F takes the bit away that makes a capital small: 0x43 is C, 0x54 is T.
    // C or T, in either case, are how the three names begin.
    guard let key, isFraming || keyByteCount == 6, key[0] & 0x5F == 0x43 || key[0] & 0x5F == 0x54 else { return original(connection, kind, key, keyByteCount, value, valueByteCount) }
    if strcasecmp(key, "Cookie") == 0 { return 0 }
    var found: UnsafePointer<CChar>?
    var count = 0
    guard original(connection, kind, key, keyByteCount, &found, &count) != 0, var text = found else { return 0 }
    let bytes = UnsafeRawBufferPointer(start: text, count: count)
    if strcasecmp(key, "Content-Length") == 0 {
        guard HeadCheck.contentLength(bytes) != nil else { return 0 }
        count = HeadCheck.trimmed(bytes[...]).count
    } else if strcasecmp(key, "Transfer-Encoding") == 0 {
        guard HeadCheck.isChunked(bytes), let plain = LibraryFunctions.chunked else { return 0 }
        // The library knows no blanks behind it.
        (text, count) = (UnsafePointer(plain), 7)
    }
    value?.pointee = text
    valueByteCount?.pointee = count
    return 1
}

/// What is known of a connection between the library's calls, on its thread.
///
/// Made as the connection begins and held by the library's slot for it; the thread of its daemon alone touches it, but for `progress`.
final class ConnectionRecord {
    /// Unowned, without the cost of it: a listener lives as long as the process.
    let listener: Unmanaged<Listener>
    let wakeup: Wakeup
    /// The request that has begun and is not over.
    var exchange: Unmanaged<Exchange>?
    /// Where its target lies in the library's buffer.
    var target = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    /// Where the target was cut at its `?`, and the byte behind that; 0 where the target ends there.
    var cut: (mark: Int, next: UInt8)?
    /// The last answer was, or may have been, the connection's last.
    var isEnding = false
    /// The client may still be sending when the connection is closed.
    var lingers = false
    var hasServed = false
    /// When the connection or its last request began.
    var lastBeginning = SteadyClock.seconds()
    let peer: PeerAddress?
    /// The connection is on the thread that steps in where all others are busy.
    var isInHaste = false
    var framing = FramingCheck()
    /// A chunk's framing was broken: nothing more of the client's bytes counts.
    var framingFault = false

    /// How far the bytes of a request have come.
    let progress: SlowRequests.Progress

    init(_ listener: Listener, _ wakeup: Wakeup, socket: Int32, peer: PeerAddress?) {
        (self.listener, self.wakeup, self.peer) = (Unmanaged.passUnretained(listener), wakeup, peer)
        progress = SlowRequests.Progress(socket: socket)
    }

    static func of(_ connection: OpaquePointer) -> ConnectionRecord? {
        till_mhd_socket_context(connection).map { Unmanaged<ConnectionRecord>.fromOpaque($0).takeUnretainedValue() }
    }
}

extension Listener {
    /// What the library means by an answer of its own, told by how far the request has come.
    static func problem(insteadOf status: Int, in phase: Exchange.Phase?) -> Problem {
        switch (phase, status) {
        case (nil, 413), (nil, 414), (nil, 431):
            Problem(.uriTooLong, "the request line does not fit in \(connectionMemory) bytes")
        case (nil, 505): Problem(.unsupportedVersion, "the server speaks HTTP/1.1, and HTTP/1.0")
        case (nil, 400): Problem(.badRequest, "the request line is not METHOD, target and version, with one blank between each")
        case (_, 414), (_, 431): Problem(.headTooLarge, "the header fields do not fit in \(connectionMemory) bytes")
        case (.head, 400): Problem(.badRequest, "a header field has no colon behind its name")
        case (_, 400): Problem(.badRequest, "the body's chunks, or the fields behind them, are malformed")
        case (_, 413): Problem(.tooLarge, "a chunk of the body says that it is over every limit")
        default: Problem(.internalError, "the request could not be read")
        }
    }

    /// The request of `connection` ended without an answer, because the client stopped sending or was cut off: it is sent one all the same.
    static func sendLast(_ response: Response, on connection: Connection) {
        guard case .bytes(let body) = response.body else { return }
        let reason = MHD_get_reason_phrase_for(UInt32(response.status)).map { String(cString: $0) } ?? ""
        var head = "HTTP/1.1 \(response.status) \(reason)\r\nConnection: close\r\nContent-Length: \(body.count)\r\n"
        for header in response.headers { head += "\(header.name): \(header.value)\r\n" }
        connection.sendLast(Array((head + "\r\n").utf8) + body)
    }

    /// Whether the client of a connection that is being closed sent a line in which the library saw no request; it tells nobody of those.
    ///
    /// - Returns: nil where the client has simply gone, or been idle for too long.
    func problem(ofUnreadLineOn socket: Int32, _ record: ConnectionRecord) -> Problem? {
        guard !record.isEnding, !record.lingers else { return nil }
        if record.progress.isLate { return slowRequests.problem(isHead: true) }
        var polled = pollfd(fd: socket, events: HangupWatcher.peerClosed, revents: 0)
        guard poll(&polled, 1, 0) >= 0, polled.revents & Int16(POLLERR | POLLHUP) == 0 else { return nil }
        let isIdle = SteadyClock.seconds() - record.lastBeginning > Double(idleTimeout) - 0.5
        let isHalfClosed = polled.revents != 0
        if isHalfClosed || isIdle {
            // Between requests that is no fault. The end of the client's bytes is counted as one.
            guard !record.hasServed, Self.receivedByteCount(socket) > (isHalfClosed ? 1 : 0) else { return nil }
            if !isHalfClosed { return Problem(.requestTimeout, "the request line did not end within \(idleTimeout) s") }
        }
        return Problem(.badRequest, "the request line is not METHOD, target and version, with one blank between each")
    }

    /// Over the connection's life, from Linux's `tcp_info`, of which Glibc declares only the beginning.
    static func receivedByteCount(_ socket: Int32) -> UInt64 {
        var information = [UInt8](repeating: 0, count: 256)
        var byteCount = socklen_t(information.count)
        // `tcpi_bytes_received` in <linux/tcp.h>: eight bytes at offset 128, since Linux 4.1.
        let place = 128
        guard getsockopt(socket, Int32(IPPROTO_TCP), TCP_INFO, &information, &byteCount) == 0, byteCount >= place + 8 else { return 0 }
        return information.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
    }
}
