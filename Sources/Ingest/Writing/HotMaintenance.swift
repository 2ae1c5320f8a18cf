internal import ColumnStore
import Glibc
import Synchronization

/// The thread behind the writer's back: lays rows into columns, flushes full groups into their file, copies the write-ahead log.
///
/// Nothing here is needed for durability: after a crash it begins again from the rows.
///
/// One turn:
///
/// 1. At the first, seal a file of an earlier day.
/// 2. Make tomorrow's file, or the next one that a backup had removed, lay room ahead of the log, or copy a log that has become long.
/// 3. Write the index of versions, where that is due.
/// 4. Lay full groups down.
///
/// A second without a commit to a file, and its log is copied; a minute, and it is cut. A sealed file's is cut at once, or as soon as nobody reads in it any more.
///
/// How far files have come is noted once columns were laid down, as a log is cut, and each ten minutes (`ReachNotes`).
final class HotMaintenance: Sendable {
    /// The writer sets `isPending` and `committed`, the thread takes them.
    private struct State {
        /// At the start too: what an earlier process left to flush counts against what this one may take.
        var isPending = true
        /// A file that was prepared is gone, and is to be made again.
        var wantsFile = false
        var isStopping = false
        /// Each once, the last one at the end: mostly it is one.
        var committed: [HotFile] = []
    }

    /// In nanoseconds. Tests make them short.
    struct Pauses: Sendable {
        /// Without a commit, after which a log is copied.
        var copy: UInt64 = 1_000_000_000
        /// From then on, after which it is cut.
        var cut: UInt64 = 59_000_000_000
        /// Between two notes of how far files have come.
        var note: UInt64 = 600_000_000_000
    }

    /// A file whose log is not at rest.
    private struct Written {
        /// Not held: where its rows are in cold it goes with its last reader, and not a minute later.
        weak var file: HotFile?
        /// What is in its log is in the file too.
        var isCopied = false
        /// When it is looked at next, by the steady clock.
        var at: UInt64
        /// Looks in vain since the last commit.
        var tries: UInt64 = 0

        /// Until then.
        var pause: UInt64 {
            let now = SteadyClock.nanoseconds()
            return at > now ? at &- now : 0
        }
    }

    /// When columns may be laid down again that could not be.
    private struct FlushPace {
        private var at: UInt64 = 0
        private var pause: UInt64 = 0

        var isDue: Bool { SteadyClock.nanoseconds() >= at }

        mutating func note(_ outcome: Result<Void, any Error>) {
            guard case .failure = outcome else { return pause = 0 }
            pause = min(max(2 * pause, HotMaintenance.idleNanoseconds), HotMaintenance.flushPauseMax)
            at = SteadyClock.nanoseconds() &+ pause
        }
    }

    private let boundary: TierBoundary
    private let nextFile: NextHotFile
    private let versions: VersionIndex
    private let clock: Clock
    private let pauses: Pauses
    private let reached: ReachNotes
    private let state = Monitor(State())
    private let thread = HeldThread()
    /// At most 100, until somebody takes them.
    private let failures = Mutex<[String]>([])
    private let flushing = Mutex(())

    /// The log is copied when so much of it is in use. A restart reads it in a fifth of a second; and what the copy's end costs the writer,
    /// two calls of fsync, comes seldom.
    private static let logByteCountMax: Int64 = 128 << 20
    /// Room is laid down so far ahead of the log's end: as much as is in use, so that small stores have small logs.
    private static let aheadRange: ClosedRange<Int64> = 1 << 20...8 << 20
    /// When nothing is written for a minute, a log longer than this share of its file is cut to it: a store at rest is its files.
    private static let restingShare: Int64 = 16
    private static let restingRange: ClosedRange<Int64> = 1 << 20...16 << 20
    /// In microseconds.
    private static let aheadOfMidnight: Int64 = 60_000_000
    /// When a pass found so few frames, the writer copies what came since: about half a megabyte.
    ///
    /// Passes end sooner or later: a writer that is quicker than the copying is met by the writer's own part.
    private static let restFrameCount = 128
    private static let passCountMax = 6
    /// Behind the threads that take receipts, but not so far that they leave it behind.
    private static let niceness: Int32 = 5
    /// What failed is tried again after a second; without anything to copy the thread sleeps an hour at a time.
    private static let idleNanoseconds: UInt64 = 1_000_000_000
    private static let longNanoseconds: UInt64 = 3_600_000_000_000
    private static let pauseDoublingsMax: UInt64 = 6
    /// While columns cannot be laid down: each try makes the images of all that waits.
    private static let flushPauseMax: UInt64 = 8_000_000_000

