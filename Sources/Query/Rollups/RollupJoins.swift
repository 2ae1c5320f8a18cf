import ColumnStore

/// A grouping over joins as one of a table's groups: rows that are alike in all that joins, conditions and groupings look at join with the same
/// rows, so that their sums may be joined in their place.
///
/// `docs/decisions/0077-joins-of-sums.md` says which sides and aggregates qualify, and what was rejected.
///
///     Aggregate g: sum(x)                Aggregate g: sum(s)
///       Join t.k = d.k       becomes       Join k = d.k
///         t                                  Aggregate t.k: sum(x) AS s   over t
///         d                                  d
struct RollupJoins {
    /// A table beneath the joins, and how they are made again over something else.
    struct Leaf {
        var plan: LogicalPlan
        /// What stands above it: of joins and of conditions between them.
        var above: [Expression] = []
        var rebuild: (_ leaf: LogicalPlan, _ keyed: (Expression) -> Expression) -> LogicalPlan
    }

    /// The grouping of one table, and the plan over it.
    /// `RollupRewrite` asks whether a rollup answers `inner`, and only then takes `outer`.
    struct Split {
        let inner: AggregateNode
        let outer: (LogicalPlan) -> LogicalPlan
    }

    private let ids: PlanIDs
    /// The plan of a table that may have sums; nil for any other.
    private let leaf: (LogicalPlan) -> LogicalPlan?
    /// Of the sides that stay.
    private let rewrite: (LogicalPlan) -> LogicalPlan
    /// Of one grouping: more tables with sums are hardly joined.
    private static let leafCountMax = 4

    init(_ ids: PlanIDs, leaf: @escaping (LogicalPlan) -> LogicalPlan?, rewrite: @escaping (LogicalPlan) -> LogicalPlan) {
        (self.ids, self.leaf, self.rewrite) = (ids, leaf, rewrite)
    }

    /// The ways to answer a grouping over joins by a grouping of one of their tables.
    /// - Returns: at most four, of which the first that a rollup answers is taken.
    func splits(_ node: AggregateNode) -> [Split] {
        guard node.aggregates.allSatisfy(\.order.isEmpty), let flat = Self.flattened(node) else { return [] }
        return leaves(flat.node.input).prefix(Self.leafCountMax).compactMap { split(flat.node, flat.conditions, $0) }
    }

