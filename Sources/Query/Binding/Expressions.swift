import ColumnStore

/// Scalar expressions: what each form of syntax means. `Expressions+…` hold operators, casts, functions, aggregates and subqueries.
///
/// Untyped constants, `'2026-11-20'` and NULL, stay without a type until their place says one (`implicit`, `unified`, `comparable`):
/// `TypedExpression.isUntyped`.
extension Binder {
    /// Every form of syntax by name. One step of planning's work for each node.
    ///
    /// - Throws: bad-sql for what means nothing, unsupported-sql for what is not here, data-error and numeric-overflow for constants that have no
    ///   value.
    func bindExpression(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        try work?.spend(1)
        switch syntax.kind {
        case .parameter(let number) where !expansions.isEmpty: return try expansionArgument(number, at: syntax.position, in: scope)
        case .name(let parts): return try bindName(parts, in: scope)
        case .null, .boolean, .number, .string, .typedString, .interval, .parameter: return try bindConstant(syntax, in: scope)
        case .unary, .binary, .atTimeZone: return try bindOperator(syntax, in: scope)
        case .and, .or, .not: return try bindConnective(syntax, in: scope)
        case .isTest, .isDistinct, .between, .inList, .like: return try bindPredicate(syntax, in: scope)
        case .exists, .scalarQuery, .inQuery, .quantified:
            let value = try bindSubqueryExpression(syntax, in: scope)
            twins.note(value.expression, syntax, in: scope.frame)
            return value
        case .caseWhen: return try bindCase(syntax, in: scope)
        case .cast(let operand, let type): return try bindCast(operand, type, at: syntax.position, in: scope)
        case .function(let call): return try bindCall(call, in: scope)
        case .array(let items): return try bindArray(items, at: syntax.position, in: scope)
        case .field(let owner, let name):
            return TypedExpression(try field(name, of: try bindExpression(owner, in: scope).expression), at: syntax.position)
        case .star(let qualifier) where !qualifier.isEmpty:
            guard let relation = qualifier.last, let row = try wholeRow(relation, in: scope) else { throw unknownTable(qualifier[qualifier.count - 1], in: scope.frame) }
            return TypedExpression(row, declared: "record", at: syntax.position)
        case .star, .members: throw .badSQL("* is not allowed in \(scope.clause)", at: syntax.position)
        case .collated(let operand, let name): return try bindCollated(operand, name, in: scope)
        case .row(let fields): return try bindRow(fields, at: syntax.position, in: scope)
        case .arrayQuery(let query):
            let value = try bindArrayQuery(query, at: syntax.position, in: scope)
            twins.note(value.expression, syntax, in: scope.frame)
            return value
        case .element(let list, let index): return try bindElement(list, index, at: syntax.position, in: scope)
        case .slice(let list, let ranges): return try bindSlice(list, ranges, at: syntax.position, in: scope)
        }
    }

