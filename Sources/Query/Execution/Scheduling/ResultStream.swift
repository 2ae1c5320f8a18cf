package import ColumnStore
import Synchronization

/// The rows of a running query, pulled batch by batch. Workers run a few batches ahead and then leave their threads to others until the
/// reader has caught up: a slow reader holds no thread.
///
/// The first `next` prepares the root on the reader's thread, which blocks for as long as sorts and groupings read their
/// input; from then on one `Feeder` for each stream of the root runs on the pool.
///
/// Invariants:
/// 1. `queue.running` is the number of feeders that have not ended, parked ones included.
/// 2. A feeder is on the pool, or in `parked`, or over.
/// 3. After `isClosed` no batch is added any more; batches of a failed plan are dropped by the error, which is thrown
///    first.
package final class ResultStream: @unchecked Sendable {
    // Safe to share: one reader pulls; `cancel` may come from any thread and touches the cancellation only.
    package let columns: [ResultColumn]
    /// Nil of a plan's text.
    private var root: PreparedOperator?
    private let run: QueryRun?
    /// Makes a plan that reads no sums, for a query whose sums turn out unreadable before it has given a row; set before anybody else has the stream.
    var withoutSums: (() throws -> PreparedOperator)?
    private let queue = Monitor(Queue())
    /// What of the query no rollup answered; set before anybody else has the stream.
    package internal(set) var needs: RollupNeeds?
    /// Of EXPLAIN: what `next` gives out in one batch.
    private var lines: [String] = []
    private var isStarted = false
    private let startedAt = Int(SteadyClock.nanoseconds())
    /// On `SteadyClock`; nil until the reader has met the end.
    private var endedAt: Int?
    /// What went before: constants are computed as a query is planned. Set before anybody else has the stream.
    var planningNanoseconds = 0
    /// Given out so far.
    private let rows = Atomic<Int>(0)

    /// Enough that workers need not wait for a reader that keeps up.
    private static let waitingBatchCountMax = 8
    /// Of the batches that wait, whatever their number: wide rows wait one batch at a time.
    private static let waitingByteCountMax = 8 << 20
    static func planColumn(_ form: ExplainForm) -> ResultColumn { ResultColumn(name: "QUERY PLAN", type: form.format == .json ? .json(isBinary: false) : .string) }

    /// What feeders and the reader share, under the monitor's lock.
    private struct Queue {
        var batches: [ColumnBatch] = []
        /// Feeders that have not ended.
        var running = 0
        /// Feeders that have left their threads because there was no room.
        var parked: [Feeder] = []
        /// The first of a feeder.
        var error: (any Error)?
        var isClosed = false

        var isFull: Bool {
            batches.count >= ResultStream.waitingBatchCountMax
                // A batch alone may be as large as it is: a queue without room for it would hold it up indefinitely.
                || batches.count > 1 && batches.reduce(0) { $0 + $1.flatByteCountBound } > ResultStream.waitingByteCountMax
        }

        /// Whether workers that have left may come back.
        ///
        /// Half empty, not just no longer full: a worker that comes back for each batch taken would do little but come and
        /// go.
        var hasRoom: Bool { batches.count * 2 <= ResultStream.waitingBatchCountMax && !isFull }
    }

    init(_ root: PreparedOperator, columns: [ResultColumn], run: QueryRun) {
        self.root = root
        self.columns = columns
        self.run = run
    }

    /// An answer that is text already: of EXPLAIN.
    init(lines: [String], _ form: ExplainForm) {
        root = nil
        run = nil
        columns = [Self.planColumn(form)]
        self.lines = lines
    }

    // A reader that goes away ends the query: its feeders see the cancellation at their next batch.
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

    /// Since it was made, without the planning before; fixed once the end was read.
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
    ///
    /// For one reader; blocks until a worker has made a batch.
    ///
    /// - Throws: `QueryError`; `ColumnStoreError` of a source that cannot be read.
    package func next() throws -> ColumnBatch? {
        guard let run else { return nextLines() }
        let batch: ColumnBatch?
        // Sums of a rollup that cannot be read are no error of the query: while no row is out, the rows themselves can
        // answer it.
        do { batch = try pulled(run) } catch let error as any SourceError where error.isOfSums {
            guard let withoutSums, givenRowCount == 0 else { throw error }
            self.withoutSums = nil
            try beginAnew(try withoutSums(), run)
            batch = try pulled(run)
        }
        if let batch { rows.wrappingAdd(batch.rowCount, ordering: .relaxed) }
        if batch == nil {
            // A queue that was closed looks like one that has ended: why it was closed is thrown here.
            try run.cancellation.check()
            if endedAt == nil { endedAt = Int(SteadyClock.nanoseconds()) }
        } else {
            wake(run)
        }
        return batch
    }

    /// Starts the plan when nothing has been started yet, and waits for a batch; nil at the end.
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
        // A deadline wakes nobody: the reader looks at it every 50 ms.
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
            // Parked feeders are on no thread: to drop them is to end them.
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

    /// Streams are made before a feeder runs; they are made on this thread, each for its worker.
    private func start(_ root: PreparedOperator, _ run: QueryRun) throws {
        var feeders: [Feeder] = []
        for worker in 0..<min(run.workerCount, root.streamCountMax) {
            feeders.append(Feeder(try root.stream(run, worker: worker), queue: queue, run: run))
        }
        queue.broadcast { $0.running = feeders.count }
        for feeder in feeders { run.pool.submit(feeder) }
    }

    /// Lets parked feeders come back once the reader has made room.
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

        /// One batch a step, so that other queries get their turn between two of them.
        func step() -> WorkerStep {
            do {
                try run.cancellation.check()
                guard let batch = try WaitScope.run(run.waits, { try stream?.next() }) else { return end(nil) }
                return queue.broadcast { queue in
                    // The batch was made after the query had ended: nobody will read it.
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

        /// Frees the stream, with all that it holds, at once: the reader may take a while for the batches that wait.
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
