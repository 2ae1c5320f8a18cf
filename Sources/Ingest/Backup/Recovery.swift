package import ColumnStore
import Documents
import Glibc

/// Makes a catalog anew out of a store's other files: `till recover`.
///
/// 1. What only a catalog knows (`KeptTables`: contracts, keys, types, quarantine, audit trail, uploads, views, the key of cursors …) is taken from the catalog that is there, as
///    far as it can be read and is of this store, or from a backup's, whichever is of the later generation. What neither has is listed.
/// 2. Of each cold table the newest version that is whole is taken, and every file of it is hashed. A table of which no metadata can be read
///    gets metadata anew from its Parquet files (`ColdRemaking`).
/// 3. Hot files that a damaged page keeps from being read are made anew of what can be read of them (`HotSalvage`): at once, and that stays.
///    Hot files with rows are taken, but for those whose rows are all in cold: a crash may have left a file beside them.
/// 4. Sequences go on above the highest that any file knows.
///
/// The new catalog is made beside the old one and proved against the files; only then is the old one put aside in `lost+found/` and the new
/// one put in its place. Until then nothing is changed, and no file is removed at all. What is cut off is begun again: of the old catalog, or, where that has gone
/// already, of the new one, which is whole by then (`DataDirectory.recoveredName`).
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
    private let lost: LostAndFound
    let progress: (String) -> Void
    var report = Report()
    /// The highest generation that any file has seen.
    private var generation: Int64 = 0
    /// Where FORMAT says that cold tables are.
    private var warehouse: String?
    var sequence: Int64 = 0
    /// Whether the catalog that is taken from may know less than what was acknowledged.
    var isSourceOlder = false
    /// Of such a catalog, uploads that it has as being read.
    var endedUploads: Set<String> = []
    /// Of cold files that were found damaged, by table and key, what they were written with: what is hashed now is the damage.
    var written: [String: (byteCount: Int64, sha256: [UInt8])] = [:]
    /// Whether each cold table says which sequences were given out when it was written.
    var knowsSequences = true
    /// Rows of cold tables: who had them made, and by which types.
    var kinds: Set<TypeVersion> = []
    var clients: Set<[UInt8]> = []
    let isTrial: Bool
    /// Of a trial.
    private var stillness: Placement.Stillness?
    /// What the log of the catalog that is there has lost, in words; nil for nothing.
    var catalogLoss: String?
    /// A recovery that is cut off leaves what tells of that.
    var kept: KeptIndex?
    private let aside: ScratchFolder?
    /// Metadata that was made for tables that had none: gone again where there is no new catalog.
    var remade: [(storage: any ObjectStorage, keys: [String])] = []

    struct TypeVersion: Hashable {
        let name: String
        let version: Int64
    }

    static let draftName = "catalog.recovering"
    /// Of a finished draft's `meta`: what was found missing, for the report of whoever goes on where this recovery is cut off.
    private static let missingKey = "recovery_missing"
    /// Left free above what is known where an earlier version wrote a table: changes of state take sequences of which cold tables say nothing.
    private static let sequenceGap: Int64 = 1_000_000

    /// - Parameters:
    ///   - backup: the directory of a backup of this store.
    ///   - typeFiles: of types that no catalog has.
    ///   - isTrial: whether nothing is changed.
    ///   - calls: by which files are put aside and get their names.
    /// - Throws: `DataDirectory.Failure` when it is no store, in use (of a trial: by who may change it), or a member of a cluster.
    package init(
        path: String, backup: String? = nil, typeFiles: [[UInt8]] = [], isTrial: Bool = false, storages: any StorageFactory = LocalStorageFactory(),
        calls: any FileSystemCalls = LinuxFileSystem(), progress: @escaping (String) -> Void = { _ in }
    ) throws {
        // Beside its server, too, which has no `LOCK` while it follows.
        guard !DataDirectory.isOfCluster(DataDirectory.absolute(path)) else { throw DataDirectory.Failure.ofCluster(path: path) }
        try DataDirectory.checkAccess(DataDirectory.absolute(path), isTrial ? R_OK : R_OK | W_OK)
        directory = try isTrial ? DataDirectory(provingPath: path, storages: storages) : DataDirectory(path: path, making: .ofFiles, checksFormat: false, storages: storages)
        lost = LostAndFound(directory, calls: calls)
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
            (stillness, kept) = (nil, nil)
            directory.release()
        }
        let format = try self.format()
        do { return try make(format) } catch {
            for (storage, keys) in remade { for key in keys { try storage.delete(key, .unpublished) } }
            throw error
        }
    }

    /// In this order: evidence of hot and cold files; whose they are; a catalog to take from; the draft, filled and proven; the place.
    private func make(_ format: StoreFormat?) throws -> Report {
        warehouse = format?.warehouse
        try checkLogs()
        for (name, missing) in try HotSalvage.run(directory, aside: aside?.files, lost: lost, progress: progress) {
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
            try takeAsTheyAre(hot, source)
            let draft = try Catalog(path: draftPath)
            defer { draft.close() }
            try WarehousePlace.note(directory.storages.location, in: draft)
            let chosen = try choose(cold, beside: hot)
            try addTypes(draft, beside: columns(of: chosen))
            try record(chosen.tables, in: draft)
            try record(chosen.hot, in: draft)
            try keepDamage(of: chosen.tables, in: draft)
            try forgetLost(draft)
            let uploads = try strayUploads(draft)
            try finish(draft)
            try prove(draft, moved: chosen.moved)
            if !isTrial { try noteMissing(in: draft) }
            draft.close()
            if isTrial {
                report.putAside = try versionsAside(chosen).map { "warehouse/\($0.table)/\($0.key)" } + chosen.moved.map { "hot/\($0).sqlite" } + uploads.map { "uploads/\($0)" }
                try removeDraft()
                return report
            }
            // From here on the new catalog may name it.
            remade = []
            try putInPlace(chosen, uploads: uploads, isOfFinished: source?.path == finishedPath, store: draft.storeID)
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

    /// What a recovery has left that was cut off once its catalog was whole.
    private var finishedPath: String { "\(directory.path)/\(DataDirectory.recoveredName)" }

    var draftPath: String { aside?.files.path(of: Self.draftName) ?? "\(directory.path)/\(Self.draftName)" }

    private func format() throws -> StoreFormat? {
        do { return try StoreFormat.read(directory.path) } catch DataDirectory.Failure.unknownFormat(let line, let path) {
            // Another version's layout is not ours to read; a damaged file of this version's is written anew.
            guard !StoreFormat.isOfAnotherVersion(directory.path) else {
                throw Failure("\(path) says \"\(line)\", this program reads \"\(DataDirectory.format)\": where another version wrote it, use that; where you are sure that this one did, put FORMAT elsewhere and say till recover again")
            }
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
                    let isProven = catalogLoss == nil && isProven()
                    found.append(Source(path: present.path, name: present.name, store: present.store, generation: present.generation, isProven: isProven))
                }
            } catch {
                try Self.refuse(unread: directory.catalogPath, error)
                report.missing.append("the catalog that was there cannot be read: \(error)")
            }
            if let catalogLoss {
                report.missing.append("what stood only in catalog.sqlite-wal of the catalog that was there: \(catalogLoss); "
                    + "look whether a contract, a key or a type was changed or revoked last")
            }
        } else if access(finishedPath, F_OK) == 0 {
            // While there is a catalog it says nothing: it may be years old.
            do {
                if let finished = try Self.source(finishedPath, "the catalog that a recovery had made which was cut off", mode: .immutable) { found.append(finished) }
            } catch {
                try Self.refuse(unread: finishedPath, error)
                report.missing.append("the catalog that a recovery had made which was cut off cannot be read: \(error)")
            }
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
        if let chosen {
            // A backup's may be of before what changes no generation: an upload's file that has come, say.
            isSourceOlder = chosen.generation < generation || catalogLoss != nil || chosen.path != directory.catalogPath && chosen.path != finishedPath
            if chosen.path == finishedPath { report.missing.insert(contentsOf: try Self.missing(notedIn: finishedPath), at: 0) }
        }
        return chosen
    }

    /// What the system keeps from being read is not lost: nothing is made in its place, and nothing left out.
    ///
    /// - Throws: `Failure` for such an error.
    static func refuse(unread path: String, _ error: any Error) throws {
        guard let error = error as? SQLiteError, error.isOfTheSystem else { return }
        throw Failure("\(path) cannot be read, and not for what is in it: mend that, and begin again; nothing was changed (\(error)). Only what is lost for good is to be put elsewhere, and is left out then")
    }

    /// - Returns: nil for an empty file.
    private static func source(_ path: String, _ name: String, mode: SQLiteConnection.Mode = .readOnly) throws -> Source? {
        let connection = try SQLiteConnection(path: path, mode: mode)
        guard try connection.integer("PRAGMA user_version") ?? 0 > 0 else { return nil }
        let generation = try connection.integer("SELECT value FROM meta WHERE key = 'generation'") ?? 0
        let statement = try connection.statement("SELECT value FROM meta WHERE key = 'store_id'")
        defer { statement.reset() }
        return Source(path: path, name: name, store: try statement.step() ? Hexadecimal.text(statement.bytes(0)) : "", generation: generation)
    }

    /// Whether the catalog that is there is the one, and no file is older than it knows, but for those that were made anew just now.
    private func isProven() -> Bool {
        // One that cannot be read keeps every start away.
        guard (try? StoreFormat.read(directory.path)) != nil, let catalog = try? Catalog(readOnlyPath: directory.catalogPath) else { return false }
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

    /// - Parameters:
    ///   - source: nil for none: a catalog without contracts and keys then.
    ///   - id: of the store; nil where nobody knows one, and a new one is made.
    private func makeDraft(_ source: Source?, id: String?) throws {
        try Catalog(path: draftPath).close()
        let draft = try SQLiteConnection(path: draftPath, mode: .readWrite)
        if let source {
            let earlier = try SQLiteConnection(path: source.path, mode: source.path == directory.catalogPath ? .readOnly : .immutable)
            for table in KeptTables.copied {
                progress("\(table) of \(source.name)")
                do { try SalvagedTable(table, from: earlier).copy(to: draft) } catch let error as SQLiteError where error.path != draftPath {
                    try Self.refuse(unread: source.path, error)
                    report.missing.append("\(table) of \(source.name) can be read in part only: \(error.message)")
                }
            }
            noteLeft(of: earlier, in: draft)
        } else {
            report.missing.append("contracts and keys: there is no earlier catalog; name a backup with --backup, or put them anew")
            report.missing.append("what else only a catalog knows: uploads and their feedback, views, exports, notices on their way, figures of use, documents that were sent again for damaged files, "
                + "and which columns were filled later (till rebuild notes those again, which till verify finds to differ from their documents until then)")
        }
        try draft.execute("DELETE FROM meta WHERE key = '\(Self.missingKey)'")
        // Feedback that no upload leads to would stay for good.
        try draft.execute("DELETE FROM upload_errors WHERE upload_id NOT IN (SELECT id FROM uploads)")
        if isSourceOlder { try endUploads(in: draft) }
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
    private func takeAsTheyAre(_ hot: [HotEvidence], _ source: Source?) throws {
        let draft = try SQLiteConnection(path: draftPath, mode: .readWrite)
        let reached = try FileReach.noted(draft)
        if let source { try noteAbsent(source, beside: hot, reached) }
        for file in hot {
            guard let noted = reached[FileReach.name(ofHot: file.name)] else { continue }
            sequence = max(sequence, noted.number)
            guard FileReach(generation: file.generation, number: file.lastSequence).isBehind(noted) else { continue }
            let what = file.lastSequence < noted.number
                ? "came to hot/\(file.name).sqlite behind sequence \(file.lastSequence)" : "was written since to receipts of hot/\(file.name).sqlite, of which none is known to be missing"
            report.missing.append("what \(what): it is an older copy, and had come to sequence \(noted.number) and generation \(noted.generation)")
        }
        for database in LaterDatabase.allCases {
            if let fault = database.age(in: directory.path, noted: reached[database.rawValue]) { report.missing.append("\(database.rawValue) \(fault)") }
        }
        try FileReach.forgetAll(draft)
    }

    /// Hot files that the earlier catalog has, and that are not there. How many receipts one had no catalog says.
    private func noteAbsent(_ source: Source, beside hot: [HotEvidence], _ reached: [String: FileReach]) throws {
        let present = Set(hot.map(\.name)), known: [String]
        do { known = try Self.knownHotFiles(of: source.path, mode: source.path == directory.catalogPath ? .readOnly : .immutable) } catch let error {
            guard error.path == source.path else { throw error }
            try Self.refuse(unread: source.path, error)
            report.missing.append("which hot files \(source.name) knows: \(error.message)")
            return
        }
        for name in known where !present.contains(name) {
            let reach = reached[FileReach.name(ofHot: name)].map { " up to sequence \($0.number)" } ?? ""
            report.missing.append("hot/\(name).sqlite, which \(source.name) knows: "
                + (isSourceOlder ? "what receipts of it\(reach) had not moved to cold by now are left out" : "its receipts\(reach) are left out; restore it from a backup to have them"))
        }
    }

    private static func knownHotFiles(of catalog: String, mode: SQLiteConnection.Mode) throws(SQLiteError) -> [String] {
        let connection = try SQLiteConnection(path: catalog, mode: mode)
        let files = try connection.statement("SELECT day, part FROM hot_files WHERE state = ?1 ORDER BY day, part")
        defer { files.reset() }
        try files.bind(1, Catalog.HotFileState.known.rawValue)
        var names: [String] = []
        while try files.step() { names.append(HotFileName.text(day: Int32(clamping: files.int64(0)), part: files.count(1))) }
        return names
    }

    /// Those that were given, and built-in ones as a start puts them: without what does not fit tables and files. What is wrong with a type that is there the start says.
    private func addTypes(_ draft: Catalog, beside files: TableColumns) throws {
        for json in typeFiles { try add(json, to: draft) }
        do { _ = try TypeStore(catalog: draft, tables: TableColumns(try draft.tableColumns()), beside: files) } catch is TypeFileError {} catch is DocumentError {}
    }

    /// A type that is there in that version is left.
    private func add(_ json: [UInt8], to draft: Catalog) throws {
        let type = try DocumentType(kept: json)
        if try draft.typeFile(name: type.name, version: type.version) != nil { return }
        let table = TableName.stored(type)
        let added = VersionColumns.fields(of: table) + type.layout.fields
        guard let columns = SchemaEncoding.merged(try draft.tableColumns()[table] ?? [], adding: added) else {
            throw Failure("the type \(type.name) names columns of the table \(type.table) with other types than those that it has")
        }
        try draft.put([NewType(name: type.name, version: type.version, json: json, isBuiltIn: false, table: table, columns: columns, place: try draft.lastTypePlace().addingSaturating(1))])
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

    /// 1. Versions, hot files and files of uploads that the new catalog does not name are put aside.
    /// 2. The draft is made durable, and then gets the name of one that is whole.
    /// 3. The old catalog is put aside, and only then its log, which has changes of its own.
    /// 4. The new one takes its name, durably; FORMAT says the new generation.
    ///
    /// A crash within leaves a store that does not start and can be recovered again: up to 3 the old catalog is there with its log, later the new one is.
    ///
    /// - Parameters:
    ///   - uploads: names of files below `uploads/`.
    ///   - isOfFinished: whether all that a recovery had made which was cut off is in the draft.
    private func putInPlace(_ chosen: Chosen, uploads: [String], isOfFinished: Bool, store: String) throws {
        // No commit tells of the new catalog.
        try LogMark.noteBroken(directory.path)
        try putAsideVersions(chosen, lost)
        for name in chosen.moved {
            try lost.takeDatabase("\(directory.hotPath)/\(name).sqlite", reason: "its rows are in cold, or it has none")
            report.putAside.append("hot/\(name).sqlite")
        }
        try putAsideStrayLogs()
        for name in uploads {
            try lost.take("\(directory.uploadsPath)/\(name)", reason: "no catalog says which upload it is of")
            report.putAside.append("uploads/\(name)")
        }
        for database in LaterDatabase.allCases where access(database.path(in: directory.path), F_OK) != 0 {
            for suffix in ["-wal", "-shm"] { try lost.take("\(database.path(in: directory.path))\(suffix)", reason: "the file that it belongs to is gone") }
        }
        try DatabaseFile.fold(draftPath, calls: lost.calls)
        if !isOfFinished { try lost.take(finishedPath, reason: "a recovery had made it which was cut off, and a new catalog has been made without it") }
        try rename(draftPath, finishedPath)
        try lost.takeDatabase(directory.catalogPath, reason: "a new catalog has been made")
        try rename(finishedPath, directory.catalogPath)
        let connection = try SQLiteConnection(path: directory.catalogPath, mode: .readOnly)
        let generation = try connection.integer("SELECT value FROM meta WHERE key = 'generation'") ?? 0
        try StoreFormat(store: store, generation: generation, warehouse: directory.storages.location).write(directory.path, calls: lost.calls)
    }

    /// Durable when it returns.
    private func rename(_ path: String, _ target: String) throws {
        do {
            try lost.calls.rename(path, target)
            try lost.calls.synchronizeDirectory(directory.path)
        } catch { throw DataDirectory.Failure.io(operation: error.operation, path: target, code: error.code) }
    }

    /// Logs whose hot files a recovery has put aside that was cut off then: a new file of that name would meet them.
    private func putAsideStrayLogs() throws {
        guard access(directory.hotPath, F_OK) == 0 else { return }
        for name in try DataDirectory.names(in: directory.hotPath).sorted() {
            guard let suffix = ["-wal", "-shm", "-journal"].first(where: { name.hasSuffix(".sqlite\($0)") }) else { continue }
            let path = "\(directory.hotPath)/\(name)"
            if access(String(path.dropLast(suffix.utf8.count)), F_OK) != 0 { try lost.take(path, reason: "the file that it belongs to is gone") }
        }
    }

    // MARK: What was found missing

    /// For whoever goes on where this one is cut off: what it had found missing of the earlier catalog the new one does not show.
    private func noteMissing(in draft: Catalog) throws {
        var told: Set<String> = []
        report.missing = report.missing.filter { told.insert($0).inserted }
        let text = report.missing.map { $0.replacing("\n", with: " ") }.joined(separator: "\n")
        try draft.write(isCounted: false) { connection in
            let set = try connection.statement("INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")
            try set.bind(1, Self.missingKey)
            try set.bind(2, text)
            try set.run()
        }
    }

    private static func missing(notedIn path: String) throws -> [String] {
        let connection = try SQLiteConnection(path: path, mode: .immutable)
        let statement = try connection.statement("SELECT value FROM meta WHERE key = ?1")
        defer { statement.reset() }
        try statement.bind(1, Self.missingKey)
        return try statement.step() ? statement.text(0).split(separator: "\n").map(String.init) : []
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
