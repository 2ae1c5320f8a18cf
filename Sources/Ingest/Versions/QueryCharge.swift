import Query
import Synchronization

/// What of versions is held for one query or page, of its memory: given back with its last holder.
final class QueryCharge: Sendable {
    private let memory: MemoryBudget?
    private let page: PageMemory?
    /// What takes it, for the error.
    private let what: String
    private let byteCount = Atomic<Int>(0)

    /// - Parameters:
    ///   - memory: nil for what is no query's.
    ///   - page: nil for what is no page's either.
    init(_ memory: MemoryBudget?, page: PageMemory? = nil, of what: String) { (self.memory, self.page, self.what) = (memory, page, what) }

    deinit {
        let held = byteCount.load(ordering: .relaxed)
        memory?.release(held)
        page?.release(held)
    }

    /// - Throws: spill-full where the query has no memory for it; for a page, the error of its caller.
    func add(_ more: Int) throws {
        if let memory {
            guard memory.reserve(more, isHeld: true) else { throw QueryError.outOfMemory(what) }
        }
        do { try page?.add(more) } catch {
            memory?.release(more)
            throw error
        }
        byteCount.wrappingAdd(more, ordering: .relaxed)
    }
}
