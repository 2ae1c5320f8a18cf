import ColumnStore

/// Turns a plan into the operators of one run of it, node by node.
///
/// One for a run: operators hold what is there while the plan runs. Nodes are numbered as they are met, before their
/// inputs, as EXPLAIN numbers them, those included that no operator of their own runs.
final class PlanBuilder {
    /// By the number of the shared definition, which the first reader builds.
    private var shared: [Int: SharedRows] = [:]
    /// What figures of the run are kept by.
    private(set) var shape = PlanShape()
    /// The nodes that are being built, outermost first.
    private var path: [PlanNodeID] = []

    /// - Throws: what an operator cannot be made of.
    func build(_ plan: LogicalPlan) throws(QueryError) -> PreparedOperator {
        var isScan = false
        if case .scan = plan { isScan = true }
        let id = shape.add(PlanShape.Node(isScan: isScan), to: path.last)
        path.append(id)
        defer { path.removeLast() }
        let made = try make(plan)
        made.place(at: id)
        return made
    }

    /// Nodes that no operator of their own runs.
    private func skip(_ plan: LogicalPlan) {
        _ = shape.add(PlanShape.Node(isRun: false), to: nil)
        plan.inputs.forEach(skip)
    }

    private func make(_ plan: LogicalPlan) throws(QueryError) -> PreparedOperator {
        switch plan {
        case .scan(let node):
            if let table = node.table.source as? RecursiveTable { return RecursiveOperator(node, table) }
            return ScanOperator(node)
        case .values(let columns, let rows): return ValuesOperator(columns: columns, rows: rows)
        case .series(let column, let start, let stop, let step):
            return SeriesOperator(column: column, start: start, stop: stop, step: step)
        case .filter(let input, let conjuncts): return FilterOperator(try build(input), conjuncts: conjuncts)
        case .project(let input, let columns): return ProjectOperator(try build(input), columns: columns)
        case .aggregate(let node):
            if let row = KnownExtremes.row(node) {
                skip(node.input)
                return ValuesOperator(columns: plan.columns, rows: [row])
            }
            return AggregateOperator(try build(node.input), node)
        case .join(let node):
            guard let list = node.ownList else { return JoinOperator(try build(node.left), try build(node.right), node) }
            let left = try build(node.left)
            skip(node.right)
            return ListJoinOperator(left, node, list)
        case .unnest(var node):
            let input = try build(node.input)
            return UnnestOperator(RecursiveListOperator(of: &node, input) ?? input, node)
        case .window(let node):
            let input = try build(node.input)
            if node.sorting == .given { return WindowOperator(input, node) }
            // A window's sort is no node of the plan: its figures are the window's.
            var keys = node.partition.map { SortKey($0) } + node.order
            if !node.sharedKeys.isEmpty { keys = node.sharedKeys }
            let ranks = node.first.map { PartitionRanks(keyCount: node.partition.count, first: $0) }
            return WindowOperator(SortOperator(input, keys: keys, limit: nil, offset: 0, ranks: ranks), node)
        case .sort(let node):
            guard let late = LateColumns(node) else {
                return SortOperator(try build(node.input), keys: node.keys, limit: node.limit, offset: node.offset, enough: node.enough)
            }
            let scan = ScanOperator(late.early, numbers: LateColumns.numbers)
            scan.place(at: shape.add(PlanShape.Node(isScan: true), to: path.last))
            return LateColumnsOperator(SortOperator(scan, keys: node.keys, limit: node.limit, offset: node.offset, enough: node.enough), scan, late)
        case .limit(let input, let count, let offset): return LimitOperator(try build(input), count: count, offset: offset)
        case .distinct(let input): return distinct(try build(input))
        case .setOperation(let node): return try setOperation(node)
        case .singleRow(let input, let position): return SingleRowOperator(try build(input), position: position)
        case .deferring(let input, let number): return DeferringOperator(try build(input), number: number)
        case .shared(let id, let definition, let columns):
            if let rows = shared[id] { return SharedOperator(rows, columns: columns, isFirst: false) }
            let rows = SharedRows(try build(definition))
            shared[id] = rows
            return SharedOperator(rows, columns: columns, isFirst: true)
        }
    }

    /// A grouping by all columns, without aggregates. Without columns all rows are alike: the first stands for them.
    private func distinct(_ input: PreparedOperator) -> PreparedOperator {
        let groups = input.columns.map { ProjectedColumn($0, .column($0.id, $0.type)) }
        // The plan is not run from this node: only its groups are read.
        let node = AggregateNode(input: .values(columns: [], rows: []), groups: groups, aggregates: [])
        if groups.isEmpty { return LimitOperator(input, count: 1, offset: 0) }
        return AggregateOperator(input, node)
    }

    private func setOperation(_ node: SetOperationNode) throws(QueryError) -> PreparedOperator {
        var inputs: [PreparedOperator] = []
        for input in node.inputs { inputs.append(try build(input)) }
        switch node.kind {
        case .union:
            let all = UnionAllOperator(inputs, columns: node.columns)
            return node.keepsRepeats ? all : distinct(all)
        case .intersect, .except:
            return CountedSetOperator(inputs, columns: node.columns, isExcept: node.kind == .except, keepsRepeats: node.keepsRepeats)
        }
    }
}
