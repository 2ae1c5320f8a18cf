/// A JSON number as its digits: compared and rounded exactly, whatever its length. The value is ±0.d₁d₂… × 10^`magnitude`, d₁ and the last digit not zero.
///
///     0.05 → digits 5, magnitude -1          1200 → digits 1 2, magnitude 4          -3.5e2 → negative, digits 3 5, magnitude 3
///
/// One number has one form, so that 1, 1.0 and 10e-1 are equal as values and as keys of sets.
package struct ExactNumber: Sendable, Hashable {
    package private(set) var isNegative: Bool
    /// 0 to 9 each; none of zero.
    package private(set) var digits: [UInt8]
    package private(set) var magnitude: Int

    /// Exponents beyond saturate: no text can tell such numbers apart by its digits.
    private static let exponentMax = 1 << 52

    /// - Parameter text: in JSON's grammar; another gives some number.
    package init(_ text: String) {
        var digits: [UInt8] = []
        var magnitude = 0
        var exponent = 0
        var (isPastMark, isExponent, isDown, isNegative) = (false, false, false, false)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-"): if isExponent { isDown = true } else { isNegative = true }
            case UInt8(ascii: "."): isPastMark = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isExponent = true
            case 0x30...0x39:
                let digit = byte &- 0x30
                if isExponent {
                    exponent = min(exponent * 10 + Int(digit), Self.exponentMax)
                // Zeros in front: behind the mark each moves the first digit down by a place, before it they say nothing.
                } else if digit == 0, digits.isEmpty {
                    if isPastMark { magnitude -= 1 }
                } else {
                    digits.append(digit)
                    if !isPastMark { magnitude += 1 }
                }
            default: break
            }
        }
        while digits.last == 0 { digits.removeLast() }
        self.digits = digits
        self.magnitude = digits.isEmpty ? 0 : magnitude + (isDown ? -exponent : exponent)
        self.isNegative = isNegative && !digits.isEmpty
    }

    /// -1, 0 or 1 as `left` is below, equal to or above `right`.
    package static func compare(_ left: ExactNumber, _ right: ExactNumber) -> Int {
        if left.isNegative != right.isNegative { return left.isNegative ? -1 : 1 }
        let order = compareMagnitudes(left, right)
        return left.isNegative ? -order : order
    }

    private static func compareMagnitudes(_ left: ExactNumber, _ right: ExactNumber) -> Int {
        if left.digits.isEmpty || right.digits.isEmpty { return left.digits.isEmpty ? (right.digits.isEmpty ? 0 : -1) : 1 }
        // The first digit is not 0: of two numbers that with the greater magnitude is greater, whatever its digits.
        if left.magnitude != right.magnitude { return left.magnitude < right.magnitude ? -1 : 1 }
        for (a, b) in zip(left.digits, right.digits) where a != b { return a < b ? -1 : 1 }
        return left.digits.count == right.digits.count ? 0 : (left.digits.count < right.digits.count ? -1 : 1)
    }

    /// The nearest integer, halves upwards as Java's `Math.round` does; nil past 64 bits.
    package var rounded: Int64? {
        // A number of 20 digits before its mark is past 64 bits.
        guard magnitude <= 19 else { return nil }
        // Below 0.1: nearer to 0 than to 1.
        guard magnitude >= 0 else { return 0 }
        var whole: Int64 = 0
        for index in 0..<magnitude {
            let digit = index < digits.count ? Int64(digits[index]) : 0
            let (product, isOver) = whole.multipliedReportingOverflow(by: 10)
            let (sum, isSumOver) = isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            guard !isOver, !isSumOver else { return nil }
            whole = sum
        }
        guard digits.count > magnitude, digits[magnitude] >= 5 else { return whole }
        // Below zero a half goes up, towards zero; more than a half goes down.
        if isNegative, digits[magnitude] == 5, digits.count == magnitude + 1 { return whole }
        let (result, isOver) = whole.addingReportingOverflow(isNegative ? -1 : 1)
        return isOver ? nil : result
    }

    /// The integer that this is; nil when it is none, or is past 64 bits.
    package var integer: Int64? { digits.count <= magnitude || digits.isEmpty ? rounded : nil }
}
