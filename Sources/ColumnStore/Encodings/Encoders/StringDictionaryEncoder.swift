internal import Glibc

/// Distinct byte strings, numbered in the order in which they came: what turns a column of strings into codes.
///
/// A hash table with open addressing, as `IntegerDictionaryEncoder`. One owner; the writer's leaf buffer has one for each column of strings and
/// row group, and gives it up where values hardly repeat.
///
/// Invariants: entries are distinct; `hashes` are theirs, in order; there is always a free slot, so that a search ends.
struct StringDictionaryEncoder {
    private(set) var entries = ByteArrays()
    /// xxHash64 of each entry, which bloom filters want as well.
    private(set) var hashes: [UInt64] = []
    /// Entry number + 1; 0 is free. The length is a power of two, at most half of it taken.
    private var slots = [UInt32](repeating: 0, count: 1 << 10)

    var count: Int { hashes.count }
    var byteCount: Int { entries.bytes.count }

    /// The code of `value`, new or known.
    ///
    /// - Precondition: entries and `value` are below 2 GiB together, as `LeafBuffer` has checked.
    /// - Complexity: O(bytes of `value`).
    @inline(__always)
    mutating func code(of value: UnsafeRawBufferPointer) -> UInt32 {
        let hash = XXHash64.hash(value)
        let mask = slots.count &- 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while true {
            let taken = slots[slot]
            if taken == 0 { return insert(value, hash, slot) }
            let entry = Int(taken) &- 1
            // Equal hashes are as good as equal strings, but not proof: the bytes decide.
            if hashes[entry] == hash, isEqual(entry, value) { return UInt32(truncatingIfNeeded: entry) }
            slot = (slot &+ 1) & mask
        }
    }

    @inline(__always)
    private func isEqual(_ entry: Int, _ value: UnsafeRawBufferPointer) -> Bool {
        let start = Int(entries.offsets[entry])
        guard Int(entries.offsets[entry &+ 1]) &- start == value.count else { return false }
        // Most texts that come are known, and looked at to their end: byte by byte that would cost more than hashing them.
        return entries.bytes.withUnsafeBytes { bytes in
            guard let known = bytes.baseAddress, let new = value.baseAddress else { return true }
            return memcmp(known + start, new, value.count) == 0
        }
    }

    private mutating func insert(_ value: UnsafeRawBufferPointer, _ hash: UInt64, _ slot: Int) -> UInt32 {
        let entry = hashes.count
        entries.append(value)
        hashes.append(hash)
        slots[slot] = UInt32(entry + 1)
        if 2 * hashes.count > slots.count { grow() }
        return UInt32(entry)
    }

    /// Four times the slots. Hashes are kept, so that no string is looked at again.
    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: 4 * slots.count)
        let mask = slots.count - 1
        for (entry, hash) in hashes.enumerated() {
            var slot = Int(truncatingIfNeeded: hash) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(entry + 1)
        }
    }
}
