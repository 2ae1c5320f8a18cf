import ColumnStore

/// One worker's groups of every grouping set, on their way into the parts of the hash space when they grow many.
///
/// Invariants:
/// 1. `groupings[s]` has the groups of set s that came since they were last given away; `rowCounts[s]` the rows. Those of a set that others
///    are made of have not come to these yet, until `complete`.
/// 2. `parts` is empty, or has 32 parts for each set.
/// 3. At most one of `distinct` and `ungrouped` is there; with either, `groupings[0]` has no group, and `update` is not
///    called any more.
///
/// Safe to share: one worker feeds it; it is read when all workers are done.
final class AggregateWorker: @unchecked Sendable {
    /// It keeps its workers: were it kept by them, too, the plan and the snapshot that it reads would never be freed.
    private unowned let owner: AggregateOperator
    private let run: QueryRun
    private let inputs: AggregateInputs
    /// One for each grouping set.
    private(set) var groupings: [GroupStates]
    /// By set, then part; empty as long as all groups are few.
    private(set) var parts: [[GroupPart]] = []
    /// What the groups take; parts have their own.
    private let share: MemoryShare
    /// Streams of several sets may come for their groups at once.
    private let taking = Monitor<Void>(())
    /// By set: how many groups there may be before they are given away, and rows taken since they last were.
    private var groupCountMax: [Int]
    private var rowCounts: [Int]
    /// By set: whether the sets that are made of it have what it has.
    private var isPassedDown: [Bool]
    /// Rows on their way straight into parts, each as a group of its own; nil as long as they are grouped first.
    private var ungrouped: [ColumnBatch]?
    private var ungroupedRowCount = 0
    private var ungroupedByteCount = 0
    /// How often such rows were laid into parts.
    private var lumpCount = 0
    /// Keys without states, once they are many: instead of groups, until they lie too far apart or do not fit.
    private(set) var distinct: DistinctRows?

    /// A table of so many groups stays in the caches of a core.
    private static let groupCountStart = 1 << 17
    /// Groups that have taken in so many rows each are worth a larger table: others would only come again.
    private static let rowsPerGroup = 4
    private static let groupCountEnd = 1 << 20
    /// With fewer, looking for a row's group here costs more than the rows that it saves those who merge.
    private static let rowsPerGroupMin = 2
    /// Rows that are laid into parts together: some thousand for each.
    private static let ungroupedRowCountMax = 4 * ColumnBatch.targetRowCount
    private static let ungroupedByteCountMax = 4 << 20
    private static let lumpsBetweenLooks = 4

    init(_ owner: AggregateOperator, _ run: QueryRun) throws {
        self.owner = owner
        self.run = run
        inputs = try AggregateInputs(owner.node, layout: owner.inputs[0].layout, run)
        groupings = try owner.sets.indices.map { try owner.makeGroups($0) }
        share = MemoryShare(run.memory)
        groupCountMax = owner.sets.map { _ in Self.groupCountStart }
        rowCounts = owner.sets.map { _ in 0 }
        isPassedDown = owner.setOrder.coarser.map(\.isEmpty)
    }

    var isParted: Bool { !parts.isEmpty }
    var groupCount: Int { groupings.reduce(distinct?.count ?? 0) { $0 + $1.count } }
    var spilledByteCount: Int { parts.reduce(0) { $0 + $1.reduce(0) { $0 + $1.spilledByteCount } } }

    /// Takes a batch in.
    /// - Throws: an error with `fittingRowCount` where fewer rows may fit, before anything has changed; `outOfMemory`;
    ///   `spillFull`; what expressions and states throw.
    func take(_ batch: ColumnBatch) throws {
        let view = RowView(batch)
        let keys = try inputs.groups.map { try $0.evaluate(view) }
        // All that may fail for want of memory comes first: the rows come again then, fewer at a time.
        let calls = try inputs.calls.indices.map { try evaluated($0, view) }
        if ungrouped != nil { return try passOn(try owner.makeGroups(0).single(keys, count: batch.rowCount, calls)) }
        if let distinct { return try take(ColumnBatch(rowCount: batch.rowCount, columns: keys), into: distinct) }
        let roots = owner.setOrder.roots
        let keysOfRoots = roots.map { set in owner.sets[set].map { keys[$0] } }
        try makeRoom(for: keysOfRoots, batch.rowCount)
        let rows = zip(roots, keysOfRoots).map { groupings[$0].rows($1, count: batch.rowCount) }
        for (callIndex, call) in calls.enumerated() {
            guard let call else { continue }
            for (set, rows) in zip(roots, rows) {
                try groupings[set].update(callIndex, call.arguments, call.kept.map { rows.selecting($0) } ?? rows)
            }
        }
        for set in roots { rowCounts[set] += batch.rowCount }
        // Tables are looked at once a batch: they may be a batch's groups larger than they should. What one gives away comes to those behind it.
        for set in owner.setOrder.order where groupings[set].count >= groupCountMax[set] { try cut(set) }
        // What states really took.
        try hold(byteCount, growth: 0)
    }

