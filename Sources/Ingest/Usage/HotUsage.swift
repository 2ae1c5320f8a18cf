import Synchronization

/// Receipts and bytes of the rows of hot files, by client and day of receipt: counted out of the rows themselves, so that none is lost or counted twice.
///
/// Rows only come: each file is read once, and then only what came since.
final class HotUsage: Sendable {
    private struct Counted {
        /// Rows up to this id are counted.
        var lastRow: Int64 = 0
        var usage: [UsageKey: UsageFigures] = [:]
    }
    /// Of a file: its day, and which of the day's files it is.
    private struct Name: Hashable {
        let day: Int32
        let part: Int
    }

    private let counted = Mutex<[Name: Counted]>([:])

    /// Of one file, up to what is committed.
    ///
    /// The lock is held while its new rows are counted: two who ask at once count none of them twice.
    func usage(of file: HotFile) throws -> [UsageKey: UsageFigures] {
        let name = Name(day: file.day, part: file.part)
        return try counted.withLock { counted in
            var own = counted[name] ?? Counted()
            try file.countUsage(after: own.lastRow) { last, key, figures in
                own.lastRow = max(own.lastRow, last)
                own.usage[key, default: UsageFigures()].add(figures)
            }
            counted[name] = own
            return own.usage
        }
    }

    /// Of files that are there; what was counted of others is forgotten.
    func usage(of files: [HotFile]) throws -> [UsageKey: UsageFigures] {
        var all: [UsageKey: UsageFigures] = [:]
        for file in files { all.merge(try usage(of: file)) { $0.adding($1) } }
        let names = Set(files.map { Name(day: $0.day, part: $0.part) })
        counted.withLock { counted in counted = counted.filter { names.contains($0.key) } }
        return all
    }
}

extension HotFile {
    /// - Parameter body: called for each client and day with the last row that was looked at; the removal of a document is no receipt.
    func countUsage(after row: Int64, _ body: (_ last: Int64, UsageKey, UsageFigures) -> Void) throws {
        try pool.withConnection { connection in
            // Asked first, so that all groups are of the same rows, whatever is committed meanwhile.
            let newest = try connection.integer("SELECT max(id) FROM rows") ?? 0
            guard newest > row else { return }
            let statement = try connection.statement("""
                SELECT client, received_at / 86400000000, count(*), sum(document_bytes) FROM rows
                WHERE id > ?1 AND id <= ?2 AND document_bytes > 0 GROUP BY 1, 2
                """)
            defer { statement.reset() }
            statement.bind(1, row)
            statement.bind(2, newest)
            while try statement.step() {
                var figures = UsageFigures()
                (figures.receipts, figures.bytes) = (statement.int64(2), statement.int64(3))
                let client = ClientID(String(decoding: statement.bytes(0), as: UTF8.self))
                body(newest, UsageKey(client: client, day: Int32(clamping: statement.int64(1))), figures)
            }
        }
    }
}
