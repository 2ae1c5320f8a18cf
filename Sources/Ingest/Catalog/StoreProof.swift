import ColumnStore
import Glibc

/// Whether the catalog is the one that the store's other files were last written under: asked before anything is changed or removed, since
/// what a catalog does not name is removed in time, and one that is missing, older or of another store names too little.
///
/// 1. The store's id is the same in `FORMAT`, the catalog, each hot file and each table, and none of them has seen a later generation of the
///    catalog than this one (`StoreMark`).
/// 2. A hot file that the catalog does not name, or names as new, has no rows: the catalog names each before it has one.
/// 3. A version of a table that the catalog does not name is the next one, or the one after a widening; and the rows that it adds are still
///    in their hot file: a crash between the version and the catalog leaves it so. In a cluster's bucket others lead after the crash, whose catalog is proven by the
///    cluster's records: there, what it does not name is what another has left (`Tenure`).
///
/// 4. A database that the catalog has noted is there (`LaterDatabase`).
/// 5. No hot file and no other database says less of itself than the catalog has noted of it (`FileReach`): it would be an older copy, and what came to the file since
///    would be gone without a word.
///
/// What earlier versions wrote bears no marks; for them 2 and 3 alone speak.
struct StoreProof {
    private let directory: DataDirectory
    private let catalog: Catalog
    /// Why the catalog is not the one.
    private(set) var reasons: [String] = []
    /// Files that the catalog knows further than they are, by their names below DATA, and what is wrong with each.
    private(set) var older: [(name: String, fault: String)] = []
    /// How far files had come.
    let reached: [String: FileReach]
    private var states: [String: Catalog.HotFileState] = [:]

    /// Most that one commit makes: a widening of the table's columns, then the rows.
    private static let versionCountMax = 2

    init(_ directory: DataDirectory, _ catalog: Catalog) throws {
        self.directory = directory
        self.catalog = catalog
        reached = try catalog.read { try FileReach.noted($0) }
        for file in try catalog.hotFiles() { states[HotFileName.text(day: file.day, part: file.part)] = file.state }
    }

    /// Before anything is changed, the catalog's own version among it.
    ///
    /// Only reads. A store without a catalog passes if nothing else of it is there.
    ///
    /// - Precondition: `checkLog`, and nobody has opened the catalog before that.
    /// - Throws: `DataDirectory.Failure.unproven`.
    static func check(_ directory: DataDirectory) throws {
        try checkPresence(directory)
        guard access(directory.catalogPath, F_OK) == 0 else { return }
        let catalog = try Catalog(unmigratedPath: directory.catalogPath)
        defer { catalog.close() }
        guard try catalog.version > 0 else { return }
        var proof = try StoreProof(directory, catalog)
        try proof.run()
        try proof.checkDatabases()
        let reasons = [proof.reasons, proof.older.map { "\($0.name) \($0.fault): put the newer file back; till recover goes on with this one" }].flatMap(\.self)
        if !reasons.isEmpty { throw DataDirectory.Failure.unproven(path: directory.path, reasons: reasons) }
    }

    /// Before the catalog is opened by anybody: SQLite would end at the first bad frame, silently, and make the log's index anew, which may be all that tells of it.
    ///
    /// - Throws: `DataDirectory.Failure.unproven` for a log that was whole once and is not any more.
    static func checkLog(_ directory: DataDirectory) throws {
        // Where there is none, or an empty one, others say so (`check`).
        guard access(directory.catalogPath, F_OK) == 0, try !DatabaseFile.isEmpty(directory.catalogPath), let log = try WriteAheadLog(path: directory.catalogPath), log.losesCommits,
            let fault = log.fault
        else { return }
        throw DataDirectory.Failure.unproven(path: directory.path, reasons: ["catalog.sqlite-wal: \(fault); \(log.advice)"])
    }

