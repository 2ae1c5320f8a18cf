import ColumnStore

/// How many rows a plan probably gives. Only ever decides between plans of equal answers.
///
/// Made for one plan: `learn` goes through it once, from the tables up, and notes what is known of each column under its id. Everything asked later
/// is reckoned from these facts and the statistics of tables; nothing is read. Values are assumed to be spread evenly over a column, and columns to be
/// independent of each other, but for keys (`JoinOrder`).
struct Cardinality {
    /// What is known of a column's values.
    struct Facts {
        /// How many different values there are, NULL aside; nil where neither statistics nor the type tell.
        var distinct: Double?
        var minimum: Value?
        var maximum: Value?
        var type: ColumnType
        /// Of the table that the column comes from.
        var rows: Double

        /// Whether a value hardly ever comes twice in that table.
        var isKey: Bool { distinct.map { $0 >= rows * 0.9 } ?? false }
    }

    /// The values of a join's key in the table that it comes from.
    struct Domain {
        var distinct: Double
        var isKey: Bool
        /// Of whole numbers and days; nil where they are not known.
        var bounds: ClosedRange<Double>?

        /// How many of a key's values those of `other` can refer to, which it is equated with: those between its bounds. A calendar has the days of two hundred years, and sales
        /// those of five: conditions on the calendar ask for days that have sales.
        ///
        /// - Parameter rows: of the key's side, whatever its conditions leave: where they are more than what can be referred to, the rest finds no partner.
        func reached(from other: Domain, rows: Double) -> Double {
            guard isKey, let own = bounds, let others = other.bounds else { return distinct }
            let common = min(own.upperBound, others.upperBound) - max(own.lowerBound, others.lowerBound) + 1
            // Of nothing in common nothing is known: bounds are statistics.
            guard common > 0 else { return distinct }
            let part = common / (own.upperBound - own.lowerBound + 1)
            return min(distinct, max(distinct * part, rows, 1))
        }
    }

    private var facts: [ColumnID: Facts] = [:]
    /// Rows of the definition of each shared table.
    private var sharedRows: [Int: Double] = [:]

    // Guesses where statistics are silent, from the benchmarks that planners are usually measured with.
    private static let equalFraction = 0.04, rangeFraction = 0.35, prefixFraction = 0.05, likeFraction = 0.1, nullFraction = 0.05
    private static let otherFraction = 0.33
    /// Elements of a list, where nothing is known of it.
    private static let elementCount = 5.0
    /// No plan is taken to give more: what is multiplied and added up from here stays finite, and costs can be compared. Some dozens of tables without a condition between them are
    /// past the range of a double.
    static let rowMax = 1e100

    init(_ plan: LogicalPlan) { learn(plan) }

    /// Facts pass a node that passes its columns on; an expression over columns has none.
    private mutating func learn(_ plan: LogicalPlan) {
        if case .shared(let id, let definition, let columns) = plan { return learn(shared: id, definition, columns) }
        for input in plan.inputs { learn(input) }
        switch plan {
        case .scan(let node):
            let statistics = node.table.source.statistics
            let rows = Double(max(1, statistics.rowCount))
            for column in node.columns + node.residualColumns {
                let known = statistics.columns[column.name]
                var facts = Facts(minimum: known?.minimum, maximum: known?.maximum, type: column.column.type, rows: rows)
                // There are no more different values than whole numbers between the bounds: of the days of a year 365 or 366.
                facts.distinct = known?.distinctCount.map(Double.init) ?? Self.span(facts).map { min($0, rows) }
                self.facts[column.column.id] = facts
            }
        case .project(_, let columns):
            for column in columns { inherit(column.column, column.expression) }
        case .aggregate(let node):
            for group in node.groups {
                inherit(group.column, group.expression)
                // The only key of a grouping comes once.
                if node.groups.count == 1, let distinct = facts[group.column.id]?.distinct { facts[group.column.id]?.rows = distinct }
            }
        // The first input stands for all: a guess, as each of them may have other values.
        case .setOperation(let node):
            if let first = node.inputs.first { for (column, own) in zip(node.columns, first.columns) { facts[column.id] = facts[own.id] } }
        default: break
        }
    }

