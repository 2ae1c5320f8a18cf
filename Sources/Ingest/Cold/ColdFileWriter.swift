import ColumnStore

/// Writes rows, which come in order, into Parquet files of a cold table: one file for each calendar year, none above the target size.
///
/// The files are durable when `finish` returns, and belong to the table once they are committed to it; until then they are orphans.
///
/// 1. Rows come by rising days, so a file is closed for good when the next year begins.
/// 2. At most one file is open; those before it are durable.
/// 3. After `abandon` nothing of it is left, or the log says that something is.
final class ColdFileWriter {
    /// A file that was written, with its hash for the catalog.
    struct Output {
        let file: DataFile
        let key: String
        let byteCount: Int64
        let sha256: [UInt8]
    }

    private struct Open {
        let key: String
        let sink: any ObjectSink
        let hashing: HashingSink
        let writer: FileWriter
        let year: Int
    }

    /// How hard documents are compressed, the largest part of a file. Figures in docs/decisions/0006-parquet-writer.md.
    enum Effort: String {
        /// For files that a merge takes soon: small pages, since it reads many such files side by side.
        case brief
        /// For files that arrive: as quick as reading them was.
        case quick
        /// For what stays for years: five times the time, a seventh less room. Once a receipt: later merges take such row groups over.
        case thorough

        fileprivate var document: CompressionEffort {
            switch self {
            case .brief: CompressionEffort(level: 1)
            case .quick: CompressionEffort(level: 1, windowLog: 23, tableLog: 18)
            case .thorough: CompressionEffort(level: 9, windowLog: 23, minMatch: 6)
            }
        }

        /// zstd's level for columns but documents.
        fileprivate var level: Int32 {
            switch self {
            case .brief: 1
            case .quick: 3
            case .thorough: 9
            }
        }

        /// Of documents and of other columns. What a look at one document inflates takes 4 ms at 8 MiB.
        fileprivate var pageByteCounts: (document: Int, other: Int) {
            self == .brief ? (1 << 20, 256 << 10) : (8 << 20, WriterOptions().pageByteCount)
        }

        /// As the file's footer names it: a later merge need not compress again what has been compressed like this. Other settings are
        /// another name.
        fileprivate var mark: KeyValue { KeyValue(key: "till.compression", value: "\(rawValue)-2") }

        /// Whether a file was written with this effort.
        func made(_ file: ParquetFile) -> Bool { file.metadata.keyValues?.contains(mark) ?? false }
    }

    /// Of documents, so many are compressed beside the gathering of others; two such pieces are in memory. Of small pages less is enough.
    private static func pieceByteCount(_ effort: Effort) -> Int { effort == .brief ? 8 << 20 : 32 << 20 }

    private let table: Table
    private let options: WriterOptions
    private let tickets: ULIDGenerator
    private let now: Int64
    private let dayIndex: Int
    private var open: Open?
    private var outputs: [Output] = []

    /// - Parameters:
    ///   - bloomPaths: columns of types that ask for bloom filters.
    ///   - workerCount: threads that encode, the caller's among them.
    ///   - rowGroupRowCount: nil for the customary.
    init(
        table: Table, bloomPaths: Set<ColumnPath>, names: ULIDGenerator, now: Int64, effort: Effort, workerCount: Int = 1,
        rowGroupRowCount: Int? = nil
    ) throws {
        self.table = table
        self.tickets = names
        self.now = now
        guard let dayIndex = table.schema.index(of: "business_day") else {
            throw ColumnStoreError(.corruptFile, path: table.metadataLocation, "the table has no business_day")
        }
        self.dayIndex = dayIndex
        var options = WriterOptions()
        options.sorting = ColdOrder.sorting
        options.workerCount = workerCount
        if let rowGroupRowCount { options.rowGroupRowCount = rowGroupRowCount }
        options.compressionLevel = effort.level
        options.pageByteCount = effort.pageByteCounts.other
        options.bulkyByteCount = Self.pieceByteCount(effort)
        options.keyValues = [effort.mark]
        for path in bloomPaths.union(["receipt_id", "ticket_id"]) where table.schema.field(at: path) != nil {
            options.columns[path] = ColumnWriterOptions(hasBloomFilter: true)
        }
        // Nobody asks for a range of these; and what a person's document says has no place in metadata.
        options.columns["history"] = ColumnWriterOptions(hasBounds: false)
        options.columns["document"] = ColumnWriterOptions(
            encoding: .only(.deltaLengthByteArray), hasBounds: false, effort: effort.document, pageByteCount: effort.pageByteCounts.document)
        options.columns["document_sha256"] = ColumnWriterOptions(encoding: .only(.deltaLengthByteArray), hasBounds: false)
        self.options = options
    }