    /// Before a catalog is opened, since opening one that is not there makes it.
    ///
    /// - Throws: `DataDirectory.Failure.unproven` where there is none, or an empty one, in a store that has had one.
    private static func checkPresence(_ directory: DataDirectory) throws {
        let isThere = access(directory.catalogPath, F_OK) == 0
        // Not even opened where it is empty: SQLite would throw its log away.
        if isThere, try !DatabaseFile.isEmpty(directory.catalogPath) {
            let version = Result { try SQLiteConnection(path: directory.catalogPath, mode: .readWrite).integer("PRAGMA user_version") ?? 0 }
            if case .failure(let error as SQLiteError) = version, error.kind == .corrupt {
                throw DataDirectory.Failure.unproven(path: directory.path, reasons: ["catalog.sqlite cannot be read: \(error.message)"])
            }
            if try version.get() > 0 { return }
        }
        let format = try StoreFormat.read(directory.path)
        var held: [String] = []
        if format?.generation ?? 0 > 0 { held.append("FORMAT says that the store has been in use") }
        let hot = try names(directory.hotPath).filter { $0.hasSuffix(".sqlite") }.sorted()
        if let first = hot.first { held.append("there \(hot.count == 1 ? "is the hot file" : "are \(hot.count) hot files from") \(first)") }
        for table in try directory.coldTables() {
            var isEmpty = true
            try directory.cold(table).list(prefix: "") { _ in isEmpty = false }
            guard !isEmpty else { continue }
            held.append("there are files of the cold table \(table)")
        }
        guard !held.isEmpty else { return }
        throw DataDirectory.Failure.unproven(path: directory.path, reasons: ["catalog.sqlite is \(isThere ? "empty" : "missing")"] + held)
    }

    private static func names(_ path: String) throws -> [String] { access(path, F_OK) == 0 ? try DataDirectory.names(in: path) : [] }

    /// Collects every reason, not the first alone.
    ///
    /// - Parameters:
    ///   - ignored: hot files that are about to be put aside.
    ///   - checksTables: false for a catalog that was just made of the tables.
    ///   - refusesLost: false for who has told of logs of the catalog's files that have lost commits by himself, and goes on: the caller keeps their indexes (`KeptIndex`).
    mutating func run(ignoring ignored: Set<String> = [], checksTables: Bool = true, refusesLost: Bool = true) throws {
        // Who cannot read it has said so before.
        if let format = try? StoreFormat.read(directory.path) { checkMarks("FORMAT", (format.store, format.generation)) }
        try checkHotFiles(ignoring: ignored, refusesLost: refusesLost)
        reasons.append(contentsOf: try lost().compactMap { try $0.loss(in: directory.path) })
        if checksTables { try checkTables() }
    }

    /// Databases that the catalog has noted, and that are not there.
    private func lost() throws -> [LaterDatabase] {
        try LaterDatabase.allCases.filter { try $0.isNoted(in: catalog) }
    }

    /// Whether databases beside the catalog are older copies. Of a store that nobody looks at otherwise: reading one makes its log's index anew.
    ///
    /// - Throws: where a file's log has lost commits.
    mutating func checkDatabases() throws {
        for database in LaterDatabase.allCases {
            guard let noted = reached[database.rawValue], try database.loss(in: directory.path) == nil else { continue }
            try WriteAheadLog.refuseLost(database.path(in: directory.path))
            if let fault = database.age(in: directory.path, noted: noted) { older.append((database.rawValue, fault)) }
        }
    }

    /// What bears no mark proves nothing, and contradicts nothing.
    private mutating func checkMarks(_ name: String, _ marks: (store: String?, generation: Int64)) {
        if let store = marks.store, !catalog.storeID.isEmpty, store != catalog.storeID {
            reasons.append("\(name) is of the store \(store), the catalog of the store \(catalog.storeID)")
        } else if marks.generation > catalog.mark.generation {
            reasons.append("\(name) has seen generation \(marks.generation) of the catalog; this one is of generation \(catalog.mark.generation), an older one")
        }
    }

    // MARK: Hot files

    /// - Throws: where a file's log has lost commits, if that is refused.
    private mutating func checkHotFiles(ignoring ignored: Set<String>, refusesLost: Bool) throws {
        var present: Set<String> = []
        for file in try Self.names(directory.hotPath).sorted() where file.hasSuffix(".sqlite") {
            let name = String(file.dropLast(".sqlite".utf8.count))
            guard HotFileName.parse(name) != nil, !ignored.contains(name) else { continue }
            present.insert(name)
            let path = "\(directory.hotPath)/\(file)"
            // Of files that the catalog does not have, or no more, nobody else has looked at the log.
            if refusesLost {
                try WriteAheadLog.refuseLost(path)
            } else if states[name] != .known, let log = try WriteAheadLog(path: path), log.losesCommits, let fault = log.fault {
                reasons.append("hot/\(file)-wal: \(fault)")
                continue
            }
            switch states[name] {
            case .known?:
                // The catalog knows a file once its first page is durable. SQLite would take what is empty for new, and throw its log away.
                if try DatabaseFile.isEmpty(path) { reasons.append("hot/\(file) is empty: restore it from a backup") }
                guard let found = try? HotFileMarks(path) else { continue }
                checkMarks("hot/\(file)", found.marks)
                if let reach = found.reach { checkReach(name, reach) }
            case .moved?: break
            case .new?, nil:
                // What cannot be read was not finished, and is put aside.
                guard let found = try? HotFileMarks(path) else { continue }
                checkMarks("hot/\(file)", found.marks)
                if found.rowCount > 0 {
                    reasons.append("hot/\(file) has \(found.rowCount) rows, and the catalog "
                        + (states[name] == nil ? "does not know it" : "has it as new and without rows"))
                }
            }
        }
        for (name, state) in states.sorted(by: { $0.key < $1.key }) where state == .known && !present.contains(name) {
            reasons.append("hot/\(name).sqlite is missing: restore it from a backup")
        }
    }

