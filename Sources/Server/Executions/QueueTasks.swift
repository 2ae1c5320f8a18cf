internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:queue`: a message to a worker.
///
/// Queued durably the task waits without a time of its own; the worker's answer, the state's timeout or its heartbeat ends it. So does the end of its queue: it is carried out again then, and finds none.
struct QueueTasks: ResourceExecutor {
    static let kind = ResourceKind(Resource.queueKind, naming: "queue")
    private let parts: TaskParts

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 64 }

    /// A worker ends the task by its token. The message's id is the token's hash, so that the same attempt is queued once.
    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            var body = JSONWriter()
            body.beginObject()
            body.member("task_token", work.call.token)
            body.key("input")
            body.raw(work.call.input.serialized)
            body.endObject()
            let message = OutgoingMessage(id: "task-\(Hexadecimal.text(APIKey.sha256(of: work.call.token)))", body: body.bytes)
            parts.context.store.queues.send([message], to: work.call.resource.name ?? "", as: try parts.principal(of: work)) { result in
                switch result {
                case .success: end(.awaited(lookAgainAt: nil))
                case .failure(let fault): end(TaskParts.ending(of: fault))
                }
            }
        } catch {
            end(TaskParts.ending(of: error))
        }
    }
}
