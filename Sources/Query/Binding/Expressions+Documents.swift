import ColumnStore

/// Operators of documents, lists and bits, and how nested values compare.
///
/// JSON and JSONB go through kernels over their bytes. Lists compare element by element, rows by `rowOrder`; both become documents where the other
/// side is one.
extension Binder {
    /// JSONB where an operator takes no other, from text constants and from lists and structs.
    private func document(_ value: TypedExpression, _ what: String) throws(QueryError) -> TypedExpression {
        if value.isUntyped || value.type == .null || value.type.isNested {
            return TypedExpression(try implicit(value, to: .jsonb, what), at: value.position)
        }
        guard value.type.isJSON else {
            throw .badSQL("\(what) does not take \(value.type.sqlName)", at: value.position, hint: value.type == .string ? "cast it with ::JSONB" : nil)
                .because(.undefinedFunction)
        }
        return value
    }

    /// JSON becomes JSONB, of which the operator has a kernel.
    private func binaryDocument(_ value: TypedExpression, _ what: String) throws(QueryError) -> Expression {
        try implicit(try document(value, what), to: .jsonb, what)
    }

    /// A path or names: a list of texts, or the text of one.
    private func names(_ value: TypedExpression, _ what: String) throws(QueryError) -> Expression {
        try FunctionCall(name: what, arguments: [value], position: value.position).textList(0, self)
    }

    /// - Throws: bad-sql for sides that the operator does not take.
    func documentOperator(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        func call(_ function: ScalarFunction, _ arguments: [Expression], _ type: ColumnType) -> Expression {
            .call(function, arguments, type: type, position: position)
        }
        let what = op.rawValue
        switch op {
        case .member, .memberText:
            let owner = try document(left, what).expression
            let isText = op == .memberText
            // A number is a place in an array, a text a member's name, also where it is written in digits.
            let byNumber = !right.isUntyped && TypeRules.isInteger(right.type)
            let key = byNumber ? right.expression : try implicit(right, to: .string, what)
            let function: ScalarFunction = byNumber ? (isText ? .jsonElementText : .jsonElement) : (isText ? .jsonMemberText : .jsonMember)
            return call(function, [owner, key], isText ? .string : owner.type)
        case .path, .pathText:
            let owner = try document(left, what).expression
            return call(op == .path ? .jsonPath : .jsonPathText, [owner, try names(right, what)], op == .path ? owner.type : .string)
        case .contains: return call(.jsonContains, [try binaryDocument(left, what), try binaryDocument(right, what)], .boolean)
        case .isContained: return call(.jsonContains, [try binaryDocument(right, what), try binaryDocument(left, what)], .boolean)
        case .hasKey: return call(.jsonHasKey, [try binaryDocument(left, what), try implicit(right, to: .string, what)], .boolean)
        case .hasAnyKey: return call(.jsonHasAnyKey, [try binaryDocument(left, what), try names(right, what)], .boolean)
        case .hasAllKeys: return call(.jsonHasAllKeys, [try binaryDocument(left, what), try names(right, what)], .boolean)
        case .withoutPath: return call(.jsonWithoutPath, [try binaryDocument(left, what), try names(right, what)], .jsonb)
        case .pathIsThere, .pathHolds:
            let path = try FunctionCall(name: what, arguments: [right], position: right.position).path(0, self)
            return call(op == .pathIsThere ? .jsonPathIsThere : .jsonPathHolds, [try binaryDocument(left, what), path], .boolean)
        case .concatenate:
            if left.type == .string, !left.isUntyped { return call(.concat, [left.expression, try text(right)], .string) }
            if right.type == .string, !right.isUntyped { return call(.concat, [try text(left), right.expression], .string) }
            return call(.jsonConcat, [try binaryDocument(left, what), try binaryDocument(right, what)], .jsonb)
        case .subtract:
            let owner = try binaryDocument(left, what)
            if TypeRules.isInteger(right.type) { return call(.jsonWithoutElement, [owner, right.expression], .jsonb) }
            if isList(right.type) { return call(.jsonWithoutMembers, [owner, try names(right, what)], .jsonb) }
            return call(.jsonWithoutMember, [owner, try implicit(right, to: .string, what)], .jsonb)
        default: throw mismatch(op, left, right, at: position)
        }
    }

