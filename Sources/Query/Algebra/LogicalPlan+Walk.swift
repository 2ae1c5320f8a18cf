import ColumnStore

/// Walks and rewrites of plans that every pass needs.
extension LogicalPlan {
    /// The plans that the node reads, left before right. A shared table's definition is one at each of its mentions.
    package var inputs: [LogicalPlan] {
        switch self {
        case .scan, .values, .series: []
        case .filter(let input, _), .project(let input, _), .limit(let input, _, _), .distinct(let input), .singleRow(let input, _),
            .deferring(let input, _):
            [input]
        case .aggregate(let node): [node.input]
        case .join(let node): [node.left, node.right]
        case .unnest(let node): [node.input]
        case .window(let node): [node.input]
        case .sort(let node): [node.input]
        case .setOperation(let node): node.inputs
        case .shared(_, let definition, _): [definition]
        }
    }

    /// The same node over other inputs, as many as `inputs` gave.
    ///
    /// - Precondition: the new inputs put out the columns that the node mentions.
    package func withInputs(_ items: [LogicalPlan]) -> LogicalPlan {
        switch self {
        case .scan, .values, .series: return self
        case .filter(_, let conjuncts): return .filter(input: items[0], conjuncts: conjuncts)
        case .project(_, let columns): return .project(input: items[0], columns: columns)
        case .limit(_, let count, let offset): return .limit(input: items[0], count: count, offset: offset)
        case .distinct: return .distinct(input: items[0])
        case .singleRow(_, let position): return .singleRow(input: items[0], position: position)
        case .deferring(_, let number): return .deferring(input: items[0], number: number)
        case .aggregate(var node): node.input = items[0]; return .aggregate(node)
        case .join(var node): (node.left, node.right) = (items[0], items[1]); return .join(node)
        case .unnest(var node): node.input = items[0]; return .unnest(node)
        case .window(var node): node.input = items[0]; return .window(node)
        case .sort(var node): node.input = items[0]; return .sort(node)
        case .setOperation(var node): node.inputs = items; return .setOperation(node)
        case .shared(let id, _, let columns): return .shared(id: id, definition: items[0], columns: columns)
        }
    }

    /// Every expression of this node itself, rewritten.
    ///
    /// Those of the inputs stay. The distances of a window's frame stay as well: the binder lets none but constants through.
    ///
    /// - Throws: what `rewrite` throws.
    package func mapExpressions<Failure: Error>(
        _ rewrite: (Expression) throws(Failure) -> Expression
    ) throws(Failure) -> LogicalPlan {
        func all(_ items: [Expression]) throws(Failure) -> [Expression] {
            var result: [Expression] = []
            for item in items { result.append(try rewrite(item)) }
            return result
        }
        func keys(_ items: [SortKey]) throws(Failure) -> [SortKey] {
            var result = items
            for index in result.indices { result[index].expression = try rewrite(result[index].expression) }
            return result
        }
        func projected(_ items: [ProjectedColumn]) throws(Failure) -> [ProjectedColumn] {
            var result = items
            for index in result.indices { result[index].expression = try rewrite(result[index].expression) }
            return result
        }
        switch self {
        case .limit, .distinct, .setOperation, .shared, .singleRow, .deferring: return self
        case .scan(var node):
            node.residual = try all(node.residual)
            return .scan(node)
        case .values(let columns, let rows):
            var result: [[Expression]] = []
            for row in rows { result.append(try all(row)) }
            return .values(columns: columns, rows: result)
        case .series(let column, let start, let stop, let step):
            return .series(column: column, start: try rewrite(start), stop: try rewrite(stop), step: try rewrite(step))
        case .filter(let input, let conjuncts): return .filter(input: input, conjuncts: try all(conjuncts))
        case .project(let input, let columns): return .project(input: input, columns: try projected(columns))
        case .aggregate(var node):
            node.groups = try projected(node.groups)
            for index in node.aggregates.indices {
                node.aggregates[index].arguments = try all(node.aggregates[index].arguments)
                if let filter = node.aggregates[index].filter { node.aggregates[index].filter = try rewrite(filter) }
                node.aggregates[index].order = try keys(node.aggregates[index].order)
            }
            return .aggregate(node)
        case .join(var node):
            for index in node.equalities.indices {
                node.equalities[index].left = try rewrite(node.equalities[index].left)
                node.equalities[index].right = try rewrite(node.equalities[index].right)
            }
            node.residual = try all(node.residual)
            return .join(node)
        case .unnest(var node):
            node.list = try rewrite(node.list)
            return .unnest(node)
        case .window(var node):
            node.partition = try all(node.partition)
            node.order = try keys(node.order)
            if case .shared(let sorted, let partitionCount) = node.sorting { node.sorting = .shared(try keys(sorted), partitionCount: partitionCount) }
            for index in node.calls.indices {
                node.calls[index].arguments = try all(node.calls[index].arguments)
                if let filter = node.calls[index].filter { node.calls[index].filter = try rewrite(filter) }
            }
            return .window(node)
        case .sort(var node):
            node.keys = try keys(node.keys)
            if let enough = node.enough { node.enough = EnoughText(columns: try all(enough.columns), byteCount: enough.byteCount) }
            return .sort(node)
        }
    }

