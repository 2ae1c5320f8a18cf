import ColumnStore
import Glibc
import Synchronization

/// What a store needs to keep a log.
package struct LogOptions: Sendable {
    /// `s3://bucket/prefix` or `file:///directory`.
    package var url: String
    /// How long a segment gathers.
    package var segmentSeconds: Double
    /// Called once, on a thread of the log, when another writer has taken it over: nothing that is stored from then on is in it.
    package var refused: @Sendable (String) -> Void

    /// Whether answers wait for the log.
    package var isAwaited: Bool

    package init(url: String, segmentSeconds: Double = 5, isAwaited: Bool = false, refused: @escaping @Sendable (String) -> Void = { _ in }) {
        (self.url, self.segmentSeconds, self.isAwaited, self.refused) = (url, segmentSeconds, isAwaited, refused)
    }
}

/// The log of a store that is open: begun before its files are, ended after they are closed.
final class LogKeeper: Sendable {
    let place: LogPlace
    private let log: CommitLog
    let shipper: LogShipper
    /// nil: answers wait for nothing.
    private let answers: LogAnswers?
    private let directory: DataDirectory
    private let clock: Clock
    /// By how much the clock may be ahead of the place's while what checkpoints cover is removed, in microseconds.
    private let clockAheadMax: Int64
    private struct Threads {
        var shipper: WorkerThread?
        var checkpoints: WorkerThread?
    }
    private let threads = Mutex(Threads())
    /// `failure` is of the last attempt, `removalFailure` of removing what the last one covers; `count` are those of this process.
    private struct Checkpoints {
        var pace = LogCheckpoint.Pace()
        var failure: String?
        var removalFailure: String?
        var count = 0
        /// Of the place's, as the last one was put, or as the process took the log over; microseconds.
        var clockAhead: Int64 = 0
    }
    /// For figures and for when the next one is due; what an epoch owes is in `LogShipper.Progress`.
    private let checkpoints = Mutex(Checkpoints())
    /// What the last look has missed at the log's place. Times are of the steady clock.
    private struct Missing {
        var all: [String] = []
        /// A checkpoint is to make up for it.
        var isWanted = false
        var nextLook = -Double.infinity
        var lastWanted = -Double.infinity
    }
    private let missing = Mutex(Missing())

    /// Between two looks, and between two checkpoints for what they miss: each copies what has changed of the store.
    static let lookSeconds = 3_600.0
    /// Where the place gave no answer.
    private static let lookPauseSeconds = 60.0

    /// How long instants can be restored at least, once a later checkpoint has them no more.
    static let keptMicroseconds: Int64 = 86_400_000_000
    /// Of damaged files that are named.
    private static let toldCountMax = 3
    /// At the end of a server, and before files go that the log must have.
    private static let waitSeconds = 8.0

    /// - Throws: `LogClaim.Refused` when the log is another store's, or a later epoch's; `ColumnStoreError` for a bucket that keeps no conditions. A place
    ///   that gives no answer is asked again later.
    init(
        _ options: LogOptions, directory: DataDirectory, store: String, clock: Clock, clockAheadMax: Int64 = RetentionClock.aheadMax, open: (String?) throws -> any StorageFactory
    ) throws {
        place = try LogPlace(url: options.url, open: open)
        guard !"\(place.basePath)/".hasPrefix("\(directory.path)/") else { throw LogClaim.Refused(description: "log.url: \(options.url) lies within the store that it is to outlive") }
        self.directory = directory
        (self.clock, self.clockAheadMax) = (clock, clockAheadMax)
        let recovery = try LogRecovery(directory: directory.path, store: store)
        log = try CommitLog(
            directory: directory.path, next: recovery.next, closed: recovery.spools, withdrawn: recovery.withdrawn, time: recovery.time, isPrompt: options.isAwaited,
            clock: clock)
        answers = options.isAwaited ? LogAnswers(last: recovery.isWhole ? recovery.state?.last ?? 0 : recovery.next - 1, isHeld: !recovery.hasCheckpoint) : nil
        shipper = LogShipper(
            log, place: place, directory: directory, store: store, recovery: recovery, seconds: options.segmentSeconds, clock: clock, answers: answers,
            refused: options.refused)
        do { _ = try shipper.claimed() } catch let error as LogPlace.Unkept { throw error.fault } catch let error as ColumnStoreError where error.code == .unavailable {
            StoreLog.note("the log's place gives no answer; commits wait on this machine", path: options.url, reason: StoreLog.text(error), level: .warning)
        }
        CommitSinks.add(log, root: directory.path)
    }

