/// Gathers one leaf of a row group and turns it into a column chunk: plan, pages, indexes.
///
/// A leaf is planned once all its values are there; only bulky ones (documents), and those whose dictionary is full, are written out in the middle, in pieces.
///
/// One for each leaf of the file, used again for each row group. Its life in one:
/// 1. Rows are appended to `buffer`.
/// 2. `prepare` plans what the buffer holds and makes a piece of it; any threads make the piece's pages.
/// 3. `absorb` takes the pages of the oldest piece. Where a column is written in pieces, 1 to 3 come several times.
/// 4. What the footer says is asked, the pages are written, and `reset` begins anew.
///
/// Owned by the row group's writer, which sees to it that never two threads use it at once; tasks that make pages have the piece alone.
///
/// Invariants:
/// 1. `pages` are in the order of the rows, and `pageEncodings` has the encoding of each.
/// 2. `pieces` hold the rows after those of `pages`, the oldest first; `preparedRowCount` counts both.
/// 3. At most one piece of a row group has a dictionary, the first: a column that goes on in pieces has given its own up.
final class ColumnChunkWriter {
    let leaf: WriterLeaf
    let buffer: LeafBuffer
    private let options: ColumnWriterOptions
    private let fileOptions: WriterOptions

    // The chunk so far.
    private(set) var pages: [EncodedPage] = []
    private(set) var dictionaryPage: (bytes: [UInt8], uncompressedByteCount: Int)?
    /// 0 where the chunk has no dictionary.
    private var dictionaryEntryCount = 0
    private var pageEncodings: [PageEncoding] = []
    /// Of all values, or of the dictionary's entries, which stand for them.
    private var bloomHashes: [UInt64] = []
    /// Known where the whole chunk has a dictionary; else it is estimated from the hashes.
    private var bloomDistinctCount: Int?

    /// Whose pages are in the making, in order.
    private var pieces: [ColumnPiece] = []
    /// Rows of this row group whose pages are made or in the making.
    private var preparedRowCount = 0
    /// Of a column of long strings, once a piece of it was large enough to tell: for all of the file.
    private var bulkyLayout: BulkyLayout?

    init(_ leaf: WriterLeaf, options: WriterOptions) {
        self.leaf = leaf
        self.options = options.column(leaf.path)
        fileOptions = options
        buffer = LeafBuffer(leaf, options: options)
    }

    /// Memory of what was made and is not in the file yet.
    var encodedByteCount: Int { pages.reduce(0) { $0 + $1.bytes.count } }

    // MARK: Making pages, in three steps: prepare, page by page on any thread, absorb

    var newestPiece: ColumnPiece? { pieces.last }

    /// Chooses the encoding of what the buffer holds and cuts it into pages to be made.
    ///
    /// - Parameter detaches: whether the buffer lets go of the values at once, to gather more while the pages are made.
    ///
    /// - Throws: `.invalidRequest` for a value that has more digits than the column's type, or cannot be encoded.
    func prepare(compressors: PageCompressors, detaches: Bool = false) throws(ColumnStoreError) {
        do {
            let planner = try EncodingPlanner(leaf: leaf, options: options, fileOptions: fileOptions, compressors: compressors)
            let plan = try planner.plan(buffer.storage, isWhole: preparedRowCount == 0)
            if bulkyLayout == nil { bulkyLayout = try planner.bulkyLayout(plan) }
            // Once a column's layout is chosen it stays, whatever the next piece would say: its pages are alike.
            let effort = bulkyLayout?.effort ?? plan.effort
            if case .codes(_, let dictionary) = plan.values, plan.encoding == .rleDictionary {
                dictionaryPage = try PageWriter.dictionaryPage(dictionary, leaf: leaf, compressor: compressors.compressor(effort))
                dictionaryEntryCount = dictionary.count
            }
            let writer = PageWriter(
                leaf: leaf, values: plan.values, encoding: plan.encoding, definitionLevels: buffer.definitionLevels,
                repetitionLevels: buffer.repetitionLevels, version: fileOptions.dataPageVersion, hasBounds: options.hasBounds)
            if options.hasBloomFilter {
                addHashes(plan.values)
                // A dictionary stands for the values of its own piece.
                if preparedRowCount > 0 { bloomDistinctCount = nil }
            }
            try checkDecimals(plan.values)
            let cuts = cuts(writer)
            pieces.append(ColumnPiece(writer, cuts, effort: effort, isDetached: detaches))
            preparedRowCount += cuts.reduce(0) { $0 + $1.rowCount }
            if detaches { buffer.detach() }
        } catch let error as ColumnStoreError {
            throw error
        } catch let error as PageError {
            throw ColumnStoreError(.invalidRequest, column: leaf.path.description, "cannot encode the column: \(error)")
        } catch {
            preconditionFailure("an error of no known type")
        }
    }

