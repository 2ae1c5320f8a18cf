package import ColumnStore

/// What a rollup would have to sum so that a grouping could be answered from it.
///
/// `RollupNeeds` works it out for advice (`docs/decisions/0048-advice.md`); it has the text of a declaration and no values
/// of the asker's.
package struct RollupNeed: Sendable, Hashable {
    package let table: String
    /// A list that is unfolded; nil for rows of the table.
    package let list: String?
    /// As SQL; nil: all rows.
    package let condition: String?
    package let keys: [RollupStatement.Column]
    package let measures: [RollupStatement.Column]

    package init(table: String, list: String?, condition: String?, keys: [RollupStatement.Column], measures: [RollupStatement.Column]) {
        (self.table, self.list, self.condition) = (table, list, condition)
        (self.keys, self.measures) = (keys, measures)
    }

    package var statement: RollupStatement { RollupStatement(keys: keys, measures: measures, condition: condition, list: list) }

    /// Whether a rollup with these sums answers it.
    ///
    /// - Parameter schema: of the table.
    package func isAnswered(by sums: RollupStatement, schema: Schema) -> Bool {
        let empty = MemoryTable(schema: schema, batches: [])
        do {
            let context = QueryContext(catalog: FixedCatalog(tables: [(table, empty)]), now: 0)
            guard case .query(let bound) = try Binder.bind(statement.text(from: table), in: context) else { return false }
            var plan = try Optimizer(evaluator: FoldingAllowance.constant(in: .utc)).normalized(bound.plan)
            let ids = PlanIDs(after: plan)
            while case .project(let input, _) = plan { plan = input }
            guard case .aggregate(let node) = plan, let shape = RollupShape(node.input, node.operands) else { return false }
            _ = try RollupMatch(RollupOffer(name: "", statement: sums, partials: empty, rest: empty), node, shape, zone: context.timeZone, ids)
            return true
        } catch { return false }
    }

    /// One need that has what both have, where the keys of one are enough for both.
    /// - Returns: nil where neither has all keys that both need, or where they are of other rows.
    package func joined(with other: RollupNeed, schema: Schema) -> RollupNeed? {
        guard table == other.table, list == other.list, condition == other.condition else { return nil }
        for (wide, narrow) in [(self, other), (other, self)] where narrow.keyOperands.isSubset(of: wide.keyOperands) {
            var measures = wide.measures
            var names = Set((wide.keys + measures).map(\.name))
            for measure in narrow.measures where !measures.contains(where: { $0.text == measure.text }) {
                measures.append(.init(name: RollupNeed.name(measure.name, &names), text: measure.text))
            }
            // Together they may be more than can be declared, though each can.
            guard measures.count <= RollupStatement.measureCountMax else { continue }
            let both = RollupNeed(table: table, list: list, condition: condition, keys: wide.keys, measures: measures)
            if narrow.isAnswered(by: both.statement, schema: schema), wide.isAnswered(by: both.statement, schema: schema) { return both }
        }
        return nil
    }

    /// What keys are columns of, or steps of: what one has that another lacks, the other cannot answer.
    /// Matching binds declarations, which takes thousands of times as long as to look at this.
    private var keyOperands: Set<String> {
        Set(keys.map { key in
            guard key.text.hasPrefix("date_trunc("), key.text.hasSuffix(")"), let comma = key.text.firstIndex(of: ",") else { return key.text }
            return String(key.text[comma...].dropFirst().dropLast().drop(while: { $0 == " " }))
        })
    }

    /// A name as rollups may have, of a text, that none of `taken` is.
    /// Lower case, digits and `_`, beginning with a letter: `sum(total)` is `sum_total`, the second one `sum_total_2`.
    package static func name(_ text: String, _ taken: inout Set<String>) -> String {
        var name = ""
        for byte in text.utf8 where name.utf8.count < nameByteCountMax {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): name.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): name.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
            default: if !name.isEmpty, !name.hasSuffix("_") { name += "_" }
            }
        }
        while name.hasSuffix("_") { name.removeLast() }
        if name.utf8.first.map({ !(UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) }) ?? true { name = "x" + name }
        var own = name
        var number = 2
        while !taken.insert(own).inserted {
            own = "\(name)_\(number)"
            number += 1
        }
        return own
    }

    /// Of 63, with room for a number.
    private static let nameByteCountMax = 50
}

extension AggregateNode {
    /// Groupings, then arguments and filters of each aggregate.
    var operands: [Expression] { groups.map(\.expression) + aggregates.flatMap { $0.arguments + ($0.filter.map { [$0] } ?? []) } }
}