    /// The grouping over a join itself, with the conditions that stand between them.
    ///
    /// Projections on the way are put into the expressions above them; nil where that would copy too much, or where no join
    /// stands below.
    private static func flattened(_ node: AggregateNode) -> (node: AggregateNode, conditions: [Expression])? {
        let copies = CopyAllowance()
        let count = node.operands.count
        var all = node.operands
        var plan = node.input
        while true {
            switch plan {
            case .filter(let input, let conjuncts):
                all.insert(contentsOf: conjuncts, at: count)
                plan = input
            case .project(let input, let columns):
                let map = Dictionary(columns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
                guard copies.movedCount(of: all, through: map) == all.count else { return nil }
                all = all.map { $0.substituting(map) }
                plan = input
            case .join:
                var own = node
                own.input = plan
                var place = 0
                func next() -> Expression {
                    defer { place += 1 }
                    return all[place]
                }
                for index in own.groups.indices { own.groups[index].expression = next() }
                for index in own.aggregates.indices {
                    for argument in own.aggregates[index].arguments.indices { own.aggregates[index].arguments[argument] = next() }
                    if own.aggregates[index].filter != nil { own.aggregates[index].filter = next() }
                }
                return (own, Array(all.dropFirst(count)))
            default: return nil
            }
        }
    }

    // MARK: Tables

    /// Tables each of whose rows the joins pass on, once for each match.
    /// Not the side that a join fills with NULLs: a row without a match is none of the table's.
    private func leaves(_ plan: LogicalPlan) -> [Leaf] {
        if PlanningWork.isOver { return [] }
        if let own = leaf(plan) { return [Leaf(plan: own) { leaf, _ in leaf }] }
        switch plan {
        case .filter(let input, let conjuncts):
            return leaves(input).map { found in
                Leaf(plan: found.plan, above: found.above + conjuncts) { leaf, keyed in .filter(input: found.rebuild(leaf, keyed), conjuncts: conjuncts.map(keyed)) }
            }
        case .join(let join):
            // A side that names the other's columns is of its rows.
            guard join.left.freeColumns.isEmpty, join.right.freeColumns.isEmpty else { return [] }
            var found: [Leaf] = []
            switch join.kind {
            case .inner, .cross: found = sides(join, \.left, \.right) + sides(join, \.right, \.left)
            case .left, .semi, .anti, .antiNullAware, .mark: found = sides(join, \.left, \.right)
            case .right, .full, .rightSemi, .rightAnti: break
            }
            return found
        default: return []
        }
    }

    /// The tables beneath one side, with the join above them: the other side is rewritten by itself.
    private func sides(_ join: JoinNode, _ side: WritableKeyPath<JoinNode, LogicalPlan>, _ other: WritableKeyPath<JoinNode, LogicalPlan>) -> [Leaf] {
        leaves(join[keyPath: side]).map { found in
            Leaf(plan: found.plan, above: found.above + LogicalPlan.join(join).expressions) { leaf, keyed in
                var made = join
                made[keyPath: side] = found.rebuild(leaf, keyed)
                made[keyPath: other] = rewrite(join[keyPath: other])
                return LogicalPlan.join(made).mapExpressions(keyed)
            }
        }
    }

    // MARK: Splitting

    /// Every largest expression that looks at the table alone becomes a key; the grouping is asked for over these, and
    /// joins, conditions and the outer grouping look at the keys instead.
    ///
    /// A key is computed for every row of the table: what may fail stays above, where a branch or a missing match keeps rows from it, over keys of what it is made of (`mayFail`).
    ///
    /// - Returns: nil where chance, an aggregate, a zero's sign or the lack of a key is in the way.
    private func split(_ node: AggregateNode, _ conditions: [Expression], _ leaf: Leaf) -> Split? {
        let columns = leaf.plan.columnIDs
        var groups: [ProjectedColumn] = []
        var places: [ExpressionIdentity: OutputColumn] = [:]
        /// A group of a DOUBLE has both zeros, and something above tells them apart.
        var losesZeros = false
        /// With each part that is of the table alone as a key.
        func keyed(_ part: Expression, tellsZerosApart: Bool) -> Expression {
            // Each level is walked to its end: nobody waits for that once the statement is over.
            if PlanningWork.isOver { return part }
            let used = part.columnIDs
            guard !used.isEmpty, used.isSubset(of: columns), !Self.mayFail(part, over: leaf.plan) else {
                let isApart = RollupKeys.tellsZerosApart(part) ?? tellsZerosApart
                return part.withChildren(part.children.map { keyed($0, tellsZerosApart: isApart) })
            }
            if tellsZerosApart, part.type == .double { losesZeros = true }
            if let known = places[ExpressionIdentity(part)] { return .column(known) }
            let made = ids.newColumn("key", part.type)
            places[ExpressionIdentity(part)] = made
            groups.append(ProjectedColumn(made, part))
            return .column(made)
        }
        func key(_ expression: Expression) -> Expression { keyed(expression, tellsZerosApart: false) }
        guard !(leaf.above + conditions + node.operands).contains(where: \.isVolatile) else { return nil }
        for expression in leaf.above { _ = key(expression) }
        let tests = conditions.map(key)
        var outer = node
        for index in outer.groups.indices { outer.groups[index].expression = key(outer.groups[index].expression) }
        // What the inner grouping is to compute, and which of the outer aggregates are counts.
        var parts: [AggregateCall] = []
        var counts: Set<Int> = []
        for (index, call) in node.aggregates.enumerated() {
            guard let made = joined(call, leaf.plan, &parts, key) else { return nil }
            outer.aggregates[index] = made
            if made.function == .sum, call.function.definition.isCount { counts.insert(index) }
        }
        // Without keys there is a row where there was none.
        guard !groups.isEmpty, !losesZeros else { return nil }
        let inner = AggregateNode(input: leaf.plan, groups: groups, aggregates: parts)
        let sums = counts
        return Split(inner: inner) { plan in
            var made = outer
            let joins = leaf.rebuild(plan, key)
            made.input = tests.isEmpty ? joins : .filter(input: joins, conjuncts: tests)
            return RollupMatch.counted(made, sums, self.ids)
        }
    }

    /// Whether there may be rows whose values an expression refuses. Overflow does not count, as elsewhere where rows are asked that nobody wants: sums of products are among what is asked
    /// for most.
    ///
    /// Nor do steps and fields of the table's own dates and times, wherever they stand in it.
    private static func mayFail(_ expression: Expression, over plan: LogicalPlan) -> Bool {
        // A column of the plan may be computed itself.
        ConstantFolding.refusesValues(expression) { part in part.isStepOfOwnTime { RollupShape(plan, [$0])?.expressions.first } }
    }

    /// An aggregate over the joined groups.
    ///
    /// - Parameters:
    ///   - plan: of the table.
    ///   - parts: gets what it needs of each group. It is computed for all rows, so that nothing in it may fail.
    /// - Returns: nil for what is no aggregate of parts.
    private func joined(
        _ call: AggregateCall, _ plan: LogicalPlan, _ parts: inout [AggregateCall], _ key: (Expression) -> Expression
    ) -> AggregateCall? {
        let definition = call.function.definition
        let columns = plan.columnIDs
        let isOfTable = call.arguments.allSatisfy { $0.columnIDs.isSubset(of: columns) && !$0.columnIDs.isEmpty && !Self.mayFail($0, over: plan) }
        var outer = call
        // What looks at values alone, however often they are there.
        if call.isDistinct || definition.ignoresRepeats && call.function != .countRows, !(isOfTable && !call.isDistinct && definition.ofParts != nil) {
            guard !definition.isOrderedSet, !definition.readsInOrder else { return nil }
            outer.arguments = call.arguments.map(key)
            outer.filter = call.filter.map(key)
            return outer
        }
        guard isOfTable || call.function == .countRows, call.column.type != .double || call.function == .min || call.function == .max, call.column.type != .interval else { return nil }
        // A filter over the table's columns goes in with the aggregate; one over the other side, or that may fail, is asked of each group.
        var plain = call
        let isOwnFilter = call.filter.map { $0.columnIDs.isSubset(of: columns) && !Self.mayFail($0, over: plan) } ?? true
        if !isOwnFilter { plain.filter = nil }
        outer.filter = isOwnFilter ? nil : call.filter.map(key)
        func part(_ function: AggregateFunction, _ type: ColumnType) -> OutputColumn {
            var own = plain
            (own.function, own.column) = (function, ids.newColumn(call.column.name, type))
            parts.append(own)
            return own.column
        }
        // An average is that of all sums and counts.
        if call.function == .avg {
            guard let type = TypeRules.sum(call.arguments[0].type), type != .double else { return nil }
            let zero = Expression.literal(type.isDecimal ? .decimal(0) : .integer(0), type)
            outer.function = .averageOfParts
            outer.arguments = [.coalesce([.column(part(.sum, type)), zero], type: type), .column(part(.count, .int64))]
            return outer
        }
        guard let function = definition.ofParts, call.function != .anyValue else { return nil }
        outer.function = function
        outer.arguments = [.column(part(call.function, call.column.type))]
        return outer
    }
}
