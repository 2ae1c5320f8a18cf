import ColumnStore
import Documents
import Glibc
import Synchronization

/// Hands the commits of the store that leads to the machines that keep it together, and lets answers go once they are kept there. It stands where
/// `LogKeeper` stands: what a commit is, and which order commits have, is the same (`CommitLog`).
///
/// 1. Commits are handed over in the order of their numbers, by one thread at a time; a token stands for each part, and the last part of a segment has its
///    last commit's number.
/// 2. An answer waits for its commit's number to be acknowledged, and for a proof that this machine leads (`ProvenAnswer`).
/// 3. Once something could not be handed over, or another leads, nothing is kept any more (`end`): a gap would be a store that nobody had.
/// 4. Nothing is spooled: what was not acknowledged when the process ends was reported to nobody; after an end that is not orderly the files are made anew.
/// 5. A file of an upload is handed over whole before the commit that says that it is here, and others' commits go between its pieces (`carry`). No other commit brings it: records have it
///    since, whoever leads.
final class ReplicaKeeper: CommitKeeping, ReplicaObserver {
    private struct Part {
        let token: Int
        let byteCount: Int
        /// Of the commit that is kept with it; nil for a part that ends none.
        let number: Int64?
        /// Of a file that is carried.
        let isCarried: Bool
    }

    /// Of this process, whichever store has it open: a piece of a file that the store before had handed over may be acknowledged once this one is there, and lets nothing of it go.
    private static let tokens = Atomic<Int>(0)

    private struct State {
        var acknowledged = 0
        /// What is under way, in order.
        var open: [Part] = []
        /// Of `open`; whoever hands over waits while it is above `openByteCountMax`.
        var openByteCount = 0
        /// Of it, what is of files that are carried.
        var carriedByteCount = 0
        /// The administrator's key is another.
        var wantsKey = false
        var end: String?
        /// Nobody waits for room any more: what comes to be kept in time is.
        var isStopping = false
        /// From then on no file is carried, by the steady clock.
        var carryingEnd = Double.infinity
        /// When something was last acknowledged, or else the first of `open` was handed over, by the steady clock.
        var movedAt = 0.0

        /// Whether another piece of a file may go, so that commits wait behind few of them. Where each is a request of its own, behind one.
        func hasRoom(isInSlots: Bool) -> Bool {
            openByteCount < ReplicaKeeper.openByteCountMax && carriedByteCount < (isInSlots ? 1 : ReplicaKeeper.carriedByteCountMax)
        }

        /// Why no piece goes any more; nil while they do.
        ///
        /// - Parameter waitSeconds: where nothing that is under way was acknowledged for so long, a file waits no longer than an answer would.
        func refusal(at now: Double, waitSeconds: Double) -> Fault? {
            if end != nil || isStopping || now >= carryingEnd {
                let reason = end.map { ": \($0)" } ?? ""
                return Fault(.notLeader, "this machine leads no more, and ends\(reason); the file is not on the other machine yet, and its upload waits for it still", advice: .sendAgainLater)
            }
            guard !open.isEmpty, now - movedAt >= waitSeconds else { return nil }
            return Fault(
                .storageUnavailable, "the other machine gives no answer, nor does what stands in for it; the file is not there yet, and its upload waits for it still", advice: .sendAgainLater)
        }
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
    /// So long a round waits for a commit that is under way; the next one goes on with it. And so long a file waits while nothing is acknowledged.
    private let waitSeconds: Double
    private let state = Monitor(State())
    /// One thread hands over at a time, and has this meanwhile. No lock, since it may wait for room that does not come: those who come meanwhile must be able to give up.
    private let sending = Monitor<Pending?>(Pending())
    private let thread = HeldThread()

    /// So much is handed over before the first of it is kept.
    ///
    /// It bounds the memory that a slow machine costs, and a part may go beyond it: a commit is cut into many.
    private static let openByteCountMax = 8 << 20
    /// Of them, pieces of files: what commits wait behind, also where each must be put into a slot, since the other machine is lost by then.
    private static let carriedByteCountMax = 512 << 10
    /// Of a wait for room, in which the other machine may be lost.
    private static let lookSeconds = 0.25
    /// Of commits that go as one segment, compressed: it ends with the one that reaches it. What had gathered while nothing could be handed over would be more than whoever folds it could hold.
    private static let segmentByteCount = 8 << 20
    /// Around each of them, of which many may be small.
    private static let recordByteCount = 128
    /// Of `settle`, and of a question whether this machine leads.
    private static let settleSeconds = 5.0
    /// At the end of a server: what is not acknowledged by then makes the files of this machine none that may be used as they are.
    private static let stopSeconds = 5.0

