import ColumnStore
import Synchronization

/// When hot files move and cold files merge.
package struct CompactionOptions: Sendable {
    /// Days that a hot file stays before it moves by itself.
    package var hotDays: Int32 = 30
    /// In seconds.
    package var intervalSeconds = 300.0
    /// How long replaced files stay for outside readers, in seconds.
    package var snapshotKeepSeconds = 7.0 * 86_400

    package init() {}
}

/// Moves hot files to cold and merges cold ones: by itself at intervals, and when asked. One thread of low priority does both.
final class Compactor: Sendable {
    private struct State {
        var requests: [Request] = []
        var isStopping = false
        var isStopped = false
    }

    private struct Request: Sendable {
        let before: Int32
        let completion: @Sendable (Result<CompactionSummary, any Error>) -> Void
    }

    let tier: HotTier
    let catalog: Catalog
    let cold: ColdTier
    let types: TypeStore
    private let quarantine: Quarantine
    private let options: CompactionOptions
    let clock: Clock
    let names = ULIDGenerator()
    /// Cold tables change by one hand at a time. Taken before anything is asked of the writer's thread.
    private let changing = Mutex(())
    private let state = Monitor(State())
    private let thread = Mutex<WorkerThread?>(nil)
    private let tally = Mutex(Tally())
    /// Who wants files to stay, and whether some are being removed.
    private let removals = Monitor((holdCount: 0, isRunning: false))
    /// Bytes of Parquet written, and of them by merges: the second over the difference is the amplification.
    let writtenBytes = Atomic<Int>(0)
    let mergedBytes = Atomic<Int>(0)
    let movedRows = Atomic<Int>(0)

    /// An orphan of a commit that failed is removed at this age: no commit takes so long.
    private static let orphanAgeMilliseconds: Int64 = 24 * 3_600_000

    init(
        tier: HotTier, catalog: Catalog, cold: ColdTier, types: TypeStore, quarantine: Quarantine, options: CompactionOptions, clock: Clock
    ) {
        self.tier = tier
        self.catalog = catalog
        self.cold = cold
        self.types = types
        self.quarantine = quarantine
        self.options = options
        self.clock = clock
    }

    func start() {
        thread.withLock { $0 = WorkerThread(name: "compactor") { [self] in run() } }
    }

    /// Ends the thread; what it was doing is left as it was.
    func stop() {
        state.broadcast { $0.isStopping = true }
        let thread = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        thread?.join()
    }

    /// Moves hot files of days before `day` (nil: all), merges, and returns when done.
    func compact(before day: Int32?) throws -> CompactionSummary {
        let before = day ?? Clock.day(ofMicroseconds: clock.now()) + 1
        let done = Monitor<Result<CompactionSummary, any Error>?>(nil)
        let isTaken = state.broadcast { state in
            if state.isStopping { return false }
            state.requests.append(Request(before: before) { result in done.broadcast { $0 = result } })
            return true
        }
        guard isTaken else { throw Problem(.overloaded, "the server is stopping") }
        return try done.wait { $0 }.get()
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

    private var isStopping: Bool { state.withLock { $0.isStopping } }

    private func run() {
        WorkerThread.lowerPriority()
        let interval = UInt64(max(0.01, options.intervalSeconds) * 1e9)
        while true {
            let requests = state.wait(nanoseconds: interval) { state -> [Request]? in
                if state.isStopping { return [] }
                guard !state.requests.isEmpty else { return nil }
                defer { state.requests = [] }
                return state.requests
            }
            if isStopping { break }
            for request in requests ?? [] { request.completion(Result { try counted { try work(before: request.before, isRequested: true) } }) }
            if requests == nil { attempt() }
        }
        let late = state.withLock { state in
            defer { state.requests = [] }
            return state.requests
        }
        for request in (late) { request.completion(.failure(Problem(.overloaded, "the server is stopping"))) }
    }

    /// By itself: what fails is tried again at the next interval, and shown by `failure`.
    private func attempt() {
        do {
            try counted {
                _ = try work(before: Clock.day(ofMicroseconds: clock.now()) - options.hotDays, isRequested: false)
                try exclusively { try tidy() }
            }
        } catch {
            // Kept in `failure`, or nothing but the end of the program.
        }
    }

    /// Keeps cold tables as they are while `body` changes them.
    func exclusively<Result>(_ body: () throws -> Result) rethrows -> Result {
        try changing.withLock { _ in try body() }
    }

    private func work(before day: Int32, isRequested: Bool) throws -> CompactionSummary {
        try exclusively { try moveAndMerge(before: day, isRequested: isRequested) }
    }

    /// Merges what a large import has left in many files.
    func mergeAll() throws {
        try exclusively {
            for table in tier.boundary.snapshot().cold.keys.sorted() { _ = try merge(table, CompactionPicker(isRequested: false)) }
        }
    }

    private func moveAndMerge(before day: Int32, isRequested: Bool) throws -> CompactionSummary {
        // What a switch that failed has left may be in force: only a restart knows.
        try catalog.checkUsable()
        var summary = CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0)
        if let open = tier.boundary.snapshot().files.last(where: { !$0.state.isSealed }), open.day < day { try tier.writer.seal() }
        for file in tier.boundary.snapshot().files where file.day < day && file.state.isSealed {
            guard try mayLeave(file) else {
                summary.filesLeft += 1
                continue
            }
            do {
                summary.rowsMoved += try move(file)
            } catch {
                file.publish { $0.isLeaving = false }
                throw error
            }
            summary.filesMoved += 1
        }
        for table in tier.boundary.snapshot().cold.keys.sorted() {
            summary.filesMerged += try merge(table, CompactionPicker(isRequested: isRequested))
        }
        return summary
    }

