import ColumnStore

/// Keeps what refuses values behind what a subquery says of the outer row before it: a cast of texts to numbers, a division.
///
///     WHERE a.name = o.name AND a.value::int > 5    →    a.name = o.name AND CASE WHEN a.name = o.name THEN a.value::int > 5 ELSE false END
///
/// Run for one outer row, the second condition is asked of the rows of its name alone, and the others may have values that are no numbers. In a join with the outer rows it would go to
/// the scan of `a`, as it looks at nothing else, and be asked of all rows. With the condition before it within, it stays where that one is known.
///
/// What only overflows stays as it is, and so do keys of a join within the subquery: without them each row would meet all others.
enum CorrelationOrder {
    /// The conditions of a filter, in their order, but that those which wait for the same ones are asked together, last of those between two on outer columns.
    ///
    /// - Parameters:
    ///   - conditions: no AND among them.
    ///   - input: of the filter, as it was before anything was lifted out of it.
    ///   - outer: columns of the query around it.
    static func kept(_ conditions: [Expression], over input: LogicalPlan, outer: Set<ColumnID>) -> [Expression] {
        func isOwn(_ condition: Expression) -> Bool {
            let used = condition.columnIDs
            return !used.isEmpty && used.isDisjoint(with: outer)
        }
        guard conditions.contains(where: { isOwn($0) && refusesValues($0) }) else { return conditions }
        let known = outer.union(input.columnIDs)
        var before = met(by: input, outer).filter { $0.columnIDs.isSubset(of: known) }
        var kept: [Expression] = [], waiting: [Expression] = []
        // Each that waits has all those before it within: past what one filter may copy they stay where they are.
        let copies = CopyAllowance()
        func putWaiting() {
            if !waiting.isEmpty, copies.allow(before, times: 1) {
                kept.append(.conditional(branches: [.init(condition: .conjunction(before), result: .conjunction(waiting))], otherwise: .isFalse, type: .boolean))
            } else {
                kept += waiting
            }
            waiting = []
        }
        for condition in conditions {
            if !isOwn(condition) {
                putWaiting()
                if isAskedAgain(condition, outer) { before.append(condition) }
                kept.append(condition)
            } else if !before.isEmpty, refusesValues(condition), !condition.hasSubquery, !condition.isVolatile, !isKey(condition, of: input) {
                waiting.append(condition)
            } else {
                // What may not wait comes behind what does: that may keep values from it.
                if refusesValues(condition) { putWaiting() }
                kept.append(condition)
            }
        }
        putWaiting()
        return kept
    }

    /// Whether a part of it does not take every value.
    ///
    /// As `ConstantFolding.refusesValues`, but that digits may be past 38, and that fields of times, by which scans are pruned, are taken to be of finite ones: most conditions compare such.
    private static func refusesValues(_ expression: Expression) -> Bool {
        expression.contains { part in
            switch part {
            case .call(let function, let arguments, let type, _):
                function.traits.steps == nil && function.canFail(arguments, type) && function.failsByData(arguments)
            case .cast(let operand, let type, _): ConstantFolding.castCanFail(from: operand.type, to: type) && !isOfDigitsAlone(from: operand.type, to: type)
            default: false
            }
        }
    }

    /// Exact numbers as the widest decimal, which comparisons make of both sides.
    private static func isOfDigitsAlone(from source: ColumnType, to target: ColumnType) -> Bool {
        guard case .decimal(TypeRules.digitCountMax, _) = target else { return false }
        return TypeRules.isInteger(source) || TypeRules.isDecimal(source)
    }

    private static func isAskedAgain(_ condition: Expression, _ outer: Set<ColumnID>) -> Bool {
        !condition.columnIDs.isDisjoint(with: outer) && !condition.hasSubquery && !condition.isVolatile
    }

    /// Conditions on outer columns that every row of the plan has met, in columns of the plan or of those below it.
    private static func met(by plan: LogicalPlan, _ outer: Set<ColumnID>) -> [Expression] {
        switch plan {
        case .filter(let input, let conjuncts): return met(by: input, outer) + conjuncts.flatMap(\.conjuncts).filter { isAskedAgain($0, outer) }
        case .project(let input, let columns):
            var map: [ColumnID: Expression] = [:]
            for column in columns {
                if case .column(let id, _) = column.expression, !outer.contains(id), map[id] == nil { map[id] = .column(column.column) }
            }
            let known = outer.union(map.keys)
            return met(by: input, outer).filter { $0.columnIDs.isSubset(of: known) }.map { $0.substituting(map) }
        case .sort(let node): return met(by: node.input, outer)
        case .distinct(let input): return met(by: input, outer)
        case .join(let node):
            switch node.kind {
            case .inner, .cross: return met(by: node.left, outer) + met(by: node.right, outer) + node.residual.flatMap(\.conjuncts).filter { isAskedAgain($0, outer) }
            case .left, .semi, .anti, .antiNullAware, .mark: return met(by: node.left, outer)
            default: return []
            }
        default: return []
        }
    }

    /// Whether it compares two sides of a join of the plan, which is run by it.
    private static func isKey(_ condition: Expression, of plan: LogicalPlan) -> Bool {
        switch plan {
        case .filter(let input, _): return isKey(condition, of: input)
        case .join(let node):
            if compares(condition, node.left.columnIDs, node.right.columnIDs) { return true }
            return isKey(condition, of: node.left) || isKey(condition, of: node.right)
        default: return false
        }
    }

    private static func compares(_ condition: Expression, _ left: Set<ColumnID>, _ right: Set<ColumnID>) -> Bool {
        let sides: (Expression, Expression)
        switch condition {
        case .call(.equal, let arguments, _, _) where arguments.count == 2: sides = (arguments[0], arguments[1])
        case .isDistinct(let one, let other, isNegated: true): sides = (one, other)
        default: return false
        }
        let used = (sides.0.columnIDs, sides.1.columnIDs)
        guard !used.0.isEmpty, !used.1.isEmpty else { return false }
        return used.0.isSubset(of: left) && used.1.isSubset(of: right) || used.0.isSubset(of: right) && used.1.isSubset(of: left)
    }
}
