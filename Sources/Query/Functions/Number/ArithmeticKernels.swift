internal import Glibc
import ColumnStore

/// `+ - * / %` and functions of numbers: the switch over types is here, once a batch, rows are looped over in `IntegerKernels` or below.
///
/// Ways for whole numbers and decimals, the first that does:
/// 1. 64 bits for all rows in one loop, which notes whether anything overflowed (`IntegerKernels`);
/// 2. 64 or 128 bits row by row, where a decimal is wide or the first way overflowed;
/// 3. an error at a row that is no NULL and whose result does not fit.
///
/// Rows that are NULL have values too, which may overflow: an overflow is an error only where the validity says that the row is there.
enum ArithmeticKernels {
    enum Operation { case add, subtract, multiply, divide, modulo }

    /// - Throws: `.numericOverflow`, `.divisionByZero`.
    /// - Precondition: `type` is that of a number.
    static func combine(_ operation: Operation, _ left: Column, _ right: Column, type: ColumnType) throws(KernelError) -> Column {
        let validity = Bitmap.both(left.rowValidity, right.rowValidity)
        if left.isConstantNull || right.isConstantNull { return .constant(.null, type: type, count: left.count) }
        switch type {
        case .int32, .int64: return try whole(operation, left, right, type: type, validity: validity)
        case .double: return try real(operation, left.doubles(), right.doubles(), validity: validity)
        case .decimal(_, let scale):
            switch operation {
            case .add, .subtract:
                return try sum(left, right, isSubtraction: operation == .subtract, type: type, validity: validity)
            case .multiply: return try product(left, right, type: type, validity: validity)
            case .divide:
                return try quotient(left, right, scale: scale, type: type, validity: validity)
            case .modulo: return try remainder(left, right, scale: scale, type: type, validity: validity)
            }
        default: preconditionFailure("arithmetic on \(type)")
        }
    }

    // MARK: INTEGER and BIGINT

    /// INTEGER and BIGINT are computed in 64 bits; an INTEGER's result is checked for its 32 afterwards.
    private static func whole(
        _ operation: Operation, _ left: Column, _ right: Column, type: ColumnType, validity: Bitmap?
    ) throws(KernelError) -> Column {
        if let one = IntegerKernels.Operand(left), let other = IntegerKernels.Operand(right), operation != .divide, operation != .modulo {
            let result =
                switch operation {
                case .add: IntegerKernels.add(one, other)
                case .subtract: IntegerKernels.subtract(one, other)
                default: IntegerKernels.multiply(one, other)
                }
            if !result.overflowed {
                if type == .int32 { try refuseNarrowOverflow(result.values, validity: validity) }
                return .whole(result.values, type: type, validity: validity)
            }
        }
        // Operands that the loop does not take, quotients, and again where it overflowed.
        guard let one = left.integers(), let other = right.integers() else { throw .numericOverflow }
        let result: (values: [Int64], overflowed: Bool)
        switch operation {
        case .add: result = IntegerKernels.add(.each(one), .each(other))
        case .subtract: result = IntegerKernels.subtract(.each(one), .each(other))
        case .multiply: result = IntegerKernels.multiply(.each(one), .each(other))
        case .divide:
            let values = try IntegerKernels.checked(one, other, validity: validity) { (left, right) throws(KernelError) in
                if right == 0 { throw .divisionByZero }
                let (quotient, overflow) = left.dividedReportingOverflow(by: right)
                if overflow { throw .numericOverflow }
                return quotient
            }
            result = (values, false)
        case .modulo:
            let values = try IntegerKernels.checked(one, other, validity: validity) { (left, right) throws(KernelError) in
                if right == 0 { throw .divisionByZero }
                // The least number divided by -1 would overflow, though its rest is 0.
                return right == -1 ? 0 : left % right
            }
            result = (values, false)
        }
        if result.overflowed { try refuseOverflow(operation, one, other, validity: validity) }
        if type == .int32 { try refuseNarrowOverflow(result.values, validity: validity) }
        return .whole(result.values, type: type, validity: validity)
    }

