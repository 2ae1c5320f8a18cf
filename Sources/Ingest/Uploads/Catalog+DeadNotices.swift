import ColumnStore

/// Notices that were given up: dead letters, which can be sent again. A notice is a row of `notices` or of `dead_notices`, and goes from one to the other in one
/// transaction.
extension Catalog {
    /// - Parameter now: microseconds since 1970. The attempts are those of `notice`.
    func giveUp(_ notice: Notice, because reason: String, at now: Int64) throws {
        try write(isCounted: false) { connection in
            let insert = try connection.statement(
                "INSERT OR REPLACE INTO dead_notices(id, client_id, event, body, attempts, reason, died_at) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")
            try insert.bind(1, notice.id)
            try insert.bind(2, notice.client)
            try insert.bind(3, notice.event.rawValue)
            try insert.bind(4, notice.body)
            insert.bind(5, notice.attempts)
            try insert.bind(6, reason)
            insert.bind(7, now)
            try insert.run()
            let delete = try connection.statement("DELETE FROM notices WHERE id = ?1")
            try delete.bind(1, notice.id)
            try delete.run()
        }
    }

    /// By their ids, at most `limit`.
    ///
    /// - Parameters:
    ///   - id: exclusive; empty: from the first on.
    ///   - note: told of each before it is kept; what it throws ends the reading.
    func deadNotices(after id: String, of scope: RowScope, limit: Int, note: (DeadLetter) throws -> Void = { _ in }) throws -> [DeadLetter] {
        try read { connection in
            let select = try connection.statement(
                "SELECT id, event, client_id, died_at, reason, attempts FROM dead_notices WHERE id > ?1\(scope.condition("client_id = ?3")) ORDER BY id LIMIT ?2")
            defer { select.reset() }
            try select.bind(1, id)
            select.bind(2, Int64(limit))
            if case .client(let client) = scope { try select.bind(3, client.text) }
            var letters: [DeadLetter] = []
            while try select.step() {
                let letter = DeadLetter(
                    id: select.text(0), event: select.text(1), clientID: select.text(2), at: select.int64(3), reason: select.text(4), attempts: select.count(5))
                try note(letter)
                letters.append(letter)
            }
            return letters
        }
    }

    func deadNotice(_ id: String, of scope: RowScope) throws -> DeadLetter? {
        try read { connection in
            let select = try connection.statement("SELECT event, client_id, died_at, reason, attempts FROM dead_notices WHERE id = ?1")
            defer { select.reset() }
            try select.bind(1, id)
            guard try select.step(), scope.includes(select.text(1)) else { return nil }
            return DeadLetter(id: id, event: select.text(0), clientID: select.text(1), at: select.int64(2), reason: select.text(3), attempts: select.count(4))
        }
    }

    /// Sends one again under its id, for as long as a new one. Its body is as it was, with the time at which it came about.
    ///
    /// - Parameter now: microseconds since 1970.
    /// - Returns: false where there is none.
    func revive(notice id: String, at now: Int64) throws -> Bool {
        try write(isCounted: false) { connection in
            let insert = try connection.statement(
                """
                INSERT OR IGNORE INTO notices(id, client_id, event, body, created_at, due_at, attempts)
                SELECT id, client_id, event, body, ?2, ?2, 0 FROM dead_notices WHERE id = ?1
                """)
            try insert.bind(1, id)
            insert.bind(2, now)
            try insert.run()
            let delete = try connection.statement("DELETE FROM dead_notices WHERE id = ?1")
            try delete.bind(1, id)
            try delete.run()
            return connection.changeCount > 0
        }
    }

    /// - Returns: how many there were.
    func deleteDeadNotices(_ ids: [String]) throws -> Int {
        guard !ids.isEmpty else { return 0 }
        return try write(isCounted: false) { connection in
            var count = 0
            for id in ids {
                let delete = try connection.statement("DELETE FROM dead_notices WHERE id = ?1")
                try delete.bind(1, id)
                try delete.run()
                if connection.changeCount > 0 { count += 1 }
            }
            return count
        }
    }

    /// Forgets those that were given up before an instant.
    func deleteDeadNotices(before instant: Int64) throws {
        func run(_ sql: String, _ connection: SQLiteConnection) throws -> Bool {
            let statement = try connection.statement(sql)
            defer { statement.reset() }
            statement.bind(1, instant)
            return try statement.step()
        }
        // Nearly always there are none, and a look costs no commit.
        guard try read({ try run("SELECT 1 FROM dead_notices WHERE died_at < ?1 LIMIT 1", $0) }) else { return }
        try write(isCounted: false) { _ = try run("DELETE FROM dead_notices WHERE died_at < ?1", $0) }
    }

    func deadNoticeCount() throws -> Int64 { try read { try $0.integer("SELECT count(*) FROM dead_notices") ?? 0 } }
}
