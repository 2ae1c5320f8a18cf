import ColumnStore

/// Operators: comparison, arithmetic on numbers and on times, text.
///
/// Both sides are brought to one type first; what is left of PostgreSQL's types that the plan has not, SMALLINT and REAL, is put back around the
/// result (`narrowInteger`, `narrowReal`).
extension Binder {
    /// Signs, AT TIME ZONE and operators of two sides.
    func bindOperator(_ syntax: ExpressionSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let position = syntax.position
        switch syntax.kind {
        case .unary(let op, let operand):
            let value = try bindExpression(operand, in: scope)
            var result = try sign(op, value, isCast: operand.isCast, at: position)
            // REAL and SMALLINT stay what they are.
            let declared = declaredType(value).flatMap { op.keepsType && Self.isNarrow($0) && result.type == value.type ? $0 : nil }
            if declared == "int2" { result = .call(.narrowInteger, [result], type: result.type, position: position) }
            return TypedExpression(result, declared: declared ?? Self.bitsName(result), at: position)
        case .atTimeZone(let operand, let zone):
            let arguments = [try bindExpression(operand, in: scope), try bindExpression(zone, in: scope)]
            return TypedExpression(try atTimeZone(arguments[0], arguments[1], at: position), at: position)
        case .binary(let op, let left, let right):
            if op.isComparison, left.isRow || right.isRow {
                switch (left.kind, right.kind) {
                case (.row(let items), .row(let others)):
                    return TypedExpression(
                        try compareRows(op, try bindAll(items, in: scope), try bindAll(others, in: scope), syntax, at: position), at: position)
                case (.row, .scalarQuery), (.scalarQuery, .row): return try bindSubqueryExpression(syntax, in: scope)
                default: break
                }
            }
            var sides = (try bindExpression(left, in: scope), try bindExpression(right, in: scope))
            if op == .concatenate {
                // `lines || '[…]'` is one of documents where lists of structs are described as such.
                let items = try asDocuments([try written(sides.0, in: scope), try written(sides.1, in: scope)])
                sides = (items[0], items[1])
            }
            let result = try binary(op, sides.0, sides.1, at: position)
            let list = op == .concatenate && isList(result.type) ? commonList([sides.0, sides.1]) : nil
            return TypedExpression(result, declared: list ?? Self.narrowed(result) ?? Self.bitsName(result), at: position)
        default: return TypedExpression(.null(.null), at: position)
        }
    }

    /// Types that are kept as wider ones, and whose results are cut to their range.
    static func isNarrow(_ declared: String) -> Bool { declared == "float4" || declared == "int2" }

    /// REAL with REAL stays one, and SMALLINT with SMALLINT.
    static func narrowed(_ result: Expression) -> String? {
        switch result {
        case .call(.narrowReal, _, _, _): "float4"
        case .call(.narrowInteger, _, _, _), .call(.wrappedInteger, _, _, _): "int2"
        case .call(.systemName, _, _, _): "name"
        case .call(.objectNumber, _, _, _), .call(.wrappedObjectNumber, _, _, _): "oid"
        default: nil
        }
    }

