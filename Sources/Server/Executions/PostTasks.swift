internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// `till:post`: documents, taken as if their owner had sent them.
///
/// A repeat of the task is a repeat of the documents: their identities say so, and the first tickets are answered.
struct PostTasks: ResourceExecutor {
    static let kind = ResourceKind("post")
    private let parts: TaskParts

    init(_ parts: TaskParts) { self.parts = parts }

    func concurrency(of name: String) -> Int { 16 }

    func carryOut(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            let posting = try Posting(work.call.input, as: try parts.principal(of: work))
            // Called back once they are durable, or refused: no thread of the pool waits for a commit.
            parts.context.store.intake.accept(posting.request) { outcome in end(posting.ending(outcome)) }
        } catch {
            end(TaskParts.ending(of: error))
        }
    }
}
