import ColumnStore
import Documents
import Glibc
import Synchronization

/// When hot files move and cold files merge.
package struct CompactionOptions: Sendable {
    /// Days that a hot file stays before it moves by itself.
    package var hotDays: Int32 = 30
    /// In seconds.
    package var intervalSeconds = 300.0
    /// How long replaced files stay for outside readers, in seconds.
    package var snapshotKeepSeconds = 7.0 * 86_400
    /// Of cold files; smaller in tests, so that files of a few rows have several.
    package var rowGroupRowCount = 131_072
    /// Of the sums of one cold file.
    package var rollupRowCountMax = 1_000_000
    /// Of a file of sums that has coarser ones besides: fewer are read as quickly. Smaller in tests.
    package var coarserRowCountMin = 4_096
    /// In seconds, the first and the longest: after sums that could not be made for something that passes.
    package var sumsPauses = 10.0...3_600
    /// Whether sums that are missing are made from the start on, and not only in the intervals: off in tests that look at what was missing.
    package var fillsAtStart = true
    /// Whether all stays hot: where cold files would have to be on two machines.
    package var keepsHot = false
    /// Whether cold files have the sums of rollups beside them. Their tables take the names of those that were there before, which no two machines may do.
    package var makesSums = true

    package init() {}
}

/// Moves hot files to cold and merges cold ones: by itself at intervals, and when asked. One thread of low priority does both.
///
/// A compaction, on the compactor's thread and under `changing`:
///
/// 1. Seal the open file, if it is due, and lay damaged images down again.
/// 2. Move hot files that are due, as many side by side as there are workers.
/// 3. Mend damaged cold files, sweep tables with versions, merge.
/// 4. Publish for outside engines what is newest; have filters at hand; wake who makes sums.
///
/// Each change of a table is one transaction of the catalog (`Catalog.switchToCold`), before which nothing is visible and after which nothing is
/// missing. Tidying follows only those that come by themselves.
final class Compactor: Sendable {
    struct State {
        var requests: [Request] = []
        /// A cold file was found damaged, or the last document was brought that one needs.
        var wantsMending = false
        /// The chore has something to do.
        var hasChore = false
        /// A server has begun, which takes receipts for longer than a command.
        var wantsFilters = false
        /// A rollup lacks the sums of files that are there.
        var wantsFilling = false
        var isStopping = false
        var isStopped = false

        /// What is to be done, once; nil when nothing is.
        mutating func take() -> Wishes? {
            guard !requests.isEmpty || wantsMending || wantsFilters || wantsFilling || hasChore else { return nil }
            defer { (requests, wantsMending, wantsFilters, wantsFilling, hasChore) = ([], false, false, false, false) }
            return Wishes(requests: requests, mending: wantsMending, filters: wantsFilters, filling: wantsFilling, chore: hasChore)
        }
    }

    struct Wishes {
        var requests: [Request] = []
        var mending = false
        var filters = false
        var filling = false
        var chore = false
    }

    /// Somebody waits for `completion`, which is called once, on the compactor's thread.
    struct Request: Sendable {
        let before: Int32
        let isCancelled: @Sendable () -> Bool
        let completion: @Sendable (Result<CompactionSummary, any Error>) -> Void
    }

