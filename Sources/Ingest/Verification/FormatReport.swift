import ColumnStore
import Glibc

/// What this version of the program will change in a store when it opens it, found by reading alone: also beside a server of an earlier version that holds it.
///
/// A report before an upgrade. Nothing is opened to write, so a server that runs is not disturbed.
package struct FormatReport: Sendable {
    /// A kind of file whose layout has versions.
    package struct Part: Sendable {
        /// Below DATA.
        package let name: String
        /// What was found: several where files of a kind differ.
        package let found: [Int64: Int]
        /// The version that this program writes.
        package let known: Int64
        /// What the steps between do, a line each.
        package let changes: [String]

        /// Whether there is anything that this program does not know.
        package var isLater: Bool { found.keys.contains { $0 > known } }
        package var isEarlier: Bool { found.keys.contains { $0 < known } }
    }

    package private(set) var parts: [Part] = []

    package var isLater: Bool { parts.contains(where: \.isLater) }
    package var changes: Bool { parts.contains(where: \.isEarlier) }

    /// - Throws: `DataDirectory.Failure` for what is no store or one of another layout, `SQLiteError` for a file that cannot be read.
    package init(path: String) throws {
        let path = DataDirectory.absolute(path)
        try DataDirectory.checkPlainFiles(path)
        _ = try StoreFormat.read(path)
        try DataDirectory.requireStore(path)
        // What a standby is making just now has no version yet, which it gets with its first records: no earlier format.
        let isMember = DataDirectory.isOfCluster(path)
        let catalog = try Self.keptVersion("\(path)/catalog.sqlite") ?? 0
        guard catalog > 0 || !isMember else { throw DataDirectory.Failure.noStoreYet(path: path) }
        parts.append(
            Part(name: "catalog.sqlite", found: [catalog: 1], known: Int64(CatalogSchema.migrations.count), changes: Self.changes(CatalogSchema.migrations, from: catalog)))
        try addHotFiles("\(path)/hot", isMember: isMember)
        for (name, known) in [("queues.sqlite", QueueFile.version), ("executions.sqlite", ExecutionSchema.version)] {
            guard let version = try Self.keptVersion("\(path)/\(name)"), version > 0 || !isMember else { continue }
            parts.append(Part(name: name, found: [version: 1], known: known, changes: version < known ? ["to version \(known)"] : []))
        }
    }

    private mutating func addHotFiles(_ folder: String, isMember: Bool) throws {
        var found: [Int64: Int] = [:]
        for name in access(folder, F_OK) == 0 ? try DataDirectory.names(in: folder) : [] where name.hasSuffix(".sqlite") {
            guard HotFileName.parse(String(name.dropLast(".sqlite".utf8.count))) != nil, let version = try Self.keptVersion("\(folder)/\(name)"), version > 0 || !isMember else {
                continue
            }
            found[version, default: 0] += 1
        }
        guard let earliest = found.keys.min() else { return }
        parts.append(Part(name: "hot/", found: found, known: HotFileSchema.version, changes: Self.changes(HotFileSchema.migrations, from: earliest)))
    }

    /// - Returns: nil where there is no such file, or an empty one.
    static func version(_ path: String) throws -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_size > 0 else { return nil }
        return try SQLiteConnection(atRest: path).integer("PRAGMA user_version") ?? 0
    }

    /// The same by a report, which leaves what tells that a log has lost commits: the next start is to find that. Beside a server, which goes on writing, one may seem so for a
    /// moment: to read it as it lies is as good.
    private static func keptVersion(_ path: String) throws -> Int64? {
        let kept = try KeptIndex(path: path)
        defer { withExtendedLifetime(kept) {} }
        return try version(path)
    }

    /// What the steps after a version make, in the order of the steps: the names alone, since a step is its own best description.
    static func changes(_ migrations: [String], from version: Int64) -> [String] {
        guard version >= 0, version < Int64(migrations.count) else { return [] }
        return migrations[Int(version)...].enumerated().map { offset, sql in
            var words: [String] = []
            // A table that is copied into one of another shape and takes its name.
            let renamed = Dictionary(sql.matches(of: /ALTER TABLE (\w+) RENAME TO (\w+)/).map { (String($0.1), String($0.2)) }, uniquingKeysWith: { $1 })
            for match in sql.matches(of: /CREATE TABLE (\w+)|ALTER TABLE (\w+) (?:ADD|RENAME) COLUMN (\w+)|DROP TABLE (\w+)/) {
                if let table = match.1.map(String.init) {
                    words.append(renamed[table].map { "table \($0) written anew" } ?? "new table \(table)")
                } else if let table = match.2, let column = match.3 {
                    words.append("\(match.0.contains(" ADD ") ? "new" : "another name of") column \(table).\(column)")
                } else if let table = match.4.map(String.init), !renamed.values.contains(table) {
                    words.append("table \(table) goes")
                }
            }
            return "version \(Int(version) + offset + 1): " + (words.isEmpty ? "no other tables or columns" : words.joined(separator: ", "))
        }
    }
}
