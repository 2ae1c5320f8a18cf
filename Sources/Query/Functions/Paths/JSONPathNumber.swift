import ColumnStore

/// Numbers of documents in paths: exact, with up to 38 digits, and with the digits behind the mark that PostgreSQL's NUMERIC has.
///
/// Invariants: the number is `value` × 10^-`scale`; `value` has 38 digits at most.
struct JSONPathNumber {
    private let value: Int128
    private let scale: Int

    private init(_ value: Int128, scale: Int) { (self.value, self.scale) = (value, scale) }

    /// - Parameter text: a number as JSONB writes it.
    /// - Throws: `.numericOverflow` past 38 digits.
    init(_ text: ArraySlice<UInt8>) throws(KernelError) {
        var value: Int128 = 0, scale = 0, isBehind = false, isNegative = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isBehind = true
            default:
                guard let next = value.multipliedOrNil(by: 10)?.addingOrNil(Int128(byte & 0x0F)), DecimalMath.fits(next) else { throw .numericOverflow }
                value = next
                if isBehind { scale += 1 }
            }
        }
        self.init(isNegative ? -value : value, scale: scale)
    }

    init(_ number: Int) { self.init(Int128(number), scale: 0) }

    var text: [UInt8] {
        var digits = Array("\(value.magnitude)".utf8)
        if digits.count <= scale { digits = [UInt8](repeating: 0x30, count: scale + 1 - digits.count) + digits }
        let whole = digits.count - scale
        return (value < 0 ? [UInt8(ascii: "-")] : []) + digits[..<whole] + (scale > 0 ? [UInt8(ascii: ".")] + digits[whole...] : [])
    }

    /// Without what stands behind the mark, where it is an INTEGER.
    var index: Int? { Int32(exactly: value / (scale <= 38 ? DecimalMath.powers[scale] : Int128.max)).map { Int($0) } }

    var negated: JSONPathNumber { JSONPathNumber(-value, scale: scale) }

    /// The digits of `-x` for those of x; zero has no sign.
    static func negated(_ digits: [UInt8]) -> [UInt8] {
        if digits.first == UInt8(ascii: "-") { return Array(digits.dropFirst()) }
        return digits.contains { (0x31...0x39).contains($0) } ? [UInt8(ascii: "-")] + digits : digits
    }

    /// floor() and ceiling(): to the next whole number downwards or upwards.
    func rounded(up: Bool) -> JSONPathNumber {
        let unit = DecimalMath.powers[min(scale, 38)]
        let (quotient, rest) = value.quotientAndRemainder(dividingBy: unit)
        // The division cut towards zero, which was downward for a positive rest and upward for a negative one.
        return JSONPathNumber(quotient + (rest == 0 || (rest < 0) == up ? 0 : up ? 1 : -1), scale: 0)
    }

    // MARK: Arithmetic

    /// - Throws: `.divisionByZero`; `.numericOverflow` past 38 digits.
    func combined(_ operation: JSONPath.Arithmetic, _ other: JSONPathNumber) throws(KernelError) -> JSONPathNumber {
        switch operation {
        case .add: return try sum(other)
        case .subtract: return try sum(other.negated)
        case .multiply:
            guard scale + other.scale <= DecimalMath.digitCountMax, let product = DecimalMath.multiply(value, other.value) else { throw .numericOverflow }
            return JSONPathNumber(product, scale: scale + other.scale)
        case .divide:
            guard other.value != 0 else { throw .divisionByZero }
            let digits = quotientScale(other)
            guard digits <= DecimalMath.digitCountMax,
                let quotient = DecimalMath.divide(value, scale: scale, by: other.value, scale: other.scale, toScale: digits)
            else { throw .numericOverflow }
            return JSONPathNumber(quotient, scale: digits)
        case .remainder:
            guard other.value != 0 else { throw .divisionByZero }
            let (one, another, common) = try aligned(other)
            return JSONPathNumber(one % another, scale: common)
        }
    }

    /// Both values at the larger scale of the two.
    private func aligned(_ other: JSONPathNumber) throws(KernelError) -> (Int128, Int128, Int) {
        let common = max(scale, other.scale)
        guard let one = DecimalMath.rescale(value, from: scale, to: common), let another = DecimalMath.rescale(other.value, from: other.scale, to: common) else {
            throw .numericOverflow
        }
        return (one, another, common)
    }

    private func sum(_ other: JSONPathNumber) throws(KernelError) -> JSONPathNumber {
        let (one, another, common) = try aligned(other)
        // 128 bits reach to 1.7e38, and the sum of two numbers of 38 digits to 2e38.
        guard let sum = one.addingOrNil(another), DecimalMath.fits(sum) else { throw .numericOverflow }
        return JSONPathNumber(sum, scale: common)
    }

    /// PostgreSQL's: at least 16 digits that count, by the first groups of four digits of both.
    ///
    /// `select_div_scale`: NUMERIC is kept in groups of four digits there, and the quotient's first group is guessed by those of both sides.
    private func quotientScale(_ other: JSONPathNumber) -> Int {
        let (one, another) = (firstGroup, other.firstGroup)
        let weight = one.weight - another.weight - (one.digits <= another.digits ? 1 : 0)
        return max(16 - 4 * weight, scale, other.scale, 0)
    }

    /// The first four digits, counted from the mark, that are not zero, and how many groups stand between them and the mark.
    private var firstGroup: (digits: Int, weight: Int) {
        var text = Array("\(value.magnitude)".utf8)
        if value == 0 { return (0, 0) }
        var behind = scale
        while behind % 4 != 0 {
            text.append(0x30)
            behind += 1
        }
        while text.count % 4 != 0 { text.insert(0x30, at: 0) }
        return (Int(String(decoding: text.prefix(4), as: UTF8.self)) ?? 0, text.count / 4 - behind / 4 - 1)
    }
}
