import ColumnStore

/// How many rows a plan probably gives. Only ever decides between plans of equal answers.
struct Cardinality {
    /// What is known of a column's values.
    struct Facts {
        var distinct: Double?
        var minimum: Value?
        var maximum: Value?
        var type: ColumnType
    }

    private var facts: [ColumnID: Facts] = [:]

    // Guesses where statistics are silent, from the benchmarks that planners are usually measured with.
    private static let equalFraction = 0.04, rangeFraction = 0.35, prefixFraction = 0.05, likeFraction = 0.1, nullFraction = 0.05
    private static let otherFraction = 0.33
    /// Elements of a list: lines of a receipt.
    private static let elementCount = 5.0

    init(_ plan: LogicalPlan) { learn(plan) }

    private mutating func learn(_ plan: LogicalPlan) {
        for input in plan.inputs { learn(input) }
        switch plan {
        case .scan(let node):
            let statistics = node.table.source.statistics
            let rows = Double(max(1, statistics.rowCount))
            for column in node.columns + node.residualColumns {
                let known = statistics.columns[column.name]
                var facts = Facts(minimum: known?.minimum, maximum: known?.maximum, type: column.column.type)
                facts.distinct = known?.distinctCount.map(Double.init) ?? Self.span(facts).map { min($0, rows) }
                self.facts[column.column.id] = facts
            }
        case .project(_, let columns):
            for column in columns { inherit(column.column, column.expression) }
        case .aggregate(let node):
            for group in node.groups { inherit(group.column, group.expression) }
        case .shared(_, let definition, let columns):
            for (column, own) in zip(columns, definition.columns) { facts[column.id] = facts[own.id] }
        case .setOperation(let node):
            if let first = node.inputs.first { for (column, own) in zip(node.columns, first.columns) { facts[column.id] = facts[own.id] } }
        default: break
        }
    }

    private mutating func inherit(_ column: OutputColumn, _ expression: Expression) {
        if case .column(let id, _) = expression, let known = facts[id] { facts[column.id] = known }
    }

    /// How many whole values lie between the bounds.
    private static func span(_ facts: Facts) -> Double? {
        switch facts.type {
        case .int32, .int64, .date:
            guard case .integer(let low)? = facts.minimum, case .integer(let high)? = facts.maximum else { return nil }
            return Double(high) - Double(low) + 1
        case .boolean: return 2
        default: return nil
        }
    }

    /// Distinct values of an expression among so many rows.
    func distinct(_ expression: Expression, among rows: Double) -> Double {
        var known: Double?
        switch expression {
        case .column(let id, _): known = facts[id]?.distinct
        case .cast(let operand, _, _): return distinct(operand, among: rows)
        case .literal: return 1
        case .call(.extract, _, _, _): known = 30
        default: break
        }
        return max(1, min(known ?? max(rows / 3, 1), rows))
    }

    // MARK: Rows

    func rows(_ plan: LogicalPlan) -> Double {
        switch plan {
        case .scan(let node): return max(1, scanRows(node))
        case .values(_, let rows): return Double(rows.count)
        case .series: return 1_000
        case .filter(let input, let conjuncts): return max(1, rows(input) * conjuncts.reduce(1) { $0 * fraction($1) })
        case .project(let input, _): return rows(input)
        case .window(let node): return rows(node.input)
        case .aggregate(let node):
            if node.groups.isEmpty { return 1 }
            let input = rows(node.input)
            return min(input, node.groups.reduce(1) { $0 * distinct($1.expression, among: input) })
        case .join(let node): return joinRows(node)
        case .unnest(let node): return rows(node.input) * Self.elementCount
        case .sort(let node): return min(rows(node.input), node.limit.map { Double($0) } ?? .infinity)
        case .limit(let input, let count, _): return min(rows(input), count.map { Double($0) } ?? .infinity)
        case .distinct(let input): return max(1, rows(input) / 3)
        case .setOperation(let node):
            let inputs = node.inputs.map(rows)
            return node.kind == .union ? inputs.reduce(0, +) : inputs.first ?? 1
        case .shared(_, let definition, _): return rows(definition)
        case .singleRow: return 1
        }
    }

