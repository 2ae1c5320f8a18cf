package import ColumnStore
package import Documents
package import Processes
import Synchronization

/// What calls ask of definitions, executions and tasks, with the caller's rights.
extension ExecutionStore {
    // MARK: Definitions

    package func process(_ name: String, hold: (Int) throws -> Void) throws -> ProcessDescription {
        guard let found = try reader.process(name, hold: hold) else { throw Fault.absent(.process(nil)) }
        return found
    }

    package func processes(after name: String?, limit: Int, hold: (Int) throws -> Void) throws -> (processes: [ProcessDescription], isCut: Bool) {
        try reader.processes(after: name, limit: limit, byteCountMax: ExecutionQuestion.pageByteCountMax, hold: hold)
    }

    /// Reads, checks and stores a definition, then has its topics start it.
    ///
    /// - Throws: `Fault`: `invalid-process` with each fault and its place: nothing was put then; those of `perform`. Where topics refuse what they have not refused before, since somebody
    ///   has changed them meanwhile, `overloaded`: put again, the definition is followed, or refused by name.
    package func putProcess(_ name: String, _ definition: [UInt8]) throws -> ProcessPutOutcome {
        guard Self.isName(name) else {
            throw Fault(
                .invalidProcess, "a process is named by 1 to 128 letters, digits, hyphens, underscores and dots",
                errors: [.init(pointer: "", code: "bad-name", message: "a process is named by 1 to 128 letters, digits, hyphens, underscores and dots")])
        }
        let machine: Machine
        do throws(InvalidDefinition) {
            machine = try DefinitionReader.read(definition, DefinitionSurroundings(conditionFault: { [events = surroundings.events] in events?.conditionFault($0) }, tasks: surroundings.tasks))
        } catch {
            let faults = error.faults
            throw Fault(
                .invalidProcess, faults.count == 1 ? "the definition has a fault" : "the definition has \(faults.count) faults",
                errors: faults.map { .init(pointer: $0.pointer, code: $0.code.rawValue, message: $0.message) })
        }
        return try definitions.withLock { _ in
            try checkTopics(machine, of: name)
            surroundings.prepare()
            let outcome = try perform(makes: true) { core in try core.put(name, definition, machine) }
            if outcome == .created { surroundings.events?.hasten(startsOf: name) }
            // The definition first: what an event starts is there by then.
            do {
                try surroundings.events?.follow(Self.rules(machine), starting: name)
            } catch let fault as Fault where fault.code == .invalidQueue || fault.code == .notFound {
                throw Fault(
                    .overloaded, "topics have changed while the definition was put, and their events do not start it yet: put it again", advice: .sendAgainLater, cause: fault.detail)
            }
            return outcome
        }
    }

    private static func rules(_ machine: Machine) -> [EventRule] {
        machine.starts.compactMap { start in if case .topic(let topic, let condition) = start { EventRule(topic: topic, condition: condition) } else { nil } }
    }

    /// A start that nobody would ever make is a fault of the definition.
    private func checkTopics(_ machine: Machine, of process: String) throws {
        let crowded = surroundings.events?.crowdedTopics(Self.rules(machine), starting: process) ?? []
        let faults = machine.starts.enumerated().compactMap { index, start -> Fault.Violation? in
            guard case .topic(let topic, _) = start else { return nil }
            let pointer = "/on/\(index)/topic"
            guard surroundings.events?.hasTopic(topic) ?? false else {
                return Fault.Violation(pointer: pointer, code: "unknown-topic", message: "there is no topic \(topic): put it first")
            }
            guard crowded.contains(topic) else { return nil }
            return Fault.Violation(
                pointer: pointer, code: "too-many-subscriptions",
                message: "the topic \(topic) would have more than \(TopicCore.subscriptionCountMax) subscriptions, of which each start is one: delete some, or start by fewer conditions")
        }
        if !faults.isEmpty { throw Fault(.invalidProcess, "the definition starts by events of a topic that is not there, or that has no room for it", errors: faults) }
    }