    private var byteCount: Int { groupings.reduce(0) { $0 + $1.byteCount } }

    /// Asks for what the tables and states may grow by with these rows, before they do: several may double at once, each beside what it was.
    /// - Parameter keys: of each set that rows are grouped by.
    /// - Throws: an error with `fittingRowCount` where so many rows ask for too much.
    private func makeRoom(for keys: [[Column]], _ rowCount: Int) throws {
        let growth = zip(owner.setOrder.roots, keys).reduce(0) { $0 + groupings[$1.0].growth(by: $1.1, count: rowCount) }
        if growth == 0 { return }
        let byteCount = byteCount
        let exported = groupings.reduce(0) { max($0, $1.exportByteCount) }
        if share.resize(to: byteCount + growth + exported) { return }
        // All rows may be new to all sets, which few batches' are: with fewer rows the bound is nearer, and hundreds of sets of few groups fit.
        if rowCount > Self.dividedRowCountMin, growth > run.smallByteCount {
            throw QueryError(tooLargeAt: nil, fittingRowCount: max(Self.dividedRowCountMin, rowCount / 4))
        }
        try hold(byteCount, growth: growth)
    }

    /// Batches are divided down to so many rows.
    private static let dividedRowCountMin = 256

    /// Holds the groups and what comes to them; where that does not fit, they are laid into parts on disk.
    private func hold(_ byteCount: Int, growth: Int) throws {
        // A set's groups are put out beside its table when they are given away.
        let exported = groupings.reduce(0) { max($0, $1.exportByteCount) }
        if share.resize(to: byteCount + growth + exported) { return }
        // Whoever else holds the memory, giving away a little would not help.
        if byteCount <= run.smallByteCount { return share.force(to: byteCount + growth) }
        // One group is not made smaller by laying it aside: it comes back whole.
        if groupings.count == 1, groupings[0].keyCount == 0 { return try groupings[0].checkWhole(share, run) }
        try spill()
        share.force(to: growth)
    }

    /// Gives a set's groups to whoever brings those of all workers together.
    ///
    /// The worker goes on with none of that set.
    ///
    /// Several may ask at once, each for a set of its own.
    func takeGroups(_ set: Int) throws -> GroupStates {
        try taking.withLock { _ in
            let groups = groupings[set]
            groupings[set] = try owner.makeGroups(set)
            share.force(to: groupings.reduce(0) { $0 + $1.byteCount })
            return groups
        }
    }

    /// A call's arguments on the rows that its filter keeps; nil when there is nothing to update.
    private func evaluated(_ index: Int, _ view: RowView) throws -> (arguments: [Column], kept: [Int32]?)? {
        if groupings[0].aggregators[index].isFollower { return nil }
        let call = inputs.calls[index]
        var kept: [Int32]?
        if let filter = call.filter {
            let passing = try filter.evaluate(view).trueRows()
            if !passing.isAllSet { kept = passing.setIndices() }
        }
        if kept?.isEmpty ?? false { return nil }
        let callView = kept.map { view.selecting($0) } ?? view
        return (try call.arguments.map { try $0.evaluate(callView) }, kept)
    }

    /// Gives the groups away, or lets them grow further when rows mostly find theirs.
    /// Called when a set's table is full.
    private func cut(_ set: Int) throws {
        if try makeDistinct() { return }
        if rowCounts[set] >= Self.rowsPerGroup * groupings[set].count, groupCountMax[set] < Self.groupCountEnd {
            groupCountMax[set] *= 2
            return
        }
        // A row is then as good as its group.
        if owner.sets.count == 1, groupings[set].canBeSingle, rowCounts[set] < Self.rowsPerGroupMin * groupings[set].count {
            ungrouped = []
        }
        try giveAway(set)
    }