    /// The definition is gone through at its first mention.
    private mutating func learn(shared id: Int, _ definition: LogicalPlan, _ columns: [OutputColumn]) {
        if sharedRows[id] == nil {
            learn(definition)
            sharedRows[id] = rows(definition)
        }
        for (column, own) in zip(columns, definition.columns) { facts[column.id] = facts[own.id] }
    }

    private mutating func inherit(_ column: OutputColumn, _ expression: Expression) {
        if case .column(let id, _) = expression, let known = facts[id] { facts[column.id] = known }
    }

    /// How many whole values lie between the bounds.
    ///
    /// Nil where the type has too many values, or the bounds are not known.
    private static func span(_ facts: Facts) -> Double? {
        if facts.type == .boolean { return 2 }
        return bounds(facts).map { $0.upperBound - $0.lowerBound + 1 }
    }

    /// The least and the greatest of whole numbers and days.
    private static func bounds(_ facts: Facts) -> ClosedRange<Double>? {
        switch facts.type {
        case .int32, .int64, .date:
            guard case .integer(let low)? = facts.minimum, case .integer(let high)? = facts.maximum, low <= high else { return nil }
            return Double(low)...Double(high)
        default: return nil
        }
    }

    /// Distinct values of an expression among so many rows.
    ///
    /// A third of the rows where nothing is known. Never less than 1, so that callers may divide by it.
    func distinct(_ expression: Expression, among rows: Double) -> Double {
        var known: Double?
        switch expression {
        case .column(let id, _): known = facts[id]?.distinct
        case .cast(let operand, _, _): return distinct(operand, among: rows)
        case .literal: return 1
        case .call(let function, _, _, _): known = function.traits.distinctCount
        default: break
        }
        return max(1, min(known ?? max(rows / 3, 1), rows))
    }

    /// Distinct values of an expression in the table that it comes from, whatever conditions leave of its rows: two columns that are joined
    /// have their values from one domain, of which a condition on one side says nothing about the other (Selinger and all since).
    func domain(_ expression: Expression, among rows: Double) -> Domain {
        switch expression {
        case .column(let id, _):
            if let known = facts[id], let distinct = known.distinct { return Domain(distinct: max(1, distinct), isKey: known.isKey, bounds: Self.bounds(known)) }
        case .cast(let operand, _, _): return domain(operand, among: rows)
        default: break
        }
        return Domain(distinct: distinct(expression, among: rows), isKey: false)
    }

    /// What comes out of a plan, and the rows of the table behind it, before conditions.
    private typealias Sizes = (rows: Double, table: Double)

    /// The rows of the table behind a plan, before conditions.
    func tableRows(_ plan: LogicalPlan) -> Double { sizes(plan).table }

    // MARK: Rows

    /// - Complexity: the nodes beneath.
    ///
    /// Never less than 1 where it is reckoned from conditions: 0 would make every plan above it free.
    func rows(_ plan: LogicalPlan) -> Double { sizes(plan).rows }

    /// Both at once: a join needs both of its sides, and asking for each by itself would double with each level.
    ///
    /// Neither is above `rowMax`.
    private func sizes(_ plan: LogicalPlan) -> Sizes {
        let sizes = unbounded(plan)
        return (min(sizes.rows, Self.rowMax), min(sizes.table, Self.rowMax))
    }

    private func unbounded(_ plan: LogicalPlan) -> Sizes {
        PlanningWork.charge(1)
        // Any number will do: the plan is going to be refused.
        if PlanningWork.isOver { return (1, 1) }
        switch plan {
        case .scan(let node): return (max(1, scanRows(node)), Double(max(1, node.table.source.statistics.rowCount)))
        case .filter(let input, let conjuncts):
            let below = sizes(input)
            return (max(1, below.rows * fraction(ofAll: conjuncts)), below.table)
        case .project(let input, _): return sizes(input)
        case .join(let node):
            let (left, right) = (sizes(node.left), sizes(node.right))
            let result = joinRows(node, left, right)
            // A semi-join's rows are those of its kept side, whose table stays the one behind the plan; of a product of rows there is no one table.
            switch node.kind {
            case .semi, .anti, .antiNullAware, .mark: return (result, left.table)
            case .rightSemi, .rightAnti: return (result, right.table)
            default: return (result, result)
            }
        default:
            let result = otherRows(plan)
            return (result, result)
        }
    }

