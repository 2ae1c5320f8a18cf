internal import Glibc

/// Applying a filter to a column: one dispatch a batch, then a loop over contiguous values.
///
/// 1. NULL tests look at the validity alone.
/// 2. A constant is tested once, a dictionary once an entry; codes are then looked up in the entries' answers.
/// 3. Whole numbers are compared in their own width, with bounds that were brought into it before.
/// 4. Strings that must be equal, or must not, are compared by their first eight bytes, those of a range where they lie, doubles of a range in a loop; all else goes value by value.
/// 5. What stands under a NULL has an answer too, and is masked out at the end.
extension ColumnFilter {
    /// One bit for each row of `column`: whether it passes.
    ///
    /// - Complexity: O(rows).
    public func select(_ column: Column) -> Bitmap {
        switch test {
        case .isNull: return ~valid(column)
        case .isNotNull: return valid(column)
        default: break
        }
        let passing: Bitmap
        switch column.values {
        case .constant(let value): return Bitmap(repeating: passes(value), count: column.count)
        case .dictionary(let codes, let dictionary):
            let entries = ColumnFilter(path, test).select(dictionary.values.retyped(column.type))
            passing = Self.bits(codes) { entries.words[Int($0) >> 6] >> UInt64($0 & 63) & 1 != 0 }
        case .int32(let values): passing = selectIntegers(values, bounds: integerBounds(Int32.self))
        case .int64(let values): passing = selectIntegers(values, bounds: integerBounds(Int64.self))
        case .int128(let values): passing = selectIntegers(values, bounds: integerBounds(Int128.self))
        default: passing = selectByValue(column)
        }
        if let validity = column.validity { return passing & validity }
        return passing
    }

    /// One bit for each row: whether it is not NULL.
    private func valid(_ column: Column) -> Bitmap {
        if case .constant(let value) = column.values { return Bitmap(repeating: !value.isNull, count: column.count) }
        return column.validity ?? Bitmap(repeating: true, count: column.count)
    }

    /// Booleans, and tests of doubles and of text but for equality and ranges: `passes` for each row, with the order that SQL has for NaN.
    private func selectByValue(_ column: Column) -> Bitmap {
        if case .bytes(let arrays) = column.values {
            switch test {
            case .equal(.bytes(let wanted)): return Self.selectEqual(arrays, wanted)
            // True under a NULL, too, which is masked out by whoever asks.
            case .notEqual(.bytes(let unwanted)): return ~Self.selectEqual(arrays, unwanted)
            default: break
            }
        }
        if case .range(let lower, let upper) = test {
            if case .bytes(let arrays) = column.values, let passing = Self.selectTexts(arrays, lower, upper) { return passing }
            if case .double(let values) = column.values, let passing = Self.selectDoubles(values, lower, upper) { return passing }
        }
        var result = Bitmap(repeating: false, count: column.count)
        for row in 0..<column.count where !column.isNull(at: row) && passes(column.value(at: row)) { result[row] = true }
        return result
    }

    /// Nil for bounds of another kind.
    private static func selectDoubles(_ values: [Double], _ lower: Bound?, _ upper: Bound?) -> Bitmap? {
        /// As `Value.order`: NaN equals itself and is above all numbers.
        @inline(__always) func isBelow(_ one: Double, _ other: Double) -> Bool { one < other || (other.isNaN && !one.isNaN) }
        var passing: Bitmap?
        if let lower {
            guard case .double(let bound) = lower.value else { return nil }
            passing = lower.isInclusive ? bits(values) { !isBelow($0, bound) } : bits(values) { isBelow(bound, $0) }
        }
        if let upper {
            guard case .double(let bound) = upper.value else { return nil }
            let below = upper.isInclusive ? bits(values) { !isBelow(bound, $0) } : bits(values) { isBelow($0, bound) }
            passing = passing.map { $0 & below } ?? below
        }
        return passing
    }

    /// Nil for bounds of another kind.
    private static func selectTexts(_ arrays: ByteArrays, _ lower: Bound?, _ upper: Bound?) -> Bitmap? {
        var passing: Bitmap?
        if let lower {
            guard case .bytes(let bound) = lower.value else { return nil }
            let least = lower.isInclusive ? 0 : 1
            passing = compared(arrays, bound) { $0 >= least }
        }
        if let upper {
            guard case .bytes(let bound) = upper.value else { return nil }
            let greatest = upper.isInclusive ? 0 : -1
            let below = compared(arrays, bound) { $0 <= greatest }
            passing = passing.map { $0 & below } ?? below
        }
        return passing
    }

    /// - Parameter passes: asked with -1, 0 or 1: whether the text is below `bound`, equal or above.
    @inline(__always)
    private static func compared(_ arrays: ByteArrays, _ bound: [UInt8], _ passes: (Int) -> Bool) -> Bitmap {
        let rowCount = arrays.count
        var words = [UInt64](repeating: 0, count: (rowCount + 63) / 64)
        arrays.offsets.withUnsafeBufferPointer { offsets in
            arrays.bytes.withUnsafeBytes { bytes in
                bound.withUnsafeBytes { bound in
                    for row in 0..<rowCount {
                        let start = Int(offsets[row])
                        let count = Int(offsets[row &+ 1]) &- start
                        var order = 0
                        if let base = bytes.baseAddress, let other = bound.baseAddress { order = Int(memcmp(base + start, other, min(count, bound.count))).signum() }
                        if order == 0 { order = (count &- bound.count).signum() }
                        if passes(order) { words[row >> 6] |= 1 << UInt64(row & 63) }
                    }
                }
            }
        }
        return Bitmap(words: words, count: rowCount)
    }

