internal import Glibc
import ColumnStore

/// SQL's six comparisons.
/// Each follows from the sign of an order alone.
package enum Comparison: Sendable {
    case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual

    /// The same question with the sides exchanged.
    var mirrored: Comparison {
        switch self {
        case .equal, .notEqual: self
        case .less: .greater
        case .lessOrEqual: .greaterOrEqual
        case .greater: .less
        case .greaterOrEqual: .lessOrEqual
        }
    }

    /// - Parameter order: below zero where the left side comes first, 0 where both are equal.
    @inline(__always)
    func holds(order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}

/// Comparison of two columns of one type, to one bit a row. Text by its bytes; NaN equals itself and is above all numbers.
/// Dictionaries are compared entry by entry where the other side is one value. The result is NULL where either side is.
enum CompareKernels {
    /// Whole numbers and decimals may differ in width and in scale.
    /// - Precondition: as many rows on both sides.
    static func compare(_ operation: Comparison, _ left: Column, _ right: Column) -> Column {
        if left.isConstantNull || right.isConstantNull { return .constant(.null, type: .boolean, count: left.count) }
        return .boolean(bits(operation, left, right), validity: .both(left.rowValidity, right.rowValidity))
    }

    /// Looks at columns that are to be compared, where no call has: texts of two columns are laid flat, and documents become keys. One that is held against a constant stays as it lies.
    /// - Throws: `.tooLarge`.
    static func admit(_ left: Column, _ right: Column, _ meter: WorkMeter) throws(KernelError) {
        guard left.type.isBytes, left.type.isJSON || left.constantValue == nil && right.constantValue == nil else { return }
        for column in [left, right] where column.constantValue == nil { try meter.admit(column) }
    }

    /// One bit a row; those of NULL rows mean nothing.
    static func bits(_ operation: Comparison, _ left: Column, _ right: Column) -> Bitmap {
        precondition(left.count == right.count)
        // Of two constants, one row is all rows.
        if left.count > 1, let one = left.constantValue, let other = right.constantValue {
            let bit = bits(operation, .constant(one, type: left.type, count: 1), .constant(other, type: right.type, count: 1))
            return Bitmap(repeating: bit[0], count: left.count)
        }
        // A constant stands on the right from here on.
        if case .constant = left.values, right.constantValue == nil { return bits(operation.mirrored, right, left) }
        switch left.type {
        case .int32, .int64, .date, .time, .timestamp, .timestampNanoseconds, .decimal: return integers(operation, left, right)
        case .double:
            if right.type == .double { return doubles(operation, left, right) }
            return byValue(operation, left, right)
        case .string, .binary, .uuid: return bytes(operation, left, right)
        case .json: return bytes(operation, DocumentOrder.keys(left), DocumentOrder.keys(right))
        case .boolean: return booleans(operation, left.bitmap(), right.bitmap())
        case .interval:
            let (one, other) = (left.intervals().map(\.span), right.intervals().map(\.span))
            return ordered(operation, one, other)
        default: return byValue(operation, left, right)
        }
    }

    /// Whole numbers, moments and decimals, compared as digits; of two scales, as numbers.
    /// From the cheapest way to the dearest: a column as it lies against one number, two columns of 32 or of 64 bits, and
    /// 128 bits for what does not lie in 64.
    private static func integers(_ operation: Comparison, _ left: Column, _ right: Column) -> Bitmap {
        let (leftScale, rightScale) = (left.type.scale, right.type.scale)
        if leftScale == rightScale {
            if let constant = wideConstant(right) {
                switch left.values {
                case .int32(let values): return againstConstant(operation, values, constant)
                case .int64(let values): return againstConstant(operation, values, constant)
                default: break
                }
            }
            if case .int32(let one) = left.values, case .int32(let other) = right.values { return ordered(operation, one, other) }
            if let one = left.integers(), let other = right.integers() { return ordered(operation, one, other) }
            return ordered(operation, left.wideIntegers(), right.wideIntegers())
        }
        // The constant at the column's scale once, where it fits: then all rows compare as 64 bits.
        if let constant = wideConstant(right), leftScale > rightScale,
            let scaled = DecimalMath.rescale(constant, from: rightScale, to: leftScale), case .int64(let values) = left.values
        {
            return againstConstant(operation, values, scaled)
        }
        let (one, other) = (left.wideIntegers(), right.wideIntegers())
        return .computed(one, other) { operation.holds(order: order($0, scale: leftScale, $1, scale: rightScale)) }
    }

    /// Compares numbers of two scales: whole parts first, so that nothing can overflow.
    /// 1.5 and 1.45: whole parts 1 and 1, the rests 5 at scale 1 and 45 at scale 2, which at scale 2 are 50 and 45.
    private static func order(_ left: Int128, scale leftScale: Int, _ right: Int128, scale rightScale: Int) -> Int {
        let (leftWhole, leftRest) = left.quotientAndRemainder(dividingBy: DecimalMath.powers[leftScale])
        let (rightWhole, rightRest) = right.quotientAndRemainder(dividingBy: DecimalMath.powers[rightScale])
        if leftWhole != rightWhole { return leftWhole < rightWhole ? -1 : 1 }
        // Rests are below one, so that at the higher scale of the two they have at most 38 digits. They have the sign of
        // their numbers: of -1.5 and -1.45 they are -50 and -45.
        let scale = max(leftScale, rightScale)
        let leftFraction = leftRest * DecimalMath.powers[scale - leftScale]
        let rightFraction = rightRest * DecimalMath.powers[scale - rightScale]
        return leftFraction < rightFraction ? -1 : leftFraction == rightFraction ? 0 : 1
    }

    /// The digits of a column that is one number; nil for columns of several values, and for NULL.
    private static func wideConstant(_ column: Column) -> Int128? {
        switch column.constantValue {
        case .integer(let value): Int128(value)
        case .decimal(let value): value
        default: nil
        }
    }

    /// The kind of comparison is asked once, outside of the loop.
    @inline(__always)
    private static func againstConstant<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ operation: Comparison, _ values: [Integer], _ constant: Int128
    ) -> Bitmap {
        // The constant is past all values of the type: the answer is the same on every row.
        guard let bound = Integer(exactly: constant) else {
            // 3,000,000,000 is above every INTEGER: `<`, `<=` and `<>` hold on all rows.
            let isAbove = constant > 0
            let holds = operation.holds(order: isAbove ? -1 : 1)
            return Bitmap(repeating: holds, count: values.count)
        }
        switch operation {
        case .equal: return .computed(values) { $0 == bound }
        case .notEqual: return .computed(values) { $0 != bound }
        case .less: return .computed(values) { $0 < bound }
        case .lessOrEqual: return .computed(values) { $0 <= bound }
        case .greater: return .computed(values) { $0 > bound }
        case .greaterOrEqual: return .computed(values) { $0 >= bound }
        }
    }

    /// As `againstConstant`, row by row.
    @inline(__always)
    private static func ordered<Element: Comparable & BitwiseCopyable>(
        _ operation: Comparison, _ left: [Element], _ right: [Element]
    ) -> Bitmap {
        switch operation {
        case .equal: .computed(left, right) { $0 == $1 }
        case .notEqual: .computed(left, right) { $0 != $1 }
        case .less: .computed(left, right) { $0 < $1 }
        case .lessOrEqual: .computed(left, right) { $0 <= $1 }
        case .greater: .computed(left, right) { $0 > $1 }
        case .greaterOrEqual: .computed(left, right) { $0 >= $1 }
        }
    }

    /// Not by the processor's comparison, to which a NaN equals nothing and stands nowhere.
    private static func doubles(_ operation: Comparison, _ left: Column, _ right: Column) -> Bitmap {
        .computed(left.doubles(), right.doubles()) { operation.holds(order: order($0, $1)) }
    }

    /// NaN is above all numbers and equals itself; -0 equals 0.
    @inline(__always)
    static func order(_ left: Double, _ right: Double) -> Int {
        if left < right { return -1 }
        if left > right { return 1 }
        if left == right { return 0 }
        return (left.isNaN ? 1 : 0) - (right.isNaN ? 1 : 0)
    }

    /// 64 rows at a time: false is less than true.
    private static func booleans(_ operation: Comparison, _ left: Bitmap, _ right: Bitmap) -> Bitmap {
        switch operation {
        case .equal: (left & right) | (~left & ~right)
        case .notEqual: (left & ~right) | (~left & right)
        case .less: ~left & right
        case .lessOrEqual: ~left | right
        case .greater: left & ~right
        case .greaterOrEqual: left | ~right
        }
    }

    /// Texts, byte strings and UUIDs, where they lie: no row becomes an array of its own.
    private static func bytes(_ operation: Comparison, _ left: Column, _ right: Column) -> Bitmap {
        // Each entry once; a row is then one look at a bit.
        if case .dictionary(let codes, let dictionary) = left.values, right.constantValue != nil {
            let wanted = Column(type: left.type, count: dictionary.count, values: right.values)
            let entries = bits(operation, dictionary.values.retyped(left.type), wanted)
            return .computed(codes) { entries.words[Int($0) >> 6] >> UInt64($0 & 63) & 1 != 0 }
        }
        if case .bytes(let arrays) = left.values, case .bytes(let wanted)? = right.constantValue {
            return wanted.withUnsafeBytes { wanted in
                compareEach(operation, arrays) { _ in UnsafeRawBufferPointer(wanted) }
            }
        }
        let other = right.byteArrays()
        return other.bytes.withUnsafeBytes { bytes in
            compareEach(operation, left.byteArrays()) { row in
                UnsafeRawBufferPointer(rebasing: bytes[other.range(at: row)])
            }
        }
    }

    @inline(__always)
    private static func compareEach(
        _ operation: Comparison, _ arrays: ByteArrays, with other: (Int) -> UnsafeRawBufferPointer
    ) -> Bitmap {
        arrays.bytes.withUnsafeBytes { bytes in
            // For equality lengths mostly decide, without a look at the bytes.
            if operation == .equal || operation == .notEqual {
                let isWanted = operation == .equal
                return .computed(count: arrays.count) { row in
                    let range = arrays.range(at: row)
                    let wanted = other(row)
                    guard range.count == wanted.count else { return !isWanted }
                    guard range.count > 0, let one = bytes.baseAddress, let two = wanted.baseAddress else { return isWanted }
                    return (memcmp(one + range.lowerBound, two, range.count) == 0) == isWanted
                }
            }
            return .computed(count: arrays.count) { row in
                operation.holds(order: order(UnsafeRawBufferPointer(rebasing: bytes[arrays.range(at: row)]), other(row)))
            }
        }
    }

    /// The order of two byte strings.
    /// Below zero, 0 or above. A string that is another's beginning comes first.
    @inline(__always)
    static func order(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        let count = min(left.count, right.count)
        if count > 0, let one = left.baseAddress, let other = right.baseAddress {
            let order = Int(memcmp(one, other, count))
            if order != 0 { return order }
        }
        return left.count - right.count
    }

    /// Each row as a `Value`: for lists, structs and what is rare.
    private static func byValue(_ operation: Comparison, _ left: Column, _ right: Column) -> Bitmap {
        .computed(count: left.count) { operation.holds(order: order(left.value(at: $0), right.value(at: $0), left.type)) }
    }

    /// The order of any two values of a type: lists and structs member by member, NULL last, as PostgreSQL orders rows.
    /// As PostgreSQL: <https://www.postgresql.org/docs/15/functions-comparisons.html#ROW-WISE-COMPARISON>.
    /// Of two lists, or structs, of which one is the other's beginning, the shorter comes first.
    /// - Returns: below zero, 0 or above; 0 for two kinds that have no order.
    static func order(_ left: Value, _ right: Value, _ type: ColumnType) -> Int {
        switch (left, right) {
        case (.null, .null): return 0
        case (.null, _): return 1
        case (_, .null): return -1
        case (.list(let one), .list(let other)):
            guard case .list(let element) = type else { return 0 }
            for (left, right) in zip(one, other) {
                let order = order(left, right, element.type)
                if order != 0 { return order }
            }
            return one.count - other.count
        case (.structure(let one), .structure(let other)):
            guard case .structure(let fields) = type else { return 0 }
            for (index, field) in fields.enumerated() where index < min(one.count, other.count) {
                let order = order(one[index], other[index], field.type)
                if order != 0 { return order }
            }
            return one.count - other.count
        case (.bytes(let one), .bytes(let other)) where type.isJSON:
            return Value.order(.bytes(DocumentOrder.key(one[...])), .bytes(DocumentOrder.key(other[...]))) ?? 0
        case (.interval(let one), .interval(let other)): return one.span < other.span ? -1 : one.span == other.span ? 0 : 1
        default: return Value.order(left, right) ?? 0
        }
    }
}

extension Interval {
    /// The length by which intervals compare: months of 30 days, days of 24 hours, as PostgreSQL has it.
    var span: Int128 { (Int128(months) * 30 + Int128(days)) * Int128(Calendar.microsecondsPerDay) + Int128(microseconds) }
}
