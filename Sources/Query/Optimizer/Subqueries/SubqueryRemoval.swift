import ColumnStore

/// Makes joins of subqueries in expressions: EXISTS and IN semi- and anti-joins, values left joins, tests within other expressions mark joins.
/// Afterwards no plan holds a subquery, and no plan mentions columns of an outer one.
///
/// One that looks at no outer column is joined as it is. Of one that does, `CorrelationPullUp` is asked first: where the outer columns stand in conditions only, these become the
/// keys of a usual join, which reads the inner rows once. What it cannot do `DependentJoin` can, for the price of a table of all different outer values; so it comes last.
///
/// | where it stands | becomes |
/// | --- | --- |
/// | `WHERE EXISTS`, `WHERE x IN`, and NOT of them | semi- or anti-join; NOT IN a null-aware one |
/// | EXISTS and IN within an expression | mark join: a BOOLEAN column beside each row |
/// | a value | left join to at most one row for each key; of a SELECT without FROM its expression |
/// | `x < ANY`, `x >= ALL` | a value: count, least and greatest of the subquery |
/// | LATERAL | `NearestRow`, else `DependentJoin` |
///
/// A join is made for all rows of a plan, also where the expression asks the subquery for some of them only: then it may not fail for the others (`Reach`),
/// and where it looks at none of their columns its error waits for one that asks (`DeferredError`). Where all rows ask, the join keeps it for the first (`JoinOperator`).
struct SubqueryRemoval {
    private let ids: PlanIDs
    private let definitions = SharedWalk()

    /// - Throws: unsupported-sql for a subquery in a place that has no join.
    static func rewrite(_ plan: LogicalPlan, ids: PlanIDs) throws(QueryError) -> LogicalPlan {
        try SubqueryRemoval(ids: ids).visit(plan)
    }

    /// A plan of the same columns without subqueries in or below it.
    private func visit(_ plan: LogicalPlan) throws(QueryError) -> LogicalPlan {
        if PlanningWork.isOver { try PlanningWork.check() }
        if case .filter(let input, let conjuncts) = plan, let moved = LateralConditions.moved(input, conjuncts) { return try visit(moved) }
        if case .join(let join) = plan, let moved = LateralConditions.moved(join) { return try visit(.join(moved)) }
        // Inputs first: what is joined to a plan then stands over one without subqueries, whose columns are all that they will be.
        var node = try definitions.rewriting(inputsOf: plan, visit)
        if case .join(let join) = node { node = try lateral(join) }
        guard node.expressions.contains(where: \.hasSubquery) else { return node }
        switch node {
        case .filter(let input, let conjuncts): return try filter(input, conjuncts)
        case .join(let join): return try joined(join)
        case .values(let columns, let rows): return try visit(Self.queries(of: rows, columns, ids))
        case .series, .scan:
            throw .unsupported("subqueries are not supported here", at: Self.position(in: node.expressions))
        default:
            var input = Attached(node.inputs[0])
            let mapped = try node.mapExpressions { (expression) throws(QueryError) in try extracted(expression, &input) }
            return mapped.withInputs([input.plan])
        }
    }

    /// A plan that subqueries have been joined to, and what stands for each of them since: some functions ask an operand twice.
    private struct Attached {
        var plan: LogicalPlan
        /// By the columns that the subquery's plan puts out: those of two subqueries are different, and a copy has the same.
        private var known: [[ColumnID]: (subquery: SubqueryExpression, reach: Reach, value: Expression)] = [:]

        init(_ plan: LogicalPlan) { self.plan = plan }

        /// Nil where it has not been joined yet for the rows that ask now.
        func value(of subquery: SubqueryExpression, in reach: Reach) -> Expression? {
            guard let found = known[Self.key(subquery)], found.subquery == subquery, found.reach.covers(reach) else { return nil }
            return found.value
        }

        mutating func note(_ value: Expression, of subquery: SubqueryExpression, in reach: Reach) { known[Self.key(subquery)] = (subquery, reach, value) }

        private static func key(_ subquery: SubqueryExpression) -> [ColumnID] { subquery.plan.columns.map(\.id) }
    }

