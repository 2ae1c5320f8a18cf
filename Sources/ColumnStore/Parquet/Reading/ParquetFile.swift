// A Parquet file: "PAR1", pages, indexes, the footer (FileMetaData), its length in 4 bytes, "PAR1".

/// An open Parquet file: its footer read and checked, its columns known. Any number of threads may scan it.
///
/// The footer's figures are believed only as far as they were checked: here those of schema and rows, in `layout` those of a chunk before it is read.
public final class ParquetFile: Sendable {
    /// Enough for the footer of most files, so that one read opens them.
    static let footerGuessByteCount = 64 << 10

    public let bytes: any RandomAccessBytes
    public let metadata: FileMetadata
    public let options: ParquetReadOptions
    /// The columns as this module reads them, with the file's field ids.
    public let schema: Schema
    let columns: [FieldNode]
    /// In the order of the row groups' chunks.
    let leaves: [LeafDescriptor]
    /// Where the footer begins: no page reaches past it.
    let dataEnd: Int64
    /// As `ChunkLayout` has it.
    private let isAlwaysCompressed: Bool

    public var path: String { bytes.name }
    public var rowCount: Int { Int(metadata.rowCount) }

    /// Reads the footer.
    ///
    /// - Throws: `.corruptFile`; `.unsupportedFeature` for an encrypted footer; `.overBudget` for one that is too long; `.io`.
    /// - Complexity: O(footer); a read of 64 KiB, and one more for a longer footer.
    public init(_ bytes: any RandomAccessBytes, options: ParquetReadOptions = ParquetReadOptions()) throws(ColumnStoreError) {
        let path = bytes.name
        let (footer, dataEnd) = try Self.readFooter(bytes, options)
        var metadata: FileMetadata
        do {
            metadata = try FileMetadata.parse(footer.bytes, memoryByteCountMax: options.memoryBudgetByteCount).value
        } catch {
            throw ColumnStoreError(error.code, path: path, offset: dataEnd, "footer: \(error)")
        }
        do {
            let (columns, leafCount) = try SchemaReader.read(metadata.schema, memoryByteCountMax: options.memoryBudgetByteCount)
            self.columns = columns
            leaves = columns.flatMap(\.leaves)
            precondition(leaves.count == leafCount)
        } catch {
            throw ColumnStoreError(error.code, path: path, offset: dataEnd, "schema: \(error.detail)")
        }
        do {
            metadata.rowCount = try Self.rowCount(metadata.rowGroups, leafCount: leaves.count)
        } catch {
            throw ColumnStoreError(.corruptFile, path: path, offset: dataEnd, error.detail)
        }
        schema = Schema(columns.map(\.field))
        self.bytes = bytes
        self.metadata = metadata
        self.options = options
        self.dataEnd = dataEnd
        isAlwaysCompressed = metadata.writer?.saysUncompressedOfAllPages ?? false
    }

    /// A whole Parquet file that lies before this one's footer, written aside.
    ///
    /// - Throws: `.corruptFile` for a range outside; what reading a footer throws.
    public func within(_ range: Range<Int64>) throws(ColumnStoreError) -> ParquetFile {
        guard range.lowerBound >= 4, range.upperBound <= dataEnd else { throw corrupt("the footer names a part at \(range) outside of what the file has before it") }
        return try ParquetFile(BytesWithin(bytes, range), options: options)
    }

    /// - Returns: the footer's bytes and where they begin.
    private static func readFooter(
        _ bytes: any RandomAccessBytes, _ options: ParquetReadOptions
    ) throws(ColumnStoreError) -> (footer: ByteRegion, start: Int64) {
        let path = bytes.name
        let size = bytes.byteCount
        guard size >= 12 else { throw ColumnStoreError(.corruptFile, path: path, "too short for a Parquet file: \(size) bytes") }
        // One read from the end: the length, the magic, and most often all of the footer.
        let guess = Int(min(size, Int64(footerGuessByteCount)))
        let tail = try bytes.region(at: size - Int64(guess), count: guess)
        let magic = tail.bytes.loadUnaligned(fromByteOffset: guess - 4, as: UInt32.self).littleEndian
        if magic == 0x4552_4150 {  // "PARE"
            throw ColumnStoreError(.unsupportedFeature, path: path, offset: size - 4, "the footer is encrypted")
        }
        guard magic == 0x3152_4150 else {  // "PAR1"
            throw ColumnStoreError(.corruptFile, path: path, offset: size - 4, "does not end with PAR1: no Parquet file")
        }
        let count = Int(tail.bytes.loadUnaligned(fromByteOffset: guess - 8, as: UInt32.self).littleEndian)
        guard count > 0, Int64(count) <= size - 12 else {
            throw ColumnStoreError(.corruptFile, path: path, offset: size - 8, "the footer's length \(count) does not fit the file")
        }
        guard count <= options.footerByteCountMax else {
            throw ColumnStoreError(
                .overBudget, path: path, offset: size - 8,
                "the footer has \(count) bytes, the limit is \(options.footerByteCountMax)")
        }
        let start = size - 8 - Int64(count)
        if count + 8 <= guess { return (ByteRegion(part: (guess - 8 - count)..<(guess - 8), of: tail), start) }
        return (try bytes.region(at: start, count: count), start)
    }

