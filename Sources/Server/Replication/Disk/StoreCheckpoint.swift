internal import Cluster
internal import ColumnStore
internal import Ingest
import Synchronization

/// A node's checkpoint, `DATA/cluster/checkpoint`: the store as its records up to one have made it, in files of its own that nobody else opens. With it the records up to that one are
/// not needed: what is made anew begins with it, and so does a node that has nothing.
///
/// 1. It goes on by folding records that count, some thousands at a time, on a thread of low priority; after each time it is closed, durable, and tells of one record exactly.
/// 2. Only then do records go, whole files of them, and only those that are beyond what is kept for a peer that was away (`cluster.records`).
/// 3. One at a time has it: who folds, who copies it to DATA, who sends it to the peer, who puts another in its place.
final class StoreCheckpoint: Sendable {
    /// For reports of the node's state.
    struct Report: Sendable, Equatable {
        /// The last record that it has; 0: there is none yet.
        var record = 0
        /// Whom it is being sent to, or is being taken from, and how much of it is there.
        var sentTo: String?
        var takenFrom: String?
        var byteCount: Int64 = 0
        var wantedByteCount: Int64 = 0
        /// Why it does not go on.
        var fault: String?
    }

    private struct Stopped: Error {}

    /// It is damaged, or not what the records here go on from, and those that it was made of are gone: another machine's is to take its place.
    struct Unusable: Error, CustomStringConvertible {
        let description: String
    }

    private struct State {
        var report = Report()
        var isTaken = false
        /// Peers that want it, or are being sent it.
        var peerCount = 0
        var isStopping = false
        /// It does not go on, nor is it sent, until another has taken its place: folding need not come upon damage, and would go on with it.
        var isDamaged = false
        /// It does not begin anew before, by the steady clock: on a disk that damages it each time it would be folded, or brought from the other machine, again and again.
        var anewFrom = -Double.infinity
        /// Why the last one that was asked for did not come.
        var whyUnmended = ""
        /// It goes on to here whatever has come, and where it has folded to last: what ends a commit may lie further.
        var wanted = 0
        var folded = 0

        mutating func begin(anewAt record: Int) { (report.record, report.fault, isDamaged, folded) = (record, nil, false, record) }
    }

    let file: RecordFile
    let log: Log
    let folder: String
    private let keptByteCount: Int64
    /// Between two times that it begins anew.
    private let anewSeconds: Double
    private let state = Monitor(State())
    private let thread = HeldThread()
    /// Asks another machine for its checkpoint: why none came; nil: it is in place.
    private let mender = Mutex<(@Sendable () -> String?)?>(nil)

    static let name = "checkpoint"
    private static let arrivedName = "arrived"
    static let incomingName = "incoming"
    private static let formerName = "checkpoint.old"
    private static let beginningKey = "\(ReplicaStore.folder)/beginning"
    /// Folded before it is closed, unless one commit has more.
    private static let recordCount = 8_192
    private static let batchCount = 64
    private static let lookSeconds = 0.5
    /// After one that came to nothing: a disk that is full stays so for a while.
    private static let pauseSeconds = 30.0
    /// The other machine's goes on, and may be of use soon.
    private static let mendPauseSeconds = 5.0

    /// - Parameters:
    ///   - folder: `DATA/cluster`, absolute.
    ///   - keptByteCount: of records, at least.
    ///   - anewSeconds: another for tests.
    /// - Throws: where another's checkpoint was to take the place of this one's as the process ended, and cannot.
    init(_ file: RecordFile, folder: String, keptByteCount: Int64, anewSeconds: Double = 600, log: Log) throws {
        (self.file, self.folder, self.keptByteCount, self.anewSeconds, self.log) = (file, folder, keptByteCount, anewSeconds, log)
        // Nobody else has the folder: it is the records'.
        for unfinished in [folder, "\(path)/\(ReplicaStore.folder)"] { try CheckpointFiles.removeUnfinished(in: unfinished) }
        try finishArrival()
        for name in [Self.incomingName, Self.formerName] { try CheckpointFiles.remove("\(folder)/\(name)") }
        let record = Int(try ReplicaStore(directory: path, isDurable: true).position?.sequence ?? 0)
        state.withLock { $0.report.record = record }
    }

