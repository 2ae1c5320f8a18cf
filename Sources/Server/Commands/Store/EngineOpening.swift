internal import ColumnStore
import Glibc
internal import Ingest
internal import Processes
internal import Query

/// Opens the engine of a directory with the settings that concern it.
enum EngineOpening {
    /// - Parameters:
    ///   - clientsNeedContract: false for a command that works on the directory itself.
    ///   - making: whether a store is made where there is none.
    ///   - probes: whether a bucket is asked first if it keeps conditions.
    ///   - replica: the machines that keep the store together.
    ///   - queries: whose memory bears what is kept for those who hold snapshots; nil: the store's own.
    ///   - cache: of a process that opens its store more than once: one process has the directory, and what reads the store as it was may have it still; nil: its own.
    ///   - logRefused: called when another writer has taken the log over.
    static func open(
        directory: String, settings: Settings, clientsNeedContract: Bool = true, making: DataDirectory.Making = .never, probes: Bool = false,
        replica: (any CommitReplica)? = nil, queries: QueryEngine? = nil, cache: WarehouseCache? = nil, log: Log = Log(format: .text, level: .warning), logRefused: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> Engine {
        observe(log)
        if replica == nil { try refuseMember(directory) }
        var options = Engine.Options()
        options.replica = replica
        options.compaction.keepsHot = replica != nil && settings.storage.url == nil
        options.compaction.makesSums = replica == nil
        options.making = making
        options.documentByteCountMax = settings.limits.document
        options.clientsNeedContract = clientsNeedContract
        options.hot.writer.minFreeBytes = Int64(settings.limits.minFree)
        if let queries { options.hot.states = StatesRoom(queries.memoryOnBehalf(atMost: StatesRoom.byteCountMax)) }
        options.quarantine.days = settings.quarantineDays
        options.uploads.byteCountMax = settings.limits.upload
        (options.uploads.fileDays, options.uploads.revertDays) = (settings.uploadDays, settings.uploadRevertDays)
        options.tasks = TaskExecutors.vocabulary
        options.executionDays = settings.executionDays
        options.executionHistoryByteCountMax = settings.limits.executionHistory
        options.quarantine.byteCountMax = Int64(settings.quarantineByteCountMax)
        options.compaction.hotDays = Int32(settings.hotDays)
        options.compaction.intervalSeconds = settings.compactInterval
        options.compaction.snapshotKeepSeconds = settings.snapshotKeep
        options.statementRowCountMin = settings.limits.statementRows
        options.bindingSeconds = settings.limits.queryTime
        options.compaction.rollupRowCountMax = settings.limits.rollupRows
        options.registration = try registration(settings)
        let cache = cache ?? WarehouseOpening.cache(settings, directory: directory)
        options.storages = try WarehouseOpening.factory(settings, directory: directory, cache: cache)
        options.openPlace = { place in
            var elsewhere = settings
            elsewhere.storage.url = place
            return try WarehouseOpening.factory(elsewhere, directory: directory, cache: cache)
        }
        // Of a cluster it has slots, which are the replica's.
        options.log = replica != nil ? nil : settings.logURL.map { LogOptions(url: $0, segmentSeconds: settings.logSegment, isAwaited: settings.logAcknowledgement == .afterLog, refused: logRefused) }
        options.archiveURL = replica != nil ? settings.logURL : nil
        options.exportPlace = try WarehouseOpening.exportPlace(settings, directory: directory)
        if probes {
            try options.storages.check()
            if let fault = WarehouseOpening.classFault(options.storages, settings) { log.warning("the bucket's classes of storage", ["reason": .text(fault)]) }
        }
        do {
            return try Engine(path: directory, options: options)
        } catch let failure as DataDirectory.Failure where failure.isOfTheSettings {
            throw UsageError("\(failure)")
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? another(directory)))
        }
    }

    /// Opens a store that nobody works on to be read, beside any number of others who do.
    static func read(directory: String, settings: Settings, log: Log = Log(format: .text, level: .warning)) throws -> RestingStore {
        observe(log)
        try refuseMember(directory)
        do {
            let cache = WarehouseOpening.readersCache(settings, directory: directory)
            return try RestingStore(path: directory, storages: try WarehouseOpening.factory(settings, directory: directory, cache: cache), quarantineDays: settings.quarantineDays)
        } catch let failure as DataDirectory.Failure where failure.isOfTheSettings {
            throw UsageError("\(failure)")
        } catch DataDirectory.Failure.locked(let url) {
            throw CommandError("\(directory) is held by " + (url.map { "the server at \($0)" } ?? another(directory)))
        }
    }

    private static func observe(_ log: Log) {
        StoreLog.observe { event in
            switch event.level {
            case .info: log.info(event.what, ["path": .text(event.path), "reason": .text(event.reason)])
            case .warning: log.warning(event.what, ["path": .text(event.path), "reason": .text(event.reason)])
            }
        }
    }

    private static func refuseMember(_ directory: String) throws {
        guard ReplicaStore.isMember(DataDirectory.absolute(directory)) else { return }
        throw UsageError(
            "\(directory) is a member of a cluster: what is changed in it alone is lost. Set cluster in the configuration to serve it. "
                + "A store of its own is made of a backup, in another directory: till backup DEST --url with the URL of the node that leads, then till restore DEST --data DIR. "
                + "Leave \(directory)/\(ReplicaStore.folder) where it is: without its records the files beside it may lack what was acknowledged")
    }

    /// Why nobody is let in beside a command that may change the store: what it knows is in its memory and logs.
    private static func another(_ directory: String) -> String {
        "another process, which may change it and has told no address: only what reads (till sql, export, verify, lists and shows) is let in beside each other. "
            + "Wait until it ends; where it is a server that starts, until it serves, and name it by --url. While `till serve --data \(directory)` holds it, commands with --data or its --url go through that server, any number at once"
    }

    static func registration(_ settings: Settings) throws -> RegistrationOptions {
        var options = RegistrationOptions()
        options.policy = try SettingsCheck.policy(settings)
        for (name, registrar) in settings.registrars {
            func microseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e6) }
            options.registrars[name] = RegistrarOptions(
                url: registrar.url, secret: registrar.secret, previousSecret: registrar.previousSecret,
                previousSecretUntil: registrar.previousSecretUntil, statusURL: registrar.statusURL, lock: microseconds(registrar.lock),
                retry: RetryPolicy(
                    backoffMinimum: microseconds(registrar.backoffMin), backoffMaximum: microseconds(registrar.backoffMax),
                    attemptCountMax: registrar.maxAttempts),
                expires: microseconds(registrar.expires), concurrency: registrar.concurrency)
        }
        return options
    }

    /// Where the directory is served, if a server holds it.
    static func serverURL(of directory: String) -> String? {
        DataDirectory.serverURL(path: directory)
    }
}
