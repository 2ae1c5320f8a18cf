import ColumnStore
import Documents

/// Writes a damaged cold file anew: rows that can be read as they are, the others from their documents, which were sent again.
///
/// What every row has beside its document (identity, ticket, sequence, times, hash, history) no document gives again: where a page of that is
/// damaged the file must be put back from a backup. A row that removes a document is all of that.
///
/// Three steps: `survey` says which rows cannot be read, the compactor sees whether their documents were brought (`Catalog+Damage`), `write` makes
/// new files. Used by the compactor's thread alone.
struct ColdMend {
    let table: ColdTable
    let file: DataFile
    private let parquet: ParquetFile

    /// The file cannot be made whole from documents.
    struct Obstacle: Error { let reason: String }

    /// What of a row group can be read.
    ///
    /// Rows by their places in it, from 0. An empty `damaged` is a row group that is whole.
    struct RowGroup {
        /// By row.
        var sequences: [Int64]
        /// Rows of which something cannot be read, ascending.
        var damaged: [Int]
        /// Rows that remove a document: nobody can send them again, and nothing of them is missing.
        var removals: Set<Int> = []

        var missing: some Sequence<Int64> { damaged.lazy.filter { !removals.contains($0) }.map { sequences[$0] } }
    }

    /// - Throws: `Obstacle` when not even the file's footer can be read.
    init(_ file: DataFile, of table: ColdTable) throws {
        self.table = table
        self.file = file
        parquet = try Self.read(file, of: table)
    }

    /// Not by the cache, which may have a file that was put back since.
    private static func read(_ file: DataFile, of table: ColdTable) throws -> ParquetFile {
        do { return try table.iceberg.parquet(file) } catch {
            throw ColdTable.isDamage(error) ? Obstacle(reason: "\(error)") : error
        }
    }

    private var schema: Schema { table.iceberg.schema }
    /// What no document gives: the standard columns, which every table has, and then those of its kind and the upload, as far as it has them.
    private var keyNames: [String] { StandardColumns.fields.map(\.name).filter { $0 != "document" } + schema.fields.map(\.name).filter(VersionColumns.names.contains) }
    /// Where among `keyNames` a row says that it removes a document; nil for a table that has no such rows.
    private var removedPlace: Int? { keyNames.firstIndex(of: VersionColumns.removed.name) }
    private var otherPaths: [ColumnPath] {
        let keyNames = keyNames
        return schema.fields.map(\.name).filter { !keyNames.contains($0) }.map { ColumnPath($0) }
    }
    private var typeColumns: [Field] {
        schema.fields.filter { !StandardColumns.names.contains($0.name) }.map { Field($0.name, $0.type.withoutIDs) }
    }

    private func scan(_ paths: [ColumnPath]) throws -> ParquetScan { try parquet.scan(ParquetScanRequest(projection: paths, schema: schema)) }

    // MARK: What can be read

    /// Reads the whole file, a column at a time.
    ///
    /// - Throws: `Obstacle` where a column that documents do not give cannot be read; `DayCompactor.Cancelled`.
    func survey(_ isCancelled: () -> Bool) throws -> [RowGroup] {
        let keys = try scan(keyNames.map { ColumnPath($0) })
        guard let sequence = keyNames.firstIndex(of: "sequence") else { preconditionFailure("every table has sequences") }
        let removed = removedPlace
        return try parquet.metadata.rowGroups.indices.map { number in
            var group = RowGroup(sequences: [], damaged: [])
            do {
                let reader = try keys.reader(rowGroup: number)
                while let batch = try reader.next() {
                    if isCancelled() { throw DayCompactor.Cancelled() }
                    for row in 0..<batch.rowCount {
                        guard case .integer(let value) = batch.columns[sequence].value(at: row) else {
                            throw Obstacle(reason: "row group \(number) has a row without a sequence")
                        }
                        if let removed, batch.columns[removed].value(at: row) == .boolean(true) { group.removals.insert(group.sequences.count) }
                        group.sequences.append(value)
                    }
                }
            } catch let error as ColumnStoreError where ColdTable.isDamage(error) {
                throw Obstacle(reason: "row group \(number): \(error)")
            }
            var damaged: Set<Int> = []
            for path in otherPaths {
                let column = try scan([path])
                try Self.unreadable(0..<group.sequences.count, of: number, column, &damaged, isCancelled)
            }
            group.damaged = damaged.sorted()
            return group
        }
    }

