internal import ColumnStore
import Glibc

/// A connection between members of a cluster, in the clear or by TLS. One thread at a time.
final class MemberSocket: @unchecked Sendable {
    // Proof of Sendable: `descriptor` is set once; TLS is used by the one thread that has the connection.

    /// Why a wait of it has ended.
    struct Ended: Error, CustomStringConvertible {
        let description: String
    }

    let descriptor: Int32
    private let tls: SocketTLS?
    /// Whether nobody wants what is waited for any more. Asked some times a second in each wait for bytes; in `sendWaiting` also each time that an end has taken some.
    var isAbandoned: @Sendable () -> Bool = { false }
    /// So long `sendWaiting` waits for an end that takes nothing. A door waits 60 s for a body, and a second more for each 4,096 bytes that have come (`SlowRequests`): what it says
    /// after that is heard where not much had come.
    var stillSeconds = 90.0

    /// How long a read of the socket waits before `isAbandoned` is asked.
    private static let lookMicroseconds: Int = 200_000
    private static let writeMicroseconds = 5_000_000
    /// A peer that lives says something five times a second.
    static let silenceSeconds = 5.0
    /// So long an end's system may answer to nothing of what was sent.
    static let unansweredSeconds = 10.0

    /// - Parameters:
    ///   - descriptor: connected; closed with this object.
    ///   - looksAsItSends: a write waits no longer than a read: for `sendWaiting`, which asks `isAbandoned` as often.
    init(_ descriptor: Int32, tls: SocketTLS?, looksAsItSends: Bool = false) {
        (self.descriptor, self.tls) = (descriptor, tls)
        Self.limitHandshake(descriptor)
        if looksAsItSends { Self.limit(descriptor, SO_SNDTIMEO, Self.time(Self.lookMicroseconds)) }
    }

    deinit {
        tls?.sayGoodbye()
        close(descriptor)
    }

    /// Tries the host's addresses one after the other, in the resolver's order, within one span of time for all. The name's resolving is not counted in it.
    ///
    /// - Returns: a connected socket; nil where nobody takes the connection within that time.
    static func connect(host: String, port: UInt16, seconds: Double) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        let end = SteadyClock.seconds() + seconds
        var next = list
        while let address = next?.pointee {
            next = address.ai_next
            let descriptor = socket(address.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
            guard descriptor >= 0 else { continue }
            // What a connection may take, the system counts as a send.
            let left = max(0.01, end - SteadyClock.seconds())
            limit(descriptor, SO_SNDTIMEO, timeval(tv_sec: Int(left), tv_usec: Int(left.truncatingRemainder(dividingBy: 1) * 1e6)))
            set(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
            if Glibc.connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 {
                endWhereGone(descriptor)
                return descriptor
            }
            close(descriptor)
        }
        return nil
    }

    /// Ends a connection by which nothing is under way, and whose other end is not there any more and could not say so: after 20 seconds, in which its system is asked three times.
    private static func endWhereGone(_ descriptor: Int32) {
        set(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1)
        for (option, value) in [(TCP_KEEPIDLE, 5), (TCP_KEEPINTVL, 5), (TCP_KEEPCNT, 3)] as [(Int32, Int32)] { set(descriptor, Int32(IPPROTO_TCP), option, value) }
    }

    /// Ends a connection whose other end's system answers for so long (`unansweredSeconds`) to nothing of what was sent: what is written there five times a second would go nowhere for a
    /// quarter of an hour.
    static func endWhereUnanswered(_ descriptor: Int32) { set(descriptor, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, Int32(unansweredSeconds * 1_000)) }

    private static func set(_ descriptor: Int32, _ level: Int32, _ option: Int32, _ value: Int32) {
        var value = value
        setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Before TLS is there: its handshake looks at the time as often.
    static func limitHandshake(_ descriptor: Int32) {
        limit(descriptor, SO_RCVTIMEO, time(lookMicroseconds))
        limit(descriptor, SO_SNDTIMEO, time(writeMicroseconds))
    }

    private static func time(_ microseconds: Int) -> timeval { timeval(tv_sec: microseconds / 1_000_000, tv_usec: microseconds % 1_000_000) }

    static func closeUnused(_ descriptor: Int32) { close(descriptor) }

    private static func limit(_ descriptor: Int32, _ option: Int32, _ time: timeval) {
        var time = time
        setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
    }

    /// Whether the other end has said anything, or gone, though nothing was asked.
    var hasNews: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) != 0
    }

    enum News {
        case none
        /// Nothing comes any more, or nothing that can be read.
        case ended
        case frame([UInt8])
    }

