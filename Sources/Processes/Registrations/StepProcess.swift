/// Which endpoints must accept something, how far each is, and who has been notified: a registration as a value, all that its next event depends on.
///
/// 1. Stages come one after another: while a step of one is open or waits, those of later stages wait.
/// 2. It is processed while a step is open; then all are accepted, or one was rejected or given up and what was not decided is cancelled.
/// 3. What an endpoint has decided changes no more. What an endpoint that nobody asks any more decides is written down.
package struct StepProcess: Sendable, Equatable {
    package struct Step: Sendable, Equatable {
        /// Its place in the plan.
        package let ordinal: Int
        /// Of its endpoint.
        package let name: String
        /// From 1.
        package let stage: Int64
        package internal(set) var state: StepState
        /// Calls that were begun since it was last begun.
        package internal(set) var attempts: Int
        /// In microseconds since 1970, as all here: when it is tried next, of one that is pending.
        package internal(set) var nextAt: Int64?
        /// Of one that was sent or taken on: when it is looked at again.
        package internal(set) var lockedUntil: Int64?
        package internal(set) var expiresAt: Int64?
        /// When it was last heard of.
        package internal(set) var at: Int64?

        package init(
            ordinal: Int, name: String, stage: Int64, state: StepState, attempts: Int = 0, nextAt: Int64? = nil, lockedUntil: Int64? = nil, expiresAt: Int64? = nil,
            at: Int64? = nil
        ) {
            (self.ordinal, self.name, self.stage, self.state, self.attempts) = (ordinal, name, stage, state, attempts)
            (self.nextAt, self.lockedUntil, self.expiresAt, self.at) = (nextAt, lockedUntil, expiresAt, at)
        }
    }

    package enum Status: Sendable { case processing, complete, failed }

    /// In the order of the plan.
    package internal(set) var steps: [Step]
    /// All notices that were ever owed to anybody: for each target one of each version.
    package internal(set) var notices: [StepNotice]

    package init(_ steps: [Step], notices: [StepNotice] = []) { (self.steps, self.notices) = (steps, notices) }

    /// What has become of it.
    package var status: Status {
        if steps.contains(where: { $0.state == .rejected || $0.state.isDead }) { return .failed }
        return steps.allSatisfy { $0.state == .accepted } ? .complete : .processing
    }
}
