/// Exact decimals from their digits: JSON's numbers, XML Schema's decimals, and those with another mark.
///
/// No number goes through a binary float: 0.1 of a document is 0.1 in its column.
enum DecimalText {
    /// Reads `[+-]? digits [mark digits] [(e|E) [+-]? digits]`, at least one digit before the exponent, and multiplies it by ten to `shift`.
    ///
    /// - Parameters:
    ///   - scale: digits that the result keeps behind the mark: the result is in units of ten to −`scale`.
    ///   - shift: a power of ten, −76 to 76.
    /// - Throws: `.notANumber`; `.tooManyDigits` when a digit past `scale` is not zero; `.outOfRange` past 38 digits.
    static func unscaled(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, scale: Int, shift: Int, mark: UInt8
    ) throws(ValueFault) -> Int128 {
        var index = 0
        var isNegative = false
        if count > 0, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") {
            isNegative = bytes[0] == UInt8(ascii: "-")
            index = 1
        }
        // The first 18 significant digits in a word; more take the slow way.
        // 18 digits and a multiplication by ten stay below 2^64.
        var digits: UInt64 = 0
        var digitCount = 0
        var fraction = 0
        let start = index
        var markIndex = -1
        while index < count {
            let byte = bytes[index]
            if byte &- 0x30 < 10 {
                if digitCount > 0 || byte != 0x30 { digitCount &+= 1 }
                guard digitCount <= 18 else {
                    return try long(bytes, count, from: start, isNegative: isNegative, scale: scale, shift: shift, mark: mark)
                }
                digits = digits &* 10 &+ UInt64(byte &- 0x30)
                // Digits behind the mark lower the power of ten, zeros among them.
                if markIndex >= 0 { fraction &+= 1 }
            } else if byte == mark, markIndex < 0 {
                markIndex = index
            } else {
                break
            }
            index &+= 1
        }
        guard index &- start > (markIndex >= 0 ? 1 : 0) else { throw .notANumber }
        let exponent = try exponent(bytes, count, from: index)
        return try scaled(Int128(digits), isNegative: isNegative, power: exponent + shift + scale - fraction)
    }

    /// As `unscaled`, for the ordinary number: no exponent, eighteen significant digits at most before and after scaling, none past
    /// `scale`. Nil leaves the number, or the fault, to `unscaled`.
    @inline(__always)
    static func plain(_ bytes: UnsafePointer<UInt8>, _ count: Int, scale: Int) -> Int64? {
        guard count > 0, count <= 18 else { return nil }
        var index = 0
        let isNegative = bytes[0] == UInt8(ascii: "-")
        if isNegative { index = 1 }
        var digits: Int64 = 0
        var fraction = 0
        var isPastMark = false
        let start = index
        while index < count {
            let digit = bytes[index] &- 0x30
            if digit < 10 {
                digits = digits &* 10 &+ Int64(digit)
                if isPastMark { fraction &+= 1 }
            } else if bytes[index] == UInt8(ascii: "."), !isPastMark, index > start {
                isPastMark = true
            } else {
                return nil
            }
            index &+= 1
        }
        let digitCount = index &- start &- (isPastMark ? 1 : 0)
        let missing = scale &- fraction
        // `12.` and `.5` are left to the long way, too: it says what is wrong with them, or takes them.
        guard digitCount > 0, missing >= 0, digitCount &+ missing <= 18, !(isPastMark && fraction == 0) else { return nil }
        digits = digits &* powers[missing]
        return isNegative ? -digits : digits
    }

    /// 10^0 … 10^18, where no check for a first use stands before each read.
    private static let powers: InlineArray<19, Int64> = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000, 100_000_000_000,
        1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000, 10_000_000_000_000_000,
        100_000_000_000_000_000, 1_000_000_000_000_000_000,
    ]

    /// The exponent from `index` on, clamped to ±2^52: no text has so many digits that they lead back from there.
    ///
    /// - Parameter index: of the `e`, or the end.
    /// - Throws: `.notANumber` where something else follows, or no digit.
    static func exponent(_ bytes: UnsafePointer<UInt8>, _ count: Int, from index: Int) throws(ValueFault) -> Int {
        guard index < count else { return 0 }
        guard bytes[index] | 0x20 == UInt8(ascii: "e") else { throw .notANumber }
        var index = index + 1
        var isNegative = false
        if index < count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
            isNegative = bytes[index] == UInt8(ascii: "-")
            index += 1
        }
        guard index < count else { throw .notANumber }
        var value = 0
        while index < count {
            let digit = bytes[index] &- 0x30
            guard digit < 10 else { throw .notANumber }
            value = min(value * 10 + Int(digit), 1 << 52)
            index += 1
        }
        return isNegative ? -value : value
    }

    /// `digits` × 10^`power`, exactly.
    ///
    /// - Throws: `.outOfRange` past 38 digits, `.tooManyDigits` where a digit would be lost.
    private static func scaled(_ digits: Int128, isNegative: Bool, power: Int) throws(ValueFault) -> Int128 {
        if digits == 0 { return 0 }
        var value = digits
        if power > 0 {
            guard power <= 38 else { throw .outOfRange }
            let (product, isOverflow) = value.multipliedReportingOverflow(by: PowersOfTen.int128[power])
            guard !isOverflow, product < PowersOfTen.int128[38] else { throw .outOfRange }
            value = product
        } else if power < 0 {
            // `digits` has at most 38 of them and is not zero: behind a shift of more none is left, and something was.
            guard power >= -38 else { throw .tooManyDigits }
            // A division of 64 bits costs a fraction of one of 128, and is enough for nearly every number.
            if power >= -18, value < Int128(Int64.max) {
                let (quotient, rest) = Int64(value).quotientAndRemainder(dividingBy: PowersOfTen.int64[-power])
                guard rest == 0 else { throw .tooManyDigits }
                value = Int128(quotient)
            } else {
                let (quotient, rest) = value.quotientAndRemainder(dividingBy: PowersOfTen.int128[-power])
                guard rest == 0 else { throw .tooManyDigits }
                value = quotient
            }
        }
        return isNegative ? -value : value
    }

    /// Numbers of more than 18 significant digits, 400 as well: zeros in front and behind cost nothing.
    ///
    /// Zeros are held back until another digit follows, so that 1 and 400 zeros are the digit 1 and a power.
    private static func long(
        _ bytes: UnsafePointer<UInt8>, _ count: Int, from start: Int, isNegative: Bool, scale: Int, shift: Int, mark: UInt8
    ) throws(ValueFault) -> Int128 {
        var index = start
        var digits: Int128 = 0
        // Zeros seen since the last other digit: they count only when another follows.
        var pendingZeros = 0
        var fraction = 0
        var isPastMark = false
        var isTooLong = false
        while index < count {
            let byte = bytes[index]
            if byte &- 0x30 < 10 {
                if isPastMark { fraction += 1 }
                if byte == 0x30 {
                    pendingZeros += 1
                } else {
                    if digits == 0 { pendingZeros = 0 }
                    if pendingZeros < 38 {
                        let (shifted, isOverflow) = digits.multipliedReportingOverflow(by: PowersOfTen.int128[pendingZeros + 1])
                        if isOverflow || shifted >= PowersOfTen.int128[38] { isTooLong = true }
                        // Once there are too many, only that counts, and whether the power is below zero.
                        digits = isTooLong ? 1 : shifted + Int128(byte &- 0x30)
                    } else {
                        isTooLong = true
                    }
                    pendingZeros = 0
                }
            } else if byte == mark, !isPastMark {
                isPastMark = true
            } else {
                break
            }
            index += 1
        }
        let exponent = try exponent(bytes, count, from: index)
        let power = exponent + shift + scale - fraction + pendingZeros
        // More than 38 significant digits: too many behind the mark if any are, else too large.
        if isTooLong { throw power < 0 ? .tooManyDigits : .outOfRange }
        return try scaled(digits, isNegative: isNegative, power: power)
    }

    /// Whether the bytes are a number of JSON's or XML Schema's decimal form.
    /// Of any length and range: what no column could hold is a number all the same.
    static func isNumber(_ bytes: UnsafePointer<UInt8>, _ count: Int, mark: UInt8 = UInt8(ascii: ".")) -> Bool {
        do {
            _ = try unscaled(bytes, count, scale: 0, shift: 0, mark: mark)
            return true
        } catch {
            return error != .notANumber
        }
    }
}

package enum PowersOfTen {
    /// 10^0 … 10^18.
    package static let int64: [Int64] = {
        var powers: [Int64] = [1]
        for _ in 0..<18 { powers.append((powers.last ?? 1) * 10) }
        return powers
    }()

    /// 10^0 … 10^38.
    package static let int128: [Int128] = {
        var powers: [Int128] = [1]
        for _ in 0..<38 { powers.append((powers.last ?? 1) * 10) }
        return powers
    }()
}