    /// Nodes that are no tables, conditions or joins. Keys of a grouping are taken for independent: their counts are multiplied, up to all rows.
    private func otherRows(_ plan: LogicalPlan) -> Double {
        switch plan {
        case .scan, .filter, .project, .join: return rows(plan)
        case .values(_, let rows): return Double(rows.count)
        case .series: return 1_000
        case .window(let node): return rows(node.input)
        case .aggregate(let node):
            if node.groups.isEmpty { return 1 }
            let input = rows(node.input)
            return min(input, node.groups.reduce(1) { $0 * distinct($1.expression, among: input) })
        case .unnest(let node): return rows(node.input) * Self.elementCount
        case .sort(let node): return min(rows(node.input), node.limit.map { Double($0) } ?? .infinity)
        case .limit(let input, let count, _): return min(rows(input), count.map { Double($0) } ?? .infinity)
        case .distinct(let input): return max(1, rows(input) / 3)
        case .setOperation(let node):
            let inputs = node.inputs.map(rows)
            return node.kind == .union ? inputs.reduce(0, +) : inputs.first ?? 1
        case .shared(let id, let definition, _): return sharedRows[id] ?? rows(definition)
        case .singleRow: return 1
        case .deferring(let input, _): return rows(input)
        }
    }

    /// Rows of the table, less what each of the scan's tests leaves out.
    private func scanRows(_ node: ScanNode) -> Double {
        var rows = Double(max(1, node.table.source.statistics.rowCount))
        let byName = Dictionary(
            (node.columns + node.residualColumns).map { ($0.name, facts[$0.column.id]) }, uniquingKeysWith: { first, _ in first })
        let statistics = node.table.source.statistics.columns
        let told = Self.columnsOfChoices(node)
        for filter in node.filters {
            let name = filter.path.names.first ?? ""
            if told.contains(name) { continue }
            // A filter may test a column that the scan does not put out any more: then the table's statistics are asked themselves.
            let known = byName[name].flatMap { $0 } ?? statistics[name].map {
                Facts(
                    distinct: $0.distinctCount.map(Double.init), minimum: $0.minimum, maximum: $0.maximum,
                    type: node.table.source.schema[name]?.type ?? .string, rows: rows)
            }
            rows *= Self.fraction(filter.test, known)
        }
        // Element filters are hints of one condition, which is guessed at once however many there are.
        if !node.elementFilters.isEmpty { rows *= Self.otherFraction }
        return rows * fraction(ofAll: node.residual)
    }

