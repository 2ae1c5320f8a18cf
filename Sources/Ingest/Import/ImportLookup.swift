import ColumnStore

/// Finds the rows of a batch whose identity the store holds already, in hot files and cold ones.
///
/// The whole batch is asked at once: a hot file is asked row by row where few of its days are meant, else its index of identities is
/// read through; of a cold file only row groups of the batch's days whose bloom filter knows some of its receipts.
///
/// Steps, for each table of the batch:
/// 1. Of every hot file whose days the batch meets, FAILED rows with the batch's very documents; then either each of the batch's rows is looked up in its
///    index, or the index is read through and each entry looked up in the batch, whichever is less.
/// 2. Of the cold table's files those whose days meet the batch's; of their row groups those with rows of the batch within their days.
/// 3. Of each such row group the bloom filter is asked for each of these rows' receipt ids; where it knows some, the column of ids is read, and the rest of
///    the identity of the rows that are wanted.
///
/// It is asked on the writer's thread: nothing is stored between the answer and the batch's commit.
struct ImportLookup {
    let batch: ImportBatch
    let snapshot: TierBoundary.Snapshot
    /// By ordinal: the hash of the document that the store has.
    private(set) var found: [Int: ImportMark] = [:]
    private var identity = ImportIdentity()
    /// Ordinals in the order of table and day, made when first needed.
    private var ordered: [UInt32] = []

    /// Looking one identity up costs as much as reading past so many entries of an index.
    private static let findCost = 16

    init(_ batch: ImportBatch, in snapshot: TierBoundary.Snapshot) {
        self.batch = batch
        self.snapshot = snapshot
    }

    /// - Throws: errors of files; `corruptFile` for a row of a cold file that lacks a part of its identity.
    mutating func run() throws {
        for (number, table) in batch.tables.enumerated() {
            let keys = batch.days.keys.filter { ImportOrder.table(ofDayKey: $0) == number }
            for file in snapshot.files { try look(in: file, number, table, keys) }
            if let cold = snapshot.cold[table] { try look(in: cold, number, keys) }
        }
    }

    // MARK: Hot

    // Reading through the index costs its length, looking up so many times the batch's rows: whichever is less.
    private mutating func look(in file: HotFile, _ number: Int, _ table: String, _ keys: [UInt64]) throws {
        let state = file.state
        let shared = keys.filter { state.days.contains(ImportOrder.day(ofDayKey: $0)) }
        guard !shared.isEmpty else { return }
        if file.hasFailed { try lookForRepeatsOfFailed(in: file, table) }
        let rowCount = shared.reduce(0) { $0 + (batch.days[$1]?.rowCount ?? 0) }
        if rowCount * Self.findCost < state.rowCount {
            var hits: [(Int, ImportMark)] = []
            try batch.forEachRecord(ofDays: Set(shared)) { record in
                let identity = ReceiptIdentity(
                    table: table, client: batch.clients[record.client], receipt: Array(record.receipt), businessDay: record.businessDay)
                if let receipt = try file.find(identity, isOneOfMany: true) { hits.append((record.ordinal, ImportMark(receipt.sha256))) }
            }
            for (ordinal, mark) in hits { note(mark, ordinal) }
            return
        }
        let days = Set(shared.map { ImportOrder.day(ofDayKey: $0) })
        var identity = identity
        var hits: [(ordinal: Int, identity: ReceiptIdentity)] = []
        try file.forEachIdentity(of: table) { receipt, client, day in
            guard days.contains(day) else { return }
            let mark = identity.mark(table: table, client: client, receipt: receipt, day: day)
            guard let ordinal = batch.ordinal(of: mark) else { return }
            hits.append((ordinal, ReceiptIdentity(table: table, client: Array(client), receipt: Array(receipt), businessDay: day)))
        }
        for hit in hits { if let receipt = try file.find(hit.identity, isOneOfMany: true) { note(ImportMark(receipt.sha256), hit.ordinal) } }
    }

    /// The store has a document under the identity of a row: the row's own one counts before any other.
    private mutating func note(_ mark: ImportMark, _ ordinal: Int) {
        if let other = found[ordinal], other == batch.rows[ordinal].document { return }
        found[ordinal] = mark
    }

