import ColumnStore
import Documents

/// Cold tables: objects by their hashes, then every row of the present version.
extension Verifier {
    /// - Parameter version: the one that the catalog names.
    /// - Throws: where the table itself cannot be read; all else is noted.
    func check(_ name: String, version: Int, _ catalog: Catalog, _ proof: ColumnProof) throws {
        let storage = try directory.cold(name)
        // Keys of all objects whose hash the catalog has: what the table names beside them is not proven by anything.
        var hashes: Set<String> = []
        // Bytes before rows: an object that is damaged is reported by its name, whatever decoding makes of it.
        for entry in try catalog.coldObjects(of: name) {
            hashes.insert(entry.object.key)
            isPart("warehouse/\(name)/\(entry.object.key)")
            try check(entry.object, storage)
        }
        checkHint(name, version: version, storage)
        let iceberg = try Table.open(storage, version: version)
        let cold = ColdTable(name: name, iceberg: iceberg)
        let present = try iceberg.presentKeys()
        for key in present.metadata + present.data where !hashes.contains(key) {
            note(storage.place(of: key), "is in the table, but the catalog does not know it")
        }
        var rowCount: Int64 = 0
        // A file that cannot be read does not end the check of the others.
        for file in try iceberg.files() {
            let path = storage.place(of: iceberg.storage.key(ofLocation: file.location) ?? file.location)
            rowCount = rowCount.addingSaturating(file.recordCount)
            guarded(path) { try checkRows(cold, file, path, proof) }
        }
        let metadata = storage.place(of: "metadata/v\(version).metadata.json")
        if try iceberg.counts().rowCount != rowCount { note(metadata, "its manifest list counts other rows than its manifests") }
        // The Iceberg spec leaves this member of a summary to the writer: it is held against only where it is there.
        if let total = iceberg.metadata.currentSnapshot?.summary["total-records"], total != String(rowCount) {
            note(metadata, "says that there are \(total) rows, its manifests have \(rowCount)")
        }
    }

    /// Reads the object from end to end.
    func check(_ object: Catalog.ColdObject, _ storage: any ObjectStorage) throws {
        let path = storage.place(of: object.key)
        look(path)
        report.fileCount += 1
        guarded(path) {
            guard let byteCount = try storage.byteCount(of: object.key) else { return note(path, "is missing") }
            guard byteCount == object.byteCount else {
                return note(path, "has \(byteCount) bytes, the catalog says \(object.byteCount)")
            }
            if try storage.digest(of: object.key).sha256 != object.sha256 { note(path, "does not have the hash that the catalog holds") }
        }
    }

    /// What readers of the directory go by. A crash may leave a number after the catalog's, with its version, until the next start.
    func checkHint(_ name: String, version: Int, _ storage: any ObjectStorage) {
        let key = "metadata/version-hint.text"
        let path = storage.place(of: key)
        isPart("warehouse/\(name)/\(key)")
        report.fileCount += 1
        guarded(path) {
            let text = String(decoding: try storage.get(key, byteCountMax: 1_000), as: UTF8.self)
            guard let hint = Int(text), String(hint) == text,
                try hint == version || hint > version && storage.byteCount(of: "metadata/v\(hint).metadata.json") != nil
            else { return note(path, "says \"\(text)\", the table is at version \(version)") }
        }
    }

