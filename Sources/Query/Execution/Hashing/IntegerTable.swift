/// Numbers whole numbers in the order in which they first come: an open-addressing hash table, or an array where they lie close together.
///
/// Tables of keys number values, and pairs of numbers, by it: it is what a grouping spends its time in. Whole numbers of
/// receipts (days, codes, numbers of pairs) mostly lie close together, and an array then takes one access to memory and no
/// hash.
///
/// Invariants:
/// 1. `values[c]` has code c; a value has one code, which never changes.
/// 2. `isDirect`: there is no `memory`, and every value lies in `base ..< base + direct.count`. Else `direct` is empty.
/// 3. Hashing: `slotCount` is a power of two, at most half of the slots are full, and probing is linear.
struct IntegerTable {
    /// By code.
    private(set) var values: [Int64] = []
    /// Nil while the array is there.
    private var memory: SlotMemory<Slot>?
    private var mask = 0
    /// `direct[value - base]` is the code plus 1; empty when hashing is on.
    private var direct: [UInt32] = []
    private var base: Int64 = 0
    private var isDirect = true

    /// What `find` gives for a value that has no code; `assign` never gives it.
    static let missing = UInt32.max
    /// An array of this many codes takes 4 MiB, as much as the hash table of 130,000 values.
    private static let directSpanMax: Int64 = 1 << 20
    /// Past this, an array needs so many places for each value that hashing takes less memory.
    private static let directSpanPerValue = 8
    /// So many places are few, however many values there are.
    private static let directPlacesMin = 512
    /// Rows between two looks at whether the table must grow.
    private static let stepRowCount = 1_024

    private struct Slot: BitwiseCopyable {
        var value: Int64
        /// Code plus 1; 0 is empty.
        var mark: UInt32
    }

    var count: Int { values.count }
    private var slotCount: Int { memory?.slots.count ?? 0 }
    var byteCount: Int { values.capacity * 8 + slotCount * 16 + direct.count * 4 }

    /// What `added` more values may take at most while they are taken in: larger arrays, beside those that they replace.
    /// An array may have eight places a value, and room on both sides: twice its span.
    func growth(by added: Int) -> Int {
        let total = values.count + added
        let room = values.growth(to: total) * 8
        if isDirect { return room + max(Self.directPlacesMin, total) * 2 * Self.directSpanPerValue * 4 }
        let needed = total * 2
        return needed <= slotCount ? room : room + max(needed, slotCount * 2).nextPowerOfTwo * 16
    }

    // MARK: Giving codes

    /// Codes of all values, new ones given to those not seen.
    /// - Precondition: `codes` has a place for each value.
    mutating func assign(_ input: UnsafeBufferPointer<Int64>, into codes: UnsafeMutableBufferPointer<UInt32>) {
        precondition(codes.count >= input.count)
        var start = 0
        while start < input.count {
            if isDirect {
                // The window is laid for all that is still to come, so that the loop below needs no test.
                let rest = UnsafeBufferPointer(rebasing: input[start...])
                let isOneValue = widen(toHold: rest)
                if isDirect {
                    let target = UnsafeMutableBufferPointer(rebasing: codes[start..<input.count])
                    // A day's rows: the first is looked up for all.
                    let some = isOneValue ? UnsafeBufferPointer(rebasing: rest[..<1]) : rest
                    Self.assignDirect(some, into: target, base, &direct, &values)
                    if isOneValue { target.update(repeating: target[0]) }
                    return
                }
            }
            let end = min(start + Self.stepRowCount, input.count)
            makeRoom(for: end - start)
            // Growing may have found that the values lie close together.
            guard !isDirect, let slots = ownSlots() else { continue }
            Self.assignHashed(
                UnsafeBufferPointer(rebasing: input[start..<end]), into: UnsafeMutableBufferPointer(rebasing: codes[start..<end]), mask, slots,
                &values)
            start = end
        }
    }

    mutating func assign(_ value: Int64) -> UInt32 {
        var code: UInt32 = 0
        withUnsafePointer(to: value) { input in
            withUnsafeMutablePointer(to: &code) { output in
                assign(UnsafeBufferPointer(start: input, count: 1), into: UnsafeMutableBufferPointer(start: output, count: 1))
            }
        }
        return code
    }

