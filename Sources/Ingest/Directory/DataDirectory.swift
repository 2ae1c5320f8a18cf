package import ColumnStore
import Documents
import Glibc
import Synchronization

/// DATA: its format and its lock.
///
///     FORMAT          `StoreFormat`: written at every start, checked before
///     LOCK            flock'ed by the one process that works on the directory, or by those that only read it; holds the first one's URL, so that others can name or ask it
///     catalog.sqlite  hot/  warehouse/
///     queues.sqlite   queues and topics, where there are some
///     uploads/        files of uploads, by their ids
///     executions.sqlite  definitions of processes, and their executions
///     log/            commits on their way to the log
///     cluster/        records of a pair of machines, and how much of them the store tells (`ReplicaStore`)
///     founding/       what an attempt to make that of one machine's store has left (`StoreFounding`)
///     exports/        files of exports, which the catalog names; no backup has them
///     lost+found/     what was put aside: `LostAndFound`
///     RESTORING       whose store a restore makes here, until all of it is there (`RestoreNote`)
///     catalog.recovered  of a recovery that was cut off, before it takes its place
///
/// Nobody but the store's user reads it: it holds documents, secrets of webhooks and the key of cursors.
package final class DataDirectory: Sendable {
    package let path: String
    private struct Warehouse: Sendable {
        var storages: any StorageFactory
        var claim: WarehouseClaim?
    }
    private let warehouse: Mutex<Warehouse>
    /// The descriptor that holds the lock; -1 when it was given back.
    private let lock: Atomic<Int32>
    private let note = LockNote()

    package static let format = "till 1"

    /// The administrator's key, below DATA.
    package static let adminKeyName = "admin.key"

    /// A catalog that a recovery has made and not yet put in its place, below DATA: what has this name is whole and durable.
    static let recoveredName = "catalog.recovered"

    /// Of what lies in a bucket: nothing of it is missed.
    package static let cacheName = "cache"

    /// What a member of a pair keeps beside the store that is made of it.
    static let clusterName = "cluster"

    /// Beside that: says that the directory is a member's, also once its records are gone.
    static let memberName = "MEMBER"

    /// Whether the records are gone that the directory's files are made of: what these have may be less than was acknowledged, or more.
    static func isFormerMember(_ path: String) -> Bool { access("\(path)/\(memberName)", F_OK) == 0 && access("\(path)/\(clusterName)", F_OK) != 0 }

    /// Whether the directory is a member of a pair: how far the store there tells its records is noted beside them.
    static func isOfCluster(_ path: String) -> Bool { access("\(path)/\(clusterName)/\(foldName)", F_OK) == 0 }

    /// Whether a member of a pair has the store's files in the directory, `FORMAT` apart: it gets that, which no record tells, when it leads.
    static func hasFold(_ path: String) -> Bool {
        guard isOfCluster(path), access("\(path)/catalog.sqlite", F_OK) == 0 else { return false }
        if access("\(path)/FORMAT", F_OK) == 0 { return true }
        // Not while they are made anew: they are none of any record then.
        return text("\(path)/\(clusterName)/\(foldName)")?.contains("\nstage folded\n") ?? false
    }

    /// Whether a member's process has ended while it committed records to one file after the other: some tell more of them than others then, and none says anything of another before its server has gone on.
    ///
    /// Of a directory that nobody works on: beside one who does it is so for moments.
    static func isBetweenRecords(_ path: String) -> Bool {
        guard let note = text("\(path)/\(clusterName)/\(foldName)") else { return false }
        return note.contains("\nstage folded\n") && note.contains("\nthrough ")
    }

    /// Before a store is looked at that nobody opens.
    ///
    /// - Throws: `Failure` where there is none.
    static func requireStore(_ path: String) throws {
        if hasFold(path) { return }
        if isOfCluster(path) { throw Failure.noStoreYet(path: path) }
        guard access("\(path)/FORMAT", F_OK) == 0 else { throw Failure.noStore(path: path) }
    }

    static let foldName = "fold"

    /// Commits on their way to the log's place, and how far that has come.
    static let logName = "log"

    /// What is made of the store before it is a member's (`StoreFounding`).
    static let foundingName = "founding"

    /// What no other place may lie in: each holds the store's own files, which it lists, and puts aside or removes what it does not know.
    private static let ownNames: Set<String> = ["hot", "warehouse", "uploads", "exports", "log", "cluster", "founding", "cache", "lost+found"]

    /// Whether a path is the store's own directory, or leads to where the store keeps its own files.
    ///
    /// - Parameters:
    ///   - path: absolute, without `.` and `..`.
    ///   - directory: of the store, absolute.
    package static func isOwn(_ path: String, in directory: String) -> Bool {
        if path == directory { return true }
        guard path.hasPrefix(directory + "/") else { return false }
        return path.dropFirst(directory.count + 1).split(separator: "/").first.map { ownNames.contains(String($0)) } ?? true
    }

    package var hotPath: String { "\(path)/hot" }
    package var warehousePath: String { "\(path)/warehouse" }
    package var exportsPath: String { "\(path)/exports" }
    package var uploadsPath: String { "\(path)/uploads" }
    package var catalogPath: String { "\(path)/catalog.sqlite" }
    /// Queues and topics; not there while there are none.
    package var queuesPath: String { "\(path)/queues.sqlite" }
    /// An index that the rows make anew.
    package var versionsPath: String { "\(path)/versions.sqlite" }
    /// Definitions of processes and their executions; not there until the first definition is put.
    package var executionsPath: String { "\(path)/executions.sqlite" }

    /// Why a directory cannot be worked on.
    package enum Failure: Error, CustomStringConvertible, Sendable {
        /// Another process has it; its URL, when it serves one.
        case locked(url: String?)
        /// Others read it, which must not change under them; their numbers, as far as the system tells.
        case beingRead(path: String, processes: [Int32])
        case unknownFormat(String, path: String)
        case io(operation: String, path: String, code: Int32)
        /// The system does not let this process have a file, by whose it is or where it lies: nothing is said of what is in it.
        case refused(path: String, code: Int32)
        case notEmpty(path: String, because: String? = nil)
        /// There is no store, and the caller makes none.
        case noStore(path: String)
        /// A member of a pair has not been sent the store, or was ended while its files were made anew.
        case noStoreYet(path: String)
        /// A member of a pair, whose files are made of its cluster's records and of nothing else.
        case ofCluster(path: String)
        /// A member of a pair was ended in the middle of records.
        case betweenRecords(path: String)
        /// It was a member of a pair, and has its records no more.
        case formerMember(path: String)
        /// Other files than those of a store.
        case strangers(path: String, names: [String])
        /// The catalog is missing, or is not the one that the store's files were last written under.
        case unproven(path: String, reasons: [String])
        /// Cold tables lie elsewhere than the settings say.
        case warehouseElsewhere(known: String, configured: String)
        /// Another store has the place, or a later start of this one.
        case warehouseTaken(location: String, by: String, own: String?, host: String)
        /// Something lies there that no store has put there.
        case warehouseForeign(location: String)
        /// The log is another store's, or a later epoch's.
        case logRefused(String)
        /// A pipe, a directory, a device: it is not even opened.
        case notPlain(path: String, isOfCatalog: Bool)

        /// Whether it is the settings that are to be mended, and not the directory.
        package var isOfTheSettings: Bool {
            switch self {
            case .warehouseElsewhere, .warehouseTaken, .warehouseForeign, .logRefused: true
            default: false
            }
        }

        package var description: String {
            switch self {
            case .locked(let url): "another process works on this directory" + (url.map { ": \($0)" } ?? "")
            case .beingRead(let path, let processes):
                "\(path) is being read by " + (processes.isEmpty ? "another process" : "the process \(processes.map(String.init).joined(separator: ", "))")
                    + ", as `till sql --data` does, and nothing in it may change meanwhile: wait until that ends, or end it. Who is to read and change side by side asks a server (`till serve`), by --url"
            case .unknownFormat(let text, let path):
                "\(path) says \"\(text)\", this program reads \"\(DataDirectory.format)\": where another version wrote it, use that; where it has changed, till recover makes it anew"
            case .logRefused(let reason): reason
            case .notEmpty(let path, let reason): "\(path) is not empty" + (reason.map { ": \($0)" } ?? "")
            case .noStore(let path):
                "\(path) is no store: " + (access(path, F_OK) == 0 ? "there is no FORMAT in it" : "there is no such directory")
                    + "; `till serve --data \(path)` makes one in an empty directory"
            case .noStoreYet(let path):
                "\(path) is a member of a pair, and has no store yet: its server makes one of the pair's records and checkpoint, or makes it anew, and can be asked once it has followed for a moment"
            case .ofCluster(let path):
                "\(path) is a member of a cluster, whose server makes files that are damaged or lost anew of the cluster's records; made of each other they would be no copy of the other machine's. Nothing was changed: "
                    + "start it, and where it does not come to follow, put the directory aside and start it with an empty one, which the other machine fills"
            case .betweenRecords(let path):
                "\(path) is a member of a pair, whose process ended while it brought records to its files: some tell more of them than others, and what they say of each other proves nothing. Its server goes on from there, and can be asked once it has followed for a moment"
            case .formerMember(let path):
                "\(path) was a member of a cluster, and \(path)/\(DataDirectory.clusterName) is gone, which has its records: the files beside it may lack "
                    + "what was acknowledged, and nothing was changed. "
                    + "Put that back and set cluster, or begin with an empty directory: as a member its cluster fills it; "
                    + "alone it is made of a backup of the node that leads (till backup DEST --url URL, till restore DEST --data DIR)"
            case .strangers(let path, let names):
                "\(path) is no store, and no empty directory to make one in: it has \(names.prefix(3).joined(separator: ", "))"
                    + (names.count > 3 ? " and \(names.count - 3) more" : "")
            case .unproven(let path, let reasons):
                "the catalog of \(path) does not fit its files; nothing was changed:\n"
                    + reasons.prefix(20).map { "  \($0)\n" }.joined() + (reasons.count > 20 ? "  and \(reasons.count - 20) more\n" : "")
                    + "Put back the catalog that belongs to them, or make it anew from them: till recover --data \(path)"
            case .warehouseElsewhere(let known, let configured):
                "the warehouse of this store is in \(known), and storage.url says \(configured): set storage.url to where it is, and move it with till move --to URL where you want it elsewhere"
            case .warehouseTaken(let location, let other, let own, let host):
                other == own
                    ? "\(location) was taken over by a later start of this store, on the host \(host): this directory is an older copy, or two servers work on one store"
                    : "\(location) belongs to the store \(other), last started on the host \(host), and this is \(own.map { "the store \($0)" } ?? "a new store"): give each store a prefix of its own in storage.url"
            case .warehouseForeign(let location):
                "\(location) is not empty, and no store has put there what is in it: name an empty prefix in storage.url"
            case .notPlain(let path, let isOfCatalog):
                "\(path) is no plain file: put it elsewhere, and put back from a backup what belongs there"
                    + (isOfCatalog ? ", or make it anew: till recover --data \(Self.folder(of: path))" : "")
            case .io(let operation, let path, let code): "\(operation) \(path): \(String(cString: strerror(code)))"
            case .refused(let path, let code): Self.refusal(path, code)
            }
        }

        /// Of the working directory where the path says none.
        private static func folder(of path: String) -> String {
            let names = path.split(separator: "/").dropLast()
            return path.hasPrefix("/") ? "/" + names.joined(separator: "/") : names.isEmpty ? "." : names.joined(separator: "/")
        }

        private static func refusal(_ path: String, _ code: Int32) -> String {
            if code == EROFS { return "\(path) is on a medium that cannot be written" }
            // What is not there, or cannot even be looked at, is for its directory to let be.
            var status = stat()
            for place in [path, folder(of: path)] {
                guard stat(place, &status) == 0 else { continue }
                if status.st_uid == geteuid() { return "\(place) cannot be opened by uid \(geteuid()), whose it is: chmod it. Nothing was changed" }
                return "\(place) belongs to uid \(status.st_uid) and cannot be opened by uid \(geteuid()): chown it, with all that lies beside it. Nothing is lost by that, and nothing was changed"
            }
            return "\(path) cannot be opened by uid \(geteuid()): \(String(cString: strerror(code)))"
        }

        /// What keeps a file from being opened.
        package static func opening(_ path: String, _ code: Int32, operation: String = "open") -> Failure {
            code == EACCES || code == EPERM ? .refused(path: path, code: code) : .io(operation: operation, path: path, code: code)
        }
    }

    /// Where a store may be made that is not there yet.
    package enum Making: Sendable {
        case never, inEmpty, anew
        /// Of what files of one are there: to make its catalog anew.
        case ofFiles
    }

    /// Takes the directory for this process.
    ///
    /// - Parameters:
    ///   - making: where there is none, whether to make one: in an empty directory, or that too.
    ///   - checksFormat: false for a caller that checks the format itself.
    /// - Throws: `Failure`.
    package init(path: String, making: Making = .anew, checksFormat: Bool = true, storages: any StorageFactory = LocalStorageFactory()) throws {
        self.path = Self.absolute(path)
        warehouse = Mutex(Warehouse(storages: storages))
        umask(0o077)
        if case .ofFiles = making { try Self.checkPlain("\(self.path)/LOCK") } else { try Self.checkPlainFiles(self.path) }
        guard !Self.isFormerMember(self.path) else { throw Failure.formerMember(path: self.path) }
        let isMade = try Self.mayTake(self.path, making)
        if isMade { try Self.makeDirectories(self.path) }
        let descriptor = open("\(self.path)/LOCK", O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure.opening("\(self.path)/LOCK", errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            defer { close(descriptor) }
            // Those who only read let others do the same.
            if flock(descriptor, LOCK_SH | LOCK_NB) == 0 { throw Failure.beingRead(path: self.path, processes: LockHolders.readers(of: descriptor)) }
            throw Failure.locked(url: Self.text("\(self.path)/LOCK")?.split(separator: "\n").first.map(String.init))
        }
        ftruncate(descriptor, 0)
        lock = Atomic(descriptor)
        do {
            guard checksFormat else { return }
            try checkFormat()
            tighten()
            for directory in [hotPath, warehousePath] { try Self.makeDirectories(directory) }
            try Self.synchronizeDirectory(self.path)
            if isMade { StoreLog.note("made a new store", path: self.path, reason: "the directory was empty or not there") }
        } catch {
            release()
            throw error
        }
    }

    /// Takes an empty directory, or makes one, for a store that somebody writes into it. It is none until it has a `StoreFormat`.
    ///
    /// - Throws: `Failure.notEmpty`.
    init(newPath path: String, storages: any StorageFactory = LocalStorageFactory()) throws {
        self.path = Self.absolute(path)
        warehouse = Mutex(Warehouse(storages: storages))
        umask(0o077)
        try Self.makeDirectories(self.path)
        guard try Self.strangers(in: self.path).isEmpty, access("\(self.path)/LOCK", F_OK) != 0 else { throw Failure.notEmpty(path: self.path) }
        let descriptor = open("\(self.path)/LOCK", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            if descriptor >= 0 { close(descriptor) }
            throw Failure.notEmpty(path: self.path)
        }
        lock = Atomic(descriptor)
        do { for directory in [hotPath, warehousePath] { try Self.makeDirectories(directory) } } catch {
            // As on a full disk: it is left as empty as it was.
            for directory in [hotPath, warehousePath] { rmdir(directory) }
            _ = FileRemoval.remove("\(self.path)/LOCK", .temporary)
            release()
            throw error
        }
    }

    /// Looks at a directory in which nothing can be made: a read-only mount, or somebody else's. The process that has locked it has it for itself;
    /// where there is no lock, nobody ever worked on it from here.
    init(unwritablePath path: String, storages: any StorageFactory = LocalStorageFactory()) throws {
        self.path = Self.absolute(path)
        warehouse = Mutex(Warehouse(storages: storages))
        try Self.checkPlainFiles(self.path)
        let descriptor = open("\(self.path)/LOCK", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        lock = Atomic(descriptor)
        if descriptor >= 0, flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK {
            let url = Self.text("\(self.path)/LOCK")?.split(separator: "\n").first.map(String.init)
            release()
            throw Failure.locked(url: url)
        }
    }

    /// Takes a store's directory to be read, beside any number of others who do: nothing in it changes until all have given it back.
    ///
    /// A store without `LOCK`, on which nobody ever worked, gets one, which keeps others from it.
    ///
    /// - Throws: `Failure` where there is no store, and where somebody works on it.
    convenience init(readingPath path: String, storages: any StorageFactory = LocalStorageFactory()) throws {
        let absolute = Self.absolute(path)
        try Self.checkPlainFiles(absolute)
        guard !Self.isFormerMember(absolute) else { throw Failure.formerMember(path: absolute) }
        try Self.checkAccess(absolute, R_OK)
        _ = try Self.mayTake(absolute, .never)
        _ = try StoreFormat.read(absolute)
        Self.makeLock(absolute)
        try self.init(unwritablePath: absolute, storages: storages)
    }

    /// As `readingPath`, for who proves what files there are: also where they are no whole store.
    convenience init(provingPath path: String, storages: any StorageFactory = LocalStorageFactory()) throws {
        let absolute = Self.absolute(path)
        guard !Self.isFormerMember(absolute) else { throw Failure.formerMember(path: absolute) }
        _ = try Self.mayTake(absolute, .ofFiles)
        Self.makeLock(absolute)
        try self.init(unwritablePath: absolute, storages: storages)
    }

    /// So that whoever comes to work on the store finds it taken by those who read it.
    private static func makeLock(_ absolute: String) {
        umask(0o077)
        let made = open("\(absolute)/LOCK", O_RDONLY | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0o600)
        if made >= 0 { close(made) }
    }

    deinit { release() }

    // MARK: The warehouse

    /// Of its cold tables.
    var storages: any StorageFactory { warehouse.withLock { $0.storages } }

    /// Where its cold tables are, for people.
    var warehouseName: String { storages.location ?? warehousePath }

    /// From now on its tables are there, and ours.
    func move(to storages: any StorageFactory, _ claim: WarehouseClaim?) { warehouse.withLock { $0 = Warehouse(storages: storages, claim: claim) } }

    func keep(_ claim: WarehouseClaim?) { warehouse.withLock { $0.claim = claim } }

    /// Before anything of a cold table is changed or removed.
    ///
    /// - Throws: `.unavailable` when another process has the warehouse by now.
    func checkClaim() throws(ColumnStoreError) { try warehouse.withLock { $0.claim }?.check() }

    /// Why nothing of a cold table is changed from here any more.
    var claimLoss: String? { warehouse.withLock { $0.claim }?.loss }

    /// The objects of a cold table.
    func cold(_ table: String, calls: any FileSystemCalls = LinuxFileSystem()) throws(ColumnStoreError) -> any ObjectStorage {
        try storages.storage(of: table, in: warehousePath, calls: calls)
    }

    /// Tables that have files of their own: not the views of the newest rows of others.
    func coldTables() throws -> [String] {
        let all = Set(try storages.tables(in: warehousePath))
        return all.filter { name in !TableKind.all.contains { $0.publishesNewest && all.contains($0.storedName(of: name)) } }.sorted()
    }

    /// Its own files: the administrator's key, and what SQLite has.
    func files() throws(ColumnStoreError) -> any FileStorage { try LocalStorageFactory.files(path) }

    /// Lets another process have the directory: after everything in it was closed.
    package func release() {
        note.end {
            let descriptor = lock.exchange(-1, ordering: .acquiringAndReleasing)
            if descriptor >= 0 { close(descriptor) }
        }
    }

    /// - Returns: whether a store is to be made.
    /// - Throws: where there is none and none may be made.
    private static func mayTake(_ path: String, _ making: Making) throws -> Bool {
        if access("\(path)/FORMAT", F_OK) == 0 { return false }
        var status = stat()
        guard stat(path, &status) == 0 else {
            guard case .anew = making else { throw Failure.noStore(path: path) }
            return true
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Failure.io(operation: "open directory", path: path, code: ENOTDIR) }
        let strangers = try strangers(in: path)
        if case .ofFiles = making {
            guard strangers.contains(where: { ["catalog.sqlite", recoveredName, "hot", "warehouse"].contains($0) }) else { throw Failure.noStore(path: path) }
            return false
        }
        if strangers.contains(RestoreNote.name) { throw Failure.notEmpty(path: path, because: RestoreNote.words) }
        if strangers.contains("catalog.sqlite")
            || !strangers.isEmpty && strangers.allSatisfy({ ["catalog.sqlite", recoveredName, "queues.sqlite", "executions.sqlite", "hot", "warehouse"].contains(String($0.prefix { $0 != "-" })) }) {
            throw Failure.unproven(path: path, reasons: ["FORMAT is missing beside \(strangers.sorted().joined(separator: ", "))"])
        }
        guard case .never = making else {
            guard strangers.isEmpty else { throw Failure.strangers(path: path, names: strangers.sorted()) }
            return true
        }
        throw Failure.noStore(path: path)
    }

    /// What lies in a directory beside what a store that was only begun, or a file system, leaves there.
    private static func strangers(in path: String) throws -> [String] {
        try names(in: path).filter { name in
            switch name {
            case "LOCK", "FORMAT.tmp", "lost+found", cacheName, clusterName: false
            case memberName: isFormerMember(path)
            case "hot", "warehouse": try !names(in: "\(path)/\(name)").isEmpty
            default: true
            }
        }
    }

    private func checkFormat() throws {
        if try StoreFormat.read(path) == nil { try StoreFormat().write(path) } else { RestoreNote.removeLeft(from: path) }
    }

    /// What earlier versions left for everybody to read. Within `warehouse` files stay as they are: who may not enter DATA comes to none.
    private func tighten() {
        var tightened = 0
        func tighten(_ path: String) {
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFLNK, status.st_mode & 0o077 != 0 else { return }
            if chmod(path, status.st_mode & 0o700) == 0 { tightened += 1 }
        }
        tighten(path)
        for directory in [path, hotPath] {
            for name in (try? Self.names(in: directory)) ?? [] where name != "warehouse" && name != "lost+found" { tighten("\(directory)/\(name)") }
        }
        if tightened > 0 {
            StoreLog.note("took away others' rights to the store", path: path, reason: "\(tightened) directories and files could be read by other users", level: .warning)
        }
    }

    static func names(in path: String) throws -> [String] {
        guard let stream = opendir(path) else { throw Failure.opening(path, errno, operation: "list") }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// The server's URL, for other processes to read.
    ///
    /// For information only: a command that finds nothing says that the directory is in use.
    package func publish(url: String) { note.write(url: url, to: lock.load(ordering: .acquiring)) }

    /// Where there was no room for it.
    package func publishAgain() { note.writeAgain(to: lock.load(ordering: .acquiring)) }

    /// The URL of the server that holds `path`, if one does.
    package static func serverURL(path: String) -> String? {
        let descriptor = open("\(path)/LOCK", O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        return text("\(path)/LOCK")?.split(separator: "\n").first.map(String.init)
    }

    // MARK: Calls

    package static func freeBytes(_ path: String) -> Int64? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        return Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
    }

    package static func synchronizeDirectory(_ path: String) throws {
        if SQLiteFileSystem.isObserved { SQLiteFileSystem.withObserver { $0.synchronizedDirectory(path) } }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.io(operation: "open", path: path, code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw Failure.io(operation: "fsync", path: path, code: errno) }
    }

    package static func absolute(_ path: String) -> String {
        if path.hasPrefix("/") { return path }
        guard let working = getcwd(nil, 0) else { return path }
        defer { free(working) }
        return String(cString: working) + "/" + path
    }

    /// Each that is made is durable within the one above it: with its name all would be lost that is synced in it later.
    package static func makeDirectories(_ path: String) throws {
        var prefix = ""
        for part in path.split(separator: "/") {
            let parent = prefix.isEmpty ? "/" : prefix
            prefix += "/\(part)"
            guard mkdir(prefix, 0o700) != 0 else {
                try synchronizeDirectory(parent)
                continue
            }
            guard errno == EEXIST else { throw Failure.io(operation: "mkdir", path: prefix, code: errno) }
        }
    }

    /// Opening a pipe waits indefinitely for somebody at its other end.
    ///
    /// - Throws: `Failure.notPlain`.
    static func checkPlain(_ path: String, isOfCatalog: Bool = false) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG else { return }
        throw Failure.notPlain(path: path, isOfCatalog: isOfCatalog)
    }

    /// All files of a store that are opened before anything else is known of it.
    package static func checkPlainFiles(_ path: String) throws {
        try checkPlain("\(path)/LOCK")
        try checkPlain("\(path)/FORMAT", isOfCatalog: true)
        for name in ["admin.key", "queues.sqlite", "executions.sqlite"] { try checkPlain("\(path)/\(name)") }
        for suffix in ["", "-wal", "-shm"] { try checkPlain("\(path)/catalog.sqlite\(suffix)", isOfCatalog: true) }
        let hot = "\(path)/hot"
        for name in (try? names(in: hot)) ?? [] where name.contains(".sqlite") { try checkPlain("\(hot)/\(name)") }
    }

    /// Whether this process may have the files of a store, which is asked before anything is said of what is in them: a command that was said as root leaves files of its own.
    ///
    /// - Parameter mode: of access(2).
    /// - Throws: `Failure.refused`, naming the first.
    static func checkAccess(_ path: String, _ mode: Int32) throws {
        func check(_ file: String, _ mode: Int32) throws { if let code = refusal(file, mode) { throw Failure.refused(path: file, code: code) } }
        let hot = "\(path)/hot"
        try check(path, R_OK | X_OK)
        try check("\(path)/FORMAT", R_OK)
        for name in ["catalog", "queues", "executions"] { for suffix in ["", "-wal", "-shm"] { try check("\(path)/\(name).sqlite\(suffix)", mode) } }
        try check(hot, R_OK | X_OK)
        for name in ((try? names(in: hot)) ?? []).sorted() {
            // Of other names nobody opens one.
            guard let end = [".sqlite", ".sqlite-wal", ".sqlite-shm"].first(where: { name.hasSuffix($0) }), HotFileName.parse(String(name.dropLast(end.count))) != nil else { continue }
            try check("\(hot)/\(name)", mode)
        }
    }

    /// Why the system does not let this process have a file: its rights at present, not those of who began it; in doubt open(2) itself has the word, which knows of capabilities.
    ///
    /// - Parameter mode: of access(2).
    /// - Returns: nil where it does, where the file is not there, and for an own one that can be read, whose mode is its owner's affair.
    static func refusal(_ file: String, _ mode: Int32) -> Int32? {
        if faccessat(AT_FDCWD, file, mode, AT_EACCESS) == 0 { return nil }
        let code = errno
        guard [EACCES, EPERM, EROFS].contains(code) else { return nil }
        func opens(_ flags: Int32) -> Bool {
            let descriptor = open(file, flags | O_NONBLOCK | O_CLOEXEC)
            if descriptor >= 0 { close(descriptor) }
            return descriptor >= 0
        }
        if opens(mode & W_OK != 0 ? O_RDWR : O_RDONLY) { return nil }
        var status = stat()
        return code != EROFS && stat(file, &status) == 0 && status.st_uid == geteuid() && opens(O_RDONLY) ? nil : code
    }

    /// - Returns: nil where there is no such file.
    /// - Throws: `Failure` where what is there cannot be read, which says nothing of it.
    static func textIfThere(_ path: String) throws -> String? {
        if let text = text(path) { return text }
        let code = errno
        guard code == ENOENT || code == ENOTDIR else { throw Failure.opening(path, code, operation: "read") }
        return nil
    }

    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = read(descriptor, &buffer, buffer.count)
        return count >= 0 ? String(decoding: buffer[..<count], as: UTF8.self) : nil
    }

    /// Whether the system says that descriptors or memory ran out, and nothing of the file: the same may work a little later.
    static func isShortage(_ code: Int32) -> Bool { [EMFILE, ENFILE, ENOMEM].contains(code) }

    static func isShortage(_ error: any Error) -> Bool {
        if case .io(operation: _, path: _, code: let code)? = error as? Failure { return isShortage(code) }
        return (error as? ColumnStoreError)?.systemError.map { isShortage($0) } ?? false
    }
}
