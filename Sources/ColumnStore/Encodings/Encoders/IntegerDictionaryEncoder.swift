/// Distinct integers, numbered in the order in which they came.
///
/// A hash table with open addressing: `slots` are looked at one after another from where the hash leads until the value or a free one is found.
/// Doubles come as their bits, so that zeros of both signs and NaNs of different bits are entries of their own.
///
/// Invariants: entries are distinct; each has exactly one slot; there is always a free slot, so that a search ends.
struct IntegerDictionaryEncoder {
    /// Entry `i` is what code `i` means.
    private(set) var entries: [Int64] = []
    /// Entry number + 1; 0 is free. The length is a power of two, at most half of it taken.
    private var slots: [UInt32]

    /// - Parameter countMax: as many slots are made at the start, but from 1,024 to 65,536; more come by growing.
    init(countMax: Int) {
        var slotCount = 1 << 10
        while slotCount < min(countMax, 1 << 16) { slotCount *= 2 }
        slots = [UInt32](repeating: 0, count: slotCount)
    }

    /// The code of each value; nil when there were more than `countMax` distinct ones, or more than `trialCountMax` among the first
    /// `trialCount` + 1. After nil the encoder is of no use.
    ///
    /// - Complexity: O(values).
    mutating func encode(
        _ values: UnsafeBufferPointer<Int64>, countMax: Int, trialCount: Int, trialCountMax: Int
    ) -> [UInt32]? {
        var isPromising = true
        let codes = [UInt32](unsafeUninitializedCapacity: values.count) { target, count in
            for index in values.indices {
                target[index] = code(of: values[index])
                if entries.count > countMax || (index == trialCount && entries.count > trialCountMax) {
                    isPromising = false
                    break
                }
            }
            count = isPromising ? values.count : 0
        }
        return isPromising ? codes : nil
    }

    @inline(__always)
    private mutating func code(of value: Int64) -> UInt32 {
        let mask = slots.count &- 1
        // Fibonacci hashing: the high bits are the good ones.
        let product = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
        var slot = Int(truncatingIfNeeded: product ^ (product >> 32)) & mask
        while true {
            let taken = slots[slot]
            if taken == 0 {
                entries.append(value)
                slots[slot] = UInt32(truncatingIfNeeded: entries.count)
                let code = UInt32(truncatingIfNeeded: entries.count &- 1)
                if 2 * entries.count > slots.count { grow() }
                return code
            }
            if entries[Int(taken) &- 1] == value { return taken &- 1 }
            slot = (slot &+ 1) & mask
        }
    }

    /// Four times the slots: the entries are put into them anew, and codes stay.
    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: 4 * slots.count)
        let mask = slots.count - 1
        for (entry, value) in entries.enumerated() {
            let product = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
            var slot = Int(truncatingIfNeeded: product ^ (product >> 32)) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(entry + 1)
        }
    }
}
