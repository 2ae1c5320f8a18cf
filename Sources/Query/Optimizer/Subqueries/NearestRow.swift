import ColumnStore

/// The first row of those with an outer row's keys that lie before or behind it in an order, for all outer rows at a time:
///
///     LATERAL (SELECT … FROM t WHERE t.key = o.key AND t.time <= o.time ORDER BY t.time DESC LIMIT 1)
///
/// and `ASOF JOIN`, which the binder writes like that. The rows of `t` whose keys are asked for get their places in the subquery's order. Both sides
/// then lie in one order by key and time, each outer row behind the rows that it may have, so that the least place so far is the row that it gets;
/// a join by that place brings it. All of that are windows, unions and joins as other queries have them, which charge their memory and spill.
///
/// The plan, for `t.key = o.key AND t.time <= o.time ORDER BY t.time DESC`:
/// 1. `placed`: the rows of `t` with keys that some `o` asks for, numbered in the subquery's order; the latest row has place 1;
/// 2. `found`: those rows and all rows of `o` in one list, partitioned by key, ordered by time; of equal times rows of `t` come first, since `<=`
///    takes them in;
/// 3. a running least place over that order: at a row of `o` it is the place of the best row of `t` before it, NULL where there is none;
/// 4. the rows of `o` joined to the numbered rows by place.
///
/// Two sorts and a join, however many outer rows there are. `docs/decisions/0058-nearest-rows.md` says why.
struct NearestRow {
    private let ids: PlanIDs
    /// Columns of the left side that the subquery mentions.
    private let correlation: Set<ColumnID>

    /// A subquery of that form, in the columns of `base`.
    private struct Question {
        /// The rows that its own conditions leave.
        var base: LogicalPlan
        var output: [ProjectedColumn]
        var order: [SortKey]
        var keys: [Pair]
        /// `inner` against `outer`, by `comparison`.
        var bound: Bound
        /// What both sides are ordered by.
        var pairs: [Pair] { keys + [bound.pair] }
    }

    /// The one inequality between the outer row and the subquery's, as `inner comparison outer`.
    private struct Bound {
        var pair: Pair
        var comparison: Comparison
    }

    /// Values that are compared, of one type.
    private struct Pair {
        var outer: Expression
        var inner: Expression
    }

    /// The join of each row of the left side to the first row of the subquery on its right; nil where that is of another form.
    static func joined(_ join: JoinNode, ids: PlanIDs) -> LogicalPlan? {
        guard [.inner, .left, .cross].contains(join.kind), join.equalities.isEmpty, !join.residual.contains(where: \.hasSubquery) else { return nil }
        let correlation = join.right.freeColumns
        guard !correlation.isEmpty, correlation.isSubset(of: join.left.columnIDs), join.left.freeColumns.isEmpty else { return nil }
        // What is of chance is drawn for each outer row, and here the subquery's rows are made once.
        guard !join.right.drawsAnew(for: correlation) else { return nil }
        let rule = NearestRow(ids: ids, correlation: correlation)
        return rule.read(join.right).map { rule.plan(join, $0) }
    }

    // MARK: Reading

    private func isFree(_ expression: Expression) -> Bool { !expression.columnIDs.isDisjoint(with: correlation) }