    // MARK: Comparison

    /// Comparisons of lists, element by element, and of documents; nil where neither side is nested.
    ///
    /// - Throws: bad-sql for JSON, which has no equality of its own, and for a document beside another type.
    func compareNested(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression? {
        let function = Self.function(op)
        // What is described to clients as a document is one beside a text that may be one.
        let isOfDocuments = left.type.isJSON || right.type.isJSON || isDocument(left.type) && right.isUntyped || left.isUntyped && isDocument(right.type)
        if isOfDocuments {
            guard left.type != .json(isBinary: false), right.type != .json(isBinary: false) else {
                throw .badSQL("JSON does not compare", at: position, hint: "cast it with ::JSONB").because(.undefinedFunction)
            }
            for (side, other) in [(left, right), (right, left)] where !side.isUntyped && side.type != .null && !side.type.isJSON && !side.type.isNested { throw mismatch(op, side, other, at: position) }
            // Documents compare by bytes that sort as they do.
            let keys = try [left, right].map { (side) throws(QueryError) in
                Expression.call(.jsonKey, [try implicit(side, to: .jsonb, op.rawValue)], type: .binary, position: position)
            }
            return .call(function, keys, type: .boolean, position: position)
        }
        if case .structure = left.type { return try compareWhole(function, left, right, op, at: position) }
        if case .structure = right.type { return try compareWhole(function, left, right, op, at: position) }
        guard isList(left.type) || isList(right.type) else { return nil }
        try refuseUnlike(left, right, op)
        let sides = try lists(left, right, op)
        guard let sides else { return nil }
        // What is equal may be joined by.
        if op == .equal || op == .notEqual { return .call(function, [sides.0, sides.1], type: .boolean, position: position) }
        let order = Expression.call(.listOrder, [sides.0, sides.1], type: .int32, position: position)
        return .call(function, [order, .literal(.integer(0), .int32)], type: .boolean, position: position)
    }

    /// A list of structs goes out as one.
    private func isDocument(_ type: ColumnType) -> Bool { if case .list(let field) = type, case .structure = field.type { true } else { false } }

    // MARK: Rows

    /// ROW(a, b): a struct of fields f1, f2 …
    func bindRow(_ fields: [ExpressionSyntax], at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard !fields.isEmpty else { throw .unsupported("a row without fields is not supported", at: position) }
        var values: [Expression] = []
        for syntax in fields {
            // `t.*` stands for all columns of the table.
            if case .star(let qualifier) = syntax.kind, !qualifier.isEmpty {
                values += try expandStar(qualifier, at: syntax.position, in: scope.frame).map(\.expression)
                continue
            }
            let field = try written(try bindExpression(syntax, in: scope), in: scope)
            values.append(field.isUntyped || field.type == .null ? try implicit(field, to: .string, "ROW") : field.expression)
        }
        let row = row(values, at: position)
        try checkFields(of: row.type, at: position)
        return TypedExpression(row, declared: "record", at: position)
    }

    /// Fields in all depths of a row that a statement makes. Each is a column of its own in memory, and rows of rows double with every level.
    private static let fieldCountMax = 4_096

    /// - Throws: unsupported-sql for a type that has more. Of what is stored nobody asks it.
    func checkFields(of type: ColumnType, at position: Int?) throws(QueryError) {
        guard type.hasMoreFields(than: Self.fieldCountMax) else { return }
        throw .unsupported("a row has at most \(Self.fieldCountMax) fields, those of the rows within it among them", at: position)
    }

    private func row(_ values: [Expression], at position: Int) -> Expression {
        let fields = values.enumerated().map { Field("f\($0.offset + 1)", $0.element.type) }
        return .call(.makeRow, values, type: .structure(fields), position: position)
    }

    /// Whole rows, as PostgreSQL compares values of them: NULL fields are alike and above all others; NULL where a row is.
    private func compareWhole(
        _ function: ScalarFunction, _ left: TypedExpression, _ right: TypedExpression, _ op: ExpressionSyntax.BinaryOperator, at position: Int
    ) throws(QueryError) -> Expression {
        guard case .structure(let one) = left.type, case .structure(let other) = right.type else {
            throw .badSQL("a row compares with a row only", at: position).because(.undefinedFunction)
        }
        guard one.count == other.count else { throw .badSQL("these rows have \(one.count) and \(other.count) columns", at: position) }
        // Of a row that is no call each field is taken, and whether it is NULL.
        func taken(_ row: Expression, _ place: Int) throws(QueryError) -> Expression {
            if isRowCall(row) { return row }
            try countRepeated(row, times: row.isDrawn ? one.count + 1 : one.count, at: position)
            return row.drawnOnce(place, at: position)
        }
        let rows = (try taken(left.expression, 0), try taken(right.expression, 1))
        let sides = try wholeRows(rows.0, rows.1, op, at: position)
        let order = Expression.call(.rowOrder, [sides.0, sides.1], type: .int32, position: position)
        let test = Expression.call(function, [order, .literal(.integer(0), .int32)], type: .boolean, position: position)
        func isAbsent(_ rows: [Expression]) -> Expression { rows.count == 1 ? .isNull(rows[0]) : .or(rows.map { Expression.isNull($0) }) }
        let given = [left.expression, right.expression]
        let own = zip(given, [rows.0, rows.1]).filter { !isRowCall($0.0) && !$0.0.isDrawn }.map { $0.1 }
        // What a CASE around draws is asked outside of the one here, where that CASE looks for it.
        let others = given.filter(\.isDrawn)
        var result = test
        if !own.isEmpty { result = .conditional(branches: [.init(condition: isAbsent(own), result: .null(.boolean))], otherwise: test, type: .boolean) }
        if !others.isEmpty { result = .or([.and([isAbsent(others), .null(.boolean)]), .and([.not(isAbsent(others)), result])]) }
        return result
    }

    /// A row that is written is not NULL, whatever its fields are.
    func isRowCall(_ value: Expression) -> Bool {
        if case .call(.makeRow, _, _, _) = value { true } else { false }
    }

    /// Rows that are written, with NULLs of the types that others have in their places: as a field, too, a NULL has none of its own.
    func rowsMet(_ rows: [Expression]) -> [Expression] {
        func types(_ row: Expression) -> [ColumnType] { if case .structure(let fields) = row.type { fields.map(\.type) } else { [] } }
        func isOpen(_ value: Expression) -> Bool { if case .literal(.null, _) = value { true } else { false } }
        let widths = Set(rows.filter { $0.type != .null }.map { types($0).count })
        guard widths.count == 1, let width = widths.first, width > 0, rows.contains(where: isRowCall) else { return rows }
        var values = rows.map { row -> [Expression]? in if case .call(.makeRow, let values, _, _) = row { values } else { nil } }
        for place in 0..<width {
            let within = values.indices.filter { index in values[index].map { isRowCall($0[place]) } ?? false }
            for (index, row) in zip(within, rowsMet(within.compactMap { values[$0]?[place] })) { values[index]?[place] = row }
            var type: ColumnType?
            for (row, own) in zip(rows, values) where type == nil && row.type != .null {
                if let own { type = isOpen(own[place]) ? nil : own[place].type } else { type = types(row)[place] }
            }
            guard let type else { continue }
            for (index, own) in values.enumerated() {
                if let own, isOpen(own[place]) { values[index]?[place] = Expression.null(type) }
            }
        }
        return zip(rows, values).map { row, values -> Expression in
            guard let values, case .call(_, _, .structure(let fields), let position) = row else { return row }
            return .call(.makeRow, values, type: .structure(zip(fields, values).map { $0.type == $1.type ? $0 : Field($0.name, $1.type) }), position: position)
        }
    }

    func rowsMet(_ items: [TypedExpression]) -> [TypedExpression] {
        guard items.contains(where: { isRowCall($0.expression) }) else { return items }
        return zip(items, rowsMet(items.map(\.expression))).map { TypedExpression($1, isUntyped: $0.isUntyped, declared: $0.declared, at: $0.position) }
    }

    /// Both with fields of the same types.
    private func wholeRows(
        _ left: Expression, _ right: Expression, _ op: ExpressionSyntax.BinaryOperator, at position: Int
    ) throws(QueryError) -> (Expression, Expression) {
        var sides: ([Expression], [Expression]) = ([], [])
        for (one, other) in zip(fields(of: left), fields(of: right)) {
            let pair: (Expression, Expression)
            if case .structure(let some) = one.type, case .structure(let others) = other.type, some.count == others.count {
                pair = try wholeRows(one, other, op, at: position)
            } else {
                pair = try comparable(TypedExpression(one, at: position), TypedExpression(other, at: position), op.rawValue, at: position)
            }
            sides.0.append(pair.0)
            sides.1.append(pair.1)
        }
        return (row(sides.0, at: position), row(sides.1, at: position))
    }

    /// The fields' values, without making a row of them where it is written.
    private func fields(of row: Expression) -> [Expression] {
        if case .call(.makeRow, let values, _, _) = row { return values }
        guard case .structure(let fields) = row.type else { return [] }
        return fields.map { .member(row, name: $0.name, type: $0.type) }
    }

    // MARK: Lists of one type

    /// Both sides as lists of one type, whose elements compare; nil where one is no list.
    private func lists(
        _ left: TypedExpression, _ right: TypedExpression, _ op: ExpressionSyntax.BinaryOperator
    ) throws(QueryError) -> (Expression, Expression)? {
        func list(_ value: TypedExpression, like other: TypedExpression) throws(QueryError) -> TypedExpression? {
            let value = try withOwnDigits(value, beside: other.type)
            if isList(value.type) { return value }
            guard value.isUntyped || value.type == .null else { return nil }
            return TypedExpression(try castToList(value, as: other.type), at: value.position)
        }
        let (left, right) = realsWidened(left, right)
        guard let one = try list(left, like: right), let other = try list(right, like: left) else { return nil }
        guard let type = TypeRules.common(one.type, other.type), case .list(let field) = type, TypeRules.isComparable(field.type) else {
            throw .badSQL("\(op.rawValue) does not take \(one.type.sqlName) and \(other.type.sqlName)", at: left.position).because(.undefinedFunction)
        }
        let element = ColumnType.listOf(TypeRules.widened(field.type))
        return (listCast(one.expression, element), listCast(other.expression, element))
    }

    /// PostgreSQL compares lists of one type alone: there is no `integer[] = bigint[]`, and no `real[] = double precision[]`. Functions that are texts of the dialect may,
    /// and what is kept, which may be older than the rule: views, rules of types, conditions.
    private func refuseUnlike(_ left: TypedExpression, _ right: TypedExpression, _ op: ExpressionSyntax.BinaryOperator) throws(QueryError) {
        guard expansions.isEmpty, !isOfKeptText, !left.isUntyped, !right.isUntyped, isList(left.type), isList(right.type), !isVector(left), !isVector(right) else { return }
        let one = left.type.leaf, other = right.type.leaf
        guard one != .null, other != .null, !one.isNested, !other.isNested, isUnlike(one, other) || isOfReals(left) != isOfReals(right) && one == other else { return }
        func name(_ value: TypedExpression) -> String { isOfReals(value) ? "REAL[]" : value.type.sqlName }
        throw .badSQL("\(op.rawValue) does not take \(name(left)) and \(name(right))", at: left.position, hint: "cast one side to the type of the other").because(.undefinedFunction)
    }

    /// Whether values of both are not of one type, of whatever digits. What is NUMERIC there may be DOUBLE here: those go together.
    private func isUnlike(_ one: ColumnType, _ other: ColumnType) -> Bool {
        switch (one, other) {
        case (.decimal, .decimal), (.decimal, .double), (.double, .decimal): false
        case (.timestamp(let isUTC), .timestampNanoseconds(let isOtherUTC)), (.timestampNanoseconds(let isUTC), .timestamp(let isOtherUTC)): isUTC != isOtherUTC
        default: one != other
        }
    }

    /// Without a cast where the types differ in the ids of fields alone.
    private func listCast(_ value: Expression, _ type: ColumnType) -> Expression {
        if value.type.withoutIDs == type { return value }
        if case .literal(.null, _) = value { return .null(type) }
        return .cast(value, to: type, position: nil)
    }

    /// A literal as the list that its place wants.
    func castToList(_ value: TypedExpression, as type: ColumnType) throws(QueryError) -> Expression {
        guard case .list(let field) = type, value.isUntyped, case .literal(.bytes(let bytes), _) = value.expression else { return .null(type) }
        if let types = context.parameterTypes, let number = ParameterTypes.number(bytes) {
            types.settle(number, as: type)
            return .null(type)
        }
        guard let items = ArrayText.elements(bytes) else { throw ArrayText.fault(of: bytes, at: value.position) }
        // Each as a constant of its own: what moments and days say depends on the session.
        var elements: [Expression] = [], values: [Value] = []
        for item in items {
            let element: Expression = if let item { try read(Array(item.utf8), as: field.type, at: value.position) } else { .null(field.type) }
            elements.append(element)
            if case .literal(let literal, _) = element { values.append(literal) }
        }
        guard values.count == elements.count else { return .call(.makeList, elements, type: .listOf(field.type), position: value.position) }
        return .literal(.list(values), .listOf(field.type))
    }

    // MARK: Lists

    /// `@>`, `<@` and `&&` of lists.
    func listOperator(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        // Lists of several dimensions are all their values.
        func flat(_ value: TypedExpression) -> TypedExpression {
            value.type.dimensionCount > 1 ? TypedExpression(value.expression.flat(at: value.position), at: value.position) : value
        }
        try refuseUnlike(left, right, op)
        guard let sides = try lists(flat(left), flat(right), op) else { throw mismatch(op, left, right, at: position) }
        switch op {
        case .contains: return .call(.listContains, [sides.0, sides.1], type: .boolean, position: position)
        case .isContained: return .call(.listContains, [sides.1, sides.0], type: .boolean, position: position)
        default: return .call(.listOverlaps, [sides.0, sides.1], type: .boolean, position: position)
        }
    }

    /// `||` of two lists, or of a list and an element before or behind it.
    func joinedLists(_ left: TypedExpression, _ right: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        let (left, right) = realsWidened(left, right)
        func element(_ type: ColumnType) -> ColumnType? {
            if case .list(let field) = type { field.type } else { nil }
        }
        func part(_ value: TypedExpression, _ other: ColumnType) throws(QueryError) -> (Expression, ColumnType) {
            let value = try withOwnDigits(value, beside: .listOf(other))
            if let own = element(value.type) { return (value.expression, own) }
            // A text without a type is a list as it is written, NULL one that is NULL.
            if value.isUntyped || value.type == .null {
                let list = try castToList(value, as: .listOf(other))
                return (list, other)
            }
            return (.call(.makeList, [value.expression], type: .listOf(value.type), position: position), value.type)
        }
        guard let known = element(left.type) ?? element(right.type) else { throw mismatch(.concatenate, left, right, at: position) }
        let (one, oneType) = try part(left, known), (other, otherType) = try part(right, known)
        // A list beside one of a dimension more is its first element, or its last; an empty one is nothing.
        if let own = element(otherType), let common = TypeRules.common(oneType, own), element(oneType) == nil, isList(left.type) {
            let type = ColumnType.listOf(.listOf(TypeRules.widened(common)))
            let single = Expression.call(.listRow, [listCast(one, .listOf(TypeRules.widened(common)))], type: type, position: position)
            return .call(joining(type), [single, listCast(other, type)], type: type, position: position)
        }
        if let own = element(oneType), let common = TypeRules.common(own, otherType), element(otherType) == nil, isList(right.type) {
            let type = ColumnType.listOf(.listOf(TypeRules.widened(common)))
            let single = Expression.call(.listRow, [listCast(other, .listOf(TypeRules.widened(common)))], type: type, position: position)
            return .call(joining(type), [listCast(one, type), single], type: type, position: position)
        }
        guard let common = TypeRules.common(oneType, otherType) else {
            // Of elements that go together the dimensions do not.
            guard isList(left.type), isList(right.type), left.type.dimensionCount != right.type.dimensionCount, TypeRules.common(left.type.leaf, right.type.leaf) != nil else {
                throw mismatch(.concatenate, left, right, at: position)
            }
            throw .badSQL("|| joins lists of as many dimensions, or of one more", at: position).because(.badSubscript)
        }
        let type = ColumnType.listOf(TypeRules.widened(common))
        return .call(joining(type), [listCast(one, type), listCast(other, type)], type: type, position: position)
    }

    /// Lists of lists are arrays of several dimensions; lists of documents' lists are no such thing, and have any lengths.
    private func joining(_ type: ColumnType) -> ScalarFunction { type.dimensionCount > 1 && !type.holdsRows ? .listJoinRows : .listJoin }

    // MARK: Bits and signs

    /// Shifts keep the left side's type; the others take the larger of both.
    func bits(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        let isShift = op == .shiftLeft || op == .shiftRight
        func whole(_ value: TypedExpression, like other: TypedExpression) throws(QueryError) -> TypedExpression {
            guard value.isUntyped || value.type == .null else { return value }
            let type: ColumnType = TypeRules.isInteger(other.type) && !isShift ? other.type : .int32
            return TypedExpression(try implicit(value, to: type, op.rawValue), at: value.position)
        }
        let sides = (try whole(left, like: right), try whole(right, like: left))
        guard TypeRules.isInteger(sides.0.type), TypeRules.isInteger(sides.1.type) else { throw mismatch(op, left, right, at: position) }
        let type = isShift ? sides.0.type : TypeRules.commonNumber(sides.0.type, sides.1.type)
        let function: ScalarFunction = switch op {
        case .bitAnd: .bitAnd
        case .bitOr: .bitOr
        case .bitXor: .bitXor
        case .shiftLeft: .shiftLeft
        default: .shiftRight
        }
        let arguments = [try cast(sides.0, to: type, isExplicit: false), isShift ? sides.1.expression : try cast(sides.1, to: type, isExplicit: false)]
        let result = Expression.call(function, arguments, type: type, position: position)
        // A literal without type is one of the other side's.
        let declared = Set([left, right].prefix(isShift ? 1 : 2).filter { !$0.isUntyped && $0.type != .null }.map { declaredType($0) })
        return declared == ["int2"] ? .call(.wrappedInteger, [result], type: type, position: position) : result
    }

    /// `@`, `|/` and `||/` are their functions; `~` is for integers.
    ///
    /// - Throws: bad-sql for what they do not take.
    func prefixOperator(_ op: ExpressionSyntax.UnaryOperator, _ value: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        func called(_ function: SQLFunction, _ name: String) throws(QueryError) -> Expression {
            try function.bound(FunctionCall(name: name, arguments: [op == .magnitude ? value : widened(value)], position: position), self)
        }
        switch op {
        case .magnitude: return try called(.abs, "@")
        case .squareRoot: return try called(.sqrt, "|/")
        case .cubeRoot: return try called(.cbrt, "||/")
        default:
            if isBits(value) { return .call(.bitsNot, [value.expression], type: .string, position: position) }
            guard TypeRules.isInteger(value.type) else { throw .badSQL("~ needs an integer, not \(value.type.sqlName)", at: position).because(.undefinedFunction) }
            return .call(.bitNot, [value.expression], type: value.type, position: position)
        }
    }
}

/// What PostgreSQL calls lists where the types here do not tell: SMALLINT[] and NAME[] are kept as INTEGER[] and VARCHAR[].
extension Binder {
    /// Follows the name of an element's type in that of its list.
    private static let suffix = "[]"

