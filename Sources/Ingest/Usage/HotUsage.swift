import ColumnStore
import Query
import Synchronization

/// Receipts and bytes of the rows of hot files, by client and day of receipt: counted out of the rows themselves, so that none is lost or counted twice.
///
/// Rows only come: each is read once. A walk over a file's rows reads its documents' pages as well, so that the first one after a start may be long: it goes by steps, a file's lock is held
/// for one of them, and whoever waits for it waits no longer. Who wants the same file takes the next step, and all go on from there.
final class HotUsage: Sendable {
    private struct Counted {
        /// Rows up to this id are counted.
        var lastRow: Int64 = 0
        var usage: [ClientID: [Int32: UsageFigures]] = [:]
    }

    /// What is counted of one file. Whoever has it goes on with it, though it is forgotten meanwhile.
    private final class FileCount: Sendable {
        private let counted = Mutex(Counted())

        /// - Returns: whether the rows up to `newest` are counted.
        func step(_ file: HotFile, upTo newest: Int64, rowCountMax: Int64) throws -> Bool {
            try counted.withLock { counted in
                guard counted.lastRow < newest else { return true }
                let last = min(newest, counted.lastRow.addingSaturating(rowCountMax))
                // All of a step or nothing: one that fails half way is taken again.
                for (key, figures) in try file.usage(after: counted.lastRow, upTo: last) {
                    counted.usage[key.client, default: [:]][key.day, default: UsageFigures()].add(figures)
                }
                counted.lastRow = last
                return last == newest
            }
        }

        var usage: [ClientID: [Int32: UsageFigures]] { counted.withLock { $0.usage } }
    }

    /// Of a file: its day, and which of the day's files it is.
    private struct Name: Hashable {
        let day: Int32
        let part: Int

        init(_ file: HotFile) { (day, part) = (file.day, file.part) }
    }

    /// Held for a look alone.
    private let counts = Mutex<[Name: FileCount]>([:])
    private let stepRowCount: Int64
    private let beforeEachStep: @Sendable () -> Void

    /// Of short documents a few pages each, of long ones a page each: some milliseconds of a disk.
    static let usualStepRowCount: Int64 = 4_096

    /// - Parameters:
    ///   - stepRowCount: fewer for tests.
    ///   - beforeEachStep: for tests; called while nothing is locked.
    init(stepRowCount: Int64 = HotUsage.usualStepRowCount, beforeEachStep: @escaping @Sendable () -> Void = {}) {
        (self.stepRowCount, self.beforeEachStep) = (stepRowCount, beforeEachStep)
    }

    /// Of one file, up to what is committed as it begins.
    ///
    /// - Parameters:
    ///   - clients: nil for all.
    ///   - cancellation: asked after each step; what was counted until then stays so.
    func usage(of file: HotFile, _ clients: [ClientID]?, _ days: ClosedRange<Int32>, _ cancellation: Cancellation?) throws -> [UsageKey: UsageFigures] {
        let counted = try counted(file, cancellation).usage
        var found: [UsageKey: UsageFigures] = [:]
        func add(_ client: ClientID, _ own: [Int32: UsageFigures]) {
            for (day, figures) in own where days.contains(day) { found[UsageKey(client: client, day: day)] = figures }
        }
        if let clients {
            for client in clients { if let own = counted[client] { add(client, own) } }
        } else {
            for (client, own) in counted { add(client, own) }
        }
        return found
    }

    /// Whose rows a file has.
    func clients(of file: HotFile, _ cancellation: Cancellation?) throws -> Set<ClientID> { Set(try counted(file, cancellation).usage.keys) }

    private func counted(_ file: HotFile, _ cancellation: Cancellation?) throws -> FileCount {
        let count = counts.withLock { counts in
            let known = counts[Name(file)] ?? FileCount()
            counts[Name(file)] = known
            return known
        }
        // Once: rows that come meanwhile would keep a reader of a file that is written for ever.
        let newest = file.state.rowCount
        while true {
            beforeEachStep()
            // Before the look at the time: whoever has little of it, and asks again and again, comes to the end as well.
            if try count.step(file, upTo: newest, rowCountMax: stepRowCount) { return count }
            try cancellation?.check()
        }
    }

    /// A file that has left the hot tier.
    func forget(_ file: HotFile) { counts.withLock { $0[Name(file)] = nil } }

    /// Forgets what was counted of all others. One that is wanted still is counted anew.
    func forgetAll(except files: [HotFile]) {
        let names = Set(files.map { Name($0) })
        counts.withLock { counts in counts = counts.filter { names.contains($0.key) } }
    }

    /// Files of which something is held.
    var fileCount: Int { counts.withLock { $0.count } }
}

extension HotFile {
    /// - Returns: of rows behind `row` up to `last`, which are committed, for each client and day; the removal of a document is no receipt.
    fileprivate func usage(after row: Int64, upTo last: Int64) throws -> [(key: UsageKey, figures: UsageFigures)] {
        try pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT client, received_at / 86400000000, count(*), sum(document_bytes) FROM rows
                WHERE id > ?1 AND id <= ?2 AND document_bytes > 0 GROUP BY 1, 2
                """)
            defer { statement.reset() }
            statement.bind(1, row)
            statement.bind(2, last)
            var found: [(key: UsageKey, figures: UsageFigures)] = []
            while try statement.step() {
                var figures = UsageFigures()
                (figures.receipts, figures.bytes) = (statement.int64(2), statement.int64(3))
                let client = ClientID(String(decoding: statement.bytes(0), as: UTF8.self))
                found.append((UsageKey(client: client, day: Int32(clamping: statement.int64(1))), figures))
            }
            return found
        }
    }
}