    init(boundary: TierBoundary, nextFile: NextHotFile, versions: VersionIndex, clock: Clock, pauses: Pauses, reached: ReachNotes) {
        (self.pauses, self.reached) = (pauses, reached)
        self.boundary = boundary
        self.nextFile = nextFile
        self.versions = versions
        self.clock = clock
    }

    func start(writer: HotWriter) {
        thread.start(name: "hot-maintenance") { [self] in run(writer) }
    }

    /// Ends after the turn that runs. The writer must still be there, since a turn may wait for it.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// Called by the writer after each commit: must be cheap, and wakes the thread at most once a round.
    func noteCommit(_ file: HotFile) {
        let isNews = state.withLock { state in
            if state.committed.last !== file {
                state.committed.removeAll { $0 === file }
                state.committed.append(file)
            }
            defer { state.isPending = true }
            return !state.isPending
        }
        if isNews { state.wakeOne() }
    }

    /// The file that `NextHotFile.withNone` has removed is made again, off the thread of whoever asked for that.
    func prepareAgain() { state.signal { ($0.isPending, $0.wantsFile) = (true, true) } }

    private func run(_ writer: HotWriter) {
        WorkerThread.lowerPriority(by: Self.niceness)
        // Whose log is to be copied, or cut, once nothing is written to it for a while. At most each hot file once.
        var written: [Written] = []
        // Until it was done.
        var (wantsSeal, wantsFile) = (true, false)
        var pace = FlushPace()
        var notedAt = SteadyClock.nanoseconds()
        while true {
            // Nil when the wait timed out: nothing was committed for as long.
            let isStopping = state.wait(nanoseconds: written.map(\.pause).min() ?? Self.longNanoseconds) { state -> Bool? in
                if state.isStopping { return true }
                guard state.isPending else { return nil }
                state.isPending = false
                return false
            }
            if isStopping == true { return }
            do {
                guard isStopping == false else {
                    // Tried again where it fails, or somebody reads: nothing need be committed for that.
                    for result in [Result { try rest(&written, writer) }, Result { try nextFile.tidy() }] { try result.get() }
                    continue
                }
                let files = state.withLock { state in
                    defer { (state.committed, state.wantsFile) = ([], false) }
                    wantsFile = wantsFile || state.wantsFile
                    return state.committed
                }
                for file in files {
                    written.removeAll { $0.file === file }
                    written.append(Written(file: file, at: SteadyClock.nanoseconds() &+ pauses.copy))
                }
                let mayFlush = pace.isDue
                // Each though another failed.
                let sealed = Result {
                    // Nobody need send a receipt before the rows of a day that is over leave memory.
                    if wantsSeal { try writer.seal(before: Clock.day(ofMicroseconds: clock.now())) }
                    wantsSeal = false
                }
                let kept = files.map { file in Result { try keepLog(file, writer) } }
                // Commits to others, and turns without one, as of columns that cannot be laid down, are no reason to leave a log as it is.
                let rested = Result { try rest(&written, writer) }
                let prepared = Result {
                    if let open = files.last(where: { !$0.state.isSealed }) { try prepareTomorrow(open) }
                    if wantsFile { try nextFile.prepareAgain() }
                    wantsFile = false
                }
                let indexed = Result { if versions.isFlushDue { try versions.flush() } }
                let tidied = Result { try nextFile.tidy() }
                let flushed = Result { if mayFlush { try flush(writer) } }
                if mayFlush { pace.note(flushed) }
                if SteadyClock.nanoseconds() &- notedAt >= pauses.note {
                    reached.note()
                    notedAt = SteadyClock.nanoseconds()
                }
                for result in [sealed] + kept + [rested, prepared, indexed, tidied, flushed] { try result.get() }
                if !mayFlush { waitForAnother() }
            } catch {
                // Rows stay in memory and in the log. A writer that stops before this thread does is no failure.
                if state.withLock({ $0.isStopping }) { return }
                failures.withLock { failures in
                    if failures.count < 100 { failures.append("\(error)") }
                }
                waitForAnother()
            }
            // Not after each of a thousand commits a second.
            // A turn at most each 20 ms: what was committed meanwhile is done in one.
            _ = state.wait(nanoseconds: 20_000_000) { $0.isStopping ? true : nil }
        }
    }