    /// Of a list of what is called so; lists of lists are called as lists are.
    static func listDeclaration(of element: String?) -> String? {
        guard let element else { return nil }
        return element.hasSuffix(suffix) ? element : DeclaredType.hasLists(element) ? element + suffix : nil
    }

    /// Of the elements of a list.
    func elementDeclaration(of list: TypedExpression) -> String? {
        if let element = vectorElement(of: list) { return element }
        guard let declared = declaredType(list), declared.hasSuffix(Self.suffix) else { return nil }
        return list.type.dimensionCount > 1 ? declared : String(declared.dropLast(Self.suffix.count))
    }

    /// Of the values that a list is made of: what all are called that have a type.
    func listDeclaration(of values: [TypedExpression]) -> String? {
        if realsThatMeet(values) == .kept { return Self.listDeclaration(of: "float4") }
        let declared = Set(values.filter { !$0.isUntyped && $0.type != .null }.map { declaredType($0) })
        guard declared.count == 1, let common = declared.first, let common else { return nil }
        declareParameters(among: values, as: common)
        return Self.listDeclaration(of: common)
    }

    /// Of the list that a cast makes.
    func listDeclaration(of type: TypeNameSyntax) throws(QueryError) -> String? {
        if context.catalog.dialect?.isRegistry(type.name) == true { return Self.listDeclaration(of: type.name) }
        let target = try target(TypeNameSyntax(name: type.name, modifiers: type.modifiers, isArray: false, position: type.position))
        return Self.listDeclaration(of: target.declaredName)
    }

