import ColumnStore
import Documents
import Synchronization

/// Old versions out of the files of the newest ones.
extension Compactor {
    /// Writes files anew in which rows are superseded: the newest versions and the old ones each in files of their own. After it no file has
    /// both, as far as the rows that came after are in cold for good.
    ///
    /// A file goes through memory in batches; each is a commit of its own.
    func sweep(_ name: String) throws {
        let start = tier.boundary.snapshot()
        let old = Self.oldRows(of: name, start)
        guard !old.isEmpty, let present = start.cold[name] else { return }
        let files = try present.newestFiles()
        try sweep(files, of: name) { file, table in try has(old, file, in: table) }
        // Of what is damaged nobody asks; what is too large tells its sequences.
        if files.contains(where: { cold.damage.has($0.location) }) { return }
        if try !files.contains(where: { try isLeftOut($0) && mayKeep(old, $0, in: present) }) { try sweepPast(old, of: name) }
    }

    /// Whether a table has a file of newest versions in which rows are old all the same, and which is not damaged: before its sweep, and where sweeping it takes more memory than it may.
    /// Whoever sees such a file whole sees a document beside what came after it.
    func isUnswept(_ name: String) throws -> Bool {
        let start = tier.boundary.snapshot()
        let old = Self.oldRows(of: name, start)
        guard !old.isEmpty, let present = start.cold[name] else { return false }
        return try present.newestFiles().contains { try !cold.damage.has($0.location) && mayKeep(old, $0, in: present) }
    }

    /// The rows of a table that are old for whoever sees cold rows alone, and are not known to be told so by their files: their sequences, ascending.
    private static func oldRows(of name: String, _ snapshot: TierBoundary.Snapshot) -> [Int64] {
        guard TableName.kind(of: name).rowsGrowOld, let superseded = snapshot.superseded[name] else { return [] }
        return superseded.all.filter { VersionSplit.isOld($0, hot: snapshot.files) }.map(\.sequence)
    }

    /// Whether a file has some of these rows, or does not even tell.
    private func mayKeep(_ old: [Int64], _ file: DataFile, in table: ColdTable) throws -> Bool {
        do { return try has(old, file, in: table) } catch let error as ColumnStoreError where Self.isOfOneFile(error) { return true }
    }

    /// Writes those anew of some files that need it.
    ///
    /// - Parameter needsIt: reads something of the file.
    private func sweep(_ files: [DataFile], of name: String, where needsIt: (DataFile, ColdTable) throws -> Bool) throws {
        // What is damaged, or too large, stays as it is, and other files go on.
        for file in files where !isLeftOut(file) {
            if isEnding { throw DayCompactor.Cancelled() }
            let now = tier.boundary.snapshot()
            guard let table = now.cold[name], let superseded = now.superseded[name] else { return }
            do { if try needsIt(file, table) { try sweep(file, of: table, superseded) } } catch let error as ColumnStoreError where Self.isOfOneFile(error) {
                try leaveOut([file], of: table, error)
            }
        }
    }

    /// Old rows in cold that no file of newest versions has any more, and that are kept nevertheless, lie in files of old ones. Where such a file says the same of a row, that is
    /// kept twice, since a crash came between the file and the index. Where it says something else, a version in between was taken up again since: the file is written anew.
    ///
    /// - Parameter old: ascending.
    private func sweepPast(_ old: [Int64], of name: String) throws {
        let start = tier.boundary.snapshot()
        guard let present = start.cold[name], let superseded = start.superseded[name] else { return }
        let isHot = start.files.map(\.state).map { $0.firstSequence...max($0.firstSequence, $0.lastSequence) }
        let kept = old.compactMap { superseded[$0] }.filter { row in
            VersionSplit.isOld(row, hot: start.files) && !isHot.contains { $0.contains(row.sequence) }
        }
        if kept.isEmpty { return }
        var said: [SupersededRow] = []
        try sweep(try present.iceberg.files().filter { present.isPast($0) }, of: name) { file, table in
            let successors = try successors(of: kept, in: file, table)
            if kept.contains(where: { (successors[$0.sequence] ?? $0.by) != $0.by }) { return true }
            said += kept.filter { successors[$0.sequence] != nil }
            return false
        }
        if said.isEmpty { return }
        tier.boundary.replace([], cold: [:], settled: [name: said])
        tier.versions.settle(said, of: name)
    }

