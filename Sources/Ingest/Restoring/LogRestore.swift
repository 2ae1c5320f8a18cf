package import ColumnStore

/// Makes the store of an instant out of its log, in a directory that is empty or not there.
///
/// 1. The checkpoint's databases are copied to a directory of their own, and the records up to the instant folded into them.
/// 2. The folded catalog names all other files. They and the databases make a backup, and that is restored as every other is: each file hashed on its
///    way, nothing left of one that fails.
/// 3. Its tables go on with numbers of versions above all that lie at the log's place, so that no object of the history behind the instant is written over.
/// 4. The log's epoch is raised, so that an earlier writer is refused from then on, and noted in the store: its first start wants the log as it was left.
package struct LogRestore {
    package struct Summary: Sendable {
        package var files = Restore.Summary()
        package var recordCount = 0
        /// Of the last record, in microseconds since 1970.
        package var lastAt: Int64?
        /// Why the store may be of an earlier instant than was asked for, in words.
        package var doubt: String?
        package var epoch: Int64 = 0
    }

    private let place: LogPlace
    private let instant: Int64?
    private let directory: String
    private let storages: any StorageFactory
    private let progress: (_ done: Int64, _ all: Int64) -> Void

    /// - Parameter instant: microseconds since 1970; nil: the log's end.
    /// - Throws: `ColumnStoreError.invalidRequest` for a URL that is none.
    package init(
        url: String, instant: Int64?, directory: String, storages: any StorageFactory, open: (String?) throws -> any StorageFactory,
        progress: @escaping (_ done: Int64, _ all: Int64) -> Void = { _, _ in }
    ) throws {
        place = try LogPlace(url: url, open: open)
        (self.instant, self.directory, self.storages, self.progress) = (instant, directory, storages, progress)
    }

    /// Made by one thread; it needs room for the checkpoint's databases beside the store itself.
    ///
    /// - Throws: with nothing made.
    ///   `LogReader.Outside` for an instant that the log does not have; `ColumnStoreError` for a log that is damaged, or that lacks the file of an upload which is
    ///   still to be read, a place that gives no answer, and a head that changed a hundred times while it was to be raised.
    package func run() throws -> Summary {
        var made = try make()
        let taken: (last: Int64, state: LogState)
        do {
            taken = try raise(last: made.last)
        } catch {
            made.restore.undo()
            throw error
        }
        if instant == nil, taken.last > made.end {
            // Its writer went on until the epoch was raised, and may have answered for that.
            made.restore.undo()
            made = try make()
            try taken.state.write(DataDirectory.absolute(directory))
        }
        made.summary.epoch = taken.state.epoch
        return made.summary
    }

    /// - Returns: with the last record that is in the store, and the last one of the log as it was read.
    private func make() throws -> (summary: Summary, restore: Restore, last: Int64, end: Int64) {
        let reader = try LogReader(place, instant: instant)
        let scratch = try ScratchFolder("log")
        var summary = Summary()
        let (manifest, last, count, left) = try Self.fold(reader, place, scratch, instant: instant)
        (summary.recordCount, summary.lastAt, summary.doubt) = (count, last?.time, reader.doubt(last: last?.time, left: left))
        let source = LogBackupStorage(place: place.objects, scratch: scratch.files)
        var restore = try Restore(manifest: manifest, source: source, directory: directory, storages: storages, progress: progress)
        // Versions are counted, and the history behind the instant has the next ones: the log keeps them for those who want an instant of it.
        restore.floor = { [place] in try place.lastVersion().addingSaturating(Self.laterVersionCount) }
        let end = last?.sequence ?? reader.checkpoint.from
        // As `raise`: a restore that is cut off with its files whole leaves a store that the log refuses, too.
        restore.finish = { [directory] in try LogState.restored(LogClaim.next(reader.head, last: end)).write(DataDirectory.absolute(directory)) }
        summary.files = try restore.run()
        return (summary, restore, end, reader.head.last)
    }

    /// - Returns: where the epoch before has ended, and what the store notes of the new one.
    private func raise(last: Int64) throws -> (last: Int64, state: LogState) {
        for attempt in 0... {
            guard let (head, tag) = try place.head() else { break }
            // Its writer moves the head every few seconds, or many times in one.
            do {
                // First, so that a restore that is cut off between the two leaves a store that the log refuses, and not one that takes it over.
                let state = LogState.restored(LogClaim.next(head, last: last))
                try state.write(DataDirectory.absolute(directory))
                _ = try LogClaim.raise(place, head, tag, last: last, now: max(head.until, Clock.system.now()))
                return (head.last, state)
            } catch let error as ColumnStoreError where error.code == .conflict && attempt < Self.raiseCountMax {}
        }
        throw ColumnStoreError(.notFound, path: place.url, "its head is gone")
    }

    private static let raiseCountMax = 100
    /// More than a writer that still works brings of a table between the look at the place and the end of its epoch, some seconds later.
    private static let laterVersionCount = 100

    /// Copies a checkpoint's databases, and folds what follows into them.
    ///
    /// - Parameter further: gives records that are in no segment.
    /// - Returns: with the last record that is in them, and the time of the first one that was left out.
    static func databases(
        _ reader: LogReader, _ place: LogPlace, _ scratch: ScratchFolder, and further: ((LogRecord) throws -> Void) throws -> Void = { _ in }
    ) throws -> (last: LogRecord?, recordCount: Int, left: Int64?) {
        for file in reader.checkpoint.manifest.files where file.path.hasSuffix(".sqlite") {
            try FileCopy.copy(LogPlace.base + file.name, from: place.objects, to: scratch.files, as: file.path, byteCount: file.byteCount, sha256: file.sha256)
        }
        let fold = LogFold(scratch.files)
        var left: Int64?
        func take(_ record: LogRecord) throws {
            // The copies may have it, and with it a table that it makes.
            fold.isAgain = record.sequence <= reader.checkpoint.to
            try fold.apply(record)
        }
        let last = try reader.run(take, left: { left = $0.time })
        try further(take)
        try fold.close()
        return (last, fold.recordCount, left)
    }

    /// - Returns: a backup of the instant, whose files lie below `scratch/` or in the log's place.
    static func fold(
        _ reader: LogReader, _ place: LogPlace, _ scratch: ScratchFolder, instant: Int64?
    ) throws -> (manifest: BackupManifest, last: LogRecord?, recordCount: Int, left: Int64?) {
        let former = reader.checkpoint.manifest
        let (last, recordCount, left) = try databases(reader, place, scratch)
        var manifest = BackupManifest(number: former.number, store: former.store, madeAt: instant ?? last?.time ?? former.madeAt, warehouse: former.warehouse)
        let state: Catalog.State
        (manifest.files, state) = try folded(scratch, place)
        manifest.files += try uploads(state, former, place)
        // What is no database and no receipt's is as the checkpoint has it.
        manifest.files += former.files.filter { $0.path == DataDirectory.adminKeyName }.map { .init(path: $0.path, name: LogPlace.base + $0.name, byteCount: $0.byteCount, sha256: $0.sha256) }
        return (manifest, last, recordCount, left)
    }

    /// What a backup has of databases that are folded and closed: themselves, and the files of cold tables that their catalog names.
    ///
    /// - Parameter place: where these lie.
    static func folded(_ scratch: ScratchFolder, _ place: LogPlace) throws -> (files: [BackupManifest.File], state: Catalog.State) {
        // As of an instant before this version's first start it is an earlier one's. What follows asks for what this version's has, and a store that is restored is this version's.
        if try scratch.files.byteCount(of: "catalog.sqlite") != nil { try Catalog(path: scratch.files.path(of: "catalog.sqlite")).close() }
        try dropSums(scratch.files.path(of: "catalog.sqlite"))
        let state = try Catalog.State(path: scratch.files.path(of: "catalog.sqlite"))
        var databases = ["catalog.sqlite"] + state.hotFiles.map { "hot/\($0).sqlite" }
        for name in ["queues.sqlite", "executions.sqlite"] where try scratch.files.byteCount(of: name) != nil { databases.append(name) }
        return (try databases.map { try file($0, scratch) } + cold(state, place, scratch), state)
    }

    /// A file of the scratch folder, as a backup has it.
    static func file(_ path: String, _ scratch: ScratchFolder) throws -> BackupManifest.File {
        let digest = try scratch.files.digest(of: path)
        return .init(path: path, name: LogBackupStorage.scratch + path, byteCount: digest.byteCount, sha256: digest.sha256)
    }

    /// Rollups begin anew: their sums are made again from rows, and are not in the log.
    static func dropSums(_ path: String) throws {
        let connection = try SQLiteConnection(path: path, mode: .readWrite)
        try connection.transaction {
            try connection.execute("DELETE FROM cold_objects WHERE table_name NOT IN (SELECT name FROM tables) OR table_name IN (SELECT name FROM rollup_tables)")
            try connection.execute("DELETE FROM tables WHERE name IN (SELECT name FROM rollup_tables)")
            try connection.execute("DELETE FROM rollup_tables; DELETE FROM rollup_files")
        }
        try connection.cutLog()
    }

    /// Every object that the tables' present versions need, with the size and hash that the folded catalog has of it. The metadata itself is read from the
    /// log's place.
    private static func cold(_ state: Catalog.State, _ place: LogPlace, _ scratch: ScratchFolder) throws -> [BackupManifest.File] {
        guard !state.coldVersions.isEmpty else { return [] }
        let catalog = try Catalog(readOnlyPath: scratch.files.path(of: "catalog.sqlite"))
        defer { catalog.close() }
        var files: [BackupManifest.File] = []
        var total: Int64 = 0
        for (name, version) in state.coldVersions {
            let table = try Table.open(try place.tables.storage(of: name, in: "", calls: LinuxFileSystem()), version: version)
            let hashes = try catalog.coldHashes(of: name)
            let keys = try table.presentKeys()
            for key in keys.metadata + keys.data {
                // A hash is what the copy is held against: without one a damaged object would be restored and nobody told.
                guard let known = hashes[key] else {
                    throw ColumnStoreError(.corruptFile, path: table.storage.place(of: key), "is in the table, but the catalog of that instant does not know it")
                }
                // Records tell the sizes, and lie where others may write: as of a manifest's files, no sum of them is to overflow.
                total = total.addingSaturating(known.byteCount)
                guard known.byteCount >= 0, total <= BackupManifest.totalByteCountMax else {
                    throw ColumnStoreError(
                        .corruptFile, path: table.storage.place(of: key),
                        "is to have \(known.byteCount) bytes by the catalog of that instant, and all cold files have at most \(BackupManifest.totalByteCountMax) together")
                }
                let path = "warehouse/\(name)/\(key)"
                files.append(.init(path: path, name: LogPlace.base + path, byteCount: known.byteCount, sha256: known.sha256))
            }
        }
        return files
    }

    /// By the names that they were brought under; else as the checkpoint has them.
    ///
    /// - Throws: `.corruptFile` for an upload that the restored store would read, and of whose file nothing lies there that is as it came: what is left of it would be
    ///   read, and nobody would miss the rest.
    private static func uploads(_ state: Catalog.State, _ former: BackupManifest, _ place: LogPlace) throws -> [BackupManifest.File] {
        guard !state.uploads.isEmpty else { return [] }
        // Of one upload several: its file was changed while it was here.
        var found: [String: [BackupManifest.File]] = [:]
        for file in former.files where file.path.hasPrefix("uploads/") {
            found[file.path, default: []].append(.init(path: file.path, name: LogPlace.base + file.name, byteCount: file.byteCount, sha256: file.sha256))
        }
        try place.objects.list(prefix: "uploads/") { object in
            let parts = object.key.split(separator: ".")
            // `uploads/<id>.<bytes>.<sha256>`: what another has laid there under other names is passed over, as is a copy of another size than its name
            // says.
            guard parts.count == 3, let byteCount = Int64(parts[1]), byteCount == object.byteCount, let sha256 = Hexadecimal.bytes(String(parts[2])), sha256.count == 32 else { return }
            found[String(parts[0]), default: []].append(.init(path: String(parts[0]), name: object.key, byteCount: byteCount, sha256: sha256))
        }
        let unread = Dictionary(state.unreadUploads.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var files: [BackupManifest.File] = []
        for id in state.uploads {
            let candidates = found["uploads/\(id)"] ?? []
            guard let upload = unread[id] else {
                if let last = candidates.last { files.append(last) }
                continue
            }
            func fault(_ file: BackupManifest.File) -> String? { upload.fault(ofByteCount: file.byteCount) ?? upload.fault(ofHash: file.sha256) }
            guard let whole = candidates.last(where: { fault($0) == nil }) else {
                let reason = candidates.last.flatMap(fault) ?? "is missing, and was not read to its end"
                throw ColumnStoreError(
                    .corruptFile, path: "\(place.url)/uploads/\(id)", reason + ": put the object back, or name an instant before the upload came, or after its end (--to)")
            }
            files.append(whole)
        }
        return files
    }
}