    /// - Throws: `.numericOverflow` where a row that is no NULL overflows.
    private static func refuseOverflow(
        _ operation: Operation, _ left: [Int64], _ right: [Int64], validity: Bitmap?
    ) throws(KernelError) {
        for row in left.indices where validity?[row] ?? true {
            let overflow =
                switch operation {
                case .add: left[row].addingReportingOverflow(right[row]).overflow
                case .subtract: left[row].subtractingReportingOverflow(right[row]).overflow
                default: left[row].multipliedReportingOverflow(by: right[row]).overflow
                }
            if overflow { throw .numericOverflow }
        }
    }

    /// The same of results in 32 bits.
    private static func refuseNarrowOverflow(_ values: [Int64], validity: Bitmap?) throws(KernelError) {
        for row in values.indices where Int64(Int32(truncatingIfNeeded: values[row])) != values[row] {
            if validity?[row] ?? true { throw .numericOverflow }
        }
    }

    // MARK: DECIMAL

    /// Both sides are brought to the result's scale, and added.
    private static func sum(
        _ left: Column, _ right: Column, isSubtraction: Bool, type: ColumnType, validity: Bitmap?
    ) throws(KernelError) -> Column {
        let leftFactor = type.scale - left.type.scale
        let rightFactor = type.scale - right.type.scale
        // 10^18 is the last power of ten in 64 bits.
        if leftFactor >= 0, rightFactor >= 0, leftFactor <= 18, rightFactor <= 18, let one = IntegerKernels.Operand(left),
            let other = IntegerKernels.Operand(right)
        {
            let scaledLeft = IntegerKernels.multiply(one, by: DecimalMath.narrowPowers[leftFactor])
            let scaledRight = IntegerKernels.multiply(other, by: DecimalMath.narrowPowers[rightFactor])
            if !scaledLeft.overflowed, !scaledRight.overflowed {
                let result =
                    isSubtraction
                    ? IntegerKernels.subtract(scaledLeft.operand, scaledRight.operand)
                    : IntegerKernels.add(scaledLeft.operand, scaledRight.operand)
                if !result.overflowed {
                    return Column(type: type, count: left.count, validity: validity, values: .int64(result.values))
                }
            }
        }
        let (leftScale, rightScale, scale) = (left.type.scale, right.type.scale, type.scale)
        let values = try IntegerKernels.checkedWide(left.wideIntegers(), right.wideIntegers(), validity: validity) {
            (left, right) throws(KernelError) in
            guard let one = DecimalMath.rescale(left, from: leftScale, to: scale),
                let other = DecimalMath.rescale(right, from: rightScale, to: scale)
            else { throw .numericOverflow }
            guard let result = isSubtraction ? one.subtractingOrNil(other) : one.addingOrNil(other), DecimalMath.fits(result) else {
                throw .numericOverflow
            }
            return result
        }
        return .decimals(values, type: type, validity: validity)
    }

    /// A product has the digits of both; `dropped` of them are rounded away where the type has fewer.
    private static func product(_ left: Column, _ right: Column, type: ColumnType, validity: Bitmap?) throws(KernelError) -> Column {
        let dropped = left.type.scale + right.type.scale - type.scale
        // Nothing is rounded away: a product in 64 bits is the result.
        if dropped == 0, let one = IntegerKernels.Operand(left), let other = IntegerKernels.Operand(right) {
            let result = IntegerKernels.multiply(one, other)
            if !result.overflowed {
                return Column(type: type, count: left.count, validity: validity, values: .int64(result.values))
            }
        }
        let scale = type.scale
        let (leftScale, rightScale) = (left.type.scale, right.type.scale)
        let values = try IntegerKernels.checkedWide(left.wideIntegers(), right.wideIntegers(), validity: validity) {
            (left, right) throws(KernelError) in
            if dropped >= 0 {
                guard let product = DecimalMath.multiply(left, right, dropping: dropped) else { throw .numericOverflow }
                return product
            }
            guard let product = DecimalMath.multiply(left, right),
                let scaled = DecimalMath.rescale(product, from: leftScale + rightScale, to: scale)
            else { throw .numericOverflow }
            return scaled
        }
        return .decimals(values, type: type, validity: validity)
    }

