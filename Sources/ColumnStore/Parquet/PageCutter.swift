/// Where the pages of a chunk end: at a row's start, past a number of rows or bytes.
struct PageCutter {
    let pageRowCount: Int
    let pageByteCount: Int

    func cut(_ writer: PageWriter, levelCount: Int) -> [PageWriter.Cut] {
        if writer.repetitionLevels.isEmpty, writer.definitionLevels == nil, let byteCount = fixedByteCount(writer) {
            return cutEvenly(levelCount, rowCount: max(1, min(pageRowCount, pageByteCount / byteCount)))
        }
        return cutByWalk(writer, levelCount)
    }

    private func cutEvenly(_ levelCount: Int, rowCount: Int) -> [PageWriter.Cut] {
        stride(from: 0, to: levelCount, by: rowCount).map { start in
            let range = start..<min(start + rowCount, levelCount)
            return PageWriter.Cut(levels: range, values: range, rowCount: range.count)
        }
    }

    /// What a value takes before compression; nil where that differs from value to value.
    private func fixedByteCount(_ writer: PageWriter) -> Int? {
        switch writer.values {
        case .booleans: 1
        case .int32: 4
        case .int64, .double: 8
        case .int128: 16
        case .codes(_, let dictionary): (dictionary.bitWidth + 7) / 8 + 1
        case .bytes: nil
        }
    }

    private func cutByWalk(_ writer: PageWriter, _ levelCount: Int) -> [PageWriter.Cut] {
        var offsets: [Int32] = []
        var pageByteCount = pageByteCount
        if case .bytes(let arrays) = writer.values {
            offsets = arrays.offsets
            // Even pages: a small one at the end of every piece of documents would compress badly.
            let total = arrays.bytes.count + 4 * arrays.count
            let pageCount = max(1, (total + pageByteCount - 1) / pageByteCount)
            pageByteCount = max(1, (total + pageCount - 1) / pageCount)
        }
        // Where there is no array of levels, every slot is a row's first, and has a value.
        return (writer.definitionLevels ?? []).withUnsafeBufferPointer { definitions in
            writer.repetitionLevels.withUnsafeBufferPointer { repetitions in
                offsets.withUnsafeBufferPointer { offsets in
                    walk(
                        levelCount, repetitions, definitions, full: UInt8(writer.leaf.definitionLevelMax), offsets,
                        valueByteCount: fixedByteCount(writer) ?? 4, pageByteCount)
                }
            }
        }
    }

    private func walk(
        _ levelCount: Int, _ repetitions: UnsafeBufferPointer<UInt8>, _ definitions: UnsafeBufferPointer<UInt8>, full: UInt8,
        _ offsets: UnsafeBufferPointer<Int32>, valueByteCount: Int, _ pageByteCount: Int
    ) -> [PageWriter.Cut] {
        precondition(repetitions.isEmpty || repetitions.count == levelCount)
        precondition(definitions.isEmpty || definitions.count == levelCount)
        var cuts: [PageWriter.Cut] = []
        var cut = PageWriter.Cut(levels: 0..<0, values: 0..<0, rowCount: 0)
        var byteCount = 0
        var value = 0
        for level in 0..<levelCount {
            if repetitions.isEmpty || repetitions[level] == 0 {
                if cut.rowCount >= pageRowCount || byteCount >= pageByteCount {
                    cut.levels = cut.levels.lowerBound..<level
                    cut.values = cut.values.lowerBound..<value
                    cuts.append(cut)
                    cut = PageWriter.Cut(levels: level..<level, values: value..<value, rowCount: 0)
                    byteCount = 0
                }
                cut.rowCount &+= 1
            }
            if definitions.isEmpty || definitions[level] == full {
                byteCount &+= valueByteCount
                if !offsets.isEmpty { byteCount &+= Int(offsets[value &+ 1] &- offsets[value]) }
                value &+= 1
            }
        }
        if levelCount > cut.levels.lowerBound {
            cut.levels = cut.levels.lowerBound..<levelCount
            cut.values = cut.values.lowerBound..<value
            cuts.append(cut)
        }
        return cuts
    }
}
