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
        rows = GroupTable(types: types)
        cache = GroupTable.Cache(keyCount: types.count)
    }

    override var stateTypes: [ColumnType] { types.map { .list(element: Field("element", $0)) } }
    /// Rows are held, joined and gathered when they are put out; a table is there twice while it grows.
    override var byteCount: Int { inner.byteCount + 3 * (rows.byteCount + pairs.byteCount + firstGroups.capacity * 4) }
    override func growth(to groupCount: Int) -> Int { inner.growth(to: groupCount) }

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
        let fresh = freshRows(numbers, codes)
        if fresh.isEmpty { return }
        try inner.update(columns.map { $0.gathering(fresh) }, .numbers(fresh.map { numbers[Int($0)] }))
    }

    /// Rows whose pairs of group and row number have not come before, which they are from now on.
    private func freshRows(_ groups: [UInt32], _ codes: [UInt32]) -> [Int32] {
        var fresh: [Int32] = []
        // Rows of numbers that first came with another group.
        var others: [Int32] = []
        for row in codes.indices {
            let code = Int(codes[row])
            // A NULL may come before values whose numbers are below its own: these wait, and each has a row in this batch.
            if code >= firstGroups.count { firstGroups.append(contentsOf: repeatElement(Self.noGroup, count: code + 1 - firstGroups.count)) }
            if firstGroups[code] == Self.noGroup {
                firstGroups[code] = groups[row]
                fresh.append(Int32(truncatingIfNeeded: row))
            } else if firstGroups[code] != groups[row] {
                others.append(Int32(truncatingIfNeeded: row))
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