    /// The expressions of this node itself.
    ///
    /// Of a window also the distances of its frames.
    package var expressions: [Expression] {
        switch self {
        case .limit, .distinct, .setOperation, .shared, .singleRow, .deferring: []
        case .scan(let node): node.residual
        case .values(_, let rows): rows.flatMap { $0 }
        case .series(_, let start, let stop, let step): [start, stop, step]
        case .filter(_, let conjuncts): conjuncts
        case .project(_, let columns): columns.map(\.expression)
        case .aggregate(let node):
            node.groups.map(\.expression)
                + node.aggregates.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) + $0.order.map(\.expression) }
        case .join(let node): node.equalities.flatMap { [$0.left, $0.right] } + node.residual
        case .unnest(let node): [node.list]
        case .window(let node):
            node.partition + node.order.map(\.expression) + node.sharedKeys.map(\.expression)
                + node.calls.flatMap { call in
                    var all = call.arguments
                    if let filter = call.filter { all.append(filter) }
                    for bound in [call.frame.start, call.frame.end] {
                        switch bound {
                        case .preceding(let distance), .following(let distance): all.append(distance)
                        default: break
                        }
                    }
                    return all
                }
        case .sort(let node): node.keys.map(\.expression) + (node.enough?.columns ?? [])
        }
    }

    /// Whether anything in it is another one each time.
    package var isVolatile: Bool {
        var seen: Set<Int> = []
        return hasChance(&seen)
    }

    /// - Parameter seen: shared tables whose definitions have none.
    private func hasChance(_ seen: inout Set<Int>) -> Bool {
        if case .scan(let node) = self, let table = node.table.source as? RecursiveTable, table.isVolatile { return true }
        if case .shared(let id, _, _) = self, !seen.insert(id).inserted { return false }
        if expressions.contains(where: \.isVolatile) { return true }
        for input in inputs {
            if input.hasChance(&seen) { return true }
        }
        return false
    }

    /// Where columns of the query around it stand, in subqueries too.
    ///
    /// Each mention once more: a column that stands in three places is there three times, without a name.
    func mentions(of wanted: Set<ColumnID>) -> [OutputColumn] {
        func within(_ expression: Expression) -> [OutputColumn] {
            switch expression {
            case .column(let id, let type): wanted.contains(id) ? [OutputColumn(id: id, name: "", type: type)] : []
            case .subquery(let subquery): subquery.plan.mentions(of: wanted) + expression.children.flatMap(within)
            default: expression.children.flatMap(within)
            }
        }
        return inputs.flatMap { $0.mentions(of: wanted) } + expressions.flatMap(within)
    }

    /// Rewrites plans from the leaves up.
    ///
    /// Where planning's work is over the rest stays as it is; whoever asked is to check that before the plan is run.
    package func rewritten<Failure: Error>(
        _ rewrite: (LogicalPlan) throws(Failure) -> LogicalPlan
    ) throws(Failure) -> LogicalPlan {
        try rewritten(SharedWalk(), rewrite)
    }

    private func rewritten<Failure: Error>(
        _ definitions: SharedWalk, _ rewrite: (LogicalPlan) throws(Failure) -> LogicalPlan
    ) throws(Failure) -> LogicalPlan {
        if PlanningWork.isOver { return self }
        let node = try definitions.rewriting(inputsOf: self) { (input) throws(Failure) -> LogicalPlan in try input.rewritten(definitions, rewrite) }
        return try rewrite(node)
    }

    /// Puts expressions in the place of free columns everywhere below.
    package func substituting(_ map: [ColumnID: Expression]) -> LogicalPlan { substituting(map, SharedWalk()) }

    private func substituting(_ map: [ColumnID: Expression], _ definitions: SharedWalk) -> LogicalPlan {
        if PlanningWork.isOver { return self }
        return definitions.rewriting(inputsOf: self) { $0.substituting(map, definitions) }.mapExpressions { $0.substituting(map) }
    }

    /// As a set. `columns` has them in order.
    package var columnIDs: Set<ColumnID> { Set(columns.map(\.id)) }

    /// New inputs, in the order of columns that the old ones had where they are read by place: a rewrite may swap a join's sides.
    func withReorderedInputs(_ items: [LogicalPlan]) -> LogicalPlan {
        switch self {
        case .setOperation, .shared: withInputs(zip(items, inputs).map { $0.shaped(as: $1.columns) })
        default: withInputs(items)
        }
    }

    /// The same rows with exactly these columns, all of which the plan puts out.
    func shaped(as wanted: [OutputColumn]) -> LogicalPlan {
        if columns.map(\.id) == wanted.map(\.id) { return self }
        return .project(input: self, columns: wanted.map { ProjectedColumn($0, .column($0)) })
    }

    /// Columns that expressions below mention and no node below puts out: the correlation of a subquery.
    ///
    /// - Complexity: all nodes and expressions below.
    package var freeColumns: Set<ColumnID> {
        var used: Set<ColumnID> = []
        var made: Set<ColumnID> = []
        var seen: Set<Int> = []
        collectFree(&used, &made, &seen)
        return used.subtracting(made)
    }

    /// Whether an expression below mentions one of these columns: `freeColumns` has one of them then, and no more is looked at than tells it.
    ///
    /// - Precondition: no node below puts out one of them.
    func mentions(anyOf wanted: Set<ColumnID>) -> Bool {
        var seen: Set<Int> = []
        return mentions(anyOf: wanted, &seen)
    }

    private func mentions(anyOf wanted: Set<ColumnID>, _ seen: inout Set<Int>) -> Bool {
        if PlanningWork.isOver { return false }
        if expressions.contains(where: { !$0.columnIDs.isDisjoint(with: wanted) }) { return true }
        if case .shared(let id, _, _) = self, !seen.insert(id).inserted { return false }
        for input in inputs {
            if input.mentions(anyOf: wanted, &seen) { return true }
        }
        return false
    }

    private func collectFree(_ used: inout Set<ColumnID>, _ made: inout Set<ColumnID>, _ seen: inout Set<Int>) {
        if PlanningWork.isOver { return }
        for expression in expressions { expression.collectColumns(into: &used) }
        for column in columns { made.insert(column.id) }
        // Columns that only the scan's own conditions read come out of no node.
        if case .scan(let node) = self { for column in node.residualColumns { made.insert(column.column.id) } }
        if case .shared(let id, _, _) = self, !seen.insert(id).inserted { return }
        for input in inputs { input.collectFree(&used, &made, &seen) }
    }
}

