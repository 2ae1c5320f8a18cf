import ColumnStore

/// How each aggregate of a grouping is put together of parts: what a part is in the rollup, what it is of rows, and what joins parts.
struct RollupParts {
    /// A column of both, with its value in the rollup and how it comes of rows.
    struct Column {
        enum OfRows {
            case value(Expression)
            case call(AggregateCall)
        }
        let column: OutputColumn
        let ofRollup: Expression
        let ofRows: OfRows
    }

    /// Why a grouping cannot be answered.
    struct Refusal: Error { let reason: String }

    private let meaning: RollupMeaning
    private let keys: RollupKeys
    private let measures: [OutputColumn]
    private let ids: PlanIDs
    private(set) var columns: [Column] = []
    private(set) var calls: [AggregateCall] = []
    /// Of `calls`, by place: counts, which are 0 and not NULL where there is nothing.
    private(set) var counts: Set<Int> = []

    init(_ meaning: RollupMeaning, _ keys: RollupKeys, measures: [OutputColumn], _ ids: PlanIDs) {
        (self.meaning, self.keys, self.measures, self.ids) = (meaning, keys, measures, ids)
    }

    /// A value that parts are told apart by.
    ///
    /// - Parameters:
    ///   - own: over the query's columns.
    ///   - canonical: the same over the rollup's.
    mutating func value(_ own: Expression, _ canonical: Expression, _ what: String) throws(Refusal) -> OutputColumn {
        guard let computed = keys.computed(canonical) else { throw Refusal(reason: "\(what) is not computed from its keys") }
        return add(own.type, "key", computed, .value(own))
    }

    private mutating func add(_ type: ColumnType, _ name: String, _ ofRollup: Expression, _ ofRows: Column.OfRows) -> OutputColumn {
        let column = ids.newColumn(name, type)
        columns.append(Column(column: column, ofRollup: ofRollup, ofRows: ofRows))
        return column
    }

    /// - Parameters:
    ///   - call: as the query has it.
    ///   - canonical: its arguments and its filter over the rollup's columns.
    mutating func add(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        let shown = call.function.rawValue
        guard call.order.isEmpty || !call.function.definition.isOrderedSet else { throw Refusal(reason: "\(shown) needs every row") }
        if call.isDistinct, !call.function.definition.ignoresRepeats { return try distinct(call, canonical) }
        switch call.function {
        case .countRows, .count, .sum, .min, .max, .boolAnd, .boolOr: try joined(call, canonical)
        case .avg: try average(call, canonical)
        case .approximateDistinct: try sketch(call, canonical)
        default: throw Refusal(reason: "\(shown) cannot be put together of parts")
        }
    }

    // MARK: Kinds

    /// Repeats are told apart by the value itself, which must be one of the keys.
    private mutating func distinct(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard call.filter == nil, call.order.isEmpty, call.arguments.count == 1 else { throw Refusal(reason: "DISTINCT needs every row") }
        var outer = call
        outer.arguments = [.column(try value(call.arguments[0], canonical.arguments[0], "what is DISTINCT"))]
        calls.append(outer)
    }

    private mutating func joined(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard let function = call.function.definition.ofParts, call.column.type != .interval else {
            throw Refusal(reason: "\(call.function.rawValue) of these values cannot be put together of parts")
        }
        let isCount = call.function.definition.isCount
        guard isCount || call.function != .sum || call.column.type != .double else { throw Refusal(reason: "a sum of DOUBLE is exact over all rows only") }
        let value = try part(canonical, isCount: isCount, type: call.column.type)
        if isCount { counts.insert(calls.count) }
        var outer = AggregateCall(column: call.column, function: function, arguments: [], position: call.position)
        outer.arguments = [.column(add(call.column.type, call.column.name, value, .call(call)))]
        calls.append(outer)
    }

    private mutating func average(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard call.column.type != .double, call.column.type != .interval, let type = TypeRules.sum(call.arguments[0].type), type != .double else {
            throw Refusal(reason: "this average is exact over all rows only")
        }
        func parted(_ call: AggregateCall, _ function: AggregateFunction, _ type: ColumnType) -> AggregateCall {
            var own = call
            own.function = function
            own.column = ids.newColumn(call.column.name, type)
            return own
        }
        let zero = Expression.literal(type.isDecimal ? .decimal(0) : .integer(0), type)
        let sum = Expression.coalesce([try part(parted(canonical, .sum, type), isCount: false, type: type), zero], type: type)
        let count = try part(parted(canonical, .count, .int64), isCount: true, type: .int64)
        let columns = [
            add(type, "sum", sum, .call(parted(call, .sum, type))), add(.int64, "count", count, .call(parted(call, .count, .int64))),
        ]
        calls.append(AggregateCall(column: call.column, function: .averageOfParts, arguments: columns.map { .column($0) }, position: call.position))
    }

    private mutating func sketch(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard let measure = measure(canonical), meaning.measures[measure].type == .binary else {
            return try distinct(call, canonical)
        }
        var rows = call
        rows.function = .approximateDistinctSketch
        rows.column = ids.newColumn(call.column.name, .binary)
        let column = add(.binary, call.column.name, .column(measures[measure]), .call(rows))
        calls.append(AggregateCall(column: call.column, function: .approximateDistinctOfSketches, arguments: [.column(column)], position: call.position))
    }

    // MARK: Measures

    private func measure(_ call: AggregateCall) -> Int? {
        meaning.measures.firstIndex { own in
            guard own.call.function == call.function, own.call.arguments.count == call.arguments.count, !own.call.isDistinct else { return false }
            guard zip(own.call.arguments, call.arguments).allSatisfy({ $0.isSame(as: $1) }) else { return false }
            switch (own.call.filter, call.filter) {
            case (nil, nil): return true
            case (let left?, let right?): return left.isSame(as: right)
            default: return false
            }
        }
    }

    /// An aggregate of one row of the rollup.
    private func part(_ call: AggregateCall, isCount: Bool, type: ColumnType) throws(Refusal) -> Expression {
        if let measure = measure(call) {
            guard measures[measure].type == type else { throw Refusal(reason: "\(meaning.measures[measure].name) is of another type") }
            return .column(measures[measure])
        }
        let otherwise: Expression? = isCount ? .literal(.integer(0), .int64) : nil
        // What is asked of some keys only.
        if let filter = call.filter {
            guard let condition = keys.computed(filter) else { throw Refusal(reason: "a FILTER is not computed from its keys") }
            var plain = call
            plain.filter = nil
            let value = try part(plain, isCount: isCount, type: type)
            return .conditional(branches: [.init(condition: condition, result: value)], otherwise: otherwise, type: type)
        }
        let shown = call.function == .countRows ? "count(*)" : call.function.rawValue
        guard call.arguments.count == 1, let value = keys.computed(call.arguments[0]) else { throw Refusal(reason: "it has no such \(shown)") }
        switch call.function {
        case .count:
            let all = AggregateCall(column: call.column, function: .countRows, arguments: [])
            let rows = try part(all, isCount: true, type: type)
            return .conditional(branches: [.init(condition: .not(.isNull(value)), result: rows)], otherwise: otherwise, type: type)
        case .min where value.type == type, .max where value.type == type, .boolAnd where value.type == type, .boolOr where value.type == type:
            return value
        default: throw Refusal(reason: "it has no such \(shown)")
        }
    }
}
