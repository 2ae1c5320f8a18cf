import ColumnStore
import Documents
import Synchronization

/// Tasks of executions whose message is lost to their workers, since it died or was purged: nobody will answer them, so their executions are notified.
///
/// They stand in a table of the file of queues, from the transaction that loses the message until the execution knows it: no end of the process comes in between.
///
/// 1. A row stays until its execution has been notified, durably, or does not wait for it any more.
/// 2. `telling` has the tokens of rows whose execution is being notified: never twice at a time.
/// 3. Rows are gone through in the order of their tokens, from the front again behind the last one: those whose executions cannot be notified hold up no other,
///    however many they are.
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
    /// The last token that was looked at; empty where the next look is from the front.
    private var place = ""
    /// The last look ended for want of room, with rows behind `place`.
    private var hasMore = false
    /// A row came that may stand before `place`.
    private var hasPassedOver = false
    /// An execution was not notified: the rows are gone through once more.
    private var hasFailed = false

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
        (due, place) = (0, "")
    }

    func close() { connection = nil }

    func begin() {
        let lost = unsettled.withLock { tokens in
            defer { tokens = [] }
            return tokens
        }
        if !lost.isEmpty {
            telling.subtract(lost)
            comeAgain(clock.now())
        }
        leaving = []
    }

    private func comeAgain(_ now: Int64) {
        hasFailed = true
        due = min(due, now.addingSaturating(Self.pause))
    }

    func rollBack() {
        leaving = []
        // Those that were looked at in this group, too.
        (due, place) = (0, "")
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
        if !place.isEmpty { hasPassedOver = true }
    }

    func finish(_ core: QueueCore) throws {
        guard let connection, due <= core.now, teller.withLock({ $0 != nil }) else { return }
        due = .max
        let select = try connection.statement("SELECT token, cause FROM lost_tasks WHERE token > ?1 ORDER BY token")
        try select.bind(1, place)
        defer { select.reset() }
        while try select.step() {
            // The others as one of them comes back, and after a pause where that was not notified.
            guard telling.count + leaving.count < Self.tellingMax else {
                hasMore = true
                return
            }
            let token = select.text(0)
            place = token
            guard !telling.contains(token), !leaving.contains(where: { $0.token == token }) else { continue }
            leaving.append(Lost(token: token, cause: select.text(1)))
        }
        (place, hasMore) = ("", false)
        if hasFailed { due = core.now.addingSaturating(Self.pause) }
        if hasPassedOver { due = 0 }
        (hasFailed, hasPassedOver) = (false, false)
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
                comeAgain(core.now)
                return false
            }
            let delete = try core.opened().statement("DELETE FROM lost_tasks WHERE token = ?1")
            try delete.bind(1, token)
            try delete.run()
            // Not where all were looked at: those that could not be notified have their pause.
            if hasMore { due = 0 }
            return true
        } completion: { [self] result in
            // Its execution is notified again.
            if case .failure = result { unsettled.withLock { $0.append(token) } }
        }
    }

    var nextDue: Int64 { teller.withLock { $0 != nil } ? due : .max }
}
