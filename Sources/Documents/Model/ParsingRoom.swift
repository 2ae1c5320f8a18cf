internal import ColumnStore

/// The memory that documents take while they are read, of the whole process: had before it is taken, given back afterwards.
///
/// Ordinary documents take so little that they are not counted. Who finds no room waits for those who have it: each of them ends, since what
/// a document may cost is bounded.
package final class ParsingRoom: Sendable {
    /// Two bodies of the worst kind side by side.
    package static let shared = ParsingRoom(byteCountMax: 384 << 20)
    /// Of texts that documents decode to, while they are read. Whoever waits for it may have room of the documents' own, and whoever has it asks for nothing more: so each of them ends.
    package static let decoded = ParsingRoom(byteCountMax: 192 << 20)
    /// What takes less is not counted.
    private static let countedByteCountMin = 8 << 20
    /// What took more leaves the heap with much that is free.
    private static let heapByteCountMin = 32 << 20

    private struct State {
        var used = 0
        var isHeapFull = false
    }
    private let byteCountMax: Int
    private let state = Monitor(State())

    package init(byteCountMax: Int) { self.byteCountMax = byteCountMax }

    /// Bytes that are taken now.
    package var usedByteCount: Int { state.withLock { $0.used } }

    /// Runs `body` while it has room for `byteCount`. What is more than all there is gets all.
    package func with<Result>(_ byteCount: Int, _ body: () throws -> Result) rethrows -> Result {
        guard byteCount >= Self.countedByteCountMin else { return try body() }
        let taken = min(byteCount, byteCountMax)
        state.wait { state -> Void? in
            guard state.used + taken <= byteCountMax else { return nil }
            state.used += taken
            return ()
        }
        defer { leave(taken) }
        return try body()
    }

    private func leave(_ taken: Int) {
        let givesBack = state.broadcast { state in
            state.used -= taken
            if taken >= Self.heapByteCountMin { state.isHeapFull = true }
            guard state.used == 0, state.isHeapFull else { return false }
            state.isHeapFull = false
            return true
        }
        if givesBack { ProcessHeap.giveBack() }
    }
}
