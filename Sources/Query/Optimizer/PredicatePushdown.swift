import ColumnStore

/// Moves conditions towards the tables that they look at: through projections, joins, unions, groupings, windows and views.
///
/// Order is kept where it can matter: a condition that stood after another never comes before it on the same rows.
///
/// Invariants:
/// 1. what is made up (`implied`, `sidePart`, the common part of an OR) is made of conditions that cannot fail;
/// 2. volatile conditions do not move;
/// 3. what cannot go further stays as a filter at that very place (`kept`).
struct PredicatePushdown {
    /// Of the whole run: it bounds what all moves together add to the plan.
    private let copies = CopyAllowance()
    private let definitions = SharedWalk()

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { PredicatePushdown().push([], into: plan).shaped(as: plan.columns) }

    /// - Parameter conditions: over the plan's columns, in the order in which they are to be asked.
    private func push(_ conditions: [Expression], into plan: LogicalPlan) -> LogicalPlan {
        if PlanningWork.isOver { return plan }
        // What is of chance is asked where it stands: elsewhere it would be asked of other rows, or more than once.
        let fixed = conditions.filter { !$0.isVolatile }
        if fixed.count < conditions.count { return kept(conditions.filter(\.isVolatile), over: push(fixed, into: plan)) }
        switch plan {
        case .filter(let input, let conjuncts):
            return push(conjuncts.flatMap { ConstantFolding.folded($0).conjuncts }.flatMap(Self.factored) + conditions, into: input)
        case .project(let input, let columns): return pushThroughProject(conditions, input, columns)
        case .join(let node): return pushIntoJoin(conditions, node)
        case .aggregate(let node): return pushThroughAggregate(conditions, node)
        case .unnest(let node): return pushThroughUnnest(conditions, node)
        case .window(let node): return pushThroughWindow(conditions, node)
        case .sort(var node):
            // The first rows of all are others than the first of those that pass.
            guard node.limit == nil else { return kept(conditions, over: descend(plan)) }
            node.input = push(conditions, into: node.input)
            return .sort(node)
        // Rows that are alike pass together.
        case .distinct(let input): return .distinct(input: push(conditions, into: input))
        // Only who reads the rows asks for what they come from: an error of a condition waits with theirs.
        case .deferring(let input, let number): return .deferring(input: push(conditions, into: input), number: number)
        case .setOperation(let node): return pushIntoSetOperation(conditions, node)
        // Below a LIMIT other rows would be counted, below what is shared rows would be missing elsewhere, and below a single row an error of the data would not be seen.
        case .scan, .values, .series, .limit, .shared, .singleRow: return kept(conditions, over: descend(plan))
        }
    }

    /// Nothing goes below this node; what stands further below still moves.
    private func descend(_ plan: LogicalPlan) -> LogicalPlan {
        guard case .shared(let id, let definition, let columns) = plan else { return plan.withReorderedInputs(plan.inputs.map { push([], into: $0) }) }
        return .shared(id: id, definition: definitions.once(id) { push([], into: definition).shaped(as: definition.columns) }, columns: columns)
    }

    /// The filter that stays here; no rows at all where a condition is never true.
    private func kept(_ conditions: [Expression], over plan: LogicalPlan) -> LogicalPlan {
        var left: [Expression] = []
        var known: Set<ExpressionIdentity> = []
        // How many of `left` are known not to fail.
        var safeCount = 0
        for condition in conditions {
            if case .literal(let value, _) = condition {
                if value == .boolean(true) { continue }
                // Never true: no row is left, unless a condition before it fails first.
                while safeCount < left.count, !ConstantFolding.canFail(left[safeCount]) { safeCount += 1 }
                if safeCount == left.count { return .values(columns: plan.columns, rows: []) }
            }
            if conditions.count == 1 || condition.isVolatile || known.insert(ExpressionIdentity(condition)).inserted { left.append(condition) }
        }
        return left.isEmpty ? plan : .filter(input: plan, conjuncts: left)
    }

