internal import ColumnStore
internal import Ingest
internal import Processes

/// A definition as it was put, with its name, its version and when it starts next. Its schema is in `schemas`: it is what people write.
struct ProcessBody: ListItem {
    let process: ProcessDescription

    static var listName: StaticString { "processes" }
    static var listSchemaName: String { "ProcessList" }
    static var example: ProcessBody { ProcessBody(process: ProcessDescription.none) }
    static var schema: SchemaText { .reference("Process") }
    /// A definition has none of them.
    static let ofAnswers: Set<String> = ["name", "version", "next_at"]

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("name", process.name)
        // It was checked when it was put.
        for member in (try? ValueLimits.parse(process.definition))?.members ?? [] {
            writer.key(member.name)
            member.value.write(to: &writer)
        }
        writer.member("version", process.version)
        writer.member("next_at", process.nextAt.map { InstantForm($0) })
        writer.endObject()
    }

    static let schemas: [(name: String, schema: String)] = [
        ("Process", ##"{"type":"object","description":"A state machine in the Amazon States Language, with name, version and next_at added in answers.","required":["StartAt","States"],"properties":{"name":{"type":"string","readOnly":true},"Comment":{"type":"string"},"StartAt":{"type":"string"},"States":{"type":"object","minProperties":1,"additionalProperties":{"type":"object"}},"TimeoutSeconds":{"type":"integer","minimum":1,"maximum":99999999},"Version":{"const":"1.0"},"QueryLanguage":{"const":"JSONPath"},"on":{"description":"What starts it by itself.","type":"array","maxItems":100,"items":{"type":"object","additionalProperties":false,"properties":{"topic":{"type":"string"},"where":{"type":["string","null"]},"schedule":{"type":"string","examples":["0 3 * * *"]},"time_zone":{"type":"string","default":"UTC"}}}},"version":{"type":"integer","readOnly":true},"next_at":{"type":["string","null"],"format":"date-time","readOnly":true}},"additionalProperties":true}"##),
        ("ExecutionRequest", #"{"type":"object","additionalProperties":false,"properties":{"name":{"description":"The caller's own: the same name with the same input is the same execution.","type":["string","null"],"minLength":1,"maxLength":200},"input":{"description":"Any JSON value, up to 1 MiB and 1,000 levels.","default":{}}}}"#),
        ("TaskSuccess", #"{"type":"object","additionalProperties":false,"properties":{"output":{"description":"Any JSON value, up to 1 MiB and 1,000 levels."}}}"#),
        ("TaskFailure", #"{"type":"object","additionalProperties":false,"properties":{"error":{"description":"What Retry and Catch are asked about.","type":["string","null"],"maxLength":256},"cause":{"type":["string","null"]}}}"#),
        ("ExecutionEvent", #"{"type":"object","required":["at","event","state","visit","attempt","input","output","error","cause"],"properties":{"at":{"type":"string","format":"date-time"},"event":{"enum":["entered","succeeded","failed","retried","caught","timed-out"]},"state":{"type":"string"},"visit":{"type":"integer"},"attempt":{"type":"integer"},"input":{},"output":{},"error":{"type":["string","null"]},"cause":{"type":["string","null"]}}}"#),
    ]
}

extension ProcessDescription {
    fileprivate static let none = ProcessDescription(name: "", version: 1, definition: [], nextAt: nil)
}

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
        sink.member("execution_id", execution.id.description, MemberFacts("By which it is asked for."))
        sink.member("process", execution.process, MemberFacts("The process that it runs."))
        sink.member("process_version", execution.processVersion, MemberFacts("The version of the definition that it runs by."))
        sink.member("name", execution.name, MemberFacts("As whoever started it said; unique in its process for a time."))
        sink.member("state", WordForm(ExecutionState(execution.status)), MemberFacts("How far it is."))
        sink.member("input", Verbatim<AnyForm>(execution.input), MemberFacts("What it was started with."))
        sink.member("output", Verbatim<AnyForm>(execution.output ?? Array("null".utf8)), MemberFacts("What it ended with; null until it has, and where it failed."))
        sink.member("error", execution.error?.name, MemberFacts("The name of the error by which it failed."))
        sink.member("cause", execution.error?.cause, MemberFacts("What is said of that error."))
        sink.member("started_at", InstantForm(execution.startedAt), MemberFacts("When it was started."))
        sink.member("ended_at", execution.endedAt.map { InstantForm($0) }, MemberFacts("When it succeeded, failed, ran out of time or was stopped."))
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
        number: 0, id: ULID(high: 0, low: 0), process: "", processVersion: 1, name: "", owner: .administrator, status: .running, input: Array("null".utf8), output: nil,
        error: nil, startedAt: 0, endedAt: nil)
}
