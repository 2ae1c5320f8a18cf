import ColumnStore

/// Numbers the distinct rows of several key columns by one look-up a row: by the hash of the row, and then by comparing its values with those of
/// the number found.
///
/// For rows that seldom come again: `GroupTable` makes three look-ups of a pair of keys, each of which misses the caches where there are many
/// groups, and this one one. Where keys come again and again, as days and codes do, arrays and dictionaries make that one the better
/// (`docs/decisions/0015-grouping.md`).
///
/// A batch goes through it in three passes, so that the waits of all its rows go on together: slots are asked for by hashes; the values of rows
/// that are new are kept; then all rows are compared, column by column. A row that differs from the one whose 32 bits of hash it shares,
/// one in millions, goes on by itself.
///
/// Invariants:
/// 1. Rows have numbers 0 ..< `count`, which never change; `keys[i]` holds the values of column i by number. NULL is a value like others.
/// 2. Each number stands in one slot, its hash's upper half beside it; from its home `upper & mask` on to it no slot is empty.
/// 3. At most half of the slots are full, and their number is 0 or a power of two.
struct RowTable {
    let types: [ColumnType]
    private var keys: [StoredKey]
    private(set) var count = 0
    /// The hash's upper half and the number plus 1; 0 is empty.
    private var memory: SlotMemory<UInt64>?
    private var mask = 0

    /// - Precondition: `canHold(types)`.
    init(types: [ColumnType]) {
        self.types = types
        keys = types.map { StoredKey(type: $0) }
    }

    /// Of one whole number its own table is the shorter way.
    static func canHold(_ types: [ColumnType]) -> Bool {
        types.allSatisfy { StoredKey.canHold($0) } && (types.count > 1 || types.contains { $0.isBytes })
    }

    private var slotCount: Int { memory?.slots.count ?? 0 }
    var byteCount: Int { keys.reduce(slotCount * 8) { $0 + $1.byteCount } }

    /// What the rows of `columns` may take at most while they are numbered: larger arrays, beside those that they replace.
    func growth(by columns: [Column], count added: Int) -> Int {
        let total = count + added
        let slots = total * 2 <= slotCount ? 0 : max(Self.slotCountMin, total * 2).nextPowerOfTwo * 8
        var growth = zip(keys, columns).reduce(slots) { $0 + $1.0.growth(by: $1.1) }
        // A decimal past 64 bits has all rows go to another table, beside this one.
        if columns.contains(where: { if case .int128 = $0.values { true } else { false } }) {
            growth += GroupTable.byteCountBound(types, rowCount: total, textByteCount: keys.reduce(0) { $0 + $1.byteCount })
        }
        return growth
    }

    /// What putting out the keys of all rows takes beside the table, which gives its arrays away: whole numbers of half the width.
    var exportByteCount: Int { count * keys.count * 8 }

    private static let slotCountMin = 1_024

    /// One number a row; new ones for rows not seen.
    /// - Parameter rowCount: rows of each column.
    /// - Returns: nil where a column lies as none can here, which a decimal past 64 bits does; nothing has changed then.
    mutating func assign(_ columns: [Column], count rowCount: Int) -> [UInt32]? {
        var rows: [StoredKey.Rows] = []
        for column in columns {
            guard let own = StoredKey.Rows(column) else { return nil }
            rows.append(own)
        }
        let hashes = HashKernels.rows(columns, count: rowCount)
        let slots = makeRoom(for: rowCount)
        var numbers = [UInt32](repeating: 0, count: rowCount)
        let fresh = hashes.withUnsafeBufferPointer { hashes in
            numbers.withUnsafeMutableBufferPointer { Self.number(hashes, into: $0, slots, mask, next: UInt32(truncatingIfNeeded: count)) }
        }
        count += fresh.count
        for index in keys.indices { keys[index].append(rows[index], at: fresh) }
        var differs = [Bool](repeating: false, count: rowCount)
        for index in keys.indices { keys[index].compare(rows[index], numbers, &differs) }
        for row in differs.indices where differs[row] { numbers[row] = assign(row, of: rows, upper: hashes[row] >> 32, slots) }
        return numbers
    }

    /// Gives each row the number of the first that shares its half of a hash, or a new one.
    /// - Precondition: a slot is free for each row; `numbers` has a place for each.
    /// - Returns: rows that have new numbers, ascending.
    private static func number(
        _ hashes: UnsafeBufferPointer<UInt64>, into numbers: UnsafeMutableBufferPointer<UInt32>, _ slots: UnsafeMutableBufferPointer<UInt64>,
        _ mask: Int, next: UInt32
    ) -> [Int32] {
        let isFar = slots.count >= Prefetch.tableByteCountMin / MemoryLayout<UInt64>.stride
        return [Int32](unsafeUninitializedCapacity: hashes.count) { fresh, freshCount in
            var next = next
            Prefetch.blocks(hashes.indices) { rows in
                if isFar, let first = slots.baseAddress { for row in rows { Prefetch.touch(first + Int(truncatingIfNeeded: hashes[row] >> 32) & mask) } }
                for row in rows {
                    let upper = hashes[row] >> 32
                    var place = Int(truncatingIfNeeded: upper) & mask
                    var slot = slots[place]
                    while slot != 0, slot >> 32 != upper {
                        place = (place &+ 1) & mask
                        slot = slots[place]
                    }
                    if slot == 0 {
                        fresh[freshCount] = Int32(truncatingIfNeeded: row)
                        freshCount &+= 1
                        next &+= 1
                        slot = upper << 32 | UInt64(next)
                        slots[place] = slot
                    }
                    numbers[row] = UInt32(truncatingIfNeeded: slot) &- 1
                }
            }
        }
    }

    /// The number of one row, which differs from the first that shares its half of a hash.
    /// - Precondition: a slot is free.
    private mutating func assign(_ row: Int, of rows: [StoredKey.Rows], upper: UInt64, _ slots: UnsafeMutableBufferPointer<UInt64>) -> UInt32 {
        var place = Int(truncatingIfNeeded: upper) & mask
        while slots[place] != 0 {
            let (slot, number) = (slots[place], UInt32(truncatingIfNeeded: slots[place]) &- 1)
            if slot >> 32 == upper, isEqual(row, of: rows, to: number) { return number }
            place = (place &+ 1) & mask
        }
        for index in keys.indices { keys[index].append(rows[index], at: [Int32(truncatingIfNeeded: row)]) }
        count += 1
        slots[place] = upper << 32 | UInt64(count)
        return UInt32(count - 1)
    }

    private func isEqual(_ row: Int, of rows: [StoredKey.Rows], to number: UInt32) -> Bool {
        var differs = [false]
        for index in keys.indices { keys[index].compare(rows[index].row(row), [number], &differs) }
        return !differs[0]
    }

    /// The keys of all rows, by number.
    func keyColumns() -> [Column] { keys.map { $0.column() } }

    // MARK: Room

    /// Lays out memory for so many rows, so that nothing is moved while they come.
    mutating func reserve(_ rowCount: Int) {
        guard rowCount > count else { return }
        _ = makeRoom(for: rowCount - count)
        for index in keys.indices { keys[index].reserve(rowCount) }
    }

    /// Sees to it that `added` rows find free slots.
    /// - Returns: the slots, which nobody else has: a copy of a table shares them until either is written to.
    private mutating func makeRoom(for added: Int) -> UnsafeMutableBufferPointer<UInt64> {
        let slots = SlotMemory.room(in: &memory, used: count, added: added, countMin: Self.slotCountMin).slots
        mask = slots.count - 1
        return slots
    }
}
