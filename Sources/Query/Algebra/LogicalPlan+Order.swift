/// The order that a query's rows come in, told apart from them.
extension LogicalPlan {
    /// The rows and the keys that sort them: columns that only the order needs stand after the plan's own.
    ///
    /// Empty keys: nothing says an order. A LIMIT keeps its own sort beneath, since it decides which rows there are.
    var withItsOrder: (plan: LogicalPlan, keys: [SortKey]) {
        switch self {
        case .sort(let node) where node.limit == nil && node.offset == 0: return (node.input, node.keys)
        case .project(let input, let columns):
            let (inner, keys) = input.withItsOrder
            if keys.isEmpty { return (self, []) }
            let made = Set(columns.map(\.column.id))
            let passed = inner.columns.filter { !made.contains($0.id) }
            return (.project(input: inner, columns: columns + passed.map { ProjectedColumn($0, .column($0)) }), keys)
        case .filter(let input, let conjuncts):
            let (inner, keys) = input.withItsOrder
            return keys.isEmpty ? (self, []) : (.filter(input: inner, conjuncts: conjuncts), keys)
        case .limit(let input, let count, let offset):
            let (inner, keys) = input.withItsOrder
            if keys.isEmpty { return (self, []) }
            return (.limit(input: .sort(SortNode(input: inner, keys: keys)), count: count, offset: offset), keys)
        default: return (self, [])
        }
    }
}

extension AggregateNode {
    /// The same grouping, whose lists have the order that its rows come in as their calls' own: for what brings rows of several groupings together, where no order of rows survives.
    ///
    /// A list without ORDER BY is of no order; clients rely upon that of the subquery beneath, which PostgreSQL's has. Itself where the rows come in none, or no call reads it.
    ///
    /// - Complexity: the nodes down to what sorts; none where no call makes a list.
    var orderingItsLists: AggregateNode {
        guard aggregates.contains(where: Self.takesRowsAsTheyCome) else { return self }
        let (rows, keys) = input.withItsOrder
        if keys.isEmpty { return self }
        var node = self
        node.input = rows
        for index in node.aggregates.indices where Self.takesRowsAsTheyCome(node.aggregates[index]) { node.aggregates[index].order = keys }
        return node
    }

    /// DISTINCT sorts by what it keeps.
    private static func takesRowsAsTheyCome(_ call: AggregateCall) -> Bool { call.function.definition.readsInOrder && call.order.isEmpty && !call.isDistinct }
}
