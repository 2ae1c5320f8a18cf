/// Drops what only the node itself reads: a list above its UNNEST, columns above the scan that filters by them.
///
/// Runs last, when each condition has found its place.
enum ColumnTrimming {
    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { trim(plan, plan.columnIDs) }

    private static func trim(_ plan: LogicalPlan, _ required: Set<ColumnID>) -> LogicalPlan {
        var below: Set<ColumnID> = []
        for expression in plan.expressions { expression.collectColumns(into: &below) }
        switch plan {
        case .scan(let node): return .scan(trimmed(node, required))
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
        case .aggregate: return plan.withInputs(plan.inputs.map { trim($0, below) })
        case .setOperation, .distinct, .shared: return plan.withInputs(plan.inputs.map { trim($0, $0.columnIDs) })
        default:
            below.formUnion(required)
            if case .join(let node) = plan { below.formUnion(node.right.freeColumns) }
            return plan.withInputs(plan.inputs.map { trim($0, below) })
        }
    }

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
