import Synchronization

/// An answer that waits for two things, which go on side by side: that all it tells is kept, and that this machine led after it was made. What it tells is in the order of records just behind the last
/// one that it knows, and no other machine had answered anything when the question was asked; so it does not matter which of both comes first.
final class ProvenAnswer: Sendable {
    private struct State {
        var isKept = false
        /// nil while it is asked.
        var proof: LeadProof?
        /// A question that came to nothing while the record was under way is put again, once.
        var isLast = false
        var body: (@Sendable (LogAnswers.Outcome) -> Void)?
    }
    private let state: Mutex<State>
    private let replica: any CommitReplica

    private static let leadsNoMore = "another node leads, or may lead"

    init(_ replica: any CommitReplica, _ body: @escaping @Sendable (LogAnswers.Outcome) -> Void) {
        self.replica = replica
        state = Mutex(State(body: body))
    }

    func prove() {
        replica.prove { [self] proof in
            settle { state in state.proof = proof }
        }
    }

    func take(_ outcome: LogAnswers.Outcome) {
        if case .kept = outcome { return settle { state in state.isKept = true } }
        take()?(outcome)
    }

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
