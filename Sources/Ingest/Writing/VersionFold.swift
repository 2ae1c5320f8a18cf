import ColumnStore
import Documents

/// Brings the index of versions up to the rows of a store that is opened: all of them where the index is new, else what came since it was
/// last written.
///
/// 1. Rows of cold files with later sequences, or whose states have changed since, then rows of hot files, and changes of their states.
/// 2. For every document of which one came, what supersedes what, from all of its versions.
/// 3. The index notes up to where it knows the rows.
///
/// A table of which a cold file is damaged is left out, and the others go on without it.
struct VersionFold {
    // Written through as it fills. What a new index over years of rows takes in memory is the keys of their documents, and 16 bytes for each row whose file says what came after it.
    let index: VersionIndex
    /// Where rows of cold files lie whose states have changed since they came, by table: bounds of sequences do not tell.
    let lateEnds: [String: [LateEnds]]
    /// Nobody writes by this index. With a table left out, it stays where it was, and who opens it next reads from there again.
    var isReading = false
    /// A content hash of cold rows that are CSV asks for the type's delimiter.
    let delimiter: (_ type: String, _ version: Int32) throws -> UInt8

    /// - Returns: rows that are superseded and do not say so themselves, by table; and what is damaged of tables that were left out.
    func run(_ files: [HotFile], _ cold: [String: ColdTable]) throws -> (superseded: [String: SupersededRows], unread: [String: DamagedColdFile]) {
        var superseded = try index.superseded().mapValues { SupersededRows($0) }
        var touched: Set<VersionKey> = []
        /// Of rows whose files say what came after them, that.
        var settled: [String: [Int64: Int64]] = [:]
        var unread: [String: DamagedColdFile] = [:]
        for (name, table) in cold where TableName.kind(of: name).numbersVersions {
            do { settled[name] = try add(table, &touched) } catch var damaged as DamagedColdFile {
                damaged.isTableLeftOut = true
                unread[name] = damaged
                index.leaveOut(name, damaged, endsFile: !isReading)
            }
        }
        var last = index.openedThrough
        for file in files {
            try file.versions(after: index.openedThrough) { row in
                try add(row.key, row.entry)
                touched.insert(row.key)
            }
            last = max(last, file.state.lastSequence)
        }
        // Sorted, so that the index is read in order.
        for key in touched.sorted() where unread[key.table] == nil { try supersede(key, settled[key.table] ?? [:], &superseded) }
        if unread.isEmpty || !isReading { index.note(VersionIndex.Notes(), through: last) }
        return (superseded, unread)
    }

    private func add(_ key: VersionKey, _ entry: VersionEntry) throws {
        var notes = VersionIndex.Notes()
        notes.entries.append((key, entry))
        index.note(notes, through: 0)
        if index.isFull { try index.flush() }
    }

    /// From all versions of a document, whatever was known before.
    private func supersede(_ key: VersionKey, _ settled: [Int64: Int64], _ superseded: inout [String: SupersededRows]) throws {
        let versions = try index.versions(key)
        let rows = VersionChain.superseded(versions.reversed())
        var notes = VersionIndex.Notes()
        func set(_ row: SupersededRow) {
            let known = superseded[key.table]?[row.sequence]
            // A file says what was so when it was written: a version in between may have been taken up again since.
            guard known != row, known != nil || settled[row.sequence] != row.by else { return }
            superseded[key.table, default: SupersededRows()].set(row)
            notes.superseded.append((key.table, row))
        }
        // What was superseded by the last count and is not any more (its successor FAILED since) is set to nothing.
        let sequences = Set(rows.map(\.sequence))
        for row in rows { set(row) }
        for version in versions where !sequences.contains(version.sequence) && superseded[key.table]?[version.sequence] != nil {
            set(SupersededRow(version.sequence))
        }
        index.note(notes, through: 0)
        if index.isFull { try index.flush() }
    }

    /// Read by their places in `version(_:_:of:)`, and behind them the documents where some are CSV: damage of another document is not in the index's way.
    private static let columns: [ColumnPath] = [
        "client_id", "receipt_id", "version", "sequence", "ticket_id", "received_at", "business_day", "state", "removed", "document_sha256", "type",
        "type_version", "superseded_by", "content_type",
    ]

