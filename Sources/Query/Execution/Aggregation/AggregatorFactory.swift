import ColumnStore

/// Chooses the aggregator for a call by its function and types.
enum AggregatorFactory {
    /// What is evaluated for each row and handed to `update`: arguments, then the keys of the call's own ORDER BY.
    static func inputs(_ call: AggregateCall) -> [Expression] {
        call.function.definition.isOrderedSet ? [orderedValue(call)] : call.arguments + call.order.map(\.expression)
    }

    /// The value of WITHIN GROUP (ORDER BY value), wherever the plan has put it.
    /// With one argument more than the function has, the first of them is the value; else it is the key of ORDER BY.
    private static func orderedValue(_ call: AggregateCall) -> Expression {
        let wanted = 1 + call.function.definition.argumentCount
        if call.arguments.count >= wanted { return call.arguments[0] }
        return call.order.first?.expression ?? call.arguments[0]
    }

    /// One for each call. Exact sums and averages of the same values share their state.
    /// - Throws: `dataError` for a percentile's fraction that is no constant from 0 to 1.
    static func make(_ calls: [AggregateCall]) throws(QueryError) -> [Aggregator] {
        var made: [Aggregator] = []
        for (index, call) in calls.enumerated() {
            let leader = calls[..<index].indices.first { isSameSum(calls[$0], call) && made[$0] is ExactSumAggregator }
            if let leader, let sums = made[leader] as? ExactSumAggregator {
                made.append(ExactSumAggregator(following: sums, result: call.column.type, isAverage: call.function == .avg))
            } else {
                made.append(try make(call))
            }
        }
        return made
    }

    /// Whether a call's state takes about as much whatever rows it has seen: no lists of values, sketches or texts.
    static func hasSmallStates(_ call: AggregateCall) -> Bool {
        if call.isDistinct, !call.function.definition.ignoresRepeats { return false }
        switch call.function {
        case .countRows, .count, .sum, .avg, .averageOfParts, .boolAnd, .boolOr: return true
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation: return true
        case .min, .max, .anyValue, .singleValue: return !hasLength(call.column.type)
        case .percentileContinuous, .percentileDiscrete, .mode, .stringAggregate, .arrayAggregate: return false
        case .approximateDistinct, .approximateDistinctSketch, .approximateDistinctOfSketches, .approximateDistinctJoined: return false
        }
    }

    /// Whether values of a type may be of any size.
    private static func hasLength(_ type: ColumnType) -> Bool {
        switch type {
        case .string, .binary, .json, .list, .structure: true
        default: false
        }
    }

    /// Whether the other call can answer from the totals of the first: same argument, same filter, no DISTINCT, nothing of
    /// doubles.
    private static func isSameSum(_ one: AggregateCall, _ other: AggregateCall) -> Bool {
        guard other.function == .sum || other.function == .avg, other.column.type != .double, !one.isDistinct, !other.isDistinct,
            one.arguments.count == 1, other.arguments.count == 1, one.arguments[0].isSame(as: other.arguments[0])
        else { return false }
        switch (one.filter, other.filter) {
        case (nil, nil): return true
        case (let left?, let right?): return left.isSame(as: right)
        default: return false
        }
    }

    /// One that stands alone. DISTINCT is put around it, unless repeats change nothing (min, max, bool_and …).
    static func make(_ call: AggregateCall) throws(QueryError) -> Aggregator {
        let inputTypes = inputs(call).map(\.type)
        let plain = try makePlain(call, inputTypes)
        guard call.isDistinct, !call.function.definition.ignoresRepeats else { return plain }
        // What could be made once can be made again.
        return DistinctAggregator(types: inputTypes, skipsNulls: call.function != .arrayAggregate) { (try? makePlain(call, inputTypes)) ?? plain }
    }

