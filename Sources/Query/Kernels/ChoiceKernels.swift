import ColumnStore

/// Choosing rows from several columns: CASE, COALESCE, GREATEST, LEAST put their results together here.
enum ChoiceKernels {
    /// As the other, of parts whose rows must not take too much together.
    /// - Throws: `.tooLarge`.
    static func interleave(
        _ parts: [Column], sources: [Int32], rows: [Int32], type: ColumnType, _ meter: WorkMeter
    ) throws(KernelError) -> Column {
        if let only = whole(parts, rows, type: type) { return only }
        var byteCount = 0
        for part in parts {
            try meter.admit(part)
            byteCount += part.flatByteCountBound
        }
        // Put end to end, then in their places.
        if byteCount > meter.columnByteCountMax { try meter.charge(2 * byteCount) }
        return interleave(parts, sources: sources, rows: rows, type: type)
    }

    /// The one part that all rows come from, in its order.
    private static func whole(_ parts: [Column], _ rows: [Int32], type: ColumnType) -> Column? {
        guard parts.count == 1, parts[0].count == rows.count, parts[0].type == type else { return nil }
        for row in rows.indices where rows[row] != Int32(truncatingIfNeeded: row) { return nil }
        return parts[0]
    }

    /// Row `i` of the result is row `rows[i]` of `parts[sources[i]]`; a source of -1 is NULL.
    /// - Precondition: every row that a source names is there; parts together have fewer than 2^31 rows.
    /// - Complexity: O(rows of all parts), which are copied, and O(rows) of the result.
    static func interleave(_ parts: [Column], sources: [Int32], rows: [Int32], type: ColumnType) -> Column {
        let count = sources.count
        let filled = parts.enumerated().filter { $0.element.count > 0 }
        if filled.isEmpty { return .constant(.null, type: type, count: count) }
        var starts = [Int32](repeating: 0, count: parts.count)
        var total: Int32 = 0
        var joined: [Column] = []
        for (index, part) in filled {
            starts[index] = total
            total += Int32(part.count)
            joined.append(part.flattened().retyped(type))
        }
        let all = Column.concatenating(joined, type: type)
        // Rows of all parts, one after another, are numbered through: the result is one gathering of them.
        var indices = [Int32](repeating: 0, count: count)
        var isMissing = false
        for row in 0..<count {
            if sources[row] < 0 { (indices[row], isMissing) = (-1, true) } else { indices[row] = starts[Int(sources[row])] + rows[row] }
        }
        return isMissing ? all.gatheringOrNull(indices) : all.gathering(indices)
    }

    /// GREATEST and LEAST: NULLs are left out unless all are NULL.
    static func extreme(_ columns: [Column], isGreatest: Bool, type: ColumnType) -> Column {
        guard var best = columns.first else { return .constant(.null, type: type, count: 0) }
        for column in columns.dropFirst() {
            let isBetter = CompareKernels.compare(isGreatest ? .greater : .less, column, best).trueRows()
            let columnValid = column.rowValidity ?? Bitmap(repeating: true, count: column.count)
            let bestNull = best.rowValidity.map { ~$0 } ?? Bitmap(repeating: false, count: best.count)
            let takes = isBetter | (bestNull & columnValid)
            let sources = (0..<best.count).map { takes[$0] ? Int32(1) : 0 }
            best = interleave([best, column], sources: sources, rows: Array(0..<Int32(best.count)), type: type)
        }
        return best.retyped(type)
    }
}
