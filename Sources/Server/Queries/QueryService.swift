package import ColumnStore
package import Ingest
package import Query
import Synchronization

/// Questions in SQL, for every door: one pool and its queue, the ends of those that run, and what they have read.
///
/// 1. A question is in `running` from `started` until `finished`, whatever became of it: `QueryWatch` sees to both.
/// 2. It runs on a thread of `pool`. Of those one asker's pages, which end by `limits.time`, may have all while nobody else waits, and leave a quarter to others else. What may last longer is long there: an
///    answer that streams, a question at PostgreSQL's door, a file that is sent. It waits for its turn for `turnSeconds` at most.
/// 3. A catalog is one state of the store: all tables of a question are read as of one sequence.
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
    /// With eight places 32 pages wait, and 32 long ones; each that waits holds its connection and no thread.
    private static let waitingPerPlace = 4

    package let engine: QueryEngine
    private let roles: StoreRoles
    private let further: any CatalogExtension
    package let cursors: any CursorSealing
    package let limits: Limits
    package let figures = QueryFigures()
    package let pool: WorkerPool
    /// The last that ended.
    package let finished = FinishedQueries()
    private let usage: UsageMeter
    private let running = Mutex<[RunningQuery]>([])
    private let memory = Mutex<MemoryReturn?>(nil)
    /// An answer for which more was held leaves much behind in the C library's heaps.
    private static let largeByteCountMin = 32 << 20

    /// - Parameters:
    ///   - further: what catalogs have beside the store's tables.
    ///   - timers: nil: nobody hears of it who waits for a turn for too long.
    package init(engine: QueryEngine, store: StoreRoles, further: any CatalogExtension, _ limits: Limits, _ timers: Timers? = nil) {
        usage = store.usage.usageMeter
        (self.engine, roles, self.further, cursors, self.limits) = (engine, store, further, store.cursors, limits)
        pool = WorkerPool(
            .init(threadCount: limits.count, waitingMax: limits.count * Self.waitingPerPlace, lendsIdle: true), timers.map { WorkerPool.Patience(seconds: Self.turnSeconds(limits), $0) })
    }

    /// All that `principal` may ask, as of one state of the store.
    ///
    /// - Parameter sequence: nil for everything committed by now.
    /// - Returns: the catalog, and the sequence that bounds its tables.
    package func catalog(as principal: Principal, upTo sequence: Int64?) throws -> (catalog: any QueryCatalog, sequence: Int64) {
        let (catalog, beginning) = try catalog(as: principal, from: sequence.map { WalkBeginning(sequence: $0, instant: nil) })
        return (catalog, beginning.sequence)
    }

    /// The same for a page, which others may follow.
    ///
    /// - Returns: the catalog, and the beginning of the walk, for its cursor.
    func catalog(as principal: Principal, from beginning: WalkBeginning?) throws -> (catalog: any QueryCatalog, beginning: WalkBeginning) {
        let (base, began) = try roles.queries.catalog(as: principal, from: beginning)
        return (further.catalog(over: base, as: principal, CatalogParts(store: roles, queries: self)), began)
    }

    /// Whether somebody may see and end a question of `asker`. What is asked by those who see sensitive values, or who have sent documents that hold some, may hold some itself: it is for others who see them.
    func isSeen(by principal: Principal, of asker: Principal) -> Bool {
        if principal.isAdmin || principal.bearer == asker.bearer { return true }
        guard principal.rows == .all, !asker.isAdmin else { return false }
        return principal.seesSensitive || !asker.seesSensitive && (asker.access == .read || !roles.types.haveSensitiveColumns)
    }

    /// Whether somebody waits for a query's thread that another has.
    package var hasWaiting: Bool { pool.isCrowded }

    /// A page that began just before may have its whole time, and whoever waits for it must not be late by that.
    private static func turnSeconds(_ limits: Limits) -> Double { 2 * limits.time }
    /// How long a question waits for its turn.
    var turnSeconds: Double { Self.turnSeconds(limits) }

    /// What one is told whose turn does not come.
    static var turnTooLate: Problem { Problem(.queryTimeout, "its turn did not come within twice limits.query_time: other queries have the threads; try again") }

    package var runningCount: Int { running.withLock { $0.count } }

    /// Those that run, the oldest first.
    package var all: [RunningQuery] { running.withLock { $0 } }

    /// Keeps a query in view until `finished`, so that a stop, or whoever may, can end it.
    ///
    /// - Throws: `bad-parameter` where the caller has a query of that id under way.
    func started(_ query: RunningQuery) throws {
        // Among the caller's own queries alone: that another caller uses the id must not show here.
        let isNew = running.withLock { running in
            guard !running.contains(where: { $0.id == query.id && $0.asker.bearer == query.asker.bearer }) else { return false }
            running.append(query)
            return true
        }
        guard isNew else { throw Problem.parameter("query_id", "a query of this id is under way; make another id for each") }
    }

    /// Who gives back what large answers leave behind.
    func giveBack(by memory: MemoryReturn) { self.memory.withLock { $0 = memory } }

    /// Its figures are summed up here, once. Called on the thread that answered.
    func finished(_ query: RunningQuery) {
        running.withLock { $0.removeAll { $0 === query } }
        if query.figures.memoryByteCount >= Self.largeByteCountMin { memory.withLock { $0 }?.giveBackSoon() }
        finished.add(FinishedQuery(query))
        let statistics = query.streams.map(\.statistics)
        for statistics in statistics { figures.add(statistics) }
        noteStatement(query)
        // What roles ask is nobody's usage.
        guard case .contract(let client) = query.asker.identity else { return }
        usage.add(to: client) { used in
            used.queries += 1
            for statistics in statistics {
                used.rowsScanned = used.rowsScanned.addingSaturating(Int64(statistics.rowsScanned))
                used.bytesScanned = used.bytesScanned.addingSaturating(Int64(statistics.bytesRead))
            }
        }
    }

    /// What a question cost that no rollup answered, for advice. One that was cut off has read what it has read.
    private func noteStatement(_ query: RunningQuery) {
        guard let text = query.wholeText else { return }
        let figures = query.figures
        let cost = StatementCost(
            milliseconds: Int64(figures.elapsedMilliseconds), rows: Int64(figures.rowsScanned), bytes: Int64(figures.bytesRead))
        roles.queries.noteStatement(text, cost) {
            // Asked for only where the advice takes the statement: needs are found by going through its plans.
            query.streams.reduce(into: []) { needs, stream in
                for need in stream.needs?.all ?? [] where !needs.contains(need) { needs.append(need) }
            }
        }
    }

    /// Ends every query that runs: the server stops and has waited long enough.
    package func cancelAll() {
        for query in all { query.cancel() }
    }
}