    /// - Throws: bad-sql where the operator does not take the sides' types.
    func binary(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        if let result = try bitOperator(op, left, right, at: position) { return result }
        switch op {
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: return try compare(op, left, right, at: position)
        case .concatenate: return try concatenate(left, right, at: position)
        case .matches, .matchesIgnoringCase, .matchesNot, .matchesNotIgnoringCase:
            let isCaseBlind = op == .matchesIgnoringCase || op == .matchesNotIgnoringCase
            let arguments = [try implicit(withBlanks(left), to: .string, op.rawValue), try implicit(right, to: .string, op.rawValue)]
            let match = Expression.call(isCaseBlind ? .matchesIgnoringCase : .matches, arguments, type: .boolean, position: position)
            return op == .matches || op == .matchesIgnoringCase ? match : .not(match)
        case .startsWith:
            return .call(.startsWith, [try implicit(left, to: .string, "^@"), try implicit(right, to: .string, "^@")], type: .boolean, position: position)
        case .power:
            try refuseReckoning([left, right], op.rawValue, at: position)
            return .call(
                .power, [try number(widened(left), .double, "^"), try number(widened(right), .double, "^")], type: .double, position: position)
        case .subtract where left.type.isJSON: return try documentOperator(op, left, right, at: position)
        case .add, .subtract, .multiply, .divide, .remainder: return try arithmetic(op, left, right, at: position)
        case .bitAnd, .bitOr, .bitXor, .shiftLeft, .shiftRight:
            try refuseReckoning([left, right], op.rawValue, at: position)
            return try bits(op, left, right, at: position)
        case .contains, .isContained, .overlaps:
            // Lists of structs are documents to these.
            if isPlainList(left.type) || isPlainList(right.type) { return try listOperator(op, left, right, at: position) }
            return try documentOperator(op, left, right, at: position)
        case .member, .memberText, .path, .pathText, .hasKey, .hasAnyKey, .hasAllKeys, .withoutPath, .pathIsThere, .pathHolds:
            return try documentOperator(op, left, right, at: position)
        }
    }

    /// In however many dimensions.
    private func isPlainList(_ type: ColumnType) -> Bool { type.dimensionCount > 0 && !type.leaf.isNested }

    // MARK: Comparison

    /// - Precondition: a comparison or arithmetic.
    static func function(_ op: ExpressionSyntax.BinaryOperator) -> ScalarFunction {
        switch op {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        default: .modulo
        }
    }

    /// One of the six comparisons of values of any types that compare.
    func compare(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        if op != .equal, op != .notEqual { try refuseUnordered([left, right], op.rawValue, at: position) }
        if let compared = try compareNested(op, vectorBeside(left, right), vectorBeside(right, left), at: position) { return compared }
        let (one, other) = (try namedBeside(left, right), try namedBeside(right, left))
        let sides = try comparable(one, other, op.rawValue, at: position)
        if let compared = Self.atOwnScale(op, one.expression, sides.1, at: position) { return compared }
        if let compared = Self.atOwnScale(op.mirrored, other.expression, sides.0, at: position) { return compared }
        // Texts are equal where their bytes are, in every order.
        let ordered = try collationKeys([sides.0, sides.1], at: position)
        let keys = op == .equal || op == .notEqual ? [bare(sides.0), bare(sides.1)] : ordered
        return .call(Self.function(op), keys, type: .boolean, position: position)
    }

