/// Lines that EXPLAIN shows beneath tables that are shared: why a grouping reads their rows. What is shared is run once and stays the same wherever it is mentioned, so they are
/// gathered first and laid in when the whole plan is known.
struct SharedRemarks {
    /// By the identity of what is shared and the name of a table that it reads.
    private var lines: [Int: [String: [String]]] = [:]

    /// Notes what a grouping reads that stands over `plan`.
    ///
    /// - Parameter remarks: for a table, by its name.
    mutating func note(in plan: LogicalPlan, remarks: (String) -> [String]) {
        var seen: Set<Int> = []
        note(plan, in: nil, remarks, &seen)
    }

    /// - Parameter shared: the identity of the shared table that the plan is within; nil outside of any.
    private mutating func note(_ plan: LogicalPlan, in shared: Int?, _ remarks: (String) -> [String], _ seen: inout Set<Int>) {
        PlanningWork.charge(1)
        if PlanningWork.isOver { return }
        switch plan {
        case .scan(let node):
            guard let shared else { return }
            let known = lines[shared]?[node.table.name] ?? []
            lines[shared, default: [:]][node.table.name] = known + remarks(node.table.name).filter { !known.contains($0) }
        case .shared(let id, let definition, _): if seen.insert(id).inserted { note(definition, in: id, remarks, &seen) }
        // Their tables have lines of their own.
        case .aggregate, .distinct: return
        default: for input in plan.inputs { note(input, in: shared, remarks, &seen) }
        }
    }

    /// The plan with what was noted beneath the tables that it is about.
    func applied(to plan: LogicalPlan) -> LogicalPlan { lines.isEmpty ? plan : applied(to: plan, in: nil, SharedWalk()) }

    private func applied(to plan: LogicalPlan, in shared: Int?, _ definitions: SharedWalk) -> LogicalPlan {
        PlanningWork.charge(1)
        if PlanningWork.isOver { return plan }
        var shared = shared
        switch plan {
        case .scan(var node):
            guard let remarks = shared.flatMap({ lines[$0]?[node.table.name] }), !remarks.isEmpty else { return plan }
            node.table = TableReference(name: node.table.name, source: RemarkedTable(node.table.source, remarks), identity: node.table.identity)
            return .scan(node)
        case .shared(let id, _, _): shared = id
        case .aggregate, .distinct: shared = nil
        default: break
        }
        return definitions.rewriting(inputsOf: plan) { [shared] in applied(to: $0, in: shared, definitions) }
    }
}