    /// From here on commits are sent, and checkpoints made.
    ///
    /// - Parameter backup: copies the store to a place, one at a time.
    func start(backup: @escaping @Sendable (LogPlace, @escaping LogPosition.Source, @escaping @Sendable () -> Bool) throws -> LogBackup) {
        threads.withLock { [self] threads in
            threads.shipper = WorkerThread(name: "log") { [shipper] in shipper.run() }
            threads.checkpoints = WorkerThread(name: "checkpoints") { [self] in
                // What is stored before the epoch's first checkpoint is there is lost with the machine: that one is behind nothing else. A priority that was lowered stays so.
                var isLowered = false
                while !isStopping {
                    if !isLowered, !shipper.progress.withLock({ $0.owesCheckpoint }) {
                        WorkerThread.lowerPriority()
                        isLowered = true
                    }
                    lookForCheckpoint()
                    let isReached = shipper.progress.withLock { $0.failure == nil }
                    checkpoints.withLock { $0.pace.hear(isReached: isReached) }
                    lookForMissing(at: SteadyClock.seconds())
                    if isCheckpointDue { checkpoint(backup) }
                    merge()
                    if log.state.wait(nanoseconds: 1_000_000_000, { $0.isStopping ? true : nil }) == true { return }
                }
            }
        }
    }

    /// Before anything is acknowledged, where answers do not wait for the log: what is stored in an epoch is lost with the machine until its first checkpoint is there.
    ///
    /// Waits no longer for a place that gives no answer, or after an attempt that has failed: `texts` say what is wrong.
    ///
    /// - Parameter isEnding: whether the process was asked to end, which then has nothing to acknowledge.
    func waitForCheckpoint(seconds: Double, isEnding: () -> Bool) {
        guard answers == nil else { return }
        let end = SteadyClock.seconds() + seconds
        func isAwaited() -> Bool {
            shipper.progress.withLock { $0.owesCheckpoint && $0.claim != nil && $0.failure == nil && $0.refusal == nil } && checkpoints.withLock { $0.failure == nil }
        }
        while isAwaited(), SteadyClock.seconds() < end, !isStopping, !isEnding() { _ = log.state.wait(nanoseconds: 10_000_000) { $0.isStopping ? () : nil } }
        guard isAwaited(), !isEnding() else { return }
        StoreLog.note(
            "the log has no checkpoint yet: what is stored until it is there cannot be restored", path: place.url, reason: "it was waited for \(Int(seconds)) s", level: .warning)
    }

    /// Something was changed that no commit tells, and that a checkpoint has.
    func wantCheckpoint() throws { try shipper.want() }

    private var isStopping: Bool { log.state.withLock { $0.isStopping } }

    /// nil while the log was not reached.
    var epoch: Int64? { shipper.progress.withLock { $0.claim?.head.epoch } }

    /// Another writer has the log, and makes its checkpoints.
    private var isOvertaken: Bool { shipper.progress.withLock { $0.refusal != nil } }

    /// Something was lost, the epoch owes one, one was asked for, or enough time or bytes have gone by since the last; and the pause after one that failed is over.
    var isCheckpointDue: Bool {
        let (byteCount, isOwed) = shipper.progress.withLock { ($0.byteCount, $0.owesCheckpoint && $0.checkpoint == nil) }
        let isAsked = isOwed || shipper.wantsCheckpoint || missing.withLock { $0.isWanted } || log.state.withLock { $0.loss != nil }
        return checkpoints.withLock { $0.pace.isDue(at: SteadyClock.seconds(), byteCount: byteCount, isAsked: isAsked) }
    }