    /// Takes over the pages of the oldest piece, which are made, and forgets its values.
    ///
    /// - Precondition: there is a piece, and all of its pages are made.
    func absorb() {
        let piece = pieces.removeFirst()
        let made = piece.take()
        pages.append(contentsOf: made.pages)
        pageEncodings.append(contentsOf: repeatElement(made.encoding, count: made.pages.count))
        if !piece.isDetached { buffer.removeWritten() }
    }

    /// As `reset`, and keeps no memory.
    func release() {
        reset()
        buffer.release()
    }

    /// Ready for the next row group.
    func reset() {
        pages = []
        dictionaryPage = nil
        dictionaryEntryCount = 0
        pageEncodings = []
        bloomHashes = []
        bloomDistinctCount = nil
        preparedRowCount = 0
        buffer.reset()
    }

    /// A bloom filter leads to a row group. Where the bounds of pages lead no further, since ids have no order, all of the column is read: then it
    /// is not cut at all below this size.
    private static let unorderedPageByteCount = 4 << 20

    /// Where the pages of what the buffer holds end.
    private func cuts(_ writer: PageWriter) -> [PageWriter.Cut] {
        let byteCount = options.pageByteCount ?? bulkyLayout?.pageByteCount ?? fileOptions.pageByteCount
        let cuts = PageCutter(pageRowCount: fileOptions.pageRowCount, pageByteCount: byteCount)
            .cut(writer, levelCount: buffer.levelCount, firstRow: preparedRowCount)
        // Bounds of pages are worth having where they tell values apart.
        guard options.hasBloomFilter, leaf.repetitionLevelMax == 0, cuts.count > 1, !Self.boundsTell(cuts, writer.values) else { return cuts }
        return PageCutter(pageRowCount: fileOptions.rowGroupRowCount, pageByteCount: max(byteCount, Self.unorderedPageByteCount))
            .cut(writer, levelCount: buffer.levelCount, firstRow: preparedRowCount)
    }

    /// Whether the bounds of pages cut like this leave out half of them or more for a value that is there: as those of values in some order do.
    ///
    /// - Complexity: O(values) for the bounds; 64 to 128 values, taken evenly from all, are compared with each page's.
    private static func boundsTell(_ cuts: [PageWriter.Cut], _ values: PageValues) -> Bool {
        let bounds = cuts.compactMap { values.bounds($0.values) }
        var seen = 0
        var matched = 0
        for index in stride(from: 0, to: values.count, by: max(1, values.count / 64)) {
            guard let value = values.bounds(index..<index + 1) else { continue }
            seen += 1
            for page in bounds {
                let order = ValueBounds.order(page, value)
                if order.minimum <= 0, order.maximum >= 0 { matched += 1 }
            }
        }
        return 2 * matched <= seen * bounds.count
    }

    /// Kernels rely on declared digits: no file may hold a value of more (docs/decisions/0029-files-from-outside.md).
    ///
    /// Asked of the bounds, which are exact here.
    private func checkDecimals(_ values: PageValues) throws(ColumnStoreError) {
        guard case .decimal(let precision, _) = leaf.type, let bounds = values.bounds(0..<values.count) else { return }
        let limit = ValueLimit.decimalLimit(precision)
        let (low, high): (Int128, Int128) =
            switch bounds {
            case .integer(let low, let high): (Int128(low), Int128(high))
            case .wide(let low, let high): (low, high)
            default: (0, 0)
            }
        guard low >= -limit, high <= limit else {
            throw ColumnStoreError(
                .invalidRequest, column: leaf.path.description, "a value has more digits than \(leaf.type)")
        }
    }

