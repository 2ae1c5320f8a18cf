import ColumnStore

/// Subqueries within expressions. They stay whole here; the planner turns them into joins.
extension Binder {
    func bindSubqueryExpression(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = syntax.position
        guard scope.allowsSubqueries else { throw .badSQL("subqueries are not allowed in \(scope.clause)", at: position) }
        switch syntax.kind {
        case .exists(let query):
            let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
            return subquery(.exists, rows.plan, correlation, .boolean, at: position)
        case .scalarQuery(let query):
            let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
            guard rows.columns.count == 1 else {
                throw .badSQL("a subquery used as a value has one column, not \(rows.columns.count)", at: position)
            }
            let plan = try typed(rows.plan) { $0 == .null ? .string : $0 }
            return subquery(.scalar, plan, correlation, plan.columns[0].type, at: position)
        case .inQuery(let operand, let query, let isNegated):
            let value = try quantified(operand, .equal, isAll: false, query, at: position, in: scope)
            return TypedExpression(isNegated ? .not(value) : value, at: position)
        case .quantified(let operand, let op, let isAll, .query(let query)):
            guard op.isComparison else { throw .unsupported("\(op.rawValue) ANY is not supported", at: position) }
            return TypedExpression(try quantified(operand, op, isAll: isAll, query, at: position, in: scope), at: position)
        case .quantified(let operand, let op, let isAll, .array(let array)):
            return try overArray(operand, op, isAll, array, at: position, in: scope)
        default: return TypedExpression(.null(.null), at: position)
        }
    }

    private func subquery(
        _ kind: SubqueryExpression.Kind, _ plan: LogicalPlan, _ correlation: [ColumnID], _ type: ColumnType, at position: Int
    ) -> TypedExpression {
        TypedExpression(
            .subquery(SubqueryExpression(kind: kind, plan: plan, correlation: correlation, type: type, position: position)), at: position)
    }

    /// `x op ANY (SELECT …)`: operand and column get one type before they meet.
    private func quantified(
        _ operand: ExpressionSyntax, _ op: ExpressionSyntax.BinaryOperator, isAll: Bool, _ query: QuerySyntax, at position: Int,
        in scope: ExpressionScope
    ) throws(QueryError) -> Expression {
        var fields = [operand]
        if case .row(let items) = operand.kind { fields = items }
        let left = try bindAll(fields, in: scope)
        let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
        guard rows.columns.count == left.count else {
            throw .badSQL("this subquery has \(rows.columns.count) columns where \(left.count) are compared", at: position)
        }
        guard left.count == 1 || (op == .equal && !isAll) || (op == .notEqual && isAll) else {
            throw .unsupported("rows compare with a subquery by IN and NOT IN only", at: position)
        }
        var operands: [Expression] = [], projected: [ProjectedColumn] = [], changes = false
        for (value, column) in zip(left, rows.columns) {
            let other = TypedExpression(.column(column), at: position)
            let sides = try comparable(value, other, op.rawValue, at: position)
            operands.append(sides.0)
            if case .column(column.id, _) = sides.1 {
                projected.append(ProjectedColumn(column, sides.1))
            } else {
                changes = true
                projected.append(ProjectedColumn(newColumn(column.name, sides.1.type), sides.1))
            }
        }
        let plan = changes ? LogicalPlan.project(input: rows.plan, columns: projected) : rows.plan
        let kind = SubqueryExpression.Kind.quantified(operand: operands, function: Self.function(op), isAll: isAll)
        return subquery(kind, plan, correlation, .boolean, at: position).expression
    }

    /// `x = ANY (ARRAY[…])` is a list of comparisons.
    private func overArray(
        _ operand: ExpressionSyntax, _ op: ExpressionSyntax.BinaryOperator, _ isAll: Bool, _ array: ExpressionSyntax, at position: Int,
        in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        guard case .array(let items) = array.kind, op.isComparison else {
            throw .unsupported("ANY and ALL take a subquery or ARRAY[…]", at: position)
        }
        let value = try bindExpression(operand, in: scope)
        var comparisons: [Expression] = []
        for item in items { comparisons.append(try compare(op, value, try bindExpression(item, in: scope), at: position)) }
        if comparisons.isEmpty { return TypedExpression(isAll ? .isTrue : .isFalse, at: position) }
        return TypedExpression(isAll ? .conjunction(comparisons) : comparisons.count == 1 ? comparisons[0] : .or(comparisons), at: position)
    }
}
