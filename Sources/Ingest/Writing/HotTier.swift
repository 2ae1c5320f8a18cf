import ColumnStore
import Documents
import Glibc
import Synchronization

/// The hot tier as a whole: its files, its writer, and the thread that flushes columns and copies logs behind the writer's back.
///
/// Threads: the writer's, the maintenance thread, and readers, which take a snapshot of `boundary` and hold its files. Only the writer's thread changes a
/// file's rows.
package final class HotTier: Sendable {
    package let boundary: TierBoundary
    package let tables: TableColumns
    /// `TypeStore` knows them, and comes later.
    let typeTables = TypeTables()
    package let dictionaries: DocumentDictionaries
    /// Columns out of documents.
    let values: DocumentValues
    package let writer: HotWriter
    let maintenance: HotMaintenance
    let nextFile: NextHotFile
    /// Every version of every document of versioned tables.
    package let versions: VersionIndex
    private let clock: Clock
    private let listeners: CommitListeners
    private let mark: StoreMark
    private let reached: ReachNotes
    /// Steps and events that wait to be carried out; the scheduler takes them from here.
    let workQueue = WorkQueue()
    /// Files whose rows are in cold, which the last process could not remove.
    private let leftFiles: [HotFile]

    package struct Options: Sendable {
        package var writer = HotWriter.Limits()
        package var clock = Clock.system
        package var rules = ProcessRules()
        /// For how states were before, as long as somebody has a snapshot of then. Of one store.
        package var states = StatesRoom()
        /// When a log rests.
        var pauses = HotMaintenance.Pauses()
        package init() {}
    }

    /// Opens every hot file that the catalog knows.
    ///
    /// In this order, since each needs what is before it: files with their tails, the highest sequence and ticket, the index of versions brought
    /// up to them, the boundary, the writer.
    ///
    /// - Parameters:
    ///   - cold: the present version of each cold table.
    ///   - sequenceFloor: the highest sequence that the catalog knows to be given out.
    ///   - findCold: what a document meets under its identity in the snapshot's cold tables.
    /// - Throws: when a file that the catalog knows is missing or unreadable.
    init(
        directory: DataDirectory, catalog: Catalog, options: Options, cold: [String: ColdTable], lost: LostAndFound, sequenceFloor: Int64,
        findCold: @escaping @Sendable (ReceiptIdentity, _ sha256: [UInt8], TierBoundary.Snapshot) throws -> StoredReceipt?
    ) throws {
        let tables = TableColumns(try catalog.tableColumns())
        let dictionaries = DocumentDictionaries(known: try catalog.dictionaries()) { [catalog] type, bytes in
            try catalog.addDictionary(type: type, bytes: bytes)
        }
        let values = DocumentValues { [catalog] in try catalog.typeFile(name: $0, version: Int($1)) }
        let (files, left) = try Self.openFiles(directory, catalog, dictionaries, tables, values, lost)
        leftFiles = left
        // Never below what was given out: neither what files have, nor what the catalog noted of rows that moved or were imported.
        let sequence = files.map(\.state.lastSequence).max().map { max($0, sequenceFloor) } ?? sequenceFloor
        let mark = catalog.mark
        mark.note(sequence: sequence)
        // Tickets rise for good, so the last one of rows that have left counts, too.
        let movedTicket = try catalog.bytes("ticket").flatMap { ULID(bytes: $0) }
        let lastTicket = (files.compactMap(\.state.lastTicket) + [movedTicket].compactMap { $0 }).max() ?? ULID(high: 0, low: 0)
        let versions = try VersionIndex.open(path: directory.versionsPath, store: mark.store, sequence: sequence)
        var snapshot = TierBoundary.Snapshot(files: files, cold: cold, sequence: sequence)
        snapshot.states = EarlierStates(options.states)
        // What was committed before ended by then, though the clock went back since; tickets never do.
        snapshot.instant = max(options.clock.now(), lastTicket.milliseconds.addingSaturating(1).multipliedSaturating(by: 1_000))
        snapshot.lateEnds = try catalog.lateEnds()
        (snapshot.superseded, snapshot.unreadVersions) = try VersionFold(index: versions, lateEnds: snapshot.lateEnds) { name, version in
            try catalog.typeFile(name: name, version: Int(version)).map { try DocumentType(kept: $0).file.delimiter } ?? UInt8(ascii: ",")
        }.run(files, cold)
        let boundary = TierBoundary(snapshot)
        self.versions = versions
        let listeners = CommitListeners(sequence: sequence)
        clock = options.clock
        self.mark = mark
        self.tables = tables
        self.dictionaries = dictionaries
        self.values = values
        self.boundary = boundary
        self.listeners = listeners
        let queue = workQueue
        let typeTables = typeTables
        let nextFile = NextHotFile(
            directory: directory.hotPath, name: { day in try catalog.addHotFile(day: day) },
            forget: { day, part in try catalog.removeNewHotFile(day: day, part: part) },
            makeFile: { day, part in
                HotFile(
                    directory: directory.hotPath, day: day, part: part, dictionaries: dictionaries, tables: tables, values: values, mark: mark)
            },
            putAside: { file in try file.putAside(lost, reason: "the name is taken for a new hot file, and was never used before") })
        let reached = try ReachNotes(catalog, boundary)
        let maintenance = HotMaintenance(boundary: boundary, nextFile: nextFile, versions: versions, clock: options.clock, pauses: options.pauses, reached: reached)
        (self.nextFile, self.maintenance, self.reached) = (nextFile, maintenance, reached)
        let store = HotWriterCore.Store(
            directory: directory.hotPath, clock: options.clock, boundary: boundary, minFreeBytes: options.writer.minFreeBytes,
            findEarlier: { identity, sha256, snapshot, open in
                let hot = try HotTier.findEarlier(identity, document: sha256, in: snapshot, except: open)
                if let hot, hot.isOf(sha256) { return hot }
                return StoredReceipt.choose([hot, try findCold(identity, sha256, snapshot)].compactMap { $0 }, for: sha256)
            }, typeTables: typeTables, versions: versions, nextFile: nextFile,
            registerFile: { file in try catalog.setHotFileState(.known, day: file.day, part: file.part) },
            committed: { file, sequence in
                mark.note(sequence: sequence)
                maintenance.noteCommit(file)
                listeners.fire(sequence)
            }, written: { file in maintenance.noteCommit(file) }, rules: options.rules, queued: { work in queue.add(work) })
        // The last file that is not sealed goes on, whatever its day: the first receipt of another day seals it.
        let open = try files.last { !$0.state.isSealed }.map { try HotFileWriter(file: $0) }
        writer = HotWriter(
            limits: options.writer, core: HotWriterCore(store: store, open: open, sequence: sequence, tickets: ULIDGenerator(above: lastTicket)))
        // What lies there is durable, and what the last process has not noted is from here on.
        reached.note()
        maintenance.start(writer: writer)
    }

    /// What the catalog says of a file decides: a known one must be there, a moved one is left over, a new one is removed if it has no row, and
    /// else put aside. Files that it does not name are put aside.
    ///
    /// - Returns: those that are known, and those that are left over.
    /// - Throws: for a known file that is missing, damaged where a start must read it, or of a later version.
    private static func openFiles(
        _ directory: DataDirectory, _ catalog: Catalog, _ dictionaries: DocumentDictionaries, _ tables: TableColumns,
        _ values: DocumentValues, _ lost: LostAndFound
    ) throws -> (known: [HotFile], left: [HotFile]) {
        var files: [HotFile] = []
        var left: [HotFile] = []
        var known: Set<String> = []
        func file(_ day: Int32, _ part: Int) -> HotFile {
            HotFile(
                directory: directory.hotPath, day: day, part: part, dictionaries: dictionaries, tables: tables, values: values,
                mark: catalog.mark)
        }
        for entry in try catalog.hotFiles() {
            let file = file(entry.day, entry.part)
            known.insert(file.name)
            // The log comes first, then the groups that were not finished, then the rows.
            switch entry.state {
            case .known:
                guard access(file.path, F_OK) == 0 else {
                    throw DataDirectory.Failure.io(operation: "open hot file (restore it from a backup)", path: file.path, code: ENOENT)
                }
                try HotFileWriter.recover(file)
                try file.load()
                files.append(file)
            case .moved: if file.isOnDisk { left.append(file) }
            case .new:
                // A crash came before its first row. What cannot be read as that is nothing that we know.
                if let found = try? HotFileMarks(file.path), found.rowCount == 0 {
                    file.remove(.named("the catalog has it as new, and it has no rows"))
                } else {
                    try file.putAside(lost, reason: "the catalog has it as new, and it was not finished")
                }
            }
        }
        for name in try DataDirectory.names(in: directory.hotPath) where name.hasSuffix(".sqlite") {
            guard let (day, part) = HotFileName.parse(String(name.dropLast(7))), !known.contains(String(name.dropLast(7))) else { continue }
            try file(day, part).putAside(lost, reason: "the catalog does not know it, and it has no rows")
        }
        return (files, left)
    }

    /// Removes files whose rows are in cold, which the last process could not remove.
    ///
    /// Called at the end of a start: until every table of the cold tier has been opened, they may be the only copy of rows that can be read.
    func removeLeftFiles() {
        for file in leftFiles { file.remove(.named("the catalog says that its rows are in cold")) }
    }

    /// Looks in hot files for the receipt that holds an identity.
    ///
    /// The newest file first: a repeat mostly comes soon. Only files that hold the business day are asked.
    package static func find(_ identity: ReceiptIdentity, in snapshot: TierBoundary.Snapshot) throws -> StoredReceipt? {
        for file in snapshot.files.reversed() {
            if let found = try file.find(identity) { return found }
        }
        return nil
    }

    /// The earlier receipt that a document meets in hot files: that of the same document, FAILED or not, else the one that holds its identity; nil: neither.
    ///
    /// - Parameter open: the file that the writer looks in itself, with rows that nobody else sees yet.
    /// - Complexity: O(files of the business day · log rows).
    package static func findEarlier(
        _ identity: ReceiptIdentity, document sha256: [UInt8], in snapshot: TierBoundary.Snapshot, except open: HotFile?
    ) throws -> StoredReceipt? {
        var holder: StoredReceipt?
        for file in snapshot.files.reversed() where file !== open {
            if let failed = try file.findFailed(identity, document: sha256) { return failed }
            if holder == nil { holder = try file.find(identity) }
        }
        return holder
    }

    /// The FAILED receipt that came next under the identity of another FAILED one.
    ///
    /// Of several files the one of the lowest sequence: where the clock was ahead for a while, files do not come in the order in which they were begun.
    package static func successor(
        of identity: ReceiptIdentity, after sequence: Int64, in snapshot: TierBoundary.Snapshot
    ) throws -> StoredReceipt? {
        var next: StoredReceipt?
        for file in snapshot.files {
            if let found = try file.successor(of: identity, after: sequence), found.summary.sequence < next?.summary.sequence ?? .max { next = found }
        }
        return next
    }

    /// Calls `wake` once, when something beyond `sequence` is committed.
    package func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle {
        listeners.add(beyond: sequence, wake: wake)
    }

    /// Shows rows that went directly to cold, and wakes those who wait for them.
    ///
    /// - Parameter sequence: the last of them, which the catalog has durably.
    func publish(cold: [String: ColdTable], sequence: Int64, rollups: [RollupState] = []) {
        mark.note(sequence: sequence)
        boundary.replace([], cold: cold, sequence: sequence, rollups: rollups)
        listeners.fire(sequence)
    }

    /// A file whose rows are in cold now: it goes from disk when its last reader is done.
    ///
    /// The catalog must say so already: a crash from here on removes it at the next start.
    func retire(_ file: HotFile) {
        file.removeAfterLastReader()
        do {
            try writer.forget(file)
        } catch {
            // The writer has stopped, and holds no connection to the file any more.
        }
    }

    /// Seals the open file, so that the next receipt begins another one, which is made first.
    ///
    /// Nothing for an open file without rows.
    func seal() throws {
        let open = boundary.snapshot().files.last { !$0.state.isSealed }
        if open?.state.rowCount ?? 0 > 0 { try nextFile.prepare(day: Clock.day(ofMicroseconds: clock.now())) }
        try writer.seal()
    }

    /// Flushes what is full, and all of sealed files.
    /// - Parameter isWhole: all that there is.
    func flush(isWhole: Bool = false) throws { try maintenance.flush(writer, isWhole: isWhole) }

    /// Writes what waits and ends the threads. The files stay open until their last reader is done.
    package func close() {
        // Maintenance hands its work to the writer: it ends first.
        maintenance.stop()
        writer.stop()
        // What stays is removed at the next start.
        try? nextFile.discard()
        // What is not in it is folded again by the next start.
        try? versions.close()
        // What a failed sync left is for the next start to look at.
        let isSound = writer.failure == nil
        if isSound { reached.note() }
        for file in boundary.snapshot().files { file.close(copyingLog: isSound) }
    }
}
