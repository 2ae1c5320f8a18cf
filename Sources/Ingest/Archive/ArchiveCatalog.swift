import ColumnStore
import Glibc

/// What an archive asks the catalog of a checkpoint, which nobody has open for writing.
enum ArchiveCatalog {
    /// Objects of the tables that there are, but for tables of sums, which are made again from rows: those that a version needs, and those that it needed a while ago.
    ///
    /// - Throws: `.corruptFile` for an object that has no name.
    static func coldFiles(_ path: String) throws -> [NamedFile] {
        guard access(path, F_OK) == 0 else { return [] }
        let connection = try SQLiteConnection(atRest: path)
        let select = try connection.statement("""
            SELECT table_name, key, byte_count, sha256 FROM cold_objects
            WHERE obsolete_at IS NULL AND table_name IN (SELECT name FROM tables WHERE cold_version IS NOT NULL) AND table_name NOT IN (SELECT name FROM rollup_tables)
            ORDER BY key
            """)
        var files: [NamedFile] = []
        while try select.step() {
            let (table, key, byteCount, sha256) = (select.text(0), select.text(1), select.int64(2), select.bytes(3))
            guard key.hasPrefix("\(table)/"), byteCount >= 0, sha256.count == SHA256.byteCount, ObjectKey.isValid("warehouse/\(key)") else {
                throw ColumnStoreError(.corruptFile, path: path, "has an object of a cold table that is none: \(key.prefix(200))")
            }
            files.append(.cold(table: table, key: String(key.dropFirst(table.utf8.count + 1)), byteCount: byteCount, sha256: sha256))
        }
        return files
    }

    /// Uploads of which a file is here that is still to be read.
    static func unreadUploads(_ path: String) throws -> [UnreadUpload] {
        guard access(path, F_OK) == 0 else { return [] }
        let connection = try SQLiteConnection(atRest: path)
        // That of an earlier program has none.
        guard try connection.integer("SELECT count(*) FROM sqlite_master WHERE name = 'uploads'") ?? 0 > 0 else { return [] }
        return try UnreadUpload.all(connection).filter { $0.byteCount > 0 }
    }
}
