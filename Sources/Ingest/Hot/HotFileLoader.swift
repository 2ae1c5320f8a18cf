import ColumnStore
import Documents
import Synchronization

/// Rebuilds a file's tails after a restart: flushed groups by their bounds, the rest from the rows' encoded values, or from the
/// documents where those give them again.
///
/// 1. Names of tables and kinds, so that each row's layout is known.
/// 2. Groups that readers go by: their bounds alone, none is opened.
/// 3. Rows behind `laid_down`, in the order of their ids, but those that a group of their table holds.
/// 4. Rows that were written anew, apart (`repairs`).
struct HotFileLoader {
    let connection: SQLiteConnection
    let file: HotFile

    /// What `HotFile.load` takes over.
    struct Loaded {
        var tails: [String: ColumnTail] = [:]
        /// Ascending by row.
        var damage: [DamagedDocument] = []
    }

    /// - Parameter known: what was found damaged at earlier starts. Rows whose columns are in groups stay so; the others are looked at again.
    func load(known: [DamagedDocument]) throws -> Loaded {
        let tables = try tableNames()
        let kinds = try kinds(tables)
        for kind in kinds.values { file.tables.add(kind.fields, to: kind.table) }
        var groups = try groups(tables)
        var loaded = Loaded()
        var tails: [String: ColumnTail] = [:]
        // By table, the last row that is in a group.
        var flushed: [String: Int64] = [:]
        for table in tables.values {
            let own = groups.removeValue(forKey: table) ?? []
            flushed[table] = own.map(\.bounds.lastRow).max() ?? 0
            tails[table] = ColumnTail(table: table, tables: file.tables, groups: own)
        }
        let knownRows = Set(known.map(\.row))
        var seen: Set<Int64> = []
        loaded.damage = try readPending(kinds, flushed: flushed) { row in
            if knownRows.contains(row.row) { seen.insert(row.row) }
            guard let tail = tails[row.kind.table] else { return }
            // Laid into columns at once, in steps: nothing but columns stays in memory.
            if tail.append([row]) { try tail.drain() }
        }
        for tail in tails.values { try tail.drain() }
        loaded.tails = tails
        // Rows that were read again stand in `damage` if they are damaged still; of the others it is known from earlier.
        loaded.damage += known.filter { !seen.contains($0.row) }
        loaded.damage.sort { $0.row < $1.row }
        return loaded
    }

    private func tableNames() throws -> [Int64: String] {
        let statement = try connection.statement("SELECT id, name FROM tables")
        var names: [Int64: String] = [:]
        while try statement.step() { names[statement.int64(0)] = statement.text(1) }
        return names
    }

    /// By `kinds.id`. A new object for each: rows of a type's version before a restart and after it have two kinds that say the same.
    private func kinds(_ tables: [Int64: String]) throws -> [Int64: RowFormat] {
        let statement = try connection.statement("SELECT id, table_id, type, version, content_type, columns FROM kinds")
        var kinds: [Int64: RowFormat] = [:]
        while try statement.step() {
            guard let table = tables[statement.int64(1)], let fields = SchemaEncoding.fields(statement.text(5)) else {
                throw SQLiteError(code: 11, message: "kind \(statement.int64(0)) names no table or no columns", path: file.path)
            }
            kinds[statement.int64(0)] = RowFormat(
                table: table, type: statement.text(2), version: Int32(clamping: statement.int64(3)), contentType: statement.text(4),
                layout: RowLayout(fields: fields))
        }
        return kinds
    }

    /// By table, in the order of their first rows.
    private func groups(_ tables: [Int64: String]) throws -> [String: [HotGroup]] {
        let statement = try connection.statement("""
            SELECT id, table_id, row_count, first_row, last_row, first_sequence, last_sequence, first_day, last_day, first_issued,
                last_issued, columns, byte_count, is_complete
            FROM groups WHERE \(HotGroupStage.isReadable) ORDER BY first_row, id
            """)
        var groups: [String: [HotGroup]] = [:]
        while try statement.step() {
            guard let table = tables[statement.int64(1)], let columns = SchemaEncoding.fields(statement.text(11)) else {
                throw SQLiteError(code: 11, message: "group \(statement.int64(0)) names no table or no columns", path: file.path)
            }
            var bounds = HotBounds()
            bounds.rowCount = statement.count(2)
            (bounds.firstRow, bounds.lastRow) = (statement.int64(3), statement.int64(4))
            (bounds.firstSequence, bounds.lastSequence) = (statement.int64(5), statement.int64(6))
            (bounds.firstDay, bounds.lastDay) = (Int32(clamping: statement.int64(7)), Int32(clamping: statement.int64(8)))
            (bounds.firstIssued, bounds.lastIssued) = (statement.int64(9), statement.int64(10))
            guard bounds.isOrdered else {
                throw SQLiteError(code: 11, message: "group \(statement.int64(0)) has bounds that are none", path: file.path)
            }
            file.tables.add(columns, to: table)
            groups[table, default: []].append(
                HotGroup(id: statement.int64(0), bounds: bounds, typeColumns: columns, byteCount: Int64(statement.count(12)),
                    isReplacement: statement.int64(13) == HotGroupStage.replacing.rawValue))
        }
        return groups
    }

