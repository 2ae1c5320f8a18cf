import ColumnStore

/// A sum of doubles without rounding until it is asked for: the same to the last bit in whatever order they come, and what was taken away
/// again leaves no trace.
///
/// Numbers of like size are added as whole numbers of one unit, 32 bits below the first of them. All others lie apart: as parts that do not overlap
/// (Shewchuk, "Adaptive Precision Floating-Point Arithmetic"), those near the end of the range in a unit of their own, NaN and infinities counted.
///
/// Invariants:
/// 1. The sum is `units` · 2^(base - 1075) + Σ `parts` + Σ `largeParts` · `largeUnit`, and NaN and infinities as they were
///    counted.
/// 2. `base` is set by the first number that is neither too small nor too large for it, and stays.
/// 3. `parts` do not overlap and ascend in magnitude; so do `largeParts`. No part is 0.
struct ExactRealSum {
    /// In units of 2^(base - 1075).
    private var units: Int128 = 0
    /// The least biased exponent of a number that is added to `units`; 0 as long as none was.
    private var base: Int32 = 0
    /// Of values other than -0: a sum of nothing else is -0, as in PostgreSQL.
    private var otherCount: Int64 = 0
    /// None or one.
    private var rare: [Rare] = []

    /// What few sums have: one array beside the others, so that a sum without it stays small.
    private struct Rare {
        /// The least first.
        var parts: [Double] = []
        /// Of numbers from `largeExponentMin` on, in units of `largeUnit`: however many come, no sum leaves the range before it is asked for.
        var largeParts: [Double] = []
        var nanCount: Int64 = 0, infinityCount: Int64 = 0, negativeInfinityCount: Int64 = 0

        var isSpecial: Bool { nanCount != 0 || infinityCount != 0 || negativeInfinityCount != 0 }

        /// NaN if there is one, or infinities of both signs; else the infinity.
        var special: Double {
            if nanCount != 0 || infinityCount != 0 && negativeInfinityCount != 0 { return .nan }
            return infinityCount != 0 ? .infinity : -.infinity
        }
    }

    /// 1023, and the 52 digits after the point: a double of biased exponent e is a whole number of 2^(e - 1075).
    private static let exponentBias: Int32 = 1_075
    /// Biased, of 2^960: 2^63 numbers below it are far from infinity.
    private static let largeExponentMin: Int32 = 1_983
    private static let largeUnit = 0x1p100
    /// Exponents below the first number's that are added to `units`, and how many there are in all: 53 bits moved by so many leave room for a
    /// thousand of the largest before they are laid among the parts.
    private static let exponentsBelow: Int32 = 32
    private static let exponentCount: UInt32 = 64

    init() {}

    @inline(__always)
    mutating func add(_ value: Double) { take(value, 1) }

    /// Takes a value away that was added.
    @inline(__always)
    mutating func subtract(_ value: Double) { take(value, -1) }

    @inline(__always)
    private mutating func take(_ value: Double, _ sign: Int64) {
        let bits = value.bitPattern
        // 0 and -0: shifted, the sign is gone.
        if bits << 1 == 0 {
            if bits == 0 { otherCount &+= sign }
            return
        }
        otherCount &+= sign
        let exponent = Int32(truncatingIfNeeded: bits >> 52 & 0x7FF)
        // An exponent below the base wraps round to a large shift.
        let shift = UInt32(bitPattern: exponent &- base)
        guard shift < Self.exponentCount, base != 0 else { return takeOther(value, exponent, sign) }
        // The digits with the leading one that normal numbers do not store.
        let digits = Int128(bits & (1 << 52 - 1) | 1 << 52) << Int128(truncatingIfNeeded: shift)
        let isNegative = (value.sign == .minus) != (sign < 0)
        let (sum, overflow) = units.addingReportingOverflow(isNegative ? 0 &- digits : digits)
        if overflow {
            layUnitsAside()
            units = isNegative ? 0 &- digits : digits
        } else {
            units = sum
        }
    }

    /// A number that is far from the others', or the first.
    /// Sets `base` by the first number; all others here lie among the parts.
    @inline(never)
    private mutating func takeOther(_ value: Double, _ exponent: Int32, _ sign: Int64) {
        if base == 0, exponent > Self.exponentsBelow, exponent < Self.largeExponentMin {
            base = exponent &- Self.exponentsBelow
            // Counted already.
            otherCount &-= sign
            return take(value, sign)
        }
        if rare.isEmpty { rare = [Rare()] }
        let signed = sign < 0 ? -value : value
        if exponent < Self.largeExponentMin {
            Self.add(signed, to: &rare[0].parts)
        } else if value.isFinite {
            Self.add(signed / Self.largeUnit, to: &rare[0].largeParts)
        } else if value.isNaN {
            rare[0].nanCount &+= sign
        } else if value > 0 {
            rare[0].infinityCount &+= sign
        } else {
            rare[0].negativeInfinityCount &+= sign
        }
    }