    /// The subquery as a question; nil where its form is another one. Projections and conditions are read through from the LIMIT down to the table.
    private func read(_ plan: LogicalPlan) -> Question? {
        var output = plan.columns.map { ProjectedColumn($0, .column($0)) }
        guard var (order, input) = first(of: plan, &output) else { return nil }
        var conditions: [Expression] = []
        while true {
            if case .project(let below, let columns) = input {
                let map = Dictionary(columns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
                for index in output.indices { output[index].expression = output[index].expression.substituting(map) }
                for index in order.indices { order[index].expression = order[index].expression.substituting(map) }
                conditions = conditions.map { $0.substituting(map) }
                input = below
            } else if case .filter(let below, let conjuncts) = input {
                // Those below are asked first.
                conditions = conjuncts.flatMap(\.conjuncts) + conditions
                input = below
            } else {
                break
            }
        }
        // What refuses values is asked of the rows alone that other conditions leave.
        guard CorrelationOrder.kept(conditions, over: input, outer: correlation) == conditions else { return nil }
        let own = conditions.filter { !isFree($0) }
        let base = own.isEmpty ? input : LogicalPlan.filter(input: input, conjuncts: own)
        // What is left must be the same for every outer row.
        guard base.freeColumns.isEmpty else { return nil }
        var keys: [Pair] = [], found: Bound?
        for condition in conditions where isFree(condition) {
            guard note(condition, &keys, &found) else { return nil }
        }
        // Without one the rows of each key have one first row, which a grouping finds.
        guard let bound = found else { return nil }
        let question = Question(base: base, output: output, order: order, keys: keys, bound: bound)
        let ofRows = output.map(\.expression) + order.map(\.expression)
        // What may fail is asked of the rows alone that other conditions leave.
        let asked = ofRows + question.pairs.flatMap { [$0.outer, $0.inner] }
        // But for differences of moments, which most have: without this form each row meets all before it.
        guard !asked.contains(where: { $0.hasSubquery || ConstantFolding.failsByData($0, ofMoments: false) }), !ofRows.contains(where: isFree) else { return nil }
        return question
    }

    /// What stands under ORDER BY … LIMIT 1, and that order; nil where there is none.
    private func first(of plan: LogicalPlan, _ output: inout [ProjectedColumn]) -> (order: [SortKey], input: LogicalPlan)? {
        var plan = plan, isFirst = false
        while true {
            switch plan {
            case .project(let below, let columns):
                let map = Dictionary(columns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
                for index in output.indices { output[index].expression = output[index].expression.substituting(map) }
                plan = below
            // LIMIT 1 above its ORDER BY, with projections between.
            case .limit(let below, 1?, 0) where !isFirst:
                isFirst = true
                plan = below
            case .sort(let node):
                guard node.offset == 0, isFirst ? node.limit == nil : node.limit == 1 else { return nil }
                return (node.keys, node.input)
            default: return nil
            }
        }
    }

    /// Takes a condition that looks at the outer row; false where it is of another form.
    private func note(_ condition: Expression, _ keys: inout [Pair], _ bound: inout Bound?) -> Bool {
        guard case .call(let function, let sides, _, _) = condition, sides.count == 2, let asked = function.comparison,
            let isOuterFirst = [true, false].first(where: { isOuter(sides[$0 ? 0 : 1]) && !isFree(sides[$0 ? 1 : 0]) }),
            let pair = Self.pair(outer: sides[isOuterFirst ? 0 : 1], inner: sides[isOuterFirst ? 1 : 0])
        else { return false }
        // `o.time >= t.time` is `t.time <= o.time`.
        let comparison = isOuterFirst ? asked.mirrored : asked
        switch comparison {
        case .equal:
            keys.append(pair)
            return true
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            // Two bounds would ask for a row between two places.
            guard bound == nil else { return false }
            bound = Bound(pair: pair, comparison: comparison)
            return true
        case .notEqual: return false
        }
    }

    private func isOuter(_ expression: Expression) -> Bool { !expression.columnIDs.isEmpty && expression.columnIDs.isSubset(of: correlation) }

    /// Both sides lie in one column: their type is one.
    ///
    /// Decimals of one scale are widened to the larger precision. Nil where the two cannot lie in one column, or have no order of their own (lists,
    /// rows, JSON).
    private static func pair(outer: Expression, inner: Expression) -> Pair? {
        if outer.type.isNested || outer.type.isJSON { return nil }
        if outer.type == inner.type { return Pair(outer: outer, inner: inner) }
        guard case .decimal(let one, let scale) = outer.type, case .decimal(let other, scale) = inner.type else { return nil }
        let type = ColumnType.decimal(precision: max(one, other), scale: scale)
        func widened(_ side: Expression) -> Expression { side.type == type ? side : .cast(side, to: type, position: nil) }
        return Pair(outer: widened(outer), inner: widened(inner))
    }

    // MARK: Planning

    private static func side(_ number: Int64) -> Expression { .literal(.integer(number), .int32) }

    /// Rows of the subquery's table with their places.
    private struct Placed {
        let plan: LogicalPlan
        let output: [OutputColumn]
        let keys: [OutputColumn]
        let bound: OutputColumn
        let place: OutputColumn
    }

    private func plan(_ join: JoinNode, _ question: Question) -> LogicalPlan {
        let outerID = ids.newShared(), innerID = ids.newShared()
        let outer = LogicalPlan.shared(id: outerID, definition: join.left, columns: join.left.columns)
        let definition = placed(question, outerID: outerID, outer: join.left)
        // Each reading of a shared table has columns of its own.
        func mention(_ output: [OutputColumn]) -> Placed {
            func fresh(_ column: OutputColumn) -> OutputColumn { ids.newColumn(column.name, column.type) }
            let keys = definition.keys.map(fresh), bound = fresh(definition.bound), place = fresh(definition.place)
            let plan = LogicalPlan.shared(id: innerID, definition: definition.plan, columns: output + keys + [bound, place])
            return Placed(plan: plan, output: output, keys: keys, bound: bound, place: place)
        }
        let own = mention(definition.output.map { ids.newColumn($0.name, $0.type) })
        let (found, place) = found(outer, question, own)
        let rows = mention(question.output.map(\.column))
        var node = join
        if node.kind == .cross { node.kind = .inner }
        node.left = found
        node.right = rows.plan
        node.equalities = [JoinNode.Equality(.column(place), .column(rows.place))]
        return .join(node)
    }

    /// The rows that some outer row may have, numbered in the subquery's order.
    private func placed(_ question: Question, outerID: Int, outer: LogicalPlan) -> Placed {
        var base = question.base
        if !question.keys.isEmpty {
            // Only of keys that are asked for: a scan can pass over the others.
            let fresh = outer.columns.map { ids.newColumn($0.name, $0.type) }
            let map = Dictionary(zip(outer.columns.map(\.id), fresh.map { Expression.column($0) }), uniquingKeysWith: { first, _ in first })
            let asked = question.keys.map { ProjectedColumn(ids.newColumn("", $0.outer.type), $0.outer.substituting(map)) }
            let keys = LogicalPlan.project(input: .shared(id: outerID, definition: outer, columns: fresh), columns: asked)
            let equalities = zip(question.keys, asked).map { JoinNode.Equality($0.inner, .column($1.column)) }
            base = .join(JoinNode(kind: .semi, left: base, right: keys, equalities: equalities))
        }
        func column(_ expression: Expression) -> ProjectedColumn { ProjectedColumn(ids.newColumn("", expression.type), expression) }
        let output = question.output.map { ProjectedColumn(ids.newColumn($0.column.name, $0.column.type), $0.expression) }
        let keys = question.keys.map { column($0.inner) }
        let bound = column(question.bound.pair.inner)
        let order = question.order.map { column($0.expression) }
        var rows = LogicalPlan.project(input: base, columns: output + keys + [bound] + order)
        // A row without a time lies before and behind nothing.
        rows = .filter(input: rows, conjuncts: [.not(.isNull(.column(bound.column)))])
        let place = ids.newColumn("", .int64)
        let sorted = zip(question.order, order).map { SortKey(.column($1.column), isDescending: $0.isDescending, nullsFirst: $0.nullsFirst) }
        let numbered = LogicalPlan.window(WindowNode(input: rows, partition: [], order: sorted, calls: [
            WindowNode.Call(column: place, function: .rowNumber, arguments: [], frame: Self.soFar),
        ]))
        let columns = (output + keys + [bound]).map(\.column)
        let plan = LogicalPlan.project(input: numbered, columns: (columns + [place]).map { ProjectedColumn($0, .column($0)) })
        return Placed(plan: plan, output: output.map(\.column), keys: keys.map(\.column), bound: bound.column, place: place)
    }

    /// All rows of the partition up to the current one.
    private static let soFar = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)

    /// The outer rows, under their own names, each with the place of the row that it gets.
    private func found(_ outer: LogicalPlan, _ question: Question, _ rows: Placed) -> (LogicalPlan, OutputColumn) {
        // Rows of no key, or no time, get none: such an outer row stands before all others.
        let comparison = question.bound.comparison
        let isStrict = comparison == .less || comparison == .greater
        // At equal times the smaller side comes first: the subquery's row with `<=` and `>=`, the outer row with `<` and `>`, which does not see it
        // then.
        let (outerSide, innerSide) = isStrict ? (Self.side(0), Self.side(1)) : (Self.side(1), Self.side(0))
        let columns = outer.columns
        let keys = rows.keys.map { ids.newColumn("", $0.type) }
        let bound = ids.newColumn("", rows.bound.type)
        let (side, place, least) = (ids.newColumn("", .int32), ids.newColumn("", .int64), ids.newColumn("", .int64))
        let all = columns + keys + [bound, side, place]
        func part(_ input: LogicalPlan, _ values: [Expression]) -> LogicalPlan {
            .project(input: input, columns: zip(all, values).map { ProjectedColumn(ids.newColumn($0.name, $0.type), $1) })
        }
        let asked = question.pairs.map(\.outer)
        let had = (rows.keys + [rows.bound]).map { Expression.column($0) }
        let union = LogicalPlan.setOperation(SetOperationNode(kind: .union, keepsRepeats: true, inputs: [
            // Rows of the table have NULL in the outer row's columns, and outer rows have no place: the least passes over them.
            part(rows.plan, columns.map { .null($0.type) } + had + [innerSide, .column(rows.place)]),
            part(outer, columns.map { .column($0) } + asked + [outerSide, .null(.int64)]),
        ], columns: all))
        // With `>=` the rows that an outer row may have lie behind it: the order is turned, so that they come before it.
        let isDescending = comparison == .greater || comparison == .greaterOrEqual
        let order = [SortKey(.column(bound), isDescending: isDescending, nullsFirst: true), SortKey(.column(side))]
        let window = LogicalPlan.window(WindowNode(input: union, partition: keys.map { .column($0) }, order: order, calls: [
            WindowNode.Call(column: least, function: .aggregate(.min), arguments: [.column(place)], frame: Self.soFar),
        ]))
        // The rows of the table have done their part.
        let own = LogicalPlan.filter(input: window, conjuncts: [.call(.equal, [.column(side), outerSide], type: .boolean, position: nil)])
        return (.project(input: own, columns: (columns + [least]).map { ProjectedColumn($0, .column($0)) }), least)
    }
}
