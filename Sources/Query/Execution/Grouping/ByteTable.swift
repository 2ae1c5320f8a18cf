internal import Glibc
import ColumnStore

/// Numbers byte strings in the order in which they first come.
struct ByteTable {
    /// By code.
    private(set) var values = ByteArrays()
    /// The hash's upper half and the code plus 1; 0 is empty.
    private var slots = [UInt64](repeating: 0, count: 256)
    private var mask = 255
    private var hashes: [UInt32] = []

    static let missing = IntegerTable.missing

    var count: Int { values.count }
    var byteCount: Int { values.bytes.capacity + values.offsets.capacity * 4 + slots.count * 8 + hashes.capacity * 4 }

    mutating func assign(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let hash = HashKernels.hash(bytes)
        var place = Int(truncatingIfNeeded: hash) & mask
        let upper = hash >> 32
        while true {
            let slot = slots[place]
            if slot == 0 { break }
            if slot >> 32 == upper, isEqual(Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1, bytes) {
                return UInt32(truncatingIfNeeded: slot) &- 1
            }
            place = (place &+ 1) & mask
        }
        precondition(values.bytes.count + bytes.count < Int(Int32.max), "a table of texts past 2 GiB")
        values.append(bytes)
        hashes.append(UInt32(truncatingIfNeeded: hash))
        slots[place] = upper << 32 | UInt64(values.count)
        if values.count * 2 > slots.count { grow() }
        return UInt32(values.count - 1)
    }

    func find(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        let hash = HashKernels.hash(bytes)
        var place = Int(truncatingIfNeeded: hash) & mask
        let upper = hash >> 32
        while true {
            let slot = slots[place]
            if slot == 0 { return Self.missing }
            if slot >> 32 == upper, isEqual(Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1, bytes) {
                return UInt32(truncatingIfNeeded: slot) &- 1
            }
            place = (place &+ 1) & mask
        }
    }

    @inline(__always)
    private func isEqual(_ code: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let range = values.range(at: code)
        guard range.count == bytes.count else { return false }
        guard range.count > 0, let other = bytes.baseAddress else { return true }
        return values.bytes.withUnsafeBytes { own in
            guard let base = own.baseAddress else { return false }
            return memcmp(base + range.lowerBound, other, range.count) == 0
        }
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for slot in old where slot != 0 {
            let code = Int(truncatingIfNeeded: slot & 0xFFFF_FFFF) - 1
            let hash = slot & 0xFFFF_FFFF_0000_0000 | UInt64(hashes[code])
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place] != 0 { place = (place &+ 1) & mask }
            slots[place] = slot
        }
    }
}
