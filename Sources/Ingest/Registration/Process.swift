package import ColumnStore

/// What must happen to a row after it was stored, and who is told: fixed when it arrives.
///
/// Nothing here knows what a step is about: a name says which endpoint does it.
package struct ProcessPlan: Sendable, Hashable {
    /// One after another, each a set of steps in parallel, by name. Empty: the row is final at once.
    package var stages: [[String]]
    /// Who hears of its changes of state.
    package var targets: [EventTarget]
    /// The trace that the row came with, as `Trace` has it.
    package var trace: String?

    package init(stages: [[String]] = [], targets: [EventTarget] = [], trace: String? = nil) {
        self.stages = stages
        self.targets = targets
        self.trace = trace
    }
}

/// Who is told of a row's changes. On disk: do not renumber.
package enum EventTarget: Int64, Sendable, Hashable {
    /// The row's own callback URL.
    case callback = 0
    /// The webhook of its client's contract, as it stands when the call is made.
    case contract = 1
}

/// Where a step stands. On disk: do not renumber.
package enum StepState: Int64, Sendable {
    /// Its stage is not reached.
    case waiting = 0
    /// To be tried, at `next_at`.
    case pending = 1
    /// A call is under way, or was when the process ended.
    case sent = 2
    /// The endpoint took it on and will answer later; locked until then.
    case inProgress = 3
    case accepted = 4
    case rejected = 5
    /// Attempts or time ran out.
    case dead = 6
    /// Another step ended the process before.
    case cancelled = 7
    /// Dead, and no dead letter any more: an administrator has deleted that.
    case forgotten = 8

    package var text: String {
        switch self {
        case .waiting: "WAITING"
        case .pending: "PENDING"
        case .sent: "SENT"
        case .inProgress: "IN_PROGRESS"
        case .accepted: "ACCEPTED"
        case .rejected: "REJECTED"
        case .dead, .forgotten: "DEAD"
        case .cancelled: "CANCELLED"
        }
    }

    package var isOpen: Bool { self == .pending || self == .sent || self == .inProgress }
    package var isDead: Bool { self == .dead || self == .forgotten }
}

/// On disk: do not renumber.
package enum EventState: Int64, Sendable {
    case pending = 0, delivered = 1, dead = 2
    /// Dead, and no dead letter any more: an administrator has deleted that.
    case forgotten = 3
}

/// How steps, events and history entries of a row are numbered in its file: the row above, what tells them apart below.
package enum ProcessKey {
    /// Steps of one row: their order in the plan.
    static let stepBits: Int64 = 12
    /// Events of one row: version above, target below.
    static let eventBits: Int64 = 16
    static let targetBits: Int64 = 2
    /// History entries of one row, in order. Past it nothing more is written down: an endpoint that refuses for weeks has said enough.
    static let historyBits: Int64 = 16

    package static let stepCountMax = 1 << Int(stepBits)
    static let versionMax: Int64 = 1 << (eventBits - targetBits) - 1

    static func step(row: Int64, ordinal: Int) -> Int64 { row << stepBits | Int64(ordinal) }
    static func row(ofStep id: Int64) -> Int64 { id >> stepBits }
    static func event(row: Int64, version: Int64, target: EventTarget) -> Int64 { row << eventBits | version << targetBits | target.rawValue }
    static func row(ofEvent id: Int64) -> Int64 { id >> eventBits }
    static func version(ofEvent id: Int64) -> Int64 { id >> targetBits & versionMax }
    static func target(ofEvent id: Int64) -> EventTarget? { EventTarget(rawValue: id & (1 << targetBits - 1)) }

    /// All ids of a row.
    static func range(_ row: Int64, _ bits: Int64) -> (first: Int64, last: Int64) { (row << bits, row << bits | (1 << bits - 1)) }
}

