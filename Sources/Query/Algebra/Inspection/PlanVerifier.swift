import ColumnStore

/// What must hold of every plan, whoever made it: each id that a node mentions is put out below it (or by a query around it), types agree,
/// nothing is put out twice, and numbers are within their ranges. Passes rely on it, and state it nowhere else.
///
/// It walks the whole plan, so that it is for where assertions are on, after the binder and after each pass (`Optimizer`).
package struct PlanVerifier {
    /// Types of the columns that can be mentioned at a place.
    private typealias Visible = [ColumnID: ColumnType]

    private let allowsSubqueries: Bool
    private(set) var faults: [String] = []
    /// What each shared table puts out; its definition is walked at its first mention only.
    private var shared: [Int: [ColumnType]] = [:]

    /// One broken id is mentioned in many places: the first faults tell what is wrong.
    private static let faultCountMax = 8

    /// What is wrong with a plan, in words; nothing when it may be run.
    ///
    /// - Parameter allowsSubqueries: before they have become joins.
    package static func faults(in plan: LogicalPlan, allowsSubqueries: Bool = false) -> [String] {
        // Looking is no work of the statement's.
        PlanningWork.$current.withValue(nil) {
            var verifier = PlanVerifier(allowsSubqueries: allowsSubqueries)
            _ = verifier.visit(plan, around: [:])
            return verifier.faults
        }
    }

    /// What a pass may not change: the answer's columns, and in what order its rows come.
    ///
    /// - Parameter before: as the binder made it: a pass may put other expressions between the statement's order and its columns.
    package static func faults(from before: LogicalPlan, to after: LogicalPlan) -> [String] {
        PlanningWork.$current.withValue(nil) {
            var faults: [String] = []
            if before.columns != after.columns { faults.append("the answer's columns were \(before.columns), and are \(after.columns)") }
            let old = before.statedOrder
            if !old.isEmpty, let new = after.claimedOrder, old != new { faults.append("the answer's order was by \(old), and is by \(new)") }
            return faults
        }
    }

    private init(allowsSubqueries: Bool) { self.allowsSubqueries = allowsSubqueries }

    /// The text is made only where it is kept.
    private mutating func fail(_ what: @autoclosure () -> String) { if faults.count < Self.faultCountMax { faults.append(what()) } }

    // MARK: Nodes

    /// - Returns: what the node puts out.
    private mutating func visit(_ plan: LogicalPlan, around outer: Visible) -> Visible {
        switch plan {
        case .scan(let node): return scan(node, outer)
        case .values(let columns, let rows): return values(columns, rows, outer)
        case .series(let column, let start, let stop, let step):
            for bound in [start, stop, step] { visit(bound, in: outer, "a series") }
            return made([column], by: "a series")
        case .filter(let input, let conjuncts):
            let scope = visit(input, around: outer)
            let visible = scope.over(outer)
            for condition in conjuncts { visit(condition: condition, in: visible, "a filter") }
            return scope
        case .project(let input, let columns):
            return project(columns, visit(input, around: outer), outer, "a projection")
        case .aggregate(let node): return aggregate(node, outer)
        case .join(let node): return join(node, outer)
        case .unnest(let node): return unnest(node, outer)
        case .window(let node): return window(node, outer)
        case .sort(let node):
            let scope = visit(node.input, around: outer)
            visit(keys: node.keys, in: scope.over(outer), "a sort")
            visit(count: node.limit, offset: node.offset, "a sort")
            return scope
        case .limit(let input, let count, let offset):
            visit(count: count, offset: offset, "a limit")
            return visit(input, around: outer)
        case .distinct(let input), .singleRow(let input, _), .deferring(let input, _): return visit(input, around: outer)
        case .setOperation(let node): return setOperation(node, outer)
        case .shared(let id, let definition, let columns): return sharedTable(id, definition, columns, outer)
        }
    }

    /// A scan's own conditions see its residual columns, those above it do not.
    private mutating func scan(_ node: ScanNode, _ outer: Visible) -> Visible {
        let schema = node.table.source.schema
        let all = node.columns + node.residualColumns
        for column in all {
            guard let field = schema.field(at: ColumnPath(column.name)) else {
                fail("a scan of \(node.table.name) reads \(column.name), which the table does not have")
                continue
            }
            if !column.column.type.isNested, column.column.type != field.type {
                fail("a scan of \(node.table.name) gives \(column.name) as \(column.column.type.sqlName), which is \(field.type.sqlName)")
            }
        }
        for filter in node.scope + node.filters + node.elementFilters where schema.field(at: filter.path) == nil {
            fail("a scan of \(node.table.name) tests \(filter.path), which the table does not have")
        }
        if let most = node.rowCountMax, most < 0 { fail("a scan of \(node.table.name) wants \(most) rows") }
        let scope = made(node.columns.map(\.column), by: "a scan of \(node.table.name)")
        let visible = made(all.map(\.column), by: "the conditions of a scan of \(node.table.name)").over(outer)
        for condition in node.residual { visit(condition: condition, in: visible, "a scan of \(node.table.name)") }
        return scope
    }

    /// Rows of VALUES see the query around them only.
    private mutating func values(_ columns: [OutputColumn], _ rows: [[Expression]], _ outer: Visible) -> Visible {
        for row in rows {
            if row.count != columns.count { fail("a row of VALUES has \(row.count) values for \(columns.count) columns") }
            for (expression, column) in zip(row, columns) {
                visit(expression, in: outer, "VALUES")
                agree(expression.type, column.type, "VALUES")
            }
        }
        return made(columns, by: "VALUES")
    }

    /// - Parameter input: what the node's input puts out, which hides columns of that id around it.
    private mutating func project(_ columns: [ProjectedColumn], _ input: Visible, _ outer: Visible, _ place: String) -> Visible {
        let visible = input.over(outer)
        for column in columns {
            visit(column.expression, in: visible, place)
            agree(column.expression.type, column.column.type, "\(place) as #\(column.column.id.rawValue)")
            // A column may be passed on under its id; another value may not come under it.
            if input[column.column.id] != nil, column.expression != .column(column.column) {
                fail("\(place) puts out #\(column.column.id.rawValue) of its input as another value")
            }
        }
        return made(columns.map(\.column), by: place)
    }

    private mutating func aggregate(_ node: AggregateNode, _ outer: Visible) -> Visible {
        let input = visit(node.input, around: outer)
        let visible = input.over(outer)
        _ = project(node.groups, input, outer, "a grouping")
        for call in node.aggregates {
            for argument in call.arguments { visit(argument, in: visible, call.function.rawValue) }
            if let filter = call.filter { visit(condition: filter, in: visible, "the filter of \(call.function.rawValue)") }
            visit(keys: call.order, in: visible, call.function.rawValue)
        }
        for place in (node.groupingSets ?? []).joined() where !node.groups.indices.contains(place) {
            fail("a grouping set names group \(place) of \(node.groups.count)")
        }
        return made(LogicalPlan.aggregate(node).columns, by: "an aggregation")
    }

    private mutating func join(_ node: JoinNode, _ outer: Visible) -> Visible {
        let left = visit(node.left, around: outer)
        // LATERAL looks at the left side until it has become a join like others; a list of the row's own does so for good.
        let right = visit(node.right, around: allowsSubqueries || node.ownList != nil ? left.over(outer) : outer)
        for id in left.keys where right[id] != nil { fail("both sides of a join put out #\(id.rawValue)") }
        let (leftVisible, rightVisible, both) = (left.over(outer), right.over(outer), left.over(right).over(outer))
        for equality in node.equalities {
            visit(equality.left, in: leftVisible, "the left side of a join")
            visit(equality.right, in: rightVisible, "the right side of a join")
            if !Self.areComparable(equality.left.type, equality.right.type) {
                fail("a join compares \(equality.left.type.sqlName) with \(equality.right.type.sqlName)")
            }
        }
        for condition in node.residual { visit(condition: condition, in: both, "a join") }
        if case .mark(let mark, _) = node.kind, mark.type != .boolean { fail("a mark is \(mark.type.sqlName)") }
        return made(LogicalPlan.join(node).columns, by: "a join")
    }

    /// Keys of a join are of one type; of decimals the scale alone counts.
    private static func areComparable(_ left: ColumnType, _ right: ColumnType) -> Bool {
        if case .decimal(_, let scale) = left, case .decimal(_, scale) = right { return true }
        return left == right
    }

    private mutating func unnest(_ node: UnnestNode, _ outer: Visible) -> Visible {
        let input = visit(node.input, around: outer)
        visit(node.list, in: input.over(outer), "UNNEST")
        for column in node.passed { mention(column.id, column.type, in: input, "what UNNEST passes on") }
        guard case .list(let element) = node.list.type else {
            fail("UNNEST unfolds \(node.list.type.sqlName)")
            return made(LogicalPlan.unnest(node).columns, by: "UNNEST")
        }
        for wanted in node.elements {
            guard case .structure(let fields) = element.type, !wanted.member.isEmpty else {
                if !wanted.member.isEmpty { fail("UNNEST takes \(wanted.member) out of \(element.type.sqlName)") }
                continue
            }
            if !fields.contains(where: { $0.name.utf8.elementsEqual(wanted.member.utf8) }) { fail("UNNEST finds no member \(wanted.member)") }
        }
        return made(LogicalPlan.unnest(node).columns, by: "UNNEST")
    }

    private mutating func window(_ node: WindowNode, _ outer: Visible) -> Visible {
        let visible = visit(node.input, around: outer).over(outer)
        for expression in LogicalPlan.window(node).expressions { visit(expression, in: visible, "a window") }
        for call in node.calls { if let filter = call.filter, filter.type != .boolean { fail("a window's filter is \(filter.type.sqlName)") } }
        if node.first != nil, !node.calls.allSatisfy(\.function.definition.looksBackOnly) { fail("a window that looks at all rows keeps the first ones") }
        if node.sorting == .given {
            guard case .window(let below) = node.input, below.sorting != .own, node.first == nil else {
                fail("a window takes its rows as they come, and nothing sorts them for it")
                return made(LogicalPlan.window(node).columns, by: "a window")
            }
        }
        return made(LogicalPlan.window(node).columns, by: "a window")
    }

    private mutating func setOperation(_ node: SetOperationNode, _ outer: Visible) -> Visible {
        for input in node.inputs {
            _ = visit(input, around: outer)
            agree(input.columns.map(\.type), node.columns.map(\.type), "an input of \(node.kind)")
        }
        return made(node.columns, by: "\(node.kind)")
    }

    private mutating func sharedTable(_ id: Int, _ definition: LogicalPlan, _ columns: [OutputColumn], _ outer: Visible) -> Visible {
        // A definition that looks at outer columns does so alike at each mention: the first one tells.
        if shared[id] == nil {
            shared[id] = definition.columns.map(\.type)
            _ = visit(definition, around: outer)
        }
        agree(definition.columns.map(\.type), columns.map(\.type), "shared table \(id)")
        agree(shared[id] ?? [], columns.map(\.type), "a mention of shared table \(id)")
        return made(columns, by: "shared table \(id)")
    }

    // MARK: Parts

    /// What a node puts out, each id once.
    private mutating func made(_ columns: [OutputColumn], by place: String) -> Visible {
        var scope: Visible = [:]
        for column in columns where scope.updateValue(column.type, forKey: column.id) != nil { fail("\(place) puts out #\(column.id.rawValue) twice") }
        return scope
    }

    /// A condition without a type is a NULL constant.
    private mutating func visit(condition: Expression, in scope: Visible, _ place: String) {
        visit(condition, in: scope, place)
        if condition.type != .boolean, condition.type != .null { fail("a condition of \(place) is \(condition.type.sqlName)") }
    }

    private mutating func visit(keys: [SortKey], in scope: Visible, _ place: String) { for key in keys { visit(key.expression, in: scope, place) } }

    private mutating func visit(count: Int?, offset: Int, _ place: String) {
        if offset < 0 || (count ?? 0) < 0 { fail("\(place) takes \(count ?? 0) rows after \(offset)") }
    }

    private mutating func visit(_ expression: Expression, in scope: Visible, _ place: String) {
        switch expression {
        case .column(let id, let type): mention(id, type, in: scope, place)
        case .literal: return
        case .subquery(let subquery): visit(subquery, in: scope, place)
        default: break
        }
        for child in expression.children { visit(child, in: scope, place) }
    }

    private mutating func visit(_ subquery: SubqueryExpression, in scope: Visible, _ place: String) {
        guard allowsSubqueries else { return fail("\(place) holds a subquery") }
        for id in subquery.correlation where scope[id] == nil { fail("a subquery in \(place) is said to look at #\(id.rawValue), which is not there") }
        _ = visit(subquery.plan, around: scope)
    }

    /// A column must be there, and be of the type that the expression takes it for: a pass that narrows a column has to narrow its mentions.
    private mutating func mention(_ id: ColumnID, _ type: ColumnType, in scope: Visible, _ place: String) {
        guard let own = scope[id] else { return fail("\(place) mentions #\(id.rawValue), which nothing below puts out") }
        if own != type { fail("\(place) takes #\(id.rawValue) for \(type.sqlName), which is \(own.sqlName)") }
    }

    private mutating func agree(_ found: ColumnType, _ wanted: ColumnType, _ place: String) {
        if found != wanted { fail("\(place) gives \(found.sqlName) for \(wanted.sqlName)") }
    }

    private mutating func agree(_ found: [ColumnType], _ wanted: [ColumnType], _ place: String) {
        if found != wanted { fail("\(place) gives \(found.map(\.sqlName)) for \(wanted.map(\.sqlName))") }
    }
}

extension [ColumnID: ColumnType] {
    /// With what can be seen around it; what is nearer hides what is farther.
    fileprivate func over(_ outer: Self) -> Self { outer.isEmpty ? self : isEmpty ? outer : merging(outer) { own, _ in own } }
}

extension LogicalPlan {
    /// Of each key that orders the rows as they come: whether it is turned. Its expression may be computed elsewhere after a pass.
    /// Nil where there are no rows: they come in every order.
    fileprivate var claimedOrder: [Bool]? {
        switch self {
        case .values(_, let rows) where rows.isEmpty: nil
        case .sort(let node): node.keys.map(\.isDescending)
        case .project(let input, _), .filter(let input, _), .limit(let input, _, _): input.claimedOrder
        default: []
        }
    }

    /// The order that the statement asks for; empty where it asks for none. That of a table in FROM binds nobody: it is below expressions,
    /// conditions or joins, where the statement's own has nothing above it but the choice of columns.
    fileprivate var statedOrder: [Bool] {
        switch self {
        case .sort(let node): node.keys.map(\.isDescending)
        case .project(let input, let columns) where columns.allSatisfy { $0.expression == .column($0.column) }: input.statedOrder
        case .limit(let input, _, _): input.statedOrder
        default: []
        }
    }
}