    /// Halves what cannot be read until it is single rows: of a page those are all, of a column few pages.
    ///
    /// - Complexity: O(column + damaged rows · log rows) reads.
    private static func unreadable(
        _ rows: Range<Int>, of rowGroup: Int, _ column: ParquetScan, _ damaged: inout Set<Int>, _ isCancelled: () -> Bool
    ) throws {
        if rows.isEmpty { return }
        if isCancelled() { throw DayCompactor.Cancelled() }
        do {
            let reader = try column.reader(rowGroup: rowGroup, rows: rows)
            while try reader.next() != nil {}
        } catch let error as ColumnStoreError where ColdTable.isDamage(error) {
            if rows.count == 1 {
                damaged.insert(rows.lowerBound)
                return
            }
            let middle = rows.lowerBound + rows.count / 2
            try unreadable(rows.lowerBound..<middle, of: rowGroup, column, &damaged, isCancelled)
            try unreadable(middle..<rows.upperBound, of: rowGroup, column, &damaged, isCancelled)
        }
    }

    // MARK: Writing

    /// Rows that follow one another, all from the file or all from documents.
    private struct Run {
        let rows: Range<Int>
        let isDamaged: Bool
    }

    private static func runs(_ group: RowGroup) -> [Run] {
        var runs: [Run] = []
        var next = 0
        var damaged = group.damaged[...]
        while let first = damaged.first {
            if first > next { runs.append(Run(rows: next..<first, isDamaged: false)) }
            var end = first
            while damaged.first == end {
                damaged.removeFirst()
                end += 1
            }
            runs.append(Run(rows: first..<end, isDamaged: true))
            next = end
        }
        if next < group.sequences.count { runs.append(Run(rows: next..<group.sequences.count, isDamaged: false)) }
        return runs
    }

    /// Hands over the next rows of a stream as they were read, a batch or a part of one at a time: of what is laid end to end no text may pass 2 GiB.
    static func copy(_ count: Int, of stream: MergeStream, _ isCancelled: () -> Bool, _ take: (Column) throws(ColumnStoreError) -> Void) throws {
        var left = count
        while left > 0 {
            if isCancelled() { throw DayCompactor.Cancelled() }
            let piece = try stream.next(left)
            try take(piece)
            left -= piece.count
        }
    }

    /// Row groups keep their rows, their order and their borders; each column is read, and what is healed put between, by itself.
    ///
    /// - Parameters:
    ///   - writer: of files for the table.
    ///   - brought: the document of a row, by its sequence.
    /// - Returns: the files written, in no table yet.
    /// - Throws: `Obstacle` for a document that is not there or another one; what reading and writing throw. Nothing written stays then.
    func write(
        _ groups: [RowGroup], to writer: ColdFileWriter, _ brought: (Int64) throws -> Catalog.Brought?, _ isCancelled: () -> Bool
    ) throws -> [ColdFileWriter.Output] {
        do {
            for (number, group) in groups.enumerated() where !group.sequences.isEmpty {
                let runs = Self.runs(group)
                let healed = group.damaged.isEmpty ? nil : try healed(runs, of: number, brought)
                // Once for each part of the columns: sound rows come from a stream over the sound runs, the others from `own`, in the order of the
                // rows.
                try writer.appendRowGroup(rowCount: group.sequences.count, day: try firstDay(of: number)) { part, take in
                    guard let entry = try ColumnShape([part.path], schema: schema).entries.first else { return }
                    let sound = runs.filter { !$0.isDamaged }.map { MergeStream.Segment(rowGroup: number, rows: $0.rows) }
                    let stream = MergeStream(try scan([part.path]), sound, type: entry.type)
                    let own = healed.map { part.column(of: $0) }
                    var place = 0
                    for run in runs {
                        if isCancelled() { throw DayCompactor.Cancelled() }
                        if run.isDamaged, let own {
                            try take(own.slice(place..<place + run.rows.count))
                            place += run.rows.count
                            continue
                        }
                        try Self.copy(run.rows.count, of: stream, isCancelled, take)
                    }
                }
            }
            return try writer.finish()
        } catch {
            writer.abandon()
            throw error
        }
    }

    /// By which `ColdFileWriter` chooses the file's year.
    private func firstDay(of rowGroup: Int) throws -> Int32 {
        guard let batch = try scan(["business_day"]).reader(rowGroup: rowGroup, rows: 0..<1).next(),
            case .integer(let day) = batch.columns[0].value(at: 0)
        else { throw Obstacle(reason: "row group \(rowGroup) has a row without a day") }
        return Int32(clamping: day)
    }

