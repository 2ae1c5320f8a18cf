import ColumnStore
import Glibc
import Synchronization

/// Brings spools to the log's place, as segments, every few seconds. One thread.
///
/// The order makes a log that says how far it goes: files that records name, the segment, the head; then this store's own note, and the spool goes.
///
/// 1. `last` and `hash` in `Progress` are those of the last record that lies in a segment, or of the one before an epoch's first; the head may be behind by
///    what a round sent.
/// 2. Records have no gaps within an epoch: a number that no spool has becomes a fence, one that came to nothing a record without content.
/// 3. A spool goes when the head covers it and the note says so: a crash anywhere before sends it again, and finds its segments as they are.
/// 4. Locks are taken in the order `sending`, `noting`; `progress` and the log's own state are held for a moment each, neither within the other.
final class LogShipper: Sendable {
    struct Progress {
        var claim: LogClaim?
        var hash: [UInt8]
        var last: Int64
        /// Of that record, in microseconds since 1970; nil before an epoch's first.
        var time: Int64?
        /// Where segments begin and end that a process before has put, and of which the head does not tell.
        var unheard: [Int64: Int64] = [:]
        /// Files that are there.
        var carried: Set<NamedFile> = []
        /// Files that could not be brought, without which a commit was sent, by their paths. Until a checkpoint has come that has all of them, or needs them no more.
        ///
        /// `stamp`: of an upload's file, as it was looked at last.
        var lacking: [String: (number: Int64, reason: String, stamp: String?)] = [:]
        var failure: String?
        /// Why nothing is sent any more.
        var refusal: String?
        /// Whether the epoch has no checkpoint yet that its records go on from.
        var owesCheckpoint: Bool
        /// One is there, and is of use once the log has come to its end.
        var checkpoint: (to: Int64, at: Int64)?
        /// How often one was asked for, for what no commit tells, and how many of these wishes the last one has met.
        var wishes = 0
        var wishesMet = 0
        /// What this store has noted of all that.
        var noted = (hasCheckpoint: false, wantsCheckpoint: false, isBroken: false)
        /// When everything was there last, in microseconds since 1970.
        var completeAt: Int64
        var segmentCount = 0
        var byteCount: Int64 = 0
    }

    let log: CommitLog
    let place: LogPlace
    private let directory: DataDirectory
    private let store: String
    private let recovery: LogRecovery
    private let seconds: Double
    private let clock: Clock
    /// So long a round waits for a commit that is under way.
    private let settleSeconds: Double
    private let refused: @Sendable (String) -> Void
    /// Those who wait until commits are in the log; nil: nobody does.
    let answers: LogAnswers?
    let merger: LogMerger
    let progress: Mutex<Progress>
    /// One thread sends at a time.
    private let sending = Mutex(())
    /// One writes down how far the log goes.
    private let noting = Mutex(())

    init(
        _ log: CommitLog, place: LogPlace, directory: DataDirectory, store: String, recovery: LogRecovery, seconds: Double, clock: Clock, answers: LogAnswers?,
        settleSeconds: Double = 10, refused: @escaping @Sendable (String) -> Void
    ) {
        self.settleSeconds = settleSeconds
        (self.log, self.place, self.directory, self.store, self.recovery) = (log, place, directory, store, recovery)
        merger = LogMerger(place: place)
        (self.seconds, self.clock, self.answers, self.refused) = (seconds, clock, answers, refused)
        let state = recovery.isWhole ? recovery.state : nil
        progress = Mutex(
            Progress(
                hash: state?.hash ?? LogRecord.noHash, last: state?.last ?? recovery.next - 1, owesCheckpoint: !recovery.hasCheckpoint,
                wishes: recovery.state?.wantsCheckpoint == true ? 1 : 0, completeAt: clock.now()))
    }

    /// Where answers wait for segments, so much lies between the beginnings of two.
    private static let groupSeconds = 0.05

