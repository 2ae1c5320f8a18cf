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
        case .limit(let input, let count, let offset):
            let (inner, keys) = input.withItsOrder
            if keys.isEmpty { return (self, []) }
            return (.limit(input: .sort(SortNode(input: inner, keys: keys)), count: count, offset: offset), keys)
        default: return (self, [])
        }
    }
}
