import Synchronization

/// Waiters for the next commit: long polls of changes.
///
/// Made by `HotTier`. `add` is called from any thread, `fire` from the writer's after each commit and from threads that publish rows in cold directly.
final class CommitListeners: Sendable {
    /// Invariant: each waiter waits for a number beyond `sequence`; a waker is called once, or never after its handle's `cancel`.
    private struct State {
        var sequence: Int64
        var nextID = 0
        var waiting: [Int: (sequence: Int64, wake: @Sendable () -> Void)] = [:]
    }
    private let state: Mutex<State>

    init(sequence: Int64) { state = Mutex(State(sequence: sequence)) }

    private final class Handle: NotificationHandle {
        private let owner: CommitListeners
        private let id: Int
        init(owner: CommitListeners, id: Int) {
            self.owner = owner
            self.id = id
        }
        func cancel() { owner.state.withLock { $0.waiting[id] = nil } }
    }

    /// - Parameter wake: called once, when a higher sequence is visible; before this returns if one is already.
    /// - Returns: a handle that cancels the wait. A waker that has been called is released.
    func add(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle {
        let (id, isThere) = state.withLock { state -> (Int, Bool) in
            state.nextID += 1
            if state.sequence > sequence { return (state.nextID, true) }
            state.waiting[state.nextID] = (sequence, wake)
            return (state.nextID, false)
        }
        if isThere { wake() }
        return Handle(owner: self, id: id)
    }

    /// Called outside the lock: a waker may come back with another wait.
    ///
    /// - Complexity: O(waiters).
    func fire(_ sequence: Int64) {
        let wakers = state.withLock { state -> [@Sendable () -> Void] in
            state.sequence = max(state.sequence, sequence)
            guard !state.waiting.isEmpty else { return [] }
            let due = state.waiting.filter { $0.value.sequence < sequence }
            for id in due.keys { state.waiting[id] = nil }
            return due.values.map(\.wake)
        }
        for wake in wakers { wake() }
    }
}