    /// Until the log is stopped.
    func run() {
        while true {
            let end = log.state.wait(nanoseconds: UInt64(seconds * 1e9)) { [log] state -> Bool? in
                if state.isStopping { return true }
                guard state.isWanted || state.byteCount >= log.wantedByteCount else { return nil }
                state.isWanted = false
                return false
            }
            if end == true { return }
            let began = SteadyClock.seconds()
            ship()
            // What comes meanwhile goes together.
            let rest = began + Self.groupSeconds - SteadyClock.seconds()
            if answers != nil, rest > 0 { _ = log.state.wait(nanoseconds: UInt64(rest * 1e9)) { $0.isStopping ? () : nil } }
            // A place that gives no answer is not asked again and again for what is large.
            if progress.withLock({ $0.failure != nil }) { _ = log.state.wait(nanoseconds: 500_000_000) { $0.isStopping ? () : nil } }
            if progress.withLock({ $0.refusal != nil }) { return }
        }
    }

    /// Sends all that there is.
    ///
    /// - Returns: whether it is there.
    @discardableResult
    func ship() -> Bool {
        sending.withLock { _ in
            guard progress.withLock({ $0.refusal == nil }) else { return false }
            do {
                try shipAll()
                progress.withLock { $0.failure = nil }
                return true
            } catch let error as LogClaim.Refused {
                progress.withLock { $0.refusal = error.description }
                answers?.refuse(error.description)
                refused(error.description)
            } catch {
                let isNew = progress.withLock { progress in
                    defer { progress.failure = "\(error)" }
                    return progress.failure == nil
                }
                if isNew { StoreLog.note("the log could not be sent; it is tried again", path: place.url, reason: StoreLog.text(error), level: .warning) }
            }
            return false
        }
    }

    /// One round: all that is in spools by now, fences for what is in none, the head, the note.
    ///
    /// - Throws: `LogClaim.Refused` where another writer has the log, which ends this one; else what was sent stays sent and the next round goes on behind
    ///   it.
    private func shipAll() throws {
        let now = clock.now()
        var claim = try claimed()
        // A clock that was set back does not make commits earlier: the log tells of the instants that they have, and checkpoints, too.
        let until = max(now, log.state.withLock { $0.time })
        // All of these are in spools that are whole by then, or known to be in none.
        let (given, time) = log.state.withLock { ($0.next - 1, $0.time) }
        let spools = log.rotate()
        for spool in spools { try ship(spool, &claim) }
        let isMended = try shipFences(claim, through: given, time: time)
        let (last, hash, sentTime) = progress.withLock { ($0.last, $0.hash, $0.time) }
        let wasSetBack = claim.head.note(clock: now, committed: until)
        // What was given out before `until` is there now, so that the log tells all up to it.
        try claim.advance(place, last: last, hash: hash, time: sentTime ?? 0, until: until)
        if wasSetBack {
            StoreLog.note(
                "the clock stands before the log's last record: until it has caught up what is committed bears that record's time, and a restore to an instant between tells that it cannot tell",
                path: place.url, reason: "\(until.subtractingSaturating(now) / 1_000_000) s, up to \(InstantText.text(until))", level: .warning)
        }
        let done = claim
        progress.withLock { progress in
            progress.claim = done
            progress.completeAt = now
        }
        progress.withLock { progress in
            guard let checkpoint = progress.checkpoint, last >= checkpoint.to, done.head.until >= checkpoint.at else { return }
            (progress.owesCheckpoint, progress.checkpoint) = (false, nil)
        }
        answers?.reach(last, until: until, isBroken: log.state.withLock { $0.loss != nil })
        if isMended || !spools.isEmpty || progress.withLock({ $0.noted }) != (hasCheckpoint, wantsCheckpoint, isBroken) { try note(isClean: false) }
        for spool in spools { log.forget(spool: spool, through: last) }
    }

    /// Whether nothing stands between the epoch's records and a store that is made of them.
    private var hasCheckpoint: Bool { progress.withLock { !$0.owesCheckpoint } && log.state.withLock { $0.loss == nil } }

    /// Whether the next process is not to go on from the spools: they lack commits whose numbers nothing else may have.
    private var isBroken: Bool { log.state.withLock { $0.misleads } }

    /// Whether something was changed that a checkpoint alone has.
    var wantsCheckpoint: Bool { progress.withLock { $0.wishes > $0.wishesMet } }

