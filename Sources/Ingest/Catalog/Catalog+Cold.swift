import ColumnStore
import Synchronization

/// What a rollup has of one cold file.
///
/// Either `part` or `reason` is nil; both are for a file whose rows all count for nothing.
package struct RollupCoverage: Sendable, Hashable {
    /// The file of its sums, by its key; nil where none of its rows counts. Files that were merged, or whose sums were, share one.
    var part: String?
    /// Of the cold file.
    var rowCount: Int64
    /// The highest sequence among its rows: a reader of an earlier state does not read its sums.
    var lastSequence: Int64
    /// Why there are no sums, for good.
    var reason: String?
}

/// Cold tables: which version of each is in force, and every object that it is made of, with its hash.
extension Catalog {
    /// An object of a cold table.
    ///
    /// `key` is within the table's storage; in the catalog it stands behind the table's name and a slash.
    struct ColdObject: Sendable {
        enum Kind: String, Sendable { case data, metadata }
        let key: String
        let kind: Kind
        let byteCount: Int64
        let sha256: [UInt8]
    }

    /// A switch of one table to a new version.
    struct ColdSwitch: Sendable {
        var table: String
        var version: Int
        var rowCount: Int64
        var written: [ColdObject]
        /// Data files that the version no longer has; outside readers may still have them open.
        var replaced: [String]
        /// What nothing leads to any more.
        var obsolete: [String]
        /// Of a table of partial sums: which putting of the rollup they are of.
        var rollup: Int64? = nil
    }

    /// What a commit of cold files does to a rollup's sums.
    struct RollupChange: Sendable {
        let rollup: String
        let number: Int64
        /// By the keys of the cold files.
        var added: [(file: String, RollupCoverage)] = []
        var removed: [String] = []
    }

    /// Moves the boundary: hot files leave, tables have new versions, all in one transaction.
    ///
    /// 1. Subscribers that copy the written objects elsewhere are notified first (`naming`).
    /// 2. One transaction: versions, objects, rollups, whatever goes along, the hot file's state, the counters that must not fall back.
    ///
    /// - Parameters:
    ///   - last: the highest sequence and ticket among the rows that are new in cold; nil when none is.
    ///   - lateEnds: of the file's rows.
    ///   - along: what else is to happen with it, or not at all.
    /// - Throws: nothing has changed then, unless the catalog is not usable from then on (`checkUsable`): then only a restart knows.
    func switchToCold(
        _ switches: [ColdSwitch], leaving file: (day: Int32, part: Int)? = nil, last: (sequence: Int64, ticket: ULID?)? = nil,
        lateEnds: [LateEnds] = [], rollups: [RollupChange] = [], along: @Sendable (SQLiteConnection) throws -> Void = { _ in }
    ) throws {
        let now = now
        // Sums nobody needs elsewhere: they are made again from rows.
        try naming.withLock { $0 }?(switches.filter { $0.rollup == nil }.flatMap { change in
            change.written.map { .cold(table: change.table, key: $0.key, byteCount: $0.byteCount, sha256: $0.sha256) }
        })
        try write { connection in
            for change in switches {
                let table = try connection.statement("""
                    INSERT INTO tables(name, columns, cold_version, cold_rows) VALUES(?1, '', ?2, ?3)
                    ON CONFLICT(name) DO UPDATE SET cold_version = excluded.cold_version, cold_rows = excluded.cold_rows
                    """)
                try table.bind(1, change.table)
                table.bind(2, Int64(change.version))
                table.bind(3, change.rowCount)
                try table.run()
                if let rollup = change.rollup {
                    let sums = try connection.statement("INSERT OR REPLACE INTO rollup_tables(name, rollup) VALUES(?1, ?2)")
                    try sums.bind(1, change.table)
                    sums.bind(2, rollup)
                    try sums.run()
                }
                try Self.record(change, now: now, connection)
            }
            for change in rollups { try Self.record(change, connection) }
            try along(connection)
            if let file {
                try Self.setState(.moved, day: file.day, part: file.part, connection)
                try Self.record(lateEnds, day: file.day, part: file.part, connection)
            }
            // The hot files that had these numbers are going: the catalog is what remembers them.
            if let last { try Self.raise("sequence", to: last.sequence, connection) }
            if let ticket = last?.ticket {
                let statement = try connection.statement("""
                    INSERT INTO meta(key, value) VALUES('ticket', ?1) ON CONFLICT(key) DO UPDATE SET value = max(value, excluded.value)
                    """)
                try statement.bind(1, ticket.bytes)
                try statement.run()
            }
        }
    }

