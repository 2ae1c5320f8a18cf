import ColumnStore
import Glibc

/// Makes a hot file anew of what can be read of it, where a damaged page keeps the store from starting or its receipts from being found.
///
/// All receipts and what belongs to their columns must be there: a file whose rows cannot be read is refused. What else is lost is made of the
/// rows (days, the index of identities), is taken from the catalog (dictionaries), or is reported. The damaged file goes to `lost+found/`.
struct HotSalvage {
    /// What nothing can be said of its receipts without.
    private static let needed: Set<String> = ["rows", "kinds", "pending", "versions", "groups", "changed", "repaired"]
    /// What a start and each question read.
    ///
    /// Where these are read to their end no damage keeps the file from its work; documents are not among them, since each has its hash.
    private static let probes = [
        "SELECT value FROM meta", "SELECT name FROM tables", "SELECT columns FROM kinds", "SELECT business_day FROM days", "SELECT bytes FROM dictionaries",
        "SELECT columns FROM groups", "SELECT sequence FROM changed", "SELECT reason FROM damaged", "SELECT id FROM pending", "SELECT id FROM repaired",
        "SELECT row FROM events", "SELECT sequence FROM events NOT INDEXED", "SELECT id, sequence, ticket, table_id, kind, business_day, sha256 FROM rows",
        "SELECT receipt, client, business_day, table_id FROM rows INDEXED BY rows_identity WHERE state <> 2 AND table_id > 0",
    ]

    private let name: String
    private let path: String
    private let catalogPath: String
    private let damaged: SQLiteConnection
    private let draft: SQLiteConnection
    private let draftPath: String
    private var missing: [String] = []

    /// A file that is whole is left as it is.
    ///
    /// - Parameters:
    ///   - aside: where drafts are made by who changes nothing: they take nobody's place.
    ///   - lost: where damaged files go; nil: to a folder of their own.
    /// - Returns: the files made anew, with what is missing of them.
    /// - Throws: `Recovery.Failure` for one of which that cannot be done.
    static func run(_ directory: DataDirectory, aside: (any FileStorage)?, lost: LostAndFound? = nil, progress: (String) -> Void) throws -> [(name: String, missing: [String])] {
        guard access(directory.hotPath, F_OK) == 0 else { return [] }
        var made: [(name: String, missing: [String])] = []
        let lost = lost ?? LostAndFound(directory)
        // Cut off in `place`: the damaged file has gone, or somebody has put it elsewhere, and what is whole has its place.
        for file in try DataDirectory.names(in: directory.hotPath).sorted() where file.hasSuffix(".sqlite.recovering") {
            let name = String(file.dropLast(".recovering".utf8.count))
            guard access("\(directory.hotPath)/\(name)", F_OK) != 0, isWhole("\(directory.hotPath)/\(file)") else { continue }
            if aside == nil { try place("\(directory.hotPath)/\(name)", directory, lost) }
            made.append(("hot/\(name)", []))
        }
        for file in try DataDirectory.names(in: directory.hotPath).sorted() where file.hasSuffix(".sqlite") {
            let path = "\(directory.hotPath)/\(file)"
            guard HotFileName.parse(String(file.dropLast(".sqlite".utf8.count))) != nil, try isNeeded(path) else { continue }
            progress("hot/\(file)")
            let draftPath = aside?.path(of: file) ?? "\(path).recovering"
            made.append(("hot/\(file)", try make(path, as: draftPath, directory)))
            guard aside == nil else {
                // What is missing is known by now, and the next one needs as much room.
                removeDraft(draftPath)
                continue
            }
            try place(path, directory, lost)
        }
        return made
    }

    /// A draft that is whole takes the damaged file's place.
    ///
    /// 1. The draft is made durable, with its name.
    /// 2. The damaged file goes, and only then its log, which has receipts of its own.
    /// 3. The draft takes its name.
    ///
    /// Cut off before 2 the next recovery finds the file with its log, and makes a draft anew; cut off later it finds the draft, and goes on from there.
    private static func place(_ path: String, _ directory: DataDirectory, _ lost: LostAndFound) throws {
        let draft = "\(path).recovering"
        try DatabaseFile.fold(draft, calls: lost.calls)
        // No commit tells of the new file.
        try LogMark.noteBroken(directory.path)
        try lost.takeDatabase(path, reason: "it is damaged, and a new one has been made of what can be read of it")
        do {
            try lost.calls.rename(draft, path)
            try lost.calls.synchronizeDirectory(directory.hotPath)
        } catch { throw DataDirectory.Failure.io(operation: error.operation, path: draft, code: error.code) }
    }

