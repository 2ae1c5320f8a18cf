package import ColumnStore
import Documents
import Glibc
package import Processes
package import Query
import Synchronization

/// The store: what the server and the command line call. One object for a directory.
///
/// Its parts: the catalog (what outlives hot files), the hot tier (what came lately, and its writer), cold tables, the boundary between
/// the two as one state, the document types, the quarantine, and the compactor.
///
/// Any thread may call it. It has no locks of its own except for its beginning and end, and for changes that are of several parts: each part has its own, and state that must be consistent is in
/// `TierBoundary` or in a transaction of the catalog.
package final class Engine: ProcessHolding, Sendable, UploadHolding {
    package struct Options: Sendable {
        package var hot = HotTier.Options()
        package var quarantine = Quarantine.Limits()
        package var compaction = CompactionOptions()
        package var registration = RegistrationOptions()
        package var uploads = Uploads.Options()
        /// Days for which executions that have ended stay in the file of executions, before they become rows of the table `executions`.
        package var executionDays = 90
        /// Bytes of one execution's history; an execution that goes past them fails.
        package var executionHistoryByteCountMax = 16 << 30
        /// The kinds of tasks that definitions may name.
        package var tasks = TaskVocabulary.any
        /// Rows that a query must have looked at for its text to be kept as ground for advice on rollups; 0: none is kept.
        package var statementRowCountMin = 100_000
        /// How long the expressions of a type, or the condition of a subscription, may take to be bound when it is put, in seconds.
        package var bindingSeconds = 60.0
        /// In bytes.
        package var documentByteCountMax = 1 << 20
        /// Whether a receipt's client must have a contract; not for a command that works on the directory itself.
        package var clientsNeedContract = true
        /// The calls by which cold files are written; tests put one here that fails.
        package var fileSystem: any FileSystemCalls = LinuxFileSystem()
        /// The storage of cold tables.
        package var storages: any StorageFactory = LocalStorageFactory()
        /// Makes the storage of another place from its URL; nil: of the store's own directory.
        package var openPlace: @Sendable (String?) throws -> any StorageFactory = { place in
            guard let place else { return LocalStorageFactory() }
            guard place.hasPrefix("file:///") else { throw Fault(.badParameter, "no place of cold tables: \(place)") }
            return LocalStorageFactory(path: String(place.dropFirst("file://".utf8.count)))
        }
        /// A clock in microseconds that nobody can set, and that goes on while the machine sleeps, as the clock on the wall does: locks, retries and other spans of time are measured by it, so that jumps of `hot.clock` do not matter. Nil: `hot.clock` is used, which a test moves by hand.
        package var steadyClock: (@Sendable () -> Int64)? = { Int64(SteadyClock.bootNanoseconds() / 1_000) }
        /// The log of the store's commits; nil: there is none.
        package var log: LogOptions?
        /// The other machine of a pair; nil: one machine keeps the store. Not together with `log`.
        package var replica: (any CommitReplica)?
        /// Where a pair's records are archived, by others: no backup is put there. The URL of a log; nil: nowhere.
        package var archiveURL: String?
        /// Where finished files of exports go; nil: they stay in DATA.
        package var exportPlace: (any ObjectStorage)?
        /// Whether a store is made where there is none.
        package var making = DataDirectory.Making.anew

        package init() {}
    }

    let options: Options
    let directory: DataDirectory
    let catalog: Catalog
    let types: TypeStore
    let savedViews: SavedViews
    let quarantine: Quarantine
    let tier: HotTier
    let intakePool = IntakePool()
    let repeats: RepeatCheck
    let changed: ChangedColumns
    let compactor: Compactor
    let rebuilder: Rebuilder
    let usage: UsageLedger
    let statements: StatementLog
    let intakeParts: IntakeParts
    let cursors: CursorCoder
    package let links: LinkSigner
    let exportFiles: ExportFiles
    let endedExports = Mutex(EndedExports())
    package let queueStore: QueueStore
    let uploads: Uploads
    package let passwordSaltKey: [UInt8]
    package let executions: ExecutionStore
    package let topicStore: TopicStore
    private let lostTasks: LostTasks
    /// Tells the topic `till` what is committed, while events are sent.
    private let feed = Mutex<StoreFeed?>(nil)
    /// Takes executions to their table, while events are sent.
    private let archiver = Mutex<ExecutionArchiver?>(nil)
    let registration = Mutex<Registration?>(nil)
    let isBackingUp = Mutex(false)
    /// Held from the look at what there is until a change of rollups is durable and in force: of two at once one would be in the catalog and the other in force. It is taken before
    /// the types' own, as their tables and rollups share their names.
    let rollupChanges = Mutex(())
    let warehouseTurns = WarehouseTurns()
    let log: (any CommitKeeping)?
    /// Of a pair.
    private let dayDigests: DayDigestKeeper?
    private let isClosed = Mutex(false)

    /// Opens or makes the store in a directory.
    ///
    /// In this order:
    ///
    /// 1. The directory is taken, and proven to be of one store, before anything is changed.
    /// 2. What keeps commits elsewhere, then the catalog, then the warehouse's claim.
    /// 3. Cold tables and hot files, whose tails are laid into memory.
    /// 4. Types, rollups, intake, queues, uploads, executions.
    /// 5. Threads, the last of all.
    ///
    /// - Throws: `DataDirectory.Failure` when another process has it, or it is of another format; `SQLiteError` and `ColumnStoreError`
    ///   naming the file when one of its files is damaged or missing.
    package init(path: String, options: Options = Options()) throws {
        self.options = options
        // Others may come to lead a cluster, and have the bucket then.
        let tenure = options.replica != nil && options.storages.root != nil ? Tenure() : nil
        let storages: any StorageFactory = if let tenure { TenuredStorageFactory(base: options.storages, tenure: tenure) } else { options.storages }
        let directory = try DataDirectory(path: path, making: options.making, storages: storages)
        self.directory = directory
        try DataDirectory.checkAccess(directory.path, R_OK | W_OK)
        try StoreProof.checkLog(directory)
        try WarehousePlace.check(directory)
        try StoreProof.check(directory)
        // Before what keeps commits elsewhere looks at it.
        try DatabaseFile.giveSums(directory.catalogPath)
        // Before the first file is opened for writing.
        log = try Self.beginLog(directory, options)
        catalog = try Catalog(path: directory.catalogPath, clock: options.hot.clock)
        Self.noteStart(directory, catalog, options)
        if options.replica == nil {
            do { try StoreFounding.dropCopy(directory.path) } catch {
                StoreLog.note("what an attempt to found a cluster has left could not be removed", path: directory.path, reason: "\(error)", level: .warning)
            }
        }
        if tenure != nil { try ColdTier.check(directory, catalog) }
        try (log as? ReplicaKeeper)?.begin(tenure, catalog)
        try WarehousePlace.take(directory, catalog)
        let lost = LostAndFound(directory, calls: options.fileSystem, leastBytes: options.hot.writer.minFreeBytes)
        quarantine = Quarantine(catalog: catalog, limits: options.quarantine) { [catalog] refused, connection in
            for (client, own) in Dictionary(grouping: refused, by: \.client) { try catalog.count(own.map(\.problem.reasons), of: client, connection) }
        }
        cursors = CursorCoder(key: try catalog.cursorKey())
        links = LinkSigner(storeKey: try catalog.cursorKey())
        exportFiles = ExportFiles(folder: directory.exportsPath, store: catalog.storeID, place: options.exportPlace, restoredAt: try Restore.instant(of: catalog), mayRemove: { [log = options.replica == nil ? nil : log] in log?.settle() ?? true })
        passwordSaltKey = HMACSHA256.authenticate(Array("till password salts 1".utf8), key: try catalog.cursorKey())
        let cold = try ColdTier(directory: directory, catalog: catalog, calls: options.fileSystem, lost: lost, tenure: tenure, openPlace: options.openPlace)
        let registrars = options.registration.registrars
        var hot = options.hot
        hot.rules = ProcessRules { registrars[$0]?.expires ?? RegistrarOptions(url: "", secret: "").expires }
        let sums = try catalog.rollupTables()
        let opened = try cold.open(sums: Set(sums.keys))
        tier = try HotTier(
            directory: directory, catalog: catalog, options: hot, cold: opened.filter { sums[$0.key] == nil }, lost: lost,
            sequenceFloor: try StoredNumber.checked(try catalog.integer("sequence") ?? 0, "the sequence", in: StoredNumber.sequences, path: catalog.path),
            findCold: { identity, sha256, snapshot in try ColdLookup.findEarlier(identity, document: sha256, in: snapshot) })
        repeats = RepeatCheck(tier: tier, catalog: catalog, damage: cold.damage)
        changed = ChangedColumns(tier: tier)
        savedViews = try SavedViews(catalog: catalog)
        types = try TypeStore(
            catalog: catalog, tables: tier.tables, typeTables: tier.typeTables, registrars: Set(registrars.keys), bindingSeconds: options.bindingSeconds)
        try RollupStore(catalog: catalog, boundary: tier.boundary, columns: tier.tables).open(opened.filter { sums[$0.key] != nil }, numbers: sums)
        intakeParts = IntakeParts(
            clock: options.hot.clock, documentByteCountMax: options.documentByteCountMax, clientsNeedContract: options.clientsNeedContract,
            catalog: catalog, types: types, quarantine: quarantine, tier: tier, repeats: repeats, changed: changed,
            reader: DocumentReader(registry: types.registry))
        usage = UsageLedger(catalog: catalog, boundary: tier.boundary, clock: options.hot.clock)
        statements = StatementLog(catalog: catalog, rowCountMin: options.statementRowCountMin)
        compactor = Compactor(tier: tier, catalog: catalog, cold: cold, types: types, quarantine: quarantine, usage: usage,
            options: options.compaction, clock: options.hot.clock)
        rebuilder = Rebuilder(compactor)
        // A crash may have come between a compaction and the views that follow it.
        do { try compactor.publishNewest() } catch {
            StoreLog.note("a view of a versioned table is behind its history", path: directory.warehouseName, reason: StoreLog.text(error), level: .warning)
        }
        let outbox = EventOutbox(clock: options.hot.clock)
        let topicCore = TopicCore(outbox: outbox, bindingSeconds: options.bindingSeconds)
        lostTasks = LostTasks(clock: options.hot.clock)
        queueStore = try Self.queues(directory, catalog, options, [topicCore, lostTasks])
        topicStore = TopicStore(core: topicCore, outbox: outbox, queues: queueStore, sequence: { [tier] in tier.boundary.snapshot().sequence })
        uploads = Uploads(
            options.uploads, directory: directory, lost: lost, catalog: catalog, intake: intakeParts, usage: usage.meter, minFreeBytes: options.hot.writer.minFreeBytes,
            events: topicStore)
        executions = try Self.executions(directory, catalog, options, topicStore, queueStore, intakeParts)
        dayDigests = options.replica == nil ? nil : DayDigestKeeper(catalog, tier.boundary)
        // Not held: it publishes to the queues.
        queueStore.whenDeleted { [weak executions] name in try executions?.lookAgain(at: .queue(name)) }
        dayDigests?.start()
        tier.removeLeftFiles()
        compactor.start()
        rebuilder.start()
        repeats.start()
        changed.start()
        startLog(cold)
        let (files, tables) = (tier.boundary.snapshot().files, tier.boundary.snapshot().cold)
        StoreLog.note(
            "opened the store", path: directory.path,
            reason: "generation \(catalog.mark.generation) of the catalog fits \(files.count) hot files of \(files.reduce(0) { $0 + Int($1.state.rowCount) }) receipts and \(tables.count) cold tables")
    }

    /// A database that comes with its first content: a store without queues has no file for them.
    private static func queues(_ directory: DataDirectory, _ catalog: Catalog, _ options: Options, _ members: [any QueueGroupMember]) throws -> QueueStore {
        let store = QueueCore.Store(
            path: directory.queuesPath, id: catalog.storeID, directory: directory.path, minFreeBytes: options.hot.writer.minFreeBytes, clock: options.hot.clock,
            steady: options.steadyClock, noteFile: LaterDatabase.queues.noting(in: catalog, of: directory.path),
            noteReach: LaterDatabase.queues.noting(reachIn: catalog))
        return try QueueStore(store: store, members: members, opens: access(directory.queuesPath, F_OK) == 0)
    }

    private static func executions(
        _ directory: DataDirectory, _ catalog: Catalog, _ options: Options, _ topics: TopicStore, _ queues: QueueStore, _ intake: IntakeParts
    ) throws -> ExecutionStore {
        let surroundings = ExecutionStore.Surroundings(
            minFreeBytes: options.hot.writer.minFreeBytes, events: topics, historyByteCountMax: options.executionHistoryByteCountMax, steady: options.steadyClock,
            tasks: options.tasks, noteFile: LaterDatabase.executions.noting(in: catalog, of: directory.path), noteReach: LaterDatabase.executions.noting(reachIn: catalog), hasQueue: { queues.hasQueue($0) },
            prepare: { ExecutionArchiver.prepare(intake) })
        return try ExecutionStore(path: directory.executionsPath, clock: options.hot.clock, surroundings)
    }

    package var uploadKeeping: any UploadKeeping { uploads }

    var parts: StoreParts {
        StoreParts(
            directory: directory, catalog: catalog, tier: tier, compactor: compactor, clock: options.hot.clock,
            holdQueues: { [queueStore] body in try queueStore.hold(body) })
    }

    /// From here on the store's files are of a later generation than any copy of the catalog that was made before.
    private static func noteStart(_ directory: DataDirectory, _ catalog: Catalog, _ options: Options) {
        do {
            try catalog.noteStart()
            try StoreFormat(store: catalog.storeID, generation: catalog.mark.generation, warehouse: directory.storages.location).write(directory.path, calls: options.fileSystem)
        } catch {
            // On a full disk, say, which must not keep a store from being read.
            StoreLog.note("the start could not be noted in FORMAT", path: directory.path, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// From the opening until `close` begins.
    package var isReady: Bool { !isClosed.withLock { $0 } }

    /// Why the last compaction failed; nil when it did not. For the log.
    package var compactionFailure: String? { compactor.failure }

    /// What went wrong behind the writer's back since the last call: flushing columns, copying logs. For the log.
    package func takeMaintenanceFailures() -> [String] { tier.maintenance.takeFailures() }

    /// Receipts whose documents were found damaged when hot files were opened. For the log.
    package var damagedDocuments: [DamagedDocument] {
        tier.boundary.snapshot().files.flatMap { $0.damage.values.sorted { $0.row < $1.row } }
    }

    /// Reads the footers of cold files, the newest first, so that the first queries need not; for at most `seconds`.
    ///
    /// - Parameter isEnding: whether the process was asked to end meanwhile.
    /// - Complexity: as many footers as the cache holds, for each table.
    package func warm(seconds: Double, isEnding: () -> Bool) {
        defer { compactor.keepFiltersSoon() }
        let end = SteadyClock.seconds() + seconds
        for cold in tier.boundary.snapshot().cold.values {
            // What cannot be read is reported to its readers.
            guard let files = try? cold.iceberg.files() else { continue }
            let newest = files.suffix(ParquetFileCache.countMax).reversed()
            // Behind a network their ends come side by side.
            if cold.isRemote { cold.iceberg.expect(newest) }
            for file in newest {
                if SteadyClock.seconds() > end || isEnding() { return }
                _ = try? cold.open(file)
            }
            // The planner's statistics take requests there, so that no query has to wait for them.
            if cold.isRemote { _ = try? cold.statistics() }
        }
    }

    /// Writes the columns of rows that have them in memory only, as the next process would have to make them of documents again; for at most `seconds`.
    ///
    /// Called before `close`. Work that is not done in time goes on after this returns.
    package func layDown(seconds: Double) {
        let isDone = Monitor(false)
        let isBegun = WorkerThread.start(name: "lay-down") { [tier] in
            // What comes while many are laid down are few. What fails is made of the documents.
            for _ in 0..<2 { try? tier.flush(isWhole: true) }
            isDone.broadcast { $0 = true }
        }
        // Without a thread nobody could say when it has been long enough: it is left to the opener of the store.
        if isBegun { _ = isDone.wait(seconds: seconds) { $0 ? true : nil } }
    }

    /// Writes the server's URL into the directory's lock file, for other processes.
    package func publish(url: String) { directory.publish(url: url) }

    /// Called again and again: a disk that had no room for the URL may have some.
    package func publishAgain() { directory.publishAgain() }

    /// Notes the hash of the file with the administrator's key, so that a change of it on the disk is found.
    ///
    /// - Returns: whether it is another than was noted last.
    @discardableResult
    package func noteAdminKey() throws -> Bool {
        let storage = try directory.files()
        guard try storage.byteCount(of: DataDirectory.adminKeyName) != nil else { return false }
        let hash = SHA256.hash(try storage.get(DataDirectory.adminKeyName, byteCountMax: 1 << 16))
        let earlier = try catalog.bytes(Catalog.adminKeyHash)
        if earlier != hash {
            // The file is in no commit. Asked for before it is noted, so that a crash between the two asks again.
            try log?.wantCheckpoint()
            try catalog.set(Catalog.adminKeyHash, hash)
        }
        return earlier != nil && earlier != hash
    }

    /// Closes all parts: those that take work before those that do it, and the writer last of those that write; then the catalog notes what was kept in memory. A
    /// second call does nothing.
    package func close() throws {
        let wasClosed = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return isClosed
        }
        guard !wasClosed else { return }
        dayDigests?.stop()
        uploads.stop()
        intakePool.stop()
        compactor.stop()
        registration.withLock { $0 }?.stop()
        archiver.withLock { $0 }?.stop()
        // Before executions: a start that they refuse because they end is no failure of its event.
        topicStore.stop()
        lostTasks.stop()
        executions.stop()
        repeats.stop()
        changed.stop()
        feed.withLock { $0 }?.stop()
        queueStore.stop()
        tier.close()
        quarantine.settle()
        statements.save()
        try usage.flush()
        try catalog.flushKeyUses()
        try catalog.flushSessionUses()
        catalog.close()
        do {
            try StoreFormat(store: catalog.storeID, generation: catalog.mark.generation, warehouse: directory.storages.location).write(directory.path, calls: options.fileSystem)
        } catch {
            StoreLog.note("the end could not be noted in FORMAT", path: directory.path, reason: StoreLog.text(error), level: .warning)
        }
        log?.stop()
        directory.release()
    }

    package func notify(beyond sequence: Int64, wake: @escaping @Sendable () -> Void) -> any NotificationHandle {
        tier.notify(beyond: sequence, wake: wake)
    }

    // MARK: Tables

    /// A table for queries; nil when no type names it.
    package func table(_ name: String) -> (any TableSource)? {
        let snapshot = tier.boundary.snapshot()
        return shownTables(snapshot, as: .admin).table(name)
    }

    package var tableNames: [String] { tier.tables.tables.map { TableName.shown($0) } }
}

extension Engine: MessageHolding {
    package var queues: any QueueKeeping { queueStore }
    package var topics: any TopicKeeping { topicStore }
    /// Publishes events of other parts of the store.
    package var events: any EventPublishing { topicStore }

    /// Begins to deliver events to webhooks and processes, and to publish commits to the topic `till`. Until then events wait in the file.
    ///
    /// Called once, by a server.
    package func startEvents() {
        let surroundings = TopicSurroundings(
            contract: { [catalog] in catalog.contract($0) }, starter: { [executions] in executions })
        topicStore.start(policy: options.registration.policy, surroundings)
        lostTasks.start(queueStore) { [executions] token, cause, completion in
            executions.answerTask(token, .failure(StateError(.taskFailed, cause))) { result in
                switch result {
                case .success: completion(true)
                // It was answered before, or its execution has ended.
                case .failure(let error): completion(((error as? Fault)?.code).map { $0 == .taskEnded || $0 == .notFound } ?? false)
                }
            }
        }
        let changes = StoreFeed.Changes(
            after: { [weak self] sequence, limit in
                guard let self else { throw Fault(.overloaded, "the store is closed") }
                return try self.changes(after: sequence, limit: limit, as: .admin)
            }, notify: { [tier] in tier.notify(beyond: $0, wake: $1) })
        let started = StoreFeed(changes, topicStore)
        feed.withLock { $0 = started }
        started.start()
        do {
            let made = try ExecutionArchiver(intakeParts, executions, days: options.executionDays)
            archiver.withLock { $0 = made }
            made.start()
        } catch {
            StoreLog.note("executions stay in their file", path: directory.executionsPath, reason: StoreLog.text(error), level: .warning)
        }
    }
}
