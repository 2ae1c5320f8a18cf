/// From the bytes of bounds to values, by the order that their column has (parquet-format, LogicalTypes.md and
/// parquet.thrift, ColumnOrder). What cannot be trusted gives no bound.
///
/// 1. `minValue` and `maxValue`, and a page's bounds, are used where the footer gives the column the order of its type, or one of floating-point
///    numbers IEEE 754's total order.
/// 2. Else the legacy fields of a row group are, of signed numbers.
/// 3. Bounds that are no values of the type are dropped (`limited`), both where the lower is above the upper, those of decimals that were not compared as numbers
///    (`WritingProgram`), and the upper bound of doubles, above which a NaN may be, unless the NaNs are
///    counted and there is none.
/// 4. Values come out as the column is read (`conversion`): in its unit, and a decimal as its digits.
struct StatisticsDecoder: Sendable {
    let leaf: LeafDescriptor
    let conversion: LeafConversion
    /// Which order the file says that `minValue` and `maxValue` follow; nil where it does not.
    let order: ColumnOrder?
    /// False for decimals in bytes whose writer is not known to compare them as numbers: their bounds may look ordered all the same.
    private let isComparedAsNumbers: Bool

    /// - Parameter writer: nil where the file does not say.
    init(leaf: LeafDescriptor, conversion: LeafConversion, order: ColumnOrder?, writer: @autoclosure () -> WritingProgram?) {
        (self.leaf, self.conversion, self.order) = (leaf, conversion, order)
        switch conversion {
        case .decimalNarrow, .decimalWide: isComparedAsNumbers = WritingProgram.ordersDecimals(inFixedBytes: true, writer())
        case .decimalBytesNarrow, .decimalBytesWide: isComparedAsNumbers = WritingProgram.ordersDecimals(inFixedBytes: false, writer())
        default: isComparedAsNumbers = true
        }
    }

    /// Of a leaf of a file.
    init(leaf: LeafDescriptor, conversion: LeafConversion, of metadata: FileMetadata) {
        self.init(leaf: leaf, conversion: conversion, order: metadata.order(leaf.index), writer: metadata.writer)
    }

    /// A value not above any of the chunk's and one not below any.
    ///
    /// - Returns: nil for each that is not known.
    func bounds(_ statistics: ChunkStatistics) -> (minimum: Value?, maximum: Value?) {
        if hasOrder, statistics.minValue != nil || statistics.maxValue != nil {
            return valid(statistics.minValue, statistics.maxValue, nanCount: statistics.nanCount)
        }
        // The legacy fields were compared as signed numbers by every writer, and as bytes by some.
        guard isSignedNumber else { return (nil, nil) }
        return valid(statistics.legacyMin, statistics.legacyMax, nanCount: nil)
    }

    /// As `bounds(_:)`, for a page of a column index, whose bounds mean nothing where the footer gives the column no order.
    ///
    /// - Parameter nanCount: the page's; nil where the index does not say.
    func bounds(minimum: [UInt8]?, maximum: [UInt8]?, nanCount: Int64? = nil) -> (minimum: Value?, maximum: Value?) {
        hasOrder ? valid(minimum, maximum, nanCount: nanCount) : (nil, nil)
    }

    /// Whether the order is one that the bounds are understood in. The total order is that of numbers, but for the zeros' signs.
    private var hasOrder: Bool {
        switch (order, conversion) {
        case (.typeDefined?, _): true
        case (.totalOrder?, .float), (.totalOrder?, .double), (.totalOrder?, .float16): true
        default: false
        }
    }

    private func valid(_ minimum: [UInt8]?, _ maximum: [UInt8]?, nanCount: Int64?) -> (minimum: Value?, maximum: Value?) {
        guard isOrdered, isComparedAsNumbers else { return (nil, nil) }
        let least = minimum.flatMap(limited)
        let greatest = maximum.flatMap(limited)
        // Compared by another order than the type's, of negative numbers as bytes, say: neither bounds anything.
        if let least, let greatest, let order = Value.order(least, greatest), order > 0 { return (nil, nil) }
        if case .double(let least)? = least, case .double(let greatest)? = greatest {
            // A NaN says that the writer mixed it into the comparison, or that there is nothing else. NaN values may be among the others all the
            // same, and SQL sorts them above every number: there is no upper bound, unless they were counted. Zeros may have lost their sign.
            if least.isNaN || greatest.isNaN { return (nil, nil) }
            return (.double(least == 0 ? -0.0 : least), nanCount == 0 ? .double(greatest == 0 ? 0.0 : greatest) : nil)
        }
        if case .double = least ?? greatest { return (nil, nil) }
        return (least, greatest)
    }

    /// Whether signed comparison is the type's order.
    private var isSignedNumber: Bool {
        switch conversion {
        case .int32, .int32Widened, .int32Times, .int64, .int64Times, .int64DividedBy, .float, .double: true
        default: false
        }
    }

    /// Intervals and INT96 have no order; neither has a logical type that is not known here. Decimals of more digits than one has here are read as their bytes
    /// (`LeafMeaning`): their bounds are those of signed numbers, which bytes are not compared as.
    private var isOrdered: Bool {
        if case .other? = leaf.logicalType { return false }
        switch conversion {
        case .int96, .interval: return false
        case .bytes, .fixedBytes:
            if case .decimal? = leaf.logicalType { return false }
            return leaf.convertedType != .decimal && leaf.convertedType != .interval
        default: return leaf.convertedType != .interval
        }
    }

