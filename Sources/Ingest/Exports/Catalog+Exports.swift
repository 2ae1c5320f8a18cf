import ColumnStore
import Documents
import Synchronization

/// Exports: what was asked for and what became of it. Files lie beside the catalog; a file that no row leads to is nobody's.
extension Catalog {
    /// In the order that `export(_:)` of a row reads them by number.
    private static let exportColumns =
        "id, client_id, name, format, request, created_at, expires_in, state, ended_at, expires_at, row_count, byte_count, sha256, file_name, problem, scope, sensitive, "
        + "types_place, key_sha256"
    /// Of lists, without what was asked for: that may be a megabyte of each, and those that are done are looked through every few seconds.
    private static let listedColumns = exportColumns.replacing("request", with: "x''")

    /// Notes what was asked for, before anything is made of it: after a restart it is begun again.
    ///
    /// - Parameter countMax: of one owner, of those that wait or have a file.
    /// - Throws: `overloaded` where its owner has as many.
    func add(_ export: Export, countMax: Int64 = .max) throws {
        try write(isCounted: false) { connection in
            let select = try connection.statement("SELECT count(*) FROM exports WHERE state IN ('RUNNING', 'DONE') AND client_id IS ?1")
            try select.bind(1, export.owner.client?.text)
            let count = try select.step() ? select.int64(0) : 0
            select.reset()
            guard count < countMax else {
                throw Fault(.overloaded, "\(count) exports wait or have files: delete some, or ask for more when some have expired", advice: .sendAgainLater)
            }
            let insert = try connection.statement(
                "INSERT INTO exports(id, client_id, name, format, request, created_at, expires_in, state, types_place, key_sha256) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")
            try insert.bind(1, export.id)
            try insert.bind(2, export.owner.client?.text)
            try insert.bind(3, export.name)
            try insert.bind(4, export.format)
            try insert.bind(5, export.request)
            insert.bind(6, export.createdAt)
            insert.bind(7, export.expiresIn)
            try insert.bind(8, export.state.rawValue)
            insert.bind(9, export.typesPlace)
            try insert.bind(10, export.keySHA256)
            try insert.run()
        }
    }

    /// Whoever owns it: the caller of this function decides who may see it. Nil where there is none.
    func export(_ id: String) throws -> Export? {
        try read { connection in
            let select = try connection.statement("SELECT \(Self.exportColumns) FROM exports WHERE id = ?1")
            try select.bind(1, id)
            defer { select.reset() }
            return try select.step() ? Self.export(select) : nil
        }
    }

    /// The newest first, without what was asked for.
    ///
    /// - Parameters:
    ///   - rows: whose are seen.
    ///   - place: of the last one of the page before.
    func exports(of rows: RowScope, after place: (createdAt: Int64, id: String)?, limit: Int) throws -> [Export] {
        try read { connection in
            let select = try connection.statement(
                """
                SELECT \(Self.listedColumns) FROM exports AS e WHERE (?1 IS NULL OR created_at < ?1 OR created_at = ?1 AND id < ?2)\(rows.condition("e.client_id = ?3"))
                ORDER BY created_at DESC, id DESC LIMIT ?4
                """)
            defer { select.reset() }
            select.bind(1, place?.createdAt)
            try select.bind(2, place?.id)
            if case .client(let client) = rows { try select.bind(3, client.text) }
            select.bind(4, Int64(limit))
            var exports: [Export] = []
            while try select.step() { exports.append(Self.export(select)) }
            return exports
        }
    }

    /// Those of a state, the oldest first, without what was asked for.
    func exports(in state: Export.State) throws -> [Export] {
        try read { connection in
            let select = try connection.statement("SELECT \(Self.listedColumns) FROM exports WHERE state = ?1 ORDER BY created_at, id")
            defer { select.reset() }
            try select.bind(1, state.rawValue)
            var exports: [Export] = []
            while try select.step() { exports.append(Self.export(select)) }
            return exports
        }
    }

    /// Those that are done and past their time, the oldest first, without what was asked for.
    func exports(expiredBy now: Int64) throws -> [Export] {
        try read { connection in
            let select = try connection.statement("SELECT \(Self.listedColumns) FROM exports WHERE state = 'DONE' AND expires_at <= ?1 ORDER BY created_at, id")
            defer { select.reset() }
            select.bind(1, now)
            var exports: [Export] = []
            while try select.step() { exports.append(Self.export(select)) }
            return exports
        }
    }

    /// Of those that are done: they are looked for every few seconds, and after each export.
    func exportFileNames() throws -> Set<String> {
        Set(try read { try $0.texts("SELECT file_name FROM exports WHERE state = 'DONE' AND file_name IS NOT NULL") })
    }

    /// Rows that one commit takes away.
    private static let forgottenCountMax: Int64 = 10_000

    /// Forgets exports of an owner that are over, but for the newest.
    ///
    /// - Complexity: O(exports of all owners that are over).
    func forgetExports(of owner: Identity, keeping countMax: Int64) throws {
        try write(isCounted: false) { connection in
            let delete = try connection.statement(
                """
                DELETE FROM exports WHERE id IN (
                    SELECT id FROM exports WHERE state IN ('ERROR', 'CANCELLED', 'EXPIRED') AND client_id IS ?1 ORDER BY created_at DESC, id DESC LIMIT \(Self.forgottenCountMax) OFFSET ?2)
                """)
            try delete.bind(1, owner.client?.text)
            delete.bind(2, countMax)
            try delete.run()
        }
    }

