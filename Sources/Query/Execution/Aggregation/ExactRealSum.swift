/// A sum of doubles without rounding until it is asked for, whatever their order: parts that do not overlap, the least first
/// (Shewchuk, "Adaptive Precision Floating-Point Arithmetic", as Python's `fsum` has it).
struct ExactRealSum {
    private(set) var parts: [Double] = []
    /// NaN and infinities, which are what they are in any order.
    private(set) var special = 0.0
    private var isNegativeZero = true

    init() {}

    /// - Returns: false where the sum leaves the range of a double.
    mutating func add(_ value: Double) -> Bool {
        isNegativeZero = isNegativeZero && value == 0 && value.sign == .minus
        guard value.isFinite else {
            special += value
            return true
        }
        var carried = value
        var kept = 0
        for index in parts.indices {
            let part = parts[index]
            let (greater, lesser) = carried.magnitude < part.magnitude ? (part, carried) : (carried, part)
            let sum = greater + lesser
            let rest = lesser - (sum - greater)
            if rest != 0 {
                parts[kept] = rest
                kept += 1
            }
            carried = sum
        }
        parts.removeLast(parts.count - kept)
        parts.append(carried)
        return carried.isFinite
    }

    mutating func add(_ other: ExactRealSum) -> Bool {
        let wasNegativeZero = isNegativeZero && other.isNegativeZero
        special += other.special
        for part in other.parts where !add(part) { return false }
        isNegativeZero = wasNegativeZero
        return true
    }

    /// The sum, rounded once.
    var value: Double {
        if special != 0 || special.isNaN { return special }
        guard var high = parts.last else { return isNegativeZero ? -0.0 : 0 }
        var index = parts.count - 1
        var rest = 0.0
        while index > 0, rest == 0 {
            index -= 1
            let before = high
            high = before + parts[index]
            rest = parts[index] - (high - before)
        }
        // Half way to the next: the parts below decide.
        if index > 0, rest != 0, (rest < 0) == (parts[index - 1] < 0) {
            let doubled = rest * 2
            let next = high + doubled
            if next - high == doubled { high = next }
        }
        return high == 0 && isNegativeZero ? -0.0 : high
    }

    // MARK: As bytes

    var bytes: [UInt8] {
        var bytes: [UInt8] = [isNegativeZero ? 1 : 0]
        for part in [special] + parts { withUnsafeBytes(of: part.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes
    }

    init(bytes: ArraySlice<UInt8>) {
        isNegativeZero = bytes.first == 1
        var rest = bytes.dropFirst()
        var values: [Double] = []
        while rest.count >= 8 {
            values.append(Double(bitPattern: rest.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }))
            rest = rest.dropFirst(8)
        }
        special = values.first ?? 0
        parts = Array(values.dropFirst())
    }
}
