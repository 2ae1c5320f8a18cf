import ColumnStore

/// Subqueries within expressions. They stay whole here; the planner turns them into joins.
///
/// A subquery's plan is bound in a level of its own, whose outer columns are its correlation. Types of both sides are settled here, so that the
/// planner compares columns as they are.
///
/// PostgreSQL 15's documentation, section 9.23.
extension Binder {
    /// EXISTS, a value, IN, ANY and ALL of a query or a list, and a row compared with a query.
    ///
    /// - Throws: bad-sql where there can be none, and for a wrong number of columns.
    func bindSubqueryExpression(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = syntax.position
        guard scope.allowsSubqueries else { throw .badSQL("subqueries are not allowed in \(scope.clause)", at: position) }
        // Aggregates within, over this level's columns, belong to this level's collector.
        let outer = scope.frame.subqueryScope
        scope.frame.subqueryScope = scope
        defer { scope.frame.subqueryScope = outer }
        switch syntax.kind {
        case .exists(let query):
            let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
            return subquery(.exists, rows.plan, correlation, .boolean, at: position)
        case .scalarQuery(let query):
            let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
            guard rows.columns.count == 1 else {
                throw .badSQL("a subquery used as a value has one column, not \(rows.columns.count)", at: position)
            }
            // A column of nothing but NULL is text, as in PostgreSQL.
            let plan = try typed(rows.plan) { $0 == .null ? .string : $0 }
            var value = subquery(.scalar, plan, correlation, plan.columns[0].type, at: position)
            value.declared = declaredTypes[plan.columns[0].id]
            return value
        case .inQuery(let operand, let query, let isNegated):
            let value = try quantified(operand, .equal, isAll: false, query, at: position, in: scope)
            return TypedExpression(isNegated ? .not(value) : value, at: position)
        case .quantified(let operand, let op, let isAll, .query(let query)):
            guard op.isComparison else { throw Self.noTest(op, at: position) }
            return TypedExpression(try quantified(operand, op, isAll: isAll, query, at: position, in: scope), at: position)
        case .binary(let op, let row, let other):
            guard case .scalarQuery(let query) = row.isRow ? other.kind : row.kind else { break }
            let (plan, correlation) = try compared(row.isRow ? row : other, row.isRow ? op : op.mirrored, with: query, at: position, in: scope)
            return subquery(.scalar, plan, correlation, .boolean, at: position)
        case .quantified(let operand, let op, let isAll, .array(let array)):
            return try overArray(operand, op, isAll, array, syntax, in: scope)
        default: break
        }
        return TypedExpression(.null(.null), at: position)
    }

