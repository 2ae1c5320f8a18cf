internal import ColumnStore
import Synchronization

/// Sessions in memory: one look for every request. The catalog has those that were begun, and now and then when they were used.
///
/// Hashes of secrets alone, as with keys.
final class SessionCache: Sendable {
    struct State: Sendable {
        /// By the SHA-256 of the secret.
        var sessions: [[UInt8]: BrowserSession] = [:]
        /// Those whose time of use the catalog does not have yet.
        var used: Set<[UInt8]> = []
        /// Those that have ended, and which the catalog has still.
        var forgotten: Set<[UInt8]> = []

        /// Which one ends where another begins.
        ///
        /// - Returns: the least recently used session of its holder, where that has as many as it may, else of all, and of those that are over where there are any; nil where
        ///   there is room.
        /// - Complexity: O(sessions).
        func surplus(for holder: BrowserSession.Holder, at now: Int64) -> [UInt8]? {
            let own = sessions.filter { $0.value.holder.isSame(as: holder) }
            let crowd = own.count >= BrowserSession.ownCountMax ? own : sessions.count >= BrowserSession.countMax ? sessions : [:]
            let over = crowd.filter { $0.value.isOver(at: now) }
            return (over.isEmpty ? crowd : over).min { $0.value.usedAt < $1.value.usedAt }?.key
        }
    }
    let state: Mutex<State>

    init() { state = Mutex(State()) }

    init(_ connection: SQLiteConnection) throws {
        var state = State()
        let statement = try connection.statement("SELECT secret_sha256, key_sha256, client_id, expires_at, used_at FROM sessions")
        while try statement.step() {
            // Of a token `key_sha256` is the key's that has signed it. To earlier versions that is a key which nobody has: such a session is over there.
            let holder: BrowserSession.Holder =
                statement.isNull(2)
                ? .key(sha256: statement.bytes(1))
                : .token(clientID: statement.text(2), expiresAt: statement.int64(3), key: statement.isNull(1) ? nil : statement.bytes(1))
            state.sessions[statement.bytes(0)] = BrowserSession(holder, usedAt: statement.int64(4))
        }
        self.state = Mutex(state)
    }
}

extension Catalog {
    /// Durable when it returns. Where there are as many as may be, of its holder or at all, the one that was least used of late ends first.
    ///
    /// - Parameter sha256: of the session's secret.
    package func begin(_ session: BrowserSession, sha256: [UInt8]) throws {
        let now = now
        _ = try write(isCounted: false) { connection -> [UInt8]? in
            // Looked for here, where one comes after the other: of many that begin at once each would find the same one to end.
            let least = sessions.state.withLock { $0.surplus(for: session.holder, at: now) }
            if let least { try Self.remove(sessionOfSHA256: least, connection) }
            let statement = try connection.statement(
                "INSERT OR REPLACE INTO sessions(secret_sha256, key_sha256, client_id, expires_at, used_at) VALUES(?1, ?2, ?3, ?4, ?5)")
            try statement.bind(1, sha256)
            switch session.holder {
            case .key(let key):
                try statement.bind(2, key)
                try statement.bind(3, nil as String?)
                statement.bind(4, nil as Int64?)
            case .token(let clientID, let expiresAt, let key):
                try statement.bind(2, key)
                try statement.bind(3, clientID)
                statement.bind(4, expiresAt)
            }
            statement.bind(5, session.usedAt)
            try statement.run()
            return least
        } committed: { least in
            sessions.state.withLock { state in
                if let least { state.sessions[least] = nil }
                state.sessions[sha256] = session
            }
        }
    }

    /// Notes the use, which is now. Nil for one that is over, or never was.
    ///
    /// - Parameter instant: as of when its end is looked at; nil: now.
    /// - Complexity: O(1), from memory.
    package func session(ofSHA256 hash: [UInt8], letInAt instant: Int64? = nil) -> BrowserSession? {
        let now = now
        return sessions.state.withLock { state in
            guard var session = state.sessions[hash], !session.isOver(at: instant ?? now) else { return nil }
            session.usedAt = max(session.usedAt, now)
            state.sessions[hash] = session
            state.used.insert(hash)
            return session
        }
    }

    /// - Returns: whether there was one, be it over or not.
    @discardableResult
    package func end(sessionOfSHA256 hash: [UInt8]) throws -> Bool {
        guard sessions.state.withLock({ $0.sessions[hash] != nil }) else { return false }
        try write(isCounted: false) { connection in
            try Self.remove(sessionOfSHA256: hash, connection)
        } committed: { _ in
            sessions.state.withLock { $0.sessions[hash] = nil }
        }
        return true
    }

    /// Ends a session at once, and in the catalog with the next `flushSessionUses`: for whoever must not wait for the disk.
    package func forget(sessionOfSHA256 hash: [UInt8]) {
        sessions.state.withLock { state in
            if state.sessions.removeValue(forKey: hash) != nil { state.forgotten.insert(hash) }
        }
    }

    /// - Precondition: within a transaction.
    private static func remove(sessionOfSHA256 hash: [UInt8], _ connection: SQLiteConnection) throws {
        let statement = try connection.statement("DELETE FROM sessions WHERE secret_sha256 = ?1")
        try statement.bind(1, hash)
        try statement.run()
    }

    /// Writes down when sessions were last used, and forgets those that are over: now and then, and at the end.
    func flushSessionUses() throws {
        let now = now
        let (used, over, forgotten) = sessions.state.withLock { state in
            let used = state.used.compactMap { hash in state.sessions[hash].map { (hash, $0.usedAt) } }
            // One whose token has run out is kept while it is used: an answer that began before may still stream.
            let over = state.sessions.filter { $0.value.isOver(at: now) && now.subtractingSaturating($0.value.usedAt) >= BrowserSession.idleMax }.map(\.key)
            for hash in over { state.sessions[hash] = nil }
            defer { (state.used, state.forgotten) = ([], []) }
            return (used, over, state.forgotten)
        }
        guard !used.isEmpty || !over.isEmpty || !forgotten.isEmpty else { return }
        do {
            try write(isCounted: false) { connection in
                for (hash, time) in used {
                    let statement = try connection.statement("UPDATE sessions SET used_at = max(used_at, ?2) WHERE secret_sha256 = ?1")
                    try statement.bind(1, hash)
                    statement.bind(2, time)
                    try statement.run()
                }
                for hash in over + forgotten { try Self.remove(sessionOfSHA256: hash, connection) }
            }
        } catch {
            // Those that are over are so at the next start, too; of these a start would not know.
            sessions.state.withLock { $0.forgotten.formUnion(forgotten) }
            throw error
        }
    }
}
