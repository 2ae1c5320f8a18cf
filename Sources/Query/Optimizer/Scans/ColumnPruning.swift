import ColumnStore

/// Keeps only the columns that something above reads: of nested ones only the members, so that a scan decodes `lines.amount` alone.
///
/// Two walks: `collect` goes down and notes for each column what is read of it; `prune` then rewrites from the leaves up and leaves the rest out. A
/// nested column that loses members changes its type, which `types` carries to every expression above.
///
/// Invariants:
/// 1. a column without an entry in `needs` is read by nobody;
/// 2. needs only grow, so that the walks over shared tables end;
/// 3. both inputs of a union give a place the same type, or the columns are taken whole in another run (`uneven`).
struct ColumnPruning {
    /// What is read of a column.
    private enum Need: Equatable {
        case whole
        /// Members of the struct, or of the list's element; none: only how many elements there are.
        case members(Set<String>)

        /// What two readers need together.
        func joined(with other: Need) -> Need {
            if case .members(let known) = self, case .members(let more) = other { return .members(known.union(more)) }
            return .whole
        }
    }

    /// Of each column that something reads; none for others.
    private var needs: [ColumnID: Need] = [:]
    /// Of each shared table, by place, what some mention reads of its columns.
    private var sharedNeeds: [Int: [Int: Need]] = [:]
    /// Shared tables whose definitions this walk of `collect` has been through.
    private var collected: Set<Int> = []
    /// Their definitions, rewritten.
    private var prunedDefinitions: [Int: LogicalPlan] = [:]
    /// Nodes looked at since they were last counted.
    private var visited = 0
    /// Types after pruning, where they changed.
    private var types: [ColumnID: ColumnType] = [:]
    /// Columns that are read as a whole wherever they are read.
    private let wholes: Set<ColumnID>
    /// Nested columns of a union's inputs that came to have other members in one than in another: what is a constant in one input, say, has all of them.
    private var uneven: Set<ColumnID> = []

    private init(wholes: Set<ColumnID>) { self.wholes = wholes }

    /// Runs again where a union's inputs came out uneven; each run has more columns in `wholes`, so that it ends.
    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan {
        var wholes: Set<ColumnID> = []
        while true {
            guard let (pruned, uneven) = rewrite(plan, wholes) else { return plan }
            if uneven.isEmpty { return pruned }
            // With all of their members they are alike, as they were before.
            if uneven.isSubset(of: wholes) { return plan }
            wholes.formUnion(uneven)
        }
    }

    /// - Returns: nil where planning has taken too long.
    private static func rewrite(_ plan: LogicalPlan, _ wholes: Set<ColumnID>) -> (plan: LogicalPlan, uneven: Set<ColumnID>)? {
        var pruning = ColumnPruning(wholes: wholes)
        for column in plan.columns { pruning.needs[column.id] = .whole }
        // Definitions are read by several mentions: what those need is known after a first walk over all of them. What they need in
        // turn of others takes another walk for each level.
        var before: [Int: [Int: Need]]
        repeat {
            before = pruning.sharedNeeds
            pruning.collected = []
            pruning.collect(plan)
        } while before != pruning.sharedNeeds && !PlanningWork.isOver
        if PlanningWork.isOver { return nil }
        let pruned = pruning.prune(plan, keepsAll: true)
        return (pruned, pruning.uneven)
    }

    // MARK: Needs

    /// Adds to what is read of a column.
    private mutating func need(_ id: ColumnID, _ need: Need) {
        needs[id] = wholes.contains(id) ? .whole : needs[id]?.joined(with: need) ?? need
    }