    /// Adds the versions of a cold table that the index does not have: every one where it is new, none where nothing moved since it was written.
    ///
    /// - Returns: of the rows among them that say what came after them, that, by sequence.
    /// - Throws: `DamagedColdFile`, which is noted.
    private func add(_ table: ColdTable, _ touched: inout Set<VersionKey>) throws -> [Int64: Int64] {
        var settled: [Int64: Int64] = [:]
        let later = ColumnFilter("sequence", .range(lower: .init(.integer(index.openedThrough), isInclusive: false), upper: nil))
        let ended = (lateEnds[table.name] ?? []).filter { $0.events.upperBound > index.openedThrough }.map { ends in
            let (first, last) = (ends.receipts.lowerBound, ends.receipts.upperBound)
            return ColumnFilter("sequence", .range(lower: .init(.integer(first), isInclusive: true), upper: .init(.integer(last), isInclusive: true)))
        }
        let schema = table.iceberg.metadata.currentSchema
        for file in try table.iceberg.files() {
            // Files whose bounds say that nothing in them is later, or has ended later, are not opened.
            guard index.openedThrough == 0 || ([later] + ended).contains(where: { file.canMatch([$0], schema: schema) }) else { continue }
            do { try add(file, of: table, &touched, &settled) } catch let error as ColumnStoreError where ColdTable.isDamage(error) {
                let damaged = DamagedColdFile(table: table.name, location: file.location, rowGroup: nil, reason: "\(error)")
                table.letGo(of: file.location)
                table.damage.note(damaged)
                throw damaged
            }
        }
        return settled
    }

    private func add(_ file: DataFile, of table: ColdTable, _ touched: inout Set<VersionKey>, _ settled: inout [Int64: Int64]) throws {
        let parquet = try table.open(file)
        func scan(_ columns: [ColumnPath]) throws -> ParquetScan { try parquet.scan(ParquetScanRequest(projection: columns, schema: table.iceberg.schema)) }
        let (plain, formats) = (try scan(Self.columns), try scan(["content_type"]))
        for rowGroup in plain.rowGroups {
            let reader = try (hasCSV(formats, rowGroup) ? scan(Self.columns + ["document"]) : plain).reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount {
                    let (key, entry) = try version(batch, row, of: table.name)
                    try add(key, entry)
                    touched.insert(key)
                    if case .integer(let by) = batch.columns[12].value(at: row) { settled[entry.sequence] = by }
                }
            }
        }
    }

    /// - Parameter formats: of content types alone.
    private func hasCSV(_ formats: ParquetScan, _ rowGroup: Int) throws -> Bool {
        let reader = try formats.reader(rowGroup: rowGroup)
        while let batch = try reader.next() {
            for row in 0..<batch.rowCount { if case .bytes(let type) = batch.columns[0].value(at: row), Self.isCSV(type) { return true } }
        }
        return false
    }

    private static func isCSV(_ contentType: [UInt8]) -> Bool { contentType.starts(with: "text/csv".utf8) }

    /// - Throws: `.corruptFile` for a ticket, a state or a number that none has written.
    private func version(_ batch: ColumnBatch, _ row: Int, of table: String) throws -> (VersionKey, VersionEntry) {
        func bytes(_ column: Int) -> [UInt8] { if case .bytes(let bytes) = batch.columns[column].value(at: row) { bytes } else { [] } }
        func integer(_ column: Int) -> Int64 { if case .integer(let value) = batch.columns[column].value(at: row) { value } else { 0 } }
        func text(_ column: Int) -> String { String(decoding: bytes(column), as: UTF8.self) }
        guard let ticket = ULID(text(4)), let state = ReceiptState(rawValue: text(7)), let number = Int32(exactly: integer(2)), number > 0 else {
            throw ColumnStoreError(.corruptFile, "a row of \(table) lacks a ticket, a state or a version")
        }
        let typeVersion = Int32(clamping: integer(11))
        var content = bytes(9)
        // What a CSV version says is its values, not its bytes, so the hash is of those (`DocumentContent`), and the document is read.
        if Self.isCSV(bytes(13)) {
            guard batch.columns.count > Self.columns.count else { throw ColumnStoreError(.corruptFile, "a row of \(table) is CSV now, and was not before") }
            content = DocumentContent.hash(bytes(14), sha256: content, isCSV: true, delimiter: try delimiter(text(10), typeVersion))
        }
        let isRemoval = batch.columns[8].value(at: row) == .boolean(true)
        return (
            VersionKey(table: table, client: bytes(0), receipt: bytes(1)),
            VersionEntry(
                version: number, sequence: integer(3), ticket: ticket, receivedAt: integer(5), businessDay: Int32(clamping: integer(6)), state: state,
                isRemoval: isRemoval, content: content, type: text(10), typeVersion: typeVersion)
        )
    }
}