    /// VALUES as a query for each row.
    private static func queries(of rows: [[Expression]], _ columns: [OutputColumn], _ ids: PlanIDs) -> LogicalPlan {
        let single = LogicalPlan.values(columns: [], rows: [[]])
        if rows.count == 1 { return .project(input: single, columns: zip(columns, rows[0]).map { ProjectedColumn($0, $1) }) }
        let inputs = rows.map { row in
            LogicalPlan.project(input: single, columns: zip(columns, row).map { ProjectedColumn(ids.newColumn($0.name, $0.type), $1) })
        }
        return .setOperation(SetOperationNode(kind: .union, keepsRepeats: true, inputs: inputs, columns: columns))
    }

    /// Of the first subquery, for a message.
    private static func position(in expressions: [Expression]) -> Int? {
        for expression in expressions {
            if case .subquery(let subquery) = expression { return subquery.position }
            if let found = position(in: expression.children) { return found }
        }
        return nil
    }

    // MARK: Where subqueries stand

    /// A filter whose conditions hold subqueries: each of those is joined to what the conditions before it have left.
    private func filter(_ input: LogicalPlan, _ conjuncts: [Expression]) throws(QueryError) -> LogicalPlan {
        let all = conjuncts.flatMap(\.conjuncts)
        // Conditions without subqueries stand below the joins, whatever their order was: then fewer rows are looked up.
        let plain = all.filter { !$0.hasSubquery }
        var attached = Attached(plain.isEmpty ? input : LogicalPlan.filter(input: input, conjuncts: plain))
        for condition in all where condition.hasSubquery {
            try PlanningWork.check()
            if let joined = try membership(condition, attached.plan) {
                attached.plan = joined
            } else {
                let test = try extracted(condition, &attached)
                attached.plan = .filter(input: attached.plan, conjuncts: [test])
            }
        }
        return attached.plan
    }

    /// EXISTS, IN and their negations as conditions by themselves: a row passes or does not, so that a semi-join will do, and NULL need not be distinguished from false. Within
    /// another expression the value itself counts, which a mark join has (`mark`).
    private func membership(_ condition: Expression, _ input: LogicalPlan) throws(QueryError) -> LogicalPlan? {
        var inner = condition, isNegated = false
        while case .not(let operand) = inner {
            inner = operand
            isNegated.toggle()
        }
        guard case .subquery(let subquery) = inner else { return nil }
        switch subquery.kind {
        case .exists: return try semi(subquery, input, kind: isNegated ? .anti : .semi, pairs: [])
        case .quantified(let operands, let function, isAll: false) where function.comparison == .equal:
            return try inQuery(subquery, operands, input, isNegated: isNegated)
        case .quantified(let operands, let function, isAll: true) where function.comparison == .notEqual:
            return try inQuery(subquery, operands, input, isNegated: !isNegated)
        default: return nil
        }
    }

    /// IN as a condition by itself. Operands may hold subqueries of their own, which are joined first.
    private func inQuery(
        _ subquery: SubqueryExpression, _ operands: [Expression], _ input: LogicalPlan, isNegated: Bool
    ) throws(QueryError) -> LogicalPlan {
        var attached = Attached(input), values: [Expression] = []
        for operand in operands { values.append(try extracted(operand, &attached)) }
        values = drawn(values, &attached.plan, Reach())
        let pairs = zip(values, subquery.plan.columns).map { ($0, Expression.column($1)) }
        return try semi(subquery, attached.plan, kind: isNegated ? .antiNullAware : .semi, pairs: pairs)
    }

