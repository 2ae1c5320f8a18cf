internal import Glibc
import ColumnStore

/// What the nodes of a plan probably cost, from how many rows they are taken to give.
///
/// Costs are in PostgreSQL's unit, in which reading a page costs 1, and add up from the tables to the root. Only EXPLAIN asks: orders of joins are
/// chosen by `Cardinality` alone.
struct PlanCost {
    private let cardinality: Cardinality
    /// Parents before their inputs: a place is taken before the inputs are visited, and filled in afterwards.
    private var found: [PlanEstimate] = []
    /// Shared tables are made once, and cost nothing but their rows at the second mention.
    private var seenShared: Set<Int> = []

    /// Of a node with all beneath it: cost until the first row and until the last.
    private struct Sum { var start: Double, total: Double, rows: Double }

    // PostgreSQL's defaults: cpu_tuple_cost, cpu_operator_cost; a row of a scan costs less here, where columns lie by themselves.
    private static let rowCost = 0.01, operatorCost = 0.0025
    /// Of values whose types do not tell.
    private static let textWidth = 32

    /// Of each node, before those beneath it, in the order in which EXPLAIN shows them; none of plans that are too large to be looked at node by node.
    static func estimates(_ plan: LogicalPlan) -> [PlanEstimate] {
        guard count(plan, below: nodeCountMax) < nodeCountMax else { return [] }
        var cost = PlanCost(cardinality: Cardinality(plan))
        _ = cost.visit(plan)
        return cost.found
    }

    private init(cardinality: Cardinality) { self.cardinality = cardinality }

    /// Rows of each node are reckoned from those of all beneath it.
    private static let nodeCountMax = 500

    /// Nodes of the plan; ends at `most`.
    private static func count(_ plan: LogicalPlan, below most: Int) -> Int {
        var count = 1
        for input in plan.inputs where count < most { count += Self.count(input, below: most - count) }
        return count
    }

    private mutating func visit(_ plan: LogicalPlan) -> Sum {
        let place = found.count
        found.append(PlanEstimate(startCost: 0, totalCost: 0, rowCount: 0, width: 0))
        let rows = cardinality.rows(plan)
        var sum = Sum(start: 0, total: rows * Self.rowCost, rows: rows)
        var isSeen = false
        if case .shared(let id, _, _) = plan { isSeen = !seenShared.insert(id).inserted }
        if !isSeen { sum = Self.sum(plan, plan.inputs.map { visit($0) }, rows) }
        found[place] = PlanEstimate(startCost: sum.start, totalCost: sum.total, rowCount: rows, width: plan.columns.reduce(0) { $0 + Self.width($1.type) })
        return sum
    }

    /// What a node adds to its inputs: a row that it makes, an operator that it asks of each row, n log n comparisons of a sort.
    private static func sum(_ plan: LogicalPlan, _ inputs: [Sum], _ rows: Double) -> Sum {
        let below = inputs.reduce(0) { $0 + $1.total }, read = inputs.reduce(0) { $0 + $1.rows }
        let first = inputs.first?.start ?? 0
        switch plan {
        case .scan(let node):
            let all = Double(max(1, node.table.source.statistics.rowCount))
            return Sum(start: 0, total: all * operatorCost * Double(1 + node.filters.count + node.residual.count) + rows * rowCost, rows: rows)
        case .filter(_, let conjuncts): return Sum(start: first, total: below + read * operatorCost * Double(conjuncts.count), rows: rows)
        case .project, .unnest, .values, .series, .singleRow, .deferring: return Sum(start: first, total: below + rows * rowCost, rows: rows)
        // Of what comes after the first row the part that is read.
        case .limit:
            let part = read > 0 ? min(1, rows / read) : 1
            return Sum(start: first, total: first + (below - first) * part, rows: rows)
        case .join:
            // The right side is read whole before the first row.
            let built = (inputs.last?.total ?? 0) + (inputs.last?.rows ?? 0) * rowCost
            return Sum(start: first + built, total: below + read * rowCost + rows * rowCost, rows: rows)
        case .window(let node) where node.sorting == .given: return Sum(start: first, total: below + rows * rowCost, rows: rows)
        case .sort, .window:
            let sorted = below + read * 2 * operatorCost * log2(max(2, read))
            return Sum(start: sorted, total: sorted + rows * rowCost, rows: rows)
        case .aggregate, .distinct, .setOperation, .shared:
            let made = below + read * rowCost
            return Sum(start: made, total: made + rows * rowCost, rows: rows)
        }
    }

    /// Bytes of a value in memory, about.
    private static func width(_ type: ColumnType) -> Int {
        switch type {
        case .boolean, .null: 1
        case .int32, .date: 4
        case .int64, .double, .time, .timestamp, .timestampNanoseconds: 8
        case .decimal(let precision, _): precision <= 18 ? 8 : 16
        case .interval, .uuid: 16
        case .string, .binary, .json, .list, .structure: textWidth
        }
    }
}
