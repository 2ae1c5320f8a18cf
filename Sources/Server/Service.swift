internal import ColumnStore
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

        package init() {}
    }

    /// Queries beyond those that run, for each of them, before 429.
    private static let waitingQueriesPerPlace = 4
    /// A document larger than this is taken on a thread of its own pool, so that its neighbours on the connection's thread need not wait.
    package static let bulkByteCountMin = 128 << 10

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
    package let openAPI: [UInt8]
    private let authorizer: Authorizer
    private let audit: AuditLog
    package let tokens: TokenVerifier?
    /// Set once, before the first request.
    package var certificates: CertificateFiles? {
        get { certificateFiles.withLock { $0 } }
        set { certificateFiles.withLock { $0 = newValue } }
    }
    private let certificateFiles = Mutex<CertificateFiles?>(nil)
    private let reads: WorkerPool
    private let queries: WorkerPool
    private let control: WorkerPool
    private let bulk: WorkerPool
    private let stopping = Atomic<Bool>(false)
    private let starting = Atomic<Bool>(false)
    private let requestNumber = Atomic<Int>(0)
    /// Distinguishes this run's request ids from another's.
    private let runID: String

    package init(
        engine: any EngineInterface & QueryStore, queries: QueryEngine, adminKey: String, tokens: TokenVerifier? = nil, limits: Limits,
        log: Log, administrator: String = "admin", routes: [Route] = APIRoutes.all
    ) throws {
        self.engine = engine
        store = engine
        queryEngine = queries
        self.limits = limits
        self.log = log
        self.administrator = administrator
        jobs = JobTable(log: log)
        router = Router(routes)
        metrics = HTTPMetrics(routes: routes)
        openAPI = OpenAPI.document(routes)
        authorizer = Authorizer(engine: engine, adminKey: adminKey, tokens: tokens)
        self.tokens = tokens
        audit = AuditLog(engine: engine, log: log, administrator: administrator)
        reads = WorkerPool(threadCount: 8, waitingMax: 4_096)
        self.queries = WorkerPool(threadCount: limits.queryCount, waitingMax: limits.queryCount * Self.waitingQueriesPerPlace)
        control = WorkerPool(threadCount: 4, waitingMax: 64)
        bulk = WorkerPool(threadCount: 2, waitingMax: 256)
        runID = try Digest.random(byteCount: 4).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// Why the server takes no work; nil when it does. Before the first answer of the tokens' issuer their clients would be refused.
    package var notReady: String? {
        if isStopping { return "the server is stopping" }
        if !engine.isReady || starting.load(ordering: .relaxed) { return "the server is starting" }
        if let tokens, !tokens.source.isSettled { return "the server waits for the keys of tokens" }
        return nil
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
        let isHeavy = exchange.request.body.count > Self.bulkByteCountMin || exchange.request.header("Content-Encoding") != nil
        switch call.route.place {
        case .connection where !isHeavy: return run(call, on: exchange)
        case .connection: return dispatch(call, on: exchange, to: bulk, whenFull: .overloaded)
        case .reads: return dispatch(call, on: exchange, to: reads, whenFull: .overloaded)
        case .queries: return dispatch(call, on: exchange, to: queries, whenFull: .tooManyQueries)
        case .control: return dispatch(call, on: exchange, to: control, whenFull: .overloaded)
        }
    }

    private func dispatch(_ call: Call, on exchange: Exchange, to pool: WorkerPool, whenFull slug: Problem.Slug) -> Response? {
        exchange.suspendWatched()
        let isTaken = pool.submit { [self] in
            guard !exchange.isGone else { return exchange.complete { .noContent } }
            if let response = run(call, on: exchange) { exchange.complete { response } }
        }
        if !isTaken {
            exchange.complete { Self.tooMuch(slug) }
        }
        return nil
    }

    /// Waits for the issuer's keys, then lets the request in or refuses it.
    private func finishWithKeys(_ call: Call, on exchange: Exchange) -> Response? {
        exchange.suspendWatched()
        let isTaken = authorizer.whenKeysAreFetched { [self] in
            let isRunning = control.submit { [self] in
                guard !exchange.isGone else { return exchange.complete { .noContent } }
                do {
                    let admission = try authorizer.authorize(exchange.request, for: call.route.access)
                    exchange.admissionHeaders = admission.headers
                    let call = call.with(admission.principal)
                    exchange.call = call
                    if let response = run(call, on: exchange) { exchange.complete { response } }
                } catch {
                    let response = response(to: error, on: exchange)
                    exchange.complete { response }
                }
            }
            if !isRunning { exchange.complete { Self.tooMuch(.overloaded) } }
        }
        if !isTaken { exchange.complete { Self.tooMuch(.overloaded) } }
        return nil
    }

    private static func tooMuch(_ slug: Problem.Slug) -> Response {
        Problem(slug, "the server has as much of this to do as it can; try again").response
    }

    /// Runs the route's handler on the present thread; nil when the answer comes later.
    private func run(_ call: Call, on exchange: Exchange) -> Response? {
        do {
            if call.route.body != .none, let coding = exchange.request.header("Content-Encoding") {
                let body = exchange.request.body
                exchange.request.body = try ContentCoding.decode(body, coding: coding, byteCountMax: bodyByteCountMax(call.route))
            }
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

    /// Runs `work` on the pool for point reads; for what a timer or a notification has woken.
    package func onReader(_ work: @escaping @Sendable () -> Void) {
        if !reads.submit(work) { work() }
    }

    // MARK: Errors and counts

    package func response(to error: any Error, on exchange: Exchange) -> Response {
        switch error {
        case let refusal as Refusal: return named(refusal.response, exchange)
        case let options as Router.Options: return Response(status: 204).adding("Allow", options.allow.value)
        default: break
        }
        let problem = ProblemMapping.problem(for: error)
        if problem.slug == .internalError { logFailure(problem.cause ?? "\(error)", exchange) }
        return named(problem.response, exchange)
    }

    /// What lies behind an internal error goes to the log; the client gets the number to ask about it with.
    package func logFailure(_ cause: String, _ exchange: Exchange) {
        log.error("request failed", exchange, ["error": .text(cause)])
    }

    private func named(_ response: Response, _ exchange: Exchange) -> Response {
        response.adding("X-Request-Id", requestID(exchange))
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
        [("read", reads), ("query", queries), ("control", control), ("bulk", bulk)].map { name, pool in
            (name, pool.load.waiting, pool.load.running)
        }
    }
}
