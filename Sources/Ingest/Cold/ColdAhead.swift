import ColumnStore
import Query
import Synchronization

/// Pieces of a cold scan that are being opened while earlier ones are read: over a network each waits for two round trips, which so many go through
/// together.
///
/// Pieces are given out in the order in which they were asked for, each once. Any thread takes; the lock is held while the next ones are begun,
/// not while one is waited for.
final class ColdAhead: Sendable {
    private final class Piece: Sendable {
        let byteCount: Int64
        private let morsel = Monitor<Result<ColdMorsel, any Error>?>(nil)
        /// Where the system gave no thread: whoever takes the piece opens it.
        private let unopened: (@Sendable () throws -> ColdMorsel)?

        /// Proof: whoever takes the piece waits for it, and the thread that made it is done with it then.
        private struct Unshared: @unchecked Sendable { let value: ColdMorsel }

        init(byteCount: Int64, _ make: @escaping @Sendable () throws -> ColdMorsel) {
            self.byteCount = byteCount
            let (morsel, scope) = (morsel, WaitScope.current)
            // A thread for each, since it waits for the network nearly all of its time.
            let isBegun = WorkerThread.start(name: "ahead") {
                WorkerThread.lowerPriority(by: 5)
                let made = Result { Unshared(value: try WaitScope.run(scope, make)) }
                morsel.broadcast { $0 = made.map(\.value) }
            }
            unopened = isBegun ? nil : make
        }

        func take() throws -> ColdMorsel { try unopened?() ?? morsel.wait { $0 }.get() }
    }

    private struct State {
        var pieces: [Piece] = []
        var byteCount: Int64 = 0
    }
    private let state = Mutex(State())

    /// At once, and of what they read: a part of what fetched pieces of objects may hold together.
    private static let countMax = 16
    private static let byteCountMax: Int64 = 64 << 20

    /// The next piece, when `next` has been asked for as many as may be under way.
    ///
    /// - Parameter next: gives the bytes of a piece and what opens it; nil at the end.
    func take(_ next: () throws -> (byteCount: Int64, make: @Sendable () throws -> ColdMorsel)?) throws -> ColdMorsel? {
        let first = try state.withLock { state -> Piece? in
            while state.pieces.count < Self.countMax, state.pieces.isEmpty || state.byteCount < Self.byteCountMax, let (byteCount, make) = try next() {
                state.pieces.append(Piece(byteCount: byteCount, make))
                state.byteCount = state.byteCount.addingSaturating(byteCount)
            }
            guard !state.pieces.isEmpty else { return nil }
            let first = state.pieces.removeFirst()
            state.byteCount = state.byteCount.subtractingSaturating(first.byteCount)
            return first
        }
        return try first?.take()
    }
}

/// A data file that is opened on a thread of its own, for a reader of the files in their order: a footer that is longer than the end that opening brings is another round
/// trip, which some go through together.
final class FileAhead: Sendable {
    private let opened = Monitor<Result<ParquetFile, any Error>?>(nil)
    /// Where the system gave no thread: whoever takes the file opens it.
    private let unopened: (@Sendable () throws -> ParquetFile)?

    init(_ open: @escaping @Sendable () throws -> ParquetFile) {
        let (opened, scope) = (opened, WaitScope.current)
        let isBegun = WorkerThread.start(name: "ahead") {
            let made = Result { try WaitScope.run(scope, open) }
            opened.broadcast { $0 = made }
        }
        unopened = isBegun ? nil : open
    }

    /// - Throws: what opening it has thrown.
    func take() throws -> ParquetFile { try unopened?() ?? opened.wait { $0 }.get() }
}
