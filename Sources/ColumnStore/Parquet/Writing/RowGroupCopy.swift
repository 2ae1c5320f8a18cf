/// A row group of a file as another file can take it over byte for byte: no page is inflated or encoded again.
///
/// Merges take over row groups that need no rewriting (docs/decisions/0006-parquet-writer.md, "Compressed for good once"). That the file's bytes are what
/// they were is the caller's to prove: nothing here looks into a page.
public struct RowGroupCopy {
    /// A column chunk, and what the file says of it.
    struct Chunk {
        var metadata: ColumnMetadata
        /// Where its pages lie, the dictionary's first.
        var range: Range<Int64>
        /// With its header.
        var bloomFilter: Range<Int64>?
        var columnIndex: ColumnIndex?
        var offsetIndex: OffsetIndex
        /// As the statistics have them, texts cut short.
        var bounds: ValueBounds?
        var nullCount: Int64
    }

    let file: any RandomAccessBytes
    let chunks: [Chunk]
    public let rowCount: Int64

    /// - Returns: nil when a file of `schema` and `options` would not look like this: other columns, another codec, filters or bounds
    ///   that are or are not there; and for a column of doubles, whose NaNs the statistics of older files do not count.
    /// - Throws: `.corruptFile`, `.overBudget`, `.io`.
    public init?(of file: ParquetFile, rowGroup number: Int, schema: Schema, options: WriterOptions) throws {
        let own = try WriterSchema(schema)
        let group = file.metadata.rowGroups[number]
        guard file.metadata.schema == own.elements, group.columns.count == own.leaves.count, group.rowCount > 0 else { return nil }
        guard file.leaves.allSatisfy({ file.metadata.hasTypeOrder($0.index) }), file.leaves.count == own.leaves.count else { return nil }
        let indexes = PageIndexReader(
            file: file, rowGroup: number, leaves: file.leaves, filtered: file.leaves,
            budget: DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount))
        // Of all columns together, since all are kept.
        let share = indexes.share()
        var chunks: [Chunk] = []
        for (leaf, descriptor) in zip(own.leaves, file.leaves) {
            guard let metadata = group.columns[descriptor.index].metadata, metadata.codec == options.codec,
                let chunk = try Self.chunk(leaf, descriptor, metadata, options.column(leaf.path), file, number, indexes, share)
            else { return nil }
            chunks.append(chunk)
        }
        withExtendedLifetime(share) {}
        self.file = file.bytes
        self.chunks = chunks
        rowCount = group.rowCount
    }

    /// A column chunk, if it lies and is described as this program's writer would have it.
    private static func chunk(
        _ leaf: WriterLeaf, _ descriptor: LeafDescriptor, _ metadata: ColumnMetadata, _ options: ColumnWriterOptions, _ file: ParquetFile,
        _ rowGroup: Int, _ indexes: PageIndexReader, _ share: BudgetShare
    ) throws -> Chunk? {
        let layout = try file.layout(rowGroup: rowGroup, leaf: descriptor)
        guard leaf.type != .double, let statistics = metadata.statistics, let nullCount = statistics.nullCount,
            let locations = try indexes.locations(descriptor, layout, for: share),
            options.hasBloomFilter == (metadata.bloomFilterOffset != nil) || nullCount == metadata.valueCount
        else { return nil }
        // The copy's figures are sums of these: what no writer of ours says is encoded anew.
        let places = [metadata.dataPageOffset, metadata.dictionaryPageOffset ?? metadata.dataPageOffset]
        guard places.allSatisfy(layout.range.contains), (0...metadata.valueCount).contains(nullCount),
            (0...ParquetFile.rowCountMax).contains(metadata.totalUncompressedByteCount), metadata.valueCount <= ParquetFile.rowCountMax
        else { return nil }
        let start = layout.range.lowerBound
        guard Self.fills(to: start.addingSaturating(metadata.totalCompressedByteCount), metadata, locations) else { return nil }
        var bloomFilter: Range<Int64>?
        if let offset = metadata.bloomFilterOffset {
            guard let byteCount = metadata.bloomFilterByteCount, byteCount > 0, offset >= 4, offset <= file.dataEnd - Int64(byteCount) else {
                return nil
            }
            bloomFilter = offset..<offset + Int64(byteCount)
        }
        // The copy's manifest and indexes say what the file says here: a bound that is missing cannot be made without the values.
        let columnIndex = try indexes.columnIndex(descriptor, for: share)
        let decoder = StatisticsDecoder(leaf: descriptor, conversion: descriptor.conversion, order: .typeDefined, writer: file.metadata.writer)
        let bounds = Self.bounds(decoder.bounds(statistics))?.fitting(leaf)
        if options.hasBounds {
            guard bounds != nil || nullCount == metadata.valueCount else { return nil }
        } else {
            guard bounds == nil, columnIndex == nil else { return nil }
        }
        return Chunk(
            metadata: metadata, range: start..<start + metadata.totalCompressedByteCount, bloomFilter: bloomFilter,
            columnIndex: columnIndex, offsetIndex: OffsetIndex(pageLocations: locations), bounds: bounds, nullCount: nullCount)
    }

    /// Whether the pages lie one after the other from the chunk's beginning to its end, as our writers lay them: a reader goes a little past the
    /// end that a footer names, as files of old versions need, and a copy has other bytes there.
    /// - Parameter last: where the chunk ends by the footer.
    private static func fills(to last: Int64, _ metadata: ColumnMetadata, _ locations: [PageLocation]) -> Bool {
        guard locations.first.map({ $0.offset == metadata.dataPageOffset }) ?? true else { return false }
        var end = metadata.dataPageOffset
        for location in locations {
            guard location.offset == end else { return false }
            end = location.offset.addingSaturating(Int64(location.compressedByteCount))
        }
        return end == last
    }

    /// In the form in which a writer gathers them.
    ///
    /// - Returns: nil where one of the two is missing.
    static func bounds(_ values: (minimum: Value?, maximum: Value?)) -> ValueBounds? {
        switch values {
        case (.boolean(let low)?, .boolean(let high)?): return .integer(low ? 1 : 0, high ? 1 : 0)
        case (.integer(let low)?, .integer(let high)?): return .integer(low, high)
        case (.decimal(let low)?, .decimal(let high)?): return .wide(low, high)
        case (.bytes(let low)?, .bytes(let high)?): return .bytes(low, high)
        default: return nil
        }
    }
}

extension ValueBounds {
    /// Bounds of decimals as the leaf's physical type keeps them.
    func fitting(_ leaf: WriterLeaf) -> ValueBounds? {
        guard case .wide(let low, let high) = self, leaf.physicalType != .fixedLenByteArray else { return self }
        guard let low = Int64(exactly: low), let high = Int64(exactly: high) else { return nil }
        return .integer(low, high)
    }
}
