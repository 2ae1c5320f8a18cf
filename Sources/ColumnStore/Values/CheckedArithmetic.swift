/// Arithmetic on numbers that came from outside: lengths, offsets, counts, times, limits, digits. Nothing here traps.
///
/// A plain `+` ends the process where its sum does not fit, so that one request with a number at the end of its range is everybody's
/// outage. Where such numbers enter (readers, headers, literals, kernels) they are reckoned with these alone: `…OrNil` where too much is
/// a fault to report, `…Saturating` where the greatest number there is means the same as any that is greater (a limit, a deadline).
/// A test of the house reads those files: `Tests/SystemTests/OutsideNumbers`.
///
/// The magnitude of a number is `magnitude`, which is unsigned and always there; `abs` of the least number is not.
extension FixedWidthInteger {
    /// Nil where the sum does not fit, as below for the other operations.
    @inlinable
    public func addingOrNil(_ other: Self) -> Self? {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? nil : sum
    }

    @inlinable
    public func subtractingOrNil(_ other: Self) -> Self? {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? nil : difference
    }

    @inlinable
    public func multipliedOrNil(by other: Self) -> Self? {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? nil : product
    }

    /// Nil for the least number of a signed type, and for all but zero of an unsigned one.
    @inlinable
    public var negatedOrNil: Self? { (0 as Self).subtractingOrNil(self) }

    /// Nil when divided by zero, or the least number by -1.
    @inlinable
    public func dividedOrNil(by other: Self) -> Self? {
        let (quotient, overflow) = dividedReportingOverflow(by: other)
        return overflow ? nil : quotient
    }

    /// The sum, or the end of the range that it lies past, as below for the other operations.
    @inlinable
    public func addingSaturating(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return !overflow ? sum : other < 0 ? .min : .max
    }

    @inlinable
    public func subtractingSaturating(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return !overflow ? difference : other < 0 ? .max : .min
    }

    @inlinable
    public func multipliedSaturating(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return !overflow ? product : (self < 0) == (other < 0) ? .max : .min
    }

    /// The whole part of `value`; nil for NaN and for what does not fit.
    @inlinable
    public init?(wholePartOf value: Double) {
        // What is between the ends rounds to whole numbers that the type has; the ends themselves are powers of two, and exact.
        guard value > Self.leastAsDouble - 1 || (value == Self.leastAsDouble && Self.isSigned), value < Self.endAsDouble else { return nil }
        self.init(value)
    }

    /// The whole part of `value`, or the end of the range that it lies past; 0 for NaN.
    @inlinable
    public init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if let whole = Self(wholePartOf: value) {
            self = whole
        } else {
            self = value < 0 ? .min : .max
        }
    }

    @usableFromInline static var leastAsDouble: Double { Double(Self.min) }
    /// One past the greatest number.
    @usableFromInline static var endAsDouble: Double { 2 * Double((1 as Self) << (bitWidth - (isSigned ? 2 : 1))) }
}
