import ColumnStore

/// Moves the conditions of WHERE below joins whose right side looks at their left one, before those are run for the rows of the left side: a row that
/// WHERE leaves out is not read for them, and nothing is asked of it.
///
/// A lateral join is run for the distinct rows of its left side, so that a condition above it would come too late. `PredicatePushdown` cannot do it:
/// it runs when no such join is left.
struct LateralConditions {
    /// A filter with what can go below such a join moved there; nil where nothing can.
    static func moved(_ input: LogicalPlan, _ conjuncts: [Expression]) -> LogicalPlan? {
        guard hasLateral(input) else { return nil }
        let all = conjuncts.flatMap(\.conjuncts)
        let (plan, rest) = sink(all, into: input)
        guard rest.count < all.count else { return nil }
        return rest.isEmpty ? plan : .filter(input: plan, conjuncts: rest)
    }

    /// The join's own conditions about its left side alone, where no row stays that does not meet them.
    static func moved(_ join: JoinNode) -> JoinNode? {
        guard join.kind == .inner else { return nil }
        let left = join.left.columnIDs
        let (own, rest) = divided(join.residual.flatMap(\.conjuncts)) { $0.columnIDs.isSubset(of: left) }
        guard !own.isEmpty, !join.right.freeColumns.isDisjoint(with: left) else { return nil }
        var node = join
        node.residual = rest
        node.left = .filter(input: join.left, conjuncts: own)
        if node.residual.isEmpty, node.equalities.isEmpty { node.kind = .cross }
        return node
    }

    /// Subqueries wait for `SubqueryRemoval`, what is of chance stays where it was written, and a condition on nothing belongs to no side.
    private static func isMovable(_ condition: Expression) -> Bool { !condition.hasSubquery && !condition.isVolatile && !condition.columnIDs.isEmpty }

    /// Whether such a join lies where conditions from above can come to.
    private static func hasLateral(_ plan: LogicalPlan) -> Bool {
        switch plan {
        case .filter(let input, _), .project(let input, _): hasLateral(input)
        case .unnest(let node): hasLateral(node.input)
        case .join(let node) where [.inner, .cross, .left].contains(node.kind):
            hasLateral(node.left) || !node.right.freeColumns.isDisjoint(with: node.left.columnIDs) || node.kind != .left && hasLateral(node.right)
        default: false
        }
    }

    /// The plan with those conditions in it that can come to such a join's left side, and the others.
    private static func sink(_ conditions: [Expression], into plan: LogicalPlan) -> (LogicalPlan, rest: [Expression]) {
        switch plan {
        case .filter(let input, let conjuncts):
            // Its own come first, wherever both go.
            let (inner, own) = sink(conjuncts.flatMap(\.conjuncts), into: input)
            let (below, rest) = sink(conditions, into: inner)
            return (own.isEmpty ? below : .filter(input: below, conjuncts: own), rest)
        case .project(let input, let columns):
            // Of columns that are passed on: what is computed is not computed twice.
            let passed = columns.filter { if case .column = $0.expression { true } else { false } }
            let map = Dictionary(passed.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
            let (own, rest) = divided(conditions) { $0.columnIDs.allSatisfy { map[$0] != nil } }
            let (below, back) = placed(own.map { $0.substituting(map) }, in: input)
            return (.project(input: below, columns: columns), rest + zip(own, own.map { $0.substituting(map) }).filter { back.contains($0.1) }.map(\.0))
        case .unnest(var node):
            let known = node.input.columnIDs
            let (own, rest) = divided(conditions) { $0.columnIDs.isSubset(of: known) }
            let (below, back) = placed(own, in: node.input)
            node.input = below
            return (.unnest(node), rest + back)
        // Of a left join no condition may go to the right side: it would be asked before the rows of NULLs are added.
        case .join(var node) where [.inner, .cross, .left].contains(node.kind):
            let left = node.left.columnIDs, right = node.right.columnIDs
            var (own, rest) = divided(conditions) { $0.columnIDs.isSubset(of: left) }
            if node.right.freeColumns.isDisjoint(with: left) {
                let (below, back) = placed(own, in: node.left)
                node.left = below
                rest += back
            } else {
                // What lies further below takes its part when this filter is looked at.
                node.left = own.isEmpty ? node.left : .filter(input: node.left, conjuncts: own)
            }
            if node.kind != .left {
                (own, rest) = divided(rest) { $0.columnIDs.isSubset(of: right) }
                let (below, back) = placed(own, in: node.right)
                node.right = below
                rest += back
            }
            return (.join(node), rest)
        default: return (plan, conditions)
        }
    }

    /// Into the plan, where such a join lies below; else they come back as they are.
    private static func placed(_ conditions: [Expression], in plan: LogicalPlan) -> (LogicalPlan, rest: [Expression]) {
        conditions.isEmpty || !hasLateral(plan) ? (plan, conditions) : sink(conditions, into: plan)
    }

    /// Both parts keep their order.
    private static func divided(_ conditions: [Expression], _ isOwn: (Expression) -> Bool) -> (own: [Expression], rest: [Expression]) {
        (conditions.filter { isMovable($0) && isOwn($0) }, conditions.filter { !(isMovable($0) && isOwn($0)) })
    }
}
