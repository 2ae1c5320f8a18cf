/// Exact decimal arithmetic on digits without a mark: up to 38 digits in 128 bits, intermediate results in 256.
///
/// A number is its digits and a scale: 12.50 at scale 2 is 1250. Nil is always the answer to a result of more than 38
/// digits; the caller says what that means.
///
/// Rounding is half away from zero, as PostgreSQL's numeric rounds.
enum DecimalMath {
    static let digitCountMax = 38
    /// 10^0 … 10^38.
    static let powers: [Int128] = {
        var powers: [Int128] = [1]
        for _ in 0..<38 { powers.append(powers[powers.count - 1] * 10) }
        return powers
    }()
    /// 10^0 … 10^18.
    static let narrowPowers: [Int64] = powers[0...18].map { Int64($0) }
    /// The largest value of 38 digits.
    static let greatest: Int128 = powers[38] - 1

    /// At most 38 digits.
    @inline(__always)
    static func fits(_ value: Int128) -> Bool { value <= greatest && value >= -greatest }

    /// The digits behind the mark without the zeros at their end.
    static func scaleNeeded(_ value: Int128, scale: Int) -> Int {
        if value == 0 { return 0 }
        var (value, scale) = (value, scale)
        while scale > 0, value % 10 == 0 { (value, scale) = (value / 10, scale - 1) }
        return scale
    }

