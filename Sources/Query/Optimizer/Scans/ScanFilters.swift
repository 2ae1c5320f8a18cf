import ColumnStore

/// Gives conditions that stand on a scan to the scan: as column filters where those say exactly the same (the source prunes files and
/// pages with them), else as residual conditions that the source evaluates early. Conditions on the elements of a list become hints.
///
/// Afterwards no filter stands directly on a scan: what the source cannot test as filters it evaluates as residual conditions.
struct ScanFilters {
    /// Whether the session's zone is UTC, so that instants and local times agree.
    let isUTC: Bool
    private let definitions = SharedWalk()

    static func rewrite(_ plan: LogicalPlan, isUTC: Bool) -> LogicalPlan { ScanFilters(isUTC: isUTC).visit(plan) }

    private func visit(_ plan: LogicalPlan) -> LogicalPlan {
        if PlanningWork.isOver { return plan }
        let inner = definitions.rewriting(inputsOf: plan, visit)
        if case .join(let node) = inner { return .join(hinting(node)) }
        guard case .filter(let input, let conjuncts) = inner else { return inner }
        switch input {
        case .scan(let node): return .scan(absorbing(conjuncts, node))
        case .unnest(let node): return .filter(input: .unnest(hinting(conjuncts, node)), conjuncts: conjuncts)
        default: return inner
        }
    }

    // MARK: The scan itself

    /// The scan with its conditions: exact readings as filters alone, others as filters to prune by and a residual condition.
    private func absorbing(_ conjuncts: [Expression], _ scan: ScanNode) -> ScanNode {
        var node = scan
        let columns = Dictionary(scan.columns.map { ($0.column.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        for conjunct in conjuncts {
            let reading = FilterReader(isUTC: isUTC) { columns[$0].map { ColumnPath($0) } }.read(conjunct)
            node.filters += reading.filters
            if !reading.isExact { node.residual.append(conjunct) }
        }
        node.filters = Self.merged(node.filters)
        return node
    }

    /// Ranges of one column become one.
    ///
    /// Repeats are dropped. Filters keep the order of their first mention.
    static func merged(_ filters: [ColumnFilter]) -> [ColumnFilter] {
        if filters.count < 2 { return filters }
        var result: [ColumnFilter] = []
        var known: Set<ColumnFilter> = []
        var ranges: [ColumnPath: Int] = [:]
        for filter in filters {
            guard known.insert(filter).inserted else { continue }
            guard case .range(let lower, let upper) = filter.test, let place = ranges[filter.path],
                case .range(let otherLower, let otherUpper) = result[place].test
            else {
                if filter.isRange { ranges[filter.path] = result.count }
                result.append(filter)
                continue
            }
            result[place].test = .range(lower: tighter(lower, otherLower, isLower: true), upper: tighter(upper, otherUpper, isLower: false))
        }
        return result
    }

    /// The bound that leaves out more; nil is none. Bounds that cannot be compared: the first.
    private static func tighter(_ a: ColumnFilter.Bound?, _ b: ColumnFilter.Bound?, isLower: Bool) -> ColumnFilter.Bound? {
        guard let a else { return b }
        guard let b, let order = Value.order(a.value, b.value) else { return a }
        if order == 0 { return a.isInclusive ? b : a }
        return (order > 0) == isLower ? a : b
    }

    // MARK: Elements of lists

    /// `EXISTS (SELECT 1 FROM UNNEST(r.lines) l WHERE l.code = 'x')`: the same.
    private func hinting(_ join: JoinNode) -> JoinNode {
        guard join.kind == .semi, let list = join.ownList, case .column(let column, _) = list.unnest.list else { return join }
        let filters = elementFilters(list.conditions, list.unnest)
        guard !filters.isEmpty else { return join }
        var node = join
        node.left = hinted(node.left, column, filters)
        return node
    }

    /// `UNNEST(r.lines) l … WHERE l.code = 'x'`: rows of which no element passes can be left out.
    private func hinting(_ conjuncts: [Expression], _ unnest: UnnestNode) -> UnnestNode {
        guard !unnest.keepsEmpty, case .column(let list, _) = unnest.list else { return unnest }
        let filters = elementFilters(conjuncts, unnest)
        guard !filters.isEmpty else { return unnest }
        var node = unnest
        node.input = hinted(node.input, list, filters)
        return node
    }

    /// What conditions say of members of the elements alone.
    private func elementFilters(_ conjuncts: [Expression], _ unnest: UnnestNode) -> [ColumnFilter] {
        let members = Dictionary(unnest.elements.map { ($0.column.id, $0.member) }, uniquingKeysWith: { first, _ in first })
        var filters: [ColumnFilter] = []
        for conjunct in conjuncts where !conjunct.columnIDs.isEmpty && conjunct.columnIDs.allSatisfy({ members[$0] != nil }) {
            let reader = FilterReader(isUTC: isUTC) { id in
                guard let member = members[id], !member.isEmpty else { return nil }
                return ColumnPath([member])
            }
            filters += reader.read(conjunct).filters.filter { $0.test != .isNull }
        }
        return filters
    }

    /// Down to the scan that the list comes from, through what keeps rows apart.
    private func hinted(_ plan: LogicalPlan, _ list: ColumnID, _ filters: [ColumnFilter]) -> LogicalPlan {
        switch plan {
        case .scan(var node):
            guard let column = node.columns.first(where: { $0.column.id == list }) else { return plan }
            node.elementFilters += filters.map { ColumnFilter(ColumnPath([column.name] + $0.path.names), $0.test) }
            return .scan(node)
        case .filter(let input, let conjuncts): return .filter(input: hinted(input, list, filters), conjuncts: conjuncts)
        case .project(let input, let columns):
            guard let column = columns.first(where: { $0.column.id == list }), case .column(let inner, _) = column.expression else { return plan }
            return .project(input: hinted(input, inner, filters), columns: columns)
        case .join(var node) where node.kind == .inner || node.kind == .cross:
            if node.left.columnIDs.contains(list) { node.left = hinted(node.left, list, filters) } else { node.right = hinted(node.right, list, filters) }
            return .join(node)
        // Of these the left side's rows alone may be left out.
        case .join(var node) where [.left, .semi, .anti, .antiNullAware].contains(node.kind):
            guard node.left.columnIDs.contains(list) else { return plan }
            node.left = hinted(node.left, list, filters)
            return .join(node)
        case .unnest(var node):
            node.input = hinted(node.input, list, filters)
            return .unnest(node)
        case .setOperation(var node) where node.kind == .union && node.keepsRepeats:
            guard let place = node.columns.firstIndex(where: { $0.id == list }) else { return plan }
            node.inputs = node.inputs.map { hinted($0, $0.columns[place].id, filters) }
            return .setOperation(node)
        default: return plan
        }
    }
}

extension ColumnFilter {
    var isRange: Bool { if case .range = test { true } else { false } }
}