    let tier: HotTier
    let catalog: Catalog
    let cold: ColdTier
    let types: TypeStore
    private let quarantine: Quarantine
    let options: CompactionOptions
    let clock: Clock
    let names = ULIDGenerator()
    /// Cold tables change by one hand at a time. Taken before anything is asked of the writer's thread.
    private let changing = Mutex(())
    let state = Monitor(State())
    let maker: RollupMaker
    /// Sums that are tried again later.
    let heldSums: Mutex<HeldSums>
    /// Versions of tables of sums that no rollup has any more, by name.
    let formerRollups = Mutex<[String: ColdTable.Versions]>([:])
    private let thread = HeldThread()
    private let chore = Mutex<(@Sendable (_ isNewRound: Bool) -> Bool)?>(nil)
    /// Of the request that is being done.
    private let isUnwanted = Mutex<(@Sendable () -> Bool)?>(nil)
    private let tally = Mutex(Tally())
    /// Who wants files to stay, and whether some are being removed.
    private let removals = Monitor(Removals())
    let usage: UsageLedger
    /// Bytes of Parquet written, and of them by merges: the second over the difference is the amplification.
    let writtenBytes = Atomic<Int>(0)
    let mergedBytes = Atomic<Int>(0)
    let movedRows = Atomic<Int>(0)
    /// Rows that merges wrote: compressed anew, and taken over with their row group as it was.
    let encodedRows = Atomic<Int>(0)
    let copiedRows = Atomic<Int>(0)
    /// Why hot files stay hot that are due, by name.
    let leftHot = Mutex<[String: HotFault]>([:])
    /// Why images of hot files stay damaged, by their names.
    let unmended = Mutex<[String: String]>([:])
    /// Files that are neither merged nor swept, since reading them takes more memory than it may, by location: until the next start.
    let tooLarge = Mutex<Set<String>>([])
    /// By versioned table, in milliseconds since 1970: what outside engines see of it leads to no file that its history has not had since then.
    private let shownSince = Mutex<[String: Int64]>([:])
    let views = Mutex(KnownViews())
    /// Tables of which a file was written anew, and whose earlier snapshots have not all ended.
    let mended = Mutex<Set<String>>([])
    /// Rows stored when the last compaction began.
    private let knownRows = Atomic<Int>(-1)

    /// An orphan of a commit that failed is removed at this age: no commit takes so long.
    private static let orphanAgeMilliseconds: Int64 = 24 * 3_600_000

    init(
        tier: HotTier, catalog: Catalog, cold: ColdTier, types: TypeStore, quarantine: Quarantine, usage: UsageLedger,
        options: CompactionOptions, clock: Clock
    ) {
        self.usage = usage
        self.tier = tier
        self.catalog = catalog
        self.cold = cold
        self.types = types
        self.quarantine = quarantine
        self.options = options
        maker = RollupMaker(
            rowCountMax: options.rollupRowCountMax, coarserRowCountMin: options.coarserRowCountMin,
            engines: SumsEngines(directory: cold.directory.path, minFreeBytes: tier.writer.limits.minFreeBytes))
        heldSums = Mutex(HeldSums(options.sumsPauses))
        self.clock = clock
    }

    func start() {
        cold.damage.observe { [weak self] in self?.state.broadcast { $0.wantsMending = true } }
        // Those that were found before.
        if !cold.damage.isEmpty { state.broadcast { $0.wantsMending = true } }
        if options.fillsAtStart { fill() }
        thread.start(name: "compactor") { [self] in run() }
    }

    /// Ends the thread; what it was doing is left as it was.
    func stop() {
        state.broadcast { $0.isStopping = true }
        thread.join()
    }

    /// Moves hot files of days before `day` (nil: all), merges, and returns when done.
    ///
    /// - Throws: `DayCompactor.Cancelled` when it was cancelled, or the store closes.
    func compact(before day: Int32?, isCancelled: @escaping @Sendable () -> Bool) throws -> CompactionSummary {
        if options.keepsHot { throw Fault(.badParameter, "two machines keep this store, and keep all of it hot, since storage.url names no bucket: nothing is compacted") }
        let before = day ?? Clock.day(ofMicroseconds: clock.now()) + 1
        let done = Monitor<Result<CompactionSummary, any Error>?>(nil)
        let isTaken = state.broadcast { state in
            if state.isStopping { return false }
            state.requests.append(Request(before: before, isCancelled: isCancelled) { result in done.broadcast { $0 = result } })
            return true
        }
        guard isTaken else { throw Fault(.overloaded, "the server is stopping") }
        return try done.wait { $0 }.get()
    }

    private let log = CompactionLog()

    /// Invariant: files are removed only while `isRunning`, which nobody sets while `holdCount` is above 0; holders wait for its end.
    private struct Removals {
        var holdCount = 0
        var isRunning = false
        /// Something was to be removed while somebody wanted files to stay.
        var isMissed = false
    }

    private struct Tally {
        var figures = Figures()
        var failure: String?
    }

    /// What became of compactions since the start.
    struct Figures: Sendable {
        var doneCount = 0
        var failedCount = 0
        var seconds = 0.0
        var isFailing = false
        /// Seconds since 1970; 0 for none.
        var lastSuccess = 0.0
    }

    var figures: Figures { tally.withLock { $0.figures } }
    /// What went wrong at the last attempt; nil when nothing did.
    var failure: String? { tally.withLock { $0.failure } }

