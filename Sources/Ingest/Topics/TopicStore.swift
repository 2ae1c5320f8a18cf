import ColumnStore
package import Documents
package import Processes
import Query
import Synchronization

/// Topics of a store: events in, and out to those who subscribed. What they are is in `TopicCore`, which the writer of queues works with.
///
/// From any thread. Each call is an operation of a group of that writer: those with a `completion` return at once, others wait for the disk.
package final class TopicStore: Sendable {
    private let core: TopicCore
    private let outbox: EventOutbox
    private let queues: QueueStore
    /// The last sequence of the store.
    private let sequence: @Sendable () -> Int64

    init(core: TopicCore, outbox: EventOutbox, queues: QueueStore, sequence: @escaping @Sendable () -> Int64) {
        self.core = core
        (self.outbox, self.queues, self.sequence) = (outbox, queues, sequence)
    }

    /// From now on webhooks are called and processes started.
    func start(policy: AddressPolicy, _ surroundings: TopicSurroundings) {
        outbox.start(policy: policy, surroundings) { [self] key, answer in
            perform { topics, core in try topics.settle(key, answer, core) } completion: { [core] result in
                // What became of it is not written: it is tried again.
                if case .failure = result { core.unsettled.withLock { $0.append(key) } }
            }
        }
        perform { topics, _ in topics.startSending() } completion: { _ in }
    }

    /// Calls under way end. Queues go on: outcomes of the calls can still be written down.
    func stop() { outbox.stop() }

    private func perform<Value: Sendable>(
        byteCount: Int = 0, _ body: @escaping @Sendable (TopicCore, QueueCore) throws -> Value, completion: @escaping @Sendable (Result<Value, Fault>) -> Void
    ) {
        queues.submit(byteCount: byteCount) { [topics = core] core -> Value? in try body(topics, core) } completion: { completion($0) }
    }

    private func performAndWait<Value: Sendable>(_ body: @escaping @Sendable (TopicCore, QueueCore) throws -> Value) throws -> Value {
        try queues.perform { [topics = core] core in try body(topics, core) }
    }

    // MARK: Topics

    private static func check(_ name: String, _ principal: Principal) throws {
        guard principal.uses.topics.includes(name) else { throw Fault.absent(.topic(name)) }
    }

    package func put(topic name: String) throws -> (outcome: PutOutcome, topic: TopicReport) {
        try QueueStore.checkName(name, "topic")
        while true {
            let put = try performAndWait { topics, core -> (outcome: PutOutcome, topic: TopicReport)? in
                guard let outcome = try topics.put(topic: name, core) else { return nil }
                return (outcome, TopicReport(name: name, subscriptions: Self.subscriptionNames(of: name, topics)))
            }
            if let put { return put }
        }
    }

    /// By name; those of processes have names that nobody could give.
    private static func subscriptionNames(of topic: String, _ topics: TopicCore) -> [String] { topics.known(topic).map(\.subscription.name).filter { QueueStore.isName($0) } }

    /// The names of its subscriptions.
    ///
    /// - Throws: `Fault`: not-found.
    package func topic(_ name: String, as principal: Principal) throws -> [String] {
        try Self.check(name, principal)
        return try performAndWait { topics, _ in
            try topics.checkTopic(name)
            return Self.subscriptionNames(of: name, topics)
        }
    }

    /// By name, those that the principal may use, the store's own among them: all as of the last group.
    package func topics(as principal: Principal) throws -> [TopicReport] {
        let seen = outbox.seen
        let subscriptions = Dictionary(grouping: seen.subscriptions.filter { QueueStore.isName($0.name) }) { $0.topic }
        return seen.topics.union([TopicCore.till]).filter { principal.uses.topics.includes($0) }.sorted().map { name in
            TopicReport(name: name, subscriptions: subscriptions[name, default: []].map { $0.name }.sorted())
        }
    }

    package func delete(topic name: String) throws { try performAndWait { topics, _ in try topics.delete(topic: name) } }

    // MARK: Subscriptions

    /// Beside the writer, in a pool's connection: counting takes as long as there are events to be delivered.
    private func report(_ place: SubscriptionPlace) throws -> SubscriptionReport { try queues.pool.withConnection { try SubscriptionReading.report(place, $0) } }

    private func place(_ name: String, of topic: String) throws -> SubscriptionPlace {
        try performAndWait { topics, _ in
            try topics.checkTopic(topic)
            return try topics.known(topic, name).place
        }
    }

    /// The sequence is read within the operation: changes from the moment of the subscription on are delivered.
    package func put(_ subscription: Subscription, keepsSecret: Bool, of topic: String) throws -> (outcome: PutOutcome, report: SubscriptionReport) {
        try QueueStore.checkName(subscription.name, "subscription")
        let sequence = sequence
        let (outcome, place) = try performAndWait { topics, core -> (PutOutcome, SubscriptionPlace) in
            let outcome = try topics.put(subscription, keepsSecret: keepsSecret, topic: topic, sequence: sequence(), core)
            return (outcome, try topics.known(topic, subscription.name).place)
        }
        return (outcome, try report(place))
    }

    package func subscription(_ name: String, of topic: String) throws -> SubscriptionReport { try report(try place(name, of: topic)) }

    package func subscriptions(of topic: String) throws -> [SubscriptionReport] {
        let places = try performAndWait { topics, _ in
            try topics.checkTopic(topic)
            return topics.known(topic).map(\.place).filter { QueueStore.isName($0.subscription.name) }
        }
        return try places.map { try report($0) }
    }

    /// It is gone as this returns; its deliveries go by and by.
    package func delete(subscription name: String, of topic: String) throws {
        try performAndWait { topics, _ in
            try topics.checkTopic(topic)
            try topics.remove(try topics.known(topic, name))
        }
    }

    /// - Parameter number: behind this one; nil: from the first.
    /// - Throws: `Fault`: not-found.
    package func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) {
        let place = try performAndWait { topics, _ in try topics.known(topic, name).place }
        return try queues.pool.withConnection { try SubscriptionReading.dead(of: place, after: number ?? .min, limit: limit, $0) }
    }

    /// A piece in each group: they are looked for beside the writer.
    ///
    /// - Returns: how many events are tried again; each once, also where it is given up again meanwhile.
    /// - Throws: `Fault`: not-found. Pieces that were done by then stay done.
    package func redrive(_ name: String, in topic: String) throws -> Int {
        let (id, last) = try performAndWait { topics, _ in (try topics.known(topic, name).id, topics.state.lastNumber) }
        var (count, place) = (0, Int64.min)
        while true {
            let piece = try queues.pool.withConnection { try SubscriptionReading.deadNumbers(of: id, after: place, through: last, $0) }
            guard let end = piece.last else { return count }
            count += try performAndWait { topics, core -> Int in
                let known = try topics.known(topic, name)
                // Another one of this name has what is its own.
                guard known.id == id else { return 0 }
                return try topics.redrive(known, piece, core.now)
            }
            place = end
        }
    }

    // MARK: Events

    /// Of callers.
    ///
    /// - Throws: through `completion`: not-found, invalid-queue for the store's own topic.
    package func publish(
        _ events: [EventDraft], to topic: String, as principal: Principal, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void
    ) {
        do {
            try Self.check(topic, principal)
            guard topic != TopicCore.till else { throw Fault(.invalidQueue, "the topic till is the store's own: nobody else publishes to it") }
        } catch {
            return completion(.failure(error as? Fault ?? Fault(.internalError, "the events could not be published", cause: "\(error)")))
        }
        publish(events, to: topic, completion: completion)
    }

    /// The store's changes, and with them how far they were read.
    ///
    /// - Throws: through `completion`: disk-full, where queues and topics leave the room to documents: they are read from the same place again.
    func publish(changes: [EventDraft], through sequence: Int64, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        perform(byteCount: changes.reduce(0) { $0 + $1.data.count }) { topics, core in
            // Nobody wants them any more.
            guard let place = topics.feedAfter, place < sequence else { return }
            if !changes.isEmpty { try core.checkRoom() }
            _ = try topics.publish(changes, to: TopicCore.till, core)
            try topics.setFeed(after: sequence)
        } completion: { completion($0) }
    }

    /// Sentences for operators about subscriptions that get nothing.
    var texts: [String] {
        outbox.seen.resting.map { "the subscription \($0.name) of the topic \($0.topic) rests: this version cannot read its condition, or does not know its target" }.sorted()
    }

    var feedAfter: Int64? { outbox.seen.feedAfter }
    func watchFeed(_ action: (@Sendable () -> Void)?) { outbox.watchFeed(action) }

    package func metrics() -> [Metric] {
        let seen = outbox.seen
        let figures = seen.figures
        return [("published", figures.published), ("duplicate", figures.duplicates), ("delivered", figures.delivered), ("failed", figures.failed), ("died", figures.died)].map { word, count in
            Metric(
                name: "events_total", help: "What became of events since the start: published ones and repeats, and calls and messages that told somebody.", kind: .counter,
                labels: [(name: "event", value: word)], value: Double(count))
        } + [Metric(name: "subscriptions", help: "Subscriptions of topics.", kind: .gauge, value: Double(seen.subscriptions.count))]
    }
}