    // MARK: Moving

    /// Stops the file's processes from moving, if all of them are at their end.
    private func mayLeave(_ file: HotFile) throws -> Bool {
        // On the writer's thread: no change is under way there then, and none begins after it.
        try tier.writer.perform(on: file) { _ in file.publish { $0.isLeaving = true } }
        if try file.isFinal() { return true }
        file.publish { $0.isLeaving = false }
        return false
    }

    /// What must outlive the file and is no row.
    private func keepDeadLetters(of file: HotFile) throws {
        var after: DeadLetterKey?
        while true {
            let letters = try file.deadLetters(after: after, client: nil, limit: 1_000)
            try catalog.add(letters)
            guard letters.count == 1_000, let last = letters.last else { return }
            after = last.key
        }
    }

    private func move(_ file: HotFile) throws -> Int {
        var switches: [Catalog.ColdSwitch] = []
        var next: [String: ColdTable] = [:]
        var written: [(outputs: [ColdFileWriter.Output], table: Table)] = []
        var rowCount = 0
        do {
            for tail in file.allTails.sorted(by: { $0.table < $1.table }) {
                let name = tail.table
                var created: [WrittenObject] = []
                let table = try cold.prepare(name, present: tier.boundary.snapshot().cold[name], columns: tier.tables.columns(of: name), &created)
                let day = DayCompactor(
                    file: file, bloomPaths: { [types] in types.bloomPaths(of: $0) }, names: names, now: clock.now(),
                    isCancelled: { [self] in isStopping })
                let (outputs, rows) = try day.write(name, into: table.iceberg)
                written.append((outputs, table.iceberg))
                guard rows == tail.rowCount else {
                    throw ColumnStoreError(.corruptFile, path: file.path, "\(rows) of \(tail.rowCount) rows of \(name) can be read: nothing was moved")
                }
                rowCount += rows
                let commit = try table.iceberg.append(outputs.map(\.file), summary: ["till.hot-file": file.name])
                next[name] = table.next(commit.table)
                switches.append(try Self.change(name, commit, outputs, created: created, replaced: []))
            }
        } catch {
            // What was committed is taken back when the table is opened or written next; the files go at once.
            for (outputs, table) in written { try ColdFileWriter.discard(outputs, table) }
            try cold.takeBack(Array(next.keys), tier.boundary.snapshot().cold)
            throw error
        }
        try keepDeadLetters(of: file)
        let info = file.state
        try catalog.switchToCold(switches, leaving: (file.day, file.part), last: (info.lastSequence, info.lastTicket))
        tier.boundary.replace([file], cold: next)
        tier.retire(file)
        movedRows.wrappingAdd(rowCount, ordering: .relaxed)
        let bytes = written.reduce(0) { $0 + $1.outputs.reduce(0) { $0 + Int($1.byteCount) } }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        return rowCount
    }