    /// A second, and another turn then though nothing is committed: what waits here may be the reason why nothing is taken.
    private func waitForAnother() {
        state.withLock { $0.isPending = true }
        _ = state.wait(nanoseconds: Self.idleNanoseconds) { $0.isStopping ? true : nil }
    }

    /// Flushes what is full, and all of sealed files. One at a time: a chunk must not be flushed twice.
    ///
    /// - Parameter isWhole: all that there is.
    func flush(_ writer: HotWriter, isWhole: Bool = false) throws {
        defer { count(writer) }
        try flushing.withLock { _ in
            var isLaidDown = false
            // Once for all groups: each note is a commit of the catalog, and of a day that is over many groups come at once.
            defer { if isLaidDown { reached.note() } }
            let flusher = HotFlusher(writer: writer) { [self] in
                count(writer)
                isLaidDown = true
            }
            try flusher.flush(boundary.snapshot().files, isWhole: isWhole)
        }
    }

    private func count(_ writer: HotWriter) {
        writer.statistics.setUnflushed {
            var (rowCount, byteCount) = (0, 0)
            for tail in boundary.snapshot().files.flatMap(\.allTails) {
                rowCount += tail.rowCountInMemory
                byteCount += tail.byteCountInMemory
            }
            return (rowCount, byteCount)
        }
    }

    /// What went wrong since the last call, for the log.
    func takeFailures() -> [String] {
        failures.withLock { failures in
            defer { failures = [] }
            return failures
        }
    }

    /// A minute before midnight the next day's file is made.
    private func prepareTomorrow(_ file: HotFile) throws {
        let soon = Clock.day(ofMicroseconds: clock.now() + Self.aheadOfMidnight)
        if soon == file.day + 1 { try nextFile.prepare(day: soon, isFirst: true) }
    }

    /// While receipts come: keeps room ahead of the log's end, and copies the log when it has become long.
    ///
    /// - Complexity: a look at two numbers for most turns.
    private func keepLog(_ file: HotFile, _ writer: HotWriter) throws {
        guard let log = file.preallocation else { return }
        let used = log.writtenByteCount
        if used > Self.logByteCountMax {
            guard !file.isPinned else { return }
            _ = try copyLog(file)
            return try writer.checkpoint(file, cuts: false)
        }
        let ahead = Self.clamp(used, Self.aheadRange)
        // Not at every turn: each has a wait of the disk.
        // Half of the room is still free: the writer cannot reach its end before the next turns.
        guard !file.state.isSealed, log.byteCount - used < ahead / 2 else { return }
        try log.fill(to: used + ahead)
    }

