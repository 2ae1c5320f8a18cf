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
        guard TableName.kind(of: name).rowsGrowOld, let present = start.cold[name], let superseded = start.superseded[name] else { return }
        let old = superseded.all.filter { VersionSplit.isOld($0, hot: start.files) }.map(\.sequence)
        if old.isEmpty { return }
        let files = try present.newestFiles()
        for file in files where !cold.damage.has(file.location) {
            if isEnding { throw DayCompactor.Cancelled() }
            let now = tier.boundary.snapshot()
            guard let table = now.cold[name], let superseded = now.superseded[name] else { return }
            if try has(old, file, in: table) { try sweep(file, of: table, superseded) }
        }
        if !files.contains(where: { cold.damage.has($0.location) }) { forget(old, of: name, start.files) }
    }

    /// No file of newest versions has them any more: what is still kept of old rows in cold is kept twice, since a crash came between a file
    /// that says it and the index.
    ///
    /// - Parameter old: ascending.
    private func forget(_ old: [Int64], of name: String, _ hot: [HotFile]) {
        guard let kept = tier.boundary.snapshot().superseded[name] else { return }
        let isHot = hot.map(\.state).map { $0.firstSequence...max($0.firstSequence, $0.lastSequence) }
        let known = old.filter { sequence in kept[sequence] != nil && !isHot.contains { $0.contains(sequence) } }
        if known.isEmpty { return }
        tier.boundary.replace([], cold: [:], settled: [name: SequenceRoster(sorted: known)])
        tier.versions.settle(known, of: name)
    }

    /// Whether a file has some of these rows.
    ///
    /// Bounds first; then its column of sequences alone is read, up to the first hit.
    ///
    /// - Parameter settled: ascending.
    private func has(_ settled: [Int64], _ file: DataFile, in table: ColdTable) throws -> Bool {
        guard let low = settled.first, let high = settled.last else { return false }
        let filter = ColumnFilter(
            "sequence", .range(lower: .init(.integer(low), isInclusive: true), upper: .init(.integer(high), isInclusive: true)))
        guard file.canMatch([filter], schema: table.iceberg.metadata.currentSchema) else { return false }
        let roster = SequenceRoster(sorted: settled)
        let scan = try table.open(file).scan(ParquetScanRequest(projection: ["sequence"], schema: table.iceberg.schema))
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
        var settled: [Int64] = []
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
            try newest.abandon()
            try old.abandon()
            throw error
        }
        let commit: Commit
        do {
            try cold.discardNewerVersions(of: iceberg)
            commit = try iceberg.replace([file.location], with: outputs.map(\.file))
        } catch {
            cold.clear(outputs, of: iceberg)
            throw error
        }
        let replaced = [iceberg.storage.key(ofLocation: file.location)].compactMap { $0 }
        try catalog.switchToCold([try Self.change(name, commit, outputs, created: [], replaced: replaced)])
        tier.boundary.replace([], cold: [name: table.next(commit.table)], settled: [name: SequenceRoster(sorted: settled.sorted())])
        tier.versions.settle(settled, of: name)
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    /// A file's rows in order, some at a time: as many as their documents leave room for.
    ///
    /// 16 to 8,192 rows a batch, at most some 12 MiB inflated.
    private func read(_ parquet: ParquetFile, _ schema: Schema, _ cold: Schema, _ body: (ColumnBatch) throws -> Void) throws {
        var request = ParquetScanRequest(projection: schema.fields.map { ColumnPath($0.name) }, schema: cold)
        let rowByteCount = try parquet.scan(request).inflatedByteCountOfRow
        request.batchRowCount = max(16, min(ColumnBatch.targetRowCount, Self.sweepByteCount / max(1, rowByteCount)))
        let scan = try parquet.scan(request)
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
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