    static func change(
        _ name: String, _ commit: Commit, _ outputs: [ColdFileWriter.Output], created: [WrittenObject], replaced: [String]
    ) throws -> Catalog.ColdSwitch {
        var objects = outputs.map { Catalog.ColdObject(key: $0.key, kind: .data, byteCount: $0.byteCount, sha256: $0.sha256) }
        objects += (created + commit.written).map {
            Catalog.ColdObject(key: $0.key, kind: .metadata, byteCount: $0.byteCount, sha256: $0.sha256)
        }
        return Catalog.ColdSwitch(
            table: name, version: commit.table.version, rowCount: try commit.table.counts().rowCount, written: objects, replaced: replaced,
            obsolete: commit.obsoleteKeys)
    }

    // MARK: Merging

    private func merge(_ name: String, _ picker: CompactionPicker) throws -> Int {
        var merged = 0
        while let present = tier.boundary.snapshot().cold[name] {
            if isStopping { throw DayCompactor.Cancelled() }
            let files = try present.iceberg.files()
            let candidates = files.compactMap { file in
                present.days(of: file).map {
                    CompactionPicker.File(
                        location: file.location, byteCount: file.byteCount, firstDay: $0.lowerBound, lastDay: $0.upperBound)
                }
            }
            guard let chosen = picker.next(candidates) else { break }
            let locations = Set(chosen.map(\.location))
            try merge(present, files.filter { locations.contains($0.location) })
            merged += chosen.count
        }
        return merged
    }

    private func merge(_ present: ColdTable, _ files: [DataFile]) throws {
        let merger = FileMerger(
            cold: present, bloomPaths: types.bloomPaths(of: present.name), names: names, now: clock.now(),
            isCancelled: { [self] in isStopping })
        let outputs = try merger.merge(files)
        let commit: Commit
        do {
            try present.iceberg.discardNewerVersions()
            commit = try present.iceberg.replace(Set(files.map(\.location)), with: outputs.map(\.file))
        } catch {
            try ColdFileWriter.discard(outputs, present.iceberg)
            throw error
        }
        let replaced = files.compactMap { present.iceberg.storage.key(ofLocation: $0.location) }
        try catalog.switchToCold([try Self.change(present.name, commit, outputs, created: [], replaced: replaced)])
        tier.boundary.replace([], cold: [present.name: present.next(commit.table)])
        let bytes = outputs.reduce(0) { $0 + Int($1.byteCount) }
        writtenBytes.wrappingAdd(bytes, ordering: .relaxed)
        mergedBytes.wrappingAdd(bytes, ordering: .relaxed)
    }

    // MARK: Tidying

    /// Runs `body` while no cold file is removed.
    func withoutRemovals<Result>(_ body: () throws -> Result) rethrows -> Result {
        removals.wait { removals -> Void? in
            guard !removals.isRunning else { return nil }
            removals.holdCount += 1
            return ()
        }
        defer { removals.withLock { $0.holdCount -= 1 } }
        return try body()
    }

    /// Ends old snapshots, removes orphans and what the quarantine keeps too long, notes when keys were used.
    private func tidy() throws {
        try quarantine.trim()
        try catalog.flushKeyUses()
        let mayRemove = removals.withLock { removals in
            removals.isRunning = removals.holdCount == 0
            return removals.isRunning
        }
        guard mayRemove else { return }
        defer { removals.broadcast { $0.isRunning = false } }
        let milliseconds = clock.now() / 1_000
        let cutoff = milliseconds - Int64(options.snapshotKeepSeconds * 1_000)
        for (name, present) in tier.boundary.snapshot().cold.sorted(by: { $0.key < $1.key }) {
            if isStopping { throw DayCompactor.Cancelled() }
            if let commit = try present.iceberg.expireSnapshots(before: cutoff, protecting: present.versions.snapshotsInUse()) {
                try catalog.switchToCold([try Self.change(name, commit, [], created: [], replaced: [])])
                tier.boundary.replace([], cold: [name: present.next(commit.table)])
                present.cache.remove(commit.obsoleteKeys.map { present.iceberg.storage.location(of: $0) })
                try commit.table.delete(commit.obsoleteKeys)
            }
            let current = tier.boundary.snapshot().cold[name] ?? present
            let orphans = try current.iceberg.orphans(before: milliseconds - Self.orphanAgeMilliseconds).map(\.key)
            guard !orphans.isEmpty else { continue }
            // First from the catalog: it must not name what is gone.
            try catalog.forgetCold(name, orphans)
            try current.iceberg.delete(orphans)
        }
    }
}
