/// A number as its digits: exact whatever its length, compared and divided without ever becoming a binary float.
///
/// The value is ±0.d₁d₂…dₙ × 10^`magnitude`, d₁ and dₙ not zero. Points into the text that it was read from.
///
/// For JSON Schema's `minimum`, `multipleOf` and equality, which are of any number that JSON can write: `1e400` and numbers of a thousand digits among them.
struct DecimalNumber: BitwiseCopyable {
    private let bytes: UnsafePointer<UInt8>
    /// Places of d₁ and dₙ in `bytes`; a mark may stand between.
    private let first: Int
    private let last: Int
    let digitCount: Int
    let magnitude: Int
    let isNegative: Bool

    var isZero: Bool { digitCount == 0 }
    /// No digit stands behind the mark.
    var isInteger: Bool { digitCount == 0 || magnitude >= digitCount }

    /// - Precondition: `bytes` are a number of JSON's or XML Schema's decimal form; others give some number.
    ///
    /// - Complexity: O(count).
    init(_ bytes: UnsafePointer<UInt8>, _ count: Int) {
        self.bytes = bytes
        var index = 0
        isNegative = count > 0 && bytes[0] == UInt8(ascii: "-")
        if count > 0, bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+") { index = 1 }
        var (first, last) = (-1, -1)
        var digits = 0
        var pendingZeros = 0
        // Digits before the mark from d₁ on; or minus the zeros behind it before d₁.
        var magnitude = 0
        var isPastMark = false
        while index < count {
            let byte = bytes[index]
            if byte == UInt8(ascii: ".") {
                isPastMark = true
            } else if byte &- 0x30 < 10 {
                // Zeros in front of d₁ have no weight but behind the mark: 0.001 is 0.1 × 10^-2.
                if first < 0, byte == 0x30 {
                    if isPastMark { magnitude -= 1 }
                } else {
                    if first < 0 { first = index }
                    if !isPastMark { magnitude += 1 }
                    if byte == 0x30 {
                        pendingZeros += 1
                    } else {
                        digits += pendingZeros + 1
                        pendingZeros = 0
                        last = index
                    }
                }
            } else {
                break
            }
            index += 1
        }
        var exponent = 0
        if index < count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            var isDown = false
            if index < count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                isDown = bytes[index] == UInt8(ascii: "-")
                index += 1
            }
            while index < count, bytes[index] &- 0x30 < 10 {
                // Saturates: exponents beyond it compare alike, and no text can tell them apart by its digits.
                exponent = min(exponent * 10 + Int(bytes[index] &- 0x30), 1 << 52)
                index += 1
            }
            if isDown { exponent = -exponent }
        }
        (self.first, self.last, digitCount) = (first, last, digits)
        // All zeros are one: 0, -0 and 0e9.
        self.magnitude = digits == 0 ? 0 : magnitude + exponent
    }

    /// The digit at a place, which moves to the next, past a mark.
    private func digit(_ place: inout Int) -> UInt8 {
        if bytes[place] == UInt8(ascii: ".") { place += 1 }
        defer { place += 1 }
        return bytes[place] &- 0x30
    }

    /// Equal numbers hash alike, however they are written.
    func hash(into hasher: inout Hasher) {
        hasher.combine(magnitude)
        hasher.combine(isNegative && !isZero)
        var place = first
        for _ in 0..<digitCount { hasher.combine(digit(&place)) }
    }

    /// -1, 0 or 1 as `left` is below, equal to or above `right`.
    static func compare(_ left: DecimalNumber, _ right: DecimalNumber) -> Int {
        if left.isZero || right.isZero {
            if left.isZero, right.isZero { return 0 }
            return left.isZero ? (right.isNegative ? 1 : -1) : (left.isNegative ? -1 : 1)
        }
        guard left.isNegative == right.isNegative else { return left.isNegative ? -1 : 1 }
        let outcome = compareMagnitudes(left, right)
        return left.isNegative ? -outcome : outcome
    }

    /// Without signs. Neither is zero: then the one whose first digit weighs more is larger, and of equal weights digits tell from the left.
    private static func compareMagnitudes(_ left: DecimalNumber, _ right: DecimalNumber) -> Int {
        guard left.magnitude == right.magnitude else { return left.magnitude < right.magnitude ? -1 : 1 }
        var (a, b) = (left.first, right.first)
        for _ in 0..<min(left.digitCount, right.digitCount) {
            let (x, y) = (left.digit(&a), right.digit(&b))
            if x != y { return x < y ? -1 : 1 }
        }
        return left.digitCount == right.digitCount ? 0 : (left.digitCount < right.digitCount ? -1 : 1)
    }

    /// Digits of a divisor, at most: its mantissa and a product of two remainders must fit into words.
    static let divisorDigitCountMax = 38

    /// Whether this is a whole multiple of `divisor`, which is not zero and has at most `divisorDigitCountMax` digits.
    ///
    /// - Complexity: O(digits + log of the power) multiplications of 128 bits.
    func isMultiple(of divisor: DecimalNumber) -> Bool {
        if isZero { return true }
        // As D × 10^e and M × 10^f with D and M not divisible by ten, D × 10^(e-f) must be divisible by M.
        let power = (magnitude - digitCount) - (divisor.magnitude - divisor.digitCount)
        // A power below zero would need D to be divisible by ten.
        guard power >= 0 else { return false }
        var modulus: UInt128 = 0
        var place = divisor.first
        for _ in 0..<divisor.digitCount { modulus = modulus * 10 + UInt128(divisor.digit(&place)) }
        guard modulus > 1 else { return true }
        var rest: UInt128 = 0
        place = first
        for _ in 0..<digitCount { rest = Self.sum(Self.product(rest, 10, modulus), UInt128(digit(&place)), modulus) }
        // 10^power modulo M by squaring: a power may be as large as an exponent of JSON.
        var (base, exponent) = (10 % modulus, power)
        while exponent > 0, rest != 0 {
            if exponent & 1 == 1 { rest = Self.product(rest, base, modulus) }
            base = Self.product(base, base, modulus)
            exponent >>= 1
        }
        return rest == 0
    }

    private static func sum(_ left: UInt128, _ right: UInt128, _ modulus: UInt128) -> UInt128 {
        // Below 2 × 10^38, which fits.
        (left + right % modulus) % modulus
    }

    /// left × right modulo the modulus, over 256 bits.
    private static func product(_ left: UInt128, _ right: UInt128, _ modulus: UInt128) -> UInt128 {
        let wide = (left % modulus).multipliedFullWidth(by: right % modulus)
        return modulus.dividingFullWidth(wide).remainder
    }
}

/// A number that a schema or type file gives, with its own text.
///
/// It owns the bytes that its number points into: code that copies the number must keep this alive.
final class OwnedNumber: Sendable {
    nonisolated(unsafe) private let storage: UnsafeMutablePointer<UInt8>
    nonisolated(unsafe) let number: DecimalNumber

    let text: String

    init(_ text: [UInt8]) {
        self.text = String(decoding: text, as: UTF8.self)
        storage = .allocate(capacity: max(text.count, 1))
        for (index, byte) in text.enumerated() { storage[index] = byte }
        number = DecimalNumber(storage, text.count)
    }

    deinit { storage.deallocate() }
}
