internal import ColumnStore
package import Documents
package import Ingest
package import Query
import Synchronization

/// The server's middle: takes a request from its listener through router and authorizer to its route, on the right thread, and counts it.
package final class Service: RequestHandler, Sendable {
    /// What the routes need to know of the configuration.
    package struct Limits: Sendable {
        /// In bytes.
        package var body = 64 << 20
        package var queryCount = 8
        /// In seconds.
        package var queryTime = 60.0
        package var streamTime = 3_600.0
        package var memory = MemoryLedger.Limits()

        package init() {}
    }

    /// Queries beyond those that run, for each of them, before 429.
    private static let waitingQueriesPerPlace = 4
    /// A document larger than this is taken on a thread of its own pool, so that its neighbours on the connection's thread need not wait.
    package static let bulkByteCountMin = 128 << 10

    /// A document that took longer on a connection's thread sends the next ones of its client elsewhere, for so long. In nanoseconds.
    private static let slowDocumentNanoseconds: UInt64 = 50_000_000
    private static let slowFor: UInt64 = 10_000_000_000
    /// Bodies over this leave much behind in the C library's heaps.
    private static let largeByteCountMin = 4 << 20
    private static let giveBackPause: UInt64 = 1_000_000_000

    package let engine: any EngineInterface
    package let store: any QueryStore
    package let queryEngine: QueryEngine
    package let router: Router
    package let limits: Limits
    package let metrics: HTTPMetrics
    package let log: Log
    package let deadlines = Deadlines()
    package let jobs: JobTable
    /// Who the admin key stands for.
    package let administrator: String
    private let authorizer: Authorizer
    private let audit: AuditLog
    package let tokens: TokenVerifier?
    /// Set once, before the first request.
    package var certificates: CertificateFiles? {
        get { certificateFiles.withLock { $0 } }
        set { certificateFiles.withLock { $0 = newValue } }
    }
    /// Set once, before the first request.
    package var connections: ConnectionTable? {
        get { connectionTable.withLock { $0 } }
        set { connectionTable.withLock { $0 = newValue } }
    }
    private let connectionTable = Mutex<ConnectionTable?>(nil)
    private let certificateFiles = Mutex<CertificateFiles?>(nil)
    private let reads: WorkerPool
    private let queries: WorkerPool
    private let control: WorkerPool
    private let bulk: WorkerPool
    /// Figures are asked for when all else is busy.
    private let observing: WorkerPool
    package let memory: MemoryLedger
    private let stopping = Atomic<Bool>(false)
    private let starting = Atomic<Bool>(false)
    private let requestNumber = Atomic<Int>(0)
    private let gaveBackAt = Atomic<UInt64>(0)
    /// Distinguishes this run's request ids from another's.
    private let runID: String

    package init(
        engine: any EngineInterface & QueryStore, queries: QueryEngine, adminKey: String, tokens: TokenVerifier? = nil, limits: Limits,
        log: Log, administrator: String = "admin", routes: [Route]
    ) throws {
        self.engine = engine
        store = engine
        queryEngine = queries
        self.limits = limits
        self.log = log
        self.administrator = administrator
        jobs = JobTable(log: log)
        router = Router(routes)
        metrics = HTTPMetrics(routes: routes.map { ($0.method.rawValue, $0.path) })
        authorizer = Authorizer(engine: engine, adminKey: adminKey, tokens: tokens)
        self.tokens = tokens
        audit = AuditLog(engine: engine, log: log, administrator: administrator)
        memory = MemoryLedger(limits.memory)
        reads = WorkerPool(.init(threadCount: 8, waitingMax: 4_096))
        self.queries = WorkerPool(.init(threadCount: limits.queryCount, waitingMax: limits.queryCount * Self.waitingQueriesPerPlace))
        control = WorkerPool(.init(threadCount: 4, waitingMax: 64, isShared: false))
        bulk = WorkerPool(.init(threadCount: 3, waitingMax: 256))
        observing = WorkerPool(.init(threadCount: 1, waitingMax: 16, isShared: false))
        log.leaveOut { [engine] text in text.contains(adminKey) || engine.holder(ofKeySHA256: APIKey.sha256(of: text)) != nil }
        runID = try Digest.random(byteCount: 4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Why the server takes no work, or no receipts; none when it does. Before the first answer of the tokens' issuer their clients would be refused.
    package var notReady: [Problem] {
        if isStopping { return [Problem(.overloaded, "the server is stopping")] }
        if !engine.isReady || starting.load(ordering: .relaxed) { return [Problem(.overloaded, "the server is starting")] }
        let waits = tokens.map { !$0.source.isSettled } ?? false
        return (waits ? [Problem(.overloaded, "the server waits for the keys of tokens")] : []) + engine.intakeRefusals
    }

    package var isStopping: Bool { stopping.load(ordering: .relaxed) }

    /// Not ready until told otherwise: what comes before the first request is still being done.
    package func setStarting(_ isStarting: Bool) { starting.store(isStarting, ordering: .relaxed) }

    /// Long polls end, and readiness with them.
    package func beginStopping() {
        stopping.store(true, ordering: .relaxed)
        jobs.beginStopping()
        deadlines.fireAll()
    }

    // MARK: Queries that run

    private let running = Mutex<[ObjectIdentifier: ResultStream]>([:])

    /// Keeps `stream` in view until `finished`, so that a stop can end it.
    package func started(_ stream: ResultStream) { running.withLock { $0[ObjectIdentifier(stream)] = stream } }
    package func finished(_ stream: ResultStream) {
        let wasRunning = running.withLock { $0.removeValue(forKey: ObjectIdentifier(stream)) != nil }
        if wasRunning { queryFigures.add(stream.statistics) }
    }

    /// Whether somebody waits for a query's thread.
    package var hasWaitingQueries: Bool { queries.load.waiting > 0 }
    package var runningQueryCount: Int { running.withLock { $0.count } }
    package let queryFigures = QueryFigures()

    /// Ends every query that runs: the server stops and has waited long enough.
    package func cancelQueries() {
        let streams = running.withLock { Array($0.values) }
        for stream in streams { stream.cancel() }
    }

    // MARK: A request's way

    package func begin(_ exchange: Exchange) throws -> Int {
        let request = exchange.request
        // Header fields may not be read any more when the log's line is written.
        if let parent = request.header("traceparent"), let trace = TraceContext(parent) { exchange.requestID = trace.traceID }
        let match = try router.match(request.method, request.target)
        let route = router.routes[match.routeIndex]
        let admission: Authorizer.Admission
        do {
            admission = try authorizer.authorize(request, for: route.access, mayWait: true)
        } catch is Authorizer.KeysAwaited {
            exchange.awaitsKeys = true
            admission = Authorizer.nobody
        }
        exchange.admissionHeaders = admission.headers
        exchange.isKnown = admission.principal != Authorizer.nobody.principal
        try exchange.enter(memory, as: admission.principal)
        let parameters = try request.target.parameters()
        for parameter in parameters where !route.operation.takes(parameter.name) {
            throw Problem(
                .unknownParameter, "this call has no parameter \"\(parameter.name)\"",
                errors: [.init(pointer: "/\(parameter.name)", code: "unknown-parameter", message: "not a parameter of this call")])
        }
        exchange.call = Call(
            exchange: exchange, service: self, routeIndex: match.routeIndex, pathValues: match.values, parameters: parameters,
            principal: admission.principal)
        // Of somebody not yet known no more is kept than any small call has.
        if exchange.awaitsKeys { return min(bodyByteCountMax(route), 1 << 20) }
        return route.body == .none ? 64 << 10 : bodyByteCountMax(route)
    }

    package func finish(_ exchange: Exchange) -> Response? {
        guard let call = exchange.call else {
            return response(to: Problem(.internalError, "the request has no route"), on: exchange)
        }
        if exchange.awaitsKeys { return finishWithKeys(call, on: exchange) }
        switch call.route.place {
        case .connection where isHeavy(call, exchange): return dispatch(call, on: exchange, to: bulk, whenFull: .overloaded)
        case .connection: return runOnConnection(call, on: exchange)
        case .reads: return dispatch(call, on: exchange, to: reads, whenFull: .overloaded)
        case .queries: return dispatch(call, on: exchange, to: queries, whenFull: .tooManyQueries)
        case .control: return dispatch(call, on: exchange, to: control, whenFull: .overloaded)
        case .observing: return dispatch(call, on: exchange, to: observing, whenFull: .overloaded)
        }
    }

    /// Whether a body is too much for the connection's thread: it is long, must be unfolded, or the last of this client's took long.
    private func isHeavy(_ call: Call, _ exchange: Exchange) -> Bool {
        guard call.route.body != .none else { return false }
        return exchange.request.body.count > Self.bulkByteCountMin || exchange.isInHaste || exchange.account?.isSlow ?? false
            || exchange.request.header("Content-Encoding") != nil
    }

    private func runOnConnection(_ call: Call, on exchange: Exchange) -> Response? {
        guard call.route.body == .documents else { return run(call, on: exchange) }
        // Its own time, not the wait for a disk: that is the same on another thread.
        let began = ThreadClock.nanoseconds()
        defer { if ThreadClock.nanoseconds() &- began > Self.slowDocumentNanoseconds { exchange.account?.noteSlow(for: Self.slowFor) } }
        return run(call, on: exchange)
    }

    private func dispatch(_ call: Call, on exchange: Exchange, to pool: WorkerPool, whenFull slug: Problem.Slug) -> Response? {
        exchange.suspendWatched()
        let ticket = pool.submit(for: exchange.account ?? memory) { [self] in
            guard !exchange.isGone else { return exchange.complete { .noContent } }
            if let response = run(call, on: exchange) { exchange.complete { response } }
        }
        guard let ticket else {
            let response = tooMuch(slug, exchange)
            exchange.complete { response }
            return nil
        }
        // A place in the queue is not held by those who have gone. What has begun ends by itself.
        exchange.whenGone { if pool.drop(ticket) { exchange.complete { .noContent } } }
        return nil
    }

    /// Waits for the issuer's keys, then lets the request in or refuses it.
    private func finishWithKeys(_ call: Call, on exchange: Exchange) -> Response? {
        exchange.suspendWatched()
        let isTaken = authorizer.whenKeysAreFetched { [self] in
            let isRunning = control.submit(for: memory) { [self] in
                guard !exchange.isGone else { return exchange.complete { .noContent } }
                do {
                    let admission = try authorizer.authorize(exchange.request, for: call.route.access)
                    exchange.admissionHeaders = admission.headers
                    try exchange.enter(memory, as: admission.principal)
                    let call = call.with(admission.principal)
                    exchange.call = call
                    if let response = run(call, on: exchange) { exchange.complete { response } }
                } catch {
                    let response = response(to: error, on: exchange)
                    exchange.complete { response }
                }
            }
            if isRunning == nil { refuse(exchange) }
        }
        if !isTaken { refuse(exchange) }
        return nil
    }

    private func refuse(_ exchange: Exchange) {
        let response = tooMuch(.overloaded, exchange)
        exchange.complete { response }
    }

    package func tooMuch(_ slug: Problem.Slug, _ exchange: Exchange) -> Response {
        response(to: Problem(slug, "the server has as much of this to do as it can, or as one client may have; try again"), on: exchange)
    }

    /// Runs the route's handler on the present thread; nil when the answer comes later.
    private func run(_ call: Call, on exchange: Exchange) -> Response? {
        do {
            if call.route.body != .none, let coding = exchange.request.header("Content-Encoding") {
                let body = exchange.request.body
                exchange.request.body = try ContentCoding.decode(body, coding: coding, byteCountMax: bodyByteCountMax(call.route)) {
                    try exchange.holdBody(body.count + $0)
                }
            }
            let isLarge = exchange.request.body.count > Self.largeByteCountMin
            defer { if isLarge { giveBackMemory() } }
            guard let response = try call.route.isAudited ? audited(call) : call.route.handle(call) else { return nil }
            return ContentCoding.encode(response, acceptEncoding: exchange.request.header("Accept-Encoding"))
        } catch {
            return response(to: error, on: exchange)
        }
    }

    private func audited(_ call: Call) throws -> Response? {
        try audit.run(call, requestID: requestID(call.exchange)) { response(to: $0, on: call.exchange) }
    }

    private func bodyByteCountMax(_ route: Route) -> Int {
        switch route.body {
        case .documents: limits.body
        case .typeFile: min(limits.body, 16 << 20)
        case .none, .small: min(limits.body, 1 << 20)
        }
    }

    /// Runs `work` for `exchange` on the pool for point reads; for what a timer or a notification has woken, whose threads must not wait.
    ///
    /// - Returns: false when the pool has no place.
    package func onReader(for exchange: Exchange, _ work: @escaping @Sendable () -> Void) -> Bool {
        reads.submit(for: exchange.account ?? memory, work) != nil
    }

    /// What a large document was read with goes back to the system: the C library would keep it.
    private func giveBackMemory() {
        let now = SteadyClock.nanoseconds()
        let last = gaveBackAt.load(ordering: .relaxed)
        guard now &- last > Self.giveBackPause,
            gaveBackAt.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
        else { return }
        // Not at once: the engine is not done with it, and the answer goes first.
        deadlines.after(0.5) { [observing, memory] in _ = observing.submit(for: memory) { ProcessHeap.giveBack() } }
    }

    // MARK: Errors and counts

    package func response(to error: any Error, on exchange: Exchange) -> Response {
        if let options = error as? Router.Options { return Response(status: 204).adding("Allow", options.allow.value) }
        let refusal = error as? Refusal
        let problem = refusal?.problem ?? ProblemMapping.problem(for: error)
        exchange.problem = problem
        if problem.slug == .internalError { logFailure(problem.cause ?? "\(error)", exchange) }
        return refusal?.response(requestID: requestID(exchange)) ?? problem.response(requestID: requestID(exchange))
    }

    /// What lies behind an internal error goes to the log; the client gets the number to ask about it with.
    package func logFailure(_ cause: String, _ exchange: Exchange) {
        log.error("request failed", exchange, ["error": .text(cause)])
    }

    /// The trace of the caller where it sent one (W3C Trace Context), else a number of this run.
    package func requestID(_ exchange: Exchange) -> String {
        if let id = exchange.requestID { return id }
        let id = runID + "-" + String(requestNumber.add(1, ordering: .relaxed).newValue)
        exchange.requestID = id
        return id
    }

    package func ended(_ exchange: Exchange, isWhole: Bool) {
        let seconds = SteadyClock.seconds() - exchange.startedAt
        metrics.record(route: exchange.call?.routeIndex, status: exchange.status, seconds: seconds)
        log.request(exchange, seconds: seconds, isWhole: isWhole)
    }

    package var poolLoads: [(name: String, waiting: Int, running: Int)] {
        [("read", reads), ("query", queries), ("control", control), ("bulk", bulk), ("observing", observing)].map { name, pool in
            (name, pool.load.waiting, pool.load.running)
        }
    }
}
