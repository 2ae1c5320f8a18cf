internal import Glibc
import ColumnStore
import Synchronization

/// From a packed key to the rows that have it: the first one from a table, the others by the chain that begins there.
///
/// Memory is C's, zeroed by `calloc`, so that large tables are paged in as they are written, not twice; `deinit` frees it.
///
/// Invariants:
/// 1. One of `heads` and `slots` is nil.
/// 2. For a row r with a key, `following[r]` is above r, or -1: a chain ends.
/// 3. A key's slot lies in the part that its hash begins in, behind full slots only, and each part has an empty slot: a
///    search ends.
///
/// Where the keys lie close together the table is an array by value; else one of open addressing by hash. Several workers fill it side by
/// side, each the part of the table that is its own, so that nothing is locked and a row's place in its chain does not depend on timing.
final class KeyIndex: @unchecked Sendable {
    // Safe to share: filled before it is handed out, then only read.

    /// With the key beside the head a probe takes one access to memory.
    private struct Slot {
        var key: Int64
        /// Row plus 1; 0 is empty.
        var head: Int32
    }

    /// The least key of the right side: place 0 of the array.
    private let base: Int64
    /// By key less `base`: row plus 1; nil when hashing is on.
    private let heads: UnsafeMutablePointer<Int32>?
    private let slots: UnsafeMutablePointer<Slot>?
    /// Of `heads` or `slots`; of the latter a power of two, and at least twice the rows.
    private let placeCount: Int
    /// Hashes are shifted by this to places; runs of full slots wrap within a part.
    /// The table is divided into equal parts of a power of two of places. `partMask` is their size less one.
    private let shift: UInt64
    private let partMask: Int
    /// By row, the next row with the same key, or -1.
    /// - Precondition: it is read by rows that have a key; others have no place in a chain.
    let following: UnsafeMutablePointer<Int32>
    private let rowCount: Int
    private(set) var hasRepeats = false

    /// An array by value may have so many places for each row, or so many in all.
    private static let placesPerRowMax: UInt64 = 16
    private static let placeCountFree: UInt64 = 1 << 18
    /// Rows between that whose slot is asked for and that which is put in.
    private static let aheadRowCount = 32
    /// Rows from which on several workers are worth it.
    private static let parallelRowCountMin = 1 << 16

    deinit {
        free(heads)
        free(slots)
        free(following)
    }

    var byteCount: Int { (heads == nil ? placeCount * MemoryLayout<Slot>.stride : placeCount * 4) + rowCount * 4 }

    /// What the index of so many rows will take: asked for before there is one.
    static func byteCount(rowCount: Int, _ packing: KeyPacking) -> Int {
        let span = UInt64(bitPattern: packing.greatest &- packing.least)
        if isArray(rowCount, packing, span) { return (Int(span) + 1) * 4 + rowCount * 4 }
        return max(64, rowCount * 2).nextPowerOfTwo * MemoryLayout<Slot>.stride + rowCount * 4
    }

    /// Bits of a DOUBLE have no order that would bring them close together.
    private static func isArray(_ rowCount: Int, _ packing: KeyPacking, _ span: UInt64) -> Bool {
        packing.isOrdered && span < max(placeCountFree, UInt64(rowCount) * placesPerRowMax)
    }

    /// - Parameter keys: one a row, as `KeyPacking.pack` made them.
    /// - Parameters:
    ///   - present: rows that have a key; nil for all.
    ///   - packing: says between which bounds the keys lie.
    ///   - run: to fill the table with its workers; nil on a worker's own thread.
    static func make(_ keys: [Int64], _ present: Bitmap?, _ packing: KeyPacking, _ run: QueryRun?) throws -> KeyIndex {
        let workers = keys.count >= Self.parallelRowCountMin ? min(run?.workerCount ?? 1, 16) : 1
        let index = KeyIndex(rowCount: keys.count, packing, partCount: workers)
        if try index.fill(keys, present, workers, run) { return index }
        // Keys that crowd into one part of the table: one part for all, half of which stays empty whatever the keys.
        let single = KeyIndex(rowCount: keys.count, packing, partCount: 1)
        _ = try single.fill(keys, present, 1, nil)
        return single
    }

    private init(rowCount: Int, _ packing: KeyPacking, partCount: Int) {
        precondition(rowCount < Int(Int32.max), "a join's right side past 2^31 rows")
        self.rowCount = rowCount
        base = packing.least
        following = Self.zeroed(Int32.self, rowCount)
        let span = UInt64(bitPattern: packing.greatest &- packing.least)
        if Self.isArray(rowCount, packing, span) {
            placeCount = Int(span) + 1
            heads = Self.zeroed(Int32.self, placeCount)
            slots = nil
            (shift, partMask) = (0, 0)
        } else {
            let parts = partCount.nextPowerOfTwo
            placeCount = max(64 * parts, rowCount * 2).nextPowerOfTwo
            heads = nil
            slots = Self.zeroed(Slot.self, placeCount)
            shift = UInt64(64 - placeCount.trailingZeroBitCount)
            partMask = placeCount / parts - 1
        }
    }