    /// Functions whose result is a list like the one that is given, as long as the values beside it are of its kind.
    private static let keepingLists: Set<String> = ["array_append", "array_prepend", "array_cat", "array_remove", "array_replace", "trim_array"]

    /// Of what a function makes of lists; nil where it says nothing.
    func listDeclaration(of function: String, _ arguments: [TypedExpression]) -> String? {
        if function == "xpath" { return Self.listDeclaration(of: "xml") }
        if function == "array_fill", let value = arguments.first { return Self.listDeclaration(of: declaredType(value)) }
        guard Self.keepingLists.contains(function) else { return nil }
        return commonList(function == "trim_array" ? Array(arguments.prefix(1)) : arguments)
    }

    /// What lists, and values that go into them, are called in common.
    func commonList(_ values: [TypedExpression]) -> String? {
        if takesReals(values) { return Self.listDeclaration(of: "float4") }
        let declared = Set(values.filter { !$0.isUntyped && $0.type != .null }.map { Self.listDeclaration(of: declaredType($0)) })
        return declared.count == 1 ? declared.first ?? nil : nil
    }

    /// A list cast element by element, with what the type does to each value.
    func eachElement(of list: Expression, from source: TypedExpression, as target: TypeNames.Target) -> Expression {
        func call(_ function: ScalarFunction, _ list: Expression, _ number: Int? = nil) -> Expression {
            .call(function, [list] + (number.map { [.literal(.integer(Int64($0)), .int32)] } ?? []), type: list.type, position: source.position)
        }
        var list = list
        switch target.declared {
        case "name": list = call(.systemNames, list)
        case "char": list = call(.systemLetters, list)
        default: break
        }
        if let digits = target.secondDigits { list = call(target.type == .interval ? .roundIntervals : .roundMoments, list, digits) }
        switch target.narrow {
        case .int16: return call(.narrowIntegers, list)
        case .float32: return call(.narrowReals, list)
        case nil: break
        }
        guard let length = target.lengthMax else { return list }
        let cut = call(.leftOfEach, list, length)
        return target.isPadded ? call(.trimEach, cut) : cut
    }

