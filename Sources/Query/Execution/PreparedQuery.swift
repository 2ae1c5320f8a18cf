import ColumnStore

/// A query whose meaning is settled: it may be run any number of times.
///
/// `QueryEngine.prepare` makes it; `execute` runs it, from any thread and any number of times. Its plan's memory is
/// given back with its last copy.
package struct PreparedQuery: Sendable {
    /// The optimized plan, and the answer's columns as the binder described them.
    package let query: BoundQuery
    /// The form of an EXPLAIN; nil for any other query.
    let explain: ExplainForm?
    let timeZone: TimeZoneRules
    let forms: ValueForms
    /// Of a door that has sessions; it is read while the query runs.
    let session: (any QuerySession)?
    /// Whose share of the disk its intermediate rows take.
    let owner: String?
    /// From the text to the plan, in nanoseconds.
    let planningNanoseconds: Int
    /// The plan's memory, held as long as the plan is.
    let held: PlanMemory
    /// The parts of it that no rollup answers.
    let needs: RollupNeeds
    /// About the size of its plan, in bytes: for callers that keep many.
    package internal(set) var planByteCount = 0
    /// Plans the same query without rollups; nil where none may be used anyway.
    var withoutSums: (@Sendable () throws -> LogicalPlan)?

    /// Whether it may be run again later, in another session, without being bound again.
    package var isFixed: Bool { query.isFixed && isConstant }

    /// Whether it gives at most one row, of constants alone: no table is read, and nothing can take long.
    package var isConstant: Bool {
        // EXPLAIN's answer is a text, and not the plan's row.
        guard explain == nil else { return false }
        return switch query.plan {
        case .values(_, let rows): rows.count <= 1 && rows.allSatisfy { $0.allSatisfy(\.isLiteral) }
        case .project(.values(_, let rows), let columns): rows.count <= 1 && rows.allSatisfy(\.isEmpty) && columns.allSatisfy { $0.expression.isLiteral }
        default: false
        }
    }

    /// The planner's guess of its rows without its LIMIT: for choosing how to run it, never for an answer.
    package var expectedRowCount: Double {
        var plan = query.plan
        while true {
            switch plan {
            case .limit(let input, _, _), .project(let input, _): plan = input
            case .sort(let node): plan = node.input
            default: return Cardinality(plan).rows(plan)
            }
        }
    }

    /// The answer's columns.
    package var columns: [ResultColumn] {
        if let explain { return [ResultStream.planColumn(explain)] }
        return query.resultColumns
    }
}

extension BoundQuery {
    /// Declared types and origins may be fewer than columns: the rest have none.
    var resultColumns: [ResultColumn] {
        columns.enumerated().map { index, column in
            ResultColumn(
                name: column.name, type: column.type, declared: index < declared.count ? declared[index] : nil,
                origin: index < origins.count ? origins[index] : nil)
        }
    }
}
