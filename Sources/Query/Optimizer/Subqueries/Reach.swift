import ColumnStore

/// Which rows ask for an operand of CASE, COALESCE, AND and OR: those that the operands before it leave to it. What a subquery there would make of other rows, an error above all, is
/// none of theirs.
///
/// The noted conditions hold, one after the other, of each row that asks, and maybe of others: what cannot be asked a second time is not noted, nor is what stands behind it.
struct Reach {
    /// In the order in which they are asked; each is asked of rows alone that those before it have left.
    private(set) var conditions: [Expression] = []
    /// Each row asks.
    private(set) var isSure = true
    /// Nothing has been left out of `conditions` yet.
    private var isWhole = true

    /// Of more it is not worth asking again; a CASE of a thousand branches has two thousand.
    private static let conditionCountMax = 16
    private static let nodeCountMax = 256

    init() {}

    /// Those of these rows that a condition holds of as well.
    ///
    /// - Parameter condition: nil where it cannot be said.
    private func noting(_ condition: Expression?) -> Reach {
        var reach = self
        reach.isSure = false
        if isWhole, let condition, conditions.count < Self.conditionCountMax { reach.conditions.append(condition) } else { reach.isWhole = false }
        return reach
    }

    /// The rows that a branch of CASE is taken for.
    func taking(_ condition: Expression) -> Reach { noting(condition.type == .boolean ? condition : nil) }

    /// The rows that are left to the branches behind it.
    func passing(_ condition: Expression) -> Reach {
        noting(condition.type == .boolean ? Expression.isDistinct(condition, .isTrue, isNegated: false) : nil)
    }

    /// The rows that ask for the operand behind this one: COALESCE ends at what is not NULL, AND at false, OR at true. Other operators ask for all of theirs.
    func behind(_ operand: Expression, of expression: Expression) -> Reach {
        switch expression {
        case .coalesce: noting(Expression.isNull(operand))
        case .and: noting(operand.type == .boolean ? Expression.coalesce([operand, .isTrue], type: .boolean) : nil)
        case .or: noting(operand.type == .boolean ? Expression.coalesce([.not(operand), .isTrue], type: .boolean) : nil)
        default: self
        }
    }

    /// With those conditions alone, from the first, that rows of these columns can be asked a second time.
    ///
    /// What fails on a row need not have been asked of it in the end, by a LIMIT above; overflow does not count (`ConstantFolding.failsByData`).
    func asked(of columns: Set<ColumnID>) -> Reach {
        var reach = self, nodeCount = 0
        reach.conditions = []
        for condition in conditions {
            guard !condition.isVolatile, !ConstantFolding.failsByData(condition), condition.columnIDs.isSubset(of: columns) else { break }
            nodeCount += condition.measured.count
            if nodeCount > Self.nodeCountMax { break }
            reach.conditions.append(condition)
        }
        if reach.conditions.count < conditions.count { reach.isWhole = false }
        return reach
    }

    /// Whether what was joined for the rows of this one is there for all of the other's.
    func covers(_ other: Reach) -> Bool { other.conditions.starts(with: conditions) }

    /// The expression, and NULL in the place of what would fail on a row that does not ask for it.
    func guarded(_ expression: Expression) -> Expression {
        if conditions.isEmpty || !ConstantFolding.canFail(expression) { return expression }
        return .conditional(branches: [.init(condition: .conjunction(conditions), result: expression)], otherwise: nil, type: expression.type)
    }
}

extension LogicalPlan {
    /// The plan where only whether it has a row counts: one is read, and no more. What comes behind that row need not come to an end (WITH RECURSIVE), and makes no error.
    ///
    /// What looks at rows of a query around it stays: its conditions become keys of the join, which they could not below a LIMIT (`CorrelationPullUp`).
    var asExistence: LogicalPlan {
        if !freeColumns.isEmpty || Grouped.isAtMostOneRow(self) { return self }
        return .limit(input: self, count: 1, offset: 0)
    }

    /// The one value of a SELECT without FROM and WHERE, which needs no join: computed where it stands it is computed for the rows alone that come there.
    ///
    /// Nil for other plans, and for what is of chance, which is drawn once for the subquery.
    var valueInPlace: Expression? {
        guard var id = columns.first?.id else { return nil }
        var plan = self
        while case .project(let input, let made) = plan {
            guard let value = made.first(where: { $0.column.id == id })?.expression else { return nil }
            if case .column(let below, _) = value, input.columnIDs.contains(below) {
                (plan, id) = (input, below)
                continue
            }
            // A value of the row beneath would have to take in what that row has.
            guard case .values(_, let rows) = input, rows.count == 1, value.columnIDs.isDisjoint(with: input.columnIDs) else { return nil }
            return value.isVolatile ? nil : value
        }
        guard case .values(let own, let rows) = plan, rows.count == 1, let place = own.firstIndex(where: { $0.id == id }) else { return nil }
        let value = rows[0][place]
        return value.isVolatile ? nil : value
    }
}
