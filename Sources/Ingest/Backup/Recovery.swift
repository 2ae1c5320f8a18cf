package import ColumnStore
import Documents
import Glibc

/// Makes a catalog anew out of a store's other files: `till recover`.
///
/// 1. What only a catalog knows (contracts, keys, types, quarantine, audit trail, key of cursors) is taken from the catalog that is there, as
///    far as it can be read and is of this store, or from a backup's, whichever is of the later generation. What neither has is listed.
/// 2. Of each cold table the newest version that is whole is taken, and every file of it is hashed. A table of which no metadata can be read
///    gets metadata anew from its Parquet files (`ColdRemaking`).
/// 3. Hot files that a damaged page keeps from being read are made anew of what can be read of them (`HotSalvage`): at once, and that stays.
///    Hot files with rows are taken, but for those whose rows are all in cold: a crash may have left a file beside them.
/// 4. Sequences go on above the highest that any file knows.
///
/// The new catalog is made beside the old one and proved against the files; only then is the old one put aside in `lost+found/` and the new
/// one put in its place. Until then nothing is changed, and no file is removed at all.
///
/// A trial says all that without doing it: it reads the store beside others who do, on a medium that cannot be written too, and makes its draft aside. What follows from files that it would
/// have to make first it does not know.
///
/// Used once. It holds the directory from `init` until `run` has returned.
package final class Recovery {
    /// What was found, and what is missing.
    package struct Report: Sendable {
        package struct Table: Sendable {
            package var name: String
            package var version: Int
            package var fileCount: Int
            package var rowCount: Int64
        }
        package var hotFiles: [(name: String, rowCount: Int64)] = []
        package var tables: [Table] = []
        /// The catalog that contracts, keys and types are of; nil where there was none.
        package var source: String?
        package var contractCount = 0
        package var keyCount = 0
        package var typeCount = 0
        /// What only a catalog knew, and what files were found not to be whole.
        package var missing: [String] = []
        package var putAside: [String] = []
        /// Hot files that were damaged.
        package var madeAnew: [String] = []
        /// Only hot files were made anew.
        package var keepsCatalog = false
        /// A trial's, which ends with what is to be made before all else.
        package var isCut = false
    }

    /// Why there is no new catalog. Nothing was changed.
    package struct Failure: Error, CustomStringConvertible, Sendable {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    let directory: DataDirectory
    private let backup: String?
    private let typeFiles: [[UInt8]]
    let progress: (String) -> Void
    var report = Report()
    /// The highest generation that any file has seen.
    private var generation: Int64 = 0
    /// Where FORMAT says that cold tables are.
    private var warehouse: String?
    var sequence: Int64 = 0
    /// Whether each cold table says which sequences were given out when it was written.
    var knowsSequences = true
    /// Rows of cold tables: who had them made, and by which types.
    var kinds: Set<TypeVersion> = []
    var clients: Set<[UInt8]> = []
    let isTrial: Bool
    /// Of a trial.
    private var stillness: Placement.Stillness?
    private let aside: ScratchFolder?
    /// Metadata that was made for tables that had none: gone again where there is no new catalog.
    var remade: [(storage: any ObjectStorage, keys: [String])] = []

    struct TypeVersion: Hashable {
        let name: String
        let version: Int64
    }

    static let draftName = "catalog.recovering"
    /// Left free above what is known where an earlier version wrote a table: changes of state take sequences of which cold tables say nothing.
    private static let sequenceGap: Int64 = 1_000_000

    /// - Parameters:
    ///   - backup: the directory of a backup of this store.
    ///   - typeFiles: of types that no catalog has.
    ///   - isTrial: whether nothing is changed.
    /// - Throws: `DataDirectory.Failure` when it is no store, in use (of a trial: by who may change it), or a member of a cluster.
    package init(
        path: String, backup: String? = nil, typeFiles: [[UInt8]] = [], isTrial: Bool = false, storages: any StorageFactory = LocalStorageFactory(),
        progress: @escaping (String) -> Void = { _ in }
    ) throws {
        // Beside its server, too, which has no `LOCK` while it follows.
        guard !DataDirectory.isOfCluster(DataDirectory.absolute(path)) else { throw DataDirectory.Failure.ofCluster(path: path) }
        directory = try isTrial ? DataDirectory(provingPath: path, storages: storages) : DataDirectory(path: path, making: .ofFiles, checksFormat: false, storages: storages)
        self.isTrial = isTrial
        aside = try isTrial ? ScratchFolder("recover") : nil
        stillness = isTrial ? Placement.Stillness(directory.path) : nil
        self.backup = backup
        self.typeFiles = typeFiles
        self.progress = progress
    }

    /// - Throws: `Failure` for what an operator must decide, `DataDirectory.Failure`, and what reading and writing throw.
    package func run() throws -> Report {
        defer {
            stillness = nil
            directory.release()
        }
        let format = try self.format()
        do { return try make(format) } catch {
            for (storage, keys) in remade { for key in keys { try storage.delete(key, .unpublished) } }
            throw error
        }
    }

    /// A log by itself is read only by what makes its index, and a look makes nothing.
    private func checkLogs() throws {
        let hot = access(directory.hotPath, F_OK) == 0 ? try DataDirectory.names(in: directory.hotPath).filter { $0.hasSuffix(".sqlite") }.sorted() : []
        for path in [directory.catalogPath] + hot.map({ "\(directory.hotPath)/\($0)" }) where Placement.hasLog(path) && access(path + "-shm", F_OK) != 0 {
            throw Failure("the log of \(path) has no index beside it (-shm), as in a copy that left it out, so that it cannot be read without making one: copy the directory, and let recover have the copy")
        }
    }

    /// In this order: evidence of hot and cold files; whose they are; a catalog to take from; the draft, filled and proven; the place.
    private func make(_ format: StoreFormat?) throws -> Report {
        warehouse = format?.warehouse
        if isTrial { try checkLogs() }
        for (name, missing) in try HotSalvage.run(directory, aside: aside?.files, progress: progress) {
            report.madeAnew.append(name)
            report.missing.append(contentsOf: missing)
        }
        if isTrial, !report.madeAnew.isEmpty { return cut() }
        let hot = try HotEvidence.read(directory)
        let cold = try ColdEvidence.read(self)
        if report.isCut { return report }
        let stores = [format?.store].compactMap { $0 } + hot.compactMap(\.store) + cold.compactMap(\.store)
        generation = ([format?.generation ?? 0] + hot.map(\.generation) + cold.map(\.generation)).max() ?? 0
        if let first = stores.first, let other = stores.first(where: { $0 != first }) {
            throw Failure("the files are of two stores, \(first) and \(other): leave those of one in the directory")
        }
        try removeDraft()
        do {
            let source = try chooseSource(store: stores.first)
            // Of metadata that was made anew just now the catalog fits no more than the number.
            if source?.isProven == true, remade.isEmpty {
                guard report.madeAnew.isEmpty else {
                    report.keepsCatalog = true
                    // What could not be read of them they do not have any more.
                    let catalog = try SQLiteConnection(path: directory.catalogPath, mode: .readWrite)
                    try catalog.transaction { try FileReach.forget(report.madeAnew, catalog) }
                    return report
                }
                throw Failure("the catalog fits the store's files: there is nothing to recover")
            }
            let id = stores.first ?? source?.store
            try checkWarehouse(source)
            try makeDraft(source, id: id)
            try takeAsTheyAre(hot)
            let draft = try Catalog(path: draftPath)
            defer { draft.close() }
            try WarehousePlace.note(directory.storages.location, in: draft)
            try addTypes(draft)
            let chosen = try choose(cold, beside: hot)
            try record(chosen.tables, in: draft)
            try record(chosen.hot, in: draft)
            try forgetLost(draft)
            try finish(draft)
            try prove(draft, moved: chosen.moved)
            draft.close()
            if isTrial {
                report.putAside = try versionsAside(chosen).map { "warehouse/\($0.table)/\($0.key)" } + chosen.moved.map { "hot/\($0).sqlite" }
                try removeDraft()
                return report
            }
            // From here on the new catalog may name it.
            remade = []
            try putInPlace(chosen, store: draft.storeID)
        } catch {
            try removeDraft()
            throw error
        }
        return report
    }

    /// What a trial cannot make, it cannot go on from.
    func cut() -> Report {
        report.isCut = true
        return report
    }

    /// Looked for in the wrong place the tables would seem to be lost, and the new catalog would do without them.
    private func checkWarehouse(_ source: Source?) throws {
        let storages = directory.storages
        let own = "its own directory (storage.url null)"
        var known = warehouse
        if known == nil, let path = source?.path { known = try Self.warehouse(path) }
        if let known, known != storages.location ?? "" {
            throw Failure("the warehouse of this store is in \(known.isEmpty ? own : known), and storage.url says \(storages.location ?? own): set storage.url to where it is")
        }
    }

    /// Where a catalog says that cold tables are; empty: in the store's directory. nil where it names none.
    private static func warehouse(_ path: String) throws -> String? {
        let connection = try SQLiteConnection(path: path, mode: .immutable)
        guard try connection.integer("SELECT count(*) FROM tables WHERE cold_version IS NOT NULL") ?? 0 > 0 else { return nil }
        let statement = try connection.statement("SELECT value FROM meta WHERE key = 'warehouse'")
        defer { statement.reset() }
        return try statement.step() ? String(decoding: statement.bytes(0), as: UTF8.self) : ""
    }

    var draftPath: String { aside?.files.path(of: Self.draftName) ?? "\(directory.path)/\(Self.draftName)" }

    private func format() throws -> StoreFormat? {
        do { return try StoreFormat.read(directory.path) } catch DataDirectory.Failure.unknownFormat(let line, let path) {
            // Another version's layout is not ours to read; a damaged file of this version's is written anew.
            guard line.hasPrefix(DataDirectory.format) else { throw DataDirectory.Failure.unknownFormat(line, path: path) }
            report.missing.append("FORMAT was damaged: it is made anew")
            return nil
        }
    }

    private func removeDraft() throws {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            let code = FileRemoval.remove(draftPath + suffix, .temporary)
            guard code == 0 || code == ENOENT else { throw DataDirectory.Failure.io(operation: "remove", path: draftPath + suffix, code: code) }
        }
    }

    // MARK: What only a catalog knows

    /// A catalog to take it from.
    struct Source {
        var path: String
        var name: String
        var store: String
        var generation: Int64
        var isProven = false
    }

    /// - Parameter store: that of the files; nil where none says.
    /// - Returns: of this store's catalogs the one of the latest generation; nil where there is none.
    private func chooseSource(store: String?) throws -> Source? {
        var found: [Source] = []
        var status = stat()
        if stat(directory.catalogPath, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            report.missing.append("the catalog that was there is no plain file")
        } else if access(directory.catalogPath, F_OK) == 0 {
            do {
                if let present = try Self.source(directory.catalogPath, "the catalog that was there") {
                    let isProven = isProven()
                    found.append(Source(path: present.path, name: present.name, store: present.store, generation: present.generation, isProven: isProven))
                }
            } catch { report.missing.append("the catalog that was there cannot be read: \(error)") }
        }
        if let backup { found.append(try backupSource(backup)) }
        for other in found where store.map({ $0 != other.store && !other.store.isEmpty }) == true {
            report.missing.append("\(other.name) is of another store, \(other.store), and was not used")
        }
        let chosen = found.filter { source in store.map { $0 == source.store } ?? true || source.store.isEmpty }.max { $0.generation < $1.generation }
        if let chosen, chosen.generation < generation {
            report.missing.append("contracts, keys, types and the audit trail are as of generation \(chosen.generation) of \(generation): "
                + "look whether one was changed or revoked since")
        }
        report.source = chosen?.name
        return chosen
    }

    /// - Returns: nil for an empty file.
    private static func source(_ path: String, _ name: String) throws -> Source? {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        guard try connection.integer("PRAGMA user_version") ?? 0 > 0 else { return nil }
        let generation = try connection.integer("SELECT value FROM meta WHERE key = 'generation'") ?? 0
        let statement = try connection.statement("SELECT value FROM meta WHERE key = 'store_id'")
        defer { statement.reset() }
        return Source(path: path, name: name, store: try statement.step() ? Hexadecimal.text(statement.bytes(0)) : "", generation: generation)
    }

    /// Whether the catalog that is there is the one, and no file is older than it knows, but for those that were made anew just now.
    private func isProven() -> Bool {
        guard access("\(directory.path)/FORMAT", F_OK) == 0, let catalog = try? Catalog(readOnlyPath: directory.catalogPath) else { return false }
        defer { catalog.close() }
        guard var proof = try? StoreProof(directory, catalog), (try? DatabaseFile.faults(directory.catalogPath))?.isEmpty == true else { return false }
        guard (try? proof.run()) != nil, (try? proof.checkDatabases()) != nil else { return false }
        return proof.reasons.isEmpty && proof.older.allSatisfy { report.madeAnew.contains($0.name) }
    }

    /// The copy is held against the manifest's hash before anything is taken of it.
    private func backupSource(_ path: String) throws -> Source {
        let storage = try LocalStorageFactory.files(path)
        let manifest = try BackupManifest.parse(
            try storage.get(BackupManifest.key, byteCountMax: BackupManifest.byteCountMax), path: "\(storage.root)/\(BackupManifest.key)")
        guard let file = manifest.files.first(where: { $0.path == "catalog.sqlite" }) else { throw Failure("\(path) has no catalog") }
        guard try storage.digest(of: file.name) == (file.byteCount, file.sha256) else {
            throw Failure("\(storage.root)/\(file.name) does not have the hash that it should have")
        }
        let connection = try SQLiteConnection(path: "\(storage.root)/\(file.name)", mode: .immutable)
        let generation = try connection.integer("SELECT value FROM meta WHERE key = 'generation'") ?? 0
        return Source(path: "\(storage.root)/\(file.name)", name: "the backup \(storage.root)", store: manifest.store, generation: generation)
    }

    /// Tables that are taken over as they are.
    ///
    /// What follows from files (hot files, cold objects) is not among them: it is made of those.
    private static let keptTables = ["types", "contracts", "keys", "operator_keys", "key_verifiers", "dictionaries", "dead_letters", "audit", "quarantine", "rollups", "rollup_tables", "tables", "meta"]

    /// - Parameters:
    ///   - source: nil for none: a catalog without contracts and keys then.
    ///   - id: of the store; nil where nobody knows one, and a new one is made.
    private func makeDraft(_ source: Source?, id: String?) throws {
        try Catalog(path: draftPath).close()
        let draft = try SQLiteConnection(path: draftPath, mode: .readWrite)
        if let source {
            let earlier = try SQLiteConnection(path: source.path, mode: source.path == directory.catalogPath ? .readOnly : .immutable)
            for table in Self.keptTables {
                progress("\(table) of \(source.name)")
                do { try SalvagedTable(table, from: earlier).copy(to: draft) } catch let error as SQLiteError where error.path != draftPath {
                    report.missing.append("\(table) of \(source.name) can be read in part only: \(error.message)")
                }
            }
        } else {
            report.missing.append("contracts and keys: there is no earlier catalog; name a backup with --backup, or put them anew")
        }
        try draft.execute("UPDATE tables SET cold_version = NULL, cold_snapshot = NULL, cold_rows = 0")
        if let bytes = id.flatMap({ Hexadecimal.bytes($0) }), bytes.count == 16 {
            let set = try draft.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('store_id', ?1)")
            try set.bind(1, bytes)
            try set.run()
        }
        generation = max(generation, source?.generation ?? 0)
        try Self.check(generation, "generation")
        let set = try draft.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('generation', ?1)")
        // Above all that any file has seen, so that the old catalog is known for what it is wherever it turns up again.
        set.bind(1, generation + 1)
        try set.run()
        report.contractCount = Int(try draft.integer("SELECT count(*) FROM contracts") ?? 0)
        report.keyCount = Int(try draft.integer("SELECT count(*) FROM keys") ?? 0)
        sequence = max(sequence, try draft.integer("SELECT value FROM meta WHERE key = 'sequence'") ?? 0)
    }

    /// What files had come to is nothing that the new catalog goes by: an older copy is all that there is of its file, which is said. No sequence is given out again all the same.
    private func takeAsTheyAre(_ hot: [HotEvidence]) throws {
        let draft = try SQLiteConnection(path: draftPath, mode: .readWrite)
        let reached = try FileReach.noted(draft)
        for file in hot {
            guard let noted = reached[FileReach.name(ofHot: file.name)] else { continue }
            sequence = max(sequence, noted.number)
            guard FileReach(generation: file.generation, number: file.lastSequence).isBehind(noted) else { continue }
            report.missing.append("what came to hot/\(file.name).sqlite behind sequence \(file.lastSequence): it is an older copy, and had come to sequence \(noted.number)")
        }
        for database in LaterDatabase.allCases {
            if let fault = database.age(in: directory.path, noted: reached[database.rawValue]) { report.missing.append("\(database.rawValue) \(fault)") }
        }
        try FileReach.forgetAll(draft)
    }

    /// Built-in types that no catalog has are put by the next start; those that were given come on top.
    private func addTypes(_ draft: Catalog) throws {
        for json in typeFiles { try add(json, isBuiltIn: false, to: draft) }
        for file in BuiltInTypes.files { try add(Array(file.json.utf8), isBuiltIn: true, to: draft) }
    }

    /// A type that is there in that version, or a newer one, is left.
    private func add(_ json: [UInt8], isBuiltIn: Bool, to draft: Catalog) throws {
        let type = try DocumentType(kept: json)
        let known = try draft.newestTypes().first { $0.name == type.name }
        if isBuiltIn, let known, known.version >= type.version || known.isDeleted || !known.isBuiltIn { return }
        if try draft.typeFile(name: type.name, version: type.version) != nil { return }
        let table = TableName.stored(type)
        let added = VersionColumns.fields(of: table) + type.layout.fields
        guard let columns = SchemaEncoding.merged(try draft.tableColumns()[table] ?? [], adding: added) else {
            throw Failure("the type \(type.name) names columns of the table \(type.table) with other types than those that it has")
        }
        try draft.put([NewType(name: type.name, version: type.version, json: json, isBuiltIn: isBuiltIn, table: table, columns: columns)])
    }

    // MARK: The end

    /// The store counts on from what its files say.
    private static func check(_ number: Int64, _ what: String) throws {
        guard StoredNumber.sequences.contains(number) else {
            throw Failure("a file names the \(what) \(number), which no store counts to: restore it from a backup")
        }
    }

    /// What the store is to go on without: the new catalog names no database that is gone.
    private func forgetLost(_ draft: Catalog) throws {
        for database in LaterDatabase.allCases where try database.isNoted(in: draft) && database.loss(in: directory.path) != nil {
            report.missing.append("\(database.rawValue): \(database.contents)")
            try draft.write(database.forget)
        }
    }

    /// The counters go on above everything that was given out, and a new ticket is above all earlier ones.
    private func finish(_ draft: Catalog) throws {
        try Self.check(sequence, "sequence")
        if !knowsSequences { sequence += Self.sequenceGap }
        let sequence = sequence
        let ticket = ULIDGenerator().next(milliseconds: Clock.system.now() / 1_000)
        try draft.write { connection in
            try Catalog.raise("sequence", to: sequence, connection)
            let set = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES('ticket', ?1)")
            try set.bind(1, ticket.bytes)
            try set.run()
        }
        for kind in kinds.sorted(by: { ($0.name, $0.version) < ($1.name, $1.version) })
        where try draft.typeFile(name: kind.name, version: Int(kind.version)) == nil {
            report.missing.append("version \(kind.version) of the type \(kind.name), which receipts have: its documents are no longer proved by `till verify`")
        }
        let missing = clients.map { String(decoding: $0, as: UTF8.self) }.filter { draft.contract($0) == nil }.sorted()
        if !missing.isEmpty {
            report.missing.append("contracts of \(missing.count) clients with receipts: \(missing.prefix(20).joined(separator: ", "))"
                + (missing.count > 20 ? " …" : ""))
        }
        report.typeCount = try draft.newestTypes().count
    }

    /// As a start would, without the files that are to be put aside.
    private func prove(_ draft: Catalog, moved: [String]) throws {
        var proof = try StoreProof(directory, draft)
        try proof.run(ignoring: Set(moved), checksTables: false)
        if let first = proof.reasons.first { throw Failure("the new catalog does not fit the files either: \(first)") }
    }

    /// 1. Versions and hot files that the new catalog does not name are put aside.
    /// 2. The draft is synced; the old catalog is put aside with its log; the draft takes its name, durably.
    /// 3. FORMAT says the new generation.
    ///
    /// A crash within leaves a store that does not start and can be recovered again.
    private func putInPlace(_ chosen: Chosen, store: String) throws {
        let lost = LostAndFound(directory)
        // No commit tells of the new catalog.
        try LogMark.noteBroken(directory.path)
        try putAsideVersions(chosen, lost)
        for name in chosen.moved {
            for suffix in ["-wal", "-shm", ""] { try lost.take("\(directory.hotPath)/\(name).sqlite\(suffix)", reason: "its rows are in cold, or it has none") }
            report.putAside.append("hot/\(name).sqlite")
        }
        for database in LaterDatabase.allCases where access(database.path(in: directory.path), F_OK) != 0 {
            for suffix in ["-wal", "-shm"] { try lost.take("\(database.path(in: directory.path))\(suffix)", reason: "the file that it belongs to is gone") }
        }
        let calls = LinuxFileSystem()
        try directory.files().synchronize(Self.draftName)
        // The log first: what lies there under that name would be taken for the new catalog's.
        for suffix in ["-wal", "-shm", "-journal", ""] { try lost.take(directory.catalogPath + suffix, reason: "a new catalog has been made") }
        if access(directory.catalogPath, F_OK) != 0 {
            do {
                try calls.rename(draftPath, directory.catalogPath)
                try calls.synchronizeDirectory(directory.path)
            } catch { throw DataDirectory.Failure.io(operation: error.operation, path: directory.catalogPath, code: error.code) }
        }
        let connection = try SQLiteConnection(path: directory.catalogPath, mode: .readOnly)
        let generation = try connection.integer("SELECT value FROM meta WHERE key = 'generation'") ?? 0
        try StoreFormat(store: store, generation: generation, warehouse: directory.storages.location).write(directory.path)
    }
}

