import Synchronization

/// Read connections to one SQLite file, lent to one thread at a time: as many as threads read at once, kept for the next.
///
/// Files are opened read-only, so that no reader can change one, and mapped. A thread may hold several.
package final class SQLitePool: Sendable {
    /// Proof: a connection is in the pool or with the one thread that took it out, never both.
    private struct Lent: @unchecked Sendable { let connection: SQLiteConnection }

    package let path: String
    private struct State {
        var idle: [Lent] = []
        var isClosed = false
    }
    private let state = Mutex(State())
    /// Idle connections beyond this many are closed.
    private static let idleCountMax = 4
    /// Reads of pages that are in the file, not the log, go through the page cache without a copy.
    private static let mappedByteCountMax = 8 << 30

    package init(path: String) { self.path = path }

    /// A connection that failed goes back as well: its state is the file's, not the call's.
    package func withConnection<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result {
        let lent = try state.withLock { $0.idle.popLast() } ?? open()
        defer {
            state.withLock { state in
                if !state.isClosed, state.idle.count < Self.idleCountMax { state.idle.append(lent) }
            }
        }
        return try body(lent.connection)
    }

    private func open() throws -> Lent {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("PRAGMA mmap_size=\(Self.mappedByteCountMax); PRAGMA query_only=1; PRAGMA cache_size=-512")
        return Lent(connection: connection)
    }

    /// Closes the idle connections: before a file is removed.
    package func closeIdle() { state.withLock { $0.idle.removeAll() } }

    /// Closes the idle connections, and from now on each as it comes back: before the writer closes the file. What only reads cannot copy a log, so that
    /// the log stays where a reader is the last to close.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.idle.removeAll()
        }
    }
}
