import ColumnStore

/// Calls of functions: which kind each is, and the scalar ones by their definitions.
///
/// A call is looked for in this order: with OVER a window's, GROUPING, aggregates, functions of gathered lists, hypothetical sets, scalar functions,
/// the dialect's expressions, functions that give rows, types as functions.
extension Binder {
    /// - Throws: bad-sql for what the function does not take; unsupported-sql for one that is not here.
    func bindCall(_ written: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let call = withoutOutputs(written)
        let name = call.name.text, position = call.name.position
        try refuseUnknown(call, in: scope)
        if call.over != nil, GatheredAggregate.byName[name] == nil { return try bindWindowCall(call, in: scope) }
        if name == "grouping" { return try bindGroupingCall(call, in: scope) }
        if FunctionRegistry.aggregates[name] != nil { return try bindAggregate(call, in: scope) }
        if let function = GatheredAggregate.byName[name] { return try bindGathered(function, call, in: scope) }
        if FunctionRegistry.windows[name] != nil, !call.withinGroup.isEmpty { return try bindHypothetical(call, in: scope) }
        if let window = FunctionRegistry.windows[name] {
            throw .badSQL("\(name) needs OVER", at: position).because(window.definition.argumentCounts.contains(call.arguments.count) ? .notThatKind : .undefinedFunction)
        }
        guard let function = FunctionRegistry.scalarsByName[name == "position" ? "strpos" : name] ?? FunctionRegistry.unlisted[name] else {
            if let expanded = try bindExpansion(call, in: scope) { return expanded }
            if let value = try bindRowsWithin(call, in: scope) { return value }
            if let value = try bindTypeAsFunction(call, in: scope) { return value }
            throw unknownFunction(name, at: position)
        }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(name) is no aggregate: it takes arguments only", at: position).because(call.isStar ? .undefinedFunction : .notThatKind)
        }
        // COALESCE evaluates what it needs only: rows must not hang on that.
        let sources = rowSources
        if name == "coalesce" { rowSources = nil }
        defer { if name == "coalesce" { rowSources = sources } }
        var arguments = try bindAll(call.arguments, in: scope)
        if let bits = try bindBitCall(name, arguments, at: position) { return bits }
        if Self.writing.contains(name) { for index in arguments.indices { arguments[index] = try writtenWhole(arguments[index], in: scope) } }
        if name == "array_to_string", let list = arguments.first, let texts = realShown(list, as: .listOf(.string)) { arguments[0] = TypedExpression(texts, at: list.position) }
        if Self.showing.contains(name) { arguments = arguments.map(withBlanks) }
        if name == "greatest" || name == "least" { try refuseUnordered(arguments, name, at: position) }
        if name == "coalesce" || name == "greatest" || name == "least" {
            try refuseLetters(arguments, name, at: position)
            arguments = try asObjectNumbers(arguments)
        }
        // Of a transaction's number, not of a time.
        if name == "age", arguments.count == 1, declaredType(arguments[0]) == "xid", let text = context.catalog.dialect?.expression(of: "xid_age", argumentCount: 1) {
            return try expand(text, arguments, at: position, in: scope)
        }
        if call.isVariadic { return TypedExpression(try bindVariadic(name, arguments, at: position), at: position) }
        var result = try function.bound(FunctionCall(name: name, arguments: arguments, position: position), self)
        // What gives a DOUBLE takes a REAL as it is exactly.
        if result.type == .double, !Self.keepingTypes.contains(name), arguments.contains(where: { declaredType($0) == "float4" }) {
            result = try function.bound(FunctionCall(name: name, arguments: arguments.map(widened), position: position), self)
        }
        if Self.givingPlaces.contains(name), isVector(arguments[0]) { result = fromZero(result, at: position) }
        if name == "array_dims", isVector(arguments[0]) { result = try dimensionsOfVector(arguments[0], at: position) }
        var declared = Self.keepingTypes.contains(name) ? commonDeclaration(arguments) : nil
        // Kept only where the result has the type of an argument.
        if let common = declared, !(common == "record" ? result.type.holdsRows : arguments.contains { !$0.isUntyped && $0.type == result.type && (common != "float4" || result.type == .double) }) { declared = nil }
        if name == "nullif" { declared = comparedDeclaration(declared, arguments, result) }
        if Self.makingXML.contains(name) { declared = "xml" }
        if name == "setseed" { declared = "void" }
        if declared == "int2", name == "abs" || name == "mod" { result = .call(.narrowInteger, [result], type: result.type, position: position) }
        return TypedExpression(result, declared: declared ?? listDeclaration(of: name, arguments), at: position)
    }

    /// A `"char"` is of no kind with texts and names: PostgreSQL finds no type in common.
    private func refuseLetters(_ values: [TypedExpression], _ what: String, at position: Int) throws(QueryError) {
        let texts = values.filter { !$0.isUntyped && $0.type == .string }, letters = texts.filter { declaredType($0) == "char" }
        guard !letters.isEmpty, letters.count < texts.count else { return }
        throw .badSQL("\(what) cannot match \"char\" with texts", at: position, hint: "cast it with ::TEXT").because(.typeMismatch)
    }

    /// Without the parameters of type VOID, in whose places JDBC's calls expect what comes out: `{? = call upper(?)}` is `upper($1, $2)`. PostgreSQL leaves them out, too.
    private func withoutOutputs(_ call: FunctionSyntax) -> FunctionSyntax {
        // Within a function's own text a parameter is an argument of it.
        guard expansions.isEmpty, context.declaredParameters.values.contains("void") else { return call }
        var call = call
        call.arguments.removeAll { argument in
            guard case .parameter(let number) = argument.kind else { return false }
            return context.declaredParameters[number] == "void"
        }
        return call
    }

    /// A text of CHAR(n) with the blanks at its end, for what counts, shows or searches them; all others as they are.
    func withBlanks(_ value: TypedExpression) -> TypedExpression {
        guard value.type == .string, let given = declaredType(value), DeclaredType.withoutLength(given) == "bpchar" else { return value }
        return TypedExpression(TypeNames.paddedLength(given).map { blankPadded(value.expression, to: $0) } ?? paddedEach(value.expression), at: value.position)
    }

    /// A choice among columns of CHAR(n) of several lengths: each value has the blanks of its own.
    private func paddedEach(_ value: Expression) -> Expression {
        func padded(_ part: Expression) -> Expression { declaredType(part).flatMap(TypeNames.paddedLength).map { blankPadded(part, to: $0) } ?? part }
        switch value {
        case .coalesce(let items, let type): return .coalesce(items.map(padded), type: type)
        case .conditional(let branches, let otherwise, let type):
            let chosen = branches.map { Expression.Branch(condition: $0.condition, result: padded($0.result)) }
            return .conditional(branches: chosen, otherwise: otherwise.map(padded), type: type)
        default: return padded(value)
        }
    }

    /// They are there for types of several categories, of which a constant without a type chooses none.
    private static let ofSeveral: Set<String> = ["array_agg", "bit_and", "bit_or", "bit_xor"]
    /// They take any type, and what stands beside the first argument does not say which.
    private static let ofAny: Set<String> = ["json_agg", "jsonb_agg", "first_value", "last_value", "nth_value"]
    /// A third argument says it.
    private static let ofNeighbours: Set<String> = ["lag", "lead"]
    /// Of the expression in WITHIN GROUP.
    private static let ofOrder: Set<String> = ["mode", "percentile_disc"]

    /// A text, a parameter or NULL as the value of a function that takes values of many types, where nothing says which: PostgreSQL guesses none.
    private func refuseUnknown(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) {
        let name = call.name.text
        let isOfSeveral = Self.ofSeveral.contains(name), isOfOrder = Self.ofOrder.contains(name)
        guard isOfSeveral || isOfOrder || Self.ofAny.contains(name) || Self.ofNeighbours.contains(name) && call.arguments.count < 3 else { return }
        guard let syntax = isOfOrder ? call.withinGroup.first?.expression : call.arguments.first else { return }
        switch syntax.kind {
        case .null, .string, .parameter: break
        default: return
        }
        let value = try bindExpression(syntax, in: scope)
        guard isUnknown(value) else { return }
        if isOfSeveral { throw notUnique(name, value, at: call.name.position) }
        throw .badSQL("could not determine polymorphic type because input has type unknown", at: call.name.position, hint: "cast it to a type").because(.typeMismatch)
    }

    /// Texts and documents are made of their arguments, whatever those are.
    private static let writing: Set<String> = [
        "array_to_string", "concat", "concat_ws", "format", "quote_literal", "quote_nullable", "to_json", "to_jsonb", "json_build_array", "jsonb_build_array", "json_build_object", "jsonb_build_object",
    ]

    /// They alone count the blanks of a CHAR(n), or write its value as it is shown; to all others its text has none.
    private static let showing: Set<String> = ["octet_length", "concat", "concat_ws", "format", "to_json", "to_jsonb", "json_build_array", "jsonb_build_array", "json_build_object", "jsonb_build_object"]

    private static let makingXML: Set<String> = ["xmlcomment", "xmlconcat", "xmlelement", "xmlforest", "xmlpi", "xmlroot"]

    /// They say the place of an element.
    private static let givingPlaces: Set<String> = ["array_lower", "array_upper", "array_position"]

    /// What comes out of them is one of the values that go in, or of their type.
    private static let keepingTypes: Set<String> = ["coalesce", "greatest", "least", "nullif", "abs", "mod"]

    /// What NULLIF gives, which is its first argument as it was compared: of a number that is written as a name the bare number, of a VARCHAR a text, and a CHAR beside a CHAR(n).
    private func comparedDeclaration(_ common: String?, _ arguments: [TypedExpression], _ result: Expression) -> String? {
        let first = declaredType(arguments[0])
        if result.type == .int64, first.map(DeclaredType.isNumber) ?? false { return "oid" }
        let isOfTexts = arguments.count == 2 && arguments.allSatisfy { !$0.isUntyped && $0.type == .string }
        let plain = common.map(DeclaredType.withoutLength) == "varchar" ? nil : common
        guard isOfTexts else { return plain }
        let (one, other) = (first.map(DeclaredType.withoutLength), declaredType(arguments[1]).map(DeclaredType.withoutLength))
        switch (one, other) {
        case ("name"?, _): return "name"
        case ("bpchar"?, "varchar"?): return first
        case ("varchar"?, "bpchar"?): return "bpchar"
        default: return one == other ? plain : nil
        }
    }

    /// What all values are declared as that are declared: of VARCHARs of several lengths VARCHAR.
    func commonDeclaration(_ values: [TypedExpression]) -> String? {
        if realsThatMeet(values) == .kept { return "float4" }
        let typed = values.filter { !$0.isUntyped && $0.type != .null }, names = typed.map { declaredType($0) }
        let ofTexts = typed.allSatisfy { $0.type == .string } ? DeclaredType.ofTexts(names) : nil
        guard let common = DeclaredType.common(names) ?? ofTexts, DeclaredType.isKept(common) else { return nil }
        declareParameters(among: values, as: common)
        return common
    }

    private static let typesAsFunctions: Set<String> = ["bool", "bpchar", "bytea", "float4", "float8", "int2", "int4", "int8", "jsonb", "name", "numeric", "text", "uuid"]
    private static let registriesAsFunctions: Set<String> = ["regclass", "regtype", "regnamespace", "regrole", "regproc", "regcollation"]

    /// `float8(x)` is the cast; no row is cast so.
    private func bindTypeAsFunction(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        let name = call.name.text, position = call.name.position
        guard call.arguments.count == 1, !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else { return nil }
        let type = TypeNameSyntax(name: name, modifiers: [], isArray: false, position: position)
        if Self.registriesAsFunctions.contains(name), context.catalog.dialect?.isRegistry(name) ?? false { return try bindCast(call.arguments[0], type, at: position, in: scope) }
        guard Self.typesAsFunctions.contains(name) else { return nil }
        let value = try bindExpression(call.arguments[0], in: scope)
        if case .structure = value.type { return nil }
        let target = try target(type)
        return TypedExpression(try castExplicitly(value, to: target), declared: target.declaredName, at: position)
    }

    private static let clausesOfRows: Set<String> = ["SELECT", "GROUP BY", "ORDER BY"]

    /// A function that gives rows, within an expression of a SELECT's list, GROUP BY or ORDER BY, or within another one there: the column of its values.
    private func bindRowsWithin(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        let name = call.name.text
        guard rowSources != nil, Self.clausesOfRows.contains(scope.clause), !scope.isInAggregate, !scope.isInWindow, try givesRows(call) else { return nil }
        let rows = try bindRows(call, in: scope)
        guard case .list(let field) = rows.type, !field.type.isNested || RowFunction.byName[name]?.givesValues == true || rows.declared == "record[]" else {
            throw .unsupported("UNNEST of lists of structs stands in FROM only", at: call.name.position)
        }
        let element = try rowElement(of: rows.expression, field.type, name, at: call.name.position)
        return TypedExpression(.column(element), declared: elementDeclaration(of: rows), at: call.name.position)
    }

    /// Whether a call gives rows: one of the language's functions, or of the dialect's.
    ///
    /// - Throws: as `dialectRows`.
    func givesRows(_ call: FunctionSyntax) throws(QueryError) -> Bool {
        if Self.givesRows(call.name.text) { return true }
        return try dialectRows(of: call) != nil
    }

    private static func givesRows(_ name: String) -> Bool { ["unnest", "generate_series", "generate_subscripts"].contains(name) || RowFunction.byName[name] != nil }

    /// `concat(VARIADIC list)`: the list's elements are the last arguments.
    private func bindVariadic(_ name: String, _ arguments: [TypedExpression], at position: Int) throws(QueryError) -> Expression {
        guard var last = arguments.last else { throw .badSQL("VARIADIC takes a list", at: position).because(.typeMismatch) }
        // Of several dimensions, all values.
        last.expression = last.expression.flat(at: last.position)
        guard case .list(let field) = last.type, !field.type.isNested else { throw .badSQL("VARIADIC takes a list", at: position).because(.typeMismatch) }
        let rest = arguments.dropLast()
        if rest.isEmpty, let value = ofElements(name, last, at: position) { return value }
        var texts = try cast(last, to: .listOf(.string), isExplicit: true)
        // t or f of a BOOLEAN: the first letter of what a cast makes of it.
        if field.type == .boolean { texts = .call(.leftOfEach, [texts, .literal(.integer(1), .int32)], type: .listOf(.string), position: position) }
        switch (name, rest.count) {
        case ("concat", 0): return .call(.arrayToString, [texts, .text("")], type: .string, position: position)
        case ("concat_ws", 1): return .call(.arrayToString, [texts, try implicit(rest[0], to: .string, name)], type: .string, position: position)
        case ("format", 1): return .call(.formatList, [try implicit(rest[0], to: .string, name), texts], type: .string, position: position)
        default: throw .unsupported("\(name) takes no VARIADIC list here", at: position)
        }
    }

    /// Of functions that take any values those of a list's elements; nil of others.
    private func ofElements(_ name: String, _ list: TypedExpression, at position: Int) -> Expression? {
        switch name {
        case "num_nulls": .call(.nullCountOfList, [list.expression], type: .int32, position: position)
        case "num_nonnulls": .call(.valueCountOfList, [list.expression], type: .int32, position: position)
        case "json_build_array": .call(.jsonOfList, [list.expression, zone], type: .json(isBinary: false), position: position)
        case "jsonb_build_array": .call(.jsonOfList, [list.expression, zone], type: .jsonb, position: position)
        case "json_build_object" where list.type == .listOf(.string): .call(.jsonOfTexts, [list.expression], type: .json(isBinary: false), position: position)
        case "jsonb_build_object" where list.type == .listOf(.string): .call(.jsonOfTexts, [list.expression], type: .jsonb, position: position)
        default: nil
        }
    }

    /// A function of its arguments' lists.
    ///
    /// As `array_agg` of each argument and a function of those lists: the rows' order, DISTINCT and FILTER are array_agg's.
    private func bindGathered(_ function: GatheredAggregate, _ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = call.name.position
        guard call.arguments.count == function.argumentCount, !call.isStar, call.withinGroup.isEmpty else {
            throw .badSQL("\(function.name) takes \(function.argumentCount) argument\(function.argumentCount == 1 ? "" : "s")", at: position).because(.undefinedFunction)
        }
        guard !call.isDistinct || function.argumentCount == 1 else { throw .unsupported("\(function.name) takes no DISTINCT", at: position) }
        // Rows and lists are gathered as the documents that they become.
        let documents: ColumnType? = function.takesZone ? .json(isBinary: function.name.hasPrefix("jsonb")) : nil
        let (gathered, hasDocuments) = call.over == nil
            ? try bindLists(call, documents: documents, types: function.types, in: scope) : (lists: try windowLists(call, areWritten: documents != nil, types: function.types, in: scope), hasDocuments: false)
        var lists: [Expression] = [], types: [ColumnType] = []
        for (list, type) in zip(gathered.map(\.expression), function.types) {
            guard case .list(let field) = list.type else { throw .unsupported("\(function.name) does not take \(list.type.sqlName)", at: position) }
            types.append(type ?? field.type)
            // Of days the function makes names itself.
            guard let type, field.type != type, !(function.takesZone && JSONRows.hasNames(of: field.type)) else {
                lists.append(list)
                continue
            }
            // Only texts and numbers are brought to a type here.
            guard TypeRules.cast(from: field.type, to: type) != .none, type == .string || TypeRules.isNumeric(field.type) else {
                throw .badSQL("\(function.name) does not take \(field.type.sqlName)", at: position).because(.undefinedFunction)
            }
            lists.append(.cast(list, to: .listOf(type), position: position))
        }
        let isOfBits = Self.ofSeveral.contains(function.name) && elementDeclaration(of: gathered[0]).map(DeclaredType.isBits) ?? false
        guard let type = isOfBits ? .string : function.gives(types) else {
            throw .badSQL("\(function.name) does not take \(types[0].sqlName)", at: position).because(.undefinedFunction)
        }
        let isOfRows = hasDocuments && function.name == "json_agg"
        let kernel: ScalarFunction = isOfRows ? .jsonOfRows : isOfBits ? .listOfBits(function.name) : function.function
        let value = Expression.call(kernel, lists + (function.takesZone ? [zone] : []), type: type, position: position)
        // Bits of SMALLINTs are one.
        let isSmall = Self.ofSeveral.contains(function.name) && elementDeclaration(of: gathered[0]) == "int2"
        return TypedExpression(value, declared: function.name == "xmlagg" ? "xml" : isOfBits ? "bit" : isSmall ? "int2" : nil, at: position)
    }

    // MARK: Hypothetical sets

    private static let hypotheticalKeyCountMax = 8

    /// `rank(3) WITHIN GROUP (ORDER BY x)`: the place that a row of these values would have in its group, by counts of the rows before it.
    private func bindHypothetical(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let name = call.name.text, position = call.name.position
        guard ["rank", "dense_rank", "percent_rank", "cume_dist"].contains(name), !call.isStar, !call.isDistinct, call.orderBy.isEmpty else {
            throw .badSQL("\(name) takes no WITHIN GROUP", at: position).because(.undefinedFunction)
        }
        guard call.arguments.count == call.withinGroup.count else {
            throw .badSQL("\(name) takes a value for each expression of its ORDER BY", at: position).because(.undefinedFunction)
        }
        // Each key is looked at once for every key behind it.
        guard call.arguments.count <= Self.hypotheticalKeyCountMax else {
            throw .unsupported("\(name) WITHIN GROUP orders by at most \(Self.hypotheticalKeyCountMax) expressions", at: position)
        }
        for argument in call.arguments {
            // No column is in sight.
            let constant = ExpressionScope(frame: BindingFrame(parent: nil), clause: "the values of \(name)")
            if let value = try? bindExpression(argument, in: constant), folded(value.expression).isLiteral { continue }
            // Of a group: each of its rows has the same.
            let value = try bindExpression(argument, in: inner(scope))
            guard let collector = scope.collector, !value.expression.hasSubquery else { throw .unsupported("the values of \(name) must be constants, or made of what GROUP BY says", at: argument.position) }
            collector.ofGroups.append(value)
        }
        // rank = rows before it + 1, dense_rank counts different ones; percent_rank = rows before it / rows; cume_dist = (rows up to it + 1) / (rows
        // + 1).
        let set = HypotheticalSet(call)
        let all = set.count(nil), before = set.count(set.precedes)
        switch name {
        case "rank": return try bindExpression(set.sum(before, set.number("1")), in: scope)
        case "dense_rank": return try bindExpression(set.sum(set.countDistinct(set.precedes), set.number("1")), in: scope)
        case "percent_rank":
            let some = set.make(.binary(.divide, set.real(before), set.real(all)))
            let branch = ExpressionSyntax.CaseBranch(condition: set.number("0"), result: set.real(set.number("0")))
            return try bindExpression(set.make(.caseWhen(operand: all, branches: [branch], otherwise: some)), in: scope)
        default:
            let upTo = set.count(set.make(.or([set.precedes, set.isAlike(set.keys.count)])))
            let (above, below) = (set.sum(upTo, set.number("1")), set.sum(all, set.number("1")))
            return try bindExpression(set.make(.binary(.divide, set.real(above), set.real(below))), in: scope)
        }
    }

    // MARK: The dialect's functions

    /// A function that is an expression of its arguments; nil for one that is none.
    ///
    /// What needs the binder itself comes first: pg_typeof, COLLATION FOR, settings and registries. All others are texts of the dialect.
    private func bindExpansion(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        if call.name.text == "pg_typeof", call.arguments.count == 1, let dialect = context.catalog.dialect {
            let value = try bindExpression(call.arguments[0], in: scope)
            let name = value.isUntyped || value.type == .null ? "unknown" : dialect.name(of: value.type, declared: declaredType(value))
            guard let number = (try? dialect.object(named: name, in: "regtype")) ?? nil else { return TypedExpression(.text(name), at: call.name.position) }
            dependsOnSession = true
            return TypedExpression(.literal(.integer(number), .int64), declared: "regtype", at: call.name.position)
        }
        if call.name.text == "pg_collation_for", call.arguments.count == 1, context.catalog.dialect != nil {
            return TypedExpression(try collationShown(try bindExpression(call.arguments[0], in: scope), at: call.name.position), at: call.name.position)
        }
        // What the dialect's texts are made of, and no query may call.
        if call.name.text == "till_pause", call.arguments.count == 1, !expansions.isEmpty {
            try check(.volatile, "pg_sleep", at: call.name.position)
            let seconds = try implicit(try bindExpression(call.arguments[0], in: scope), to: .double, "pg_sleep")
            return TypedExpression(.call(.pause, [seconds], type: .string, position: call.name.position), at: call.name.position)
        }
        if call.name.text == "till_clock", call.arguments.isEmpty, !expansions.isEmpty {
            try check(.volatile, "clock_timestamp", at: call.name.position)
            return TypedExpression(.call(.clock, [], type: .timestampTZ, position: call.name.position), at: call.name.position)
        }
        if let made = try bindSetting(call, in: scope) { return made }
        if let named = try bindRegistered(call, in: scope) { return named }
        guard let text = context.catalog.dialect?.expression(of: call.name.text, argumentCount: call.arguments.count) else { return nil }
        guard !call.isStar, !call.isDistinct, call.orderBy.isEmpty, call.withinGroup.isEmpty, call.filter == nil else {
            throw .badSQL("\(call.name.text) is no aggregate: it takes arguments only", at: call.name.position)
        }
        // Bound again where a text names an argument twice that has a subquery.
        let bound = { [self] () throws(QueryError) -> [TypedExpression] in try numbered(try bindAll(call.arguments, in: scope), of: call.name.text, in: scope) }
        let arguments = try bound()
        let byNames = arguments.indices.contains { isNamed(arguments[$0], $0, of: call.name.text, arguments.count) } ? textByNames(call.name.text, arguments.count) : nil
        let expanded = try expand(byNames ?? text, arguments, at: call.name.position, in: scope) { (place) throws(QueryError) in try bound()[place] }
        // What a text names is a number that is written as a name.
        let registry = call.name.text.hasPrefix("to_reg") ? String(call.name.text.dropFirst(3)) : ""
        guard expanded.type == .int64, context.catalog.dialect?.isRegistry(registry) == true else { return expanded }
        dependsOnSession = true
        return TypedExpression(expanded.expression, declared: registry, at: expanded.position)
    }

    /// The arguments with numbers in the place of names, where the function means objects by them: a constant must name one.
    private func numbered(_ arguments: [TypedExpression], of function: String, in scope: ExpressionScope) throws(QueryError) -> [TypedExpression] {
        guard let dialect = context.catalog.dialect else { return arguments }
        let texts = arguments.map { argument -> String? in
            guard case .literal(.bytes(let bytes), .string) = argument.expression, bytes.first != 0 else { return nil }
            return String(word: bytes)
        }
        if let fault = dialect.fault(ofArguments: texts, of: function) { throw .badSQL(fault.message, at: arguments[fault.place].position).because(fault.cause) }
        var arguments = arguments
        // A parameter whose type nothing says is what the function takes.
        if context.parameterTypes != nil {
            for (index, type) in dialect.types(ofArgumentsOf: function, count: arguments.count).enumerated() where index < arguments.count {
                guard let type else { continue }
                if dialect.isRegistry(type), isUnknownParameter(arguments[index]) {
                    arguments[index] = try castToRegistry(arguments[index], type, dialect, at: arguments[index].position, in: scope)
                } else if !dialect.isRegistry(type) {
                    arguments[index] = try settled(arguments[index], as: type)
                }
            }
        }
        for (index, registry) in dialect.registries(ofArgumentsOf: function, count: arguments.count).enumerated() where index < arguments.count {
            guard let registry, arguments[index].type == .string else { continue }
            // A name that each row says stays one where the function can be asked by it.
            if isNamed(arguments[index], index, of: function, arguments.count), textByNames(function, arguments.count) != nil { continue }
            arguments[index] = try castToRegistry(arguments[index], registry, dialect, at: arguments[index].position, in: scope)
        }
        return arguments
    }

    /// Whether an argument is a name of what a registry has, and no constant.
    private func isNamed(_ argument: TypedExpression, _ place: Int, of function: String, _ count: Int) -> Bool {
        guard argument.type == .string, !argument.isUntyped, !argument.expression.isLiteral, let dialect = context.catalog.dialect else { return false }
        let registries = dialect.registries(ofArgumentsOf: function, count: count)
        return registries.indices.contains(place) && registries[place] != nil
    }

    /// The function's expression where names stand in place of numbers; nil of most.
    private func textByNames(_ function: String, _ count: Int) -> String? { context.catalog.dialect?.expression(of: "\(function)_by_name", argumentCount: count) }

    /// `COLLATION FOR (x)`: the collation's name as SQL writes it; NULL of a literal without a type.
    private func collationShown(_ value: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        guard value.type.leaf == .string || value.type == .null else {
            throw .badSQL("collations are not supported by values of type \(value.type.sqlName)", at: position).because(.typeMismatch)
        }
        if value.isUntyped || value.type == .null { return .null(.string) }
        let name = try collationName(of: [value.expression], at: position) ?? (declaredType(value) == "name" ? "C" : "default")
        let isPlain = name != "default" && name.utf8.allSatisfy { ($0 >= 0x61 && $0 <= 0x7A) || $0 == 0x5F }
        return .text(isPlain ? name : "\"\(name)\"")
    }

    /// `to_regclass('receipts')` and kin of a constant: as the cast, and NULL where there is none.
    private func bindRegistered(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        let registry = String(call.name.text.dropFirst(3))
        guard let dialect = context.catalog.dialect, call.name.text.hasPrefix("to_reg"), dialect.isRegistry(registry), call.arguments.count == 1,
            case .string(let name) = call.arguments[0].kind, !CombiningMarks.hasLongRun(name)
        else { return nil }
        dependsOnSession = true
        let found: Int64?
        do { found = try dialect.object(named: name, in: registry) } catch { return nil }
        return TypedExpression(.literal(found.map { .integer($0) } ?? .null, .int64), declared: registry, at: call.name.position)
    }

    /// set_config, and current_setting of a name that the text says, as the session has it before the statement.
    private func bindSetting(_ call: FunctionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard let dialect = context.catalog.dialect, ["set_config", "current_setting"].contains(call.name.text) else { return nil }
        let position = call.name.position
        if call.name.text == "set_config" {
            guard call.arguments.count == 3 else { return nil }
            dependsOnSession = true
            let values = try bindAll(call.arguments, in: scope)
            let texts = [try implicit(values[0], to: .string, "set_config"), try implicit(values[1], to: .string, "set_config")]
            return TypedExpression(.call(.setConfig, texts + [try implicit(values[2], to: .boolean, "set_config")], type: .string, position: position), at: position)
        }
        // Not a parameter whose value is still to come, which a NUL character begins.
        guard (1...2).contains(call.arguments.count), case .literal(.bytes(let bytes), .string) = folded(try bindExpression(call.arguments[0], in: scope).expression),
            !bytes.starts(with: [0])
        else { return nil }
        dependsOnSession = true
        let name = String(decoding: bytes, as: UTF8.self)
        if let value = dialect.setting(named: name) { return TypedExpression(.text(value), at: position) }
        let allowsMissing = call.arguments.count == 2
            ? folded(try implicit(try bindExpression(call.arguments[1], in: scope), to: .boolean, "current_setting")).literalValue == .boolean(true) : false
        guard allowsMissing else { throw .badSQL("there is no setting “\(name.prefix(60))”", at: position).because(.undefinedObject) }
        return TypedExpression(.null(.string), at: position)
    }

    /// Binds a function's text with its arguments in the place of `$1`, `$2` …
    ///
    /// - Parameter text: an expression with `$1`, `$2` … for the arguments, which are bound already: no name in them can mean something within it.
    /// - Throws: unsupported-sql where functions call each other more than 8 deep; faults of the text at the call.
    func expand(
        _ text: String, _ arguments: [TypedExpression], at position: Int, in scope: ExpressionScope, again: ((Int) throws(QueryError) -> TypedExpression)? = nil
    ) throws(QueryError) -> TypedExpression {
        guard expansions.count < 8 else { throw .unsupported("functions of functions go too deep", at: position) }
        dependsOnSession = true
        expansions.append(Expansion(arguments: arguments, frame: scope.frame, again: again))
        defer { expansions.removeLast() }
        do throws(QueryError) {
            let found = try bindExpression(try Parser.parseExpression(again == nil ? Self.selected(text, arguments) : text), in: scope)
            return TypedExpression(found.expression, isUntyped: found.isUntyped, declared: found.declared, at: position)
        } catch {
            // Places in the function's text mean nothing in the query's.
            throw error.moved(to: position)
        }
    }

    /// The text as it is where no argument has a subquery, which stands in a plan once; else over a row of the arguments, whose columns may be named as often as it likes.
    ///
    ///     CASE WHEN $1 = 0 THEN '-' ELSE name($1) END
    ///     (SELECT CASE WHEN till_argument.a1 = 0 THEN '-' ELSE name(till_argument.a1) END FROM (SELECT $1 AS a1) till_argument)
    private static func selected(_ text: String, _ arguments: [TypedExpression]) -> String {
        guard arguments.contains(where: { $0.expression.hasSubquery }) else { return text }
        let numbers = 1...arguments.count
        let named = numbers.reversed().reduce(text) { $0.replacing("$\($1)", with: "till_argument.a\($1)") }
        return "(SELECT \(named) FROM (SELECT \(numbers.map { "$\($0) AS a\($0)" }.joined(separator: ", "))) till_argument)"
    }

    /// Counts nodes that a plan has because an operand is mentioned once more: calls within calls would double it with each.
    ///
    /// - Throws: unsupported-sql past what copies may add to a plan.
    func countRepeated(nodes nodeCount: Int, at position: Int) throws(QueryError) {
        let left = SyntaxLimits.copiedNodeCountMax - repeatedNodeCount
        repeatedNodeCount += min(nodeCount, left)
        guard nodeCount < left else { throw .unsupported("functions and operators within each other mention what they are given too often", at: position) }
    }

    /// The same of an operand that stands there so many times more. A name or a constant doubles nothing.
    func countRepeated(_ operand: Expression, times: Int = 1, at position: Int) throws(QueryError) {
        switch operand {
        case .column, .literal: return
        default: break
        }
        guard times > 0 else { return }
        let (repeated, overflow) = nodeCounts.count(of: operand).multipliedReportingOverflow(by: times)
        try countRepeated(nodes: overflow ? .max : repeated, at: position)
    }

    /// An argument of the innermost function that is being expanded.
    func expansionArgument(_ number: Int, at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard let expansion = expansions.last, number <= expansion.arguments.count else { throw .badSQL("there is no argument $\(number)", at: position) }
        let frame = expansion.frame
        var value = expansion.arguments[number - 1]
        let isRepeated = !expansions[expansions.count - 1].named.insert(number).inserted
        if isRepeated { try countRepeated(value.expression, at: position) }
        // A subquery stands in a plan once: a further mention is bound anew.
        if isRepeated, value.expression.hasSubquery, let again = expansion.again {
            // As its caller sees it: one of the caller's arguments may stand in it.
            let own = expansions.removeLast()
            defer { expansions.append(own) }
            value = try again(number - 1)
        }
        // As a name that was found in an outer level.
        var level: BindingFrame? = scope.frame
        while let here = level, here !== frame {
            here.correlate(value.expression.columnIDs)
            level = here.parent
        }
        return value
    }

    /// The error for a name that is no function, with the nearest one that is; a function of PostgreSQL's that is not here is no misspelling.
    func unknownFunction(_ name: String, at position: Int) -> QueryError {
        if Self.givesRows(name) {
            return .unsupported(
                "\(name) gives rows: it stands in FROM and in SELECT, GROUP BY and ORDER BY, but not within CASE, COALESCE, aggregates or windows", at: position)
        }
        // What makes a value of a type that is not here is called as it.
        if let advice = UnsupportedTypes.advice[name] { return .unsupported("the type \(name.uppercased()) is not supported", at: position, hint: advice) }
        if !FunctionRegistry.absent.contains(name), let meant = NameSuggestion.closest(to: name, among: FunctionRegistry.names) {
            return .badSQL("there is no function “\(name)”", at: position, hint: "did you mean \(meant)?").because(.undefinedFunction)
        }
        return .unsupported("the function “\(name)” is not supported", at: position).because(.undefinedFunction)
    }
}

extension Binder: CallTyping {
    /// Whatever reads one of these makes the plan one of this session and moment, which is not to be used for another.
    var zone: Expression {
        dependsOnSession = true
        return .text(context.timeZone)
    }
    var isUTC: Bool {
        dependsOnSession = true
        return context.isUTC
    }
    var now: Int64 {
        dependsOnSession = true
        return context.now
    }
    var statementMoment: Int64 {
        dependsOnSession = true
        return context.session?.statementMoment() ?? context.now
    }

    /// - Throws: unsupported-sql where a value must not depend on when it is computed.
    func check(_ volatility: SQLFunction.Volatility, _ name: String, at position: Int) throws(QueryError) {
        if volatility != .immutable { dependsOnSession = true }
        if volatility != .immutable, !allowsNow { throw .unsupported("\(name) is not allowed in this expression", at: position) }
    }
}
