import ColumnStore

/// Casts: what happens unasked, what must be asked for, and what never happens.
///
/// | | asked | unasked |
/// | --- | --- | --- |
/// | a literal without a type | read as the type | read as the type |
/// | a widening cast | yes | yes |
/// | a narrowing one, to or from text | yes | bad-sql, with a hint |
/// | types without a cast | bad-sql | bad-sql |
///
/// Types that PostgreSQL has and the plan has not (SMALLINT, REAL, CHAR(n), NAME, OID …) are kept as the nearest one, and their name goes along as
/// `declared`; a cast to such a type does to the value what it would do there.
///
/// PostgreSQL 15's documentation, chapter 10.
extension Binder {
    /// `value` where `type` is wanted: an untyped literal is read as it, a number widened.
    ///
    /// - Throws: bad-sql when the cast would have to be written.
    func implicit(_ value: TypedExpression, to type: ColumnType, _ what: String) throws(QueryError) -> Expression {
        if value.isUntyped || value.type == type { return try cast(value, to: type, isExplicit: false) }
        guard TypeRules.cast(from: value.type, to: type) == .implicit else {
            throw .badSQL(
                "\(what) needs \(type.sqlName), not \(value.type.sqlName)", at: value.position,
                hint: TypeRules.cast(from: value.type, to: type) == .none ? nil : "cast it with ::\(type.sqlName)")
                .because(Self.isCalled(what) ? .undefinedFunction : .typeMismatch)
        }
        return try cast(value, to: type, isExplicit: false)
    }

