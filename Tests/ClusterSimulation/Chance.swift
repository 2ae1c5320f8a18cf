/// SplitMix64: the same seed, the same run.
struct Chance {
    private var state: UInt64

    init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 ^ 0x5851_f42d_4c95_7f2d }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return word ^ word >> 31
    }

    /// In a half-open range; its lower bound where it is empty.
    mutating func number(_ range: Range<Int>) -> Int {
        range.isEmpty ? range.lowerBound : range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// Once in a thousand, `perMille` times.
    mutating func happens(_ perMille: Int) -> Bool { perMille > 0 && Int(next() % 1_000) < perMille }

    mutating func one<Element>(of elements: [Element]) -> Element { elements[number(0..<elements.count)] }
}