extension TopicStore: EventPublishing {
    package func publish(_ events: [EventDraft], to topic: String, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) {
        // 512 for the members around the data.
        perform(byteCount: events.reduce(0) { $0 + $1.data.count + 512 }) { topics, core in
            try topics.checkTopic(topic)
            try core.checkRoom()
            return try topics.publish(events, to: topic, core)
        } completion: { completion($0) }
    }

    package var isHeard: Bool { outbox.seen.isStoreHeard }

    package func emit(_ event: EventDraft, completion: @escaping @Sendable (Result<Void, Fault>) -> Void) {
        // As of the last group: whoever subscribes at this moment hears of what comes after.
        guard isHeard else { return completion(.success(())) }
        perform(byteCount: event.data.count) { topics, core in
            _ = try topics.publish([event], to: TopicCore.till, core)
        } completion: { completion($0) }
    }

    /// A process's own subscriptions have names that nobody can give: `process:<name>:<place>`. They stay where their topic goes, and go on where it comes again.
    package func follow(_ rules: [EventRule], starting process: String) throws {
        let prefix = Self.prefix(process)
        let sequence = sequence
        // Most processes follow nothing, and no file is made for them.
        let seen = outbox.seen
        if rules.isEmpty, !seen.subscriptions.contains(where: { $0.name.hasPrefix(prefix) }), !seen.draining.contains(where: { $0.hasPrefix(prefix) }) { return }
        try performAndWait { topics, core in try topics.follow(Set(rules), starting: process, prefix: prefix, sequence: sequence(), core) }
    }

