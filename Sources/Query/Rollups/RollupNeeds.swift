import ColumnStore
import Synchronization

/// The groupings of one plan that read rows since no rollup has their sums. What such a rollup would be is worked out when it is asked for:
/// a question that reads little never does.
/// Noted while a statement is planned, worked out when somebody reads them later, on any thread.
package final class RollupNeeds: Sendable {
    /// A grouping that reads rows, with the table that might have sums.
    private struct Open: Sendable {
        let base: RollupBase
        let node: AggregateNode
        /// The session's.
        let zone: String
    }
    private let open = Mutex<[Open]>([])
    /// Of one plan.
    private static let countMax = 8

    /// Does nothing past `countMax`.
    func note(_ node: AggregateNode, of base: RollupBase, zone: String) {
        open.withLock { if $0.count < Self.countMax { $0.append(Open(base: base, node: node, zone: zone)) } }
    }

    /// Each with sums that do answer the grouping: the same matching says so which is used for queries.
    package var all: [RollupNeed] { found().needs }

    /// - Returns: them, and how many declarations were bound and matched for them all.
    func found() -> (needs: [RollupNeed], triedCount: Int) {
        var found: [RollupNeed] = []
        let tries = Tries()
        for open in open.withLock({ $0 }) {
            guard let need = PlanningWork.$current.withValue(nil, operation: { Draft(open.base, open.node, zone: open.zone, tries)?.need }) else { continue }
            if !found.contains(need) { found.append(need) }
        }
        return (found, tries.count)
    }

    /// What may be tried for one plan: it is done where the plan's answer was given, and nobody's time would end it. One thread's.
    private final class Tries {
        private(set) var count = 0
        private var left = Tries.stepCountMax

        /// Parts of declarations that are bound: hundreds of declarations such as questions need, and some dozen of the greatest.
        private static let stepCountMax = 4_096
        /// Columns that are looked at take as long as one part of the declaration.
        private static let columnCountPerStep = 8

        /// - Returns: whether a declaration of so many keys and measures may be tried; it is counted then.
        func take(_ partCount: Int, of table: Schema) -> Bool {
            guard left > 0 else { return false }
            left -= partCount + table.fields.count / Self.columnCountPerStep
            count += 1
            return true
        }
    }

    /// A declaration that is tried: the coarsest dates and the fewest keys that still answer the grouping.
    ///
    /// 1. Measures are the query's aggregates, an average as its sum and count.
    /// 2. Keys are the columns that groupings, conditions and filters look at.
    /// 3. With the accepted rows' condition, then without, and with dates cut to years, quarters, months, then not at all,
    ///    it is tried whether the grouping is answered.
    /// 4. Keys are left out one by one as long as it still is.
    ///
    /// What has more keys or measures than may be declared is not tried at all. Where the tries end, no more keys are left out.
    private struct Draft {
        private static let units: [String?] = ["year", "quarter", "month", nil]
        private struct Part {
            let name: String
            /// By its column alone.
            let text: String
            let type: ColumnType
        }

        private let base: RollupBase
        private let node: AggregateNode
        private let zone: String
        private let tries: Tries
        private let shape: RollupShape
        private let list: String?
        /// How each column that the grouping may look at is written.
        private var parts: [ColumnID: Part] = [:]

        init?(_ base: RollupBase, _ node: AggregateNode, zone: String, _ tries: Tries) {
            guard let shape = RollupShape(node.input, node.operands) else { return nil }
            (self.base, self.node, self.zone, self.shape, self.tries) = (base, node, zone, shape, tries)
            var list: String?
            if let unnest = shape.list {
                guard case .column(let id, _) = unnest.list, let column = shape.scan.columns.first(where: { $0.column.id == id }) else { return nil }
                list = column.name
            }
            self.list = list
            for column in shape.scan.columns {
                let name = SyntaxPrinter.name(column.name)
                // By its bare name alone a key is known to be the client.
                let text = list == nil || column.name == base.client ? name : "\(SyntaxPrinter.name(base.table)).\(name)"
                parts[column.column.id] = Part(name: column.name, text: text, type: column.column.type)
            }
            for element in shape.list?.elements ?? [] {
                guard let list, !element.member.isEmpty else { continue }
                let text = "\(SyntaxPrinter.name(list)).\(SyntaxPrinter.name(element.member))"
                parts[element.column.id] = Part(name: element.member, text: text, type: element.column.type)
            }
        }

        /// Nil where nothing that may be declared answers the grouping.
        var need: RollupNeed? {
            guard let measures = measures() else { return nil }
            var ids: [ColumnID] = []
            for id in keyOperands().flatMap(\.columnIDs) where !ids.contains(id) {
                guard ids.count < RollupStatement.keyCountMax else { return nil }
                ids.append(id)
            }
            let columns = ids.compactMap { parts[$0] }
            guard columns.count == ids.count else { return nil }
            // Own rows need the client among the keys, whether the grouping looks at it or not.
            let isClientAdded = base.isOwn && !columns.contains { $0.text == base.client }
            guard columns.count + (isClientAdded ? 1 : 0) <= RollupStatement.keyCountMax else { return nil }
            for condition in [base.accepted, nil] {
                for unit in Self.units {
                    // Several dates are grouped by day.
                    guard unit == nil || columns.count(where: { $0.type == .date }) == 1 else { continue }
                    guard let keys = fewest(keys(columns, unit: unit, isClientAdded: isClientAdded), measures, condition) else { continue }
                    return RollupNeed(table: base.table, list: list, condition: condition, keys: keys, measures: named(measures, beside: keys))
                }
            }
            return nil
        }

        /// What parts must be grouped by: groupings, conditions, filters, and values without repeats.
        private func keyOperands() -> [Expression] {
            var operands = Array(shape.expressions.prefix(node.groups.count)) + shape.conditions
            var place = node.groups.count
            for call in node.aggregates {
                if call.isDistinct, !call.function.definition.ignoresRepeats { operands += shape.expressions[place..<place + call.arguments.count] }
                place += call.arguments.count
                if call.filter != nil {
                    operands.append(shape.expressions[place])
                    place += 1
                }
            }
            return operands
        }

        /// - Parameters:
        ///   - unit: what dates are cut to; nil: they are keys themselves.
        ///   - isClientAdded: whether the client is a key that none of the columns is.
        private func keys(_ columns: [Part], unit: String?, isClientAdded: Bool) -> [RollupStatement.Column] {
            var names: Set<String> = []
            var keys = columns.map { part in
                if let unit, part.type == .date {
                    return RollupStatement.Column(name: RollupNeed.name(unit, &names), text: "date_trunc('\(unit)', \(part.text))")
                }
                return RollupStatement.Column(name: RollupNeed.name(part.name, &names), text: part.text)
            }
            if isClientAdded { keys.append(.init(name: RollupNeed.name(base.client, &names), text: base.client)) }
            return keys
        }

        // MARK: Measures

        /// - Returns: nil for a grouping that no sums answer, or none that may be written down: a literal is the asker's own.
        private func measures() -> [String]? {
            var texts: [String] = []
            var place = node.groups.count
            for call in node.aggregates {
                let arguments = Array(shape.expressions[place..<place + call.arguments.count])
                place += call.arguments.count + (call.filter == nil ? 0 : 1)
                if call.isDistinct, !call.function.definition.ignoresRepeats { continue }
                let shown = arguments.compactMap(text)
                guard shown.count == arguments.count, call.order.isEmpty else { return nil }
                let own: [String]
                switch call.function {
                case .countRows: own = ["count(*)"]
                case .avg: own = ["sum(\(shown[0]))", "count(\(shown[0]))"]
                case .count, .sum, .min, .max, .boolAnd, .boolOr, .approximateDistinct:
                    own = ["\(call.function.rawValue)(\(shown.joined(separator: ", ")))"]
                default: return nil
                }
                for text in own where !texts.contains(text) { texts.append(text) }
                guard texts.count <= RollupStatement.measureCountMax else { return nil }
            }
            // A rollup has one measure at least.
            return texts.isEmpty ? ["count(*)"] : texts
        }

        /// Measures under names made of their text, without the names of table and list.
        private func named(_ texts: [String], beside keys: [RollupStatement.Column]) -> [RollupStatement.Column] {
            var names = Set(keys.map(\.name))
            return texts.map { text in
                var plain = text == "count(*)" ? "row_count" : text
                for owner in [list, base.table].compactMap({ $0 }) { plain = plain.split(separator: SyntaxPrinter.name(owner) + ".", omittingEmptySubsequences: false).joined() }
                return RollupStatement.Column(name: RollupNeed.name(plain, &names), text: text)
            }
        }

        /// Of columns, operators and casts.
        /// - Returns: nil where anything else is in it: a literal but 0 and 1 would tell what was asked for.
        private func text(_ expression: Expression) -> String? {
            switch expression {
            case .column(let id, _): return parts[id]?.text
            case .literal(.integer(let number), .int32) where number == 0 || number == 1: return "\(number)"
            case .cast(let operand, let type, _): return text(operand).map { "CAST(\($0) AS \(type.sqlName))" }
            case .coalesce(let items, _):
                let shown = items.compactMap(text)
                return shown.count == items.count ? "coalesce(\(shown.joined(separator: ", ")))" : nil
            case .call(let function, let arguments, _, _):
                let shown = arguments.compactMap(text)
                guard shown.count == arguments.count else { return nil }
                switch function.notation {
                case .infix: return shown.count == 2 ? "(\(shown[0]) \(function.symbol) \(shown[1]))" : nil
                case .prefix: return shown.count == 1 ? "(\(function.symbol)\(shown[0]))" : nil
                case .call: return "\(function.symbol)(\(shown.joined(separator: ", ")))"
                }
            default: return nil
            }
        }

        // MARK: Trying

        /// The keys without those that the grouping can spare, as far as it may be tried; nil where it is not answered with all of them.
        /// - Complexity: a matching for each key, of which there are as many as a rollup may have.
        private func fewest(_ keys: [RollupStatement.Column], _ measures: [String], _ condition: String?) -> [RollupStatement.Column]? {
            guard isAnswered(keys, measures, condition) else { return nil }
            var kept = keys
            for key in keys where !(base.isOwn && key.text == base.client) {
                let fewer = kept.filter { $0 != key }
                if isAnswered(fewer, measures, condition) { kept = fewer }
            }
            return kept
        }

        /// Whether a rollup so declared would be taken, and would answer the grouping.
        private func isAnswered(_ keys: [RollupStatement.Column], _ measures: [String], _ condition: String?) -> Bool {
            let table = shape.scan.table.source
            guard tries.take(keys.count + measures.count, of: table.schema) else { return false }
            let statement = RollupStatement(keys: keys, measures: named(measures, beside: keys), condition: condition, list: list)
            do {
                // As it would be declared.
                _ = try statement.columns(of: base.table, schema: table.schema)
                let empty = MemoryTable(schema: Schema([]), batches: [])
                var offer = RollupOffer(name: "", statement: statement, partials: empty, rest: empty)
                offer.table = base.table
                if base.isAccepted { offer.implied = [base.accepted] }
                _ = try RollupMatch(offer, node, shape, zone: zone, PlanIDs(after: .aggregate(node)))
                return true
            } catch { return false }
        }
    }
}