    /// Objects pass three states: present; replaced (`replaced_at`), for outside readers; obsolete (`obsolete_at`), whose file may go. Their rows
    /// stay until it has.
    private static func record(_ change: ColdSwitch, now: Int64, _ connection: SQLiteConnection) throws {
        for object in change.written {
            let insert = try connection.statement("""
                INSERT OR REPLACE INTO cold_objects(key, table_name, kind, byte_count, sha256, version, replaced_at)
                VALUES(?1, ?2, ?3, ?4, ?5, ?6, NULL)
                """)
            try insert.bind(1, "\(change.table)/\(object.key)")
            try insert.bind(2, change.table)
            try insert.bind(3, object.kind.rawValue)
            insert.bind(4, object.byteCount)
            try insert.bind(5, object.sha256)
            insert.bind(6, Int64(change.version))
            try insert.run()
        }
        for key in change.replaced {
            let update = try connection.statement("UPDATE cold_objects SET replaced_at = ?2 WHERE key = ?1")
            try update.bind(1, "\(change.table)/\(key)")
            update.bind(2, now)
            try update.run()
        }
        try end(change.obsolete, of: change.table, now: now, connection)
    }

    /// A value of `meta` for each hot file that left with such rows: of a year's files some hundreds.
    ///
    /// A line for each window: three pairs of bounds, events, receipts, times, between blanks, then the table's name, which may have blanks.
    private static let lateEndsKey = "late_ends "

    private static func record(_ ends: [LateEnds], day: Int32, part: Int, _ connection: SQLiteConnection) throws {
        if ends.isEmpty { return }
        let lines = ends.map { ends in
            let numbers = [ends.events, ends.receipts, ends.times].flatMap { [$0.lowerBound, $0.upperBound] }
            return "\(numbers.map { String($0) }.joined(separator: " ")) \(ends.table)"
        }
        let insert = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
        try insert.bind(1, "\(lateEndsKey)\(HotFileName.text(day: day, part: part))")
        try insert.bind(2, lines.joined(separator: "\n"))
        try insert.run()
    }

    /// Of all hot files that are gone, but for those that left before this was written down: their rows are changes at their own sequences.
    func lateEnds() throws -> [String: [LateEnds]] {
        try read { connection in
            let select = try connection.statement("SELECT value FROM meta WHERE key >= ?1 AND key < ?2")
            defer { select.reset() }
            try select.bind(1, Self.lateEndsKey)
            // The character after the blank.
            try select.bind(2, "\(Self.lateEndsKey.dropLast())!")
            var all: [String: [LateEnds]] = [:]
            while try select.step() {
                for line in select.text(0).split(separator: "\n") {
                    guard let ends = Self.lateEnds(line) else {
                        throw ColumnStoreError(.corruptFile, path: path, "what it has of the last events of cold receipts cannot be read: run till verify")
                    }
                    all[ends.table, default: []].append(ends)
                }
            }
            return all
        }
    }

    /// - Returns: nil for a line with fewer than seven words, or bounds that are inside out.
    private static func lateEnds(_ line: Substring) -> LateEnds? {
        let words = line.split(separator: " ", maxSplits: 6, omittingEmptySubsequences: false)
        let numbers = words.prefix(6).compactMap { Int64(String($0)) }
        guard words.count == 7, numbers.count == 6, numbers[0] <= numbers[1], numbers[2] <= numbers[3], numbers[4] <= numbers[5] else { return nil }
        return LateEnds(table: String(words[6]), events: numbers[0]...numbers[1], receipts: numbers[2]...numbers[3], times: numbers[4]...numbers[5])
    }

    /// Within the transaction that makes the cold files part of the store. A rollup that was changed meanwhile has other sums: nothing is noted.
    private static func record(_ change: RollupChange, _ connection: SQLiteConnection) throws {
        let known = try connection.statement("SELECT number FROM rollups WHERE name = ?1 AND is_deleted = 0")
        try known.bind(1, change.rollup)
        let isPresent = try known.step() && known.int64(0) == change.number
        known.reset()
        for file in change.removed {
            // Sums are of all their files together: without one they are of none.
            let delete = try connection.statement("""
                DELETE FROM rollup_files WHERE rollup = ?1
                    AND (file = ?2 OR part IN (SELECT part FROM rollup_files WHERE rollup = ?1 AND file = ?2 AND part IS NOT NULL))
                """)
            try delete.bind(1, change.rollup)
            try delete.bind(2, file)
            try delete.run()
        }
        guard isPresent else { return }
        for (file, coverage) in change.added {
            let insert = try connection.statement("""
                INSERT OR REPLACE INTO rollup_files(rollup, file, part, row_count, last_sequence, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6)
                """)
            try insert.bind(1, change.rollup)
            try insert.bind(2, file)
            if let part = coverage.part { try insert.bind(3, part) } else { insert.bindNull(3) }
            insert.bind(4, coverage.rowCount)
            insert.bind(5, coverage.lastSequence)
            if let reason = coverage.reason { try insert.bind(6, reason) } else { insert.bindNull(6) }
            try insert.run()
        }
    }