    private mutating func checkReach(_ hot: String, _ found: FileReach) {
        let name = FileReach.name(ofHot: hot)
        guard let noted = reached[name], found.isBehind(noted) else { return }
        older.append((name, "is an older copy: it ends at sequence \(found.number) and has seen generation \(found.generation) of the catalog, "
            + "the file that belongs here had come to sequence \(noted.number) and generation \(noted.generation)"))
    }

    // MARK: Cold tables

    private mutating func checkTables() throws {
        var named: [String: Int] = [:]
        for (table, version) in try catalog.coldVersions() { named[table] = version }
        // Sums are made again from rows. Catalogs of earlier versions know none.
        let sums = Set(((try? catalog.rollupTables()) ?? [:]).keys)
        let floor = try catalog.coldFloor()
        for table in Set(named.keys).union(try directory.coldTables()).sorted() {
            let storage = try directory.cold(table)
            let versions = try Table.versions(storage)
            let version = named[table] ?? 0
            if version > 0, !versions.contains(version), sums.contains(table) { continue }
            if version > 0, !versions.contains(version) {
                reasons.append("warehouse/\(table)/metadata/v\(version).metadata.json is missing, which the catalog names")
                continue
            }
            // What an end came before the removal of. Catalogs of earlier versions know none.
            let removable = (try? catalog.endedCold())?[table] ?? []
            if version > 0, let present = try? Table.open(storage, version: version) {
                checkMarks("the table \(table)", Self.marks(present))
                if !sums.contains(table), let key = (try? present.reached(of: removable))?.first {
                    reasons.append("the catalog says that warehouse/\(table)/\(key) may go, which version \(version) of the table leads to")
                }
            }
            if DataDirectory.isOfCluster(directory.path) { continue }
            // Of a table that was ended.
            let ended = Set(version > 0 ? [] : removable)
            let newer = versions.filter { $0 > version && !ended.contains("metadata/v\($0).metadata.json") }
            guard let last = newer.last else { continue }
            if last > max(version, floor).addingSaturating(Self.versionCountMax) {
                reasons.append("the table \(table) is at version \(last), the catalog knows \(version == 0 ? "no such table" : "version \(version)")")
                continue
            }
            for number in newer { try checkUnnamed(number, of: table, after: version, storage) }
        }
    }

    private static func marks(_ table: Table) -> (store: String?, generation: Int64) {
        let properties = table.metadata.properties
        return (properties[StoreMark.storeProperty], properties[StoreMark.generationProperty].flatMap { Int64($0) } ?? 0)
    }

    /// A version that a crash may have left before the catalog named it.
    ///
    /// Its rows must still be where they came from: in the hot file that its summary names, or, after a merge, in the files of the version that
    /// the catalog has.
    private mutating func checkUnnamed(_ version: Int, of name: String, after named: Int, _ storage: any ObjectStorage) throws {
        let table: Table
        do { table = try Table.open(storage, version: version) } catch {
            // It is put aside unread: nothing can lead to rows by it.
            return
        }
        let what = "version \(version) of the table \(name), which the catalog does not know,"
        let count = reasons.count
        checkMarks(what, Self.marks(table))
        guard reasons.count == count, let snapshot = table.metadata.currentSnapshot else { return }
        if let file = snapshot.summary["till.hot-file"] {
            let path = "\(directory.hotPath)/\(file).sqlite"
            guard states[file] == .known, access(path, F_OK) == 0 else {
                return reasons.append("\(what) has the rows of hot/\(file).sqlite, which the catalog "
                    + (states[file] == .known ? "wants to be there" : "does not hold either"))
            }
        } else if named > 0 {
            // Rows that the catalog's version has must be where it says.
            let present = try Table.open(storage, version: named)
            for key in try present.presentKeys().data where try storage.byteCount(of: key) == nil {
                return reasons.append("\(what) has taken the place of files that are gone: \(key)")
            }
        }
    }
}
