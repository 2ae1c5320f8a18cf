internal import Glibc

/// The slots of a hash table, zeroed: memory of its own, that a table writes and no array guards.
///
/// Large ones are mapped by themselves, in pages of 2 MiB where the system has them: a table that is read at random places misses the
/// processor's cache of addresses at nearly every look-up with pages of 4 KiB, and each of those comes in by a fault of its own
/// (`docs/decisions/0015-grouping.md`). They are zero as the system hands them out, and go back to it whole.
///
/// Safe to share: a table writes to it only while nobody else has it (`IntegerTable.ownSlots`).
final class SlotMemory<Slot: BitwiseCopyable>: @unchecked Sendable {
    let slots: UnsafeMutableBufferPointer<Slot>
    /// Where `slots` lie; nil of those that were allocated.
    private let mapping: UnsafeMutableRawBufferPointer?

    /// - Precondition: `Slot` of zero bytes is an empty one; `count` is above 0.
    init(count: Int) {
        let byteCount = count * MemoryLayout<Slot>.stride
        if byteCount >= Self.mappedByteCountMin, let (mapping, start) = Self.map(byteCount) {
            self.mapping = mapping
            slots = UnsafeMutableBufferPointer(start: start.bindMemory(to: Slot.self, capacity: count), count: count)
        } else {
            mapping = nil
            slots = .allocate(capacity: count)
            memset(UnsafeMutableRawPointer(slots.baseAddress.unsafelyUnwrapped), 0, byteCount)
        }
    }

    /// The same slots once more.
    convenience init(copying other: SlotMemory) {
        self.init(count: other.slots.count)
        _ = slots.update(from: other.slots)
    }

    deinit {
        if let mapping { munmap(mapping.baseAddress, mapping.count) } else { slots.deallocate() }
    }

    private static var mappedByteCountMin: Int { 4 << 20 }
    private static var largePageByteCount: Int { 2 << 20 }

    /// Address space for so many bytes that begin where a large page does; nil when the system has none.
    private static func map(_ byteCount: Int) -> (mapping: UnsafeMutableRawBufferPointer, start: UnsafeMutableRawPointer)? {
        let whole = byteCount + largePageByteCount
        guard let base = mmap(nil, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED else { return nil }
        let start = base.alignedUp(toMultipleOf: largePageByteCount)
        // A hint: where it is refused the pages are small ones.
        madvise(start, byteCount, MADV_HUGEPAGE)
        return (UnsafeMutableRawBufferPointer(start: base, count: whole), start)
    }
}

/// Slots of the upper half of a hash and a number plus 1 beside it, 0 where there is none: the home of a slot is its half & mask, with `count` a power of two and `mask` one less.
extension SlotMemory where Slot == UInt64 {
    /// Room for `added` more slots besides `used` ones, at most half full: these slots where they have it and nobody shares them, else as many as are needed, with all that is in these.
    ///
    /// Moved in the order of the old ones, since where a slot goes differs in the upper bits of its place alone.
    /// - Parameter countMin: a power of two.
    static func room(in memory: inout SlotMemory?, used: Int, added: Int, countMin: Int) -> SlotMemory {
        let needed = (used + added) * 2, count = memory?.slots.count ?? 0
        if needed <= count, isKnownUniquelyReferenced(&memory), let memory { return memory }
        let larger = SlotMemory(count: max(countMin, needed, count).nextPowerOfTwo)
        let (slots, mask) = (larger.slots, larger.slots.count - 1)
        if let memory {
            for slot in memory.slots where slot != 0 {
                var place = Int(truncatingIfNeeded: slot >> 32) & mask
                while slots[place] != 0 { place = (place &+ 1) & mask }
                slots[place] = slot
            }
        }
        memory = larger
        return larger
    }
}