    /// What an expression reads: `r.customer.name` a member, `cardinality(r.lines)` a length, anything else the whole column.
    private mutating func need(_ expression: Expression) {
        visited += 1
        switch expression {
        case .column(let id, _): need(id, .whole)
        case .member(.column(let id, _), let name, _): need(id, .members([name]))
        case .call(let function, let arguments, _, _) where function.traits.readsLengthOnly:
            if case .column(let id, _)? = arguments.first { need(id, .members([])) } else { arguments.forEach { need($0) } }
        // Whether it is NULL any one member tells.
        case .isNull(.column(let id, let type)) where type.isNested: need(id, .members([]))
        default: for child in expression.children { need(child) }
        }
    }

    private func isNeeded(_ column: OutputColumn) -> Bool { needs[column.id] != nil }

    /// From the root down: a node's columns are known to be needed before its inputs are asked.
    private mutating func collect(_ plan: LogicalPlan) {
        PlanningWork.charge(visited)
        visited = 1
        if PlanningWork.isOver { return }
        switch plan {
        case .project(let input, let columns):
            for column in columns where isNeeded(column.column) { pass(column) }
            return collect(input)
        case .aggregate(let node):
            for group in node.groups { need(group.expression) }
            for call in node.aggregates where isNeeded(call.column) {
                for expression in call.arguments + (call.filter.map { [$0] } ?? []) + call.order.map(\.expression) { need(expression) }
            }
            return collect(node.input)
        case .unnest(let node):
            needList(node)
            return collect(node.input)
        case .window(let node):
            let calls = node.calls.filter { isNeeded($0.column) }
            if !calls.isEmpty { for expression in node.partition + node.order.map(\.expression) { need(expression) } }
            for call in calls { for expression in call.arguments + (call.filter.map { [$0] } ?? []) { need(expression) } }
            return collect(node.input)
        case .distinct(let input):
            for column in input.columns { need(column.id, .whole) }
            return collect(input)
        // Rows of all but UNION ALL are compared by all columns.
        case .setOperation(let node):
            let keepsAll = !(node.kind == .union && node.keepsRepeats)
            for input in node.inputs {
                for (column, own) in zip(node.columns, input.columns) where keepsAll || isNeeded(column) {
                    need(own.id, keepsAll ? .whole : needs[column.id] ?? .whole)
                }
                collect(input)
            }
            return
        case .shared(let id, let definition, let columns):
            for (place, column) in columns.enumerated() {
                guard let wanted = needs[column.id] else { continue }
                sharedNeeds[id, default: [:]][place] = sharedNeeds[id]?[place]?.joined(with: wanted) ?? wanted
            }
            for (place, wanted) in sharedNeeds[id] ?? [:] { need(definition.columns[place].id, wanted) }
            // What a later mention adds, the next walk takes down from the start.
            guard collected.insert(id).inserted else { return }
            return collect(definition)
        case .values(let columns, let rows):
            for row in rows { for (column, expression) in zip(columns, row) where isNeeded(column) { need(expression) } }
            return
        default: break
        }
        for expression in plan.expressions { need(expression) }
        // The right side first: it may unfold a list of the left one.
        for input in plan.inputs.reversed() { collect(input) }
    }

    /// A nested column that is passed on is needed below as far as it is above.
    private mutating func pass(_ column: ProjectedColumn) {
        if case .column(let inner, let type) = column.expression, type.isNested, let wanted = needs[column.column.id] {
            need(inner, wanted)
        } else {
            need(column.expression)
        }
    }

    /// The members of the elements that are read above. None of them: the rows are counted, and the cheapest member does.
    private mutating func needList(_ node: UnnestNode) {
        let members = node.elements.filter { isNeeded($0.column) }
        guard case .column(let id, _) = node.list else { return need(node.list) }
        if members.contains(where: \.member.isEmpty) { return need(id, .whole) }
        need(id, .members(Set(members.map(\.member))))
    }

    // MARK: Rewriting

    /// With the types that columns below have come to.
    private func retyped(_ expression: Expression) -> Expression {
        if types.isEmpty { return expression }
        return expression.rewritten { node in
            guard case .column(let id, _) = node, let type = types[id] else { return node }
            return .column(id, type)
        }
    }

