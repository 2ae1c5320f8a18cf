internal import ColumnStore
internal import Documents
internal import Ingest

/// Chooses the thread that the rest of a call runs on: its connection's, or one of a pool, with the connection put aside.
///
/// The first step of all, so that what the others do as well runs where it may wait. Fairness is the pools': a call belongs to its
/// credential's account, and what has none yet to the ledger.
struct Dispatch: Middleware {
    /// Each kind of work has its own, so that none waits behind another: 8 for point reads and pages, 4 for administration, 3 for large
    /// documents, 3 for files that have come, 16 for those of them that go to another machine, 1 for figures, 1 for what nobody waits for.
    ///
    /// The threads that calls run on beside those of connections and of queries.
    struct Pools: Sendable {
        let reads = WorkerPool(.init(threadCount: 8, waitingMax: 4_096))
        /// Contracts call here too: a thread and places are left to whoever would revoke a key that asks for all.
        let control = WorkerPool(.init(threadCount: 4, waitingMax: 256))
        let bulk = WorkerPool(.init(threadCount: 3, waitingMax: 256))
        /// The hash of a file of gigabytes, and its way to the disk.
        let files = WorkerPool(.init(threadCount: 3, waitingMax: 256))
        /// They wait for that machine and do little else, for a quarter of an hour where it is slow: pieces of others' files have their own threads meanwhile.
        let carrying = WorkerPool(.init(threadCount: 16, waitingMax: 256))
        /// Figures are asked for when all else is busy.
        let observing = WorkerPool(.init(threadCount: 1, waitingMax: 16, isShared: false))
        /// What goes on when its call is answered.
        let apart = WorkerPool(.init(threadCount: 1, waitingMax: 64, isShared: false))
        let queries: WorkerPool

        /// Those of queries are others' too.
        func stop() { for pool in [reads, control, bulk, files, carrying, observing, apart] { pool.stop() } }

        var loads: [(name: String, waiting: Int, running: Int)] {
            [("read", reads), ("query", queries), ("control", control), ("bulk", bulk), ("file", files), ("carrying", carrying), ("observing", observing)].map { name, pool in
                (name, pool.load.waiting, pool.load.running)
            }
        }
    }

    /// A document that took longer on a connection's thread sends the next ones of its client elsewhere, for so long. In nanoseconds.
    private static let slowDocumentNanoseconds: UInt64 = 50_000_000
    private static let slowFor: UInt64 = 10_000_000_000
    /// Whoever has waited longer for a thread is asked anew who it is: its key may be revoked. In nanoseconds.
    private static let longTurnNanoseconds: UInt64 = 1_000_000_000

    let pools: Pools
    let failures: Failures
    /// Owns what belongs to nobody.
    let ledger: MemoryLedger

    func around(_ next: @escaping Handler, of route: Route) -> Handler {
        let run = placed(next, route)
        // Who it is, and so whose turn, is not known yet.
        return { call in call.awaitsKeys ? try next(call) : try run(call) }
    }

    private func placed(_ next: @escaping Handler, _ route: Route) -> Handler {
        switch route.place {
        case .connection where route.body == .none: next
        case .connection where [.documents, .receipts].contains(route.body): { call in isHeavy(call) ? submit(call, next) : try timed(call, next) }
        case .connection: { call in isHeavy(call) ? submit(call, next) : try next(call) }
        default: { call in submit(call, next) }
        }
    }

    /// Where calls of a place run when not on their connection's thread, and how a call is refused for which there is no room there.
    private func pool(of place: Route.Place) -> (pool: WorkerPool, whenFull: Problem.Slug) {
        switch place {
        case .connection: (pools.bulk, .overloaded)
        case .reads: (pools.reads, .overloaded)
        case .queries: (pools.queries, .tooManyQueries)
        case .files: (pools.files, .overloaded)
        case .control: (pools.control, .overloaded)
        case .observing: (pools.observing, .overloaded)
        }
    }

    /// Whether a body is too much for the connection's thread: it is long, must be unfolded, or the last of this client's took long.
    private func isHeavy(_ call: Call) -> Bool {
        let exchange = call.exchange
        return exchange.request.body.count > Service.bulkByteCountMin || exchange.isInHaste || exchange.account?.isSlow ?? false
            || exchange.request.header("Content-Encoding") != nil
    }