    /// Names objects that no version leads to any more, as those whose files may go.
    ///
    /// Durable before a file goes: the name in the catalog is the proof that it may.
    func endCold(_ table: String, _ keys: [String]) throws {
        let now = now
        try write { try Self.end(keys, of: table, now: now, $0) }
    }

    private static func end(_ keys: [String], of table: String, now: Int64, _ connection: SQLiteConnection) throws {
        for key in keys {
            let update = try connection.statement("UPDATE cold_objects SET obsolete_at = ?2 WHERE key = ?1")
            try update.bind(1, "\(table)/\(key)")
            update.bind(2, now)
            try update.run()
        }
    }

    /// Objects whose files may go and are perhaps still there, by table.
    ///
    /// - Throws: `.corruptFile` also for a table that has a name under which none lies.
    func endedCold() throws -> [String: [String]] {
        try read { connection in
            let statement = try connection.statement("SELECT table_name, key FROM cold_objects WHERE obsolete_at IS NOT NULL ORDER BY key")
            defer { statement.reset() }
            var keys: [String: [String]] = [:]
            while try statement.step() { keys[statement.text(0), default: []].append(String(statement.text(1).dropFirst(statement.text(0).utf8.count + 1))) }
            for table in keys.keys { try Self.checkTable(table, path: path) }
            return keys
        }
    }

    /// Their files are gone.
    func forgetCold(_ table: String, _ keys: [String]) throws {
        try write(isCounted: false) { connection in
            for key in keys {
                let delete = try connection.statement("DELETE FROM cold_objects WHERE key = ?1 AND obsolete_at IS NOT NULL")
                try delete.bind(1, "\(table)/\(key)")
                try delete.run()
            }
        }
    }

    /// The objects of a table, as the catalog knows them, with their keys in the table's storage.
    func coldObjects(of table: String) throws -> [(object: ColdObject, isReplaced: Bool)] {
        try read { connection in
            let statement = try connection.statement(
                "SELECT key, kind, byte_count, sha256, replaced_at FROM cold_objects WHERE table_name = ?1 AND obsolete_at IS NULL ORDER BY key")
            try statement.bind(1, table)
            var objects: [(object: ColdObject, isReplaced: Bool)] = []
            while try statement.step() {
                let object = ColdObject(
                    key: String(statement.text(0).dropFirst(table.utf8.count + 1)), kind: ColdObject.Kind(rawValue: statement.text(1)) ?? .data,
                    byteCount: statement.int64(2), sha256: statement.bytes(3))
                objects.append((object, !statement.isNull(4)))
            }
            return objects
        }
    }

    /// Size and hash of each object of a table, by its key in the table's storage.
    ///
    /// Without obsolete ones. Replaced ones are among them.
    func coldHashes(of table: String) throws -> [String: (byteCount: Int64, sha256: [UInt8])] {
        var hashes: [String: (byteCount: Int64, sha256: [UInt8])] = [:]
        for entry in try coldObjects(of: table) { hashes[entry.object.key] = (entry.object.byteCount, entry.object.sha256) }
        return hashes
    }

    /// Size and hash of one object of a table, by its key in the table's storage.
    ///
    /// - Returns: nil for one that the catalog does not have, and for one whose file may go.
    func coldDigest(of key: String, in table: String) throws -> (byteCount: Int64, sha256: [UInt8])? {
        try read { (connection) -> (byteCount: Int64, sha256: [UInt8])? in
            let select = try connection.statement("SELECT byte_count, sha256 FROM cold_objects WHERE key = ?1 AND obsolete_at IS NULL")
            defer { select.reset() }
            try select.bind(1, "\(table)/\(key)")
            guard try select.step() else { return nil }
            return (byteCount: select.int64(0), sha256: select.bytes(1))
        }
    }

    /// A key of `meta`: do not rename.
    private static let coldFloorKey = "cold_floor"

    /// Versions of tables have higher numbers. 0 but for a store that was restored from a log: what lies there under the numbers up to it is of a history that was given up, whose instants can be
    /// restored for a day still.
    func coldFloor() throws -> Int {
        let floor = try integer(Self.coldFloorKey) ?? 0
        return Int(clamping: Int32(clamping: max(0, floor)))
    }

    func raiseColdFloor(to floor: Int) throws { try write { try Self.raise(Self.coldFloorKey, to: Int64(clamping: floor), $0) } }

