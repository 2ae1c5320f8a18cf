internal import Synchronization

/// What a session has prepared and opened, and what it was asked, as the catalogs show it while one of its questions is understood: a look at what is there anyway.
final class SessionHoldings: Sendable {
    let statements: NamedValues<PostgresSession.Statement>
    let portals: NamedValues<PostgresSession.Portal>
    /// The whole of the Query message at hand; nil in the extended protocol, where a question is what was asked.
    let message: String?
    private let isSeen = Atomic<Bool>(false)

    init(statements: NamedValues<PostgresSession.Statement> = [:], portals: NamedValues<PostgresSession.Portal> = [:], message: String? = nil) {
        (self.statements, self.portals, self.message) = (statements, portals, message)
    }

    /// Whether a question has looked at them: its plan is good for no other moment.
    var wasSeen: Bool { isSeen.load(ordering: .relaxed) }

    func see() { isSeen.store(true, ordering: .relaxed) }
}

extension PostgresSession {
    /// While somebody has them, a change of the session copies its lists.
    var holdings: SessionHoldings { SessionHoldings(statements: statements, portals: portals, message: message) }
}
