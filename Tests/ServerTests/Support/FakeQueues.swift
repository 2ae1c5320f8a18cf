import Documents
import Ingest
import Processes

/// A store without queues.
final class FakeQueues: QueueKeeping {
    private let fault = Fault(.notFound, "there is no queue")

    func put(queue name: String, _ settings: QueueSettings) throws -> PutOutcome { throw Fault(.invalidQueue, "no queues here") }
    func queue(_ name: String, as principal: Principal) throws -> QueueReport { throw fault }
    func queues(after name: String?, limit: Int, as principal: Principal) throws -> [QueueReport] { [] }
    func delete(queue name: String) throws { throw fault }
    func send(_ messages: [OutgoingMessage], to queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[SentMessage], Fault>) -> Void) {
        completion(.failure(fault))
    }
    func receive(
        _ countMax: Int, from queue: String, waits: Bool, as principal: Principal, completion: @escaping @Sendable (Result<[ReceivedMessage], Fault>) -> Void
    ) -> any NotificationHandle {
        completion(.failure(fault))
        return Handle()
    }
    func complete(_ locks: [MessageLock], in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void) {
        completion(.failure(fault))
    }
    func settle(_ lock: MessageLock, _ end: MessageEnd, in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        completion(.failure(fault))
    }
    func deadLetters(
        in queue: String, after place: (diedAt: Int64, number: Int64)?, limit: Int, as principal: Principal
    ) throws -> (letters: [DeadMessageReport], isCut: Bool) { throw fault }
    func messages(
        in queue: String, after place: QueuedMessageReport.Place?, limit: Int, as principal: Principal
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool) { throw fault }
    func redrive(_ ids: [String]?, in queue: String, perSecond: Int?, as principal: Principal) throws -> Int { throw fault }
    func purge(_ queue: String, as principal: Principal) throws { throw fault }

    private struct Handle: NotificationHandle { func cancel() {} }
}