    /// The table is made of these objects alone, at that version: after a restore.
    func replaceCold(_ table: String, version: Int, _ objects: [ColdObject]) throws {
        try write { connection in
            let delete = try connection.statement("DELETE FROM cold_objects WHERE table_name = ?1")
            try delete.bind(1, table)
            try delete.run()
            try Self.place(table, version: version, objects, connection)
        }
    }

    /// - Precondition: within a transaction; the table's former objects are gone from `cold_objects`.
    static func place(_ table: String, version: Int, _ objects: [ColdObject], _ connection: SQLiteConnection) throws {
        let update = try connection.statement("UPDATE tables SET cold_version = ?2 WHERE name = ?1")
        try update.bind(1, table)
        update.bind(2, Int64(version))
        try update.run()
        let change = ColdSwitch(table: table, version: version, rowCount: 0, written: objects, replaced: [], obsolete: [])
        try record(change, now: 0, connection)
    }

    /// Of a table that is no more.
    static func forget(table: String, _ connection: SQLiteConnection) throws {
        for name in ["tables", "rollup_tables"] {
            let delete = try connection.statement("DELETE FROM \(name) WHERE name = ?1")
            try delete.bind(1, table)
            try delete.run()
        }
    }

    /// Cold tables of partial sums, each with the number of the rollup that it was made for.
    func rollupTables() throws -> [String: Int64] {
        try read { connection in
            let select = try connection.statement("SELECT t.name, r.rollup FROM tables t JOIN rollup_tables r ON r.name = t.name WHERE t.cold_version IS NOT NULL")
            defer { select.reset() }
            var tables: [String: Int64] = [:]
            while try select.step() { tables[select.text(0)] = select.int64(1) }
            return tables
        }
    }

    /// The metadata version of each cold table.
    ///
    /// - Throws: `.corruptFile` also for a table that has a name under which none lies.
    func coldVersions() throws -> [(table: String, version: Int)] { try read { try Self.coldVersions($0, path: path) } }

    static func coldVersions(_ connection: SQLiteConnection, path: String) throws -> [(table: String, version: Int)] {
        let statement = try connection.statement("SELECT name, cold_version FROM tables WHERE cold_version IS NOT NULL ORDER BY name")
        defer { statement.reset() }
        var versions: [(table: String, version: Int)] = []
        while try statement.step() {
            try checkTable(statement.text(0), path: path)
            versions.append((statement.text(0), statement.count(1)))
        }
        return versions
    }

    /// Before a name leads to files: whoever has it writes and removes there.
    ///
    /// - Throws: `.corruptFile`.
    private static func checkTable(_ name: String, path: String) throws(ColumnStoreError) {
        guard TableName.isFolder(name) else { throw ColumnStoreError(.corruptFile, path: path, "has a cold table of a name that no table has: \(name.prefix(200))") }
    }

    /// Bytes of the data files that a table's present snapshot has.
    ///
    /// A table without any is not among them.
    func coldByteCounts() throws -> [String: Int64] {
        try read { connection in
            let select = try connection.statement(
                "SELECT table_name, sum(byte_count) FROM cold_objects WHERE kind = 'data' AND replaced_at IS NULL AND obsolete_at IS NULL GROUP BY table_name")
            defer { select.reset() }
            var counts: [String: Int64] = [:]
            while try select.step() { counts[select.text(0)] = select.int64(1) }
            return counts
        }
    }
}

extension Catalog.State {
    /// Objects of the tables that have a version, by their paths below DATA: data files of the present snapshots, and all metadata that has not ended.
    ///
    /// Apart from the state, since few ask for them and there may be a hundred thousand.
    ///
    /// - Parameter path: of a catalog's copy, which may be an earlier version's.
    static func coldObjects(_ path: String) throws -> [(path: String, object: Catalog.ColdObject)] {
        let connection = try SQLiteConnection(atRest: path)
        let isMarked = try connection.integer("SELECT count(*) FROM pragma_table_info('cold_objects') WHERE name = 'obsolete_at'") ?? 0 > 0
        let select = try connection.statement("""
            SELECT key, kind, byte_count, sha256 FROM cold_objects
            WHERE replaced_at IS NULL\(isMarked ? " AND obsolete_at IS NULL" : "") AND table_name IN (SELECT name FROM tables WHERE cold_version IS NOT NULL) ORDER BY key
            """)
        defer { select.reset() }
        var objects: [(path: String, object: Catalog.ColdObject)] = []
        while try select.step() {
            let key = select.text(0)
            let object = Catalog.ColdObject(key: key, kind: Catalog.ColdObject.Kind(rawValue: select.text(1)) ?? .data, byteCount: select.int64(2), sha256: select.bytes(3))
            objects.append(("warehouse/\(key)", object))
        }
        return objects
    }
}
