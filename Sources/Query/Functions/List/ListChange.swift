import ColumnStore

/// Lists made of lists: with an element more, without one, with one replaced; and where an element stands.
///
/// A list and the values that go with it are brought to one type first.
///
/// PostgreSQL 15's documentation, section 9.19.
extension SQLFunction {
    static let arrayAppend = joining("array_append", summary: "a list with one element more at its end, as `||`", element: 1)
    static let arrayPrepend = joining("array_prepend", summary: "a list with one element more at its start, as `||`", element: 0)
    static let arrayCat = joining("array_cat", summary: "two lists as one, as `||`")

    /// - Parameter place: of the argument that is an element, whatever it is: a NULL is one, too, and a list that is NULL has none.
    private static func joining(_ name: String, summary: String, element place: Int? = nil) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[place == 0 ? .int32 : .listOf(.int32), place == 1 ? .int32 : .listOf(.int32)]]) { (call, typing) throws(QueryError) in
            try call.count(2...2)
            var sides = call.arguments
            if let place {
                try refuseList(sides[place], beside: sides[1 - place], name)
                try checkDimensions(sides[1 - place], beside: sides[place], name)
            }
            for side in place.map({ [1 - $0] }) ?? [0, 1] {
                sides[side] = try list(sides[side], beside: sides[1 - side], isElement: place != nil, typing)
                let isOpen = sides[side].isUntyped || sides[side].type == .null
                // `||` takes lists and elements in either order, and these do not.
                guard isOpen || sides[side].type.dimensionCount > 0 else {
                    throw .badSQL("\(name) needs a list, not \(sides[side].type.sqlName)", at: sides[side].position).because(.undefinedFunction)
                }
            }
            if let place, let element = try bareElement(sides[place], of: sides[1 - place], typing) {
                let type = element.type
                sides[place] = TypedExpression(call.make(.makeList, [element], .listOf(type)), at: sides[place].position)
                if sides[1 - place].type == .null { return sides[place].expression }
            }
            return try typing.binary(.concatenate, sides[0], sides[1], at: call.position)
        }
    }

    /// A list, of however many dimensions, has elements of one type, and no list is one.
    private static func refuseList(_ element: TypedExpression, beside list: TypedExpression, _ name: String) throws(QueryError) {
        guard element.type.dimensionCount > 0 else { return }
        let isOpen = list.isUntyped || list.type == .null
        throw .badSQL("\(name) takes an element, not \(element.type.sqlName)", at: element.position, hint: "lists are joined by || and array_cat")
            .because(isOpen ? .undefinedObject : .undefinedFunction)
    }

    /// A value, or NULL, is no row of a list of several dimensions.
    private static func checkDimensions(_ list: TypedExpression, beside element: TypedExpression, _ name: String) throws(QueryError) {
        guard list.type.dimensionCount > 1, element.type.dimensionCount == 0 else { return }
        guard element.type == .null || !element.isUntyped && TypeRules.common(list.type.leaf, element.type) != nil else { return }
        throw .data("\(name) takes a list of one dimension, or an empty one", at: list.position)
    }

    /// The text of a list, or a parameter, as a list like what stands beside it; of texts where that has no type either.
    ///
    /// - Parameter isElement: whether an element stands beside it, or another list.
    private static func list(_ value: TypedExpression, beside other: TypedExpression, isElement: Bool, _ typing: any CallTyping) throws(QueryError) -> TypedExpression {
        guard value.isUntyped else { return value }
        let type: ColumnType
        if other.isUntyped || other.type == .null {
            type = .listOf(.string)
        } else if case .list = other.type {
            guard !isElement else { return value }
            type = other.type.withoutIDs
        } else {
            guard isElement, !other.type.isNested else { return value }
            type = .listOf(TypeRules.widened(other.type))
        }
        let list = try typing.withOwnDigits(value, beside: type)
        return list.isUntyped ? TypedExpression(try typing.cast(value, to: type, isExplicit: false), at: value.position) : list
    }

    /// An element that `||` would take for a list, or that stands beside a NULL; nil of all others.
    private static func bareElement(_ value: TypedExpression, of list: TypedExpression, _ typing: any CallTyping) throws(QueryError) -> Expression? {
        let isOpen = value.isUntyped || value.type == .null
        if list.type == .null, !list.isUntyped {
            guard !value.type.isNested else { return nil }
            return isOpen ? try typing.implicit(value, to: .string, "array_append") : value.expression
        }
        guard isOpen, case .list(let field) = list.type, field.type.dimensionCount == 0 else { return nil }
        let element = try typing.withOwnDigits(value, beside: field.type)
        return element.isUntyped || element.type == .null ? try typing.implicit(value, to: field.type, "array_append") : element.expression
    }

    static let arrayRemove = withElement("array_remove", summary: "a list without the elements that are equal to a value", .listRemove, 2) { .listOf($0) }
    static let arrayReplace = withElement(
        "array_replace", summary: "a list with the elements that are equal to a value replaced by another", .listReplace, deep: .listReplaceDeep, 3
    ) { .listOf($0) }
    /// From a place on, where a third argument says one.
    static let arrayPosition = SQLFunction(
        "array_position", summary: "where a value first stands in a list, from a place on",
        forms: [[.listOf(.int32), .int32], [.listOf(.int32), .int32, .int32]]
    ) { (call, typing) throws(QueryError) in
        try call.count(2...3)
        var first = call
        first.arguments.removeLast(call.arguments.count - 2)
        let found = try positionFromStart.bind(first, typing)
        // The same arguments, brought to one type, and the place behind them.
        guard call.arguments.count == 3, case .call(_, let arguments, let type, _) = found else { return found }
        return call.make(.listPositionFrom, arguments + [try typing.implicit(call.arguments[2], to: .int32, call.name)], type)
    }
    private static let positionFromStart = withElement("array_position", summary: "where a value first stands in a list", .listPosition, 2) { _ in .int32 }
    static let arrayPositions = withElement("array_positions", summary: "all places where a value stands, as a list", .listPositions, 2) { _ in .listOf(.int32) }

    /// Of a list and values of its elements' type.
    ///
    /// - Parameter deep: what is done to lists of several dimensions, which stay as they are but for their values.
    private static func withElement(
        _ name: String, summary: String, _ function: ScalarFunction, deep: ScalarFunction? = nil, _ count: Int,
        _ gives: @escaping @Sendable (ColumnType) -> ColumnType
    ) -> SQLFunction {
        SQLFunction(name, summary: summary, forms: [[.listOf(.int32)] + [ColumnType](repeating: .int32, count: count - 1)]) { (call, typing) throws(QueryError) in
            try call.count(count...count)
            var list = call.arguments[0]
            // The text of a list, NULL, or a parameter is one of what is looked for.
            if list.isUntyped || list.type == .null {
                let element = call.arguments.dropFirst().first { !$0.isUntyped && $0.type != .null }?.type ?? .string
                list = TypedExpression(try typing.cast(list, to: .listOf(TypeRules.widened(element)), isExplicit: false), at: list.position)
            }
            guard case .list(let field) = list.type else {
                throw .badSQL("\(name) needs a list, not \(list.type.sqlName)", at: list.position).because(.undefinedFunction)
            }
            var type = field.type.leaf, values: [TypedExpression] = []
            for value in call.arguments.dropFirst() { values.append(try typing.withOwnDigits(value, beside: type)) }
            for value in values where !value.isUntyped {
                guard let common = TypeRules.common(type, value.type) else {
                    throw .badSQL("\(name) does not take a \(value.type.sqlName) of \(list.type.sqlName)", at: value.position).because(.undefinedFunction)
                }
                type = TypeRules.widened(common)
            }
            let isDeep = field.type.dimensionCount > 0, whole = list.type.replacingElement(with: type)
            guard !isDeep || deep != nil else {
                // Rows of different lengths would be left, and no place is one number.
                throw .unsupported("\(name) takes no list of several dimensions", at: list.position).because(.notSupported)
            }
            var arguments = [list.type.withoutIDs == whole ? list.expression : .cast(list.expression, to: whole, position: list.position)]
            for value in values { arguments.append(try typing.cast(value, to: type, isExplicit: false)) }
            if isDeep, let deep { return call.make(deep, arguments, whole) }
            return call.make(function, arguments, gives(type))
        }
    }
}