    /// A list of REAL as one of DOUBLE: as numbers of their own its values are what they are exactly.
    func wideList(_ value: TypedExpression, to target: TypeNames.Target) -> TypedExpression {
        guard isOfReals(value), target.type == .double, target.narrow == nil else { return value }
        return wideList(value)
    }

    private func wideList(_ value: TypedExpression) -> TypedExpression {
        TypedExpression(folded(.call(.wideReals, [value.expression], type: value.type, position: value.position)), at: value.position)
    }

    /// Whether a list's values, in however many dimensions, are REAL.
    func isOfReals(_ list: TypedExpression) -> Bool {
        list.type.dimensionCount > 0 && list.type.leaf == .double && declaredType(list) == Self.listDeclaration(of: "float4")
    }

    /// Whether it is a REAL, or a list of them.
    private func isReal(_ value: TypedExpression) -> Bool { isOfReals(value) || value.type == .double && declaredType(value) == "float4" }

    /// Whether REALs, or lists of them, go together with whole numbers and decimals alone: those are REAL then, too.
    private func takesReals(_ values: [TypedExpression]) -> Bool {
        let typed = values.filter { !$0.isUntyped && $0.type != .null }
        return typed.contains(where: isReal) && typed.allSatisfy { isReal($0) || TypeRules.isNumeric($0.type.leaf) && $0.type.leaf != .double }
    }

