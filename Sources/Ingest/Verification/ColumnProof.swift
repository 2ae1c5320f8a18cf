import ColumnStore
import Documents

/// Extracts columns from documents once more and holds them against what is stored.
///
/// Receipts of envelope types are left out: what their paths reach may lie around the element that is kept as the document.
///
/// What is read again is held against rows as they are stored, hot or cold. Of one thread. Readers of types are kept, a version each.
final class ColumnProof {
    /// A version of a type, ready to read with; nil where documents cannot be read alone.
    private struct Reading {
        let type: DocumentType
        let kind: RowFormat
        let reader: DocumentReader
    }
    private struct Key: Hashable {
        let name: String
        let version: Int64
    }

    private let catalog: Catalog
    private var readings: [Key: Reading?] = [:]
    /// By table, columns that were filled later; read when first needed.
    private var rebuiltColumns: [String: Set<String>]?

    init(catalog: Catalog) { self.catalog = catalog }

    /// - Throws: `.notFound` for a version that rows have and the catalog does not.
    private func reading(_ key: Key) throws -> Reading? {
        if let known = readings[key] { return known }
        var reading: Reading?
        guard let json = try catalog.typeFile(name: key.name, version: Int(key.version)) else {
            throw ColumnStoreError(.notFound, path: catalog.path, "has no version \(key.version) of the type \(key.name), which rows have")
        }
        let type = try DocumentType(kept: json)
        if !type.hasSeveralReceipts {
            let registry = TypeRegistry()
            try registry.put(type)
            let kind = RowFormat(
                table: TableName.stored(type), type: type.name, version: Int32(clamping: type.version), contentType: "", layout: type.layout)
            reading = Reading(type: type, kind: kind, reader: DocumentReader(registry: registry))
        }
        readings[key] = .some(reading)
        return reading
    }

    /// - Parameters:
    ///   - batch: rows with all columns of `fields`.
    ///   - body: told of each row that says something else than its document.
    func check(_ batch: ColumnBatch, _ fields: [Field], _ body: (_ row: Int, _ fault: String) -> Void) throws {
        func place(_ name: String) -> Int { fields.firstIndex { $0.name == name } ?? 0 }
        let names = (type: place("type"), version: place("type_version"), document: place("document"), received: place("received_at"))
        let identity = (receipt: place("receipt_id"), day: place("business_day"), issued: place("issued_at"))
        // What the store adds stands in no document.
        let added = StandardColumns.names.union(VersionColumns.names)
        let own = fields.indices.filter { !added.contains(fields[$0].name) }
        let columns = own.map { Field(fields[$0].name, fields[$0].type.withoutIDs) }
        var builder = HotChunkBuilder(typeColumns: columns)
        var rows: [Int] = []
        for row in 0..<batch.rowCount {
            guard case .bytes(let type) = batch.columns[names.type].value(at: row),
                case .integer(let version) = batch.columns[names.version].value(at: row),
                case .bytes(let document) = batch.columns[names.document].value(at: row),
                case .integer(let received) = batch.columns[names.received].value(at: row)
            else { continue }
            // They have no document to be held against.
            if type.elementsEqual(TableName.executionType.utf8) { continue }
            guard let reading = try reading(Key(name: String(decoding: type, as: UTF8.self), version: version)) else { continue }
            // Else the type's columns would not all have a place in the builder.
            guard SchemaEncoding.merged(columns, adding: reading.kind.fields) == columns else {
                body(row, "its table lacks columns of its type")
                continue
            }
            guard let receipt = try Self.extract(document, reading, received) else {
                body(row, "its document is not what its type asks for")
                continue
            }
            // A document without a time of issue has that of its receipt, which is in no document either.
            let isOther = !reading.type.file.issuedAt.isEmpty && (batch.columns[identity.day].value(at: row) != .integer(Int64(receipt.businessDay))
                || batch.columns[identity.issued].value(at: row) != .integer(receipt.issuedAt))
            if isOther || batch.columns[identity.receipt].value(at: row) != .bytes(receipt.receiptID) {
                body(row, "its document says another receipt_id, business_day or issued_at")
            }
            // The same way as rows come into columns: what is compared has passed through the same layout.
            try builder.append(
                TailRow(
                    row: Int64(rows.count), sequence: 0, ticket: ULID(high: 0, low: 0), receivedAt: received, state: .complete, completedAt: nil,
                    kind: reading.kind, businessDay: receipt.businessDay, issuedAt: receipt.issuedAt, columns: receipt.row,
                    clientByteCount: 0, receiptByteCount: 0))
            rows.append(row)
        }
        let expected = builder.chunk().batch
        for (number, index) in own.enumerated() {
            let column = expected.columns[HotChunk.rowIDIndex + 1 + number]
            var others = rows.enumerated().filter { place, row in
                Self.normal(column.value(at: place)) != Self.normal(batch.columns[index].value(at: row))
            }.map(\.element)
            if !others.isEmpty { others = try unfilled(others, batch, columns[number], names, index) }
            for row in others { body(row, "its document says another \(fields[index].name)") }
        }
    }

