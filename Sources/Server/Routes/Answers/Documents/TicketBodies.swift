internal import Documents
internal import Ingest

/// What became of a receipt, or of a document that was refused.
struct TicketBody: JSONObject {
    let ticketID: String
    let ticket: Ticket

    static var schemaName: String? { "Ticket" }
    static var example: TicketBody { TicketBody(ticketID: "", ticket: Ticket(replacedBy: "")) }

    /// What a ticket's receipt may be; the last is a quarantine entry's.
    enum State: String, CaseIterable {
        case processing = "PROCESSING", complete = "COMPLETE", failed = "FAILED", refused = "REFUSED"

        init(_ state: ReceiptState?) {
            switch state {
            case .processing?: self = .processing
            case .complete?: self = .complete
            case .failed?: self = .failed
            case nil: self = .refused
            }
        }
    }

    func members(to sink: inout some MemberSink) {
        let summary = ticket.summary
        sink.member("ticket_id", summary?.ticketID ?? ticketID)
        sink.member("client_id", summary?.clientID ?? ticket.refused?.clientID)
        sink.member("receipt_id", summary?.receiptID)
        sink.member("type", summary?.type ?? ticket.refused?.type)
        sink.member("business_day", summary.map { DayForm($0.businessDay) })
        sink.member("state", WordForm(State(summary?.state)))
        sink.member("sequence", summary?.sequence)
        sink.optional("replaced_by", ticket.replacedBy)
        sink.member("steps", ticket.steps.map { StepBody(step: $0) })
        sink.member("errors", reasons)
        sink.member("history", ticket.history.map { EventBody(event: $0) })
    }

    /// What stands around a reason, a step and an event, with names, numbers and instants.
    private static let aroundByteCount = 160

    /// What it takes as text, in bytes, at most.
    var textByteCountMax: Int {
        var byteCount = 1_024
        func add(_ texts: String?...) {
            byteCount += Self.aroundByteCount
            for text in texts { byteCount += text.map { JSONForm.quotedByteCount($0.utf8) } ?? 4 }
        }
        let (summary, refused) = (ticket.summary, ticket.refused)
        add(ticketID, summary?.ticketID, summary?.clientID, summary?.receiptID, summary?.type, ticket.replacedBy)
        add(refused?.clientID, refused?.type, refused?.problem.code.rawValue, refused?.problem.detail)
        for error in reasons { add(error.pointer, error.code, error.message) }
        for step in ticket.steps { add(step.name, step.state, step.reference, step.detail) }
        for event in ticket.history {
            add(event.event)
            for detail in event.details { byteCount += JSONForm.quotedByteCount(detail.name.utf8) + detail.json.utf8.count + 2 }
        }
        return byteCount
    }

    /// What its reasons take beside their text, in bytes.
    var reasonsByteCount: Int {
        reasons.reduce(0) { $0 + MemoryLayout<Fault.Violation>.stride + $1.pointer.utf8.count + $1.code.utf8.count + $1.message.utf8.count }
    }

    private var reasons: [Fault.Violation] { ticket.errors.isEmpty ? ticket.refused.map { Problem($0.problem).reasons } ?? [] : ticket.errors }
}

struct StepBody: JSONObject {
    let step: TicketStep

    static var schemaName: String? { "Step" }
    static var example: StepBody { StepBody(step: TicketStep(name: "", stage: 0, state: "", attempts: 0, at: nil, reference: nil, detail: nil)) }

    func members(to sink: inout some MemberSink) {
        sink.member("name", step.name, MemberFacts("The registrar."))
        sink.member("stage", step.stage)
        sink.member("state", step.state)
        sink.member("attempts", step.attempts)
        sink.member("at", step.at.map { InstantForm($0) })
        sink.member("reference", step.reference)
        sink.member("detail", step.detail)
    }
}

struct EventBody: JSONObject {
    let event: HistoryEvent

    static var example: EventBody { EventBody(event: HistoryEvent(at: 0, event: "")) }

    func members(to sink: inout some MemberSink) {
        sink.member("at", InstantForm(event.at))
        sink.member("event", event.event)
        sink.others(event.details)
    }
}

struct ChangesBody: JSONObject {
    struct Change: JSONObject {
        let change: ChangePage.Change

        static var example: Change { Change(change: .init(sequence: 1, at: 0, event: "", receipt: AcceptedBody.example.summary)) }

        func members(to sink: inout some MemberSink) {
            sink.member("sequence", change.sequence)
            sink.member("at", InstantForm(change.at))
            sink.member("event", change.event)
            sink.member("receipt", AcceptedBody(change.receipt))
        }
    }
    let page: ChangePage

    static var schemaName: String? { "ChangeList" }
    static var example: ChangesBody { ChangesBody(page: ChangePage(changes: [], nextAfter: 0)) }

    func members(to sink: inout some MemberSink) {
        sink.member("changes", page.changes.map { Change(change: $0) })
        sink.member("next_after", page.nextAfter)
    }
}
