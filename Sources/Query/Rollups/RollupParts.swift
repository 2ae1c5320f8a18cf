import ColumnStore

/// How each aggregate of a grouping is put together of parts: what a part is in the rollup, what it is of rows, and what joins parts.
///
/// A part is a column of the union of sums and rows, computed on either side; `calls` join parts to the query's aggregates:
///
///     count(x)    parts count(x)              joined by sum, with 0 for no part
///     sum, min …  parts the same              joined by sum, min …
///     avg(x)      parts sum(x), count(x)      joined by averageOfParts
///     DISTINCT x  part x itself, a key        joined by the call as it was
///     approx      part a sketch, or x itself  joined by the union of sketches, or as DISTINCT
struct RollupParts {
    /// A column of both, with its value in the rollup and how it comes of rows.
    struct Column {
        /// On the side of rows: a grouping by a value, or an aggregate of each group.
        enum OfRows {
            case value(Expression)
            case call(AggregateCall)
        }
        let column: OutputColumn
        /// On the side of sums: an expression over keys and measures of one row.
        let ofRollup: Expression
        let ofRows: OfRows
    }

    /// Why a grouping cannot be answered.
    struct Refusal: Error { let reason: String }

    private let meaning: RollupMeaning
    private let keys: RollupKeys
    /// The columns of the rollup's measures in the plan.
    private let measures: [OutputColumn]
    private let ids: PlanIDs
    /// Parts, in the order in which they were added.
    private(set) var columns: [Column] = []
    /// The query's aggregates over the parts, one for each.
    private(set) var calls: [AggregateCall] = []
    /// Of `calls`, by place: counts, which are 0 and not NULL where there is nothing.
    private(set) var counts: Set<Int> = []

    init(_ meaning: RollupMeaning, _ keys: RollupKeys, measures: [OutputColumn], _ ids: PlanIDs) {
        (self.meaning, self.keys, self.measures, self.ids) = (meaning, keys, measures, ids)
    }

    /// A value that parts are grouped by.
    ///
    /// - Parameters:
    ///   - own: over the query's columns.
    ///   - canonical: the same over the rollup's.
    /// - Throws: where it does not follow from the keys.
    mutating func value(_ own: Expression, _ canonical: Expression, _ what: String) throws(Refusal) -> OutputColumn {
        // Without keys there may be no row that has the value.
        guard !meaning.keys.isEmpty, let computed = keys.computed(canonical) else { throw Refusal(reason: "\(what) is not computed from its keys") }
        return add(own.type, "key", computed, .value(own))
    }

    private mutating func add(_ type: ColumnType, _ name: String, _ ofRollup: Expression, _ ofRows: Column.OfRows) -> OutputColumn {
        let column = ids.newColumn(name, type)
        columns.append(Column(column: column, ofRollup: ofRollup, ofRows: ofRows))
        return column
    }

    /// Adds one aggregate of the query.
    ///
    /// - Parameters:
    ///   - call: as the query has it.
    ///   - canonical: its arguments and its filter over the rollup's columns.
    /// - Throws: why it cannot be put together of parts.
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

    /// Repeats are found by the value itself, which must be one of the keys.
    private mutating func distinct(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard call.order.isEmpty, call.arguments.count == 1 else { throw Refusal(reason: "DISTINCT needs every row") }
        var outer = call
        var (own, known) = (call.arguments[0], canonical.arguments[0])
        if let filter = call.filter, let condition = canonical.filter {
            // What does not count is NULL, which does not count.
            guard [.count, .sum, .avg, .approximateDistinct].contains(call.function) else { throw Refusal(reason: "DISTINCT needs every row") }
            own = .conditional(branches: [.init(condition: filter, result: own)], otherwise: nil, type: own.type)
            known = .conditional(branches: [.init(condition: condition, result: known)], otherwise: nil, type: known.type)
            outer.filter = nil
        }
        outer.arguments = [.column(try value(own, known, "what is DISTINCT"))]
        calls.append(outer)
    }

    /// What is joined by one function: counts by sums of counts, the others by themselves.
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

    /// The mean of all values is that of all sums and counts. A part whose values are all NULL has a sum of 0.
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

