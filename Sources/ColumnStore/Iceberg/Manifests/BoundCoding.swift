// Single-value serialization (Iceberg specification, appendix D): boolean 1 byte; int and date 4, long, time and timestamps 8
// bytes little-endian; double 8; strings UTF-8; decimals two's complement big-endian in as few bytes as will do; uuid 16 bytes.

/// Bounds as manifests carry them.
enum BoundCoding {
    /// - Parameter byteCountMax: what strings and binaries are cut to; an upper bound is rounded up, or left out where it can't be.
    /// - Returns: `upper` is nil where no text of that length is above the greatest value.
    static func encode(
        _ bounds: ValueBounds, type: ColumnType, byteCountMax: Int
    ) -> (lower: [UInt8], upper: [UInt8]?) {
        switch bounds {
        case .integer(let low, let high):
            switch type {
            // Whole numbers come as 64 bits, whatever the column: the type says how many bytes of them are stored.
            case .boolean: return ([UInt8(low & 1)], [UInt8(high & 1)])
            case .int32, .date:
                return (
                    ValueBounds.littleEndian(Int32(truncatingIfNeeded: low)),
                    ValueBounds.littleEndian(Int32(truncatingIfNeeded: high))
                )
            case .decimal: return (decimal(Int128(low)), decimal(Int128(high)))
            default: return (ValueBounds.littleEndian(low), ValueBounds.littleEndian(high))
            }
        case .wide(let low, let high): return (decimal(low), decimal(high))
        // Zeros of both signs are one value in SQL, but some readers compare them apart: the bound takes the outer sign.
        case .double(let low, let high):
            return (
                ValueBounds.littleEndian((low == 0 ? -0.0 : low).bitPattern),
                ValueBounds.littleEndian((high == 0 ? 0.0 : high).bitPattern)
            )
        case .bytes(let low, let high):
            guard type != .uuid else { return (low, high) }
            let isText = type == .string || type.isJSON
            return (
                BoundTruncation.lower(low, byteCountMax: byteCountMax, isText: isText),
                BoundTruncation.upper(high, byteCountMax: byteCountMax, isText: isText)
            )
        }
    }

    /// 0 → 00, 127 → 7f, 128 → 0080, -128 → 80, -129 → ff7f.
    static func decimal(_ value: Int128) -> [UInt8] {
        // Of a negative number the complement has as many bits as matter; one more bit is the sign's: 127 → 7 bits, one byte; 128 → 8 bits, two.
        let magnitudeBits = Int128.bitWidth - (value < 0 ? (~value) : value).leadingZeroBitCount
        return ValueBounds.bigEndian(value, byteCount: magnitudeBits / 8 + 1)
    }

    /// The bounds as values of a column of `type`; nil where there is none, or none of this type's form.
    ///
    /// Bytes of a length that the type cannot have count as no bound: a file is then read rather than left out wrongly.
    static func decode(
        lower: [UInt8]?, upper: [UInt8]?, type: ColumnType
    ) -> (minimum: Value?, maximum: Value?) {
        (lower.flatMap { decode($0, type) }, upper.flatMap { decode($0, type) })
    }

    /// The opposite of `encode`, for what other writers stored, too.
    private static func decode(_ bytes: [UInt8], _ type: ColumnType) -> Value? {
        switch type {
        case .boolean: return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
        // A column that was widened from int to long keeps four bytes in old manifests.
        case .int32, .date, .int64, .timestamp, .timestampNanoseconds: return signed(bytes).map { .integer($0) }
        // A time outside of its day is no value that a column can have, and would be compared as one.
        case .time: return signed(bytes).flatMap { ValueLimit(.time)?.contains($0) == true ? .integer($0) : nil }
        case .double:
            // A column of floats is read as doubles.
            let value = bytes.count == 4 ? unsigned(bytes).map { Double(Float(bitPattern: UInt32($0))) } : unsigned(bytes).map { Double(bitPattern: $0) }
            // Old writers had NaN there, which says nothing of the numbers beside it: as in `StatisticsDecoder`.
            return value.flatMap { $0.isNaN ? nil : .double($0) }
        case .decimal:
            guard !bytes.isEmpty, bytes.count <= 16 else { return nil }
            // Sign-extended by the first byte, then a byte at a time, the highest first.
            var value: Int128 = bytes[0] >= 0x80 ? -1 : 0
            for byte in bytes { value = value << 8 | Int128(byte) }
            // As in `StatisticsDecoder`.
            return ValueLimit(type)?.contains(value) == false ? nil : .decimal(value)
        case .string, .binary, .uuid, .json: return .bytes(bytes)
        // Nested columns have no bounds of their own, and no table stores the other two.
        case .interval, .list, .structure, .null: return nil
        }
    }

    /// 4 or 8 bytes, little-endian; nil for any other number of them.
    private static func unsigned(_ bytes: [UInt8]) -> UInt64? {
        guard bytes.count == 4 || bytes.count == 8 else { return nil }
        return bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func signed(_ bytes: [UInt8]) -> Int64? {
        guard let value = unsigned(bytes) else { return nil }
        return bytes.count == 4 ? Int64(Int32(truncatingIfNeeded: value)) : Int64(bitPattern: value)
    }
}
