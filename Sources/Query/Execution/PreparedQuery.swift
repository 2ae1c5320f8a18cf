import ColumnStore

/// A query whose meaning is settled: it may be run any number of times.
package struct PreparedQuery: Sendable {
    enum Explanation: Sendable { case plan, analyze }

    package let query: BoundQuery
    let explain: Explanation?
    let timeZone: TimeZoneRules
    /// From its text on.
    let planningNanoseconds: Int
    /// Of the plan, as long as it is there.
    let held: PlanMemory

    package var isExplain: Bool { explain != nil }

    /// The answer's columns.
    package var columns: [ResultColumn] {
        if explain != nil { return [ResultStream.planColumn] }
        return query.columns.map { ResultColumn(name: $0.name, type: $0.type) }
    }
}
