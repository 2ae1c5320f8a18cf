internal import ColumnStore
internal import Ingest
internal import Processes

/// How an execution stands, in answers.
enum ExecutionState: String, CaseIterable {
    case running = "RUNNING", succeeded = "SUCCEEDED", failed = "FAILED", timedOut = "TIMED_OUT", aborted = "ABORTED"

    init(_ status: Execution.Status) {
        self =
            switch status {
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .timedOut: .timedOut
            case .aborted: .aborted
            }
    }

    var status: Execution.Status {
        switch self {
        case .running: .running
        case .succeeded: .succeeded
        case .failed: .failed
        case .timedOut: .timedOut
        case .aborted: .aborted
        }
    }
}

/// An execution, as its owner sees it.
struct ExecutionBody: ListItem, JSONObject {
    let execution: ExecutionView

    static var schemaName: String? { "Execution" }
    static var listName: StaticString { "executions" }
    static var listSchemaName: String { "ExecutionList" }
    static var example: ExecutionBody { ExecutionBody(execution: .none) }

    func members(to sink: inout some MemberSink) {
        sink.member("execution_id", execution.id.description)
        sink.member("process", execution.process)
        sink.member("process_version", execution.processVersion)
        sink.member("name", execution.name)
        sink.member("state", WordForm(ExecutionState(execution.status)))
        sink.member("input", AnyJSON(execution.input))
        sink.member("output", AnyJSON(execution.output ?? .null))
        sink.member("error", execution.error?.name)
        sink.member("cause", execution.error?.cause)
        sink.member("started_at", InstantForm(execution.startedAt))
        sink.member("ended_at", execution.endedAt.map { InstantForm($0) })
    }
}

/// What was started, ended or sent on.
struct StartedExecutionBody: JSONObject {
    let id: String
    let state: ExecutionState

    static var schemaName: String? { "StartedExecution" }
    static var example: StartedExecutionBody { StartedExecutionBody(id: "", state: .running) }

    func members(to sink: inout some MemberSink) {
        sink.member("execution_id", id)
        sink.member("state", WordForm(state))
    }
}

/// An entry of an execution's history, as it is kept.
struct ExecutionEventBody: ListItem {
    let json: [UInt8]

    static var listName: StaticString { "events" }
    static var listSchemaName: String { "ExecutionHistory" }
    static var example: ExecutionEventBody { ExecutionEventBody(json: []) }
    static var schema: SchemaText { .reference("ExecutionEvent") }
    func write(to writer: inout JSONWriter) { writer.raw(json) }
}

extension ExecutionView {
    fileprivate static let none = ExecutionView(
        number: 0, id: ULID(high: 0, low: 0), process: "", processVersion: 1, name: "", owner: .administrator, status: .running, input: .null, output: nil,
        error: nil, startedAt: 0, endedAt: nil)
}