    /// A checkpoint is there. It counts once the log has come to its end: until then this store owes it.
    ///
    /// - Parameters:
    ///   - from: commits up to it are in it: what was lost after them needs another.
    ///   - wishes: how many there were as it was begun.
    func take(checkpointFrom from: Int64, to: Int64, at: Int64, wishes: Int) {
        // Not while something is sent, which would say of this loss that it is not mended yet.
        sending.withLock { _ in
            let isMended = log.state.withLock { state -> Bool in
                guard let loss = state.loss, loss.number <= from else { return false }
                state.loss = nil
                return true
            }
            progress.withLock { progress in
                if isMended { progress.owesCheckpoint = true }
                progress.lacking = progress.lacking.filter { $0.value.number > from }
                (progress.checkpoint, progress.wishesMet) = ((to, at), wishes)
            }
            answers?.note(checkpointTo: to, at: at)
        }
    }

    /// - Throws: `LogClaim.Refused`; `LogPlace.Unkept`.
    func claimed() throws -> LogClaim {
        if let known = progress.withLock({ $0.claim }) { return known }
        try place.check()
        let claim = try LogClaim.take(place, store: store, in: directory.path, recovery, known: recovery.next - 1, now: clock.now())
        let unheard = try claim.isNew ? [:] : place.segments(of: claim.head.epoch, behind: claim.head.last)
        progress.withLock { progress in
            (progress.claim, progress.unheard) = (claim, unheard)
            // Of an epoch that goes on where its head says, or one that begins now.
            (progress.last, progress.hash) = claim.isNew ? (recovery.next - 1, LogRecord.noHash) : (claim.head.last, claim.head.hash)
            progress.time = claim.isNew || claim.head.time == 0 ? nil : claim.head.time
            if claim.isNew { progress.owesCheckpoint = true }
        }
        // The note may be an earlier version's, which has no time.
        if claim.isNew { answers?.hold() } else { log.goOn(from: claim.head.time) }
        do { try note(isClean: false) } catch {
            // Nothing is sent in an epoch that the next start would not know for its own.
            progress.withLock { $0.claim = nil }
            throw error
        }
        return claim
    }

    /// Writes down how far the log goes.
    func note(isClean: Bool) throws {
        let (claim, last, hash, time) = progress.withLock { ($0.claim, $0.last, $0.hash, $0.time) }
        // Before the log was ever reached the next start is as this one.
        guard let claim else { return }
        var state = LogState(store: store, epoch: claim.head.epoch, last: last, hash: hash)
        state.time = time ?? 0
        try noting.withLock { _ in
            repeat {
                (state.isClean, state.hasCheckpoint, state.wantsCheckpoint) = (isClean, hasCheckpoint, wantsCheckpoint)
                state.isBroken = isBroken
                try state.write(directory.path)
                // What is lost meanwhile leaves its mark in the file whose place was taken.
            } while state.hasCheckpoint && !hasCheckpoint || !state.isBroken && isBroken
            progress.withLock { $0.noted = (state.hasCheckpoint, state.wantsCheckpoint, state.isBroken) }
        }
    }

    /// Something was changed that a checkpoint alone has: the next start is to know of it, too. Waits for nothing that is sent.
    func want() throws {
        try noting.withLock { _ in
            progress.withLock { $0.wishes += 1 }
            // As the last start left it, or this one: nothing for a log that was never reached, whose first epoch owes its checkpoint.
            guard var state = try LogState.read(directory.path), state.store == store, !state.wantsCheckpoint else { return }
            state.wantsCheckpoint = true
            try state.write(directory.path)
        }
    }

