import ColumnStore

/// Joins of FROM: of tables, with a function's rows, by USING and NATURAL.
///
/// | kind | with a table | with a function's rows |
/// | --- | --- | --- |
/// | inner, cross | join | the left rows unfolded, ON as a filter above |
/// | left | left join | unfolded with a row for an empty list; with ON a left join to the list of the row's own |
/// | right, full | join; the right side sees nothing of the left | the same |
///
/// PostgreSQL 15's documentation, section 7.2.1.
extension Binder {
    /// Three levels of names: `inner` for ON, which sees both sides; `beside` for functions and LATERAL within, which see the left side and what
    /// stands before the join; `frame` for the query.
    func bindJoin(
        _ kind: JoinKindSyntax, _ left: TableSyntax, _ right: TableSyntax, _ condition: JoinConditionSyntax, at position: Int,
        in frame: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        try countNode(at: position)
        // Only what this join itself joins is visible to its condition; its functions and LATERAL see what stands before it, too.
        let inner = BindingFrame(parent: frame.outer), around = frame.around()
        let beside = BindingFrame(parent: around)
        (inner.commonTables, beside.commonTables) = (frame.commonTables, frame.commonTables)
        // What either level mentioned of outer queries, the query mentions.
        defer { frame.correlate(Set(inner.correlation).union(around !== frame.parent ? around?.correlation ?? [] : beside.correlation)) }
        let (leftPlan, leftNames) = telling(try bindBeside(left, beside), whetherIts: kind == .right || kind == .full)
        inner.names = leftNames
        // Rows of the right side are there without any of the left: LATERAL has nothing to look at.
        let isOfOneSide = kind == .right || kind == .full
        if case .function = right { beside.names = leftNames } else if !isOfOneSide { beside.names = leftNames }
        if case .function(let call, let withOrdinality, let alias, let place) = right,
            let unnest = try bindList(call, withOrdinality, alias, at: place, in: beside)
        {
            return try joinUnnest(kind, leftPlan, leftNames, unnest, condition, at: position, in: inner)
        }
        if case .subquery(_, _, true, let place) = right, isOfOneSide {
            throw .badSQL("LATERAL cannot look at the other side of a \(kind.rawValue) JOIN", at: place).because(.badPlace)
        }
        let (rightPlan, rightNames) = telling(try bindBeside(right, beside), whetherIts: kind == .left || kind == .full)
        var node = JoinNode(kind: planKind(kind), left: leftPlan, right: rightPlan)
        if kind == .asof || kind == .asofLeft {
            guard rightPlan.freeColumns.isDisjoint(with: leftPlan.columnIDs) else { throw .unsupported("ASOF JOIN of LATERAL is not supported", at: position) }
            return try joinNearest(node, leftNames, rightNames, condition, at: position, in: inner)
        }
        switch condition {
        case .none: return (.join(node), leftNames.joined(with: rightNames))
        case .on(let syntax):
            inner.names = leftNames.joined(with: rightNames, by: node.kind)
            let bound = try bindCondition(syntax, in: ExpressionScope(frame: inner, clause: "ON"))
            node.residual = bound.conjuncts
            return (.join(node), inner.names)
        case .using(let names, let alias): return try joinUsing(names, alias: alias, node, leftNames, rightNames)
        case .natural:
            return try joinNatural(node, leftNames, rightNames, at: position)
        }
    }

    /// A side with a column that is true of each row, and NULL where the join leaves the side out: by it whole rows are none there, and no rows of NULLs.
    ///
    /// - Parameter mayBeAbsent: the join may leave it out.
    private func telling(_ side: (LogicalPlan, NameScope), whetherIts mayBeAbsent: Bool) -> (LogicalPlan, NameScope) {
        guard tellsPresence, mayBeAbsent else { return side }
        let mark = newColumn("present", .boolean)
        presenceIDs.insert(mark.id)
        let columns = side.0.columns.map { ProjectedColumn($0, .column($0)) } + [ProjectedColumn(mark, .isTrue)]
        var names = side.1
        // What a join within leaves out has a column of that, or nothing that tells.
        for place in names.relations.indices where !names.relations[place].mayBeAbsent { names.relations[place].presence = .column(mark) }
        return (.project(input: side.0, columns: columns), names)
    }

    /// ASOF is INNER or LEFT with the nearest row alone.
    private func planKind(_ kind: JoinKindSyntax) -> JoinNode.Kind {
        switch kind {
        case .inner: .inner
        case .left: .left
        case .right: .right
        case .full: .full
        case .cross: .cross
        case .asof: .inner
        case .asofLeft: .left
        }
    }