    // MARK: Bloom filter

    /// Keeps the hash of each value's PLAIN form, as `StatisticsDecoder.bloomHash` makes it of a value that is looked for.
    private func addHashes(_ values: PageValues) {
        switch values {
        case .codes(_, .bytes(_, let hashes)):
            bloomHashes.append(contentsOf: hashes)
            bloomDistinctCount = hashes.count
        case .codes(_, .integers(let entries, let isWide)):
            if isWide {
                addHashes(.plain(.int128(entries.map { Int128($0) })))
            } else {
                addHashes(integers: entries)
            }
            bloomDistinctCount = entries.count
        case .codes(_, .doubles(let entries, _)):
            addHashes(.plain(.double(entries)))
            bloomDistinctCount = entries.count
        case .plain(.int32(let values)): addHashes(integers: values.map { Int64($0) })
        case .plain(.int64(let values)): addHashes(integers: values)
        case .plain(.double(let values)):
            for value in values { bloomHashes.append(hash(value.bitPattern)) }
        case .plain(.int128(let values)):
            for value in values {
                ValueBounds.bigEndian(value, byteCount: leaf.typeLength).withUnsafeBytes {
                    bloomHashes.append(XXHash64.hash($0))
                }
            }
        case .plain(.bytes(let arrays)):
            arrays.bytes.withUnsafeBytes { bytes in
                for index in 0..<arrays.count {
                    bloomHashes.append(XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[arrays.range(at: index)])))
                }
            }
        // A filter of two values tells nothing that the bounds don't.
        case .plain(.bits), .plain(.interval): break
        }
    }

    /// Numbers are hashed in the width in which the file has them.
    private func addHashes(integers: [Int64]) {
        for value in integers {
            bloomHashes.append(
                leaf.physicalType == .int32 ? hash(Int32(truncatingIfNeeded: value)) : hash(value))
        }
    }

    private func hash<Number: FixedWidthInteger>(_ value: Number) -> UInt64 {
        withUnsafeBytes(of: value.littleEndian) { XXHash64.hash($0) }
    }

    /// The filter over all values, sized by how many of them are distinct.
    ///
    /// - Returns: nil where none is wanted, or there is no value.
    /// - Complexity: O(values).
    func bloomFilter() -> BloomFilter? {
        guard options.hasBloomFilter, !bloomHashes.isEmpty else { return nil }
        let distinctCount = bloomDistinctCount ?? DistinctEstimate.count(bloomHashes)
        // Each row group that is taken for the one costs a reader some milliseconds, and a table has hundreds of them.
        var filter = BloomFilter(distinctCount: distinctCount, falsePositiveRate: 0.001)
        for hash in bloomHashes { filter.insert(hash) }
        return filter
    }

    // MARK: What the footer says

    /// Of the whole chunk.
    var bounds: ValueBounds? {
        pages.reduce(nil) { ValueBounds.union($0, $1.bounds) }
    }

    var levelCount: Int { pages.reduce(0) { $0 + $1.levelCount } }
    var nullCount: Int { pages.reduce(0) { $0 + $1.nullCount } }
    var nanCount: Int { pages.reduce(0) { $0 + $1.nanCount } }

    /// What the footer has of the chunk, but for the places of indexes and filter, which are written later.
    ///
    /// - Parameter offset: where the chunk begins in the file.
    func metadata(at offset: Int64, codec: CompressionCodec) -> ColumnMetadata {
        var encodings: [PageEncoding] = []
        var stats: [PageEncodingStats] = []
        if dictionaryPage != nil {
            encodings.append(.plain)
            stats.append(PageEncodingStats(pageKind: .dictionary, encoding: .plain, count: 1))
        }
        if leaf.definitionLevelMax > 0 || leaf.repetitionLevelMax > 0 { encodings.append(.rle) }
        let pageKind = fileOptions.dataPageVersion == 1 ? PageKind.data : .dataV2
        for encoding in pageEncodings {
            if !encodings.contains(encoding) { encodings.append(encoding) }
            if let index = stats.firstIndex(where: { $0.pageKind == pageKind && $0.encoding == encoding }) {
                stats[index].count += 1
            } else {
                stats.append(PageEncodingStats(pageKind: pageKind, encoding: encoding, count: 1))
            }
        }
        let dictionaryByteCount = dictionaryPage?.bytes.count ?? 0
        return ColumnMetadata(
            type: leaf.physicalType, encodings: encodings, path: leaf.physicalPath, codec: codec,
            valueCount: Int64(levelCount),
            totalUncompressedByteCount: Int64(
                pages.reduce(dictionaryPage?.uncompressedByteCount ?? 0) { $0 + $1.uncompressedByteCount }),
            totalCompressedByteCount: Int64(pages.reduce(dictionaryByteCount) { $0 + $1.bytes.count }),
            dataPageOffset: offset + Int64(dictionaryByteCount),
            dictionaryPageOffset: dictionaryPage == nil ? nil : offset,
            statistics: statistics(), encodingStats: stats)
    }

    /// Bounds leave NaN out: readers take the upper one only of columns that say how many there are, if only that there is none.
    private var countsNaN: Bool { leaf.type == .double }

    /// Counts and bounds of the chunk. Distinct values are counted where every page has codes of the one dictionary.
    private func statistics() -> ChunkStatistics {
        var statistics = ChunkStatistics(nullCount: Int64(nullCount), nanCount: countsNaN ? Int64(nanCount) : nil)
        if pageEncodings.allSatisfy({ $0 == .rleDictionary }), dictionaryEntryCount > 0 {
            statistics.distinctCount = Int64(dictionaryEntryCount)
        }
        if let bounds {
            let encoded = bounds.encoded(leaf, byteCountMax: fileOptions.boundByteCount)
            statistics.minValue = encoded.minimum
            statistics.maxValue = encoded.maximum
            statistics.isMinValueExact = encoded.isMinimumExact
            statistics.isMaxValueExact = encoded.isMaximumExact
        }
        return statistics
    }

    /// - Parameter offset: where the first data page begins in the file.
    ///
    /// - Precondition: pages will be written one after another, without anything between them.
    func offsetIndex(at offset: Int64) -> OffsetIndex {
        var locations: [PageLocation] = []
        var offset = offset
        var rowIndex: Int64 = 0
        for page in pages {
            locations.append(
                PageLocation(offset: offset, compressedByteCount: Int32(page.bytes.count), firstRowIndex: rowIndex))
            offset += Int64(page.bytes.count)
            rowIndex += Int64(page.rowCount)
        }
        return OffsetIndex(pageLocations: locations)
    }

    /// The bounds of each page; nil when some page with values has none, since the index couldn't say so.
    func columnIndex() -> ColumnIndex? {
        guard options.hasBounds else { return nil }
        var index = ColumnIndex(
            nullPages: [], minValues: [], maxValues: [], boundaryOrder: .unordered, nullCounts: [], nanCounts: countsNaN ? [] : nil)
        for page in pages {
            index.nullCounts?.append(Int64(page.nullCount))
            index.nanCounts?.append(Int64(page.nanCount))
            if let bounds = page.bounds {
                let encoded = bounds.encoded(leaf, byteCountMax: fileOptions.boundByteCount)
                index.nullPages.append(false)
                index.minValues.append(encoded.minimum)
                index.maxValues.append(encoded.maximum)
            } else {
                // Nothing but NaN: the index has no word for such a page.
                guard page.nullCount == page.levelCount else { return nil }
                index.nullPages.append(true)
                index.minValues.append([])
                index.maxValues.append([])
            }
        }
        index.boundaryOrder = boundaryOrder(index)
        return index
    }

    /// Whether bounds rise or fall from page to page, pages of NULLs alone left out. One page ascends.
    private func boundaryOrder(_ index: ColumnIndex) -> BoundaryOrder {
        let bounds = pages.compactMap(\.bounds)
        guard bounds.count > 1 else { return .ascending }
        var isAscending = true
        var isDescending = true
        for (one, next) in zip(bounds, bounds.dropFirst()) {
            let order = ValueBounds.order(one, next)
            if order.minimum > 0 || order.maximum > 0 { isAscending = false }
            if order.minimum < 0 || order.maximum < 0 { isDescending = false }
        }
        return isAscending ? .ascending : isDescending ? .descending : .unordered
    }
}
