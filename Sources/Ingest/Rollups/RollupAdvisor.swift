import ColumnStore
import Query

/// A rollup that would have spared questions their rows.
package struct RollupAdvice: Sendable {
    package struct Statement: Sendable {
        /// With `?` for each constant.
        package let form: String
        package let cost: StatementCost

        package init(form: String, cost: StatementCost) { (self.form, self.cost) = (form, cost) }
    }
    /// As it can be put.
    package let definition: RollupDefinition
    /// Of its sums, as a sample has them.
    package let rowCount: Int64
    package let byteCount: Int64
    /// Of all statements together.
    package let cost: StatementCost
    /// The most expensive first.
    package let statements: [Statement]

    /// How many times fewer rows a question would read.
    package var gain: Double { Double(cost.rows) / Double(max(1, cost.count)) / Double(max(1, rowCount)) }

    package init(definition: RollupDefinition, rowCount: Int64, byteCount: Int64, cost: StatementCost, statements: [Statement]) {
        (self.definition, self.rowCount, self.byteCount) = (definition, rowCount, byteCount)
        (self.cost, self.statements) = (cost, statements)
    }
}

/// Makes declarations of what questions needed: one for all that it answers, none that a rollup answers already, and none that spares little.
struct RollupAdvisor {
    /// Sums of more than half of the rows that questions read are not worth their making.
    private static let gainMin = 2.0
    static let countMax = 20

    /// Declared already.
    let rollups: [RollupDefinition]
    /// Names that a rollup cannot have.
    let names: Set<String>
    /// A ledger's columns; nil where there is no such table.
    let schema: (_ table: String) -> Schema?
    let rows: (_ table: String) -> any TableSource
    let engines: SumsEngines

    private struct Draft {
        var need: RollupNeed
        /// One at least.
        var entries: [StatementLog.Entry]
        var cost: StatementCost { entries.dropFirst().reduce(into: entries[0].cost) { $0.add($1.cost) } }
    }

    /// Samples are read of those alone that come before enough others were found.
    ///
    /// - Parameter cancellation: looked at between any two declarations that are matched, and while rows are read.
    /// - Returns: what spares most rows, first.
    /// - Throws: query-timeout and cancelled.
    func advice(_ entries: [StatementLog.Entry], _ cancellation: Cancellation) throws -> [RollupAdvice] {
        var taken = names.union(rollups.map(\.name))
        var found: [RollupAdvice] = []
        for draft in try drafts(entries, cancellation) {
            if found.count >= Self.countMax { break }
            try cancellation.check()
            let name = RollupNeed.name(([draft.need.table, "by"] + draft.need.keys.map(\.name)).joined(separator: "_"), &taken)
            let definition = StatementLog.definition(of: draft.need, name: name)
            var reader = RollupReader()
            // What is proposed is what can be put.
            guard let schema = schema(definition.table), reader.read(definition.json) != nil, reader.check(definition, schema: schema) != nil else { continue }
            let table = rows(definition.table)
            let estimate: RollupEstimate
            do { estimate = try RollupEstimate(definition, in: table, by: engines, cancellation) } catch {
                // Of what cannot be summed nothing is proposed.
                try cancellation.check()
                continue
            }
            let expected = estimate.expected(definition, total: Int64(table.statistics.rowCount), table.statistics)
            let made = RollupAdvice(
                definition: definition, rowCount: expected, byteCount: estimate.byteCount(of: expected), cost: draft.cost,
                statements: draft.entries.map { .init(form: $0.form, cost: $0.cost) })
            if made.gain >= Self.gainMin { found.append(made) }
        }
        return found
    }

    /// Those whose statements read most rows first. They are joined beginning with the most keys: what needs fewer may be answered by them too.
    private func drafts(_ entries: [StatementLog.Entry], _ cancellation: Cancellation) throws -> [Draft] {
        var drafts: [Draft] = []
        let open = try entries.filter { entry in
            try cancellation.check()
            guard let schema = schema(entry.need.table) else { return false }
            return !rollups.contains { $0.table == entry.need.table && entry.need.isAnswered(by: $0.statement, schema: schema) }
        }
        for entry in open.sorted(by: { $0.need.keys.count > $1.need.keys.count }) {
            guard let schema = schema(entry.need.table) else { continue }
            var isJoined = false
            for index in drafts.indices {
                try cancellation.check()
                guard let both = drafts[index].need.joined(with: entry.need, schema: schema) else { continue }
                drafts[index].need = both
                drafts[index].entries.append(entry)
                isJoined = true
                break
            }
            if !isJoined { drafts.append(Draft(need: entry.need, entries: [entry])) }
        }
        return drafts.map { draft in Draft(need: draft.need, entries: draft.entries.sorted { $0.cost.rows > $1.cost.rows }) }.sorted { $0.cost.rows > $1.cost.rows }
    }
}

extension RollupEstimate {
    /// Rows of sums to expect: no more than a sample's share of all rows, nor than its keys have values together.
    ///
    /// - Parameter total: rows of the table.
    func expected(_ rollup: RollupDefinition, total: Int64, _ statistics: TableStatistics) -> Int64 {
        guard rowCount > 0 else { return 0 }
        let scale = max(1, Double(total) / Double(rowCount))
        var combinations = 1.0
        for (key, count) in zip(rollup.keys, keyValueCounts) {
            // Of few values a sample has all; where it has many, there are more. A sample's days are next to each other, and those of the table are known.
            let shown = Double(count) * (count.multipliedSaturating(by: Self.saturation) <= rowCount ? 1 : scale)
            combinations *= max(1, Self.steps(key.text, statistics) ?? shown)
        }
        return Int64(exactly: min(Double(sumCount) * scale, combinations).rounded(.up)) ?? .max
    }

    /// A key that has one value in so many rows of a sample, or fewer, has shown all.
    private static let saturation = 10
    private static let dayCounts = ["year": 365.0, "quarter": 90, "month": 28]

    /// How many days or steps the table's dates go over; nil for a key that is no date.
    private static func steps(_ text: String, _ statistics: TableStatistics) -> Double? {
        let words = text.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init)
        guard let name = words.last, case .integer(let least)? = statistics.columns[name]?.minimum, case .integer(let most)? = statistics.columns[name]?.maximum,
            words.count == 1 || words.first == "date_trunc", name == "business_day"
        else { return nil }
        let days = Double(most.subtractingSaturating(least)) + 1
        return words.count == 1 ? days : dayCounts[words[1]].map { days / $0 + 1 }
    }

    /// As the tables of sums that were measured have it: dictionaries of keys, small numbers, and sketches as they are.
    func byteCount(of rows: Int64) -> Int64 { rows.multipliedSaturating(by: byteCountPerRow) }
}
