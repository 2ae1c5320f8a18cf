import ColumnStore
package import Documents
import Glibc
import Synchronization

/// Long work on the whole store, on threads of its own.
extension Engine {
    /// - Parameter destination: an absolute path, or a bucket's URL.
    /// - Throws: bad-parameter, overloaded for a second one beside another, disk-full, internal-error. The last backup stays as it was then.
    package func backup(to destination: String, isCancelled: @escaping @Sendable () -> Bool) throws -> BackupSummary {
        let bucket = StorageScheme.isRemote(destination) ? try options.openPlace(destination).objects : nil
        guard bucket != nil || destination.hasPrefix("/"), !destination.utf8.contains(0) else {
            throw Fault(
                .badParameter, "an absolute path on the server's machine, or \(StorageScheme.remoteForms), is wanted",
                errors: [.init(pointer: "/destination", code: "bad-destination", message: "an absolute path, or \(StorageScheme.remoteForms), is wanted")])
        }
        do {
            let summary = try alone("backup") { [self] in
                try Backup(parts, destination: destination, bucket: bucket, apart: otherPlaces(), exports: exportFolder, isCancelled: isCancelled).run()
            }
            try noteBackup()
            return summary
        } catch is Backup.Cancelled {
            throw Fault(.overloaded, "the backup was ended before it was done, and the last one is as it was")
        } catch let error as SQLiteError {
            if error.kind == .full { throw Fault(.diskFull, "there is no room for the backup") }
            throw Fault(.internalError, "the backup failed, and the last one is as it was: \(error)")
        } catch let error as ColumnStoreError where !FileSystemFault.isOfRoom(error.systemError) && error.code != .unavailable {
            throw Fault(.internalError, "the backup failed, and the last one is as it was: \(error)")
        }
    }

    /// Where something of the store lies beside DATA and the warehouse: what lies there stands in no list of a backup.
    private func otherPlaces() throws -> [String] {
        let log = try (log as? LogKeeper)?.place.objects.location(of: "") ?? options.archiveURL.flatMap { try options.openPlace($0).location }
        return try [log].compactMap(\.self) + catalog.formerPlaces().filter { !$0.isEmpty }
    }

    /// Where its files of exports go, as `ExportFiles` names them: the place above may be shared with others, backups among them.
    private var exportFolder: String? { options.exportPlace?.location(of: "\(catalog.storeID)/") }

    /// - Throws: bad-parameter in a pair of machines.
    package func checkMovable() throws {
        guard options.replica == nil else { throw Self.refusal("two machines keep this store, and both would have to look for its warehouse elsewhere: it stays where storage.url says") }
    }

    /// - Throws: bad-parameter for a place that cannot be used, storage-unavailable for one that gives no answer, overloaded where it was ended
    ///   before, and beside a backup, another move or a verification.
    package func move(
        to place: String?, isCancelled: @escaping @Sendable () -> Bool, progress: @escaping (_ byteCount: Int64, _ path: String) -> Void
    ) throws -> WarehouseMoveSummary {
        try checkMovable()
        let target: any StorageFactory
        do { target = try options.openPlace(place) } catch let error as ColumnStoreError where error.code == .invalidRequest { throw Self.refusal("\(error)") }
        guard target.location != directory.storages.location else { throw Self.refusal("the warehouse is there already: \(directory.warehouseName)") }
        do {
            // Proof: the thread that calls waits for the other.
            nonisolated(unsafe) let progress = progress
            let summary = try alone("move") { [self] in
                try warehouseTurns.moving { try WarehouseMove(compactor, to: target, isCancelled: isCancelled, progress: progress).run() }
            }
            guard let summary else {
                throw Fault(.overloaded, "a verification is under way, which reads the warehouse where it is: wait for its job, or end it, and ask again")
            }
            return summary
        } catch is DayCompactor.Cancelled {
            throw Fault(.overloaded, "the move was ended before it was done: the warehouse is where it was, and what was copied is not copied again")
        } catch let unusable as WarehouseMove.UnusablePlace {
            // A bucket that gives no answer may give one later; another place is to be named for all else.
            guard unusable.reason.code == .unavailable else { throw Self.refusal("\(unusable)") }
            throw Fault(.storageUnavailable, "\(unusable)")
        } catch let failure as DataDirectory.Failure { throw Self.refusal("\(failure)") }
    }

    private static func refusal(_ text: String) -> Fault {
        Fault(.badParameter, text, errors: [.init(pointer: "/to", code: "bad-destination", message: text)])
    }

    /// On a thread of its own, so that its low priority is not left to another's work; one backup or move at a time.
    ///
    /// Waits for it.
    ///
    /// - Throws: overloaded while another is under way, and where the system gives no thread; what `body` throws.
    func alone<Result: Sendable>(_ name: String, _ body: @escaping @Sendable () throws -> Result) throws -> Result {
        let isFree = isBackingUp.withLock { isBackingUp in
            defer { isBackingUp = true }
            return !isBackingUp
        }
        guard isFree else { throw Fault(.overloaded, "another backup, or a move of the warehouse, is under way") }
        defer { isBackingUp.withLock { $0 = false } }
        let done = Monitor<Swift.Result<Result, any Error>?>(nil)
        let thread = WorkerThread.joinable(name: name) {
            WorkerThread.lowerPriority()
            let result = Swift.Result { try body() }
            done.broadcast { $0 = result }
        }
        guard let thread else {
            throw Fault(.overloaded, "the system gives no thread for it; try again, or let the process have more (TasksMax of its unit, ulimit -u)", advice: .sendAgainLater)
        }
        defer { thread.join() }
        return try done.wait { $0 }.get()
    }
}