    /// Notes how an export stands, unless it is another state by now than `state`. Of one that is over nobody asks any more what was asked for: that goes.
    ///
    /// A file that is there from now on is its owner's usage, in the same commit. One that is made again was counted the first time: its row keeps when that ended until it ends again.
    ///
    /// - Returns: false where it is, or is gone.
    /// - Parameter beside: what belongs into the same commit, if it is changed.
    func change(_ export: Export, from state: Export.State, beside: (SQLiteConnection) throws -> Void = { _ in }) throws -> Bool {
        try write(isCounted: false) { connection in
            let select = try connection.statement("SELECT ended_at FROM exports WHERE id = ?1")
            try select.bind(1, export.id)
            let wasThere = try select.step() && !select.isNull(0)
            select.reset()
            let update = try connection.statement(
                """
                UPDATE exports SET state = ?3, ended_at = CASE WHEN ?3 = '\(Export.State.running.rawValue)' THEN ended_at ELSE ?4 END,
                expires_at = ?5, row_count = ?6, byte_count = ?7, sha256 = ?8, file_name = ?9, problem = ?10, scope = ?11, sensitive = ?12,
                request = CASE WHEN ?3 IN ('\(Export.State.running.rawValue)', '\(Export.State.done.rawValue)') THEN request ELSE x'' END
                WHERE id = ?1 AND state = ?2
                """)
            try update.bind(1, export.id)
            try update.bind(2, state.rawValue)
            try update.bind(3, export.state.rawValue)
            update.bind(4, export.endedAt)
            update.bind(5, export.expiresAt)
            update.bind(6, export.rowCount)
            update.bind(7, export.byteCount)
            try update.bind(8, export.sha256)
            try update.bind(9, export.fileName)
            try update.bind(10, export.problem)
            let isSensitive: Int64? = export.rights.map { $0.seesSensitive ? 1 : 0 }
            try update.bind(11, export.rights?.scope.rawValue)
            update.bind(12, isSensitive)
            try update.run()
            guard connection.changeCount > 0 else { return false }
            if case .contract(let client) = export.owner, export.state == .done, !wasThere {
                var figures = UsageFigures()
                figures.exportsBytes = export.byteCount
                try Self.add([UsageKey(client: client, day: Clock.day(ofMicroseconds: now)): figures], connection)
            }
            try beside(connection)
            return true
        }
    }

    /// - Returns: it as it stood last, without what was asked for: it may have come to its end just now. Nil where there was none.
    func deleteExport(_ id: String) throws -> Export? {
        try write(isCounted: false) { connection in
            let select = try connection.statement("SELECT \(Self.listedColumns) FROM exports WHERE id = ?1")
            try select.bind(1, id)
            let last = try select.step() ? Self.export(select) : nil
            select.reset()
            let delete = try connection.statement("DELETE FROM exports WHERE id = ?1")
            try delete.bind(1, id)
            try delete.run()
            return last
        }
    }

    /// Of all files that are there, and of those of one owner.
    func exportByteCounts(of owner: Identity) throws -> (own: Int64, all: Int64) {
        try read { connection in
            let select = try connection.statement(
                "SELECT coalesce(sum(CASE WHEN client_id IS ?1 THEN byte_count END), 0), coalesce(sum(byte_count), 0) FROM exports WHERE state = 'DONE'")
            try select.bind(1, owner.client?.text)
            defer { select.reset() }
            return try select.step() ? (Int64(select.count(0)), Int64(select.count(1))) : (0, 0)
        }
    }

    /// Whether a key is there and not revoked, be its time over or not. It is not used by that.
    ///
    /// - Complexity: O(1), from memory.
    func hasKey(ofSHA256 hash: [UInt8]) -> Bool { access.state.withLock { $0.keys[hash] != nil } }

    private static func export(_ row: SQLiteStatement) -> Export {
        let client = row.isNull(1) ? nil : row.text(1)
        var export = Export(
            id: row.text(0), owner: client.map { .contract(ClientID($0)) } ?? .administrator, name: row.text(2), format: row.text(3), request: row.bytes(4),
            createdAt: row.int64(5), expiresIn: row.int64(6))
        export.state = Export.State(rawValue: row.text(7)) ?? .error
        export.endedAt = row.isNull(8) ? nil : row.int64(8)
        export.expiresAt = row.isNull(9) ? nil : row.int64(9)
        (export.rowCount, export.byteCount) = (Int64(row.count(10)), Int64(row.count(11)))
        export.sha256 = row.isNull(12) ? nil : row.text(12)
        export.fileName = row.isNull(13) ? nil : row.text(13)
        export.problem = row.isNull(14) ? nil : row.bytes(14)
        // A scope that this program does not know shows as much as any.
        if !row.isNull(15) { export.rights = Export.Rights(scope: Principal.Scope(rawValue: row.text(15)) ?? .all, seesSensitive: row.int64(16) != 0) }
        export.typesPlace = row.int64(17)
        export.keySHA256 = row.isNull(18) ? nil : row.bytes(18)
        return export
    }
}
