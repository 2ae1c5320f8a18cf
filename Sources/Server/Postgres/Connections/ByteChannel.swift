internal import ColumnStore
import Glibc

/// The bytes of a connection, in clear or in TLS; every wait has an end.
final class ByteChannel {
    /// Why there are no more bytes.
    enum End: Error, Equatable {
        case closed
        /// Nothing came, or nothing was taken, for too long.
        case late
    }

    /// How long a client may take to read what it asked for.
    struct Patience {
        /// In seconds, of one piece that is sent.
        var seconds = 60.0
        /// While others want the thread.
        var crowdedSeconds = 10.0
        var isCrowded: () -> Bool = { false }
        var isOver: () -> Bool = { false }
    }

    static let readByteCount = 16 << 10
    private static let lookMilliseconds: Int32 = 250

    let socket: Int32
    private var tls: TLSServerSession?
    var patience = Patience()
    /// A part of something was sent whose rest never will be: nothing may stand behind it.
    private var isBroken = false

    init(socket: Int32) { self.socket = socket }

    var isEncrypted: Bool { tls != nil }
    /// What a password is bound to; nil in clear.
    var binding: [UInt8]? { tls?.identity.endPointBinding }

    // MARK: Waits

    /// - Parameter deadline: on the steady clock, in seconds; nil waits forever.
    private func wait(for events: Int16, until deadline: Double?) throws(End) {
        while true {
            var milliseconds: Int32 = -1
            if let deadline {
                let left = deadline - SteadyClock.seconds()
                guard left > 0 else { throw .late }
                milliseconds = Int32(min(left * 1_000 + 1, 3_600_000))
            }
            var polled = pollfd(fd: socket, events: events, revents: 0)
            let count = poll(&polled, 1, milliseconds)
            if count > 0 { return }
            if count < 0, errno != EINTR { throw .closed }
        }
    }

    // MARK: Reading

    /// The first byte that has come, which stays there.
    func peek(until deadline: Double?) throws(End) -> UInt8 {
        while true {
            var byte: UInt8 = 0
            let count = recv(socket, &byte, 1, SocketFlag.peek)
            if count == 1 { return byte }
            guard count < 0, errno == EAGAIN || errno == EINTR else { throw .closed }
            try wait(for: Int16(POLLIN), until: deadline)
        }
    }

    /// Some bytes: what has come, as soon as anything has.
    func read(until deadline: Double?) throws(End) -> [UInt8] {
        while true {
            var outcome = TLSServerSession.Outcome.closed
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.readByteCount) { buffer, count in
                outcome = read(into: UnsafeMutableRawBufferPointer(buffer))
                if case .done(let done) = outcome { count = done }
            }
            switch outcome {
            case .done: return bytes
            case .wantsRead: try wait(for: Int16(POLLIN), until: deadline)
            case .wantsWrite: try wait(for: Int16(POLLOUT), until: deadline)
            case .closed: throw .closed
            }
        }
    }

    private func read(into buffer: UnsafeMutableRawBufferPointer) -> TLSServerSession.Outcome {
        if let tls { return tls.read(into: buffer) }
        let count = recv(socket, buffer.baseAddress, buffer.count, 0)
        if count > 0 { return .done(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .wantsRead : .closed
    }

    // MARK: Writing

    /// Sends all of it.
    ///
    /// - Throws: `late` when the client takes too little of it; from then on `closed`.
    func write(_ bytes: [UInt8]) throws(End) {
        guard !isBroken else { throw .closed }
        do throws(End) { try writeAll(bytes) } catch {
            isBroken = true
            throw error
        }
    }

    private func writeAll(_ bytes: [UInt8]) throws(End) {
        let began = SteadyClock.seconds()
        var place = 0
        while place < bytes.count {
            let outcome = bytes.withUnsafeBytes { write(UnsafeRawBufferPointer(rebasing: $0[place...])) }
            switch outcome {
            case .done(let count): place += count
            case .closed: throw .closed
            case .wantsRead, .wantsWrite: try waitToWrite(outcome == .wantsRead ? Int16(POLLIN) : Int16(POLLOUT), since: began)
            }
        }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> TLSServerSession.Outcome {
        if let tls { return tls.write(bytes) }
        let count = send(socket, bytes.baseAddress, bytes.count, SocketFlag.noSignal)
        if count > 0 { return .done(count) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? .wantsWrite : .closed
    }

    private func waitToWrite(_ events: Int16, since began: Double) throws(End) {
        while true {
            var polled = pollfd(fd: socket, events: events, revents: 0)
            if poll(&polled, 1, Self.lookMilliseconds) > 0 { return }
            let waited = SteadyClock.seconds() - began
            if waited > patience.seconds || patience.isOver() || waited > patience.crowdedSeconds && patience.isCrowded() { throw .late }
        }
    }

    // MARK: TLS

    func beginTLS(_ identity: TLSIdentity, until deadline: Double?) throws(End) {
        guard let session = TLSServerSession(identity, socket: socket) else { throw .closed }
        while true {
            switch session.handshake() {
            case .done:
                tls = session
                return
            case .wantsRead: try wait(for: Int16(POLLIN), until: deadline)
            case .wantsWrite: try wait(for: Int16(POLLOUT), until: deadline)
            case .closed: throw .closed
            }
        }
    }

    /// After the last byte: what the client has not read yet still reaches it.
    func finish() {
        tls?.sayGoodbye()
        shutdown(socket, HangupWatcher.writing)
    }
}
