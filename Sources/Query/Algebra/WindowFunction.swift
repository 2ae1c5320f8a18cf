/// Functions that need a window; every aggregate may also stand over one.
package enum WindowFunction: Hashable, Sendable {
    case rowNumber, rank, denseRank, percentRank, cumulativeDistribution, ntile, lag, lead, firstValue, lastValue, nthValue
    case aggregate(AggregateFunction)

    /// Those that only stand over a window.
    static let own: [WindowFunction] = [
        .rowNumber, .rank, .denseRank, .percentRank, .cumulativeDistribution, .ntile, .lag, .lead, .firstValue, .lastValue, .nthValue,
    ]

    /// What documents and catalogs say of it, and what the binder checks.
    struct Definition {
        var name: String
        /// One sentence in Markdown, without a full stop: what comes out.
        var summary = ""
        /// How many arguments it takes in its brackets.
        var argumentCounts: ClosedRange<Int> = 0...0
        /// The rows before a row settle its answer: rows need not be held.
        var looksBackOnly = false
    }

    var definition: Definition {
        switch self {
        case .rowNumber: Definition(name: "row_number", summary: "the number of a row in its partition, from 1", looksBackOnly: true)
        case .rank: Definition(name: "rank", summary: "the place of a row, the same for rows that are alike, with gaps behind them", looksBackOnly: true)
        case .denseRank: Definition(name: "dense_rank", summary: "the place of a row, the same for rows that are alike, without gaps", looksBackOnly: true)
        case .percentRank: Definition(name: "percent_rank", summary: "the place of a row as a fraction from 0 to 1")
        case .cumulativeDistribution: Definition(name: "cume_dist", summary: "the fraction of rows up to a row and those like it")
        case .ntile: Definition(name: "ntile", summary: "the number of a row's part, where a partition is cut into n of the same size", argumentCounts: 1...1)
        case .lag: Definition(name: "lag", summary: "the value of the n-th row before, or of the row before", argumentCounts: 1...3)
        case .lead: Definition(name: "lead", summary: "the value of the n-th row behind, or of the row behind", argumentCounts: 1...3)
        case .firstValue: Definition(name: "first_value", summary: "the value of the first row of a frame", argumentCounts: 1...1)
        case .lastValue: Definition(name: "last_value", summary: "the value of the last row of a frame", argumentCounts: 1...1)
        case .nthValue: Definition(name: "nth_value", summary: "the value of the n-th row of a frame", argumentCounts: 2...2)
        case .aggregate(let function): Definition(name: function.rawValue)
        }
    }
}
