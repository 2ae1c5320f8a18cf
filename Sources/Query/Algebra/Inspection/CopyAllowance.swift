/// What moving conditions may add to one plan by copying them: through a projection a condition takes in what its columns stand for, below a
/// union it is there once for each branch, and an equality gives it to the other side.
///
/// `SELECT a + a AS a FROM (SELECT a + a AS a FROM …) WHERE a > 0` doubles at each level. Past the allowance conditions stay where they are.
///
/// Of one run of a pass. A count of nodes and not of copies: what matters is how much later passes have to walk.
final class CopyAllowance {
    private var left = SyntaxLimits.copiedNodeCountMax

    /// Whether `conditions` may be copied so many times; the answer counts.
    ///
    /// A refusal takes nothing from what is left.
    func allow(_ conditions: [Expression], times: Int) -> Bool {
        if times <= 0 { return true }
        var count = 0
        for condition in conditions {
            count += condition.measured.count
            // Enough is known: what is too long is not measured to its end.
            if count > left { break }
        }
        PlanningWork.charge(count)
        let (added, overflow) = count.multipliedReportingOverflow(by: times)
        guard !overflow, added <= left else { return false }
        left -= added
        return true
    }

    /// How many of the conditions, from the first, may take in what their columns stand for, which what is of chance may not. Those after one that stays must stay, too: they
    /// would else be asked about rows that it drops.
    ///
    /// - Returns: the length of the longest prefix that may move; its nodes are taken from the allowance.
    func movedCount(of conditions: [Expression], through map: [ColumnID: Expression]) -> Int {
        var measures: [ColumnID: (count: Int, height: Int)] = [:]
        for (index, condition) in conditions.enumerated() {
            if condition.columnIDs.contains(where: { map[$0]?.isVolatile == true }) { return index }
            let own = condition.measured
            var added = 0, height = 0
            func visit(_ expression: Expression) {
                if case .column(let id, _) = expression, let target = map[id] {
                    let measure = measures[id] ?? target.measured
                    measures[id] = measure
                    // A bound, so that many mentions of a long expression cannot overflow.
                    added = min(added + measure.count - 1, Int(Int32.max))
                    height = max(height, measure.height)
                }
                for child in expression.children { visit(child) }
            }
            visit(condition)
            PlanningWork.charge(own.count)
            // Twice the height that a text may have still lies below `boundHeightMax`; conditions that rise by moving stay before they reach it.
            guard added <= left, added == 0 || own.height + height <= SyntaxLimits.expressionHeightMax * 2 else { return index }
            left -= added
        }
        return conditions.count
    }
}