    /// A table and a function's rows, in the ways of the table above.
    private func joinUnnest(
        _ kind: JoinKindSyntax, _ left: LogicalPlan, _ leftNames: NameScope, _ unnest: Unnest, _ condition: JoinConditionSyntax,
        at position: Int, in inner: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        inner.names = leftNames.joined(with: unnest.names, by: planKind(kind))
        var conjuncts: [Expression] = []
        switch condition {
        case .none: break
        case .on(let syntax):
            // ON TRUE asks for nothing.
            conjuncts = try bindCondition(syntax, in: ExpressionScope(frame: inner, clause: "ON")).conjuncts.filter { $0 != .isTrue }
        case .using, .natural: return try joinApart(kind, left, leftNames, unnest, condition, at: position)
        }
        if kind == .right || kind == .full {
            guard unnest.list.columnIDs.isDisjoint(with: left.columnIDs) else {
                throw .badSQL("a function cannot look at the other side of a \(kind.rawValue) JOIN", at: position).because(.badPlace)
            }
            let apart = unnest.node(over: nil, keepsEmpty: false)
            return (.join(JoinNode(kind: planKind(kind), left: left, right: apart, residual: conjuncts)), inner.names)
        }
        switch kind {
        case .inner, .cross:
            let plan = unnest.node(over: left, keepsEmpty: false)
            return (conjuncts.isEmpty ? plan : .filter(input: plan, conjuncts: conjuncts), inner.names)
        default:
            if conjuncts.isEmpty { return (unnest.node(over: left, keepsEmpty: true), inner.names) }
            // The elements as a table of each row's own: a join that keeps rows of which no element passes.
            let apart = LogicalPlan.filter(input: unnest.node(over: nil, keepsEmpty: false), conjuncts: conjuncts)
            return (.join(JoinNode(kind: .left, left: left, right: apart)), inner.names)
        }
    }

    /// USING and NATURAL with a function's rows.
    private func joinApart(
        _ kind: JoinKindSyntax, _ left: LogicalPlan, _ leftNames: NameScope, _ unnest: Unnest, _ condition: JoinConditionSyntax, at position: Int
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        guard kind == .inner || kind == .left || unnest.list.columnIDs.isDisjoint(with: left.columnIDs) else {
            throw .badSQL("a function cannot look at the other side of a \(kind.rawValue) JOIN", at: position).because(.badPlace)
        }
        let node = JoinNode(kind: planKind(kind), left: left, right: unnest.node(over: nil, keepsEmpty: false))
        if case .using(let names, let alias) = condition { return try joinUsing(names, alias: alias, node, leftNames, unnest.names) }
        return try joinNatural(node, leftNames, unnest.names, at: position)
    }

    /// By all names that both sides have; by none it is a product.
    private func joinNatural(
        _ node: JoinNode, _ leftNames: NameScope, _ rightNames: NameScope, at position: Int
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        let shared = leftNames.unqualified.map(\.column.name).filter { name in
            rightNames.unqualified.contains { $0.column.name == name }
        }
        return try joinUsing(shared.map { NameSyntax($0, at: position) }, node, leftNames, rightNames)
    }

    /// USING and NATURAL: the named columns are equal, and come out once.
    func joinUsing(
        _ names: [NameSyntax], alias: NameSyntax? = nil, _ join: JoinNode, _ leftNames: NameScope, _ rightNames: NameScope
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        var node = join
        var merged: [NameScope.Unqualified] = []
        for name in names {
            let left = try usingColumn(name, leftNames), right = try usingColumn(name, rightNames)
            let pair = besideBlanks(TypedExpression(left, at: name.position), TypedExpression(right, at: name.position))
            let sides = try joined(pair.0, pair.1, at: name.position)
            node.residual.append(.call(.equal, [sides.0, sides.1], type: .boolean, position: name.position))
            // The merged column is that of the side whose rows all come out; of a full join whichever is there. It has the type in which both compare.
            let one = shown(left, comparedAs: sides.0, at: name.position), other = shown(right, comparedAs: sides.1, at: name.position)
            let expression: Expression = switch node.kind {
            case .right: other
            case .full: .coalesce([asItIs(left, comparedAs: sides.0), asItIs(right, comparedAs: sides.1)], type: sides.0.type)
            // As in PostgreSQL that side's which needs no cast.
            case .inner, .cross: one.isSame(as: left) || !other.isSame(as: right) ? one : other
            default: one
            }
            merged.append(NameScope.Unqualified(column: NameScope.Column(name: name.text, expression: expression), relation: nil))
        }
        // NATURAL of tables that share no name.
        if names.isEmpty, node.kind == .inner { node.kind = .cross }
        let shared = Set(names.map(\.text))
        var scope = leftNames.joined(with: rightNames, by: join.kind)
        // Merged columns come first, as `*` has them.
        scope.unqualified = merged + scope.unqualified.filter { !shared.contains($0.column.name) }
        // `USING (…) AS j`: the merged columns, under a name.
        if let alias { scope.relations.append(NameScope.Relation(name: alias.text, columns: merged.map(\.column))) }
        return (.join(node), scope)
    }

    /// Both sides of a column of USING as they compare. That two types have none in common is a fault of the types, and no operator that is missing.
    private func joined(_ left: TypedExpression, _ right: TypedExpression, at position: Int) throws(QueryError) -> (Expression, Expression) {
        do throws(QueryError) {
            return try comparable(left, right, "=", at: position)
        } catch {
            guard error.cause == .undefinedFunction, left.type != right.type else { throw error }
            throw QueryError(error.slug, error.detail, position: error.position).because(.typeMismatch)
        }
    }

