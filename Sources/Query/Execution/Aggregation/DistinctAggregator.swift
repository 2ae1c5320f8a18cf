internal import Glibc
import ColumnStore

/// Passes each distinct row of arguments of a group to another aggregator once.
///
/// For DISTINCT within a call where it was not planned as two groupings. NULLs equal each other. A row of several arguments
/// counts as a whole.
///
/// Invariants:
/// 1. `rows` numbers distinct rows of arguments over all groups, `pairs` has each (group, row) once.
/// 2. The inner aggregator has been given each pair of `pairs` once; what lies aside it has not, and gets at the end.
final class DistinctAggregator: Aggregator {
    private let makeInner: () -> Aggregator
    private var inner: Aggregator
    private let types: [ColumnType]
    /// Whether a row with a NULL first argument counts at all.
    private let skipsNulls: Bool
    private var rows: GroupTable
    private var cache: GroupTable.Cache
    /// By row number, the group that it first came with: where rows go with one group mostly, as a customer's number with a region, an array says what
    /// a look-up would.
    private var firstGroups: [UInt32] = []
    /// Of a number whose first row is still to come.
    private static let noGroup = UInt32.max
    /// (group, row number) pairs seen, but those of `firstGroups`.
    private var pairs = IntegerTable()
    private var groupCount = 0

    /// Nil as long as all pairs are in memory.
    private var writtenRows: RowsAside?
    override var aside: RowsAside? { writtenRows }

    init(types: [ColumnType], skipsNulls: Bool, _ makeInner: @escaping () -> Aggregator) {
        self.makeInner = makeInner
        inner = makeInner()
        self.types = types
        self.skipsNulls = skipsNulls
        isOfNumbers = types.count == 1 && Self.isNumber(types[0])
        rows = GroupTable(types: types)
        cache = GroupTable.Cache(keyCount: types.count)
    }

    /// Types whose values are numbered by their 64 bits alone.
    private static func isNumber(_ type: ColumnType) -> Bool {
        switch type {
        case .int32, .int64, .date, .time, .timestamp, .timestampNanoseconds, .double: true
        default: false
        }
    }

    override var stateTypes: [ColumnType] { types.map { .list(element: Field("element", $0)) } }
    /// Rows are held, joined and gathered when they are put out; a table is there twice while it grows, which `growth` says of numbers of several groups.
    override var byteCount: Int {
        let held = rows.byteCount + pairs.byteCount + firstGroups.capacity * 4
        return inner.byteCount + (saysGrowth ? held + (rows.count + pairs.count) * Self.exportedByteCount : 3 * held)
    }

    /// Each row that comes may be a new group, and bring a new value.
    override func growth(to groupCount: Int) -> Int {
        let added = max(0, groupCount - self.groupCount)
        guard saysGrowth, added > 0 else { return inner.growth(to: groupCount) }
        // Of numbers the table asks for their count alone.
        let numbers = Column.constant(.null, type: types[0], count: added)
        return inner.growth(to: groupCount) + rows.growth(by: [numbers], count: added) + pairs.growth(by: added)
            + firstGroups.growth(to: rows.count + added) * 4 + added * Self.exportedByteCount
    }

    override func growth(merging state: [Column]) -> Int { growth(byValues: state[0].lists().element.count) }

    override func growth(absorbing other: Aggregator) -> Int {
        (other as? DistinctAggregator).map { growth(byValues: $0.rows.count + $0.pairs.count) } ?? 0
    }

    /// Lists bring more values than groups. Of other types three times what is held is counted.
    private func growth(byValues count: Int) -> Int {
        guard isOfNumbers, count > 0 else { return 0 }
        return rows.growth(by: [.constant(.null, type: types[0], count: count)], count: count) + pairs.growth(by: count)
            + firstGroups.growth(to: rows.count + count) * 4 + count * Self.exportedByteCount
    }

    /// Whether what rows bring can be told from how many they are. Rows of the one group that a grouping without keys has are not asked for before they come.
    private var saysGrowth: Bool { isOfNumbers && groupCount > 1 }
    private let isOfNumbers: Bool
    /// Of a value while it is put out: itself, gathered, its pair and its code.
    private static let exportedByteCount = 32

