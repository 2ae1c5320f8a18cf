import ColumnStore
import Glibc

/// A standby's copy of the store: what is committed is folded into the files of DATA as it comes, so that a takeover opens them and no more. One thread.
///
/// `DATA/cluster/fold` says of which record the files tell all. While a server leads it says `led`: its files may have what was never acknowledged, and only an orderly end proves
/// that they have not. Such files, and those of a machine that has crashed, are made anew: of a checkpoint and the records after it, or from the first record.
///
/// A checkpoint is such a copy too, a durable one that nobody reads: it goes on some records at a time, and is closed after them.
///
/// 1. `position` is the last record of which the files tell all once the fold is closed; what is behind it in `parts` is in memory alone.
/// 2. `led` is noted before a server writes to the files, `folded` after they tell all up to the position that it names: of this start of the machine, or `durable`, whatever it was.
/// 3. While readers hold the files, nothing is committed: they see one record's state in all databases.
/// 4. Before databases are committed, or one alone is, it is noted how far (`pending`): who finds them as a killed process has left them knows that they say nothing of each other, and which records they may have that nobody tells of any more.
/// 5. Files that are to be durable and of which a sync failed are noted as `led`, and made anew (`Unsynced`): the system takes for written what it could not write, and a later sync succeeds without it.
package final class ReplicaStore {
    /// A record's place: number, epoch and hash.
    package struct Position: Equatable, Sendable {
        package var sequence: Int64
        package var epoch: Int64
        package var high: UInt64
        package var low: UInt64

        package init(sequence: Int64, epoch: Int64, high: UInt64, low: UInt64) { (self.sequence, self.epoch, self.high, self.low) = (sequence, epoch, high, low) }
    }

    /// `DataDirectory.hasFold` looks for it.
    private enum Stage: String { case folded, led }

    /// A sync of the files failed: what they show may be in memory alone, and nobody goes on with them, in this process or a later one.
    package struct Unsynced: Error, CustomStringConvertible {
        package let description: String

        fileprivate init(_ directory: String, _ error: any Error) { description = "the files of \(directory) could not be synced, and are made anew: \(error)" }
    }

    package let directory: String
    /// A crash of the machine leaves it as it was noted last, or further: what is folded again then changes nothing.
    private let isDurable: Bool
    private let files: any FileStorage
    private var fold: LogFold
    /// As `later`, of what earlier folds have made.
    private var laterFound: LaterFormat?
    /// Of a segment that is not whole yet, and how many records it has gone through.
    private var parts: [UInt8] = []
    private var partCount: Int64 = 0
    /// Up to here the files tell all once the fold is closed; nil: they must be made anew.
    package private(set) var position: Position?
    /// The last record that the files were known to tell when they were last noted, whether or not they can be used; nil where nothing is noted.
    package let leastSequence: Int64?
    private var noted: Position?
    /// Records up to here were being folded as the last one who had the files ended: some of them tell more than `position`, until they tell all of it.
    package private(set) var pending: Int64?
    /// Files of uploads that are not synced.
    private var unsynced: Set<String> = []
    /// Files that further records go on with.
    private var unfinished: Set<String> = []
    /// The catalog has changed since the files of moved rows were last looked for.
    private var hasCatalogChanged = true
    /// Databases that have changed since they were last asked for.
    private var changed: Set<String> = []
    /// Day files that readers have: they stay, whatever the catalog says.
    private var readFiles: Set<String> = []
    private var isHeld: Bool { fold.isHeld }
    /// Commits that were folded since it was opened, and the time of the last of them, in microseconds since 1970.
    private(set) var commitCount = 0
    private(set) var lastAt: Int64?

    package static let folder = DataDirectory.clusterName
    /// Below DATA: the index of versions that readers of a standby have, made of rows alone.
    static let readVersionsName = "\(folder)/versions"
    private static let noteName = DataDirectory.foldName
    private static let partsByteCountMax = 1 << 31
    /// So long parts of files stay whose upload's link is over: a day.
    private static let partMicroseconds: Int64 = 86_400_000_000

    /// - Parameters:
    ///   - directory: of the store, absolute.
    ///   - isDurable: whether it is a checkpoint.
    package init(directory: String, isDurable: Bool = false) throws {
        (self.directory, self.isDurable) = (directory, isDurable)
        umask(0o077)
        try DataDirectory.makeDirectories("\(directory)/\(Self.folder)")
        files = try LocalStorageFactory.files(directory)
        fold = LogFold(files, isAgain: true, isRead: !isDurable, isDurable: isDurable)
        let fields = DataDirectory.text("\(directory)/\(Self.folder)/\(Self.noteName)").map { LogFields(Array($0.utf8)) }
        leastSequence = fields?.number("sequence")
        position = fields.flatMap(Self.position)
        noted = position
        pending = fields?.number("through")
        fold.willCommit = { [unowned self] in try self.noteCommit() }
    }

    private func newFold(isAgain: Bool) -> LogFold {
        let fold = LogFold(files, isAgain: isAgain, isRead: !isDurable, isDurable: isDurable)
        fold.willCommit = { [unowned self] in try self.noteCommit() }
        return fold
    }

    private static func position(_ fields: LogFields) -> Position? {
        guard fields.title == "till-fold 1", fields["stage"] == Stage.folded.rawValue, fields["boot"] == MachineStart.id || fields["durable"] == "1", let sequence = fields.number("sequence"),
            let epoch = fields.number("epoch"), let high = fields["high"].flatMap({ UInt64($0) }), let low = fields["low"].flatMap({ UInt64($0) })
        else { return nil }
        return Position(sequence: sequence, epoch: epoch, high: high, low: low)
    }

    /// - Parameter told: the record that the files tell all of; nil: `position`.
    private func note(_ stage: Stage, at told: Position? = nil, isDurable: Bool = false, through: Int64? = nil) throws {
        let position = told ?? position ?? Position(sequence: 0, epoch: 0, high: 0, low: 0)
        let text = """
            till-fold 1
            stage \(stage.rawValue)
            boot \(MachineStart.id)
            durable \(isDurable || self.isDurable ? 1 : 0)
            sequence \(position.sequence)
            epoch \(position.epoch)
            high \(position.high)
            low \(position.low)
            \(through.map { "through \($0)\n" } ?? "")
            """
        try files.put("\(Self.folder)/\(Self.noteName)", Array(text.utf8))
        pending = through
        noted = stage == .folded ? position : nil
    }

    /// Whether DATA has a store that no cluster knows of.
    package static func hasOtherStore(_ directory: String) -> Bool {
        access("\(directory)/\(folder)/\(noteName)", F_OK) != 0 && (access("\(directory)/FORMAT", F_OK) == 0 || access("\(directory)/catalog.sqlite", F_OK) == 0)
    }

    /// Says beside the records that DATA is a member's: without them it is no store that can be begun with.
    ///
    /// - Parameter directory: absolute, and there.
    package static func mark(_ directory: String) throws {
        guard access("\(directory)/\(DataDirectory.memberName)", F_OK) != 0 else { return }
        try LocalStorageFactory.files(directory).put(DataDirectory.memberName, Array("till-member 1\n".utf8))
    }

    /// Whether DATA is a member of a cluster.
    package static func isMember(_ directory: String) -> Bool { DataDirectory.isOfCluster(directory) }

    // MARK: Records

    /// Takes away all that the files have, to make them anew from the first record, or from where a checkpoint ends.
    ///
    /// - Parameter checkpoint: whole and closed.
    package func clear(as checkpoint: ReplicaStore? = nil) throws {
        position = nil
        try note(.led)
        try fold.close()
        fold = newFold(isAgain: checkpoint != nil)
        for name in Self.databaseFiles(Self.readVersionsName) { try remove(name) }
        for name in ["FORMAT", DataDirectory.adminKeyName] + ["catalog", "queues", "executions", "versions"].flatMap(Self.databaseFiles) { try remove(name) }
        for folder in ["hot", "uploads", "warehouse", "exports", DataDirectory.logName] {
            var keys: [String] = []
            try files.list(prefix: "\(folder)/") { keys.append($0.key) }
            for key in keys { try remove(key) }
            // SQLite's own files beside a database.
            let path = "\(directory)/\(folder)"
            for name in access(path, F_OK) == 0 ? try DataDirectory.names(in: path) : [] where name.hasSuffix("-wal") || name.hasSuffix("-shm") { try remove("\(folder)/\(name)") }
        }
        (parts, partCount, laterFound, unfinished) = ([], 0, nil, [])
        if let checkpoint {
            try CheckpointFiles.copy(checkpoint.directory, to: files)
            try findLater()
        }
        (position, hasCatalogChanged) = (checkpoint?.position ?? Position(sequence: 0, epoch: 0, high: 0, low: 0), true)
        try note(.folded)
    }

    /// Records are folded from here on, without syncs: an earlier note that would hold after a crash of the machine no longer does.
    package func begin() throws {
        guard position != nil else { return }
        try note(.folded, through: pending)
        // Of uploads that this machine read as it led: the machine that leads by now reads on, and the ids of what it reads are not in them.
        guard access("\(directory)/uploads", F_OK) == 0 else { return }
        // What says how much counts of a file that was being put stays with that file.
        for name in try DataDirectory.names(in: "\(directory)/uploads") where name.contains(".") && !name.hasSuffix(".piece") { try remove("uploads/\(name)") }
    }

    /// Says durably up to where records are folded next: whoever finds the files with less than that folds them so far before they are used.
    package func announce(through sequence: Int64) throws { try note(.folded, through: sequence) }

    /// Some files are about to tell records that others do not yet.
    private func noteCommit() throws {
        // Files that are being made anew are noted as that already.
        guard position != nil, let noted, foldedSequence > pending ?? -1 else { return }
        try note(.folded, at: noted, through: foldedSequence)
    }

    private static func databaseFiles(_ name: String) -> [String] { ["", "-wal", "-shm"].map { "\(name).sqlite\($0)" } }

    private func remove(_ name: String) throws {
        let code = FileRemoval.remove("\(directory)/\(name)", .temporary)
        guard code == 0 || code == ENOENT || code == EISDIR else { throw DataDirectory.Failure.io(operation: "remove", path: "\(directory)/\(name)", code: code) }
    }

    /// Takes the next committed record.
    ///
    /// - Parameters:
    ///   - body: empty for one that changes nothing.
    ///   - isFence: whether a leader's tenure begins with it: the one before did not get to the end of what it had begun. Within one tenure epochs may rise.
    ///   - instant: commits after it are left out, and all from the first of them on; microseconds since 1970.
    /// - Returns: false where some were: no further record can be taken.
    /// - Throws: `ColumnStoreError.corruptFile` for a record that does not fit; `LaterFormat` for one that this program cannot read, and no other after it.
    @discardableResult
    package func apply(_ next: Position, _ body: [UInt8], isFence: Bool = false, until instant: Int64 = .max) throws -> Bool {
        // Each record once, in order: a gap would fold to a store that nobody had.
        guard let position, next.sequence == position.sequence + partCount + 1 else {
            throw ColumnStoreError(.corruptFile, path: directory, "record \(next.sequence) does not follow on what its files tell")
        }
        // What another leader had begun nobody goes on with.
        if isFence { (parts, partCount, unfinished) = ([], 0, []) }
        guard !body.isEmpty else {
            take(next)
            return true
        }
        // Its hash says that it is as it was made: no file is at fault, and none helps.
        guard let body = ReplicaBody(body) else { throw LaterFormat(record: next.sequence, "it has no content that this program knows") }
        switch body {
        case .part(let part, let isLast):
            guard parts.count + part.count <= Self.partsByteCountMax else { throw ColumnStoreError(.corruptFile, path: directory, "record \(next.sequence) goes on without end") }
            parts += part
            partCount += 1
            guard isLast else { return true }
            let segment = try LogSegment(parsing: parts, path: "record \(next.sequence)")
            parts = []
            for record in segment.records {
                guard record.time <= instant else { return false }
                do { try fold.apply(record) } catch { throw forsaken(where: error) }
                (lastAt, commitCount) = (max(record.time, lastAt ?? .min), commitCount + 1)
                if record.kind == .catalog { hasCatalogChanged = true }
            }
        case .file(let name, let offset, let bytes, let isLast): try write(name, offset, bytes, isLast: isLast)
        }
        take(next)
        return true
    }

    /// The last record that was taken, whether or not it ends what it is part of.
    package var foldedSequence: Int64 { (position?.sequence ?? 0) + partCount }

    /// In the middle of a segment the files do not tell all up to a record: whoever goes on after a crash begins with the segment's first part.
    private func take(_ next: Position) {
        if parts.isEmpty { (position, partCount) = (next, 0) } else { partCount += 1 }
    }

    private func write(_ name: String, _ offset: Int64, _ bytes: ArraySlice<UInt8>, isLast: Bool) throws {
        guard ObjectKey.isValid(name), name == DataDirectory.adminKeyName || name.hasPrefix("uploads/") else {
            throw ColumnStoreError(.corruptFile, path: directory, "a record names a file that is none of a store: \(name)")
        }
        let path = "\(directory)/\(name)"
        try files.prepare(name)
        let descriptor = open(path, O_WRONLY | O_CLOEXEC | (offset == 0 ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 || offset > 0 && errno == ENOENT else { throw DataDirectory.Failure.io(operation: "open", path: path, code: errno) }
        defer { if descriptor >= 0 { close(descriptor) } }
        // Pieces come in their order from the first one on, by whoever leads: a file is never longer than what records have brought of it, wherever one says that it goes on.
        var status = stat()
        guard descriptor < 0 || fstat(descriptor, &status) == 0 else { throw DataDirectory.Failure.io(operation: "stat", path: path, code: errno) }
        guard offset <= Int64(status.st_size) else {
            throw ColumnStoreError(.corruptFile, path: path, "a record goes on with it at byte \(offset), and those before it have \(status.st_size) bytes of it")
        }
        var done = 0
        while done < bytes.count {
            let count = bytes.dropFirst(done).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, off_t(offset + Int64(done))) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw DataDirectory.Failure.io(operation: "write", path: path, code: errno) }
            done += count
        }
        if isLast, ftruncate(descriptor, off_t(offset)) != 0 || fsync(descriptor) != 0 {
            let failure = DataDirectory.Failure.io(operation: "sync", path: path, code: errno)
            guard isDurable else { throw failure }
            throw forsaken(failure)
        }
        if isDurable { unsynced.insert(name) }
        if isLast { unfinished.remove(name) } else { unfinished.insert(name) }
    }

    /// Notes that the files are to be made anew.
    private func forsaken(_ error: any Error) -> Unsynced {
        do { try note(.led) } catch {
            // A later process may go on with them; this one does not.
            StoreLog.note("that files could not be synced could not be noted", path: directory, reason: "\(error)", level: .warning)
        }
        position = nil
        return Unsynced(directory, error)
    }

    /// - Returns: the error itself, where it tells of no failed sync, or the files need be no more durable than they are.
    private func forsaken(where error: any Error) -> any Error { isDurable && (error as? SQLiteError)?.isFailedSync == true ? forsaken(error) : error }

    /// Ends open transactions, and notes how far the files tell all.
    package func settle() throws {
        guard position != nil, position != noted || hasCatalogChanged || (pending ?? .max) <= foldedSequence, !isHeld else { return }
        do { try fold.close() } catch { throw forsaken(where: error) }
        laterFound = later
        changed.formUnion(fold.changed)
        // What an earlier process has left in some of them is not in all before they are so far.
        let through = pending.flatMap { $0 > foldedSequence ? $0 : nil }
        fold = newFold(isAgain: through != nil)
        if isDurable {
            do {
                for name in unsynced { try files.synchronize(name) }
                try CheckpointFiles.synchronize(directory)
            } catch where !DataDirectory.isShortage(error) { throw forsaken(error) }
            unsynced = []
        }
        if position != noted || pending != through { try note(.folded, through: through) }
        // Once it is noted: what is folded again after a crash comes after they went.
        // To a later version the catalog may say something else by the same words: nothing goes by them. Nor by one that is ahead of the files, to which records bring something still.
        if hasCatalogChanged, later == nil, pending == nil { try removeMoved() }
    }

    /// Removes day files whose rows are in cold, those that were made ahead and not used, and files of uploads that the leader keeps no more.
    private func removeMoved() throws {
        hasCatalogChanged = false
        guard let catalog = try FoldedCatalog("\(directory)/catalog.sqlite") else { return }
        if access("\(directory)/hot", F_OK) == 0 { try removeHot(except: try catalog.hotFiles().union(readFiles)) }
        guard access("\(directory)/uploads", F_OK) == 0 else { return }
        // Where records are folded again the catalog is ahead of them, and a piece of a file finds those before it.
        let uploads = try DataDirectory.names(in: "\(directory)/uploads").filter { !unfinished.contains("uploads/\($0)") }
        for id in try catalog.withoutFiles(uploads) { try remove("uploads/\(id)") }
        // What came to this machine as it led, and was not sent to its end, or what a leader brought and then did not take: no leader's file is of it. By the leader's clock, long after the last call
        // that may go on with it, and after the last record that did: what makes a file that was brought an upload's own comes behind it.
        guard let lastAt else { return }
        let end = lastAt.addingSaturating(-Self.partMicroseconds)
        for id in try catalog.neverSent(uploads, linkedBefore: end) where wasLeft("uploads/\(id)", before: end) { try remove("uploads/\(id)") }
    }

    /// Whether a file was not written to since an instant. By the file itself: a process that was started anew, and who goes on with a checkpoint, know of no record that came before.
    private func wasLeft(_ name: String, before instant: Int64) -> Bool {
        var status = stat()
        return stat("\(directory)/\(name)", &status) == 0 && Int64(status.st_mtim.tv_sec) < instant / 1_000_000
    }

    /// Day files, and SQLite's own beside them, of other names.
    private func removeHot(except kept: Set<String>) throws {
        for file in try DataDirectory.names(in: "\(directory)/hot") {
            // `2026-11-22.2.sqlite-wal`: a part's number is behind a dot, too.
            let suffix = [".sqlite", ".sqlite-wal", ".sqlite-shm"].first { file.hasSuffix($0) }
            if let suffix, !kept.contains(String(file.dropLast(suffix.utf8.count))) { try remove("hot/\(file)") }
        }
    }

    /// The store's number; nil while no record has made it. After `settle`.
    package func identity() throws -> String? { try FoldedCatalog("\(directory)/catalog.sqlite")?.identity() }

    /// Where the leader has its cold tables; nil while that is not known, or below DATA. After `settle`.
    package func warehouse() throws -> String? { try FoldedCatalog("\(directory)/catalog.sqlite")?.warehouse() }

    // MARK: Later versions

    /// What a later version has made of the files, as far as was seen: records are folded into them as ever, and whoever opened them to serve might take them for what they are not.
    package var later: LaterFormat? { laterFound ?? fold.later }

    /// Looks at files that an earlier process has folded.
    package func findLater() throws { laterFound = try LaterFormat.first(in: directory) }

    // MARK: Readers

    /// Makes the files tell all up to a record, and keeps them as of it for whoever opens them, until `release`: what is folded meanwhile is not committed.
    ///
    /// - Returns: the record, and the databases that have changed since the last call; nil while there is none, and until all files tell what some of them do.
    package func hold() throws -> (position: Position, changed: Set<String>)? {
        try settle()
        guard let position, !isHeld, pending == nil else { return nil }
        fold.isHeld = true
        defer { changed = [] }
        return (position, changed)
    }

    /// - Parameter read: day files that somebody reads from here on, by their names.
    package func release(read: Set<String>) {
        fold.isHeld = false
        if readFiles != read { hasCatalogChanged = true }
        readFiles = read
    }

    // MARK: Days

    /// What the leader has noted of the rows of day files, by the files' names. After `settle`: the files have them.
    package func dayDigests() throws -> [String: DayDigest] { try FoldedCatalog("\(directory)/catalog.sqlite")?.dayDigests() ?? [:] }

    /// Day files whose rows are not what the leader has noted, or are damaged. Files that have gone meanwhile are none, nor those that cannot be looked at just now. For another thread.
    package static func differingDays(_ directory: String, _ digests: [String: DayDigest], isCancelled: () -> Bool) -> [String] {
        digests.sorted { $0.key < $1.key }.compactMap { name, digest in
            let path = "\(directory)/hot/\(name).sqlite"
            let isMissing = access(path, F_OK) != 0
            let found: DayDigest?
            do { found = try DayDigest.of(path, count: digest.rowCount, isCancelled: isCancelled) } catch let error as SQLiteError where error.isPassing && !isMissing { return nil } catch { found = nil }
            return found == digest || isCancelled() || isMissing && isGone(directory, name) ? nil : name
        }
    }

    private static func isGone(_ directory: String, _ name: String) -> Bool { (try? FoldedCatalog("\(directory)/catalog.sqlite")?.hotFiles().contains(name)) != true }

    // MARK: Taking over

    /// Makes the files a store that a server can open: it leads from here on.
    package func promote() throws {
        release(read: [])
        try fold.close()
        try note(.led)
        let path = "\(directory)/catalog.sqlite"
        guard access(path, F_OK) == 0 else { return }
        try LogRestore.dropSums(path)
        let state = try Catalog.State(path: path)
        if access("\(directory)/hot", F_OK) == 0 { try removeHot(except: Set(state.hotFiles)) }
        for name in Self.databaseFiles("versions") { try remove(name) }
        // As the records have made it: what this version changes of it, the store that opens now puts into records of its own. Changed here, it would be in none, and no other machine, checkpoint or
        // archive could take the rows that follow.
        let catalog = try Catalog(unmigratedPath: path)
        defer { catalog.close() }
        try StoreFormat(store: catalog.storeID.isEmpty ? nil : catalog.storeID, generation: catalog.mark.generation).write(directory)
    }

    /// The server that led has closed the store, and all that its files have was acknowledged up to `last`.
    ///
    /// - Parameter isDurable: whether they are so after a crash of the machine, too.
    package static func noteEnd(_ directory: String, at last: Position, isDurable: Bool = true) throws {
        let store = try ReplicaStore(directory: directory)
        store.position = last
        try store.note(.folded, isDurable: isDurable)
    }

    /// As `noteEnd`, durably, once all files are: what was folded before this machine led was never synced, of days that the server has not touched since.
    ///
    /// - Throws: `Unsynced` where one cannot be: the next end would find it synced.
    package static func noteDurableEnd(_ directory: String, at last: Position) throws { try noteDurableEnd(directory, at: last, LinuxFileSystem()) }

    static func noteDurableEnd(_ directory: String, at last: Position, _ calls: any FileSystemCalls) throws {
        let files = try LocalStorageFactory.files(directory, calls: calls)
        do {
            for name in try databaseNames(directory) { try files.synchronize(name) }
            try CheckpointFiles.synchronize(directory)
        } catch { throw try ReplicaStore(directory: directory).forsaken(error) }
        try noteEnd(directory, at: last)
    }

    /// Databases that are there, and their logs.
    private static func databaseNames(_ directory: String) throws -> [String] {
        let days = access("\(directory)/hot", F_OK) == 0 ? try DataDirectory.names(in: "\(directory)/hot").map { "hot/\($0)" } : []
        return (["catalog", "queues", "executions"].flatMap(databaseFiles) + days).filter { !$0.hasSuffix("-shm") && access("\(directory)/\($0)", F_OK) == 0 }
    }
}