    /// How old the checkpoint is that a process before has left, once in a process: a server that is started anew each day makes its own each day, too.
    func lookForCheckpoint() {
        guard checkpoints.withLock({ $0.pace.madeAt == nil }) else { return }
        // Where one is owed its making tells the time.
        let (claim, owesCheckpoint) = shipper.progress.withLock { ($0.claim, $0.owesCheckpoint) }
        guard let epoch = claim?.head.epoch, !owesCheckpoint else { return }
        do {
            let at = try place.newestCheckpoint(of: epoch)?.at
            try lookAtClock()
            let age = at.map { Double(clock.now().subtractingSaturating($0)) / 1e6 } ?? .infinity
            checkpoints.withLock { $0.pace.found(age: age, at: SteadyClock.seconds()) }
        } catch let error as ColumnStoreError where error.code == .unavailable {
            // Asked again by the next turn.
        } catch {
            // One that cannot be read serves no restore.
            StoreLog.note("the log's last checkpoint cannot be read; another is made", path: place.url, reason: StoreLog.text(error), level: .warning)
            checkpoints.withLock { $0.pace.found(age: .infinity, at: SteadyClock.seconds()) }
        }
    }

    /// How far the clock is ahead, by the head that this process has put there as it took the log over: what a process before knew of it would be forgotten until the next checkpoint, a day later mostly.
    ///
    /// - Throws: `.unavailable` alone: whatever else is wrong with the answer says nothing of the checkpoints.
    private func lookAtClock() throws(ColumnStoreError) {
        let ahead: Int64
        do throws(ColumnStoreError) { ahead = try RetentionClock.ahead(of: LogHead.key, in: place.objects, now: clock.now()) } catch {
            if error.code == .unavailable { throw error }
            return StoreLog.note(
                "the clock could not be held against that of the log's place; the next checkpoint tries again", path: place.url, reason: StoreLog.text(error), level: .warning)
        }
        checkpoints.withLock { known in
            known.clockAhead = ahead
            if ahead > clockAheadMax { known.removalFailure = "\(RetentionClock.Ahead(ahead: ahead))" }
        }
    }

    /// Looks now and then, and behind each checkpoint, whether the log has what a restore to its end needs. On the thread of checkpoints.
    ///
    /// - Parameter now: by the steady clock.
    func lookForMissing(at now: Double) {
        guard missing.withLock({ now >= $0.nextLook }) else { return }
        // Where a checkpoint is owed it is known what the log lacks.
        let (claim, isOwed) = shipper.progress.withLock { ($0.claim, $0.owesCheckpoint) }
        guard let head = claim?.head, !isOwed else { return }
        let found: [String]
        do {
            found = try LogWholeness(place: place).missing(to: head)
        } catch let error as ColumnStoreError where error.code == .unavailable {
            return missing.withLock { $0.nextLook = now + Self.lookPauseSeconds }
        } catch {
            // A checkpoint that cannot be read serves no restore.
            found = ["\(error)"]
        }
        let before = missing.withLock { missing in
            defer { (missing.all, missing.nextLook) = (found, now + Self.lookSeconds) }
            if !found.isEmpty, now - missing.lastWanted >= Self.lookSeconds { (missing.isWanted, missing.lastWanted) = (true, now) }
            return missing.all
        }
        guard found != before else { return }
        if found.isEmpty { return StoreLog.note("the log has all that a restore to its end needs again", path: place.url, reason: "a checkpoint has come; instants before it may not be restored") }
        StoreLog.note("the log lacks what a restore needs; a checkpoint makes up for it", path: place.url, reason: found.joined(separator: "; "), level: .warning)
    }