    /// A FAILED receipt does not hold its identity, but its own document is a repeat all the same.
    private mutating func lookForRepeatsOfFailed(in file: HotFile, _ table: String) throws {
        var identity = identity
        var hits: [(Int, ImportMark)] = []
        try file.forEachFailed(of: table) { receipt, client, day, sha256 in
            let mark = identity.mark(table: table, client: client, receipt: receipt, day: day)
            let document = ImportMark(sha256)
            if let ordinal = batch.ordinal(of: mark), batch.rows[ordinal].document == document { hits.append((ordinal, document)) }
        }
        for (ordinal, mark) in hits { note(mark, ordinal) }
    }

    // MARK: Cold

    private static let columns: [ColumnPath] = ["receipt_id", "client_id", "business_day", "state", "document_sha256"]

    private mutating func look(in cold: ColdTable, _ number: Int, _ keys: [UInt64]) throws {
        guard let first = keys.min(), let last = keys.max() else { return }
        let bounds = ColumnFilter("business_day", Self.days(first, last))
        for file in try cold.iceberg.files([bounds]) {
            // A file without bounds may have any day of the batch.
            let days = cold.days(of: file) ?? ImportOrder.day(ofDayKey: first)...ImportOrder.day(ofDayKey: last)
            if rows(number, days).isEmpty { continue }
            try look(in: try cold.open(file), cold, number, days)
        }
    }

    private static func days(_ first: UInt64, _ last: UInt64) -> ColumnFilter.Test {
        func bound(_ key: UInt64) -> ColumnFilter.Bound { .init(.integer(Int64(ImportOrder.day(ofDayKey: key))), isInclusive: true) }
        return .range(lower: bound(first), upper: bound(last))
    }

    /// The batch's rows of a table and some days.
    private mutating func rows(_ table: Int, _ days: ClosedRange<Int32>) -> ArraySlice<UInt32> {
        if ordered.isEmpty { ordered = Self.ordered(batch) }
        let low = ImportOrder.dayKey(table: table, day: days.lowerBound)
        let high = ImportOrder.dayKey(table: table, day: days.upperBound)
        let start = ordered.partitioningIndex { batch.rows[Int($0)].dayKey >= low }
        let end = ordered.partitioningIndex { batch.rows[Int($0)].dayKey > high }
        return ordered[start..<end]
    }

    /// By counting: the days are few.
    ///
    /// - Complexity: O(rows + days × log days), where a sort would compare rows.
    private static func ordered(_ batch: ImportBatch) -> [UInt32] {
        var places: [UInt64: Int] = [:]
        var next = 0
        for key in batch.days.keys.sorted() {
            places[key] = next
            next += batch.days[key]?.rowCount ?? 0
        }
        var ordered = [UInt32](repeating: 0, count: next)
        for (ordinal, row) in batch.rows.enumerated() {
            let place = places[row.dayKey, default: 0]
            ordered[place] = UInt32(ordinal)
            places[row.dayKey] = place + 1
        }
        return ordered
    }

    private mutating func look(in file: ParquetFile, _ cold: ColdTable, _ number: Int, _ days: ClosedRange<Int32>) throws {
        let scan = try file.scan(ParquetScanRequest(projection: Self.columns, schema: cold.iceberg.schema))
        for rowGroup in scan.rowGroups {
            let range = try file.bounds(of: "business_day", rowGroup: rowGroup)
            var groupDays = days
            if case (.integer(let low)?, .integer(let high)?)? = range { groupDays = Int32(clamping: low)...Int32(clamping: max(low, high)) }
            let candidates = rows(number, groupDays)
            guard !candidates.isEmpty else { continue }
            // Hashes and not ordinals: what is read next is compared with them alone. Two ids of one hash are both read, and told apart by their marks.
            var wanted: Set<UInt64> = []
            if let filter = try file.bloomFilter(of: "receipt_id", rowGroup: rowGroup) {
                for ordinal in candidates {
                    let hash = batch.rows[Int(ordinal)].receiptHash
                    if filter.mayContain(hash) { wanted.insert(hash) }
                }
            } else {
                for ordinal in candidates { wanted.insert(batch.rows[Int(ordinal)].receiptHash) }
            }
            guard !wanted.isEmpty else { continue }
            try compare(file, cold, rowGroup, wanted, batch.tables[number])
        }
    }

