import ColumnStore

/// Lifts what a subquery says of outer columns out of its plan, where that is enough to make it a join: conditions of its WHERE, through
/// projections, joins and groupings by equal keys.
///
/// A subquery that is the same for every outer row but for conditions `inner = outer` is run once for all keys, and joined to the outer rows by them:
///
///     SELECT (SELECT max(t.x) FROM t WHERE t.k = o.k) FROM o    →    o LEFT JOIN (SELECT k, max(x) FROM t GROUP BY k) s ON o.k = s.k
///
/// It gives up, with nil, where an outer column stands in anything but a condition, where a row that another condition leaves out could be
/// counted, and where something is of chance, which each outer row has to draw for itself.
struct CorrelationPullUp {
    struct Pulled {
        /// Without the outer columns. Puts out the subquery's columns, and those that the conditions read.
        var plan: LogicalPlan
        /// Outer expression, inner expression.
        var equalities: [(outer: Expression, inner: Expression)] = []
        /// Further conditions over both.
        var residual: [Expression] = []
        /// A condition of the subquery's own waits for one on outer columns (`CorrelationOrder`). In a join for each outer row it would be asked of all rows of the keys anew.
        var isWrapped = false
        /// For each set of key values at most one row comes out. Invariant: then `emptyRow` is not nil.
        var isSingle = false
        /// Of an aggregate without GROUP BY: what its columns are for keys without rows.
        var emptyRow: [ColumnID: Expression]?

        /// The same for a join of this kind. A semi-join has what compares an outer column with a constant as a condition and not as a key: it is asked of the
        /// outer rows as they are read, and those that fail it never come to the other keys, which may refuse them.
        func joining(by kind: JoinNode.Kind, at position: Int?) -> Pulled {
            guard kind == .semi else { return self }
            // What may fail itself stays a key: as the rows are read it would see those that other joins leave out.
            func isAskedFirst(_ outer: Expression, _ inner: Expression) -> Bool {
                inner.columnIDs.isEmpty && !ConstantFolding.canFail(outer) && !ConstantFolding.canFail(inner)
            }
            var pulled = self
            for key in equalities where isAskedFirst(key.outer, key.inner) {
                pulled.residual.append(.call(.equal, [key.outer, key.inner], type: .boolean, position: position))
            }
            pulled.equalities.removeAll { isAskedFirst($0.outer, $0.inner) }
            return pulled
        }
    }

    /// Columns of the query around the subquery. No node of the subquery puts them out.
    let outer: Set<ColumnID>
    let ids: PlanIDs
    /// Only whether this very plan has rows counts: LIMIT and ORDER BY do not matter, nor what its columns are. Of a plan whose rows are tested, counted or
    /// joined further above it says nothing (`ofRows`).
    let isExistence: Bool

    /// For the input of a node that looks at which rows there are.
    private var ofRows: CorrelationPullUp { CorrelationPullUp(outer: outer, ids: ids, isExistence: false) }

    /// The plan without its mentions of outer columns, and what was said of them; nil where they cannot be separated from the rest.
    func pull(_ plan: LogicalPlan) -> Pulled? {
        // Asked at each node on the way down: the first mention tells it.
        guard plan.mentions(anyOf: outer) else { return plan.drawsAnew(for: outer) ? nil : Pulled(plan: plan) }
        guard !plan.expressions.contains(where: \.isVolatile) else { return nil }
        switch plan {
        case .filter(let input, let conjuncts): return filter(input, conjuncts)
        case .project(let input, let columns): return project(input, columns)
        case .aggregate(let node): return aggregate(node)
        case .join(let node): return join(node)
        case .unnest(let node): return unnest(node)
        // A LIMIT counts rows of one outer row, and here the rows of all keys are together.
        case .sort(let node):
            guard node.limit == nil || isExistence, (node.limit ?? 1) > 0, node.offset == 0 else { return nil }
            return pull(node.input)
        // Whether there is a row does not depend on how many are asked for, unless none or some first ones are left out.
        case .limit(let input, let count, let offset):
            guard isExistence, offset == 0, (count ?? 1) > 0 else { return nil }
            return pull(input)
        case .distinct(let input):
            guard var pulled = ofRows.pull(input), pulled.residual.isEmpty, pulled.emptyRow == nil else { return nil }
            // Keys are equal within what one outer row sees: they do not keep repeats apart. Columns that a key is computed from would.
            guard isExistence || pulled.equalities.allSatisfy({ if case .column = $0.inner { true } else { false } }) else { return nil }
            pulled.plan = .distinct(input: pulled.plan)
            return pulled
        default: return nil
        }
    }

