internal import ColumnStore
import Glibc
import Synchronization

/// The thread behind the writer's back: lays rows into columns, flushes full groups into their file, copies the write-ahead log.
///
/// Nothing here is needed for durability: after a crash it begins again from the rows.
final class HotMaintenance: Sendable {
    private struct State {
        var isPending = false
        var isStopping = false
        var lastCommitted: HotFile?
    }

    private let boundary: TierBoundary
    private let state = Monitor(State())
    private let thread = Mutex<WorkerThread?>(nil)
    private let failures = Mutex<[String]>([])
    private let flushing = Mutex(())

    /// The log is copied when it has grown by so much. A restart reads it in a fifth of a second; and what the copy's end costs the writer,
    /// two calls of fsync, comes seldom.
    private static let logByteCountMax: Int64 = 128 << 20
    /// When a pass found so few frames, the writer copies what came since: about half a megabyte.
    private static let restFrameCount = 128
    private static let passCountMax = 6
    /// Behind the threads that take receipts, but not so far that they leave it behind.
    private static let niceness: Int32 = 5
    private static let idleNanoseconds: UInt64 = 1_000_000_000
    private static let longNanoseconds: UInt64 = 3_600_000_000_000

    init(boundary: TierBoundary) { self.boundary = boundary }

    func start(writer: HotWriter) {
        thread.withLock { thread in
            thread = WorkerThread(name: "hot-maintenance") { [self] in run(writer) }
        }
    }

    func stop() {
        state.broadcast { $0.isStopping = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    /// Called by the writer after each commit: must be cheap.
    func noteCommit(_ file: HotFile) {
        state.signal { state in
            state.isPending = true
            state.lastCommitted = file
        }
    }

    private func run(_ writer: HotWriter) {
        WorkerThread.lowerPriority(by: Self.niceness)
        // Set while a log is worth cutting off once nothing is written for a while.
        var written: HotFile?
        while true {
            let isStopping = state.wait(nanoseconds: written == nil ? Self.longNanoseconds : Self.idleNanoseconds) { state -> Bool? in
                if state.isStopping { return true }
                guard state.isPending else { return nil }
                state.isPending = false
                return false
            }
            if isStopping == true { return }
            do {
                guard isStopping == false else {
                    let file = written
                    written = nil
                    if let file { try writer.checkpoint(file, cuts: true) }
                    continue
                }
                try flush(writer)
                let file = state.withLock { state in
                    defer { state.lastCommitted = nil }
                    return state.lastCommitted
                }
                if let file {
                    try checkpoint(file, writer)
                    written = file
                }
            } catch {
                // Rows stay in memory and in the log.
                failures.withLock { failures in
                    if failures.count < 100 { failures.append("\(error)") }
                }
                // Tried again though nothing is committed: what waits here may be the reason why nothing is taken.
                state.withLock { $0.isPending = true }
                _ = state.wait(nanoseconds: Self.idleNanoseconds) { $0.isStopping ? true : nil }
            }
            // Not after each of a thousand commits a second.
            _ = state.wait(nanoseconds: 20_000_000) { $0.isStopping ? true : nil }
        }
    }

    /// Flushes what is full, and all of sealed files. One at a time: a chunk must not be flushed twice.
    func flush(_ writer: HotWriter) throws {
        defer { count(writer) }
        try flushing.withLock { _ in try HotFlusher(writer: writer, flushed: { [self] in count(writer) }).flush(boundary.snapshot().files) }
    }

    private func count(_ writer: HotWriter) {
        writer.statistics.setUnflushed { boundary.snapshot().files.reduce(0) { $0 + $1.allTails.reduce(0) { $0 + $1.rowCountInMemory } } }
    }

    /// What went wrong since the last call, for the log.
    func takeFailures() -> [String] {
        failures.withLock { failures in
            defer { failures = [] }
            return failures
        }
    }

    /// Copies the log with a connection of its own while the writer goes on, again and again until little has come meanwhile; then the
    /// writer copies that little between two groups, and its next commit begins the log anew.
    private func checkpoint(_ file: HotFile, _ writer: HotWriter) throws {
        guard !file.isPinned, Self.byteCount(file.path + "-wal") > Self.logByteCountMax else { return }
        let connection = try SQLiteConnection(path: file.path, mode: .readWrite)
        try connection.execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL")
        var copied = 0
        for _ in 0..<Self.passCountMax {
            let pass = try connection.checkpoint(.passive)
            if pass.logged - copied <= Self.restFrameCount { break }
            copied = pass.copied
        }
        try writer.checkpoint(file, cuts: false)
    }

    private static func byteCount(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
