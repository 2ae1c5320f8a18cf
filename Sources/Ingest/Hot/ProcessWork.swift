package import Documents

/// Something to do, as the queue in memory keeps it: where it stands on disk, and when it is due.
///
/// It holds a reference to its file, which therefore stays on the disk as long as it is queued.
package struct QueuedWork: Sendable {
    package enum Kind: Sendable, Hashable {
        /// A step, by the name of its endpoint.
        case step(name: String)
        /// An event for a client; the URL is its row's own, for `StepNotice.Target.callback`.
        case event(client: String, callbackURL: String?)
    }

    /// What tells two pieces of work apart, whenever they are due. Steps and events have numbers of their own each.
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
    /// Whose it is; nil of a step that is over: it only leaves its queue.
    package let client: String?
    /// Microseconds since 1970.
    ///
    /// `since`: when it began to wait. `expiresAt`: when it is given up, `.max` for never.
    package var dueAt: Int64
    package let since: Int64
    package var expiresAt: Int64
    /// The same by a clock that nobody sets, from when it came into its queue; nil before.
    var endsAt: Int64?
    /// Whether an earlier call may have reached the endpoint.
    package var mayHaveArrived = false
    /// There is nothing to do any more: it is decided, cancelled or given up, and leaves its queue.
    package let isOver: Bool

    /// - Parameter client: of a step; an event has its own.
    package init(
        file: HotFile, id: Int64, kind: Kind, client: String? = nil, dueAt: Int64, since: Int64, expiresAt: Int64, mayHaveArrived: Bool = false, isOver: Bool = false
    ) {
        self.file = file
        self.id = id
        self.kind = kind
        if case .event(let own, _) = kind { self.client = own } else { self.client = client }
        self.dueAt = dueAt
        self.since = since
        self.expiresAt = expiresAt
        self.mayHaveArrived = mayHaveArrived
        self.isOver = isOver
    }

    /// The same, to be given up at another time.
    func expiring(at instant: Int64) -> QueuedWork {
        if instant == expiresAt { return self }
        var own = self
        (own.expiresAt, own.endsAt) = (instant, nil)
        return own
    }
}

/// A change to one process, for the writer: durable and visible when `completion` is called, on the writer's thread.
///
/// Actions carry ids of `steps` or `outbox` (`ProcessKey`), and instants in microseconds since 1970.
package struct ProcessChange: Sendable {
    package enum Action: Sendable {
        /// A call begins. Written down so that a restart knows; nobody waits for it.
        case sent(step: Int64, attempt: Int, lockedUntil: Int64)
        /// The endpoint has it and decides later; until `lockedUntil` it is not asked.
        case inProgress(step: Int64, lockedUntil: Int64, HistoryNote)
        /// A call failed in a way that may pass; `attempts` are those so far, `at` is when the next is due.
        case retry(step: Int64, attempts: Int, at: Int64, detail: String, HistoryNote)
        /// The endpoint decided.
        case outcome(step: Int64, StepOutcome, HistoryNote)
        /// A dead step was accepted after all, and its row's identity is free: the process goes on from there.
        case lateAcceptance(step: Int64, StepOutcome, HistoryNote)
        /// With the attempts that it had, where the last one is not written down yet.
        case dead(step: Int64, attempts: Int? = nil, detail: String, HistoryNote)
        /// A dead step, or below a dead event, is tried once more.
        case redriveStep(Int64)
        /// A dead step is listed no more; its row stays FAILED.
        case forgetStep(Int64)
        /// The client's server has taken the event.
        case delivered(event: Int64, HistoryNote)
        case retryEvent(Int64, at: Int64, detail: String, HistoryNote)
        case deadEvent(Int64, detail: String, HistoryNote)
        case redriveEvent(Int64)
        case forgetEvent(Int64)
    }

    /// The identity that a FAILED receipt takes up again. Whoever hands in the change has found it free; the writer sees whether it still is.
    package struct Claim: Sendable {
        package let identity: ReceiptIdentity
        /// The receipt's own.
        package let ticketID: String
        /// Of the boundary, when it was looked at.
        package let generation: UInt64

        package init(identity: ReceiptIdentity, ticketID: String, generation: UInt64) {
            (self.identity, self.ticketID, self.generation) = (identity, ticketID, generation)
        }
    }

    package let file: HotFile
    package let action: Action
    /// Nil where the change takes up no identity.
    package let claim: Claim?
    package let completion: @Sendable (Result<ProcessResult, Fault>) -> Void

    /// - Parameter completion: called once; where the writer takes nothing any more at once, with a failure, on the caller's thread. `contradicting` also where
    ///   another receipt has the claimed identity.
    package init(file: HotFile, action: Action, claim: Claim? = nil, completion: @escaping @Sendable (Result<ProcessResult, Fault>) -> Void = { _ in }) {
        self.file = file
        self.action = action
        self.claim = claim
        self.completion = completion
    }
}
