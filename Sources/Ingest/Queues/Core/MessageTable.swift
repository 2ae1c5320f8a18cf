import Processes

/// The rows of messages: each call is one statement or two. Who calls keeps the counts.
///
/// One thread, with one connection; its statements are prepared once.
///
/// 1. A body lies in the row up to `QueueFile.inlineByteCountMax` bytes, else in `bodies` under the row's number; never in both.
/// 2. `byte_count` stays what it was when the message came, also of a row that was emptied: it says where its body lay.
/// 3. `number` orders messages that are due at the same instant. It changes when a dead letter goes back, and its body goes with it.
/// 4. `came_at` is when the id came, by `IDClock`, for its window; `enqueued_at` when the message can be received for the first time since it came or went back, for its time to live. Of one that is delayed so
///    long it is in the future.
final class MessageTable {
    /// A row without its body.
    struct Row {
        let number: Int64
        let id: String
        let state: MessageState
        let due: Int64
        let cameAt: Int64
        let enqueuedAt: Int64
        let deliveries: Int
        let byteCount: Int
        let sender: String?
        let token: [UInt8]?
    }

    private let connection: SQLiteConnection
    /// Those of every group; rarer ones are prepared by the connection as they are wanted.
    private let insert, putBody, byID, firstDue, oldest, move, lockRow, forget, forgetBody, empty, bodyOf: SQLiteStatement
    private static let columns = "number, id, state, due, came_at, enqueued_at, deliveries, byte_count, sender, token"

    init(_ connection: SQLiteConnection) throws {
        self.connection = connection
        insert = try connection.statement("""
            INSERT OR IGNORE INTO messages(number, queue, id, state, due, came_at, enqueued_at, deliveries, byte_count, sender, body)
            VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?5, 0, ?7, ?8, ?9)
            """)
        putBody = try connection.statement("INSERT INTO bodies(number, body) VALUES(?1, ?2)")
        byID = try connection.statement("SELECT \(Self.columns) FROM messages WHERE queue = ?1 AND id = ?2")
        firstDue = try connection.statement(
            "SELECT \(Self.columns) FROM messages WHERE queue = ?1 AND state = ?2 AND due <= ?3 ORDER BY due, number LIMIT ?4")
        oldest = try connection.statement(
            "SELECT \(Self.columns) FROM messages WHERE queue = ?1 AND state < 3 AND enqueued_at <= ?2 AND state <> 1 ORDER BY enqueued_at LIMIT ?3")
        move = try connection.statement("UPDATE messages SET state = ?2, due = ?3, token = NULL, reason = ?4, detail = ?5 WHERE number = ?1")
        lockRow = try connection.statement("UPDATE messages SET state = 1, due = ?2, token = ?3, deliveries = ?4 WHERE number = ?1")
        forget = try connection.statement("DELETE FROM messages WHERE number = ?1")
        forgetBody = try connection.statement("DELETE FROM bodies WHERE number = ?1")
        empty = try connection.statement("""
            UPDATE messages SET state = 4, due = came_at, token = NULL, reason = NULL, detail = NULL, sender = NULL, body = NULL WHERE number = ?1
            """)
        bodyOf = try connection.statement("SELECT coalesce(m.body, b.body) FROM messages m LEFT JOIN bodies b ON b.number = m.number WHERE m.number = ?1")
    }

    // MARK: Coming and going

    /// Adds a row. The unique index of (queue, id) says whether the id is there, so that no search comes before it.
    ///
    /// - Parameters:
    ///   - due: when it can be received, microseconds since 1970; its time to live counts from then.
    ///   - cameAt: of its id.
    /// - Returns: false where the queue has a row of that id.
    func add(
        _ number: Int64, queue: Int64, id: String, _ state: MessageState, due: Int64, cameAt: Int64, sender: String?, body: [UInt8]
    ) throws -> Bool {
        let isInline = body.count <= QueueFile.inlineByteCountMax
        insert.bind(1, number)
        insert.bind(2, queue)
        try insert.bind(3, id)
        insert.bind(4, state.rawValue)
        insert.bind(5, due)
        insert.bind(6, cameAt)
        insert.bind(7, Int64(body.count))
        try insert.bind(8, sender)
        if isInline { try insert.bind(9, body) } else { insert.bindNull(9) }
        try insert.run()
        guard connection.changeCount == 1 else { return false }
        if !isInline {
            putBody.bind(1, number)
            try putBody.bind(2, body)
            try putBody.run()
        }
        return true
    }

