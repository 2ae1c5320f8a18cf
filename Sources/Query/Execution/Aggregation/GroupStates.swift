import ColumnStore

/// The groups of one grouping set: keys numbered, and a state for each call.
///
/// One thread at a time: a worker's own, and then that of the one that merges it.
///
/// Invariants:
/// 1. Every aggregator has states for groups 0 ..< `count`.
/// 2. `table` is empty while `rows` is there, which numbers in its place.
final class GroupStates {
    private var table: GroupTable
    private var cache: GroupTable.Cache
    private var rows: RowTable?
    let aggregators: [Aggregator]
    private let calls: [AggregateCall]

    /// - Parameter seldom: how many rows will come of which few are of one group; nil where that is not known.
    init(types: [ColumnType], calls: [AggregateCall], seldom rowCount: Int? = nil) throws(QueryError) {
        table = GroupTable(types: types, isSearched: false)
        cache = GroupTable.Cache(keyCount: types.count)
        self.calls = calls
        aggregators = try AggregatorFactory.make(calls)
        if let rowCount, RowTable.canHold(types) {
            rows = RowTable(types: types)
            rows?.reserve(rowCount)
            for aggregator in aggregators { aggregator.reserve(rowCount) }
        }
        // Without keys there is one group, rows or not.
        if types.isEmpty { for aggregator in aggregators { aggregator.resize(1) } }
    }

    var keyCount: Int { table.types.count }
    /// Of `export`: keys, then the states of each call.
    var types: [ColumnType] { table.types + aggregators.flatMap(\.stateTypes) }
    var count: Int { rows?.count ?? table.count }
    /// The keys of all groups, in order.
    var keyColumns: [Column] { rows?.keyColumns() ?? table.keyColumns() }
    /// Place of the key that has most values.
    var widestKey: Int { table.widestKey }
    private var keysByteCount: Int { rows?.byteCount ?? (table.byteCount + cache.byteCount) }
    var byteCount: Int { keysByteCount + aggregators.reduce(0) { $0 + $1.byteCount } }

    /// What rows with these keys may take at most while they are taken in: asked for before they are.
    func growth(by keys: [Column], count: Int) -> Int {
        if keys.isEmpty { return 0 }
        let groupCount = self.count + count
        return (rows?.growth(by: keys, count: count) ?? table.growth(by: keys, count: count)) + aggregators.reduce(0) { $0 + $1.growth(to: groupCount) }
    }

    /// What the states of `exported` may take at most while they are merged, beside `growth`.
    func growth(merging exported: ColumnBatch) -> Int {
        var (place, sum) = (keyCount, 0)
        for aggregator in aggregators {
            let width = aggregator.stateTypes.count
            if width > 0 { sum += aggregator.growth(merging: Array(exported.columns[place..<(place + width)])) }
            place += width
        }
        return sum
    }

    func growth(absorbing other: GroupStates) -> Int { zip(aggregators, other.aggregators).reduce(0) { $0 + $1.0.growth(absorbing: $1.1) } }

    /// Only what takes a part of it worth writing.
    func writeAside(_ run: QueryRun) throws {
        for aggregator in aggregators where aggregator.byteCount > run.refusedByteCount / 8 { _ = try aggregator.writeAside(run) }
    }

    /// What putting out all groups takes beside them; of texts and lists that is part of `byteCount`.
    var exportByteCount: Int { keyCount == 0 ? 0 : (rows?.exportByteCount ?? table.exportByteCount) + count * 16 * (types.count - keyCount) }

    /// What cannot be divided must fit as it is, or answer from disk.
    /// - Throws: `outOfMemory` with the name and the position of the call that takes most.
    func checkWhole(_ share: MemoryShare, _ run: QueryRun) throws {
        if share.resize(to: byteCount) { return }
        if byteCount > run.refusedByteCount { try writeAside(run) }
        let byteCount = byteCount
        if share.resize(to: byteCount) { return }
        guard byteCount <= run.refusedByteCount else {
            let heaviest = aggregators.indices.max { aggregators[$0].byteCount < aggregators[$1].byteCount }
            throw QueryError.outOfMemory(
                "one group's \(heaviest.map { calls[$0].function.rawValue } ?? "key")", position: heaviest.flatMap { calls[$0].position })
        }
        share.force(to: byteCount)
    }

    /// Some of the states lie on disk.
    var isAside: Bool { aggregators.contains { $0.aside != nil } }
    var asideByteCount: Int { aggregators.reduce(0) { $0 + ($1.aside?.byteCount ?? 0) } }

