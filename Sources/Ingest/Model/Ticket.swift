package import Documents

/// What became of a document, as its ticket tells it: of a stored one its receipt with steps and history, of a refused one its quarantine entry.
package struct Ticket: Sendable {
    /// Nil for one that was refused.
    package var summary: ReceiptSummary?
    /// A quarantine entry's: REFUSED.
    package var refused: QuarantineEntry?
    package var replacedBy: String?
    package var steps: [TicketStep]
    package var errors: [Fault.Violation]
    package var history: [HistoryEvent]

    package init(
        summary: ReceiptSummary? = nil, refused: QuarantineEntry? = nil, replacedBy: String? = nil, steps: [TicketStep] = [],
        errors: [Fault.Violation] = [], history: [HistoryEvent] = []
    ) {
        self.summary = summary
        self.refused = refused
        self.replacedBy = replacedBy
        self.steps = steps
        self.errors = errors
        self.history = history
    }
}

extension Ticket {
    /// What registrars say is left out: they have the document, and may quote it.
    package var withoutRegistrarsWords: Ticket {
        var ticket = self
        ticket.steps = steps.map { step in
            var step = step
            step.detail = nil
            return step
        }
        ticket.errors = errors.map { _ in .init(pointer: "", code: "rejected", message: Self.notShown) }
        ticket.history = history.map { event in
            var event = event
            event.details.removeAll { !Self.ownDetails.contains($0.name) }
            return event
        }
        return ticket
    }

    /// In place of words that may quote a sensitive value.
    package static let notShown = "not shown: the type has sensitive columns"

    /// Members of events that are the store's own.
    private static let ownDetails: Set<String> = ["name", "attempt", "reference", "status", "target", "version", "stage"]
}

/// One registrar's part, as it stands.
package struct TicketStep: Sendable {
    package var name: String
    package var stage: Int
    package var state: String
    package var attempts: Int
    /// Microseconds since 1970.
    package var at: Int64?
    package var reference: String?
    package var detail: String?
    package init(name: String, stage: Int, state: String, attempts: Int, at: Int64?, reference: String?, detail: String?) {
        self.name = name
        self.stage = stage
        self.state = state
        self.attempts = attempts
        self.at = at
        self.reference = reference
        self.detail = detail
    }
}

/// What happened to a receipt after it came.
package struct HistoryEvent: Sendable {
    /// Microseconds since 1970.
    package var at: Int64
    package var event: String
    /// Further members, as name and JSON text.
    package var details: [(name: String, json: String)]
    package init(at: Int64, event: String, details: [(name: String, json: String)] = []) {
        self.at = at
        self.event = event
        self.details = details
    }
}
