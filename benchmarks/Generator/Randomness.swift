/// A small seeded generator (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014): receipt i draws from a
/// state made of the seed and i alone, so any receipt can be made again by itself.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(state: UInt64) { self.state = state }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// 0 ..< bound, by multiplication (Lemire 2019; the bias below 2^-40 does not matter here).
    mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

    /// 0 ..< 1.
    mutating func fraction() -> Double { Double(next() >> 11) * 0x1p-53 }
}

/// Ranks drawn with weight 1 / rank^exponent.
struct Zipf {
    private let cumulative: [Double]

    init(count: Int, exponent: Double) {
        var total = 0.0
        cumulative = (1...max(count, 1)).map { rank in
            total += power(Double(rank), -exponent)
            return total
        }
    }

    /// 0 ..< count; 0 is the most frequent.
    func draw(_ random: inout SplitMix64) -> Int {
        let wanted = random.fraction() * (cumulative.last ?? 0)
        var low = 0
        var high = cumulative.count - 1
        while low < high {
            let middle = (low + high) / 2
            if cumulative[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
