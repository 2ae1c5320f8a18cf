import ColumnStore
import Documents
import Query

/// Rows of a day, counted and summed up so that two forms of the same rows give the same.
///
/// Sums of hashes do not depend on the order: rows come by their ids, columns by pieces.
struct DayTotals: Equatable {
    private(set) var rowCount = 0
    private var digest: UInt64 = 0

    /// In any order.
    ///
    /// - Complexity: O(bytes). Each text has its length behind it, so that neighbours cannot lend each other bytes.
    mutating func add(_ parts: [[UInt8]], _ numbers: [Int64]) {
        var bytes: [UInt8] = []
        for part in parts { bytes += part + [UInt8(truncatingIfNeeded: part.count)] }
        for number in numbers { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        rowCount += 1
        digest &+= bytes.withUnsafeBytes { XXHash64.hash($0) }
    }
}

/// Hot files: rows one after the other, then the columns of the same rows.
extension Verifier {
    func checkHot(_ catalog: Catalog, _ proof: ColumnProof) throws {
        let dictionaries = DocumentDictionaries(known: try catalog.dictionaries()) { _, _ in 0 }
        let tables = TableColumns(try catalog.tableColumns())
        let values = DocumentValues(isLenient: true) { try catalog.typeFile(name: $0, version: Int($1)) }
        for entry in try catalog.hotFiles() where entry.state == .known {
            let file = HotFile(
                directory: directory.hotPath, day: entry.day, part: entry.part, dictionaries: dictionaries, tables: tables,
                values: values)
            checkDatabase(file.path, "hot/\(file.name).sqlite") {
                defer { file.pool.closeIdle() }
                try file.load()
                uniqueness.begin(file.path)
                let totals = try checkRows(file)
                try checkColumns(file, totals, proof)
            }
        }
    }

