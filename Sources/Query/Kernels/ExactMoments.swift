/// Count, sum and sum of squares of whole numbers, exact: what they are of some rows can be taken from what they are of more.
///
/// As PostgreSQL's aggregates of `numeric`, which keep N, Σx and Σx² too; here in 384 bits, so that a frame can take back
/// what it has added.
///
/// A decimal of 38 digits has a square of 253 bits, and 2^63 rows add 63: 384 bits hold every sum. Additions wrap in them, and what was
/// taken away again leaves no trace.
struct ExactMoments: BitwiseCopyable {
    /// Of the values.
    private(set) var count: Int64 = 0
    private var sum = Wide()
    private var squares = Wide()

    init() {}

    @inline(__always)
    mutating func add(_ value: Int64) {
        count &+= 1
        sum.add(Int128(value))
        squares.add(UInt128(value.magnitude) &* UInt128(value.magnitude), 0)
    }

    mutating func add(_ value: Int128) {
        count &+= 1
        sum.add(value)
        let (high, low) = value.magnitude.multipliedFullWidth(by: value.magnitude)
        squares.add(low, high)
    }

    static func + (left: ExactMoments, right: ExactMoments) -> ExactMoments {
        var both = left
        both.count &+= right.count
        both.sum.add(right.sum)
        both.squares.add(right.squares)
        return both
    }

    /// What is left when the rows of `right` are taken from those of `left`.
    /// - Precondition: they are among them.
    static func - (left: ExactMoments, right: ExactMoments) -> ExactMoments {
        var rest = left
        rest.count &-= right.count
        rest.sum.add(right.sum.negated)
        rest.squares.add(right.squares.negated)
        return rest
    }

    /// The mean squared distance from the mean, of digits of `scale`; as PostgreSQL, `(n·Σx² − (Σx)²) / n(n − 1)`, rounded once at the end.
    /// - Parameter unit: the square of what one of the digits stands for (`unit(scale:)`).
    /// - Precondition: at least one row, and two of a sample.
    func variance(unit: Double, isPopulation: Bool) -> Double {
        // Both products fit 384 bits: n·Σx² has at most 63 + 316, (Σx)² twice 190.
        let rows = UInt128(UInt64(clamping: count))
        let spread = squares.multiplied(by: rows)
        let square = sum.magnitude.squared
        var numerator = spread
        numerator.add(square.negated)
        let divisor = rows.double * (isPopulation ? rows : rows - 1).double
        return numerator.magnitude.double / divisor / unit
    }

    /// 10^(2 · scale), whose square root need not be a power that a double holds exactly.
    static func unit(scale: Int) -> Double { Double("1e\(2 * scale)") ?? 1 }

    // MARK: As columns

    /// A count, then six words of each sum, the lowest first.
    static let wordCount = 13
    /// Places of the words that say all where `isNarrow`: the count, and the lowest of each sum.
    static let narrowWords = (count: 0, sum: 1, squares: 7)

    /// Whether the upper words say no more than the lowest: those of the sum its sign, those of the squares nothing. So it is of ordinary numbers.
    var isNarrow: Bool { sum.isSignedWord && squares.isWord }

    /// Adds what is narrow.
    @inline(__always)
    mutating func add(count more: Int64, sum added: Int64, squares: Int64) {
        count &+= more
        sum.add(Int128(added))
        self.squares.add(UInt128(UInt64(bitPattern: squares)), 0)
    }

    /// One of `wordCount`.
    @inline(__always)
    func word(_ index: Int) -> Int64 { index == 0 ? count : index <= 6 ? sum.word(index - 1) : squares.word(index - 7) }

    /// - Parameter word: gives each of `wordCount`.
    @inline(__always)
    init(word: (Int) -> Int64) {
        count = word(0)
        sum = Wide { word($0 + 1) }
        squares = Wide { word($0 + 7) }
    }
}

/// 384 bits in two's complement.
/// Sums wrap modulo 2^384, in which adding and taking away are inverse to each other.
private struct Wide: BitwiseCopyable {
    private var low: UInt128 = 0, middle: UInt128 = 0, high: UInt128 = 0

    init() {}

    @inline(__always)
    init(word: (Int) -> Int64) {
        func pair(_ index: Int) -> UInt128 { UInt128(UInt64(bitPattern: word(index))) | UInt128(UInt64(bitPattern: word(index + 1))) << 64 }
        (low, middle, high) = (pair(0), pair(2), pair(4))
    }

    /// One of six, from the lowest.
    @inline(__always)
    func word(_ index: Int) -> Int64 {
        let part = index < 2 ? low : index < 4 ? middle : high
        return Int64(truncatingIfNeeded: part >> (index & 1 == 0 ? 0 : 64))
    }

    private var isNegative: Bool { high >> 127 != 0 }

    /// Not past 64 bits, and not negative.
    var isWord: Bool { low >> 64 == 0 && middle == 0 && high == 0 }
    /// Within 64 bits in two's complement.
    var isSignedWord: Bool {
        let upper: UInt128 = isNegative ? .max : 0
        let value = Int128(truncatingIfNeeded: low)
        return high == upper && middle == upper && Int64(truncatingIfNeeded: value) == value
    }

    var negated: Wide {
        var result = Wide()
        (result.low, result.middle, result.high) = (~low, ~middle, ~high)
        result.add(1, 0)
        return result
    }

    var magnitude: Wide { isNegative ? negated : self }

    /// Adds a number of 256 bits that is not negative.
    @inline(__always)
    mutating func add(_ lower: UInt128, _ upper: UInt128) {
        let (sum, carries) = low.addingReportingOverflow(lower)
        low = sum
        if carries || upper != 0 { carry(upper, carries ? 1 : 0) }
    }

    /// Adds to the middle word and upwards; `one` is 0 or 1.
    private mutating func carry(_ upper: UInt128, _ one: UInt128) {
        let (sum, carries) = middle.addingReportingOverflow(upper)
        let (total, carriesToo) = sum.addingReportingOverflow(one)
        middle = total
        high &+= (carries ? 1 : 0) &+ (carriesToo ? 1 : 0)
    }

    /// A number below zero is added with its sign carried through the upper words: they are all ones.
    @inline(__always)
    mutating func add(_ value: Int128) {
        if value >= 0 { return add(UInt128(bitPattern: value), 0) }
        add(UInt128(bitPattern: value), .max)
        high &+= .max
    }

    mutating func add(_ other: Wide) {
        add(other.low, other.middle)
        high &+= other.high
    }

    /// - Precondition: not negative; the product fits.
    func multiplied(by factor: UInt128) -> Wide {
        let (lowHigh, lowLow) = low.multipliedFullWidth(by: factor)
        let (middleHigh, middleLow) = middle.multipliedFullWidth(by: factor)
        var result = Wide()
        result.low = lowLow
        // (high, middle, low) × factor: each product has its upper half in the next word.
        result.high = high &* factor &+ middleHigh
        result.carry(lowHigh, 0)
        result.carry(middleLow, 0)
        return result
    }

    /// - Precondition: below 2^192.
    var squared: Wide {
        // (l + m·2^128)² = self × l + m × l × 2^128 + m² × 2^256.
        var result = multiplied(by: low)
        let (high, low) = self.low.multipliedFullWidth(by: middle)
        result.carry(low, 0)
        result.high &+= high &+ middle &* middle
        return result
    }

    /// The nearest double, or its neighbour.
    /// - Precondition: not negative.
    var double: Double { high.double * 0x1p256 + middle.double * 0x1p128 + low.double }
}

private extension UInt128 {
    init(bitPattern value: Int128) { self.init(truncatingIfNeeded: value) }
}
