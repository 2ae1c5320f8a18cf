import ColumnStore
import Documents

/// What a hot file tells of versions.
extension HotFile {
    /// A version among a file's rows, as it is now.
    struct VersionRow {
        let key: VersionKey
        let entry: VersionEntry
    }

    /// Versions that came, or whose state changed, after a sequence.
    ///
    /// One that came and changed after it is given twice, the same both times: as it is now.
    ///
    /// - Parameter sequence: exclusive.
    /// - Complexity: O(log rows + versions told); nothing where no table of the file has versions, or nothing came since.
    func versions(after sequence: Int64, _ body: (VersionRow) throws -> Void) throws {
        guard state.lastSequence > sequence, allTails.contains(where: { TableName.kind(of: $0.table).numbersVersions }) else { return }
        try pool.withConnection { connection in
            let columns = """
                r.sequence, r.ticket, t.name, r.client, r.receipt, r.business_day, r.received_at, r.state, v.version, v.removed, v.content, k.type, k.version
                """
            let source = "versions v JOIN rows r ON r.id = v.id JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = r.table_id"
            let came = try connection.statement("SELECT \(columns) FROM \(source) WHERE v.id >= ?1 ORDER BY v.id")
            defer { came.reset() }
            came.bind(1, try Self.firstRow(after: sequence, connection))
            while try came.step() { try body(version(came)) }
            let changed = try connection.statement("SELECT \(columns) FROM events e JOIN \(source) WHERE e.sequence > ?1 AND v.id = e.row")
            defer { changed.reset() }
            changed.bind(1, sequence)
            while try changed.step() { try body(version(changed)) }
        }
    }

    /// The first row of a higher sequence: rows rise with them.
    ///
    /// By bisection over ids, which have no gaps. One beyond the last row where there is none.
    private static func firstRow(after sequence: Int64, _ connection: SQLiteConnection) throws -> Int64 {
        let probe = try connection.statement("SELECT sequence FROM rows WHERE id = ?1")
        defer { probe.reset() }
        var low: Int64 = 1
        var high = try HotFileSchema.rowCount(connection).addingSaturating(1)
        while low < high {
            let middle = low + (high - low) / 2
            probe.reset()
            probe.bind(1, middle)
            guard try probe.step() else { return low }
            if probe.int64(0) <= sequence { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The present row of a query of `columns` above.
    ///
    /// - Throws: SQLITE_CORRUPT (11) for a ticket, state or number that none has written.
    private func version(_ row: SQLiteStatement) throws -> VersionRow {
        guard let ticket = ULID(bytes: row.bytes(1)), let state = ReceiptState(code: row.int64(7)), let number = Int32(exactly: row.int64(8)), number > 0
        else { throw SQLiteError(code: 11, message: "a version of the sequence \(row.int64(0)) has no valid ticket, state or number", path: path) }
        return VersionRow(
            key: VersionKey(table: row.text(2), client: row.bytes(3), receipt: row.bytes(4)),
            entry: VersionEntry(
                version: number, sequence: row.int64(0), ticket: ticket, receivedAt: row.int64(6), businessDay: Int32(clamping: row.int64(5)),
                state: state, isRemoval: row.int64(9) != 0, content: row.bytes(10), type: row.text(11), typeVersion: Int32(clamping: row.int64(12))))
    }
}