    private func isFree(_ expression: Expression) -> Bool { !expression.columnIDs.isDisjoint(with: outer) }

    /// Divides conditions: equalities of an outer and an inner expression become keys, other mentions of outer columns stay conditions of the join,
    /// the rest is the subquery's own. What of that refuses values behind such a mention mentions it as well by now (`CorrelationOrder`).
    ///
    /// - Returns: the subquery's own conditions.
    private func sort(_ conditions: [Expression], into pulled: inout Pulled) -> [Expression] {
        var own: [Expression] = []
        for condition in conditions {
            guard isFree(condition) else {
                own.append(condition)
                continue
            }
            if case .call(.equal, let sides, _, _) = condition, sides.count == 2 {
                let outerSides = sides.map { $0.columnIDs.isSubset(of: outer) && !$0.columnIDs.isEmpty }
                if outerSides[0], !isFree(sides[1]) {
                    pulled.equalities.append((sides[0], sides[1]))
                    continue
                }
                if outerSides[1], !isFree(sides[0]) {
                    pulled.equalities.append((sides[1], sides[0]))
                    continue
                }
            }
            pulled.residual.append(condition)
        }
        return own
    }

    /// Above a grouping without keys a condition asks of the row that even no rows have; a join by keys would not have that row.
    private func filter(_ input: LogicalPlan, _ conjuncts: [Expression]) -> Pulled? {
        guard !conjuncts.contains(where: \.hasSubquery), var pulled = ofRows.pull(input), pulled.emptyRow == nil else { return nil }
        let conditions = conjuncts.flatMap(\.conjuncts), kept = CorrelationOrder.kept(conditions, over: input, outer: outer)
        pulled.isWrapped = pulled.isWrapped || kept != conditions
        let own = sort(kept, into: &pulled)
        if !own.isEmpty { pulled.plan = .filter(input: pulled.plan, conjuncts: own) }
        return pulled
    }

    /// Inner columns that the lifted conditions read.
    private func needed(_ pulled: Pulled) -> Set<ColumnID> {
        var used: Set<ColumnID> = []
        for equality in pulled.equalities { equality.inner.collectColumns(into: &used) }
        for condition in pulled.residual { condition.collectColumns(into: &used) }
        return used.subtracting(outer)
    }

    /// What a projection makes of outer columns would have to be made for each outer row: it is given up.
    private func project(_ input: LogicalPlan, _ columns: [ProjectedColumn]) -> Pulled? {
        guard !columns.contains(where: { isFree($0.expression) }), var pulled = pull(input) else { return nil }
        if pulled.emptyRow == nil, !isExistence, columns.contains(where: { ConstantFolding.failsByData($0.expression) }) { return nil }
        let made = Set(columns.map(\.column.id))
        // Columns that the lifted conditions read have to come out beside the subquery's own.
        let extra = pulled.plan.columns.filter { needed(pulled).contains($0.id) && !made.contains($0.id) }
        if let defaults = pulled.emptyRow {
            var own: [ColumnID: Expression] = [:]
            for column in columns { own[column.column.id] = column.expression.substituting(defaults) }
            pulled.emptyRow = own
        }
        pulled.plan = .project(input: pulled.plan, columns: columns + extra.map { ProjectedColumn($0, .column($0)) })
        return pulled
    }

