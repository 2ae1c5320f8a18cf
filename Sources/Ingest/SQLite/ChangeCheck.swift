import Glibc

/// Whether a file is as a commit left it: asked of the last one that a killed process was about to make.
///
/// The log of commits may have an entry whose commit was cut off before SQLite made it: only the file tells.
enum ChangeCheck {
    /// What the last change of a row has made of it.
    private struct RowID: Hashable {
        let table: String
        let key: String
    }

    /// - Returns: false where a row is not as the commit's last change of it says. All rows of a commit are there or none, so that some are enough.
    static func isMade(_ changes: ArraySlice<UInt8>, in path: String) throws -> Bool {
        // A file is there before its first commit, and goes when its rows are in cold, long after its last.
        guard access(path, F_OK) == 0 else { return true }
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        var reader = ChangeReader(changes)
        var all: [ChangeReader.Change] = []
        while let change = try reader.next() { all.append(change) }
        // Of a file that had this name before, and of which each commit was made long before it went: the first one of a new file brings its tables.
        if !all.contains(where: \.makesFile), try connection.integer("SELECT count(*) FROM sqlite_schema") == 0 { return true }
        // From the end: the last change of a row says what it is, and earlier ones nothing.
        var seen: Set<RowID> = []
        for change in all.reversed() {
            switch change {
            case .schema(_, _, let version):
                if try connection.integer("PRAGMA user_version") ?? 0 < version { return false }
            case .insert(let table, let row, let values):
                let shape = try TableShape(table.name, connection)
                guard shape.columns.count == values.count else { return false }
                let key = row.map(ChangeReader.Key.row) ?? .columns(shape.keyColumns.map { values[$0] })
                guard seen.insert(RowID(table: table.name, key: "\(key)")).inserted else { continue }
                if try !shape.has(key, Array(values.enumerated()).map { ($0.offset, $0.element) }, connection) { return false }
            case .update(let table, let key, let columns):
                let shape = try TableShape(table.name, connection)
                guard seen.insert(RowID(table: table.name, key: "\(key)")).inserted else { continue }
                if try !shape.has(key, columns, connection) { return false }
            case .delete(let table, let key):
                let shape = try TableShape(table.name, connection)
                guard seen.insert(RowID(table: table.name, key: "\(key)")).inserted else { continue }
                if try shape.exists(key, connection) { return false }
            }
            if seen.count >= rowCountMax { return true }
        }
        return true
    }

    /// Rows that are looked at, the last that were changed.
    private static let rowCountMax = 64
}

extension ChangeReader.Change {
    /// Whether a file without any table gets its first.
    fileprivate var makesFile: Bool { if case .schema(_, isNew: true, version: _) = self { true } else { false } }
}
