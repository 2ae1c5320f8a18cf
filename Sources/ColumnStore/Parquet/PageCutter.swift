/// Where the pages of a chunk end: at a row's start, past a number of rows or bytes.
struct PageCutter {
    let options: WriterOptions

    func cut(_ writer: PageWriter, levelCount: Int) -> [PageWriter.Cut] {
        if writer.repetitionLevels.isEmpty, writer.definitionLevels == nil, let byteCount = fixedByteCount(writer) {
            return cutEvenly(levelCount, rowCount: max(1, min(options.pageRowCount, options.pageByteCount / byteCount)))
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
        let valueByteCount = fixedByteCount(writer) ?? 4
        var offsets: [Int32] = []
        if case .bytes(let arrays) = writer.values { offsets = arrays.offsets }
        let full = UInt8(writer.leaf.definitionLevelMax)
        var cuts: [PageWriter.Cut] = []
        var cut = PageWriter.Cut(levels: 0..<0, values: 0..<0, rowCount: 0)
        var byteCount = 0
        var value = 0
        for level in 0..<levelCount {
            if writer.repetitionLevels.isEmpty || writer.repetitionLevels[level] == 0 {
                if cut.rowCount >= options.pageRowCount || byteCount >= options.pageByteCount {
                    cut.levels = cut.levels.lowerBound..<level
                    cut.values = cut.values.lowerBound..<value
                    cuts.append(cut)
                    cut = PageWriter.Cut(levels: level..<level, values: value..<value, rowCount: 0)
                    byteCount = 0
                }
                cut.rowCount += 1
            }
            if writer.definitionLevels.map({ $0[level] == full }) ?? true {
                byteCount += valueByteCount
                if !offsets.isEmpty { byteCount += Int(offsets[value + 1] - offsets[value]) }
                value += 1
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