    /// One pass: each batch is decoded once, and everything is asked of it then. Bounds and counts are held against the row group's statistics,
    /// then the file's manifest.
    private func checkRows(_ cold: ColdTable, _ file: DataFile, _ path: String, _ proof: ColumnProof) throws {
        let parquet = try cold.open(file)
        let fields = cold.iceberg.schema.fields
        let names = fields.map(\.name)
        // Every column is decoded once: what cannot be read is found, whatever its hash.
        let scan = try parquet.scan(
            ParquetScanRequest(projection: names.map { ColumnPath($0) }, schema: cold.iceberg.schema, batchRowCount: 1_024))
        guard let columns = RowColumns(names) else { return note(path, "lacks a column that every table has") }
        uniqueness.begin(path)
        var count: Int64 = 0
        var nullCounts = [Int64](repeating: 0, count: names.count)
        var bounds = IntegerBounds(names)
        // By row group, since readers skip each by its own statistics.
        for rowGroup in parquet.metadata.rowGroups.indices {
            let reader = try scan.reader(rowGroup: rowGroup)
            var ownBounds = IntegerBounds(names)
            var ownCount: Int64 = 0
            while let batch = try reader.next() {
                try checkCancelled()
                try check(batch, columns, table: cold.name, path, from: count)
                try proof.check(batch, fields) { note(path, "row \(count + Int64($0)): \($1)") }
                // As manifests have them: by the file.
                for (index, column) in batch.columns.enumerated() { nullCounts[index] += Int64(column.nullCount) }
                ownBounds.add(batch)
                ownCount += Int64(batch.rowCount)
                count += Int64(batch.rowCount)
                self.count(rows: batch.rowCount, in: path)
            }
            let metadata = parquet.metadata.rowGroups[rowGroup]
            if metadata.rowCount != ownCount { note(path, "row group \(rowGroup) has \(ownCount) rows, the footer says \(metadata.rowCount)") }
            for fault in ownBounds.differences(statistics: metadata) { note(path, "row group \(rowGroup): \(fault)") }
            bounds.add(ownBounds)
        }
        if count != file.recordCount { note(path, "has \(count) rows, its manifest says \(file.recordCount)") }
        // Counts of values and of NULLs are optional in a manifest.
        for (index, field) in fields.enumerated() {
            guard let id = field.id else { continue }
            if let values = file.valueCounts?[id], values != count { note(path, "its manifest says \(values) values of \(field.name), there are \(count)") }
            if let nulls = file.nullCounts?[id], nulls != nullCounts[index] {
                note(path, "its manifest says \(nulls) NULLs of \(field.name), there are \(nullCounts[index])")
            }
        }
        for fault in bounds.differences(manifest: file, fields) { note(path, fault) }
    }

    /// Where the columns stand that every table has.
    private struct RowColumns {
        let document, hash, sequence, ticket, client, receipt, day, state: Int
        /// Of versioned tables.
        let version, removed: Int?

        init?(_ names: [String]) {
            let found = ["document", "document_sha256", "sequence", "ticket_id", "client_id", "receipt_id", "business_day", "state"]
                .compactMap { names.firstIndex(of: $0) }
            guard found.count == 8 else { return nil }
            (document, hash, sequence, ticket) = (found[0], found[1], found[2], found[3])
            (client, receipt, day, state) = (found[4], found[5], found[6], found[7])
            version = names.firstIndex(of: VersionColumns.version.name)
            removed = names.firstIndex(of: VersionColumns.removed.name)
        }
    }