    /// A join whose own condition holds subqueries.
    private func joined(_ join: JoinNode) throws(QueryError) -> LogicalPlan {
        var node = join
        let tests = node.residual.filter(\.hasSubquery)
        node.residual.removeAll(where: \.hasSubquery)
        let inEqualities = node.equalities.contains { $0.left.hasSubquery || $0.right.hasSubquery }
        guard !inEqualities else { throw .unsupported("subqueries are not supported in this join", at: Self.position(in: tests)) }
        // What an inner join asks may as well be asked of its rows.
        if node.kind == .inner || node.kind == .cross {
            if node.equalities.isEmpty, node.residual.isEmpty { node.kind = .cross }
            return try filter(.join(node), tests)
        }
        let isOfOneSide = tests.allSatisfy { test in
            let outer = test.columnIDs
            switch node.kind {
            case .left: return outer.isDisjoint(with: node.right.columnIDs) || outer.isDisjoint(with: node.left.columnIDs)
            case .right: return outer.isDisjoint(with: node.right.columnIDs) || outer.isDisjoint(with: node.left.columnIDs)
            case .full: return outer.isDisjoint(with: node.right.columnIDs)
            default: return true
            }
        }
        if !isOfOneSide { return try byPairs(node, tests) }
        // What the condition of an outer join asks about one side alone is asked there; what it finds of the side whose rows all stay is kept beside them.
        var (left, right) = (Attached(node.left), Attached(node.right))
        for test in tests {
            var outer: Set<ColumnID> = []
            test.collectColumns(into: &outer)
            switch (node.kind, outer.isDisjoint(with: node.left.columnIDs), outer.isDisjoint(with: node.right.columnIDs)) {
            case (.left, true, _): right.plan = try filter(right.plan, [test])
            case (.right, _, true): left.plan = try filter(left.plan, [test])
            case (.right, _, false): node.residual.append(try extracted(test, &right))
            default: node.residual.append(try extracted(test, &left))
            }
        }
        (node.left, node.right) = (left.plan, right.plan)
        return .join(node)
    }

    /// A side of an outer join with a number for each row, to be read more than once.
    private struct NumberedSide {
        let id: Int
        let definition: LogicalPlan
        let columns: [OutputColumn]

        struct Mention {
            let plan: LogicalPlan
            let columns: [OutputColumn]
            let number: OutputColumn
        }

        init(_ plan: LogicalPlan, _ ids: PlanIDs) {
            let whole = WindowNode.Frame(unit: .rows, start: .unboundedPreceding, end: .currentRow)
            let call = WindowNode.Call(column: ids.newColumn("", .int64), function: .rowNumber, arguments: [], frame: whole)
            id = ids.newShared()
            definition = .window(WindowNode(input: plan, partition: [], order: [], calls: [call]))
            columns = plan.columns
        }

        func mention(_ ids: PlanIDs) -> Mention {
            let fresh = columns.map { ids.newColumn($0.name, $0.type) }
            let number = ids.newColumn("", .int64)
            return Mention(plan: .shared(id: id, definition: definition, columns: fresh + [number]), columns: fresh, number: number)
        }
    }

    /// An outer join whose condition asks subqueries about both of its sides: an inner join of numbered rows finds the pairs, and the rows of
    /// no pair are added.
    ///
    /// The pairs are a shared table, read once for the answer and once for each outer side's anti-join by number.
    private func byPairs(_ join: JoinNode, _ tests: [Expression]) throws(QueryError) -> LogicalPlan {
        let sides = (NumberedSide(join.left, ids), NumberedSide(join.right, ids))
        let (left, right) = (sides.0.mention(ids), sides.1.mention(ids))
        let renames = Dictionary(
            zip((join.left.columns + join.right.columns).map(\.id), (left.columns + right.columns).map { Expression.column($0) }),
            uniquingKeysWith: { first, _ in first })
        let conditions = (join.equalities.map(\.condition) + join.residual + tests).map { $0.substituting(renames) }
        let found = try filter(.join(JoinNode(kind: .cross, left: left.plan, right: right.plan)), conditions)
        let pairs = found.shaped(as: left.columns + [left.number] + right.columns + [right.number])
        let pairID = ids.newShared()
        func mention() -> (plan: LogicalPlan, columns: [OutputColumn]) {
            let fresh = pairs.columns.map { ids.newColumn($0.name, $0.type) }
            return (.shared(id: pairID, definition: pairs, columns: fresh), fresh)
        }
        let leftCount = left.columns.count
        let inner = mention()
        var parts = [LogicalPlan.project(
            input: inner.plan, columns: (inner.columns[..<leftCount] + inner.columns[(leftCount + 1)...].dropLast()).map { ProjectedColumn($0, .column($0)) })]
        func unmatched(_ side: NumberedSide, number place: Int, isLeft: Bool) {
            let rows = side.mention(ids), pairs = mention()
            let equality = JoinNode.Equality(.column(rows.number), .column(pairs.columns[place]))
            let rest = LogicalPlan.join(JoinNode(kind: .anti, left: rows.plan, right: pairs.plan, equalities: [equality]))
            let own = rows.columns.map { ProjectedColumn(ids.newColumn($0.name, $0.type), .column($0)) }
            let other = (isLeft ? join.right : join.left).columns.map { ProjectedColumn(ids.newColumn($0.name, $0.type), .null($0.type)) }
            parts.append(.project(input: rest, columns: isLeft ? own + other : other + own))
        }
        // Left rows stay alone in a left and in a full join, right rows in a right and in a full one.
        if join.kind != .right { unmatched(sides.0, number: leftCount, isLeft: true) }
        if join.kind != .left { unmatched(sides.1, number: pairs.columns.count - 1, isLeft: false) }
        return .setOperation(
            SetOperationNode(kind: .union, keepsRepeats: true, inputs: parts, columns: join.left.columns + join.right.columns))
    }