    private var path: String { "\(folder)/\(Self.name)" }
    var incomingPath: String { "\(folder)/\(Self.incomingName)" }

    var report: Report { state.withLock { $0.report } }

    func note(_ body: (inout Report) -> Void) { state.withLock { body(&$0.report) } }

    // MARK: One at a time

    /// Runs `body` once nobody else has the checkpoint.
    ///
    /// - Parameter isCancelled: asked some times a second while another has it.
    /// - Returns: nil where it was cancelled.
    func hold<Result>(unless isCancelled: () -> Bool = { false }, _ body: () throws -> Result) rethrows -> Result? {
        while true {
            let isMine = state.wait(seconds: Self.lookSeconds) { state -> Bool? in
                guard !state.isTaken else { return nil }
                state.isTaken = true
                return true
            }
            // Taken under the monitor's own lock: of two who wake one has it.
            if isMine == true { break }
            if isCancelled() { return nil }
        }
        defer { state.broadcast { $0.isTaken = false } }
        return try body()
    }

    /// Runs `body`, which sends it to a peer: who reads it for something that can wait gives it up meanwhile.
    func sending<Result>(_ body: () throws -> Result) rethrows -> Result {
        state.withLock { $0.peerCount += 1 }
        defer { state.withLock { $0.peerCount -= 1 } }
        return try body()
    }

    var isWantedByPeer: Bool { state.withLock { $0.peerCount > 0 } }

    /// Has it go on to a record that counts, though less has come than it waits for.
    ///
    /// - Returns: whether that was done, or cannot be.
    func bring(through record: Int) -> Bool {
        state.withLock { state in
            guard state.report.record < record, state.folded < record, state.report.fault == nil, !state.isDamaged else { return true }
            state.wanted = max(state.wanted, record)
            return false
        }
    }

    // MARK: Going on

    /// Has it go on from here on, and records go.
    ///
    /// - Parameters:
    ///   - committed: the last record that may be folded.
    ///   - drop: takes away records up to one.
    ///   - mend: asks another machine for its checkpoint, which takes the place of this one's where that is damaged; why it did not, nil where it has.
    func start(committed: @escaping @Sendable () -> Int, drop: @escaping @Sendable (_ through: Int, _ keeping: Int64) -> Void, mend: @escaping @Sendable () -> String?) {
        mender.withLock { $0 = mend }
        let keeping = keptByteCount
        // What has grown while the process was away.
        drop(report.record, keeping)
        thread.start(name: "checkpoint") { [self] in
            WorkerThread.lowerPriority()
            WorkerThread.lowerDiskPriority()
            proveOnce()
            var pause = 0.0
            while state.wait(seconds: pause, { $0.isStopping ? () : nil }) == nil {
                do {
                    if state.withLock({ $0.isDamaged }) {
                        let isMended = try beginAnew()
                        if isMended { drop(report.record, keeping) }
                        pause = isMended ? 0 : Self.mendPauseSeconds
                        continue
                    }
                    let isFurther = try hold(unless: isStopping) { try goOn(through: committed()) }
                    if isFurther == true { drop(report.record, keeping) }
                    pause = isFurther == true ? 0 : Self.lookSeconds
                } catch is Stopped {
                    return
                } catch {
                    fail(error)
                    pause = Self.isDamage(error) ? 0 : Self.pauseSeconds
                }
            }
        }
    }

    /// Returns once its thread has ended: between two batches of records, or two pieces of the look at all pages that it begins with.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// As it starts: damage that folding does not come upon is known while the other machine's checkpoint is whole, and not as it is needed.
    private func proveOnce() {
        do { _ = try hold(unless: isStopping) { try whole(unless: isStopping) } } catch is CancellationError {} catch { fail(error) }
    }