    /// A stop may have come between a definition, or its deletion, and what follows from it.
    func followAll(_ events: any EventPublishing) {
        func follow(_ rules: [EventRule], _ process: String) {
            do {
                try events.follow(rules, starting: process)
            } catch {
                StoreLog.note("a process is not started by events as it says", path: path, reason: "\(process): \(error)", level: .warning)
            }
        }
        var after: String?
        do {
            // By pages, in the order of names: a store may have many processes, and each definition is read once.
            while case let page = try reader.processes(after: after, limit: Self.followCount, byteCountMax: ExecutionQuestion.pageByteCountMax).processes, let last = page.last {
                for process in page {
                    // What was put by a version that knew more is left to it.
                    guard let machine = try? DefinitionReader.read(process.definition) else { continue }
                    follow(Self.rules(machine), process.name)
                }
                after = last.name
            }
            for name in try reader.deletedProcesses() { follow([], name) }
        } catch {
            StoreLog.note("definitions cannot be read; events start none that were put just before the last end", path: path, reason: StoreLog.text(error), level: .warning)
        }
    }

    private static let followCount = 100

    /// As `Resource` has names, so that each process can be a child.
    private static func isName(_ name: String) -> Bool { Resource.isName(name) }

    /// Its subscriptions go after it, with all that they still hold: were they first, a deletion that does not go through would have lost events, and left a process that hears of none.
    /// What comes between is refused, and goes with them. Where a stop comes between, they go with the next start (`followAll`), or with the same call again.
    ///
    /// - Throws: `Fault`: `not-found`; those of `perform`.
    package func deleteProcess(_ name: String) throws {
        try definitions.withLock { _ in
            do {
                try perform { core in try core.delete(name) }
            } catch let fault as Fault where fault.code == .notFound {
                try surroundings.events?.follow([], starting: name)
                throw fault
            }
            try surroundings.events?.follow([], starting: name)
        }
    }

    // MARK: Executions

    /// Names are the caller's own: two contracts may use the same.
    ///
    /// - Parameter completion: called once, on any thread, when it is durable.
    package func start(
        _ process: String, name: String?, input: JSONValue, as principal: Principal,
        completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void
    ) {
        do {
            try checkStart(process, as: principal)
        } catch {
            return completion(.failure(error))
        }
        let request = ExecutionRequest(process: process, name: name, input: input, owner: principal.identity)
        submit({ core in try core.start(request) }, done: completion)
    }

    private func checkStart(_ process: String, as principal: Principal) throws {
        if let refusal = Self.refusal(process, principal) ?? shortage { throw refusal }
    }

    /// Asked of the disk at each call; nil where that gives no answer, too.
    private var shortage: Fault? {
        guard let free = DataDirectory.freeBytes(path), free < surroundings.minFreeBytes else { return nil }
        return Fault(.diskFull, "\(free >> 20) MiB are free on the disk, and limits.min_free is \(surroundings.minFreeBytes >> 20) MiB: no execution is started, and none goes on, until there is more", advice: .sendAgainLater)
    }

    /// Whether executions may go on: what they write must not take the room that receipts are kept for.
    var hasRoom: Bool { shortage == nil }

    /// Who may not use a process does not learn that there is one.
    private static func refusal(_ process: String, _ principal: Principal) -> Fault? {
        if principal.identity != .nobody, principal.uses.processes.includes(process) { return nil }
        return Fault(.notFound, "there is no process of this name for this credential")
    }

    /// For an event: its name is made of the event, so that it starts one execution however often it comes.
    package func start(_ process: String, name: String, input: [UInt8], as identity: Identity, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        // The event is kept, and comes again.
        if let shortage { return completion(.failure(shortage)) }
        let value: JSONValue
        do throws(JSONSyntaxError) {
            value = try ValueLimits.parse(input)
        } catch {
            return completion(.failure(Fault(.badJSON, "the event at byte \(error.offset): \(error.message)")))
        }
        submit({ core in try core.start(ExecutionRequest(process: process, name: name, input: value, owner: identity)) }) { result in
            completion(result.map { _ in }.mapError(Self.fault))
        }
    }

    package func execution(_ id: String, as principal: Principal, hold: (Int) throws -> Void) throws -> ExecutionView {
        try reader.execution(id, as: principal, hold: hold)
    }

    /// The newest first.
    package func executions(_ question: ExecutionQuestion, as principal: Principal, hold: (Int) throws -> Void) throws -> (executions: [ExecutionView], isCut: Bool) {
        try reader.executions(question, as: principal, hold: hold)
    }