    /// Moves `units` among the parts, where it can grow no further.
    private mutating func layUnitsAside() {
        if rare.isEmpty { rare = [Rare()] }
        for part in unitParts { Self.add(part, to: &rare[0].parts) }
        units = 0
    }

    /// `units` as doubles.
    /// Three pieces, of 50, 50 and 28 bits: each is a double without rounding.
    private var unitParts: [Double] {
        if units == 0 { return [] }
        let middle = units >> 50, piece: Int128 = 1 << 50 - 1
        let parts: [Int128] = [units & piece, (middle & piece) << 50, (middle >> 50) << 100]
        return parts.filter { $0 != 0 }.map { Self.scaled($0.double, base) }
    }

    /// `value` · 2^(base - 1075).
    @inline(__always)
    private static func scaled(_ value: Double, _ base: Int32) -> Double {
        let exponent = base &- exponentBias
        // A unit below the normal range is reached in two steps, of which neither rounds: all are multiples of the least number.
        if exponent < -1_000 { return value * 0x1p-500 * Double(sign: .plus, exponent: Int(exponent) + 500, significand: 1) }
        return value * Double(sign: .plus, exponent: Int(exponent), significand: 1)
    }

    /// Adds another sum. Units of one base are added as they are; of another base they come as numbers.
    mutating func add(_ other: ExactRealSum) {
        otherCount &+= other.otherCount
        if other.base == base || units == 0 && rare.isEmpty && base == 0 {
            if base == 0 { base = other.base }
            let (sum, overflow) = units.addingReportingOverflow(other.units)
            if overflow { layUnitsAside() }
            units = overflow ? other.units : sum
        } else {
            for part in other.unitParts { place(part) }
        }
        guard let theirs = other.rare.first else { return }
        if rare.isEmpty { rare = [Rare()] }
        for part in theirs.parts { Self.add(part, to: &rare[0].parts) }
        for part in theirs.largeParts { Self.add(part, to: &rare[0].largeParts) }
        rare[0].nanCount &+= theirs.nanCount
        rare[0].infinityCount &+= theirs.infinityCount
        rare[0].negativeInfinityCount &+= theirs.negativeInfinityCount
    }

    /// Adds what is no value of its own.
    private mutating func place(_ part: Double) {
        add(part)
        otherCount &-= 1
    }

    // MARK: The sum

    /// A NaN or an infinity is among the values: then so may the answer be.
    var isSpecial: Bool { rare.first?.isSpecial ?? false }

    /// Nothing is left of any value.
    var isZero: Bool { units == 0 && rare.isEmpty }

    /// The sum, rounded once; infinite where it is past the range.
    /// Of nothing but -0, or of no values, -0.
    var value: Double {
        guard let rare = rare.first else {
            // A number below the normal range has no digit to round.
            return units == 0 ? (otherCount == 0 ? -0.0 : 0) : Self.scaled(units.double, base)
        }
        if rare.isSpecial { return rare.special }
        var own = rare.parts
        for part in unitParts { Self.add(part, to: &own) }
        if rare.largeParts.isEmpty { return Self.rounded(own) }
        var all = rare.largeParts
        for part in own { Self.add(part / Self.largeUnit, to: &all) }
        return Self.rounded(all) * Self.largeUnit
    }

    /// Of finite values, in units of `unit`: the sum rounded, then what is left rounded, and so on. Unlike the parts as they are held, these
    /// are the same for all that have the same sum.
    /// Ends: each part is the rounded rest, so that the rest shrinks by 53 binary digits each time.
    func canonicalParts(unit: Double = 1) -> [Double] {
        var rest: [Double] = []
        for part in rare.first?.largeParts ?? [] { Self.add(part * (Self.largeUnit / unit), to: &rest) }
        for part in (rare.first?.parts ?? []) + unitParts { Self.add(part / unit, to: &rest) }
        var parts: [Double] = []
        while case let part = Self.rounded(rest), part != 0, part.isFinite {
            parts.append(part)
            Self.add(-part, to: &rest)
        }
        return parts
    }

    /// The sum of two, and what rounding lost.
    /// Knuth's TwoSum (TAOCP 2, 4.2.2, theorem B): exact for any two doubles whose sum is within the range.
    @inline(__always)
    private static func twoSum(_ one: Double, _ other: Double) -> (sum: Double, rest: Double) {
        let sum = one + other
        let part = sum - one
        return (sum, (one - (sum - part)) + (other - part))
    }

