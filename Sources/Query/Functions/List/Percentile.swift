import ColumnStore

/// What percentile_cont and percentile_disc make of a group's values as a list in their order, where the fraction is the group's own.
/// PostgreSQL 15's documentation, section 9.21.
extension ScalarFunction {
    /// The number at a fraction of the list, between two where it lies there; NULL of no numbers.
    static let numberAtFraction = ScalarFunction(
        "number at fraction", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let (offsets, element) = call[0].lists(), values = element.doubles(), fractions = call[1].doubles()
            var known = call.strictValidity ?? Bitmap(repeating: true, count: call.count)
            var result = [Double](repeating: 0, count: call.count)
            for row in 0..<call.count where known[row] {
                let fraction = try checked(fractions[row])
                let start = Int(offsets[row]), count = Int(offsets[row + 1]) - start
                guard count > 0 else {
                    known[row] = false
                    continue
                }
                let place = fraction * Double(count - 1)
                let (low, high) = (place.rounded(.down), place.rounded(.up))
                let (first, second) = (values[start + Int(low)], values[start + Int(high)])
                result[row] = low == high ? first : first + (place - low) * (second - first)
            }
            return Column(type: .double, count: call.count, validity: known, values: .double(result))
        })

    /// The place, from 1, of the first value at or behind a fraction of the list.
    static let placeOfFraction = ScalarFunction(
        "place of fraction", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let (offsets, _) = call[0].lists(), fractions = call[1].doubles()
            return try call.numbers { (row) throws(KernelError) in
                let count = Int(offsets[row + 1]) - Int(offsets[row])
                return max(1, Int64((try checked(fractions[row]) * Double(count)).rounded(.up)))
            }
        })

    /// From 0 to 1.
    private static func checked(_ fraction: Double) throws(KernelError) -> Double {
        guard fraction >= 0, fraction <= 1 else { throw .numericOverflow }
        return fraction
    }
}
