import ColumnStore

/// Where an expression stands: what its names mean, and what may be in it.
struct ExpressionScope {
    let frame: BindingFrame
    /// For messages: “aggregates are not allowed in WHERE”.
    let clause: String
    /// Takes aggregates and window functions; nil where there can be none.
    var collector: SelectCollector?
    /// Within the arguments of an aggregate, which takes none itself.
    var isInAggregate = false
    var isInWindow = false
    /// False for expressions of document types, which see one row.
    var allowsSubqueries = true

    init(frame: BindingFrame, clause: String, collector: SelectCollector? = nil) {
        (self.frame, self.clause, self.collector) = (frame, clause, collector)
    }
}

/// The aggregates and window functions of one SELECT, each under a column of its own.
///
/// Filled while the SELECT's expressions are bound, read when its nodes are made. Calls that are the same are computed once.
///
/// Invariants:
/// 1. `aggregateIDs` and `windowIDs` are the ids of all calls' columns;
/// 2. windows of one partition and order are one `PendingWindow`, which becomes one node.
final class SelectCollector {
    /// Calls that share partition and order, over the columns of FROM until `Grouping` rewrites them.
    struct PendingWindow {
        var partition: [Expression]
        var order: [SortKey]
        var calls: [WindowNode.Call]
    }

    private(set) var aggregates: [AggregateCall] = []
    private(set) var aggregateIDs: Set<ColumnID> = []
    private(set) var windowIDs: Set<ColumnID> = []
    private var aggregatePlaces: [AggregateKey: Int] = [:]
    private var windowPlaces: [WindowKey: Int] = [:]
    var windows: [PendingWindow] = []
    /// Of the WINDOW clause, by name.
    var windowDefinitions: [String: WindowSyntax] = [:]
    /// GROUPING(…) calls: the arguments, and the column that stands for the whole.
    var groupings: [(arguments: [TypedExpression], column: OutputColumn, position: Int)] = []
    /// What an aggregate takes once for each group, and not for each row.
    var ofGroups: [TypedExpression] = []

    /// The column of a call, an equal one's if there is one already.
    func column(for call: AggregateCall) -> OutputColumn {
        let key = AggregateKey(call)
        // Two of chance are two.
        let isVolatile = (call.arguments + (call.filter.map { [$0] } ?? []) + call.order.map(\.expression)).contains(where: \.isVolatile)
        if let known = aggregatePlaces[key], !isVolatile { return aggregates[known].column }
        aggregatePlaces[key] = aggregates.count
        aggregates.append(call)
        aggregateIDs.insert(call.column.id)
        return call.column
    }

    /// Adds a call to the window of its partition and order.
    func add(_ call: WindowNode.Call, partition: [Expression], order: [SortKey]) {
        windowIDs.insert(call.column.id)
        let key = WindowKey(partition: partition.map(ExpressionIdentity.init), order: order.map(OrderKey.init))
        if let known = windowPlaces[key] { return windows[known].calls.append(call) }
        windowPlaces[key] = windows.count
        windows.append(PendingWindow(partition: partition, order: order, calls: [call]))
    }

    // MARK: What makes two the same

    private struct OrderKey: Hashable {
        let expression: ExpressionIdentity
        let isDescending: Bool
        let nullsFirst: Bool

        init(_ key: SortKey) { (expression, isDescending, nullsFirst) = (ExpressionIdentity(key.expression), key.isDescending, key.nullsFirst) }
    }

    private struct AggregateKey: Hashable {
        let function: AggregateFunction
        let isDistinct: Bool
        let filter: ExpressionIdentity?
        let arguments: [ExpressionIdentity]
        let order: [OrderKey]

        init(_ call: AggregateCall) {
            (function, isDistinct, filter) = (call.function, call.isDistinct, call.filter.map(ExpressionIdentity.init))
            (arguments, order) = (call.arguments.map(ExpressionIdentity.init), call.order.map(OrderKey.init))
        }
    }

    private struct WindowKey: Hashable {
        let partition: [ExpressionIdentity]
        let order: [OrderKey]
    }
}
