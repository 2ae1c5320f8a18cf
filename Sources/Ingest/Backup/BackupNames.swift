import ColumnStore

/// Which files at a backup's place are of a backup that was cut off, and so stand in no list.
///
/// By their names in full: what merely begins alike is somebody's (another store's warehouse, the place of a log), and may be all that there is of it.
///
///     catalog.3.sqlite  queues.3.sqlite  executions.3.sqlite  hot/2026-11-20.2.3.sqlite    with what SQLite has beside them
///     admin.key.3
///     warehouse/<table>/data/…  warehouse/<table>/metadata/…    of a table that this store has
///     uploads/<id>                                              of an upload that this store has
///     <any of these>.<digits>-<number>.tmp                      in the making
struct BackupNames {
    private let tables: Set<String>
    private let uploads: Set<String>

    init(_ catalog: Catalog) throws {
        tables = Set(try catalog.coldVersions().map { $0.table })
        uploads = Set(try catalog.uploadIDs())
    }

    func isOwn(_ key: String) -> Bool {
        let key = Self.finished(key)
        if key == BackupManifest.key || Self.isProbe(key) { return true }
        let parts = key.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case (_, 1): return Self.isDatabase(key) || Self.isNumber(Self.rest(of: key, behind: "\(DataDirectory.adminKeyName)."))
        case ("hot", 2): return Self.isHotFile(parts[1])
        case ("uploads", 2): return uploads.contains(parts[1])
        // Rollups come and go, and their sums are made again from rows.
        case ("warehouse", 4...5): return (tables.contains(parts[1]) || TableName.isOfSums(parts[1])) && Self.isCold(parts[2...])
        default: return false
        }
    }

    /// Whether a checkpoint may have a file of that name, by how it begins: one that was made by an earlier version, or of a table that is gone, among them.
    static func isOfPlace(_ key: String) -> Bool {
        let key = finished(key)
        return key == BackupManifest.key || ["warehouse/", "hot/", "uploads/", "catalog.", "queues.", "executions.", "admin.key.", Backup.probeName].contains { key.hasPrefix($0) }
    }

    /// A log's checkpoint has the epoch in the names of its copies, too: `catalog.3-7.sqlite`.
    static func isOfCheckpoint(_ name: String) -> Bool { name.hasPrefix("catalog.") && name.contains("-") }

    /// A file in the making gets its name once it is whole (`LocalStorage`).
    private static func finished(_ key: String) -> String {
        guard key.hasSuffix(".tmp") else { return key }
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        let mark = parts.dropLast().last?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard mark.count == 2, isNumber(mark[1]), !mark[0].isEmpty, mark[0].allSatisfy(\.isHexDigit) else { return key }
        return parts.dropLast(2).joined(separator: ".")
    }

    private static func rest(of text: String, behind prefix: String) -> Substring { text.hasPrefix(prefix) ? text.dropFirst(prefix.count) : "" }

    private static func isNumber(_ text: Substring) -> Bool { !text.isEmpty && text.utf8.allSatisfy { $0 &- 0x30 < 10 } }

    private static func isProbe(_ key: String) -> Bool { isNumber(rest(of: key, behind: Backup.probeName)) }

    /// - Returns: what stands before `.sqlite`, also of what SQLite has beside such a file; nil for another name.
    private static func stem(_ name: String) -> Substring? {
        let plain = ["-journal", "-wal", "-shm"].first { name.hasSuffix($0) }.map { name.dropLast($0.count) } ?? name[...]
        return plain.hasSuffix(".sqlite") ? plain.dropLast(".sqlite".count) : nil
    }

    private static func isDatabase(_ name: String) -> Bool {
        guard let stem = stem(name) else { return false }
        return ["catalog.", "queues.", "executions."].contains { isNumber(rest(of: String(stem), behind: $0)) }
    }

    /// The file's own name, and the backup's number.
    private static func isHotFile(_ name: String) -> Bool {
        guard let stem = stem(name), let dot = stem.lastIndex(of: "."), isNumber(stem[stem.index(after: dot)...]) else { return false }
        return HotFileName.parse(String(stem[..<dot])) != nil
    }

    /// - Parameter parts: of the key within its table.
    private static func isCold(_ parts: ArraySlice<String>) -> Bool {
        guard let folder = parts.first, let name = parts.last else { return false }
        switch folder {
        // `data/<ticket>.parquet`, or below a year.
        case "data": return name.hasSuffix(".parquet")
        case "metadata": return parts.count == 2 && (name.hasSuffix(".metadata.json") || name.hasSuffix(".avro") || name == "version-hint.text")
        default: return false
        }
    }
}