    /// A bound that no value of the column can have bounds nothing: such values are refused when they are read.
    private func limited(_ bytes: [UInt8]) -> Value? {
        guard let value = decode(bytes) else { return nil }
        switch (leaf.limit, value) {
        case (let limit?, .integer(let number)): return limit.contains(number) ? value : nil
        case (let limit?, .decimal(let digits)): return limit.contains(digits) ? value : nil
        default: return value
        }
    }

    /// A PLAIN value, byte arrays without their length; nil when the bytes are no such value.
    private func decode(_ bytes: [UInt8]) -> Value? {
        switch conversion {
        case .boolean: return bytes.count == 1 ? .boolean(bytes[0] != 0) : nil
        case .int32: return int32(bytes).map { .integer(Int64($0)) }
        case .int32Widened: return int32(bytes).map { whole(Int64($0)) }
        case .uint32: return int32(bytes).map { .integer(Int64(UInt32(bitPattern: $0))) }
        case .int32Times(let factor): return int32(bytes).map { .integer(Int64($0) * factor) }
        case .int64: return int64(bytes).map { whole($0) }
        case .int64Times(let factor):
            guard let value = int64(bytes) else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: factor)
            return overflow ? nil : .integer(product)
        case .int64DividedBy(let divisor):
            guard let value = int64(bytes) else { return nil }
            let (quotient, rest) = value.quotientAndRemainder(dividingBy: divisor)
            return .integer(rest < 0 ? quotient - 1 : quotient)
        case .uint64: return int64(bytes).map { .decimal(Int128(UInt64(bitPattern: $0))) }
        case .float: return int32(bytes).map { .double(Double(Float(bitPattern: UInt32(bitPattern: $0)))) }
        case .double: return int64(bytes).map { .double(Double(bitPattern: UInt64(bitPattern: $0))) }
        case .float16: return bytes.count == 2 ? .double(HalfFloat.double(UInt16(bytes[0]) | UInt16(bytes[1]) << 8)) : nil
        case .decimalNarrow(let width), .decimalWide(let width): return bytes.count == width ? decimal(bytes) : nil
        case .decimalBytesNarrow, .decimalBytesWide: return decimal(bytes)
        case .bytes, .fixedBytes: return .bytes(bytes)
        case .int96, .interval: return nil
        }
    }

    /// A whole number, or digits where it is a decimal's.
    private func whole(_ value: Int64) -> Value {
        if case .decimal = leaf.type { return .decimal(Int128(value)) }
        return .integer(value)
    }

    private func decimal(_ bytes: [UInt8]) -> Value? {
        do {
            return .decimal(try bytes.span.withUnsafeBytes { (bytes) throws(PageError) in try DecimalKernels.wide(bytes) })
        } catch {
            // A bound that is no decimal bounds nothing; the values themselves are checked when they are read.
            return nil
        }
    }

    private func int32(_ bytes: [UInt8]) -> Int32? {
        guard bytes.count == 4 else { return nil }
        return bytes.withUnsafeBytes { Int32(littleEndian: $0.loadUnaligned(as: Int32.self)) }
    }

    private func int64(_ bytes: [UInt8]) -> Int64? {
        guard bytes.count == 8 else { return nil }
        return bytes.withUnsafeBytes { Int64(littleEndian: $0.loadUnaligned(as: Int64.self)) }
    }
}

extension StatisticsDecoder {
    /// What `value` hashes to in the column's bloom filter: the hash of its PLAIN bytes, without the length of byte arrays.
    ///
    /// - Returns: nil where equal values may have several such forms, so that a filter proves nothing.
    ///
    /// - Parameter value: as `bounds` gives values: in the column's unit.
    func bloomHash(_ value: Value) -> UInt64? {
        guard let bytes = plainBytes(value) else { return nil }
        return bytes.withUnsafeBytes { XXHash64.hash($0) }
    }

    /// Doubles have none: zeros of both signs are equal, and differ in their bytes. Nor has what no value of the file can equal, as a time that is no multiple
    /// of its unit; then the filter is not asked, though it would say no.
    private func plainBytes(_ value: Value) -> [UInt8]? {
        switch (conversion, value) {
        case (.int32, .integer(let value)), (.int32Widened, .integer(let value)):
            return Int32(exactly: value).map { Self.bytes($0) }
        case (.uint32, .integer(let value)): return UInt32(exactly: value).map { Self.bytes($0) }
        case (.int32Widened, .decimal(let value)): return Int32(exactly: value).map { Self.bytes($0) }
        case (.int32Times(let factor), .integer(let value)):
            return value % factor == 0 ? Int32(exactly: value / factor).map { Self.bytes($0) } : nil
        case (.int64, .integer(let value)): return Self.bytes(value)
        case (.int64, .decimal(let value)): return Int64(exactly: value).map { Self.bytes($0) }
        case (.int64Times(let factor), .integer(let value)): return value % factor == 0 ? Self.bytes(value / factor) : nil
        case (.uint64, .decimal(let value)): return UInt64(exactly: value).map { Self.bytes($0) }
        case (.decimalNarrow(let width), .decimal(let value)), (.decimalWide(let width), .decimal(let value)):
            guard width <= 16 else { return nil }
            let bytes = withUnsafeBytes(of: value.bigEndian) { [UInt8]($0.suffix(width)) }
            return bytes
        case (.bytes, .bytes(let value)), (.fixedBytes, .bytes(let value)): return value
        default: return nil
        }
    }

    private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) }
    }
}
