package import ColumnStore
import Documents
import Glibc
import Query

/// Proves every file of a store: nobody may work on the directory meanwhile, and nothing in it is changed.
///
/// 1. Databases: each page has its sum, the log has its own, and SQLite's integrity check, which holds each index against its rows,
///    finds nothing.
/// 2. Hot files: each document has its hash, ids, sequences and tickets rise, and the columns say of each day what the rows say, and of each
///    receipt what its document says.
/// 3. Cold tables: each object has the size and hash that the catalog holds, each that the present version leads to is in the catalog;
///    each document has its hash and says what its columns say; each file's rows are what its manifest and its own statistics say; totals
///    agree.
/// 4. Sums of cold files: those of a sample of them, or of all, are what their rows give.
/// 5. Queues: each has as many messages and bytes as its row says. Executions: each can be read, and what it waits for stands beside it.
/// 6. Uploads: the file of each that is still to be read is as long as it was when it came, and has the hash that was announced.
/// 7. No file is an older copy: none says less of itself than the catalog has noted of it (`FileReach`).
/// 8. Over all files: no identity, ticket or sequence is there twice.
///
/// `LOCK` and SQLite's `-shm` files are no content: the first tells who works on the directory, the others are made anew from the log, but for those that tell of
/// commits which it has lost (`KeptIndex`).
/// Memory is bounded: rows stream, and what must be unique is sorted in parts, on disk past two million keys.
package final class Verifier {
    /// What was looked at, and what was found.
    package struct Report: Sendable {
        /// The first of them: each row, or each file, may be at fault.
        package private(set) var findings: [Finding] = []
        /// Those that were only counted.
        private var unlistedCount = 0
        /// Files that belong to no state of the store, as a crash leaves them: no fault, and in time they go.
        package var strangers: [String] = []
        package var fileCount = 0
        package var rowCount: Int64 = 0
        package var documentByteCount: Int64 = 0

        package init(findings: [Finding] = [], fileCount: Int = 0, rowCount: Int64 = 0) {
            (self.fileCount, self.rowCount) = (fileCount, rowCount)
            add(findings)
        }

        package static let findingCountMax = 10_000

        package var faultCount: Int { findings.count.addingSaturating(unlistedCount) }

        /// Lists it, or only counts it where there are too many.
        package mutating func add(_ finding: Finding) {
            if findings.count < Self.findingCountMax { findings.append(finding) } else { unlistedCount += 1 }
        }

        package mutating func add(_ findings: [Finding]) { for finding in findings { add(finding) } }
    }

    /// How far it is.
    package struct Progress: Sendable {
        package var path: String
        package var rowCount: Int64
        package init(path: String, rowCount: Int64) { (self.path, self.rowCount) = (path, rowCount) }
    }

    let directory: DataDirectory
    var report = Report()
    var uniqueness: Uniqueness
    private let progress: (Progress) -> Void
    /// Below DATA: what belongs to the store, as far as it was met.
    private var known: Set<String> = []
    /// Beside a server that goes on working; its directory is not ours to give back.
    let isOnline: Bool
    private let isUnwanted: () -> Bool
    /// For sums that are made again.
    let engines: SumsEngines
    /// Of a pair's member, which folds records into these files without having them open as a store.
    private let member: MemberLock?
    /// While others may read the files, too: nothing is changed in them, nor made beside them. Until `run` has ended.
    private var stillness: Placement.Stillness?
    /// Logs whose loss their indexes alone tell, by the paths of their databases: whoever looks next is to find it, too.
    private var kept: [String: KeptIndex] = [:]
    /// How far files had come, as the catalog knows it; empty beside a server, whose files go on.
    private var reached: [String: FileReach] = [:]
    /// The sums of all cold files are made again, not of a sample.
    package var makesAllSums = false

    /// Somebody asked for the end.
    struct Cancelled: Error {}

    /// - Parameters:
    ///   - temporaryDirectory: where keys are sorted that are too many for memory.
    ///   - progress: told what is looked at, and how many rows were.
    /// - Throws: `DataDirectory.Failure` when it is no store, or in use.
    package init(
        path: String, temporaryDirectory: String = "/tmp", storages: any StorageFactory = LocalStorageFactory(),
        progress: @escaping (Progress) -> Void = { _ in }
    ) throws {
        try DataDirectory.requireStore(path)
        try DataDirectory.checkPlainFiles(DataDirectory.absolute(path))
        member = try MemberLock(path)
        if member != nil, DataDirectory.isBetweenRecords(DataDirectory.absolute(path)) { throw DataDirectory.Failure.betweenRecords(path: path) }
        (directory, stillness) = try Self.take(path, storages)
        uniqueness = Uniqueness(directory: temporaryDirectory)
        self.progress = progress
        isOnline = false
        isUnwanted = { false }
        engines = SumsEngines(directory: nil, minFreeBytes: 0)
    }

    /// Together with others who read the store, where its files lie as an orderly end leaves them, without logs; alone where there are logs, of which one without its index is read only by whoever may
    /// make that. Where somebody reads them already (`RestingStore`) their indexes are there, and they are read as they lie.
    private static func take(_ path: String, _ storages: any StorageFactory) throws -> (DataDirectory, Placement.Stillness?) {
        func share() throws -> (DataDirectory, Placement.Stillness?) {
            let directory = try DataDirectory(provingPath: path, storages: storages)
            return (directory, Placement.Stillness(directory.path))
        }
        if Placement.isUnwritable("\(path)/FORMAT") { return (try DataDirectory(unwritablePath: path, storages: storages), nil) }
        guard hasLogs(path) else { return try share() }
        do { return (try DataDirectory(path: path, making: .ofFiles, checksFormat: false, storages: storages), nil) } catch DataDirectory.Failure.beingRead { return try share() }
    }

    /// Whether commits stand in a log beside a database.
    private static func hasLogs(_ path: String) -> Bool {
        let days = ((try? DataDirectory.names(in: "\(path)/hot")) ?? []).filter { $0.hasSuffix(".sqlite") }.map { "hot/\($0)" }
        return (["catalog", "queues", "executions", "versions"].map { "\($0).sqlite" } + days).contains { Placement.hasLog("\(path)/\($0)") }
    }

    private func release() {
        stillness = nil
        kept = [:]
        directory.release()
    }

    /// Of a store that goes on working: `Verifier+Online`.
    init(beside directory: DataDirectory, temporaryDirectory: String, engines: SumsEngines, isCancelled: @escaping () -> Bool, progress: @escaping (Progress) -> Void) {
        self.directory = directory
        member = nil
        uniqueness = Uniqueness(directory: temporaryDirectory)
        self.progress = progress
        isOnline = true
        isUnwanted = isCancelled
        self.engines = engines
    }

    /// Asked between rows and files.
    func checkCancelled() throws { if isUnwanted() { throw Cancelled() } }

    /// Looks at everything, whatever is found on the way.
    ///
    /// Never throws: what keeps it from going on is a finding, and what comes after it is looked at all the same.
    package func run() -> Report {
        defer { release() }
        return proveAll()
    }

    /// As `run`, and then what else is to be proved while nobody works on the directory.
    package func run(and further: () throws -> [Finding]) throws -> Report {
        // That of a member, too.
        defer { withExtendedLifetime(member) { release() } }
        var report = proveAll()
        report.add(try further())
        return report
    }

    private func proveAll() -> Report {
        guarded("\(directory.path)/FORMAT") { try checkFormat() }
        // Looked for in the wrong place every table is missing: one fault instead of all of them.
        keepIndex(directory.catalogPath)
        do { try WarehousePlace.check(directory) } catch {
            note(directory.path, "\(error)")
            return report
        }
        known = ["FORMAT", "LOCK", RestoreNote.name, DataDirectory.memberName, DataDirectory.adminKeyName]
        // What the store is made of is known once all that names its files could be read: before, any file may be a part of it.
        var knowsParts = false
        var noted: [LaterDatabase] = []
        checkDatabase(directory.catalogPath, "catalog.sqlite") {
            let catalog = try Catalog(readOnlyPath: directory.catalogPath)
            guarded("\(directory.path)/\(DataDirectory.adminKeyName)") { try checkAdminKey(catalog) }
            let proof = ColumnProof(catalog: catalog)
            try checkHot(catalog, proof)
            // After the logs were looked at: reading a file makes its log's index anew. What they have lost is told by then.
            var store = try StoreProof(directory, catalog)
            guarded(directory.catalogPath) { try store.run(refusesLost: false) }
            for reason in store.reasons { note(directory.catalogPath, "does not fit the store's files: \(reason)") }
            for (name, fault) in store.older { note("\(directory.path)/\(name)", fault) }
            reached = store.reached
            var isWhole = true
            let sums = try catalog.rollupTables()
            for (table, version) in try catalog.coldVersions() {
                if sums[table] != nil {
                    if !guarded("\(directory.warehouseName)/\(table)", { try check(sums: table, version: version, catalog) }) { isWhole = false }
                    continue
                }
                if !guarded("\(directory.warehouseName)/\(table)", { try check(table, version: version, catalog, proof) }) { isWhole = false }
                if TableName.kind(of: table).publishesNewest { checkView(of: table) }
            }
            guarded(directory.catalogPath) { try checkSums(catalog) }
            checkVersionIndex()
            guarded(directory.uploadsPath) { try checkUploads(catalog) }
            guarded(directory.catalogPath) { noted = try LaterDatabase.allCases.filter { try $0.isNoted(in: catalog) } }
            knowsParts = isWhole
        }
        for database in LaterDatabase.allCases where noted.contains(database) || isBegun(database) { check(database) }
        guarded(directory.path) {
            try uniqueness.check { note($0, $1) }
            if knowsParts { try findStrangers() }
        }
        return report
    }

    /// - Parameter path: of the file, absolute, or an object's location.
    func note(_ path: String, _ fault: String) { report.add(Finding(path: path, fault: fault)) }

    func look(_ path: String) { progress(Progress(path: path, rowCount: report.rowCount)) }

    /// Progress is reported each 65,536 rows.
    func count(rows: Int, in path: String) {
        let before = report.rowCount
        report.rowCount += Int64(rows)
        if before >> 16 != report.rowCount >> 16 { look(path) }
    }

    /// A file below DATA that is part of the store.
    func isPart(_ path: String) { known.insert(path) }

    /// Errors that name a file are noted of that, others of `path`.
    ///
    /// - Returns: whether `body` came to its end; why not is noted.
    @discardableResult
    func guarded(_ path: String, _ body: () throws -> Void) -> Bool {
        do {
            try checkCancelled()
            try body()
            return true
        } catch is Cancelled {
            // Whoever asked for the end takes no report.
        } catch let error as ColumnStoreError {
            note(error.path.isEmpty ? path : absolute(error.path, below: path), error.description)
        } catch let error as SQLiteError {
            note(error.path.isEmpty ? path : error.path, error.description)
        } catch {
            note(path, "\(error)")
        }
        return false
    }

    /// Storage names its objects by their keys.
    private func absolute(_ name: String, below path: String) -> String {
        if name.hasPrefix("file://") { return String(name.dropFirst(7)) }
        if path.hasSuffix("/" + name) { return path }
        return name.hasPrefix("/") || StorageScheme.isRemote(name) ? name : "\(path)/\(name)"
    }

    /// Whether there is one, or what only one can have left: a log comes after its file.
    private func isBegun(_ database: LaterDatabase) -> Bool {
        let path = database.path(in: directory.path)
        return access(path, F_OK) == 0 || Placement.hasLog(path)
    }

    private func check(_ database: LaterDatabase) {
        let path = database.path(in: directory.path)
        checkDatabase(path, database.rawValue) { try checkRows(of: database, path) }
    }

    /// As one state of the file.
    private func checkRows(of database: LaterDatabase, _ path: String) throws {
        if let fault = database.age(in: directory.path, noted: reached[database.rawValue]) { note(path, fault) }
        switch database {
        case .queues: try QueueProof.check(path) { note(path, $0) }
        case .executions: try checkRows(ofExecutions: path)
        }
    }

    /// Beside a server.
    func checkBesideServer(_ database: LaterDatabase, _ catalog: Catalog) {
        let path = database.path(in: directory.path)
        guard access(path, F_OK) == 0 else {
            guarded(path) { if try database.isNoted(in: catalog) { note(path, "is missing") } }
            return
        }
        look(path)
        report.fileCount += 1
        guarded(path) { try checkIntegrity(path) }
        guarded(path) { try checkRows(of: database, path) }
    }

    // MARK: Small files

    func checkFormat() throws {
        report.fileCount += 1
        _ = try StoreFormat.read(directory.path)
    }

    /// Nothing for a store whose server was never started.
    func checkAdminKey(_ catalog: Catalog) throws {
        let storage = try directory.files()
        guard let hash = try catalog.bytes(Catalog.adminKeyHash) else { return }
        report.fileCount += 1
        let path = "\(directory.path)/\(DataDirectory.adminKeyName)"
        if let code = DataDirectory.refusal(path, R_OK) { throw DataDirectory.Failure.refused(path: path, code: code) }
        guard try storage.byteCount(of: DataDirectory.adminKeyName) != nil else {
            return note(path, "is missing; the next start makes it anew")
        }
        if SHA256.hash(try storage.get(DataDirectory.adminKeyName, byteCountMax: 1 << 16)) != hash {
            note(path, "is not the key that the server was started with last")
        }
    }

    /// - Precondition: everything that names files was read to its end.
    private func findStrangers() throws {
        try directory.files().list(prefix: "") { object in
            // Put aside, and named in the log when that was done; and what tells of the store to others: commits under way, records of a cluster, or of one that is to
            // be. Ranges of objects in a bucket are believed by nobody unchecked, and are many.
            if (LostAndFound.names + [DataDirectory.logName, DataDirectory.clusterName, DataDirectory.foundingName, DataDirectory.cacheName]).contains(where: { object.key.hasPrefix($0 + "/") }) { return }
            if !known.contains(object.key) { report.strangers.append("\(directory.path)/\(object.key)") }
        }
        // The walk gives files alone, and an empty directory would be named by nobody.
        for name in (try? DataDirectory.names(in: directory.hotPath)) ?? [] where !LostAndFound.names.contains(name) {
            let path = "\(directory.hotPath)/\(name)"
            var status = stat()
            if lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { report.strangers.append(path + "/") }
        }
        if directory.storages.location != nil { try findStrangersElsewhere() }
        report.strangers.sort()
    }

    /// Of a warehouse that is not below DATA. The views of versioned tables are no parts that a catalog knows.
    private func findStrangersElsewhere() throws {
        for table in try directory.storages.tables(in: directory.warehousePath) where !table.hasSuffix(".tmp") {
            let storage = try directory.cold(table)
            try storage.list(prefix: "") { object in
                if !known.contains("warehouse/\(table)/\(object.key)") { report.strangers.append(storage.place(of: object.key)) }
            }
        }
    }

    // MARK: Databases

    /// What keeps its log from being read is found by who proves that.
    private func keepIndex(_ path: String) {
        guard stillness == nil, kept[path] == nil else { return }
        kept[path] = try? KeptIndex(path: path)
    }

    /// Looks at a database and its log, then lets `body` read it; what is made beside it for that goes again.
    ///
    /// Where the file had no log, those that reading has made beside it are removed.
    func checkDatabase(_ path: String, _ name: String, _ body: () throws -> Void) {
        look(path)
        report.fileCount += 1
        for suffix in ["", "-wal", "-shm"] { isPart(name + suffix) }
        guard access(path, F_OK) == 0 else { return note(path, "is missing") }
        if Placement.isUnwritable(path), Placement.hasLog(path) {
            return note(path, "has a log, which can be read only where a file may be made beside it: verify a copy that may be written to, or a backup")
        }
        let hadLog = Self.byteCount(path + "-wal") > 0
        keepIndex(path)
        guarded(path) {
            for finding in try DatabaseFile.faults(path) { report.add(finding) }
            // A page without its sum ends that check; the rows may say more of what is damaged.
            guarded(path) { try checkIntegrity(path) }
            try body()
        }
        if !hadLog, stillness == nil, kept[path] == nil { for suffix in ["-wal", "-shm"] { _ = FileRemoval.remove(path + suffix, .temporary) } }
    }

    /// https://www.sqlite.org/pragma.html#pragma_integrity_check; twenty lines at most.
    func checkIntegrity(_ path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        let statement = try connection.statement("PRAGMA integrity_check(20)")
        while try statement.step() {
            let line = statement.text(0)
            if line != "ok" { note(path, line) }
        }
    }

    private static func byteCount(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
}

/// What must be there once in the whole store: identities, tickets, sequences.
///
/// A key is 128 bits: of a ticket its own, of a sequence the number, of an identity the first half of a SHA-256. Its place has the kind in the
/// upper four bits and the number of its file below.
struct Uniqueness {
    private enum Kind: UInt64 { case identity, ticket, sequence }

    private let keys: RepeatFinder
    private var paths: [String] = []
    private static let kindShift: UInt64 = 60
    private static let reportedCountMax = 20

    init(directory: String) { keys = RepeatFinder(directory: directory) }

    /// From now on rows are of this file.
    ///
    /// - Precondition: called before the file's first `insert`.
    mutating func begin(_ path: String) { paths.append(path) }

    private func insert(_ kind: Kind, _ high: UInt64, _ low: UInt64) throws {
        try keys.insert(.init(high: high, low: low, place: kind.rawValue << Self.kindShift | UInt64(paths.count - 1)))
    }

    func insert(sequence: Int64) throws { try insert(.sequence, .max, UInt64(bitPattern: sequence)) }
    func insert(ticket: ULID) throws { try insert(.ticket, ticket.high, ticket.low) }

    /// Of a version, whatever its state.
    func insert(table: String, client: [UInt8], receipt: [UInt8], version: Int64) throws {
        try insert(identity: "\(table) v\(version)", client, receipt)
    }

    /// Of a receipt that is not FAILED.
    func insert(table: String, client: [UInt8], receipt: [UInt8], day: Int32) throws {
        try insert(identity: "\(table) \(day)", client, receipt)
    }

    private func insert(identity: String, _ client: [UInt8], _ receipt: [UInt8]) throws {
        // Lengths, so that no two identities are the same bytes.
        let text = Array("\(identity) \(client.count) \(receipt.count) ".utf8) + client + receipt
        let hash = SHA256.hash(text)
        func word(_ place: Int) -> UInt64 { hash[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        try insert(.identity, word(0), word(8))
    }

    /// Twenty of each kind are reported, and no more.
    func check(_ note: (_ path: String, _ fault: String) -> Void) throws {
        var counts: [UInt64: Int] = [:]
        try keys.forEachRepeat { first, second in
            let kind = second.place >> Self.kindShift
            guard kind == first.place >> Self.kindShift else { return }
            counts[kind, default: 0] += 1
            guard counts[kind, default: 0] <= Self.reportedCountMax else { return }
            let mask: UInt64 = 1 << Self.kindShift - 1
            let (one, other) = (paths[Int(first.place & mask)], paths[Int(second.place & mask)])
            let what =
                switch Kind(rawValue: kind) {
                case .sequence: "the sequence \(Int64(bitPattern: second.low))"
                case .ticket: "the ticket \(ULID(high: second.high, low: second.low))"
                default: "a receipt's identity"
                }
            note(other, one == other ? "\(what) is there twice" : "\(what) is in \(one) too")
        }
    }
}
