import ColumnStore
import Glibc

/// Hands the commits of the store that leads to the machines that keep it together, and lets answers go once they are kept there. It stands where
/// `LogKeeper` stands: what a commit is, and which order commits have, is the same (`CommitLog`).
///
/// 1. Commits are handed over in the order of their numbers, by one thread at a time; a token stands for each part, and the last part of a segment has its
///    last commit's number.
/// 2. An answer waits for its commit's number to be acknowledged, and for a proof that this machine leads (`ProvenAnswer`).
/// 3. Once something could not be handed over, or another leads, nothing is kept any more (`end`): a gap would be a store that nobody had.
/// 4. Nothing is spooled: what was not acknowledged when the process ends was reported to nobody; after an end that is not orderly the files are made anew.
final class ReplicaKeeper: CommitKeeping, ReplicaObserver {
    private struct State {
        var lastToken = 0
        var acknowledged = 0
        /// What is under way, in order.
        var open: [(token: Int, byteCount: Int, number: Int64?)] = []
        /// Of `open`; whoever hands over waits while it is above `openByteCountMax`.
        var openByteCount = 0
        /// The administrator's key is another.
        var wantsKey = false
        /// Uploads whose files were handed over.
        var carried: Set<String> = []
        var end: String?
        /// Nobody waits for room any more: what comes to be kept in time is.
        var isStopping = false
    }

    private struct Pending {
        /// Of the last record that was handed over.
        var hash = [UInt8](LogRecord.noHash)
        /// Taken from the log, and not handed over yet: one of these commits is under way.
        var bytes: [UInt8] = []
        /// Whether that was noted.
        var isLate = false
    }

    let log: CommitLog
    private let answers: LogAnswers
    private let replica: any CommitReplica
    private let directory: DataDirectory
    private let clock: Clock
    /// So long a round waits for a commit that is under way; the next one goes on with it.
    private let waitSeconds: Double
    private let state = Monitor(State())
    /// One thread hands over at a time.
    private let sending = Monitor(Pending())
    private let thread = HeldThread()

    /// So much is handed over before the first of it is kept.
    ///
    /// It bounds the memory that a slow machine costs, and a part may go beyond it: a commit is cut into many.
    private static let openByteCountMax = 8 << 20
    /// Of commits that go as one segment, compressed: it ends with the one that reaches it. What had gathered while nothing could be handed over would be more than whoever folds it could hold.
    private static let segmentByteCount = 8 << 20
    /// Around each of them, of which many may be small.
    private static let recordByteCount = 128
    /// Of `settle`, and of a question whether this machine leads.
    private static let settleSeconds = 5.0
    /// At the end of a server: what is not acknowledged by then makes the files of this machine none that may be used as they are.
    private static let stopSeconds = 5.0

    /// Before the store's first file is opened for writing.
    init(_ replica: any CommitReplica, directory: DataDirectory, clock: Clock, waitSeconds: Double = 10) throws {
        (self.replica, self.directory, self.clock, self.waitSeconds) = (replica, directory, clock, waitSeconds)
        log = try CommitLog(directory: directory.path, next: 1, closed: [], time: 0, isPrompt: true, isSpooled: false, clock: clock)
        answers = LogAnswers(last: 0, isHeld: false)
        // Whether the other has it is known to none who led before.
        if access("\(directory.path)/\(DataDirectory.adminKeyName)", F_OK) == 0 { state.withLock { $0.wantsKey = true } }
        CommitSinks.add(log, root: directory.path)
    }

    /// The catalog is open, and what it commits is handed over from here on.
    ///
    /// - Parameter tenure: begins with it, before anything is written to the bucket of the cold tables; nil where there is none.
    /// - Throws: `ColumnStoreError` where that does not come to count.
    func begin(_ tenure: Tenure?, _ catalog: Catalog) throws {
        replica.begin(self)
        thread.start(name: "replica") { [self] in run() }
        // What has made it may be under way still: who else has it is known once it counts.
        answers.wait(for: log.last) { [replica, store = catalog.storeID] outcome in if case .kept = outcome { replica.identify(store) } }
        log.state.broadcast { $0.isWanted = true }
        try tenure?.begin(catalog, Tenure.Lead(settle: { [weak self] in self?.settle() ?? false }, prove: { [weak self] in self?.isProven ?? false }, isArchived: { [replica] in replica.isArchived() }))
    }

    private func run() {
        while true {
            let isStopping = log.state.wait { [log] state -> Bool? in
                if state.isStopping { return true }
                guard state.isWanted || state.byteCount >= log.wantedByteCount else { return nil }
                state.isWanted = false
                return false
            }
            if isStopping { return }
            gather()
            ship()
            // The writer of that file takes nothing until the process is started anew.
            if log.state.withLock({ $0.isDoubtful }) { giveUp("the disk of this machine did not confirm a commit") }
        }
    }

    // MARK: Handing over

    /// Where each record is a request of its own, all that comes while one is under way goes together.
    private func gather() {
        guard replica.isInSlots else { return }
        state.wait { $0.open.isEmpty || $0.end != nil || $0.isStopping ? () : nil }
    }

