import ColumnStore

/// The aggregate node of one SELECT, and the rewrite of what is evaluated after it.
///
/// Once rows are grouped, an expression may be made of keys and aggregates alone. `rewrite` goes through it from the root: what is the same as a key
/// becomes the key's column, aggregates are columns already, and a column of FROM that is left has no single value in a group.
///
/// PostgreSQL 15's documentation, sections 7.2.3 and 7.2.4.
struct Grouping {
    let plan: LogicalPlan
    /// In the order of GROUP BY; places of sets count in it.
    private let keys: [(expression: Expression, column: OutputColumn)]
    private let places: ExpressionPlaces
    private let aggregateIDs: Set<ColumnID>
    /// Columns of FROM, which must not be left.
    private let inputIDs: Set<ColumnID>
    /// GROUPING() columns, as expressions over the node's grouping column.
    private let groupingValues: [ColumnID: Expression]
    private let windowIDs: Set<ColumnID>
    private let binder: Binder

    /// - Throws: bad-sql for an argument of GROUPING that is no key; unsupported-sql for an argument that has no bit in the mask, since
    ///   too many keys stand behind it.
    init(_ list: Binder.GroupingList, _ collector: SelectCollector, input: LogicalPlan, binder: Binder) throws(QueryError) {
        self.binder = binder
        inputIDs = input.columnIDs
        aggregateIDs = collector.aggregateIDs
        windowIDs = collector.windowIDs
        places = list.places
        let keys: [(expression: Expression, column: OutputColumn)] = list.expressions.map { ($0.expression, binder.newColumn($0.name, $0.expression.type)) }
        for key in keys {
            // A key that is a column is that column still.
            if case .column(let id, _) = key.expression { binder.origins[key.column.id] = binder.origins[id] }
        }
        self.keys = keys
        // One set of all keys needs no grouping sets, and GROUPING of it is 0.
        let isPlain = list.sets.count == 1 && list.sets[0].count == list.expressions.count
        var mask: OutputColumn?
        var values: [ColumnID: Expression] = [:]
        for grouping in collector.groupings {
            if isPlain {
                for argument in grouping.arguments { _ = try Self.place(of: argument, in: list, binder) }
                values[grouping.column.id] = .literal(.integer(0), .int32)
            } else {
                let column = mask ?? binder.newColumn("", .int64)
                mask = column
                values[grouping.column.id] = try Self.bits(of: grouping.arguments, in: list, mask: column, binder)
            }
        }
        groupingValues = values
        // Without keys and aggregates there is one row, whatever is grouped: like PostgreSQL nobody looks.
        if keys.isEmpty, isPlain, collector.aggregates.isEmpty {
            plan = .values(columns: [], rows: [[]])
            return
        }
        plan = .aggregate(
            AggregateNode(
                input: input, groups: keys.map { ProjectedColumn($0.column, $0.expression) },
                groupingSets: isPlain ? nil : list.sets, groupingColumn: mask, aggregates: collector.aggregates))
    }

    /// - Throws: bad-sql for what is no key.
    private static func place(of argument: TypedExpression, in list: Binder.GroupingList, _ binder: Binder) throws(QueryError) -> Int {
        guard let place = list.places[binder.twins.compared(argument.expression)] else {
            throw .badSQL("the arguments of GROUPING must be expressions of GROUP BY", at: argument.position).because(.ungroupedColumn)
        }
        return place
    }

    /// GROUPING(a, b): the bits of its arguments, the first highest, taken from the node's mask.
    ///
    /// The mask has the bits of the last `AggregateNode.groupingBitCountMax` keys: of however many keys, GROUPING of those is answered, and of others refused.
    private static func bits(
        of arguments: [TypedExpression], in list: Binder.GroupingList, mask: OutputColumn, _ binder: Binder
    ) throws(QueryError) -> Expression {
        func integer(_ value: Int64) -> Expression { .literal(.integer(value), .int64) }
        func call(_ function: ScalarFunction, _ left: Expression, _ right: Expression) -> Expression {
            .call(function, [left, right], type: .int64, position: nil)
        }
        var sum: Expression?
        for (index, argument) in arguments.enumerated() {
            let place = try place(of: argument, in: list, binder)
            let shift = list.expressions.count - 1 - place
            // A key's bit lies by its place from the last; the answer is an INTEGER, of at most 31 arguments.
            guard shift < AggregateNode.groupingBitCountMax else {
                throw .unsupported(
                    "GROUPING of one of more than \(AggregateNode.groupingBitCountMax) expressions of GROUP BY is supported for the last \(AggregateNode.groupingBitCountMax) of them alone",
                    at: argument.position)
            }
            // The group's bit in the node's mask, moved to where GROUPING has it.
            let bit = call(.modulo, call(.divide, .column(mask), integer(1 << Int64(shift))), integer(2))
            let term = call(.multiply, bit, integer(1 << Int64(arguments.count - 1 - index)))
            sum = sum.map { call(.add, $0, term) } ?? term
        }
        return .cast(sum ?? integer(0), to: .int32, position: nil)
    }

    /// The column of a key.
    func key(at place: Int) -> Expression { .column(keys[place].column) }