    private func scanRows(_ node: ScanNode) -> Double {
        var rows = Double(max(1, node.table.source.statistics.rowCount))
        let byName = Dictionary(
            (node.columns + node.residualColumns).map { ($0.name, facts[$0.column.id]) }, uniquingKeysWith: { first, _ in first })
        let statistics = node.table.source.statistics.columns
        for filter in node.filters {
            let name = filter.path.names.first ?? ""
            let known = byName[name].flatMap { $0 } ?? statistics[name].map {
                Facts(
                    distinct: $0.distinctCount.map(Double.init), minimum: $0.minimum, maximum: $0.maximum,
                    type: node.table.source.schema[name]?.type ?? .string)
            }
            rows *= Self.fraction(filter.test, known)
        }
        if !node.elementFilters.isEmpty { rows *= Self.otherFraction }
        return rows * node.residual.reduce(1) { $0 * fraction($1) }
    }

    private static func fraction(_ test: ColumnFilter.Test, _ facts: Facts?) -> Double {
        let one = facts?.distinct.map { 1 / max(1, $0) } ?? equalFraction
        switch test {
        case .equal: return one
        case .notEqual: return 1 - min(one, 0.5)
        case .oneOf(let values): return min(1, one * Double(values.count))
        case .hasPrefix: return prefixFraction
        case .isNull: return nullFraction
        case .isNotNull: return 1 - nullFraction
        case .range(let lower, let upper):
            guard let facts, let low = facts.minimum.flatMap(number), let high = facts.maximum.flatMap(number), high > low else {
                return lower != nil && upper != nil ? rangeFraction * rangeFraction : rangeFraction
            }
            let from = lower.flatMap { number($0.value) } ?? low, to = upper.flatMap { number($0.value) } ?? high
            return max(1e-6, min(1, (min(to, high) - max(from, low)) / (high - low)))
        }
    }

    private static func number(_ value: Value) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .decimal(let digits): Double(digits)
        case .double(let number) where number.isFinite: number
        default: nil
        }
    }

    func fraction(_ condition: Expression) -> Double {
        switch condition {
        case .and(let items): return items.reduce(1) { $0 * fraction($1) }
        case .or(let items): return min(1, items.reduce(0) { $0 + fraction($1) })
        case .not(let operand): return max(0.05, 1 - fraction(operand))
        case .isNull: return Self.nullFraction
        case .inList(_, let items, let isNegated):
            let part = min(0.5, Self.equalFraction * Double(items.count))
            return isNegated ? 1 - part : part
        case .call(let function, let arguments, _, _):
            switch function {
            case .equal:
                if arguments.count == 2, case .column(let id, _) = arguments[0], arguments[1].isLiteral, let known = facts[id]?.distinct {
                    return 1 / max(1, known)
                }
                return Self.equalFraction
            case .notEqual: return 1 - Self.equalFraction
            case .less, .lessOrEqual, .greater, .greaterOrEqual: return Self.rangeFraction
            case .like, .ilike, .matches, .matchesIgnoringCase: return Self.likeFraction
            default: return Self.otherFraction
            }
        default: return Self.otherFraction
        }
    }

    private func joinRows(_ node: JoinNode) -> Double {
        let left = rows(node.left), right = rows(node.right)
        var matches = left * right
        for equality in node.equalities {
            matches /= max(distinct(equality.left, among: left), distinct(equality.right, among: right))
        }
        matches *= node.residual.reduce(1) { $0 * fraction($1) }
        switch node.kind {
        case .inner, .cross: return max(1, matches)
        case .left: return max(left, matches)
        case .right: return max(right, matches)
        case .full: return max(left + right, matches)
        case .mark: return left
        case .semi:
            var part = 1.0
            for equality in node.equalities {
                part *= min(1, distinct(equality.right, among: right) / distinct(equality.left, among: left))
            }
            return max(1, left * part)
        case .anti, .antiNullAware: return max(1, left * 0.5)
        }
    }
}
