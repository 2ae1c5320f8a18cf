package import Ingest
package import Query
import Synchronization

/// Questions in SQL, for every door: one pool and its queue, the ends of those that run, and what they have read.
package final class QueryService: Sendable {
    package struct Limits: Sendable {
        /// Queries that run at a time.
        package let count: Int
        /// In seconds: of a page, and of an answer that is streamed.
        package let time: Double
        package let streamTime: Double

        package init(count: Int, time: Double, streamTime: Double) { (self.count, self.time, self.streamTime) = (count, time, streamTime) }
    }

    /// Queries beyond those that run, for each of them, before one is refused.
    private static let waitingPerPlace = 4

    package let engine: QueryEngine
    package let store: any QueryStore
    package let cursors: any CursorSealing
    package let limits: Limits
    package let figures = QueryFigures()
    package let pool: WorkerPool
    private let running = Mutex<[ObjectIdentifier: ResultStream]>([:])

    package init(engine: QueryEngine, store: any QueryStore, cursors: any CursorSealing, _ limits: Limits) {
        (self.engine, self.store, self.cursors, self.limits) = (engine, store, cursors, limits)
        pool = WorkerPool(.init(threadCount: limits.count, waitingMax: limits.count * Self.waitingPerPlace))
    }

    /// Whether somebody waits for a query's thread.
    package var hasWaiting: Bool { pool.load.waiting > 0 }
    package var runningCount: Int { running.withLock { $0.count } }

    /// Keeps `stream` in view until `finished`, so that a stop can end it.
    func started(_ stream: ResultStream) { running.withLock { $0[ObjectIdentifier(stream)] = stream } }

    func finished(_ stream: ResultStream) {
        let wasRunning = running.withLock { $0.removeValue(forKey: ObjectIdentifier(stream)) != nil }
        if wasRunning { figures.add(stream.statistics) }
    }

    /// Ends every query that runs: the server stops and has waited long enough.
    package func cancelAll() {
        let streams = running.withLock { Array($0.values) }
        for stream in streams { stream.cancel() }
    }
}