    private func isStopping() -> Bool { state.withLock { $0.isStopping } }

    private func fail(_ error: any Error) {
        let isNew = state.withLock { state in
            defer { state.report.fault = "\(error)" }
            if Self.isDamage(error) { state.isDamaged = true }
            return state.report.fault != "\(error)"
        }
        if isNew { log.error("the checkpoint of this node does not go on, and its records stay", ["reason": .error(error)]) }
    }

    /// Whether an error tells that files of the checkpoint are not what they were, or may not be after a crash: not that a disk is full, or cannot be read.
    private static func isDamage(_ error: any Error) -> Bool {
        switch error {
        case is Unusable, is ReplicaStore.Unsynced: true
        case let error as SQLiteError: error.kind == .corrupt
        case let error as ColumnStoreError: error.code == .corruptFile
        default: false
        }
    }

    /// A checkpoint that is damaged is made again of the records where all are here, else another machine's takes its place.
    ///
    /// - Returns: whether it can go on.
    private func beginAnew() throws -> Bool {
        guard state.withLock({ !$0.isStopping && SteadyClock.seconds() >= $0.anewFrom }) else { return false }
        if file.base.sequence == 0 {
            guard try hold(unless: isStopping, { try removeOwn() }) != nil else { return false }
        } else if let reason = mender.withLock({ $0 })?() {
            let isNew = state.withLock { state in
                defer { state.whyUnmended = reason }
                return state.whyUnmended != reason
            }
            if isNew {
                log.warning("no checkpoint of another machine can take the place of this node's, which is damaged; it is asked for again", ["reason": .text(reason)])
            }
            return false
        }
        state.withLock { [anewSeconds] in $0.anewFrom = SteadyClock.seconds() + anewSeconds }
        return true
    }

    private func removeOwn() throws {
        try CheckpointFiles.remove(path)
        state.withLock { $0.begin(anewAt: 0) }
    }

    /// - Returns: whether it is further than before.
    private func goOn(through committed: Int) throws -> Bool {
        let (before, wanted) = state.withLock { ($0.report.record, $0.folded < $0.wanted ? $0.wanted : 0) }
        // Not before a quarter of what is kept has come since, or somebody wants it.
        guard committed > before, file.byteCount(after: max(before, file.base.sequence)) > keptByteCount / 4 || before < wanted else { return false }
        let store = try own() ?? begun()
        try finishPending(store)
        // 1. Files that an end in the middle has left apart are brought together. 2. Up to 8,192 records more. 3. Closed and durable, as of one record.
        let last = min(committed, Int(store.foldedSequence) + Self.recordCount)
        try fold(store, through: last)
        // A commit that goes on for longer than that.
        if Int(store.position?.sequence ?? 0) <= before, committed > last { try fold(store, through: committed) }
        let folded = Int(store.foldedSequence)
        try store.settle()
        let record = Int(store.position?.sequence ?? 0)
        state.withLock { ($0.report.record, $0.report.fault, $0.folded) = (record, nil, folded) }
        return record > before
    }

    /// What it is by now, as of a record of this node's log; nil where there is none, and all records are here.
    ///
    /// - Throws: `Unusable`.
    private func own() throws -> ReplicaStore? {
        let store = try ReplicaStore(directory: path, isDurable: true)
        let base = file.base
        if let position = store.position, try isOurs(position, base) { return store }
        guard base.sequence == 0 else {
            throw Unusable(description: "the checkpoint in \(path) is not what record \(base.sequence) has left, and records begin after that")
        }
        return nil
    }

    private func begun() throws -> ReplicaStore {
        let store = try ReplicaStore(directory: path, isDurable: true)
        try store.clear()
        return store
    }

