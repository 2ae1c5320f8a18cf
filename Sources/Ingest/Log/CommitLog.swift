import ColumnStore
import Glibc
import Synchronization

/// Takes the commits of a store's files in one order, with their times, and keeps them in spools until they lie at the log's place.
///
/// 1. Numbers are given under one lock, to commits whose thread has the write lock of its file: a commit that could see another has the higher number.
/// 2. A commit is in the spool before it is durable in its file. What came to nothing is withdrawn by a later entry.
/// 3. Times never fall.
/// 4. A spool is written under the lock that gives numbers, which every commit of the store takes twice: entries stand in the order of their numbers, and
///    what came to nothing behind the entry that it withdraws.
final class CommitLog: CommitSink {
    struct State {
        var next: Int64
        var time: Int64 = 0
        /// Numbers of commits of which it is not known yet whether they are durable.
        var open: Set<Int64> = []
        var withdrawn: Set<Int64> = []
        /// The spool that is written; -1 where there is none.
        var descriptor: Int32 = -1
        var first: Int64 = 0
        var byteCount: Int64 = 0
        /// Spools that nothing is added to, by the numbers of their names, which rise: their first ones, or later ones.
        var closed: [Int64] = []
        /// Of `closed`, those that nobody has synced, and those where that failed: a later sync would say nothing of what the first one lost.
        var untried: Set<Int64> = []
        var unsynced: Set<Int64> = []
        /// The last change that the log does not tell: a checkpoint is needed before instants from it on can be restored.
        var loss: Loss?
        /// Commits that no spool took, in order, and that the log has no fences for yet.
        var unspooled: [Unspooled] = []
        /// Commits that came to nothing, but of which the spool has records and could take no note of that.
        var untold: Set<Int64> = []
        /// The sync of a commit failed, or what SQLite does behind it: the log has that as one that came to nothing, and so has this process. The next one reads the file anew, and may find it there.
        var isDoubtful = false
        /// Whether a process that only had the spools would take the log for another than it is.
        var misleads: Bool { !unspooled.isEmpty || !untold.isEmpty || !unsynced.isEmpty || isDoubtful }
        var isStopping = false
        /// Somebody wants what there is to be sent now.
        var isWanted = false
        /// In place of a spool.
        var held: [UInt8] = []
    }

    struct Loss: Equatable {
        /// A checkpoint of commits up to it has what was lost.
        let number: Int64
        let reason: String
    }

    /// Commits one after another that are in no spool.
    struct Unspooled {
        var numbers: ClosedRange<Int64>
        /// Of the first: no instant from there on can be restored before a later checkpoint, so that the others' times tell nothing more.
        let time: Int64
    }

    let directory: String
    let state: Monitor<State>
    private let clock: Clock
    private let isSpooled: Bool
    /// So many bytes are a segment, and a spool, or one commit more.
    let segmentByteCount: Int64
    /// So many are sent at once.
    let wantedByteCount: Int64

    /// - Parameters:
    ///   - directory: of the store, absolute.
    ///   - next: the number of its next commit.
    ///   - closed: spools of an earlier process.
    ///   - withdrawn: of what is in them. A commit's own spool need not say that it came to nothing: it may have been ended in between.
    ///   - isPrompt: whether somebody waits for each commit to be sent.
    ///   - isSpooled: false where what was not sent is of no use to the next process: it is held in memory then (`takeHeld`).
    init(
        directory: String, next: Int64, closed: [Int64], withdrawn: Set<Int64> = [], time: Int64, isPrompt: Bool = false, isSpooled: Bool = true, segmentByteCount: Int64 = 8 << 20, clock: Clock
    ) throws {
        (self.isSpooled, self.segmentByteCount) = (isSpooled, segmentByteCount)
        wantedByteCount = isPrompt ? 1 : segmentByteCount
        self.directory = directory
        self.clock = clock
        if isSpooled {
            let folder = "\(directory)/\(LogState.folder)"
            try DataDirectory.makeDirectories(folder)
            // Notes in the making, of processes that were killed: none is written before this one has the log.
            for name in try DataDirectory.names(in: folder) where name.hasSuffix(".tmp") { _ = FileRemoval.remove("\(folder)/\(name)", .temporary) }
        }
        var state = State(next: next)
        (state.closed, state.withdrawn, state.time) = (closed, withdrawn, time)
        // The process before may have been killed.
        state.untried = Set(closed)
        self.state = Monitor(state)
    }

