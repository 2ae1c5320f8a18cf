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

    /// The log is copied when it has grown by so much, so that a restart reads little of it.
    private static let logByteCountMax: Int64 = 16 << 20

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
        while true {
            let isStopping = state.wait { state -> Bool? in
                if state.isStopping { return true }
                guard state.isPending else { return nil }
                state.isPending = false
                return false
            }
            if isStopping { return }
            do {
                try flush(writer)
                let file = state.withLock { state in
                    defer { state.lastCommitted = nil }
                    return state.lastCommitted
                }
                if let file { try checkpoint(file, writer) }
            } catch {
                // Rows stay in memory and in the log; the next commit tries again.
                failures.withLock { failures in
                    if failures.count < 100 { failures.append("\(error)") }
                }
            }
            // Not after each of a thousand commits a second.
            _ = state.wait(nanoseconds: 20_000_000) { $0.isStopping ? true : nil }
        }
    }

    /// Flushes what is full, and all of sealed files. One at a time: a chunk must not be flushed twice.
    func flush(_ writer: HotWriter) throws {
        try flushing.withLock { _ in try HotFlusher(writer: writer).flush(boundary.snapshot().files) }
    }

    /// What went wrong since the last call, for the log.
    func takeFailures() -> [String] {
        failures.withLock { failures in
            defer { failures = [] }
            return failures
        }
    }

    /// Copies the log with a connection of its own while the writer goes on; then lets the writer copy the little that came since
    /// and begin the log anew, between two groups.
    private func checkpoint(_ file: HotFile, _ writer: HotWriter) throws {
        guard Self.byteCount(file.path + "-wal") > Self.logByteCountMax else { return }
        let connection = try SQLiteConnection(path: file.path, mode: .readWrite)
        try connection.execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL")
        // The second pass has only what came during the first.
        try connection.checkpoint(.passive)
        try connection.checkpoint(.passive)
        try writer.checkpoint(file)
    }

    private static func byteCount(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}
