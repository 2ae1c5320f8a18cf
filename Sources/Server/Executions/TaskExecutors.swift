internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Who carries out the tasks of executions: one line for each kind of resource.
struct TaskExecutors: TaskExecutor {
    let context: DoorContext
    let calls: EndpointCaller
    let walks = ItemWalks()
    let recordWalks = RecordWalks()
    /// What waits for files and queries.
    private let pool: WorkerPool

    /// Whose turn it is, a kind of work for each: none takes all threads.
    private final class Share: Sendable {}
    private let shares = (sql: Share(), post: Share(), export: Share())

    private static let threadCount = 4
    private static let waitingCountMax = 256

    init(context: DoorContext, calls: EndpointCaller) {
        (self.context, self.calls) = (context, calls)
        pool = WorkerPool(.init(threadCount: Self.threadCount, waitingMax: Self.waitingCountMax))
    }

    func concurrency(of resource: Resource) -> Int {
        switch resource {
        case .call(let name): calls.concurrency(of: name)
        case .process: 256
        case .queue, .publish: 64
        case .post: 16
        case .sql, .export, .upload: 2
        }
    }

    func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void) {
        switch work.call.resource {
        case .call(let name): calls.call(name, work, end)
        case .process(let name): startChild(name, work, end)
        case .sql where work.call.firstItem != nil: onPool(shares.sql, end) { try items(work) }
        case .sql: onPool(shares.sql, end) { try rows(work) }
        case .post: post(work, end)
        case .export: onPool(shares.export, end) { try export(work) }
        case .queue(let name): send(to: name, work, end)
        case .publish: publish(work, end)
        case .upload: onPool(shares.sql, end) { try records(work) }
        }
    }

    /// The rights that an execution's owner has by now.
    func principal(of work: TaskWork) throws -> Principal { try ExportMaker.principal(work.owner, context.store.credentials) }

    private func onPool(_ share: Share, _ end: @escaping @Sendable (TaskEnding) -> Void, _ body: @escaping @Sendable () throws -> TaskEnding) {
        let ticket = pool.submit(for: share) {
            do {
                end(try body())
            } catch {
                end(Self.ending(of: error))
            }
        }
        if ticket == nil { end(.later(at: CalendarText.now + Self.busyPause, reason: "too much is under way")) }
    }

    /// In microseconds.
    static let busyPause: Int64 = 1_000_000

    /// What is wrong with the task is its state's error; what is wrong with the server passes.
    static func ending(of error: any Error) -> TaskEnding {
        let problem = (error as? Fault).map { Problem($0) } ?? ProblemMapping.problem(for: error)
        switch problem.slug {
        case .overloaded, .diskFull, .tooManyQueries, .queueFull: return .later(at: CalendarText.now + busyPause, reason: problem.detail)
        case .internalError: return .later(at: CalendarText.now + 10 * busyPause, reason: problem.cause ?? problem.detail)
        default: return .failed(StateError(name: StateError.Name.rejected.rawValue, cause: cause(of: problem)))
        }
    }

    /// A problem as JSON, so that a Catch can look into it.
    static func cause(of problem: Problem) -> String { String(decoding: ProblemBody(problem).json(), as: UTF8.self) }

    // MARK: Children

    private func startChild(_ name: String, _ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            context.store.processes.startChild(of: work, name, as: try principal(of: work)) { result in
                switch result {
                // Its end is the task's, in the commit that writes it.
                case .success: end(.awaited(lookAgainAt: nil))
                case .failure(let error): end(Self.ending(of: error))
                }
            }
        } catch {
            end(Self.ending(of: error))
        }
    }

    // MARK: Receipts

    private func post(_ work: TaskWork, _ end: @escaping @Sendable (TaskEnding) -> Void) {
        do {
            let posting = try Posting(work.call.input, as: try principal(of: work))
            context.store.intake.take(posting.request) { outcome in end(posting.ending(outcome)) }
        } catch {
            end(Self.ending(of: error))
        }
    }
}
