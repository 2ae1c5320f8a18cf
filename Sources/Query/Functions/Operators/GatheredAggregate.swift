import ColumnStore

/// An aggregate that is a function of lists: what array_agg gathers of each argument, NULLs among it, in the order that the call asks for.
struct GatheredAggregate: Sendable {
    let name: String
    let argumentCount: Int
    /// Types that arguments are brought to; nil leaves one as it is.
    let types: [ColumnType?]
    let function: ScalarFunction
    /// By the arguments' types.
    let gives: @Sendable ([ColumnType]) -> ColumnType?
    let takesZone: Bool

    private init(
        _ name: String, _ types: [ColumnType?], _ function: ScalarFunction, takesZone: Bool = false, gives: @escaping @Sendable ([ColumnType]) -> ColumnType?
    ) {
        (self.name, self.types, self.function, self.takesZone, self.gives) = (name, types, function, takesZone, gives)
        argumentCount = types.count
    }

    static let all: [GatheredAggregate] = [
        documents("json_agg", [nil], .jsonOfList, .json(isBinary: false)), documents("jsonb_agg", [nil], .jsonOfList, .jsonb),
        documents("json_object_agg", [.string, nil], .jsonOfLists, .json(isBinary: false)), documents("jsonb_object_agg", [.string, nil], .jsonOfLists, .jsonb),
        bits("bit_and", .listBitAnd), bits("bit_or", .listBitOr), bits("bit_xor", .listBitXor),
        pair("corr", .corr), pair("covar_pop", .covarPop), pair("covar_samp", .covarSamp), pair("regr_slope", .regrSlope),
        pair("regr_intercept", .regrIntercept), pair("regr_r2", .regrR2), pair("regr_avgx", .regrAvgX), pair("regr_avgy", .regrAvgY),
        pair("regr_sxx", .regrSXX), pair("regr_syy", .regrSYY), pair("regr_sxy", .regrSXY), pair("regr_count", .regrCount, .int64),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static func documents(_ name: String, _ types: [ColumnType?], _ function: ScalarFunction, _ type: ColumnType) -> GatheredAggregate {
        GatheredAggregate(name, types, function, takesZone: true) { _ in type }
    }

    private static func bits(_ name: String, _ function: ScalarFunction) -> GatheredAggregate {
        GatheredAggregate(name, [nil], function) { types in TypeRules.isInteger(types[0]) ? types[0] : nil }
    }

    private static func pair(_ name: String, _ function: ScalarFunction, _ type: ColumnType = .double) -> GatheredAggregate {
        GatheredAggregate(name, [.double, .double], function) { _ in type }
    }
}
