extension ParquetFile {
    /// Has all bloom filters kept where asking them waits for nobody: by them alone a file says which keys it does not have.
    ///
    /// - Throws: `.unavailable`, `.io`.
    public func keepFiltersAtHand() throws(ColumnStoreError) {
        var ranges: [Range<Int64>] = []
        for chunk in metadata.rowGroups.lazy.flatMap(\.columns) {
            guard let offset = chunk.metadata?.bloomFilterOffset, offset >= 4, offset < dataEnd else { continue }
            // The beginning is read in one piece, whatever the header says of the length.
            let byteCount = max(Self.filterHeadByteCount, chunk.metadata?.bloomFilterByteCount.map { Int64($0) } ?? Int64(BloomFilter.byteCountMax))
            ranges.append(offset..<min(dataEnd, offset.addingSaturating(byteCount)))
        }
        ranges.sort { $0.lowerBound < $1.lowerBound }
        var merged: [Range<Int64>] = []
        // Filters of neighbouring columns are kept with the gap between them, as one piece.
        for range in ranges {
            if let last = merged.last, range.lowerBound - last.upperBound <= Self.filterGapByteCountMax {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        for range in merged { try bytes.keepAtHand(range) }
    }

    /// What is read of a filter first.
    static let filterHeadByteCount: Int64 = 4_096
    /// Less than a request's worth of what nobody asks for.
    private static let filterGapByteCountMax: Int64 = 32 << 10
}
