import ColumnStore

/// EXISTS and IN over the elements of a list of the row itself: `EXISTS (SELECT 1 FROM UNNEST(r.lines) l WHERE l.amount > r.total)`.
///
/// Such a join's right side unfolds an expression of its left side. It is never run by itself: `ListJoinOperator` looks at each row's list as
/// the row comes by, and nothing is kept.
struct OwnList {
    var unnest: UnnestNode
    /// On elements and outer columns.
    var conditions: [Expression]
    /// What stands for columns that the subquery's projections made.
    var map: [ColumnID: Expression] = [:]

    /// Of a subquery's plan; nil when it is anything more.
    ///
    /// The forms that are read: the list itself, and over it conditions, projections, DISTINCT and an order without LIMIT, none of which changes
    /// whether there is a row.
    static func read(_ plan: LogicalPlan) -> OwnList? {
        switch plan {
        case .unnest(let node):
            guard !node.keepsEmpty, node.list.recursion == nil, case .values(let columns, let rows) = node.input, columns.isEmpty, rows.count == 1 else { return nil }
            return OwnList(unnest: node, conditions: [])
        case .filter(let input, let conjuncts):
            guard var list = read(input) else { return nil }
            list.conditions += conjuncts.map { $0.substituting(list.map) }
            return list
        case .project(let input, let columns):
            guard var list = read(input) else { return nil }
            for column in columns { list.map[column.column.id] = column.expression.substituting(list.map) }
            return list
        case .distinct(let input): return read(input)
        case .sort(let node): return node.limit == nil && node.offset == 0 ? read(node.input) : nil
        default: return nil
        }
    }
}

extension JoinNode {
    /// The right side, where it is a list of the left side's rows.
    ///
    /// A null-aware join is none: it has to tell NULL from false over all rows. Its equalities are conditions over each element, like all others.
    var ownList: OwnList? {
        switch kind {
        case .semi, .anti, .mark(_, nullAware: false): break
        default: return nil
        }
        guard var list = OwnList.read(right) else { return nil }
        let source = list.unnest.list.columnIDs
        guard !source.isEmpty, source.isSubset(of: left.columnIDs) else { return nil }
        let compared: [Expression] = equalities.map { equality in
            equality.nullsEqual
                ? .isDistinct(equality.left, equality.right, isNegated: true)
                : .call(.equal, [equality.left, equality.right], type: .boolean, position: nil)
        }
        list.conditions += (compared + residual).map { $0.substituting(list.map) }
        return list
    }
}
