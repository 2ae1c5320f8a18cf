import ColumnStore

/// Columns as the flat arrays that kernels loop over: constants are spread out, dictionaries read through, narrow integers widened.
///
/// What stands under a NULL is whatever lies there: a kernel that may refuse a value looks at `rowValidity` first. A column
/// that lies so already is handed on without a copy.
///
/// - Complexity: O(1) for columns that lie flat in the wanted width, else O(rows).
extension Column {
    /// Validity with constants counted in; nil when no row is NULL.
    var rowValidity: Bitmap? {
        if case .constant(let value) = values { return value.isNull ? Bitmap(repeating: false, count: count) : nil }
        return validity
    }

    /// The value of every row, when the column is a constant.
    var constantValue: Value? {
        if case .constant(let value) = values { return value }
        return nil
    }

    var isConstantNull: Bool { constantValue?.isNull ?? false }

    /// INTEGER, BIGINT, DATE, TIME, TIMESTAMP, and decimals that lie as int64; nil for decimals that do not fit.
    /// - Precondition: a column of whole numbers, dates, times or decimals, or a constant.
    func integers() -> [Int64]? {
        switch values {
        case .int64(let values): return values
        case .int32(let values): return values.map { Int64($0) }
        case .int128(let values):
            var narrow: [Int64] = []
            narrow.reserveCapacity(values.count)
            for value in values {
                guard let value = Int64(exactly: value) else { return nil }
                narrow.append(value)
            }
            return narrow
        case .constant(.integer(let value)): return [Int64](repeating: value, count: count)
        case .constant(.decimal(let value)): return Int64(exactly: value).map { [Int64](repeating: $0, count: count) }
        case .constant: return [Int64](repeating: 0, count: count)
        case .dictionary: return flattened().integers()
        default: preconditionFailure("not a column of whole numbers")
        }
    }

    /// As `integers`, in 128 bits.
    func wideIntegers() -> [Int128] {
        switch values {
        case .int128(let values): return values
        case .int64(let values): return values.map { Int128($0) }
        case .int32(let values): return values.map { Int128($0) }
        case .constant(.integer(let value)): return [Int128](repeating: Int128(value), count: count)
        case .constant(.decimal(let value)): return [Int128](repeating: value, count: count)
        case .constant: return [Int128](repeating: 0, count: count)
        case .dictionary: return flattened().wideIntegers()
        default: preconditionFailure("not a column of whole numbers")
        }
    }

    /// - Precondition: a DOUBLE column; 0 stands for a NULL constant.
    func doubles() -> [Double] {
        switch values {
        case .double(let values): return values
        case .constant(.double(let value)): return [Double](repeating: value, count: count)
        case .constant: return [Double](repeating: 0, count: count)
        case .dictionary: return flattened().doubles()
        default: preconditionFailure("not a DOUBLE column")
        }
    }

    /// - Precondition: a column of texts, bytes, UUIDs or documents.
    func byteArrays() -> ByteArrays {
        switch values {
        case .bytes(let arrays): return arrays
        case .constant, .dictionary: return flattened().byteArrays()
        default: preconditionFailure("not a column of bytes")
        }
    }

    /// One bit a row; under NULL it may be either.
    func bitmap() -> Bitmap {
        switch values {
        case .bits(let bits): return bits
        case .constant(.boolean(let value)): return Bitmap(repeating: value, count: count)
        case .constant: return Bitmap(repeating: false, count: count)
        case .dictionary: return flattened().bitmap()
        default: preconditionFailure("not a BOOLEAN column")
        }
    }

    func intervals() -> [Interval] {
        switch values {
        case .interval(let values): return values
        case .constant(.interval(let value)): return [Interval](repeating: value, count: count)
        case .constant: return [Interval](repeating: Interval(), count: count)
        case .dictionary: return flattened().intervals()
        default: preconditionFailure("not an INTERVAL column")
        }
    }

    /// Offsets and elements of a list column.
    /// Row i has the elements `offsets[i] ..< offsets[i + 1]`; a NULL list has none.
    func lists() -> (offsets: [Int32], element: Column) {
        switch values {
        case .list(let offsets, let element): return (offsets, element)
        case .constant: return flattened().lists()
        default: preconditionFailure("not a list column")
        }
    }

