import Query
import Synchronization

/// What of versions is held for one query, of its memory: given back with whoever holds it last.
final class QueryCharge: Sendable {
    private let memory: MemoryBudget?
    /// What takes it, for the error.
    private let what: String
    private let byteCount = Atomic<Int>(0)

    /// - Parameter memory: nil for what is no query's.
    init(_ memory: MemoryBudget?, of what: String) { (self.memory, self.what) = (memory, what) }

    deinit { memory?.release(byteCount.load(ordering: .relaxed)) }

    /// - Throws: spill-full where the query has no memory for it.
    func add(_ more: Int) throws(QueryError) {
        guard let memory else { return }
        guard memory.reserve(more, isHeld: true) else { throw QueryError.outOfMemory(what) }
        byteCount.wrappingAdd(more, ordering: .relaxed)
    }
}