    private static func zeroed<Element: BitwiseCopyable>(_: Element.Type, _ count: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = calloc(max(1, count), MemoryLayout<Element>.stride) else { preconditionFailure("no memory for a join's table") }
        return memory.bindMemory(to: Element.self, capacity: max(1, count))
    }

    // MARK: Filling

    /// False when a part of the table became too full.
    ///
    /// Each worker walks all rows and takes those whose place is in its part: rows are read as many times as there are
    /// workers, and written once.
    private func fill(_ keys: [Int64], _ present: Bitmap?, _ workers: Int, _ run: QueryRun?) throws -> Bool {
        let outcomes = Mutex<[Outcome]>([])
        // An array is cut into as many ranges as there are workers; the parts of a hash table are as many as it was made
        // for.
        let partCount = heads == nil ? placeCount / (partMask + 1) : workers
        try Self.each(partCount, run) { part in
            let outcome = keys.withUnsafeBufferPointer { self.fillPart(part, of: partCount, $0, present) }
            outcomes.withLock { $0.append(outcome) }
        }
        let all = outcomes.withLock { $0 }
        hasRepeats = all.contains(.repeats)
        return !all.contains(.overflow)
    }

    private enum Outcome { case unique, repeats, overflow }

    private static func each(_ count: Int, _ run: QueryRun?, _ body: @escaping (Int) -> Void) throws {
        guard count > 1, let run else {
            for part in 0..<count { body(part) }
            return
        }
        try run.parallel(count) { part in
            {
                body(part)
                return false
            }
        }
    }

    /// Rows from the last to the first, so that chains ascend.
    /// - Returns: `overflow` when more than seven eighths of the part would be full: probing would get slow, and without an
    ///   empty slot never end.
    private func fillPart(_ part: Int, of partCount: Int, _ keys: UnsafeBufferPointer<Int64>, _ present: Bitmap?) -> Outcome {
        var repeats = false
        func link(_ head: inout Int32, _ row: Int) {
            following[row] = head &- 1
            if head != 0 { repeats = true }
            head = Int32(truncatingIfNeeded: row &+ 1)
        }
        if let heads {
            let low = UInt64(placeCount * part / partCount), high = UInt64(placeCount * (part + 1) / partCount)
            for row in stride(from: keys.count - 1, through: 0, by: -1) {
                let place = UInt64(bitPattern: keys[row] &- base)
                // The place of a key below the base wraps round past every part.
                guard place >= low, place < high, present?[row] ?? true else { continue }
                link(&heads[Int(place)], row)
            }
            return repeats ? .repeats : .unique
        }
        guard let slots else { return .unique }
        let first = part * (partMask + 1)
        var room = (partMask + 1) / 8 * 7
        let isFar = placeCount >= Prefetch.tableByteCountMin / MemoryLayout<Slot>.stride
        for row in stride(from: keys.count - 1, through: 0, by: -1) {
            if isFar, row >= Self.aheadRowCount {
                let ahead = Int(truncatingIfNeeded: HashKernels.hash(keys[row &- Self.aheadRowCount]) >> shift)
                if ahead & ~partMask == first { Prefetch.touch(slots + ahead) }
            }
            var place = Int(truncatingIfNeeded: HashKernels.hash(keys[row]) >> shift)
            guard place & ~partMask == first, present?[row] ?? true else { continue }
            // A run that reaches the end of the part goes on at its beginning: no other worker's slots are touched.
            while slots[place].head != 0, slots[place].key != keys[row] { place = first | (place &+ 1) & partMask }
            if slots[place].head == 0 {
                if room == 0 { return .overflow }
                room -= 1
                slots[place].key = keys[row]
            }
            link(&slots[place].head, row)
        }
        return repeats ? .repeats : .unique
    }

    // MARK: Looking up

    /// For each key the first row that has it, or -1.
    func find(_ keys: [Int64], _ present: Bitmap?) -> [Int32] {
        let count = keys.count
        var found = [Int32](unsafeUninitializedCapacity: count) { target, initialized in
            keys.withUnsafeBufferPointer { keys in
                if let heads {
                    let (base, places) = (base, UInt64(placeCount))
                    for row in 0..<count {
                        let place = UInt64(bitPattern: keys[row] &- base)
                        target[row] = place < places ? heads[Int(truncatingIfNeeded: place)] &- 1 : -1
                    }
                } else if let slots {
                    let isFar = placeCount >= Prefetch.tableByteCountMin / MemoryLayout<Slot>.stride
                    Prefetch.blocks(0..<count) { rows in
                        if isFar { for row in rows { Prefetch.touch(slots + Int(truncatingIfNeeded: HashKernels.hash(keys[row]) >> shift)) } }
                        for row in rows { target[row] = find(keys[row], slots) }
                    }
                }
            }
            initialized = count
        }
        if let present { for row in found.indices where !present[row] { found[row] = -1 } }
        return found
    }

    @inline(__always)
    private func find(_ key: Int64, _ slots: UnsafeMutablePointer<Slot>) -> Int32 {
        var place = Int(truncatingIfNeeded: HashKernels.hash(key) >> shift)
        let first = place & ~partMask
        while true {
            let slot = slots[place]
            if slot.head == 0 { return -1 }
            if slot.key == key { return slot.head &- 1 }
            place = first | (place &+ 1) & partMask
        }
    }
}
