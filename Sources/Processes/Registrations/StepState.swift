/// Where a step stands. On disk: do not renumber.
package enum StepState: Int64, Sendable, CaseIterable {
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
