import ColumnStore
import Documents
import Synchronization

/// Tasks of executions whose message is lost to their workers, since it died or was purged: nobody will answer them, so their executions are notified.
///
/// They stand in a table of the file of queues, from the transaction that loses the message until the execution knows it: no end of the process comes in between.
///
/// 1. A row stays until its execution has been notified, durably, or does not wait for it any more.
/// 2. `telling` has the tokens of rows whose execution is being notified: never twice at a time.
///
/// Proof that it may be shared: the writer's thread alone works with what is not behind a lock, within operations.
final class LostTasks: QueueGroupMember, @unchecked Sendable {
    /// Tells an execution; the completion is called once, on any thread: whether it knows.
    typealias Teller = @Sendable (_ token: String, _ cause: String, _ completion: @escaping @Sendable (_ isKnown: Bool) -> Void) -> Void

    private struct Lost {
        let token: String
        let cause: String
    }

    private let clock: Clock
    private let teller = Mutex<Teller?>(nil)
    private let queues = Mutex<QueueStore?>(nil)
    /// What came back and could not be written down.
    private let unsettled = Mutex<[String]>([])
    private var connection: SQLiteConnection?
    private var telling: Set<String> = []
    /// Of the group that is being made: their executions are notified with its commit.
    private var leaving: [Lost] = []
    /// When rows are looked at.
    private var due = Int64.max

    /// At once.
    private static let tellingMax = 64
    /// After an execution that could not be notified, in microseconds.
    private static let pause: Int64 = 10_000_000

    static let schema = "CREATE TABLE IF NOT EXISTS lost_tasks(token TEXT PRIMARY KEY, cause TEXT NOT NULL) WITHOUT ROWID"

    init(clock: Clock) { self.clock = clock }

    /// From now on executions are notified; until then rows wait in the file.
    func start(_ store: QueueStore, _ tell: @escaping Teller) {
        teller.withLock { $0 = tell }
        queues.withLock { $0 = store }
        store.submit { [self] core -> Bool? in
            due = core.now
            return true
        } completion: { _ in }
    }

    /// A notification that is under way is repeated after a restart, and has no effect then.
    func stop() {
        teller.withLock { $0 = nil }
        queues.withLock { $0 = nil }
    }

    // MARK: Groups

    func open(_ connection: SQLiteConnection) throws {
        try connection.execute(Self.schema)
        self.connection = connection
        due = 0
    }

    func close() { connection = nil }

    func begin() {
        let lost = unsettled.withLock { tokens in
            defer { tokens = [] }
            return tokens
        }
        if !lost.isEmpty {
            telling.subtract(lost)
            due = min(due, clock.now().addingSaturating(Self.pause))
        }
        leaving = []
    }

    func rollBack() {
        leaving = []
        due = 0
    }

    func keep(_ shift: Int64) { due = 0 }
    func died(_ message: DeadMessage, _ core: QueueCore) {}

    /// A message is lost with its task.
    func lost(_ token: String, _ cause: String, _ core: QueueCore) throws {
        let insert = try core.opened().statement("INSERT OR REPLACE INTO lost_tasks(token, cause) VALUES(?1, ?2)")
        try insert.bind(1, token)
        try insert.bind(2, cause)
        try insert.run()
        due = 0
    }

    func finish(_ core: QueueCore) throws {
        guard let connection, due <= core.now, teller.withLock({ $0 != nil }) else { return }
        due = .max
        let select = try connection.statement("SELECT token, cause FROM lost_tasks LIMIT ?1")
        defer { select.reset() }
        // Those whose execution is being notified are among them.
        select.bind(1, Int64(Self.tellingMax))
        while try select.step() {
            let token = select.text(0)
            guard !telling.contains(token), !leaving.contains(where: { $0.token == token }) else { continue }
            leaving.append(Lost(token: token, cause: select.text(1)))
        }
    }

    func committed() {
        guard let tell = teller.withLock({ $0 }) else { return leaving = [] }
        for lost in leaving {
            telling.insert(lost.token)
            tell(lost.token, lost.cause) { [self] in settle(lost.token, isKnown: $0) }
        }
        leaving = []
    }

    private func settle(_ token: String, isKnown: Bool) {
        guard let store = queues.withLock({ $0 }) else { return }
        store.submit { [self] core -> Bool? in
            telling.remove(token)
            guard isKnown else {
                due = min(due, core.now.addingSaturating(Self.pause))
                return false
            }
            let delete = try core.opened().statement("DELETE FROM lost_tasks WHERE token = ?1")
            try delete.bind(1, token)
            try delete.run()
            // Others may stand behind it.
            due = 0
            return true
        } completion: { [self] result in
            // Its execution is notified again.
            if case .failure = result { unsettled.withLock { $0.append(token) } }
        }
    }

    var nextDue: Int64 { teller.withLock { $0 != nil } ? due : .max }
}