    /// Runs one compaction and counts it.
    private func counted<Result>(_ body: () throws -> Result) throws -> Result {
        let began = SteadyClock.seconds()
        func note(failure: String?) {
            tally.withLock { tally in
                tally.figures.seconds += SteadyClock.seconds() - began
                tally.figures.isFailing = failure != nil
                tally.failure = failure
                if failure == nil {
                    tally.figures.doneCount += 1
                    tally.figures.lastSuccess = Double(clock.now()) / 1e6
                } else {
                    tally.figures.failedCount += 1
                }
            }
        }
        do {
            let result = try body()
            note(failure: nil)
            return result
        } catch let cancelled as DayCompactor.Cancelled {
            throw cancelled
        } catch {
            note(failure: "\(error)")
            throw error
        }
    }

    /// Writes down what a compaction did.
    private func noted(isRequested: Bool, _ body: () throws -> CompactionSummary) throws -> CompactionSummary {
        let startedAt = clock.now()
        do {
            let summary = try body()
            log.add(CompactionRecord(startedAt: startedAt, endedAt: clock.now(), isRequested: isRequested, summary: summary, failure: nil))
            return summary
        } catch {
            // An end that somebody asked for is no failure, and did nothing that its files do not show.
            if !(error is DayCompactor.Cancelled) {
                log.add(CompactionRecord(startedAt: startedAt, endedAt: clock.now(), isRequested: isRequested, summary: nil, failure: "\(error)"))
            }
            throw error
        }
    }

    /// What compactions did since the start.
    var records: [CompactionRecord] { log.all }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Whether the work should end: the store closes, or its caller wants it no more.
    ///
    /// Asked between pieces everywhere in here; the answer is a `DayCompactor.Cancelled`.
    var isEnding: Bool { isStopping || isUnwanted.withLock { $0 }?() ?? false }

    /// What else changes cold tables, a piece at a time between compactions.
    ///
    /// - Parameter chore: does one; told whether a compaction came since the last. Returns whether there is more to do at once.
    func setChore(_ chore: @escaping @Sendable (_ isNewRound: Bool) -> Bool) { self.chore.withLock { $0 = chore } }

    private let afterHealing = Mutex<(@Sendable (HotFile) -> Void)?>(nil)

    /// - Parameter body: told of a hot file of which columns were laid down again, as the types of its rows have them.
    func whenHealed(_ body: @escaping @Sendable (HotFile) -> Void) { afterHealing.withLock { $0 = body } }

    func healed(_ file: HotFile) { afterHealing.withLock { $0 }?(file) }

    /// There is something for the chore to do.
    func wakeForChore() { state.broadcast { $0.hasChore = true } }

    /// What was asked for first (filters, mending, requests), then the interval's own work, then sums, then the chore.
    private func run() {
        WorkerThread.lowerPriority()
        let interval = UInt64(max(0.01, options.intervalSeconds) * 1e9)
        var filledAt = SteadyClock.nanoseconds()
        var due = filledAt + interval
        while true {
            let now = SteadyClock.nanoseconds()
            // Sums that could not be made are tried again once their pause is over.
            let again = heldSums.withLock { $0.nextEnd(after: filledAt) } ?? .max
            let next = min(due, again)
            let woken = state.wait(nanoseconds: next > now ? next - now : 0) { $0.isStopping ? Wishes() : $0.take() }
            if isStopping { break }
            if woken?.filters ?? false { keepFilters() }
            // Only the end of the program ends it before its time.
            if woken?.mending ?? false { try? exclusively { try mend() } }
            for request in woken?.requests ?? [] { perform(request) }
            let isDue = SteadyClock.nanoseconds() >= due
            if isDue {
                attempt()
                due = SteadyClock.nanoseconds() + interval
            }
            if isDue || woken?.filling ?? false || SteadyClock.nanoseconds() >= again {
                filledAt = SteadyClock.nanoseconds()
                fillOnce()
            }
            if isDue || woken?.chore ?? false {
                let hasMore = chore.withLock { $0 }?(isDue || !(woken?.requests.isEmpty ?? true)) ?? false
                // Whoever woke it meanwhile is not forgotten: what it began may have come after the chore had looked.
                if hasMore { state.withLock { $0.hasChore = true } }
            }
        }
        let late = state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
        for request in (late) { request.completion(.failure(Fault(.overloaded, "the server is stopping"))) }
    }

