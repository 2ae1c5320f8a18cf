internal import Query

/// What the page of a relation that a query reads at present takes of the query's memory.
///
/// One page is held at a time: what operators keep of the one before, they have counted themselves.
///
/// 1. `byteCount` is what `memory` was asked for and has not been given back.
final class PageRoom {
    /// Nil for scans that are no query's.
    private let memory: MemoryBudget?
    private var byteCount = 0
    /// What a page may take whatever is left: less is not worth an error.
    private static let smallByteCount = 4 << 20

    init(_ memory: MemoryBudget?) { self.memory = memory }

    deinit { memory?.release(byteCount) }

    /// Asks for what the page takes in all, before it takes it; more than once as it grows.
    ///
    /// - Throws: spill-full for a page that the query has no memory for.
    func hold(_ wanted: Int) throws(QueryError) {
        guard let memory, wanted > byteCount else { return }
        let more = wanted - byteCount
        if !memory.reserve(more) {
            guard wanted <= Self.smallByteCount else { throw QueryError.outOfMemory("a page of \(wanted) bytes of the store's own lists") }
            memory.force(more)
        }
        byteCount = wanted
    }

    /// The page is done with.
    func release() {
        memory?.release(byteCount)
        byteCount = 0
    }
}