    /// A BOOLEAN for WHERE, HAVING, ON, FILTER and the like.
    func bindCondition(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression {
        try implicit(try bindExpression(syntax, in: scope), to: .boolean, scope.clause)
    }

    /// Each by itself, in their order: the caller brings types together (`unified`, `comparable`).
    func bindAll(_ items: [ExpressionSyntax], in scope: ExpressionScope) throws(QueryError) -> [TypedExpression] {
        var result: [TypedExpression] = []
        for item in items { result.append(try bindExpression(item, in: scope)) }
        return result
    }

    // MARK: Constants

    /// - Throws: data-error for a text that is no value of its type.
    private func bindConstant(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = syntax.position
        switch syntax.kind {
        case .boolean(let value): return TypedExpression(.literal(.boolean(value), .boolean), at: position)
        case .number(let digits):
            let (value, type) = try LiteralCast.literal(digits, at: position)
            return TypedExpression(.literal(value, type), at: position)
        case .string(let text): return TypedExpression(.text(text), isUntyped: true, at: position)
        case .typedString(let type, let text):
            let value = TypedExpression(.text(text), isUntyped: true, at: position)
            if let dialect = context.catalog.dialect, dialect.isRegistry(type.name) { return try castToRegistry(value, type.name, dialect, at: position, in: scope) }
            let target = try target(type)
            return TypedExpression(try castExplicitly(value, to: target), declared: target.declaredName, at: position)
        case .interval(let text, let fields):
            // `minute to second(2)`
            // `fields` is as the parser writes it: the words, and digits in parentheses behind SECOND.
            let names = fields?.prefix { $0 != "(" }, digits = fields?.drop { $0 != "(" }.dropFirst().dropLast() ?? ""
            let named = names.map { IntervalText.Fields(rawValue: String($0)) }
            if let fields, case .some(.none) = named { throw .badSQL("INTERVAL has no fields \(fields.uppercased())", at: position) }
            if context.forms.intervals == .sqlStandard { dependsOnSession = true }
            let read = IntervalText.read(Array(text.utf8)[...], fields: named ?? nil, style: context.forms.intervals)
            guard let value = read.flatMap({ digits.isEmpty ? $0 : IntervalText.rounded($0, digitCount: Int(digits) ?? 6) }) else {
                throw .data("“\(text.prefix(60))” is no INTERVAL", at: position).because(IntervalText.fault(of: Array(text.utf8)[...], fields: named ?? nil))
            }
            let declared = DeclaredType.time(.interval, digits: Int(digits).map { min($0, 6) }, fields: (named ?? nil)?.bits)
            return TypedExpression(.literal(.interval(value), .interval), declared: declared, at: position)
        case .parameter(let number): return try parameter(number, at: position)
        default: return TypedExpression(.null(.null), at: position)
        }
    }

    /// A parameter's value as a constant; before values are known a mark, whose type its place settles.
    ///
    /// - Throws: bad-sql for a parameter without a value; data-error for a text with a NUL character or that is none of its type.
    private func parameter(_ number: Int, at position: Int) throws(QueryError) -> TypedExpression {
        if let types = context.parameterTypes {
            // Text that no statement can write stands for the parameter, until its place wants a type (`ParameterTypes`).
            let literal = types.mention(number)
            if let type = types.types[number] { return TypedExpression(.null(type), declared: context.declaredParameters[number] ?? types.declared[number], at: position) }
            return TypedExpression(.literal(.bytes(literal), .string), isUntyped: true, at: position)
        }
        guard number <= context.parameters.count else {
            throw .badSQL("$\(number) has no value: \(context.parameters.count) parameters were given", at: position).because(.undefinedParameter)
        }
        switch context.parameters[number - 1] {
        case .null: return TypedExpression(.null(.null), at: position)
        case .boolean(let value): return TypedExpression(.literal(.boolean(value), .boolean), at: position)
        case .typed(let value, let type): return TypedExpression(.literal(value, type), declared: context.declaredParameters[number], at: position)
        case .string(let text):
            guard !text.utf8.contains(0) else { throw .data("text cannot hold a NUL character", at: position) }
            return TypedExpression(.text(text), isUntyped: true, at: position)
        case .text(let text, let type):
            guard !text.utf8.contains(0) else { throw .data("text cannot hold a NUL character", at: position) }
            return TypedExpression(try cast(TypedExpression(.text(text), isUntyped: true, at: position), to: type, isExplicit: true), at: position)
        case .number(let digits):
            // `LiteralCast` reads numbers without a sign, as the text of a statement has them.
            let isNegative = digits.utf8.first == UInt8(ascii: "-")
            let (value, type) = try LiteralCast.literal(isNegative ? String(digits.dropFirst()) : digits, at: position)
            let literal = Expression.literal(value, type)
            return TypedExpression(isNegative ? ConstantFolding.negated(literal) : literal, at: position)
        }
    }

    // MARK: Logic

    /// Operands are BOOLEAN; the tree's flat node stays flat.
    private func bindConnective(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        func conditions(_ items: [ExpressionSyntax], _ word: String) throws(QueryError) -> [Expression] {
            var result: [Expression] = []
            for item in items { result.append(try implicit(try bindExpression(item, in: scope), to: .boolean, word)) }
            return result
        }
        switch syntax.kind {
        case .and(let items): return TypedExpression(.and(try conditions(items, "AND")), at: syntax.position)
        case .or(let items): return TypedExpression(.or(try conditions(items, "OR")), at: syntax.position)
        case .not(let operand): return TypedExpression(.not(try conditions([operand], "NOT")[0]), at: syntax.position)
        default: return TypedExpression(.null(.boolean), at: syntax.position)
        }
    }

    /// CASE with conditions, or with an operand that is compared in each branch.
    private func bindCase(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard case .caseWhen(let operand, let branches, let otherwise) = syntax.kind else {
            return TypedExpression(.null(.null), at: syntax.position)
        }
        // Whether there are rows must not depend on a value.
        let sources = rowSources
        rowSources = nil
        defer { rowSources = sources }
        // Compared branch by branch it would be another value each time.
        let subject = try operand.map { (operand) throws(QueryError) in drawnOnce(try bindExpression(operand, in: scope), syntax) }
        var conditions: [Expression] = []
        var results: [TypedExpression] = []
        for branch in branches {
            let condition = try bindExpression(branch.condition, in: scope)
            if let subject {
                conditions.append(try compare(.equal, subject, condition, at: branch.condition.position))
            } else {
                conditions.append(try implicit(condition, to: .boolean, "CASE WHEN"))
            }
            results.append(try bindExpression(branch.result, in: scope))
        }
        if let otherwise { results.append(try bindExpression(otherwise, in: scope)) }
        results = try asObjectNumbers(results)
        // What ELSE gives is the first to say what all are called.
        let declared = commonDeclaration(otherwise == nil ? results : Array(results.suffix(1) + results.dropLast()))
        var values = try unified(results, "CASE")
        let last = otherwise == nil ? nil : values.removeLast()
        let type = values[0].type
        return TypedExpression(
            .conditional(
                branches: zip(conditions, values).map { Expression.Branch(condition: $0, result: $1) }, otherwise: last, type: type),
            declared: declared, at: syntax.position)
    }

    /// What is of chance, marked so that all of its mentions in one CASE are one draw (`ScalarFunction.drawn`); all else as it is.
    ///
    /// - Parameters:
    ///   - syntax: what asks for it: the height tells it from what asks within it.
    ///   - place: of several that it asks for.
    func drawnOnce(_ value: TypedExpression, _ syntax: ExpressionSyntax, place: Int = 0) -> TypedExpression {
        guard value.expression.isVolatile else { return value }
        let drawn = value.expression.drawnOnce(marks: syntax.height, place, at: value.position)
        return TypedExpression(drawn, declared: declaredType(value), at: value.position)
    }

    /// PostgreSQL has lists of them, whose elements they are; here they would be rows of one list.
    func listOfVectors(at position: Int) -> QueryError { .unsupported("lists of int2vector and oidvector are not supported", at: position) }

    /// `ARRAY[…]`: elements of one type; lists within it of one length.
    private func bindArray(_ items: [ExpressionSyntax], at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard !items.isEmpty else { throw .badSQL("an empty ARRAY needs a type", at: position, hint: "cast it, such as ARRAY[]::INTEGER[]").because(.ambiguousParameter) }
        // -1 for what is no list as written; its length is not known here.
        let counts = Set(items.map { item in if case .array(let inner) = item.kind { inner.count } else { -1 } })
        guard counts.count == 1 || counts.contains(-1) else {
            throw .badSQL("the lists of this ARRAY have different numbers of elements", at: position).because(.badSubscript)
        }
        let bound = try bindAll(items, in: scope)
        if let vector = bound.first(where: isVector) { throw listOfVectors(at: vector.position) }
        let values = try unified(bound, "ARRAY")
        let type = ColumnType.list(element: Field("element", values[0].type))
        return TypedExpression(
            .call(isList(values[0].type) && !values[0].type.holdsRows ? .makeRows : .makeList, values, type: type, position: position), declared: listDeclaration(of: bound), at: position)
    }

    // MARK: Predicates

    /// IS, BETWEEN, IN and LIKE, each of which the plan has in other words.
    private func bindPredicate(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = syntax.position
        func typed(_ expression: Expression, isNegated: Bool) -> TypedExpression {
            TypedExpression(isNegated ? .not(expression) : expression, at: position)
        }
        switch syntax.kind {
        case .isTest(let operand, .null, let isNegated) where operand.isRow:
            // Each field is tested: a row of which some are NULL is neither.
            let fields = try bindAll(operand.rowFields, in: scope)
            return TypedExpression(.conjunction(fields.map { isNegated ? .not(.isNull($0.expression)) : .isNull($0.expression) }), at: position)
        case .isDistinct(let left, let right, let isNegated) where left.isRow && right.isRow:
            let fields = (try bindAll(left.rowFields, in: scope), try bindAll(right.rowFields, in: scope))
            guard fields.0.count == fields.1.count, !fields.0.isEmpty else { throw .badSQL("the rows have different numbers of fields", at: position) }
            var alike: [Expression] = []
            for (one, other) in zip(fields.0, fields.1) {
                let pair = besideBlanks(one, other)
                let sides = try comparable(pair.0, pair.1, "IS DISTINCT FROM", at: position)
                alike.append(.isDistinct(sides.0, sides.1, isNegated: true))
            }
            return typed(.conjunction(alike), isNegated: !isNegated)
        case .isTest(let operand, let test, let isNegated):
            let value = try bindExpression(operand, in: scope)
            // A table's row, which is made of its columns.
            if test == .null, case .call(.makeRow, let fields, _, _) = value.expression {
                return TypedExpression(.conjunction(fields.map { isNegated ? .not(.isNull($0)) : .isNull($0) }), at: position)
            }
            // And of a side that a join may leave out.
            if test == .null, let (presence, fields) = Self.rowWhereItIs(value.expression) {
                let isThere = Expression.coalesce([presence, .isFalse], type: .boolean)
                let tests: [Expression] = fields.map { isNegated ? .not(.isNull($0)) : .isNull($0) }
                return TypedExpression(isNegated ? .conjunction([isThere] + tests) : .or([.not(isThere), .conjunction(tests)]), at: position)
            }
            if test == .null { return typed(.isNull(value.expression), isNegated: isNegated) }
            let condition = try implicit(value, to: .boolean, "IS \(test.rawValue)")
            if test == .unknown { return typed(.isNull(condition), isNegated: isNegated) }
            let truth = Expression.literal(.boolean(test == .isTrue), .boolean)
            return TypedExpression(.isDistinct(condition, truth, isNegated: !isNegated), at: position)
        case .isDistinct(let left, let right, let isNegated):
            let values = (try bindExpression(left, in: scope), try bindExpression(right, in: scope))
            // Alike are two NULLs, and lists that are equal.
            if isList(values.0.type) || isList(values.1.type) {
                for side in [values.0, values.1] { try countRepeated(side.expression, at: position) }
                let isDrawn = values.0.expression.isVolatile || values.1.expression.isVolatile
                let (one, other) = (drawnOnce(values.0, syntax), drawnOnce(values.1, syntax, place: 1))
                let areEqual = Expression.coalesce([try compare(.equal, one, other, at: position), .isFalse], type: .boolean)
                let alike = Expression.or([.and([.isNull(one.expression), .isNull(other.expression)]), areEqual])
                // Within a CASE it is drawn once.
                let test = isDrawn ? Expression.conditional(branches: [.init(condition: alike, result: .isTrue)], otherwise: .isFalse, type: .boolean) : alike
                return typed(test, isNegated: !isNegated)
            }
            let sides = try comparable(namedBeside(values.0, values.1), namedBeside(values.1, values.0), "IS DISTINCT FROM", at: position)
            return TypedExpression(.isDistinct(sides.0, sides.1, isNegated: isNegated), at: position)
        case .between(let operand, let low, let high, let isSymmetric, let isNegated) where operand.isRow && low.isRow && high.isRow:
            let fields = (try bindAll(operand.rowFields, in: scope), try bindAll(low.rowFields, in: scope), try bindAll(high.rowFields, in: scope))
            func within(_ low: [TypedExpression], _ high: [TypedExpression]) throws(QueryError) -> Expression {
                .and([try compareRows(.greaterOrEqual, fields.0, low, syntax, at: position), try compareRows(.lessOrEqual, fields.0, high, syntax, at: position)])
            }
            let straight = try within(fields.1, fields.2)
            if !isSymmetric { return typed(straight, isNegated: isNegated) }
            return typed(.or([straight, try within(fields.2, fields.1)]), isNegated: isNegated)
        case .between(let operand, let low, let high, let isSymmetric, let isNegated):
            let value = try bindExpression(operand, in: scope)
            let bounds = (try bindExpression(low, in: scope), try bindExpression(high, in: scope))
            let straight = try between(value, bounds.0, bounds.1, at: position)
            if !isSymmetric { return typed(straight, isNegated: isNegated) }
            return typed(.or([straight, try between(value, bounds.1, bounds.0, at: position)]), isNegated: isNegated)
        case .inList(let operand, let items, let isNegated):
            return try bindInList(operand, items, isNegated, at: position, in: scope)
        case .like(let operand, let pattern, let escape, let ignoresCase, let isNegated):
            let value = withBlanks(try bindExpression(operand, in: scope)), other = try bindExpression(pattern, in: scope)
            if !ignoresCase, value.type == .binary || other.type == .binary {
                return typed(try matchBytes(value, other, try escape.map { (escape) throws(QueryError) in try bindExpression(escape, in: scope) }, at: position), isNegated: isNegated)
            }
            var arguments = [
                try implicit(value, to: .string, ignoresCase ? "ILIKE" : "LIKE"), try implicit(other, to: .string, "LIKE"),
                try escape.map { (escape) throws(QueryError) in try escapeText(escape, in: scope) } ?? .text("\\"),
            ]
            guard ignoresCase, let collation = LanguageCase.named(try collationName(of: Array(arguments.prefix(2)), at: position)) else {
                return typed(.call(ignoresCase ? .ilike : .like, arguments, type: .boolean, position: position), isNegated: isNegated)
            }
            // Both in the lower case of the language; the escape is none of its letters any more.
            if arguments[2] != .text("\\") { arguments[1] = .call(.likeEscape, Array(arguments.suffix(2)), type: .string, position: position) }
            let lower = arguments.prefix(2).map { Expression.call(.lowerOfLanguage, [$0, .text(collation)], type: .string, position: position) }
            return typed(.call(.like, lower + [.text("\\")], type: .boolean, position: position), isNegated: isNegated)
        default: return TypedExpression(.null(.boolean), at: position)
        }
    }

    /// LIKE of BLOBs, of which each byte is a character.
    private func matchBytes(_ value: TypedExpression, _ pattern: TypedExpression, _ escape: TypedExpression?, at position: Int) throws(QueryError) -> Expression {
        var arguments: [Expression] = []
        for part in [value, pattern] + (escape.map { [$0] } ?? []) {
            arguments.append(folded(.call(.bytesAsCharacters, [try implicit(part, to: .binary, "LIKE")], type: .string, position: position)))
        }
        return .call(.like, escape == nil ? arguments + [.text("\\")] : arguments, type: .boolean, position: position)
    }

    private func escapeText(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> Expression {
        let text = try textOperand(syntax, "ESCAPE", in: scope)
        if case .literal(.null, _) = text { return text }
        guard case .literal(.bytes(let bytes), _) = text else { return text }
        guard String(decoding: bytes, as: UTF8.self).unicodeScalars.count <= 1 else {
            throw .data("ESCAPE must be one character or none", at: syntax.position).because(.invalidEscape)
        }
        return text
    }

    /// - Parameter what: the operator, for messages.
    func textOperand(_ syntax: ExpressionSyntax, _ what: String, in scope: ExpressionScope) throws(QueryError) -> Expression {
        try implicit(try bindExpression(syntax, in: scope), to: .string, what)
    }

    /// Two comparisons: the value stands in the plan twice, each bound has a type with it by itself.
    private func between(
        _ value: TypedExpression, _ low: TypedExpression, _ high: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        let isAbove = try compare(.greaterOrEqual, value, low, at: position)
        // What the lower bound has said of a parameter is known beside the upper one.
        return .and([isAbove, try compare(.lessOrEqual, settled(value), high, at: position)])
    }

    /// IN over a list that is written; one over a query is a subquery.
    private func bindInList(
        _ operand: ExpressionSyntax, _ items: [ExpressionSyntax], _ isNegated: Bool, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        // Rows: one comparison of columns for each item.
        if case .row(let fields) = operand.kind {
            let left = try bindAll(fields, in: scope)
            var alternatives: [Expression] = []
            for item in items {
                guard case .row(let others) = item.kind else { throw .badSQL("IN needs rows like the one on its left", at: item.position) }
                alternatives.append(try compareRows(.equal, left, try bindAll(others, in: scope), item, at: item.position))
            }
            let any = alternatives.count == 1 ? alternatives[0] : .or(alternatives)
            return TypedExpression(isNegated ? .not(any) : any, at: position)
        }
        let written = try bindAll([operand] + items, in: scope)
        // Lists are compared one by one: `inList` takes values alone.
        if isList(written[0].type) || written.contains(where: isVector) {
            var alternatives: [Expression] = []
            try countRepeated(written[0].expression, times: items.count - 1, at: position)
            for item in written.dropFirst() { alternatives.append(try compare(.equal, written[0], item, at: item.position)) }
            let any = Expression.or(alternatives)
            return TypedExpression(isNegated ? .not(any) : any, at: position)
        }
        let all = try namedAmong(written)
        // As PostgreSQL has it: what mentions a column is compared in a type of these two, the others are a list of one type. Items of one type are one list, so
        // that the operand is not written, planned and computed once for each of them.
        let isMixed = all.dropFirst().contains { !$0.isUntyped && $0.type != all[0].type }
        var lists: [[TypedExpression]] = [[]]
        for item in all.dropFirst() {
            if !isMixed || item.expression.columnIDs.isEmpty {
                lists[0].append(item)
            } else if let place = lists.indices.dropFirst().first(where: { isAlike(lists[$0][0], item) }) {
                lists[place].append(item)
            } else {
                lists.append([item])
            }
        }
        var alternatives: [Expression] = []
        lists.removeAll(where: \.isEmpty)
        try countRepeated(all[0].expression, times: lists.count - 1, at: position)
        for list in lists {
            let values = try comparable([all[0]] + list, "IN", at: position)
            alternatives.append(.inList(values[0], Array(values.dropFirst()), isNegated: isNegated && lists.count == 1))
        }
        if lists.count == 1 { return TypedExpression(alternatives[0], at: position) }
        return TypedExpression(isNegated ? .not(.or(alternatives)) : .or(alternatives), at: position)
    }

    /// The operand of IN and what is in its list, literals and parameters among them as beside `=`: what a catalog's column holds, or a CHAR(n) without its blanks.
    private func namedAmong(_ all: [TypedExpression]) throws(QueryError) -> [TypedExpression] {
        var all = all
        if all[0].isUntyped, let first = all.first(where: { !$0.isUntyped && $0.type != .null }) {
            all[0] = try namedBeside(all[0], first)
        } else if declaredType(all[0]) != nil {
            for index in all.indices.dropFirst() { all[index] = try namedBeside(all[index], all[0]) }
            // Constants of a list take the operand's type.
            if isBlankPadded(all[0]) {
                for index in all.indices.dropFirst() where all[index].type == .string && !all[index].isUntyped && all[index].expression.columnIDs.isEmpty {
                    all[index] = withoutBlanks(all[index])
                }
            }
        }
        return all
    }

    /// Whether two values are compared with any third in one type.
    private func isAlike(_ one: TypedExpression, _ other: TypedExpression) -> Bool {
        one.type == other.type && one.isUntyped == other.isUntyped && declaredType(one) == declaredType(other)
    }
}
