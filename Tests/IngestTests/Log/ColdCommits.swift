import ColumnStore

@testable import Ingest

/// Commits of a catalog that name files of cold tables, as a log has them.
enum ColdCommits {
    /// - Parameters:
    ///   - names: `<table>/<key>`: each is named by a commit of its own.
    ///   - folder: for the while; absolute.
    /// - Returns: payloads of the commits.
    static func payloads(_ names: [String], of bytes: [UInt8], in folder: String) throws -> [[UInt8]] {
        try DataDirectory.makeDirectories(folder)
        let log = try CommitLog(directory: folder, next: 1, closed: [], time: 0, isSpooled: false, clock: .system)
        CommitSinks.add(log, root: folder)
        defer { CommitSinks.remove(root: folder) }
        let catalog = try SQLiteConnection(path: "\(folder)/catalog.sqlite", mode: .create)
        try catalog.execute("CREATE TABLE cold_objects(key TEXT PRIMARY KEY, table_name TEXT NOT NULL, kind TEXT NOT NULL, byte_count INTEGER NOT NULL, sha256 BLOB NOT NULL) WITHOUT ROWID")
        for name in names {
            let table = name.split(separator: "/").first ?? ""
            try catalog.execute("INSERT INTO cold_objects VALUES('\(name)', '\(table)', 'data', \(bytes.count), x'\(Hexadecimal.text(SHA256.hash(bytes)))')")
        }
        return LogSpool.read(log.takeHeld()).map { Array($0.payload) }.filter { LogPayload($0).map { !LogCarrier.named($0.changes).isEmpty } ?? false }
    }
}