    /// Of a sketch that is kept, or else of values that are keys.
    private mutating func sketch(_ call: AggregateCall, _ canonical: AggregateCall) throws(Refusal) {
        guard let kept = keptSketch(canonical) else { return try distinct(call, canonical) }
        var rows = call
        rows.function = .approximateDistinctSketch
        rows.column = ids.newColumn(call.column.name, .binary)
        let column = add(.binary, call.column.name, kept, .call(rows))
        calls.append(AggregateCall(column: call.column, function: .approximateDistinctOfSketches, arguments: [.column(column)], position: call.position))
    }

    /// The sketch that a row of the rollup has of it, perhaps under a filter that asks of keys alone.
    private func keptSketch(_ call: AggregateCall) -> Expression? {
        if let measure = measure(call), meaning.measures[measure].type == .binary { return .column(measures[measure]) }
        guard let (condition, rest) = split(call), let measure = measure(rest), meaning.measures[measure].type == .binary else { return nil }
        return .conditional(branches: [.init(condition: condition, result: .column(measures[measure]))], otherwise: nil, type: .binary)
    }

    // MARK: Measures

    /// The measure that is this very aggregate, filter and all.
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
    ///
    /// In this order: a measure as it is; a filter over keys around one; an aggregate of keys alone; a CASE over keys.
    /// - Throws: where it is none of these.
    private func part(_ call: AggregateCall, isCount: Bool, type: ColumnType) throws(Refusal) -> Expression {
        if let measure = measure(call) {
            guard let value = Self.value(.column(measures[measure]), as: type) else { throw Refusal(reason: "\(meaning.measures[measure].name) is of another type") }
            return value
        }
        let otherwise: Expression? = isCount ? .literal(.integer(0), .int64) : nil
        // What is asked of some keys only.
        if call.filter != nil {
            guard let (condition, rest) = split(call) else { throw Refusal(reason: "a FILTER is not computed from its keys") }
            let value = try part(rest, isCount: isCount, type: type)
            return .conditional(branches: [.init(condition: condition, result: value)], otherwise: otherwise, type: type)
        }
        if let value = try ofKeys(call, type) { return value }
        if let value = try chosen(call, isCount: isCount, type: type) { return value }
        throw Refusal(reason: "it has no such \(call.function == .countRows ? "count(*)" : call.function.rawValue)")
    }

    /// What a filter asks of keys, and the call with what is left of it.
    /// - Returns: nil where nothing of it asks of keys, and where that could refuse values of rows that what is left kept from it.
    private func split(_ call: AggregateCall) -> (condition: Expression, rest: AggregateCall)? {
        var asked: [Expression] = []
        var left: [Expression] = []
        for condition in call.filter?.conjuncts ?? [] {
            guard let computed = keys.computed(condition) else {
                left.append(condition)
                continue
            }
            // It will be asked of every row of sums, those too none of whose rows came as far.
            if !left.isEmpty, computed.hasSubquery || ConstantFolding.refusesValues(computed, except: keys.isStepOfOwnTime) { return nil }
            asked.append(computed)
        }
        if asked.isEmpty { return nil }
        var rest = call
        rest.filter = left.isEmpty ? nil : .conjunction(left)
        return (.conjunction(asked), rest)
    }

    /// An aggregate of what all rows of a row of the rollup have in common.
    ///
    /// Of n equal values: the count is n, the sum n times the value, the least and the greatest the value. Without keys n may be 0, and all but the count is NULL.
    ///
    /// - Returns: nil where its argument is no such value.
    private func ofKeys(_ call: AggregateCall, _ type: ColumnType) throws(Refusal) -> Expression? {
        let all = AggregateCall(column: call.column, function: .countRows, arguments: [])
        guard call.arguments.count == 1 else {
            // Of a column that no row lacks.
            guard call.function == .countRows, let measure = meaning.measures.firstIndex(where: { $0.call.function == .count && isOfRows($0.call) }) else { return nil }
            return .column(measures[measure])
        }
        if call.function == .count, isOfRows(call) { return try part(all, isCount: true, type: type) }
        guard let value = keys.computed(call.arguments[0]) else { return nil }
        switch call.function {
        case .count:
            let rows = try part(all, isCount: true, type: type)
            return .conditional(branches: [.init(condition: .not(.isNull(value)), result: rows)], otherwise: .literal(.integer(0), .int64), type: type)
        case _ where meaning.keys.isEmpty: return nil
        case .sum:
            // Of nothings there is one at least.
            if value.isZero { return .literal(type.isDecimal ? .decimal(0) : .integer(0), type) }
            guard let factor = Self.factor(value) else { return nil }
            return try times(factor, try part(all, isCount: true, type: .int64), type)
        case .min, .max, .boolAnd, .boolOr: return Self.value(value, as: type)
        default: return nil
        }
    }