    /// What earlier starts found, ascending by row.
    static func damage(_ connection: SQLiteConnection, _ file: HotFile) throws -> [DamagedDocument] {
        let statement = try connection.statement("SELECT d.id, r.ticket, d.reason FROM damaged d JOIN rows r ON r.id = d.id ORDER BY d.id")
        var damage: [DamagedDocument] = []
        while try statement.step() {
            guard let ticket = ULID(bytes: statement.bytes(1)) else {
                throw SQLiteError(code: 11, message: "row \(statement.int64(0)) has no valid ticket", path: file.path)
            }
            damage.append(DamagedDocument(path: file.path, row: statement.int64(0), ticket: ticket, reason: statement.text(2)))
        }
        return damage
    }

    /// Rows that no complete group holds, behind the last one before which every row is in a group.
    ///
    /// `flushed` passes over rows between `laid_down` and the last group of their table: groups of a table are laid down in order, `laid_down` is
    /// the least over all tables.
    ///
    /// After a kill amid a burst tens of thousands of documents are inflated, hashed and read again: two threads do so, each a range of rows, and
    /// `body` gets them in order.
    ///
    /// - Returns: those of them whose documents are damaged; `body` gets them without values.
    private func readPending(
        _ kinds: [Int64: RowFormat], flushed: [String: Int64], _ body: (TailRow) throws -> Void
    ) throws -> [DamagedDocument] {
        var damage: [DamagedDocument] = []
        let pending = Pending(file: file, kinds: kinds, flushed: flushed, hasRepairs: try hasRepairs)
        let last = try connection.integer("SELECT max(id) FROM rows") ?? 0
        var start = try StoredNumber.checked(
            connection.integer("SELECT value FROM meta WHERE key = 'laid_down'") ?? 0, "the last row before which all are in groups", in: StoredNumber.rows, path: file.path)
        while start < last {
            let middle = min(start + Self.rangeRowCount, last), end = min(middle + Self.rangeRowCount, last)
            let second = Mutex<Result<Pending.Rows, any Error>?>(nil)
            let read = { @Sendable in
                let rows = Result { try pending.file.readingRows { try pending.rows(after: middle, to: end, $0) } }
                second.withLock { $0 = rows }
            }
            let thread = middle < end ? WorkerThread.joinable(name: "loader", read) : nil
            let first = Result { try file.readingRows { try pending.rows(after: start, to: middle, $0) } }
            // Before anything is thrown: the thread reads the file.
            thread?.join()
            if thread == nil, middle < end { read() }
            for part in [first, second.withLock { $0 }].compactMap({ $0 }) {
                let rows = try part.get()
                for row in rows.rows { try body(row) }
                damage += rows.damage
                start = rows.end
                // Of large rows the range was not read to its end: what the other thread read of later ones comes again.
                if rows.isCut { break }
            }
        }
        return damage
    }

    /// So many rows are worth a thread.
    private static let rangeRowCount: Int64 = 4_096
    /// Of their values, held by each thread.
    private static let rangeByteCountMax = 16 << 20

    /// What each thread reads rows by.
    private struct Pending: Sendable {
        let file: HotFile
        let kinds: [Int64: RowFormat]
        /// By table, the last row that is in a group.
        let flushed: [String: Int64]
        let hasRepairs: Bool

        struct Rows: Sendable {
            var rows: [TailRow] = []
            var damage: [DamagedDocument] = []
            /// The last row that was looked at.
            var end: Int64
            /// Whether there are more in the range.
            var isCut = false
        }

