import ColumnStore

/// Numbers the distinct rows of several key columns. Each column's values are numbered first; then pairs of numbers, from the left. A column of which each group so
/// far has one value alone is compared instead.
///
/// For keys (a, b, c): code of a, code of b → number of (a, b); this number, code of c → number of (a, b, c), which is the
/// group. Each step is a look-up of one 64-bit number (`PairTable`), so that no row's keys are ever put together as bytes.
///
/// Invariants:
/// 1. Groups are numbered from 0 in the order in which they first come; numbers never change, but by a table that is made
///    anew.
/// 2. NULL is a value like others to `assign`.
/// 3. While `dependents[i]` is there, column i has no entry in `keys[i]` and `pairs[i - 1]`: with it there are no more
///    groups than without.
struct GroupTable {
    /// Of the key columns; a column may come with another precision.
    let types: [ColumnType]
    private var keys: [KeyTable]
    /// By column, instead of its key and pairs, as long as it holds; none for the first.
    private var dependents: [DependentKey?]
    /// `pairs[i]` numbers (number over columns 0…i, code of column i + 1).
    private var pairs: [PairTable]

    static let missing = IntegerTable.missing

    /// A worker's own memory of dictionaries, beside a table that several may read.
    struct Cache {
        fileprivate var dictionaries: [DictionaryCodes]
        init(keyCount: Int) { dictionaries = Array(repeating: DictionaryCodes(), count: keyCount) }
        var byteCount: Int { dictionaries.reduce(0) { $0 + $1.byteCount } }
    }

    /// - Parameter isSearched: `find` will be called.
    init(types: [ColumnType], isSearched: Bool = true) {
        self.types = types
        keys = types.map { KeyTable(type: $0) }
        dependents = types.indices.map { $0 == 0 || isSearched ? nil : DependentKey(type: types[$0]) }
        pairs = Array(repeating: PairTable(), count: max(0, types.count - 1))
    }

    /// Without keys there is one group, always.
    var count: Int {
        guard let last = keys.last else { return 1 }
        if keys.count == 1 { return last.count }
        return dependents[keys.count - 1]?.count ?? pairs[keys.count - 2].count
    }

    /// Place of the key that has most values.
    var widestKey: Int { keys.indices.max { valueCount($0) < valueCount($1) } ?? 0 }

    /// Of a key that follows from others no more is known than that each group has one.
    private func valueCount(_ key: Int) -> Int { dependents[key]?.count ?? keys[key].count }

    var byteCount: Int {
        keys.reduce(0) { $0 + $1.byteCount } + pairs.reduce(0) { $0 + $1.byteCount } + dependents.reduce(0) { $0 + ($1?.byteCount ?? 0) }
    }

    /// What the rows of `columns` may take at most while they are numbered.
    /// - Complexity: O(keys), but for nested columns, whose bytes are counted.
    func growth(by columns: [Column], count: Int) -> Int {
        var sum = 0
        for index in columns.indices {
            sum += keys[index].growth(by: columns[index]) + (dependents[index]?.growth(by: columns[index]) ?? 0)
            if index > 0 { sum += pairs[index - 1].growth(by: count) }
        }
        return sum
    }

    /// What a table of so many rows takes at most, no two of which are the same, with what it grew from.
    /// Slots of 8 or 16 bytes, half of them free, beside those that they grew from; heads, offsets and values.
    static func byteCountBound(_ types: [ColumnType], rowCount: Int, textByteCount: Int) -> Int {
        let slotCount = (2 * rowCount).nextPowerOfTwo
        let pairs = max(0, types.count - 1) * (slotCount * 24 + rowCount * 16)
        return types.reduce(pairs + 3 * textByteCount) { $0 + ($1.isBytes ? slotCount * 12 + rowCount * 40 : slotCount * 24 + rowCount * 16) }
    }

    /// What putting out the keys of all groups takes beside the table: values, their codes, and a column of them.
    var exportByteCount: Int { count * keys.count * 28 }

    /// One group number a row; new groups for rows not seen.
    /// - Parameter count: rows of each column.
    /// - Parameter cache: of this worker, for this table alone.
    /// - Complexity: O(rows × keys) probes; of a dictionary's entries one for each that rows use.
    mutating func assign(_ columns: [Column], count: Int, cache: inout Cache) -> [UInt32] {
        guard !columns.isEmpty else { return [UInt32](repeating: 0, count: count) }
        var numbers = keys[0].assign(columns[0], cache: &cache.dictionaries[0])
        for index in 1..<max(1, columns.count) {
            if dependents[index] != nil {
                // Each group has one value: its number stays.
                if dependents[index]?.take(columns[index], numbers) == true { continue }
                number(index)
            }
            let codes = keys[index].assign(columns[index], cache: &cache.dictionaries[index])
            pairs[index - 1].assign(&numbers, codes, codeCount: keys[index].count)
        }
        return numbers
    }

    /// Has a column that was compared numbered from now on. The groups of earlier rows keep their numbers.
    /// Earlier groups differ in the columns before this one already, so that each makes a pair of its own, in order.
    private mutating func number(_ index: Int) {
        guard let values = dependents[index]?.settled() else { return }
        dependents[index] = nil
        var numbers = Array(0..<UInt32(values.count))
        var cache = DictionaryCodes()
        let codes = keys[index].assign(values, cache: &cache)
        pairs[index - 1].assign(&numbers, codes, codeCount: keys[index].count)
        assert(numbers == Array(0..<UInt32(values.count)), "groups that were apart are one, or in another order")
    }

