/// What somebody is owed: the word of one change of a registration's status. At least once, and until it has arrived or its time is over.
package struct StepNotice: Sendable, Equatable {
    /// Who is notified. On disk: do not renumber.
    package enum Target: Int64, Sendable, Hashable, CaseIterable {
        /// The receipt's own callback URL.
        case callback = 0
        /// The webhook of its client's contract, as it stands when the call is made.
        case contract = 1
    }

    /// On disk: do not renumber.
    package enum State: Int64, Sendable, CaseIterable {
        case pending = 0, delivered = 1, dead = 2
        /// Dead, and no dead letter any more: an administrator has deleted that.
        case forgotten = 3
    }

    /// What happens to one.
    package enum Event: Sendable, Equatable, Hashable {
        case delivered
        /// A call came to nothing, and there will be another.
        case failed(nextAt: Int64, reason: String)
        /// Its time is over, or there is nobody to call any more.
        case givenUp(reason: String)
        case redrive
        /// It is a dead letter no more.
        case forget
    }

    /// How long it is tried, in microseconds.
    package static let lifetime: Int64 = 3 * 86_400_000_000
    /// Past as many changes nobody is notified any more: a registration that was tried again so often has said enough. Its number on disk has no more room.
    package static let versionMax: Int64 = 1 << 14 - 1

    /// Of the change, from 1: with those of all its target sees what it missed.
    package let version: Int64
    package let target: Target
    /// The status that the notice reports.
    package let status: StepProcess.Status
    /// When that came about, in microseconds since 1970, as all here.
    package let at: Int64
    package internal(set) var state: State
    /// Calls that ended since it was last begun.
    package internal(set) var attempts: Int
    package internal(set) var nextAt: Int64
    package internal(set) var expiresAt: Int64

    package init(
        version: Int64, target: Target, status: StepProcess.Status, at: Int64, state: State = .pending, attempts: Int = 0, nextAt: Int64, expiresAt: Int64
    ) {
        (self.version, self.target, self.status, self.at) = (version, target, status, at)
        (self.state, self.attempts, self.nextAt, self.expiresAt) = (state, attempts, nextAt, expiresAt)
    }
}
