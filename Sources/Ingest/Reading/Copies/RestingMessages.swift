import Documents
import Glibc
import Processes
import Synchronization

/// Of a store at rest its queues and topics, as their file has them.
///
/// Time has not passed in it: what has come due since it was last written is where it was.
final class RestingMessages: Sendable {
    private let path: String
    /// Once a call has asked: nobody works on the store, and it stays what it was.
    private let topics = Mutex<TopicCore?>(nil)

    init(path: String) { self.path = path }

    /// nil: it is made with the first queue, or topic.
    private func opened() throws -> SQLiteConnection? { access(path, F_OK) == 0 ? try QueueFile.read(path: path) : nil }

    // MARK: Queues

    /// By name, those behind one.
    func queues(after name: String?, limit: Int) throws -> [QueueReport] {
        guard let connection = try opened() else { return [] }
        return try Self.states(connection).sorted { $0.name < $1.name }.drop { $0.name <= name ?? "" }.prefix(limit).map { try Self.report($0, connection) }
    }

    /// - Throws: not-found.
    func queue(_ name: String) throws -> QueueReport { try read(name) { try Self.report($0, $1) } }

    func messages(in name: String, after place: QueuedMessageReport.Place?, limit: Int) throws -> (messages: [QueuedMessageReport], isCut: Bool) {
        try read(name) { try QueueStore.messages(of: $0.id, after: place, limit: limit, $1) }
    }

    func deadLetters(in name: String, after place: (diedAt: Int64, number: Int64)?, limit: Int) throws -> (letters: [DeadMessageReport], isCut: Bool) {
        try read(name) { try QueueStore.deadLetters(of: $0.id, after: place, limit: limit, $1) }
    }

    private func read<Value>(_ name: String, _ body: (QueueState, SQLiteConnection) throws -> Value) throws -> Value {
        guard let connection = try opened(), let state = try Self.states(connection).first(where: { $0.name == name }) else { throw Fault.absent(.queue(name)) }
        return try body(state, connection)
    }

    private static func states(_ connection: SQLiteConnection) throws -> [QueueState] {
        var queues: [QueueState] = []
        try QueueRows.read(connection) { queues.append($0) }
        return queues
    }

    private static func report(_ queue: QueueState, _ connection: SQLiteConnection) throws -> QueueReport {
        let oldest = try connection.statement("SELECT min(enqueued_at) FROM messages WHERE queue = ?1 AND state < 3 AND enqueued_at <= ?2")
        defer { oldest.reset() }
        oldest.bind(1, queue.id)
        oldest.bind(2, Clock.system.now())
        let counts = queue.counts
        return QueueReport(
            name: queue.name, settings: queue.settings, active: counts.active, locked: counts.locked, delayed: counts.delayed, dead: counts.dead, byteCount: counts.byteCount,
            oldestAt: try oldest.step() ? oldest.optionalInt64(0) : nil)
    }

    // MARK: Topics

    /// By name, the store's own among them.
    func topicReports() throws -> [TopicReport] {
        try topics { core in core.topicNames.map { TopicReport(name: $0, subscriptions: Self.subscriptionNames(of: $0, core)) } }
    }

    /// - Throws: not-found.
    func subscriptionNames(of topic: String) throws -> [String] {
        try topics { core in
            try core.checkTopic(topic)
            return Self.subscriptionNames(of: topic, core)
        }
    }

    private static func subscriptionNames(of topic: String, _ core: TopicCore) -> [String] {
        core.known(topic).map(\.subscription.name).filter { QueueStore.isName($0) }
    }

    /// - Throws: not-found.
    func subscriptions(of topic: String) throws -> [SubscriptionReport] {
        try topics { core in
            try core.checkTopic(topic)
            return try core.known(topic).filter { QueueStore.isName($0.subscription.name) }.map { try core.report($0) }
        }
    }

    /// - Throws: not-found.
    func subscription(_ name: String, of topic: String) throws -> SubscriptionReport {
        try topics { core in
            try core.checkTopic(topic)
            return try core.report(try core.known(topic, name))
        }
    }

    /// - Throws: not-found.
    func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) {
        try topics { core in try core.dead(try core.known(topic, name), after: number ?? .min, limit: limit) }
    }

    private func topics<Value: Sendable>(_ body: (TopicCore) throws -> Value) throws -> Value {
        try topics.withLock { known in
            if let known { return try body(known) }
            let core = TopicCore(outbox: EventOutbox(clock: .system))
            if let connection = try opened() { try core.load(connection) }
            known = core
            return try body(core)
        }
    }
}
