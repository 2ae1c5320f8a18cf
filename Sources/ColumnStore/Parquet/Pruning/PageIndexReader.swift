/// Reads the column and offset indexes and bloom filters of a row group.
///
/// Made for one row group, before its pages are read. Indexes of several columns are read together, as they lie together in most files; of a bloom
/// filter only the blocks that are asked for. One owner on one thread.
struct PageIndexReader {
    /// Of more values than this one is nearly always there, and each costs a read.
    private static let probeCountMax = 256

    let file: ParquetFile
    let rowGroup: Int
    private let budget: DecodeBudget
    private let source: any RandomAccessBytes
    private let ranges: CoalescedRanges

    /// - Parameters:
    ///   - bytes: the file's, through which it is read; nil for its own.
    ///   - leaves: those whose offset indexes will be asked for.
    ///   - filtered: those whose column indexes will be asked for, too.
    init(
        file: ParquetFile, bytes: (any RandomAccessBytes)? = nil, rowGroup: Int, leaves: [LeafDescriptor], filtered: [LeafDescriptor],
        budget: DecodeBudget
    ) {
        self.file = file
        self.rowGroup = rowGroup
        self.budget = budget
        source = bytes ?? file.bytes
        let chunks = file.metadata.rowGroups[rowGroup].columns
        let wanted =
            leaves.compactMap { Self.offsetRange(chunks[$0.index], file) }
            + filtered.compactMap { Self.columnRange(chunks[$0.index], file) }
        ranges = CoalescedRanges(
            file: source, wanted: wanted, mergedByteCountMax: Int64(file.options.readByteCountTarget), budget: budget)
    }

    private static func offsetRange(_ chunk: ColumnChunk, _ file: ParquetFile) -> Range<Int64>? {
        range(chunk.offsetIndexOffset, chunk.offsetIndexByteCount, file)
    }

    private static func columnRange(_ chunk: ColumnChunk, _ file: ParquetFile) -> Range<Int64>? {
        range(chunk.columnIndexOffset, chunk.columnIndexByteCount, file)
    }

    /// An index's place, if it lies within the file's data; else it counts as none.
    private static func range(_ offset: Int64?, _ count: Int32?, _ file: ParquetFile) -> Range<Int64>? {
        guard let offset, let count, offset >= 4, count > 0, offset <= file.dataEnd - Int64(count) else { return nil }
        return offset..<(offset + Int64(count))
    }