    /// Takes the row away, and with it the id.
    func remove(_ row: Row) throws {
        try removeBody(row)
        forget.bind(1, row.number)
        try forget.run()
    }

    /// Leaves the id alone.
    ///
    /// Takes body, token and reasons away; the row stands as `.gone` with the time it came, by which it is forgotten.
    func empty(_ row: Row) throws {
        try removeBody(row)
        empty.bind(1, row.number)
        try empty.run()
    }

    private func removeBody(_ row: Row) throws {
        guard row.byteCount > QueueFile.inlineByteCountMax else { return }
        forgetBody.bind(1, row.number)
        try forgetBody.run()
    }

    // MARK: Moving

    /// Ends the row's lock, if it has one. Reasons are those of a death, and are taken off by any other move.
    func move(_ row: Row, to state: MessageState, due: Int64, reason: String? = nil, detail: String? = nil) throws {
        move.bind(1, row.number)
        move.bind(2, state.rawValue)
        move.bind(3, due)
        try move.bind(4, reason)
        try move.bind(5, detail)
        try move.run()
    }

    /// - Parameter until: microseconds since 1970; timers end the lock then.
    func lock(_ row: Row, until: Int64, token: [UInt8], deliveries: Int) throws {
        lockRow.bind(1, row.number)
        lockRow.bind(2, until)
        try lockRow.bind(3, token)
        lockRow.bind(4, Int64(deliveries))
        try lockRow.run()
    }

    /// Makes a dead letter a message again, behind all others.
    ///
    /// - Parameter due: as in `add`.
    func revive(_ row: Row, as number: Int64, _ state: MessageState, due: Int64) throws {
        // The number is the row's own key, so the row moves in its table: letters that go back are few.
        let update = try connection.statement("""
            UPDATE messages SET number = ?2, state = ?3, due = ?4, enqueued_at = ?4, deliveries = 0, reason = NULL, detail = NULL WHERE number = ?1
            """)
        update.bind(1, row.number)
        update.bind(2, number)
        update.bind(3, state.rawValue)
        update.bind(4, due)
        try update.run()
        guard row.byteCount > QueueFile.inlineByteCountMax else { return }
        let body = try connection.statement("UPDATE bodies SET number = ?2 WHERE number = ?1")
        body.bind(1, row.number)
        body.bind(2, number)
        try body.run()
    }

    // MARK: Looking

    /// nil where the queue never had the id, or has forgotten it.
    func row(queue: Int64, id: String) throws -> Row? {
        defer { byID.reset() }
        byID.bind(1, queue)
        try byID.bind(2, id)
        return try byID.step() ? try Self.row(byID) : nil
    }

    /// Those of a state that are due, the first first.
    ///
    /// - Complexity: O(log messages + limit), by `message_dues`.
    func rows(queue: Int64, _ state: MessageState, dueBy now: Int64, limit: Int) throws -> [Row] {
        firstDue.bind(1, queue)
        firstDue.bind(2, state.rawValue)
        firstDue.bind(3, now)
        firstDue.bind(4, Int64(limit))
        return try Self.rows(firstDue)
    }

    /// Those that nobody has and that could be received by then, the oldest first.
    func rows(queue: Int64, enqueuedBy time: Int64, limit: Int) throws -> [Row] {
        oldest.bind(1, queue)
        oldest.bind(2, time)
        oldest.bind(3, Int64(limit))
        return try Self.rows(oldest)
    }

    /// Those of a state with numbers up to one.
    ///
    /// In no order; for a purge, which takes all.
    ///
    /// - Complexity: O(the queue's messages of that state) where those with higher numbers come first.
    func rows(queue: Int64, _ state: MessageState, through number: Int64, limit: Int) throws -> [Row] {
        let select = try connection.statement("SELECT \(Self.columns) FROM messages WHERE queue = ?1 AND state = ?2 AND number <= ?3 LIMIT ?4")
        select.bind(1, queue)
        select.bind(2, state.rawValue)
        select.bind(3, number)
        select.bind(4, Int64(limit))
        return try Self.rows(select)
    }