    /// A number against a constant with so many digits behind the mark that the number might not fit with as many: at its own scale, against the
    /// constant rounded down, since none of its values lies between the two. Of a whole number `x > 0.5` is `x > 0`, `x < 0.5` is `x <= 0`, and
    /// `x = 0.5` is never true.
    ///
    /// - Parameter number: as it was written, of its own type.
    /// - Parameter constant: as it is compared.
    /// - Returns: nil where every number fits, and of anything else than a number and a constant.
    private static func atOwnScale(
        _ op: ExpressionSyntax.BinaryOperator, _ number: Expression, _ constant: Expression, at position: Int
    ) -> Expression? {
        let type = number.type
        guard TypeRules.isInteger(type) || TypeRules.isDecimal(type), case .literal(.decimal(let digits), .decimal(_, let scale)) = constant
        else { return nil }
        let dropped = scale - TypeRules.scale(type)
        guard dropped > 0, dropped <= DecimalMath.digitCountMax,
            ConstantFolding.canFail(.cast(.null(type), to: .decimal38(scale: scale), position: nil))
        else { return nil }
        let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: DecimalMath.powers[dropped])
        let isExact = remainder == 0, floor = remainder < 0 ? quotient - 1 : quotient
        let rounded: Expression
        switch type {
        case .int32:
            guard let value = Int32(exactly: floor) else { return nil }
            rounded = .literal(.integer(Int64(value)), type)
        case .int64:
            guard let value = Int64(exactly: floor) else { return nil }
            rounded = .literal(.integer(value), type)
        default: rounded = .literal(.decimal(floor), .decimal38(scale: TypeRules.scale(type)))
        }
        let own: ExpressionSyntax.BinaryOperator
        switch op {
        case .equal where !isExact, .notEqual where !isExact:
            // NULL of NULL, as any comparison.
            return .conditional(
                branches: [.init(condition: .isNull(number), result: .null(.boolean))], otherwise: op == .equal ? Expression.isFalse : .isTrue, type: .boolean)
        case .less where !isExact: own = .lessOrEqual
        case .greaterOrEqual where !isExact: own = .greater
        default: own = op
        }
        return .call(function(own), [number, rounded], type: .boolean, position: position)
    }

    /// Numbers of transactions and commands begin anew when they have run out: PostgreSQL tells them apart, and neither orders them nor reckons with them.
    func refuseUnordered(_ values: [TypedExpression], _ what: String, at position: Int) throws(QueryError) {
        guard let name = values.lazy.compactMap({ self.declaredType($0) }).first(where: { $0 == "xid" || $0 == "cid" }) else { return }
        throw .badSQL("\(what) does not take values of type \(name)", at: position).because(.undefinedFunction)
    }

    /// Numbers of objects are compared, and nobody reckons with them: PostgreSQL has no such operators. Functions that are texts of the dialect do, and views, whose
    /// texts mean the same at every door.
    func refuseReckoning(_ values: [TypedExpression], _ what: String, at position: Int) throws(QueryError) {
        guard context.catalog.dialect != nil, expansions.isEmpty, openViews.isEmpty,
            let name = values.lazy.compactMap({ self.declaredType($0) }).first(where: DeclaredType.isNumber)
        else { return }
        throw .badSQL("\(what) does not take values of type \(name)", at: position, hint: "cast it with ::BIGINT").because(.undefinedFunction)
    }

    // MARK: Orders of languages

    /// `x COLLATE name`: the text, with its order beside it until something compares it.
    func bindCollated(_ operand: ExpressionSyntax, _ name: NameSyntax, in scope: ExpressionScope) throws(QueryError) -> TypedExpression {
        let value = try bindExpression(operand, in: scope)
        guard value.isUntyped || value.type == .string || value.type == .null else {
            throw .badSQL("COLLATE takes text, not \(value.type.sqlName)", at: name.position).because(.typeMismatch)
        }
        let isByteOrder = Collator.byteOrders.contains(name.text)
        guard isByteOrder || Collator.exists(name.text) else {
            throw .badSQL(
                "there is no collation “\(name.text)”", at: name.position, hint: "those of languages are called like \"uk-x-icu\", the order of bytes is \"C\"").because(.undefinedType)
        }
        // It is no one's wish.
        let text = try implicit(value, to: .string, "COLLATE")
        if name.text == "default", try collationName(of: [text], at: name.position) == nil { return TypedExpression(text, declared: declaredType(value), at: value.position) }
        // A VARCHAR is one still.
        let declared = declaredType(value).flatMap { $0.hasPrefix("varchar") ? $0 : nil }
        return TypedExpression(.call(.collated, [text, .text(name.text)], type: .string, position: name.position), declared: declared, at: value.position)
    }

    /// The order that texts are to be compared in, as `collationName` has it. Nil for the order of bytes.
    func collation(of texts: [Expression], at position: Int) throws(QueryError) -> String? {
        try collationName(of: texts, at: position).flatMap { Collator.byteOrders.contains($0) ? nil : $0 }
    }

    /// What COLLATE says of one of the texts or of what it is made of, else what it said where a column comes from.
    ///
    /// - Throws: bad-sql where COLLATE is written twice and differs.
    func collationName(of texts: [Expression], at position: Int) throws(QueryError) -> String? {
        var written: String?, inherited: String?
        var open = texts.filter { $0.type == .string }
        while let next = open.popLast() {
            try work?.spend(1)
            switch next {
            case .column(let id, _):
                // One that orders by bytes gives way to that of a language.
                if let own = collations[id], inherited.map({ Collator.byteOrders.contains($0) }) ?? true { inherited = own }
            // A text behind its key, by which it was the least, say.
            case .call(.collatedText, let arguments, _, _): open += arguments.flatMap { [$0] + $0.children }
            case .call(.collationKey, let arguments, _, _):
                if case .literal(.bytes(let bytes), _)? = arguments.last { inherited = inherited ?? String(word: bytes) }
            case .call(.collated, let arguments, _, _):
                guard case .literal(.bytes(let bytes), _)? = arguments.last else { continue }
                let name = String(word: bytes)
                guard written == nil || written == name else {
                    throw .badSQL("COLLATE says “\(written ?? "")” and “\(name)” of what is compared", at: position).because(.collationMismatch)
                }
                written = name
            default: open += next.children.filter { $0.type == .string }
            }
        }
        return written ?? inherited
    }

    /// A text without what only says its order.
    private func bare(_ text: Expression) -> Expression {
        if case .call(.collated, let arguments, _, _) = text { bare(arguments[0]) } else { text }
    }

    /// Keys by which texts compare as COLLATE says; the texts themselves where it says nothing.
    func collationKeys(_ values: [Expression], at position: Int) throws(QueryError) -> [Expression] {
        guard values.contains(where: { $0.type == .string }), let name = try collation(of: values, at: position) else { return values.map(bare) }
        return values.map { .call(.collationKey, [$0, .text(name)], type: .binary, position: position) }
    }

    /// Rows compare column by column, the first difference deciding.
    ///
    /// `(a, b) < (c, d)` is `a < c OR a = c AND b < d`; of the last column the operator itself is asked. Columns of chance are asked twice and drawn once.
    ///
    /// - Parameter syntax: what compares them; fields of both sides stand within.
    func compareRows(
        _ op: ExpressionSyntax.BinaryOperator, _ left: [TypedExpression], _ right: [TypedExpression], _ syntax: ExpressionSyntax, at position: Int
    ) throws(QueryError) -> Expression {
        guard left.count == right.count, !left.isEmpty else {
            throw .badSQL("these rows have \(left.count) and \(right.count) columns", at: position)
        }
        let decidesInOrder = op != .equal && op != .notEqual
        let left = decidesInOrder ? left.enumerated().map { drawnOnce($1, syntax, place: 2 * $0) } : left
        let right = decidesInOrder ? right.enumerated().map { drawnOnce($1, syntax, place: 2 * $0 + 1) } : right
        func pairs(_ op: ExpressionSyntax.BinaryOperator) throws(QueryError) -> [Expression] {
            var result: [Expression] = []
            for (one, other) in zip(left, right) { result.append(try compare(op, one, other, at: position)) }
            return result
        }
        switch op {
        case .equal: return .conjunction(try pairs(.equal))
        case .notEqual:
            let differences = try pairs(.notEqual)
            return differences.count == 1 ? differences[0] : .or(differences)
        default:
            let strict: ExpressionSyntax.BinaryOperator = op == .less || op == .lessOrEqual ? .less : .greater
            let equal = try pairs(.equal), ordered = try pairs(strict), last = try pairs(op)
            var result = last[left.count - 1]
            for index in (0..<left.count - 1).reversed() {
                guard left[index].expression.isVolatile || right[index].expression.isVolatile else {
                    result = .or([ordered[index], .and([equal[index], result])])
                    continue
                }
                // Within a CASE it is drawn once, and no pass takes a CASE apart. The columns behind are asked where these are equal.
                let branches: [Expression.Branch] = [
                    .init(condition: ordered[index], result: .isTrue), .init(condition: equal[index], result: result),
                    .init(condition: .isNull(ordered[index]), result: .null(.boolean)),
                ]
                result = .conditional(branches: branches, otherwise: .isFalse, type: .boolean)
            }
            return result
        }
    }

    // MARK: Arithmetic

    func number(_ value: TypedExpression, _ type: ColumnType, _ what: String) throws(QueryError) -> Expression {
        try implicit(value, to: type, what)
    }

    /// - Throws: bad-sql for what has no sign.
    private func sign(_ op: ExpressionSyntax.UnaryOperator, _ value: TypedExpression, isCast: Bool, at position: Int) throws(QueryError) -> Expression {
        try refuseReckoning([value], op.rawValue, at: position)
        if op != .plus, op != .minus { return try prefixOperator(op, value, at: position) }
        // An untyped literal after a sign is a DOUBLE, as in PostgreSQL.
        let operand = value.isUntyped || value.type == .null ? try implicit(value, to: .double, op.rawValue) : value.expression
        guard TypeRules.isNumeric(operand.type) || operand.type == .interval else {
            throw .badSQL("\(op.rawValue) needs a number, not \(operand.type.sqlName)", at: position).because(.undefinedFunction)
        }
        if op == .plus { return operand }
        // A number as it is written has the type that its digits need with the sign; what a cast made keeps its own, in which the least has no opposite.
        if operand.isLiteral, operand.type != .interval {
            let negated = ConstantFolding.negated(operand)
            if !isCast || negated.type == operand.type { return negated }
        }
        return .call(.negate, [operand], type: TypeRules.widened(operand.type), position: position)
    }

    /// `+ - * / %` of numbers, and of times as `timeArithmetic` has them.
    private func arithmetic(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression {
        try refuseUnordered([left, right], op.rawValue, at: position)
        try refuseReckoning([left, right], op.rawValue, at: position)
        var sides = (left, right)
        // A literal without type, or NULL, takes the other side's type where that is a number.
        if isOpen(left), !isOpen(right) { sides.0 = try adopted(left, from: right, op) }
        if isOpen(right), !isOpen(left) { sides.1 = try adopted(right, from: left, op) }
        if isOpen(left), isOpen(right) {
            guard left.type == .null || right.type == .null else { throw mismatch(op, left, right, at: position) }
            sides = (
                TypedExpression(try implicit(left, to: .int32, op.rawValue), at: left.position),
                TypedExpression(try implicit(right, to: .int32, op.rawValue), at: right.position)
            )
        }
        if TypeRules.isNumeric(sides.0.type), TypeRules.isNumeric(sides.1.type) {
            let types = try TypeRules.arithmetic(op, sides.0.type, sides.1.type, at: position)
            if op == .remainder, types.result == .double { throw mismatch(op, left, right, at: position) }
            let arguments = [
                try operand(widened(sides.0), types.operands.0), try operand(widened(sides.1), types.operands.1),
            ]
            let result = Expression.call(Self.function(op), arguments, type: types.result, position: position)
            let declared = Set([declaredType(sides.0), declaredType(sides.1)])
            if declared == ["float4"] { return .call(.narrowReal, [result], type: .double, position: position) }
            return declared == ["int2"] && types.result == .int32 ? .call(.narrowInteger, [result], type: .int32, position: position) : result
        }
        guard let result = try timeArithmetic(op, widened(sides.0), widened(sides.1), at: position) else { throw mismatch(op, left, right, at: position) }
        return result
    }

    /// Whether its type is still to be said by its place.
    private func isOpen(_ value: TypedExpression) -> Bool { value.isUntyped || value.type == .null }

    /// Decimals keep the scale and precision that they have.
    private func operand(_ value: TypedExpression, _ type: ColumnType) throws(QueryError) -> Expression {
        TypeRules.isDecimal(type) && TypeRules.isDecimal(value.type) ? value.expression : try cast(value, to: type, isExplicit: false)
    }

    /// A literal without type beside a value that has one: as PostgreSQL chooses the operator for an unknown operand.
    private func adopted(
        _ value: TypedExpression, from other: TypedExpression, _ op: ExpressionSyntax.BinaryOperator
    ) throws(QueryError) -> TypedExpression {
        let type: ColumnType
        switch other.type {
        case .timestamp: type = op == .add || value.type == .null ? .interval : other.type
        case .interval where op == .multiply || op == .divide, .time where op == .multiply || op == .divide: type = .double
        case .time where op == .add: type = .interval
        case .date where value.type == .null: type = op == .add ? .int32 : .date
        case .date where op == .subtract: type = .date
        case .date: throw mismatch(op, value, other, at: value.position)
        case .decimal where isUnknownParameter(value): type = other.type
        case .decimal where value.isUntyped:
            // The literal's own digits count, not the other side's scale.
            guard case .literal(.bytes(let text), _) = value.expression, let number = ValueText.decimal(text[...]) else {
                if case .literal(.bytes(let text), _) = value.expression, ValueText.isNoDecimal(text[...]) { throw .unsupported(ValueText.noDecimal, at: value.position) }
                throw .data("this is no number", at: value.position).because(.invalidText)
            }
            type = .decimal38(scale: min(max(number.scale, 0), TypeRules.digitCountMax))
        default: type = other.type
        }
        let declared = type == other.type ? declaredType(other).flatMap { Self.isNarrow($0) ? $0 : nil } : nil
        let result = TypedExpression(try implicit(value, to: type, op.rawValue), declared: declared, at: value.position)
        if let declared { declareParameters(among: [value], as: declared) }
        return result
    }

    /// Dates, timestamps and intervals, in the combinations of PostgreSQL.
    ///
    /// Nil for other combinations. A date moved by whole days stays a date; by an interval it becomes a local timestamp.
    private func timeArithmetic(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression? {
        func call(_ a: TypedExpression, _ b: TypedExpression, _ type: ColumnType) -> Expression {
            .call(Self.function(op), [a.expression, b.expression], type: type, position: position)
        }
        func cast(_ value: TypedExpression, _ type: ColumnType) throws(QueryError) -> TypedExpression {
            TypedExpression(try self.cast(value, to: type, isExplicit: false), at: value.position)
        }
        switch (op, left.type, right.type) {
        case (.add, .date, .int32), (.subtract, .date, .int32): return call(left, right, .date)
        case (.add, .int32, .date): return call(right, left, .date)
        case (.subtract, .date, .date): return call(left, right, .int32)
        case (.add, .date, .interval), (.subtract, .date, .interval):
            return call(try cast(left, .timestamp(isUTC: false)), right, .timestamp(isUTC: false))
        case (.add, .interval, .date): return call(try cast(right, .timestamp(isUTC: false)), left, .timestamp(isUTC: false))
        case (.add, .timestamp, .interval), (.subtract, .timestamp, .interval): return zonedMove(call(left, right, left.type))
        case (.add, .interval, .timestamp): return zonedMove(call(right, left, right.type))
        // A time of day is the interval since midnight.
        case (.add, .timestamp, .time), (.subtract, .timestamp, .time): return zonedMove(call(left, try cast(right, .interval), left.type))
        case (.add, .time, .timestamp): return zonedMove(call(right, try cast(left, .interval), right.type))
        case (.subtract, .interval, .time): return call(left, try cast(right, .interval), .interval)
        // Moved as an interval since midnight, and cast back to a time of day.
        case (.add, .time, .interval), (.subtract, .time, .interval):
            return .cast(call(try cast(left, .interval), right, .interval), to: .time, position: position)
        case (.add, .interval, .time): return .cast(call(try cast(right, .interval), left, .interval), to: .time, position: position)
        case (.subtract, .time, .time): return call(try cast(left, .interval), try cast(right, .interval), .interval)
        case (.add, .date, .time), (.subtract, .date, .time): return call(try cast(left, .timestamp(isUTC: false)), try cast(right, .interval), .timestamp(isUTC: false))
        case (.add, .time, .date): return call(try cast(right, .timestamp(isUTC: false)), try cast(left, .interval), .timestamp(isUTC: false))
        case (.subtract, .timestamp, .timestamp), (.subtract, .timestamp, .date), (.subtract, .date, .timestamp):
            guard let common = TypeRules.common(left.type, right.type) else { return nil }
            return call(try cast(left, common), try cast(right, common), .interval)
        case (.add, .interval, .interval), (.subtract, .interval, .interval): return call(left, right, .interval)
        case (.multiply, .interval, _) where TypeRules.isNumeric(right.type): return call(left, try cast(right, .double), .interval)
        case (.multiply, _, .interval) where TypeRules.isNumeric(left.type): return call(right, try cast(left, .double), .interval)
        case (.divide, .interval, _) where TypeRules.isNumeric(right.type): return call(left, try cast(right, .double), .interval)
        case (.multiply, .time, _) where TypeRules.isNumeric(right.type), (.divide, .time, _) where TypeRules.isNumeric(right.type):
            return call(try cast(left, .interval), try cast(right, .double), .interval)
        case (.multiply, _, .time) where TypeRules.isNumeric(left.type): return call(try cast(right, .interval), try cast(left, .double), .interval)
        default: return nil
        }
    }

    /// Days and months of an instant are those of the session's zone.
    private func zonedMove(_ call: Expression) -> Expression {
        guard case .call(let function, let arguments, .timestamp(isUTC: true), let position) = call else { return call }
        return .call(function, arguments + [zone], type: .timestampTZ, position: position)
    }

    /// The error for sides that an operator does not take.
    func mismatch(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) -> QueryError {
        func name(_ value: TypedExpression) -> String { value.isUntyped ? "an untyped text" : value.type.sqlName }
        let hint = [left.type, right.type].contains(.string) ? "cast the text to what it holds" : nil
        let cause: QueryError.Cause = left.isUntyped && right.isUntyped ? .ambiguousFunction : .undefinedFunction
        return .badSQL("\(op.rawValue) does not take \(name(left)) and \(name(right))", at: position, hint: hint).because(cause)
    }

    // MARK: Text

    func isList(_ type: ColumnType) -> Bool { if case .list = type { true } else { false } }

    /// `||` of texts, bytes, lists and documents. A text beside any other value takes that as it is shown.
    private func concatenate(_ left: TypedExpression, _ right: TypedExpression, at position: Int) throws(QueryError) -> Expression {
        let hasText = [left, right].contains { $0.isUntyped || $0.type == .string }
        if left.type == .binary, right.type == .binary {
            return .call(.concat, [left.expression, right.expression], type: .binary, position: position)
        }
        if left.type == .binary && right.isUntyped || right.type == .binary && left.isUntyped {
            return .call(.concat, [try implicit(left, to: .binary, "||"), try implicit(right, to: .binary, "||")], type: .binary, position: position)
        }
        if isList(left.type) || isList(right.type) { return realsKept(try joinedLists(left, right, at: position), left, right, at: position) }
        if left.type.isJSON || right.type.isJSON { return try documentOperator(.concatenate, left, right, at: position) }
        guard hasText || (left.type == .null && right.type == .null), !left.type.isNested, !right.type.isNested else {
            throw mismatch(.concatenate, left, right, at: position)
        }
        return .call(.concat, [try text(left), try text(right)], type: .string, position: position)
    }

    // MARK: Strings of bits

    /// They are texts of zeros and ones, which are called `bit`, `bit(n)`, `varbit` or `varbit(n)`.
    func isBits(_ value: TypedExpression) -> Bool { value.type == .string && declaredType(value).map(DeclaredType.isBits) ?? false }

    /// A cast to strings of bits, or from one to what is no text; nil of all others.
    ///
    /// `x'ff'::int4`, `number::bit(8)::int4`, which PostGraphile asks what may be written to, `('x' || text)::bit(32)::int8`.
    func castBits(_ value: TypedExpression, to target: TypeNames.Target) throws(QueryError) -> Expression? {
        let wantsBits = target.declared.map(DeclaredType.isBits) ?? false, position = value.position
        guard wantsBits || isBits(value) && target.type != .string else { return nil }
        func call(_ function: ScalarFunction, _ value: Expression, _ length: Int?, _ type: ColumnType = .string) -> Expression {
            folded(.call(function, [value] + (length.map { [.literal(.integer(Int64($0)), .int32)] } ?? []), type: type, position: position))
        }
        func refused() -> QueryError { .badSQL("\(isBits(value) ? "BIT" : value.type.sqlName) cannot be cast to \(wantsBits ? "BIT" : target.type.sqlName)", at: position).because(.noCast) }
        guard wantsBits else {
            guard TypeRules.isInteger(target.type), target.declaredName == nil else { throw refused() }
            return call(.numberOfBits, value.expression, nil, target.type)
        }
        if value.type == .null { return .null(.string) }
        let isFixed = target.declared == "bit", length = target.lengthMax
        guard !isFixed || (length ?? 0) <= ScalarFunction.bitCountMax else { throw .unsupported("BIT(n) has at most \(ScalarFunction.bitCountMax) bits here", at: position) }
        if TypeRules.isInteger(value.type), isFixed, declaredType(value) == nil { return call(.bitsOfNumber, try cast(value, to: .int64, isExplicit: true), length ?? 1) }
        guard value.type == .string else { throw refused() }
        let bits = call(.bitsOfText, try cast(value, to: .string, isExplicit: true), isFixed ? length ?? -1 : -1)
        return isFixed ? bits : length.map { call(.left, bits, $0) } ?? bits
    }

    /// A string of bits, or what has no type yet as one; nil of anything else.
    func bits(_ value: TypedExpression) throws(QueryError) -> Expression? {
        if isBits(value) { return value.expression }
        guard value.isUntyped || value.type == .null else { return nil }
        if let number = unknownParameter(value) { context.parameterTypes?.declare(number, as: "bit") }
        return try castBits(value, to: TypeNames.Target(type: .string, declared: "bit"))
    }

    /// Operators where a string of bits is a side; nil of all others. A text beside one makes a text by `||`.
    private func bitOperator(
        _ op: ExpressionSyntax.BinaryOperator, _ left: TypedExpression, _ right: TypedExpression, at position: Int
    ) throws(QueryError) -> Expression? {
        guard isBits(left) || isBits(right) else { return nil }
        let function: ScalarFunction
        switch op {
        case .shiftLeft, .shiftRight:
            guard isBits(left) else { throw mismatch(op, left, right, at: position) }
            return .call(op == .shiftLeft ? .bitsLeft : .bitsRight, [left.expression, try implicit(right, to: .int32, op.rawValue)], type: .string, position: position)
        case .concatenate: function = .bitsJoined
        case .bitAnd: function = .bitsAnd
        case .bitOr: function = .bitsOr
        case .bitXor: function = .bitsXor
        case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: function = Self.function(op)
        default: return nil
        }
        guard let one = try bits(left), let other = try bits(right) else {
            if op == .concatenate { return nil }
            throw mismatch(op, left, right, at: position)
        }
        return .call(function, [one, other], type: op.isComparison ? .boolean : .string, position: position)
    }

    /// What an operator's result is called that is a string of bits.
    static func bitsName(_ result: Expression) -> String? {
        switch result {
        case .call(.bitsAnd, _, _, _), .call(.bitsOr, _, _, _), .call(.bitsXor, _, _, _), .call(.bitsNot, _, _, _), .call(.bitsLeft, _, _, _), .call(.bitsRight, _, _, _): "bit"
        case .call(.bitsJoined, _, _, _): "varbit"
        default: nil
        }
    }

    /// Functions that do something else with a string of bits than with a text; nil of all others.
    func bindBitCall(_ name: String, _ arguments: [TypedExpression], at position: Int) throws(QueryError) -> TypedExpression? {
        guard let first = arguments.first, isBits(first) else { return nil }
        func call(_ function: ScalarFunction, _ types: [ColumnType], _ type: ColumnType) throws(QueryError) -> TypedExpression {
            var given = [first.expression]
            for (argument, type) in zip(arguments.dropFirst(), types) { given.append(try implicit(argument, to: type, name)) }
            return TypedExpression(.call(function, given, type: type, position: position), declared: type == .string ? "bit" : nil, at: position)
        }
        switch (name, arguments.count) {
        case ("bit_length", 1): return try call(.length, [], .int32)
        case ("octet_length", 1): return try call(.octetsOfBits, [], .int32)
        case ("bit_count", 1): return try call(.countOfBits, [], .int64)
        case ("position", 2): return try call(.placeOfBits, [.string], .int32)
        case ("get_bit", 2): return try call(.bitOfBits, [.int32], .int32)
        case ("set_bit", 3): return try call(.bitsWithBit, [.int32, .int32], .string)
        case ("substring", 2), ("substring", 3): return try call(.substring, [.int32, .int32], .string)
        case ("overlay", 3), ("overlay", 4):
            return TypedExpression(try SQLFunction.overlay.bound(FunctionCall(name: name, arguments: arguments, position: position), self), declared: "bit", at: position)
        default: return nil
        }
    }
}