    deinit { state.withLock { if $0.descriptor >= 0 { close($0.descriptor) } } }

    func spoolPath(_ first: Int64) -> String { "\(directory)/\(LogState.folder)/\(LogSpool.name(first))" }

    // MARK: Commits

    /// What a spool does not take is a fence in the log, which a checkpoint makes up for; records of a pair have nothing that could stand in its place.
    var byteCountMax: Int { isSpooled ? .max : LogSegment.commitByteCountMax }

    func name(of path: String) -> String? {
        let name = String(path.dropFirst(directory.utf8.count + 1))
        return Self.isName(name) ? name : nil
    }

    /// Whether commits of a file go into the log. The index of versions is made anew of the rows.
    ///
    /// - Parameter name: below DATA.
    static func isName(_ name: String) -> Bool {
        ["catalog.sqlite", "queues.sqlite", "executions.sqlite"].contains(name) || name.hasPrefix("hot/") && name.hasSuffix(".sqlite")
    }

    func prepare(_ file: String, _ changes: UnsafeRawBufferPointer) -> Int64 {
        let isFull = state.withLock { state -> (Int64, Bool) in
            let before = state.byteCount
            let number = add(LogRecord.Kind(file: file).rawValue, LogPayload.head(file), changes, &state)
            state.open.insert(number)
            return (number, before < wantedByteCount && state.byteCount >= wantedByteCount)
        }
        if isFull.1 { state.broadcast { _ in } }
        return isFull.0
    }

    func resolve(_ number: Int64, isCommitted: Bool) {
        state.withLock { state in
            state.open.remove(number)
            guard !isCommitted else { return }
            state.withdrawn.insert(number)
            if !write(number, state.time, LogSpool.withdrawn, [], UnsafeRawBufferPointer(start: nil, count: 0), &state) { state.untold.insert(number) }
        }
    }

    /// Until the end of the process, whatever checkpoints come: they are copied of what this one sees. The next one begins the log anew, with a checkpoint of what it has found.
    func doubt(_ file: String) {
        state.broadcast { ($0.isDoubtful, $0.isWanted) = (true, true) }
        noteLoss("the sync of a commit of \(file) failed")
    }

    func lose(_ file: String, reason: String) {
        state.broadcast { state in
            let number = add(LogRecord.Kind.fence.rawValue, LogPayload.head(file), UnsafeRawBufferPointer(start: nil, count: 0), &state)
            state.loss = Loss(number: number, reason: "\(file): \(reason)")
        }
    }

    private func add(_ kind: UInt8, _ head: [UInt8], _ changes: UnsafeRawBufferPointer, _ state: inout State) -> Int64 {
        let number = state.next
        state.next += 1
        state.time = max(state.time, clock.now())
        if !write(number, state.time, kind, head, changes, &state) { miss(number, &state) }
        return number
    }

    /// A fence will stand in its place, so that the log goes on and a restore knows that something is missing there.
    private func miss(_ number: Int64, _ state: inout State) {
        guard let last = state.unspooled.last, last.numbers.upperBound == number - 1 else {
            return state.unspooled.append(Unspooled(numbers: number...number, time: state.time))
        }
        state.unspooled[state.unspooled.count - 1].numbers = last.numbers.lowerBound...number
    }