    /// One round: by its own thread, at the end of a server by the one that ends it.
    func ship() {
        sending.withLock { pending in
            do {
                if state.withLock({ state in
                    defer { state.wantsKey = false }
                    return state.wantsKey
                }) { try submit(file: DataDirectory.adminKeyName, at: "\(directory.path)/\(DataDirectory.adminKeyName)") }
                try shipAll(&pending)
            } catch {
                // What was committed cannot be handed over in its order any more.
                StoreLog.note("commits could not be handed over: this machine ends", path: directory.path, reason: StoreLog.text(error), level: .warning)
                giveUp("commits could not be handed over: \(error)")
            }
        }
    }

    /// All that was committed since the last time, as segments cut into parts; nothing while one of these commits is under way for long, which the next
    /// round waits for.
    ///
    /// - Throws: for a change that no commit tells, a file that cannot be read. What was taken out of the log is lost to the other machine then, so that the
    ///   caller ends the keeping.
    private func shipAll(_ pending: inout Pending) throws {
        pending.bytes += log.takeHeld()
        let entries = LogSpool.read(pending.bytes)
        guard let last = entries.map(\.sequence).max() else { return }
        guard waitUntilSettled(last) else {
            if !pending.isLate {
                StoreLog.note("commits wait to be handed over", path: directory.path, reason: "one has been under way for \(Int(waitSeconds)) s", level: .warning)
            }
            pending.isLate = true
            return log.state.broadcast { $0.isWanted = true }
        }
        (pending.bytes, pending.isLate) = ([], false)
        // Settled: of each number it is known by now whether it came to be.
        let withdrawn = log.takeWithdrawn().union(entries.filter { $0.kind == nil }.map(\.sequence))
        let codec = ZstdTextCodec(level: 1)
        var records: [LogRecord] = []
        var byteCount = 0
        for entry in entries {
            guard let kind = entry.kind else { continue }
            if kind == .fence { throw ColumnStoreError(.unsupportedFeature, path: directory.path, "a file was changed past its commits") }
            let isNothing = withdrawn.contains(entry.sequence)
            let payload = isNothing ? [] : Array(entry.payload)
            if !isNothing, kind == .catalog { try bring(payload) }
            let compressed = try payload.withUnsafeBytes { bytes throws(PageError) in try codec.compress(bytes, dictionary: nil) }
            let record = LogRecord(
                epoch: 1, sequence: entry.sequence, time: entry.time, kind: isNothing ? .noop : kind, previous: pending.hash, byteCount: payload.count, payload: compressed)
            records.append(record)
            pending.hash = record.hash
            byteCount += compressed.count + Self.recordByteCount
            guard byteCount >= Self.segmentByteCount else { continue }
            submit(records)
            (records, byteCount) = ([], 0)
        }
        submit(records)
    }

    /// Hands over whole commits as one segment.
    private func submit(_ records: [LogRecord]) {
        guard let number = records.last?.sequence else { return }
        let parts = ReplicaBody.parts(LogSegment(records: records).bytes)
        for (index, part) in parts.enumerated() { submit(part, number: index == parts.count - 1 ? number : nil) }
    }

    /// Hands over one part, and waits while too much is under way.
    ///
    /// - Parameter number: of the commit that is kept with it; nil for a part that ends none.
    private func submit(_ body: [UInt8], number: Int64?) {
        let token = state.wait { state -> Int? in
            guard state.openByteCount < Self.openByteCountMax || state.end != nil || state.isStopping else { return nil }
            state.lastToken += 1
            state.open.append((state.lastToken, body.count, number))
            state.openByteCount += body.count
            return state.lastToken
        }
        replica.submit(token, body)
    }

    /// - Returns: whether it is known of all commits up to one what became of them.
    private func waitUntilSettled(_ last: Int64) -> Bool {
        let end = SteadyClock.seconds() + waitSeconds
        while log.state.withLock({ $0.open.contains { $0 <= last } }) {
            guard SteadyClock.seconds() < end else { return false }
            _ = log.state.wait(nanoseconds: 500_000) { state -> Void? in state.open.contains { $0 <= last } ? nil : () }
        }
        return true
    }

    /// Files of uploads are in no record of their own.
    private func bring(_ payload: [UInt8]) throws {
        guard let payload = LogPayload(payload) else { return }
        for case .upload(let id) in LogCarrier.named(payload.changes) where ObjectKey.isValid("uploads/\(id)") {
            // The file is whole with its row's first change, and stays as it is.
            guard state.withLock({ $0.carried.insert(id).inserted }) else { continue }
            try submit(file: "uploads/\(id)", at: "\(directory.uploadsPath)/\(id)")
        }
    }

