/// Reads the column and offset indexes and bloom filters of a row group.
struct PageIndexReader {
    /// Of more values than this one is nearly always there, and each costs a read.
    private static let probeCountMax = 256

    let file: ParquetFile
    let rowGroup: Int
    private let ranges: CoalescedRanges

    /// - Parameters:
    ///   - leaves: those whose offset indexes will be asked for.
    ///   - filtered: those whose column indexes will be asked for, too.
    init(file: ParquetFile, rowGroup: Int, leaves: [LeafDescriptor], filtered: [LeafDescriptor], budget: DecodeBudget) {
        self.file = file
        self.rowGroup = rowGroup
        let chunks = file.metadata.rowGroups[rowGroup].columns
        let wanted =
            leaves.compactMap { Self.offsetRange(chunks[$0.index], file) }
            + filtered.compactMap { Self.columnRange(chunks[$0.index], file) }
        ranges = CoalescedRanges(
            file: file.bytes, wanted: wanted, mergedByteCountMax: Int64(file.options.readByteCountTarget), budget: budget)
    }

    private static func offsetRange(_ chunk: ColumnChunk, _ file: ParquetFile) -> Range<Int64>? {
        range(chunk.offsetIndexOffset, chunk.offsetIndexByteCount, file)
    }

    private static func columnRange(_ chunk: ColumnChunk, _ file: ParquetFile) -> Range<Int64>? {
        range(chunk.columnIndexOffset, chunk.columnIndexByteCount, file)
    }

    private static func range(_ offset: Int64?, _ count: Int32?, _ file: ParquetFile) -> Range<Int64>? {
        guard let offset, let count, offset >= 4, count > 0, offset <= file.dataEnd - Int64(count) else { return nil }
        return offset..<(offset + Int64(count))
    }

    private func fault(_ leaf: LeafDescriptor, _ offset: Int64, _ detail: String) -> ColumnStoreError {
        ColumnStoreError(.corruptFile, path: file.path, column: leaf.path, offset: offset, detail)
    }

    private func bytes(_ range: Range<Int64>) throws -> (bytes: UnsafeRawBufferPointer, region: ByteRegion) {
        if let (start, region) = try ranges.region(around: range) {
            let first = Int(range.lowerBound - start)
            return (UnsafeRawBufferPointer(rebasing: region.bytes[first..<first + range.count]), region)
        }
        let region = try file.bytes.region(at: range.lowerBound, count: range.count)
        return (region.bytes, region)
    }

    /// The bounds of a leaf's pages; nil when the file has none.
    func columnIndex(_ leaf: LeafDescriptor) throws -> ColumnIndex? {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let range = Self.columnRange(chunk, file) else { return nil }
        let (bytes, region) = try bytes(range)
        defer { withExtendedLifetime(region) {} }
        do {
            return try ColumnIndex.parse(bytes).value
        } catch {
            throw fault(leaf, range.lowerBound, "column index: \(error)")
        }
    }

    /// Where a leaf's pages are, checked against its chunk; nil when the file does not say.
    func locations(_ leaf: LeafDescriptor, _ layout: ChunkLayout) throws -> [PageLocation]? {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let range = Self.offsetRange(chunk, file) else { return nil }
        let (bytes, region) = try bytes(range)
        defer { withExtendedLifetime(region) {} }
        let locations: [PageLocation]
        do {
            locations = try OffsetIndex.parse(bytes).value.pageLocations
        } catch {
            throw fault(leaf, range.lowerBound, "offset index: \(error)")
        }
        guard let first = locations.first else {
            if layout.rowCount == 0 { return [] }
            throw fault(leaf, range.lowerBound, "offset index: it has no page for \(layout.rowCount) rows")
        }
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

    /// Whether one of `hashes` may be in the leaf's bloom filter; true when there is none.
    func mayContain(_ hashes: [UInt64], _ leaf: LeafDescriptor) throws -> Bool {
        let chunk = file.metadata.rowGroups[rowGroup].columns[leaf.index]
        guard !chunk.isEncrypted, let offset = chunk.metadata?.bloomFilterOffset, offset >= 4, offset < file.dataEnd else {
            return true
        }
        // The header takes some 16 bytes; a small filter comes with it.
        let firstCount = Int(min(4_096, file.dataEnd - offset))
        let head = try file.bytes.region(at: offset, count: firstCount)
        let (header, headerByteCount): (BloomFilterHeader, Int)
        do {
            (header, headerByteCount) = try BloomFilterHeader.parse(head.bytes)
        } catch {
            throw fault(leaf, offset, "bloom filter: \(error)")
        }
        guard header.isSupported else { return true }
        let byteCount = Int(header.byteCount)
        let start = offset + Int64(headerByteCount)
        guard byteCount > 0, byteCount % BloomFilter.blockByteCount == 0, byteCount <= BloomFilter.byteCountMax,
            Int64(byteCount) <= file.dataEnd - start
        else { throw fault(leaf, offset, "bloom filter: it has the impossible length \(byteCount)") }
        if hashes.count > Self.probeCountMax { return true }
        for hash in hashes {
            let block = BloomFilter.blockOffset(of: hash, byteCount: byteCount)
            let inHead = headerByteCount + block
            let region: ByteRegion
            if inHead + BloomFilter.blockByteCount <= firstCount {
                region = ByteRegion(part: inHead..<(inHead + BloomFilter.blockByteCount), of: head)
            } else {
                region = try file.bytes.region(at: start + Int64(block), count: BloomFilter.blockByteCount)
            }
            if let filter = BloomFilter(bytes: region.bytes), filter.mayContain(hash) { return true }
        }
        return false
    }
}