    /// The one-row column behind a constant: what a kernel needs to compute it once.
    func oneRow() -> Column { constantValue.map { Column.constant($0, type: type, count: 1).flattened() } ?? self }

    /// Whole numbers as the type keeps them: 32 bits for INTEGER and DATE.
    /// - Precondition: the valid values fit.
    static func whole(_ values: [Int64], type: ColumnType, validity: Bitmap?) -> Column {
        switch type {
        case .int32, .date:
            return Column(
                type: type, count: values.count, validity: validity, values: .int32(values.map { Int32(truncatingIfNeeded: $0) }))
        default: return Column(type: type, count: values.count, validity: validity, values: .int64(values))
        }
    }

    /// Digits of decimals, in 64 bits where they fit.
    /// All rows in one width, as `Column` wants it: 64 bits if every value fits, those under NULLs too.
    static func decimals(_ values: [Int128], type: ColumnType, validity: Bitmap?) -> Column {
        var fits = true
        for value in values where Int128(Int64(truncatingIfNeeded: value)) != value {
            fits = false
            break
        }
        let narrow: Values = fits ? .int64(values.map { Int64(truncatingIfNeeded: $0) }) : .int128(values)
        return Column(type: type, count: values.count, validity: validity, values: narrow)
    }

    static func boolean(_ bits: Bitmap, validity: Bitmap?) -> Column {
        Column(type: .boolean, count: bits.count, validity: validity, values: .bits(bits))
    }

    static func text(_ arrays: ByteArrays, type: ColumnType = .string, validity: Bitmap?) -> Column {
        Column(type: type, count: arrays.count, validity: validity, values: .bytes(arrays))
    }

    /// Rows for which the column is true: neither false nor NULL.
    func trueRows() -> Bitmap {
        let bits = bitmap()
        if let validity = rowValidity { return bits & validity }
        return bits
    }
}

extension Bitmap {
    /// Both, where nil is "all 1".
    static func both(_ left: Bitmap?, _ right: Bitmap?) -> Bitmap? {
        guard let left else { return right }
        guard let right else { return left }
        return left & right
    }

    var isAllSet: Bool { setCount == count }
    var isNoneSet: Bool { words.allSatisfy { $0 == 0 } }

    /// One bit a row, computed 64 rows at a time.
    /// - Complexity: O(count) calls of `bit`, inlined; a word is written once.
    @inline(__always)
    static func computed(count: Int, _ bit: (Int) -> Bool) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (count + 63) / 64)
        words.withUnsafeMutableBufferPointer { words in
            for wordIndex in words.indices {
                let start = wordIndex << 6
                let end = min(start + 64, count)
                var word: UInt64 = 0
                for row in start..<end { word |= (bit(row) ? 1 : 0) << UInt64(truncatingIfNeeded: row &- start) }
                words[wordIndex] = word
            }
        }
        return Bitmap(words: words, count: count)
    }

    /// As `computed`, over the elements of an array.
    @inline(__always)
    static func computed<Element: BitwiseCopyable>(_ values: [Element], _ bit: (Element) -> Bool) -> Bitmap {
        values.withUnsafeBufferPointer { values in computed(count: values.count) { bit(values[$0]) } }
    }

    /// As `computed`, over the elements of two arrays.
    @inline(__always)
    static func computed<Element: BitwiseCopyable>(
        _ left: [Element], _ right: [Element], _ bit: (Element, Element) -> Bool
    ) -> Bitmap {
        precondition(left.count == right.count)
        return left.withUnsafeBufferPointer { left in
            right.withUnsafeBufferPointer { right in computed(count: left.count) { bit(left[$0], right[$0]) } }
        }
    }
}

extension ColumnType {
    /// Digits behind the mark; whole numbers have none.
    var scale: Int {
        if case .decimal(_, let scale) = self { return scale }
        return 0
    }

    var isDecimal: Bool { if case .decimal = self { true } else { false } }
    var isWhole: Bool { self == .int32 || self == .int64 }
    var isTimestamp: Bool { if case .timestamp = self { true } else { false } }
    var isBytes: Bool { self == .string || self == .binary || self == .uuid || isJSON }
}