    /// A list that was joined of both, whose values are REAL where they go by REAL.
    func realsKept(_ list: Expression, _ left: TypedExpression, _ right: TypedExpression, at position: Int) -> Expression {
        guard takesReals([left, right]), list.type.leaf == .double, ![left, right].allSatisfy({ $0.isUntyped || isReal($0) }) else { return list }
        return .call(.narrowReals, [list], type: list.type, position: position)
    }

    /// Two sides that become one list, or are compared as lists: REALs beside DOUBLEs are what they are exactly.
    private func realsWidened(_ left: TypedExpression, _ right: TypedExpression) -> (TypedExpression, TypedExpression) {
        func isDouble(_ value: TypedExpression) -> Bool { !value.isUntyped && value.type.leaf == .double && !isReal(value) }
        func wide(_ value: TypedExpression) -> TypedExpression { isOfReals(value) ? wideList(value) : widened(value) }
        if isReal(left), isDouble(right) { return (wide(left), right) }
        if isReal(right), isDouble(left) { return (left, wide(right)) }
        return (left, right)
    }

    /// A REAL as what it shows: a text in its own form, and a NUMERIC of six digits; lists of them as lists of such texts, or as the text of a list. Nil of anything else.
    func realShown(_ value: TypedExpression, as type: ColumnType) -> Expression? {
        if type.leaf == .string, isOfReals(value) {
            let texts = Expression.call(.realTexts, [value.expression], type: ScalarFunction.typeOfTexts(value.type), position: value.position)
            return type == .string ? .cast(texts, to: .string, position: value.position) : texts
        }
        guard value.type == .double, declaredType(value) == "float4" else { return nil }
        if type == .string { return .call(.realText, [value.expression], type: .string, position: value.position) }
        return TypeRules.isDecimal(type) ? .cast(sixDigits(value), to: type, position: value.position) : nil
    }

    func sixDigits(_ value: TypedExpression) -> Expression { .call(.sixDigits, [value.expression], type: .double, position: value.position) }

    /// What becomes of REALs beside values of other types, as which both are kept: nil where there are none, or nothing else.
    enum Reals {
        /// A DOUBLE among them: what each REAL is exactly.
        case widened
        /// Whole numbers and decimals among them are REAL, too.
        case kept
    }

    /// As `Reals` says; nil as well where one of them is no number.
    func realsThatMeet(_ items: [TypedExpression]) -> Reals? {
        let typed = items.filter { !$0.isUntyped && $0.type != .null }
        let others = typed.filter { declaredType($0) != "float4" || $0.type != .double }
        guard others.count < typed.count, !others.isEmpty else { return nil }
        if others.contains(where: { $0.type == .double }) { return .widened }
        return others.allSatisfy { TypeRules.isNumeric($0.type) } ? .kept : nil
    }
}