    /// Sends a spool's records as segments.
    ///
    /// The spool is read whole, and its records are one segment where no number is missing between them, or some where they are large together.
    private func ship(_ spool: Int64, _ claim: inout LogClaim) throws {
        let entries = try entries(spool)
        // The highest number, not the last entry's: that may withdraw an older commit, while one behind it is still under way.
        try waitUntilSettled(entries.map(\.sequence).max() ?? 0)
        let withdrawn = log.state.withLock { $0.withdrawn }.union(entries.filter { $0.kind == nil }.map(\.sequence))
        var next = builder(claim)
        let unheard = progress.withLock { $0.unheard }
        // A spool that was sent in part is read again from its beginning: what lies there already is passed over by its number.
        for entry in entries where entry.sequence > next.last {
            guard let kind = entry.kind else { continue }
            // A gap: what was made so far goes, then fences in the missing places, and records go on from those.
            if entry.sequence > next.last + 1 {
                try send(&next)
                _ = try shipFences(claim, through: entry.sequence - 1, time: entry.time)
                next = builder(claim)
            }
            let isNothing = withdrawn.contains(entry.sequence)
            let payload = isNothing ? [] : Array(entry.payload)
            if !isNothing, kind == .catalog { try bring(payload, for: entry.sequence) }
            try next.append(isNothing ? .noop : kind, payload, at: entry.time)
            // The same cuts each time, so that a round that is done again finds its segments; those of a process before as they are, since its version may have compressed otherwise.
            if unheard[next.first].map({ next.last >= $0 }) ?? (next.byteCount >= log.segmentByteCount) { try send(&next) }
        }
        try send(&next)
    }

    /// A spool's entries, up to the first that is damaged.
    ///
    /// - Returns: none where the file is gone, or its disk does not give it any more: no later round would read more of it, and all would wait for it.
    private func entries(_ spool: Int64) throws -> [LogSpool.Entry] {
        do {
            return LogSpool.read(try LogRecovery.bytes(log.spoolPath(spool)))
        } catch DataDirectory.Failure.io(operation: _, path: _, code: let code) where [ENOENT, EIO].contains(code) {
            return []
        }
    }

    /// Fences in the places of all commits that come next and are in no spool, up to a number before the next one that is in a spool.
    ///
    /// - Parameter time: not before the record that they follow, where this process has sent none.
    /// - Returns: whether there were some.
    private func shipFences(_ claim: LogClaim, through number: Int64, time: Int64) throws -> Bool {
        var isMended = false
        while true {
            if try shipFences(claim) { isMended = true }
            let (last, known) = progress.withLock { ($0.last, $0.time) }
            guard last < number else { return isMended }
            // Of those that came to nothing nothing is missing, as where the whole directory was taken away.
            try waitUntilSettled(number)
            // No spool has it, and none has refused it. Its own time is not known: no instant behind the record before is whole.
            guard log.miss(last + 1...number, time: known ?? time) else { continue }
            StoreLog.note(
                "a spool of the log is damaged; a checkpoint makes up for what was in it", path: log.directory, reason: "commits from \(last + 1) on are missing",
                level: .warning)
        }
    }

    /// Of one segment: a full disk may have cost a great many, and each is a record with its hash.
    private static let fenceCountMax: Int64 = 10_000

    /// In the places of commits that come next and that no spool took; of one that came to nothing a record without content.
    ///
    /// - Returns: whether there were some.
    private func shipFences(_ claim: LogClaim) throws -> Bool {
        var isMended = false
        while true {
            var next = builder(claim)
            guard let missing = log.unspooled(from: next.last + 1) else { return isMended }
            let withdrawn = log.state.withLock { $0.withdrawn }
            // Later than the record before, which may have been acknowledged: so the instant of that one can be asked for.
            let time = max(missing.time, next.time.addingSaturating(1))
            for _ in 0..<min(missing.count, Self.fenceCountMax) { try next.append(withdrawn.contains(next.last + 1) ? .noop : .fence, [], at: time) }
            try send(&next)
            log.forgetUnspooled(through: next.last)
            isMended = true
        }
    }

    private func builder(_ claim: LogClaim) -> LogSegment.Builder {
        progress.withLock { LogSegment.Builder(epoch: claim.head.epoch, last: $0.last, hash: $0.hash, time: $0.time ?? 0) }
    }

