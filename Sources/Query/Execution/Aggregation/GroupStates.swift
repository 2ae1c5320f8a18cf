import ColumnStore

/// The groups of one grouping set: keys numbered, and a state for each call.
///
/// One thread at a time: a worker's own, and then that of the one that merges it.
///
/// Invariant: every aggregator has states for groups 0 ..< `table.count`.
final class GroupStates {
    private(set) var table: GroupTable
    private var cache: GroupTable.Cache
    let aggregators: [Aggregator]
    private let calls: [AggregateCall]

    init(types: [ColumnType], calls: [AggregateCall]) throws(QueryError) {
        table = GroupTable(types: types, isSearched: false)
        cache = GroupTable.Cache(keyCount: types.count)
        self.calls = calls
        aggregators = try AggregatorFactory.make(calls)
        // Without keys there is one group, rows or not.
        if types.isEmpty { for aggregator in aggregators { aggregator.resize(1) } }
    }

    var keyCount: Int { table.types.count }
    /// Of `export`: keys, then the states of each call.
    var types: [ColumnType] { table.types + aggregators.flatMap(\.stateTypes) }
    var byteCount: Int { table.byteCount + cache.byteCount + aggregators.reduce(0) { $0 + $1.byteCount } }

    /// What rows with these keys may take at most while they are taken in: asked for before they are.
    func growth(by keys: [Column], count: Int) -> Int {
        if keys.isEmpty { return 0 }
        let groupCount = table.count + count
        return table.growth(by: keys, count: count) + aggregators.reduce(0) { $0 + $1.growth(to: groupCount) }
    }

    /// What putting out all groups takes beside them; of texts and lists that is part of `byteCount`.
    var exportByteCount: Int { keyCount == 0 ? 0 : table.exportByteCount + table.count * 16 * (types.count - keyCount) }

    /// What cannot be divided must fit as it is, or answer from disk.
    /// - Throws: `outOfMemory` with the name and the position of the call that takes most.
    func checkWhole(_ share: MemoryShare, _ run: QueryRun) throws {
        if share.resize(to: byteCount) { return }
        if byteCount > run.refusedByteCount {
            // Only what takes a part of it worth writing.
            for aggregator in aggregators where aggregator.byteCount > run.refusedByteCount / 8 { _ = try aggregator.writeAside(run) }
        }
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
        guard other.isAside else { return try merge(other.export()) }
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
        let numbers = table.assign(keys, count: count, cache: &cache)
        for aggregator in aggregators { aggregator.resize(table.count) }
        return .numbers(numbers)
    }

    /// - Parameter call: its place among the calls; `arguments` as its aggregator wants them.
    func update(_ call: Int, _ arguments: [Column], _ rows: GroupRows) throws(QueryError) {
        do { try aggregators[call].update(arguments, rows) } catch { throw error.queryError(position: calls[call].position) }
    }

    /// Keys, then the states of each call: one row a group.
    func export() -> ColumnBatch {
        ColumnBatch(rowCount: table.count, columns: table.keyColumns() + aggregators.flatMap { $0.exportState() })
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
        for (index, aggregator) in aggregators.enumerated() {
            do { answers.append(try aggregator.finish()) } catch { throw error.queryError(position: calls[index].position) }
        }
        return answers
    }
}
