/// Whether the file of queues says of itself what is in it.
///
/// 1. Each queue's counts and bytes are those of its rows.
/// 2. Each row is of a queue, or of one whose rows are still being removed.
/// 3. Each body is of a message, and each message that is not gone has one.
enum QueueProof {
    /// In one state of the file, whoever writes meanwhile.
    ///
    /// - Parameter note: told each fault.
    /// - Complexity: O(messages): every row is counted.
    static func check(_ path: String, _ note: (String) -> Void) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        defer { connection.rollback() }
        let version = try connection.integer("PRAGMA user_version") ?? 0
        guard version == QueueFile.version else { return note("has the version \(version); this program reads \(QueueFile.version)") }
        var queues: [QueueState] = []
        try QueueRows.read(connection) { queues.append($0) }
        let select = try connection.statement("""
            SELECT state, count(*), sum(CASE WHEN state < 3 THEN byte_count ELSE 0 END) FROM messages WHERE queue = ?1 GROUP BY state
            """)
        for queue in queues {
            var counts = QueueState.Counts()
            select.bind(1, queue.id)
            while try select.step() {
                guard let state = MessageState(rawValue: select.int64(0)) else {
                    note("the queue \(queue.name) has messages of the unknown state \(select.int64(0))")
                    continue
                }
                counts.add(state, Int(clamping: select.int64(1)))
                // Of a damaged file the sum may be anything: it wraps, and differs.
                counts.byteCount = counts.byteCount.addingReportingOverflow(Int(clamping: select.int64(2))).partialValue
            }
            if counts != queue.counts { note("the queue \(queue.name) says that it has \(text(queue.counts)), and has \(text(counts))") }
        }
        for (what, sql) in [
            ("messages of no queue", "SELECT count(*) FROM messages WHERE queue NOT IN (SELECT id FROM queues UNION SELECT id FROM removed_queues)"),
            ("bodies of no message", "SELECT count(*) FROM bodies WHERE number NOT IN (SELECT number FROM messages)"),
            ("messages without their body", """
                SELECT count(*) FROM messages WHERE state < 4 AND body IS NULL AND number NOT IN (SELECT number FROM bodies)
                """),
        ] {
            if let count = try connection.integer(sql), count > 0 { note("has \(count) \(what)") }
        }
    }

    private static func text(_ counts: QueueState.Counts) -> String {
        "\(counts.active) active, \(counts.locked) locked, \(counts.delayed) delayed, \(counts.dead) dead messages and \(counts.byteCount) bytes"
    }
}
