internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:call`: a configured endpoint, which answers or calls back.
/// The endpoint's name is the resource's; everything else is `EndpointCaller`'s.
struct EndpointTasks: ResourceExecutor {
    static let kind = ResourceKind(Resource.endpointKind, naming: "endpoint")
    private let calls: EndpointCaller

    init(_ parts: TaskParts) { calls = parts.calls }

    func concurrency(of name: String) -> Int { calls.concurrency(of: name) }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) { calls.call(work.call.resource.name ?? "", work, end) }
}
