import Documents
import Ingest
import Processes
import Synchronization

/// A store without queues; or with one of any name, where a test holds whoever receives.
final class FakeQueues: QueueKeeping {
    struct State {
        /// Whoever asks for messages waits here.
        var holdsReceivers = false
        var receivers: [@Sendable (Result<[ReceivedMessage], Fault>) -> Void] = []
        /// How often one of them was to wait no more.
        var cancelCount = 0
        /// Tokens of the messages that were given back.
        var abandoned: [String] = []
        /// Whatever is put is taken, and gone before anybody looks for it.
        var takesQueues = false
    }
    let state = Mutex(State())
    private let fault = Fault(.notFound, "there is no queue")

    func put(queue name: String, _ settings: QueueSettings) throws -> (outcome: PutOutcome, report: QueueReport) {
        guard state.withLock({ $0.takesQueues }) else { throw Fault(.invalidQueue, "no queues here") }
        return (.created, QueueReport(name: name, settings: settings, active: 0, locked: 0, delayed: 0, dead: 0, byteCount: 0, oldestAt: nil))
    }
    func queue(_ name: String, as principal: Principal) throws -> QueueReport { throw fault }
    func queues(after name: String?, limit: Int, as principal: Principal) throws -> [QueueReport] { [] }
    func delete(queue name: String) throws { throw fault }
    func send(_ messages: [OutgoingMessage], to queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[SentMessage], Fault>) -> Void) {
        completion(.failure(fault))
    }
    func receive(
        _ countMax: Int, from queue: String, waits: Bool, as principal: Principal, completion: @escaping @Sendable (Result<[ReceivedMessage], Fault>) -> Void
    ) -> any NotificationHandle {
        let isHeld = state.withLock { state in
            if state.holdsReceivers { state.receivers.append(completion) }
            return state.holdsReceivers
        }
        if !isHeld { completion(.failure(fault)) }
        return Handle { [self] in state.withLock { $0.cancelCount += 1 } }
    }
    func complete(_ locks: [MessageLock], in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void) {
        completion(.failure(fault))
    }
    func settle(_ lock: MessageLock, _ end: MessageEnd, in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        if case .abandon = end { state.withLock { $0.abandoned.append(lock.token) } }
        completion(.failure(fault))
    }
    func deadLetters(
        in queue: String, after place: (diedAt: Int64, number: Int64)?, limit: Int, as principal: Principal
    ) throws -> (letters: [DeadMessageReport], isCut: Bool) { throw fault }
    func messages(
        in queue: String, after place: QueuedMessageReport.Place?, limit: Int, as principal: Principal
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool) { throw fault }
    func redrive(_ ids: [String]?, in queue: String, perSecond: Int?, as principal: Principal) throws -> Int { throw fault }
    func deleteDeadLetters(in queue: String, as principal: Principal) throws -> DeletionSummary { throw fault }
    func deleteDeadLetter(_ id: String, in queue: String, as principal: Principal) throws { throw fault }
    func purge(_ queue: String, as principal: Principal) throws { throw fault }

    private struct Handle: NotificationHandle {
        let action: @Sendable () -> Void
        func cancel() { action() }
    }
}
