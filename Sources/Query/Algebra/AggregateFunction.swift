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

extension AggregateFunction {
    struct Definition {
        /// As a query calls it; none for those of rewrites.
        var names: [String] = []
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

    var definition: Definition {
        switch self {
        case .countRows: Definition(ignoresRepeats: true, isCount: true, ofParts: .sum)
        case .count: Definition(names: ["count"], isCount: true, ofParts: .sum)
        case .sum: Definition(names: ["sum"], ofParts: .sum)
        case .avg: Definition(names: ["avg"])
        case .min: Definition(names: ["min"], ignoresRepeats: true, ofParts: .min)
        case .max: Definition(names: ["max"], ignoresRepeats: true, ofParts: .max)
        case .standardDeviation: Definition(names: ["stddev", "stddev_samp"])
        case .standardDeviationPopulation: Definition(names: ["stddev_pop"])
        case .variance: Definition(names: ["variance", "var_samp"])
        case .variancePopulation: Definition(names: ["var_pop"])
        case .percentileContinuous: Definition(names: ["percentile_cont"], isOrderedSet: true)
        case .percentileDiscrete: Definition(names: ["percentile_disc"], isOrderedSet: true)
        case .mode: Definition(names: ["mode"], argumentCount: 0, isOrderedSet: true)
        case .approximateDistinct: Definition(names: ["approx_count_distinct"], ignoresRepeats: true, isCount: true)
        case .approximateDistinctSketch: Definition(names: ["approx_count_distinct_sketch"], ignoresRepeats: true)
        case .approximateDistinctOfSketches: Definition(names: ["approx_count_distinct_merge"], ignoresRepeats: true, isCount: true)
        case .approximateDistinctJoined: Definition(ignoresRepeats: true)
        case .averageOfParts: Definition(argumentCount: 2)
        case .stringAggregate: Definition(names: ["string_agg"], argumentCount: 2, readsInOrder: true)
        case .arrayAggregate: Definition(names: ["array_agg"], readsInOrder: true)
        case .boolAnd: Definition(names: ["bool_and", "every"], ignoresRepeats: true, ofParts: .boolAnd)
        case .boolOr: Definition(names: ["bool_or"], ignoresRepeats: true, ofParts: .boolOr)
        case .anyValue: Definition(names: ["any_value"], ignoresRepeats: true, ofParts: .anyValue)
        case .singleValue: Definition(ignoresRepeats: true)
        }
    }
}
