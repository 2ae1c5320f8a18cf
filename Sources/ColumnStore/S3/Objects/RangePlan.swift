/// Which requests get some ranges of an object. Pure.
///
/// A request costs 30 ms before its first byte, and its bytes 10 ms a megabyte: so gaps are read over where that costs less than another request, and
/// what is long is asked for in parts side by side.
enum RangePlan {
    static let gapByteCountMax: Int64 = 1 << 20
    static let partByteCount: Int64 = 8 << 20

    /// - Parameters:
    ///   - wanted: in any order; what lies outside of the object is left out.
    ///   - byteCount: of the object.
    /// - Returns: in order, apart from each other, all of `wanted` within them; each at most `partByteCount` long.
    static func requests(for wanted: [Range<Int64>], byteCount: Int64) -> [Range<Int64>] {
        var merged: [Range<Int64>] = []
        let inside = wanted.map { $0.clamped(to: 0..<max(0, byteCount)) }.filter { !$0.isEmpty }
        for range in inside.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            // Both lie in the object, so that nothing here can overflow.
            if let last = merged.last, range.lowerBound - last.upperBound <= gapByteCountMax {
                merged[merged.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                merged.append(range)
            }
        }
        return merged.flatMap(parts)
    }

    /// Of about the same length each.
    private static func parts(of range: Range<Int64>) -> [Range<Int64>] {
        let length = range.upperBound - range.lowerBound
        let count = length / partByteCount + (length % partByteCount == 0 ? 0 : 1)
        guard count > 1 else { return [range] }
        let step = length / count + (length % count == 0 ? 0 : 1)
        return stride(from: range.lowerBound, to: range.upperBound, by: Int(clamping: step)).map { $0..<min(range.upperBound, $0 + step) }
    }

    /// What of a range the others leave open.
    static func missing(of range: Range<Int64>, beside others: [Range<Int64>]) -> [Range<Int64>] {
        var missing: [Range<Int64>] = []
        var start = range.lowerBound
        for other in others.sorted(by: { $0.lowerBound < $1.lowerBound }) where other.upperBound > start && other.lowerBound < range.upperBound {
            if other.lowerBound > start { missing.append(start..<other.lowerBound) }
            start = max(start, other.upperBound)
        }
        if start < range.upperBound { missing.append(start..<range.upperBound) }
        return missing
    }
}