    /// A join whose right side looks at its left one: LATERAL.
    private func lateral(_ join: JoinNode) throws(QueryError) -> LogicalPlan {
        let correlation = join.right.freeColumns.intersection(join.left.columnIDs)
        guard !correlation.isEmpty, join.ownList == nil else { return .join(join) }
        // The cheaper plan first: two sorts, where the general one groups by all outer values.
        if let nearest = NearestRow.joined(join, ids: ids) { return nearest }
        let dependent = DependentJoin(outer: join.left, correlation: correlation, of: join.right, ids: ids)
        let (right, equalities) = try dependent.pushed(into: join.right, at: nil)
        var node = join
        node.left = dependent.outerPlan
        node.right = right
        node.equalities += equalities
        if node.kind == .cross { node.kind = .inner }
        return .join(node)
    }

    // MARK: Expressions

    /// The expression with columns in the place of its subqueries, which `input` is joined to.
    private func extracted(_ expression: Expression, _ input: inout Attached, _ reach: Reach = Reach()) throws(QueryError) -> Expression {
        guard expression.hasSubquery else { return expression }
        return try replacing(expression, &input, reach)
    }

    /// - Parameter reach: the rows of the input that ask for the expression.
    private func replacing(_ expression: Expression, _ input: inout Attached, _ reach: Reach) throws(QueryError) -> Expression {
        if case .subquery(let subquery) = expression {
            let own = reach.conditions.isEmpty ? reach : reach.asked(of: input.plan.columnIDs)
            if let known = input.value(of: subquery, in: own) { return known }
            let value = try replacement(subquery, &input, own)
            input.note(value, of: subquery, in: own)
            return value
        }
        let old = expression.children
        if old.isEmpty { return expression }
        var new: [Expression] = [], rest = reach
        new.reserveCapacity(old.count)
        if case .conditional(let branches, let otherwise, _) = expression {
            for branch in branches {
                let condition = try replacing(branch.condition, &input, rest)
                new.append(condition)
                new.append(try replacing(branch.result, &input, rest.taking(condition)))
                rest = rest.passing(condition)
            }
            if let otherwise { new.append(try replacing(otherwise, &input, rest)) }
        } else {
            for child in old {
                let operand = try replacing(child, &input, rest)
                new.append(operand)
                rest = rest.behind(operand, of: expression)
            }
        }
        return expression.withChildren(new)
    }

    /// What stands for a subquery in an expression: a column of `input`, which the subquery is joined to, or a test of several.
    private func replacement(_ subquery: SubqueryExpression, _ input: inout Attached, _ reach: Reach) throws(QueryError) -> Expression {
        switch subquery.kind {
        case .scalar:
            let plan = try visit(subquery.plan)
            if let value = plan.valueInPlace { return value }
            let inner = Self.distinctly(plan, from: input.plan, ids)
            guard let value = try values(of: subquery, inner, &input.plan, reach).first else {
                throw .unsupported("this subquery has no column", at: subquery.position)
            }
            return value
        case .exists: return try mark(subquery, [], nullAware: false, &input.plan, reach)
        case .quantified(let operands, let function, let isAll):
            var own: [Expression] = []
            for operand in operands { own.append(try extracted(operand, &input, reach)) }
            own = drawn(own, &input.plan, reach)
            if function.comparison == .equal, !isAll { return try contained(subquery, own, &input.plan, reach) }
            if function.comparison == .notEqual, isAll { return .not(try contained(subquery, own, &input.plan, reach)) }
            return try compared(subquery, own[0], function, isAll, &input.plan, reach)
        }
    }

