import ColumnStore
import Documents
import Glibc

/// Copies a store that goes on working, as the one consistent state of an instant, to a directory.
///
/// 1. Data and metadata files of the cold tables, which never change, are copied unless they are there with their hash.
/// 2. On the writer's thread, between two groups, a read transaction is begun in each hot file that changed since the last backup, and
///    then, while the writer of queues waits too, in the files of executions and queues and in the catalog: that instant is the backup's state.
/// 3. Hot files, catalog, queues and executions are copied from those transactions while receipts come in; then the cold files that the catalog's copy names
///    and step 1 has not seen.
/// 4. Everything that was copied is read again. The manifest takes the place of the last one: only now the new backup counts, and until
///    now the last one was untouched. Files that it needed and this one does not go.
///
/// Nothing leaves the store meanwhile: hot files are held by reference, and the compactor removes no cold file.
///
/// Used once, by one thread. `manifest` is whole when `run` has returned.
final class Backup {
    private let store: StoreParts
    private let place: BackupPlace
    var storage: any ObjectStorage { place.storage }
    var root: String { place.name }
    /// What the place had before; nil for a first backup.
    private var previous: BackupManifest?
    /// Files of `previous`, by their paths in DATA.
    private var known: [String: BackupManifest.File] = [:]
    private(set) var manifest: BackupManifest
    private var summary = BackupSummary()
    /// Cold files by their path in DATA, that are in the backup by now.
    private var cold: [String: BackupManifest.File] = [:]
    /// What this run has written: read again at the end.
    private var copied: [BackupManifest.File] = []
    private let isCancelled: @Sendable () -> Bool
    /// Of a checkpoint of the log: where that stands.
    private let position: LogPosition.Source?
    private let epoch: Int64?
    /// In the names of copies: the backup's number, and of a checkpoint the epoch, too. A writer that was overtaken, and has not heard of it, makes one of the same number, and neither is to write over the other's.
    private var mark: String { epoch.map { "\(manifest.number)-\($0)" } ?? "\(manifest.number)" }
    /// Of a checkpoint: where the log stood before and after the held instant.
    private(set) var span: (before: LogPosition, after: LogPosition)?

    /// Somebody asked for the end.
    struct Cancelled: Error {}

    /// - Parameter isCancelled: asked before each file, and between the pieces of those that are copied by pieces.
    /// - Throws: `Fault` for a directory that cannot take a backup of this store.
    /// - Parameter bucket: what lies there, where the destination is one.
    /// - Parameter position: of a checkpoint, which leaves what earlier ones need.
    /// - Parameter epoch: of the log that it is a checkpoint of.
    /// - Parameter others: where else something of the store lies (its log, a former warehouse): locations.
    /// - Parameter exports: of the store's files of exports.
    init(
        _ store: StoreParts, destination: String, bucket: (any ObjectStorage)? = nil, position: LogPosition.Source? = nil, epoch: Int64? = nil,
        apart others: [String] = [], exports: String? = nil, isCancelled: @escaping @Sendable () -> Bool
    ) throws {
        (self.store, self.isCancelled, self.position, self.epoch) = (store, isCancelled, position, epoch)
        place = try BackupPlace(path: destination, bucket: bucket)
        let root = place.name
        for own in [try store.directory.files().root, store.directory.storages.location].compactMap(\.self) where Self.isWithin(root, own) {
            throw Self.refusal("the backup and the store must not lie within each other")
        }
        for other in others where Self.isWithin(root, other) {
            throw Self.refusal("the backup must not lie within, or around, what else is of the store: \(other)")
        }
        // What is there and no export's is removed. A backup around it, of an earlier version say, does it no harm: but for cold files none of a backup has such a name.
        if let exports, case let (one, two) = (Self.plain(root), Self.plain(exports)), one.hasPrefix(two) || two.hasPrefix(one + "warehouse/") {
            throw Self.refusal("the backup must not lie within the store's exports, nor have them among its cold files: \(exports)")
        }
        manifest = BackupManifest(
            number: 1, store: store.catalog.storeID, madeAt: store.clock.now(), warehouse: store.directory.warehouseName)
        if place.files != nil {
            try Self.makeDirectory(root)
            try Self.refuseLinks(below: root)
        }
        try readPrevious()
    }