    /// Of rows whose version of their type says another value, those where no version that gives the column says it either: where it was filled
    /// later, one does.
    ///
    /// - Returns: rows that nothing accounts for.
    private func unfilled(
        _ rows: [Int], _ batch: ColumnBatch, _ field: Field, _ names: (type: Int, version: Int, document: Int, received: Int), _ index: Int
    ) throws -> [Int] {
        let rebuilt = try rebuiltColumns ?? catalog.rebuiltColumns()
        rebuiltColumns = rebuilt
        var left = Set(rows)
        let typeNames = Set(rows.compactMap { row -> String? in
            guard case .bytes(let name) = batch.columns[names.type].value(at: row) else { return nil }
            return String(decoding: name, as: UTF8.self)
        })
        // Rows that need it by that version.
        var asked: Set<Int> = []
        for type in try typeNames.flatMap({ try versions(of: $0) }) {
            let table = TableName.stored(type)
            guard !left.isEmpty, rebuilt[table]?.contains(field.name) ?? false,
                let refill = try? ColumnRefill(field.name, of: table, columns: [field], types: [type], typeFile: { [catalog] in try catalog.typeFile(name: $0, version: $1) }),
                let filled = try refill.filled(
                    batch.columns[index].retyped(field.type), types: batch.columns[names.type], versions: batch.columns[names.version],
                    receivedAt: batch.columns[names.received], document: { row in
                        guard left.contains(row), case .bytes(let document) = batch.columns[names.document].value(at: row) else { return nil }
                        asked.insert(row)
                        return document
                    })
            else { continue }
            left = left.filter { !asked.contains($0) || Self.normal(filled.value(at: $0)) != Self.normal(batch.columns[index].value(at: $0)) }
        }
        return rows.filter { left.contains($0) }
    }

    /// All versions of a type: they are numbered from 1, without gaps.
    private func versions(of name: String) throws -> [DocumentType] {
        var types: [DocumentType] = []
        while let json = try catalog.typeFile(name: name, version: types.count + 1) { types.append(try DocumentType(kept: json)) }
        return types
    }

    /// Without a bound of work: the document was taken once.
    ///
    /// - Returns: nil when the document is refused.
    private static func extract(_ document: [UInt8], _ reading: Reading, _ received: Int64) throws -> ExtractedReceipt? {
        var options = ReadingOptions(type: reading.type.name, now: received, documentByteCountMax: .max)
        options.allowance = .unlimited
        let result =
            switch reading.type.format {
            case .json: try reading.reader.readJSON(document, options)
            case .xml: try reading.reader.readXML(document, options)
            case .csv: try reading.reader.readCSV(document, options)
            }
        guard case .accepted(let receipt)? = result.receipts.first else { return nil }
        return receipt
    }

    /// An absent list is an empty one.
    private static func normal(_ value: Value) -> Value { if case .list(let elements) = value, elements.isEmpty { .null } else { value } }
}