    /// What is of chance as columns of the input: one draw of a row, however many tests it stands in and whatever rows it is compared with.
    private func drawn(_ operands: [Expression], _ input: inout LogicalPlan, _ reach: Reach) -> [Expression] {
        guard operands.contains(where: \.isVolatile) else { return operands }
        var columns = input.columns.map { ProjectedColumn($0, .column($0)) }
        var result = operands
        for index in result.indices where result[index].isVolatile {
            let column = ids.newColumn("", result[index].type)
            columns.append(ProjectedColumn(column, reach.guarded(result[index])))
            result[index] = .column(column)
        }
        input = .project(input: input, columns: columns)
        return result
    }

    /// The plan under ids of its own, where it puts out what the other one does already: a copy of it has been joined further below.
    private static func distinctly(_ plan: LogicalPlan, from other: LogicalPlan, _ ids: PlanIDs) -> LogicalPlan {
        let taken = other.columnIDs
        guard plan.columns.contains(where: { taken.contains($0.id) }) else { return plan }
        return .project(input: plan, columns: plan.columns.map { ProjectedColumn(ids.newColumn($0.name, $0.type), .column($0)) })
    }

    // MARK: Semi-joins

    /// Columns of the input that the plan looks at.
    private func correlation(_ plan: LogicalPlan, _ input: LogicalPlan) -> Set<ColumnID> {
        plan.freeColumns.intersection(input.columnIDs)
    }

    private func equalities(_ pairs: [(Expression, Expression)]) -> [JoinNode.Equality] {
        pairs.map { JoinNode.Equality($0.0, $0.1) }
    }

    /// Joins the input to a subquery that still has subqueries of its own.
    private func semi(
        _ subquery: SubqueryExpression, _ input: LogicalPlan, kind: JoinNode.Kind, pairs: [(Expression, Expression)]
    ) throws(QueryError) -> LogicalPlan {
        let found = try visit(subquery.plan), inner = pairs.isEmpty ? found.asExistence : found
        return try semi(inner, input, kind: kind, pairs: pairs, conditions: [], Reach(), at: subquery.position)
    }

    /// - Parameters:
    ///   - pairs: values of `input` that must equal columns of `inner`; NULLs count as `kind` says.
    ///   - reach: rows of `input` that ask; what others get is not read.
    private func semi(
        _ inner: LogicalPlan, _ input: LogicalPlan, kind: JoinNode.Kind, pairs: [(Expression, Expression)], conditions: [Expression],
        _ reach: Reach, at position: Int?
    ) throws(QueryError) -> LogicalPlan {
        let correlation = correlation(inner, input)
        var node = JoinNode(kind: kind, left: input, right: inner, residual: conditions)
        // NOT IN against all rows has an operator of its own. Otherwise: no row that may be equal.
        if kind == .antiNullAware, !inner.freeColumns.isEmpty {
            node.kind = .anti
            node.residual += pairs.map { pair in
                .coalesce([.call(.equal, [pair.0, pair.1], type: .boolean, position: position), .isTrue], type: .boolean)
            }
        } else {
            node.equalities = equalities(pairs)
        }
        // From here on in the order of what they cost.
        if correlation.isEmpty { return .join(node) }
        if let own = Self.overOwnList(node, correlation) {
            // It looks at the list of each row.
            let asked = LogicalPlan.join(own).expressions + own.right.expressions
            if reach.conditions.isEmpty || !asked.contains(where: ConstantFolding.canFail) { return .join(own) }
        }
        // Whether there is a row no LIMIT changes. Where values are compared with the subquery's rows, it says which.
        let isExistence = pairs.isEmpty && conditions.isEmpty
        if let pulled = CorrelationPullUp(outer: correlation, ids: ids, isExistence: isExistence).pull(inner)?.joining(by: kind, at: position), pulled.emptyRow == nil, !pulled.isWrapped {
            node.right = pulled.plan
            node.equalities += pulled.equalities.map { JoinNode.Equality(reach.guarded($0.outer), $0.inner) }
            node.residual += pulled.residual.map { reach.guarded($0) }
            return .join(node)
        }
        let dependent = DependentJoin(outer: input, correlation: correlation, of: inner, asking: reach.conditions, ids: ids)
        let (right, keys) = try dependent.pushed(into: inner, at: position)
        node.left = dependent.outerPlan
        node.right = right
        node.equalities += keys
        return .join(node)
    }

