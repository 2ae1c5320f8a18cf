import ColumnStore
import Documents
import Query

/// Finding single receipts in cold tables: by day bounds, bloom filters and page indexes, as their files' reader does it.
///
/// Called by intake, which has a few seconds for it, and by readers, who have as long as they like.
enum ColdLookup {
    /// Read by their places in `receipt(_:_:table:)`.
    static let columns: [ColumnPath] = [
        "ticket_id", "sequence", "client_id", "receipt_id", "business_day", "type", "state", "received_at", "completed_at",
        "document_sha256",
    ]

    /// The receipt that holds an identity; FAILED ones do not.
    ///
    /// - Complexity: a look into each file of the day whose bounds and filters do not rule the receipt out.
    static func find(_ identity: ReceiptIdentity, in snapshot: TierBoundary.Snapshot) throws -> StoredReceipt? {
        try receipts(under: identity, snapshot).first { $0.summary.state != .failed }
    }

    /// All that came under an identity, FAILED ones too.
    static func receipts(under identity: ReceiptIdentity, _ snapshot: TierBoundary.Snapshot) throws -> [StoredReceipt] {
        try receipts(
            identity.table, snapshot,
            [
                ColumnFilter("business_day", .equal(.integer(Int64(identity.businessDay)))),
                ColumnFilter("receipt_id", .equal(.bytes(identity.receipt))), ColumnFilter("client_id", .equal(.bytes(identity.client))),
            ])
    }

    /// What a document meets in cold: the receipt of the same document, FAILED or not, else the one that holds its identity.
    ///
    /// - Throws: `SilentColdTable` after three seconds without an answer of the storage, `DamagedColdFile` for a file that may have the receipt
    ///   and cannot be read.
    static func findEarlier(
        _ identity: ReceiptIdentity, document sha256: [UInt8], in snapshot: TierBoundary.Snapshot
    ) throws -> StoredReceipt? {
        try WaitScope.run(.within(milliseconds: patienceMilliseconds)) { StoredReceipt.choose(try receipts(under: identity, snapshot), for: sha256) }
    }

    /// Others wait for the thread that takes a receipt: a storage that does not answer by then has no say in it.
    private static let patienceMilliseconds: UInt64 = 3_000

    /// So many identities are looked up one by one, by their bloom filters; more in one pass over the files of their days.
    private static let singleCountMax = 4

    /// As `findEarlier`, for several documents.
    ///
    /// In one pass receipts of the same id on other days come along, or of others of these clients, and are left out by their identities.
    ///
    /// - Returns: one for each document, in order; nil where cold has nothing that it meets.
    static func findEarlier(
        _ documents: [(identity: ReceiptIdentity, sha256: [UInt8])], in snapshot: TierBoundary.Snapshot
    ) throws -> [StoredReceipt?] {
        guard documents.count > singleCountMax else {
            return try documents.map { try findEarlier($0.identity, document: $0.sha256, in: snapshot) }
        }
        var found: [ReceiptIdentity: [StoredReceipt]] = [:]
        for (table, group) in Dictionary(grouping: documents.map(\.identity), by: \.table) where snapshot.cold[table] != nil {
            for receipt in try WaitScope.run(.within(milliseconds: patienceMilliseconds), { try receipts(table, snapshot, filters(of: group)) }) {
                found[receipt.identity, default: []].append(receipt)
            }
        }
        return documents.map { StoredReceipt.choose(found[$0.identity] ?? [], for: $0.sha256) }
    }

    /// All rows that have one of these identities, and some others. Without the clients, ids that begin anew each day would bring those of every client.
    static func filters(of identities: [ReceiptIdentity]) -> [ColumnFilter] {
        [
            ColumnFilter("business_day", .oneOf(Set(identities.map(\.businessDay)).sorted().map { .integer(Int64($0)) })),
            ColumnFilter("receipt_id", .oneOf(Set(identities.map(\.receipt)).map { .bytes($0) })),
            ColumnFilter("client_id", .oneOf(Set(identities.map(\.client)).map { .bytes($0) })),
        ]
    }

    /// A receipt and what has happened to it, in one reading; its history is empty where the row has none.
    ///
    /// Bounds of tickets rule out all files but those of the time in which it was given.
    static func find(ticket: ULID, table: String, in snapshot: TierBoundary.Snapshot) throws -> (receipt: StoredReceipt, history: ReceiptHistory)? {
        guard let cold = snapshot.cold[table] else { return nil }
        var found: (receipt: StoredReceipt, history: ReceiptHistory)?
        try cold.forEachRow(columns + ["history"], [ColumnFilter("ticket_id", .equal(.bytes(ticket.text)))]) { batch, row, _ in
            guard found == nil else { return }
            var history = ReceiptHistory()
            if case .bytes(let text) = batch.columns[columns.count].value(at: row) { history = try ReceiptHistory(text: String(decoding: text, as: UTF8.self)) }
            found = (try receipt(batch, row, table: table), history)
        }
        return found
    }