    /// Shewchuk's GROW-EXPANSION without its zeros: the value goes through all parts, from the least on, and leaves behind
    /// what rounding lost.
    /// - Complexity: O(parts), which are few where numbers are of like size.
    private static func add(_ value: Double, to parts: inout [Double]) {
        var carried = value
        var kept = 0
        for index in parts.indices {
            let (sum, rest) = twoSum(carried, parts[index])
            if rest != 0 {
                parts[kept] = rest
                kept += 1
            }
            carried = sum
        }
        parts.removeLast(parts.count - kept)
        if carried != 0 { parts.append(carried) }
    }

    /// The nearest double to the sum of the parts, ties to even, as `math.fsum` of Python rounds.
    private static func rounded(_ parts: [Double]) -> Double {
        guard var sum = parts.last else { return 0 }
        var index = parts.count - 1
        var rest = 0.0
        // From the greatest down, until something is left over: all further parts are too small to change more than a tie.
        while index > 0, rest == 0 {
            index -= 1
            (sum, rest) = twoSum(sum, parts[index])
        }
        // Half way to the next number: what lies below decides.
        guard index > 0, rest != 0, (rest < 0) == (parts[index - 1] < 0) else { return sum }
        let doubled = rest * 2
        let next = sum + doubled
        return next - sum == doubled ? next : sum
    }
}

// MARK: As columns

extension ExactRealSum {
    /// What `rare` has, for states on their way: nil mostly.
    ///
    ///     counts of NaN, ∞ and -∞, number of parts: 8 bytes each, the lowest first; the parts' bits; the large parts' bits
    private var rareBytes: [UInt8]? {
        guard let rare = rare.first else { return nil }
        var words = [rare.nanCount, rare.infinityCount, rare.negativeInfinityCount, Int64(rare.parts.count)].map(UInt64.init(bitPattern:))
        words += (rare.parts + rare.largeParts).map(\.bitPattern)
        return words.flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) } }
    }

    /// Bytes that are too short are taken for none.
    private mutating func takeRare(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        var words: [UInt64] = []
        while rest.count >= 8 {
            words.append(rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
            rest = rest.dropFirst(8)
        }
        guard words.count >= 4 else { return }
        let counts = words[..<4].map { Int64(bitPattern: $0) }
        let parts = words[4...].map { Double(bitPattern: $0) }
        rare = [
            Rare(
                parts: Array(parts.prefix(Int(counts[3]))), largeParts: Array(parts.dropFirst(Int(counts[3]))), nanCount: counts[0],
                infinityCount: counts[1], negativeInfinityCount: counts[2])
        ]
    }

    /// The lower and the upper half of `units`, `base`, `otherCount`, what is rare.
    static let stateTypes: [ColumnType] = [.int64, .int64, .int64, .int64, .binary]

    /// One row a sum.
    static func columns(_ sums: [ExactRealSum]) -> [Column] {
        let rare: Column
        if sums.allSatisfy(\.rare.isEmpty) {
            rare = .constant(.null, type: .binary, count: sums.count)
        } else {
            var builder = ColumnBuilder(type: .binary)
            for sum in sums { if let bytes = sum.rareBytes { builder.append(bytes: bytes) } else { builder.appendNull() } }
            rare = builder.finish()
        }
        func column(_ part: (ExactRealSum) -> Int64) -> Column { .whole(sums.map(part), type: .int64, validity: nil) }
        return [
            column { Int64(truncatingIfNeeded: $0.units) }, column { Int64(truncatingIfNeeded: $0.units >> 64) }, column { Int64($0.base) },
            column(\.otherCount), rare,
        ]
    }

    /// The sums that `columns` has put out.
    static func sums(_ columns: ArraySlice<Column>) -> [ExactRealSum] {
        let columns = Array(columns)
        let words = columns[..<4].map { $0.integers() ?? [] }
        let isRare = columns[4].rowValidity
        var rare: ByteArrays?
        if isRare?.setCount != 0 { rare = columns[4].byteArrays() }
        return words[0].indices.map { row in
            var sum = ExactRealSum()
            sum.units = Int128(words[1][row]) << 64 | Int128(UInt64(bitPattern: words[0][row]))
            (sum.base, sum.otherCount) = (Int32(truncatingIfNeeded: words[2][row]), words[3][row])
            if let rare, isRare?[row] ?? true { sum.takeRare(rare[row]) }
            return sum
        }
    }
}
