internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:process`: an execution of another process, whose end is the task's.
///
/// The store names the child after the task's key and attempt: carried out again, a task finds the child that it has started.
struct ProcessTasks: ResourceExecutor {
    static let kind = ResourceKind(Resource.childKind, naming: "name")
    private let parts: TaskParts

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 256 }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            parts.context.store.processes.startChild(of: work, work.call.resource.name ?? "", as: try parts.principal(of: work)) { result in
                switch result {
                // Its end is the task's, in the commit that writes it.
                case .success: end(.awaited(lookAgainAt: nil))
                case .failure(let error): end(TaskParts.ending(of: error))
                }
            }
        } catch {
            end(TaskParts.ending(of: error))
        }
    }
}