    /// What the other end of a connection that is only written has said, if it has said anything by now.
    ///
    /// Waits only once a byte has come: then for the whole frame, until `end` on the steady clock.
    func news(byteCountMax: Int, until end: Double) -> News {
        guard hasNews else { return .none }
        // What TLS says for itself is no news.
        var first: UInt8 = 0
        let count = withUnsafeMutableBytes(of: &first) { buffer in tls.map { $0.receive(buffer) } ?? recv(descriptor, buffer.baseAddress, buffer.count, 0) }
        guard count > 0 else {
            let isWaiting = count < 0 && (tls.map { !$0.isBroken } ?? (errno == EAGAIN || errno == EINTR))
            return isWaiting ? .none : .ended
        }
        guard let rest = bytes(3, until: end), let frame = frame([first] + rest, byteCountMax: byteCountMax, until: end) else { return .ended }
        return .frame(frame)
    }

    /// Who waits for it gets an end of it, on any thread.
    func cut() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// What cannot be written is not: the answer says why, or its end does.
    func write(_ bytes: [UInt8]) throws { _ = send(bytes[...]) }

    /// - Returns: false where the connection took no more, or nothing for some seconds.
    func send(_ bytes: ArraySlice<UInt8>) -> Bool { send(bytes, waits: { _ in false }) }

    /// As `send`, but an end that takes nothing for a while is waited for, as long as anybody wants it, and no longer than `stillSeconds`: who has stood still reads on, and would wait for
    /// what is missing.
    ///
    /// - Returns: false where the connection has ended; it has, too, once nobody wanted it.
    func sendWaiting(_ bytes: ArraySlice<UInt8>) -> Bool {
        send(bytes, goesOn: isStillWanted) { movedAt in
            guard SteadyClock.seconds() - movedAt > stillSeconds else { return isStillWanted() }
            cut()
            return false
        }
    }

    /// Ends the connection where nobody wants it any more: nothing whole can come by it. Before the last byte of what is sent, not behind it.
    func isStillWanted() -> Bool {
        guard isAbandoned() else { return true }
        cut()
        return false
    }

    /// - Parameters:
    ///   - goesOn: asked each time that some were taken and more are to be: an end that takes a few now and then may never be waited for.
    ///   - waits: given since when nothing was taken.
    private func send(_ bytes: ArraySlice<UInt8>, goesOn: () -> Bool = { true }, waits: (Double) -> Bool) -> Bool {
        var rest = bytes
        var movedAt = SteadyClock.seconds()
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { bytes in
                tls.map { $0.send(bytes, waits: { waits(movedAt) }) } ?? Glibc.send(descriptor, bytes.baseAddress, bytes.count, SocketFlag.noSignal)
            }
            if count < 0, tls == nil, errno == EINTR || errno == EAGAIN && waits(movedAt) { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
            movedAt = SteadyClock.seconds()
            guard rest.isEmpty || goesOn() else { return false }
        }
        return true
    }

    /// The next bytes that stand behind their count.
    ///
    /// - Returns: nil at the end, after silence, and for more than that: its memory is not taken.
    func frame(byteCountMax: Int, until end: Double = .infinity) -> [UInt8]? {
        guard let head = bytes(4, until: end) else { return nil }
        return frame(head, byteCountMax: byteCountMax, until: end)
    }

    /// - Parameter head: the length, four bytes with the lowest first: `05 01 00 00` are 261 bytes.
    private func frame(_ head: [UInt8], byteCountMax: Int, until end: Double) -> [UInt8]? {
        let count = head.reversed().reduce(0) { $0 << 8 | Int($1) }
        guard count > 0, count <= byteCountMax else { return nil }
        return bytes(count, until: end)
    }

    /// - Returns: nil where fewer came: at the end, after five seconds of silence, or by `end`.
    private func bytes(_ count: Int, until end: Double) -> [UInt8]? {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            while filled < count {
                // Begins anew with each piece that comes: a long frame over a slow link is no silence. `end` holds for the whole.
                let silence = SteadyClock.seconds() + Self.silenceSeconds
                isAbandoned = { SteadyClock.seconds() > min(end, silence) }
                let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[filled...])
                guard let done = try? read(into: rest), done > 0, SteadyClock.seconds() < end else { break }
                filled += done
            }
        }
        return bytes.count == count ? bytes : nil
    }

    /// Waits for bytes, and asks `isAbandoned` every 200 ms that none come.
    ///
    /// - Returns: 0 at the end of the connection and after any fault of it.
    /// - Throws: `Ended` once nobody wants it any more.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        while true {
            let count = tls.map { $0.receive(buffer) } ?? recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count >= 0 { return count }
            guard tls != nil || errno == EAGAIN || errno == EINTR, tls?.isBroken != true else { return 0 }
            if isAbandoned() { throw Ended(description: "nobody waits for the answer any more") }
        }
    }
}