// MARK: The log

extension Engine {
    /// What keeps commits elsewhere: a pair's replica, a log, or nothing. Begun before the first file is opened to write, so that no commit comes
    /// past it; where nothing keeps them, the mark of a log that was there is broken.
    ///
    /// - Throws: `DataDirectory.Failure.logRefused`.
    static func beginLog(_ directory: DataDirectory, _ options: Options) throws -> (any CommitKeeping)? {
        if let replica = options.replica {
            try LogMark.noteBroken(directory.path)
            return try ReplicaKeeper(replica, directory: directory, clock: options.hot.clock)
        }
        guard let log = options.log else {
            try LogMark.noteBroken(directory.path)
            return nil
        }
        if access(directory.catalogPath, F_OK) == 0 {
            // The steps that it takes from an earlier version are in no log.
            let former = try Catalog(unmigratedPath: directory.catalogPath)
            defer { former.close() }
            if try former.version != Int64(CatalogSchema.migrations.count) { try LogMark.noteBroken(directory.path) }
        }
        // Made where there is none: the log must know whose it is.
        let catalog = try Catalog(path: directory.catalogPath, clock: options.hot.clock)
        let store = catalog.storeID
        catalog.close()
        do {
            return try LogKeeper(log, directory: directory, store: store, clock: options.hot.clock, open: options.openPlace)
        } catch let error as LogClaim.Refused {
            throw DataDirectory.Failure.logRefused(error.description)
        } catch let error as ColumnStoreError where error.code == .invalidRequest {
            throw DataDirectory.Failure.logRefused("log.url: \(error.detail)")
        }
    }

    // MARK: Answers that wait for the log

    package var isKeptElsewhere: Bool { log?.isAwaited ?? false }
    package var keepsReads: Bool { log?.keepsReads ?? false }

    /// - Parameter body: called once: at once where nothing is waited for; with a fault where what was done here may be nowhere else.
    package func whenKept(_ body: @escaping @Sendable (Fault?) -> Void) {
        guard let log else { return body(nil) }
        log.whenKept { outcome in
            switch outcome {
            case .kept: body(nil)
            case .late: body(Self.lateLog)
            case .unproven: body(Self.unproven)
            case .refused(let reason) where log.keepsReads: body(Self.ended(reason))
            case .refused: body(Fault(.storageUnavailable, "the log was taken over by another writer: this server ends, and what it was sent may not be stored", advice: .sendAgainLater, isOutcomeUnknown: true))
            }
        }
    }

    /// Asked before something is done: while the log gives no answer, nothing is begun that would have to wait for it.
    package var changeRefusal: Fault? {
        guard let log, log.isStuck else { return nil }
        if let end = log.end { return Fault(.notLeader, "this machine leads no more, and ends: \(end); nothing was done", advice: .sendAgainLater) }
        return Fault(.storageUnavailable, "the log gives no answer, and answers wait for it: nothing was done", advice: .sendAgainLater)
    }

    private static let unproven = Fault(
        .storageUnavailable, "this machine cannot prove that it leads: neither its standby nor the object that says who leads is heard; what was asked may be done here", advice: .sendAgainLater, isOutcomeUnknown: true)

    private static func ended(_ reason: String) -> Fault {
        Fault(.notLeader, "this machine leads no more, and ends: \(reason); what it was sent may be stored, or not", advice: .sendAgainLater, isOutcomeUnknown: true)
    }

    private static let lateLog = Fault(
        .storageUnavailable, "this was done here and is not in the log yet, which gives no answer: the same call is answered once it has it", advice: .sendAgainLater, isOutcomeUnknown: true)

    /// For a start, before it answers: waits for the first checkpoint of an epoch of the log that has none.
    ///
    /// - Parameter isEnding: whether the process was asked to end meanwhile.
    package func waitForCheckpoint(seconds: Double, isEnding: () -> Bool) { (log as? LogKeeper)?.waitForCheckpoint(seconds: seconds, isEnding: isEnding) }

    /// The server ends: an upload's file that is not on the other machine by then is not taken, since to wait for it may take as long as it is large.
    package func stopCarrying(within seconds: Double) { log?.stopCarrying(within: seconds) }

    /// Files go no earlier than the commits that have ended them are kept, and are carried before the commits that name them.
    func startLog(_ cold: ColdTier) {
        guard let log else { return }
        cold.beforeRemoval.withLock { $0 = { [log] in log.settle() } }
        catalog.naming.withLock { $0 = { [log] in try log.carry($0) } }
        let keeper = log as? LogKeeper
        keeper?.start { [weak self, weak keeper] place, position, isStopping in
            guard let self, let epoch = keeper?.epoch else { throw Backup.Cancelled() }
            return try alone("checkpoint") { [self] in
                let backup = try Backup(parts, destination: place.basePath, bucket: place.baseObjects, position: position, epoch: epoch, isCancelled: isStopping)
                _ = try backup.run()
                guard let span = backup.span else { throw Backup.Cancelled() }
                return LogBackup(manifest: backup.manifest, from: span.before.settled, to: span.after.last, at: span.after.at)
            }
        }
    }
}