    /// A draft's one transaction ends with its version.
    private static func isWhole(_ draft: String) -> Bool { (try? SQLiteConnection(atRest: draft).integer("PRAGMA user_version")).map { $0 > 0 } ?? false }

    /// Whether something cannot be read that every start reads.
    ///
    /// - Throws: where the file's log has lost commits.
    private static func isNeeded(_ path: String) throws -> Bool {
        try WriteAheadLog.refuseLost(path)
        do {
            let isRead = try isRead {
                let connection = try SQLiteConnection(atRest: path)
                // Those of an earlier version are read as they were; what cannot be opened at all is refused by who reads it next.
                guard try connection.integer("PRAGMA user_version") == HotFileSchema.version else { return }
                for probe in probes {
                    let statement = try connection.statement(probe)
                    defer { statement.reset() }
                    while try statement.step() {}
                }
            }
            // Its first page says what tables there are.
            return try !isRead && SQLiteConnection(atRest: path).integer("SELECT count(*) FROM sqlite_master") != nil
        } catch { return false }
    }

    /// - Parameter path: of the file whose damage is meant; nil: of whichever is read.
    /// - Returns: whether it came to its end, and did not meet damage.
    private static func isRead(_ path: String? = nil, _ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return true
        } catch let error as SQLiteError where error.kind == .corrupt && path.map({ error.path == $0 }) ?? true { return false }
    }

    /// - Returns: what is missing of the draft.
    private static func make(_ path: String, as draftPath: String, _ directory: DataDirectory) throws -> [String] {
        removeDraft(draftPath)
        do {
            var salvage = try HotSalvage(path, draftPath, directory)
            try salvage.copy()
            return salvage.missing
        } catch {
            removeDraft(draftPath)
            throw error
        }
    }

    private static func removeDraft(_ path: String) { for suffix in ["", "-wal", "-shm"] { _ = FileRemoval.remove(path + suffix, .temporary) } }

    private init(_ path: String, _ draftPath: String, _ directory: DataDirectory) throws {
        (self.path, self.draftPath) = (path, draftPath)
        name = "hot/" + (path.split(separator: "/").last ?? "")
        catalogPath = directory.catalogPath
        damaged = try SQLiteConnection(atRest: path)
        draft = try SQLiteConnection(path: draftPath, mode: .create)
        try draft.execute("PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
    }

    private func refusal(_ what: String) -> Recovery.Failure {
        Recovery.Failure("\(path) is damaged where \(what): restore it from a backup, or put it elsewhere and its receipts are left out")
    }

    /// All in one transaction: the draft is whole or not there.
    ///
    /// - Throws: `Recovery.Failure` where a receipt, or what its columns are made of, is lost.
    private mutating func copy() throws {
        let schema = try damaged.statement("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid")
        var tables: [String] = []
        var statements: [String] = []
        while try schema.step() {
            if schema.text(0) == "table" { tables.append(schema.text(1)) }
            statements.append(schema.text(2))
        }
        try draft.execute("BEGIN IMMEDIATE")
        for statement in statements { try draft.execute(statement) }
        for table in tables {
            let lost = table == "meta" ? try copyMeta() : try copy(table)
            if lost > 0, Self.needed.contains(table) { throw refusal("what its receipts are made of is (\(lost) of \(table))") }
            if lost > 0, !["meta", "days", "tables", "dictionaries", "damaged"].contains(table) { missing.append("\(name): \(lost) of \(table)") }
        }
        try complete()
        try draft.execute("PRAGMA user_version = \(HotFileSchema.version); COMMIT")
        // It is taken without its log.
        try draft.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if try draft.integer("SELECT value FROM meta WHERE key = 'laid_down'") == nil { throw refusal("it says what stands in columns") }
    }

    /// By their keys, which are read first; each row by itself, so that one that is damaged takes no other with it. The first column is the key.
    ///
    /// - Returns: how many rows could not be read.
    private func copy(_ table: String) throws -> Int {
        let columns = try self.columns(table)
        guard let key = columns.first else { return 0 }
        let (keys, isWhole) = try keys(table, key)
        var lost = isWhole ? 0 : 1
        let insert = try draft.statement(
            "INSERT INTO \(table)(\(columns.joined(separator: ", "))) VALUES(\(columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")))")
        for number in keys where try !copyRow(table, columns, number, insert) { lost += 1 }
        return lost
    }

    private func columns(_ table: String) throws -> [String] { try damaged.texts("SELECT name FROM pragma_table_info('\(table)')") }

    /// - Returns: those up to the first damage, and whether that was the end.
    private func keys(_ table: String, _ key: String) throws -> (keys: [Int64], isWhole: Bool) {
        var keys: [Int64] = []
        let isWhole = try Self.isRead {
            let statement = try damaged.statement("SELECT \(key) FROM \(table) ORDER BY \(key)")
            defer { statement.reset() }
            while try statement.step() { keys.append(statement.int64(0)) }
        }
        return (keys, isWhole)
    }

    /// - Returns: false for a row that cannot be read.
    private func copyRow(_ table: String, _ columns: [String], _ key: Int64, _ insert: SQLiteStatement) throws -> Bool {
        // A document that cannot be read is left out: who reads the file next finds it damaged, and says so for that receipt alone.
        let lists = [columns] + (table == "rows" ? [columns.map { $0 == "document" ? "x''" : $0 }] : [])
        for list in lists {
            let select = try damaged.statement("SELECT \(list.joined(separator: ", ")) FROM \(table) WHERE \(columns[0]) = ?1")
            defer { select.reset() }
            select.bind(1, key)
            var isThere = false
            guard try Self.isRead(nil, { isThere = try select.step() }) else { continue }
            guard isThere else { return false }
            for index in columns.indices { try insert.bindValue(Int32(index + 1), of: select, Int32(index)) }
            try insert.run()
            return true
        }
        return false
    }

    private func copyMeta() throws -> Int {
        try copyPairs(damaged, "SELECT key, value FROM meta", of: path, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)") ? 0 : 1
    }

    /// Rows of two values.
    ///
    /// - Returns: whether they came to their end, and did not meet damage of the file at `path`.
    @discardableResult
    private func copyPairs(_ source: SQLiteConnection, _ query: String, of path: String, _ insertion: String) throws -> Bool {
        try Self.isRead(path) {
            let select = try source.statement(query)
            defer { select.reset() }
            let insert = try draft.statement(insertion)
            while try select.step() {
                for index in [Int32(0), 1] { try insert.bindValue(index + 1, of: select, index) }
                try insert.run()
            }
        }
    }

    // MARK: What can be made of the rest

    /// Ids of rows are from 1 without gaps: a count that is less than the greatest tells that some are missing.
    private mutating func complete() throws {
        guard try draft.integer("SELECT count(*) = coalesce(max(id), 0) FROM rows") == 1 else { throw refusal("its receipts are: some are missing") }
        try draft.execute("INSERT OR IGNORE INTO days SELECT DISTINCT business_day FROM rows")
        try addTables()
        guard try draft.integer("SELECT count(*) FROM rows WHERE table_id NOT IN (SELECT id FROM tables) OR kind NOT IN (SELECT id FROM kinds)") == 0 else {
            throw refusal("it says to which tables its receipts belong")
        }
        try addDictionaries()
    }

    /// Their names stand in the index of the names, too.
    ///
    /// The index that UNIQUE has made lies on pages of its own.
    private func addTables() throws {
        try copyPairs(
            damaged, "SELECT id, name FROM tables INDEXED BY sqlite_autoindex_tables_1 ORDER BY name", of: path, "INSERT OR IGNORE INTO tables(id, name) VALUES(?1, ?2)")
    }

    /// The catalog has them all: those that are missing come from there, and documents without one are found damaged.
    private func addDictionaries() throws {
        var status = stat()
        guard stat(catalogPath, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        do {
            let catalog = try SQLiteConnection(atRest: catalogPath)
            try copyPairs(catalog, "SELECT id, bytes FROM dictionaries", of: catalogPath, "INSERT OR IGNORE INTO dictionaries(id, bytes) VALUES(?1, ?2)")
        } catch {
            // Of the catalog, whatever it is: without them some documents are damaged.
            guard (error as? SQLiteError)?.path == catalogPath else { throw error }
        }
    }
}