    /// Identity, ticket, sequence, and the document's hash, of each row.
    private func check(_ batch: ColumnBatch, _ columns: RowColumns, table: String, _ path: String, from first: Int64) throws {
        for row in 0..<batch.rowCount {
            guard case .integer(let sequence) = batch.columns[columns.sequence].value(at: row),
                case .integer(let day) = batch.columns[columns.day].value(at: row),
                case .bytes(let ticketText) = batch.columns[columns.ticket].value(at: row),
                case .bytes(let client) = batch.columns[columns.client].value(at: row),
                case .bytes(let receipt) = batch.columns[columns.receipt].value(at: row),
                case .bytes(let stateText) = batch.columns[columns.state].value(at: row),
                let ticket = ULID(String(decoding: ticketText, as: UTF8.self)),
                let state = ReceiptState(rawValue: String(decoding: stateText, as: UTF8.self))
            else {
                note(path, "row \(first + Int64(row)) has no valid identity, ticket, sequence or state")
                continue
            }
            // Of every row in the store, whatever its table.
            try uniqueness.insert(sequence: sequence)
            try uniqueness.insert(ticket: ticket)
            // Versions of a document have its identity; each has a number of its own.
            if let place = columns.version, TableName.kind(of: table).uniqueness == .identityAndVersion {
                try check(version: batch.columns[place].value(at: row), of: table, client, receipt) { note(path, "row \(first + Int64(row)): \($0)") }
                if let place = columns.removed, batch.columns[place].value(at: row) == .boolean(true) {
                    if batch.columns[columns.document].value(at: row) != .null { note(path, "row \(first + Int64(row)): a removal has a document") }
                    continue
                }
            } else if state != .failed {
                // A FAILED receipt does not hold its identity: another may have it.
                try uniqueness.insert(table: table, client: client, receipt: receipt, day: Int32(clamping: day))
            }
            guard case .bytes(let document) = batch.columns[columns.document].value(at: row),
                case .bytes(let expected) = batch.columns[columns.hash].value(at: row), SHA256.hash(document) == expected
            else {
                note(path, "row \(first + Int64(row)): the document does not have its hash")
                continue
            }
            report.documentByteCount += Int64(document.count)
        }
    }
}

/// Least and greatest of the columns of whole numbers that every table has, held against what files say of them.
///
/// What prunes files and row groups, so that a wrong one would hide rows.
private struct IntegerBounds {
    /// Of those that every table has.
    private static let names = ["business_day", "issued_at", "sequence"]
    private let places: [(name: String, index: Int)]
    /// By place; nil while no value was seen.
    private var ranges: [ClosedRange<Int64>?]

    init(_ names: [String]) {
        places = Self.names.compactMap { name in names.firstIndex(of: name).map { (name, $0) } }
        ranges = places.map { _ in nil }
    }

    /// - Complexity: O(rows) for each of the columns.
    mutating func add(_ batch: ColumnBatch) {
        for (place, (_, index)) in places.enumerated() {
            for row in 0..<batch.rowCount {
                if case .integer(let value) = batch.columns[index].value(at: row) { widen(place, value...value) }
            }
        }
    }

    mutating func add(_ other: IntegerBounds) {
        for place in ranges.indices { if let range = other.ranges[place] { widen(place, range) } }
    }

    private mutating func widen(_ place: Int, _ range: ClosedRange<Int64>) {
        guard let known = ranges[place] else { return ranges[place] = range }
        ranges[place] = min(known.lowerBound, range.lowerBound)...max(known.upperBound, range.upperBound)
    }

    /// What is not said is no fault: empty for a chunk without statistics.
    func differences(statistics: RowGroupMetadata) -> [String] {
        places.indices.compactMap { place in
            let chunk = statistics.columns.first { $0.metadata?.path == [places[place].name] }
            guard let own = chunk?.metadata?.statistics else { return nil }
            return difference(place, lower: own.minValue, upper: own.maxValue, "its statistics")
        }
    }

    /// By the field's id, as manifests have bounds.
    func differences(manifest: DataFile, _ fields: [Field]) -> [String] {
        places.indices.compactMap { place in
            guard let id = fields[places[place].index].id else { return nil }
            return difference(place, lower: manifest.lowerBounds?[id], upper: manifest.upperBounds?[id], "its manifest")
        }
    }

    /// Nil where they agree, and where there is nothing to hold against.
    private func difference(_ place: Int, lower: [UInt8]?, upper: [UInt8]?, _ who: String) -> String? {
        guard let range = ranges[place], let low = lower.flatMap(Self.integer), let high = upper.flatMap(Self.integer) else { return nil }
        if low == range.lowerBound, high == range.upperBound { return nil }
        return "\(places[place].name) lies in \(range.lowerBound) to \(range.upperBound), \(who) says \(low) to \(high)"
    }

    /// Little-endian, 4 or 8 bytes: the same in Parquet and in Iceberg.
    private static func integer(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count == 4 || bytes.count == 8 else { return nil }
        let value = bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