    private func retyped(_ columns: [OutputColumn]) -> [OutputColumn] {
        columns.map { OutputColumn(id: $0.id, name: $0.name, type: types[$0.id] ?? $0.type) }
    }

    /// - Parameter keepsAll: the node's columns are read by place: the root, and what a set operation or a shared table takes.
    private mutating func prune(_ plan: LogicalPlan, keepsAll: Bool) -> LogicalPlan {
        switch plan {
        case .scan(let node): return .scan(pruned(node))
        case .project(let input, let columns): return pruned(project: columns, over: input, keepsAll)
        case .aggregate(var node):
            node.input = prune(node.input, keepsAll: false)
            node.aggregates = node.aggregates.filter { isNeeded($0.column) || keepsAll }
            return remapped(.aggregate(node))
        case .unnest(let node): return pruned(node, keepsAll)
        case .window(var node):
            node.input = prune(node.input, keepsAll: keepsAll)
            node.calls = node.calls.filter { isNeeded($0.column) || keepsAll }
            // A window that nobody reads is no node.
            return node.calls.isEmpty ? node.input : remapped(.window(node))
        case .setOperation(let node): return pruned(node, keepsAll)
        case .shared(let id, let definition, let columns):
            let places = (sharedNeeds[id] ?? [:]).keys.sorted()
            let shaped: LogicalPlan
            if let known = prunedDefinitions[id] { shaped = known } else { shaped = pruned(definition: definition, places) }
            prunedDefinitions[id] = shaped
            for (place, column) in zip(places, shaped.columns) where columns[place].type != column.type { types[columns[place].id] = column.type }
            return .shared(id: id, definition: shaped, columns: retyped(places.map { columns[$0] }))
        case .values(let columns, let rows):
            let kept = columns.indices.filter { keepsAll || isNeeded(columns[$0]) }
            return .values(columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
        case .distinct(let input): return .distinct(input: prune(input, keepsAll: true))
        case .series, .join, .filter, .sort, .limit, .singleRow, .deferring:
            let isRow = switch plan {
            case .series, .join: false
            default: keepsAll
            }
            // Inputs first: only then is it known which types changed.
            var inputs: [LogicalPlan] = []
            for input in plan.inputs { inputs.append(prune(input, keepsAll: isRow)) }
            return remapped(plan.withInputs(inputs))
        }
    }

    /// The definition of a shared table, which puts out exactly the places that are read, in order.
    private mutating func pruned(definition: LogicalPlan, _ places: [Int]) -> LogicalPlan {
        let inner = prune(definition, keepsAll: false)
        let wanted = places.map { definition.columns[$0] }
        if inner.columns.map(\.id) == wanted.map(\.id) { return inner }
        return .project(input: inner, columns: retyped(wanted).map { ProjectedColumn($0, .column($0)) })
    }

    private func remapped(_ plan: LogicalPlan) -> LogicalPlan {
        types.isEmpty ? plan : plan.mapExpressions(retyped)
    }

    /// Columns that nothing reads do not come out of the scan; others with the members that are read.
    private mutating func pruned(_ scan: ScanNode) -> ScanNode {
        var node = scan
        node.columns = []
        for column in scan.columns {
            guard let need = needs[column.column.id] else { continue }
            node.columns.append(narrowed(column, need))
        }
        return node
    }

    /// The column with the members that are needed, at least one of them.
    private mutating func narrowed(_ column: ScanColumn, _ need: Need) -> ScanColumn {
        guard case .members(var names) = need else { return column }
        var members: [Field]
        switch column.column.type {
        case .list(let element):
            guard case .structure(let fields) = element.type else { return column }
            members = fields
        case .structure(let fields): members = fields
        default: return column
        }
        if names.isEmpty { names = [Self.cheapest(members)] }
        let kept = members.filter { names.contains($0.name) }
        if kept.count == members.count { return column }
        var result = column
        if case .list(let element) = column.column.type {
            result.column.type = .list(element: Field(element.name, .structure(kept)))
        } else {
            result.column.type = .structure(kept)
        }
        result.members = kept.map { ColumnPath([$0.name]) }
        types[column.column.id] = result.column.type
        return result
    }

    /// The member that costs least to read when only the count of elements matters.
    ///
    /// By bytes of a value, from one bit to nested ones.
    private static func cheapest(_ members: [Field]) -> String {
        func cost(_ type: ColumnType) -> Int {
            switch type {
            case .boolean: 0
            case .int32, .date: 1
            case .int64, .double, .timestamp, .time: 2
            case .decimal: 3
            case .string, .binary: 5
            default: 9
            }
        }
        return members.min { cost($0.type) < cost($1.type) }?.name ?? ""
    }

    /// The columns that are read, over what is left below.
    private mutating func pruned(project columns: [ProjectedColumn], over input: LogicalPlan, _ keepsAll: Bool) -> LogicalPlan {
        let below = prune(input, keepsAll: false)
        var kept = columns.filter { keepsAll || isNeeded($0.column) }
        for index in kept.indices {
            kept[index].expression = retyped(kept[index].expression)
            // A nested column that is passed on has the members that it has below.
            if kept[index].column.type != kept[index].expression.type, kept[index].column.type.isNested {
                kept[index].column.type = kept[index].expression.type
                types[kept[index].column.id] = kept[index].column.type
            }
        }
        // Renames of renames are one.
        if case .project(let inner, let innerColumns) = below, innerColumns.allSatisfy({ Self.isTrivial($0.expression) }) {
            let map = Dictionary(innerColumns.map { ($0.column.id, $0.expression) }, uniquingKeysWith: { first, _ in first })
            for index in kept.indices { kept[index].expression = kept[index].expression.substituting(map) }
            return .project(input: inner, columns: kept)
        }
        return .project(input: below, columns: kept)
    }

    private static func isTrivial(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal: true
        default: false
        }
    }

