import Synchronization

/// Which of two long works goes on at the warehouse's place: proofs, which look for its objects there, or a move, which takes them elsewhere.
///
/// A proof knows which place and which objects its tables have as it begins. A move gives both to the next snapshot in one step, and has the former objects go: a proof beside it would miss metadata
/// that nobody misses. So neither begins while the other is under way. Never waits: either takes hours, and whoever asks is told what to wait for.
final class WarehouseTurns: Sendable {
    private struct State {
        var proofCount = 0
        var isMoving = false
    }
    private let state = Mutex(State())

    /// - Returns: nil where a move is under way: nothing was done then.
    /// - Throws: what `body` throws.
    func proving<Result>(_ body: () throws -> Result) rethrows -> Result? {
        guard state.withLock({ state in
            guard !state.isMoving else { return false }
            state.proofCount += 1
            return true
        }) else { return nil }
        defer { state.withLock { $0.proofCount -= 1 } }
        return try body()
    }

    /// - Returns: nil where a proof, or another move, is under way: nothing was done then.
    /// - Throws: what `body` throws.
    func moving<Result>(_ body: () throws -> Result) rethrows -> Result? {
        guard state.withLock({ state in
            guard state.proofCount == 0, !state.isMoving else { return false }
            state.isMoving = true
            return true
        }) else { return nil }
        defer { state.withLock { $0.isMoving = false } }
        return try body()
    }
}
