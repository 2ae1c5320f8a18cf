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
        /// The catalog was asked to know it as a file with rows. A commit that failed may be durable all the same.
        var mayBeKnown = false
    }

    /// A file that came to nothing, and whose number is to be given again.
    private struct Unused: Sendable {
        let file: HotFile
        /// What lies there was made here.
        var isOurs = true
        var mayBeKnown = false
    }

    private let directory: String
    /// The part number of a new file of a day, never given before.
    private let name: @Sendable (Int32) throws -> Int
    /// A number that was given and not used may be given again.
    ///
    /// False: the catalog knows the file, and it stays.
    private let forget: @Sendable (_ day: Int32, _ part: Int) throws -> Bool
    private let makeFile: @Sendable (_ day: Int32, _ part: Int) -> HotFile
    private let putAside: @Sendable (HotFile) throws -> Void
    private struct State: Sendable {
        // `takenDay`: of the file that was last taken; a day before the first.
        var made: Made?
        var takenDay = Int32.min
        /// Of the file that is to be made again; nil once the writer has taken one since.
        var againDay: Int32?
        /// Those that could not be removed yet. Each try to make another file tries these, too.
        var unused: [Unused] = []
    }

    /// Held while a file is made: the writer waits for one in the making instead of making another.
    private let state = Mutex(State())
    /// For `tidy`, which is asked at every turn of the maintenance thread.
    private let hasUnused = Atomic<Bool>(false)

    init(
        directory: String, name: @escaping @Sendable (Int32) throws -> Int, forget: @escaping @Sendable (_ day: Int32, _ part: Int) throws -> Bool,
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
    /// At ordinary priority whatever the caller's: the writer may be waiting for the lock.
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
        state.made = Made(writer: try make(day, &state))
        state.againDay = nil
        try discard(other, &state)
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
            try discard(ready, &state)
            return Made(writer: try make(day, &state))
        }.writer
    }

    /// The catalog did not take a file that the writer has taken: it is the next one again, so that tries do not leave a file each.
    func giveBack(_ writer: HotFileWriter) {
        state.withLock { state in
            let other = state.made
            (state.made, state.againDay) = (Made(writer: writer, mayBeKnown: true), nil)
            // Tried again by `tidy`.
            try? discard(other, &state)
        }
    }

    private func make(_ day: Int32, _ state: inout State) throws -> HotFileWriter {
        let file = makeFile(day, try name(day))
        var unused = Unused(file: file, isOurs: false)
        do {
            // What lies under a name that was never used is not ours.
            try putAside(file)
            unused.isOurs = true
            let writer = try HotFileWriter(file: file)
            try DataDirectory.synchronizeDirectory(directory)
            return writer
        } catch {
            // The next try would leave another one.
            add(unused, &state)
            try? tidy(&state)
            throw error
        }
    }

    private func discard(_ made: Made?, _ state: inout State) throws {
        guard let made else { return }
        add(Unused(file: made.writer.file, mayBeKnown: made.mayBeKnown), &state)
        try tidy(&state)
    }

    private func add(_ unused: Unused, _ state: inout State) {
        state.unused.append(unused)
        hasUnused.store(true, ordering: .relaxed)
    }

    /// Removes what came to nothing and could not be removed then. Called by a thread that may wait, until it succeeds.
    func tidy() throws {
        guard hasUnused.load(ordering: .relaxed) else { return }
        try WorkerThread.promptly { try state.withLock { try tidy(&$0) } }
    }

    /// The file before the catalog's row: a crash in between leaves a row of a new file that is not there, which the next start takes away.
    /// But one that the catalog may know goes behind its row, without which no start misses it.
    private func tidy(_ state: inout State) throws {
        while let unused = state.unused.last {
            let file = unused.file
            if unused.mayBeKnown {
                if try forget(file.day, file.part) { file.remove(.unpublished) }
            } else {
                if unused.isOurs { file.remove(.unpublished) }
                // Once: where the catalog's row goes and its word of that does not come, the number may be another file's by the next try.
                state.unused[state.unused.count - 1].isOurs = false
                _ = try forget(file.day, file.part)
            }
            state.unused.removeLast()
        }
        hasUnused.store(false, ordering: .relaxed)
    }

    /// Runs `body` while no file is prepared, and none is being made: one that was is removed, and made again by `prepareAgain`.
    ///
    /// - Precondition: on the writer's thread, or while it is held: a file that it takes itself is none of these.
    func withNone<Result>(_ body: () throws -> Result) throws -> Result {
        try state.withLock { state in
            if let day = state.made?.writer.file.day { state.againDay = day }
            try discard(&state)
            // Of before, too.
            try tidy(&state)
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
        try discard(unused, &state)
    }
}