    /// Rounded to the type's scale.
    private static func quotient(
        _ left: Column, _ right: Column, scale: Int, type: ColumnType, validity: Bitmap?
    ) throws(KernelError) -> Column {
        let (leftScale, rightScale) = (left.type.scale, right.type.scale)
        let values = try IntegerKernels.checkedWide(left.wideIntegers(), right.wideIntegers(), validity: validity) {
            (left, right) throws(KernelError) in
            if right == 0 { throw .divisionByZero }
            guard let value = DecimalMath.divide(left, scale: leftScale, by: right, scale: rightScale, toScale: scale) else {
                throw .numericOverflow
            }
            return value
        }
        return .decimals(values, type: type, validity: validity)
    }

    /// At the larger scale of both, where it is exact.
    private static func remainder(
        _ left: Column, _ right: Column, scale: Int, type: ColumnType, validity: Bitmap?
    ) throws(KernelError) -> Column {
        let (leftScale, rightScale) = (left.type.scale, right.type.scale)
        let common = max(leftScale, rightScale)
        let values = try IntegerKernels.checkedWide(left.wideIntegers(), right.wideIntegers(), validity: validity) {
            (left, right) throws(KernelError) in
            if right == 0 { throw .divisionByZero }
            guard let one = DecimalMath.rescale(left, from: leftScale, to: common),
                let other = DecimalMath.rescale(right, from: rightScale, to: common),
                let result = DecimalMath.rescale(one % other, from: common, to: scale)
            else { throw .numericOverflow }
            return result
        }
        return .decimals(values, type: type, validity: validity)
    }

    // MARK: DOUBLE

    /// Computed for all rows, looked at for those that are no NULL: an infinite result of finite numbers, and a 0 of numbers that are none, is an
    /// error as in PostgreSQL.
    private static func real(
        _ operation: Operation, _ left: [Double], _ right: [Double], validity: Bitmap?
    ) throws(KernelError) -> Column {
        precondition(left.count == right.count)
        var values = [Double](repeating: 0, count: left.count)
        for row in left.indices {
            switch operation {
            case .add: values[row] = left[row] + right[row]
            case .subtract: values[row] = left[row] - right[row]
            case .multiply: values[row] = left[row] * right[row]
            case .divide: values[row] = left[row] / right[row]
            case .modulo: values[row] = left[row].truncatingRemainder(dividingBy: right[row])
            }
        }
        // Apart from the loop above, which is arithmetic alone.
        for row in values.indices where validity?[row] ?? true {
            if operation == .divide || operation == .modulo, right[row] == 0, !left[row].isNaN { throw .divisionByZero }
            if values[row].isInfinite, left[row].isFinite, right[row].isFinite { throw .numericOverflow }
            if values[row] == 0, isUnderflow(operation, left[row], right[row]) { throw .numericOverflow }
        }
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }

    /// Whether a result of 0 is one that was too near to it for any DOUBLE, as that of numbers which are none themselves.
    private static func isUnderflow(_ operation: Operation, _ left: Double, _ right: Double) -> Bool {
        switch operation {
        case .multiply: left != 0 && right != 0
        case .divide: left != 0 && right.isFinite
        case .add, .subtract, .modulo: false
        }
    }

    // MARK: Of one number