        func rows(after start: Int64, to end: Int64, _ connection: SQLiteConnection) throws -> Rows {
            var rows = Rows(end: end)
            var byteCount = 0
            let statement = try connection.statement("""
                SELECT \(HotFileLoader.rowColumns(hasRepairs))
                FROM \(HotFileLoader.rowSource(hasRepairs)) WHERE r.id > ?1 AND r.id <= ?2 ORDER BY r.id
                """)
            defer { statement.reset() }
            statement.bind(1, start)
            statement.bind(2, end)
            while try statement.step() {
                if byteCount >= HotFileLoader.rangeByteCountMax {
                    (rows.end, rows.isCut) = (rows.rows.last?.row ?? start, true)
                    break
                }
                guard let kind = kinds[statement.int64(6)] else {
                    throw SQLiteError(code: 11, message: "row \(statement.int64(0)) has no valid kind", path: file.path)
                }
                guard statement.int64(0) > flushed[kind.table] ?? 0 else { continue }
                defer { byteCount += rows.rows.last?.columns.count ?? 0 }
                do {
                    rows.rows.append(try HotFileLoader.row(statement, kind, file))
                } catch let damaged as DamagedDocument {
                    // A verifier finds the document's fault by itself.
                    if !file.values.isLenient { rows.damage.append(damaged) }
                    // A row without values: `RowLayout` begins with a bit for each column, which is set where a value follows.
                    rows.rows.append(try HotFileLoader.row(statement, kind, file, encoded: [UInt8](repeating: 0, count: (kind.fields.count + 7) / 8)))
                }
            }
            return rows
        }
    }

    /// Whether rows were written anew. A file of an earlier version, as a verifier meets it, has no place for them.
    ///
    /// The join with `repaired` is left out where there are none, which is nearly always.
    var hasRepairs: Bool {
        get throws {
            guard try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'repaired'") != nil else { return false }
            return try connection.integer("SELECT 1 FROM repaired LIMIT 1") != nil
        }
    }

    /// Columns of `rowSource` that make a `TailRow`.
    fileprivate static func rowColumns(_ hasRepairs: Bool) -> String {
        """
        r.id, r.sequence, r.ticket, r.received_at, r.state, r.completed_at, r.kind, r.business_day, r.issued_at, r.client, \
        r.receipt, \(hasRepairs ? "coalesce(f.encoded, p.encoded)" : "p.encoded"), r.coding, r.document_bytes, r.document, r.sha256
        """
    }

    fileprivate static func rowSource(_ hasRepairs: Bool) -> String {
        "rows r LEFT JOIN pending p ON p.id = r.id" + (hasRepairs ? " LEFT JOIN repaired f ON f.id = r.id" : "")
    }

    /// The rows that were written anew.
    ///
    /// - Complexity: O(rows that were repaired): all of them are held in memory, as chunks of bounded size.
    func repairs() throws -> RepairedRows {
        let kinds = try kinds(try tableNames())
        for kind in kinds.values { file.tables.add(kind.fields, to: kind.table) }
        let statement = try connection.statement(
            "SELECT \(Self.rowColumns(true)) FROM \(Self.rowSource(true)) WHERE r.id IN (SELECT id FROM repaired) ORDER BY r.id")
        defer { statement.reset() }
        var ids: [Int64] = []
        var builders: [String: HotChunkBuilder] = [:]
        var chunks: [String: [HotChunk]] = [:]
        while try statement.step() {
            guard let kind = kinds[statement.int64(6)] else { continue }
            let row = try Self.row(statement, kind, file)
            ids.append(row.row)
            try builders[kind.table, default: HotChunkBuilder(typeColumns: file.tables.columns(of: kind.table))].append(row)
            guard builders[kind.table]?.isFull == true, let full = builders.removeValue(forKey: kind.table) else { continue }
            chunks[kind.table, default: []].append(full.chunk())
        }
        for (table, builder) in builders { chunks[table, default: []].append(builder.chunk()) }
        return RepairedRows(ids: ids, chunks: chunks)
    }

    /// The present row of a query of `rowColumns`.
    ///
    /// Columns are named by their places in `rowColumns`; keep the two together.
    ///
    /// - Parameter encoded: its values, where they are known not to be there.
    /// - Throws: `DamagedDocument` when its values cannot be had for that reason.
    fileprivate static func row(_ statement: SQLiteStatement, _ kind: RowFormat, _ file: HotFile, encoded: [UInt8]? = nil) throws -> TailRow {
        guard let ticket = ULID(bytes: statement.bytes(2)), let state = ReceiptState(code: statement.int64(4)) else {
            throw SQLiteError(code: 11, message: "row \(statement.int64(0)) has no valid ticket or state", path: file.path)
        }
        let client = statement.bytes(9)
        let receipt = statement.bytes(10)
        // The kept values, if there are any, else those of the document.
        let encoded = try encoded ?? (statement.isNull(11) ? values(of: statement, kind, ticket, file) : statement.bytes(11))
        return TailRow(
            row: statement.int64(0), sequence: statement.int64(1), ticket: ticket, receivedAt: statement.int64(3), state: state,
            completedAt: statement.optionalInt64(5), kind: kind, businessDay: Int32(clamping: statement.int64(7)),
            issuedAt: statement.int64(8), columns: client + receipt + encoded, clientByteCount: client.count, receiptByteCount: receipt.count)
    }

