import ColumnStore
import Documents

/// Lays records of one table into batches of its columns.
///
/// Clients, types, versions and content types are codes into dictionaries of the whole import batch, the state and the history are constants: none of them is
/// laid out row by row. The type's own columns come from the record's row of bytes.
struct ImportColumns {
    /// Rows of a batch: few, since their documents are copied more than once on the way and should stay near the processor.
    static let rowCountMax = 2_048

    /// What all rows of a batch have in common.
    struct Shared {
        let kinds: [RowFormat]
        let clients: DictionaryValues
        let types: DictionaryValues
        let versions: DictionaryValues
        let contentTypes: DictionaryValues
        /// Microseconds since 1970: when the rows were received, and complete.
        let now: Int64

        init(kinds: [RowFormat], clients: [[UInt8]], now: Int64) {
            self.kinds = kinds
            self.now = now
            self.clients = Self.texts(clients)
            types = Self.texts(kinds.map { Array($0.type.utf8) })
            versions = DictionaryValues(values: Column(type: .int32, count: kinds.count, values: .int32(kinds.map(\.version))))
            contentTypes = Self.texts(kinds.map { Array($0.contentType.utf8) })
        }

        private static func texts(_ texts: [[UInt8]]) -> DictionaryValues {
            var arrays = ByteArrays()
            for text in texts { arrays.append(text) }
            return DictionaryValues(values: Column(type: .string, count: texts.count, values: .bytes(arrays)))
        }
    }

    private let fields: [Field]
    private let shared: Shared
    /// By kind, made when its first row comes.
    private var placings: [FormatPlacing?]
    private let typeFields: [Field]
    private var builders: [ColumnBuilder]

    private(set) var rowCount = 0
    /// Codes: the batch's numbers of clients and kinds are the places in their dictionaries.
    private var clients: [UInt32] = []
    private var kinds: [UInt32] = []
    private var receipts = ByteArrays()
    private var days: [Int32] = []
    private var issued: [Int64] = []
    private var tickets = ByteArrays()
    private var hashes = ByteArrays()
    private var documents = ByteArrays()
    private let firstSequence: Int64
    /// Rows of the batches that were handed on: their sequences are taken.
    private var appendedCount: Int64 = 0

    /// - Parameters:
    ///   - schema: the cold table's.
    ///   - firstSequence: of the first row; they go on from there.
    init(schema: Schema, shared: Shared, firstSequence: Int64) {
        fields = schema.fields
        self.shared = shared
        self.firstSequence = firstSequence
        typeFields = schema.fields.filter { !StandardColumns.names.contains($0.name) }.map(\.withoutIDs)
        builders = typeFields.map { ColumnBuilder(type: $0.type) }
        placings = shared.kinds.map { _ in nil }
    }

    /// Copies what it needs: the record need not outlive the call.
    mutating func append(_ record: ImportRecord, ticket: ULID) throws {
        let kind = record.kind
        let placing = placings[kind] ?? FormatPlacing(shared.kinds[kind], among: typeFields)
        if placings[kind] == nil { placings[kind] = placing }
        try placing.append(record.values, shared.kinds[kind].layout, to: &builders)
        clients.append(UInt32(record.client))
        kinds.append(UInt32(kind))
        receipts.append(record.receipt)
        days.append(record.businessDay)
        issued.append(record.issuedAt)
        ticket.appendText(to: &tickets.bytes)
        tickets.offsets.append(Int32(tickets.bytes.count))
        hashes.append(record.sha256)
        documents.append(record.document)
        rowCount += 1
    }

    /// Whether the batch should go on its way.
    var isFull: Bool { rowCount >= Self.rowCountMax || documents.bytes.count >= Self.documentByteCountMax }
    private static let documentByteCountMax = 16 << 20

    /// The rows so far; then it is empty.
    mutating func batch() throws -> ColumnBatch {
        let count = rowCount
        var columns: [Column] = []
        var next = 0
        for field in fields {
            if !StandardColumns.names.contains(field.name) {
                columns.append(builders[next].finish())
                next += 1
                continue
            }
            columns.append(try standard(field, count))
        }
        appendedCount += Int64(count)
        rowCount = 0
        clients.removeAll(keepingCapacity: true)
        kinds.removeAll(keepingCapacity: true)
        days.removeAll(keepingCapacity: true)
        issued.removeAll(keepingCapacity: true)
        (receipts, tickets, hashes) = (Self.anew(receipts), Self.anew(tickets), Self.anew(hashes))
        documents = Self.anew(documents)
        return ColumnBatch(rowCount: count, columns: columns)
    }

    /// Empty, with room for about as much as there was.
    private static func anew(_ arrays: ByteArrays) -> ByteArrays {
        var fresh = ByteArrays()
        fresh.bytes.reserveCapacity(arrays.bytes.count + arrays.bytes.count / 8)
        fresh.offsets.reserveCapacity(arrays.offsets.count)
        return fresh
    }

    /// - Throws: `corruptFile` for a standard column that an import does not know, as one that was added to `StandardColumns` alone.
    private func standard(_ field: Field, _ count: Int) throws -> Column {
        func coded(_ codes: [UInt32], _ values: DictionaryValues) -> Column {
            Column(type: field.type, count: count, values: .dictionary(codes: codes, values))
        }
        func bytes(_ arrays: ByteArrays) -> Column { Column(type: field.type, count: count, values: .bytes(arrays)) }
        func instants(_ values: [Int64]) -> Column { Column(type: field.type, count: count, values: .int64(values)) }
        switch field.name {
        case "client_id": return coded(clients, shared.clients)
        case "receipt_id": return bytes(receipts)
        case "business_day": return Column(type: field.type, count: count, values: .int32(days))
        case "issued_at": return instants(issued)
        case "type": return coded(kinds, shared.types)
        case "type_version": return coded(kinds, shared.versions)
        case "content_type": return coded(kinds, shared.contentTypes)
        case "received_at", "completed_at": return instants([Int64](repeating: shared.now, count: count))
        case "state": return .constant(.bytes(Array(ReceiptState.complete.rawValue.utf8)), type: field.type, count: count)
        case "history": return .constant(.bytes(Array(ReceiptHistory.empty.utf8)), type: field.type, count: count)
        case "ticket_id": return bytes(tickets)
        case "sequence":
            let first = firstSequence + appendedCount
            return instants((0..<Int64(count)).map { first + $0 })
        case "document": return bytes(documents)
        case "document_sha256": return bytes(hashes)
        default: throw ColumnStoreError(.corruptFile, column: field.name, "no column that every table has is called so")
        }
    }
}
