/// Sorts once for windows that stand on one another, where an order of rows serves several: `PARTITION BY a, b` needs rows of one a and b side by side, which they are in the
/// order of `PARTITION BY a ORDER BY b, c`.
///
/// Such windows come to stand on one another, the lowest sorts for all (`WindowNode.Sorting`), and the others take the rows as they come. As none looks at what another computes,
/// it does not matter which is lower. Of rows that a window's own order leaves open it sees another order then, which was open before.
///
/// A window of which the first ranks are wanted alone (`FirstRanks`) shares with others all the same: these need all rows sorted, which costs more than it saved.
struct WindowOrder {
    private let definitions = SharedWalk()
    /// Orders that are compared with a window's: no statement of a person has more.
    private static let lookedAtCountMax = 32

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { WindowOrder().rewrite(plan).shaped(as: plan.columns) }

    private func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        if PlanningWork.isOver { return plan }
        guard case .window = plan else {
            if case .shared = plan { return definitions.rewriting(inputsOf: plan) { rewrite($0).shaped(as: $0.columns) } }
            return plan.withReorderedInputs(plan.inputs.map(rewrite))
        }
        // As far down as each looks at no other's answers.
        var windows: [WindowNode] = [], used: Set<ColumnID> = []
        var below = plan
        while case .window(let node) = below, used.isDisjoint(with: node.calls.map(\.column.id)) {
            for expression in below.expressions { expression.collectColumns(into: &used) }
            windows.append(node)
            below = node.input
        }
        return stacked(windows.reversed(), over: rewrite(below))
    }

    /// The windows over an input, those side by side that share an order.
    private func stacked(_ windows: [WindowNode], over input: LogicalPlan) -> LogicalPlan {
        var groups: [Order] = []
        for place in windows.indices {
            let own = Order(windows[place], place)
            if own.isOpen, let found = groups.indices.suffix(Self.lookedAtCountMax).lazy.compactMap({ index in groups[index].joined(with: own).map { (index, $0) } }).first {
                groups[found.0] = found.1
            } else {
                groups.append(own)
            }
        }
        var plan = input
        for group in groups {
            for (number, place) in group.places.enumerated() {
                var node = windows[place]
                node.input = plan
                if group.places.count > 1 {
                    node.sorting = number == 0 ? .shared(group.partition.map { SortKey($0) } + group.order, partitionCount: group.partition.count) : .given
                    node.first = nil
                }
                plan = .window(node)
            }
        }
        return plan
    }
}

/// An order of rows that windows ask for: the keys of a partition, in any order and either direction, and then others as they are.
private struct Order {
    private(set) var partition: [Expression]
    /// None of them is in the partition or comes twice: within rows of one value it orders nothing.
    private(set) var order: [SortKey]
    /// Of the windows, from the lowest one up.
    private(set) var places: [Int]
    /// Whether it may be another's too. Any order serves a window that asks for none, but its rows are all of one partition, which one worker answers. What is of chance
    /// becomes a column between the windows.
    let isOpen: Bool

    init(_ node: WindowNode, _ place: Int) {
        places = [place]
        var known: Set<ExpressionIdentity> = []
        partition = node.partition.filter { known.insert(ExpressionIdentity($0)).inserted }
        order = node.order.filter { known.insert(ExpressionIdentity($0.expression)).inserted }
        isOpen = !known.isEmpty && !LogicalPlan.window(node).expressions.contains(where: \.isVolatile)
    }

    /// The order that serves both; nil where none does.
    func joined(with other: Order) -> Order? {
        guard isOpen, other.isOpen else { return nil }
        let (wide, narrow) = partition.count <= other.partition.count ? (self, other) : (other, self)
        var left = Set(narrow.partition.map(ExpressionIdentity.init))
        for key in wide.partition where left.remove(ExpressionIdentity(key)) == nil { return nil }
        // What divides the narrow partitions within the wide ones has to come next, and so the wide one's order has to begin with it.
        var rest = wide.order[...]
        var keys: [SortKey] = []
        while !left.isEmpty, let key = rest.popFirst() {
            guard left.remove(ExpressionIdentity(key.expression)) != nil else { return nil }
            keys.append(key)
        }
        keys += narrow.partition.filter { left.contains(ExpressionIdentity($0)) }.map { SortKey($0) }
        // Then both go on alike, one perhaps farther than the other.
        let agrees = zip(rest, narrow.order).allSatisfy { one, other in
            one.expression.isSame(as: other.expression) && one.isDescending == other.isDescending && one.nullsFirst == other.nullsFirst
        }
        guard agrees else { return nil }
        var joined = self
        joined.partition = wide.partition
        joined.order = keys + (rest.count >= narrow.order.count ? Array(rest) : narrow.order)
        joined.places = places + other.places
        return joined
    }
}