    /// What a file says of these rows, by their sequences; nothing of those that it does not have.
    ///
    /// - Parameter rows: ascending by sequence.
    private func successors(of rows: [SupersededRow], in file: DataFile, _ table: ColdTable) throws -> [Int64: Int64] {
        let sequences = rows.map(\.sequence)
        var found: [Int64: Int64] = [:]
        guard let scan = try scan(file, of: table, for: sequences, ["sequence", ColumnPath(VersionColumns.supersededBy.name)]) else { return found }
        let roster = SequenceRoster(sorted: sequences)
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount {
                    guard case .integer(let sequence) = batch.columns[0].value(at: row), roster.contains(sequence),
                        case .integer(let by) = batch.columns[1].value(at: row)
                    else { continue }
                    found[sequence] = by
                }
            }
        }
        return found
    }

    /// Whether a file may have some of these rows, by its bounds.
    ///
    /// One of them lies within, not only between others: versions of one document may be years apart, and the files of those years are others'.
    ///
    /// - Parameter sequences: ascending.
    static func mayHave(_ sequences: [Int64], _ file: DataFile, _ schema: Schema) -> Bool {
        let bounds = schema["sequence"].map { file.bounds(of: $0) }
        var place = 0
        if case .integer(let least)? = bounds?.minimum { place = sequences.partitioningIndex { $0 >= least } }
        guard place < sequences.count else { return false }
        if case .integer(let greatest)? = bounds?.maximum { return sequences[place] <= greatest }
        return true
    }

    /// Of a file that may have some of these rows by its bounds; nil for another.
    ///
    /// - Parameter sequences: ascending.
    private func scan(_ file: DataFile, of table: ColdTable, for sequences: [Int64], _ columns: [ColumnPath]) throws -> ParquetScan? {
        guard Self.mayHave(sequences, file, table.iceberg.schema) else { return nil }
        return try table.open(file).scan(ParquetScanRequest(projection: columns, schema: table.iceberg.schema))
    }

    /// Whether a file has some of these rows.
    ///
    /// Its column of sequences alone is read, up to the first hit.
    ///
    /// - Parameter settled: ascending.
    private func has(_ settled: [Int64], _ file: DataFile, in table: ColdTable) throws -> Bool {
        guard let scan = try scan(file, of: table, for: settled, ["sequence"]) else { return false }
        let roster = SequenceRoster(sorted: settled)
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                guard case .int64(let sequences) = batch.columns[0].flattened().values else { continue }
                if sequences.contains(where: { roster.contains($0) }) { return true }
            }
        }
        return false
    }

    /// - Throws: after both outputs were removed, unless a version may lead to them (`ColdTier.clear`).
    private func sweep(_ file: DataFile, of table: ColdTable, _ superseded: SupersededRows) throws {
        let (iceberg, name) = (table.iceberg, table.name)
        let parquet = try table.open(file)
        let schema = Schema(iceberg.schema.fields.map(\.withoutIDs))
        // With the snapshot of now: files that became cold since the sweep began make more rows old.
        let split = VersionSplit(name, schema, superseded, hot: tier.boundary.snapshot().files)
        func writer() throws -> ColdFileWriter {
            try ColdFileWriter(
                table: iceberg, bloomPaths: types.bloomPaths(of: name), names: names, now: clock.now(),
                effort: ColdFileWriter.Effort.thorough.made(parquet) ? .thorough : .brief, rowGroupRowCount: options.rowGroupRowCount)
        }
        let (newest, old) = (try writer(), try writer())
        var settled: [SupersededRow] = []
        var outputs: [ColdFileWriter.Output] = []
        do {
            try read(parquet, schema, iceberg.schema) { batch in
                let parts = split.parts(batch)
                settled += parts.settled
                if let rows = parts.present { try newest.append(rows) }
                if let rows = parts.past { try old.append(rows) }
            }
            outputs = try newest.finish()
            outputs += try old.finish()
        } catch {
            newest.abandon()
            old.abandon()
            throw error
        }
        try publish(try commit(outputs, inPlaceOf: [file], of: table), outputs, of: table, settled: [name: settled])
        tier.versions.settle(settled, of: name)
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// A file's rows in order, some at a time: as many as their documents leave room for.
    ///
    /// 1 to 8,192 rows a batch, at most some 12 MiB inflated on average.
    private func read(_ parquet: ParquetFile, _ schema: Schema, _ cold: Schema, _ body: (ColumnBatch) throws -> Void) throws {
        var request = ParquetScanRequest(projection: schema.fields.map { ColumnPath($0.name) }, schema: cold)
        let rowByteCount = try parquet.scan(request).inflatedByteCountOfRow
        request.batchRowCount = max(1, min(ColumnBatch.targetRowCount, Self.sweepByteCount / max(1, rowByteCount)))
        let scan = try parquet.scan(request)
        let single = request.single
        for rowGroup in scan.rowGroups {
            let reader = try NarrowingReader(scan, rowGroup: rowGroup, rows: 0..<Int(parquet.metadata.rowGroups[rowGroup].rowCount)) { try parquet.scan(single) }
            while let batch = try reader.next() {
                if isEnding { throw DayCompactor.Cancelled() }
                try body(conformed(batch, schema))
            }
        }
    }

    /// Of rows that are read together.
    private static let sweepByteCount = 12 << 20

    /// An absent list is an empty one.
    private func conformed(_ batch: ColumnBatch, _ schema: Schema) -> ColumnBatch {
        ColumnBatch(
            rowCount: batch.rowCount,
            columns: zip(batch.columns, schema.fields).map { column, field in
                if case .constant(.null) = column.values, case .list = field.type {
                    return ColumnShape.conform(nil, from: nil, to: field.type, rowCount: batch.rowCount)
                }
                return column
            })
    }
}
