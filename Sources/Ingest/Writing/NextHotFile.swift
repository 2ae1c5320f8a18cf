import ColumnStore
import Glibc
import Synchronization

/// The file that the writer will go on with, made before it is needed: making one takes half a dozen syncs, for which no receipt should wait.
///
/// Until the writer has taken it, the catalog knows it as new, and a restart removes it.
///
/// In this order, so that a crash leaves nothing that is lost: the catalog's row of a new file, the file, the writer's taking, the catalog's row
/// of a known one.
final class NextHotFile: Sendable {
    /// Proof of Sendable: made by one thread, taken out by one other; the lock lies between.
    private struct Made: @unchecked Sendable {
        let writer: HotFileWriter
    }

    private let directory: String
    /// The part number of a new file of a day, never given before.
    private let name: @Sendable (Int32) throws -> Int
    /// A number that was given and not used may be given again.
    private let forget: @Sendable (_ day: Int32, _ part: Int) throws -> Void
    private let makeFile: @Sendable (_ day: Int32, _ part: Int) -> HotFile
    private let putAside: @Sendable (HotFile) throws -> Void
    private struct State: Sendable {
        // `takenDay`: of the file that was last taken; a day before the first.
        var made: Made?
        var takenDay = Int32.min
        /// Of the file that is to be made again; nil once the writer has taken one since.
        var againDay: Int32?
    }

    /// Held while a file is made: the writer waits for one in the making instead of making another.
    private let state = Mutex(State())

    init(
        directory: String, name: @escaping @Sendable (Int32) throws -> Int, forget: @escaping @Sendable (_ day: Int32, _ part: Int) throws -> Void,
        makeFile: @escaping @Sendable (_ day: Int32, _ part: Int) -> HotFile, putAside: @escaping @Sendable (HotFile) throws -> Void
    ) {
        self.putAside = putAside
        self.forget = forget
        self.directory = directory
        self.name = name
        self.makeFile = makeFile
    }

    /// Makes the next file of that day, unless it is there. Called by threads that may wait.
    ///
    /// At ordinary priority whoever asks: the writer may be waiting for the lock.
    ///
    /// - Parameter isFirst: only if none of that day was taken.
    func prepare(day: Int32, isFirst: Bool = false) throws {
        try WorkerThread.promptly { try state.withLock { state in
            if state.made?.writer.file.day == day || isFirst && state.takenDay >= day { return }
            try make(day, in: &state)
        } }
    }

    /// Makes the file that `withNone` has removed, unless the writer has taken one since. Called by a thread that may wait, until it succeeds.
    func prepareAgain() throws {
        try WorkerThread.promptly { try state.withLock { state in if let day = state.againDay { try make(day, in: &state) } } }
    }

    private func make(_ day: Int32, in state: inout State) throws {
        let other = state.made
        state.made = Made(writer: try make(day))
        state.againDay = nil
        try discard(other)
    }

    /// A file of that day, whether it was prepared or not. Called by the writer.
    ///
    /// One that was prepared for another day is discarded.
    func take(day: Int32) throws -> HotFileWriter {
        try state.withLock { state -> Made in
            let ready = state.made
            (state.made, state.againDay) = (nil, nil)
            state.takenDay = day
            if let ready, ready.writer.file.day == day { return ready }
            try discard(ready)
            return Made(writer: try make(day))
        }.writer
    }

    private func make(_ day: Int32) throws -> HotFileWriter {
        let file = makeFile(day, try name(day))
        // What lies under a name that was never used is not ours.
        try putAside(file)
        let writer = try HotFileWriter(file: file)
        try DataDirectory.synchronizeDirectory(directory)
        return writer
    }

    private func discard(_ unused: Made?) throws {
        guard let file = unused?.writer.file else { return }
        file.remove(.unpublished)
        try forget(file.day, file.part)
    }

    /// Runs `body` while no file is prepared, and none is being made: one that was is removed, and made again by `prepareAgain`.
    ///
    /// - Precondition: on the writer's thread, or while it is held: a file that it takes itself is none of these.
    func withNone<Result>(_ body: () throws -> Result) throws -> Result {
        try state.withLock { state in
            if let day = state.made?.writer.file.day { state.againDay = day }
            try discard(&state)
            return try body()
        }
    }

    /// Removes a file that was prepared and not taken: the day went by without a receipt, or the server stops.
    func discard() throws {
        try WorkerThread.promptly { try state.withLock { state in
            state.againDay = nil
            try discard(&state)
        } }
    }

    private func discard(_ state: inout State) throws {
        let unused = state.made
        state.made = nil
        try discard(unused)
    }
}