    /// Whether two places have anything in common, by their names or by where links lead; as a bucket's URL, and a directory by its path or its URL.
    private static func isWithin(_ place: String, _ other: String) -> Bool {
        [(plain(place), plain(other)), (resolved(plain(place)), resolved(plain(other)))].contains { one, two in one.hasPrefix(two) || two.hasPrefix(one) }
    }

    /// Where a directory lies that may be yet to be made: what there is of its path is followed.
    private static func resolved(_ path: String) -> String {
        guard path.hasPrefix("/") else { return path }
        var (parts, missing) = (path.split(separator: "/"), [Substring]())
        while true {
            if let found = realpath("/\(parts.joined(separator: "/"))", nil) {
                defer { free(found) }
                let base = String(cString: found)
                return plain("\(base == "/" ? "" : base)/\(missing.reversed().joined(separator: "/"))")
            }
            guard let last = parts.popLast() else { return path }
            missing.append(last)
        }
    }

    /// What a backup writes and removes it names by folders of its place: through a link these are somebody's, the store's own files among them.
    private static func refuseLinks(below root: String) throws {
        func check(_ name: String) throws {
            var status = stat()
            guard lstat("\(root)/\(name)", &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return }
            throw Self.refusal("the backup must not lie within, or around, what else is of the store, and \(root)/\(name) is a symbolic link: put a directory in its place")
        }
        for name in ["hot", "uploads", "warehouse"] { try check(name) }
        var status = stat()
        guard stat("\(root)/warehouse", &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return }
        let tables: [String]
        do { tables = try DataDirectory.names(in: "\(root)/warehouse") } catch { throw Self.refusal("\(root) cannot be read: \(error)") }
        for table in tables {
            for name in [table, "\(table)/data", "\(table)/metadata"] { try check("warehouse/\(name)") }
        }
    }

    private static func plain(_ place: String) -> String {
        let path = place.hasPrefix("file://") ? String(place.dropFirst("file://".utf8.count)) : place
        return path.hasSuffix("/") ? path : path + "/"
    }