    private mutating func pruned(_ unnest: UnnestNode, _ keepsAll: Bool) -> LogicalPlan {
        var node = unnest
        node.input = prune(node.input, keepsAll: false)
        node.list = retyped(node.list)
        node.elements = node.elements.filter { keepsAll || isNeeded($0.column) }
        if let ordinality = node.ordinality, !keepsAll, !isNeeded(ordinality) { node.ordinality = nil }
        node.passed = retyped(node.passed.filter { keepsAll || isNeeded($0) })
        return .unnest(node)
    }

    /// Inputs are pruned by themselves and brought back to the same places.
    private mutating func pruned(_ operation: SetOperationNode, _ keepsAll: Bool) -> LogicalPlan {
        var node = operation
        let isUnionAll = node.kind == .union && node.keepsRepeats
        let places = node.columns.indices.filter { keepsAll || !isUnionAll || isNeeded(node.columns[$0]) }
        var owns: [[OutputColumn]] = []
        for index in node.inputs.indices {
            let own = node.inputs[index].columns
            owns.append(places.map { own[$0] })
            let wanted = places.map { own[$0] }
            let inner = prune(node.inputs[index], keepsAll: false)
            let isShaped = inner.columns.map(\.id) == wanted.map(\.id)
            node.inputs[index] = isShaped ? inner : .project(input: inner, columns: retyped(wanted).map { ProjectedColumn($0, .column($0)) })
        }
        if let first = node.inputs.first {
            for place in places.indices where node.inputs.contains(where: { $0.columns[place].type != first.columns[place].type }) {
                uneven.formUnion(owns.map { $0[place].id })
            }
            for (place, column) in zip(places, first.columns) where column.type != node.columns[place].type { types[node.columns[place].id] = column.type }
        }
        node.columns = retyped(places.map { node.columns[$0] })
        return .setOperation(node)
    }
}