    override func resize(_ groupCount: Int) {
        self.groupCount = max(self.groupCount, groupCount)
        inner.resize(groupCount)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        var columns = arguments
        var numbers = groups.numbers
        if skipsNulls, let validity = arguments[0].rowValidity, !validity.isAllSet {
            let present = validity.setIndices()
            columns = arguments.map { $0.gathering(present) }
            numbers = present.map { numbers[Int($0)] }
        }
        if numbers.isEmpty { return }
        let codes = rows.assign(columns, count: numbers.count, cache: &cache)
        try take(columns, numbers, codes, rowOf: nil)
    }

    /// Rows whose pairs of group and row number have not come before, which they are from now on.
    /// - Precondition: of the numbers that `rows` has given, each new one is among `codes`.
    private func freshRows(_ groups: [UInt32], _ codes: [UInt32]) -> [Int32] {
        precondition(groups.count == codes.count)
        firstGroups.grow(to: rows.count, with: Self.noGroup)
        var fresh: [Int32] = []
        // Rows of numbers that first came with another group.
        var others: [Int32] = []
        firstGroups.withUnsafeMutableBufferPointer { firstGroups in
            groups.withUnsafeBufferPointer { groups in
                codes.withUnsafeBufferPointer { codes in
                    for row in codes.indices {
                        let first = firstGroups[Int(codes[row])]
                        if first == groups[row] { continue }
                        if first == Self.noGroup {
                            firstGroups[Int(codes[row])] = groups[row]
                            fresh.append(Int32(truncatingIfNeeded: row))
                        } else {
                            others.append(Int32(truncatingIfNeeded: row))
                        }
                    }
                }
            }
        }
        if others.isEmpty { return fresh }
        var before = UInt32(pairs.count)
        let joined = others.map { Int64(bitPattern: UInt64(groups[Int($0)]) << 32 | UInt64(codes[Int($0)])) }
        var places = [UInt32](repeating: 0, count: joined.count)
        joined.withUnsafeBufferPointer { joined in
            places.withUnsafeMutableBufferPointer { pairs.assign(joined, into: $0) }
        }
        // Numbers of pairs are given in order: the first row of a new one carries the next.
        for index in places.indices where places[index] == before {
            fresh.append(others[index])
            before += 1
        }
        return fresh
    }

    /// All pairs: those that came first, then the others.
    private func allPairs() -> [Int64] {
        firstGroups.indices.map { Int64(bitPattern: UInt64(firstGroups[$0]) << 32 | UInt64($0)) } + pairs.values
    }

    /// Each group's distinct rows as lists: the inner state alone could not be merged, since it does not say which rows it
    /// has seen.
    override func exportState() -> [Column] {
        var offsets = [Int32](repeating: 0, count: groupCount + 1)
        let pairs = allPairs()
        for pair in pairs { offsets[Int(pair >> 32) + 1] += 1 }
        for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
        var next = offsets
        var codes = [Int32](repeating: 0, count: pairs.count)
        for pair in pairs {
            codes[Int(next[Int(pair >> 32)])] = Int32(truncatingIfNeeded: pair & 0xFFFF_FFFF)
            next[Int(pair >> 32)] += 1
        }
        return rows.keyColumns().enumerated().map { index, column in
            Column(type: stateTypes[index], count: groupCount, values: .list(offsets: offsets, element: column.gathering(codes)))
        }
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let (offsets, _) = state[0].lists()
        var numbers: [UInt32] = []
        for row in groups.indices {
            numbers.append(contentsOf: repeatElement(groups[row], count: Int(offsets[row + 1] - offsets[row])))
        }
        if numbers.isEmpty { return }
        try update(state.map { $0.lists().element }, .numbers(numbers))
    }

    /// The other's numbers are looked up, each once: as lists by group all of its rows would be moved twice before.
    override func absorb(_ other: Aggregator, _ groups: [UInt32]) throws(KernelError) {
        guard let other = other as? DistinctAggregator, !other.firstGroups.isEmpty else { return }
        var cache = GroupTable.Cache(keyCount: types.count)
        let columns = other.rows.keyColumns()
        let codes = rows.assign(columns, count: other.firstGroups.count, cache: &cache)
        try take(columns, other.firstGroups.map { groups[Int($0)] }, codes, rowOf: nil)
        let pairs = other.pairs.values
        if pairs.isEmpty { return }
        let numbers = pairs.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
        try take(columns, pairs.map { groups[Int($0 >> 32)] }, numbers.map { codes[Int($0)] }, rowOf: numbers)
    }

