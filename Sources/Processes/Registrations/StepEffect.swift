/// What is to be done because of an event: committed with the steps in this order, carried out after.
package enum StepEffect: Sendable, Equatable {
    /// A step that is new.
    case add(StepProcess.Step)
    /// A step that is otherwise now, and what is said of it.
    case change(StepProcess.Step, Words)
    /// Its endpoint is to be called.
    case call(StepProcess.Step)
    case note(Note)
    /// What it all comes to is another thing now: the event `receipt.processing`, `receipt.complete` or `receipt.failed`.
    case status(StepProcess.Status)
    /// A notice that is new.
    case owe(StepNotice)
    /// A notice that is otherwise now, and what is said of it.
    case changeNotice(StepNotice, Words)
    /// Its target is to be called.
    case tell(StepNotice)

    package enum Words: Sendable, Equatable {
        /// As they were.
        case kept
        /// nil: nothing any more.
        case reason(String?)
        /// Those of the decision that the event brought.
        case decision
    }

    /// A line of the history.
    package enum Note: Sendable, Equatable {
        /// The one that the event brought.
        case ofEvent
        case redriven(name: String)
        case acceptedLate(name: String)
        case noticeRedriven(version: Int64)
        case letterDeleted
    }
}