    /// One side's column of USING with the type that both have in common, of which a NUMERIC's digits behind the mark are no part.
    private func shown(_ column: Expression, comparedAs compared: Expression, at position: Int) -> Expression {
        if TypeRules.isDecimal(compared.type) {
            if TypeRules.isDecimal(column.type) { return column }
            if TypeRules.isInteger(column.type) { return .cast(column, to: .decimal38(scale: 0), position: position) }
        }
        return column.type == compared.type ? column : compared
    }

    /// A text with the blanks at its end that it may be compared without; another value as it is compared.
    private func asItIs(_ column: Expression, comparedAs compared: Expression) -> Expression {
        column.type == .string && compared.type == .string ? column : compared
    }

    /// - Throws: bad-sql where a side has none of that name, or several.
    private func usingColumn(_ name: NameSyntax, _ names: NameScope) throws(QueryError) -> Expression {
        switch names.lookup(name.text) {
        case .found(let expression): return expression
        case .ambiguous: throw .badSQL("the column “\(name.text)” of USING is in several tables of one side", at: name.position)
        case .none:
            let meant = NameSuggestion.closest(to: name.text, among: names.unqualified.map(\.column.name))
            throw .badSQL(
                "the column “\(name.text)” of USING is not on both sides", at: name.position, hint: meant.map { "did you mean “\($0)”?" }).because(.undefinedColumn)
        }
    }
}

/// `a ASOF [LEFT] JOIN b ON a.key = b.key AND a.time >= b.time`, as DuckDB has it: to each row of `a` the nearest row of `b` among those that the condition
/// leaves. It is a LATERAL subquery with ORDER BY and LIMIT 1, and planned as one.
extension Binder {
    /// - Throws: bad-sql without exactly one inequality; unsupported-sql for conditions that are no comparison of one side with the other.
    func joinNearest(
        _ join: JoinNode, _ leftNames: NameScope, _ rightNames: NameScope, _ condition: JoinConditionSyntax, at position: Int, in inner: BindingFrame
    ) throws(QueryError) -> (LogicalPlan, NameScope) {
        var conditions: [Expression] = []
        var names = leftNames.joined(with: rightNames, by: join.kind)
        switch condition {
        case .on(let syntax):
            inner.names = names
            conditions = try bindCondition(syntax, in: ExpressionScope(frame: inner, clause: "ON")).conjuncts
        case .using(let columns, let alias):
            // All are equal but the last, at which the left side's is no less.
            guard columns.count > 1 else { throw .badSQL("ASOF JOIN … USING names keys, and at last what is nearest", at: position) }
            var bound = join
            guard case (.join(let joined), let shown) = try joinUsing(columns, alias: alias, bound, leftNames, rightNames) else { return (.join(join), names) }
            (bound, names) = (joined, shown)
            conditions = bound.residual
            guard case .call(.equal, let sides, let type, let place)? = conditions.last else { break }
            conditions[conditions.count - 1] = .call(.greaterOrEqual, sides, type: type, position: place)
        case .none, .natural: throw .badSQL("ASOF JOIN needs ON or USING", at: position)
        }
        let left = join.left.columnIDs, right = join.right.columnIDs
        var nearest: SortKey?
        for condition in conditions {
            guard case .call(let function, let sides, _, let place) = condition, let comparison = function.comparison, comparison != .notEqual, sides.count == 2,
                let isLeftFirst = [true, false].first(where: { Self.isOf(left, right, sides[$0 ? 0 : 1]) && Self.isOf(right, left, sides[$0 ? 1 : 0]) })
            else { throw .unsupported("the condition of ASOF JOIN is equalities and one comparison of both sides' columns; others belong into WHERE", at: position) }
            guard comparison != .equal else { continue }
            guard nearest == nil else { throw .badSQL("ASOF JOIN has one comparison besides equalities", at: place ?? position) }
            // Of what lies before the left side's value the greatest, of what lies behind it the least.
            let isBefore = comparison == .greater || comparison == .greaterOrEqual
            nearest = SortKey(sides[isLeftFirst ? 1 : 0], isDescending: isBefore == isLeftFirst)
        }
        guard let nearest else { throw .badSQL("ASOF JOIN needs a comparison besides equalities, as a.time >= b.time", at: position) }
        // The left side's columns in its condition come from outside: the nearest row is looked for anew for each.
        var node = join
        node.right = .sort(SortNode(input: .filter(input: join.right, conjuncts: conditions), keys: [nearest], limit: 1))
        return (.join(node), names)
    }

    /// Whether an expression looks at columns of one side and at none of the other.
    private static func isOf(_ own: Set<ColumnID>, _ other: Set<ColumnID>, _ expression: Expression) -> Bool {
        let columns = expression.columnIDs
        return !columns.isEmpty && columns.isSubset(of: own) && columns.isDisjoint(with: other)
    }
}
