/// Every aggregate function. What the binder and the passes have to know of one stands in its `definition`, which the compiler asks for; how it is
/// computed is `AggregatorFactory`'s to say.
package enum AggregateFunction: String, Hashable, Sendable, CaseIterable {
    case countRows = "count(*)", count, sum, avg, min, max
    case standardDeviation = "stddev_samp", standardDeviationPopulation = "stddev_pop", variance = "var_samp", variancePopulation = "var_pop"
    /// The fraction is the second argument, a literal.
    case percentileContinuous = "percentile_cont", percentileDiscrete = "percentile_disc"
    case mode, approximateDistinct = "approx_count_distinct", stringAggregate = "string_agg", arrayAggregate = "array_agg"
    /// What `approximateDistinct` counts by, as bytes, and the count of several of them.
    case approximateDistinctSketch = "approx_count_distinct_sketch", approximateDistinctOfSketches = "approx_count_distinct_merge"
    /// Several sketches as one. Of merges.
    case approximateDistinctJoined = "approx_count_distinct_joined"
    /// Of partial sums and counts. Of rewrites.
    case averageOfParts = "avg_of_parts"
    case boolAnd = "bool_and", boolOr = "bool_or"
    /// Any one value of a group (all are equal); NULL without rows. Of rewrites.
    case anyValue = "any_value"
    /// As `anyValue`, but more than one row in a group is a data-error: a scalar subquery.
    case singleValue = "single_value"
}

/// What each function is called, and what passes may do with it: rollups and `DistinctAggregates` ask for `ofParts`.
extension AggregateFunction {
    struct Definition {
        /// As a query calls it; none for those of rewrites.
        var names: [String] = []
        /// One sentence in Markdown, without a full stop: what comes out.
        var summary = ""
        /// How many arguments stand in its brackets.
        var argumentCount = 1
        /// Its values stand in WITHIN GROUP (ORDER BY …).
        var isOrderedSet = false
        /// Another order of rows may give another answer: an ORDER BY within the call counts.
        var readsInOrder = false
        /// The same value once more changes nothing: DISTINCT need not be looked at.
        var ignoresRepeats = false
        /// A count: 0 of no rows, where others are NULL.
        var isCount = false
        /// What brings the answers of parts of the rows together, if anything does.
        var ofParts: AggregateFunction?
    }

    /// One for each case: the compiler asks for that of a new function.
    var definition: Definition {
        switch self {
        case .countRows: Definition(ignoresRepeats: true, isCount: true, ofParts: .sum)
        case .count: Definition(names: ["count"], summary: "how many rows, or values that are not NULL", isCount: true, ofParts: .sum)
        case .sum: Definition(names: ["sum"], summary: "the sum of a group's numbers or intervals", ofParts: .sum)
        case .avg: Definition(names: ["avg"], summary: "the average of a group's numbers or intervals")
        case .min: Definition(names: ["min"], summary: "the least value", ignoresRepeats: true, ofParts: .min)
        case .max: Definition(names: ["max"], summary: "the greatest value", ignoresRepeats: true, ofParts: .max)
        case .standardDeviation: Definition(names: ["stddev", "stddev_samp"], summary: "the standard deviation of a sample, a DOUBLE")
        case .standardDeviationPopulation: Definition(names: ["stddev_pop"], summary: "the standard deviation of all there is, a DOUBLE")
        case .variance: Definition(names: ["variance", "var_samp"], summary: "the variance of a sample, a DOUBLE")
        case .variancePopulation: Definition(names: ["var_pop"], summary: "the variance of all there is, a DOUBLE")
        case .percentileContinuous: Definition(names: ["percentile_cont"], summary: "the value at a fraction of an order, between two where it lies there: `percentile_cont(0.5) WITHIN GROUP (ORDER BY amount)`", isOrderedSet: true)
        case .percentileDiscrete: Definition(names: ["percentile_disc"], summary: "the first value at or behind a fraction of an order, with WITHIN GROUP (ORDER BY …)", isOrderedSet: true)
        case .mode: Definition(names: ["mode"], summary: "the most frequent value, with WITHIN GROUP (ORDER BY …)", argumentCount: 0, isOrderedSet: true)
        case .approximateDistinct: Definition(names: ["approx_count_distinct"], summary: "about how many different values", ignoresRepeats: true, isCount: true)
        case .approximateDistinctSketch: Definition(names: ["approx_count_distinct_sketch"], summary: "what `approx_count_distinct` counts by, as a BLOB ([its layout](rollups.md#sketches))", ignoresRepeats: true)
        case .approximateDistinctOfSketches: Definition(names: ["approx_count_distinct_merge"], summary: "about how many different values several sketches have seen together", ignoresRepeats: true, isCount: true)
        case .approximateDistinctJoined: Definition(ignoresRepeats: true)
        case .averageOfParts: Definition(argumentCount: 2)
        case .stringAggregate: Definition(names: ["string_agg"], summary: "texts or BLOBs put together with a delimiter, in the order asked for", argumentCount: 2, readsInOrder: true)
        case .arrayAggregate: Definition(names: ["array_agg"], summary: "values as a list, in the order asked for", readsInOrder: true)
        case .boolAnd: Definition(names: ["bool_and", "every"], summary: "whether all are true", ignoresRepeats: true, ofParts: .boolAnd)
        case .boolOr: Definition(names: ["bool_or"], summary: "whether any is true", ignoresRepeats: true, ofParts: .boolOr)
        case .anyValue: Definition(names: ["any_value"], summary: "one of the values", ignoresRepeats: true, ofParts: .anyValue)
        case .singleValue: Definition(ignoresRepeats: true)
        }
    }
}
