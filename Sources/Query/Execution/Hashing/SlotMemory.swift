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
