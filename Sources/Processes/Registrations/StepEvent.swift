/// What can happen to a step.
package enum StepEvent: Sendable, Equatable, Hashable {
    /// A call begins. `attempt` from 1.
    case sent(attempt: Int, lockedUntil: Int64)
    /// Its endpoint will answer later.
    case inProgress(lockedUntil: Int64)
    /// A call came to nothing, and there will be another.
    case failed(attempts: Int, nextAt: Int64, reason: String)
    /// Its endpoint has decided.
    case decided(isAccepted: Bool)
    /// The same, where nobody stands in the way of a step that was given up: what it is about may go on.
    case acceptedLate
    /// Attempts or time ran out.
    case givenUp(reason: String, attempts: Int? = nil)
    case redrive
    /// It is a dead letter no more.
    case forget

    /// Whether its outcome may depend on the notices, and add to them. With any other event they may be left out of the process.
    package var concernsNotices: Bool {
        switch self {
        case .decided, .acceptedLate, .givenUp, .redrive: true
        case .sent, .inProgress, .failed, .forget: false
        }
    }
}

/// When an event happens, and what else its outcome depends on.
package struct StepMoment: Sendable {
    package let now: Int64
    /// What the steps are of is on its way to where nothing changes any more.
    package let isLeaving: Bool
    /// Microseconds that a step of a name may take.
    package let expiry: @Sendable (String) -> Int64

    package init(now: Int64, isLeaving: Bool = false, expiry: @escaping @Sendable (String) -> Int64) { (self.now, self.isLeaving, self.expiry) = (now, isLeaving, expiry) }
}

/// What became of an event.
package enum StepDisposition: Sendable, Equatable {
    case applied
    /// It was so already, or nobody waits for it any more.
    case repeated
    /// It was decided otherwise.
    case contradicting
    /// There is no such step or notice, or it is not in a state for this.
    case unknown
}
