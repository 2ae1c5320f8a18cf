import ColumnStore

extension BoundQuery {
    private static let codeByteCount = 16

    /// By which a later page knows that the rollups which it reads as tables are those of the first; nil where it reads none.
    /// The first 16 bytes of a SHA-256 over the rollups' definitions, in order: another declaration has another code.
    package var sumsCode: [UInt8]? {
        if sumsRead.isEmpty { return nil }
        let definitions = Set(sumsRead.map(\.definition)).sorted()
        return Array(SHA256.hash(Array(definitions.map { "\($0.utf8.count) \($0)" }.joined().utf8)).prefix(Self.codeByteCount))
    }

    /// Whether its answer may be another where a group has other rows of the same sums.
    ///
    /// A rollup as a table has any number of rows a group, and how many changes as files do. A walk over such an answer has
    /// them joined to one a group (`AnswerWalk.needsWholeSums`).
    var tellsPartsApart: Bool {
        let read = sumsRead.filter { !$0.parts.isEmpty }
        if read.isEmpty { return false }
        var reading = PartsReading(read)
        reading.look(at: plan)
        return reading.isTold || reading.addedCount < read.count
    }
}

/// Finds out who reads rows of sums: groupings that add them up, for which they may be cut anyhow, or anybody else.
///
/// A walk over the plan from the top. `added` has the tables of sums that a grouping above them adds up; `isTold` is set by
/// anything else that reads one.
private struct PartsReading {
    /// By the first column of a union of sums and rows, what each of its columns is.
    private let parts: [ColumnID: [ColumnID: SumsRead.Role]]
    private var added: Set<ColumnID> = []
    /// Shared tables that have been looked at.
    private var seen: Set<Int> = []
    private(set) var isTold = false
    var addedCount: Int { added.count }

    init(_ read: [SumsRead]) {
        let roles = read.compactMap { one in
            one.parts.first.map { ($0.column.id, Dictionary(one.parts.map { ($0.column.id, $0.role) }, uniquingKeysWith: { first, _ in first })) }
        }
        parts = Dictionary(roles, uniquingKeysWith: { first, _ in first })
    }

    mutating func look(at plan: LogicalPlan) {
        if PlanningWork.isOver || isTold { return }
        switch plan {
        case .setOperation(let node) where node.columns.first.map { parts[$0.id] != nil } ?? false: isTold = true
        case .aggregate(let node):
            if let (first, roles) = Self.roles(node.input, parts), Self.adds(node, roles) { added.insert(first) } else { lookBelow(plan) }
        case .distinct(let input):
            if let (first, roles) = Self.roles(input, parts), input.columns.allSatisfy({ roles[$0.id] == .key }) { added.insert(first) } else { lookBelow(plan) }
        default: lookBelow(plan)
        }
    }

    /// Subqueries and recursive tables read as well.
    private mutating func lookBelow(_ plan: LogicalPlan) {
        if case .scan(let node) = plan, let table = node.table.source as? RecursiveTable {
            look(at: table.seed)
            look(at: table.step)
        }
        for expression in plan.expressions { look(in: expression) }
        if case .shared(let id, _, _) = plan, !seen.insert(id).inserted { return }
        for input in plan.inputs { look(at: input) }
    }

    private mutating func look(in expression: Expression) {
        if case .subquery(let subquery) = expression { look(at: subquery.plan) }
        if let table = expression.recursion {
            look(at: table.seed)
            look(at: table.step)
        }
        for child in expression.children { look(in: child) }
    }

    /// What the columns of rows of sums are, under conditions and expressions of their keys alone; nil for other rows.
    private static func roles(_ plan: LogicalPlan, _ parts: [ColumnID: [ColumnID: SumsRead.Role]]) -> (first: ColumnID, roles: [ColumnID: SumsRead.Role])? {
        switch plan {
        case .setOperation(let node): return node.columns.first.flatMap { column in parts[column.id].map { (column.id, $0) } }
        case .filter(let input, let conjuncts):
            guard let found = roles(input, parts), conjuncts.allSatisfy({ isOfKeys($0, found.roles) }) else { return nil }
            return found
        case .project(let input, let columns):
            guard let found = roles(input, parts) else { return nil }
            let own = columns.compactMap { column in role(of: column.expression, found.roles).map { (column.column.id, $0) } }
            return (found.first, Dictionary(own, uniquingKeysWith: { first, _ in first }))
        default: return nil
        }
    }

    /// A key for what is computed of keys alone; nil for anything that mixes in a measure.
    private static func role(of expression: Expression, _ roles: [ColumnID: SumsRead.Role]) -> SumsRead.Role? {
        if case .column(let id, _) = expression { return roles[id] }
        return isOfKeys(expression, roles) ? .key : nil
    }

    /// Texts of DOUBLE tell its two zeros apart, which are one key.
    private static func isOfKeys(_ expression: Expression, _ roles: [ColumnID: SumsRead.Role]) -> Bool {
        if case .column(let id, _) = expression { return roles[id] == .key }
        if case .subquery = expression { return false }
        return !expression.isVolatile && expression.children.allSatisfy { child in
            if case .column(_, .double) = child { false } else { isOfKeys(child, roles) }
        }
    }

    /// Whether a grouping's answer is the same however the rows of sums are cut.
    private static func adds(_ node: AggregateNode, _ roles: [ColumnID: SumsRead.Role]) -> Bool {
        node.groups.allSatisfy { isOfKeys($0.expression, roles) } && node.aggregates.allSatisfy { adds($0, roles) }
    }

    /// A measure joined by its own function; of keys only what repeats do not change.
    private static func adds(_ call: AggregateCall, _ roles: [ColumnID: SumsRead.Role]) -> Bool {
        guard call.order.isEmpty, call.filter.map({ isOfKeys($0, roles) }) ?? true, call.arguments.count == 1 else { return false }
        if case .measure(let function)? = role(of: call.arguments[0], roles) {
            let isSame = call.function == function || function == .approximateDistinctJoined && call.function == .approximateDistinctOfSketches
            return isSame && (!call.isDistinct || function.definition.ignoresRepeats)
        }
        return isOfKeys(call.arguments[0], roles) && (call.isDistinct || call.function.definition.ignoresRepeats)
    }
}