    /// Reads the ids of a row group, and of those that are wanted the rest of the identity.
    private mutating func compare(
        _ file: ParquetFile, _ cold: ColdTable, _ rowGroup: Int, _ wanted: Set<UInt64>, _ table: String
    ) throws {
        let residual = ParquetScanRequest.Residual(columns: ["receipt_id"]) { batch in
            let column = batch.columns[0].flattened()
            guard case .bytes(let receipts) = column.values else { return Bitmap(repeating: true, count: batch.rowCount) }
            var words = [UInt64](repeating: 0, count: (batch.rowCount + 63) / 64)
            receipts.bytes.withUnsafeBytes { bytes in
                for row in 0..<batch.rowCount
                where wanted.contains(XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[receipts.range(at: row)]))) {
                    words[row >> 6] |= 1 << UInt64(row & 63)
                }
            }
            return Bitmap(words: words, count: batch.rowCount)
        }
        let scan = try file.scan(
            ParquetScanRequest(projection: Self.columns, schema: cold.iceberg.schema, residual: residual))
        let reader = try scan.reader(rowGroup: rowGroup)
        let failed = Array(ReceiptState.failed.rawValue.utf8)
        while let rows = try reader.next() {
            for row in 0..<rows.rowCount {
                guard case .bytes(let receipt) = rows.columns[0].value(at: row), case .bytes(let client) = rows.columns[1].value(at: row),
                    case .integer(let day) = rows.columns[2].value(at: row), case .bytes(let state) = rows.columns[3].value(at: row),
                    case .bytes(let hash) = rows.columns[4].value(at: row), hash.count == SHA256.byteCount
                else { throw ColumnStoreError(.corruptFile, path: file.path, "a row lacks a part of its identity") }
                // The row's whole identity, as the batch's own rows were marked: a receipt id may be another client's, or another day's.
                let mark = client.withUnsafeBytes { client in
                    receipt.withUnsafeBytes { identity.mark(table: table, client: client, receipt: $0, day: Int32(clamping: day)) }
                }
                guard let ordinal = batch.ordinal(of: mark) else { continue }
                let document = ImportMark(hash)
                if state != failed || document == batch.rows[ordinal].document { note(document, ordinal) }
            }
        }
    }
}

extension HotFile {
    /// Hands out every identity that a row of the table holds, from the index alone. The bytes are valid within the call.
    func forEachIdentity(
        of table: String, _ body: (_ receipt: UnsafeRawBufferPointer, _ client: UnsafeRawBufferPointer, _ day: Int32) throws -> Void
    ) throws {
        try pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT r.receipt, r.client, r.business_day FROM rows r INDEXED BY rows_identity
                WHERE r.state <> 2 AND r.table_id > 0 AND r.table_id = (SELECT id FROM tables WHERE name = ?1)
                """)
            defer { statement.reset() }
            try statement.bind(1, table)
            while try statement.step() {
                try statement.withBytes(0) { receipt in
                    try statement.withBytes(1) { client in try body(receipt, client, Int32(clamping: statement.int64(2))) }
                }
            }
        }
    }
    /// Hands out every FAILED row of the table. The bytes are valid within the call.
    func forEachFailed(
        of table: String,
        _ body: (_ receipt: UnsafeRawBufferPointer, _ client: UnsafeRawBufferPointer, _ day: Int32, _ sha256: [UInt8]) throws -> Void
    ) throws {
        try pool.withConnection { connection in
            let statement = try connection.statement("""
                SELECT r.receipt, r.client, r.business_day, r.sha256 FROM rows r INDEXED BY rows_failed
                WHERE r.state = 2 AND r.table_id = (SELECT id FROM tables WHERE name = ?1)
                """)
            defer { statement.reset() }
            try statement.bind(1, table)
            while try statement.step() {
                try statement.withBytes(0) { receipt in
                    try statement.withBytes(1) { client in try body(receipt, client, Int32(clamping: statement.int64(2)), statement.bytes(3)) }
                }
            }
        }
    }
}
