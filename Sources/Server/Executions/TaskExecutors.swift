internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Who carries out the tasks of executions.
///
/// The engine asks it for each task that is due; how often, when again and what becomes of it is the engine's. Made once, after the door's context.
struct TaskExecutors: TaskExecutor {
    /// One line for each kind of resource, in the order in which messages name them.
    private static let table: [any ResourceExecutor.Type] = [
        EndpointTasks.self, QueueTasks.self, QueryTasks.self, PostTasks.self, ExportTasks.self, PublishTasks.self, ProcessTasks.self, UploadItems.self,
    ]

    /// What definitions may name.
    static let vocabulary = TaskVocabulary(table.map { $0.kind })

    private let executors: [String: any ResourceExecutor]

    init(context: DoorContext, calls: EndpointCaller) {
        let parts = TaskParts(context: context, calls: calls)
        executors = Dictionary(Self.table.map { ($0.kind.word, $0.init(parts)) }) { first, _ in first }
    }

    func concurrency(of resource: Resource) -> Int { executors[resource.kind]?.concurrency(of: resource.name ?? "") ?? 1 }

    func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void) {
        guard let executor = executors[work.call.resource.kind] else {
            // Of a version that knew more: it may be back, and a timeout may end the task before.
            return end(.awaited(lookAgainAt: CalendarText.now + EndpointCaller.absencePause))
        }
        executor.carryOut(work, end)
    }
}

/// Carries out the tasks of one kind of resource.
protocol ResourceExecutor: Sendable {
    /// As definitions name it.
    static var kind: ResourceKind { get }

    init(_ parts: TaskParts)

    /// At most so many at once.
    ///
    /// - Parameter name: of the resource; empty where the kind has none.
    func concurrency(of name: String) -> Int

    /// Carries out a task. Returns soon; `end` is called once, on any thread.
    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void)
}