    /// The join as one over a list of the left side's rows, if it is one.
    private static func overOwnList(_ join: JoinNode, _ correlation: Set<ColumnID>) -> JoinNode? {
        guard let list = OwnList.read(join.right), !list.unnest.list.columnIDs.isEmpty, list.unnest.list.columnIDs.isSubset(of: correlation)
        else { return nil }
        var node = join
        node.right = .unnest(list.unnest)
        node.equalities = join.equalities.map { JoinNode.Equality($0.left, $0.right.substituting(list.map), nullsEqual: $0.nullsEqual) }
        node.residual = join.residual.map { $0.substituting(list.map) } + list.conditions
        let expressions = node.equalities.flatMap { [$0.left, $0.right] } + node.residual + [list.unnest.list]
        return expressions.contains(where: \.hasSubquery) || node.ownList == nil ? nil : node
    }

    /// A mark join of the input: the BOOLEAN column that says whether a row has a match.
    private func mark(
        _ subquery: SubqueryExpression, _ pairs: [(Expression, Expression)], conditions: [Expression] = [], nullAware: Bool,
        _ input: inout LogicalPlan, _ reach: Reach
    ) throws(QueryError) -> Expression {
        let column = ids.newColumn("", .boolean)
        let found = try visit(subquery.plan), inner = pairs.isEmpty && conditions.isEmpty ? found.asExistence : found
        let error = DeferredError(of: inner, reach, ids)
        input = try semi(
            error?.deferring(inner) ?? inner, input, kind: .mark(column, nullAware: nullAware), pairs: pairs, conditions: conditions, reach, at: subquery.position)
        return error?.asked(with: .column(column), at: subquery.position) ?? .column(column)
    }

    /// IN as a value: true, false or NULL.
    private func contained(
        _ subquery: SubqueryExpression, _ operands: [Expression], _ input: inout LogicalPlan, _ reach: Reach
    ) throws(QueryError) -> Expression {
        let pairs = zip(operands, subquery.plan.columns).map { (reach.guarded($0), Expression.column($1)) }
        if subquery.plan.freeColumns.isEmpty {
            return try mark(subquery, pairs, nullAware: true, &input, reach)
        }
        // The operator that tells NULL from false has to see all inner rows at once, and here each outer row has its own. So there are two questions: whether a
        // row is equal, and, where none is, whether one may be.
        let isEqual = try mark(subquery, pairs, nullAware: false, &input, reach)
        let equal = Expression.conjunction(pairs.map { .call(.equal, [$0.0, $0.1], type: .boolean, position: subquery.position) })
        let isUnknown = try mark(subquery, [], conditions: [.isNull(equal)], nullAware: false, &input, reach)
        return .conditional(
            branches: [.init(condition: isEqual, result: .isTrue), .init(condition: isUnknown, result: .null(.boolean))],
            otherwise: .isFalse, type: .boolean)
    }

    // MARK: Values