    /// A few files at a time, so that a request for a compaction meanwhile need not wait for all.
    private func fillOnce() {
        do { if try wantsSums(), try exclusively({ try fillSome() }) { fill() } } catch is DayCompactor.Cancelled {} catch {
            // Tried again at the next interval.
            StoreLog.note("sums of cold files could not be made", path: "rollups", reason: StoreLog.text(error), level: .warning)
        }
    }

    private func perform(_ request: Request) {
        isUnwanted.withLock { $0 = request.isCancelled }
        defer { isUnwanted.withLock { $0 = nil } }
        request.completion(Result { try counted { try noted(isRequested: true) { try work(before: request.before, isRequested: true) } } })
    }

    /// By itself: what fails is tried again at the next interval, and shown by `failure`.
    private func attempt() {
        do {
            try counted {
                let worked = Result { try noted(isRequested: false) { try work(before: Clock.day(ofMicroseconds: clock.now()) - options.hotDays, isRequested: false) } }
                if case .failure(let error) = worked, error is DayCompactor.Cancelled { throw error }
                // What is in the way of one table keeps none from being tidied. Nothing is where files may not be changed any more.
                let tidied = Result { try exclusively { try tidy() } }
                _ = try worked.get()
                try tidied.get()
            }
        } catch {
            // Kept in `failure`, or nothing but the end of the program.
        }
    }

    /// Keeps cold tables as they are while `body` changes them.
    ///
    /// - Throws: `.unavailable` too, where another process has the warehouse; `Catalog.checkUsable`.
    func exclusively<Result>(_ body: () throws -> Result) throws -> Result {
        try changing.withLock { _ in
            // What a switch that failed has left may be in force: only a restart knows.
            try catalog.checkUsable()
            try cold.checkClaim()
            return try body()
        }
    }

