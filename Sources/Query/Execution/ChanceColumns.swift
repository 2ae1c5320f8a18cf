import ColumnStore

/// What is of chance and stands where operators look more than once (keys of groups and windows, arguments of aggregates) becomes a column below
/// them: computed once for each row. ORDER BY's keys are columns already.
///
/// So the key of `GROUP BY random() < 0.5` is one draw for each row, wherever it is looked at. A plan of no chance passes
/// as it is.
enum ChanceColumns {
    static func placed(_ plan: LogicalPlan) -> LogicalPlan {
        if !plan.isVolatile { return plan }
        let ids = PlanIDs(after: plan)
        return plan.rewritten { node in
            switch node {
            case .aggregate(let aggregate): placed(node, over: aggregate.input, ids)
            case .window(let window): placed(node, over: window.input, ids).shaped(as: node.columns)
            default: node
            }
        }
    }

    /// The node over a projection that has its volatile expressions as columns; each mention is a draw of its own.
    private static func placed(_ node: LogicalPlan, over input: LogicalPlan, _ ids: PlanIDs) -> LogicalPlan {
        var made: [ProjectedColumn] = []
        let changed = node.mapExpressions { (expression: Expression) -> Expression in
            if !expression.isVolatile { return expression }
            let column = ProjectedColumn(ids.newColumn("", expression.type), expression)
            made.append(column)
            return .column(column.column)
        }
        if made.isEmpty { return node }
        return changed.withInputs([.project(input: input, columns: input.columns.map { ProjectedColumn($0, .column($0)) } + made)])
    }
}