    /// `numerator / denominator`, rounded half away from zero.
    /// - Precondition: `denominator` is not 0; the quotient fits.
    @inline(__always)
    static func roundedQuotient(_ numerator: Int128, _ denominator: Int128) -> Int128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        let rest = remainder.magnitude
        // Twice the rest against the denominator, without doubling it: rest ≥ d - rest.
        if rest >= denominator.magnitude &- rest { return (numerator < 0) == (denominator < 0) ? quotient + 1 : quotient - 1 }
        return quotient
    }

    @inline(__always)
    static func roundedQuotient(_ numerator: Int64, _ denominator: Int64) -> Int64 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        let rest = remainder.magnitude
        if rest >= denominator.magnitude &- rest { return (numerator < 0) == (denominator < 0) ? quotient &+ 1 : quotient &- 1 }
        return quotient
    }

    /// The same number at another scale; nil when it needs more than 38 digits.
    /// - Parameter from: the scale that `value` is of; `to` is the one that is wanted. Digits that do not stay are rounded
    ///   away.
    static func rescale(_ value: Int128, from: Int, to: Int) -> Int128? {
        if from == to { return value }
        if to > from {
            guard to - from <= digitCountMax else { return value == 0 ? 0 : nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: powers[to - from])
            return overflow || !fits(scaled) ? nil : scaled
        }
        guard from - to <= digitCountMax else { return 0 }
        return roundedQuotient(value, powers[from - to])
    }

    /// Left × right, rounded to fewer digits; nil when it needs more than 38 of them.
    /// - Parameter digits: how many digits at the end of the exact product are rounded away.
    static func multiply(_ left: Int128, _ right: Int128, dropping digits: Int = 0) -> Int128? {
        if digits == 0 {
            let (product, overflow) = left.multipliedReportingOverflow(by: right)
            return overflow || !fits(product) ? nil : product
        }
        // The product has up to 254 bits: rounded as a whole, once.
        let (high, low) = left.magnitude.multipliedFullWidth(by: right.magnitude)
        guard digits <= digitCountMax, let rounded = roundedQuotient(high: high, low: low, by: powers[digits].magnitude) else { return nil }
        return signed(rounded, isNegative: (left < 0) != (right < 0))
    }

    /// `left / right` at `scale`; nil when it needs more than 38 digits.
    /// - Precondition: `right` is not 0.
    static func divide(_ left: Int128, scale leftScale: Int, by right: Int128, scale rightScale: Int, toScale scale: Int) -> Int128? {
        // left / 10^l ÷ right / 10^r, times 10^s, is left · 10^(s - l + r) / right.
        let exponent = scale - leftScale + rightScale
        let isNegative = (left < 0) != (right < 0)
        if exponent < 0 {
            guard -exponent <= digitCountMax else { return 0 }
            let (high, low) = right.magnitude.multipliedFullWidth(by: powers[-exponent].magnitude)
            guard high == 0 else { return 0 }
            return signed(roundedQuotient(left.magnitude, low), isNegative: isNegative)
        }
        if exponent <= digitCountMax {
            // Fits 128 bits without a look: 19 digits times 10^18.
            if let narrow = Int64(exactly: left), exponent <= 18 {
                let numerator = Int128(narrow) * powers[exponent]
                let quotient = roundedQuotient(numerator, right)
                return fits(quotient) ? quotient : nil
            }
            let (high, low) = left.magnitude.multipliedFullWidth(by: powers[exponent].magnitude)
            return roundedQuotient(high: high, low: low, by: right.magnitude).flatMap { signed($0, isNegative: isNegative) }
        }
        return longDivide(left.magnitude, by: right.magnitude, exponent: exponent).flatMap { signed($0, isNegative: isNegative) }
    }

    /// The whole part of `left / right`, the rest left out; nil when it has more than 38 digits.
    /// - Precondition: `right` is not 0.
    static func wholeQuotient(_ left: Int128, scale leftScale: Int, by right: Int128, scale rightScale: Int) -> Int128? {
        // left / 10^l ÷ right / 10^r is left · 10^(r - l) / right.
        let exponent = rightScale - leftScale
        let isNegative = (left < 0) != (right < 0)
        guard exponent.magnitude <= digitCountMax.magnitude else { return exponent < 0 || left == 0 ? 0 : nil }
        if exponent < 0 {
            let (high, low) = right.magnitude.multipliedFullWidth(by: powers[-exponent].magnitude)
            return high == 0 ? signed(left.magnitude / low, isNegative: isNegative) : 0
        }
        let (high, low) = left.magnitude.multipliedFullWidth(by: powers[exponent].magnitude)
        guard high < right.magnitude else { return nil }
        return signed(right.magnitude.dividingFullWidth((high, low)).quotient, isNegative: isNegative)
    }

    /// `numerator × 10^exponent / denominator` for exponents past 38: digits are brought down in two steps.
    ///
    /// First by 10^38, whose quotient and rest then each take the further digits; only the last step rounds.
    private static func longDivide(_ numerator: UInt128, by denominator: UInt128, exponent: Int) -> UInt128? {
        guard exponent - digitCountMax <= digitCountMax else { return numerator == 0 ? 0 : nil }
        let first = numerator.multipliedFullWidth(by: powers[digitCountMax].magnitude)
        guard first.high < denominator else { return nil }
        let (quotient, remainder) = denominator.dividingFullWidth((first.high, first.low))
        let rest = powers[exponent - digitCountMax].magnitude
        let (scaled, overflow) = quotient.multipliedReportingOverflow(by: rest)
        let second = remainder.multipliedFullWidth(by: rest)
        guard !overflow, let low = roundedQuotient(high: second.high, low: second.low, by: denominator) else { return nil }
        let (sum, carries) = scaled.addingReportingOverflow(low)
        return carries ? nil : sum
    }

    /// Of a number of 256 bits; nil where the quotient is past 128.
    private static func roundedQuotient(high: UInt128, low: UInt128, by divisor: UInt128) -> UInt128? {
        if high == 0 { return roundedQuotient(low, divisor) }
        guard high < divisor else { return nil }
        let (quotient, remainder) = divisor.dividingFullWidth((high, low))
        if remainder >= divisor - remainder {
            let (rounded, overflow) = quotient.addingReportingOverflow(1)
            return overflow ? nil : rounded
        }
        return quotient
    }

    private static func roundedQuotient(_ numerator: UInt128, _ denominator: UInt128) -> UInt128 {
        let (quotient, remainder) = numerator.quotientAndRemainder(dividingBy: denominator)
        return remainder >= denominator - remainder ? quotient + 1 : quotient
    }

    /// Nil past 38 digits.
    private static func signed(_ magnitude: UInt128, isNegative: Bool) -> Int128? {
        guard magnitude <= greatest.magnitude else { return nil }
        return isNegative ? -Int128(magnitude) : Int128(magnitude)
    }

    /// The nearest double, correctly rounded.
    static func double(_ value: Int128, scale: Int) -> Double {
        // Both exact below 2^53 and 10^22, so that one division rounds once.
        if value.magnitude < 1 << 53, scale <= 22 { return Double(Int64(value)) / doublePowers[scale] }
        var text: [UInt8] = []
        NumberText.appendDecimal(value, scale: scale, to: &text)
        return Double(String(decoding: text, as: UTF8.self)) ?? .nan
    }

    /// 10^0 … 10^22, all exact.
    static let doublePowers: [Double] = (0...22).map { Double(powers[$0]) }
}

extension UInt128 {
    /// The nearest double, as `Double(self)` has it, which reads any whole number word by word through witnesses of its protocols: a microsecond each.
    var double: Double {
        let upper = UInt64(truncatingIfNeeded: self >> 64), lower = UInt64(truncatingIfNeeded: self)
        if upper == 0 { return Double(lower) }
        // The first 64 digits, the last of which is set where any that is cut off is: a double has 53, and rounds by those behind.
        let zeros = upper.leadingZeroBitCount
        let first = zeros == 0 ? upper : upper &<< UInt64(zeros) | lower &>> UInt64(64 - zeros)
        let isCut = lower &<< UInt64(zeros) != 0
        return Double(first | (isCut ? 1 : 0)) * Double(sign: .plus, exponent: 64 - zeros, significand: 1)
    }
}

extension Int128 {
    /// The nearest double.
    var double: Double { self < 0 ? -magnitude.double : magnitude.double }
}