/// Something to do, as the queue in memory keeps it: where it stands on disk, and when it is due.
package struct QueuedWork: Sendable {
    package enum Kind: Sendable, Hashable {
        /// A step, by the name of its endpoint.
        case step(name: String)
        /// An event for a client; the URL is its row's own, for `EventTarget.callback`.
        case event(client: String, callbackURL: String?)
    }

    package struct Key: Sendable, Hashable {
        private let file: ObjectIdentifier
        private let id: Int64
        private let isStep: Bool

        init(_ work: QueuedWork) {
            file = ObjectIdentifier(work.file)
            id = work.id
            if case .step = work.kind { isStep = true } else { isStep = false }
        }
    }

    package var key: Key { Key(self) }

    package let file: HotFile
    /// Of the step or event in its file.
    package let id: Int64
    package let kind: Kind
    /// Microseconds since 1970.
    package var dueAt: Int64
    package let since: Int64
    package let expiresAt: Int64
    /// Whether an earlier call may have reached the endpoint.
    package var mayHaveArrived = false

    package init(file: HotFile, id: Int64, kind: Kind, dueAt: Int64, since: Int64, expiresAt: Int64, mayHaveArrived: Bool = false) {
        self.file = file
        self.id = id
        self.kind = kind
        self.dueAt = dueAt
        self.since = since
        self.expiresAt = expiresAt
        self.mayHaveArrived = mayHaveArrived
    }
}

/// What the writer needs to know of endpoints when a step begins.
package struct ProcessRules: Sendable {
    /// Microseconds that a step of a name may take from its beginning.
    package let expiry: @Sendable (String) -> Int64
    /// Of an event.
    package static let eventExpiry: Int64 = 3 * 86_400_000_000

    package init(expiry: @escaping @Sendable (String) -> Int64 = { _ in 14 * 86_400_000_000 }) { self.expiry = expiry }
}

/// A change to one process, for the writer: durable and visible when `completion` is called, on the writer's thread.
package struct ProcessChange: Sendable {
    package enum Action: Sendable {
        /// A call begins. Written down so that a restart knows; nobody waits for it.
        case sent(step: Int64, attempt: Int, lockedUntil: Int64)
        case inProgress(step: Int64, lockedUntil: Int64, HistoryNote)
        case retry(step: Int64, attempts: Int, at: Int64, detail: String, HistoryNote)
        case outcome(step: Int64, StepOutcome, HistoryNote)
        /// A dead step was accepted after all, and its row's identity is free: the process goes on from there.
        case lateAcceptance(step: Int64, StepOutcome, HistoryNote)
        case dead(step: Int64, detail: String, HistoryNote)
        case redriveStep(Int64)
        /// A dead step is listed no more; its row stays FAILED.
        case forgetStep(Int64)
        case delivered(event: Int64, HistoryNote)
        case retryEvent(Int64, at: Int64, detail: String, HistoryNote)
        case deadEvent(Int64, detail: String, HistoryNote)
        case redriveEvent(Int64)
        case forgetEvent(Int64)
    }

    package let file: HotFile
    package let action: Action
    package let completion: @Sendable (Result<ProcessResult, Problem>) -> Void

    package init(file: HotFile, action: Action, completion: @escaping @Sendable (Result<ProcessResult, Problem>) -> Void = { _ in }) {
        self.file = file
        self.action = action
        self.completion = completion
    }
}

/// What an endpoint decided.
package struct StepOutcome: Sendable {
    package var isAccepted: Bool
    package var reference: String?
    package var errors: [Problem.Violation]
    package init(isAccepted: Bool, reference: String?, errors: [Problem.Violation]) {
        self.isAccepted = isAccepted
        self.reference = reference
        self.errors = errors
    }
}

package enum ProcessResult: Sendable, Equatable {
    case applied
    /// It was so already.
    case repeated
    /// It was decided otherwise.
    case contradicting
    /// There is no such step or event, or it is not in a state for this.
    case unknown
}

/// An entry of a row's history: its event, and a JSON object of further members.
package struct HistoryNote: Sendable {
    package var event: String
    package var details: String
    package init(_ event: String, _ details: (inout JSONWriter) -> Void = { _ in }) {
        self.event = event
        var json = JSONWriter()
        json.object(details)
        self.details = json.text
    }
}
