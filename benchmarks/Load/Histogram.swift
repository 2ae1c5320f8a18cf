/// Latencies in microseconds, in buckets whose width grows with the value: 128 to each doubling, so any percentile is right within 1 %.
struct Histogram {
    private var counts = [Int](repeating: 0, count: 64 * 128)
    private(set) var total = 0
    private(set) var maximum = 0

    mutating func record(_ microseconds: Int) {
        let value = max(microseconds, 0)
        counts[Self.bucket(value)] += 1
        total += 1
        maximum = max(maximum, value)
    }

    /// The latency that `share` (0…1) of the requests did not exceed.
    func percentile(_ share: Double) -> Int {
        let wanted = Int((Double(total) * share).rounded(.up))
        var seen = 0
        for (bucket, count) in counts.enumerated() where count > 0 {
            seen += count
            if seen >= wanted { return min(Self.upperBound(bucket), maximum) }
        }
        return maximum
    }

    /// Below 256 a bucket is a microsecond; from there value v with 2^(shift+7) ≤ v < 2^(shift+8) is in bucket (shift + 1) × 128 + (v >> shift).
    private static func bucket(_ value: Int) -> Int {
        if value < 256 { return value }
        let shift = Int.bitWidth - 1 - value.leadingZeroBitCount - 7
        let bucket = min((shift + 1) * 128 + (value >> shift), 64 * 128 - 1)
        assert(value <= upperBound(bucket) && upperBound(bucket) <= value + value / 128, "a bucket is as wide as a hundredth of its values")
        return bucket
    }

    private static func upperBound(_ bucket: Int) -> Int {
        if bucket < 256 { return bucket }
        let shift = bucket / 128 - 2
        return ((bucket % 128) + 129) << shift - 1
    }
}
