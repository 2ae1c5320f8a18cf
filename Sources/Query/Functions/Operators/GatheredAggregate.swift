import ColumnStore

/// An aggregate that is a function of lists: what array_agg gathers of each argument, NULLs among it, in the order that the call asks for.
///
/// There is no state of its own for each group: the binder writes `f(array_agg(x ORDER BY …), …)`, so that ORDER BY, FILTER and OVER mean what they
/// mean for array_agg.
///
/// PostgreSQL 15's documentation, section 9.21.
struct GatheredAggregate: Sendable {
    let name: String
    /// One sentence in Markdown, without a full stop: what comes out.
    let summary: String
    let argumentCount: Int
    /// Types that arguments are brought to; nil leaves one as it is.
    let types: [ColumnType?]
    let function: ScalarFunction
    /// By the arguments' types.
    ///
    /// Nil for types that the aggregate does not take.
    let gives: @Sendable ([ColumnType]) -> ColumnType?
    /// The session's zone is the last argument: documents show moments by it.
    let takesZone: Bool

    private init(
        _ name: String, _ summary: String, _ types: [ColumnType?], _ function: ScalarFunction, takesZone: Bool = false,
        gives: @escaping @Sendable ([ColumnType]) -> ColumnType?
    ) {
        self.summary = summary
        (self.name, self.types, self.function, self.takesZone, self.gives) = (name, types, function, takesZone, gives)
        argumentCount = types.count
    }

    static let all: [GatheredAggregate] = [
        documents("json_agg", "an array of values", [nil], .jsonOfList, .json(isBinary: false)),
        documents("jsonb_agg", "an array of values", [nil], .jsonOfList, .jsonb),
        documents("json_object_agg", "an object of names and values", [.string, nil], .jsonOfLists, .json(isBinary: false)),
        documents("jsonb_object_agg", "an object of names and values", [.string, nil], .jsonOfLists, .jsonb),
        GatheredAggregate("xmlagg", "texts of XML one behind the other", [.string], .xmlOfList) { _ in .string },
        bits("bit_and", "the bits that all integers have", .listBitAnd), bits("bit_or", "the bits that any integer has", .listBitOr),
        bits("bit_xor", "the bits that an odd number of integers have", .listBitXor),
        pair("corr", "the correlation of pairs (Y, X)", .corr),
        pair("covar_pop", "the covariance of pairs (Y, X)", .covarPop), pair("covar_samp", "the covariance of a sample of pairs (Y, X)", .covarSamp),
        pair("regr_slope", "the slope of the line nearest to pairs (Y, X)", .regrSlope),
        pair("regr_intercept", "where the line nearest to pairs (Y, X) has X = 0", .regrIntercept),
        pair("regr_r2", "the square of the correlation of pairs (Y, X)", .regrR2),
        pair("regr_avgx", "the average of X over pairs (Y, X)", .regrAvgX), pair("regr_avgy", "the average of Y over pairs (Y, X)", .regrAvgY),
        pair("regr_sxx", "the sum of squares of X from its average, over pairs (Y, X)", .regrSXX),
        pair("regr_syy", "the sum of squares of Y from its average, over pairs (Y, X)", .regrSYY),
        pair("regr_sxy", "the sum of products of X and Y from their averages, over pairs (Y, X)", .regrSXY),
        pair("regr_count", "how many pairs (Y, X) have no NULL", .regrCount, .int64),
    ]

    static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    private static func documents(_ name: String, _ summary: String, _ types: [ColumnType?], _ function: ScalarFunction, _ type: ColumnType) -> GatheredAggregate {
        GatheredAggregate(name, summary, types, function, takesZone: true) { _ in type }
    }

    private static func bits(_ name: String, _ summary: String, _ function: ScalarFunction) -> GatheredAggregate {
        GatheredAggregate(name, summary, [nil], function) { types in TypeRules.isInteger(types[0]) ? types[0] : nil }
    }

    private static func pair(_ name: String, _ summary: String, _ function: ScalarFunction, _ type: ColumnType = .double) -> GatheredAggregate {
        GatheredAggregate(name, summary, [.double, .double], function) { _ in type }
    }
}