    private func isOurs(_ position: ReplicaStore.Position, _ base: Mark) throws -> Bool {
        if position.sequence <= base.sequence { return ReplicaStore.Position(base) == position }
        return try file.read(from: Int(position.sequence), count: 1).first.map { ReplicaStore.Position($0.mark) == position } ?? false
    }

    /// Some of its files tell more than others, where a process ended in the middle.
    ///
    /// - Throws: `Unusable` where records that some of them tell are not here any more: others may come with their numbers.
    private func finishPending(_ store: ReplicaStore) throws {
        guard let pending = store.pending, pending > store.foldedSequence else { return }
        guard pending <= file.tail.sequence else { throw Unusable(description: "the checkpoint in \(path) tells records up to \(pending), and records end at \(file.tail.sequence)") }
        try fold(store, through: Int(pending))
        try store.settle()
    }

    private func fold(_ store: ReplicaStore, through last: Int) throws {
        // Durable before the first is folded: after a crash in between the next start knows how far it must go (`finishPending`).
        try store.announce(through: Int64(last))
        while Int(store.foldedSequence) < last {
            // Some files tell more than others from here on, until they all tell `last`.
            if isStopping() { throw Stopped() }
            let records = try file.read(from: Int(store.foldedSequence) + 1, count: Self.batchCount, through: last)
            guard !records.isEmpty else { throw RecordFile.CommandFault("record \(store.foldedSequence + 1) is not there any more") }
            for record in records { try store.apply(record) }
        }
    }

    // MARK: Who needs it

    /// Makes a store anew: of the checkpoint where there is one, else from the first record.
    ///
    /// - Throws: `Unusable` where that is damaged and records are gone.
    func clear(_ store: ReplicaStore) throws {
        _ = try hold(unless: isStopping) {
            let own: ReplicaStore?
            do { own = try whole() } catch let unusable as Unusable where file.base.sequence == 0 {
                log.error("the checkpoint of this node is damaged, and is made again of its records", ["reason": .text("\(unusable)")])
                try removeOwn()
                own = nil
            }
            try store.clear(as: own.flatMap { $0.position?.sequence ?? 0 > 0 ? $0 : nil })
        }
    }

    /// As `own`, with all pages of its files looked at.
    ///
    /// - Throws: `Unusable`; `CancellationError`.
    private func whole(unless isCancelled: () -> Bool = { false }) throws -> ReplicaStore? {
        do {
            guard let store = try own() else { return nil }
            try finishPending(store)
            if let fault = try CheckpointFiles.fault(path, unless: isCancelled) { throw Unusable(description: "the checkpoint is damaged: \(fault)") }
            return store
        } catch let unusable as Unusable {
            state.withLock { ($0.isDamaged, $0.report.fault) = (true, "\(unusable)") }
            throw unusable
        } catch where Self.isDamage(error) {
            let unusable = Unusable(description: "the checkpoint in \(path) is damaged: \(error)")
            state.withLock { ($0.isDamaged, $0.report.fault) = (true, "\(unusable)") }
            throw unusable
        }
    }

    /// Calls `body` with its files, as of one record, which stay as they are meanwhile.
    ///
    /// - Parameter isCancelled: asked while another has it, and before each piece of it that is looked at: a peer that waits hears nothing else meanwhile.
    /// - Returns: nil where there is none, or it was cancelled.
    func read<Result>(unless isCancelled: () -> Bool, _ body: (_ folder: String, _ files: [CheckpointFiles.File], Beginning) throws -> Result) throws -> Result? {
        try hold(unless: { isStopping() || isCancelled() }) { () throws -> Result? in
            // What is damaged here is not sent.
            let store: ReplicaStore?
            do { store = try whole(unless: { isStopping() || isCancelled() }) } catch is CancellationError { return nil }
            guard let position = store?.position, position.sequence > 0, let beginning = file.beginning(at: Mark(position)) else { return nil }
            return try body(path, try CheckpointFiles.list(path), beginning)
        } ?? nil
    }

    // MARK: Another's

