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

    /// Rows chosen from columns that have all of them: of each row the part of the first mask that holds there, else the last part. Of numbers alone, which are written into
    /// their places and not gathered.
    ///
    /// Nil for other types, and for decimals of two widths.
    ///
    /// - Parameter parts: one for each mask, then one for the other rows; columns or constants.
    /// - Complexity: O(rows + bits of the masks).
    static func overlay(_ parts: [Column], _ masks: [Bitmap], type: ColumnType) -> Column? {
        let flat = parts.map { part -> Column in if case .dictionary = part.values { part.flattened() } else { part } }
        guard let count = parts.first?.count, let values = overlaid(flat, masks, type, count) else { return nil }
        var validity = flat.last?.rowValidity
        for (part, mask) in zip(flat, masks).reversed() {
            let own = part.rowValidity
            if validity == nil, own == nil { continue }
            let others = validity.map { $0 & ~mask } ?? ~mask
            validity = others | (own.map { $0 & mask } ?? mask)
        }
        return Column(type: type, count: count, validity: validity, values: values)
    }

    /// Whether `overlay` takes columns of a type, but for decimals of two widths.
    static func overlays(_ type: ColumnType) -> Bool {
        switch type {
        case .int32, .date, .double, .int64, .decimal: true
        default: false
        }
    }

    private static func overlaid(_ parts: [Column], _ masks: [Bitmap], _ type: ColumnType, _ count: Int) -> Column.Values? {
        switch type {
        case .int32, .date:
            return laid(parts, masks, count, zero: 0, { if case .int32(let values) = $0 { values } else { nil } }, {
                if case .integer(let value) = $0 { Int32(exactly: value) } else { nil }
            }).map { .int32($0) }
        case .double:
            return laid(parts, masks, count, zero: 0, { if case .double(let values) = $0 { values } else { nil } }, {
                if case .double(let value) = $0 { value } else { nil }
            }).map { .double($0) }
        case .int64, .decimal:
            return laid(parts, masks, count, zero: 0, { if case .int64(let values) = $0 { values } else { nil } }, { value -> Int64? in
                switch value {
                case .integer(let value): value
                case .decimal(let value): Int64(exactly: value)
                default: nil
                }
            }).map { .int64($0) }
        default: return nil
        }
    }

    /// The last part's values with those of the others over them, the first mask's last.
    /// - Parameter array: a column's values; nil where they lie otherwise, as `one` is of a constant. Under NULL lies `zero`.
    private static func laid<Number>(
        _ parts: [Column], _ masks: [Bitmap], _ count: Int, zero: Number, _ array: (Column.Values) -> [Number]?, _ one: (Value) -> Number?
    ) -> [Number]? {
        var sources: [(values: [Number], constant: Number?)] = []
        for part in parts {
            if let value = part.constantValue {
                guard let constant = value.isNull ? zero : one(value) else { return nil }
                sources.append(([], constant))
            } else {
                guard let values = array(part.values) else { return nil }
                sources.append((values, nil))
            }
        }
        guard let last = sources.last else { return nil }
        var result = last.constant.map { [Number](repeating: $0, count: count) } ?? last.values
        result.withUnsafeMutableBufferPointer { result in
            for (source, mask) in zip(sources, masks).reversed() {
                source.values.withUnsafeBufferPointer { values in
                    for (index, bits) in mask.words.enumerated() {
                        var bits = bits
                        while bits != 0 {
                            let row = index << 6 + bits.trailingZeroBitCount
                            result[row] = source.constant ?? values[row]
                            bits &= bits &- 1
                        }
                    }
                }
            }
        }
        return result
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
