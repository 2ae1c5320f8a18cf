internal import Glibc
import ColumnStore

/// Numbers byte strings in the order in which they first come.
///
/// Strings of at most eight bytes are compared as one number, without a look at their bytes.
///
/// An open-addressing hash table with linear probing, at most half full, in three arrays: the strings end to end
/// (`values`), what mostly tells them apart (`heads`), and slots of hash and code. A probe compares 32 bits of the hash in
/// the slot itself; only where they agree does it look at the head, and only for strings of more than eight bytes at their
/// bytes.
///
/// Invariants:
/// 1. `heads[c]` is of the string `values[c]`; codes are 0 ..< `count`.
/// 2. Each code stands in one slot; from its home `upper & mask` on to it no slot is empty.
/// 3. `slotCount` is 0 or a power of two, `mask` one less.
struct ByteTable {
    /// By code.
    private(set) var values = ByteArrays()
    private var heads: [Head] = []
    /// The hash's upper half and the code plus 1; 0 is empty. The lower bits of that half say where a string belongs.
    /// Nil as long as nothing has come.
    private var memory: SlotMemory<UInt64>?
    private var mask = 0

    /// What `find` gives for a string that has no code.
    static let missing = IntegerTable.missing

    /// What mostly decides whether two strings are equal.
    private struct Head {
        /// The first eight bytes; shorter strings are filled up with zeros.
        /// In the first eight bytes the first byte is the lowest of the number.
        var prefix: UInt64
        /// Where it lies among the bytes of `values`.
        var start: Int32
        var length: Int32
    }

    var count: Int { heads.count }
    private var slotCount: Int { memory?.slots.count ?? 0 }
    /// Of the texts alone.
    var textByteCount: Int { values.bytes.count }
    var byteCount: Int { values.bytes.capacity + values.offsets.capacity * 4 + slotCount * 8 + heads.capacity * 16 }

    /// What `added` more strings of `byteCount` bytes may take at most while they are taken in: larger arrays, beside those that they replace.
    /// - Parameter byteCount: of the strings that may be new, together.
    /// - Complexity: O(1).
    func growth(by added: Int, byteCount: Int) -> Int {
        let total = heads.count + added
        let room = heads.growth(to: total) * 16 + values.offsets.growth(to: total + 1) * 4 + values.bytes.growth(to: values.bytes.count + byteCount)
        return total * 2 <= slotCount ? room : room + max(256, total * 2, slotCount * 2).nextPowerOfTwo * 8
    }

    // MARK: Giving codes

