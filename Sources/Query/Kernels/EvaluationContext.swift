package import ColumnStore

/// What evaluation depends on besides rows.
package struct EvaluationContext: Sendable {
    /// The session's, for casts between instants and local times.
    package var timeZone: TimeZoneRules
    /// What evaluation may take; nil for a bound of its own.
    package var memory: MemoryBudget?
    /// What ends it from outside, within one row's work too.
    package var cancellation: Cancellation?

    package init(timeZone: TimeZoneRules = .utc, memory: MemoryBudget? = nil, cancellation: Cancellation? = nil) {
        (self.timeZone, self.memory, self.cancellation) = (timeZone, memory, cancellation)
    }
}