    /// The query's rows as the answers of `row op each`, or of its denial, which know the row from outside.
    private func compared(
        _ row: ExpressionSyntax, _ op: ExpressionSyntax.BinaryOperator, with query: QuerySyntax, isOfRows: Bool = false, denies: Bool = false, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> (plan: LogicalPlan, correlation: [ColumnID]) {
        let left = try bindAll(row.isRow ? row.rowFields : [row], in: scope)
        let (rows, inner) = try bindSubquery(query, parent: scope.frame)
        guard rows.columns.count == left.count else {
            throw .badSQL("this subquery has \(rows.columns.count) columns where \(left.count) are compared", at: position)
        }
        // It would be drawn for each of the query's rows. A subquery used as a value has one.
        guard !isOfRows || !left.contains(where: { $0.expression.isVolatile }) else {
            throw .unsupported("a row of chance is not compared with the rows of a subquery", at: position, hint: "compute it in a subquery of FROM")
        }
        let test = try compareRows(op, left, rows.columns.map { TypedExpression(.column($0), at: position) }, row, at: position)
        let plan = LogicalPlan.project(input: rows.plan, columns: [ProjectedColumn(newColumn("", .boolean), denies ? .not(test) : test)])
        let outer = left.reduce(into: Set<ColumnID>()) { $1.expression.collectColumns(into: &$0) }
        return (plan, inner + outer.subtracting(inner).sorted())
    }

    private func subquery(
        _ kind: SubqueryExpression.Kind, _ plan: LogicalPlan, _ correlation: [ColumnID], _ type: ColumnType, at position: Int
    ) -> TypedExpression {
        TypedExpression(
            .subquery(SubqueryExpression(kind: kind, plan: plan, correlation: correlation, type: type, position: position)), at: position)
    }

    /// `x op ANY (SELECT …)`: operand and column get one type before they meet.
    private func quantified(
        _ operand: ExpressionSyntax, _ op: ExpressionSyntax.BinaryOperator, isAll: Bool, _ query: QuerySyntax, at position: Int,
        in scope: ExpressionScope
    ) throws(QueryError) -> Expression {
        // Only `= ANY` and `<> ALL` of rows stay comparisons column by column; all others ask for the answer of each row.
        let isByEach = operand.rowFields.count > 1 && !(op == .equal && !isAll) && !(op == .notEqual && isAll)
        if isByEach {
            // `(a, b) < ANY (…)`: whether TRUE is among the answers. ALL: whether FALSE is not.
            let (plan, correlation) = try compared(operand, op, with: query, isOfRows: true, denies: isAll, at: position, in: scope)
            let kind = SubqueryExpression.Kind.quantified(operand: [.isTrue], function: .equal, isAll: false)
            let isAmong = subquery(kind, plan, correlation, .boolean, at: position).expression
            return isAll ? .not(isAmong) : isAmong
        }
        var fields = [operand]
        if case .row(let items) = operand.kind { fields = items }
        let left = try bindAll(fields, in: scope)
        let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
        guard rows.columns.count == left.count else {
            throw .badSQL("this subquery has \(rows.columns.count) columns where \(left.count) are compared", at: position)
        }
        var operands: [Expression] = [], projected: [ProjectedColumn] = [], changes = false
        for (value, column) in zip(left, rows.columns) {
            let (one, other) = besideBlanks(value, TypedExpression(.column(column), at: position))
            let sides = try ordered(try comparable(one, other, op.rawValue, at: position), op, isAll, at: position)
            operands.append(sides.0)
            // A column that needs no cast passes as it is.
            if case .column(column.id, _) = sides.1 {
                projected.append(ProjectedColumn(column, sides.1))
            } else {
                changes = true
                projected.append(ProjectedColumn(newColumn(column.name, sides.1.type), sides.1))
            }
        }
        let plan = changes ? LogicalPlan.project(input: rows.plan, columns: projected) : rows.plan
        let kind = SubqueryExpression.Kind.quantified(operand: operands, function: Self.function(op), isAll: isAll)
        return subquery(kind, plan, correlation, .boolean, at: position).expression
    }

    /// Both sides of an order as what it compares: texts of a language's order as their keys, whichever side says so.
    ///
    /// Texts are equal where their bytes are, in every order.
    private func ordered(
        _ sides: (Expression, Expression), _ op: ExpressionSyntax.BinaryOperator, _ isAll: Bool, at position: Int
    ) throws(QueryError) -> (Expression, Expression) {
        // All but `= ANY` and `<> ALL` ask for the least and the greatest value: of truth values the numbers tell them.
        let isMembership = op == .equal && !isAll || op == .notEqual && isAll
        if sides.1.type == .boolean, !isMembership { return (.cast(sides.0, to: .int32, position: position), .cast(sides.1, to: .int32, position: position)) }
        if op == .equal || op == .notEqual { return sides }
        let keys = try collationKeys([sides.0, sides.1], at: position)
        return (keys[0], keys[1])
    }

    /// Of ANY and ALL of an operator that is no comparison; one that reckons is none that they could take.
    private static func noTest(_ op: ExpressionSyntax.BinaryOperator, at position: Int) -> QueryError {
        switch op {
        case .add, .subtract, .multiply, .divide, .remainder, .power, .concatenate: .badSQL("ANY and ALL take a comparison, and no \(op.rawValue)", at: position).because(.notThatKind)
        default: .unsupported("\(op.rawValue) ANY is not supported", at: position)
        }
    }

    /// `x = ANY (ARRAY[…])` is a list of comparisons.
    ///
    /// Elements that the text has are compared one by one, so that a scan can be pruned by them; others are unfolded.
    private func overArray(
        _ operand: ExpressionSyntax, _ op: ExpressionSyntax.BinaryOperator, _ isAll: Bool, _ array: ExpressionSyntax, _ whole: ExpressionSyntax,
        in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        let position = whole.position
        guard op.isComparison else { throw Self.noTest(op, at: position) }
        let value = try bindExpression(operand, in: scope)
        let items: [TypedExpression]
        // With lists in it, it is bound as a list, and taken flat.
        if case .array(let written) = array.kind, !written.contains(where: { if case .array = $0.kind { true } else { false } }) {
            items = try bindAll(written, in: scope)
        } else {
            var list = try bindExpression(array, in: scope)
            if list.type == .null { return TypedExpression(.null(.boolean), at: position) }
            if list.isUntyped, !isUnknownParameter(list) {
                // A text that is a list of what it is compared with: `x = ANY ('{1,2}')`.
                let type = ColumnType.listOf(value.isUntyped || value.type == .null ? .string : TypeRules.widened(value.type))
                list = try withOwnDigits(list, beside: type)
                list = TypedExpression(list.isUntyped ? folded(try castToList(list, as: type)) : list.expression, at: list.position)
            }
            // REALs compare as such with each other, and as what they are exactly with all else.
            let element = isOfReals(list) ? "float4" : nil
            // Of several dimensions, all values.
            list.expression = list.expression.flat(at: list.position)
            switch list.expression {
            case .call(.makeList, let elements, .list, _): items = elements.map { TypedExpression($0, declared: element, at: position) }
            case .literal(.list(let values), .list(let field)): items = values.map { TypedExpression(.literal($0, field.type), declared: element, at: position) }
            default: return try overList(value, op, isAll, list, of: element, at: position, in: scope)
            }
        }
        // Compared with one item after the other it would be another value each time.
        let isDrawn = value.expression.isVolatile && items.count > 1
        let subject = isDrawn ? drawnOnce(value, whole) : value
        var comparisons: [Expression] = []
        for (place, item) in items.enumerated() {
            comparisons.append(try compare(op, subject, isDrawn ? drawnOnce(item, whole, place: place + 1) : item, at: position))
        }
        if comparisons.isEmpty { return TypedExpression(isAll ? .isTrue : .isFalse, at: position) }
        let test = isAll ? Expression.conjunction(comparisons) : comparisons.count == 1 ? comparisons[0] : .or(comparisons)
        guard isDrawn else { return TypedExpression(test, at: position) }
        // Within a CASE it is drawn once, and no pass takes a CASE apart. NULL stays NULL.
        let branches = [Expression.Branch(condition: test, result: .isTrue), .init(condition: .not(test), result: .isFalse)]
        return TypedExpression(.conditional(branches: branches, otherwise: nil, type: .boolean), at: position)
    }

    /// `x = ANY (r.tags)`: a subquery over the list's elements; NULL of no list.
    ///
    /// - Parameter declared: what its elements are called; nil where that says nothing of how they compare.
    private func overList(
        _ value: TypedExpression, _ op: ExpressionSyntax.BinaryOperator, _ isAll: Bool, _ list: TypedExpression, of declared: String?, at position: Int,
        in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        // A parameter without a type is a list of what it is compared with; its value is still to come.
        if isUnknownParameter(list), case .literal(.bytes(let literal), _) = list.expression, let number = ParameterTypes.number(literal) {
            if let declared = Self.declaredBeside(declaredType(value)) { context.parameterTypes?.declare(number, as: declared + "[]") }
            context.parameterTypes?.settle(number, as: .list(element: Field("element", value.isUntyped || value.type == .null ? .string : value.type)))
            return TypedExpression(.null(.boolean), at: position)
        }
        if op == .equal, !isAll, let test = try amongRows(value, list, at: position) { return test }
        guard case .list(let field) = list.type, !field.type.isNested else {
            throw .badSQL("ANY and ALL take a subquery or a list of values, not \(list.type.sqlName)", at: list.position).because(.notThatKind)
        }
        try countNode(at: position)
        let element = newColumn("", field.type)
        let elements = LogicalPlan.unnest(
            UnnestNode(
                input: .values(columns: [], rows: [[]]), list: list.expression, elements: [UnnestNode.Element(member: "", column: element)],
                passed: []))
        let sides = try ordered(
            try comparable(value, TypedExpression(.column(element), declared: declared, at: position), op.rawValue, at: position), op, isAll, at: position)
        let column = newColumn("", sides.1.type)
        let kind = SubqueryExpression.Kind.quantified(operand: [sides.0], function: Self.function(op), isAll: isAll)
        let plan = LogicalPlan.project(input: elements, columns: [ProjectedColumn(column, sides.1)])
        let test = subquery(kind, plan, list.expression.columnIDs.sorted(), .boolean, at: position).expression
        let branch = Expression.Branch(condition: .isNull(list.expression), result: .null(.boolean))
        return TypedExpression(.conditional(branches: [branch], otherwise: test, type: .boolean), at: position)
    }

    /// `ROW(a, b) = ANY (path)`, as queries have it that remember the rows they came by: rows within a list are compared as wholes, NULL in them being like NULL.
    private func amongRows(_ value: TypedExpression, _ list: TypedExpression, at position: Int) throws(QueryError) -> TypedExpression? {
        guard case .list(let field) = list.type, case .structure = field.type, case .structure = value.type else { return nil }
        func found(_ value: TypedExpression) throws(QueryError) -> Expression {
            let call = FunctionCall(name: "array_position", arguments: [list, value], position: position)
            return .not(.isNull(try SQLFunction.arrayPosition.bound(call, self)))
        }
        let noRow = TypedExpression(.null(field.type), at: position)
        let branches: [Expression.Branch] = [
            .init(condition: .or([.isNull(list.expression), .isNull(value.expression)]), result: .null(.boolean)),
            .init(condition: try found(value), result: .isTrue), .init(condition: try found(noRow), result: .null(.boolean)),
        ]
        return TypedExpression(.conditional(branches: branches, otherwise: .isFalse, type: .boolean), at: position)
    }

    /// `ARRAY(SELECT …)`: the column's values in the query's order, lists as the rows of one that has a dimension more; an empty list of no rows.
    ///
    /// - Throws: bad-sql for another number of columns than one; unsupported-sql for structs of documents.
    func bindArrayQuery(_ query: QuerySyntax, at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard scope.allowsSubqueries else { throw .badSQL("subqueries are not allowed in \(scope.clause)", at: position) }
        // As in `bindSubqueryExpression`: aggregates over this level's columns belong here.
        let outer = scope.frame.subqueryScope
        scope.frame.subqueryScope = scope
        defer { scope.frame.subqueryScope = outer }
        let (rows, correlation) = try bindSubquery(query, parent: scope.frame)
        guard rows.columns.count == 1 else {
            throw .badSQL("ARRAY(SELECT …) takes one column, not \(rows.columns.count)", at: position)
        }
        let (plan, order) = try typed(rows.plan) { $0 == .null ? .string : $0 }.withItsOrder
        let value = plan.columns[0]
        guard !value.type.holdsRows || declaredType(.column(value)) == "record" else {
            throw .unsupported("lists of \(value.type.sqlName) are not supported", at: position)
        }
        guard !isVector(TypedExpression(.column(value), at: position)) else { throw listOfVectors(at: position) }
        let list = ColumnType.list(element: Field("element", value.type))
        let call = AggregateCall(column: newColumn("array", list), function: .arrayAggregate, arguments: [.column(value)], order: order, position: position)
        let all = LogicalPlan.aggregate(AggregateNode(input: plan, groups: [], aggregates: [call]))
        let found = subquery(.scalar, all, correlation, list, at: position).expression
        // array_agg of no rows is NULL.
        return TypedExpression(
            .coalesce([found, .call(.makeList, [], type: list, position: position)], type: list),
            declared: Self.listDeclaration(of: declaredType(.column(value))), at: position)
    }

    /// All rows of a plan as one list, of values where they have one column; NULL where there are none.
    ///
    /// - Parameter isEmpty: where that is known, nothing has to be asked.
    func listOfRows(_ plan: LogicalPlan, isEmpty: Bool, at position: Int) -> TypedExpression {
        let columns = plan.columns
        let row = columns.count == 1
            ? Expression.column(columns[0])
            : Expression.call(.makeRow, columns.map { .column($0) }, type: .structure(columns.map { Field($0.name, $0.type) }), position: position)
        let list = ColumnType.list(element: Field("element", row.type))
        let declared = columns.count == 1 ? Self.listDeclaration(of: declaredType(row)) : "record[]"
        if isEmpty { return TypedExpression(.null(list), declared: declared, at: position) }
        let call = AggregateCall(column: newColumn("array", list), function: .arrayAggregate, arguments: [row], order: [], position: position)
        let all = LogicalPlan.aggregate(AggregateNode(input: plan, groups: [], aggregates: [call]))
        return TypedExpression(subquery(.scalar, all, [], list, at: position).expression, declared: declared, at: position)
    }

    /// `'{1,2}'::INTEGER[]`, `ARRAY[]::TEXT[]`, and lists cast element by element.
    ///
    /// - Throws: bad-sql for elements without a cast; data-error for a text that is no list.
    ///
    /// The first of these that holds:
    /// 1. `ARRAY[…]` as written: each element is cast by itself;
    /// 2. NULL, or a parameter, which gets the list's type;
    /// 3. a text, read as `{…}`;
    /// 4. a list of several dimensions, cast as a whole;
    /// 5. a list of values.
    func bindArrayCast(_ operand: ExpressionSyntax, _ type: TypeNameSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression {
        if let dialect = context.catalog.dialect, dialect.isRegistry(type.name) { return try castToRegistries(operand, type.name, dialect, at: operand.position, in: scope) }
        let single = TypeNameSyntax(name: type.name, modifiers: type.modifiers, isArray: false, position: type.position)
        var target = try self.target(single)
        /// Elements that the text has, each cast by itself.
        func list(_ items: [TypedExpression]) throws(QueryError) -> Expression {
            var values: [Expression] = []
            for item in items { values.append(try castExplicitly(item, to: target)) }
            let element = target.keepsScale ? try unified(values.map { TypedExpression($0, at: operand.position) }, "ARRAY") : values
            let elementType = element.first?.type ?? target.type
            return .call(.makeList, element, type: .list(element: Field("element", elementType)), position: operand.position)
        }
        if case .array(let items) = operand.kind {
            if items.contains(where: { if case .array = $0.kind { true } else { false } }) {
                var rows: [TypedExpression] = []
                for item in items { rows.append(TypedExpression(try bindArrayCast(item, type, in: scope), at: item.position)) }
                return try listOfLists(rows, at: operand.position)
            }
            return try list(try bindAll(items, in: scope))
        }
        var value = wideList(try bindExpression(operand, in: scope), to: target)
        if target.type == .string, let texts = realShown(value, as: .listOf(.string)) { value = TypedExpression(texts, at: value.position) }
        if target.declared.map(DeclaredType.isBits) ?? false, !value.isUntyped, value.type != .null { throw .unsupported("lists are not cast to lists of BIT", at: value.position, hint: "write its elements") }
        if target.declared == "char", !value.isUntyped, value.type != .null, value.type.leaf != .string {
            throw .unsupported("lists of \(value.type.leaf.sqlName) are not cast to \"char\"", at: value.position)
        }
        if value.type == .null { return .null(.list(element: Field("element", target.type))) }
        if target.roundedDigits != nil || target.fitting != nil, !value.isUntyped { throw .unsupported("lists are not cast to lists of such a NUMERIC", at: value.position, hint: "write its elements") }
        if value.isUntyped, case .literal(.bytes(let bytes), _) = value.expression {
            if let types = context.parameterTypes, let number = ParameterTypes.number(bytes) {
                if let name = try listDeclaration(of: type) { types.declare(number, as: name) }
                let list = ColumnType.list(element: Field("element", target.type))
                types.settle(number, as: list)
                return .null(list)
            }
            /// `{{1,2},{3,4}}`: lists within lists, all of one length.
            func read(_ bytes: [UInt8], depth: Int) throws(QueryError) -> Expression {
                if let items = ArrayText.elements(bytes) {
                    return try list(items.map { item in
                        guard let item else { return TypedExpression(.null(.null), at: value.position) }
                        return TypedExpression(.text(item), isUntyped: true, at: value.position)
                    })
                }
                guard depth < Self.dimensionCountMax, let lists = ArrayText.lists(bytes) else {
                    throw ArrayText.fault(of: bytes, at: value.position)
                }
                var rows: [TypedExpression] = []
                // Empty is a list as a whole, and none within one.
                guard !lists.contains(where: { ArrayText.elements($0)?.isEmpty ?? false }) else {
                    throw .data("a list within this one is empty", at: value.position).because(.invalidText)
                }
                for list in lists { rows.append(TypedExpression(try read(list, depth: depth + 1), at: value.position)) }
                guard Set(lists.map { (ArrayText.elements($0) ?? ArrayText.lists($0)?.map { _ in nil })?.count }).count == 1 else {
                    throw .data("the lists within this one have different lengths", at: value.position).because(.invalidText)
                }
                return try listOfLists(rows, at: value.position)
            }
            return try read(bytes, depth: 1)
        }
        if target.keepsScale, value.type.leaf == .double, !value.type.holdsRows {
            // DOUBLEs that the text has keep their digits, each its own; of others the run alone knows them, as of one by itself.
            if case .call(.makeList, let items, _, _) = value.expression {
                let declared = elementDeclaration(of: value)
                return try list(items.map(folded).map { TypedExpression($0.literalValue?.isNull == true ? .null(.null) : $0, declared: declared, at: value.position) })
            }
            if !isOfReals(value) { (target.type, target.keepsScale) = (.decimal38(scale: TypeRules.openScale), false) }
        }
        if value.type.dimensionCount > 1, !value.type.holdsRows, !target.keepsScale {
            let type = value.type.replacingElement(with: target.type)
            guard TypeRules.cast(from: value.type.leaf, to: target.type) != .none || value.type.leaf == target.type else {
                throw .badSQL("\(value.type.sqlName) cannot be cast to a list of \(target.type.sqlName)", at: value.position).because(.noCast)
            }
            let list = value.type == type ? value.expression : .cast(value.expression, to: type, position: value.position)
            return eachElement(of: list, from: value, as: target)
        }
        let type = ColumnType.list(element: Field("element", target.type))
        var keepsScale = target.keepsScale
        if keepsScale, case .list(let element) = value.type {
            // NUMERIC without a scale: decimals have theirs already, and whole numbers have none.
            if case .decimal = element.type { return value.expression }
            keepsScale = element.type != .int32 && element.type != .int64
        }
        guard TypeRules.cast(from: value.type, to: type) != .none || isCastable(value.type, to: target.type), !keepsScale else {
            let hint = keepsScale ? "say how many digits its numbers have, as in NUMERIC(38, 6)[]" : nil
            throw .badSQL("\(value.type.sqlName) cannot be cast to a list of \(target.type.sqlName)", at: value.position, hint: hint).because(.noCast)
        }
        return eachElement(of: .cast(value.expression, to: type, position: value.position), from: value, as: target)
    }

    /// As many as PostgreSQL's arrays may have.
    private static let dimensionCountMax = 6

    private func listOfLists(_ lists: [TypedExpression], at position: Int) throws(QueryError) -> Expression {
        let elements = try unified(lists, "ARRAY")
        return .call(.makeRows, elements, type: .listOf(elements[0].type), position: position)
    }

    /// Lists of values, element by element.
    func isCastableList(_ list: ColumnType, to type: ColumnType) -> Bool {
        guard case .list(let element) = type, !element.type.isNested else { return false }
        return isCastable(list, to: element.type)
    }

    private func isCastable(_ list: ColumnType, to element: ColumnType) -> Bool {
        guard case .list(let from) = list else { return false }
        return TypeRules.cast(from: from.type, to: element) != .none
    }

    /// `list[n]`, from 1; NULL past either end.
    func bindElement(
        _ list: ExpressionSyntax, _ index: ExpressionSyntax, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        try bindElement(list, index, at: position, isLast: true, in: scope)
    }

    /// `list[a][b]` is read from the inside: the element of an element.
    ///
    /// - Parameter isLast: whether no further subscript follows.
    private func bindElement(
        _ list: ExpressionSyntax, _ index: ExpressionSyntax, at position: Int, isLast: Bool, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        var value: TypedExpression
        if case .element(let outer, let place) = list.kind {
            value = try bindElement(outer, place, at: list.position, isLast: false, in: scope)
        } else {
            value = try bindExpression(list, in: scope)
        }
        // PostgreSQL has no lists within lists: as many subscripts as dimensions, or none.
        if isLast, context.catalog.dialect != nil, value.type.dimensionCount > 1, !value.type.holdsRows {
            throw .unsupported("a list of \(value.type.dimensionCount) dimensions takes as many subscripts here", at: position)
        }
        if value.type == .jsonb {
            // A part of a document, by the names and numbers of its places.
            let key = try bindExpression(index, in: scope)
            guard key.type == .string || key.type == .null || TypeRules.isInteger(key.type) else {
                throw .badSQL("a part of a document has a name or a number, no \(key.type.sqlName)", at: key.position).because(.typeMismatch)
            }
            let text = TypedExpression(try cast(key, to: .string, isExplicit: true), at: key.position)
            let part = FunctionCall(name: "jsonb_extract_path", arguments: [value, text], position: position)
            return TypedExpression(try SQLFunction.jsonbExtractPath.bound(part, self), at: position)
        }
        if let part = try bindDocumentElement(value, index, at: position, in: scope) { return part }
        // PostgreSQL's `name` is a list of letters, from 0.
        if context.catalog.dialect != nil, value.type == .string, declaredType(value) == "name" {
            let place = Expression.cast(try subscriptNumber(index, "[…]", in: scope), to: .int64, position: position)
            let fromOne = Expression.cast(.call(.add, [place, Self.oneLong], type: .int64, position: position), to: .int32, position: position)
            let letter = FunctionCall(
                name: "substring", arguments: [value, TypedExpression(fromOne, at: position), TypedExpression(.literal(.integer(1), .int32), at: position)], position: position)
            return TypedExpression(try SQLFunction.substring.bound(letter, self), declared: "char", at: position)
        }
        guard case .list(let field) = value.type else {
            let fault = QueryError.badSQL("[…] takes an element of a list, not of \(value.type.sqlName)", at: position)
            // PostgreSQL's grammar has no subscript behind a text that is written.
            if case .string = list.kind { throw fault }
            if case .element = list.kind, let deeper = deepened(value.expression), case .list(let field) = deeper.type {
                // Each takes the text's type apart anew, which is as deep as there are subscripts.
                guard subscriptCount(deeper) < Self.dimensionCountMax else { throw .unsupported("a list has at most \(Self.dimensionCountMax) dimensions", at: position) }
                let place = try subscriptNumber(index, "[…]", in: scope)
                return TypedExpression(.call(.element, [deeper, place], type: field.type, position: position), declared: declaredType(value), at: position)
            }
            // Past its dimensions a list has no element there.
            if case .element = list.kind, context.catalog.dialect != nil, !value.type.isNested {
                _ = try subscriptNumber(index, "[…]", in: scope)
                guard !isOfText(value.expression) else { throw .unsupported("a text that becomes a list of such elements has one dimension here", at: position) }
                return TypedExpression(.null(value.type), declared: declaredType(value), at: position)
            }
            throw fault.because(.typeMismatch)
        }
        var place = try subscriptNumber(index, "[…]", in: scope)
        if isVector(value) { place = fromOne(place, at: position) }
        return TypedExpression(
            .call(.element, [value.expression, place], type: field.type, position: position), declared: elementDeclaration(of: value), at: position)
    }

    private func subscriptCount(_ value: Expression) -> Int {
        if case .call(.element, let parts, _, _) = value { 1 + subscriptCount(parts[0]) } else { 0 }
    }

    /// How many dimensions a text has that becomes a list it tells by itself: where one more subscript follows, it is read as of one more. Nil of all else.
    private func deepened(_ value: Expression) -> Expression? {
        switch value {
        case .cast(let text, .list(let element), let position) where text.type == .string: return .cast(text, to: .listOf(.list(element: element)), position: position)
        case .call(.element, let parts, _, let position):
            guard parts.count == 2, let list = deepened(parts[0]), case .list(let field) = list.type else { return nil }
            return .call(.element, [list, parts[1]], type: field.type, position: position)
        default: return nil
        }
    }

    /// Whether it is taken out of a text that became a list, however its elements were narrowed.
    private func isOfText(_ value: Expression) -> Bool {
        switch value {
        case .cast(let text, .list, _): text.type == .string
        case .call(_, let parts, _, _): parts.first.map(isOfText) ?? false
        default: false
        }
    }

    /// Of a list of structs, or a struct, where clients have it described as a document: elements count from 0, or from the end below it, and members have
    /// names. A view's text means the same at every door.
    private func bindDocumentElement(
        _ value: TypedExpression, _ index: ExpressionSyntax, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression? {
        // A list that ARRAY[ROW(…)] makes is described as a list, whose elements count from 1.
        guard context.catalog.dialect != nil, openViews.isEmpty, value.type.holdsRows, declaredType(value) != "record[]" else { return nil }
        let key = try bindExpression(index, in: scope)
        switch value.type {
        case .list(let field) where field.type.isNested && TypeRules.isInteger(key.type):
            for part in [value, key, key] { try countRepeated(part.expression, at: position) }
            let number = Expression.cast(key.expression, to: .int64, position: position).drawnOnce(0, at: position)
            let count = Expression.call(.listCount, [value.expression], type: .int64, position: position)
            func add(_ one: Expression, _ other: Expression) -> Expression { .call(.add, [one, other], type: .int64, position: position) }
            // -1 is the last element: the count, and one more.
            let isFromEnd = Expression.call(.less, [number, .literal(.integer(0), .int64)], type: .boolean, position: position)
            let place = Expression.conditional(
                branches: [.init(condition: isFromEnd, result: add(add(number, count), Self.oneLong))], otherwise: add(number, Self.oneLong), type: .int64)
            let element = Expression.call(.element, [value.expression, .cast(folded(place), to: .int32, position: position)], type: field.type, position: position)
            return TypedExpression(element, at: position)
        case .list(let field) where field.type.isNested: break
        // A row has members by name alone, and what PostgreSQL calls a record none by number either.
        case .structure where declaredType(value) == "record" && TypeRules.isInteger(key.type): return nil
        case .structure: break
        default: return nil
        }
        let text = TypedExpression(try cast(key, to: .string, isExplicit: true), at: key.position)
        let part = FunctionCall(name: "jsonb_extract_path", arguments: [value, text], position: position)
        return TypedExpression(try SQLFunction.jsonbExtractPath.bound(part, self), at: position)
    }

    /// A place in a list: any number is taken as the INTEGER that it is about.
    private func subscriptNumber(_ syntax: ExpressionSyntax, _ what: String, in scope: ExpressionScope) throws(QueryError) -> Expression {
        let number = try bindExpression(syntax, in: scope)
        return !number.isUntyped && TypeRules.isNumeric(number.type) ? try cast(number, to: .int32, isExplicit: true) : try implicit(number, to: .int32, what)
    }

    private static let oneLong = Expression.literal(.integer(1), .int64)

    /// `list[a:b]`: what lies within, as much as there is; a side that is left open is the list's end. Further ranges are of the lists within.
    func bindSlice(
        _ list: ExpressionSyntax, _ ranges: [ExpressionSyntax.SliceRange], at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        let value = try bindExpression(list, in: scope)
        guard isList(value.type) else { throw .badSQL("[…:…] takes a part of a list, not of \(value.type.sqlName)", at: position).because(.typeMismatch) }
        // PostgreSQL has no lists within lists to take parts of.
        if case .element = list.kind, !value.type.holdsRows { throw .unsupported("parts of a list within a list are not supported", at: position) }
        guard ranges.count == 1 || !value.type.holdsRows && ranges.count <= value.type.dimensionCount else {
            throw .unsupported("a list of \(value.type.dimensionCount) dimension\(value.type.dimensionCount == 1 ? "" : "s") takes no more ranges here", at: position)
        }
        func bound(_ syntax: ExpressionSyntax?, _ open: Int32) throws(QueryError) -> Expression {
            guard let syntax else { return .literal(.integer(Int64(open)), .int32) }
            let place = try subscriptNumber(syntax, "[…:…]", in: scope)
            return isVector(value) ? fromOne(place, at: position) : place
        }
        // An open side is as far as an INTEGER goes; what is there bounds it.
        var arguments = [value.expression]
        for range in ranges { arguments += [try bound(range.from, .min), try bound(range.to, .max)] }
        // A part of a vector is a list like others.
        let declared = vectorElement(of: value).map { Self.listDeclaration(of: $0) } ?? declaredType(value)
        return TypedExpression(.call(.listSlice, arguments, type: value.type, position: position), declared: declared, at: position)
    }
}