    /// - Parameter day: hot files of earlier UTC days are due.
    private func work(before day: Int32, isRequested: Bool) throws -> CompactionSummary {
        if options.keepsHot { return CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0) }
        return try exclusively { try moveAndMerge(before: day, isRequested: isRequested) }
    }

    /// Merges what a large import has left in many files.
    ///
    /// On the caller's thread.
    func mergeAll() throws {
        try exclusively {
            try tidyEach(tier.boundary.snapshot().cold.keys.sorted(), endsWith: isInTheWayOfAll) { table in
                _ = try merge(table, CompactionPicker(isRequested: false), workerCount: Self.processorCount)
            }
        }
    }

    /// All processors for a caller who waits, and while nobody sends receipts; else one. The threads are behind all others either way.
    private func workerCount(isRequested: Bool) -> Int {
        let rows = tier.writer.statistics.rows.load(ordering: .relaxed)
        let isIdle = knownRows.exchange(rows, ordering: .relaxed) == rows
        return isRequested || isIdle ? Self.processorCount : 1
    }

    private static let processorCount = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))

    /// - Throws: also where something was in the way of one table alone, when all others had their turn.
    /// - Precondition: called within `exclusively`.
    private func moveAndMerge(before day: Int32, isRequested: Bool) throws -> CompactionSummary {
        var summary = CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0)
        var obstacle: (any Error)?
        // A file takes rows until it is sealed, and only a sealed one may leave.
        let today = Clock.day(ofMicroseconds: clock.now())
        let known = tier.boundary.snapshot().files
        if let open = known.last(where: { !$0.state.isSealed }), HotFileAges(known, today: today).day(of: open) < day { try tier.seal() }
        mendImages()
        let workerCount = workerCount(isRequested: isRequested)
        let present = tier.boundary.snapshot().files
        let ages = HotFileAges(present, today: today)
        // What came first leaves first, also where a clock that was ahead has given its file a later day: documents reach cold in the order in which they came.
        let files = present.filter { ages.day(of: $0) < day && $0.state.isSealed }.sorted { $0.state.firstSequence < $1.state.firstSequence }
        let obstacles = try obstacles(to: files)
        for start in stride(from: 0, to: files.count, by: workerCount) {
            if isEnding { throw DayCompactor.Cancelled() }
            var leaving: [HotFile] = []
            do {
                for file in files[start..<min(start + workerCount, files.count)] {
                    // What is damaged stays where it is known to be: other files go on.
                    let isSound = file.damage.isEmpty && (isRequested || !isLeft(file))
                    if try isSound && isFilled(file) && mayLeave(file) { leaving.append(file) } else { summary.filesLeft += 1 }
                }
                let moved = try move(leaving, besides: obstacles)
                summary.rowsMoved += moved.rowCount
                for file in moved.left { file.publish { $0.isLeaving = false } }
                summary.filesLeft += moved.left.count
                summary.filesMoved += leaving.count - moved.left.count
                obstacle = obstacle ?? moved.obstacle
            } catch {
                let present = tier.boundary.snapshot().files
                for file in leaving where present.contains(where: { $0 === file }) { file.publish { $0.isLeaving = false } }
                throw error
            }
            ProcessHeap.giveBack()
        }
        let steps: [() throws -> Void] = [
            { if let obstacle { throw obstacle } },
            { [self] in try mend() },
            { [self] in
                try tidyEach(tier.boundary.snapshot().cold.keys.sorted(), endsWith: isInTheWayOfAll) { table in
                    try sweep(table)
                    summary.filesMerged += try merge(table, CompactionPicker(isRequested: isRequested), workerCount: workerCount)
                }
            },
            { [self] in try publishNewest() },
            { [self] in
                keepFilters()
                fill()
            },
            // Nothing came meanwhile.
            { [self] in if isRequested { try tier.nextFile.discard() } },
        ]
        try tidyEach(steps, endsWith: isInTheWayOfAll) { try $0() }
        return summary
    }

    /// Has them at hand soon, by the compactor's thread.
    func keepFiltersSoon() { state.broadcast { $0.wantsFilters = true } }

    func keepFilters() {
        cold.keepFilters(of: tier.boundary.snapshot().cold.sorted { $0.key < $1.key }.map(\.value)) { isEnding }
    }

    /// What outside engines see of versioned tables follows their histories, but where nobody knows which rows are superseded, or where there is a view and not every file is swept.
    func publishNewest() throws {
        let cutoff = clock.now() / 1_000 - Int64(options.snapshotKeepSeconds * 1_000)
        let present = tier.boundary.snapshot()
        let tables = present.cold.values.filter { present.unreadVersions[$0.name] == nil }.sorted { $0.name < $1.name }
        try tidyEach(tables) { table in _ = try publishNewest(of: table, before: cutoff) }
    }

    /// - Parameter cutoff: in milliseconds since 1970.
    /// - Returns: false where the table is not swept: what outside engines see of it stays as it is.
    func publishNewest(of table: ColdTable, before cutoff: Int64) throws -> Bool {
        guard TableName.kind(of: table.name).publishesNewest else { return true }
        let place = cold.directory.storages.location
        // Where there is none yet, as after a move, rows that later versions replace are better than no table.
        if try isUnswept(table.name), try cold.showsNewest(of: table) {
            views.withLock { $0.note(table.name, isThere: true, at: place) }
            StoreLog.note(
                "what outside engines see of a table stays as it is", path: table.name, reason: "a file of it has rows that later versions replace, and could not be swept: see what was logged of that file",
                level: .warning)
            return false
        }
        let now = clock.now() / 1_000
        guard let shown = try cold.publishNewest(of: table, before: cutoff) else { return true }
        shownSince.withLock { $0[table.name] = min(now, shown.earliest ?? now) }
        views.withLock { $0.note(table.name, isThere: true, at: place) }
        return true
    }

    // MARK: Tidying

    /// Runs `body` while no cold file is removed.
    ///
    /// Waits for a removal that is under way. `body` may take as long as a backup does.
    func withoutRemovals<Result>(_ body: () throws -> Result) rethrows -> Result {
        removals.wait { removals -> Void? in
            guard !removals.isRunning else { return nil }
            removals.holdCount += 1
            return ()
        }
        defer { endHold() }
        return try body()
    }

    /// New sums wait for former ones to go: who could not remove those does so now.
    private func endHold() {
        let isMissed = removals.withLock { removals in
            removals.holdCount -= 1
            guard removals.holdCount == 0 else { return false }
            defer { removals.isMissed = false }
            return removals.isMissed
        }
        if isMissed { fill() }
    }

    /// Ends old snapshots, removes orphans and what the quarantine keeps too long, notes when keys were used.
    ///
    /// - Precondition: called within `exclusively`.
    func tidy() throws {
        try quarantine.trim()
        try catalog.flushKeyUses()
        try catalog.flushSessionUses()
        let milliseconds = clock.now() / 1_000
        try removing { try removeFormer() }
        try removing {
            let (cutoff, orphansBefore) = (milliseconds - Int64(options.snapshotKeepSeconds * 1_000), milliseconds - Self.orphanAgeMilliseconds)
            let rows = Result {
                try tidyEach(tier.boundary.snapshot().cold.keys.sorted()) { name in
                    guard let table = try end(name, before: self.cutoff(cutoff, of: name)) else { return }
                    try cold.removeOrphans(of: name, table.iceberg, before: orphansBefore)
                    if cold.tenure != nil { try table.iceberg.renewHint() }
                    // The last: what is in the view's way is in nothing else's.
                    try tidyView(of: table, before: orphansBefore)
                }
            }
            let sums = Result { try tidyRollups(before: cutoff, orphansBefore: orphansBefore) }
            try rows.get()
            try sums.get()
        }
    }

    /// Looks after tables one after the other, or takes one step after the other: what is in the way of one keeps nobody from the others.
    ///
    /// - Parameter isLast: whether an error is in the way of all that follow: none of them has its turn then.
    /// - Throws: `DayCompactor.Cancelled` at once; else the first error, when all had their turn.
    func tidyEach<Element>(_ tables: [Element], endsWith isLast: (any Error) -> Bool = { _ in false }, _ body: (Element) throws -> Void) throws {
        var failure: (any Error)?
        for table in tables {
            if isEnding { throw DayCompactor.Cancelled() }
            do { try body(table) } catch let cancelled as DayCompactor.Cancelled { throw cancelled } catch {
                failure = failure ?? error
                if isLast(error) { break }
            }
        }
        if let failure { throw failure }
    }

    /// Runs `body`, which removes cold files, unless somebody wants them to stay.
    ///
    /// What is not done then is done by the next tidying, or, of sums, as soon as the last holder lets go.
    func removing(_ body: () throws -> Void) throws {
        let mayRemove = removals.withLock { removals in
            removals.isRunning = removals.holdCount == 0
            if !removals.isRunning { removals.isMissed = true }
            return removals.isRunning
        }
        guard mayRemove else { return }
        defer { removals.broadcast { $0.isRunning = false } }
        try body()
    }

    /// Ends a table's snapshots that were replaced before `cutoff`, in milliseconds, and nobody reads.
    func expire(_ name: String, before cutoff: Int64) throws { try removing { _ = try end(name, before: cutoff) } }

    /// The snapshots of a versioned table are kept as long as what outside engines see of it leads to their files, be it by a snapshot of its own that was replaced: it may have been
    /// behind for days, and names its data files to readers for as long again.
    private func cutoff(_ cutoff: Int64, of name: String) -> Int64 {
        guard TableName.kind(of: name).publishesNewest else { return cutoff }
        // What a clock said that was ahead says nothing.
        guard let since = shownSince.withLock({ $0[name] }), since <= clock.now() / 1_000 else { return .min }
        return min(cutoff, since)
    }

    /// - Returns: the table as it is then.
    private func end(_ name: String, before cutoff: Int64) throws -> ColdTable? {
        let snapshot = tier.boundary.snapshot()
        guard let present = snapshot.cold[name] else { return nil }
        // What outside engines see of it stays as it was before the start, and so do the files that it names.
        if TableName.kind(of: name).publishesNewest, snapshot.unreadVersions[name] != nil { return present }
        // What a commit that failed has left would be in this one's way.
        try cold.discardNewerVersions(of: present.iceberg)
        if let commit = try present.iceberg.expireSnapshots(before: cutoff, protecting: present.versions.snapshotsInUse()) {
            try catalog.switchToCold([try Self.change(name, commit, [], created: [], replaced: [])])
            tier.boundary.replace([], cold: [name: present.next(commit.table)])
            present.cache.remove(commit.obsoleteKeys.map { present.iceberg.storage.location(of: $0) })
            commit.table.forget(commit.obsoleteKeys)
            try cold.removeEnded()
        }
        return tier.boundary.snapshot().cold[name]
    }
}