    /// Reads by one statement, which is one state of the file.
    ///
    /// - Parameter sequence: rows beyond it came while somebody else was reading: not looked at.
    /// - Returns: what the rows say of each table's days.
    ///
    func checkRows(_ file: HotFile, through sequence: Int64 = .max) throws -> [String: [Int32: DayTotals]] {
        var totals: [String: [Int32: DayTotals]] = [:]
        try file.pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT r.id, r.sequence, r.ticket, t.name, r.coding, r.document_bytes, r.sha256, r.document, r.client, r.receipt,
                    r.business_day, r.issued_at, r.received_at, r.state, k.type, k.version
                FROM rows r LEFT JOIN tables t ON t.id = r.table_id LEFT JOIN kinds k ON k.id = r.kind
                WHERE r.sequence <= ?1 ORDER BY r.id
                """)
            defer { statement.reset() }
            statement.bind(1, sequence)
            var previous: (id: Int64, sequence: Int64, ticket: ULID) = (0, 0, ULID(high: 0, low: 0))
            while try statement.step() {
                try checkCancelled()
                let id = statement.int64(0)
                guard let ticket = ULID(bytes: statement.bytes(2)), let state = ReceiptState(code: statement.int64(13)),
                    !statement.isNull(3), !statement.isNull(14)
                else {
                    note(file.path, "row \(id) has no valid ticket, state, table or type")
                    continue
                }
                let sequence = statement.int64(1)
                // Rows have ids without gaps, and sequences and tickets rise with them: a row that was lost, moved or made twice shows.
                if previous.id.addingOrNil(1) != id { note(file.path, "row \(id) follows row \(previous.id)") }
                if sequence <= previous.sequence { note(file.path, "row \(id): its sequence does not rise") }
                if ticket <= previous.ticket { note(file.path, "row \(id): its ticket does not rise") }
                previous = (id, sequence, ticket)
                let (table, client, receipt, day) = (
                    statement.text(3), statement.bytes(8), statement.bytes(9), Int32(clamping: statement.int64(10))
                )
                try uniqueness.insert(sequence: sequence)
                try uniqueness.insert(ticket: ticket)
                if state != .failed, TableName.kind(of: table).uniqueness == .identity { try uniqueness.insert(table: table, client: client, receipt: receipt, day: day) }
                // The same parts in the same order as `checkColumns` has them.
                totals[table, default: [:]][day, default: DayTotals()].add(
                    [client, receipt, ticket.text, shownState(Array(state.rawValue.utf8)), statement.bytes(14)],
                    [sequence, statement.int64(11), statement.int64(12), statement.int64(15)])
                count(rows: 1, in: file.path)
                checkDocument(statement, id, ticket, file)
            }
        }
        return totals
    }

    /// Beside a server states go on while rows and columns are read one after the other.
    private func shownState(_ state: [UInt8]) -> [UInt8] { isOnline ? [] : state }

    /// A document that was brought again counts in its place.
    private func checkDocument(_ statement: SQLiteStatement, _ id: Int64, _ ticket: ULID, _ file: HotFile) {
        report.documentByteCount = report.documentByteCount.addingSaturating(Int64(statement.count(5)))
        do {
            let document = try statement.withBytes(7) {
                try file.dictionaries.inflate(
                    $0, coding: DocumentCoding(rawValue: statement.int64(4)), byteCount: statement.count(5))
            }
            if SHA256.hash(document) == statement.bytes(6) { return }
            if try file.repairedDocument(id, sha256: statement.bytes(6)) == nil { note(file.path, "row \(id), ticket \(ticket): the document does not have its hash") }
        } catch {
            // Written anew elsewhere in the file.
            if (try? file.repairedDocument(id, sha256: statement.bytes(6))) ?? nil != nil { return }
            note(file.path, "row \(id), ticket \(ticket): the document is damaged: \(error)")
        }
    }

    /// The columns of every row can be read, and say of each day what the rows say.
    ///
    /// Read as queries read them: groups, chunks, repaired rows.
    ///
    /// - Parameter limit: rows of higher sequences are not looked at.
    func checkColumns(
        _ file: HotFile, _ totals: [String: [Int32: DayTotals]], _ proof: ColumnProof, through limit: Int64 = .max
    ) throws {
        for tail in file.allTails {
            let table = tail.table
            let schema = StandardColumns.schema(of: table, typeColumns: file.tables.columns(of: table))
            let names = schema.fields.map(\.name)
            func place(_ name: String) -> Int { names.firstIndex(of: name) ?? 0 }
            let texts = ["client_id", "receipt_id", "ticket_id", "state", "type"].map(place)
            let numbers = ["sequence", "issued_at", "received_at", "type_version"].map(place)
            let (day, sequence, state) = (place("business_day"), place("sequence"), place("state"))
            let version = TableName.kind(of: table).uniqueness == .identityAndVersion ? names.firstIndex(of: VersionColumns.version.name) : nil
            let snapshot = TierBoundary.Snapshot(files: [file], sequence: limit)
            let filter = try HotRowFilter(.init(projection: names.map { ColumnPath($0) }), schema: schema)
            var found: [Int32: DayTotals] = [:]
            for piece in try HotTable(table: table, snapshot: snapshot, schema: schema).pieces(filter) {
                let morsel = try HotMorsel(piece, filter: filter, sequence: limit, budget: nil)
                while let batch = try morsel.next() {
                    try checkCancelled()
                    for row in 0..<batch.rowCount {
                        let key = Int32(clamping: batch.columns[day].integer(at: row))
                        found[key, default: DayTotals()].add(
                            texts.map { $0 == state ? shownState(batch.columns[$0].bytes(at: row)) : batch.columns[$0].bytes(at: row) }, numbers.map { batch.columns[$0].integer(at: row) })
                        if let version {
                            try check(version: batch.columns[version].value(at: row), of: table, batch.columns[texts[0]].bytes(at: row), batch.columns[texts[1]].bytes(at: row)) {
                                note(file.path, "the receipt of sequence \(batch.columns[sequence].integer(at: row)): \($0)")
                            }
                        }
                    }
                    try proof.check(batch, schema.fields) { row, fault in
                        note(file.path, "the receipt of sequence \(batch.columns[sequence].integer(at: row)): \(fault)")
                    }
                }
            }
            let expected = totals[table] ?? [:]
            // Days that only one of the two has are among them.
            for day in Set(found.keys).union(expected.keys).sorted() where found[day] != expected[day] {
                let (rows, columns) = (expected[day]?.rowCount ?? 0, found[day]?.rowCount ?? 0)
                note(file.path, "of \(table) on \(DayText.text(day)) there are \(rows) rows and columns of \(columns)"
                    + (rows == columns ? ", which say something else" : ""))
            }
        }
        for (table, days) in totals where file.tail(of: table) == nil {
            note(file.path, "\(days.values.reduce(0) { $0 + $1.rowCount }) rows of \(table) have no columns")
        }
    }
}

extension Column {
    /// The value at a row of a text or binary column; empty for NULL.
    fileprivate func bytes(at row: Int) -> [UInt8] { if case .bytes(let bytes) = value(at: row) { bytes } else { [] } }
    fileprivate func integer(at row: Int) -> Int64 { if case .integer(let value) = value(at: row) { value } else { .min } }
}
