import ColumnStore

/// Numbers the distinct rows of several key columns. Each column's values are numbered first; then pairs of numbers, from the left.
struct GroupTable {
    let types: [ColumnType]
    private var keys: [KeyTable]
    /// `pairs[i]` numbers (number over columns 0…i, code of column i + 1).
    private var pairs: [IntegerTable]

    static let missing = IntegerTable.missing

    /// A worker's own memory of dictionaries, beside a table that several may read.
    struct Cache {
        fileprivate var dictionaries: [DictionaryCodes]
        init(keyCount: Int) { dictionaries = Array(repeating: DictionaryCodes(), count: keyCount) }
    }

    init(types: [ColumnType]) {
        self.types = types
        keys = types.map { KeyTable(type: $0) }
        pairs = Array(repeating: IntegerTable(), count: max(0, types.count - 1))
    }

    /// Without keys there is one group, always.
    var count: Int { pairs.last?.count ?? keys.last?.count ?? 1 }
    var byteCount: Int { keys.reduce(0) { $0 + $1.byteCount } + pairs.reduce(0) { $0 + $1.byteCount } }

    /// One group number a row; new groups for rows not seen.
    mutating func assign(_ columns: [Column], count: Int, cache: inout Cache) -> [UInt32] {
        guard !columns.isEmpty else { return [UInt32](repeating: 0, count: count) }
        var numbers = keys[0].assign(columns[0], cache: &cache.dictionaries[0])
        for index in 1..<max(1, columns.count) {
            let codes = keys[index].assign(columns[index], cache: &cache.dictionaries[index])
            let joined = Self.joined(numbers, codes)
            joined.withUnsafeBufferPointer { joined in
                numbers.withUnsafeMutableBufferPointer { pairs[index - 1].assign(joined, into: $0) }
            }
        }
        return numbers
    }

    /// One group number a row, `missing` where there is no such group.
    /// - Parameter nullsMatch: for each key, whether NULL is a value like others.
    func find(_ columns: [Column], count: Int, nullsMatch: [Bool], cache: inout Cache) -> [UInt32] {
        guard !columns.isEmpty else { return [UInt32](repeating: 0, count: count) }
        var numbers = keys[0].find(columns[0], nullsMatch: nullsMatch[0], cache: &cache.dictionaries[0])
        for index in 1..<max(1, columns.count) {
            let codes = keys[index].find(columns[index], nullsMatch: nullsMatch[index], cache: &cache.dictionaries[index])
            for row in numbers.indices {
                guard numbers[row] != Self.missing else { continue }
                numbers[row] =
                    codes[row] == Self.missing ? Self.missing : pairs[index - 1].find(Self.joined(numbers[row], codes[row]))
            }
        }
        return numbers
    }

    @inline(__always)
    private static func joined(_ left: UInt32, _ right: UInt32) -> Int64 { Int64(bitPattern: UInt64(left) << 32 | UInt64(right)) }

    private static func joined(_ left: [UInt32], _ right: [UInt32]) -> [Int64] {
        precondition(left.count == right.count)
        return [Int64](unsafeUninitializedCapacity: left.count) { target, count in
            for row in left.indices { target[row] = joined(left[row], right[row]) }
            count = left.count
        }
    }

    /// The keys of all groups, in order: one row a group.
    func keyColumns() -> [Column] {
        guard !keys.isEmpty else { return [] }
        var columns: [Column] = []
        // Each group's number over the first columns, walked from the last pair back.
        var numbers = Array(0..<UInt32(count))
        for index in stride(from: keys.count - 1, to: 0, by: -1) {
            let pairValues = pairs[index - 1].values
            let codes = numbers.map { Int32(truncatingIfNeeded: pairValues[Int($0)] & 0xFFFF_FFFF) }
            columns.append(keys[index].values().gathering(codes))
            numbers = numbers.map { UInt32(truncatingIfNeeded: pairValues[Int($0)] >> 32) }
        }
        columns.append(keys[0].values().gathering(numbers.map { Int32(bitPattern: $0) }))
        return columns.reversed()
    }
}