    /// Joins the one row of `inner` to each row of the input; NULLs where there is none. Several are an error of the data: of the first row where each asks, else where the value is read.
    ///
    /// - Throws: unsupported-sql as `DependentJoin` does.
    private func values(
        of subquery: SubqueryExpression, _ inner: LogicalPlan, _ input: inout LogicalPlan, _ reach: Reach
    ) throws(QueryError) -> [Expression] {
        let columns = inner.columns
        let correlation = correlation(inner, input)
        let isCounted = !reach.isSure && !Grouped.isAtMostOneRow(inner)
        if correlation.isEmpty {
            if let error = DeferredError(of: inner, reach, ids) {
                let found = error.deferring(Grouped.isAtMostOneRow(inner) ? inner : .singleRow(input: inner, position: subquery.position))
                // A row in any case, of NULLs where there was an error.
                input = .join(JoinNode(kind: .cross, left: input, right: .singleRow(input: found, position: subquery.position)))
                return columns.map { error.asked(with: .column($0), at: subquery.position) }
            }
            if isCounted {
                // Two rows tell that there are several.
                let (plan, results) = counted(.limit(input: inner, count: 2, offset: 0), columns, groups: [], at: subquery.position)
                input = .join(JoinNode(kind: .cross, left: input, right: plan))
                return results
            }
            let single = Grouped.isOneRow(inner) ? inner : LogicalPlan.singleRow(input: inner, position: subquery.position)
            input = .join(JoinNode(kind: .cross, left: input, right: single))
            return columns.map { .column($0) }
        }
        // Conditions that are no equalities would be asked after the one row was chosen.
        if let pulled = CorrelationPullUp(outer: correlation, ids: ids, isExistence: false).pull(inner), pulled.residual.isEmpty {
            return joined(pulled, columns, &input, reach, at: subquery.position)
        }
        if let nearest = NearestRow.joined(JoinNode(kind: .left, left: input, right: inner), ids: ids) {
            input = nearest
            return columns.map { .column($0) }
        }
        let dependent = DependentJoin(outer: input, correlation: correlation, of: inner, asking: reach.conditions, ids: ids)
        var single = inner, results = columns.map { Expression.column($0) }
        if isCounted {
            (single, results) = counted(inner, columns, groups: [], at: subquery.position)
        } else if !Grouped.isAtMostOneRow(inner) {
            single = .singleRow(input: inner, position: subquery.position)
        }
        let (right, keys) = try dependent.pushed(into: single, at: subquery.position)
        input = .join(JoinNode(kind: .left, left: dependent.outerPlan, right: right, equalities: keys))
        return results
    }

    /// One row for each group: a value of each column, and how many rows there were. Of more than one the results are an error of the data, where they are computed.
    private func counted(
        _ plan: LogicalPlan, _ columns: [OutputColumn], groups: [ProjectedColumn], at position: Int?
    ) -> (plan: LogicalPlan, results: [Expression]) {
        let count = AggregateCall(column: ids.newColumn("", .int64), function: .countRows, arguments: [])
        let calls = columns.map {
            AggregateCall(column: ids.newColumn($0.name, $0.type), function: .anyValue, arguments: [.column($0)], position: position)
        }
        let results = calls.map { call -> Expression in
            .call(.onlyRow, [.column(call.column), .column(count.column)], type: call.column.type, position: position)
        }
        return (.aggregate(AggregateNode(input: plan, groups: groups, aggregates: calls + [count])), results)
    }

    /// A left join by the lifted keys, and what each column of the value is above it.
    private func joined(
        _ pulled: CorrelationPullUp.Pulled, _ columns: [OutputColumn], _ input: inout LogicalPlan, _ reach: Reach, at position: Int?
    ) -> [Expression] {
        var (right, results) = Self.liftingRisks(pulled, columns)
        let isLifted = zip(results, columns).contains { $0 != .column($1) }
        var equalities = pulled.equalities.map { JoinNode.Equality(reach.guarded($0.outer), $0.inner) }
        if !pulled.isSingle {
            // More than one row for a key that some row asks for is an error of the data.
            let groups = pulled.equalities.map { ProjectedColumn(ids.newColumn("", $0.inner.type), $0.inner) }
            (right, results) = counted(right, columns, groups: groups, at: position)
            equalities = zip(equalities, groups).map { JoinNode.Equality($0.left, .column($1.column)) }
        }
        // Of an aggregate over no rows: count is 0, and what is computed from it is not NULL either.
        if let empty = pulled.emptyRow, isLifted || columns.contains(where: { empty[$0.id].map { !Self.isNullLiteral($0) } ?? false }) {
            let marker = ids.newColumn("", .boolean)
            right = .project(
                input: right, columns: right.columns.map { ProjectedColumn($0, .column($0)) } + [ProjectedColumn(marker, .isTrue)])
            results = zip(columns, results).map { column, result in
                .conditional(
                    branches: [.init(condition: .isNull(.column(marker)), result: empty[column.id] ?? .null(column.type))],
                    otherwise: result, type: column.type)
            }
        }
        input = .join(JoinNode(kind: .left, left: input, right: right, equalities: equalities))
        return results
    }