    /// Makes the place before anything is held for it, each directory durable in its parent.
    private static func makeDirectory(_ path: String) throws {
        var made = ""
        for part in path.split(separator: "/") {
            let parent = made.isEmpty ? "/" : made
            made += "/" + part
            if mkdir(made, 0o700) == 0 {
                do { try LinuxFileSystem().synchronizeDirectory(parent) } catch { throw Self.refusal(path, error.code) }
                continue
            }
            // A read-only mount says so even of what is there.
            let code = errno
            var status = stat()
            if code != EEXIST, stat(made, &status) != 0 { throw Self.refusal(path, code) }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.refusal(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw Self.refusal(path, ENOTDIR) }
        guard access(path, R_OK | W_OK | X_OK) == 0 else { throw Self.refusal(path, errno) }
        try proveWritable(path)
    }

    static let probeName = ".till-probe-"

    /// Rights say what is allowed, not what there is: in /proc and its kind they allow all, and nothing can be made.
    private static func proveWritable(_ path: String) throws {
        let probe = "\(path)/\(probeName)\(getpid())"
        let descriptor = open(probe, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        // One that a crash has left shows it as well.
        if descriptor < 0, errno == EEXIST { return }
        guard descriptor >= 0 else { throw refusal(path, errno) }
        close(descriptor)
        let code = FileRemoval.remove(probe, .temporary)
        guard code == 0 else { throw refusal(path, code) }
    }

    private static func refusal(_ path: String, _ code: Int32) -> Fault {
        refusal("\(path) cannot be made or written: \(String(cString: strerror(code))); name a directory of the server's machine that the server may write to")
    }

    private static func refusal(_ text: String) -> Fault {
        Fault(.badParameter, text, errors: [.init(pointer: "/destination", code: "bad-destination", message: text)])
    }

    /// - Throws: `Fault` where another store's backup lies there, a damaged one, or what is no backup at all.
    private func readPrevious() throws {
        do {
            let bytes = try storage.get(BackupManifest.key, byteCountMax: BackupManifest.byteCountMax)
            let previous = try BackupManifest.parse(bytes, path: "\(root)/\(BackupManifest.key)")
            guard previous.store == manifest.store else { throw Self.refusal("\(root) has a backup of another store") }
            // Also of one that the settings do not name any more: its checkpoints lead to more than the last list does.
            if position == nil, previous.files.contains(where: { BackupNames.isOfCheckpoint($0.name) }) { throw Self.refusal("\(root) has checkpoints of a log") }
            self.previous = previous
            for file in previous.files { known[file.path] = file }
            manifest.number = previous.number + 1
        } catch let error as ColumnStoreError {
            // The place of a log is this store's by its head: a list that is damaged there is made anew, and no checkpoint waits for a person.
            let isAnew = error.code == .corruptFile && position != nil
            if error.code == .corruptFile, !isAnew { throw Self.refusal("\(root) has a backup that is damaged: \(error.detail)") }
            guard isAnew || error.code == .notFound else { throw Self.refusal("\(root) cannot be read: \(error.detail)") }
            var foreign: String?
            // A first backup that was cut off left files of these names only. The place of a log is this store's: there older names lie, too.
            let names = try position == nil ? BackupNames(store.catalog) : nil
            try storage.list(prefix: "") { object in
                if !(names?.isOwn(object.key) ?? BackupNames.isOfPlace(object.key)) { foreign = min(foreign ?? object.key, object.key) }
                // Where the list was there and is gone, or damaged, its copies may be named elsewhere still, as by checkpoints of a log: none is written over.
                manifest.number = max(manifest.number, Self.number(inName: object.key) + 1)
            }
            if let foreign { throw Self.refusal("\(root) is not empty and has no backup: \(foreign) is none of its files") }
        }
    }

    /// - Throws: `Cancelled`, `ColumnStoreError`, `SQLiteError`, `Fault`: the last backup counts as before then. What was copied by then stays,
    ///   and the next run finds it.
    func run() throws -> BackupSummary {
        let began = SteadyClock.nanoseconds()
        try store.compactor.withoutRemovals {
            for (_, table) in store.tier.boundary.snapshot().cold.sorted(by: { $0.key < $1.key }) { try copyCold(table.iceberg, table.name) }
            try forgetLost()
            let held = try hold()
            span = held.span
            try copyHeld(held)
        }
        try checkCopied()
        try storage.put(BackupManifest.key, manifest.bytes)
        if position == nil { try removeUnneeded() }
        summary.fileCount = manifest.files.count
        summary.byteCount = manifest.files.reduce(0) { $0 + $1.byteCount }
        summary.copiedFileCount = copied.count
        summary.copiedByteCount = copied.reduce(0) { $0 + $1.byteCount }
        summary.elapsedNanoseconds = SteadyClock.nanoseconds() &- began
        return summary
    }

    private func goOn() throws { if isCancelled() { throw Cancelled() } }

    // MARK: Cold files

    private func copyCold(_ table: Table, _ name: String) throws {
        let keys = try table.presentKeys()
        let hashes = try store.catalog.coldHashes(of: name)
        for key in keys.metadata + keys.data {
            guard let expected = hashes[key] else {
                throw ColumnStoreError(.corruptFile, path: table.storage.place(of: key), "is in the table, but the catalog does not know it")
            }
            try copy(key, of: table.storage, "warehouse/\(name)/\(key)", byteCount: expected.byteCount, sha256: expected.sha256)
        }
    }

    /// - Parameter path: below DATA, and below the backup: cold files have the same name in both.
    private func copy(_ key: String, of source: any ObjectStorage, _ path: String, byteCount: Int64, sha256: [UInt8]) throws {
        guard cold[path] == nil else { return }
        try goOn()
        let file = BackupManifest.File(path: path, name: path, byteCount: byteCount, sha256: sha256)
        if try storage.byteCount(of: path) != nil {
            // Proved when it was copied; what a backup that was cut off left is read now.
            let isKnown = known[path]?.sha256 == sha256
            if try isKnown ? storage.byteCount(of: path) == byteCount : storage.digest(of: path).sha256 == sha256 {
                cold[path] = file
                return
            }
            try storage.delete(path, .named("it is not what the store has under that name"))
        }
        try FileCopy.copy(key, from: source, to: storage, as: path, byteCount: byteCount, sha256: sha256, beforeEachPiece: goOn)
        cold[path] = file
        copied.append(file)
    }

    // MARK: Hot files and the catalog

    /// Read transactions that show one instant.
    ///
    /// Each is BEGIN and a first read, from which on SQLite shows that state of the file: https://www.sqlite.org/isolation.html
    private final class Held: @unchecked Sendable {
        // Proof: the writer's thread fills it while the backup's waits for that, and the thread of queues while the writer's waits for that; before and after, the backup's alone has it.
        var hot: [(file: HotFile, stamp: String, connection: SQLiteConnection?)] = []
        var catalog: SQLiteConnection?
        /// Nil where there are none.
        var queues: SQLiteConnection?
        /// Before the catalog: what an execution has put there by then is in its state.
        var executions: SQLiteConnection?
        /// Of the log, around all of them.
        var span: (before: LogPosition, after: LogPosition)?
    }

    /// A hot file whose copy somebody has taken away, cut off or changed is copied again: no backup would be made there any more while it stays as it is, or one with a copy that nobody can restore.
    private func forgetLost() throws {
        for (path, file) in known where path.hasPrefix("hot/") {
            if try storage.byteCount(of: file.name) != file.byteCount {
                known[path] = nil
            } else if FileStamp(path: "\(store.directory.path)/\(path)").text == file.stamp {
                // Its copy would serve once more. It is proved by reading it, which takes less than copying: of days that are over, and of one at rest.
                try goOn()
                if try !isSound(file) { known[path] = nil }
            }
        }
    }

    /// Whether a copy is what was copied. One that the disk does not give is not.
    private func isSound(_ file: BackupManifest.File) throws -> Bool {
        do throws(ColumnStoreError) { return try storage.digest(of: file.name).sha256 == file.sha256 } catch {
            guard error.systemError == EIO else { throw error }
            return false
        }
    }

    /// The writers of hot files and of queues wait while it runs: it opens files and begins to read, and copies nothing.
    ///
    /// Executions and queues are of one instant: that at which the executions' transaction begins. Neither hot files nor queues change from before it until after their own transactions have
    /// begun, so that these show them as they were at it. Without that, an event that an execution took, and its topic let go of, between the two would be in neither copy; and a message that
    /// was lost with the word of it, so that the task which waits for it would stand still. Executions need not wait: what they do meanwhile shows in no copy.
    ///
    /// In this order, here and everywhere: the writer of hot files, then that of queues, which waits for nothing but the disk and the catalog; nobody who has the catalog waits for either.
    ///
    /// No hot file is prepared meanwhile: one that nobody has taken is in no copy, and the log would go on from the checkpoint with rows of a file whose tables came before it.
    private func hold() throws -> Held {
        let held = Held()
        let (position, nextFile) = (position, store.tier.nextFile)
        let (boundary, catalogPath, known, previousAt) = (store.tier.boundary, store.directory.catalogPath, known, previous?.madeAt)
        let queuesPath = store.directory.queuesPath
        let executionsPath = store.directory.executionsPath
        let holdQueues = store.holdQueues
        // Also where it fails: the first receipt of a day should not wait for a file to be made.
        defer { store.tier.maintenance.prepareAgain() }
        try store.tier.writer.hold {
            try nextFile.withNone {
                let before = position?()
                for file in boundary.snapshot().files {
                    let stamp = FileStamp(path: file.path)
                    let before = known["hot/\(file.name).sqlite"]
                    // A change right after the last backup may not show in the time of the file.
                    // Unchanged by size and time, and old enough for times to tell: the earlier copy serves.
                    let isSame = before?.stamp == stamp.text && stamp.isOlder(than: previousAt ?? 0)
                    held.hot.append((file, stamp.text, isSame ? nil : try Self.begin(file.path)))
                    if !isSame { file.pin() }
                }
                try holdQueues {
                    if access(executionsPath, F_OK) == 0 { held.executions = try Self.beginMade(executionsPath) }
                    let catalog = try Self.begin(catalogPath)
                    held.catalog = catalog
                    // Made since a moment ago: the catalog has noted it, and would miss it. Nothing of it can have posted a receipt, or sent a message, while both writers are held.
                    if held.executions == nil, try LaterDatabase.executions.isNoted(catalog) { held.executions = try Self.begin(executionsPath) }
                    // One that is noted is made, and without tables it is lost.
                    if access(queuesPath, F_OK) == 0 { held.queues = try LaterDatabase.queues.isNoted(catalog) ? Self.begin(queuesPath) : Self.beginMade(queuesPath) }
                }
                if let before, let after = position?() { held.span = (before, after) }
            }
        }
        return held
    }

    /// - Returns: a connection in a read transaction.
    private static func begin(_ path: String) throws -> SQLiteConnection {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN; SELECT count(*) FROM meta")
        return connection
    }

    /// - Returns: nil for one that is being made just now: nothing is in it before its tables are.
    private static func beginMade(_ path: String) throws -> SQLiteConnection? {
        let connection = try SQLiteConnection(path: path, mode: .readOnly)
        try connection.execute("BEGIN")
        guard try connection.integer("SELECT 1 FROM sqlite_schema WHERE name = 'meta'") != nil else { return nil }
        return connection
    }

    /// Each transaction ends as soon as its file is copied, so that logs can be begun anew.
    private func copyHeld(_ held: Held) throws {
        defer { for entry in held.hot where entry.connection != nil { entry.file.unpin() } }
        guard let catalog = held.catalog else { return }
        let catalogFile = try copyDatabase(catalog, "catalog.sqlite", "catalog.\(mark).sqlite", stamp: "")
        held.catalog = nil
        if let queues = held.queues { manifest.files.append(try copyDatabase(queues, "queues.sqlite", "queues.\(mark).sqlite", stamp: "")) }
        held.queues = nil
        // The catalog's copy says what the state is made of: a file may have moved to cold just before it was taken.
        let state = try Catalog.State(path: try place.fetch(catalogFile))
        place.drop(catalogFile.name)
        manifest.files.append(catalogFile)
        for (index, entry) in held.hot.enumerated() where state.hotFiles.contains(entry.file.name) {
            let path = "hot/\(entry.file.name).sqlite"
            if let connection = entry.connection {
                manifest.files.append(
                    try copyDatabase(connection, path, "hot/\(entry.file.name).\(mark).sqlite", stamp: entry.stamp))
                held.hot[index].connection = nil
                entry.file.unpin()
            } else if let before = known[path] {
                manifest.files.append(before)
            }
        }
        for name in state.hotFiles where !manifest.files.contains(where: { $0.path == "hot/\(name).sqlite" }) {
            throw ColumnStoreError(.notFound, path: "\(store.directory.hotPath)/\(name).sqlite", "is in the catalog, but not held")
        }
        if let executions = held.executions {
            manifest.files.append(try copyDatabase(executions, "executions.sqlite", "executions.\(mark).sqlite", stamp: ""))
            held.executions = nil
        }
        var present: Set<String> = []
        for (name, version) in state.coldVersions {
            let table = try Table.open(try store.directory.cold(name), version: version)
            try copyCold(table, name)
            let keys = try table.presentKeys()
            present.formUnion((keys.metadata + keys.data).map { "warehouse/\(name)/\($0)" })
        }
        manifest.files += cold.values.filter { present.contains($0.path) }.sorted { $0.path < $1.path }
        try copyUploads(state)
        try copyAdminKey()
    }

    /// - Parameters:
    ///   - path: below DATA.
    ///   - name: below the backup, with `mark` in it, so that no earlier copy is written over.
    private func copyDatabase(
        _ connection: SQLiteConnection, _ path: String, _ name: String, stamp: String
    ) throws -> BackupManifest.File {
        try goOn()
        let workspace = try place.workspace()
        try place.clear(name)
        try workspace.prepare(name)
        try connection.copy(to: workspace.path(of: name))
        try workspace.synchronize(name)
        let digest = try workspace.digest(of: name)
        let file = BackupManifest.File(path: path, name: name, byteCount: digest.byteCount, sha256: digest.sha256, stamp: stamp)
        try place.send(name, byteCount: file.byteCount, sha256: file.sha256, beforeEachPiece: goOn)
        if path != "catalog.sqlite" { place.drop(name) }
        copied.append(file)
        return file
    }

    /// Files of uploads, which never change once they are whole; one whose time was over meanwhile is none that is needed.
    ///
    /// - Throws: `.corruptFile` for one that is still to be read and is not as it came: a restored store would read what is left of it, and nobody would miss the rest.
    private func copyUploads(_ state: Catalog.State) throws {
        let source = try store.directory.files()
        let unread = Dictionary(state.unreadUploads.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        for id in state.uploads {
            let path = "uploads/\(id)"
            guard let byteCount = try source.byteCount(of: path) else {
                try refuse(unread[id], "is missing, and was not read to its end")
                continue
            }
            try refuse(unread[id], unread[id]?.fault(ofByteCount: byteCount))
            if let before = known[path], before.byteCount == byteCount, try storage.byteCount(of: path) == byteCount {
                manifest.files.append(before)
                continue
            }
            try goOn()
            do { try copyUpload(path, unread[id], from: source) } catch let error as ColumnStoreError where error.code == .notFound || error.code == .corruptFile {
                // It went meanwhile: its time was over, or whoever has it had deleted it.
                guard try source.byteCount(of: path) == nil else { throw error }
                try refuse(unread[id], "is missing, and was not read to its end")
            }
        }
    }

    private func copyUpload(_ path: String, _ unread: UnreadUpload?, from source: any FileStorage) throws {
        let digest = try source.digest(of: path)
        try refuse(unread, unread?.fault(ofHash: digest.sha256))
        let file = BackupManifest.File(path: path, name: path, byteCount: digest.byteCount, sha256: digest.sha256)
        // Of a list that is gone, say: others may name it.
        let isThere = try storage.byteCount(of: path) == digest.byteCount && storage.digest(of: path).sha256 == digest.sha256
        if !isThere {
            try place.clear(path)
            try FileCopy.copy(path, from: source, to: storage, as: path, byteCount: digest.byteCount, sha256: digest.sha256, beforeEachPiece: goOn)
            copied.append(file)
        }
        manifest.files.append(file)
    }

    /// - Parameters:
    ///   - upload: nil for one that was at its end as the backup's state was taken.
    ///   - fault: of its file; nil for none.
    /// - Throws: `.corruptFile`; nothing for an upload that has come to its end since.
    private func refuse(_ upload: UnreadUpload?, _ fault: String?) throws {
        guard let upload, let fault, try upload.isUnread(in: store.catalog) else { return }
        throw ColumnStoreError(
            .corruptFile, path: "\(store.directory.uploadsPath)/\(upload.id)", "\(fault). Put it back, or end the upload (till upload cancel \(upload.id)) and send the file again")
    }

    /// Whoever restores the store is its administrator as before.
    private func copyAdminKey() throws {
        let source = try store.directory.files()
        let key = DataDirectory.adminKeyName
        guard try source.byteCount(of: key) != nil else { return }
        let bytes = try source.get(key, byteCountMax: 1 << 16)
        let file = BackupManifest.File(
            path: key, name: "\(key).\(mark)", byteCount: Int64(bytes.count), sha256: SHA256.hash(bytes))
        try place.clear(file.name)
        try storage.putIfAbsent(file.name, bytes)
        if let files = place.files { chmod(files.path(of: file.name), 0o600) }
        manifest.files.append(file)
        copied.append(file)
    }

    // MARK: The end

    /// Reads what was copied once more, and looks whether the rest is there in its size.
    private func checkCopied() throws {
        let fresh = Set(copied.map(\.name))
        for file in manifest.files {
            try goOn()
            let isSound =
                if fresh.contains(file.name) {
                    try storage.digest(of: file.name) == (file.byteCount, file.sha256)
                } else {
                    try storage.byteCount(of: file.name) == file.byteCount
                }
            guard isSound else {
                throw ColumnStoreError(.corruptFile, path: "\(root)/\(file.name)", "is not what was copied there: nothing was changed in the last backup")
            }
        }
    }

    /// After the manifest: a crash before it leaves files that the next run removes.
    private func removeUnneeded() throws {
        let needed = Set(manifest.files.map(\.name) + [BackupManifest.key])
        let known = Set(previous?.files.map(\.name) ?? [])
        let names = try BackupNames(store.catalog)
        var unneeded: [String] = []
        try storage.list(prefix: "") { object in
            if !needed.contains(object.key), known.contains(object.key) || names.isOwn(object.key) { unneeded.append(object.key) }
        }
        for key in unneeded { try storage.delete(key, .named("the new backup has taken the place of the one that needed it")) }
    }

    /// The number of a backup in the name of its copy: 3 of `hot/2026-11-20.3.sqlite`, of `admin.key.3` and of a checkpoint's `catalog.3-7.sqlite`; 0 where there is none, or one that no backup comes to.
    private static func number(inName key: String) -> Int {
        guard ["hot/", "catalog.", "queues.", "executions.", "admin.key."].contains(where: { key.hasPrefix($0) }) else { return 0 }
        let parts = key.split(separator: ".")
        let digits = parts.last?.hasPrefix("sqlite") == true ? parts.dropLast().last : parts.last
        guard let number = digits.flatMap({ Int32($0.prefix { $0 != "-" }) }), (1...1_000_000_000).contains(number) else { return 0 }
        return Int(number)
    }
}

/// What tells that an SQLite file was not written since: size and time of the file and of its log.
///
/// Text: `size@nanoseconds` of the file, `+`, the same of its log; `-` for one that is empty or not there.
private struct FileStamp {
    let text: String
    /// In microseconds since 1970: the later one of both files.
    private let changedAt: Int64

    init(path: String) {
        var parts: [String] = []
        var latest: Int64 = 0
        for suffix in ["", "-wal"] {
            var status = stat()
            guard stat(path + suffix, &status) == 0, status.st_size > 0 else {
                parts.append("-")
                continue
            }
            // Anybody may give a file a time that no clock has.
            let nanoseconds = Int64(status.st_mtim.tv_sec).multipliedSaturating(by: 1_000_000_000).addingSaturating(Int64(status.st_mtim.tv_nsec))
            parts.append("\(status.st_size)@\(nanoseconds)")
            latest = max(latest, nanoseconds / 1_000)
        }
        text = parts.joined(separator: "+")
        changedAt = latest
    }

    /// A file system's clock ticks in some milliseconds.
    ///
    /// - Parameter time: microseconds since 1970; a second is allowed for.
    func isOlder(than time: Int64) -> Bool { changedAt.addingSaturating(1_000_000) < time }
}