    private func fault(_ leaf: LeafDescriptor, _ offset: Int64, _ detail: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: file.path, column: leaf.path, offset: offset, detail)
    }

    private func fault(_ leaf: LeafDescriptor, _ offset: Int64, _ what: String, _ error: ThriftError) -> ColumnStoreError {
        ColumnStoreError(error.code, path: file.path, column: leaf.path, offset: offset, "\(what): \(error)")
    }

    /// The bytes of an index, from a merged range or read by themselves.
    private func bytes(_ range: Range<Int64>, _ leaf: LeafDescriptor) throws -> (bytes: UnsafeRawBufferPointer, region: ByteRegion) {
        if let (start, region) = try ranges.region(around: range) {
            let first = Int(range.lowerBound - start)
            return (UnsafeRawBufferPointer(rebasing: region.bytes[first..<first + range.count]), region)
        }
        try require(range.count, leaf, range.lowerBound)
        let region = try source.region(at: range.lowerBound, count: range.count)
        return (region.bytes, region)
    }

    private func require(_ byteCount: Int, _ leaf: LeafDescriptor, _ offset: Int64) throws(ColumnStoreError) {
        do {
            try budget.require(byteCount)
        } catch {
            throw ColumnStoreError(error, path: file.path, column: leaf.path, offset: offset)
        }
    }

    /// What an index may take beside those that are held.
    private var memoryByteCountMax: Int { max(0, budget.byteCountMax - budget.held) }

    /// For indexes that are needed together, and all no longer than this is.
    func share() -> BudgetShare { BudgetShare(of: budget) }

    private func hold(_ byteCount: Int, _ share: BudgetShare, _ leaf: LeafDescriptor, _ offset: Int64) throws(ColumnStoreError) {
        do {
            try share.hold(byteCount)
        } catch {
            throw ColumnStoreError(error, path: file.path, column: leaf.path, offset: offset)
        }
    }

    /// The bounds of a leaf's pages; nil when the file has none.
    ///
    /// - Parameter share: what they take is held by it: many columns may name one index, so that the file's bytes bound nothing.
    /// - Throws: `.corruptFile` for bytes that are no index, `.overBudget`, `.io`.
    func columnIndex(_ leaf: LeafDescriptor, for share: BudgetShare) throws -> ColumnIndex? {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let range = Self.columnRange(chunk, file) else { return nil }
        let (bytes, region) = try bytes(range, leaf)
        defer { withExtendedLifetime(region) {} }
        var reader = ThriftCompactReader(bytes, memoryByteCountMax: memoryByteCountMax)
        let index: ColumnIndex
        do {
            index = try ColumnIndex(from: &reader)
        } catch {
            throw fault(leaf, range.lowerBound, "column index", error)
        }
        try hold(reader.memoryByteCount, share, leaf, range.lowerBound)
        return index
    }

    /// A leaf's layout with the places of its pages, and what these take of the budget; without where the file does not say.
    ///
    /// - Throws: as `locations`.
    func located(_ leaf: LeafDescriptor, _ layout: ChunkLayout) throws -> ChunkLayout {
        var layout = layout
        let share = share()
        layout.locations = try locations(leaf, layout, for: share)
        layout.locationShare = share
        return layout
    }

    /// Where a leaf's pages are, checked against its chunk; nil when the file does not say.
    ///
    /// - Parameter share: as of `columnIndex`.
    /// - Throws: `.corruptFile` for pages that overlap, lie outside of the chunk, or begin at rows that fall or are not the row group's; `.overBudget`, `.io`.
    func locations(_ leaf: LeafDescriptor, _ layout: ChunkLayout, for share: BudgetShare) throws -> [PageLocation]? {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let range = Self.offsetRange(chunk, file) else { return nil }
        let (bytes, region) = try bytes(range, leaf)
        defer { withExtendedLifetime(region) {} }
        let locations: [PageLocation]
        do {
            locations = try OffsetIndex.parse(bytes, memoryByteCountMax: memoryByteCountMax).value.pageLocations
        } catch {
            throw fault(leaf, range.lowerBound, "offset index", error)
        }
        try hold(locations.count * MemoryLayout<PageLocation>.stride, share, leaf, range.lowerBound)
        // Rows without a page could never be read.
        guard let first = locations.first else {
            if layout.rowCount == 0 { return [] }
            throw fault(leaf, range.lowerBound, "offset index: it has no page for \(layout.rowCount) rows")
        }
        // Pages and rows rise: a reader may walk both in one pass.
        var end = layout.range.lowerBound
        var row: Int64 = 0
        for location in locations {
            guard location.offset >= end, location.compressedByteCount > 0,
                Int64(location.compressedByteCount) <= layout.range.upperBound - location.offset
            else { throw fault(leaf, range.lowerBound, "offset index: a page at \(location.offset) is out of place") }
            guard location.firstRowIndex >= row, location.firstRowIndex <= Int64(layout.rowCount) else {
                throw fault(leaf, range.lowerBound, "offset index: a page begins at the impossible row \(location.firstRowIndex)")
            }
            end = location.offset + Int64(location.compressedByteCount)
            row = location.firstRowIndex
        }
        guard first.firstRowIndex == 0 else {
            throw fault(leaf, range.lowerBound, "offset index: the first page begins at row \(first.firstRowIndex)")
        }
        return locations
    }

    /// Where a leaf's bloom filter lies: the first bytes of it with the header, the header's length, the bits' length and place.
    ///
    /// - Returns: nil where there is none, or of a kind that is not known.
    private func bloomFilter(
        _ leaf: LeafDescriptor
    ) throws -> (head: ByteRegion, headerByteCount: Int, byteCount: Int, start: Int64)? {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let offset = chunk.metadata?.bloomFilterOffset, offset >= 4, offset < file.dataEnd else { return nil }
        // The header takes some 16 bytes; a small filter comes with it.
        let head = try source.region(at: offset, count: Int(min(ParquetFile.filterHeadByteCount, file.dataEnd - offset)))
        let (header, headerByteCount): (BloomFilterHeader, Int)
        do {
            (header, headerByteCount) = try BloomFilterHeader.parse(head.bytes)
        } catch {
            throw fault(leaf, offset, "bloom filter", error)
        }
        guard header.isSupported else { return nil }
        let byteCount = Int(header.byteCount)
        let start = offset + Int64(headerByteCount)
        guard byteCount > 0, byteCount % BloomFilter.blockByteCount == 0, byteCount <= BloomFilter.byteCountMax,
            Int64(byteCount) <= file.dataEnd - start
        else { throw fault(leaf, offset, "bloom filter: it has the impossible length \(byteCount)") }
        return (head, headerByteCount, byteCount, start)
    }

    /// Has bloom filters and all indexes fetched together, where each by itself would wait for a network.
    ///
    /// - Parameter filtered: the leaves whose filters will be asked.
    func expectTogether(_ filtered: [LeafDescriptor]) {
        guard source.waitsForNetwork else { return }
        for leaf in filtered {
            guard let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index].metadata, let offset = chunk.bloomFilterOffset,
                let byteCount = chunk.bloomFilterByteCount, byteCount > 0, offset >= 4, offset < file.dataEnd
            else { continue }
            source.expect(offset..<min(file.dataEnd, offset.addingSaturating(max(Int64(byteCount), ParquetFile.filterHeadByteCount))))
        }
        ranges.expectAll()
    }

    /// Has the indexes fetched.
    func expectIndexes() { ranges.expectAll() }

    /// Whether one of `hashes` may be in the leaf's bloom filter; true when there is none.
    ///
    /// - Complexity: a read of 32 bytes for each hash until one may be there, but for the first 4 KiB, which come with the header.
    func mayContain(_ hashes: [UInt64], _ leaf: LeafDescriptor) throws -> Bool {
        guard let (head, headerByteCount, byteCount, start) = try bloomFilter(leaf) else { return true }
        if hashes.count > Self.probeCountMax { return true }
        for hash in hashes {
            let block = BloomFilter.blockOffset(of: hash, byteCount: byteCount)
            let inHead = headerByteCount + block
            let region: ByteRegion
            if inHead + BloomFilter.blockByteCount <= head.bytes.count {
                region = ByteRegion(part: inHead..<(inHead + BloomFilter.blockByteCount), of: head)
            } else {
                region = try source.region(at: start + Int64(block), count: BloomFilter.blockByteCount)
            }
            // The bytes live as long as their region.
            let mayContain = withExtendedLifetime(region) { BloomFilter(bytes: region.bytes)?.mayContain(hash) ?? false }
            if mayContain { return true }
        }
        return false
    }

    /// All of a leaf's bloom filter; nil when there is none.
    ///
    /// - Throws: `.overBudget` for a filter that the budget has no room for, `.corruptFile`, `.io`.
    func wholeBloomFilter(_ leaf: LeafDescriptor) throws -> BloomFilter? {
        guard let (_, _, byteCount, start) = try bloomFilter(leaf) else { return nil }
        try require(2 * byteCount, leaf, start)
        let region = try source.region(at: start, count: byteCount)
        return withExtendedLifetime(region) { BloomFilter(bytes: region.bytes) }
    }
}

extension ParquetFile {
    /// The bloom filter of a column in one row group, to ask for many values; nil when there is none.
    ///
    /// - Throws: `.corruptFile`, `.io`.
    public func bloomFilter(of path: ColumnPath, rowGroup: Int) throws -> BloomFilter? {
        guard let leaf = leaf(path) else { return nil }
        let budget = DecodeBudget(byteCountMax: options.memoryBudgetByteCount)
        return try PageIndexReader(file: self, rowGroup: rowGroup, leaves: [], filtered: [], budget: budget).wholeBloomFilter(leaf)
    }

    /// A value not above any of a column in one row group, and one not below any, by its statistics; nil where they do not tell.
    ///
    /// - Returns: nil for a path that is no leaf outside of lists, or without statistics.
    public func bounds(of path: ColumnPath, rowGroup: Int) throws -> (minimum: Value?, maximum: Value?)? {
        guard let leaf = leaf(path), let statistics = metadata.rowGroups[rowGroup].columns[leaf.index].metadata?.statistics else { return nil }
        return StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, of: metadata).bounds(statistics)
    }

    private func leaf(_ path: ColumnPath) -> LeafDescriptor? {
        leaves.first { $0.path == path.description && $0.greatestRepetitionLevel == 0 }
    }
}