    /// The damaged rows of a row group as they were, in the columns of the table.
    ///
    /// - Throws: `Obstacle` too where their documents are too long to lie in one column.
    private func healed(_ runs: [Run], of rowGroup: Int, _ brought: (Int64) throws -> Catalog.Brought?) throws -> [Column] {
        let keys = try scan(keyNames.map { ColumnPath($0) })
        let removed = removedPlace
        var builder = HotChunkBuilder(typeColumns: typeColumns)
        var documents = ColumnBuilder(type: .binary)
        var own: [ColumnBatch] = []
        var kinds: [String: RowFormat] = [:]
        var documentByteCount = 0
        func counted(_ sequence: Int64) throws -> Catalog.Brought? {
            let found = try brought(sequence)
            documentByteCount += found?.document.count ?? 0
            guard documentByteCount <= Int(Int32.max) else { throw Obstacle(reason: "row group \(rowGroup) has more than 2 GiB of documents that were sent again") }
            return found
        }
        for run in runs where run.isDamaged {
            let reader = try keys.reader(rowGroup: rowGroup, rows: run.rows)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount { try append(KeyRow(batch, row, removed: removed), to: &builder, &documents, &kinds, counted) }
                own.append(batch)
            }
        }
        return columns(keys: own, document: documents.finish(), of: builder.chunk())
    }

    /// In the order of the table.
    private func columns(keys: [ColumnBatch], document: Column, of chunk: HotChunk) -> [Column] {
        let fields = HotChunk.fields(typeColumns: typeColumns), keyNames = keyNames
        return schema.fields.map { field in
            if field.name == "document" { return document }
            let type = field.type.withoutIDs
            if let place = keyNames.firstIndex(of: field.name) {
                return Column.concatenating(keys.map { $0.columns[place].retyped(type) }, type: type)
            }
            let place = fields.firstIndex { $0.name.utf8.elementsEqual(field.name.utf8) }
            return ColumnShape.conform(
                place.map { chunk.batch.columns[$0] }, from: place.map { fields[$0] }, to: type, rowCount: chunk.batch.rowCount)
        }
    }

    /// What `HotChunk` has beside the type's columns is not taken from it, so the row has zeros there.
    ///
    /// - Throws: `Obstacle` unless the document has the stored hash, and gives columns that the table has.
    private func append(
        _ key: KeyRow, to builder: inout HotChunkBuilder, _ documents: inout ColumnBuilder, _ kinds: inout [String: RowFormat],
        _ brought: (Int64) throws -> Catalog.Brought?
    ) throws {
        var (fields, encoded): ([Field], [UInt8]) = ([], [])
        if key.isRemoval {
            documents.appendNull()
        } else {
            guard let found = try brought(key.sequence), SHA256.hash(found.document) == key.hash else {
                throw Obstacle(reason: "the document of sequence \(key.sequence) is not the one that was stored")
            }
            guard SchemaEncoding.merged(typeColumns, adding: found.fields) == typeColumns else {
                throw Obstacle(reason: "the document of sequence \(key.sequence) gives columns that the table does not have")
            }
            (fields, encoded) = (found.fields, found.encoded)
            documents.append(bytes: found.document)
        }
        let name = "\(key.type)/\(key.version)/\(key.contentType)/\(SchemaEncoding.text(fields))"
        let kind = kinds[name] ?? RowFormat(
            table: table.name, type: key.type, version: key.version, contentType: key.contentType, layout: RowLayout(fields: fields))
        kinds[name] = kind
        try builder.append(
            TailRow(
                row: Int64(builder.rowCount) + 1, sequence: key.sequence, ticket: key.ticket, receivedAt: 0, state: .complete, completedAt: nil,
                kind: kind, businessDay: 0, issuedAt: 0, columns: encoded, clientByteCount: 0, receiptByteCount: 0))
    }
}

/// What is asked of a row beside its document, to make its columns from that: the rest is taken over as it is.
private struct KeyRow {
    let sequence: Int64
    let type: String
    let version: Int32
    let contentType: String
    /// It has neither a document nor columns of its type.
    let isRemoval: Bool
    /// Nil of a removal alone.
    let hash: [UInt8]?
    let ticket = ULID(high: 0, low: 0)

    /// - Parameter removed: the column that says so of a removal; nil where there is none.
    init(_ batch: ColumnBatch, _ row: Int, removed: Int?) throws {
        func value(_ name: String) -> Value {
            StandardColumns.fields.filter { $0.name != "document" }.firstIndex { $0.name == name }.map { batch.columns[$0].value(at: row) } ?? .null
        }
        let isRemoval = removed.map { batch.columns[$0].value(at: row) == .boolean(true) } ?? false
        var hash: [UInt8]?
        if case .bytes(let bytes) = value("document_sha256") { hash = bytes }
        guard case .integer(let sequence) = value("sequence"), case .bytes(let type) = value("type"),
            case .integer(let version) = value("type_version"), case .bytes(let contentType) = value("content_type"), hash != nil || isRemoval
        else { throw ColdMend.Obstacle(reason: "a row lacks a sequence, a type or a hash") }
        (self.sequence, self.isRemoval, self.hash) = (sequence, isRemoval, hash)
        self.type = String(decoding: type, as: UTF8.self)
        self.version = Int32(clamping: version)
        self.contentType = String(decoding: contentType, as: UTF8.self)
    }
}
