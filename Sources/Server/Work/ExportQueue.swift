internal import ColumnStore
package import Ingest
package import Query
import Synchronization

/// The threads that make exports: one for each owner at a time, the owners in turn, at low priority, behind everything else. What is to be made stands in the
/// catalog, so that a restart goes on with it from the beginning.
///
/// 1. `running` are those that are being made: of an owner one, and no more than `makerCountMax`, so that one without end holds up its owner's others alone.
/// 2. The catalog says what is to be made. In memory is only who was served when, and what runs.
/// 3. The queue's own thread chooses them; each is made by a thread that begins and ends with it.
/// 4. Files are swept and carried away by the queue's own thread, but for those of `running`. None begins while
///    files are swept, nor between the look at `running` and the end of the listing of the place that they go to; while one is carried others do.
package final class ExportQueue: Sendable {
    /// One export while it is made.
    ///
    /// One thread makes it; whoever ends the export may cancel it from any thread, before its first query or between two.
    package final class Run: Sendable {
        package let export: Export
        private let isUnwanted = Atomic<Bool>(false)
        private let rowCount = Atomic<Int64>(0)
        private struct Part {
            var stream: ResultStream?
            var fraction = 0.0
        }
        private let part = Mutex(Part())

        init(_ export: Export) { self.export = export }

        /// It should end soon, without a file.
        package var isCancelled: Bool { isUnwanted.load(ordering: .relaxed) }

        /// `fraction` goes from 0 to 1 by whole queries: of a workbook with four sheets it is 0.5 while the third is written.
        package var progress: (rowCount: Int64, fraction: Double) { (rowCount.load(ordering: .relaxed), part.withLock { $0.fraction }) }

        /// Rows that were written.
        package func add(_ count: Int) { rowCount.add(Int64(count), ordering: .relaxed) }

        /// A query of it begins, of which so much is done before.
        package func begin(_ stream: ResultStream?, fraction: Double) {
            part.withLock { ($0.stream, $0.fraction) = (stream, fraction) }
            // Cancelled before there was a stream to end: `cancel` has found none.
            if isCancelled { stream?.cancel() }
        }

        func cancel() {
            isUnwanted.store(true, ordering: .relaxed)
            part.withLock { $0.stream }?.cancel()
        }
    }

    private struct State {
        var isWoken = true
        /// What woke it while a file was carried, and may have been an export that ended: its file is looked at behind that.
        var isMissed = false
        var isStopped = false
        var running: [Run] = []
        /// At which turn an owner was served last. They are as few as contracts.
        var turns: [Identity: Int] = [:]
        var turnCount = 0
        var make: (@Sendable (Run) -> Void)?
        var baseURL = ""
        /// Files could not be carried the last time.
        var isHeldUp = false
        /// What is to be made could not be found the last time.
        var isStill = false
    }

    private let state = Monitor(State())
    /// Files that are being sent from where `exports.url` says.
    private let sendingCount = Mutex(0)
    private let exports: any ExportKeeping
    private let log: Log
    /// Each may hold a query's memory, and the processors with all others.
    static let makerCountMax = 3
    /// In seconds: how soon a file goes once its time is over, at most, beside what carrying a file takes.
    private static let sweepSeconds = 10.0
    /// Of one owner, beside the one that runs.
    /// What waits for it is found by reading all that wait.
    private static let waitingCountMax = 64

    init(exports: any ExportKeeping, log: Log) { (self.exports, self.log) = (exports, log) }

    /// Begins to make exports, those of an earlier run first.
    ///
    /// - Parameters:
    ///   - baseURL: of the server, as links begin.
    ///   - make: makes one and notes how it ended.
    package func begin(baseURL: String, _ make: @escaping @Sendable (Run) -> Void) {
        state.withLock { state in
            state.make = make
            state.baseURL = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
        }
        WorkerThread(name: "exports", isDetached: true) { [self] in
            WorkerThread.lowerPriority()
            while work() {}
        }
    }

    /// Takes an export.
    ///
    /// - Throws: `overloaded` where too many of its owner wait.
    package func submit(_ export: Export) throws {
        let count = try exports.waitingExports().count { $0.owner == export.owner }
        guard count < Self.waitingCountMax else { throw Problem(.overloaded, "\(count) exports wait already; GET /v1/exports lists them") }
        try exports.addExport(export)
        state.broadcast { $0.isWoken = true }
    }

    /// - Returns: false where so many are sent already; else `endSending` is to follow.
    func beginSending(countMax: Int) -> Bool {
        sendingCount.withLock { count in
            guard count < countMax else { return false }
            count += 1
            return true
        }
    }

    func endSending() { sendingCount.withLock { $0 -= 1 } }

    package var baseURL: String { state.withLock { $0.baseURL } }

    /// What is known of an export beside the catalog.
    package func progress(of id: String) -> (rowCount: Int64, fraction: Double)? { run(of: id)?.progress }

    /// Its row is gone.
    package func cancel(_ id: String) { run(of: id)?.cancel() }

    private func run(of id: String) -> Run? { state.withLock { $0.running.first { $0.export.id == id } } }

    package func beginStopping() {
        let running = state.broadcast { state -> [Run] in
            state.isStopped = true
            return state.running
        }
        for run in running { run.cancel() }
    }

    package var isStopped: Bool { state.withLock { $0.isStopped } }

    /// What an operator should look after, in words that anybody may read; empty while all is well.
    var texts: [String] { state.withLock { $0.isHeldUp } ? ["files of exports stay on this machine until exports.url gives an answer: the log says why it does not"] : [] }

    package func waitUntilIdle(seconds: Double) -> Bool {
        state.wait(seconds: seconds) { $0.running.isEmpty ? true : nil } ?? false
    }

    /// For the maker of an export that has to do something again.
    ///
    /// - Returns: false once the queue is stopped; else that much time is over.
    package func pause(seconds: Double) -> Bool { state.wait(seconds: seconds) { $0.isStopped ? false : nil } ?? true }

    /// - Returns: false once it is stopped.
    private func work() -> Bool {
        // Woken by an export that comes or ends, or by a stop, else after ten seconds, for files whose time is over go without anybody's asking.
        let isStopped = state.wait(seconds: Self.sweepSeconds) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken || state.isMissed else { return nil }
            (state.isWoken, state.isMissed) = (false, false)
            return false
        }
        if isStopped ?? false { return false }
        do {
            try exports.sweepExports(now: CalendarText.now, making: making)
            while let run = try next() { begin(run) }
            carry()
            state.withLock { $0.isStill = false }
        } catch {
            // What is being closed cannot be asked.
            if self.isStopped { return false }
            // Once, however long it takes.
            if !state.withLock({ exchange(&$0.isStill, with: true) }) { log.error("exports stand still; it is tried again", ["reason": .error(error)]) }
        }
        return !self.isStopped
    }

    /// Ids of those that are being made.
    private var making: Set<String> { state.withLock { Set($0.running.map(\.export.id)) } }

    /// Files stay here, where links find them, while the place that they are to go to gives no answer. It is said once.
    private func carry() {
        do {
            try exports.carryExports(making: making) {
                if self.isStopped { throw Job.Cancelled() }
                beginMeanwhile()
            }
            if state.withLock({ exchange(&$0.isHeldUp, with: false) }) { log.info("files of exports go to where exports.url says again") }
        } catch is Job.Cancelled {
            return
        } catch {
            guard !self.isStopped, !state.withLock({ exchange(&$0.isHeldUp, with: true) }) else { return }
            log.warning("files of exports stay here until exports.url gives an answer", ["reason": .error(error)])
        }
    }

    /// Of those who have none under way, the one who was served longest ago, or never; of one, and among equals, the oldest.
    private func next() throws -> Run? {
        let (owners, turns) = state.withLock { ($0.running.map(\.export.owner), $0.turns) }
        guard owners.count < Self.makerCountMax else { return nil }
        let waiting = try exports.waitingExports().filter { !owners.contains($0.owner) }
        let places = waiting.indices.sorted { (turns[waiting[$0].owner] ?? 0, $0) < (turns[waiting[$1].owner] ?? 0, $1) }
        for place in places {
            // Deleted meanwhile: it is the next one's turn.
            guard let whole = try exports.whole(waiting[place]) else { continue }
            return state.withLock { state -> Run? in
                guard !state.isStopped else { return nil }
                let run = Run(whole)
                state.running.append(run)
                state.turnCount += 1
                state.turns[whole.owner] = state.turnCount
                return run
            }
        }
        return nil
    }

    private func begin(_ run: Run) {
        // Where the system gives no thread, the queue's own does it, and others wait.
        if !start(run) { make(run) }
    }

    /// - Returns: false where the system gives no thread.
    private func start(_ run: Run) -> Bool {
        WorkerThread.start(name: "export") { [self] in
            WorkerThread.lowerPriority()
            make(run)
        }
    }

    /// Begins what has come while a file is carried, which may take long. What cannot be begun is left to the next turn.
    private func beginMeanwhile() {
        let isWoken = state.withLock { state in
            if state.isWoken { (state.isWoken, state.isMissed) = (false, true) } else { return false }
            return true
        }
        guard isWoken else { return }
        do {
            while let run = try next() {
                if start(run) { continue }
                return leave(run)
            }
        } catch { state.withLock { $0.isWoken = true } }
    }

    private func leave(_ run: Run) {
        state.broadcast { state in
            state.running.removeAll { $0 === run }
            state.isWoken = true
        }
    }

    private func make(_ run: Run) {
        let make = state.withLock { $0.make }
        make?(run)
        leave(run)
    }
}
