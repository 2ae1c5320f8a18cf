import ColumnStore
import Glibc

/// What a standby asks the catalog that it folds, while that is closed.
struct FoldedCatalog {
    /// Of a file at rest: nobody has it open for writing while this value lives.
    private let connection: SQLiteConnection

    /// - Returns: nil where there is none yet.
    init?(_ path: String) throws {
        guard access(path, F_OK) == 0 else { return nil }
        // By what stands here files go: whatever a close may have left in a log is read as well.
        connection = try SQLiteConnection(atRest: path)
        // Its first records may make no more than a part of its tables.
        guard try connection.integer("SELECT count(*) FROM sqlite_master WHERE name IN ('meta', 'hot_files')") == 2 else { return nil }
    }

    /// Whether somebody has a key of that hash, by what is committed: for any thread, beside the one that folds. Whoever cannot be looked up just now has none.
    ///
    /// - Parameters:
    ///   - now: in microseconds since 1970: keys that are over are none.
    ///   - roles: whose keys; nil: anybody's.
    static func hasKey(_ path: String, sha256 hash: [UInt8], at now: Int64, roles: [Principal.Role]? = nil) -> Bool {
        guard access(path, F_OK) == 0 else { return false }
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            return try ["keys", "operator_keys"].contains { table in
                // Clients' keys have no role of their own: they are of their contracts.
                let isOfClients = table == "keys"
                if isOfClients, let roles, !roles.contains(.contract) { return false }
                let select = try connection.statement("SELECT \(isOfClients ? "''" : "role") FROM \(table) WHERE secret_sha256 = ?1 AND (expires_at IS NULL OR expires_at > ?2)")
                defer { select.reset() }
                try select.bind(1, hash)
                select.bind(2, now)
                guard try select.step() else { return false }
                let role = select.text(0)
                return isOfClients || roles?.contains { $0.rawValue == role } ?? true
            }
        } catch { return false }
    }

    /// Gives the hashes of all keys, of those that are over too, by what is committed: for any thread, beside the one that folds.
    ///
    /// - Returns: false where they cannot be read just now; some may have been given by then.
    static func eachKeyHash(_ path: String, _ body: ([UInt8]) -> Void) -> Bool {
        guard access(path, F_OK) == 0 else { return true }
        do {
            let connection = try SQLiteConnection(path: path, mode: .readOnly)
            for table in ["keys", "operator_keys"] {
                let select = try connection.statement("SELECT secret_sha256 FROM \(table)")
                defer { select.reset() }
                while try select.step() { body(select.bytes(0)) }
            }
            return true
        } catch { return false }
    }

    /// Names of hot files that may have rows: not of those whose rows are in cold. A file's name stands there before its first record.
    func hotFiles() throws -> Set<String> {
        let files = try connection.statement("SELECT day, part FROM hot_files WHERE state <> '\(Catalog.HotFileState.moved.rawValue)'")
        var names: Set<String> = []
        while try files.step() { names.insert(HotFileName.text(day: Int32(clamping: files.int64(0)), part: files.count(1))) }
        return names
    }

    /// Of uploads those whose files the leader has noted as gone.
    func withoutFiles(_ uploads: [String]) throws -> [String] { try self.uploads(of: uploads, Catalog.isUploadFileGone) }

    /// Of uploads those of which no file has come whole, and whose links were over before an instant.
    func neverSent(_ uploads: [String], linkedBefore instant: Int64) throws -> [String] { try self.uploads(of: uploads, "state = 'NEW' AND expires_at < \(instant)") }

    /// - Parameter condition: on columns of `uploads`.
    private func uploads(of ids: [String], _ condition: String) throws -> [String] {
        // Its first records, and those of an earlier version, may have made no such table.
        guard !ids.isEmpty, try connection.integer("SELECT count(*) FROM sqlite_master WHERE name = 'uploads'") == 1 else { return [] }
        let select = try connection.statement("SELECT 1 FROM uploads WHERE id = ?1 AND \(condition)")
        return try ids.filter { id in
            defer { select.reset() }
            try select.bind(1, id)
            return try select.step()
        }
    }

    /// What the leader has noted of day files' rows, by their names, of those that may have rows.
    func dayDigests() throws -> [String: DayDigest] {
        let known = try hotFiles()
        return try Catalog.dayDigests(connection).filter { known.contains($0.key) }
    }

    /// The store's number; nil while it has none.
    func identity() throws -> String? {
        let select = try connection.statement("SELECT value FROM meta WHERE key = 'store_id'")
        guard try select.step(), select.bytes(0).count == 16 else { return nil }
        return Hexadecimal.text(select.bytes(0))
    }

    /// Where the cold tables lie; nil: below DATA, or not known yet.
    func warehouse() throws -> String? {
        let select = try connection.statement("SELECT value FROM meta WHERE key = '\(WarehousePlace.key)'")
        guard try select.step(), !select.bytes(0).isEmpty else { return nil }
        return String(decoding: select.bytes(0), as: UTF8.self)
    }
}
