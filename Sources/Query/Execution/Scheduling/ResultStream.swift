package import ColumnStore
import Synchronization

/// The rows of a running query, pulled batch by batch. Workers run a few batches ahead and then leave their threads to others until the
/// reader has caught up: a slow reader holds no thread.
package final class ResultStream: @unchecked Sendable {
    // Safe to share: one reader pulls; `cancel` may come from any thread and touches the cancellation only.
    package let columns: [ResultColumn]
    private var root: PreparedOperator?
    private let run: QueryRun?
    /// Makes a plan that reads no sums, for a query whose sums turn out unreadable before it has given a row; set before anybody else has the stream.
    var withoutSums: (() throws -> PreparedOperator)?
    private let queue = Monitor(Queue())
    /// What of the query no rollup answered; set before anybody else has the stream.
    package internal(set) var needs: RollupNeeds?
    private var lines: [String] = []
    private var isStarted = false
    private let startedAt = Int(SteadyClock.nanoseconds())
    private var endedAt: Int?
    /// What went before: constants are computed as a query is planned. Set before anybody else has the stream.
    var planningNanoseconds = 0
    private let rows = Atomic<Int>(0)

    /// Enough that workers need not wait for a reader that keeps up.
    private static let waitingBatchCountMax = 8
    /// Of the batches that wait, whatever their number: wide rows wait one batch at a time.
    private static let waitingByteCountMax = 8 << 20
    static func planColumn(_ form: ExplainForm) -> ResultColumn { ResultColumn(name: "QUERY PLAN", type: form.isJSON ? .json(isBinary: false) : .string) }

    private struct Queue {
        var batches: [ColumnBatch] = []
        var running = 0
        var parked: [Feeder] = []
        var error: (any Error)?
        var isClosed = false

        var isFull: Bool {
            batches.count >= ResultStream.waitingBatchCountMax
                || batches.count > 1 && batches.reduce(0) { $0 + $1.flatByteCountBound } > ResultStream.waitingByteCountMax
        }

        /// Whether workers that have left may come back.
        var hasRoom: Bool { batches.count * 2 <= ResultStream.waitingBatchCountMax && !isFull }
    }

    init(_ root: PreparedOperator, columns: [ResultColumn], run: QueryRun) {
        self.root = root
        self.columns = columns
        self.run = run
    }

    init(lines: [String], _ form: ExplainForm) {
        root = nil
        run = nil
        columns = [Self.planColumn(form)]
        self.lines = lines
    }

    deinit { close() }

    private func close() {
        run?.cancellation.cancel()
        queue.broadcast { queue in
            queue.isClosed = true
            queue.parked = []
            queue.batches = []
        }
    }

    /// For encoders of its rows; nil of a plan's text.
    package var cancellation: Cancellation? { run?.cancellation }
    /// As `cancellation`: what is kept of the rows is of the query, too.
    var memory: MemoryBudget? { run?.memory }

    /// Ends the query; a reader that waits gets `cancelled`.
    package func cancel() { close() }

    var elapsedNanoseconds: Int { (endedAt ?? Int(SteadyClock.nanoseconds())) - startedAt }

    package var statistics: QueryStatistics {
        let elapsed = elapsedNanoseconds.addingSaturating(planningNanoseconds) / 1_000_000
        guard let run else { return QueryStatistics(elapsedMilliseconds: elapsed) }
        let counts = run.counters.now
        return QueryStatistics(
            rowsScanned: counts.rowsScanned, bytesRead: counts.bytesRead, filesPruned: counts.filesPruned, elapsedMilliseconds: elapsed)
    }

    /// What has been read so far, without the time; from any thread.
    package var progress: QueryStatistics {
        guard let counts = run?.counters.now else { return QueryStatistics() }
        return QueryStatistics(rowsScanned: counts.rowsScanned, bytesRead: counts.bytesRead, filesPruned: counts.filesPruned)
    }

    /// Rows that were given out so far; from any thread.
    package var givenRowCount: Int { rows.load(ordering: .relaxed) }
    /// The most memory that it has held so far; from any thread.
    package var peakMemoryByteCount: Int { run?.memory.peakByteCount ?? 0 }

    /// The next rows, or nil at the end.
    /// - Throws: `QueryError`; `ColumnStoreError` of a source that cannot be read.
    package func next() throws -> ColumnBatch? {
        guard let run else { return nextLines() }
        let batch: ColumnBatch?
        do { batch = try pulled(run) } catch let error as any SourceError where error.isOfSums {
            guard let withoutSums, givenRowCount == 0 else { throw error }
            self.withoutSums = nil
            try beginAnew(try withoutSums(), run)
            batch = try pulled(run)
        }
        if let batch { rows.wrappingAdd(batch.rowCount, ordering: .relaxed) }
        if batch == nil {
            try run.cancellation.check()
            if endedAt == nil { endedAt = Int(SteadyClock.nanoseconds()) }
        } else {
            wake(run)
        }
        return batch
    }

    private func pulled(_ run: QueryRun) throws -> ColumnBatch? {
        if !isStarted, let root {
            isStarted = true
            do {
                try WaitScope.run(run.waits) {
                    try root.prepare(run)
                    try start(root, run)
                }
            } catch { throw run.cancellation.reason ?? error }
        }
        return try queue.wait(checkingEvery: 50) { queue -> ColumnBatch?? in
            if let error = queue.error { throw error }
            if !queue.batches.isEmpty {
                let batch = queue.batches.removeFirst()
                return .some(batch)
            }
            if queue.running == 0 || queue.isClosed { return .some(nil) }
            try run.cancellation.check()
            return nil
        }
    }

    /// Workers of the plan that failed have left before those of the next begin.
    private func beginAnew(_ root: PreparedOperator, _ run: QueryRun) throws {
        try queue.wait(checkingEvery: 50) { queue -> Void? in
            try run.cancellation.check()
            queue.running -= queue.parked.count
            queue.parked = []
            guard queue.running == 0 || queue.isClosed else { return nil }
            queue.batches = []
            queue.error = nil
            return ()
        }
        self.root = root
        isStarted = false
    }

    private func nextLines() -> ColumnBatch? {
        guard !lines.isEmpty else { return nil }
        var builder = ColumnBuilder(type: columns.first?.type ?? .string)
        for line in lines { builder.append(bytes: line.utf8) }
        lines = []
        let column = builder.finish()
        return ColumnBatch(rowCount: column.count, columns: [column])
    }

    private func start(_ root: PreparedOperator, _ run: QueryRun) throws {
        var feeders: [Feeder] = []
        for worker in 0..<min(run.workerCount, root.streamCountMax) {
            feeders.append(Feeder(try root.stream(run, worker: worker), queue: queue, run: run))
        }
        queue.broadcast { $0.running = feeders.count }
        for feeder in feeders { run.pool.submit(feeder) }
    }

    private func wake(_ run: QueryRun) {
        let woken = queue.broadcast { queue -> [Feeder] in
            guard queue.hasRoom else { return [] }
            defer { queue.parked = [] }
            return queue.parked
        }
        for feeder in woken { run.pool.submit(feeder) }
    }

    /// Moves batches from one stream to the queue.
    private final class Feeder: WorkerTask, @unchecked Sendable {
        // Safe to share: the pool runs a task on one thread at a time.
        private var stream: (any BatchStream)?
        private let queue: Monitor<Queue>
        private let run: QueryRun

        init(_ stream: any BatchStream, queue: Monitor<Queue>, run: QueryRun) {
            self.stream = stream
            self.queue = queue
            self.run = run
        }

        func step() -> WorkerStep {
            do {
                try run.cancellation.check()
                guard let batch = try WaitScope.run(run.waits, { try stream?.next() }) else { return end(nil) }
                return queue.broadcast { queue in
                    guard !queue.isClosed, queue.error == nil else {
                        stream = nil
                        queue.running -= 1
                        return .leave
                    }
                    queue.batches.append(batch)
                    if !queue.isFull { return .more }
                    queue.parked.append(self)
                    return .leave
                }
            } catch {
                return end(run.cancellation.reason ?? error)
            }
        }

        private func end(_ error: (any Error)?) -> WorkerStep {
            stream = nil
            queue.broadcast { queue in
                queue.running -= 1
                if queue.error == nil { queue.error = error }
            }
            return .leave
        }
    }
}
