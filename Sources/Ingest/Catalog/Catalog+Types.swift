import ColumnStore

/// A stored version of a document type.
///
/// `json` is the type file, byte for byte as it was put.
struct StoredType: Sendable {
    let name: String
    let version: Int
    let json: [UInt8]
    let isDeleted: Bool
    let isBuiltIn: Bool
    /// In the order in which versions were put.
    let place: Int64
}

/// A version of a document type as it is stored, and the columns that its table has with it.
struct NewType: Sendable {
    let name: String
    let version: Int
    /// The type file, byte for byte as it was put.
    let json: [UInt8]
    let isBuiltIn: Bool
    let table: String
    let columns: [Field]
    /// Behind that of every version that is there.
    let place: Int64
}

/// Document types: every version that ever was is kept, since rows name the one that took them.
extension Catalog {
    /// The newest version of each type, deleted ones included.
    func newestTypes() throws -> [StoredType] {
        try read { connection in
            let statement = try connection.statement("""
                SELECT name, version, json, is_deleted, is_built_in, place FROM types t
                WHERE version = (SELECT max(version) FROM types WHERE name = t.name) ORDER BY name
                """)
            var types: [StoredType] = []
            while try statement.step() {
                types.append(
                    StoredType(
                        name: statement.text(0), version: statement.count(1), json: statement.bytes(2),
                        isDeleted: statement.int64(3) != 0, isBuiltIn: statement.int64(4) != 0, place: statement.int64(5)))
            }
            return types
        }
    }

    /// The files of all versions of the types that have several, in force or not, of each the first one first.
    func earlierTypeFiles() throws -> [(name: String, json: [UInt8], place: Int64)] {
        try read { connection in
            let statement = try connection.statement(
                "SELECT name, json, place FROM types WHERE name IN (SELECT name FROM types GROUP BY name HAVING count(*) > 1) ORDER BY name, version")
            defer { statement.reset() }
            var files: [(name: String, json: [UInt8], place: Int64)] = []
            while try statement.step() { files.append((statement.text(0), statement.bytes(1), statement.int64(2))) }
            return files
        }
    }

    /// A type's versions before `version`, the newest first; a page ends at its bytes too.
    ///
    /// - Parameter version: exclusive.
    func typeVersions(name: String, before version: Int, limit: Int, hold: (Int) throws -> Void) throws -> [TypeVersion] {
        try read { connection in
            let statement = try connection.statement("SELECT version, put_at, json FROM types WHERE name = ?1 AND version < ?2 ORDER BY version DESC LIMIT ?3")
            defer { statement.reset() }
            try statement.bind(1, name)
            statement.bind(2, Int64(version))
            statement.bind(3, Int64(clamping: limit))
            var versions: [TypeVersion] = []
            var byteCount = 0
            while byteCount < TypeVersion.pageByteCountMax, try statement.step() {
                byteCount = byteCount.addingSaturating(statement.withBytes(2) { $0.count })
                try hold(byteCount.multipliedSaturating(by: 2))
                versions.append(TypeVersion(version: statement.count(0), putAt: statement.int64(1), json: statement.bytes(2)))
            }
            return versions
        }
    }

    /// The file of a version, in force or not.
    func typeFile(name: String, version: Int) throws -> [UInt8]? {
        try read { connection in
            let statement = try connection.statement("SELECT json FROM types WHERE name = ?1 AND version = ?2")
            defer { statement.reset() }
            try statement.bind(1, name)
            statement.bind(2, Int64(version))
            return try statement.step() ? statement.bytes(0) : nil
        }
    }

    /// Of the version that was put last; 0 where there is none.
    func lastTypePlace() throws -> Int64 { try read { try Self.lastTypePlace($0) } }

    private static func lastTypePlace(_ connection: SQLiteConnection) throws -> Int64 { try connection.integer("SELECT max(place) FROM types") ?? 0 }

    /// Stores versions, and the columns that their tables have with them, as one transaction; of a table of several the last has those of all.
    ///
    /// - Throws: `SQLiteError` for a place that is not behind all others: what was hidden by it before would be hidden by another's.
    func put(_ types: [NewType]) throws {
        if types.isEmpty { return }
        let now = now
        try write { connection in
            var last = try Self.lastTypePlace(connection)
            for type in types {
                guard type.place > last else {
                    throw SQLiteError(code: 21, message: "the type \(type.name) has the place \(type.place), and the last one is \(last)", path: connection.path)
                }
                last = type.place
                let statement = try connection.statement(
                    "INSERT OR REPLACE INTO types(name, version, json, put_at, is_deleted, is_built_in, place) VALUES(?1, ?2, ?3, ?4, 0, ?5, ?6)")
                try statement.bind(1, type.name)
                statement.bind(2, Int64(type.version))
                try statement.bind(3, type.json)
                statement.bind(4, now)
                statement.bind(5, type.isBuiltIn ? 1 : 0)
                statement.bind(6, type.place)
                try statement.run()
                try Self.setColumns(type.columns, of: type.table, connection)
            }
        }
    }

    /// All of its versions: rows name them still, so their files stay.
    func deleteType(name: String) throws {
        try write { connection in
            let statement = try connection.statement("UPDATE types SET is_deleted = 1 WHERE name = ?1")
            try statement.bind(1, name)
            try statement.run()
        }
    }
}