    private static func values(of statement: SQLiteStatement, _ kind: RowFormat, _ ticket: ULID, _ file: HotFile) throws -> [UInt8] {
        let row = statement.int64(0)
        let document = try file.document(
            statement, .init(row: 0, ticket: 2, coding: 12, byteCount: 13, document: 14, sha256: 15))
        do {
            return try file.values.encoded(document, kind, receivedAt: statement.int64(3))
        } catch {
            if file.values.isLenient { throw DamagedDocument(path: file.path, row: row, ticket: ticket, reason: "\(error)") }
            // The document is as it was: its type is not.
            throw SQLiteError(code: 11, message: "row \(row): its columns cannot be read again: \(error)", path: file.path)
        }
    }

    /// One row by itself, laid into columns from its document or its kept values: what a look-up shows, without decoding a group's
    /// pages of some thousand rows. Nil when neither gives them.
    ///
    /// - Throws: `DamagedDocument`; `SQLiteError` for a row that cannot be laid out.
    static func chunk(row: Int64, table: String, of file: HotFile) throws -> HotChunk? {
        try file.pool.withConnection { connection in
            let isRepaired = file.marks.repaired.contains(row)
            let statement = try connection.statement("""
                SELECT \(rowColumns(isRepaired)), k.type, k.version, k.content_type, k.columns
                FROM \(rowSource(isRepaired)) JOIN kinds k ON k.id = r.kind WHERE r.id = ?1
                """)
            defer { statement.reset() }
            statement.bind(1, row)
            guard try statement.step(), let fields = SchemaEncoding.fields(statement.text(19)) else { return nil }
            let kind = RowFormat(
                table: table, type: statement.text(16), version: Int32(clamping: statement.int64(17)), contentType: statement.text(18),
                layout: RowLayout(fields: fields))
            guard try !statement.isNull(11) || file.values.canRead(kind) else { return nil }
            var builder = HotChunkBuilder(typeColumns: file.tables.columns(of: table))
            try builder.append(try Self.row(statement, kind, file))
            return builder.chunk()
        }
    }

    /// The rows of a group once more, out of what stands beside its image: identities and times in `rows`, values in documents.
    ///
    /// What a damaged image is made anew from. `group.typeColumns` are the columns of the chunks, so that the new image has those of the old one.
    ///
    /// - Throws: `DamagedDocument` for a row whose document is damaged as well; `SQLiteError` where a type's documents do not give their values alone.
    static func chunks(of group: HotGroup, table: String, file: HotFile) throws -> [HotChunk] {
        try file.readingRows { connection in
            let isRepaired = !file.marks.repaired.ids.isEmpty
            let statement = try connection.statement("""
                SELECT \(rowColumns(isRepaired)), k.id, k.type, k.version, k.content_type, k.columns
                FROM \(rowSource(isRepaired)) JOIN kinds k ON k.id = r.kind JOIN tables t ON t.id = k.table_id
                WHERE r.id BETWEEN ?1 AND ?2 AND t.name = ?3 ORDER BY r.id
                """)
            defer { statement.reset() }
            statement.bind(1, group.bounds.firstRow)
            statement.bind(2, group.bounds.lastRow)
            try statement.bind(3, table)
            var kinds: [Int64: RowFormat] = [:]
            // Rows of other tables lie between; the table's name picks the group's own.
            var chunks: [HotChunk] = []
            var builder = HotChunkBuilder(typeColumns: group.typeColumns)
            while try statement.step() {
                let number = statement.int64(16)
                if kinds[number] == nil {
                    guard let fields = SchemaEncoding.fields(statement.text(20)) else {
                        throw SQLiteError(code: 11, message: "kind \(number) names no columns", path: file.path)
                    }
                    kinds[number] = RowFormat(
                        table: table, type: statement.text(17), version: Int32(clamping: statement.int64(18)), contentType: statement.text(19),
                        layout: RowLayout(fields: fields))
                }
                guard let kind = kinds[number] else { continue }
                try builder.append(try row(statement, kind, file))
                guard builder.isFull else { continue }
                chunks.append(builder.chunk())
                builder = HotChunkBuilder(typeColumns: group.typeColumns)
            }
            if builder.rowCount > 0 { chunks.append(builder.chunk()) }
            // An image with fewer rows would lose them silently, so the count is held against the group's.
            guard chunks.reduce(0, { $0 + $1.bounds.rowCount }) == group.bounds.rowCount else {
                throw SQLiteError(code: 11, message: "group \(group.id) has other rows than the file", path: file.path)
            }
            return chunks
        }
    }
}
