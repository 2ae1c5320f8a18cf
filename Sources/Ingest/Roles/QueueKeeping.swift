package import Documents
package import Processes

/// Queues: messages that wait for workers. A caller that may not use a queue does not learn that there is one.
package protocol QueueKeeping: AnyObject, Sendable {
    // Definitions. Changes are durable before these return; calls wait for the disk.

    /// - Returns: with what became of it the queue as it is by then.
    /// - Throws: `Fault`: invalid-queue.
    func put(queue name: String, _ settings: QueueSettings) throws -> (outcome: PutOutcome, report: QueueReport)
    /// - Throws: `Fault`: not-found.
    func queue(_ name: String, as principal: Principal) throws -> QueueReport
    /// At most `limit` queues whose names are behind `name`, in the order of their names' bytes; nil: from the first.
    func queues(after name: String?, limit: Int, as principal: Principal) throws -> [QueueReport]
    /// With its messages, dead letters too.
    ///
    /// - Throws: `Fault`: not-found.
    func delete(queue name: String) throws

    // Messages. Each `completion` is called once, on any thread, when what it tells is durable, and must return quickly.

    /// Sends all messages or none. Fails with not-found, queue-full, disk-full, overloaded.
    func send(
        _ messages: [OutgoingMessage], to queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[SentMessage], Fault>) -> Void)
    /// Takes up to `countMax` messages under locks: at least one, or none when the wait was ended.
    ///
    /// - Parameter waits: whether to wait while the queue is empty.
    /// - Returns: a handle whose `cancel` ends the wait; `completion` is called then.
    func receive(
        _ countMax: Int, from queue: String, waits: Bool, as principal: Principal, completion: @escaping @Sendable (Result<[ReceivedMessage], Fault>) -> Void
    ) -> any NotificationHandle
    /// Fails with not-found; each lock that was lost is reported by itself.
    ///
    /// - Parameter completion: gets for each lock, in order, whether its message is complete now.
    func complete(_ locks: [MessageLock], in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<[Bool], Fault>) -> Void)
    /// Fails with not-found, lock-lost.
    func settle(
        _ lock: MessageLock, _ end: MessageEnd, in queue: String, as principal: Principal, completion: @escaping @Sendable (Result<Void, Fault>) -> Void)

    // Lots. Calls wait until all is done.

    /// The messages in it except dead letters, without taking them: first those that can be taken, then those that a worker has, then delayed ones.
    /// Where they are long there are fewer than `limit`; then `isCut` says that there are more. This holds for all lists here.
    func messages(
        in queue: String, after place: QueuedMessageReport.Place?, limit: Int, as principal: Principal
    ) throws -> (messages: [QueuedMessageReport], isCut: Bool)
    /// Dead letters, the oldest first, those behind a place.
    func deadLetters(
        in queue: String, after place: (diedAt: Int64, number: Int64)?, limit: Int, as principal: Principal
    ) throws -> (letters: [DeadMessageReport], isCut: Bool)
    /// Puts dead letters back into the queue.
    ///
    /// - Parameter ids: of the messages; nil: all dead letters.
    /// - Returns: how many were put back. Those for which there is no room stay dead letters.
    func redrive(_ ids: [String]?, in queue: String, perSecond: Int?, as principal: Principal) throws -> Int
    /// Deletes dead letters for good, and no other messages: some thousands, the oldest first.
    ///
    /// - Returns: how many are gone, and whether there are more.
    func deleteDeadLetters(in queue: String, as principal: Principal) throws -> DeletionSummary
    /// - Throws: `Fault`: not-found, also for a message that is no dead letter.
    func deleteDeadLetter(_ id: String, in queue: String, as principal: Principal) throws
    /// Deletes all messages except dead letters.
    func purge(_ queue: String, as principal: Principal) throws
}

/// Topics: events and their subscribers. All calls but `publish` wait for the disk.
package protocol TopicKeeping: AnyObject, Sendable {
    /// - Returns: with what became of it the topic as it is by then.
    /// - Throws: `Fault`: invalid-queue.
    func put(topic name: String) throws -> (outcome: PutOutcome, topic: TopicReport)
    /// The names of its subscriptions.
    ///
    /// - Throws: `Fault`: not-found, also for a caller that may not publish to it.
    func topic(_ name: String, as principal: Principal) throws -> [String]
    /// By name, those that the caller may publish to.
    func topics(as principal: Principal) throws -> [TopicReport]
    /// - Throws: `Fault`: not-found, invalid-queue for the store's own.
    func delete(topic name: String) throws

    /// - Parameter keepsSecret: a webhook has the secret that is stored for its URL when the subscription is put, and not its own.
    /// - Returns: with what became of it the subscription as it is by then.
    /// - Throws: `Fault`: not-found, invalid-queue.
    func put(_ subscription: Subscription, keepsSecret: Bool, of topic: String) throws -> (outcome: PutOutcome, report: SubscriptionReport)
    func subscription(_ name: String, of topic: String) throws -> SubscriptionReport
    func subscriptions(of topic: String) throws -> [SubscriptionReport]
    func delete(subscription name: String, of topic: String) throws
    /// Events that were given up, in the order of their coming, those behind a number.
    ///
    /// - Returns: the events; `isCut` where there are fewer than `limit` because they are long, and more follow.
    func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool)
    /// - Returns: how many are tried again.
    func redrive(_ name: String, in topic: String) throws -> Int

    /// All or none. `completion` is called once, on any thread, when they are durable; fails with not-found, invalid-queue, disk-full, overloaded.
    func publish(_ events: [EventDraft], to topic: String, as principal: Principal, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void)
}

extension TopicKeeping {
    /// With the target's own secret.
    ///
    /// - Throws: `Fault`: not-found, invalid-queue.
    package func put(_ subscription: Subscription, of topic: String) throws -> PutOutcome { try put(subscription, keepsSecret: false, of: topic).outcome }
}

/// The role of a store that has queues and topics.
package protocol MessageHolding: AnyObject, Sendable {
    var queues: any QueueKeeping { get }
    var topics: any TopicKeeping { get }
}

extension QueueStore: QueueKeeping {}
extension TopicStore: TopicKeeping {}