    /// Has groups that have no states kept as distinct rows from now on.
    ///
    /// - Returns: false where they cannot be.
    private func makeDistinct() throws -> Bool {
        guard owner.node.aggregates.isEmpty, groupings.count == 1, parts.isEmpty, DistinctRows.canHold(groupings[0].types) else { return false }
        let rows = DistinctRows(types: groupings[0].types, right: groupings[0].widestKey)
        let groups = groupings[0].export()
        let groupsByteCount = byteCount + groupings[0].exportByteCount
        // By the first of them it mostly shows how far apart they lie, and by both whether pages fill.
        var density = rows.density
        for count in [groups.rowCount / 8, groups.rowCount] {
            density = rows.density
            let some = groups.slice(0..<count)
            guard rows.take(some.columns, count: count, hold: { share.resize(to: groupsByteCount + $0) }), !rows.isSparse(for: groups.rowCount) else { return false }
        }
        if rows.isSparse(since: density) { return false }
        groupings[0] = try owner.makeGroups(0)
        distinct = rows
        share.force(to: rows.byteCount)
        return true
    }

    /// Takes keys in as distinct rows; where they do not fit so, all goes to parts from then on.
    private func take(_ keys: ColumnBatch, into distinct: DistinctRows) throws {
        guard distinct.take(keys.columns, count: keys.rowCount, hold: { share.resize(to: $0) }) else {
            try layDistinct()
            return try passOn(keys)
        }
        share.force(to: distinct.byteCount)
    }

    /// Takes in another worker's rows, distinct or in groups, and leaves it none; nothing is changed where both do not fit together.
    func absorb(_ other: AggregateWorker) throws {
        guard let distinct else { return }
        if let rows = other.distinct {
            guard distinct.absorb(rows, hold: { share.resize(to: $0) }) else { return }
        } else {
            let groups = other.groupings[0].export()
            guard distinct.take(groups.columns, count: groups.rowCount, hold: { share.resize(to: $0) }) else { return }
            other.groupings[0] = try owner.makeGroups(0)
        }
        other.letGo()
        share.force(to: distinct.byteCount)
    }

    /// The rows are elsewhere: their memory is given back.
    private func letGo() {
        distinct = nil
        share.releaseAll()
    }

    /// Lays the distinct rows into parts; what follows goes there as it comes.
    private func layDistinct() throws {
        guard let output = distinct?.output() else { return }
        makeParts()
        for piece in output.pieces {
            try run.cancellation.check()
            try GroupPart.distribute(output.batch(piece), keyCount: groupings[0].keyCount, depth: 0, over: parts[0])
        }
        letGo()
        ungrouped = []
    }

    /// Keeps rows that will go straight into parts: keys, then states.
    private func passOn(_ rows: ColumnBatch) throws {
        ungrouped?.append(rows)
        ungroupedRowCount += rows.rowCount
        ungroupedByteCount += rows.columns.reduce(0) { $0 + $1.flatByteCountBound }
        if ungroupedRowCount >= Self.ungroupedRowCountMax || ungroupedByteCount >= Self.ungroupedByteCountMax { try layUngrouped() }
    }

    /// Lays the kept rows into parts.
    private func layUngrouped() throws {
        guard let batches = ungrouped, ungroupedRowCount > 0 else { return }
        try run.cancellation.check()
        let types = groupings[0].types
        let columns = types.indices.map { index in Column.concatenating(batches.map { $0.columns[index] }, type: types[index]) }
        let rows = ColumnBatch(rowCount: ungroupedRowCount, columns: columns)
        try GroupPart.distribute(rows, keyCount: groupings[0].keyCount, depth: 0, over: parts[0])
        ungrouped = []
        (ungroupedRowCount, ungroupedByteCount) = (0, 0)
        lumpCount += 1
        if lumpCount % Self.lumpsBetweenLooks == 0, comesOftenAgain(rows.slice(0..<min(rows.rowCount, ColumnBatch.targetRowCount))) { ungrouped = nil }
    }

    /// Whether rows have come to share groups: what seldom comes twice at first, as customers of a new year, may do so later. The answer is the same either way.
    private func comesOftenAgain(_ rows: ColumnBatch) -> Bool {
        Set(HashKernels.rows(Array(rows.columns[..<groupings[0].keyCount]), count: rows.rowCount)).count * Self.rowsPerGroup < rows.rowCount
    }

    private func makeParts() {
        if parts.isEmpty { parts = GroupPart.make(run, types: groupings.map(\.types)) }
    }

