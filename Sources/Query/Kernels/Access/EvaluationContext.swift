package import ColumnStore

/// What evaluation depends on besides rows.
/// A value: made for a run, or for a constant, and copied into each evaluator.
package struct EvaluationContext: Sendable {
    /// The session's, for casts between instants and local times.
    package var timeZone: TimeZoneRules
    /// The session's, for casts to text.
    package var forms: ValueForms
    /// What evaluation may take; nil for a bound of its own.
    package var memory: MemoryBudget?
    /// What ends it from outside, within one row's work too.
    package var cancellation: Cancellation?
    /// What constants may take, which no query's end would end; nil of a query.
    var allowance: StepAllowance?
    /// The steps of one batch, of expressions that are evaluated outside of queries; nil: any number.
    let stepCountMax: Int?
    /// Of the run: errors that wait for a row that asks; nil outside of runs.
    var deferred: DeferredErrors?
    /// The caller's session, at a door that has sessions.
    package var session: (any QuerySession)?
    /// What random() draws from: the session's, where there is one.
    let random: RandomNumbers

    /// - Parameter random: nil takes the session's, or else the one that all of the process share.
    package init(
        timeZone: TimeZoneRules = .utc, forms: ValueForms = .plain, memory: MemoryBudget? = nil, cancellation: Cancellation? = nil, session: (any QuerySession)? = nil, random: RandomNumbers? = nil, stepCountMax: Int? = nil
    ) {
        (self.timeZone, self.forms, self.memory, self.cancellation, self.session, self.stepCountMax) = (timeZone, forms, memory, cancellation, session, stepCountMax)
        self.random = session?.random ?? random ?? .shared
    }
}
