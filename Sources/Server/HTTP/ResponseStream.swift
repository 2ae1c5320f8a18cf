internal import ColumnStore

/// A body on its way from the thread that makes it to the connection that sends it, through a bounded queue.
///
/// Invariants:
/// 1. At most `byteCountMax` bytes wait, plus the one write that went over: the maker is held up, so memory is bounded however
///    slowly the client reads.
/// 2. The connection is suspended only while the queue is empty and the body is not at its end; whoever ends either resumes it.
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
        var pieces: [[UInt8]] = []
        /// The first piece not wholly read, and how much of it was.
        var headIndex = 0
        var headOffset = 0
        var byteCount = 0
        var ending = Ending.open
        var isClosed = false
        var suspended: (any SuspendedConnection)?
    }

    private static let byteCountMax = 1 << 20
    private let state = Monitor(State())

    package init() {}

    // MARK: The maker's side

    /// Queues `bytes`, waiting while the queue is full.
    package func write(_ bytes: [UInt8]) throws(Closed) {
        guard !bytes.isEmpty else { return }
        let isOpen = state.wait { state -> Bool? in
            if state.isClosed { return false }
            guard state.byteCount < Self.byteCountMax else { return nil }
            state.pieces.append(bytes)
            state.byteCount += bytes.count
            Self.resume(&state)
            return true
        }
        if !isOpen { throw Closed() }
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
    package func read(into target: UnsafeMutableRawBufferPointer, connection: any SuspendedConnection) -> Reading {
        state.broadcast { state in
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
