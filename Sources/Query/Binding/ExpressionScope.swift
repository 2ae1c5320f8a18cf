import ColumnStore

/// Where an expression stands: what its names mean, and what may be in it.
struct ExpressionScope {
    let frame: BindingFrame
    /// For messages: “aggregates are not allowed in WHERE”.
    let clause: String
    /// Takes aggregates and window functions; nil where there can be none.
    var collector: SelectCollector?
    var isInAggregate = false
    var isInWindow = false
    var allowsSubqueries = true

    init(frame: BindingFrame, clause: String, collector: SelectCollector? = nil) {
        (self.frame, self.clause, self.collector) = (frame, clause, collector)
    }
}

/// The aggregates and window functions of one SELECT, each under a column of its own.
final class SelectCollector {
    struct PendingWindow {
        var partition: [Expression]
        var order: [SortKey]
        var calls: [WindowNode.Call]
    }

    var aggregates: [AggregateCall] = []
    var windows: [PendingWindow] = []
    var windowDefinitions: [String: WindowSyntax] = [:]
    /// GROUPING(…) calls: the arguments, and the column that stands for the whole.
    var groupings: [(arguments: [TypedExpression], column: OutputColumn, position: Int)] = []

    var aggregateIDs: Set<ColumnID> { Set(aggregates.map(\.column.id)) }
    var windowIDs: Set<ColumnID> { Set(windows.flatMap { $0.calls.map(\.column.id) }) }

    /// The column of a call, an equal one's if there is one already.
    func column(for call: AggregateCall) -> OutputColumn {
        if let known = aggregates.first(where: { Self.isSame($0, call) }) { return known.column }
        aggregates.append(call)
        return call.column
    }

    static func isSame(_ a: AggregateCall, _ b: AggregateCall) -> Bool {
        guard a.function == b.function, a.isDistinct == b.isDistinct, (a.filter == nil) == (b.filter == nil) else { return false }
        if let one = a.filter, let other = b.filter, !one.isSame(as: other) { return false }
        return areSame(a.arguments, b.arguments) && areSame(a.order, b.order)
    }

    static func areSame(_ a: [Expression], _ b: [Expression]) -> Bool {
        a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
    }

    static func areSame(_ a: [SortKey], _ b: [SortKey]) -> Bool {
        a.count == b.count
            && zip(a, b).allSatisfy {
                $0.expression.isSame(as: $1.expression) && $0.isDescending == $1.isDescending && $0.nullsFirst == $1.nullsFirst
            }
    }

    func add(_ call: WindowNode.Call, partition: [Expression], order: [SortKey]) {
        for index in windows.indices
        where Self.areSame(windows[index].partition, partition) && Self.areSame(windows[index].order, order) {
            windows[index].calls.append(call)
            return
        }
        windows.append(PendingWindow(partition: partition, order: order, calls: [call]))
    }
}