    /// The lifted keys become keys of the grouping: `GROUP BY` of the subquery and the outer key. A condition that is no equality would have to be
    /// asked before rows are counted, so that with one it is given up.
    private func aggregate(_ aggregate: AggregateNode) -> Pulled? {
        // Rows of all keys are together from here on, in no order.
        var node = aggregate.orderingItsLists
        guard node.groupingSets == nil, var pulled = ofRows.pull(node.input), pulled.residual.isEmpty, pulled.emptyRow == nil else { return nil }
        let isScalar = node.groups.isEmpty
        // Keys are computed of all rows, whoever reads them; of what nobody reads nothing is.
        let computed = isExistence ? node.groups.map(\.expression) : Grouped.expressions(of: node)
        guard !Grouped.expressions(of: node).contains(where: isFree), !computed.contains(where: { ConstantFolding.failsByData($0) }) else { return nil }
        node.input = pulled.plan
        for index in pulled.equalities.indices {
            let inner = pulled.equalities[index].inner
            // The subquery groups by it already, as `GROUP BY t.k` with `t.k = o.k`.
            if let group = node.groups.first(where: { $0.expression.isSame(as: inner) }) {
                pulled.equalities[index].inner = .column(group.column)
            } else {
                let column = ids.newColumn("", inner.type)
                node.groups.append(ProjectedColumn(column, inner))
                pulled.equalities[index].inner = .column(column)
            }
        }
        pulled.plan = .aggregate(node)
        pulled.isSingle = isScalar
        if isScalar { pulled.emptyRow = Grouped.emptyRow(of: node) }
        return pulled
    }

    /// Inner joins let conditions of both sides through. Of others the left side alone may look at outer columns: its rows are those that stay.
    private func join(_ join: JoinNode) -> Pulled? {
        var node = join
        guard let left = ofRows.pull(node.left), left.emptyRow == nil else { return nil }
        var pulled = Pulled(plan: node.left, equalities: left.equalities, residual: left.residual, isWrapped: left.isWrapped)
        node.left = left.plan
        switch node.kind {
        case .inner, .cross:
            guard let right = ofRows.pull(node.right), right.emptyRow == nil else { return nil }
            node.right = right.plan
            pulled.equalities += right.equalities
            pulled.residual += right.residual
            pulled.isWrapped = pulled.isWrapped || right.isWrapped
            if node.equalities.contains(where: { isFree($0.left) || isFree($0.right) }) { return nil }
            node.residual = sort(node.residual, into: &pulled)
        default:
            let own = node.equalities.flatMap { [$0.left, $0.right] } + node.residual
            guard !own.contains(where: isFree), !node.right.mentions(anyOf: outer), !node.right.drawsAnew(for: outer) else { return nil }
            guard [.left, .semi, .anti, .antiNullAware].contains(node.kind) else { return nil }
        }
        pulled.plan = .join(node)
        return pulled
    }

    /// The list of a grouping without keys is there even of no rows, where `emptyRow` has it, and has several elements: no longer one row for each key.
    private func unnest(_ unnest: UnnestNode) -> Pulled? {
        guard !isFree(unnest.list), var pulled = ofRows.pull(unnest.input), pulled.emptyRow == nil else { return nil }
        var node = unnest
        node.input = pulled.plan
        let passed = Set(node.passed.map(\.id))
        node.passed += pulled.plan.columns.filter { needed(pulled).contains($0.id) && !passed.contains($0.id) }
        pulled.plan = .unnest(node)
        return pulled
    }
}

/// Facts about aggregate nodes.
enum Grouped {
    /// All that a grouping computes of its input's rows.
    static func expressions(of node: AggregateNode) -> [Expression] {
        node.groups.map(\.expression)
            + node.aggregates.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) + $0.order.map(\.expression) }
    }

    /// What each aggregate is of no rows.
    static func emptyRow(of node: AggregateNode) -> [ColumnID: Expression] {
        var row: [ColumnID: Expression] = [:]
        for call in node.aggregates {
            row[call.column.id] = call.function.definition.isCount ? .literal(.integer(0), .int64) : .null(call.column.type)
        }
        return row
    }

    /// Whether exactly one row comes out, whatever the input.
    static func isOneRow(_ plan: LogicalPlan) -> Bool {
        switch plan {
        case .aggregate(let node): node.groups.isEmpty && node.groupingSets == nil
        case .singleRow: true
        case .values(_, let rows): rows.count == 1
        case .project(let input, _): isOneRow(input)
        default: false
        }
    }

    /// Whether no more than one row can come out, so that none has to be counted.
    static func isAtMostOneRow(_ plan: LogicalPlan) -> Bool {
        switch plan {
        case .limit(let input, let count, _): (count ?? 2) <= 1 || isAtMostOneRow(input)
        case .filter(let input, _), .project(let input, _), .distinct(let input): isAtMostOneRow(input)
        case .sort(let node): (node.limit ?? 2) <= 1 || isAtMostOneRow(node.input)
        default: isOneRow(plan)
        }
    }
}
