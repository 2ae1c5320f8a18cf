import ColumnStore
import Synchronization

/// What one round of a recursion brings, charged to the query as it comes: one round may bring any number of rows, long before it is over.
///
/// Invariants:
/// 1. `reservedByteCount` is what is reserved in `memory` for this round; it is given back with the round.
/// 2. It is at least what the batches take, until they are taken out.
final class RecursionRound: Sendable {
    private struct State {
        var batches: [ColumnBatch] = []
        var held = HeldBytes()
        var reservedByteCount = 0
    }

    /// What a batch takes beside the values of its rows, of which it may have one: an estimate of its columns' heads.
    static let batchByteCount = 512

    private let memory: MemoryBudget
    /// Of all consumers of the round, which run on several threads.
    private let state = Mutex(State())

    init(_ memory: MemoryBudget) { self.memory = memory }

    deinit { memory.release(state.withLock { $0.reservedByteCount }) }

    /// - Throws: `outOfMemory` when the batch does not fit beside those before it.
    func append(_ batch: ColumnBatch) throws(QueryError) {
        // One row of a row group would hold the whole of its dictionary, and there is no disk for it here.
        let batch = batch.withoutSparseDictionaries
        let fits = state.withLock { state -> Bool in
            state.batches.append(batch)
            state.held.add(batch)
            let wanted = state.held.byteCount.addingSaturating(state.batches.count * Self.batchByteCount)
            guard memory.reserve(wanted - state.reservedByteCount, isHeld: true) else { return false }
            state.reservedByteCount = wanted
            return true
        }
        guard fits else { throw QueryError.outOfMemory("the rows of WITH RECURSIVE") }
    }

    /// The batches, once and in any order where several workers ran the round. They stay charged until `settle`.
    func taken() -> [ColumnBatch] {
        state.withLock { state -> [ColumnBatch] in
            let batches = state.batches
            state.batches = []
            return batches
        }
    }

    /// From now on others are charged with the rows: only what so many batches take beside them stays, for as long as the next round reads them.
    func settle(batchCount: Int) {
        let freed = state.withLock { state -> Int in
            let before = state.reservedByteCount
            state.reservedByteCount = min(before, batchCount * Self.batchByteCount)
            return before - state.reservedByteCount
        }
        memory.release(freed)
    }
}

extension Column {
    /// What a row's keeper has to expect of it as it lies, but for the entries of its dictionary.
    var roundByteCount: Int {
        switch values {
        case .constant(let value): byteCount().addingSaturating(value.flatByteCount)
        // Codes within are laid out.
        case .list, .structure: max(byteCount(), flatByteCount)
        default: byteCount()
        }
    }
}
