package import Processes

/// An execution as it is shown. What goes in and out of it stays JSON: as values it would take fifty times as much.
package struct ExecutionView: Sendable {
    package let number: Int64
    package let id: ULID
    package let process: String
    package let processVersion: Int64
    package let name: String
    package let owner: Identity
    package let status: Execution.Status
    /// JSON.
    package let input: [UInt8]
    /// JSON; nil as long as there is none.
    package let output: [UInt8]?
    package let error: StateError?
    /// Microseconds since 1970.
    package let startedAt: Int64
    package let endedAt: Int64?

    package init(
        number: Int64, id: ULID, process: String, processVersion: Int64, name: String, owner: Identity, status: Execution.Status, input: [UInt8], output: [UInt8]?,
        error: StateError?, startedAt: Int64, endedAt: Int64?
    ) {
        (self.number, self.id, self.process, self.processVersion, self.name, self.owner) = (number, id, process, processVersion, name, owner)
        (self.status, self.input, self.output, self.error) = (status, input, output, error)
        (self.startedAt, self.endedAt) = (startedAt, endedAt)
    }

    /// Of all but input, output and the error's cause.
    static let otherByteCount = 1_024

    /// What it takes as JSON, about: a text of control characters becomes six times as long. By itself it takes no more.
    package var jsonByteCount: Int { Self.otherByteCount + input.count + (output?.count ?? 4) + 6 * (error?.cause?.utf8.count ?? 0) }
}

/// What is asked of a list of executions.
package struct ExecutionQuestion: Sendable {
    package var process: String?
    package var status: Execution.Status?
    /// Below this number: of the last one of the page before.
    package var before: Int64?
    package var limit: Int
    /// Of JSON, but for the last of them.
    package var byteCountMax: Int

    /// Bytes of definitions, of inputs and outputs, or of a history, that one page reads, but for its last member.
    package static let pageByteCountMax = 16 << 20

    package init(
        process: String? = nil, status: Execution.Status? = nil, before: Int64? = nil, limit: Int, byteCountMax: Int = ExecutionQuestion.pageByteCountMax
    ) {
        (self.process, self.status, self.before, self.limit, self.byteCountMax) = (process, status, before, limit, byteCountMax)
    }
}

/// A definition as it was put, in its newest version.
package struct ProcessDescription: Sendable {
    package let name: String
    package let version: Int64
    /// As it was put, JSON.
    package let definition: [UInt8]
    /// When its schedules start it next, in microseconds since 1970; nil where it has none.
    package let nextAt: Int64?

    package init(name: String, version: Int64, definition: [UInt8], nextAt: Int64?) {
        (self.name, self.version, self.definition, self.nextAt) = (name, version, definition, nextAt)
    }
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
