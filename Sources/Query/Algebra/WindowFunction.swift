/// Functions that need a window; every aggregate may also stand over one.
package enum WindowFunction: Hashable, Sendable {
    case rowNumber, rank, denseRank, percentRank, cumulativeDistribution, ntile, lag, lead, firstValue, lastValue, nthValue
    case aggregate(AggregateFunction)

    /// Those that only stand over a window.
    static let own: [WindowFunction] = [
        .rowNumber, .rank, .denseRank, .percentRank, .cumulativeDistribution, .ntile, .lag, .lead, .firstValue, .lastValue, .nthValue,
    ]

    struct Definition {
        var name: String
        var argumentCounts: ClosedRange<Int> = 0...0
        /// The rows before a row settle its answer: rows need not be held.
        var looksBackOnly = false
    }

    var definition: Definition {
        switch self {
        case .rowNumber: Definition(name: "row_number", looksBackOnly: true)
        case .rank: Definition(name: "rank", looksBackOnly: true)
        case .denseRank: Definition(name: "dense_rank", looksBackOnly: true)
        case .percentRank: Definition(name: "percent_rank")
        case .cumulativeDistribution: Definition(name: "cume_dist")
        case .ntile: Definition(name: "ntile", argumentCounts: 1...1)
        case .lag: Definition(name: "lag", argumentCounts: 1...3)
        case .lead: Definition(name: "lead", argumentCounts: 1...3)
        case .firstValue: Definition(name: "first_value", argumentCounts: 1...1)
        case .lastValue: Definition(name: "last_value", argumentCounts: 1...1)
        case .nthValue: Definition(name: "nth_value", argumentCounts: 2...2)
        case .aggregate(let function): Definition(name: function.rawValue)
        }
    }
}