    /// - Precondition: every value lies in the array's window.
    private static func assignDirect(
        _ input: UnsafeBufferPointer<Int64>, into codes: UnsafeMutableBufferPointer<UInt32>, _ base: Int64, _ direct: inout [UInt32],
        _ values: inout [Int64]
    ) {
        direct.withUnsafeMutableBufferPointer { direct in
            for row in input.indices {
                let place = Int(truncatingIfNeeded: input[row] &- base)
                var mark = direct[place]
                if mark == 0 {
                    values.append(input[row])
                    mark = UInt32(truncatingIfNeeded: values.count)
                    direct[place] = mark
                }
                codes[row] = mark &- 1
            }
        }
    }

    /// - Precondition: there are free slots for all of `input`.
    private static func assignHashed(
        _ input: UnsafeBufferPointer<Int64>, into codes: UnsafeMutableBufferPointer<UInt32>, _ mask: Int, _ slots: UnsafeMutableBufferPointer<Slot>,
        _ values: inout [Int64]
    ) {
        var mark = UInt32(truncatingIfNeeded: values.count)
        // Room for all of them at once: an append by itself asks each time whether the array is its own.
        values.append(addingCapacity: input.count) { added in
            var start = 0
            while start < input.count {
                let rows = start..<min(start &+ Prefetch.rowCount, input.count)
                start = rows.upperBound
                fetch(input, rows, mask, UnsafeBufferPointer(slots))
                for row in rows {
                    let value = input[row]
                    var place = Int(truncatingIfNeeded: HashKernels.hash(value)) & mask
                    var slot = slots[place]
                    while slot.mark != 0, slot.value != value {
                        place = (place &+ 1) & mask
                        slot = slots[place]
                    }
                    if slot.mark == 0 {
                        added.append(value)
                        mark &+= 1
                        slot.mark = mark
                        slots[place] = Slot(value: value, mark: mark)
                    }
                    codes[row] = slot.mark &- 1
                }
            }
        }
    }

    /// Has the slots of these rows brought near, where the table is so large that they lie far.
    /// - Complexity: O(rows): hashing twice costs less than keeping the hashes.
    @inline(__always)
    private static func fetch(_ input: UnsafeBufferPointer<Int64>, _ rows: Range<Int>, _ mask: Int, _ slots: UnsafeBufferPointer<Slot>) {
        guard slots.count >= Prefetch.tableByteCountMin / MemoryLayout<Slot>.stride, let first = slots.baseAddress else { return }
        for row in rows { Prefetch.touch(first + Int(truncatingIfNeeded: HashKernels.hash(input[row])) & mask) }
    }

    // MARK: Finding codes

    /// The code of each value, or `missing`.
    func find(_ input: UnsafeBufferPointer<Int64>, into codes: UnsafeMutableBufferPointer<UInt32>) {
        precondition(codes.count >= input.count)
        if isDirect {
            direct.withUnsafeBufferPointer { direct in
                let span = UInt64(direct.count)
                for row in input.indices {
                    // A value below the base wraps round to a large place.
                    let place = UInt64(bitPattern: input[row] &- base)
                    codes[row] = place < span ? direct[Int(place)] &- 1 : Self.missing
                }
            }
            return
        }
        guard let memory else { return }
        let slots = UnsafeBufferPointer(memory.slots)
        Prefetch.blocks(input.indices) { rows in
            Self.fetch(input, rows, mask, slots)
            for row in rows {
                let value = input[row]
                var place = Int(truncatingIfNeeded: HashKernels.hash(value)) & mask
                var slot = slots[place]
                while slot.mark != 0, slot.value != value {
                    place = (place &+ 1) & mask
                    slot = slots[place]
                }
                // An empty slot's mark wraps round to `missing`.
                codes[row] = slot.mark &- 1
            }
        }
    }

    /// The code of a value, or `missing`.
    func find(_ value: Int64) -> UInt32 {
        var code = Self.missing
        withUnsafePointer(to: value) { input in
            withUnsafeMutablePointer(to: &code) { output in
                find(UnsafeBufferPointer(start: input, count: 1), into: UnsafeMutableBufferPointer(start: output, count: 1))
            }
        }
        return code
    }

    // MARK: Room

    /// Nil of no values.
    private static func bounds(_ values: UnsafeBufferPointer<Int64>) -> (least: Int64, greatest: Int64)? {
        guard var least = values.first else { return nil }
        var greatest = least
        for value in values {
            least = min(least, value)
            greatest = max(greatest, value)
        }
        return (least, greatest)
    }

