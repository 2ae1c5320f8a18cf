import ColumnStore
import Processes

/// The rows of queues themselves.
///
/// Settings are written as a queue is put; counts with each group that has touched it (`write(counts:)`). The sums of `messages` and a queue's counts are
/// changed in the same transaction, so that a start counts nothing that lives. It adds up dead letters alone (`countDeadBytes`), of which none comes past their queue's bound.
enum QueueRows {
    /// Far beyond what any queue has, and what is reckoned with it stays within 64 bits: a damaged file holds any number.
    private static let countMax: Int64 = 1 << 60

    /// Gives each queue, in no order. Figures and what is due are not in the file: `QueueCore.open` has what is due looked for anew.
    static func read(_ connection: SQLiteConnection, _ body: (QueueState) -> Void) throws {
        let select = try connection.statement("""
            SELECT id, name, time_to_live, lock, delivery_count_max, duplicate_window, byte_count_max, keeps_dead_letters, delay, active, locked, delayed, dead,
                byte_count FROM queues
            """)
        defer { select.reset() }
        while try select.step() {
            let settings = QueueSettings(
                timeToLive: duration(select.int64(2)), lock: duration(select.int64(3)), deliveryCountMax: count(select.int64(4)),
                duplicateWindow: duration(select.int64(5)), byteCountMax: count(select.int64(6)), keepsDeadLetters: select.int64(7) != 0,
                delay: duration(select.int64(8)))
            var queue = QueueState(id: select.int64(0), name: select.text(1), settings: settings)
            let counts = (9...13).map { count(select.int64($0)) }
            queue.counts = .init(active: counts[0], locked: counts[1], delayed: counts[2], dead: counts[3], byteCount: counts[4])
            body(queue)
        }
    }

    private static func count(_ number: Int64) -> Int { Int(clamping: min(max(number, -countMax), countMax)) }
    private static func duration(_ number: Int64) -> Int64 { min(max(number, 0), QueueSettings.durationMax) }

    /// Nothing but the counts: a group changes them far more often than settings.
    static func write(counts queue: QueueState, _ connection: SQLiteConnection) throws {
        let update = try connection.statement("UPDATE queues SET active = ?2, locked = ?3, delayed = ?4, dead = ?5, byte_count = ?6 WHERE id = ?1")
        update.bind(1, queue.id)
        bind(queue.counts, update, from: 2)
        try update.run()
    }

    /// Counts the bytes of the bodies of all queues' dead letters.
    ///
    /// Counted as the file is opened, and kept nowhere in it: the version before works on the same file, knows nothing of them, and would leave behind what is not so any more.
    ///
    /// - Complexity: O(dead letters), some ten million a second; once, in a file without the index, a pass over all messages.
    static func countDeadBytes(of queues: inout [String: QueueState], _ connection: SQLiteConnection) throws(SQLiteError) {
        let holders = queues.values.filter { $0.counts.dead > 0 }
        if holders.isEmpty { return }
        // On a full disk, the longer way: each row is looked at. Tried once, and not for each queue, since each attempt is a pass over all messages.
        let index = (try? connection.execute(QueueFile.letterIndex)) == nil ? "message_dues" : "message_letters"
        for queue in holders { queues[queue.name]?.counts.deadByteCount = try deadByteCount(of: queue, by: index, connection) }
    }

    /// - Returns: 0 where that cannot be read: what is damaged is in the way of whoever reads it, and of nobody else.
    private static func deadByteCount(of queue: QueueState, by index: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int {
        do throws(SQLiteError) { return try deadByteCount(ofQueue: queue.id, by: index, connection) } catch {
            guard error.kind == .corrupt else { throw error }
            StoreLog.note("the bytes of a queue's dead letters could not be counted", path: connection.path, reason: "\(queue.name): \(StoreLog.text(error))", level: .warning)
            return 0
        }
    }

    private static func deadByteCount(ofQueue id: Int64, by index: String, _ connection: SQLiteConnection) throws(SQLiteError) -> Int {
        // Not sum(), which is an error where a damaged file goes past all numbers.
        let select = try connection.statement("""
            SELECT CAST(total(byte_count) AS INTEGER) FROM messages INDEXED BY \(index) WHERE queue = ?1 AND state = \(MessageState.dead.rawValue)
            """)
        defer { select.reset() }
        select.bind(1, id)
        return try select.step() ? count(select.int64(0)) : 0
    }

    private static func bind(_ counts: QueueState.Counts, _ statement: SQLiteStatement, from place: Int32) {
        for (offset, count) in [counts.active, counts.locked, counts.delayed, counts.dead, counts.byteCount].enumerated() {
            statement.bind(place + Int32(offset), Int64(count))
        }
    }

    /// Makes the row, or writes it anew.
    static func write(_ queue: QueueState, _ connection: SQLiteConnection) throws {
        let insert = try connection.statement("""
            INSERT OR REPLACE INTO queues(id, name, time_to_live, lock, delivery_count_max, duplicate_window, byte_count_max, keeps_dead_letters, delay, active,
                locked, delayed, dead, byte_count)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            """)
        let settings = queue.settings
        insert.bind(1, queue.id)
        try insert.bind(2, queue.name)
        insert.bind(3, settings.timeToLive)
        insert.bind(4, settings.lock)
        insert.bind(5, Int64(settings.deliveryCountMax))
        insert.bind(6, settings.duplicateWindow)
        insert.bind(7, Int64(settings.byteCountMax))
        insert.bind(8, settings.keepsDeadLetters ? 1 : 0)
        insert.bind(9, settings.delay)
        bind(queue.counts, insert, from: 10)
        try insert.run()
    }

    /// - Returns: the id that the next queue has: none was ever another's whose messages are still there.
    static func nextID(_ connection: SQLiteConnection) throws -> Int64 {
        try connection.integer("SELECT max((SELECT coalesce(max(id), 0) FROM queues), (SELECT coalesce(max(id), 0) FROM removed_queues)) + 1") ?? 1
    }

    /// Takes the queue's row, and notes that its messages are still to be removed, a piece in each group.
    static func remove(_ queue: QueueState, _ connection: SQLiteConnection) throws {
        let delete = try connection.statement("DELETE FROM queues WHERE id = ?1")
        delete.bind(1, queue.id)
        try delete.run()
        let insert = try connection.statement("INSERT INTO removed_queues(id) VALUES(?1)")
        insert.bind(1, queue.id)
        try insert.run()
    }
}
