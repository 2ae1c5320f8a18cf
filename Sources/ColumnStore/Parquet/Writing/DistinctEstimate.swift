import Glibc

/// How many distinct values there are among many, from their hashes, by linear counting (Whang, Vander-Zanden, Taylor: "A
/// linear-time probabilistic counting algorithm", 1990): with eight bits a value the error is well below 1 %.
enum DistinctEstimate {
    /// - Complexity: O(hashes), with eight to sixteen bits each.
    static func count(_ hashes: [UInt64]) -> Int {
        guard hashes.count > 64 else { return Set(hashes).count }
        // A hash sets one bit. Of m bits, n distinct hashes leave m * e^(-n / m) at 0: solved for n.
        var bitCount = 1 << 10
        while bitCount < 8 * hashes.count { bitCount *= 2 }
        var words = [UInt64](repeating: 0, count: bitCount / 64)
        for hash in hashes {
            let bit = Int(truncatingIfNeeded: hash) & (bitCount - 1)
            words[bit >> 6] |= 1 << UInt64(bit & 63)
        }
        let zeroCount = bitCount - words.reduce(0) { $0 + $1.nonzeroBitCount }
        guard zeroCount > 0 else { return hashes.count }
        let estimate = -Double(bitCount) * log(Double(zeroCount) / Double(bitCount))
        return min(hashes.count, Int(estimate) + 1)
    }
}