    /// `(a AND x) OR (a AND y)` is `a AND (x OR y)`: the common part may be a join's equality.
    static func factored(_ condition: Expression) -> [Expression] {
        guard case .or(let branches) = condition else { return [condition] }
        var lists = branches.map(\.conjuncts)
        guard let first = lists.first, lists.count > 1 else { return [condition] }
        var shared = Set(first.lazy.map(ExpressionIdentity.init))
        for list in lists.dropFirst() {
            shared.formIntersection(list.lazy.map(ExpressionIdentity.init))
            if shared.isEmpty { return [condition] }
        }
        shared = shared.filter { !ConstantFolding.canFail($0.expression) && !$0.expression.isVolatile }
        let common = first.filter { shared.contains(ExpressionIdentity($0)) }
        if common.isEmpty { return [condition] }
        for index in lists.indices { lists[index].removeAll { shared.contains(ExpressionIdentity($0)) } }
        if lists.contains(where: \.isEmpty) { return common }
        return common + [.or(lists.map(Expression.conjunction))]
    }

    /// Conditions take in what the projection's columns stand for, as far as the allowance of copies goes.
    private func pushThroughProject(_ conditions: [Expression], _ input: LogicalPlan, _ columns: [ProjectedColumn]) -> LogicalPlan {
        let map = Dictionary(columns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
        let (below, above) = copies.moved(conditions, through: map)
        return kept(above, over: .project(input: push(below, into: input), columns: columns))
    }

    /// HAVING of keys is WHERE.
    private func pushThroughAggregate(_ conditions: [Expression], _ aggregate: AggregateNode) -> LogicalPlan {
        var node = aggregate
        let keys = Dictionary(node.groups.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
        var below: [Expression] = [], above: [Expression] = []
        for condition in conditions {
            let used = condition.columnIDs
            // Of keys alone it holds for all rows of a group or for none. In GROUPING SETS a key that is left out is NULL, and its rows' values are not.
            let isOfKeys = node.groupingSets == nil && !used.isEmpty && used.allSatisfy { keys[$0]?.isVolatile == false }
            if isOfKeys, copies.movedCount(of: [condition], through: keys) == 1 {
                below.append(moved(condition, to: keys))
                continue
            }
            above.append(condition)
            // The condition stays, and the keys' part of it leaves out groups early.
            if !isOfKeys, node.groupingSets == nil, let part = Self.sidePart(of: condition, Set(keys.keys.filter { keys[$0]?.isVolatile == false })),
                copies.movedCount(of: [part], through: keys) == 1
            {
                below.append(moved(part, to: keys))
            }
        }
        node.input = push(below, into: node.input)
        return kept(above, over: .aggregate(node))
    }

    /// The condition over what its columns stand for.
    private func moved(_ condition: Expression, to map: [ColumnID: Expression]) -> Expression {
        let moved = condition.substituting(map)
        copies.note([moved], from: condition)
        return moved
    }

    /// What does not look at the elements is asked once for the row that has them.
    private func pushThroughUnnest(_ conditions: [Expression], _ unnest: UnnestNode) -> LogicalPlan {
        var node = unnest
        let elementIDs = Set(node.elements.map(\.column.id) + (node.ordinality.map { [$0.id] } ?? []))
        var below: [Expression] = [], above: [Expression] = []
        for condition in conditions {
            if condition.columnIDs.isDisjoint(with: elementIDs), !condition.columnIDs.isEmpty {
                below.append(condition)
            } else {
                // The row that stands for an empty list does not pass: it need not be made.
                if NullRejection.rejects(condition, nulls: elementIDs) { node.keepsEmpty = false }
                above.append(condition)
            }
        }
        node.input = push(below, into: node.input)
        return kept(above, over: .unnest(node))
    }

    /// Only plain columns that all windows of the node are partitioned by let a condition through.
    private func pushThroughWindow(_ conditions: [Expression], _ window: WindowNode) -> LogicalPlan {
        var node = window
        var keys: Set<ColumnID> = []
        for expression in node.partition { if case .column(let id, _) = expression { keys.insert(id) } }
        var below: [Expression] = [], above: [Expression] = []
        for condition in conditions {
            let used = condition.columnIDs
            // Whole partitions go or stay; any other row may be one that a window of another looks at.
            if !used.isEmpty, used.isSubset(of: keys) { below.append(condition) } else { above.append(condition) }
        }
        node.input = push(below, into: node.input)
        node.first = RankBounds.first(above, over: node)
        return kept(above, over: .window(node))
    }

    /// By place. Of a union to every input: a row of any input that fails it would fail in the result as well.
    ///
    /// INTERSECT and EXCEPT count equal rows in all inputs, and which of them comes out is open: a condition that need not hold of all of them alike stays
    /// above. What may fail goes to the first input alone: rows of the others need not come out.
    private func pushIntoSetOperation(_ conditions: [Expression], _ operation: SetOperationNode) -> LogicalPlan {
        var node = operation
        var below: [Expression] = [], above: [Expression] = [], others: [Expression] = []
        let types = Dictionary(node.columns.map { ($0.id, $0.type) }, uniquingKeysWith: { first, _ in first })
        for condition in conditions {
            if node.kind == .union {
                below.append(condition)
                others.append(condition)
                continue
            }
            let isSafe = !ConstantFolding.canFail(condition)
            let isOfAllAlike = condition.columnIDs.allSatisfy { id in types[id].map { TypeRules.isEqualTheSame($0) } ?? false }
            // What may fail does not come before a condition that stays.
            if isOfAllAlike, isSafe || above.isEmpty { below.append(condition) } else { above.append(condition) }
            if isOfAllAlike, isSafe { others.append(condition) }
        }
        guard copies.allow(others, times: node.inputs.count - 1) else { return kept(conditions, over: descend(.setOperation(node))) }
        for index in node.inputs.indices {
            let map = Dictionary(
                zip(node.columns, node.inputs[index].columns).map { ($0.id, Expression.column($1)) }, uniquingKeysWith: { first, _ in first })
            let columns = node.inputs[index].columns
            let own = (index == 0 ? below : others).map { moved($0, to: map) }
            node.inputs[index] = push(own, into: node.inputs[index]).shaped(as: columns)
        }
        return kept(above, over: .setOperation(node))
    }

    // MARK: Joins

    /// Decides by the kind which side's rows a condition may leave out before they are joined.
    private func pushIntoJoin(_ conditions: [Expression], _ join: JoinNode) -> LogicalPlan {
        var node = join
        if node.kind == .right {
            // One outer side is enough to reason about; the planner chooses the side to build last.
            node.kind = .left
            (node.left, node.right) = (node.right, node.left)
            for index in node.equalities.indices {
                (node.equalities[index].left, node.equalities[index].right) = (node.equalities[index].right, node.equalities[index].left)
            }
        }
        node.residual = node.residual.flatMap { ConstantFolding.folded($0).conjuncts }.flatMap(Self.factored)
        switch node.kind {
        case .inner, .cross: return pushIntoInner(conditions, node)
        case .left: return pushIntoLeft(conditions, node)
        case .full: return pushIntoFull(conditions, node)
        case .semi, .anti, .antiNullAware, .mark: return pushIntoSemi(conditions, node)
        // No plan has the last two yet: `JoinOrder` makes them, after this pass.
        case .right, .rightSemi, .rightAnti: return .join(node)
        }
    }

    /// Conditions of WHERE and ON are the same here: each goes to the side that has all of its columns, becomes an equality, or stays with the join.
    private func pushIntoInner(_ conditions: [Expression], _ join: JoinNode) -> LogicalPlan {
        var node = join
        let leftIDs = node.left.columnIDs, rightIDs = node.right.columnIDs
        var left: [Expression] = [], right: [Expression] = [], above: [Expression] = []
        let all = node.residual + conditions
        node.residual = []
        var known = Set(node.equalities)
        for condition in all + implied(by: all, node.equalities) {
            let used = condition.columnIDs
            // A condition on nothing is asked once above, and not of either side.
            if used.isEmpty {
                above.append(condition)
            } else if used.isSubset(of: leftIDs) {
                left.append(condition)
            } else if used.isSubset(of: rightIDs) {
                right.append(condition)
            } else if let equality = Self.equality(condition, leftIDs, rightIDs) {
                if known.insert(equality).inserted { node.equalities.append(equality) }
            } else {
                for (side, ids) in [(0, leftIDs), (1, rightIDs)] {
                    guard let part = Self.sidePart(of: condition, ids) else { continue }
                    copies.note([part], from: condition)
                    if side == 0 { left.append(part) } else { right.append(part) }
                }
                node.residual.append(condition)
            }
        }
        node.kind = node.equalities.isEmpty && node.residual.isEmpty ? .cross : .inner
        // Rows that an outer join below adds need a match here as well.
        let needed = node.residual + node.equalities.filter { !$0.nullsEqual }.flatMap { [.not(.isNull($0.left)), .not(.isNull($0.right))] }
        node.left = push(left, into: NullRejection.narrowed(node.left, by: needed))
        node.right = push(right, into: NullRejection.narrowed(node.right, by: needed))
        return kept(above, over: .join(node))
    }

    /// Of an OR over both sides, what it says of one: an OR that every branch gives a part to.
    private static func sidePart(of condition: Expression, _ ids: Set<ColumnID>) -> Expression? {
        guard case .or(let branches) = condition, !ConstantFolding.canFail(condition), !condition.isVolatile else { return nil }
        var parts: [Expression] = []
        for branch in branches {
            let own = branch.conjuncts.filter { !$0.columnIDs.isEmpty && $0.columnIDs.isSubset(of: ids) }
            if own.isEmpty { return nil }
            parts.append(.conjunction(own))
        }
        return .or(parts)
    }

    /// The condition as a pair of keys, `left = right` or IS NOT DISTINCT FROM, whichever way it was written; nil where a side mixes both inputs or
    /// mentions none.
    static func equality(_ condition: Expression, _ leftIDs: Set<ColumnID>, _ rightIDs: Set<ColumnID>) -> JoinNode.Equality? {
        let sides: (Expression, Expression), nullsEqual: Bool
        switch condition {
        case .call(.equal, let arguments, _, _) where arguments.count == 2: (sides, nullsEqual) = ((arguments[0], arguments[1]), false)
        case .isDistinct(let one, let other, isNegated: true): (sides, nullsEqual) = ((one, other), true)
        default: return nil
        }
        let used = (sides.0.columnIDs, sides.1.columnIDs)
        guard !used.0.isEmpty, !used.1.isEmpty, !condition.isVolatile else { return nil }
        if used.0.isSubset(of: leftIDs), used.1.isSubset(of: rightIDs) {
            return JoinNode.Equality(sides.0, sides.1, nullsEqual: nullsEqual)
        }
        if used.0.isSubset(of: rightIDs), used.1.isSubset(of: leftIDs) {
            return JoinNode.Equality(sides.1, sides.0, nullsEqual: nullsEqual)
        }
        return nil
    }

    /// From `a.k = b.k` and a test of `a.k` against constants the same test of `b.k`: its scan is pruned, too, and its rows are fewer before they are joined.
    ///
    /// Only of columns of one type, so that the constant fits, and of tests that cannot fail.
    private func implied(by conditions: [Expression], _ equalities: [JoinNode.Equality]) -> [Expression] {
        var pairs: [ColumnID: [Expression]] = [:]
        var seen: Set<[ColumnID]> = []
        func pair(_ left: Expression, _ right: Expression) {
            guard case .column(let a, let typeA) = left, case .column(let b, let typeB) = right, typeA == typeB else { return }
            guard seen.insert([a, b]).inserted else { return }
            pairs[a, default: []].append(right)
            pairs[b, default: []].append(left)
        }
        for equality in equalities where !equality.nullsEqual { pair(equality.left, equality.right) }
        for condition in conditions {
            if case .call(.equal, let sides, _, _) = condition, sides.count == 2 { pair(sides[0], sides[1]) }
        }
        if pairs.isEmpty { return [] }
        var found: [Expression] = []
        var known: Set<ExpressionIdentity> = []
        for condition in conditions where !ConstantFolding.canFail(condition) && Self.isTestAgainstConstants(condition) {
            guard let id = condition.columnIDs.first, let equals = pairs[id], copies.allow([condition], times: equals.count) else { continue }
            if known.isEmpty { known = Set(conditions.lazy.map(ExpressionIdentity.init)) }
            for to in equals {
                let copy = moved(condition, to: [id: to])
                if known.insert(ExpressionIdentity(copy)).inserted { found.append(copy) }
            }
        }
        return found
    }

    /// A comparison of a column with a constant, or an IN over constants. `<>` prunes nothing, and is not worth a copy.
    private static func isTestAgainstConstants(_ condition: Expression) -> Bool {
        switch condition {
        case .call(let function, let sides, _, _):
            guard let comparison = function.comparison, comparison != .notEqual else { return false }
            guard sides.count == 2 else { return false }
            if case .column = sides[0] { return sides[1].isLiteral }
            if case .column = sides[1] { return sides[0].isLiteral }
            return false
        case .inList(.column, let items, isNegated: false): return items.allSatisfy(\.isLiteral)
        default: return false
        }
    }

    /// A condition of WHERE on left columns leaves out rows with all of their matches; of ON, only what looks at the right side alone moves.
    private func pushIntoLeft(_ conditions: [Expression], _ join: JoinNode) -> LogicalPlan {
        var node = join
        let leftIDs = node.left.columnIDs, rightIDs = node.right.columnIDs
        // The rows that the join adds would all be taken out again.
        if conditions.contains(where: { NullRejection.rejects($0, nulls: rightIDs) }) {
            node.kind = .inner
            return pushIntoInner(conditions, node)
        }
        // What looks at the right side stays above: asked below, it would make left rows lonely that it has to take out.
        var left: [Expression] = [], above: [Expression] = []
        for condition in conditions {
            let used = condition.columnIDs
            if !used.isEmpty, used.isSubset(of: leftIDs) { left.append(condition) } else { above.append(condition) }
        }
        let right = splitCondition(&node, leftIDs, rightIDs)
        // Matches are looked for among left rows that passed: what holds for them holds for their matches.
        let implied = implied(by: left, node.equalities).filter { $0.columnIDs.isSubset(of: rightIDs) }
        node.left = push(left, into: node.left)
        node.right = push(right + implied, into: node.right)
        return kept(above, over: .join(node))
    }

    /// Takes from the join's own condition what looks at the right side only, and finds its equalities. A right row that fails is nobody's match, whichever left row looks for one; what looks
    /// at the left side only says whether a row has matches, and not whether it stays, and so is the join's.
    private func splitCondition(_ node: inout JoinNode, _ leftIDs: Set<ColumnID>, _ rightIDs: Set<ColumnID>) -> [Expression] {
        var right: [Expression] = [], rest: [Expression] = []
        for condition in node.residual {
            let used = condition.columnIDs
            if !used.isEmpty, used.isSubset(of: rightIDs) {
                right.append(condition)
            } else if let equality = Self.equality(condition, leftIDs, rightIDs) {
                node.equalities.append(equality)
            } else if condition != .isTrue {
                rest.append(condition)
            }
        }
        node.residual = rest
        return right
    }

    /// Conditions of WHERE that no row of NULLs passes make it a join of fewer outer sides.
    private func pushIntoFull(_ conditions: [Expression], _ join: JoinNode) -> LogicalPlan {
        var node = join
        let leftIDs = node.left.columnIDs, rightIDs = node.right.columnIDs
        let rejectsRight = conditions.contains { NullRejection.rejects($0, nulls: rightIDs) }
        let rejectsLeft = conditions.contains { NullRejection.rejects($0, nulls: leftIDs) }
        if rejectsLeft || rejectsRight {
            // Rows without a match on one side fall out: what is left keeps the other side's.
            node.kind = rejectsLeft && rejectsRight ? .inner : rejectsLeft ? .left : .right
            return pushIntoJoin(conditions, node)
        }
        // Both sides' rows stay: a condition of either decides about matches alone, and nothing moves.
        var rest: [Expression] = []
        for condition in node.residual {
            if let equality = Self.equality(condition, leftIDs, rightIDs) { node.equalities.append(equality) } else { rest.append(condition) }
        }
        node.residual = rest.filter { $0 != .isTrue }
        node.left = push([], into: node.left)
        node.right = push([], into: node.right)
        return kept(conditions, over: .join(node))
    }

    /// Semi-, anti- and mark joins: left rows come out as they are, so that conditions on them go left.
    private func pushIntoSemi(_ conditions: [Expression], _ join: JoinNode) -> LogicalPlan {
        var node = join
        let leftIDs = node.left.columnIDs, rightIDs = node.right.columnIDs
        var left: [Expression] = [], above: [Expression] = []
        for condition in conditions {
            let used = condition.columnIDs
            if !used.isEmpty, used.isSubset(of: leftIDs) { left.append(condition) } else { above.append(condition) }
        }
        var right: [Expression] = []
        switch node.kind {
        case .semi, .anti, .mark(_, nullAware: false): right = splitCondition(&node, leftIDs, rightIDs)
        default: break
        }
        // A row of a semi-join needs a match, so whatever the match asks of the row alone is asked of it first. An anti-join keeps rows that fail it.
        if node.kind == .semi {
            left += node.residual.filter { !$0.columnIDs.isEmpty && $0.columnIDs.isSubset(of: leftIDs) }
            node.residual.removeAll { !$0.columnIDs.isEmpty && $0.columnIDs.isSubset(of: leftIDs) }
            right += implied(by: left, node.equalities).filter { $0.columnIDs.isSubset(of: rightIDs) }
        }
        node.left = push(left, into: node.left)
        node.right = push(right, into: node.right)
        return kept(above, over: .join(node))
    }
}
