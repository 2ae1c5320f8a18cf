import Synchronization

/// Read connections to one SQLite file, lent to one thread at a time: as many as threads read at once, kept for the next.
///
/// Files are opened read-only, so that no reader can change one, and mapped. A thread may hold several.
package final class SQLitePool: Sendable {
    /// How a borrower comes to the pages of the file's map.
    package enum Walk: Sendable {
        /// Mostly one behind the other: around a page that is missing the system reads as much as it is set to.
        case inOrder
        /// Those of a row here, of another there: the system reads what is missing and no more (`docs/decisions/0017-latency.md`).
        case hereAndThere
    }

    /// Proof: a connection is in the pool or with the one thread that took it out, never both.
    private struct Lent: @unchecked Sendable {
        let connection: SQLiteConnection
        let walk: Walk
    }

    package let path: String
    private struct State {
        var idle: [Lent] = []
        var isClosed = false

        mutating func take(_ walk: Walk) -> Lent? { idle.lastIndex { $0.walk == walk }.map { idle.remove(at: $0) } }
    }
    private let state = Mutex(State())
    /// Idle connections of a walk beyond this many are closed.
    private static let idleCountMax = 4
    /// Reads of pages that are in the file, not the log, go through the page cache without a copy.
    private static let mappedByteCountMax = 8 << 30

    package init(path: String) { self.path = path }

    /// To read in order, mostly.
    package func withConnection<Result>(_ body: (SQLiteConnection) throws -> Result) throws -> Result { try withConnection(.inOrder, body) }

    /// A connection that failed goes back as well: its state is the file's, not the call's. One that found the file damaged, or whose map has lost pages, does not: the next one looks at the file anew,
    /// which may have been put right.
    ///
    /// - Throws: what `body` throws; where pages could not be read damage, whatever was made of them.
    package func withConnection<Result>(_ walk: Walk, _ body: (SQLiteConnection) throws -> Result) throws -> Result {
        let faults = MapFaults()
        do {
            let lent = try state.withLock { $0.take(walk) } ?? open(walk)
            let result: Result
            do { result = try body(lent.connection) } catch {
                if faults.areNone, (error as? SQLiteError)?.isDamage != true { putBack(lent) }
                throw error
            }
            try faults.check(path)
            putBack(lent)
            return result
        } catch {
            // Another file's says it itself, where its pool was asked within.
            if (error as? SQLiteError).map({ $0.path == path }) ?? true { try faults.check(path) }
            throw error
        }
    }

    private func putBack(_ lent: Lent) {
        state.withLock { state in
            if !state.isClosed, state.idle.count(where: { $0.walk == lent.walk }) < Self.idleCountMax { state.idle.append(lent) }
        }
    }

    private func open(_ walk: Walk) throws -> Lent {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        if walk == .hereAndThere { connection.expectSinglePages() }
        try connection.execute("PRAGMA mmap_size=\(Self.mappedByteCountMax); PRAGMA query_only=1; PRAGMA cache_size=-512")
        return Lent(connection: connection, walk: walk)
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
