internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:queue`: a message to a worker.
///
/// Queued durably the task waits without a time of its own; the worker's answer, the state's timeout or its heartbeat ends it. So does the end of its message, which
/// dies or is purged, and that of its queue: it is carried out again then, and finds none.
struct QueueTasks: ResourceExecutor {
    static let kind = ResourceKind(Resource.queueKind, naming: "queue")
    private let parts: TaskParts

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 64 }

    /// A worker ends the task by its token.
    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            let message = TaskMessage.message(token: work.call.token, input: work.call.input.serialized)
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