    /// Takes in the groups of another worker.
    /// - Precondition: without keys, where some state lies on disk.
    func absorb(_ other: GroupStates) throws {
        guard other.isAside else {
            let numbers = rows(other.keyColumns, count: other.count).numbers
            for (index, aggregator) in aggregators.enumerated() {
                do throws(KernelError) { try aggregator.absorb(other.aggregators[index], numbers) } catch { throw error.queryError(position: calls[index].position) }
            }
            return
        }
        precondition(keyCount == 0, "groups with keys are laid into parts before their states are written aside")
        for (index, aggregator) in aggregators.enumerated() where !aggregator.isFollower {
            do {
                try aggregator.absorb(other.aggregators[index], groupCount: 1)
            } catch let error as KernelError {
                throw error.queryError(position: calls[index].position)
            }
        }
    }

    /// The group of each row; states are made for new ones.
    func rows(_ keys: [Column], count: Int) -> GroupRows {
        if keys.isEmpty { return .one(count: count) }
        let numbers = assign(keys, count: count)
        for aggregator in aggregators { aggregator.resize(self.count) }
        return .numbers(numbers)
    }

    private func assign(_ keys: [Column], count: Int) -> [UInt32] {
        if let numbers = rows?.assign(keys, count: count) { return numbers }
        if let groups = rows {
            // The groups so far keep their numbers, as these are given in order.
            _ = table.assign(groups.keyColumns(), count: groups.count, cache: &cache)
            rows = nil
        }
        return table.assign(keys, count: count, cache: &cache)
    }

    /// - Parameter call: its place among the calls; `arguments` as its aggregator wants them.
    func update(_ call: Int, _ arguments: [Column], _ rows: GroupRows) throws(QueryError) {
        do { try aggregators[call].update(arguments, rows) } catch { throw error.queryError(position: calls[call].position) }
    }

    /// Whether the state of a row by itself takes little more than the row: rows that seldom share a group may then do without tables (`single`).
    /// Lists, sketches and exact sums of doubles take more.
    var canBeSingle: Bool {
        aggregators.allSatisfy { $0.stateTypes.count <= Self.singleStateCountMax && !$0.stateTypes.contains { $0.isNested || $0 == .binary } }
    }

    /// Two of a sum: the total, and how many values it is of.
    private static let singleStateCountMax = 2

    /// As `export` of groups that have one row each, without a look at which of these rows are one group.
    /// - Parameters:
    ///   - keys: of each row.
    ///   - arguments: by call, of the rows that count for it (nil: all); nothing for calls without such a row.
    /// - Precondition: no rows have come.
    func single(_ keys: [Column], count: Int, _ arguments: [(arguments: [Column], kept: [Int32]?)?]) throws(QueryError) -> ColumnBatch {
        let numbers = GroupRows.numbers(Array(0..<UInt32(count)))
        for aggregator in aggregators { aggregator.resize(count) }
        for (index, call) in arguments.enumerated() {
            if let call { try update(index, call.arguments, call.kept.map { numbers.selecting($0) } ?? numbers) }
        }
        return ColumnBatch(rowCount: count, columns: keys + aggregators.flatMap { $0.exportState() })
    }

    /// Keys, then the states of each call: one row a group.
    func export() -> ColumnBatch {
        ColumnBatch(rowCount: count, columns: keyColumns + aggregators.flatMap { $0.exportState() })
    }

    /// Takes in what another `export` gave.
    func merge(_ exported: ColumnBatch) throws(QueryError) {
        let numbers = rows(Array(exported.columns[..<keyCount]), count: exported.rowCount).numbers
        var place = keyCount
        for (index, aggregator) in aggregators.enumerated() {
            let width = aggregator.stateTypes.count
            // A follower has no state of its own.
            if width == 0 { continue }
            let state = Array(exported.columns[place..<(place + width)])
            do { try aggregator.merge(state, numbers) } catch { throw error.queryError(position: calls[index].position) }
            place += width
        }
    }

    /// The answer of each group to each call.
    func finish() throws(QueryError) -> [Column] {
        var answers: [Column] = []
        for call in calls.indices { answers.append(try finish(call)) }
        return answers
    }

    /// The answer of each group to one call.
    /// - Parameter call: its place among the calls.
    func finish(_ call: Int) throws(QueryError) -> Column {
        do { return try aggregators[call].finish() } catch { throw error.queryError(position: calls[call].position) }
    }

    /// The keys of some groups, and their answers to each call.
    /// - Parameter known: a call with its answers for all groups, which are not worked out again.
    func finish(_ groups: [Int32], known: (call: Int, answers: Column)) throws(QueryError) -> (keys: ColumnBatch, answers: [Column]) {
        var answers: [Column] = []
        for (call, aggregator) in aggregators.enumerated() {
            if known.call == call {
                answers.append(known.answers.gathering(groups))
                continue
            }
            do { answers.append(try aggregator.finish(groups)) } catch { throw error.queryError(position: calls[call].position) }
        }
        return (ColumnBatch(rowCount: groups.count, columns: keyColumns.map { $0.gathering(groups) }), answers)
    }
}
