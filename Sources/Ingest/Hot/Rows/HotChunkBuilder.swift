import ColumnStore
import Documents

/// A row as the tail keeps it until it is laid into columns: everything but the document.
///
/// Made by the writer once the row is inserted, or by the loader; given up when the columns have it.
struct TailRow: Sendable {
    /// The id in the file. Below, instants are microseconds since 1970, the business day is days since 1970.
    let row: Int64
    let sequence: Int64
    let ticket: ULID
    let receivedAt: Int64
    let state: ReceiptState
    let completedAt: Int64?
    let kind: RowFormat
    let businessDay: Int32
    let issuedAt: Int64
    /// client id, receipt id, encoded values: `HotRow.columns`.
    let columns: [UInt8]
    let clientByteCount: Int
    let receiptByteCount: Int

    /// What it takes until it is laid down.
    var byteCount: Int { columns.count + MemoryLayout<TailRow>.stride }
}

/// Lays rows of one table into columns, up to a chunk's size (`isFull`).
///
/// A value that `ColumnTail` owns, under its lock. Invariant: every array of a row's columns has `rowCount` entries; codes point into
/// `clientEntries` and `kinds`.
struct HotChunkBuilder {
    let typeColumns: [Field]
    private(set) var bounds = HotBounds()

    // Clients and kinds repeat from row to row: a chunk has each once, and a code for each row, as a Parquet dictionary has.
    private var clients: [[UInt8]: UInt32] = [:]
    private var clientEntries = ByteArrays()
    private var clientCodes: [UInt32] = []
    private var receipts = ByteArrays()
    private var days: [Int32] = []
    private var issued: [Int64] = []
    private var kindCodes: [UInt32] = []
    private var kinds: [RowFormat] = []
    /// For each of `kinds`, where its columns go.
    private var placings: [FormatPlacing] = []
    private var received: [Int64] = []
    private var stateCodes: [UInt32] = []
    private var completed = ColumnBuilder(type: .timestampTZ)
    private var tickets = ByteArrays()
    private var sequences: [Int64] = []
    private var rows: [Int64] = []
    private var builders: [ColumnBuilder]
    /// What all of it took when that was last looked at.
    private var measuredByteCount = 0
    /// Of the rows that came since, as they came.
    private var unmeasuredByteCount = 0

    /// Columns may take far more than their rows did: an absent value is a bit there. They are looked at again after so many bytes of rows: each few dozen of usual ones.
    private static let measureByteCount = 16 << 10
    /// What a row takes in the standard columns, beside its texts.
    private static let rowByteCount = 72

    init(typeColumns: [Field]) {
        self.typeColumns = typeColumns
        builders = typeColumns.map { ColumnBuilder(type: $0.type) }
    }

    var rowCount: Int { rows.count }
    /// About what the rows take as columns.
    var byteCount: Int { measuredByteCount + unmeasuredByteCount }
    /// Whether the next row begins another chunk: columns of long texts end by their bytes, long before they have a batch's rows.
    var isFull: Bool { rowCount >= ColumnTail.chunkRowCount || byteCount >= ColumnTail.chunkByteCountMax }

    /// - Throws: `RowError` for bytes that are no row of the kind.
    /// - Precondition: the kind's columns are among `typeColumns`.
    mutating func append(_ row: TailRow) throws {
        let kind = code(of: row.kind)
        try row.columns.withUnsafeBytes { bytes in
            let receiptEnd = row.clientByteCount + row.receiptByteCount
            let values = UnsafeRawBufferPointer(rebasing: bytes[receiptEnd...])
            try placings[kind].append(values, row.kind.layout, to: &builders)
            appendClient(UnsafeRawBufferPointer(rebasing: bytes[..<row.clientByteCount]))
            receipts.append(UnsafeRawBufferPointer(rebasing: bytes[row.clientByteCount..<receiptEnd]))
        }
        days.append(row.businessDay)
        issued.append(row.issuedAt)
        kindCodes.append(UInt32(kind))
        received.append(row.receivedAt)
        stateCodes.append(UInt32(row.state.code))
        if let completedAt = row.completedAt { completed.append(integer: completedAt) } else { completed.appendNull() }
        row.ticket.appendText(to: &tickets.bytes)
        tickets.offsets.append(Int32(tickets.bytes.count))
        sequences.append(row.sequence)
        rows.append(row.row)
        bounds.add(row: row.row, sequence: row.sequence, day: row.businessDay, issuedAt: row.issuedAt)
        unmeasuredByteCount += row.byteCount
        if unmeasuredByteCount >= Self.measureByteCount { (measuredByteCount, unmeasuredByteCount) = (measured(), 0) }
    }