extension ScalarFunction {
    static let listRemove = changing("array_remove") { (elements, isWanted, _) in .list(elements.indices.filter { !isWanted[$0] }.map { elements[$0] }) }
    static let listReplace = changing("array_replace") { (elements, isWanted, values) in
        .list(elements.indices.map { isWanted[$0] ? values[1] : elements[$0] })
    }
    /// The same of each value of a list of several dimensions.
    static let listReplaceDeep = ScalarFunction(
        "array_replace_deep", nulls: .first, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let lists = call[0].flattened(), known = lists.rowValidity
            let (wanted, others) = (call[1].flattened(), call[2].flattened())
            try call.meter.charge(3 * call.columns.reduce(0) { $0 + $1.flatByteCountBound })
            func replaced(_ value: Value, _ type: ColumnType, _ row: Int) -> Value {
                if case .list(let field) = type {
                    // A list that is NULL among them is none of the values.
                    guard case .list(let items) = value else { return value }
                    return .list(items.map { replaced($0, field.type, row) })
                }
                return CompareKernels.order(value, wanted.value(at: row), type) == 0 ? others.value(at: row) : value
            }
            var builder = ColumnBuilder(type: call.type), byteCount = 0
            for row in 0..<call.count {
                guard !lists.isConstantNull, known?[row] ?? true else {
                    builder.appendNull()
                    continue
                }
                let list = lists.value(at: row), mark = call.meter.mark
                try call.meter.step(list.flatByteCount.multipliedSaturating(by: 8))
                // Values of four bytes and more, each twice while they are looked at.
                try call.meter.charge(list.flatByteCount.multipliedSaturating(by: 24), row: row, of: call.count)
                let changed = replaced(list, call.type, row)
                byteCount = byteCount.addingSaturating(changed.flatByteCount)
                try call.meter.checkColumn(byteCount, row: row, of: call.count)
                builder.append(changed)
                call.meter.settle(since: mark)
                try call.meter.charge(changed.flatByteCount.multipliedSaturating(by: 2), row: row, of: call.count)
            }
            return builder.finish()
        })
    static let listPosition = changing("array_position") { (_, isWanted, _) in isWanted.firstIndex(of: true).map { .integer(Int64($0 + 1)) } ?? .null }
    static let listPositionFrom = changing("array_position_from", failure: .possible) { (_, isWanted, values) throws(KernelError) in
        guard case .integer(let start) = values[1] else { throw .outside(.nullName, "the place from which array_position looks must not be NULL") }
        // Places before the first are as the first.
        let before = Int(clamping: max(start, 1) - 1)
        return isWanted.dropFirst(before).firstIndex(of: true).map { .integer(Int64($0 + 1)) } ?? .null
    }
    static let listPositions = changing("array_positions") { (_, isWanted, _) in
        .list(isWanted.indices.filter { isWanted[$0] }.map { .integer(Int64($0 + 1)) })
    }

    /// Of an element of the row at hand, as a value with its text and once more in the answer.
    private static let elementByteCount = 96

    /// NULL where the list is; values that are looked for may be NULL.
    ///
    /// - Parameter change: makes the answer of a row's elements, which of them are the value that is looked for, and the other arguments, that value first.
    private static func changing(
        _ symbol: String, failure: Failure = .never, _ change: @escaping @Sendable ([Value], [Bool], [Value]) throws(KernelError) -> Value
    ) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .first, cost: .heavy, failure: failure,
            kernel: .plain { (call) throws(KernelError) in
                let lists = ListValues(call[0])
                let others = call.columns.dropFirst().map { $0.flattened() }
                try call.meter.charge(3 * call.columns.reduce(0) { $0 + $1.flatByteCountBound })
                var builder = ColumnBuilder(type: call.type), byteCount = 0
                for row in 0..<call.count {
                    if lists.isNull(row) {
                        builder.appendNull()
                        continue
                    }
                    try call.meter.step(32 * lists[row].count)
                    let mark = call.meter.mark
                    try call.meter.charge(lists[row].count.multipliedSaturating(by: ScalarFunction.elementByteCount), row: row, of: call.count)
                    let values = others.map { $0.value(at: row) }
                    let changed = try change(lists.values(row), try lists.matches(values[0], row, call.meter), values)
                    // Its texts are shared so far: laid down, one that came to stand at many places takes so many times its length.
                    byteCount = byteCount.addingSaturating(changed.flatByteCount)
                    try call.meter.checkColumn(byteCount, row: row, of: call.count)
                    try call.meter.charge(changed.flatByteCount.multipliedSaturating(by: 2), row: row, of: call.count)
                    builder.append(changed)
                    call.meter.settle(since: mark)
                    try call.meter.charge(changed.flatByteCount.multipliedSaturating(by: 2), row: row, of: call.count)
                }
                return builder.finish()
            })
    }
}