    /// A spool was given commits and does not have them any more, since it is damaged or gone: they are as those that no spool took.
    ///
    /// - Parameters:
    ///   - numbers: in no record of the log, and the first in none of `unspooled`; where one of those comes the rest is left to another call.
    ///   - time: not after the first of them, nor before the record that they follow.
    /// - Returns: whether something is lost: not where all of them came to nothing.
    func miss(_ numbers: ClosedRange<Int64>, time: Int64) -> Bool {
        let reason = "a spool is damaged: commits \(numbers.lowerBound) to \(numbers.upperBound) are in none"
        let isLoss = state.broadcast { state -> Bool in
            // In order, and apart: a number has one fence.
            let index = state.unspooled.firstIndex { $0.numbers.upperBound >= numbers.lowerBound } ?? state.unspooled.count
            let end = index < state.unspooled.count ? min(numbers.upperBound, state.unspooled[index].numbers.lowerBound - 1) : numbers.upperBound
            guard numbers.lowerBound <= end else { return false }
            state.unspooled.insert(Unspooled(numbers: numbers.lowerBound...end, time: time), at: index)
            guard (numbers.lowerBound...end).contains(where: { !state.withdrawn.contains($0) }) else { return false }
            if end > state.loss?.number ?? 0 { state.loss = Loss(number: end, reason: reason) }
            return true
        }
        if isLoss { noteLoss(reason) }
        return isLoss
    }

