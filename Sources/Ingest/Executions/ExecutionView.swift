package import ColumnStore
package import Processes

/// An execution as it is shown.
package struct ExecutionView: Sendable {
    package let number: Int64
    package let id: ULID
    package let process: String
    package let processVersion: Int64
    package let name: String
    package let owner: Identity
    package let status: Execution.Status
    package let input: JSONValue
    package let output: JSONValue?
    package let error: StateError?
    /// Microseconds since 1970.
    package let startedAt: Int64
    package let endedAt: Int64?
}

/// What is asked of a list of executions.
package struct ExecutionQuestion: Sendable {
    package var process: String?
    package var status: Execution.Status?
    /// Below this number: of the last one of the page before.
    package var before: Int64?
    package var limit: Int
    package init(process: String? = nil, status: Execution.Status? = nil, before: Int64? = nil, limit: Int) {
        (self.process, self.status, self.before, self.limit) = (process, status, before, limit)
    }
}

/// What happened to an execution, one thing of many.
package struct HistoryItem: Sendable {
    /// From 1, in the order in which it happened.
    package let number: Int64
    package let at: Int64
    package let kind: HistoryEntry.Kind
    package let state: String
    package let visit: Int64
    package let attempt: Int64
    /// As JSON.
    package let input: [UInt8]?
    package let output: [UInt8]?
    package let error: String?
    package let cause: String?

    /// About as many bytes as its answer takes.
    package var byteCount: Int { 200 + state.utf8.count + (input?.count ?? 0) + (output?.count ?? 0) + (cause?.utf8.count ?? 0) }
}

/// A definition as it was put, in its newest version.
package struct ProcessDescription: Sendable {
    package let name: String
    package let version: Int64
    /// As it was put, JSON.
    package let definition: [UInt8]
    /// When its schedules start it next, in microseconds since 1970; nil where it has none.
    package let nextAt: Int64?
}

/// What became of a definition that was put.
package enum ProcessPutOutcome: Sendable, Equatable { case created, changed, unchanged }

/// An execution that was asked for.
package struct StartedExecution: Sendable {
    package let id: ULID
    package let status: Execution.Status
    /// False where one of the same name and input was there.
    package let isNew: Bool
}
