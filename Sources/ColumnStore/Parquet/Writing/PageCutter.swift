/// Where the pages of a chunk end, always at a row's start: at every multiple of `pageRowCount` rows of the row group, in each column alike, so
/// that the rows between two of these are read without inflating a page of other rows; and between them in even steps, where they take more than
/// `pageByteCount`.
struct PageCutter {
    let pageRowCount: Int
    let pageByteCount: Int

    /// - Parameter firstRow: of the row group, where the writer's values begin.
    ///
    /// - Returns: cuts that cover all levels and values, in order, with a row in each.
    func cut(_ writer: PageWriter, levelCount: Int, firstRow: Int) -> [PageWriter.Cut] {
        let rows = Walk(writer, countsBytes: false)
        let bytes = Walk(writer, countsBytes: true)
        return rows.cuts(0..<levelCount, firstValue: 0, firstLimit: pageRowCount - firstRow % pageRowCount, limit: pageRowCount)
            .flatMap { segment in
                let byteCount = bytes.byteCount(segment.values)
                guard byteCount > pageByteCount else { return [segment] }
                // Even pages: a small one at the end would compress badly.
                let pageCount = (byteCount + pageByteCount - 1) / pageByteCount
                let limit = (byteCount + pageCount - 1) / pageCount
                return bytes.cuts(segment.levels, firstValue: segment.values.lowerBound, firstLimit: limit, limit: limit)
            }
    }
}

/// Goes through the rows of a chunk and counts them, or the bytes of their values before compression.
///
/// A unit is a row, or a byte. Rows are never divided: a cut may be larger than its limit by less than a row.
private struct Walk {
    private let definitionLevels: [UInt8]
    private let repetitionLevels: [UInt8]
    /// The level of a slot with a value.
    private let fullLevel: UInt8
    private let countsBytes: Bool
    /// Of strings; empty for other values.
    private let offsets: [Int32]
    /// About what a value takes: of a string without its bytes, of a code in whole bytes.
    private let valueByteCount: Int

    init(_ writer: PageWriter, countsBytes: Bool) {
        definitionLevels = writer.definitionLevels ?? []
        repetitionLevels = writer.repetitionLevels
        fullLevel = UInt8(writer.leaf.definitionLevelMax)
        self.countsBytes = countsBytes
        var offsets: [Int32] = []
        switch writer.values {
        case .codes(_, let dictionary): valueByteCount = (dictionary.bitWidth + 7) / 8 + 1
        case .plain(let values):
            valueByteCount = values.kind.slotByteCount
            if case .bytes(let arrays) = values { offsets = arrays.offsets }
        }
        self.offsets = offsets
    }

    /// What the values take.
    func byteCount(_ values: Range<Int>) -> Int {
        valueByteCount * values.count + (offsets.isEmpty ? 0 : Int(offsets[values.upperBound] - offsets[values.lowerBound]))
    }

    /// Cuts at the first row at which the count has come to the limit.
    ///
    /// - Parameters:
    ///   - firstValue: of the first level that has one.
    ///   - firstLimit: of the first piece; `limit` of all others.
    func cuts(_ levels: Range<Int>, firstValue: Int, firstLimit: Int, limit: Int) -> [PageWriter.Cut] {
        // Where there is no array of levels, every slot is a row's first, and has a value.
        if definitionLevels.isEmpty, repetitionLevels.isEmpty, !countsBytes || offsets.isEmpty {
            let unit = countsBytes ? valueByteCount : 1
            return evenCuts(levels, first: (firstLimit + unit - 1) / unit, step: (limit + unit - 1) / unit, valueShift: firstValue - levels.lowerBound)
        }
        return definitionLevels.withUnsafeBufferPointer { definitions in
            repetitionLevels.withUnsafeBufferPointer { repetitions in
                offsets.withUnsafeBufferPointer { offsets in
                    walk(levels, repetitions, definitions, offsets, firstValue: firstValue, firstLimit: firstLimit, limit: limit)
                }
            }
        }
    }

    /// Without a look at rows that are all alike.
    private func evenCuts(_ levels: Range<Int>, first: Int, step: Int, valueShift: Int) -> [PageWriter.Cut] {
        var cuts: [PageWriter.Cut] = []
        var start = levels.lowerBound
        while start < levels.upperBound {
            let range = start..<min(start + (cuts.isEmpty ? first : step), levels.upperBound)
            cuts.append(PageWriter.Cut(levels: range, values: range.lowerBound + valueShift..<range.upperBound + valueShift, rowCount: range.count))
            start = range.upperBound
        }
        return cuts
    }

    /// A row begins where the repetition level is 0: there the cut before it may end.
    private func walk(
        _ levels: Range<Int>, _ repetitions: UnsafeBufferPointer<UInt8>, _ definitions: UnsafeBufferPointer<UInt8>,
        _ offsets: UnsafeBufferPointer<Int32>, firstValue: Int, firstLimit: Int, limit: Int
    ) -> [PageWriter.Cut] {
        precondition(repetitions.isEmpty || repetitions.count >= levels.upperBound)
        precondition(definitions.isEmpty || definitions.count >= levels.upperBound)
        var cuts: [PageWriter.Cut] = []
        var cut = PageWriter.Cut(levels: levels.lowerBound..<levels.lowerBound, values: firstValue..<firstValue, rowCount: 0)
        var limit = (now: firstLimit, next: limit)
        var byteCount = 0
        var value = firstValue
        for level in levels {
            if repetitions.isEmpty || repetitions[level] == 0 {
                if (countsBytes ? byteCount : cut.rowCount) >= limit.now, cut.rowCount > 0 {
                    cut.levels = cut.levels.lowerBound..<level
                    cut.values = cut.values.lowerBound..<value
                    cuts.append(cut)
                    cut = PageWriter.Cut(levels: level..<level, values: value..<value, rowCount: 0)
                    byteCount = 0
                    limit.now = limit.next
                }
                cut.rowCount &+= 1
            }
            if definitions.isEmpty || definitions[level] == fullLevel {
                byteCount &+= valueByteCount
                if !offsets.isEmpty { byteCount &+= Int(offsets[value &+ 1] &- offsets[value]) }
                value &+= 1
            }
        }
        if levels.upperBound > cut.levels.lowerBound {
            cut.levels = cut.levels.lowerBound..<levels.upperBound
            cut.values = cut.values.lowerBound..<value
            cuts.append(cut)
        }
        return cuts
    }
}