    /// More than any file has, and so few that sums over files stay far from the end of 64 bits.
    static let rowCountMax: Int64 = 1 << 48

    private struct RowGroupFault: Error {
        let detail: String
    }

    /// The rows of all row groups. What the footer says of the file is not asked: writers that append row groups leave it at 0, and other
    /// readers go by the row groups, too.
    private static func rowCount(_ rowGroups: [RowGroupMetadata], leafCount: Int) throws(RowGroupFault) -> Int64 {
        var total: Int64 = 0
        for (number, rowGroup) in rowGroups.enumerated() {
            guard rowGroup.columns.count == leafCount else {
                throw RowGroupFault(detail: "row group \(number) has \(rowGroup.columns.count) column chunks for \(leafCount) leaves")
            }
            guard rowGroup.rowCount <= rowCountMax - total else {
                throw RowGroupFault(detail: "row group \(number) has \(rowGroup.rowCount) rows, a file has at most \(rowCountMax)")
            }
            total += rowGroup.rowCount
        }
        return total
    }

    func corrupt(_ detail: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: path, offset: dataEnd, detail)
    }
}

extension ParquetFile {
    /// Where a leaf's pages of a row group are, checked against the file.
    ///
    /// - Throws: `.unsupportedFeature` for a chunk that is encrypted or in another file; `.corruptFile` where it lacks its metadata, is of another type than
    ///   the schema says, has fewer entries than rows, or reaches past the file's data.
    func layout(rowGroup number: Int, leaf: LeafDescriptor) throws(ColumnStoreError) -> ChunkLayout {
        let rowGroup = metadata.rowGroups[number]
        let chunk = rowGroup.columns[leaf.index]
        func fault(_ code: ColumnStoreError.Code, _ detail: String) -> ColumnStoreError {
            ColumnStoreError(code, path: path, column: leaf.path, offset: dataEnd, "row group \(number): \(detail)")
        }
        if chunk.isEncrypted { throw fault(.unsupportedFeature, "the column is encrypted") }
        guard let metadata = chunk.metadata else { throw fault(.corruptFile, "the column chunk has no metadata") }
        if let other = chunk.filePath, !other.isEmpty {
            throw fault(.unsupportedFeature, "the column chunk lies in another file, \(other)")
        }
        guard metadata.type == leaf.physicalType else {
            throw fault(.corruptFile, "the column chunk is of type \(metadata.type), the schema says \(leaf.physicalType)")
        }
        let isFlat = leaf.greatestRepetitionLevel == 0
        guard isFlat ? metadata.valueCount == rowGroup.rowCount : metadata.valueCount >= rowGroup.rowCount else {
            throw fault(.corruptFile, "the column chunk has \(metadata.valueCount) values for \(rowGroup.rowCount) rows")
        }
        var start = metadata.dataPageOffset
        if let dictionary = metadata.dictionaryPageOffset, dictionary > 0, dictionary < start { start = dictionary }
        let (end, overflow) = start.addingReportingOverflow(metadata.totalCompressedByteCount)
        guard start >= 4, metadata.totalCompressedByteCount >= 0, !overflow, end <= dataEnd else {
            throw fault(.corruptFile, "the column chunk at \(start) of \(metadata.totalCompressedByteCount) bytes is outside the file")
        }
        // Old versions of parquet-mr left the dictionary page's header out of the total.
        let slack: Int64 = 100
        let pageCount = metadata.encodingStats?.reduce(0) { $0 + ($1.pageKind == .dictionary ? 0 : Int(max(0, $1.count))) }
        return ChunkLayout(
            column: leaf.path, codec: metadata.codec, valueCount: Int(metadata.valueCount),
            range: start..<min(end + slack, dataEnd), greatestRepetitionLevel: leaf.greatestRepetitionLevel,
            greatestDefinitionLevel: leaf.greatestDefinitionLevel, isAlwaysCompressed: isAlwaysCompressed, locations: nil, rowCount: Int(rowGroup.rowCount), pageCount: pageCount)
    }

    /// About what a page takes inflated, by the footer: the greatest of all columns, and those of some columns together.
    ///
    /// The mean of a chunk's pages, the greatest of all row groups; a chunk that does not say how many pages it has counts as one.
    public func pageByteCounts(together paths: [ColumnPath]) -> (greatest: Int, together: Int) {
        let names = Set(paths.map(\.description))
        var (greatest, together) = (0, 0)
        for leaf in leaves {
            var most = 0
            for rowGroup in metadata.rowGroups {
                guard let chunk = rowGroup.columns[leaf.index].metadata else { continue }
                let pageCount = chunk.encodingStats?.reduce(0) { $0 + ($1.pageKind == .dictionary ? 0 : Int(max(0, $1.count))) } ?? 1
                most = max(most, Int(clamping: chunk.totalUncompressedByteCount) / max(1, pageCount))
            }
            greatest = max(greatest, most)
            if names.contains(leaf.path) { together = together.addingSaturating(most) }
        }
        return (greatest, together)
    }
}
