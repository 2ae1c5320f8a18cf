import ColumnStore

/// A plan as text: a line for each operator, its inputs indented under it.
package struct Explain {
    /// What each column is called in this text: its name, or name and id where several have that name.
    private let names: [ColumnID: String]
    /// What a run has to add to a node; nil for EXPLAIN alone.
    private let remarks: (PlanNodeID) -> Remarks?
    /// By node; empty where the text is to have none.
    private let estimates: [PlanEstimate]
    /// In the order of the text: a node's place here is its `PlanNodeID`.
    private var nodes: [ExplainedNode] = []
    /// Shared tables whose definition stands in the text already: each is shown at its first mention.
    private var shownShared: Set<Int> = []

    /// More to say of a node: rows, time and bytes of EXPLAIN ANALYZE.
    struct Remarks {
        let beside: String
        /// A line each.
        let below: [String]
        /// Rows that the node gave out.
        let rowCount: Int
        /// Without its inputs.
        let nanoseconds: Int
    }

    /// - Parameters:
    ///   - estimates: of each node, in the order of the nodes.
    ///   - remarks: called once for each node.
    /// - Returns: each node before those below it.
    static func nodes(
        _ plan: LogicalPlan, estimates: [PlanEstimate] = [], remarks: @escaping (PlanNodeID) -> Remarks? = { _ in nil }
    ) -> [ExplainedNode] {
        var explain = Explain(plan, estimates, remarks)
        explain.add(plan, depth: 0)
        return explain.nodes
    }

    /// Each node's line, and under it what more there is to say of it.
    static func lines(_ plan: LogicalPlan) -> [String] { nodes(plan).flatMap(\.lines) }

    package static func text(_ plan: LogicalPlan) -> String { lines(plan).joined(separator: "\n") }

    private init(_ plan: LogicalPlan, _ estimates: [PlanEstimate], _ remarks: @escaping (PlanNodeID) -> Remarks?) {
        var seen: [ColumnID: String] = [:]
        var known: Set<Int> = []
        Self.collect(plan, &seen, &known)
        // A name that several columns have gets its id too.
        let counts = Dictionary(seen.values.map { ($0, 1) }, uniquingKeysWith: +)
        names = Dictionary(
            uniqueKeysWithValues: seen.map { id, name in
                (id, name.isEmpty ? "#\(id.rawValue)" : counts[name] == 1 ? SyntaxPrinter.name(name) : "\(SyntaxPrinter.name(name))#\(id.rawValue)")
            })
        self.remarks = remarks
        self.estimates = estimates
    }

    /// Notes the name of every column that the plan or an expression of it puts out, those of subqueries too.
    private static func collect(_ plan: LogicalPlan, _ names: inout [ColumnID: String], _ known: inout Set<Int>) {
        for column in plan.columns { names[column.id] = column.name }
        if case .scan(let scan) = plan { for column in scan.residualColumns { names[column.column.id] = column.column.name } }
        if case .shared(let id, _, _) = plan, !known.insert(id).inserted { return }
        for input in plan.inputs { collect(input, &names, &known) }
        for expression in plan.expressions { collect(expression, &names, &known) }
    }

    private static func collect(_ expression: Expression, _ names: inout [ColumnID: String], _ known: inout Set<Int>) {
        if case .subquery(let subquery) = expression { collect(subquery.plan, &names, &known) }
        for child in expression.children { collect(child, &names, &known) }
    }

    // MARK: Nodes

    /// Adds the node and those below it. The walk is that of `PlanNodeID`: another order would put a run's figures beside other nodes.
    private mutating func add(_ plan: LogicalPlan, depth: Int) {
        let table: String? = if case .scan(let node) = plan { node.table.name } else { nil }
        nodes.append(
            ExplainedNode(depth: depth, kind: Self.kind(plan), title: describe(plan), table: table, details: details(plan),
                estimate: nodes.count < estimates.count ? estimates[nodes.count] : nil, remarks: remarks(PlanNodeID(nodes.count))))
        if case .shared(let id, _, _) = plan, !shownShared.insert(id).inserted { return }
        for input in plan.inputs { add(input, depth: depth + 1) }
        for expression in plan.expressions { addSubqueries(expression, depth: depth + 1) }
    }

    /// Plans of subqueries, which a bound plan has and one that is run has not.
    private mutating func addSubqueries(_ expression: Expression, depth: Int) {
        if case .subquery(let subquery) = expression { add(subquery.plan, depth: depth) }
        for child in expression.children { addSubqueries(child, depth: depth) }
    }

    /// The operator's name, as `Node Type` in a document: no columns and no conditions.
    private static func kind(_ plan: LogicalPlan) -> String {
        switch plan {
        case .scan: "Scan"
        case .values: "Values"
        case .series: "Series"
        case .filter: "Filter"
        case .project: "Project"
        case .aggregate: "Aggregate"
        case .join(let node): "\(title(node.kind)) join"
        case .unnest: "Unnest"
        case .window: "Window"
        case .sort(let node): node.limit == nil ? "Sort" : "Top"
        case .limit: "Limit"
        case .distinct: "Distinct"
        case .setOperation(let node): "\(node.kind)".capitalizedFirst
        case .shared: "Shared"
        case .singleRow: "Single row"
        case .deferring: "Deferred error"
        }
    }

    /// The node in one line.
    private func describe(_ plan: LogicalPlan) -> String {
        switch plan {
        case .scan(let node):
            let columns = node.columns.map { column in
                column.members.map { members in members.map { "\(column.name).\($0)" }.joined(separator: ", ") } ?? column.name
            }
            return "Scan \(node.table.name) [\(columns.joined(separator: ", "))]" + (node.rowCountMax.map { " first \($0)" } ?? "")
        case .values(let columns, let rows): return "Values \(rows.count) rows [\(list(columns))]"
        case .series(let column, let start, let stop, let step):
            return "Series \(name(column)) from \(text(start)) to \(text(stop)) by \(text(step))"
        case .filter(_, let conjuncts): return "Filter \(conjuncts.map(text).joined(separator: " AND "))"
        case .project(_, let columns): return "Project [\(columns.map(text).joined(separator: ", "))]"
        case .aggregate(let node):
            let sets = node.groupingSets.map { sets in
                " sets " + sets.map { "(" + $0.map { name(node.groups[$0].column) }.joined(separator: ", ") + ")" }.joined(separator: " ")
            } ?? ""
            return "Aggregate by [\(node.groups.map(text).joined(separator: ", "))]\(sets) [\(node.aggregates.map(text).joined(separator: ", "))]"
        case .join(let node): return "\(Self.title(node.kind)) join" + condition(node)
        case .unnest(let node):
            return "Unnest\(node.keepsEmpty ? " outer" : "") \(text(node.list)) [\(list(node.elements.map(\.column)))]"
                + (node.ordinality == nil ? "" : " with ordinality")
        case .window(let node): return "Window [\(node.calls.map(text).joined(separator: ", "))]" + over(node)
        case .sort(let node):
            let keys = node.keys.map(text).joined(separator: ", ")
            guard let limit = node.limit else { return "Sort \(keys)" }
            return "Top \(limit)\(node.offset == 0 ? "" : " after \(node.offset)") by \(keys)"
        case .limit(_, let count, let offset):
            return "Limit \(count.map(String.init) ?? "all")\(offset == 0 ? "" : " after \(offset)")"
        case .distinct: return "Distinct"
        case .setOperation(let node): return "\(node.kind)\(node.keepsRepeats ? " all" : "") [\(list(node.columns))]".capitalizedFirst
        case .shared(let id, _, _): return "Shared \(id)"
        case .singleRow: return "Single row"
        case .deferring: return "Deferred error"
        }
    }

    /// What a scan tests, and what its table has to say: lines under the node's own.
    private func details(_ plan: LogicalPlan) -> [String] {
        guard case .scan(let node) = plan else { return [] }
        var details: [String] = []
        func add(_ title: String, _ filters: [ColumnFilter]) {
            if !filters.isEmpty { details.append("\(title): " + filters.map { text($0, in: node) }.joined(separator: " AND ")) }
        }
        add("filter", node.filters)
        add("some element", node.elementFilters)
        if !node.residual.isEmpty { details.append("and: " + node.residual.map(text).joined(separator: " AND ")) }
        if let remarked = node.table.source as? RemarkedTable { details += remarked.remarks }
        return details
    }

    private static func title(_ kind: JoinNode.Kind) -> String {
        switch kind {
        case .inner: "Inner"
        case .left: "Left"
        case .right: "Right"
        case .full: "Full"
        case .cross: "Cross"
        case .semi: "Semi"
        case .anti: "Anti"
        case .rightSemi: "Right semi"
        case .rightAnti: "Right anti"
        case .antiNullAware: "Null-aware anti"
        case .mark(_, let nullAware): nullAware ? "Null-aware mark" : "Mark"
        }
    }

    /// ` on a = b AND …`, or nothing for a product.
    private func condition(_ node: JoinNode) -> String {
        var parts = node.equalities.map { "\(text($0.left)) \($0.nullsEqual ? "IS NOT DISTINCT FROM" : "=") \(text($0.right))" }
        parts += node.residual.map(text)
        return parts.isEmpty ? "" : " on " + parts.joined(separator: " AND ")
    }

    /// What the windows of a node share.
    private func over(_ node: WindowNode) -> String {
        var text = ""
        if !node.partition.isEmpty { text += " partition by \(node.partition.map(self.text).joined(separator: ", "))" }
        if !node.order.isEmpty { text += " order by \(node.order.map(self.text).joined(separator: ", "))" }
        switch node.sorting {
        case .own: break
        case .shared(let keys, _): text += " sorted by \(keys.map(self.text).joined(separator: ", "))"
        case .given: text += " as sorted"
        }
        if let first = node.first { text += " first \(first.count) by \(first.function)" }
        return text
    }

    // MARK: Parts

    private func name(_ column: OutputColumn) -> String { names[column.id] ?? "#\(column.id.rawValue)" }

    private func list(_ columns: [OutputColumn]) -> String { columns.map(name).joined(separator: ", ") }

    private func text(_ column: ProjectedColumn) -> String {
        let expression = text(column.expression)
        let name = name(column.column)
        return expression == name ? name : "\(expression) AS \(name)"
    }

    /// Where NULLs stand is said only where it is not PostgreSQL's default: last, or first of a descending order.
    private func text(_ key: SortKey) -> String {
        text(key.expression) + (key.isDescending ? " DESC" : "")
            + (key.nullsFirst == key.isDescending ? "" : key.nullsFirst ? " NULLS FIRST" : " NULLS LAST")
    }

    private func text(_ call: AggregateCall) -> String {
        let arguments = call.arguments.map(text).joined(separator: ", ")
        var result = call.function == .countRows ? "count(*)" : "\(call.function.rawValue)(\(call.isDistinct ? "DISTINCT " : "")\(arguments))"
        if !call.order.isEmpty { result += " ordered by \(call.order.map(text).joined(separator: ", "))" }
        if let filter = call.filter { result += " filter \(text(filter))" }
        return result + " AS \(name(call.column))"
    }

    private func text(_ call: WindowNode.Call) -> String {
        let function = switch call.function {
        case .aggregate(let aggregate): aggregate.rawValue
        default: "\(call.function)"
        }
        let filter = call.filter.map { " filter \(text($0))" } ?? ""
        return "\(function)(\(call.arguments.map(text).joined(separator: ", ")))\(filter) \(text(call.frame)) AS \(name(call.column))"
    }

    /// `rows start..row` for ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.
    private func text(_ frame: WindowNode.Frame) -> String { "\(frame.unit) \(text(frame.start))..\(text(frame.end))" }

    private func text(_ bound: WindowNode.Frame.Bound) -> String {
        switch bound {
        case .unboundedPreceding: "start"
        case .preceding(let distance): "-\(text(distance))"
        case .currentRow: "row"
        case .following(let distance): "+\(text(distance))"
        case .unboundedFollowing: "end"
        }
    }

    /// The expression as SQL would have it, near enough to be read. It is no text to be parsed again: long lists and texts are cut.
    func text(_ expression: Expression) -> String {
        switch expression {
        case .column(let id, _): return names[id] ?? "#\(id.rawValue)"
        case .literal(let value, let type): return Self.text(value, type)
        case .member(let owner, let name, _): return "\(text(owner)).\(SyntaxPrinter.name(name))"
        case .call(let function, let arguments, _, _): return text(function, arguments.map(text))
        case .cast(let operand, let type, _): return "\(text(operand))::\(type.sqlName)"
        case .and(let items): return "(" + items.map(text).joined(separator: " AND ") + ")"
        case .or(let items): return "(" + items.map(text).joined(separator: " OR ") + ")"
        case .not(let operand): return "NOT \(text(operand))"
        case .isNull(let operand): return "\(text(operand)) IS NULL"
        case .isDistinct(let left, let right, let isNegated): return "\(text(left)) IS \(isNegated ? "NOT " : "")DISTINCT FROM \(text(right))"
        case .conditional(let branches, let otherwise, _):
            return "CASE" + branches.map { " WHEN \(text($0.condition)) THEN \(text($0.result))" }.joined()
                + (otherwise.map { " ELSE \(text($0))" } ?? "") + " END"
        case .coalesce(let items, _): return "coalesce(\(items.map(text).joined(separator: ", ")))"
        case .inList(let operand, let items, let isNegated):
            let shown = items.prefix(20).map(text).joined(separator: ", ") + (items.count > 20 ? ", … \(items.count) in all" : "")
            return "\(text(operand)) \(isNegated ? "NOT " : "")IN (\(shown))"
        case .subquery(let subquery):
            switch subquery.kind {
            case .scalar: return "(subquery)"
            case .exists: return "EXISTS (subquery)"
            case .quantified(let operand, let function, let isAll):
                return "(\(operand.map(text).joined(separator: ", "))) \(function.symbol) \(isAll ? "ALL" : "ANY") (subquery)"
            }
        }
    }

    /// By the function's own notation; an infix one with a single argument is written as a call.
    private func text(_ function: ScalarFunction, _ arguments: [String]) -> String {
        switch function.notation {
        case .infix where arguments.count >= 2: "(\(arguments[0]) \(function.symbol) \(arguments[1]))"
        case .prefix: "\(function.symbol)\(arguments.first ?? "")"
        case .call, .infix: "\(function.symbol)(\(arguments.joined(separator: ", ")))"
        }
    }

    // MARK: Values

    /// A filter as the condition that it stands for, its constant by the type of the column that it tests.
    private func text(_ filter: ColumnFilter, in node: ScanNode) -> String {
        let path = filter.path.names.joined(separator: ".")
        let type = Self.type(of: filter.path, in: node)
        func value(_ value: Value) -> String { Self.text(value, type) }
        switch filter.test {
        case .equal(let other): return "\(path) = \(value(other))"
        case .notEqual(let other): return "\(path) <> \(value(other))"
        case .oneOf(let values):
            return "\(path) IN (\(values.prefix(20).map(value).joined(separator: ", "))\(values.count > 20 ? ", …" : ""))"
        case .hasPrefix(let prefix): return "\(path) starts with \(Self.text(.bytes(prefix), .string))"
        case .isNull: return "\(path) IS NULL"
        case .isNotNull: return "\(path) IS NOT NULL"
        case .range(let lower, let upper):
            let low = lower.map { "\(path) \($0.isInclusive ? ">=" : ">") \(value($0.value))" }
            let high = upper.map { "\(path) \($0.isInclusive ? "<=" : "<") \(value($0.value))" }
            return [low, high].compactMap { $0 }.joined(separator: " AND ")
        }
    }

    private static func type(of path: ColumnPath, in node: ScanNode) -> ColumnType {
        node.table.source.schema.field(at: path)?.type ?? .string
    }

    /// A constant as SQL writes it; texts are cut after 60 bytes, and nested values and bytes are counted.
    static func text(_ value: Value, _ type: ColumnType) -> String {
        switch (value, type) {
        case (.null, _): return "NULL"
        case (.boolean(let flag), _): return flag ? "true" : "false"
        case (.integer(let days), .date): return "'\(dateText(days))'"
        case (.integer(let microseconds), .timestamp(let isUTC)): return "'\(timestampText(microseconds))\(isUTC ? "Z" : "")'"
        case (.integer(let number), _): return "\(number)"
        case (.double(let number), _): return "\(number)"
        case (.decimal(let digits), _): return decimalText(digits, scale: TypeRules.scale(type))
        case (.bytes(let bytes), .string):
            return "'" + String(decoding: bytes.prefix(60), as: UTF8.self) + (bytes.count > 60 ? "…" : "") + "'"
        case (.bytes(let bytes), _): return "\\x…\(bytes.count)"
        case (.interval(let interval), _):
            return "INTERVAL '\(interval.months) mon \(interval.days) d \(interval.microseconds) us'"
        case (.list(let items), _): return "list of \(items.count)"
        case (.structure(let items), _): return "struct of \(items.count)"
        }
    }

    /// The digits with a point before the last `scale` of them: 5 at scale 2 is 0.05.
    private static func decimalText(_ digits: Int128, scale: Int) -> String {
        let sign = digits < 0 ? "-" : ""
        var text = "\(digits.magnitude)"
        guard scale > 0 else { return sign + text }
        if text.utf8.count <= scale { text = String(repeating: "0", count: scale + 1 - text.utf8.count) + text }
        return sign + text.dropLast(scale) + "." + text.suffix(scale)
    }

    /// A day since 1970-01-01 as `YYYY-MM-DD`, in the proleptic Gregorian calendar.
    private static func dateText(_ days: Int64) -> String {
        // Days to civil, years from March (Howard Hinnant).
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * part + 2) / 5 + 1
        let month = part < 10 ? part + 3 : part - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    private static func padded(_ value: Int64, _ width: Int) -> String {
        let text = "\(value)"
        return text.utf8.count >= width ? text : String(repeating: "0", count: width - text.utf8.count) + text
    }

    /// Microseconds since 1970 as ISO 8601, with six digits of a second where there are any.
    private static func timestampText(_ microseconds: Int64) -> String {
        let perDay = ValueText.microsecondsPerDay
        var (days, rest) = microseconds.quotientAndRemainder(dividingBy: perDay)
        if rest < 0 { (days, rest) = (days - 1, rest + perDay) }
        let seconds = rest / 1_000_000, fraction = rest % 1_000_000
        let clock = "\(padded(seconds / 3600, 2)):\(padded(seconds / 60 % 60, 2)):\(padded(seconds % 60, 2))"
        return "\(dateText(days))T\(clock)" + (fraction == 0 ? "" : ".\(padded(fraction, 6))")
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