    /// - Returns: whether it is in the spool.
    private func write(_ number: Int64, _ time: Int64, _ kind: UInt8, _ head: [UInt8], _ changes: UnsafeRawBufferPointer, _ state: inout State) -> Bool {
        guard isSpooled else {
            let parts = LogSpool.frame(sequence: number, time: time, kind: kind, head, changes)
            state.held += parts.head
            state.held += changes
            state.held += parts.tail
            state.byteCount = Int64(state.held.count)
            return true
        }
        guard changes.count <= LogSegment.commitByteCountMax else {
            let reason = "a commit changes \(changes.count) bytes, and a record of the log has \(LogSegment.commitByteCountMax) at most"
            state.loss = Loss(number: number, reason: reason)
            noteLoss(reason)
            return false
        }
        // Whether anybody sends it or not: what a place without an answer leaves here is read whole, spool by spool.
        if state.descriptor >= 0, state.byteCount >= segmentByteCount {
            endSpool(&state)
            state.isWanted = true
        }
        if state.descriptor < 0 {
            // A withdrawal has the number of a spool that may be there still, and waits to be sent: names rise, and none is used for two.
            state.first = max(number, (state.closed.last ?? 0) + 1)
            state.descriptor = open(spoolPath(state.first), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
            state.byteCount = 0
        }
        let parts = LogSpool.frame(sequence: number, time: time, kind: kind, head, changes)
        guard state.descriptor >= 0, let count = LogSpool.append(state.descriptor, at: state.byteCount, parts, changes) else {
            // The store goes on: a checkpoint mends the log.
            let reason = String(cString: strerror(errno))
            state.loss = Loss(number: number, reason: "the spool could not be written: \(reason)")
            noteLoss(reason)
            return false
        }
        state.byteCount += Int64(count)
        return true
    }

    /// A commit that is in no spool, or in one that may be lost, or in doubt, shows in none of its files: whoever starts after a crash is to begin the log anew.
    private func noteLoss(_ reason: String) {
        do { try LogMark.noteBroken(directory) } catch {
            StoreLog.note("a commit is missing in the log's spool, or may be, which could not be noted: a crash before the next checkpoint leaves it out of the log", path: directory, reason: "\(reason); \(error)")
        }
    }

    // MARK: Positions

    var position: LogPosition {
        state.withLock { LogPosition(settled: ($0.open.min() ?? $0.next) - 1, last: $0.next - 1, at: max($0.time, clock.now())) }
    }

    /// The log has records of that time: what comes is not earlier, whatever the clock says.
    func goOn(from time: Int64) { state.withLock { $0.time = max($0.time, time) } }

    /// The last number that was given.
    var last: Int64 { state.withLock { $0.next - 1 } }

    /// What was committed since the last call, as a spool has it.
    func takeHeld() -> [UInt8] {
        state.withLock { state in
            defer { (state.held, state.byteCount) = ([], 0) }
            return state.held
        }
    }

    /// Commits that came to nothing, each once.
    func takeWithdrawn() -> Set<Int64> {
        state.withLock { state in
            defer { state.withdrawn = [] }
            return state.withdrawn
        }
    }

    /// - Returns: how many commits from `first` on are in no spool, one after another, and the time of all of them; nil where it is in one.
    func unspooled(from first: Int64) -> (count: Int64, time: Int64)? {
        state.withLock { state in
            state.unspooled.first { $0.numbers.contains(first) }.map { ($0.numbers.upperBound - first + 1, $0.time) }
        }
    }

    /// The log has fences, or what was lost, up to there.
    func forgetUnspooled(through last: Int64) {
        state.withLock { state in
            state.unspooled = state.unspooled.compactMap { part in
                if part.numbers.upperBound <= last { return nil }
                return Unspooled(numbers: max(part.numbers.lowerBound, last + 1)...part.numbers.upperBound, time: part.time)
            }
        }
    }

    /// Ends the spool that is written, where there is something in it, and syncs what is not synced yet.
    ///
    /// - Returns: spools that are whole, the oldest first.
    func rotate() -> [Int64] {
        let (closed, untried) = state.withLock { state in
            if state.descriptor >= 0, state.byteCount > 0 { endSpool(&state) }
            return (state.closed, state.untried.sorted())
        }
        // Not under the lock, which each commit takes twice: they would wait for a slow disk, all of them.
        for first in untried {
            guard let code = Self.sync(spoolPath(first)) else { continue }
            state.withLock { state in
                guard state.untried.remove(first) != nil, code != 0 else { return }
                state.unsynced.insert(first)
            }
            guard code != 0 else { continue }
            let reason = String(cString: strerror(code))
            // The next process would find it synced.
            noteLoss("\(spoolPath(first)) could not be synced: \(reason)")
            StoreLog.note(
                "a spool of the log could not be synced: a crash of the machine may cost what is in it, and unless it has been sent by then the next start begins an epoch", path: spoolPath(first), reason: reason,
                level: .warning)
        }
        return closed
    }

    private func endSpool(_ state: inout State) {
        close(state.descriptor)
        state.closed.append(state.first)
        state.untried.insert(state.first)
        (state.descriptor, state.byteCount) = (-1, 0)
    }

    /// - Returns: 0, or what is wrong. The system reports here, though the descriptor is another, also a write-back that failed before and that it has reported to nobody.
    ///   nil where none was to be had, and the disk was not asked: the next call asks it.
    private static func sync(_ path: String) -> Int32? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return DataDirectory.isShortage(errno) ? nil : errno }
        defer { close(descriptor) }
        return fdatasync(descriptor) == 0 ? 0 : errno
    }

    /// Whether all that is in spools is there after a crash of the machine, too; of spools that were ended.
    var isSynced: Bool { state.withLock { $0.untried.isEmpty && $0.unsynced.isEmpty } }

    /// The spool is at the log's place.
    func forget(spool first: Int64, through last: Int64) {
        state.withLock { state in
            state.closed.removeAll { $0 == first }
            state.untried.remove(first)
            state.unsynced.remove(first)
            state.withdrawn = state.withdrawn.filter { $0 > last }
            state.untold = state.untold.filter { $0 > last }
        }
        let code = FileRemoval.remove(spoolPath(first), .named("the log has what is in it"))
        if code != 0, code != ENOENT { StoreLog.note("a spool of the log stays", path: spoolPath(first), reason: String(cString: strerror(code)), level: .warning) }
    }
}