/// What a rewrite has made of the tables that are shared in a plan: a definition is rewritten at its first mention, and stands so at the others.
///
/// A table that is mentioned twice, by one that is mentioned twice, would be walked four times, and what lies beneath eight times. Rewritten once it costs what it
/// has nodes, and mentions stay equal.
///
/// One for each walk: another one, or the same with other arguments, makes other things of a definition.
final class SharedWalk {
    private var made: [Int: LogicalPlan] = [:]

    /// The definition of the shared table of that id.
    ///
    /// - Throws: what `rewrite` throws.
    func once<Failure: Error>(_ id: Int, _ rewrite: () throws(Failure) -> LogicalPlan) throws(Failure) -> LogicalPlan {
        if let known = made[id] { return known }
        let definition = try rewrite()
        made[id] = definition
        return definition
    }

    /// The node over its inputs, rewritten.
    ///
    /// - Throws: what `rewrite` throws.
    func rewriting<Failure: Error>(
        inputsOf plan: LogicalPlan, _ rewrite: (LogicalPlan) throws(Failure) -> LogicalPlan
    ) throws(Failure) -> LogicalPlan {
        if case .shared(let id, let definition, let columns) = plan {
            let own = try once(id) { () throws(Failure) -> LogicalPlan in try rewrite(definition) }
            return .shared(id: id, definition: own, columns: columns)
        }
        var items: [LogicalPlan] = []
        for input in plan.inputs { items.append(try rewrite(input)) }
        return plan.withInputs(items)
    }
}