    private func merge() {
        do { try shipper.merger.run() } catch {
            StoreLog.note("segments of the log stay as small as they are", path: place.url, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// Copies the store to the log's place, writes the checkpoint's own object last, and removes what the ones before cover. On the thread of checkpoints.
    ///
    /// What fails is noted once and tried again by that thread, after pauses that grow (`LogCheckpoint.Pace`).
    func checkpoint(_ backup: @Sendable (LogPlace, @escaping LogPosition.Source, @escaping @Sendable () -> Bool) throws -> LogBackup) {
        guard let epoch, !isOvertaken else { return }
        do {
            // Before the copy begins: what is wished for, or sent, while it is made may not be in it.
            let (wishes, byteCount, isOwed) = shipper.progress.withLock { ($0.wishes, $0.byteCount, $0.owesCheckpoint) }
            let made = try backup(place, { [log] in log.position }, { [self] in isStopping || isOvertaken })
            let checkpoint = LogCheckpoint(epoch: epoch, from: made.from, to: made.to, at: made.at, manifest: made.manifest)
            try place.objects.put(checkpoint.key, checkpoint.bytes)
            checkpoints.withLock { known in
                (known.failure, known.count) = (nil, known.count + 1)
                known.pace.made(at: SteadyClock.seconds(), byteCount: byteCount)
            }
            missing.withLock { ($0.isWanted, $0.nextLook) = (false, -.infinity) }
            // The object is there: only now does the epoch owe it no more, once the log has come to `to`.
            shipper.take(checkpointFrom: made.from, to: made.to, at: made.at, wishes: wishes)
            // Until the log has come to its end nothing goes on from it.
            if answers != nil || isOwed { shipper.ship() }
            removeCovered(by: checkpoint.key)
        } catch is Backup.Cancelled {
            // The next start makes it: `LogState.hasCheckpoint`.
        } catch {
            let isNew = checkpoints.withLock { known in
                defer { known.failure = "\(error)" }
                known.pace.failed(at: SteadyClock.seconds())
                return known.failure == nil
            }
            if isNew { StoreLog.note("no checkpoint of the log could be made; it is tried again", path: place.url, reason: StoreLog.text(error), level: .warning) }
        }
    }

    /// What it leaves costs room and nothing else: the checkpoint is there, and the next one's turn goes on.
    ///
    /// - Parameter key: of the checkpoint that was put just now.
    private func removeCovered(by key: String) {
        do {
            let ahead = try RetentionClock.ahead(of: key, in: place.objects, now: clock.now())
            checkpoints.withLock { $0.clockAhead = ahead }
            guard ahead <= clockAheadMax else { throw RetentionClock.Ahead(ahead: ahead) }
            try LogRetention(place: place, now: clock.now(), merger: shipper.merger).run()
            checkpoints.withLock { $0.removalFailure = nil }
        } catch {
            checkpoints.withLock { $0.removalFailure = "\(error)" }
            StoreLog.note("what checkpoints of the log cover could not be removed; the next one tries again", path: place.url, reason: StoreLog.text(error), level: .warning)
        }
    }

    /// Brings files that a commit is about to name. What could not be brought comes before the commit's record.
    func carry(_ files: [NamedFile]) {
        for file in files where !isStopping {
            do { try shipper.carry(file) } catch { return }
        }
    }

    /// Runs `body` once all that was committed by now is in the log, where answers wait for that.
    func whenKept(_ body: @escaping @Sendable (LogAnswers.Outcome) -> Void) {
        guard let answers else { return body(.kept) }
        answers.wait(for: log.last, body)
    }

    /// Whether answers wait for the log, and in vain.
    var isStuck: Bool { answers?.isStuck ?? false }
    var isAwaited: Bool { answers != nil }

    /// Has all sent that was committed by now; for callers that remove files which commits name.
    func settle() -> Bool { shipper.ship() }

    /// After the store's files are closed: sends the rest, and notes where the log ends.
    func stop() {
        CommitSinks.remove(root: directory.path)
        log.state.broadcast { $0.isStopping = true }
        let threads = threads.withLock { threads in
            defer { threads = Threads() }
            return threads
        }
        threads.shipper?.join()
        // Before the thread of checkpoints is waited for, which may be within a long copy.
        answers?.stop()
        threads.checkpoints?.join()
        let end = SteadyClock.seconds() + Self.waitSeconds
        while !shipper.ship(), shipper.progress.withLock({ $0.refusal == nil }), SteadyClock.seconds() < end {
            _ = log.state.wait(nanoseconds: 200_000_000) { _ -> Void? in nil }
        }
        _ = log.rotate()
        let isClean = log.isSynced && log.state.withLock { $0.loss == nil } && !shipper.progress.withLock { $0.owesCheckpoint }
        do { try shipper.note(isClean: isClean) } catch {
            StoreLog.note("the end of the log could not be noted", path: directory.path, reason: StoreLog.text(error), level: .warning)
        }
    }

    var metrics: [Metric] {
        let (progress, last) = (shipper.progress.withLock { $0 }, log.last)
        let lag = progress.last >= last ? 0 : Double(max(0, clock.now() - progress.completeAt)) / 1e6
        return [
            Metric(name: "log_lag_seconds", help: "How old the oldest commit is at most that the log's place does not have.", kind: .gauge, labels: [], value: lag),
            Metric(name: "log_lag_records", help: "Commits that the log's place does not have yet.", kind: .gauge, labels: [], value: Double(max(0, last - progress.last))),
            Metric(name: "log_segments_total", help: "Segments sent since the start.", kind: .counter, labels: [], value: Double(progress.segmentCount)),
            Metric(name: "log_bytes_total", help: "Bytes of the segments sent since the start.", kind: .counter, labels: [], value: Double(progress.byteCount)),
            Metric(name: "log_epoch", help: "The log's epoch; 0 while it was not reached since the start.", kind: .gauge, labels: [], value: Double(progress.claim?.head.epoch ?? 0)),
            Metric(name: "log_checkpoints_total", help: "Checkpoints of the log made since the start.", kind: .counter, labels: [], value: Double(checkpoints.withLock { $0.count })),
            Metric(
                name: "log_files_lacking", help: "Files that are damaged on this machine, and without which commits went into the log: until a checkpoint has come nothing from those on can be restored.", kind: .gauge, labels: [],
                value: Double(progress.lacking.count)),
            Metric(
                name: "log_clock_ahead_seconds", help: "How far this machine's clock was ahead of that of the log's place as the last checkpoint was put, or as the process began: above 3600 nothing is removed.", kind: .gauge,
                labels: [], value: Double(checkpoints.withLock { $0.clockAhead }) / 1e6),
        ] + PlaceFigures.metrics([("log", place.storages)])
    }

    /// For the administrator: what is not as it should be.
    var texts: [String] {
        let progress = shipper.progress.withLock { $0 }
        if let refusal = progress.refusal { return ["the log was taken over: \(refusal)"] }
        let seconds = max(0, clock.now().subtractingSaturating(progress.completeAt)) / 1_000_000
        var texts = progress.failure.map { ["the log's place has given no answer for \(seconds) s (\($0)): commits wait on this machine, and are lost with it"] } ?? []
        if progress.owesCheckpoint { texts.append("the log has no checkpoint\(progress.claim.map { " of epoch \($0.head.epoch)" } ?? "") yet: what is stored until it is there cannot be restored") }
        let behind = log.state.withLock { $0.time }.subtractingSaturating(clock.now())
        if behind > LogHead.setBackMin {
            texts.append("the clock is \(behind / 1_000_000) s behind the log's last record: until it has caught up what is committed bears that record's time, and no instant between can be told from another (till restore --to)")
        }
        if answers?.isStuck == true { texts.append("answers wait for the log in vain: what changes the store is refused until its place answers") }
        if !progress.lacking.isEmpty {
            let files = progress.lacking.sorted { $0.key < $1.key }.prefix(Self.toldCountMax).map { "\($0.key) \($0.value.reason)" }
            let more = progress.lacking.count > files.count ? ["\(progress.lacking.count - files.count) more"] : []
            texts.append(
                "the log goes on without files that are damaged on this machine (\((files + more).joined(separator: "; "))): what came since is there, and no instant from then on can be restored before they are whole, or in no table any more (or, of uploads, these were cancelled), and a checkpoint has come")
        }
        let missing = missing.withLock { $0.all }
        if !missing.isEmpty { texts.append("the log lacks what a restore needs (\(missing.joined(separator: "; "))): a checkpoint makes up for it, and instants before that may not be restored") }
        if let failure = checkpoints.withLock({ $0.failure }) { texts.append("no checkpoint of the log could be made (\(failure)): instants from now on may not be restored") }
        if let failure = checkpoints.withLock({ $0.removalFailure }) { texts.append("what checkpoints of the log cover could not be removed (\(failure)): it takes room") }
        return texts
    }
}

/// A backup as a checkpoint needs it.
struct LogBackup: Sendable {
    let manifest: BackupManifest
    /// Records up to it are in the copies.
    let from: Int64
    /// None after it is.
    let to: Int64
    let at: Int64
}
