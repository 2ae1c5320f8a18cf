internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// What executors of tasks use.
struct TaskParts: Sendable {
    let context: DoorContext
    let calls: EndpointCaller
    /// What waits for files and queries.
    private let pool = WorkerPool(.init(threadCount: threadCount, waitingMax: waitingCountMax))

    /// Two kinds of work at least go on at a time: none has more than three of them.
    private static let threadCount = 4
    /// More is put off by `busyPause`, with nothing lost.
    private static let waitingCountMax = 256
    /// In microseconds.
    private static let busyPause: Int64 = 1_000_000

    init(context: DoorContext, calls: EndpointCaller) { (self.context, self.calls) = (context, calls) }

    /// The rights that an execution's owner has by now.
    func principal(of work: TaskWork) throws -> Principal { try ExportMaker.principal(work.owner, context.store.credentials) }

    /// Whose turn it is on the threads, a kind of work for each: none takes all.
    final class Share: Sendable {}

    /// Runs `body` on a thread that may wait, and ends the task with what it gives or throws; where no place is free the task comes again in a second.
    func onPool(_ share: Share, _ end: @escaping @Sendable (TaskEnding) -> Void, _ body: @escaping @Sendable () throws -> TaskEnding) {
        let ticket = pool.submit(for: share) {
            do {
                end(try body())
            } catch {
                end(Self.ending(of: error))
            }
        }
        if ticket == nil { end(.later(at: CalendarText.now + Self.busyPause, reason: "too much is under way")) }
    }

    /// What is wrong with the task is its state's error; what is wrong with the server passes.
    static func ending(of error: any Error) -> TaskEnding {
        let problem = (error as? Fault).map { Problem($0) } ?? ProblemMapping.problem(for: error)
        switch problem.slug {
        case .overloaded, .diskFull, .tooManyQueries, .queueFull: return .later(at: CalendarText.now + busyPause, reason: problem.detail)
        // What nobody can put right by another input is tried again, ten times as slowly: whoever mends the server, or what it stands on, finds the execution alive.
        case .internalError, .storageUnavailable, .notLeader: return .later(at: CalendarText.now + 10 * busyPause, reason: problem.cause ?? problem.detail)
        default: return .failed(StateError(name: StateError.Name.rejected.rawValue, cause: cause(of: problem)))
        }
    }

    /// A problem as JSON, so that a Catch can look into it.
    static func cause(of problem: Problem) -> String { String(decoding: ProblemBody(problem).json(), as: UTF8.self) }
}