    /// - Throws: bad-sql for what has no single value in a group; unsupported-sql where a group may leave out what it is made of.
    func check(_ values: [TypedExpression], isPlain: Bool) throws(QueryError) {
        for value in values {
            _ = try rewrite(value.expression)
            guard isPlain || value.expression.columnIDs.isDisjoint(with: inputIDs) else { throw .unsupported("these values stand beside grouping sets as constants only", at: value.position) }
        }
    }

    /// Puts the node's columns in the place of what they stand for.
    ///
    /// - Throws: bad-sql when a column of the input is left, which has no single value in a group.
    func rewrite(_ expression: Expression) throws(QueryError) -> Expression {
        try expression.replaced { (node) throws(QueryError) in
            PlanningWork.charge(1)
            // A constant is what it is, though a key may be the same one.
            if let place = places[binder.twins.compared(node)], !node.isLiteral { return .column(keys[place].column) }
            switch node {
            case .column(let id, _):
                if let value = groupingValues[id] { return value }
                if aggregateIDs.contains(id) || windowIDs.contains(id) || !inputIDs.contains(id) { return node }
                throw ungrouped(id)
            case .subquery(let subquery):
                return try rewrite(subquery, node)
            default: return nil
            }
        }
    }

    /// A subquery may mention grouped columns of the outer query, and ask for its GROUPING.
    private func rewrite(_ subquery: SubqueryExpression, _ node: Expression) throws(QueryError) -> Expression {
        var map: [ColumnID: Expression] = [:]
        for id in subquery.correlation { map[id] = groupingValues[id] }
        for id in subquery.correlation where inputIDs.contains(id) && !aggregateIDs.contains(id) {
            // A column's type is no part of what makes it the same.
            guard let place = places[.column(id, .boolean)] else { throw ungrouped(id) }
            map[id] = .column(keys[place].column)
        }
        var result = subquery
        if case .quantified(let operand, let function, let isAll) = subquery.kind {
            var items: [Expression] = []
            for item in operand { items.append(try rewrite(item)) }
            result.kind = .quantified(operand: items, function: function, isAll: isAll)
        }
        result.plan = result.plan.substituting(map)
        // What the new expressions mention; of GROUPING that is a column of the node, or none.
        result.correlation = subquery.correlation.reduce(into: []) { all, id in
            for column in map[id].map({ $0.columnIDs.sorted() }) ?? [id] where !all.contains(column) { all.append(column) }
        }
        return .subquery(result)
    }

    private func ungrouped(_ id: ColumnID) -> QueryError {
        let mention = binder.mentions[id]
        return .badSQL(
            "the column “\(mention?.name ?? "?")” must be in GROUP BY or inside an aggregate", at: mention?.position).because(.ungroupedColumn)
    }

    /// Windows are computed after grouping: their expressions, too, are over what it gives.
    func rewriteWindows(of collector: SelectCollector) throws(QueryError) {
        for index in collector.windows.indices {
            for place in collector.windows[index].partition.indices {
                collector.windows[index].partition[place] = try rewrite(collector.windows[index].partition[place])
            }
            for place in collector.windows[index].order.indices {
                collector.windows[index].order[place].expression = try rewrite(collector.windows[index].order[place].expression)
            }
            for place in collector.windows[index].calls.indices {
                var call = collector.windows[index].calls[place]
                for argument in call.arguments.indices { call.arguments[argument] = try rewrite(call.arguments[argument]) }
                if let filter = call.filter { call.filter = try rewrite(filter) }
                collector.windows[index].calls[place] = call
            }
        }
    }
}

/// A subquery that a grouped SELECT has among its keys and writes again elsewhere is the key's value there: `SELECT (SELECT …) … GROUP BY (SELECT …)`.
/// Bound twice it has columns of its own each time; what makes both the same is that they read alike in one SELECT.
struct SubqueryTwins {
    /// A bound subquery: the first column of its plan is its alone.
    private struct Place: Hashable {
        let column: ColumnID
        let position: Int?

        init?(_ subquery: SubqueryExpression) {
            guard let first = subquery.plan.columns.first else { return nil }
            (column, position) = (first.id, subquery.position)
        }
    }

    /// How each reads.
    private var texts: [Place: String] = [:]

    /// Notes how an expression with subqueries in it reads.
    mutating func note(_ expression: Expression, _ syntax: ExpressionSyntax, in frame: BindingFrame) {
        guard frame.isGrouped else { return }
        var found: [Place] = []
        collect(expression, &found)
        if found.isEmpty { return }
        // U+0000 is in no text that somebody may write.
        let text = "\u{0}" + SyntaxPrinter.print(syntax)
        // Several in one expression are distinguished by their order.
        for (number, place) in found.enumerated() { texts[place] = "\(text)\u{0}\(number)" }
    }

    /// The subqueries that an expression has been made of, but for those within it that are noted already.
    private func collect(_ expression: Expression, _ found: inout [Place]) {
        if case .subquery(let subquery) = expression {
            if let place = Place(subquery), texts[place] == nil { found.append(place) }
            return
        }
        for child in expression.children { collect(child, &found) }
    }

    /// The expression with a constant in the place of each noted subquery, the same one for those that read alike: for comparing alone.
    func compared(_ expression: Expression) -> Expression {
        if texts.isEmpty || !expression.hasSubquery { return expression }
        return expression.replaced { node in
            guard case .subquery(let subquery) = node, let place = Place(subquery) else { return nil }
            return texts[place].map { .text($0) }
        }
    }
}