    /// Codes of the strings at `rows` (nil: of all), new ones given to those not seen.
    /// - Precondition: `codes` has a place for each; the table's strings stay below 2 GiB.
    mutating func assign(_ arrays: ByteArrays, rows: [Int32]? = nil, into codes: UnsafeMutableBufferPointer<UInt32>) {
        let count = rows?.count ?? arrays.count
        precondition(codes.count >= count)
        arrays.bytes.withUnsafeBytes { bytes in
            arrays.offsets.withUnsafeBufferPointer { offsets in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Prefetch.rowCount) { uppers in
                    var start = 0
                    while start < count {
                        let block = start..<min(start + Prefetch.rowCount, count)
                        let slots = makeRoom(for: block.count)
                        if let rows {
                            assign(bytes, offsets, block, uppers, slots, into: codes) { Int(rows[$0]) }
                        } else {
                            assign(bytes, offsets, block, uppers, slots, into: codes) { $0 }
                        }
                        start = block.upperBound
                    }
                }
            }
        }
    }

    /// The code of one string.
    mutating func assign(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let slots = makeRoom(for: 1)
        return assign(bytes, 0, bytes.count, Self.upper(bytes, 0, bytes.count), slots)
    }

    /// Codes of a block of strings.
    ///
    /// - Precondition: there are free slots for all of them; `uppers` has a place for each.
    /// - Parameter row: the string of an index.
    @inline(__always)
    private mutating func assign(
        _ bytes: UnsafeRawBufferPointer, _ offsets: UnsafeBufferPointer<Int32>, _ block: Range<Int>, _ uppers: UnsafeMutableBufferPointer<UInt64>,
        _ slots: UnsafeMutableBufferPointer<UInt64>, into codes: UnsafeMutableBufferPointer<UInt32>, _ row: (Int) -> Int
    ) {
        prepare(bytes, offsets, block, uppers, UnsafeBufferPointer(slots), row)
        for index in block {
            let row = row(index)
            let start = Int(offsets[row])
            codes[index] = assign(bytes, start, Int(offsets[row + 1]) - start, uppers[index - block.lowerBound], slots)
        }
    }

    /// - Parameter upper: half of the string's hash.
    /// - Precondition: there is a free slot.
    @inline(__always)
    private mutating func assign(
        _ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, _ upper: UInt64, _ slots: UnsafeMutableBufferPointer<UInt64>
    ) -> UInt32 {
        let prefix = Self.prefix(bytes, start, length)
        var place = Int(truncatingIfNeeded: upper) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { break }
            if slot >> 32 == upper, isEqual(Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1, bytes, start, length, prefix) {
                return UInt32(truncatingIfNeeded: slot) &- 1
            }
            place = (place &+ 1) & mask
        }
        // Offsets of 32 bits end there. A query is given a gibibyte at most (`heldByteCountMax`), so that its budget mostly
        // says no before.
        precondition(values.bytes.count + length < Int(Int32.max), "a table of texts past 2 GiB")
        heads.append(Head(prefix: prefix, start: Int32(truncatingIfNeeded: values.bytes.count), length: Int32(truncatingIfNeeded: length)))
        values.bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
        values.offsets.append(Int32(truncatingIfNeeded: values.bytes.count))
        slots[place] = upper << 32 | UInt64(heads.count)
        return UInt32(truncatingIfNeeded: heads.count &- 1)
    }

    // MARK: Finding codes

    /// The code of each string, or `missing`.
    func find(_ arrays: ByteArrays, into codes: UnsafeMutableBufferPointer<UInt32>) {
        precondition(codes.count >= arrays.count)
        let slots = memory.map { UnsafeBufferPointer($0.slots) } ?? UnsafeBufferPointer(start: nil, count: 0)
        arrays.bytes.withUnsafeBytes { bytes in
            arrays.offsets.withUnsafeBufferPointer { offsets in
                withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Prefetch.rowCount) { uppers in
                    Prefetch.blocks(0..<arrays.count) { rows in
                        prepare(bytes, offsets, rows, uppers, slots) { $0 }
                        for row in rows {
                            let start = Int(offsets[row])
                            codes[row] = find(bytes, start, Int(offsets[row + 1]) - start, uppers[row - rows.lowerBound], slots)
                        }
                    }
                }
            }
        }
    }

    func find(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let memory else { return Self.missing }
        return find(bytes, 0, bytes.count, Self.upper(bytes, 0, bytes.count), UnsafeBufferPointer(memory.slots))
    }

    /// Ends, since half of all slots are empty.
    @inline(__always)
    private func find(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, _ upper: UInt64, _ slots: UnsafeBufferPointer<UInt64>) -> UInt32 {
        if heads.isEmpty { return Self.missing }
        let prefix = Self.prefix(bytes, start, length)
        var place = Int(truncatingIfNeeded: upper) & mask
        while true {
            let slot = slots[place]
            if slot == 0 { return Self.missing }
            if slot >> 32 == upper, isEqual(Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) &- 1, bytes, start, length, prefix) {
                return UInt32(truncatingIfNeeded: slot) &- 1
            }
            place = (place &+ 1) & mask
        }
    }

    // MARK: Strings

    /// Hashes a block of strings, and where the table is so large that it lies far has what their look-ups read brought near: slots, then heads, then bytes,
    /// each where the one before it leads.
    ///
    /// A slot that is another string's leads to a head in vain, which costs its line and nothing else.
    @inline(__always)
    private func prepare(
        _ bytes: UnsafeRawBufferPointer, _ offsets: UnsafeBufferPointer<Int32>, _ block: Range<Int>, _ uppers: UnsafeMutableBufferPointer<UInt64>,
        _ slots: UnsafeBufferPointer<UInt64>, _ row: (Int) -> Int
    ) {
        var longest = 0
        for index in block {
            let row = row(index)
            let start = Int(offsets[row])
            let length = Int(offsets[row + 1]) - start
            longest = max(longest, length)
            uppers[index - block.lowerBound] = Self.upper(bytes, start, length)
        }
        guard slots.count >= Prefetch.tableByteCountMin / MemoryLayout<UInt64>.stride else { return }
        for index in 0..<block.count { Prefetch.touch(slots.baseAddress.map { $0 + Int(truncatingIfNeeded: uppers[index]) & mask }) }
        heads.withUnsafeBufferPointer { heads in
            for index in 0..<block.count {
                let code = Int(truncatingIfNeeded: slots[Int(truncatingIfNeeded: uppers[index]) & mask] & 0xFFFF_FFFF) &- 1
                Prefetch.touch(heads.baseAddress.map { $0 + max(code, 0) })
            }
            if longest <= 8 { return }
            values.bytes.withUnsafeBytes { own in
                for index in 0..<block.count {
                    let code = Int(truncatingIfNeeded: slots[Int(truncatingIfNeeded: uppers[index]) & mask] & 0xFFFF_FFFF) &- 1
                    if code >= 0 { Prefetch.touch(own.baseAddress.map { $0 + Int(heads[code].start) }) }
                }
            }
        }
    }

    /// Of a string's hash, what slots keep of it.
    @inline(__always)
    private static func upper(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) -> UInt64 {
        hash(bytes, start, length, prefix(bytes, start, length)) >> 32
    }

    /// - Parameter bytes: the array in which the string lies, and past whose end nothing may be read.
    @inline(__always)
    private static func prefix(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int) -> UInt64 {
        if length >= 8 { return bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self) }
        if length == 0 { return 0 }
        // What follows the string in the array is read along and masked off: one load in the place of a loop.
        if start + 8 <= bytes.count {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self)) & (1 << UInt64(length * 8) &- 1)
        }
        var value: UInt64 = 0
        for index in 0..<length { value |= UInt64(bytes[start + index]) << UInt64(index * 8) }
        return value
    }

    /// Of a short string its prefix says all but the length, by which "a" and "a\0" differ.
    @inline(__always)
    private static func hash(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, _ prefix: UInt64) -> UInt64 {
        if length <= 8 { return HashKernels.mix(HashKernels.hash(prefix), UInt64(length) &+ 0x9E37_79B9_7F4A_7C15) }
        return HashKernels.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<start + length]))
    }

    /// - Parameter code: of the string to compare with.
    @inline(__always)
    private func isEqual(_ code: Int, _ bytes: UnsafeRawBufferPointer, _ start: Int, _ length: Int, _ prefix: UInt64) -> Bool {
        let head = heads[code]
        guard head.prefix == prefix, Int(head.length) == length else { return false }
        if length <= 8 { return true }
        return values.bytes.withUnsafeBytes { own in
            // The prefix has eight bytes of both already.
            guard let one = own.baseAddress, let other = bytes.baseAddress else { return false }
            return memcmp(one + Int(head.start) + 8, other + start + 8, length - 8) == 0
        }
    }

    /// Sees to it that `added` strings find free slots.
    /// - Returns: the slots, which nobody else has: a copy of a table shares them until either is written to.
    private mutating func makeRoom(for added: Int) -> UnsafeMutableBufferPointer<UInt64> {
        let slots = SlotMemory.room(in: &memory, used: heads.count, added: added, countMin: 256).slots
        mask = slots.count - 1
        return slots
    }
}
