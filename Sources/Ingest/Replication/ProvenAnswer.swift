import Synchronization

/// An answer that waits for two things, which go on side by side: that all it tells is kept, and that this machine led after it was made. What it tells is in the order of records just behind the last
/// one that it knows, and no other machine had answered anything when the question was asked; so it does not matter which of both comes first.
///
///     kept and leads               kept
///     leads no more                refused, whether it is kept or not
///     kept and unproven            asked once more, then unproven
///     late or refused              as it is, whatever the proof says
///
/// Both come on any thread, in any order; `body` is called once, outside of the lock.
final class ProvenAnswer: Sendable {
    private struct State {
        var isKept = false
        /// nil while it is asked.
        var proof: LeadProof?
        /// A question that came to nothing while the record was under way is put again, once.
        var isLast = false
        /// nil once it was called.
        var body: (@Sendable (LogAnswers.Outcome) -> Void)?
    }
    private let state: Mutex<State>
    private let replica: any CommitReplica

    private static let leadsNoMore = "another node leads, or may lead"

    init(_ replica: any CommitReplica, _ body: @escaping @Sendable (LogAnswers.Outcome) -> Void) {
        self.replica = replica
        state = Mutex(State(body: body))
    }

    /// Begins to ask. Called once by whoever made it, and again by itself.
    func prove() {
        replica.prove { [self] proof in
            settle { state in state.proof = proof }
        }
    }

    /// What became of the record. Called once.
    func take(_ outcome: LogAnswers.Outcome) {
        if case .kept = outcome { return settle { state in state.isKept = true } }
        take()?(outcome)
    }

    /// Whoever takes the body out calls it: a second answer finds none.
    private func take() -> (@Sendable (LogAnswers.Outcome) -> Void)? {
        state.withLock { state in
            defer { state.body = nil }
            return state.body
        }
    }

    private func settle(_ change: (inout State) -> Void) {
        enum Next { case wait, ask, answer(LogAnswers.Outcome) }
        let next = state.withLock { state -> Next in
            change(&state)
            guard let proof = state.proof, state.body != nil else { return .wait }
            // What it tells is another's to tell, whether it is kept or not.
            if proof == .leadsNoMore { return .answer(.refused(Self.leadsNoMore)) }
            guard state.isKept else { return .wait }
            if proof == .leads || state.isLast { return .answer(proof == .leads ? .kept : .unproven) }
            (state.isLast, state.proof) = (true, nil)
            return .ask
        }
        switch next {
        case .wait: break
        case .ask: prove()
        case .answer(let outcome): take()?(outcome)
        }
    }
}