    /// Without the computations of a value that may fail: they belong to the rows that ask for it, above the join.
    ///
    /// Only of a grouping without keys: its projection can be computed above the join from what passes.
    private static func liftingRisks(
        _ pulled: CorrelationPullUp.Pulled, _ columns: [OutputColumn]
    ) -> (plan: LogicalPlan, results: [Expression]) {
        let plain = columns.map { Expression.column($0) }
        guard pulled.emptyRow != nil, case .project(let input, let made) = pulled.plan else { return (pulled.plan, plain) }
        let risks = made.filter { ConstantFolding.failsByData($0.expression) }
        if risks.isEmpty { return (pulled.plan, plain) }
        let kept = made.filter { column in !risks.contains { $0.column == column.column } }
        let passed = input.columns.filter { column in !kept.contains { $0.column.id == column.id } }
        let map = Dictionary(risks.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
        return (.project(input: input, columns: kept + passed.map { ProjectedColumn($0, .column($0)) }), plain.map { $0.substituting(map) })
    }

    /// Whether it comes to NULL once constants are folded.
    private static func isNullLiteral(_ expression: Expression) -> Bool {
        ConstantFolding.folded(expression).literalValue?.isNull ?? false
    }

    // MARK: ANY and ALL

    /// `x < ANY (…)`, `x >= ALL (…)`: by the least and greatest value, and how many there are.
    private func compared(
        _ subquery: SubqueryExpression, _ operand: Expression, _ function: ScalarFunction, _ isAll: Bool, _ input: inout LogicalPlan, _ reach: Reach
    ) throws(QueryError) -> Expression {
        let inner = try visit(subquery.plan)
        let value = inner.columns[0]
        guard value.type != .boolean else { throw .unsupported("ANY and ALL of BOOLEAN are not supported", at: subquery.position) }
        func call(_ function: AggregateFunction, _ type: ColumnType) -> AggregateCall {
            AggregateCall(column: ids.newColumn("", type), function: function, arguments: function == .countRows ? [] : [.column(value)])
        }
        // Of no rows the answer is settled whatever the operand; fewer values than rows means that there are NULLs among them.
        let calls = [call(.countRows, .int64), call(.count, .int64), call(.min, value.type), call(.max, value.type)]
        let summary = LogicalPlan.aggregate(AggregateNode(input: inner, groups: [], aggregates: calls))
        let found = try values(of: subquery, summary, &input, reach)
        let (rows, known, least, greatest) = (found[0], found[1], found[2], found[3])
        func test(_ function: ScalarFunction, _ left: Expression, _ right: Expression) -> Expression {
            .call(function, [left, right], type: .boolean, position: subquery.position)
        }
        let zero = Expression.literal(.integer(0), .int64)
        // What holds of some row holds of the one that makes it easiest, what holds of all holds of the one that makes it hardest: `x < ANY` asks the greatest, `x < ALL` the
        // least. `x = ALL` means that both are x, `x <> ANY` that one of them is not.
        // `decided` settles the answer as not `isAll`; else an unknown value leaves it open, and the last test tells.
        let decided: Expression, last: Expression
        switch function.comparison {
        case .less, .lessOrEqual:
            last = test(function, operand, isAll ? least : greatest)
            decided = isAll ? .not(last) : last
        case .greater, .greaterOrEqual:
            last = test(function, operand, isAll ? greatest : least)
            decided = isAll ? .not(last) : last
        case .equal:
            last = test(.equal, operand, least)
            decided = .or([test(.notEqual, operand, least), test(.notEqual, operand, greatest)])
        default:
            last = test(.notEqual, operand, least)
            decided = .or([test(.notEqual, operand, least), test(.notEqual, operand, greatest)])
        }
        return .conditional(
            branches: [
                .init(condition: test(.equal, rows, zero), result: isAll ? .isTrue : .isFalse),
                .init(condition: decided, result: isAll ? .isFalse : .isTrue),
                .init(condition: test(.less, known, rows), result: .null(.boolean)),
            ], otherwise: last, type: .boolean)
    }
}