    private static func selectEqual(_ arrays: ByteArrays, _ wanted: [UInt8]) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (arrays.count + 63) / 64)
        let rowCount = arrays.count
        arrays.offsets.withUnsafeBufferPointer { offsets in
            arrays.bytes.withUnsafeBytes { bytes in
                wanted.withUnsafeBytes { wanted in
                    // Most values of the right length differ in their last eight bytes, as ids do that count up behind what all begin with, or in their first.
                    let ends = wanted.count >= 8
                        ? (wanted.loadUnaligned(as: UInt64.self), wanted.loadUnaligned(fromByteOffset: wanted.count - 8, as: UInt64.self)) : nil
                    for row in 0..<rowCount {
                        let start = Int(offsets[row])
                        guard Int(offsets[row &+ 1]) &- start == wanted.count else { continue }
                        if let ends {
                            if bytes.loadUnaligned(fromByteOffset: start &+ wanted.count &- 8, as: UInt64.self) != ends.1 { continue }
                            if bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) != ends.0 { continue }
                        }
                        // These are all of sixteen bytes. And of no bytes there may be no address.
                        let isEqual = if 8...16 ~= wanted.count { true } else if let one = bytes.baseAddress, let other = wanted.baseAddress {
                            memcmp(one + start, other, wanted.count) == 0
                        } else { true }
                        if isEqual { words[row >> 6] |= 1 << UInt64(row & 63) }
                    }
                }
            }
        }
        return Bitmap(words: words, count: rowCount)
    }

    /// The test as closed ranges of whole numbers, each of which passes; `isNegated` turns the answer round.
    private struct IntegerBounds<Integer: FixedWidthInteger & Sendable> {
        var ranges: [ClosedRange<Integer>]
        var isNegated = false
    }

    /// The test in the width of the values: what does not fit there is equal to none of them, and as a bound lies beyond all.
    private func integerBounds<Integer: FixedWidthInteger & Sendable>(_: Integer.Type) -> IntegerBounds<Integer> {
        func exact(_ value: Value) -> Integer? { Self.wide(value).flatMap { Integer(exactly: $0) } }
        switch test {
        case .equal(let value): return IntegerBounds(ranges: exact(value).map { [$0...$0] } ?? [])
        // A value that does not fit equals none: turned round, all pass.
        case .notEqual(let value): return IntegerBounds(ranges: exact(value).map { [$0...$0] } ?? [], isNegated: true)
        case .oneOf(let values): return IntegerBounds(ranges: values.compactMap { exact($0).map { $0...$0 } })
        case .range(let lower, let upper):
            // An open bound becomes the closed one beside it; at the end of 128 bits there is none, and nothing passes.
            var least = Int128(Integer.min)
            var greatest = Int128(Integer.max)
            if let lower, let value = Self.wide(lower.value) {
                if !lower.isInclusive && value == Int128.max { return IntegerBounds(ranges: []) }
                least = max(least, lower.isInclusive ? value : value + 1)
            }
            if let upper, let value = Self.wide(upper.value) {
                if !upper.isInclusive && value == Int128.min { return IntegerBounds(ranges: []) }
                greatest = min(greatest, upper.isInclusive ? value : value - 1)
            }
            return IntegerBounds(ranges: least <= greatest ? [Integer(least)...Integer(greatest)] : [])
        default: return IntegerBounds(ranges: [])
        }
    }

    /// A whole number, or a decimal's digits, which are of the column's scale.
    private static func wide(_ value: Value) -> Int128? {
        switch value {
        case .integer(let value): Int128(value)
        case .decimal(let value): value
        default: nil
        }
    }

    /// One range is two comparisons a row; several are single values, looked for in a set.
    @inline(__always)
    private func selectIntegers<Integer: FixedWidthInteger & BitwiseCopyable & Sendable>(
        _ values: [Integer], bounds: IntegerBounds<Integer>
    ) -> Bitmap {
        var result: Bitmap
        if bounds.ranges.count == 1 {
            let lower = bounds.ranges[0].lowerBound
            let upper = bounds.ranges[0].upperBound
            result = Self.bits(values) { $0 >= lower && $0 <= upper }
        } else if bounds.ranges.isEmpty {
            result = Bitmap(repeating: false, count: values.count)
        } else {
            let wanted = Set(bounds.ranges.map(\.lowerBound))
            result = Self.bits(values) { wanted.contains($0) }
        }
        if bounds.isNegated { result = ~result }
        return result
    }

    /// Answers for 64 rows at a time, gathered in a word.
    @inline(__always)
    private static func bits<Element: BitwiseCopyable>(_ values: [Element], _ passes: (Element) -> Bool) -> Bitmap {
        var words = [UInt64](repeating: 0, count: (values.count + 63) / 64)
        values.withUnsafeBufferPointer { values in
            for wordIndex in words.indices {
                let start = wordIndex << 6
                let end = min(start + 64, values.count)
                var word: UInt64 = 0
                for row in start..<end { word |= (passes(values[row]) ? 1 : 0) << UInt64(row - start) }
                words[wordIndex] = word
            }
        }
        return Bitmap(words: words, count: values.count)
    }
}
