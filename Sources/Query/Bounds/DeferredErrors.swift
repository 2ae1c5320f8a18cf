internal import Synchronization

/// Errors of data that no row of a run has asked for yet, by the number of the node that they ended (`LogicalPlan.deferring`).
final class DeferredErrors: Sendable {
    private let errors = Mutex<[Int: QueryError]>([:])

    /// The first of a node counts.
    func note(_ error: QueryError, of number: Int) {
        errors.withLock { errors in
            if errors[number] == nil { errors[number] = error }
        }
    }

    func error(of number: Int) -> QueryError? { errors.withLock { $0[number] } }

    func removeAll() { errors.withLock { $0 = [:] } }
}

extension QueryError {
    /// An error of the data that belongs to who asks for it. All others end the statement: it is over, lacks memory or cannot be run.
    var isDeferrable: Bool { (slug == .dataError || slug == .numericOverflow) && !needsMemory && fittingRowCount == nil }
}
