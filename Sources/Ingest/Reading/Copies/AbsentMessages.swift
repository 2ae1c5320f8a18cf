import ColumnStore
import Documents
import Processes

/// As `AbsentRoles`: queues, topics, executions and files, which a copy that is only read has no calls for. It lists uploads and executions, and of a store at rest tells what is in its queues, topics and processes.
final class AbsentMessages: QueueKeeping, TopicKeeping, ProcessKeeping, UploadKeeping {
    private var fault: Fault { AbsentRoles.fault }
    private let standby: StandbyReading
    /// Of a store at rest alone: of another copy the files of queues are not kept with its record.
    private func resting(_ principal: Principal = .admin) throws -> RestingMessages {
        guard let figures = try standby.taken().figures, principal.isAdmin else { throw fault }
        return figures.messages
    }

    init(_ standby: StandbyReading) { self.standby = standby }

    /// Nobody is ever notified, so there is nothing to cancel.
    private struct Silence: NotificationHandle {
        func cancel() {}
    }

    // MARK: Queues

    func put(queue name: String, _ settings: QueueSettings) throws -> (outcome: PutOutcome, report: QueueReport) { throw fault }
    func queue(_ name: String, as principal: Principal) throws -> QueueReport { try resting(principal).queue(name) }
    func queues(after name: String?, limit: Int, as principal: Principal) throws -> [QueueReport] { try resting(principal).queues(after: name, limit: limit) }
    func delete(queue name: String) throws { throw fault }
    func send(_ messages: [OutgoingMessage], to queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[SentMessage], Fault>) -> Void) { completion(.failure(fault)) }
    func receive(
        _ countMax: Int, from queue: String, waits: Bool, as principal: Principal, completion: @escaping @Sendable (Result<[ReceivedMessage], Fault>) -> Void
    ) -> any NotificationHandle {
        completion(.failure(fault))
        return Silence()
    }
    func complete(_ locks: [MessageLock], in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void) { completion(.failure(fault)) }
    func settle(
        _ lock: MessageLock, _ end: MessageEnd, in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<Void, Fault>) -> Void
    ) { completion(.failure(fault)) }
    func messages(
        in queue: String, after place: QueuedMessageReport.Place?, limit: Int, as principal: Principal
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool) { try resting(principal).messages(in: queue, after: place, limit: limit) }
    func deadLetters(
        in queue: String, after place: (diedAt: Int64, number: Int64)?, limit: Int, as principal: Principal
    ) throws -> (letters: [DeadMessageReport], isCut: Bool) { try resting(principal).deadLetters(in: queue, after: place, limit: limit) }
    func redrive(_ ids: [String]?, in queue: String, perSecond: Int?, as principal: Principal) throws -> Int { throw fault }
    func deleteDeadLetters(in queue: String, as principal: Principal) throws -> DeletionSummary { throw fault }
    func deleteDeadLetter(_ id: String, in queue: String, as principal: Principal) throws { throw fault }
    func purge(_ queue: String, as principal: Principal) throws { throw fault }

    // MARK: Topics

    func put(topic name: String) throws -> (outcome: PutOutcome, topic: TopicReport) { throw fault }
    func topic(_ name: String, as principal: Principal) throws -> [String] { try resting(principal).subscriptionNames(of: name) }
    func topics(as principal: Principal) throws -> [TopicReport] { try resting(principal).topicReports() }
    func delete(topic name: String) throws { throw fault }
    func put(_ subscription: Subscription, keepsSecret: Bool, of topic: String) throws -> (outcome: PutOutcome, report: SubscriptionReport) { throw fault }
    func subscription(_ name: String, of topic: String) throws -> SubscriptionReport { try resting().subscription(name, of: topic) }
    func subscriptions(of topic: String) throws -> [SubscriptionReport] { try resting().subscriptions(of: topic) }
    func delete(subscription name: String, of topic: String) throws { throw fault }
    func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) {
        try resting().deadEvents(of: name, in: topic, after: number, limit: limit)
    }
    func redrive(_ name: String, in topic: String) throws -> Int { throw fault }
    func publish(_ events: [EventDraft], to topic: String, as principal: Principal, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) { completion(.failure(fault)) }

    // MARK: State machines

    func process(_ name: String, hold: (Int) throws -> Void) throws -> ProcessDescription {
        guard let found = try standby.taken().executions.process(name, hold: hold) else { throw Fault.absent(.process(nil)) }
        return found
    }
    func processes(after name: String?, limit: Int, hold: (Int) throws -> Void) throws -> (processes: [ProcessDescription], isCut: Bool) {
        try standby.taken().executions.processes(after: name, limit: limit, byteCountMax: ExecutionQuestion.pageByteCountMax, hold: hold)
    }
    func putProcess(_ name: String, _ definition: [UInt8]) throws -> ProcessPutOutcome { throw fault }
    func deleteProcess(_ name: String) throws { throw fault }
    func start(
        _ process: String, name: String?, input: JSONValue, as principal: Principal, completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void
    ) { completion(.failure(fault)) }
    func execution(_ id: String, as principal: Principal, hold: (Int) throws -> Void) throws -> ExecutionView { try standby.taken().executions.execution(id, as: principal, hold: hold) }
    func executions(_ question: ExecutionQuestion, as principal: Principal, hold: (Int) throws -> Void) throws -> (executions: [ExecutionView], isCut: Bool) {
        try standby.taken().executions(question, as: principal, hold: hold)
    }
    func history(_ id: String, after: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> (events: [(number: Int64, json: [UInt8])], isCut: Bool) {
        try standby.taken().executions.history(id, after: after, limit: limit, as: principal, hold: hold)
    }
    func abort(_ id: String, as principal: Principal) throws { throw fault }
    func redrive(_ id: String, as principal: Principal) throws { throw fault }
    func answerTask(_ token: String, _ answer: ExecutionStore.TaskAnswer, completion: @escaping @Sendable (Result<Void, any Error>) -> Void) { completion(.failure(fault)) }
    func startChild(
        of work: TaskWork, _ process: String, as principal: Principal, completion: @escaping @Sendable (Result<StartedExecution, any Error>) -> Void
    ) { completion(.failure(fault)) }
    func begin(_ executor: any TaskExecutor) throws { throw fault }

    // MARK: Files

    var byteCountMax: Int { 0 }
    func announce(_ announcement: UploadAnnouncement, id: String, as principal: Principal) throws -> Upload { throw fault }
    func upload(_ id: String, as principal: Principal) throws -> Upload { try Uploads.known(standby.reader.catalog, id, as: principal) }
    func uploads(client: String?, state: Upload.State?, after place: (createdAt: Int64, id: String)?, limit: Int, as principal: Principal) throws -> [Upload] { try Uploads.listed(standby.reader.catalog, client: client, state: state, after: place, limit: limit, as: principal) }
    func records(of id: String, as principal: Principal) throws -> UploadRecords { throw fault }
    func rejections(of upload: Upload, after record: Int64, limit: Int, as principal: Principal, hold: (Int) throws -> Void) throws -> RejectionPage {
        try Uploads.rejections(standby.reader.catalog, standby.reader.types, of: upload, after: record, limit: limit, as: principal, hold: hold)
    }
    func linked(_ id: String) throws -> Upload? { nil }
    func receive(_ upload: Upload, from start: Int64, isAnew: Bool, isKept: Bool) throws -> UploadFile { throw fault }
    func fileByteCount(_ id: String) -> Int64 { 0 }
    func finish(_ file: UploadFile, coding: StreamCoding?) throws -> Upload { throw fault }
    func cancel(_ id: String, as principal: Principal) throws { throw fault }
    func revert(_ id: String, as principal: Principal) throws -> Upload { throw fault }
    func start(describe: @escaping @Sendable (Upload) -> [UInt8]) {}
}