    /// One group number a row, `missing` where there is no such group.
    /// Changes nothing in the table: several workers may search it at once, each with a cache of its own.
    /// - Parameter nullsMatch: for each key, whether NULL is a value like others.
    func find(_ columns: [Column], count: Int, nullsMatch: [Bool], cache: inout Cache) -> [UInt32] {
        guard !columns.isEmpty else { return [UInt32](repeating: 0, count: count) }
        precondition(dependents.allSatisfy { $0 == nil }, "a table that is not made to be searched")
        var numbers = keys[0].find(columns[0], nullsMatch: nullsMatch[0], cache: &cache.dictionaries[0])
        for index in 1..<max(1, columns.count) {
            let codes = keys[index].find(columns[index], nullsMatch: nullsMatch[index], cache: &cache.dictionaries[index])
            pairs[index - 1].find(&numbers, codes)
        }
        return numbers
    }

    /// The keys of all groups, in order: one row a group.
    func keyColumns() -> [Column] {
        guard !keys.isEmpty else { return [] }
        var columns: [Column] = []
        // Each group's number over the first columns, walked from the last pair back.
        var numbers = Array(0..<UInt32(count))
        for index in stride(from: keys.count - 1, to: 0, by: -1) {
            if let dependent = dependents[index] {
                columns.append(dependent.values().gathering(numbers.map { Int32(bitPattern: $0) }))
                continue
            }
            let (left, codes) = pairs[index - 1].split(numbers)
            columns.append(keys[index].values().gathering(codes))
            numbers = left
        }
        columns.append(keys[0].values().gathering(numbers.map { Int32(bitPattern: $0) }))
        return columns.reversed()
    }
}

/// Numbers pairs of numbers: both in one 64-bit value, so close together that few of them make an array.
///
/// (left, right) is `left << shift | right`. With 10 bits for the right half few groups and few codes give small numbers,
/// for which `IntegerTable` takes an array; a right half that outgrows them has all pairs numbered anew with 32.
///
/// Invariant: every right number so far is below `1 << shift`.
private struct PairTable {
    private var table = IntegerTable()
    /// Bits of the right half.
    private var shift: UInt64 = 10

    var count: Int { table.count }
    var byteCount: Int { table.byteCount }

    /// With the pairs spread anew when a half outgrows its bits.
    func growth(by added: Int) -> Int { table.growth(by: added) + (shift < 32 ? table.count * 24 : 0) }

    /// Puts the pairs' numbers in the place of the left ones.
    /// - Parameter codeCount: above every right number.
    mutating func assign(_ numbers: inout [UInt32], _ codes: [UInt32], codeCount: Int) {
        if codeCount > 1 << shift { widen() }
        joined(numbers, codes).withUnsafeBufferPointer { joined in
            numbers.withUnsafeMutableBufferPointer { table.assign(joined, into: $0) }
        }
    }

    /// As `assign`; `missing` for pairs that are not there, as are those of which a half is missing.
    func find(_ numbers: inout [UInt32], _ codes: [UInt32]) {
        // `missing` is `UInt32.max`: joined it would be some other pair's bits, so that such rows are put right afterwards.
        let isMissing = numbers.indices.contains { numbers[$0] == IntegerTable.missing || codes[$0] == IntegerTable.missing }
        let before = isMissing ? numbers : []
        joined(numbers, codes).withUnsafeBufferPointer { joined in
            numbers.withUnsafeMutableBufferPointer { table.find(joined, into: $0) }
        }
        if !isMissing { return }
        for row in numbers.indices where before[row] == IntegerTable.missing || codes[row] == IntegerTable.missing {
            numbers[row] = IntegerTable.missing
        }
    }

    /// The halves of the pairs behind numbers.
    func split(_ numbers: [UInt32]) -> (left: [UInt32], right: [Int32]) {
        let values = table.values
        let mask = Int64(1) << Int64(shift) - 1
        return (
            numbers.map { UInt32(truncatingIfNeeded: values[Int($0)] >> Int64(shift)) },
            numbers.map { Int32(truncatingIfNeeded: values[Int($0)] & mask) }
        )
    }

    private func joined(_ left: [UInt32], _ right: [UInt32]) -> [Int64] {
        precondition(left.count == right.count)
        return [Int64](unsafeUninitializedCapacity: left.count) { target, count in
            left.withUnsafeBufferPointer { left in
                right.withUnsafeBufferPointer { right in
                    for row in left.indices { target[row] = Int64(bitPattern: UInt64(left[row]) << shift | UInt64(right[row])) }
                }
            }
            count = left.count
        }
    }

    /// Numbers the same pairs, in the same order, with all of 32 bits for each half.
    private mutating func widen() {
        let (left, right) = split(Array(0..<UInt32(table.count)))
        shift = 32
        table = IntegerTable()
        var numbers = [UInt32](repeating: 0, count: left.count)
        joined(left, right.map { UInt32(bitPattern: $0) }).withUnsafeBufferPointer { joined in
            numbers.withUnsafeMutableBufferPointer { table.assign(joined, into: $0) }
        }
    }
}