    /// Dead letters, the first that died first: of those that were there at a moment.
    ///
    /// - Parameters:
    ///   - died: the last died by then.
    ///   - number: the highest that was given by then: whatever has gone back since has a higher one.
    func letters(queue: Int64, diedBy died: Int64, through number: Int64, limit: Int) throws -> [Row] {
        let select = try connection.statement(
            "SELECT \(Self.columns) FROM messages WHERE queue = ?1 AND state = \(MessageState.dead.rawValue) AND due <= ?2 AND number <= ?3 ORDER BY due, number LIMIT ?4")
        select.bind(1, queue)
        select.bind(2, died)
        select.bind(3, number)
        select.bind(4, Int64(limit))
        return try Self.rows(select)
    }

    /// Nil for a message without one: damage.
    func body(of row: Row) throws -> [UInt8]? {
        defer { bodyOf.reset() }
        bodyOf.bind(1, row.number)
        return try bodyOf.step() && !bodyOf.isNull(0) ? bodyOf.bytes(0) : nil
    }

    /// Nil for a message without a body.
    func beginning(of row: Row) throws -> [UInt8]? {
        let select = try connection.statement(
            "SELECT substr(coalesce(m.body, b.body), 1, ?2) FROM messages m LEFT JOIN bodies b ON b.number = m.number WHERE m.number = ?1")
        defer { select.reset() }
        select.bind(1, row.number)
        select.bind(2, Int64(TaskMessage.beginningByteCount))
        return try select.step() && !select.isNull(0) ? select.bytes(0) : nil
    }

    /// When the first of a state is due; nil when there is none.
    func firstDue(queue: Int64, _ state: MessageState) throws -> Int64? {
        try value("SELECT min(due) FROM messages WHERE queue = ?1 AND state = ?2", queue, state.rawValue)
    }

    /// When the last of a state is due; nil when there is none.
    func lastDue(queue: Int64, _ state: MessageState) throws -> Int64? {
        try value("SELECT max(due) FROM messages WHERE queue = ?1 AND state = ?2", queue, state.rawValue)
    }

    /// Since when the oldest that lives can be received; nil where none could be by `now`.
    func oldest(queue: Int64, now: Int64) throws -> Int64? {
        try value("SELECT min(enqueued_at) FROM messages WHERE queue = ?1 AND state < 3 AND enqueued_at <= ?2", queue, now)
    }

    /// From when the time to live counts of the oldest that nobody has, also of one that is delayed.
    func oldestFree(queue: Int64) throws -> Int64? {
        try value("SELECT enqueued_at FROM messages WHERE queue = ?1 AND state < 3 AND state <> 1 ORDER BY enqueued_at LIMIT 1", queue, nil)
    }

    private func value(_ sql: String, _ first: Int64, _ second: Int64?) throws -> Int64? {
        let select = try connection.statement(sql)
        defer { select.reset() }
        select.bind(1, first)
        if let second { select.bind(2, second) }
        return try select.step() ? select.optionalInt64(0) : nil
    }

    private static func rows(_ select: SQLiteStatement) throws -> [Row] {
        defer { select.reset() }
        var rows: [Row] = []
        while try select.step() { rows.append(try row(select)) }
        return rows
    }

    private static func row(_ select: SQLiteStatement) throws -> Row {
        guard let state = MessageState(rawValue: select.int64(2)) else {
            throw SQLiteError(code: 11, message: "a message has the unknown state \(select.int64(2))", path: "", sql: select.sql)
        }
        return Row(
            number: select.int64(0), id: select.text(1), state: state, due: select.int64(3), cameAt: select.int64(4), enqueuedAt: select.int64(5),
            deliveries: Int(clamping: select.int64(6)), byteCount: select.count(7), sender: select.optionalText(8), token: select.optionalBytes(9))
    }
}
