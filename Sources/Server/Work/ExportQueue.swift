internal import ColumnStore
package import Ingest
package import Query
import Synchronization

/// The thread that makes exports: one at a time, the clients in turn, at low priority, behind everything else. What is to be made stands in the
/// catalog, so that a restart goes on with it from the beginning.
///
/// 1. At most one export is made at a time, by the queue's one thread; `running` is that one.
/// 2. The catalog says what is to be made. In memory is only who was served last, and what runs.
/// 3. Files are swept and carried away by the same thread, between two exports: never while one is being written.
package final class ExportQueue: Sendable {
    /// One export while it is made.
    ///
    /// The queue's thread makes it; whoever ends the export may cancel it from any thread, before its first query or between two.
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
        var isStopped = false
        var running: Run?
        /// Who was served last.
        var last: Identity?
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
    /// In seconds: how soon a file goes once its time is over, at most.
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
    package func progress(of id: String) -> (rowCount: Int64, fraction: Double)? {
        state.withLock { state in state.running.flatMap { $0.export.id == id ? $0.progress : nil } }
    }

    /// Its row is gone.
    package func cancel(_ id: String) {
        state.withLock { state in state.running.flatMap { $0.export.id == id ? $0 : nil } }?.cancel()
    }

    package func beginStopping() {
        let running = state.broadcast { state -> Run? in
            state.isStopped = true
            return state.running
        }
        running?.cancel()
    }

    package var isStopped: Bool { state.withLock { $0.isStopped } }

    /// What an operator should look after, in words that anybody may read; empty while all is well.
    var texts: [String] { state.withLock { $0.isHeldUp } ? ["files of exports stay on this machine until exports.url gives an answer: the log says why it does not"] : [] }

    package func waitUntilIdle(seconds: Double) -> Bool {
        state.wait(seconds: seconds) { $0.running == nil ? true : nil } ?? false
    }

    /// For the maker of an export that has to do something again.
    ///
    /// - Returns: false once the queue is stopped; else that much time is over.
    package func pause(seconds: Double) -> Bool { state.wait(seconds: seconds) { $0.isStopped ? false : nil } ?? true }

    /// - Returns: false once it is stopped.
    private func work() -> Bool {
        // Woken by an export or a stop, else after ten seconds, for files whose time is over go without anybody's asking.
        let isStopped = state.wait(seconds: Self.sweepSeconds) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken else { return nil }
            state.isWoken = false
            return false
        }
        if isStopped ?? false { return false }
        do {
            while true {
                try exports.sweepExports(now: CalendarText.now)
                carry()
                // Looked for again after each: what came meanwhile has its turn, the other owners' first.
                guard let run = try next() else { break }
                let make = state.withLock { $0.make }
                make?(run)
                state.broadcast { $0.running = nil }
            }
            state.withLock { $0.isStill = false }
        } catch {
            // What is being closed cannot be asked.
            if self.isStopped { return false }
            // Once, however long it takes.
            if !state.withLock({ exchange(&$0.isStill, with: true) }) { log.error("exports stand still; it is tried again", ["reason": .error(error)]) }
        }
        return !self.isStopped
    }

    /// Files stay here, where links find them, while the place that they are to go to gives no answer. It is said once.
    private func carry() {
        do {
            try exports.carryExports { if self.isStopped { throw Job.Cancelled() } }
            if state.withLock({ exchange(&$0.isHeldUp, with: false) }) { log.info("files of exports go to where exports.url says again") }
        } catch is Job.Cancelled {
            return
        } catch {
            guard !self.isStopped, !state.withLock({ exchange(&$0.isHeldUp, with: true) }) else { return }
            log.warning("files of exports stay here until exports.url gives an answer", ["reason": .error(error)])
        }
    }

    /// The oldest of whoever was not served last, else the oldest.
    private func next() throws -> Run? {
        let (waiting, last) = (try exports.waitingExports(), state.withLock { $0.last })
        for export in waiting.filter({ $0.owner != last }) + waiting.filter({ $0.owner == last }) {
            // Deleted meanwhile: it is the next one's turn.
            guard let whole = try exports.whole(export) else { continue }
            return state.withLock { state -> Run? in
                guard !state.isStopped else { return nil }
                let run = Run(whole)
                (state.running, state.last) = (run, whole.owner)
                return run
            }
        }
        return nil
    }
}