    /// Columns that every branch of an OR tests: the scan has a filter of the OR's hull on them (`FilterReader`), which leaves out no row that the OR keeps. Counted by itself, too,
    /// `year = 1999 OR year = 1998 AND month = 12` would leave one row of seventy that it does.
    private static func columnsOfChoices(_ node: ScanNode) -> Set<String> {
        var names: [ColumnID: String]?
        return node.residual.reduce(into: []) { told, condition in
            guard case .or(let branches) = condition, branches.count <= Self.conditionCountMax, let first = branches.first else { return }
            let known = names ?? Dictionary((node.columns + node.residualColumns).map { ($0.column.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            names = known
            let tested = branches.dropFirst().reduce(first.columnIDs) { $0.intersection($1.columnIDs) }
            told.formUnion(tested.compactMap { known[$0] })
        }
    }

    /// What conditions leave of rows together. Past some hundred a guess is none any more, and reading them all at each look is costly.
    private func fraction(ofAll conditions: [Expression]) -> Double {
        PlanningWork.charge(min(conditions.count, Self.conditionCountMax))
        return conditions.prefix(Self.conditionCountMax).reduce(1) { $0 * fraction($1) }
    }

    private static let conditionCountMax = 200

    /// The part of rows that a test of a column leaves: by its count of values, or by where a range lies between the bounds.
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
            // A range outside of the bounds leaves a millionth and not nothing: bounds here are statistics, and no proof.
            let from = lower.flatMap { number($0.value) } ?? low, to = upper.flatMap { number($0.value) } ?? high
            return max(1e-6, min(1, (min(to, high) - max(from, low)) / (high - low)))
        }
    }

    /// Decimals count by their digits: both bounds and the constant have the column's scale.
    private static func number(_ value: Value) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .decimal(let digits): Double(digits)
        case .double(let number) where number.isFinite: number
        default: nil
        }
    }

    /// The part of rows that a condition leaves, as a number from 0 to 1. Only comparisons of a column with a constant are looked at; the rest is
    /// guessed by its kind.
    func fraction(_ condition: Expression) -> Double {
        switch condition {
        case .and(let items): return fraction(ofAll: items)
        case .or(let items): return min(1, items.prefix(Self.conditionCountMax).reduce(0) { $0 + fraction($1) })
        case .not(let operand): return max(0.05, 1 - fraction(operand))
        case .isNull: return Self.nullFraction
        case .inList(_, let items, let isNegated):
            let part = min(0.5, Self.equalFraction * Double(items.count))
            return isNegated ? 1 - part : part
        case .call(let function, let arguments, _, _):
            switch function.comparison {
            case .equal:
                if arguments.count == 2, case .column(let id, _) = arguments[0], arguments[1].isLiteral, let known = facts[id]?.distinct {
                    return 1 / max(1, known)
                }
                return Self.equalFraction
            case .notEqual: return 1 - Self.equalFraction
            case .less, .lessOrEqual, .greater, .greaterOrEqual: return Self.rangeFraction
            case nil: return function.traits.isPatternTest ? Self.likeFraction : Self.otherFraction
            }
        default: return Self.otherFraction
        }
    }

    /// Pairs that match are |L| × |R| / d, d being how many values the keys have between them; an outer join gives at least the rows of its outer
    /// side.
    private func joinRows(_ node: JoinNode, _ sides: Sizes, _ others: Sizes) -> Double {
        let (left, right) = (sides.rows, others.rows)
        let domain = domain(node, sides, others)
        let matches = left * right / domain * fraction(ofAll: node.residual)
        switch node.kind {
        case .inner, .cross: return max(1, matches)
        case .left: return max(left, matches)
        case .right: return max(right, matches)
        case .full: return max(left + right, matches)
        case .mark: return left
        // Of the values of the domain, the part that the other side has.
        case .semi: return max(1, left * (node.equalities.isEmpty ? 0.5 : min(1, found(node.equalities.map(\.right), among: right) / domain)))
        case .rightSemi: return max(1, right * (node.equalities.isEmpty ? 0.5 : min(1, found(node.equalities.map(\.left), among: left) / domain)))
        // How many find no partner nobody knows: half.
        case .anti, .antiNullAware: return max(1, left * 0.5)
        case .rightAnti: return max(1, right * 0.5)
        }
    }

    /// Distinct combinations of expressions among so many rows.
    private func found(_ expressions: [Expression], among rows: Double) -> Double {
        min(rows, expressions.reduce(1) { $0 * distinct($1, among: rows) })
    }

    /// How many values a join's key may have: of several columns no more than the smaller table has rows.
    private func domain(_ node: JoinNode, _ left: Sizes, _ right: Sizes) -> Double {
        let each = node.equalities.map { equality in
            var (one, two) = (domain(equality.left, among: left.rows), domain(equality.right, among: right.rows))
            (one.distinct, two.distinct) = (one.reached(from: two, rows: left.rows), two.reached(from: one, rows: right.rows))
            return Self.joined(one, two)
        }
        let all = each.reduce(1, *)
        return each.count < 2 ? all : max(each.max() ?? 1, min(all, left.table, right.table))
    }

    /// Of two columns that are equated: those of the key, where one is a key that the other refers to.
    private static func joined(_ left: Domain, _ right: Domain) -> Double {
        switch (left.isKey, right.isKey) {
        case (true, false): left.distinct
        case (false, true): right.distinct
        default: max(left.distinct, right.distinct)
        }
    }
}