    /// - Complexity: O(columns).
    private func measured() -> Int {
        var byteCount = rows.count * Self.rowByteCount + receipts.bytes.count + tickets.bytes.count + clientEntries.bytes.count
        for index in builders.indices { byteCount += builders[index].byteCount }
        return byteCount
    }

    /// - Complexity: O(bytes of the id), on average.
    private mutating func appendClient(_ client: UnsafeRawBufferPointer) {
        // Receipts of one client come together, as a batch of his: those behind the first need no look-up.
        if let last = clientCodes.last, isClient(last, client) { return clientCodes.append(last) }
        let key = Array(client)
        if let code = clients[key] { return clientCodes.append(code) }
        let code = UInt32(clientEntries.count)
        clients[key] = code
        clientEntries.append(key)
        clientCodes.append(code)
    }

    private func isClient(_ code: UInt32, _ client: UnsafeRawBufferPointer) -> Bool {
        clientEntries.bytes.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[clientEntries.range(at: Int(code))]).elementsEqual(client) }
    }

    private mutating func code(of kind: RowFormat) -> Int {
        // Most rows are of the kind of the row before them; kinds of one table are few, so the rest is a search by address.
        if let last = kindCodes.last, kinds[Int(last)] === kind { return Int(last) }
        if let known = kinds.firstIndex(where: { $0 === kind }) { return known }
        kinds.append(kind)
        placings.append(FormatPlacing(kind, among: typeColumns))
        return kinds.count - 1
    }

    /// The rows so far. The builder goes on: what it gives out is copied when it grows.
    func chunk() -> HotChunk {
        let count = rows.count
        func bytes(_ arrays: ByteArrays, _ type: ColumnType) -> Column { Column(type: type, count: count, values: .bytes(arrays)) }
        func coded(_ codes: [UInt32], _ entries: Column) -> Column {
            Column(type: entries.type, count: count, values: .dictionary(codes: codes, DictionaryValues(values: entries)))
        }
        func texts(_ texts: [[UInt8]]) -> Column {
            var arrays = ByteArrays()
            for text in texts { arrays.append(text) }
            return Column(type: .string, count: texts.count, values: .bytes(arrays))
        }
        var completed = completed
        // In the order of `StandardColumns.columnar`, then the row's id: `HotChunk.rowIDIndex` and its like count on it.
        var columns: [Column] = [
            coded(clientCodes, Column(type: .string, count: clientEntries.count, values: .bytes(clientEntries))),
            bytes(receipts, .string),
            Column(type: .date, count: count, values: .int32(days)),
            Column(type: .timestampTZ, count: count, values: .int64(issued)),
            coded(kindCodes, texts(kinds.map { Array($0.type.utf8) })),
            coded(kindCodes, Column(type: .int32, count: kinds.count, values: .int32(kinds.map(\.version)))),
            Column(type: .timestampTZ, count: count, values: .int64(received)),
            coded(stateCodes, texts(ReceiptState.allTexts)),
            completed.finish(),
            bytes(tickets, .string),
            Column(type: .int64, count: count, values: .int64(sequences)),
            coded(kindCodes, texts(kinds.map { Array($0.contentType.utf8) })),
            Column(type: .int64, count: count, values: .int64(rows)),
        ]
        for builder in builders {
            var copy = builder
            columns.append(copy.finish())
        }
        return HotChunk(typeColumns: typeColumns, batch: ColumnBatch(rowCount: count, columns: columns), bounds: bounds, byteCount: measured())
    }
}