    /// - Parameter types: of `inputs`.
    private static func makePlain(_ call: AggregateCall, _ types: [ColumnType]) throws(QueryError) -> Aggregator {
        let result = call.column.type
        switch call.function {
        case .countRows, .count: return CountAggregator()
        case .sum, .avg:
            if types[0] == .double || result == .double { return CastingAggregator(RealSumAggregator(isAverage: call.function == .avg), to: .double) }
            if types[0] == .interval { return IntervalSumAggregator(isAverage: call.function == .avg) }
            return ExactSumAggregator(argument: types[0], result: result, isAverage: call.function == .avg)
        case .min, .max: return extreme(types[0], isMaximum: call.function == .max)
        case .standardDeviation, .standardDeviationPopulation, .variance, .variancePopulation:
            let isPopulation = call.function == .standardDeviationPopulation || call.function == .variancePopulation
            let isDeviation = call.function == .standardDeviation || call.function == .standardDeviationPopulation
            if types[0] == .double { return VarianceAggregator(isPopulation: isPopulation, isDeviation: isDeviation) }
            return ExactVarianceAggregator(scale: types[0].scale, isPopulation: isPopulation, isDeviation: isDeviation)
        case .percentileContinuous, .percentileDiscrete, .mode: return try orderedSet(call, types[0])
        case .approximateDistinct: return ApproximateDistinctAggregator(.count)
        case .approximateDistinctSketch: return ApproximateDistinctAggregator(.sketch)
        case .approximateDistinctOfSketches: return ApproximateDistinctAggregator(.ofSketches)
        case .approximateDistinctJoined: return ApproximateDistinctAggregator(.joined)
        case .averageOfParts: return PartAverageAggregator(sum: types[0], result: result)
        case .stringAggregate: return StringAggregator(types: types, order: keys(call), result: result)
        case .arrayAggregate: return ArrayAggregator(types: types, order: keys(call), result: result)
        case .boolAnd: return BooleanAggregator(isAnd: true)
        case .boolOr: return BooleanAggregator(isAnd: false)
        case .anyValue: return AnyValueAggregator(type: result, isSingle: false)
        case .singleValue: return AnyValueAggregator(type: result, isSingle: true)
        }
    }

    /// By how values compare: as whole numbers, as bytes, or value by value.
    private static func extreme(_ type: ColumnType, isMaximum: Bool) -> Aggregator {
        switch type {
        case .int32, .int64, .decimal, .date, .time, .timestamp, .timestampNanoseconds:
            WholeExtremeAggregator(type: type, isMaximum: isMaximum)
        case .string, .binary, .uuid: BytesExtremeAggregator(type: type, isMaximum: isMaximum)
        default: ValueExtremeAggregator(type: type, isMaximum: isMaximum)
        }
    }

    /// The call's own ORDER BY, whose values follow the arguments among the inputs.
    private static func keys(_ call: AggregateCall) -> [CollectingAggregator.CollectedKey] {
        call.order.enumerated().map { index, key in
            .init(column: call.arguments.count + index, isDescending: key.isDescending, nullsFirst: key.nullsFirst)
        }
    }

    /// The fraction is the call's last argument, wherever the value is; a mode has none.
    private static func orderedSet(_ call: AggregateCall, _ type: ColumnType) throws(QueryError) -> Aggregator {
        let isDescending = call.order.first?.isDescending ?? false
        let result = call.column.type
        if call.function == .mode { return OrderedSetAggregator(kind: .mode, type: type, isDescending: isDescending, result: result) }
        // A NULL fraction gives NULL: of no rows, whatever they are.
        if call.arguments.last?.literalValue?.isNull == true { return NullAggregator(type: result) }
        guard let last = call.arguments.last, let fraction = fraction(last), fraction >= 0, fraction <= 1 else {
            throw QueryError(.dataError, "a percentile's fraction is a constant from 0 to 1", position: call.position)
        }
        let kind: OrderedSetAggregator.Kind = call.function == .percentileContinuous ? .continuous(fraction) : .discrete(fraction)
        return OrderedSetAggregator(kind: kind, type: type, isDescending: isDescending, result: result)
    }

    /// Of a literal, casts looked through; nil for anything else.
    private static func fraction(_ expression: Expression) -> Double? {
        switch expression {
        case .literal(.decimal(let value), let type): DecimalMath.double(value, scale: type.scale)
        case .literal(.double(let value), _): value
        case .literal(.integer(let value), _): Double(value)
        case .cast(let inner, _, _): fraction(inner)
        default: nil
        }
    }
}

/// Casts the argument before another aggregator takes it.
/// For sums that are of doubles whatever their argument is.
final class CastingAggregator: Aggregator {
    private let inner: Aggregator
    private let type: ColumnType

    init(_ inner: Aggregator, to type: ColumnType) {
        self.inner = inner
        self.type = type
    }

    override var stateTypes: [ColumnType] { inner.stateTypes }
    override var byteCount: Int { inner.byteCount }
    override func growth(to groupCount: Int) -> Int { inner.growth(to: groupCount) }
    override func resize(_ groupCount: Int) { inner.resize(groupCount) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        try inner.update([try CastKernels.cast(arguments[0], to: type, zone: .utc)], groups)
    }

    override func exportState() -> [Column] { inner.exportState() }
    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) { try inner.merge(state, groups) }
    override func finish() throws(KernelError) -> Column { try inner.finish() }
}