    /// Entries behind `after`, the oldest first, each as its JSON.
    package func history(
        _ id: String, after: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void
    ) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool) {
        try reader.history(id, after: after, limit: limit, as: principal, hold: hold)
    }

    /// Ends an execution; its children end soon after, those too that no task of it waits for any more: they were redriven by themselves, or another has answered their task.
    ///
    /// - Throws: `not-found`, `wrong-state`.
    package func abort(_ id: String, as principal: Principal) throws { try order(.abort, id, principal) }

    /// Has an execution that did not succeed go on from where it ended.
    ///
    /// - Throws: `not-found`, also where the process may not be started by whoever asks any more; `wrong-state`.
    package func redrive(_ id: String, as principal: Principal) throws { try order(.redrive, id, principal) }

    private func order(_ event: Event, _ id: String, _ principal: Principal) throws {
        let found = try execution(id, as: principal)
        if event == .redrive {
            // It runs once more, as one that is started does.
            if let refusal = Self.refusal(found.process, principal) { throw refusal }
            if let shortage { throw shortage }
        }
        try perform { core in try core.order(event, found.number) }
    }

    // MARK: Tasks

    /// What a worker says of its task.
    package enum TaskAnswer: Sendable {
        case success(JSONValue)
        case failure(StateError)
        case heartbeat
    }

    /// Whoever has the token may answer: it was given to nobody else.
    ///
    /// - Parameter completion: called once, on any thread, when it is durable: `not-found` for a token that nobody gave, `task-ended`.
    package func answerTask(_ token: String, _ answer: TaskAnswer, completion: @escaping @Sendable (Result<Void, any Error>) -> Void) {
        let event: Event =
            switch answer {
            case .success(let output): .taskSucceeded(token: token, output: output)
            case .failure(let error): .taskFailed(token: token, error)
            case .heartbeat: .heartbeat(token: token)
            }
        if let shortage, !event.isHeartbeat { return completion(.failure(shortage)) }
        submit(execution: TaskToken(token)?.executionID, { core in try core.answer(token, event) }, done: completion)
    }

    /// Takes a callback that names a task: an endpoint's answer that comes later. Its signature was checked.
    ///
    /// - Returns: false for one that names none.
    func take(_ callback: RegistrarCallback, _ completion: @escaping @Sendable (Result<Void, Fault>) -> Void) -> Bool {
        guard let token = (try? ValueLimits.parse(callback.body, within: 1))?["task_token"]?.text else { return false }
        let event: Event
        switch TaskAnswers.ending(callback.body) {
        case .succeeded(let output)?: event = .taskSucceeded(token: token, output: output)
        case .failed(let error)?: event = .taskFailed(token: token, error)
        default:
            completion(
                .failure(
                    Fault(
                        .badParameter, "a callback says what became of the task",
                        errors: [.init(pointer: "/outcome", code: "enum", message: "accepted or rejected is wanted")])))
            return true
        }
        if let shortage {
            completion(.failure(shortage))
            return true
        }
        let endpoint = Resource.call(callback.registrar).text
        submit(execution: TaskToken(token)?.executionID, { core in try core.answer(callback: token, event, from: endpoint) }) { result in completion(result.mapError(Self.fault)) }
        return true
    }

    static func fault(_ error: any Error) -> Fault {
        (error as? Fault) ?? Fault(.internalError, "the store could not do it", cause: "\(error)")
    }

    /// Starts the child of a task, once for each task however often this is called; its end will be the task's.
    package func startChild(
        of work: TaskWork, _ process: String, as principal: Principal, completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void
    ) {
        // An attempt has a name of its own: a child that failed is not the next attempt's. A key ends with a colon and a number, and so no attempt of one is the key of another.
        let name = work.call.attempt == 1 ? work.call.key : "\(work.call.key)#\(work.call.attempt)"
        var request = ExecutionRequest(process: process, name: name, input: work.call.input, owner: work.owner, depth: work.call.depth)
        request.parent = (work.key, work.call.token)
        let refusal = Self.refusal(process, principal) ?? shortage
        submit({ [request] core in
            // A child that runs already does so whatever its owner may by now.
            if let known = try core.child(of: work.key) {
                try core.tellAgain(work.call.token, of: known)
                return known
            }
            if let refusal { throw refusal }
            // Its execution will be ended too, and this task with it: until then nothing more begins below.
            if try core.isEnding(work.key.execution) { throw Fault(.overloaded, "its execution, or one above, has ended or is about to", advice: .sendAgainLater) }
            // It was cancelled while this waited for its turn, and nobody would hear of a child, nor end it.
            guard try core.hasTask(work.key) else { throw Fault(.taskEnded, "the task has ended: it was answered, took too long, or its state has ended") }
            return try core.start(request)
        }, done: completion)
    }
}

extension Event {
    fileprivate var isHeartbeat: Bool { if case .heartbeat = self { true } else { false } }
}

extension ExecutionStore: ProcessStarting {}