    /// - Throws: `.numericOverflow`, and `.timeOutOfRange` of an interval, for the least number, which has no opposite.
    static func negate(_ column: Column, type: ColumnType) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        if type == .double {
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .double(column.doubles().map { -$0 }))
        }
        if type == .interval {
            var values = column.intervals()
            for row in values.indices {
                let value = values[row]
                guard value.months != .min, value.days != .min, value.microseconds != .min else { throw .timeOutOfRange }
                values[row] = Interval(months: -value.months, days: -value.days, microseconds: -value.microseconds)
            }
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .interval(values))
        }
        return try mapWide(column, type: type) { (value) throws(KernelError) in
            guard let negated = value.negatedOrNil else { throw .numericOverflow }
            return negated
        }
    }

    /// - Throws: `.numericOverflow` for the least number.
    static func absolute(_ column: Column, type: ColumnType) throws(KernelError) -> Column {
        if type == .double, !column.isConstantNull {
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .double(column.doubles().map(\.magnitude)))
        }
        return try mapWide(column, type: type) { (value) throws(KernelError) in
            guard let magnitude = Int128(exactly: value.magnitude) else { throw .numericOverflow }
            return magnitude
        }
    }

    /// -1, 0 or 1, at the type's scale.
    static func sign(_ column: Column, type: ColumnType) throws(KernelError) -> Column {
        if type == .double, !column.isConstantNull {
            let values = column.doubles().map { $0 > 0 ? 1.0 : $0 < 0 ? -1.0 : 0 }
            return Column(type: type, count: column.count, validity: column.rowValidity, values: .double(values))
        }
        let factor = DecimalMath.powers[type.scale]
        return try mapWide(column, type: type) { $0 > 0 ? factor : $0 < 0 ? -factor : 0 }
    }

    enum Rounding { case nearest, floor, ceil }

    /// round, floor, ceil to the scale of `type`, which may lie above or below the column's; to tens for negative `digits`.
    ///
    /// Halves of a DECIMAL go away from zero, those of a DOUBLE to the even number.
    static func round(_ column: Column, _ rounding: Rounding, digits: Int? = nil, type: ColumnType) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        if column.type == .double {
            let values = column.doubles().map { value in
                switch rounding {
                case .nearest: value.rounded(.toNearestOrEven)
                case .floor: value.rounded(.down)
                case .ceil: value.rounded(.up)
                }
            }
            let rounded = Column(type: .double, count: column.count, validity: column.rowValidity, values: .double(values))
            return type == .double ? rounded : try CastKernels.cast(rounded, to: type, zone: .utc)
        }
        let from = column.type.scale
        let to = min(digits ?? type.scale, DecimalMath.digitCountMax)
        let scale = type.scale
        return try mapWide(column, type: type) { (value) throws(KernelError) in try rounded(value, from, to: to, scale: scale, rounding) }
    }

    /// round(x, n) where each row has its own n.
    static func round(_ column: Column, eachTo digits: Column, type: ColumnType) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        guard let counts = digits.integers() else { throw .numericOverflow }
        let validity = Bitmap.both(column.rowValidity, digits.rowValidity)
        let (from, scale) = (column.type.scale, type.scale)
        let values = try IntegerKernels.checkedWide(column.wideIntegers(), counts.map { Int128($0) }, validity: validity) {
            (value, count) throws(KernelError) in
            // Past a thousand digits before the mark as little is left as at a thousand.
            let result = try rounded(value, from, to: Int(max(-1_000, min(count, Int128(scale)))), scale: scale, .nearest)
            guard DecimalMath.fits(result) else { throw .numericOverflow }
            return result
        }
        return .decimals(values, type: type, validity: validity)
    }

    /// One value of scale `from`, rounded to `digits` behind the mark (tens where negative), at `scale`.
    private static func rounded(
        _ value: Int128, _ from: Int, to digits: Int, scale: Int, _ rounding: Rounding
    ) throws(KernelError) -> Int128 {
        if digits >= from {
            guard let scaled = DecimalMath.rescale(value, from: from, to: scale) else { throw .numericOverflow }
            return scaled
        }
        let rounded = dropDigits(value, count: from - digits, rounding)
        if digits >= 0 {
            guard let scaled = DecimalMath.rescale(rounded, from: digits, to: scale) else { throw .numericOverflow }
            return scaled
        }
        guard -digits <= DecimalMath.digitCountMax else { return 0 }
        guard let tens = rounded.multipliedOrNil(by: DecimalMath.powers[-digits]), let scaled = DecimalMath.rescale(tens, from: 0, to: scale),
            DecimalMath.fits(scaled)
        else { throw .numericOverflow }
        return scaled
    }

    /// The value without its last `count` digits.
    private static func dropDigits(_ value: Int128, count: Int, _ rounding: Rounding) -> Int128 {
        if count > DecimalMath.digitCountMax {
            switch rounding {
            case .nearest: return 0
            case .floor: return value < 0 ? -1 : 0
            case .ceil: return value > 0 ? 1 : 0
            }
        }
        let power = DecimalMath.powers[count]
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: power)
        switch rounding {
        case .nearest: return DecimalMath.roundedQuotient(value, power)
        case .floor: return remainder < 0 ? quotient - 1 : quotient
        case .ceil: return remainder > 0 ? quotient + 1 : quotient
        }
    }

    /// A function of whole numbers or decimal digits; the result is checked against the type.
    private static func mapWide(
        _ column: Column, type: ColumnType, _ operation: (Int128) throws(KernelError) -> Int128
    ) throws(KernelError) -> Column {
        if column.isConstantNull { return .constant(.null, type: type, count: column.count) }
        let values = try IntegerKernels.mappedWide(column.wideIntegers(), validity: column.rowValidity, operation)
        if type.isDecimal {
            // A file of others may hold more than 38 digits.
            guard values.allSatisfy(DecimalMath.fits) else { throw .numericOverflow }
            return .decimals(values, type: type, validity: column.rowValidity)
        }
        var narrow = [Int64](repeating: 0, count: values.count)
        for row in values.indices {
            guard let value = Int64(exactly: values[row]), type == .int64 || Int32(exactly: value) != nil else { throw .numericOverflow }
            narrow[row] = value
        }
        return .whole(narrow, type: type, validity: column.rowValidity)
    }

    /// power and sqrt, in doubles.
    ///
    /// - Throws: `.outside(.badPower)` for 0 to a negative power, and for a negative number to a power that is not whole; `.numericOverflow` where
    ///   finite numbers give an infinite one, or 0 of a base that is none.
    static func power(_ base: Column, _ exponent: Column) throws(KernelError) -> Column {
        let validity = Bitmap.both(base.rowValidity, exponent.rowValidity)
        let (bases, exponents) = (base.doubles(), exponent.doubles())
        var values = [Double](repeating: 0, count: bases.count)
        for row in bases.indices where validity?[row] ?? true {
            if bases[row] == 0, exponents[row] < 0 { throw .outside(.badPower, "zero raised to a negative power is undefined") }
            if bases[row] < 0, exponents[row].isFinite, exponents[row] != exponents[row].rounded() {
                throw .outside(.badPower, "a negative number raised to a non-integer power yields a complex result")
            }
            values[row] = pow(bases[row], exponents[row])
            guard bases[row].isFinite, exponents[row].isFinite else { continue }
            if values[row].isInfinite || values[row] == 0 && bases[row] != 0 { throw .numericOverflow }
        }
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }

    /// - Throws: `.outside(.badPower)` of a negative number.
    static func squareRoot(_ column: Column) throws(KernelError) -> Column {
        let validity = column.rowValidity
        var values = column.doubles()
        for row in values.indices where validity?[row] ?? true {
            if values[row] < 0 { throw .outside(.badPower, "cannot take the square root of a negative number") }
            values[row] = values[row].squareRoot()
        }
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }
}
