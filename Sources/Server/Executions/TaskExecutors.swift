internal import ColumnStore
internal import Documents
internal import Ingest
internal import Processes

/// Who carries out the tasks of executions: one line for each kind of resource.
struct TaskExecutors: TaskExecutor {
    let context: DoorContext
    let calls: EndpointCaller
    let walks = ItemWalks()
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
        case .queue, .publish, .upload:
            end(.failed(StateError(.rejected, "\(work.call.resource.text) is not there in this version")))
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
        context.store.processes.startChild(of: work, name) { result in
            switch result {
            // Its end is the task's, in the commit that writes it.
            case .success: end(.awaited(lookAgainAt: nil))
            case .failure(let error): end(Self.ending(of: error))
            }
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

/// The input of `till:post`: `{"type", "document"}` or `{"type", "documents": […]}`.
struct Posting: Sendable {
    let request: TakeRequest
    private let isOfMany: Bool

    /// - Throws: `bad-parameter` naming the member.
    init(_ input: JSONValue, as principal: Principal) throws {
        guard let members = input.members else { throw Problem.parameter("", "till:post takes an object with type and document or documents, not \(input.kind)") }
        for member in members where !["type", "document", "documents", "client"].contains(member.name) {
            throw Problem.parameter(member.name, "till:post takes type, client, and document or documents", code: "unknown-member")
        }
        var type: String?
        if let value = input[present: "type"] {
            guard let text = value.text, !text.isEmpty else { throw Problem.parameter("type", "a type's name is wanted, not \(value.kind)", code: "type") }
            type = text
        }
        var client: String?
        if let value = input[present: "client"] {
            guard let text = value.text else { throw Problem.parameter("client", "a string is wanted, not \(value.kind)", code: "type") }
            client = try Call.client(text, as: principal)
        }
        switch (input["document"], input["documents"]) {
        case (let document?, nil):
            isOfMany = false
            request = Self.request(of: document, type, client, principal)
        case (nil, .array(let documents)?):
            isOfMany = true
            // One receipt a line, each on its own: what is stored already is a repeat.
            let lines = documents.map(\.serialized).joined(separator: [0x0A])
            request = TakeRequest(form: .ndjson, body: Array(lines), contentType: "application/x-ndjson", principal: principal, type: type, client: client)
        default: throw Problem.parameter("document", "document, or documents as an array, is wanted", code: "required")
        }
    }

    /// A text is a document of its own: XML, or lines of CSV.
    private static func request(of document: JSONValue, _ type: String?, _ client: String?, _ principal: Principal) -> TakeRequest {
        guard case .string(let text) = document else {
            return TakeRequest(form: .json, body: document.serialized, contentType: "application/json", principal: principal, type: type, client: client)
        }
        let isXML = text.utf8.first { $0 > 0x20 } == UInt8(ascii: "<")
        return TakeRequest(
            form: isXML ? .xml : .csv, body: Array(text.utf8), contentType: isXML ? "application/xml" : "text/csv", principal: principal, type: type, client: client)
    }

    func ending(_ outcome: TakeOutcome) -> TaskEnding {
        switch outcome {
        case .refused(let fault): return TaskExecutors.ending(of: fault)
        case .one(let taken): return Self.succeeded(isOfMany ? [Self.object(taken)] : nil, Self.object(taken))
        case .batch(let all): return .succeeded(.object(["receipts": .array(all.map(Self.object))]))
        case .each(let results), .eachOfMore(let results, _):
            for case .failure(let fault) in results where [.overloaded, .diskFull, .internalError].contains(fault.code) { return TaskExecutors.ending(of: fault) }
            let items = results.map { result -> JSONValue in
                switch result {
                case .success(let taken): Self.object(taken)
                case .failure(let fault): .object(["problem": (try? JSONParser.parse(ProblemBody(Problem(fault)).json())) ?? .null])
                }
            }
            return Self.succeeded(isOfMany ? items : nil, items.first ?? .null)
        }
    }

    private static func succeeded(_ many: [JSONValue]?, _ one: JSONValue) -> TaskEnding { .succeeded(many.map { .object(["receipts": .array($0)]) } ?? one) }

    private static func object(_ taken: Taken) -> JSONValue { (try? JSONParser.parse(TakenBody(taken.summary).json())) ?? .null }
}