    /// Before the store's first file is opened for writing.
    init(_ replica: any CommitReplica, directory: DataDirectory, clock: Clock, waitSeconds: Double = LogAnswers.waitSeconds) throws {
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

    /// Where each record is a request of its own, all that comes while one is under way goes together. Behind a piece of a file, so that both go on in turn.
    private func gather() {
        guard replica.isInSlots else { return }
        state.wait { state in state.open.allSatisfy { $0.isCarried } || state.end != nil || state.isStopping ? () : nil }
    }

    /// One round: by its own thread, at the end of a server by the one that ends it.
    func ship() {
        var pending: Pending = sending.wait { Self.takeTurn(&$0) }
        do {
            if state.withLock({ state in
                defer { state.wantsKey = false }
                return state.wantsKey
            }) { try eachPiece(of: DataDirectory.adminKeyName, at: "\(directory.path)/\(DataDirectory.adminKeyName)") { piece in submit(piece, number: nil) } }
            try shipAll(&pending)
        } catch {
            // What was committed cannot be handed over in its order any more.
            StoreLog.note("commits could not be handed over: this machine ends", path: directory.path, reason: StoreLog.text(error), level: .warning)
            giveUp("commits could not be handed over: \(error)")
        }
        endTurn(pending)
    }

    /// - Returns: nil while another thread hands over.
    private static func takeTurn(_ sending: inout Pending?) -> Pending? {
        defer { sending = nil }
        return sending
    }

    private func endTurn(_ pending: Pending) { sending.broadcast { $0 = pending } }

    /// All that was committed since the last time, as segments cut into parts; nothing while one of these commits is under way for long, which the next
    /// round waits for.
    ///
    /// - Throws: for a change that no commit tells. What was taken out of the log is lost to the other machine then, so that the
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
    /// - Parameters: as of `Part`.
    private func submit(_ body: [UInt8], number: Int64?, isCarried: Bool = false) {
        let token = state.wait { state -> Int? in
            guard state.openByteCount < Self.openByteCountMax || state.end != nil || state.isStopping else { return nil }
            let token = Self.tokens.wrappingAdd(1, ordering: .relaxed).newValue
            if state.open.isEmpty { state.movedAt = SteadyClock.seconds() }
            state.open.append(Part(token: token, byteCount: body.count, number: number, isCarried: isCarried))
            state.openByteCount += body.count
            if isCarried { state.carriedByteCount += body.count }
            return token
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

    // MARK: Files

    /// Hands over files of uploads, whole, before the rows say that they are here. Within the order of commits a file of gigabytes would stand before everybody's.
    ///
    /// Each begins with nothing: of another that was handed over in vain before (its row was not changed, or a machine fell in the middle) no byte may stay behind where this one ends
    /// in the middle, since whoever leads then takes what is there for the beginning of the client's file.
    ///
    /// Waits for as long as that takes, while anything is acknowledged. Whoever calls has no lock that a commit needs.
    ///
    /// - Throws: `not-leader` where this machine ends meanwhile, `storage-unavailable` where nothing is acknowledged for `waitSeconds`; `DataDirectory.Failure`. Then the row stays as it is.
    func carry(_ files: [NamedFile]) throws {
        for case .upload(let id) in files where ObjectKey.isValid("uploads/\(id)") {
            let (name, path) = ("uploads/\(id)", "\(directory.uploadsPath)/\(id)")
            try handOver(ReplicaBody.file(name: name, offset: 0, bytes: [], isLast: true).bytes)
            let isThere = try eachPiece(of: name, at: path) { piece in try handOver(piece) }
            guard isThere else { throw DataDirectory.Failure.io(operation: "open", path: path, code: ENOENT) }
        }
    }

    /// No file is carried from then on: those who wait for one would keep the server from ending.
    func stopCarrying(within seconds: Double) { state.broadcast { $0.carryingEnd = SteadyClock.seconds() + seconds } }

    /// Hands over a piece of a file that is carried, once there is room for one.
    private func handOver(_ piece: [UInt8]) throws {
        while true {
            let isInSlots = replica.isInSlots
            _ = state.wait(seconds: Self.lookSeconds) { $0.hasRoom(isInSlots: isInSlots) || presentRefusal($0) != nil ? () : nil }
            if let refusal = state.withLock({ presentRefusal($0) }) { throw refusal }
            // Between two commits.
            guard let pending = sending.wait(seconds: Self.lookSeconds, { Self.takeTurn(&$0) }) else { continue }
            defer { endTurn(pending) }
            // Of several who were woken by the room one has it.
            let stillInSlots = replica.isInSlots
            guard state.withLock({ $0.hasRoom(isInSlots: stillInSlots) && presentRefusal($0) == nil }) else { continue }
            return submit(piece, number: nil, isCarried: true)
        }
    }

    private func presentRefusal(_ state: State) -> Fault? { state.refusal(at: SteadyClock.seconds(), waitSeconds: waitSeconds) }

    /// Gives a file in pieces, the last of them empty: it says where the file ends.
    ///
    /// - Returns: false where it is not there.
    @discardableResult
    private func eachPiece(of name: String, at path: String, _ body: ([UInt8]) throws -> Void) throws -> Bool {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            // A later commit says that it is gone.
            guard errno != ENOENT else { return false }
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
            try body(ReplicaBody.file(name: name, offset: offset, bytes: piece[...], isLast: isLast).bytes)
            offset += Int64(piece.count)
        }
        return true
    }

    // MARK: What becomes of it

    /// Asked in the order in which a commit goes from place to place: one that goes on meanwhile is met at the next.
    var isUnderWay: Bool {
        if log.state.withLock({ !$0.open.isEmpty || !$0.held.isEmpty }) {
            // The note that a commit came to nothing wakes nobody: it would lie there until the next commit.
            log.state.broadcast { $0.isWanted = true }
            return true
        }
        // While another thread hands over, nobody but that knows.
        guard sending.withLock({ $0?.bytes.isEmpty ?? false }) else { return true }
        return state.withLock { !$0.open.isEmpty }
    }

    /// Tokens are acknowledged in their order, all up to one at once.
    func acknowledged(through token: Int) {
        let number = state.broadcast { state -> Int64? in
            state.acknowledged = max(state.acknowledged, token)
            let count = state.open.prefix { $0.token <= token }.count
            let done = state.open.prefix(count)
            if count > 0 { state.movedAt = SteadyClock.seconds() }
            state.openByteCount -= done.reduce(0) { $0 + $1.byteCount }
            state.carriedByteCount -= done.reduce(0) { $0 + ($1.isCarried ? $1.byteCount : 0) }
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