    /// - Returns: nil for another type, but for one of more digits before the mark.
    private static func value(_ value: Expression, as type: ColumnType) -> Expression? {
        if value.type == type { return value }
        guard case .decimal(let from, let scale) = value.type, case .decimal(let to, scale) = type, to >= from else { return nil }
        return .cast(value, to: type, position: nil)
    }

    /// Whether a count of its argument is one of rows.
    private func isOfRows(_ call: AggregateCall) -> Bool {
        guard call.filter == nil, !call.isDistinct, call.arguments.count == 1, case .column(let id, _) = call.arguments[0] else { return false }
        return meaning.filled.contains(id)
    }

    /// Numbers so small that so many of them as a store can have do not leave a sum's digits.
    /// Nil for others, whose product with a count may leave them.
    private static func factor(_ value: Expression) -> Expression? {
        switch value {
        case .literal(.null, _): return value
        case .literal(.decimal(let digits), _): return digits.magnitude < smallMax ? value : nil
        default: break
        }
        switch value.type {
        case .int32, .int64: return value
        case .decimal(let precision, _): return precision <= smallDigitCount ? value : nil
        default: return nil
        }
    }
    private static let smallDigitCount = 18
    private static let smallMax = UInt128(1_000_000_000_000_000_000)

    /// The sum of so many of one value.
    private func times(_ value: Expression, _ count: Expression, _ type: ColumnType) throws(Refusal) -> Expression {
        switch type {
        case .int64:
            let wide = value.type == type ? value : .cast(value, to: type, position: nil)
            return .call(.multiply, [wide, count], type: type, position: nil)
        case .decimal:
            let whole = ColumnType.decimal38(scale: 0)
            let wide = value.type.isDecimal ? value : .cast(value, to: whole, position: nil)
            return .call(.multiply, [wide, .cast(count, to: whole, position: nil)], type: type, position: nil)
        default: throw Refusal(reason: "it has no such sum")
        }
    }

    /// An aggregate of what a CASE over keys chooses, or of a value with 0 for NULL: that of what is chosen.
    ///
    /// `sum(CASE WHEN day < '2026-02-01' THEN total ELSE 0 END)` over a key `day` is, for each row of sums, its
    /// `sum(total)`, or 0.
    ///
    /// - Returns: nil where its argument is neither.
    private func chosen(_ call: AggregateCall, isCount: Bool, type: ColumnType) throws(Refusal) -> Expression? {
        guard call.arguments.count == 1 else { return nil }
        func part(of argument: Expression, _ type: ColumnType) throws(Refusal) -> Expression {
            var own = call
            own.arguments = [argument]
            return try self.part(own, isCount: isCount, type: type)
        }
        switch call.arguments[0] {
        case .conditional(let branches, let otherwise, _):
            var made: [Expression.Branch] = []
            for branch in branches {
                guard let condition = keys.computed(branch.condition) else { return nil }
                made.append(.init(condition: condition, result: try part(of: branch.result, type)))
            }
            let last = try otherwise.map { value throws(Refusal) in try part(of: value, type) }
            return .conditional(branches: made, otherwise: last ?? (isCount ? .literal(.integer(0), .int64) : nil), type: type)
        case .coalesce(let items, _):
            // Without keys there may be no row, and no sum.
            guard !meaning.keys.isEmpty, call.function == .sum, items.count == 2, items[1].isZero else { return nil }
            return .coalesce([try part(of: items[0], type), .literal(type.isDecimal ? .decimal(0) : .integer(0), type)], type: type)
        case .cast(let inner, let target, _):
            if isCount { return ConstantFolding.canFail(call.arguments[0]) ? nil : try part(of: inner, type) }
            // More digits before the mark say the same.
            guard Self.value(inner, as: target) != nil, [.sum, .min, .max].contains(call.function) else { return nil }
            return try part(of: inner, type)
        default: return nil
        }
    }
}

extension Expression {
    fileprivate var isZero: Bool { literalValue == .integer(0) || literalValue == .decimal(0) }
}