extension Recovery {
    /// Versions that were passed over must not look like what a later catalog has made.
    private func putAsideVersions(_ chosen: Chosen, _ lost: LostAndFound) throws {
        for (name, storage, key) in try versionsAside(chosen) {
            try lost.take(key, of: storage, reason: "the catalog that was made anew does not have that version")
            report.putAside.append("warehouse/\(name)/\(key)")
        }
        for name in try directory.coldTables() { try chosen.tables.first { $0.name == name }?.whole.first?.writeHint() }
    }

    /// Metadata of versions above those that were chosen.
    private func versionsAside(_ chosen: Chosen) throws -> [(table: String, storage: any ObjectStorage, key: String)] {
        try directory.coldTables().flatMap { name in
            let storage = try directory.cold(name)
            let last = chosen.tables.first { $0.name == name }?.whole.first?.version ?? 0
            return try Table.versions(storage).filter { $0 > last }.map { (name, storage, "metadata/v\($0).metadata.json") }
        }
    }
}

/// One table of a catalog of this or an earlier version, copied as far as it can be read.
///
/// Columns that both versions have; the others get their defaults.
struct SalvagedTable {
    private let name: String
    private let earlier: SQLiteConnection

    init(_ name: String, from earlier: SQLiteConnection) { (self.name, self.earlier) = (name, earlier) }