    /// Rows that pass, with as much of each as tells it from others of its id: its cells are read by `ColdTable.row(at:)`, without a second look for it.
    ///
    /// - Parameter body: called with each; what it throws ends the look.
    static func forEachRow(
        _ table: String, _ snapshot: TierBoundary.Snapshot, _ filters: [ColumnFilter], _ body: (ColdTable.Place, IdentifiedRow) throws -> Void
    ) throws {
        guard let cold = snapshot.cold[table] else { return }
        try cold.forEachRow(["client_id", "business_day", "state", "sequence"], filters) { batch, row, place in
            guard case .bytes(let client) = batch.columns[0].value(at: row), case .integer(let day) = batch.columns[1].value(at: row),
                case .bytes(let name) = batch.columns[2].value(at: row), let state = ReceiptState(rawValue: String(decoding: name, as: UTF8.self)),
                case .integer(let sequence) = batch.columns[3].value(at: row)
            else { throw ColumnStoreError(.corruptFile, "a row of \(table) lacks a client, a day, a state or a sequence") }
            try body(place, IdentifiedRow(client: client, businessDay: Int32(clamping: day), state: state, sequence: sequence))
        }
    }

    static func receipts(
        _ table: String, _ snapshot: TierBoundary.Snapshot, _ filters: [ColumnFilter]
    ) throws -> [StoredReceipt] {
        guard let cold = snapshot.cold[table] else { return [] }
        var found: [StoredReceipt] = []
        try cold.forEachRow(columns, filters) { batch, row, _ in found.append(try receipt(batch, row, table: table)) }
        return found
    }

    /// A removal has no document, and the hash of none.
    private static func hash(_ value: Value, _ table: String) -> [UInt8]? {
        if case .bytes(let hash) = value { return hash }
        return TableName.kind(of: table).hasRemovals ? VersionColumns.removalHash : nil
    }

    /// A row of `columns`.
    ///
    /// - Throws: `.corruptFile` for a row without what every row has.
    static func receipt(_ batch: ColumnBatch, _ row: Int, table: String) throws -> StoredReceipt {
        func text(_ index: Int) -> String {
            if case .bytes(let bytes) = batch.columns[index].value(at: row) { String(decoding: bytes, as: UTF8.self) } else { "" }
        }
        func integer(_ index: Int) -> Int64? {
            if case .integer(let value) = batch.columns[index].value(at: row) { value } else { nil }
        }
        guard let state = ReceiptState(rawValue: text(6)), let sequence = integer(1), let day = integer(4), let received = integer(7),
            let hash = hash(batch.columns[9].value(at: row), table)
        else { throw ColumnStoreError(.corruptFile, "a row of \(table) lacks a state, a sequence, a day or a hash") }
        let summary = ReceiptSummary(
            ticketID: text(0), clientID: text(2), receiptID: text(3), type: text(5), businessDay: Int32(clamping: day), state: state,
            sequence: sequence)
        return StoredReceipt(summary: summary, table: table, sha256: hash, receivedAt: received, completedAt: integer(8))
    }
}

/// What tells rows of one id from each other.
struct IdentifiedRow: Sendable {
    let client: [UInt8]
    let businessDay: Int32
    let state: ReceiptState
    let sequence: Int64
}

extension ColdTable {
    /// Where a row lies: good for as long as the version of the table is held that it was found in.
    struct Place: Sendable {
        let file: DataFile
        let rowGroup: Int
        /// Within the row group.
        let row: Int
    }

    /// All cells of one row.
    ///
    /// - Parameters:
    ///   - projection: columns of `schema`; those that the file lacks are NULL.
    ///   - schema: the table's, with columns that types have added since.
    ///   - room: asked before pages are read and inflated, of which no column says how long their documents are.
    /// - Throws: `DamagedColdFile` where the file cannot be read.
    func row(at place: Place, projection: [ColumnPath], schema: Schema, room: ReadingRoom? = nil) throws -> ColumnBatch? {
        var request = ScanRequest(projection: projection)
        request.room = room
        let plan = try ColdScanPlan(request, schema: schema, cold: iceberg.schema)
        let location = place.file.location
        let scan = try reading(location) { try plan.scan(open(place.file)) }
        let batch = try reading(location, rowGroup: place.rowGroup) { try scan.reader(rowGroup: place.rowGroup, rows: place.row..<place.row + 1).next() }
        return batch.map { plan.conform($0, scan) }
    }

    /// Some columns of the rows that pass.
    ///
    /// On the caller's thread, a file after the other.
    ///
    /// - Throws: `DamagedColdFile` where a file that may have such rows cannot be read.
    fileprivate func forEachRow(_ columns: [ColumnPath], _ filters: [ColumnFilter], _ body: (ColumnBatch, _ row: Int, Place) throws -> Void) throws {
        for file in try files(filters) {
            let scan = try reading(file.location) {
                try open(file).scan(ParquetScanRequest(projection: columns, schema: iceberg.schema, filters: filters))
            }
            for rowGroup in scan.rowGroups {
                let reader = try reading(file.location, rowGroup: rowGroup) { try scan.reader(rowGroup: rowGroup) }
                while let batch = try reading(file.location, rowGroup: rowGroup, { try reader.next() }) {
                    for row in 0..<batch.rowCount { try body(batch, row, Place(file: file, rowGroup: rowGroup, row: reader.rowNumber(of: row))) }
                }
            }
        }
    }
}