    package func hasten(startsOf process: String) {
        let seen = outbox.seen
        if seen.subscriptions.isEmpty, seen.draining.isEmpty { return }
        perform { topics, _ in topics.hasten(topics.subscriptions(to: .process(process))) } completion: { result in
            guard case .failure(let fault) = result else { return }
            StoreLog.note("events start a process that is there now no sooner than they were to", path: process, reason: fault.detail, level: .warning)
        }
    }

    private static func prefix(_ process: String) -> String { "\(Subscription.processPrefix)\(process):" }

    /// As of the last group, as `TopicCore.follow` counts: its own subscriptions are as many as there are different rules.
    package func crowdedTopics(_ rules: [EventRule], starting process: String) -> Set<String> {
        let prefix = Self.prefix(process)
        let others = outbox.seen.subscriptions.filter { !$0.name.hasPrefix(prefix) }
        let counts = Dictionary(Set(rules).map { ($0.topic, 1) }, uniquingKeysWith: +)
        return Set(counts.filter { topic, count in count + others.count(where: { $0.topic == topic }) > TopicCore.subscriptionCountMax }.keys)
    }

    package func conditionFault(_ text: String) -> String? {
        do {
            _ = try EventCondition(text, within: core.bindingSeconds)
            return nil
        } catch {
            return "\(error.detail)"
        }
    }

    package func hasTopic(_ name: String) -> Bool { name == TopicCore.till || outbox.seen.topics.contains(name) }
}