    /// Moves the array's window so that all of `input` lies in it, or gives it up for hashing.
    /// - Returns: whether all of `input` is one value.
    private mutating func widen(toHold input: UnsafeBufferPointer<Int64>) -> Bool {
        guard var (least, greatest) = Self.bounds(input) else { return false }
        let isOneValue = least == greatest
        if !direct.isEmpty {
            if least >= base, greatest < base + Int64(direct.count) { return isOneValue }
            least = min(least, base)
            greatest = max(greatest, base + Int64(direct.count) - 1)
        }
        if !layDirect(least, greatest, valueCount: values.count + input.count) { startHashing() }
        return isOneValue
    }

    /// Makes an array for values from `least` to `greatest`; false when they are too far apart for `valueCount` of them.
    private mutating func layDirect(_ least: Int64, _ greatest: Int64, valueCount: Int) -> Bool {
        let (span, overflow) = greatest.subtractingReportingOverflow(least)
        guard !overflow, span < Self.directSpanMax, span < Int64(max(Self.directPlacesMin, valueCount) * Self.directSpanPerValue) else { return false }
        // Room on both sides, so that values that grow row by row do not move it each time.
        let room = span / 2 + 64
        let (start, tooLow) = least.subtractingReportingOverflow(room)
        let (end, tooHigh) = greatest.addingReportingOverflow(room)
        guard !tooLow, !tooHigh else { return false }
        direct = [UInt32](repeating: 0, count: Int(end - start + 1))
        base = start
        for code in values.indices { direct[Int(values[code] - base)] = UInt32(code + 1) }
        isDirect = true
        memory = nil
        mask = 0
        return true
    }

    /// Lays all values out in slots.
    private mutating func startHashing() {
        isDirect = false
        direct = []
        let memory = SlotMemory<Slot>(count: max(1_024, values.count * 4).nextPowerOfTwo)
        self.memory = memory
        let slots = memory.slots
        mask = slots.count - 1
        for code in values.indices { Self.put(Slot(value: values[code], mark: UInt32(truncatingIfNeeded: code &+ 1)), slots, mask) }
    }

    /// Grows the table, or turns it into an array where the values have come to lie close together.
    private mutating func makeRoom(for added: Int) {
        let needed = (values.count + added) * 2
        if needed <= slotCount { return }
        // Asked at growth alone: values may have come in any order, and filled the gaps between them since.
        if let (least, greatest) = values.withUnsafeBufferPointer(Self.bounds), values.count > 4_096,
            layDirect(least, greatest, valueCount: values.count)
        {
            return
        }
        grow(to: max(needed, slotCount * 2).nextPowerOfTwo)
    }

    /// Slots that nobody else has; nil while there are none.
    /// Tables are values: a copy of one shares its slots until either is written to.
    private mutating func ownSlots() -> UnsafeMutableBufferPointer<Slot>? {
        if !isKnownUniquelyReferenced(&memory), let shared = memory { memory = SlotMemory(copying: shared) }
        return memory?.slots
    }

    /// Moves all values to more slots, in the order of the old ones: where a value goes differs from where it was in the upper bits of its place
    /// alone, so that the new slots are written in as many runs as they are times the old, and none of them is waited for. By the order of codes
    /// each would be a look somewhere else.
    /// - Precondition: `slotCount` is a power of two above twice the number of values.
    private mutating func grow(to slotCount: Int) {
        let larger = SlotMemory<Slot>(count: slotCount)
        let (slots, mask) = (larger.slots, slotCount - 1)
        if let memory {
            for slot in memory.slots where slot.mark != 0 { Self.put(slot, slots, mask) }
        }
        (memory, self.mask) = (larger, mask)
    }

    /// - Precondition: the value is not there, and a slot is free.
    @inline(__always)
    private static func put(_ slot: Slot, _ slots: UnsafeMutableBufferPointer<Slot>, _ mask: Int) {
        var place = Int(truncatingIfNeeded: HashKernels.hash(slot.value)) & mask
        while slots[place].mark != 0 { place = (place &+ 1) & mask }
        slots[place] = slot
    }
}

extension Int {
    /// The least power of two not below.
    var nextPowerOfTwo: Int {
        var power = 1
        while power < self { power *= 2 }
        return power
    }
}
