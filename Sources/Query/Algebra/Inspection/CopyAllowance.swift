/// What moving conditions may add to one plan by copying them: through a projection a condition takes in what its columns stand for, below a
/// union it is there once for each branch, and an equality gives it to the other side.
///
/// `SELECT a + a AS a FROM (SELECT a + a AS a FROM …) WHERE a > 0` doubles at each level. Past the allowance conditions stay where they are.
///
/// Of one run of a pass, and of one filter in `CorrelationOrder`. A count of nodes and not of copies: what matters is how much later passes have to walk.
final class CopyAllowance {
    private var left = SyntaxLimits.copiedNodeCountMax
    /// How long conditions that have grown by moving were at first.
    private var ownCounts: [ExpressionIdentity: Int] = [:]

    /// So many times its own length a condition may grow by moving: left above it costs a computed column, moved it is walked by all passes behind, and asked once for each row.
    private static let growthMax = 16
    /// A condition may have so many nodes whatever it was.
    private static let movedCountMax = 1_024
    /// Of a shorter one it is not noted how long it was: it stays below the most that it may have, 16 times this, anyway.
    private static let notedCountMin = 64

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

    /// How many of the expressions, from the first, may take in what their columns stand for, which what is of chance may not. Those after one that stays must stay, too: conditions
    /// would else be asked about rows that it drops.
    ///
    /// How much each grows by itself does not matter here: a grouping that is not taken through costs its rollup, and not a column.
    ///
    /// - Returns: the length of the longest prefix that may move; its nodes are taken from the allowance.
    func movedCount(of conditions: [Expression], through map: [ColumnID: Expression]) -> Int {
        var measures = Measures()
        for (index, condition) in conditions.enumerated() {
            guard case .moves(let added) = move(of: condition, through: map, growsAtWill: true, &measures) else { return index }
            left -= added
        }
        return conditions.count
    }

    /// Takes conditions through a projection: those that have taken in what their columns stand for, and those that stay above it, both in their order.
    ///
    /// Behind one that would grow too much others go on which cannot fail: they may be what a scan is pruned by. Behind one that stays for any other reason all stay, as in `movedCount`.
    func moved(_ conditions: [Expression], through map: [ColumnID: Expression]) -> (below: [Expression], above: [Expression]) {
        var below: [Expression] = [], above: [Expression] = []
        var measures = Measures()
        for (index, condition) in conditions.enumerated() {
            switch move(of: condition, through: map, growsAtWill: false, &measures) {
            case .stays: return (below, above + conditions[index...])
            case .grows: above.append(condition)
            case .moves(let added):
                let moved = ConstantFolding.folded(condition.substituting(map))
                // What may fail does not come before a condition that stays.
                guard above.isEmpty || !ConstantFolding.canFail(moved) else {
                    above.append(condition)
                    continue
                }
                left -= added
                let parts = moved.conjuncts
                note(parts, from: condition)
                below += parts
            }
        }
        return (below, above)
    }

    /// What becomes of a condition above a projection.
    private enum Move {
        /// It may move, and has so many nodes more then.
        case moves(added: Int)
        /// It would be too long for what it was.
        case grows
        /// Its columns are of chance, the allowance is spent, or it would be too high.
        case stays
    }

    /// Of what columns stand for: each is measured once.
    private typealias Measures = [ColumnID: (count: Int, height: Int)]

    /// - Parameter growsAtWill: it may be as much longer as the allowance has it.
    private func move(of condition: Expression, through map: [ColumnID: Expression], growsAtWill: Bool, _ measures: inout Measures) -> Move {
        if condition.columnIDs.contains(where: { map[$0]?.isVolatile == true }) { return .stays }
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
        if !growsAtWill, added > 0, own.count + added > Self.movedCountMax {
            guard (own.count + added) / Self.growthMax <= ownCount(of: condition, own.count) else { return .grows }
        }
        // Twice the height that a text may have still lies below `boundHeightMax`; conditions that rise by moving stay before they reach it.
        guard added <= left, added == 0 || own.height + height <= SyntaxLimits.expressionHeightMax * 2 else { return .stays }
        return .moves(added: added)
    }

    /// A condition that has moved comes of another one, and how long the first of them was is remembered: also through a rename, which makes another one that is as long.
    ///
    /// The walks are charged as planning's work.
    func note(_ moved: [Expression], from condition: Expression) {
        var first: Int?
        for part in moved {
            let count = part.measured.count
            PlanningWork.charge(count)
            guard count >= Self.notedCountMin else { continue }
            // Of all parts it is the same.
            let own = first ?? firstCount(of: condition)
            first = own
            if own < count { ownCounts[ExpressionIdentity(part)] = own }
        }
    }

    private func firstCount(of condition: Expression) -> Int {
        let count = condition.measured.count
        PlanningWork.charge(count)
        return ownCount(of: condition, count)
    }

    private func ownCount(of condition: Expression, _ count: Int) -> Int {
        count < Self.notedCountMin ? count : ownCounts[ExpressionIdentity(condition)] ?? count
    }
}
