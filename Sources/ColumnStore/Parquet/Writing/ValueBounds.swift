/// The least and the greatest of some values, exact: what statistics are made from.
///
/// Gathered page by page and united up to the file; cut short only where they are written (`encoded`).
enum ValueBounds: Sendable, Equatable {
    /// Booleans as 0 and 1, and all whole numbers up to 64 bits.
    case integer(Int64, Int64)
    case wide(Int128, Int128)
    /// Never NaN.
    case double(Double, Double)
    case bytes([UInt8], [UInt8])

    /// The bounds of both; those of one when the other has none.
    /// - Precondition: both are of one kind: bounds of one leaf are.
    static func union(_ left: ValueBounds?, _ right: ValueBounds?) -> ValueBounds? {
        guard let left else { return right }
        guard let right else { return left }
        switch (left, right) {
        case (.integer(let low, let high), .integer(let otherLow, let otherHigh)):
            return .integer(min(low, otherLow), max(high, otherHigh))
        case (.wide(let low, let high), .wide(let otherLow, let otherHigh)):
            return .wide(min(low, otherLow), max(high, otherHigh))
        case (.double(let low, let high), .double(let otherLow, let otherHigh)):
            return .double(Swift.min(low, otherLow), Swift.max(high, otherHigh))
        case (.bytes(let low, let high), .bytes(let otherLow, let otherHigh)):
            return .bytes(
                low.lexicographicallyPrecedes(otherLow) ? low : otherLow,
                high.lexicographicallyPrecedes(otherHigh) ? otherHigh : high)
        default: preconditionFailure("bounds of different types")
        }
    }

    /// The bounds as a file states them, strings cut short and then marked inexact.
    struct Encoded {
        var minimum: [UInt8]
        var maximum: [UInt8]
        var isMinimumExact = true
        var isMaximumExact = true
    }

    /// - Parameters:
    ///   - leaf: whose physical type, and length of a FIXED_LEN_BYTE_ARRAY decimal, the bytes are of.
    ///   - byteCountMax: what strings are cut to.
    func encoded(_ leaf: WriterLeaf, byteCountMax: Int) -> Encoded {
        switch self {
        case .integer(let low, let high):
            switch leaf.physicalType {
            case .boolean: return Encoded(minimum: [UInt8(low & 1)], maximum: [UInt8(high & 1)])
            case .int32:
                return Encoded(
                    minimum: Self.littleEndian(UInt32(truncatingIfNeeded: low)),
                    maximum: Self.littleEndian(UInt32(truncatingIfNeeded: high)))
            default:
                return Encoded(
                    minimum: Self.littleEndian(UInt64(bitPattern: low)), maximum: Self.littleEndian(UInt64(bitPattern: high)))
            }
        case .wide(let low, let high):
            return Encoded(
                minimum: Self.bigEndian(low, byteCount: leaf.typeLength), maximum: Self.bigEndian(high, byteCount: leaf.typeLength))
        case .double(let low, let high):
            // Zeros of both signs are one value, but bit patterns are compared by some: the bound takes the outer sign.
            return Encoded(
                minimum: Self.littleEndian((low == 0 ? -0.0 : low).bitPattern),
                maximum: Self.littleEndian((high == 0 ? 0.0 : high).bitPattern))
        case .bytes(let low, let high):
            // A UUID is not cut: it would be none.
            guard leaf.physicalType == .byteArray else { return Encoded(minimum: low, maximum: high) }
            let isText = leaf.type == .string || leaf.type.isJSON
            let minimum = BoundTruncation.lower(low, byteCountMax: byteCountMax, isText: isText)
            // Where no shorter string is above all of them the value itself bounds them, whole.
            let maximum = BoundTruncation.upper(high, byteCountMax: byteCountMax, isText: isText) ?? high
            return Encoded(
                minimum: minimum, maximum: maximum, isMinimumExact: minimum.count == low.count,
                isMaximumExact: maximum == high)
        }
    }

    static func littleEndian<Number: FixedWidthInteger>(_ value: Number) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }

    /// The lowest `byteCount` bytes, the highest first.
    static func bigEndian(_ value: Int128, byteCount: Int) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0.suffix(byteCount)) }
    }
}

/// Shorter bounds of strings that still bound them.
///
/// Readers compare such a bound as any other: a lower one may only be too low, an upper one too high. Text stays valid UTF-8.
enum BoundTruncation {
    /// A prefix: never above the value. Text is cut between characters.
    static func lower(_ value: [UInt8], byteCountMax: Int, isText: Bool) -> [UInt8] {
        guard value.count > byteCountMax else { return value }
        return Array(value[..<cut(value, byteCountMax, isText)])
    }

    /// A prefix whose last character is counted up: above every value with that prefix. Nil when no such string exists.
    ///
    /// "price" cut to three is "pri", and "prj" is above all that begins with it. A last character that has none above it is dropped, and the one before it
    /// counted up.
    static func upper(_ value: [UInt8], byteCountMax: Int, isText: Bool) -> [UInt8]? {
        guard value.count > byteCountMax else { return value }
        var prefix = Array(value[..<cut(value, byteCountMax, isText)])
        if isText, let text = String(validating: prefix, as: UTF8.self) {
            var scalars = Array(text.unicodeScalars)
            while let last = scalars.popLast() {
                // The surrogates are no characters: U+E000 follows U+D7FF.
                let following = last.value == 0xD7FF ? 0xE000 : last.value + 1
                if let next = Unicode.Scalar(following) {
                    scalars.append(next)
                    var result: [UInt8] = []
                    for scalar in scalars { result.append(contentsOf: String(Character(scalar)).utf8) }
                    return result
                }
            }
            return nil
        }
        while let last = prefix.popLast() {
            if last < 0xFF {
                prefix.append(last + 1)
                return prefix
            }
        }
        return nil
    }

    private static func cut(_ value: [UInt8], _ byteCountMax: Int, _ isText: Bool) -> Int {
        var end = min(byteCountMax, value.count)
        // 10xxxxxx continues a character.
        while isText, end > 0, value[end] & 0xC0 == 0x80 { end -= 1 }
        return end
    }
}