    private static func columns(_ connection: SQLiteConnection, _ table: String) throws -> [String] {
        let statement = try connection.statement("SELECT name FROM pragma_table_info('\(table)')")
        defer { statement.reset() }
        var names: [String] = []
        while try statement.step() { names.append(statement.text(0)) }
        return names
    }

    /// - Throws: the earlier catalog's error at the first row that cannot be read; those before it are copied.
    func copy(to draft: SQLiteConnection) throws {
        let theirs = Set(try Self.columns(earlier, name))
        let columns = try Self.columns(draft, name).filter { theirs.contains($0) }
        guard !columns.isEmpty else { return }
        let list = columns.joined(separator: ", ")
        let places = columns.indices.map { "?\($0 + 1)" }.joined(separator: ", ")
        let select = try earlier.statement("SELECT \(list) FROM \(name)")
        let insert = try draft.statement("INSERT OR REPLACE INTO \(name)(\(list)) VALUES(\(places))")
        var failure: (any Error)?
        try draft.transaction {
            do {
                while try select.step() {
                    for index in columns.indices { try insert.bindValue(Int32(index + 1), of: select, Int32(index)) }
                    try insert.run()
                }
            } catch let error as SQLiteError where error.path == earlier.path { failure = error }
        }
        if let failure { throw failure }
    }
}