    /// Lays a set's groups into its parts, and begins anew; the sets that are made of it have had them then.
    private func giveAway(_ set: Int) throws {
        makeParts()
        let keyCount = groupings[set].keyCount
        rowCounts[set] = 0
        guard groupings[set].count > 0 else { return }
        try run.cancellation.check()
        let exported = groupings[set].export()
        groupings[set] = try owner.makeGroups(set)
        if !isPassedDown[set] {
            // The room of its table is there for theirs.
            share.force(to: byteCount + exported.keptByteCount)
            try passDown(exported, from: set)
        }
        try GroupPart.distribute(exported, keyCount: keyCount, depth: 0, over: parts[set])
    }

    /// Takes groups of one set, with their states, into those that are made of it: no rows come any more.
    ///
    /// Where they do not fit, all goes to parts.
    func complete() throws {
        for set in owner.setOrder.order where !isPassedDown[set] {
            // In parts, it has been passed down.
            if byteCount > run.smallByteCount, !share.resize(to: byteCount + groupings[set].exportByteCount) { return try spill() }
            try passDown(groupings[set].export(), from: set)
            isPassedDown[set] = true
        }
        share.force(to: byteCount)
    }

    /// Takes groups with their states into the sets that are made of theirs.
    ///
    /// Where a set has no room for more, they are laid into its parts as they are, and passed on to those behind it.
    ///
    /// - Parameter groups: the set's keys, then the states; `share` has them.
    private func passDown(_ groups: ColumnBatch, from set: Int) throws {
        let states = groups.columns[owner.sets[set].count...]
        for coarser in owner.setOrder.coarser[set] {
            let columns = owner.setOrder.keyPlaces[coarser].map { groups.columns[$0] } + states
            let all = ColumnBatch(rowCount: groups.rowCount, columns: columns)
            for start in stride(from: 0, to: all.rowCount, by: ColumnBatch.targetRowCount) {
                try run.cancellation.check()
                let rows = all.slice(start..<min(start + ColumnBatch.targetRowCount, all.rowCount))
                if try take(rows, ofGroupsInto: coarser) { continue }
                makeParts()
                try GroupPart.distribute(rows, keyCount: groupings[coarser].keyCount, depth: 0, over: parts[coarser])
                try passDown(rows, from: coarser)
            }
        }
    }

    /// Merges groups into a set's; false, and nothing is changed, where there is no room for what they may take.
    private func take(_ groups: ColumnBatch, ofGroupsInto set: Int) throws -> Bool {
        let grouping = groupings[set]
        let growth = grouping.growth(by: Array(groups.columns[..<grouping.keyCount]), count: groups.rowCount) + grouping.growth(merging: groups)
        let (held, before) = (share.byteCount, grouping.byteCount)
        if !share.resize(to: held + growth) {
            guard byteCount + growth <= run.smallByteCount else { return false }
            share.force(to: held + growth)
        }
        try grouping.merge(groups)
        rowCounts[set] += groups.rowCount
        share.force(to: held + grouping.byteCount - before)
        return true
    }

    /// Frees what memory there is to free: everything goes to disk, by parts.
    private func spill() throws {
        makeParts()
        for set in parts { for part in set { try part.spill() } }
        for set in owner.setOrder.order { try giveAway(set) }
        share.releaseAll()
    }

    /// Lays the last groups into parts.
    func finish() throws {
        try layDistinct()
        try layUngrouped()
        for set in owner.setOrder.order { try giveAway(set) }
        share.releaseAll()
    }
}

/// Evaluates what groups and calls are made of; every worker has its own.
struct AggregateInputs {
    /// Of all keys of the node, whichever set has them.
    let groups: [Evaluator]
    let calls: [(arguments: [Evaluator], filter: Evaluator?)]

    init(_ node: AggregateNode, layout: [ColumnID: Int], _ run: QueryRun) throws {
        let inputs = node.aggregates.map { AggregatorFactory.inputs($0) }
        // Compiled together, so that what several calls have in common is computed once a batch.
        var compiled = try Evaluator.compile(
            node.groups.map(\.expression) + inputs.flatMap { $0 } + node.aggregates.compactMap(\.filter), layout: layout, context: run.context)[...]
        // Evaluators come back in the order in which expressions went in.
        func next(_ count: Int) -> [Evaluator] {
            defer { compiled = compiled.dropFirst(count) }
            return Array(compiled.prefix(count))
        }
        groups = next(node.groups.count)
        let arguments = inputs.map { next($0.count) }
        calls = node.aggregates.indices.map { (arguments[$0], node.aggregates[$0].filter == nil ? nil : next(1)[0]) }
    }
}