    private func timed(_ call: Call, _ next: Handler) throws -> Response? {
        // Its own time, not the wait for a disk: that is the same on another thread.
        let began = ThreadClock.nanoseconds()
        defer { if ThreadClock.nanoseconds() &- began > Self.slowDocumentNanoseconds { call.exchange.account?.noteSlow(for: Self.slowFor) } }
        return try next(call)
    }

    private func submit(_ call: Call, _ next: @escaping Handler) -> Response? {
        call.exchange.suspendWatched()
        enqueue(call, next)
        return nil
    }

    /// - Parameter call: one that is put aside.
    private func enqueue(_ call: Call, _ next: @escaping Handler) {
        let exchange = call.exchange
        let place = pool(of: call.route.place)
        let began = SteadyClock.nanoseconds()
        let ticket = place.pool.submit(for: call.owner, isLong: call.route.isLong(call)) {
            let isOld = SteadyClock.nanoseconds() &- began > Self.longTurnNanoseconds
            run(call, in: place.pool) { call in
                if isOld, call.route.access.needsCredential { call.letIn(try call.rights()()) }
                return try next(call)
            }
        } late: {
            let response = failures.response(to: QueryService.turnTooLate, on: exchange)
            exchange.complete { response }
        }
        guard let ticket else { return refuse(call, place.whenFull) }
        // No place in the queue is held for those who have gone, but by changes where there are places enough. What has begun ends by itself.
        exchange.whenGone { if isForNobody(call, in: place.pool), place.pool.drop(ticket) { refuseUnheard(call) } }
    }

    /// Whether a call that waits for its turn need not have it. Whoever has only ended the sending side of the connection looks as one that has closed it, which is known for certain only
    /// once something was sent to it. So what only asks is refused, in words, and what changes something is done, for clients too that have closed for good: their calls keep their places,
    /// and are run. Where places are short they are refused as well.
    private func isForNobody(_ call: Call, in pool: WorkerPool) -> Bool {
        call.exchange.isGone && (!call.route.changesStore || call.exchange.isLost || pool.isHalfTaken)
    }

    /// What is said to a client that seems to be gone, in case that it still reads: it must not take it for success. The call counts as one whose client left first.
    struct Unheard: Error {
        let problem: Problem

        /// - Parameter outcome: what became of the call, which has left nothing.
        init(_ outcome: String) { problem = Problem(.overloaded, "the connection's end came first: \(outcome)") }
    }
    static let unheard = Unheard("nothing was done")

    private func refuseUnheard(_ call: Call) {
        let exchange = call.exchange
        exchange.complete { failures.response(to: Self.unheard, on: exchange) }
    }

    /// Goes on with a call that is put aside: lets it in on a thread that may wait, then runs it where its route's calls run, in the turn of whoever it is by then.
    ///
    /// No call comes back to its connection's thread: what runs there and has a body runs as a long one does, among those of `bulk`, and what has none at once, on the thread and in the turn that
    /// have let it in. It must not wait, so that it is as short as letting it in.
    ///
    /// - Parameters:
    ///   - call: of nobody yet, so that its turn to be let in is among all calls that are nobody's.
    ///   - letIn: throws where it is refused.
    func afterKeys(_ call: Call, letIn: @escaping @Sendable () throws -> Void, _ next: @escaping Handler) {
        let ticket = pools.control.submit(for: ledger) {
            run(call, in: pools.control) { call in
                try letIn()
                if call.route.place == .connection, call.route.body == .none { return try next(call) }
                enqueue(call, next)
                return nil
            }
        }
        if ticket == nil { refuse(call, .overloaded) }
    }

    private func run(_ call: Call, in pool: WorkerPool, _ next: Handler) {
        // It waited in vain: the work is not done for nobody.
        guard !isForNobody(call, in: pool) else { return refuseUnheard(call) }
        if let response = failures.answer(call, next) { call.exchange.complete { response } }
    }

    func refuse(_ call: Call, _ slug: Problem.Slug) {
        let response = failures.tooMuch(slug, call.exchange)
        call.exchange.complete { response }
    }
}