    /// What does not fit a function or an operator is to PostgreSQL one that is not there; a clause, CASE, AND or a place in a list wants its type.
    private static func isCalled(_ what: String) -> Bool {
        switch what {
        case "LIKE", "ILIKE", "AT TIME ZONE": true
        case "a frame": false
        // Clauses are named in capitals, places as `[…]`.
        default: what.utf8.first.map { !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) && $0 != UInt8(ascii: "[") } ?? false
        }
    }

    /// - Throws: bad-sql for types without a cast and unknown types; data-error for a constant that is no value of the type.
    func bindCast(_ operand: ExpressionSyntax, _ type: TypeNameSyntax, at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        if type.isArray { return TypedExpression(try bindArrayCast(operand, type, in: scope), declared: try listDeclaration(of: type), at: position) }
        if type.name.hasPrefix("_"), type.modifiers.isEmpty {
            // As PostgreSQL's catalog calls the type of a list.
            return try bindCast(operand, TypeNameSyntax(name: String(type.name.dropFirst()), modifiers: [], isArray: true, position: type.position), at: position, in: scope)
        }
        if let vector = try bindVectorCast(operand, type, at: position, in: scope) { return vector }
        var value = try bindExpression(operand, in: scope)
        if let dialect = context.catalog.dialect, dialect.isRegistry(type.name) { return try castToRegistry(value, type.name, dialect, at: position, in: scope) }
        // A row is a record already.
        if type.name == "record", declaredType(value) == "record" { return value }
        let target = try target(type)
        if target.type == .string { value = try asDocument(try written(value, in: scope)) }
        if let name = target.isPadded ? target.declared : target.declaredName, let number = unknownParameter(value) { context.parameterTypes?.declare(number, as: name) }
        var result = try castExplicitly(value, to: target)
        if target.type == .string, !target.isPadded, case .column = result, declaredType(value).flatMap(TypeNames.paddedLength) != nil {
            // The column is shown with its blanks; this is another value, which has none.
            result = .call(.trimTrailing, [result], type: .string, position: position)
        }
        // A column that is called otherwise, as a NAME is, is a TEXT from here on, and an OID cast to BIGINT is one.
        let isPlain = target.declaredName == nil && declaredType(value) != nil
        // No plain column any more, so that no declared name is found for it; folded away again.
        if isPlain, case .column = result { result = .coalesce([result], type: result.type) }
        let isText = isPlain && target.type == .string
        return TypedExpression(result, declared: isText ? "text" : target.declaredName, at: position)
    }

    /// `ARRAY['text'::regtype]::oidvector`, as Rails looks for a function by what it takes, and `'25 23'::oidvector`; nil of other types.
    private func bindVectorCast(_ operand: ExpressionSyntax, _ type: TypeNameSyntax, at position: Int, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard context.catalog.dialect != nil, type.modifiers.isEmpty, type.name == "oidvector" || type.name == "int2vector" else { return nil }
        var list = operand
        if case .string(let text) = operand.kind { list = ExpressionSyntax(kind: .string(Self.listOfVector(text)), position: operand.position, height: operand.height) }
        let element = TypeNameSyntax(name: type.name == "oidvector" ? "oid" : "int2", modifiers: [], isArray: true, position: type.position)
        return TypedExpression(try bindArrayCast(list, element, in: scope), declared: type.name, at: position)
    }

    /// `25 23`, as vectors are written, as a list is: `{"25","23"}`.
    private static func listOfVector(_ text: String) -> String { "{\(text.split(whereSeparator: \.isWhitespace).map { "\"\($0)\"" }.joined(separator: ","))}" }

    /// An untyped literal beside a vector is one: `proargtypes = '25 23'`, as HeidiSQL looks for a function.
    func vectorBeside(_ value: TypedExpression, _ other: TypedExpression) -> TypedExpression {
        guard value.isUntyped, !isUnknownParameter(value), isVector(other), case .literal(.bytes(let text), _) = value.expression else { return value }
        return TypedExpression(.text(Self.listOfVector(String(decoding: text, as: UTF8.self))), isUntyped: true, at: value.position)
    }

    /// The name that a number of a registry stands for, as a text; nil of any other value.
    func registered(_ value: TypedExpression, in scope: ExpressionScope) throws(QueryError) -> TypedExpression? {
        guard let dialect = context.catalog.dialect, value.type == .int64, let registry = declaredType(value), dialect.isRegistry(registry),
            let text = dialect.expression(of: "\(registry)_name", argumentCount: 1)
        else { return nil }
        return try expand(text, [value], at: value.position, in: scope)
    }

    /// A type's name, the dialect's among them.
    func target(_ type: TypeNameSyntax) throws(QueryError) -> TypeNames.Target {
        if !type.isArray, type.modifiers.isEmpty, let own = context.catalog.dialect?.type(named: type.name) { return TypeNames.Target(type: own, declared: type.name) }
        return try TypeNames.target(type)
    }

    /// A value that is written by its name where a text is made of it: the name of a number of a registry, all others as they are.
    func written(_ value: TypedExpression, in scope: ExpressionScope) throws(QueryError) -> TypedExpression { try registered(value, in: scope) ?? value }

    /// Whether it is a list of structs, which is described to clients as a document. A view's text means the same at every door.
    private func isToldAsDocument(_ value: TypedExpression) -> Bool {
        guard context.catalog.dialect != nil, openViews.isEmpty, case .list = value.type else { return false }
        return value.type.holdsRows && declaredType(value) != "record[]"
    }

    /// Such a list as that document, whose text Metabase measures; all other values as they are.
    private func asDocument(_ value: TypedExpression) throws(QueryError) -> TypedExpression {
        isToldAsDocument(value) ? TypedExpression(try cast(value, to: .jsonb, isExplicit: true), at: value.position) : value
    }

    /// Such lists as documents where one of another kind may stand in their place: `coalesce(lines, '[]')`.
    func asDocuments(_ items: [TypedExpression]) throws(QueryError) -> [TypedExpression] {
        guard items.contains(where: { $0.type == .jsonb || $0.isUntyped && $0.type != .null }), items.contains(where: isToldAsDocument) else { return items }
        var documents: [TypedExpression] = []
        for item in items { documents.append(try asDocument(item)) }
        return documents
    }

    /// The same, and of a list of such numbers the list of the names.
    func writtenWhole(_ value: TypedExpression, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        guard let dialect = context.catalog.dialect, case .list(let element) = value.type, element.type == .int64, let registry = elementDeclaration(of: value), dialect.isRegistry(registry)
        else { return try written(value, in: scope) }
        return try expand("CASE WHEN $1 IS NOT NULL THEN ARRAY(SELECT u.x::text FROM unnest($1) AS u(x)) END", [value], at: value.position, in: scope)
    }

    /// `'receipts'::regclass` and `oid::regclass` are numbers, which the door shows as names.
    func castToRegistry(
        _ value: TypedExpression, _ registry: String, _ dialect: any CatalogDialect, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> TypedExpression {
        // Its answer has names, which the session's path and the store's relations say.
        dependsOnSession = true
        if value.isUntyped, case .literal(.bytes(let text), _) = value.expression {
            if let number = unknownParameter(value) {
                // The door knows the number of what a name says.
                context.parameterTypes?.declare(number, as: registry)
                _ = try cast(value, to: .int64, isExplicit: true)
                return TypedExpression(.null(.int64), declared: registry, at: position)
            }
            return TypedExpression(try registryNumber(String(decoding: text, as: UTF8.self), in: registry, dialect, at: value.position), declared: registry, at: position)
        }
        if declaredType(value) == registry { return value }
        guard value.type == .string else {
            guard value.type == .null || TypeRules.isInteger(value.type) else {
                throw .badSQL("\(value.type.sqlName) cannot be cast to \(registry)", at: value.position).because(.noCast)
            }
            return TypedExpression(try implicit(value, to: .int64, registry), declared: registry, at: position)
        }
        let number = Expression.call(registryCast(of: value, registry, dialect), [value.expression], type: .int64, position: position)
        return TypedExpression(folded(number), declared: registry, at: position)
    }

    /// Made once: a key and what is selected are the same where they are casts of the same text.
    private func registryCast(of value: TypedExpression, _ registry: String, _ dialect: any CatalogDialect) -> ScalarFunction {
        let declared = declaredType(value).map(DeclaredType.withoutLength)
        let isNameAlone = registry == "regclass" && (declared == nil || declared == "text" || declared == "varchar")
        let name = RegistryName(registry: registry, dialect: dialect, isNameAlone: isNameAlone)
        let key = isNameAlone ? "\(registry) of text" : registry
        if let known = registryCasts[key] { return known }
        let made = ScalarFunction.registered(name)
        registryCasts[key] = made
        return made
    }

    /// A list of names or numbers as one of numbers: written, or as the text of a list.
    func castToRegistries(
        _ operand: ExpressionSyntax, _ registry: String, _ dialect: any CatalogDialect, at position: Int, in scope: ExpressionScope
    ) throws(QueryError) -> Expression {
        let type = ColumnType.list(element: Field("element", .int64))
        func list(_ items: [TypedExpression]) throws(QueryError) -> Expression {
            var numbers: [Expression] = []
            for item in items { numbers.append(item.type == .null ? .null(.int64) : try castToRegistry(item, registry, dialect, at: position, in: scope).expression) }
            return .call(.makeList, numbers, type: type, position: position)
        }
        dependsOnSession = true
        if case .array(let items) = operand.kind { return try list(try bindAll(items, in: scope)) }
        let value = try bindExpression(operand, in: scope)
        if value.type == .null { return .null(type) }
        guard value.isUntyped, case .literal(.bytes(let text), _) = value.expression else { return try cast(value, to: type, isExplicit: true) }
        if let number = unknownParameter(value) {
            context.parameterTypes?.declare(number, as: registry + "[]")
            return try cast(value, to: type, isExplicit: true)
        }
        guard let items = ArrayText.elements(text) else { throw ArrayText.fault(of: text, at: position) }
        return try list(items.map { $0.map { TypedExpression(.text($0), isUntyped: true, at: position) } ?? TypedExpression(.null(.null), at: position) })
    }

    /// What a constant names, as its number.
    private func registryNumber(_ text: String, in registry: String, _ dialect: any CatalogDialect, at position: Int) throws(QueryError) -> Expression {
        dependsOnSession = true
        let name = RegistryName(registry: registry, dialect: dialect)
        do throws(RegistryName.Fault) {
            return .literal(.integer(try name.number(of: text)), .int64)
        } catch {
            let reason = name.reason(error, text)
            switch error {
            case .outOfRange: throw .overflow(reason, at: position)
            case .tooManyMarks, .unreadable: throw .data(reason, at: position)
            case .otherDatabase: throw .unsupported(reason, at: position)
            case .failed(let error): throw error
            case .missing, .noSchema: throw name.cause(error).map { QueryError.badSQL(reason, at: position).because($0) } ?? .badSQL(reason, at: position)
            }
        }
    }

    static let typesOfCatalogs: Set<String> = ["oid", "xid", "int2", "float4", "name", "char"]

    /// What a parameter is declared as that is compared with such a value; nil where its type says all. A number that is written as a name has the operators of plain ones.
    static func declaredBeside(_ declared: String?) -> String? {
        guard let declared else { return nil }
        if DeclaredType.isNumber(declared) { return "oid" }
        return typesOfCatalogs.contains(declared) ? declared : nil
    }

    private func isVarchar(_ value: TypedExpression) -> Bool { value.type == .string && declaredType(value).map(DeclaredType.withoutLength) == "varchar" }

    /// VARCHAR has no operators of its own: beside a CHAR(n) it is compared as one, where blanks at the end mean nothing. Beside a TEXT both are texts.
    func besideBlanks(_ left: TypedExpression, _ right: TypedExpression) -> (TypedExpression, TypedExpression) {
        (isVarchar(left) && isBlankPadded(right) ? withoutBlanks(left) : left, isVarchar(right) && isBlankPadded(left) ? withoutBlanks(right) : right)
    }

    /// Whether it is a CHAR(n), which is kept without its blanks.
    func isBlankPadded(_ value: TypedExpression) -> Bool { declaredType(value).map(DeclaredType.withoutLength) == "bpchar" }

    func withoutBlanks(_ value: TypedExpression) -> TypedExpression {
        TypedExpression(folded(.call(.trimTrailing, [value.expression], type: .string, position: value.position)), at: value.position)
    }

    /// An untyped literal beside a number of a registry is what it names: `typinput = 'array_in'`.
    func namedBeside(_ value: TypedExpression, _ other: TypedExpression) throws(QueryError) -> TypedExpression {
        // A parameter beside such a column is of its type (`oid = $1`): who reads types in binary has them by their length.
        if let number = unknownParameter(value), let declared = Self.declaredBeside(declaredType(other)) { context.parameterTypes?.declare(number, as: declared) }
        if isVarchar(value), isBlankPadded(other) { return withoutBlanks(value) }
        if isVector(other) { return vectorBeside(value, other) }
        guard value.isUntyped, !isUnknownParameter(value), case .literal(.bytes(let text), _) = value.expression, let registry = declaredType(other) else { return value }
        // Of a CHAR(n) blanks at the end mean nothing.
        if DeclaredType.withoutLength(registry) == "bpchar" {
            let end = text.lastIndex { $0 != UInt8(ascii: " ") }.map { $0 + 1 } ?? 0
            return TypedExpression(.text(String(decoding: text[..<end], as: UTF8.self)), isUntyped: true, at: value.position)
        }
        // A name is never longer, and so is what it is compared with.
        if registry == "name" { return TypedExpression(.text(String(decoding: SystemName.cut(text[...]), as: UTF8.self)), at: value.position) }
        if DeclaredType.isBits(registry), let bits = try bits(value) { return TypedExpression(bits, at: value.position) }
        if registry == "char" { return TypedExpression(folded(.call(.systemLetter, [.text(String(decoding: text, as: UTF8.self))], type: .string, position: value.position)), at: value.position) }
        guard let dialect = context.catalog.dialect, dialect.isRegistry(registry) else { return value }
        return TypedExpression(try registryNumber(String(decoding: text, as: UTF8.self), in: registry, dialect, at: value.position), at: value.position)
    }

    /// Between `"char"` and numbers: an INTEGER is the byte, and no other number is cast; nil for all other casts.
    private func castLetter(_ value: TypedExpression, to target: TypeNames.Target) throws(QueryError) -> Expression? {
        if value.isUntyped || value.type == .null { return nil }
        func refused(_ source: String, _ target: String) -> QueryError { .badSQL("\(source) cannot be cast to \(target)", at: value.position).because(.noCast) }
        if target.declared == "char", value.type != .string {
            guard value.type == .int32, declaredType(value) == nil else { throw refused(value.type.sqlName, "\"char\"") }
            return folded(.call(.letterOfNumber, [value.expression], type: .string, position: value.position))
        }
        guard declaredType(value) == "char", value.type == .string, TypeRules.isNumeric(target.type) else { return nil }
        guard target.type == .int32, target.declaredName == nil else { throw refused("\"char\"", target.type.sqlName) }
        return folded(.call(.numberOfLetter, [value.expression], type: .int32, position: value.position))
    }

    /// The cast as it was written, through all that the target type does to values: rounding, cutting, narrowing.
    func castExplicitly(_ value: TypedExpression, to target: TypeNames.Target) throws(QueryError) -> Expression {
        if let result = try castLetter(value, to: target) { return result }
        if let result = try castBits(value, to: target) { return result }
        // Of whole numbers INTEGER alone is a truth value, and a truth value no other number.
        if target.type == .boolean && declaredType(value) == "int2" || target.narrow == .int16 && value.type == .boolean {
            let isTruth = value.type == .boolean
            throw .badSQL(isTruth ? "BOOLEAN cannot be cast to SMALLINT" : "SMALLINT cannot be cast to BOOLEAN", at: value.position).because(.noCast)
        }
        // Whole numbers alone are an object's.
        if let declared = target.declared, ["oid", "xid", "cid"].contains(declared), TypeRules.isDecimal(value.type) || value.type == .double {
            throw .badSQL("\(value.type.sqlName) cannot be cast to \(declared)", at: value.position).because(.noCast)
        }
        if let digits = target.roundedDigits {
            // With the digits that it has as a NUMERIC first: of texts and DOUBLEs of rows fifteen, which may round twice.
            let number = try castExplicitly(value, to: TypeNames.Target(type: .decimal38(scale: 0), keepsScale: true))
            let rounded = Expression.call(.round, [number, .literal(.integer(Int64(digits)), .int32)], type: .decimal38(scale: 0), position: value.position)
            return folded(.cast(rounded, to: target.type, position: value.position))
        }
        if let fitting = target.fitting { return folded(.cast(try castExplicitly(value, to: TypeNames.Target(type: fitting)), to: target.type, position: value.position)) }
        var type = target.type
        if target.keepsScale { type = try numericType(for: value) }
        // A text's bare numbers are of the fields that the type names.
        var isOfFields = false
        var result: Expression
        if let fields = target.intervalFields, value.isUntyped, !isUnknownParameter(value), case .literal(.bytes(let text), _) = value.expression {
            if context.forms.intervals == .sqlStandard { dependsOnSession = true }
            guard let interval = IntervalText.read(text[...], fields: fields, style: context.forms.intervals) else {
                throw .data("“\(String(decoding: text.prefix(60), as: UTF8.self))” is no INTERVAL", at: value.position).because(IntervalText.fault(of: text[...], fields: fields))
            }
            (result, isOfFields) = (.literal(.interval(interval), .interval), true)
        } else {
            // As a number of its own, a REAL is what it is exactly; as a text or a NUMERIC what it shows.
            let isExact = type == .double && target.narrow != .float32 || TypeRules.isInteger(type)
            // A BOOLEAN is t or f as a name, as its door writes it.
            // Bytes are those of a CHAR(n)'s blanks, too.
            let source = isExact ? widened(value) : type == .binary ? withBlanks(value) : value
            result = target.declared == "name" ? try shown(value) : try cast(source, to: type, isExplicit: true)
            if target.narrow == .float32, let text = digits(of: value) { result = .call(.realOfText, [text], type: type, position: value.position) }
        }
        if target.declared == "oid", value.type != .int64 || declaredType(value) == nil {
            return folded(.call(value.type == .int64 ? .objectNumber : .wrappedObjectNumber, [result], type: .int64, position: value.position))
        }
        // The numbers of transactions go round.
        if target.declared == "xid", value.type == .string {
            return folded(.call(.bitAnd, [result, .literal(.integer(Int64(UInt32.max)), .int64)], type: .int64, position: value.position))
        }
        if target.declared == "name" || target.declared == "char" {
            return folded(.call(target.declared == "name" ? .systemName : .systemLetter, [result], type: .string, position: value.position))
        }
        if let narrow = target.narrow {
            result = .call(narrow == .int16 ? .narrowInteger : .narrowReal, [result], type: type, position: value.position)
        }
        if let fields = target.intervalFields, !isOfFields {
            result = .call(.cutInterval, [result, .text(fields.rawValue)], type: type, position: value.position)
        }
        if let digits = target.secondDigits {
            let function: ScalarFunction = type == .interval ? .roundInterval : .roundMoment
            return .call(function, [result, .literal(.integer(Int64(digits)), .int32)], type: type, position: value.position)
        }
        if target.declared == "jsonpath" { return folded(.call(.jsonPathWritten, [result], type: .string, position: value.position)) }
        // What is past the length goes; of CHAR(n) the blanks at the end as well.
        guard let length = target.lengthMax else {
            // Blanks at the end of a BPCHAR mean nothing, and nothing says how many there were.
            return target.declared == "bpchar" ? .call(.trimTrailing, [result], type: .string, position: value.position) : result
        }
        let cut = Expression.call(.left, [result, .literal(.integer(Int64(length)), .int32)], type: .string, position: value.position)
        return target.isPadded ? .call(.trimTrailing, [cut], type: .string, position: value.position) : cut
    }

    /// NUMERIC without a scale takes the operand's digits as they are.
    private func numericType(for value: TypedExpression) throws(QueryError) -> ColumnType {
        switch value.type {
        case .decimal(_, let scale): return .decimal38(scale: scale)
        case .int32, .int64, .null: return .decimal38(scale: 0)
        case .string where value.isUntyped && isUnknownParameter(value): return .decimal38(scale: TypeRules.divisionScaleMin)
        case .string where value.isUntyped:
            guard case .literal(.bytes(let text), _) = value.expression, let number = ValueText.decimal(text[...]) else {
                if case .literal(.bytes(let text), _) = value.expression, ValueText.isNoDecimal(text[...]) { throw .unsupported(ValueText.noDecimal, at: value.position) }
                throw .data("this is no value of type DECIMAL", at: value.position).because(.invalidText)
            }
            guard number.scale <= TypeRules.digitCountMax || number.digits == 0 else {
                throw .overflow("a number has at most \(TypeRules.digitCountMax) digits behind the mark", at: value.position)
            }
            return .decimal38(scale: min(max(number.scale, 0), TypeRules.digitCountMax))
        case .double where declaredType(value) == "float4": return .decimal38(scale: scale(ofConstant: folded(sixDigits(value))))
        case .double where value.expression.isLiteral: return .decimal38(scale: scale(ofConstant: value.expression))
        // Of a value whose digits only the run knows, so many behind the mark as leave room for large numbers.
        default: return .decimal38(scale: TypeRules.openScale)
        }
    }

    /// The digits behind the mark that a constant DOUBLE has as a NUMERIC, which takes 15 of its digits.
    private func scale(ofConstant expression: Expression) -> Int {
        guard case .literal(.double(let number), _) = expression, number.isFinite else { return TypeRules.openScale }
        if number == 0 { return 0 }
        guard let shown = ValueText.decimal(Array("\(number)".utf8)[...]), !shown.overflows, shown.scale <= TypeRules.digitCountMax else { return TypeRules.openScale }
        let excess = max("\(shown.digits.magnitude)".utf8.count - 15, 0)
        guard shown.scale > excess, let rounded = DecimalMath.rescale(shown.digits, from: shown.scale, to: shown.scale - excess) else { return 0 }
        return DecimalMath.scaleNeeded(rounded, scale: shown.scale - excess)
    }

    /// Parameters among values that are of one SMALLINT or REAL are that too.
    func declareParameters(among values: [TypedExpression], as name: String) {
        guard Self.isNarrow(name), let types = context.parameterTypes else { return }
        for value in values { if let number = unknownParameter(value) { types.redeclare(number, as: name) } }
    }

    /// The number of a parameter that stands for the value while nothing has said its type; nil of anything else.
    func unknownParameter(_ value: TypedExpression) -> Int? {
        guard context.parameterTypes != nil, value.isUntyped, case .literal(.bytes(let text), _) = value.expression else { return nil }
        return ParameterTypes.number(text)
    }

    /// A parameter whose type a place before this one has said, as of that type; any other value as it is.
    func settled(_ value: TypedExpression) -> TypedExpression {
        guard let number = unknownParameter(value), let types = context.parameterTypes, let type = types.types[number] else { return value }
        return TypedExpression(.null(type), declared: types.declared[number], at: value.position)
    }

    /// A parameter of which nothing is known yet is of the type that is called so; any other value stays as it is.
    func settled(_ value: TypedExpression, as name: String) throws(QueryError) -> TypedExpression {
        guard let number = unknownParameter(value) else { return value }
        let target = try target(TypeNameSyntax(name: name, modifiers: [], isArray: false, position: value.position))
        if let declared = target.declaredName { context.parameterTypes?.declare(number, as: declared) }
        return TypedExpression(try castExplicitly(value, to: target), declared: target.declaredName, at: value.position)
    }

    /// Casts whatever casts at all; constants at once, the rest when the query runs.
    ///
    /// - Parameter isExplicit: for the message.
    /// - Throws: bad-sql for types without a cast; data-error for a constant that is no value of the type.
    func cast(_ value: TypedExpression, to type: ColumnType, isExplicit: Bool) throws(QueryError) -> Expression {
        if value.isUntyped, case .literal(.bytes(let text), _) = value.expression {
            if case .list = type { return try castToList(value, as: type) }
            return try read(text, as: type, at: value.position)
        }
        if value.type == type { return value.expression }
        if case .literal(.null, _) = value.expression { return .null(type) }
        if let shown = realShown(value, as: type) { return shown }
        // A list of rows, as CYCLE's path is one, has each row's own text.
        if type == .string, declaredType(value) == "record[]" { return .cast(value.expression, to: .string, position: value.position) }
        if type == .string, isVector(value) {
            let texts = Expression.cast(value.expression, to: .list(element: Field("element", .string)), position: value.position)
            return .call(.arrayToString, [texts, .text(" ")], type: .string, position: value.position)
        }
        guard TypeRules.cast(from: value.type, to: type) != .none || isCastableList(value.type, to: type) else {
            throw .badSQL(
                "\(value.type.sqlName) cannot be cast to \(type.sqlName)", at: value.position).because(isExplicit ? .noCast : .typeMismatch)
        }
        // A constant number is brought to the type here.
        if case .literal(let literal, let source) = value.expression, let number = LiteralCast.number(literal, from: source, to: type) {
            return .literal(number, type)
        }
        if context.dateOrder != .mdy, value.type == .string, type != .time, DateTimeText.isOfDay(type) { return castInOrder(value, to: type) }
        return .cast(value.expression, to: type, position: value.position)
    }

    /// An untyped literal, read as what its place wants.
    ///
    /// A parameter whose value is to come is of that type from here on (`ParameterTypes.settle`).
    func read(_ text: [UInt8], as type: ColumnType, at position: Int) throws(QueryError) -> Expression {
        if let types = context.parameterTypes, let number = ParameterTypes.number(text) {
            types.settle(number, as: type == .null ? .string : type)
            return .null(type)
        }
        guard DateTimeText.isOfDay(type) else {
            if type == .interval, context.forms.intervals == .sqlStandard { dependsOnSession = true }
            return .literal(try LiteralCast.value(of: text, as: type, DateTimeText.Session(intervals: context.forms.intervals), at: position), type)
        }
        let session = textSession
        let moment = DateTimeText.read(text[...], session)
        // What it says depends on the day, or on the session's order.
        if moment?.isOfNow == true || type == .time || session.order != .mdy { dependsOnSession = true }
        if moment?.isOfNow == true, !allowsNow { throw .unsupported("“\(String(decoding: text.prefix(60), as: UTF8.self))” is not allowed in this expression", at: position) }
        if type == .timestampTZ, !isUTC, let moment, moment.zone == nil, moment.isInfiniteBefore == nil, let local = moment.local {
            // A time without an offset is one of the session's zone.
            return .cast(.literal(.integer(local), .timestamp(isUTC: false)), to: .timestampTZ, position: position)
        }
        return .literal(try LiteralCast.value(of: text, as: type, session, at: position), type)
    }

    /// What dates in texts mean in this session.
    private var textSession: DateTimeText.Session {
        let zone = try? TimeZoneDatabase.system.rules(for: context.timeZone)
        return DateTimeText.Session(order: context.dateOrder, intervals: context.forms.intervals, now: zone.map { (context.now, $0) })
    }

    /// A text of the data as a date or time, by the session's order of a date's numbers.
    private func castInOrder(_ value: TypedExpression, to type: ColumnType) -> Expression {
        dependsOnSession = true
        let arguments = [value.expression, Expression.text(context.dateOrder.rawValue)] + (type == .timestampTZ ? [zone] : [])
        return .call(.dateInOrder, arguments, type: type, position: value.position)
    }

    // MARK: Types that meet

    /// All as one type, as CASE, COALESCE, VALUES and UNION make it.
    ///
    /// - Throws: bad-sql where two have no type in common.
    func unified(_ items: [TypedExpression], _ what: String) throws(QueryError) -> [Expression] {
        let items = rowsMet(try withOwnDigits(try asDocuments(items)))
        var type = ColumnType.null
        for item in items where !item.isUntyped {
            guard let common = TypeRules.common(type, item.type) else {
                throw .badSQL(
                    "\(what) cannot match \(type.sqlName) with \(item.type.sqlName)", at: item.position).because(.typeMismatch)
            }
            type = common
        }
        if type == .null { type = .string }
        type = TypeRules.widened(type)
        if let row = items.first(where: { isRowCall($0.expression) }) { try checkFields(of: type, at: row.position) }
        if let types = context.parameterTypes, let declared = commonDeclaration(items), Self.isNarrow(declared) || Self.typesOfCatalogs.contains(declared) {
            for item in items { if let number = unknownParameter(item) { types.declare(number, as: declared) } }
        }
        let reals = realsThatMeet(items)
        var result: [Expression] = []
        for item in items { result.append(try met(item, as: type, reals)) }
        return result
    }

    /// Whole numbers among numbers of objects are such, as PostgreSQL has them: `coalesce(oid, 0)`.
    ///
    /// Functions that are texts of the dialect reckon with theirs, and a view's text means the same at every door.
    func asObjectNumbers(_ values: [TypedExpression]) throws(QueryError) -> [TypedExpression] {
        guard context.catalog.dialect != nil, expansions.isEmpty, openViews.isEmpty else { return values }
        func isOpen(_ value: TypedExpression) -> Bool { value.isUntyped || value.type == .null }
        func name(_ value: TypedExpression) -> String? { declaredType(value).flatMap { DeclaredType.isNumber($0) ? $0 : nil } }
        let typed = values.filter { !isOpen($0) }
        guard let common = typed.compactMap(name).first, typed.allSatisfy({ TypeRules.isInteger($0.type) && declaredType($0) != "xid" }) else { return values }
        var result: [TypedExpression] = []
        for value in values {
            guard !isOpen(value), name(value) == nil else {
                result.append(value)
                continue
            }
            let oid = try target(TypeNameSyntax(name: "oid", modifiers: [], isArray: false, position: value.position))
            result.append(TypedExpression(try castExplicitly(value, to: oid), declared: common, at: value.position))
        }
        return result
    }

    private func withOwnDigits(_ items: [TypedExpression]) throws(QueryError) -> [TypedExpression] {
        var type = ColumnType.null
        for item in items where !item.isUntyped {
            guard let common = TypeRules.common(type, item.type) else { return items }
            type = common
        }
        var result: [TypedExpression] = []
        for item in items { result.append(try withOwnDigits(item, beside: type)) }
        return result
    }

    /// A text without a type beside a decimal, or a list of them, as the number or list with the digits that it has: NUMERIC has no scale to cut it at, a column's alone has one. Anything else stays as it is.
    func withOwnDigits(_ value: TypedExpression, beside type: ColumnType) throws(QueryError) -> TypedExpression {
        guard value.isUntyped, !isUnknownParameter(value), case .literal(.bytes(let text), _) = value.expression else { return value }
        let own: ColumnType
        switch type {
        case .decimal:
            guard let scale = Self.scaleNeeded(text) else { return value }
            own = .decimal38(scale: scale)
        case .list(let field) where TypeRules.isDecimal(field.type):
            guard let elements = ArrayText.elements(text) else { return value }
            own = .listOf(.decimal38(scale: elements.compactMap { $0.flatMap { Self.scaleNeeded(Array($0.utf8)) } }.max() ?? 0))
        default: return value
        }
        return TypedExpression(try cast(value, to: own, isExplicit: false), at: value.position)
    }

    /// How many digits behind the mark the number has that a text says; nil of a text that says none.
    static func scaleNeeded(_ text: [UInt8]) -> Int? {
        guard let number = ValueText.decimal(text[...]) else { return nil }
        let written = min(max(number.scale, 0), TypeRules.digitCountMax)
        return number.overflows || number.scale != written ? written : DecimalMath.scaleNeeded(number.digits, scale: written)
    }

    /// One of several values as the type of all.
    func met(_ item: TypedExpression, as type: ColumnType, _ reals: Reals?) throws(QueryError) -> Expression {
        switch reals {
        case .widened?: return try cast(widened(item), to: type, isExplicit: false)
        case .kept? where declaredType(item) != "float4":
            return folded(.call(.narrowReal, [try cast(item, to: type, isExplicit: false)], type: type, position: item.position))
        default: return try cast(item, to: type, isExplicit: false)
        }
    }

    /// All as one type for comparing them; decimals of one scale need no cast.
    ///
    /// - Throws: bad-sql where two have no type in common, or the type does not compare.
    func comparable(_ items: [TypedExpression], _ what: String, at position: Int) throws(QueryError) -> [Expression] {
        let items = try withOwnDigits(items)
        var type = ColumnType.null
        for item in items where !item.isUntyped {
            guard let common = TypeRules.common(type, item.type) else {
                throw incomparable(type, item.type, what, at: position)
            }
            type = common
        }
        if type == .null { type = .string }
        guard TypeRules.isComparable(type) else {
            throw .badSQL("\(what) cannot compare values of type \(type.sqlName)", at: position).because(.undefinedFunction)
        }
        // A REAL beside anything else compares as what it is exactly.
        let isMixed = items.contains { !$0.isUntyped && declaredType($0) != "float4" }
        let isSingle = items.contains { !$0.isUntyped } && items.allSatisfy { $0.isUntyped || isSinglePrecision($0) }
        var result: [Expression] = []
        for item in items {
            if isSingle, item.isUntyped, case .literal(.double(let number), _) = try cast(item, to: type, isExplicit: false) {
                // The text of a float is that float: 1004.3 of 32 bits is not that of 64.
                guard Float(number).isFinite || !number.isFinite else { throw .overflow("the number is out of the range of REAL", at: item.position) }
                result.append(.literal(.double(Double(Float(number))), type))
            } else if case .decimal(_, let scale) = item.type, case .decimal(_, scale) = type, !item.isUntyped {
                result.append(item.expression)
            } else {
                result.append(try cast(isMixed ? widened(item) : item, to: type, isExplicit: false))
            }
        }
        return result
    }

    func comparable(
        _ left: TypedExpression, _ right: TypedExpression, _ what: String, at position: Int
    ) throws(QueryError) -> (Expression, Expression) {
        let both = try comparable([left, right], what, at: position)
        return (both[0], both[1])
    }

    private func incomparable(_ left: ColumnType, _ right: ColumnType, _ what: String, at position: Int) -> QueryError {
        let hint = left == .string || right == .string ? "cast one side, such as x::\((left == .string ? right : left).sqlName)" : nil
        return .badSQL("\(what) cannot compare \(left.sqlName) with \(right.sqlName)", at: position, hint: hint).because(.undefinedFunction)
    }
}