    /// Appends rows with the table's columns, in its order.
    ///
    /// - Precondition: the table's columns in its order, `business_day` among them without NULL.
    func append(_ batch: ColumnBatch) throws {
        guard case .int32(let days) = batch.columns[dayIndex].flattened().values else { preconditionFailure("business_day is a DATE") }
        var start = 0
        while start < days.count {
            let year = CompactionPicker.year(days[start])
            var end = start + 1
            while end < days.count, CompactionPicker.year(days[end]) == year { end += 1 }
            try append(start == 0 && end == days.count ? batch : batch.slice(start..<end), year: year)
            start = end
        }
    }

    private func append(_ batch: ColumnBatch, year: Int) throws { try file(of: year).writer.append(batch) }

    /// The file at hand, or a new one when that is full or of another year.
    private func file(of year: Int) throws -> Open {
        if let open, open.year != year || open.writer.writtenByteCount >= CompactionPicker.targetByteCount { try close() }
        let current = try open ?? begin(year)
        open = current
        return current
    }

    /// A row group of another of the table's files, to be taken over as it is; nil when it must be written anew, or is so small that it
    /// had better become part of another.
    func copy(of file: ParquetFile, rowGroup: Int) throws -> RowGroupCopy? {
        let group = file.metadata.rowGroups[rowGroup]
        // Half a row group at least: smaller ones would stay small for good.
        guard group.rowCount * 2 >= options.rowGroupRowCount || group.totalByteCount * 2 >= options.rowGroupByteCount else { return nil }
        return try RowGroupCopy(of: file, rowGroup: rowGroup, schema: table.schema, options: options)
    }

    /// Appends a row group part by part: `FileWriter.appendRowGroup`.
    ///
    /// - Parameter day: of its first row; all are of one year.
    func appendRowGroup(
        rowCount: Int, day: Int32, _ fill: (_ part: ColumnPart, _ take: (Column) throws(ColumnStoreError) -> Void) throws -> Void
    ) throws {
        try file(of: CompactionPicker.year(day)).writer.appendRowGroup(rowCount: rowCount, fill)
    }

    /// Appends a row group as it is.
    ///
    /// - Parameter day: of its first row; all are of one year.
    func append(copying group: RowGroupCopy, day: Int32) throws { try file(of: CompactionPicker.year(day)).writer.append(copying: group) }

    private func begin(_ year: Int) throws -> Open {
        let key = "data/\(year)/\(tickets.next(milliseconds: now / 1_000)).parquet"
        let sink = try table.storage.create(key)
        let hashing = HashingSink(sink)
        return Open(
            key: key, sink: sink, hashing: hashing, writer: try FileWriter(table.schema, options: options, to: hashing), year: year)
    }

    private func close() throws {
        guard let current = open else { return }
        open = nil
        let written = try current.writer.finish()
        try current.sink.commit()
        outputs.append(
            Output(
                file: DataFile(written, location: table.storage.location(of: current.key), sortOrderID: 1), key: current.key,
                byteCount: current.hashing.byteCount, sha256: current.hashing.digest()))
    }

    func finish() throws -> [Output] {
        try close()
        return outputs
    }

    /// Removes what was written so far: after an error, which stays the one to report.
    func abandon() {
        open?.sink.abandon()
        open = nil
        Self.discard(outputs, table)
    }

    /// Removes what was written: after an error, or when the commit did not happen.
    ///
    /// Never throws. What cannot be removed stays for the removal of orphans; where one cannot be, the others are not tried: a storage without an answer is waited for once.
    static func discard(_ outputs: [Output], _ table: Table) {
        do { for output in outputs { try table.storage.delete(output.key, .unpublished) } } catch {
            StoreLog.note("cannot remove cold files that no version of their table has", path: table.metadataLocation, reason: StoreLog.text(error), level: .warning)
        }
    }
}