    /// Nothing was written for a while, or nothing will be any more: the log is copied after a second of that, and cut after a minute. A burst each few seconds overwrites what is there then; cut in between, each had zeros laid ahead
    /// of it anew, and commits that came before those made the file longer, which takes the disk twice as long.
    ///
    /// - Parameter written: without those for which there is nothing more to do.
    /// - Throws: what the first one throws, once all others that are due were looked at.
    private func rest(_ written: inout [Written], _ writer: HotWriter) throws {
        var failure: (any Error)?
        for place in written.indices.reversed() where written[place].pause == 0 {
            do { if try rest(&written[place], writer) { written.remove(at: place) } } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// - Returns: whether there is nothing more to do.
    private func rest(_ due: inout Written, _ writer: HotWriter) throws -> Bool {
        guard let file = due.file else { return true }
        // Asked for again a while later where somebody has pinned it or reads in its log, or it fails; after twice as long each time, to a minute.
        due.at = SteadyClock.nanoseconds() &+ pauses.copy &<< min(due.tries, Self.pauseDoublingsMax)
        due.tries &+= 1
        if !due.isCopied, !file.state.isSealed {
            guard try copy(file, writer) else { return false }
            (due.isCopied, due.at, due.tries) = (true, SteadyClock.nanoseconds() &+ pauses.cut, 0)
            return false
        }
        guard try cut(file, writer) else { return false }
        reached.note()
        return true
    }

    /// Copies a log, which keeps its length: the next commit begins it anew.
    ///
    /// - Returns: false where that is for later: somebody has pinned it, or reads in the log of a sealed one.
    private func copy(_ file: HotFile, _ writer: HotWriter) throws -> Bool {
        if file.state.isLeaving { return true }
        guard !file.isPinned else { return false }
        if file.state.isSealed {
            return try copyLog(file, cuts: true)
        }
        guard file.preallocation != nil else { return true }
        _ = try copyLog(file)
        try writer.checkpoint(file, cuts: false)
        return true
    }

    /// A sealed file's log is copied and cut. An open one's is cut where it is longer than a sixteenth of the file, within 1 and 16 MB.
    ///
    /// - Returns: as `copy`.
    private func cut(_ file: HotFile, _ writer: HotWriter) throws -> Bool {
        guard !file.state.isLeaving, !file.state.isSealed, let log = file.preallocation else { return try copy(file, writer) }
        guard !file.isPinned else { return false }
        let resting = Self.clamp(Self.byteCount(file.path) / Self.restingShare, Self.restingRange)
        guard log.byteCount > resting + Self.aheadRange.lowerBound else { return true }
        _ = try copyLog(file)
        try writer.checkpoint(file, cuts: true)
        try log.fill(to: resting)
        return true
    }

    private static func clamp(_ value: Int64, _ range: ClosedRange<Int64>) -> Int64 { min(max(value, range.lowerBound), range.upperBound) }

    private static func byteCount(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// Copies the log with a connection of its own while the writer goes on, again and again until little has come meanwhile. When the
    /// writer then copies that little between two groups, its next commit begins the log anew.
    ///
    /// https://www.sqlite.org/c3ref/wal_checkpoint_v2.html: a PASSIVE checkpoint copies what no reader holds back, and waits for nobody.
    ///
    /// - Parameter cuts: of a file that nobody writes any more: cut the log off, unless somebody reads in it.
    /// - Returns: false where somebody does.
    private func copyLog(_ file: HotFile, cuts: Bool = false) throws -> Bool {
        let connection = try SQLiteConnection(path: file.path, mode: .readWrite)
        try connection.execute("PRAGMA wal_autocheckpoint=0; PRAGMA synchronous=FULL")
        var copied = 0
        for _ in 0..<Self.passCountMax {
            // `logged` is the log's frames, `copied` those that the file has by now: what came since the last pass is their difference.
            let pass = try connection.checkpoint(.passive)
            if pass.logged - copied <= Self.restFrameCount { break }
            copied = pass.copied
        }
        return try !cuts || connection.cutLog()
    }
}
