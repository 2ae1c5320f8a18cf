/// Drops what only the node itself reads: a list above its UNNEST, columns above the scan that filters by them.
///
/// Runs late, when each condition has found its place.
///
/// `ColumnPruning` runs before filters have moved into scans, and lets through what any condition reads. Here a condition within a scan reads its
/// columns there, and they need not come out.
struct ColumnTrimming {
    private let definitions = SharedWalk()

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { ColumnTrimming().trim(plan, plan.columnIDs) }

    /// - Parameter required: columns that the nodes above read. A node adds those of its own expressions for its inputs.
    private func trim(_ plan: LogicalPlan, _ required: Set<ColumnID>) -> LogicalPlan {
        var below: Set<ColumnID> = []
        for expression in plan.expressions { expression.collectColumns(into: &below) }
        switch plan {
        case .scan(let node): return .scan(Self.trimmed(node, required))
        case .unnest(var node):
            node.passed = node.passed.filter { required.contains($0.id) }
            below.formUnion(node.passed.map(\.id))
            node.input = trim(node.input, below)
            return .unnest(node)
        case .project(let input, let columns):
            let kept = columns.filter { required.contains($0.column.id) }
            var used: Set<ColumnID> = []
            for column in kept { column.expression.collectColumns(into: &used) }
            return .project(input: trim(input, used), columns: kept)
        // A grouping and what is read by place end the chain: nothing above names a column below them.
        case .aggregate: return plan.withInputs(plan.inputs.map { trim($0, below) })
        case .setOperation, .distinct, .shared: return definitions.rewriting(inputsOf: plan) { trim($0, $0.columnIDs) }
        default:
            below.formUnion(required)
            // A right side that unfolds a list of the left one reads its column there.
            if case .join(let node) = plan { below.formUnion(node.right.freeColumns) }
            return plan.withInputs(plan.inputs.map { trim($0, below) })
        }
    }

    /// A column that is read above comes out, one that only the scan's conditions read is residual, any other is gone.
    private static func trimmed(_ scan: ScanNode, _ required: Set<ColumnID>) -> ScanNode {
        var node = scan
        var residual: Set<ColumnID> = []
        for condition in scan.residual { condition.collectColumns(into: &residual) }
        node.columns = scan.columns.filter { required.contains($0.column.id) }
        let known = scan.residualColumns + scan.columns
        node.residualColumns = known.filter { residual.contains($0.column.id) && !required.contains($0.column.id) }
        return node
    }
}
