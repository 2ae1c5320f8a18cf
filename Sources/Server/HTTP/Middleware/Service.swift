internal import ColumnStore
internal import Ingest

/// HTTP's middle: the steps that a request goes through between its listener and its route, put together once.
///
/// `Router` finds the route; then come the steps of `middleware` in their order, each a value in a file of its own.
///
/// A request passes the steps twice: each one's `head`, in order, on the connection's thread; and, once all of it is here, the handler that was made of all of
/// them at the start, the first step outermost.
package final class Service: RequestHandler {
    /// A document larger than this is taken on a thread of its own pool, so that its neighbours on the connection's thread need not wait.
    package static let bulkByteCountMin = 128 << 10

    package let context: DoorContext
    package let router: Router
    private let metrics: HTTPMetrics
    private let levels = ServiceLevels()
    private let clientLevels = ClientLevels()
    /// By route.
    private let promises: [ServiceLevels.Promise?]
    package let failures: Failures
    /// Who the admin key stands for.
    package let administrator: String
    private let pools: Dispatch.Pools
    private let background: BackgroundWork
    private let middleware: [any Middleware]
    /// By route: all steps and the route's own handler as one.
    private let handlers: [Handler]
    private let openers: [BodyOpener?]

    package init(
        _ context: DoorContext, administrator: String = "admin", certificates: [any DoorCertificate] = [], connections: ConnectionTable, routes: [Route]
    ) throws {
        self.context = context
        self.administrator = administrator
        router = Router(routes)
        metrics = HTTPMetrics(routes: routes.map { ($0.method.rawValue, $0.path) }, methods: HTTPMethod.allCases.map(\.rawValue) + HTTPMethod.others)
        promises = routes.map(\.operation.promise)
        failures = try Failures(log: context.log)
        pools = Dispatch.Pools(queries: context.queries.pool)
        let memory = MemoryReturn(context.life.timers, pools.observing)
        context.queries.giveBack(by: memory)
        context.giveBackMemory { memory.giveBackSoon() }
        connections.whenManyEnded { memory.giveBackSoon() }
        let dispatch = Dispatch(pools: pools, failures: failures, ledger: context.admission.ledger)
        let middleware: [any Middleware] = [
            dispatch,
            RequestAdmission(admission: context.admission, dispatch: dispatch),
            KeptAnswers(life: context.store.life),
            ParameterCheck(),
            BodyCoding(limits: context.limits, memory: memory),
            AuditLog(trail: context.store.audit, log: context.log, administrator: administrator, failures: failures),
        ]
        self.middleware = middleware
        background = BackgroundWork(context: context, pools: pools)
        let parts = CallParts(
            store: context.store, queries: context.queries, jobs: context.jobs, exports: context.exports, uploadByteCountMax: context.limits.uploadByteCount, log: context.log,
            authorizer: context.admission.authorizer, isSecure: certificates.contains { $0.door == "http" } || context.isBehindTLS,
            levels: levels, clientLevels: clientLevels, growth: CountGrowth(),
            figures: ServerFigures(context: context, http: metrics, pools: pools, connections: connections, certificates: certificates),
            background: background, warehouse: context.warehouse, postgres: context.postgres, cluster: context.cluster)
        openers = routes.map { $0.opener(parts) }
        handlers = routes.map { route in middleware.reversed().reduce(route.handler(parts)) { next, step in step.around(next, of: route) } }
    }

    // MARK: A request's way

    package func begin(_ exchange: Exchange) throws -> any HandledRequest {
        // Header fields may not be read any more when the log's line is written.
        if let parent = exchange.request.header("traceparent"), let trace = TraceContext(parent) { exchange.requestID = trace.traceID }
        exchange.usualHeaders = DocumentPolicy.usual
        let match = try router.match(exchange.request.method, exchange.request.target)
        let route = router.routes[match.routeIndex]
        if route.method == .get, route.access.needsCredential { exchange.usualHeaders = DocumentPolicy.usualToSomebody }
        let call = Call(exchange, self, route, match.values, opener: openers[match.routeIndex], answer: handlers[match.routeIndex])
        exchange.routeIndex = match.routeIndex
        // `Dispatch` has nothing to say to a head; admission comes next, so that no caller learns from a parameter's refusal of calls that it may not make.
        for step in middleware { try step.head(call) }
        return call
    }

    package func response(to error: any Error, on exchange: Exchange) -> Response {
        let response = failures.response(to: error, on: exchange)
        guard exchange.problem?.slug == .notLeader, let url = context.cluster?.leaderURL, !response.headers.contains(where: { $0.name.description == "Till-Leader" }) else { return response }
        return response.adding("Till-Leader", url)
    }

    package func requestID(_ exchange: Exchange) -> String { failures.requestID(exchange) }

    package func ended(_ exchange: Exchange, isWhole: Bool) {
        // From the request line to the answer's last byte: a slow client's time is in it.
        let seconds = SteadyClock.seconds() - exchange.startedAt
        metrics.record(route: exchange.routeIndex, method: exchange.request.methodName, status: exchange.countedStatus, seconds: seconds)
        if let route = exchange.routeIndex, let promise = promises[route], isWhole, !exchange.isUnheard {
            let isAnswered = exchange.status < 500
            levels.record(promise, seconds: seconds, isAnswered: isAnswered)
            if let client = exchange.caller.clientID {
                clientLevels.record(promise, of: ClientID(client), seconds: seconds, isAnswered: isAnswered, now: CalendarText.now)
            }
        }
        context.log.request(exchange, seconds: seconds, isWhole: isWhole)
    }

    // MARK: Other threads

    /// Runs `work` for `exchange` on the pool for point reads; for what a timer or a notification has woken, whose threads must not wait.
    ///
    /// - Returns: false when the pool has no place.
    package func onReader(for exchange: Exchange, _ work: @escaping @Sendable () -> Void) -> Bool {
        pools.reads.submit(for: exchange.account ?? context.admission.ledger, work) != nil
    }

    /// Runs `work` for `call`, in its turn, among what waits for another machine.
    ///
    /// - Returns: false when the pool has no place.
    func onCarrier(for call: Call, _ work: @escaping @Sendable () -> Void) -> Bool {
        pools.carrying.submit(for: call.owner, work) != nil
    }

    /// Runs `work` where figures are read; for what looks after the server now and then.
    ///
    /// - Returns: false when there is no place.
    package func onObserver(_ work: @escaping @Sendable () -> Void) -> Bool { background.now(work) }

    /// Looks at how promises are kept every few seconds, and writes it down each minute: a restart forgets the last one at most.
    @discardableResult
    func watchLevels() -> Timers.Repetition {
        do {
            if let kept = try context.store.figures.keptFigures(Self.levelsName) { levels.restore(kept) }
            if let kept = try context.store.figures.keptFigures(Self.clientLevelsName) { clientLevels.restore(kept) }
        } catch {
            context.log.warning("figures of the last run could not be read", ["reason": .error(error)])
        }
        return context.life.timers.every(ServiceLevels.interval) { [self] in
            _ = onObserver { [self] in
                let now = CalendarText.now
                guard let text = levels.look(now: now) else { return }
                do {
                    try context.store.figures.keep(figures: text, as: Self.levelsName)
                    try clientLevels.keep(now: now) { try context.store.figures.keep(figures: $0, as: Self.clientLevelsName) }
                } catch {
                    context.log.warning("figures could not be written down; it is tried again", ["reason": .error(error)])
                }
            }
        }
    }

    /// After the last request: its threads end.
    package func stop() { pools.stop() }

    private static let levelsName = "levels"
    private static let clientLevelsName = "client_levels"
}
