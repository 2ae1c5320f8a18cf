import ColumnStore

/// What stands between a grouping and its one table: conditions, perhaps one list that is unfolded, and projections, which are put into the
/// expressions above them.
///
/// Both a rollup's statement and a query's grouping are brought to this shape, so that their conditions and expressions are
/// over the same kind of columns.
struct RollupShape {
    private(set) var scan: ScanNode
    /// The list that is unfolded; nil for rows of the table.
    private(set) var list: UnnestNode?
    /// In order, over the table's and the elements' columns.
    private(set) var conditions: [Expression] = []
    /// Those that were given, over the same columns.
    private(set) var expressions: [Expression]

    /// - Parameter expressions: over the columns that `plan` puts out.
    /// - Returns: nil for any other plan: joins, unions, further groupings.
    init?(_ plan: LogicalPlan, _ expressions: [Expression]) {
        // Putting a projection into all that stands above may double it each time: past an allowance the plan is left
        // alone.
        let copies = CopyAllowance()
        var all = expressions
        var list: UnnestNode?
        var plan = plan
        while true {
            switch plan {
            case .filter(let input, let conjuncts):
                // What stands beneath was asked first.
                all.insert(contentsOf: conjuncts, at: expressions.count)
                plan = input
            case .project(let input, let columns):
                let map = Dictionary(columns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
                guard copies.movedCount(of: all, through: map) == all.count else { return nil }
                all = all.map { $0.substituting(map) }
                if var node = list {
                    node.list = node.list.substituting(map)
                    list = node
                }
                plan = input
            case .unnest(let node):
                // Places in the list are columns that no rollup knows: a question that reads one is refused with them.
                guard list == nil, !node.keepsEmpty else { return nil }
                list = node
                plan = node.input
            case .scan(let node):
                // Conditions still stand above the scan here: the passes that put them into it come later.
                guard node.filters.isEmpty, node.residual.isEmpty, node.elementFilters.isEmpty, node.rowCountMax == nil else { return nil }
                (scan, self.list) = (node, list)
                self.expressions = Array(all.prefix(expressions.count))
                conditions = Array(all.dropFirst(expressions.count))
                return
            default: return nil
            }
        }
    }

    /// A plan of the same shape over another table with the same columns.
    static func replacing(_ plan: LogicalPlan, with table: TableReference) -> LogicalPlan {
        guard case .scan(var node) = plan else { return plan.withInputs(plan.inputs.map { replacing($0, with: table) }) }
        node.table = table
        return .scan(node)
    }
}