    /// Puts what the builder has made, and goes on from what lies there then. Nothing where it has made nothing.
    private func send(_ next: inout LogSegment.Builder) throws {
        guard let segment = next.finish(), let first = segment.records.first else { return }
        let bytes = segment.bytes
        let sent = try put(LogPlace.SegmentName(epoch: first.epoch, first: first.sequence, last: next.last).key, segment, bytes)
        guard let last = sent.records.last else { return }
        next.goOn(behind: last)
        merger.add(sent.records, byteCount: bytes.count)
        progress.withLock { progress in
            (progress.last, progress.hash, progress.time) = (last.sequence, last.hash, last.time)
            progress.segmentCount += 1
            progress.byteCount += Int64(bytes.count)
        }
    }

    /// One that this store has sent before, and of which it did not hear, has the same records; what comes goes on from them as they lie there.
    ///
    /// - Returns: what lies there.
    /// - Throws: `LogClaim.Refused` where that is another writer's; `.corruptFile` where it is damaged, `.overBudget` where it is far longer than these records can be: it is never replaced, and tried
    ///   again.
    private func put(_ key: String, _ segment: LogSegment, _ bytes: [UInt8]) throws -> LogSegment {
        var isThere = false
        do throws(ColumnStoreError) { try place.objects.putIfAbsent(key, bytes) } catch {
            guard error.code == .conflict else { throw error }
            isThere = true
        }
        guard isThere else { return segment }
        let found = try place.objects.get(key, byteCountMax: segment.otherByteCountMax(bytes.count))
        if found == bytes { return segment }
        let other = try LogSegment(parsing: found, path: "\(place.url)/\(key)")
        guard other.says(segment) else { throw LogClaim.Refused(description: "\(place.url)/\(key) is another than this store's: another writer has the log") }
        return other
    }

    /// A commit takes milliseconds; one that hangs with its disk is waited for, and the log with it.
    private func waitUntilSettled(_ last: Int64) throws {
        let end = SteadyClock.seconds() + settleSeconds
        while log.state.withLock({ $0.open.contains { $0 <= last } }) {
            guard SteadyClock.seconds() < end else { throw ColumnStoreError(.unavailable, path: log.directory, "a commit has been under way for \(Int(settleSeconds)) s") }
            _ = log.state.wait(nanoseconds: 1_000_000) { state -> Void? in state.open.contains { $0 <= last } ? nil : () }
        }
    }

    /// - Parameter number: of the commit.
    private func bring(_ payload: [UInt8], for number: Int64) throws {
        guard let payload = LogPayload(payload) else { return }
        for named in LogCarrier.named(payload.changes) {
            do { try carry(named) } catch let damaged as LogCarrier.Damaged { try goOn(without: damaged, number) }
        }
    }

    /// The commit goes without the file that it names: it, and all behind it, would wait for good, and be lost with this machine. No store can be made of what follows until a checkpoint has come, which
    /// wants the file whole, or in no table any more, or its upload cancelled.
    private func goOn(without damaged: LogCarrier.Damaged, _ number: Int64) throws {
        let isNew = progress.withLock { $0.lacking.updateValue((number, damaged.reason, damaged.stamp), forKey: damaged.path) == nil }
        guard isNew else { return }
        StoreLog.note(
            "a file that a commit names is damaged on this machine, or its name is taken in the log's place, and the log goes on without it: no instant from that commit on can be restored before the file is whole, or in no table any more (or, of an upload, that was cancelled), and a checkpoint has come",
            path: damaged.path, reason: damaged.reason, level: .warning)
        try want()
    }

    /// Brings a file to the log's place, once. From any thread.
    func carry(_ file: NamedFile) throws {
        if progress.withLock({ $0.carried.contains(file) }) { return }
        let isThere = try LogCarrier(place: place, directory: directory).bring(file) { path, stamp in
            progress.withLock { progress in progress.lacking[path].flatMap { $0.stamp == stamp ? $0.reason : nil } }
        }
        guard isThere else { return }
        progress.withLock { progress in
            // What was forgotten is looked for there.
            if progress.carried.count >= Self.carriedCountMax { progress.carried = [] }
            progress.carried.insert(file)
        }
    }

    /// Known to be there without a question; beyond it all are forgotten, which costs a look at the place for each.
    private static let carriedCountMax = 10_000
}
