package import ColumnStore

/// What is to be done because of an event: committed with the state, carried out after, at least once.
package enum Effect: Sendable, Equatable {
    case runTask(TaskCall)
    /// A task that nobody waits for any more; of a child execution: abort it.
    case cancelTask(token: String, Resource)
    /// At `at`, in microseconds since 1970, `Event.timerFired` with the same frame and number; nil is the execution's own.
    case setTimer(frame: Int?, serial: Int, at: Int64)
    case cancelTimer(frame: Int?, serial: Int)
    /// There is more to do than one event should: send `Event.proceed`.
    case proceed
    /// To be kept as it is, behind the entries before it.
    case history(HistoryEntry)
    /// Nothing comes after it but by a redrive.
    case end(Execution.Status, output: JSONValue?, StateError?)
}

/// What a task is asked with. Whoever carries it out answers with the token.
package struct TaskCall: Sendable, Equatable {
    package let token: String
    /// `<execution_id>:<state>:<visit>`: the same for each attempt of a visit. Of a page of items followed by `:items:<first>`.
    package let key: String
    package let resource: Resource
    package let state: String
    package let visit: Int
    /// From 1.
    package let attempt: Int64
    package let input: JSONValue
    /// Items from this number on are asked for; nil of a task.
    package let firstItem: Int?
    /// What the task of the page before said of where this one begins.
    package let place: JSONValue?
    /// Of a child: how many executions stand above it.
    package let depth: Int

    package init(
        token: String, key: String, resource: Resource, state: String, visit: Int, attempt: Int64, input: JSONValue, firstItem: Int?, place: JSONValue? = nil, depth: Int
    ) {
        (self.token, self.key, self.resource, self.state, self.visit, self.attempt) = (token, key, resource, state, visit, attempt)
        (self.input, self.firstItem, self.place, self.depth) = (input, firstItem, place, depth)
    }
}

/// One line of an execution's history; instants are in microseconds since 1970.
package struct HistoryEntry: Sendable, Equatable {
    /// On disk, and in answers: do not rename.
    package enum Kind: String, Sendable, CaseIterable { case entered, succeeded, failed, retried, caught, timedOut = "timed-out" }

    package let at: Int64
    package let kind: Kind
    package let state: String
    package let visit: Int
    package let attempt: Int64
    package var input: JSONValue?
    package var output: JSONValue?
    package var error: StateError?
}
