internal import ColumnStore

/// A body on its way from the thread that makes it to the connection that sends it, through a bounded queue.
///
/// Invariants:
/// 1. At most `byteCountMax` bytes wait, plus the one write that went over: the maker is held up, so memory is bounded however
///    slowly the client reads.
/// 2. The connection is suspended only while the queue is empty and the body is not at its end; whoever ends either resumes it.
/// 3. The first ending counts; what is queued by then still goes out.
/// 4. After `close` no write waits.
package final class ResponseStream: Sendable {
    /// Nobody reads any more: the client has gone, or the server stops.
    package struct Closed: Error {}

    package enum Reading: Equatable {
        case bytes(Int)
        /// Nothing yet; the connection is suspended.
        case suspended
        case end
        /// The connection must close without the last chunk.
        case fault
    }

    private enum Ending { case open, finished, failed }

    private struct State {
        /// Those before `headIndex` are read, and empty: the array is cut when all are, so that reading moves nothing.
        var pieces: [[UInt8]] = []
        /// The first piece not wholly read, and how much of it was.
        var headIndex = 0
        var headOffset = 0
        var byteCount = 0
        var ending = Ending.open
        var isClosed = false
        /// Of the maker, for room.
        var waitedSeconds = 0.0
        var takenByteCount = 0
        var suspended: (any SuspendedConnection)?
    }

    /// Of the whole body, where that is known before it is made; it is what Content-Length says.
    package let byteCount: Int64?

    /// What waits at most, beside one piece.
    private static let byteCountMax = 256 << 10
    /// What a stream may hold, and asks for in advance: what waits, and a piece of the size that answers are encoded in.
    package static let heldByteCount = byteCountMax + (1 << 20) + (256 << 10)

    /// How long a maker waits for a client that does not read. It holds a thread, and a snapshot of the store, meanwhile.
    package struct Patience: Sendable {
        /// In seconds, of all waits together, and one more for each `byteRate` bytes that were taken.
        package var seconds = 60.0
        package var byteRate = 4_096.0
        /// In seconds, of one wait, while others want the thread.
        package var crowdedSeconds = 10.0
        package var isCrowded: @Sendable () -> Bool = { false }
        /// On the steady clock: when the stream's time is over, whatever it waits for.
        package var deadline = Double.infinity

        package init() {}
    }

    private static let lookSeconds = 0.25
    private let patience: Patience
    private let state = Monitor(State())

    /// Makes the next piece on the connection's thread, when it is wanted; nil at the end. Nil for a body that others write.
    private let makeNext: (@Sendable () -> [UInt8]?)?

    package init(_ patience: Patience = Patience(), byteCount: Int64? = nil) { (self.patience, makeNext, self.byteCount) = (patience, nil, byteCount) }

    /// A body that is made as it is sent, and quickly: no thread waits for a slow reader. A piece has bytes: one without would be waited for.
    package init(_ makeNext: @escaping @Sendable () -> [UInt8]?) { (patience, self.makeNext, byteCount) = (Patience(), makeNext, nil) }

    /// Nobody else writes it.
    var isMadeAsSent: Bool { makeNext != nil }

    /// A body that is made as it is sent, in `coding`.
    ///
    /// - Precondition: `isMadeAsSent`.
    func coded(in coding: StreamCoding) -> ResponseStream {
        guard let makeNext else { preconditionFailure("another thread writes it") }
        let pieces = CodedPieces(coding, of: makeNext)
        return ResponseStream { pieces.next() }
    }

    // MARK: The maker's side

    /// The client took too little for too long. The body is broken, and its connection should be cut.
    package struct TooSlow: Error {}

    /// Queues `bytes`, waiting while the queue is full.
    ///
    /// Counted as a whole: a piece of a megabyte goes in as soon as fewer than 256 KiB wait.
    ///
    /// - Throws: `Closed`, or `TooSlow` when the wait has been too long.
    package func write(_ bytes: [UInt8]) throws {
        guard !bytes.isEmpty else { return }
        let began = SteadyClock.seconds()
        while true {
            let isOpen = state.wait(seconds: Self.lookSeconds) { state -> Bool? in
                if state.isClosed { return false }
                guard state.byteCount < Self.byteCountMax else { return nil }
                state.pieces.append(bytes)
                state.byteCount += bytes.count
                Self.resume(&state)
                return true
            }
            let now = SteadyClock.seconds()
            if let isOpen {
                state.withLock { $0.waitedSeconds += now - began }
                if isOpen { return }
                throw Closed()
            }
            if isTooLong(now - began, now) {
                end(.failed)
                throw TooSlow()
            }
        }
    }

    private func isTooLong(_ seconds: Double, _ now: Double) -> Bool {
        if now > patience.deadline { return true }
        if seconds > patience.crowdedSeconds, patience.isCrowded() { return true }
        let (waited, taken) = state.withLock { ($0.waitedSeconds, $0.takenByteCount) }
        return waited + seconds > patience.seconds + Double(taken) / patience.byteRate
    }

    package func finish() { end(.finished) }

    /// Ends the body as broken: what is queued still goes out, then the connection closes.
    package func fail() { end(.failed) }

    package var isClosed: Bool { state.withLock { $0.isClosed } }

    private func end(_ ending: Ending) {
        state.broadcast { state in
            if state.ending == .open { state.ending = ending }
            Self.resume(&state)
        }
    }

    // MARK: The connection's side

    /// Copies what waits into `target`, or suspends `connection` until there is something.
    ///
    /// On the connection's thread, under the lock of the queue: of a reader that finds nothing and a maker that queues just then, one sees the other.
    package func read(into target: UnsafeMutableRawBufferPointer, connection: any SuspendedConnection) -> Reading {
        state.broadcast { state in
            if let makeNext, state.headIndex == state.pieces.count, state.ending == .open, !state.isClosed {
                if let piece = makeNext() { (state.pieces, state.headIndex, state.headOffset, state.byteCount) = ([piece], 0, 0, piece.count) } else { state.ending = .finished }
            }
            var copied = 0
            while copied < target.count, state.headIndex < state.pieces.count {
                let piece = state.pieces[state.headIndex]
                let count = min(piece.count - state.headOffset, target.count - copied)
                piece.withUnsafeBytes { source in
                    // Safe: `count` is within both buffers by the line above.
                    target[copied..<(copied + count)].copyBytes(from: source[state.headOffset..<(state.headOffset + count)])
                }
                copied += count
                state.headOffset += count
                if state.headOffset == piece.count {
                    state.pieces[state.headIndex] = []
                    state.headIndex += 1
                    state.headOffset = 0
                }
            }
            if state.headIndex == state.pieces.count {
                state.pieces.removeAll(keepingCapacity: true)
                state.headIndex = 0
            }
            state.byteCount -= copied
            state.takenByteCount += copied
            if copied > 0 { return .bytes(copied) }
            switch state.ending {
            case .finished: return .end
            case .failed: return .fault
            case .open where state.isClosed: return .fault
            case .open:
                connection.suspend()
                state.suspended = connection
                return .suspended
            }
        }
    }

    /// The client has gone: the maker's next write throws.
    package func close() {
        state.broadcast { state in
            state.isClosed = true
            Self.resume(&state)
        }
    }

    private static func resume(_ state: inout State) {
        if let connection = state.suspended {
            state.suspended = nil
            connection.resume()
        }
    }
}

/// A connection that can be put aside until there is something to send.
package protocol SuspendedConnection: Sendable {
    func suspend()
    func resume()
}
