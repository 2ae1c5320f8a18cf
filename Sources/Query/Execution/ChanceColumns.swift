import ColumnStore

/// What is of chance and stands where operators look more than once (keys of groups and windows, arguments of aggregates) becomes a column below
/// them: computed once for each row. ORDER BY's keys are columns already.
///
/// So the key of `GROUP BY random() < 0.5` is one draw for each row, wherever it is looked at. One call of the text may have become several (an array_agg for each argument of
/// `json_object_agg`): what FILTER and ORDER BY say in it is one draw for all of those, or their rows would be others. A plan of no chance passes as it is.
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

    /// The node over a projection that has its volatile expressions as columns; but for those of one call each mention is a draw of its own.
    private static func placed(_ node: LogicalPlan, over input: LogicalPlan, _ ids: PlanIDs) -> LogicalPlan {
        var columns = Columns(ids: ids), own = node
        switch own {
        case .aggregate(var aggregate):
            for index in aggregate.aggregates.indices { columns.place(&aggregate.aggregates[index]) }
            own = .aggregate(aggregate)
        case .window(var window):
            for index in window.calls.indices {
                guard let filter = window.calls[index].filter else { continue }
                window.calls[index].filter = columns.column(for: filter, ofCallAt: window.calls[index].position)
            }
            own = .window(window)
        default: break
        }
        let changed = own.mapExpressions { (expression: Expression) -> Expression in columns.column(for: expression) }
        if columns.made.isEmpty { return node }
        return changed.withInputs([.project(input: input, columns: input.columns.map { ProjectedColumn($0, .column($0)) } + columns.made)])
    }

    /// The columns below one node.
    private struct Columns {
        /// What one call of the text says in its FILTER or ORDER BY.
        private struct Saying: Hashable {
            let position: Int
            let expression: ExpressionIdentity
        }

        private let ids: PlanIDs
        private(set) var made: [ProjectedColumn] = []
        private var known: [Saying: Expression] = [:]

        init(ids: PlanIDs) { self.ids = ids }

        /// A column of its own for what is of chance; all else as it is.
        mutating func column(for expression: Expression) -> Expression {
            if !expression.isVolatile { return expression }
            let column = ProjectedColumn(ids.newColumn("", expression.type), expression)
            made.append(column)
            return .column(column.column)
        }

        /// One column for all calls that one call of the text has become.
        ///
        /// - Parameter position: of the call in the text; nil for a call that stands in none, which shares nothing.
        mutating func column(for expression: Expression, ofCallAt position: Int?) -> Expression {
            guard let position, expression.isVolatile else { return column(for: expression) }
            let saying = Saying(position: position, expression: ExpressionIdentity(expression))
            if let column = known[saying] { return column }
            let column = column(for: expression)
            known[saying] = column
            return column
        }

        /// What a key says that is an argument, or by which one is sorted in a language's order; nil of others.
        ///
        /// - Parameter values: what stands for the arguments.
        private static func value(_ key: Expression, _ arguments: [Expression], _ values: [Expression]) -> Expression? {
            if let place = arguments.firstIndex(where: { $0.isSame(as: key) }) { return values[place] }
            guard case .call(.collationKey, let parts, let type, let position) = key, let place = arguments.firstIndex(where: { $0.isSame(as: parts[0]) }) else { return nil }
            return .call(.collationKey, [values[place]] + parts.dropFirst(), type: type, position: position)
        }

        /// A key of the call's order that is an argument of it is that argument's value: by what DISTINCT keeps is sorted.
        mutating func place(_ call: inout AggregateCall) {
            let arguments = call.arguments
            // The key of an ordered set is its argument: lists of fractions are several calls over one order.
            let isOrder = call.function.definition.isOrderedSet
            for index in arguments.indices { call.arguments[index] = isOrder ? column(for: arguments[index], ofCallAt: call.position) : column(for: arguments[index]) }
            if let filter = call.filter { call.filter = column(for: filter, ofCallAt: call.position) }
            for index in call.order.indices where call.order[index].expression.isVolatile {
                let key = call.order[index].expression
                let saying = call.position.map { Saying(position: $0, expression: ExpressionIdentity(key)) }
                if let saying, let column = known[saying] {
                    call.order[index].expression = column
                } else if let value = Self.value(key, arguments, call.arguments) {
                    call.order[index].expression = value
                    if let saying { known[saying] = value }
                } else {
                    call.order[index].expression = column(for: key, ofCallAt: call.position)
                }
            }
        }
    }
}