    /// Hands over a file in pieces, the last of them empty: it says where the file ends.
    private func submit(file name: String, at path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // A later commit says that it is gone.
            guard errno != ENOENT else { return }
            throw DataDirectory.Failure.io(operation: "open", path: path, code: errno)
        }
        defer { close(descriptor) }
        var offset: Int64 = 0
        var isLast = false
        while !isLast {
            var code: Int32 = 0
            let piece = [UInt8](unsafeUninitializedCapacity: ReplicaBody.byteCountMax - 512) { target, count in
                var done = pread(descriptor, target.baseAddress, target.count, off_t(offset))
                while done < 0, errno == EINTR { done = pread(descriptor, target.baseAddress, target.count, off_t(offset)) }
                if done < 0 { code = errno }
                count = max(0, done)
            }
            guard code == 0 else { throw DataDirectory.Failure.io(operation: "read", path: path, code: code) }
            isLast = piece.isEmpty
            submit(ReplicaBody.file(name: name, offset: offset, bytes: piece[...], isLast: isLast).bytes, number: nil)
            offset += Int64(piece.count)
        }
    }

    // MARK: What becomes of it

    /// Tokens are acknowledged in their order, all up to one at once.
    func acknowledged(through token: Int) {
        let number = state.broadcast { state -> Int64? in
            state.acknowledged = max(state.acknowledged, token)
            let count = state.open.prefix { $0.token <= token }.count
            let done = state.open.prefix(count)
            state.openByteCount -= done.reduce(0) { $0 + $1.byteCount }
            let number = done.last { $0.number != nil }?.number
            state.open.removeFirst(count)
            return number
        }
        if let number { answers.reach(number, until: clock.now(), isBroken: false) }
    }

    func ended(_ reason: String) { end(reason) }

    private func end(_ reason: String) {
        state.broadcast { if $0.end == nil { $0.end = reason } }
        answers.refuse(reason)
    }

    /// A leader that takes nothing would keep the lead from the other machine until somebody ended it.
    private func giveUp(_ reason: String) {
        guard state.withLock({ $0.end == nil }) else { return }
        end(reason)
        replica.giveUp(reason)
    }

    // MARK: Who waits

    /// The key is in a file of its own.
    func wantCheckpoint() {
        state.withLock { $0.wantsKey = true }
        log.state.broadcast { $0.isWanted = true }
    }

    /// They go with the commit.
    func carry(_ files: [NamedFile]) {}

    var isAwaited: Bool { true }
    var keepsReads: Bool { true }
    var isStuck: Bool { answers.isStuck }
    var end: String? { state.withLock { $0.end } }

    func whenKept(_ body: @escaping @Sendable (LogAnswers.Outcome) -> Void) {
        // What an answer tells may have been another's to tell by now.
        let answer = ProvenAnswer(replica, body)
        answers.wait(for: log.last) { outcome in answer.take(outcome) }
        answer.prove()
    }

    /// - Returns: whether all was kept within `settleSeconds` and this machine led after it.
    func settle() -> Bool {
        let last = log.last
        log.state.broadcast { $0.isWanted = true }
        return waitUntilKept(last, seconds: Self.settleSeconds) && isProven
    }

    /// Whether this machine leads, asked now.
    private var isProven: Bool {
        let answer = Monitor<Bool?>(nil)
        replica.prove { proof in answer.broadcast { $0 = proof == .leads } }
        return answer.wait(seconds: Self.settleSeconds) { $0 } ?? false
    }

    private func waitUntilKept(_ last: Int64, seconds: Double) -> Bool {
        let done = Monitor<Bool?>(nil)
        answers.wait(for: last) { outcome in
            var isKept = false
            if case .kept = outcome { isKept = true }
            done.broadcast { [isKept] in $0 = isKept }
        }
        return done.wait(seconds: seconds) { $0 } ?? false
    }

    /// The rest is handed over by this thread and waited for, then the other one ends.
    func stop() {
        CommitSinks.remove(root: directory.path)
        state.broadcast { $0.isStopping = true }
        ship()
        // Files may have a commit whose sync failed, and no record does.
        let isWhole = state.withLock { $0.end == nil } && waitUntilKept(log.last, seconds: Self.stopSeconds) && !log.state.withLock { $0.isDoubtful }
        log.state.broadcast { $0.isStopping = true }
        thread.join()
        answers.stop()
        replica.ended(isWhole: isWhole)
    }

    var metrics: [Metric] {
        let (open, bytes) = state.withLock { ($0.open.count, $0.openByteCount) }
        return [
            Metric(name: "replica_open_records", help: "Records that were handed over and are not on two machines yet.", kind: .gauge, labels: [], value: Double(open)),
            Metric(name: "replica_open_bytes", help: "Their bytes.", kind: .gauge, labels: [], value: Double(bytes)),
            Metric(name: "replica_slots", help: "1 while the standby is lost, and what is acknowledged lies on this machine and in the log's slots.", kind: .gauge, labels: [], value: replica.isInSlots ? 1 : 0),
            Metric(name: "replica_degraded", help: "1 while what is acknowledged lies on this machine alone.", kind: .gauge, labels: [], value: replica.isDegraded ? 1 : 0),
        ] + replica.metrics
    }

    var texts: [String] {
        var texts: [String] = []
        if let end = state.withLock({ $0.end }) { texts.append(end) }
        if replica.isDegraded { texts.append("the standby is not there: what is acknowledged lies on this machine alone") }
        if replica.isInSlots { texts.append("the standby is not there: what is acknowledged lies on this machine and in slots of the log") }
        return texts + replica.texts
    }
}