    /// Makes what has come whole, durably, before it takes this one's place.
    /// The beginning is in it, by which `finishArrival` knows that it is whole.
    func seal(_ beginning: Beginning) throws {
        let files = try LocalStorageFactory.files(incomingPath)
        try files.put(Self.beginningKey, beginning.bytes)
        try ReplicaStore.noteEnd(incomingPath, at: .init(beginning.mark))
        try CheckpointFiles.synchronize(incomingPath)
    }

    /// What has come takes this one's place, and with it all records go: by whoever has the checkpoint, on the node's thread. From its first line on the next start would go on with it.
    func takePlace() throws {
        try CheckpointFiles.rename(Self.incomingName, to: Self.arrivedName, in: folder)
        try finishArrival()
    }

    /// What another's, ending there, does with the records that are here.
    private enum Succession { case keepsThoseAfterIt, takesAll }

    /// - Parameters: as of `replace`.
    /// - Returns: nil where it is of no use.
    private func succession(of beginning: Beginning, mayDrop: Bool) throws -> Succession? {
        let base = file.base
        if beginning.mark.sequence >= base.sequence, try isOurs(ReplicaStore.Position(beginning.mark), base) { return .keepsThoseAfterIt }
        // All of it counts: a record of its numbers that is another here was never acknowledged.
        return mayDrop && beginning.mark.sequence > base.sequence ? .takesAll : nil
    }

    /// - Parameters: as of `replace`.
    func isOfUse(_ beginning: Beginning, mayDrop: Bool) throws -> Bool { try succession(of: beginning, mayDrop: mayDrop) != nil }

    /// What has come takes the place of this one, which is damaged. Records after it stay, where they go on from it: by whoever has the checkpoint.
    ///
    /// A crash in between leaves no checkpoint, and another is asked for.
    ///
    /// - Parameter mayDrop: whether records may go with it, for it goes beyond them, or they are not what counts: before the node's thread has them.
    /// - Returns: false where it ends before the first record that is here.
    func replace(_ beginning: Beginning, mayDrop: Bool) throws -> Bool {
        switch try succession(of: beginning, mayDrop: mayDrop) {
        case .keepsThoseAfterIt?:
            try CheckpointFiles.remove(path)
            try CheckpointFiles.rename(Self.incomingName, to: Self.name, in: folder)
            state.withLock { $0.begin(anewAt: beginning.mark.sequence) }
        case .takesAll?: try takePlace()
        case nil: return false
        }
        return true
    }

    private func finishArrival() throws {
        let files = try LocalStorageFactory.files(folder)
        // Each step can be done again: a crash between any two of them is gone on with by the next start, since `arrived` goes away with the last one.
        let key = "\(Self.arrivedName)/\(Self.beginningKey)"
        guard try files.byteCount(of: key) != nil else { return }
        let bytes = try files.get(key, byteCountMax: Beginning.byteCountMax)
        let beginning: Beginning
        do throws(FrameFault) { beginning = try Beginning(parsing: bytes[...]) } catch { throw RecordFile.CommandFault("\(folder)/\(key) is damaged: \(error.reason)") }
        try file.begin(beginning)
        try CheckpointFiles.remove("\(folder)/\(Self.formerName)")
        if try files.byteCount(of: "\(Self.name)/\(ReplicaStore.folder)/fold") != nil { try CheckpointFiles.rename(Self.name, to: Self.formerName, in: folder) }
        try CheckpointFiles.remove(path)
        try CheckpointFiles.rename(Self.arrivedName, to: Self.name, in: folder)
        state.withLock { $0.begin(anewAt: beginning.mark.sequence) }
    }

    /// What another's has taken the place of.
    func removeFormer() throws { try CheckpointFiles.remove("\(folder)/\(Self.formerName)") }
}

extension Mark {
    init(_ position: ReplicaStore.Position) {
        self.init(sequence: Int(position.sequence), epoch: Int(position.epoch), hash: Cluster.Digest(high: position.high, low: position.low))
    }
}
