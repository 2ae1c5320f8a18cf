import ColumnStore

/// trim_array: a list without its last elements; array_fill: a list of one value so many times.
/// PostgreSQL 15's documentation, section 9.19.
extension SQLFunction {
    static let trimArray = SQLFunction("trim_array", summary: "a list without its last n elements", forms: [[.listOf(.int32), .int32]]) { (call, typing) throws(QueryError) in
        try call.count(2...2)
        let list = call.arguments[0]
        guard case .list = list.type else { throw .badSQL("trim_array needs a list, not \(list.type.sqlName)", at: list.position).because(.undefinedFunction) }
        return call.make(.trimArray, [list.expression, try typing.implicit(call.arguments[1], to: .int32, call.name)], list.type)
    }

    /// PostgreSQL's.
    private static let dimensionCountMax = 6

    /// Lists are nested only where the counts are a constant, since a column's type says its dimensions, and the type is needed before a row is seen.
    static let arrayFill = SQLFunction(
        "array_fill", summary: "n times a value, with as many dimensions as a constant list of counts has; a third argument says that it begins at 1, as each list here",
        forms: [[.int32, .listOf(.int32)]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...3)
        let value = call.arguments[0]
        guard !value.isUntyped, value.type != .null, !value.type.isNested else {
            throw .badSQL("array_fill needs a value of a type, and of no list", at: value.position, hint: "cast it, as in NULL::INTEGER").because(.typeMismatch)
        }
        guard call.arguments[1].type.dimensionCount < 2 else { throw .badSQL("array_fill takes its counts in a list of one dimension", at: call.arguments[1].position).because(.badSubscript) }
        let counts = try typing.implicit(call.arguments[1], to: .listOf(.int32), call.name)
        if call.arguments.count == 3 { try checkBounds(call, of: counts, typing) }
        guard let dimensions = constants(of: ConstantFolding.folded(counts)), dimensions.count > 1, dimensions.count <= dimensionCountMax else {
            return call.make(.arrayFill, [value.expression, counts], .listOf(TypeRules.widened(value.type)))
        }
        // Lists of lists: their type has as many dimensions as the constant says. Where one has no elements, none has.
        let isEmpty = dimensions.contains(.integer(0))
        var filled = value.expression, type = TypeRules.widened(value.type)
        for count in dimensions.reversed() {
            filled = call.make(.arrayFill, [filled, .literal(.list([isEmpty ? .integer(0) : count]), .listOf(.int32))], .listOf(type))
            type = .listOf(type)
        }
        return filled
    }

    /// A third argument says at which numbers the list's places begin: here they begin at 1.
    private static func checkBounds(_ call: FunctionCall, of counts: Expression, _ typing: any CallTyping) throws(QueryError) {
        let bounds = call.arguments[2]
        let list = ConstantFolding.folded(try typing.implicit(bounds, to: .listOf(.int32), call.name))
        // A parameter whose value is still to come.
        if bounds.isUntyped, case .literal(.bytes(let text), _) = bounds.expression, ParameterTypes.number(text) != nil { return }
        let values = constants(of: list), dimensions = constants(of: ConstantFolding.folded(counts))
        guard list.literalValue?.isNull != true, values?.contains(where: \.isNull) != true else {
            throw .data("array_fill needs to know where the list begins: not NULL", at: bounds.position).because(.nullName)
        }
        if let values, let dimensions, values.count != dimensions.count { throw .data("array_fill takes as many beginnings as counts", at: bounds.position).because(.badSubscript) }
        guard values?.allSatisfy({ $0 == .integer(1) }) == true || dimensions?.contains(.integer(0)) == true else {
            throw .unsupported("lists begin at 1 here: a constant alone may say that", at: bounds.position).because(.notSupported)
        }
    }

    /// Of a list that the statement's text says; nil of any other.
    private static func constants(of list: Expression) -> [Value]? {
        if case .literal(.list(let values), _) = list { return values }
        guard case .call(.makeList, let elements, _, _) = list else { return nil }
        let values = elements.compactMap(\.literalValue)
        return values.count == elements.count ? values : nil
    }
}

extension ScalarFunction {
    static let trimArray = ScalarFunction(
        "trim_array", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let lists = ListValues(call[0]), counts = call[1].integers() ?? []
            return try call.lists { (row) throws(KernelError) in
                let values = lists.values(row)
                guard counts[row] >= 0, counts[row] <= Int64(values.count) else {
                    throw .outside(.badSubscript, "trim_array takes away from 0 to \(values.count) elements of this list")
                }
                return values.dropLast(Int(counts[row]))
            }
        })

    /// - Throws: `.outside(.tooLong)` for a list past `WorkMeter.textByteCountMax`; `.outside` for counts that are NULL, negative or several.
    static let arrayFill = ScalarFunction(
        "array_fill", nulls: .taken, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in
            let value = call[0].flattened(), counts = ListValues(call[1])
            var builder = ColumnBuilder(type: call.type)
            var total = 0
            for row in 0..<call.count {
                let dimensions = counts.values(row)
                guard !counts.isNull(row), !dimensions.contains(where: \.isNull) else { throw .outside(.nullName, "array_fill needs to know how many: not NULL") }
                guard dimensions.count <= 1 else { throw .outside(.notSupported, "array_fill makes lists of several dimensions by a constant") }
                guard case .integer(let count) = dimensions.first ?? .integer(0), count >= 0 else { throw .outside(.tooLong, "array_fill makes lists of no less than 0 elements") }
                let filled = value.value(at: row), byteCount = Int(count).multipliedSaturating(by: 16 + filled.flatByteCount)
                total = total.addingSaturating(byteCount)
                guard byteCount <= WorkMeter.textByteCountMax else { throw .outside(.tooLong, "the list would grow past \(WorkMeter.textByteCountMax >> 20) MiB") }
                // Checked and charged before it is made: three short numbers may ask for terabytes.
                try call.meter.checkColumn(total, row: row, of: call.count)
                try call.meter.charge(2 * byteCount, row: row, of: call.count)
                try call.meter.step(byteCount)
                builder.append(.list([Value](repeating: filled, count: Int(count))))
            }
            return builder.finish()
        })
}
