import Synchronization

/// Callers that ask whether this machine leads, until the answer is known: each gets one answer; those that are left at the end get `leadsNoMore`.
///
/// Tokens count down from -1; those of what is submitted are positive: a refusal tells by the sign whose it is.
package final class AwaitedProofs: Sendable {
    private struct State {
        var last = 0
        var waiting: [Int: @Sendable (LeadProof) -> Void] = [:]
        /// Nobody answers any more.
        var isOver = false
    }
    private let state = Mutex(State())

    package init() {}

    /// - Returns: the question's token; nil where nobody answers any more; then `body` has been called with that.
    package func add(_ body: @escaping @Sendable (LeadProof) -> Void) -> Int? {
        let token = state.withLock { state -> Int? in
            // Under the lock of the end: a question that came just behind it would wait indefinitely, and with it an answer that is held back.
            if state.isOver { return nil }
            state.last -= 1
            state.waiting[state.last] = body
            return state.last
        }
        if token == nil { body(.leadsNoMore) }
        return token
    }

    /// Once for a token: where nobody waits any more nothing is done.
    package func answer(_ token: Int, _ proof: LeadProof) { state.withLock { $0.waiting.removeValue(forKey: token) }?(proof) }

    /// Whoever answers is at its end.
    package func end() {
        let waiting = state.withLock { state in
            defer { (state.waiting, state.isOver) = ([:], true) }
            return state.waiting
        }
        for body in waiting.values { body(.leadsNoMore) }
    }
}
