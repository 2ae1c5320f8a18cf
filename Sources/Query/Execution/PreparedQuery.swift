import ColumnStore

/// A query whose meaning is settled: it may be run any number of times.
///
/// `QueryEngine.prepare` makes it; `execute` runs it, from any thread, each time as another run. What it holds of the
/// memory for plans is given back with the last copy of it.
package struct PreparedQuery: Sendable {
    /// The optimized plan, and what the binder said of the answer.
    package let query: BoundQuery
    /// Nil of a query that is no EXPLAIN.
    let explain: ExplainForm?
    let timeZone: TimeZoneRules
    let forms: ValueForms
    /// Of a door that has sessions; it is read while the query runs.
    let session: (any QuerySession)?
    /// From its text on.
    let planningNanoseconds: Int
    /// Of the plan, as long as it is there.
    let held: PlanMemory
    /// What of it no rollup answers.
    let needs: RollupNeeds
    /// About what its plan takes, in bytes: for those who keep many.
    package internal(set) var planByteCount = 0
    /// The same from rows alone; nil where no rollup may answer anyway.
    var withoutSums: (@Sendable () throws -> LogicalPlan)?

    /// It may be run again later, in another session, without being understood anew.
    package var isFixed: Bool { query.isFixed && isConstant }

    /// A row of constants: nothing is read, and nothing can take long.
    package var isConstant: Bool {
        // A plan's text is no row of it.
        guard explain == nil else { return false }
        return switch query.plan {
        case .values(_, let rows): rows.count <= 1 && rows.allSatisfy { $0.allSatisfy(\.isLiteral) }
        case .project(.values(_, let rows), let columns): rows.count <= 1 && rows.allSatisfy(\.isEmpty) && columns.allSatisfy { $0.expression.isLiteral }
        default: false
        }
    }

    /// How many rows it is taken to have, whatever it is cut to: for choosing a way, never for an answer.
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
