import ColumnStore
import Synchronization

/// Joins: the right side is read whole into a table by key, then the left side runs past it in parallel. A right side that outgrows the budget
/// is divided by the keys' hash into files, the left side likewise, and each pair of files is joined by itself.
final class JoinOperator: PhysicalOperator, @unchecked Sendable {
    let node: JoinNode
    private var table: JoinTable?
    private var facts = JoinFacts()
    private var share: MemoryShare?
    private var partitions: JoinPartitions?

    init(_ left: PhysicalOperator, _ right: PhysicalOperator, _ node: JoinNode) {
        self.node = node
        let columns: [OutputColumn]
        switch node.kind {
        case .semi, .anti, .antiNullAware: columns = left.columns
        case .mark(let mark, _): columns = left.columns + [mark]
        default: columns = left.columns + right.columns
        }
        super.init(columns: columns, inputs: [left, right])
    }

    override var name: String { node.equalities.isEmpty ? "NestedLoopJoin" : "HashJoin" }
    override var details: [String] { ["\(node.equalities.count) equalities, \(node.residual.count) further condition(s)"] }
    override var streamCountMax: Int { partitions == nil ? inputs[0].streamCountMax : .max }

    private var left: PhysicalOperator { inputs[0] }
    private var right: PhysicalOperator { inputs[1] }
    var leftTypes: [ColumnType] { left.columns.map(\.type) }
    var rightTypes: [ColumnType] { right.columns.map(\.type) }

    override func prepare(_ run: QueryRun) throws {
        try right.prepare(run)
        try measured(run) { try readRight(run) }
        if let table { pushFilters(table) }
        try left.prepare(run)
        if let partitions { try measured(run) { try partitions.readLeft(left, run) } }
    }

    // MARK: Right side

    /// One worker's rows of the right side.
    private final class Collector {
        let keys: [Evaluator]
        init(_ node: JoinNode, _ layout: [ColumnID: Int], _ run: QueryRun) throws {
            keys = try node.equalities.map { try Evaluator($0.right, layout: layout, context: run.context) }
        }
    }

    /// Safe to send: only touched under the lock.
    private struct Collected: @unchecked Sendable {
        var batches: [ColumnBatch] = []
        var keys: [[Column]] = []
        var byteCount = 0
        var facts = JoinFacts()
        var partitions: JoinPartitions?
    }

    private func readRight(_ run: QueryRun) throws {
        let share = MemoryShare(run.memory)
        let collected = Mutex(Collected())
        try run.drain(right) { _ in
            let collector = try Collector(node, right.layout, run)
            return { batch in
                let view = RowView(batch)
                let keys = try collector.keys.map { try $0.evaluate(view) }
                try collected.withLock { try self.keep(batch, keys, &$0, share, run) }
            }
        }
        let (batches, keyParts, facts, partitions) = collected.withLock { ($0.batches, $0.keys, $0.facts, $0.partitions) }
        self.facts = facts
        self.share = share
        if let partitions {
            self.partitions = partitions
            measure.spilledBytes.wrappingAdd(partitions.spilledByteCount, ordering: .relaxed)
        } else {
            table = Self.makeTable(node, batches, keyParts, rightTypes)
        }
    }

    private func keep(
        _ batch: ColumnBatch, _ keys: [Column], _ collected: inout Collected, _ share: MemoryShare, _ run: QueryRun
    ) throws {
        collected.facts.note(batch, keys, node)
        if let partitions = collected.partitions { return try partitions.addRight(batch, keys) }
        collected.batches.append(batch)
        collected.keys.append(keys)
        // The table is about as large as the rows again.
        collected.byteCount += batch.byteCount * 2
        if share.resize(to: collected.byteCount) { return }
        // Whether NOT IN over several columns is unknown takes the whole right side to tell.
        if isNullAware, node.equalities.count > 1 { return share.force(to: collected.byteCount) }
        guard !node.equalities.isEmpty else {
            throw QueryError(.spillFull, "one side of a join without an equality must fit in memory: it does not")
        }
        let partitions = try JoinPartitions(self, run)
        for (batch, keys) in zip(collected.batches, collected.keys) { try partitions.addRight(batch, keys) }
        collected.batches = []
        collected.keys = []
        collected.partitions = partitions
        share.releaseAll()
    }

    static func makeTable(_ node: JoinNode, _ batches: [ColumnBatch], _ keys: [[Column]], _ types: [ColumnType]) -> JoinTable {
        let columns = types.indices.map { index in Column.concatenating(batches.map { $0.columns[index] }, type: types[index]) }
        let joined = node.equalities.indices.map { index in
            Column.concatenating(keys.map { $0[index] }, type: node.equalities[index].right.type)
        }
        return JoinTable(
            columns: columns, keys: joined, rowCount: batches.reduce(0) { $0 + $1.rowCount }, nullsMatch: node.equalities.map(\.nullsEqual))
    }

    private var isNullAware: Bool {
        switch node.kind {
        case .antiNullAware, .mark(_, nullAware: true): true
        default: false
        }
    }

    // MARK: Left side

    /// Where a left row without match gives nothing, what is known of the right keys goes into the left side's scan.
    private func pushFilters(_ table: JoinTable) {
        switch node.kind {
        case .inner, .semi, .right: break
        default: return
        }
        for (index, equality) in node.equalities.enumerated() where !equality.nullsEqual {
            guard case .column(let id, let type) = equality.left, type == equality.right.type,
                let filter = table.filter(ofKey: index, path: "")
            else { continue }
            left.pushRuntimeFilter(id, filter.test)
        }
    }

    override func pushRuntimeFilter(_ id: ColumnID, _ test: ColumnFilter.Test) {
        let isLeft = left.columns.contains { $0.id == id }
        switch node.kind {
        case .inner, .cross: (isLeft ? left : right).pushRuntimeFilter(id, test)
        case .left, .semi, .anti, .antiNullAware, .mark: if isLeft { left.pushRuntimeFilter(id, test) }
        case .right: if !isLeft { right.pushRuntimeFilter(id, test) }
        case .full: break
        }
    }

    override func makeStream(_ run: QueryRun, worker: Int) throws -> any BatchStream {
        if let partitions { return PartitionedJoinStream(self, partitions, facts, run) }
        guard let table else { preconditionFailure("prepare comes before streams") }
        return try JoinStream(self, table, facts, try left.stream(run, worker: worker), run)
    }

    var leftLayout: [ColumnID: Int] { left.layout }
    var rightLayout: [ColumnID: Int] { right.layout }
}

/// What NOT IN must know of the whole right side.
struct JoinFacts: Sendable {
    var isEmpty = true
    /// Some row has a NULL in a compared column.
    var hasNull = false

    mutating func note(_ batch: ColumnBatch, _ keys: [Column], _ node: JoinNode) {
        if batch.rowCount > 0 { isEmpty = false }
        for (key, equality) in zip(keys, node.equalities) where !equality.isCorrelation && !equality.nullsEqual {
            if key.nullCount > 0 { hasNull = true }
        }
    }
}