    /// Gives the inner aggregator those of some pairs that have not come before.
    /// - Parameter rowOf: where each pair's row stands in `columns`; nil for the pair's own place.
    private func take(_ columns: [Column], _ groups: [UInt32], _ codes: [UInt32], rowOf: [Int32]?) throws(KernelError) {
        let fresh = freshRows(groups, codes)
        if fresh.isEmpty { return }
        let places = rowOf.map { rowOf in fresh.map { rowOf[Int($0)] } } ?? fresh
        try inner.update(columns.map { $0.gathering(places) }, .numbers(fresh.map { groups[Int($0)] }))
    }

    override func finish() throws(KernelError) -> Column {
        guard let writtenRows else { return try inner.finish() }
        return try KernelError.wrapping { try self.finish(from: writtenRows) }
    }

    // MARK: What does not fit

    /// Rows that were written may come again: the inner aggregator begins anew, and gets each once when all are in order.
    /// - Returns: false where the inner one keeps what it gets.
    override func writeAside(_ run: QueryRun) throws -> Bool {
        // One that keeps its rows would keep them all then.
        if inner is CollectingAggregator { return false }
        let aside = writtenRows ?? RowsAside(
            run, types: types, order: types.indices.map { .init(column: $0, isDescending: false, nullsFirst: false) })
        writtenRows = aside
        try write(to: aside)
        return true
    }

    /// Writes all pairs and forgets them; memory is free again.
    private func write(to aside: RowsAside) throws {
        let columns = rows.keyColumns()
        let values = allPairs()
        for start in stride(from: 0, to: values.count, by: ColumnBatch.targetRowCount * 16) {
            let some = values[start..<min(values.count, start + ColumnBatch.targetRowCount * 16)]
            let codes = some.map { Int32(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }
            try aside.write(some.map { UInt32(truncatingIfNeeded: $0 >> 32) }, columns.map { $0.gathering(codes) })
        }
        rows = GroupTable(types: types)
        cache = GroupTable.Cache(keyCount: types.count)
        (firstGroups, pairs) = ([], IntegerTable())
        inner = makeInner()
        inner.resize(groupCount)
    }

    override func absorb(_ other: Aggregator, groupCount: Int) throws {
        guard let other = other as? DistinctAggregator, let theirs = other.writtenRows else { return try super.absorb(other, groupCount: groupCount) }
        try other.write(to: theirs)
        guard let writtenRows else {
            try write(to: theirs)
            return writtenRows = theirs
        }
        try writtenRows.takeOver(theirs)
    }

    /// Whether a key is the one before it again.
    private static func isRepeat(_ keys: ByteArrays, _ row: Int) -> Bool {
        let (before, own) = (keys.range(at: row - 1), keys.range(at: row))
        guard before.count == own.count else { return false }
        return keys.bytes.withUnsafeBytes { bytes in bytes.baseAddress.map { memcmp($0 + before.lowerBound, $0 + own.lowerBound, own.count) == 0 } ?? true }
    }

    /// Rows come sorted by group and value, so that repeats stand beside each other.
    private func finish(from aside: RowsAside) throws -> Column {
        try write(to: aside)
        let stream = try aside.stream()
        var last: [UInt8]?
        while let batch = try stream.next() {
            let keys = batch.columns[batch.columns.count - 1].byteArrays()
            var fresh: [Int32] = []
            for row in 0..<batch.rowCount {
                // The row before the batch's first is in the batch before.
                let isSame = row > 0 ? Self.isRepeat(keys, row) : last.map { keys[0].elementsEqual($0) } ?? false
                if !isSame { fresh.append(Int32(row)) }
            }
            last = Array(keys[batch.rowCount - 1])
            if fresh.isEmpty { continue }
            let groups = batch.columns[0].integers() ?? []
            try inner.update(
                batch.columns[1...types.count].map { $0.gathering(fresh) }, .numbers(fresh.map { UInt32(truncatingIfNeeded: groups[Int($0)]) }))
        }
        return try inner.finish()
    }
}
