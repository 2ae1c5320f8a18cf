/// Lets a LIMIT end work early: a sort keeps the first rows only, a scan stops after enough of them.
///
/// What it puts into a sort or a scan are row counts and no semantics: the LIMIT stays above everything but a sort, which counts exactly.
enum LimitPushdown {
    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { rewrite(plan, SharedWalk()) }

    private static func rewrite(_ plan: LogicalPlan, _ definitions: SharedWalk) -> LogicalPlan {
        let inner = definitions.rewriting(inputsOf: plan) { rewrite($0, definitions) }
        guard case .limit(let input, let count, let offset) = inner else { return inner }
        return limited(input, count, offset)
    }

    /// - Parameter count: nil for OFFSET alone.
    private static func limited(_ input: LogicalPlan, _ count: Int?, _ offset: Int) -> LogicalPlan {
        switch input {
        case .project(let below, let columns): return .project(input: limited(below, count, offset), columns: columns)
        case .sort(var node) where node.limit == nil && node.offset == 0:
            guard let count else { break }
            node.limit = count
            node.offset = offset
            return .sort(node)
        default: break
        }
        guard let count else { return offset == 0 ? input : .limit(input: input, count: nil, offset: offset) }
        if count == 0 { return .values(columns: input.columns, rows: []) }
        // Rows that are skipped have to be read as well.
        let (wanted, overflow) = count.addingReportingOverflow(offset)
        return .limit(input: overflow ? input : capped(input, wanted), count: count, offset: offset)
    }

    /// No more than `count` rows are wanted of this, any of them.
    private static func capped(_ plan: LogicalPlan, _ count: Int) -> LogicalPlan {
        switch plan {
        case .scan(var node):
            node.rowCountMax = min(node.rowCountMax ?? count, count)
            return .scan(node)
        case .project(let input, let columns): return .project(input: capped(input, count), columns: columns)
        // Any input may have to give all of them.
        case .setOperation(var node) where node.kind == .union && node.keepsRepeats:
            node.inputs = node.inputs.map { input in
                if case .limit = input { return input }
                return .limit(input: capped(input, count), count: count, offset: 0)
            }
            return .setOperation(node)
        default: return plan
        }
    }
}
