internal import ColumnStore
internal import Documents
internal import Processes
import Glibc

/// Does what waits in the hot files' steps and outboxes: calls registrars and webhooks, and has the writer note the outcomes.
///
/// One thread decides and prepares, libcurl's thread calls. In memory is only what is open, found again on disk after a restart; every
/// outcome is durable before anything follows from it. Queues go by a clock that nobody sets.
///
/// The way of a piece of work (a step or an event): the writer hands it over once its row is durable, or a start finds it in the files; it waits in its
/// queue; the thread takes it, reads its row and begins the call; the answer comes on libcurl's thread and goes to the writer; what follows is added again.
///
/// 1. A piece of work is in one queue at most once, waiting or under way. Its place is free before its outcome is written: a slow disk holds up no endpoint.
/// 2. A call is made at least once. One that may have arrived is asked about first, where that can be asked, else sent again under the same key.
/// 3. `State` is held for a look or a change of queues; files are read, and requests made, outside of it.
final class Registration: Sendable {
    private struct State {
        var queues: [String: CallQueue] = [:]
        var isStopping = false
    }

    private let options: RegistrationOptions
    private let tier: HotTier
    private let catalog: Catalog
    private let usage: UsageMeter
    private let clock: Clock
    /// nil where the store's clock goes by hand: then it is the steady one, too.
    private let steady: (@Sendable () -> Int64)?
    private let callbackBase: String
    private let client: OutgoingClient
    private let state = Monitor(State())
    private let thread = HeldThread()

    /// Calls to one host of webhooks at a time.
    private static let webhookConcurrency = 64
    /// Pauses of 1 s to 15 minutes; an event ends by its three days, not by a count.
    private static let webhookRetry = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: .max)
    /// How long something waits whose registrar is not configured any more, or that could not be written down.
    private static let patience: Int64 = 30_000_000
    /// Until what waits on disk is read again, where some of it cannot be, or what waits in memory is not due: each time all that is open is walked.
    private static let reloadPause: Int64 = 5_000_000
    /// As many of a queue are prepared before the others have their turn.
    private static let turnCount = 16

    /// - Parameters:
    ///   - steady: microseconds of a clock that nobody sets; nil: `clock` goes by hand.
    ///   - callbackBase: the URL under which registrars reach this server.
    init(options: RegistrationOptions, tier: HotTier, catalog: Catalog, usage: UsageMeter, clock: Clock, steady: (@Sendable () -> Int64)?, callbackBase: String) {
        self.steady = steady
        self.usage = usage
        self.options = options
        self.tier = tier
        self.catalog = catalog
        self.clock = clock
        self.callbackBase = callbackBase.hasSuffix("/") ? String(callbackBase.dropLast()) : callbackBase
        client = OutgoingClient(policy: options.policy)
    }

    /// Takes up what the files have open, then all that comes.
    func start() throws {
        // First the new, then the old: a queue passes over what it has already, and a call looks whether its step is still open.
        tier.workQueue.deliver { [self] work in add(work, isNews: true) }
        for file in tier.boundary.snapshot().files {
            try file.forEachOpen(now: clock.now(), wantsClients: hasRoom) { work in
                add(work)
                return true
            }
        }
        thread.start(name: "registration") { [self] in run() }
    }

    /// Takes up what a queue had no room for.
    /// The files are walked until the queue is full of what is due, or is full, half of it due, and has been told of as much again; to the end where less of it is. What it holds is passed over.
    ///
    /// - Throws: where a file cannot be read, once all others were: what is in it the queue still lacks.
    private func reload(_ queue: String) throws {
        state.withLock { $0.queues[queue]?.beginReload() }
        let isRegistrar = queue.hasPrefix(Self.registrarPrefix)
        let name = isRegistrar ? String(queue.dropFirst(Self.registrarPrefix.count)) : nil
        var failure: (any Error)?
        // What was met while the queue was full.
        var metCount = 0
        for file in tier.boundary.snapshot().files {
            do {
                try file.forEachOpen(steps: isRegistrar, named: name, events: !isRegistrar, now: clock.now(), wantsClients: hasRoom) { work in
                    let own = isRegistrar ? work : own(work, of: queue)
                    add(own)
                    return state.withLock { state -> Bool in
                        guard let filled = state.queues[queue], !state.isStopping else { return false }
                        if filled.isFull { metCount = metCount.addingSaturating(own.count) }
                        let isEnough = filled.isSaturated(now: steadyNow()) || metCount > filled.reloadCount && filled.isMostlyDue(now: steadyNow())
                        // What is behind here is not known: it is looked for once there is room.
                        if isEnough { state.queues[queue]?.noteMore() }
                        return !isEnough
                    }
                }
            } catch { failure = failure ?? error }
        }
        if let failure { throw failure }
    }

    /// Those events of a host, and such as no queue has, nor looks for on disk: where a contract has another host by now, what gave way in the queue of the one before has no other way into its own.
    private func own(_ work: [QueuedWork], of queue: String) -> [QueuedWork] {
        work.filter { one in
            let name = self.queue(of: one)
            if name == queue { return true }
            return state.withLock { state in
                if let other = state.queues[name], other.hasMore || other.has(one.key) { return false }
                return !state.queues.values.contains { $0.has(one.key) }
            }
        }
    }

    /// Whether more steps of a registrar have a place in memory. Whose the others are nobody needs to know: a start may find millions of them.
    private func hasRoom(_ registrar: String) -> Bool { state.withLock { !($0.queues["\(Self.registrarPrefix)\(registrar)"]?.isFull ?? false) } }

    private static let registrarPrefix = "registrar "

    /// Ends every call under way; what they were about is tried again after the next start.
    func stop() {
        tier.workQueue.deliver(to: nil)
        state.broadcast { $0.isStopping = true }
        thread.join()
        client.close()
    }

    // MARK: The queues

    /// On any thread. What is in its queue already is passed over, and what a full queue has no room for stays on disk.
    ///
    /// - Parameter isNews: of a commit: a step in it has just begun, for the first time or anew, or is over, whatever its queue still has of it.
    private func add(_ work: [QueuedWork], isNews: Bool = false) {
        let now = clock.now()
        let ahead = steadyNow().subtractingSaturating(now)
        let placed = work.map { one in
            var placed = one
            // What a file says may be of a clock that was set back since.
            placed.dueAt = min(one.dueAt, now.addingSaturating(pauseMax(of: one))).addingSaturating(ahead)
            // From here on somebody who sets the clock ends nothing.
            if one.endsAt == nil, one.expiresAt < .max {
                // Nothing lasts longer than from its beginning: a start may have come before the clock was right.
                let life = max(0, one.expiresAt.subtractingSaturating(one.since))
                placed.endsAt = min(one.expiresAt, now.addingSaturating(life)).addingSaturating(ahead)
            }
            return (queue: queue(of: one), work: placed)
        }
        state.signal { state in
            for (queue, one) in placed {
                if one.isOver {
                    state.queues[queue]?.remove(one.key)
                } else if isNews {
                    state.queues[queue, default: made(for: one)].renew(one)
                } else {
                    state.queues[queue, default: made(for: one)].add(one)
                }
            }
        }
    }

    private func made(for work: QueuedWork) -> CallQueue {
        // Of a registrar that is not configured all is put off in memory alone: on disk it is due.
        let isConfigured = if case .step(let name) = work.kind { options.registrars[name] != nil } else { true }
        return CallQueue(limit: limit(of: work), capacity: options.queueCapacity, yieldsRoom: isConfigured)
    }

    /// Microseconds; queues and breakers count by it.
    private func steadyNow() -> Int64 { steady?() ?? clock.now() }

    /// "registrar " and its name, or "webhook " and host and port: a host's contracts share its queue, so that one which answers nobody is asked for none of
    /// them.
    private func queue(of work: QueuedWork) -> String {
        switch work.kind {
        case .step(let name): return Self.registrarPrefix + name
        case .event(let client, let callbackURL):
            let url = callbackURL ?? catalog.contract(client)?.webhook?.url ?? ""
            return "webhook " + (CallbackURL.host(url)?.withPort ?? "")
        }
    }

    /// Nothing is put off for longer.
    private func pauseMax(of work: QueuedWork) -> Int64 {
        switch work.kind {
        case .step(let name): options.registrars[name].map { max($0.lock, $0.retry.delayMax) } ?? Self.patience
        case .event: Self.webhookRetry.delayMax
        }
    }

    private func limit(of work: QueuedWork) -> Int {
        if case .step(let name) = work.kind { return options.registrars[name]?.concurrency ?? 1 }
        return Self.webhookConcurrency
    }

    private func run() {
        // Queues that are not filled before an instant, since a file could not be read or what waits is not due: each look walks all that is open.
        var held: [String: Int64] = [:]
        // Those of which a file could not be read at the last look.
        var unread: Set<String> = []
        while true {
            guard let ready = next(held) else { return }
            for (queue, work) in ready { perform(work, queue) }
            let now = steadyNow()
            for queue in state.withLock({ Self.wanting($0, held, now: now) }) {
                // What was put off without a word in its file is due there: each such look may bring it again.
                let isPaced = state.withLock { $0.queues[queue]?.wantsByTimeAlone ?? false }
                do {
                    try reload(queue)
                    // From its end: one that takes longer than the pause would leave no time for calls.
                    held[queue] = isPaced ? steadyNow().addingSaturating(Self.reloadPause) : nil
                    unread.remove(queue)
                } catch {
                    state.withLock { $0.queues[queue]?.noteMore() }
                    held[queue] = steadyNow().addingSaturating(Self.reloadPause)
                    if unread.insert(queue).inserted {
                        StoreLog.note("what waits for an endpoint cannot be read in full; it is tried again", path: queue, reason: StoreLog.text(error), level: .warning)
                    }
                }
            }
            // One that has no more, or whose endpoint is gone, has no need of it.
            let after = steadyNow()
            held = held.filter { $0.value > after }
        }
    }

    /// The queues that are to be filled.
    private static func wanting(_ state: State, _ held: [String: Int64], now: Int64) -> [String] {
        state.queues.compactMap { $0.value.wantsMore(now: now) && held[$0.key] ?? .min <= now ? $0.key : nil }
    }

    /// When something is due that may be called, or that was left on disk.
    private static func wakeTime(_ state: State, _ held: [String: Int64], now: Int64) -> Int64? {
        state.queues.compactMap { name, queue in [queue.nextTime, held[name] == nil ? queue.moreTime(now: now) : nil].compactMap { $0 }.min() }.min()
    }

    /// Waits for something to do; nil when it is time to stop.
    ///
    /// - Parameter held: queues, each not to be filled before an instant of the steady clock.
    /// - Returns: nothing, where queues are to be filled: also one that callbacks alone have emptied.
    private func next(_ held: [String: Int64]) -> [(queue: String, work: QueuedWork)]? {
        let end = held.values.min()
        while true {
            let now = steadyNow()
            if let end, now >= end { return state.withLock { $0.isStopping ? nil : [] } }
            let (earliest, isWanting) = state.withLock { state in (Self.wakeTime(state, held, now: now), !Self.wanting(state, held, now: now).isEmpty) }
            if isWanting { return state.withLock { $0.isStopping ? nil : [] } }
            // A minute at most: whatever was missed is seen then.
            let planned = min(earliest ?? .max, end ?? .max, now + 60_000_000)
            let ready = state.wait(nanoseconds: UInt64(max(0, planned.subtractingSaturating(now))) * 1_000) { state -> [(queue: String, work: QueuedWork)]? in
                if state.isStopping { return [] }
                let ready = Self.take(&state, now: steadyNow())
                if !ready.isEmpty { return ready }
                // Something came that is due before what the wait was planned for, or a queue was emptied.
                return Self.wakeTime(state, held, now: now) ?? .max < planned || !Self.wanting(state, held, now: steadyNow()).isEmpty ? [] : nil
            }
            if state.withLock({ $0.isStopping }) { return nil }
            if let ready, !ready.isEmpty { return ready }
        }
    }

    private static func take(_ state: inout State, now: Int64) -> [(queue: String, work: QueuedWork)] {
        var ready: [(queue: String, work: QueuedWork)] = []
        for name in state.queues.keys {
            // In place: a queue's heap must not be copied for each look.
            var count = 0
            while count < turnCount, let work = state.queues[name]?.take(now: now) {
                ready.append((name, work))
                count += 1
            }
            // Hosts of webhooks come and go.
            if state.queues[name]?.isIdle == true, name.hasPrefix("webhook ") { state.queues[name] = nil }
        }
        return ready
    }

    /// A call ended: its place is free. `worked` is nil when no call was made.
    ///
    /// - Returns: whether the work has begun anew meanwhile (a redrive).
    @discardableResult
    private func release(_ work: QueuedWork, _ queue: String, worked: Bool?, outcome: String, because reason: String? = nil) -> Bool {
        let now = steadyNow()
        return state.signal { state in
            state.queues[queue]?.end(work, worked: worked, outcome: outcome, because: reason, now: now) ?? false
        }
    }

    /// Whether its time is over: by the clock that nobody sets, where that is known of it.
    private func isExpired(_ work: QueuedWork, now: Int64) -> Bool { work.endsAt.map { $0 <= steadyNow() } ?? (work.expiresAt <= now) }

    /// When that is, by the store's clock as it goes now.
    private func end(of work: QueuedWork, now: Int64) -> Int64 {
        guard let endsAt = work.endsAt else { return work.expiresAt }
        return now.addingSaturating(max(0, endsAt.subtractingSaturating(steadyNow())))
    }

    /// - Parameters:
    ///   - at: microseconds since 1970, by the store's clock.
    ///   - mayHaveArrived: nil: as it is known so far.
    private func later(_ work: QueuedWork, at: Int64, mayHaveArrived: Bool? = nil) {
        var work = work
        work.dueAt = at
        if let mayHaveArrived { work.mayHaveArrived = mayHaveArrived }
        add([work])
    }

    /// Has a change written down; `next` is called once it is. What cannot be written is tried again later.
    private func submit(_ action: ProcessChange.Action, _ work: QueuedWork, next: @escaping @Sendable (ProcessResult) -> Void = { _ in }) {
        tier.writer.submit(
            ProcessChange(file: work.file, action: action) { [self] result in
                switch result {
                case .success(let result): next(result)
                // What was said is not known to the file: it is asked about, or sent again, as after a crash.
                case .failure: later(work, at: clock.now() + Self.patience, mayHaveArrived: true)
                }
            })
    }

    /// On the thread: reads what the call takes, and begins it. A place that it does not need is given back at once.
    private func perform(_ work: QueuedWork, _ queue: String) {
        do {
            switch work.kind {
            case .step(let name): try performStep(work, name, queue)
            case .event(let client, let callbackURL): try performEvent(work, client, callbackURL, queue)
            }
        } catch {
            // The file cannot be read now.
            release(work, queue, worked: nil, outcome: "unreadable", because: "\(error)")
            later(work, at: clock.now() + Self.patience)
        }
    }

    // MARK: Steps

    /// Looks at the step as the file has it: it may have been decided by a callback, or given up, since it was put into the queue.
    private func performStep(_ queued: QueuedWork, _ name: String, _ queue: String) throws {
        let now = clock.now()
        guard let call = try queued.file.stepCall(queued.id), call.state.isOpen else {
            release(queued, queue, worked: nil, outcome: "settled")
            return
        }
        // By its row: it may have begun anew since it was put into the queue.
        let work = queued.expiring(at: call.expiresAt)
        let isExpired = isExpired(work, now: now)
        guard !isExpired else {
            let detail = "expired after \(call.attempts) attempts"
            release(work, queue, worked: nil, outcome: "expired", because: detail)
            return submit(.dead(step: work.id, detail: detail, note("expired", name, call.attempts)), work)
        }
        guard let registrar = options.registrars[name] else {
            release(work, queue, worked: nil, outcome: "unconfigured", because: "the configuration has no registrar \(name)")
            return later(work, at: now + Self.patience)
        }
        switch registrar.turn(attempts: call.attempts, isExpired: isExpired, mayHaveArrived: work.mayHaveArrived) {
        case .expired, .send: break
        case .ask(let statusURL):
            let request = RegistrarCall.ask(call, of: name, registrar, statusURL: statusURL, now: now)
            client.send(request) { [self] in finish(work, name, registrar, queue, attempts: call.attempts, isQuestion: true, $0) }
            return
        case .exhausted:
            let detail = "no final answer in \(call.attempts) attempts"
            release(work, queue, worked: nil, outcome: "exhausted", because: detail)
            return submit(.dead(step: work.id, detail: detail, note("exhausted", name, call.attempts)), work)
        }
        let attempt = call.attempts + 1
        let request = RegistrarCall.send(call, try work.file.document(ofStep: work.id), to: name, registrar, callbackBase: callbackBase, now: now)
        // Nobody waits for this note: after a crash every open step may have been sent, whatever its row says.
        tier.writer.submit(ProcessChange(file: work.file, action: .sent(step: work.id, attempt: attempt, lockedUntil: now + registrar.lock)))
        client.send(request) { [self] in finish(work, name, registrar, queue, attempts: attempt, isQuestion: false, $0) }
    }

    /// An entry of the row's history.
    private func note(
        _ event: String, _ name: String, _ attempt: Int, _ more: (inout JSONWriter) -> Void = { _ in }
    ) -> HistoryNote {
        HistoryNote(event) { json in
            json.member("name", name)
            json.member("attempt", Int64(attempt))
            more(&json)
        }
    }

    /// On libcurl's thread.
    private func finish(
        _ work: QueuedWork, _ name: String, _ registrar: RegistrarOptions, _ queue: String, attempts: Int, isQuestion: Bool,
        _ result: Result<OutgoingResponse, OutgoingFailure>
    ) {
        // The server stops: that is no failure of the endpoint, and counts as no attempt.
        if case .failure(.closed) = result { return }
        let now = clock.now()
        var status: Int64?
        if case .success(let response) = result { status = Int64(response.status) }
        func note(_ event: String, of attempt: Int? = nil, _ more: (inout JSONWriter) -> Void = { _ in }) -> HistoryNote {
            self.note(isQuestion ? "asked: \(event)" : event, name, attempt ?? attempts) { json in
                if let status { json.member("status", status) }
                more(&json)
            }
        }
        switch RegistrarCall.answer(result, toQuestion: isQuestion, nowSeconds: now / 1_000_000) {
        case .final(let outcome):
            release(work, queue, worked: true, outcome: outcome.isAccepted ? "accepted" : "rejected")
            let note = note(outcome.isAccepted ? "accepted" : "rejected") { $0.member("reference", outcome.reference) }
            submit(.outcome(step: work.id, outcome, note), work)
        case .inProgress:
            release(work, queue, worked: true, outcome: "in-progress")
            // Its callback ends the wait; where none comes, it is asked, or sent to again.
            let until = min(now.addingSaturating(registrar.lock), end(of: work, now: now))
            submit(.inProgress(step: work.id, lockedUntil: until, note("in progress")), work) { [self] result in
                if result == .applied { later(work, at: until, mayHaveArrived: true) }
            }
        case .neverSeen:
            release(work, queue, worked: true, outcome: "never-seen")
            later(work, at: now, mayHaveArrived: false)
        case .failed(let detail, let retryAfter, let mayHaveArrived):
            // A refusal of the request shows that the endpoint works; 408, 429 and what is from 500 on, or no answer at all, does not.
            let isRenewed = release(work, queue, worked: status.map { WebhookAnswer.hostWorks(status: Int(clamping: $0)) } ?? false, outcome: "failed", because: detail)
            // A redrive has begun the step anew: the end of a call of before is none of its attempts.
            if isRenewed { return }
            // A question that failed counts as an attempt, so that an endpoint which never answers is given up.
            let attempts = isQuestion ? attempts + 1 : attempts
            guard let next = registrar.nextAttempt(after: attempts, retryAfter: retryAfter, now: now) else {
                let dead = "no final answer in \(attempts) attempts; the last: \(detail)"
                return submit(.dead(step: work.id, attempts: attempts, detail: dead, note("exhausted", of: attempts) { $0.member("detail", detail) }), work)
            }
            let at = min(next, end(of: work, now: now))
            let action = ProcessChange.Action.retry(
                step: work.id, attempts: attempts, at: at, detail: detail,
                note("failed", of: attempts) { json in
                    json.member("detail", detail)
                    json.member("next_at", instant: at)
                })
            submit(action, work) { [self] result in
                if result == .applied { later(work, at: at, mayHaveArrived: mayHaveArrived || (isQuestion && work.mayHaveArrived)) }
            }
        }
    }

    // MARK: Events

    /// As `performStep`. Where it goes is asked now: the contract may have another webhook than it had when the event came.
    private func performEvent(_ work: QueuedWork, _ client: String, _ callbackURL: String?, _ queue: String) throws {
        let now = clock.now()
        guard let call = try work.file.eventCall(work.id), call.isPending else {
            release(work, queue, worked: nil, outcome: "settled")
            return
        }
        let version = ProcessKey.version(ofEvent: work.id)
        let target = callbackURL == nil ? "contract" : "callback"
        func note(_ event: String) -> HistoryNote { Self.note(event, version: version, target: target, attempt: call.attempts + 1) }
        let contract = catalog.contract(client)
        guard let url = callbackURL ?? contract?.webhook?.url else {
            let detail = "the contract has no webhook any more"
            release(work, queue, worked: nil, outcome: "dead", because: detail)
            return submit(.deadEvent(work.id, detail: detail, note("undeliverable")), work)
        }
        // Asked now, too: a host may have been taken off the list because it is no more to be trusted.
        if let callbackURL, !CallbackURL.isAllowed(callbackURL, hosts: contract?.callbackHosts ?? []) {
            let detail = "the contract allows calls to this host no more"
            release(work, queue, worked: nil, outcome: "dead", because: detail)
            return submit(.deadEvent(work.id, detail: detail, note("undeliverable")), work)
        }
        guard !isExpired(work, now: now) else {
            let detail = "not delivered in 3 days, \(call.attempts) attempts"
            release(work, queue, worked: nil, outcome: "dead", because: detail)
            return submit(.deadEvent(work.id, detail: detail, note("undeliverable")), work)
        }
        let stored = call.stored
        let number = TableName.kind(of: stored.table).numbersVersions
            ? try tier.versions.version(stored.versionKey, sequence: stored.summary.sequence)?.version : nil
        let request = WebhookCall.request(
            call, version: version, number: number, url: url, secrets: contract?.webhook?.secrets(at: now, for: url) ?? [], nowSeconds: now / 1_000_000)
        self.client.send(request) { [self] in finishEvent(work, version, target, call.attempts + 1, queue, $0) }
    }

    private static func note(
        _ event: String, version: Int64, target: String, attempt: Int, _ more: (inout JSONWriter) -> Void = { _ in }
    ) -> HistoryNote {
        HistoryNote("webhook: \(event)") { json in
            json.member("target", target)
            json.member("version", version)
            json.member("attempt", Int64(attempt))
            more(&json)
        }
    }

    /// On libcurl's thread.
    private func finishEvent(
        _ work: QueuedWork, _ version: Int64, _ target: String, _ attempts: Int, _ queue: String, _ result: Result<OutgoingResponse, OutgoingFailure>
    ) {
        let now = clock.now()
        guard let answer = WebhookAnswer(result, nowSeconds: now / 1_000_000) else { return }
        func note(_ event: String, _ more: (inout JSONWriter) -> Void) -> HistoryNote { Self.note(event, version: version, target: target, attempt: attempts, more) }
        switch answer {
        case .taken(let status):
            release(work, queue, worked: true, outcome: "delivered")
            if case .event(let client, _) = work.kind { usage.add(to: ClientID(client)) { $0.webhooks = $0.webhooks.addingSaturating(1) } }
            submit(.delivered(event: work.id, note("delivered") { $0.member("status", Int64(status)) }), work)
        case .gone(let detail):
            // Its host is well: others' webhooks there are called as before.
            release(work, queue, worked: true, outcome: "dead", because: detail)
            submit(.deadEvent(work.id, detail: detail, note("undeliverable") { $0.member("detail", detail) }), work)
        case .failed(let detail, let hostWorks, let retryAfter):
            release(work, queue, worked: hostWorks, outcome: "failed", because: detail)
            let delay = Self.webhookRetry.delay(afterAttempts: attempts, retryAfter: retryAfter, fraction: Double.random(in: 0..<1))
            let at = min(now.addingSaturating(delay), end(of: work, now: now))
            let note = note("failed") { json in
                json.member("detail", detail)
                json.member("next_at", instant: at)
            }
            submit(.retryEvent(work.id, at: at, detail: detail, note), work) { [self] result in
                if result == .applied { later(work, at: at) }
            }
        }
    }

    // MARK: Figures

    /// Registrars that something waits for and the configuration does not have.
    var missing: Set<String> {
        state.withLock { state in
            Set(
                state.queues.compactMap { name, queue in
                    guard name.hasPrefix(Self.registrarPrefix), queue.waitingCount > 0 || queue.hasMore else { return nil }
                    return String(name.dropFirst(Self.registrarPrefix.count))
                }
            ).subtracting(options.registrars.keys)
        }
    }

    func metrics() -> [Metric] {
        let (now, steady) = (clock.now(), steadyNow())
        // Within the lock: a queue that is held elsewhere would be copied at its next change.
        let figures = state.withLock { state in state.queues.map { (name: $0.key, queue: $0.value.figures(now: steady)) } }
        var metrics: [Metric] = []
        for (name, queue) in figures.sorted(by: { $0.name < $1.name }) {
            let isRegistrar = name.hasPrefix(Self.registrarPrefix)
            let own = String(name.drop { $0 != " " }.dropFirst())
            let endpoint = [(name: "queue", value: isRegistrar ? "registrar" : "webhook"), (name: "name", value: own)]
            func gauge(_ name: String, _ help: String, _ labels: [(name: String, value: String)] = [], _ value: Double) {
                metrics.append(Metric(name: name, help: help, kind: .gauge, labels: endpoint + labels, value: value))
            }
            let help = "Steps and webhook events that are not finished."
            gauge("queue_items", help, [(name: "state", value: "due")], Double(queue.dueCount))
            gauge("queue_items", help, [(name: "state", value: "later")], Double(queue.waitingCount - queue.dueCount))
            gauge("queue_items", help, [(name: "state", value: "in-flight")], Double(queue.inFlightCount))
            gauge(
                "endpoint_oldest_seconds", "How long the oldest item is there that is not finished: due, put off or under way.", [],
                queue.oldestSince.map { max(0, Double(now.subtractingSaturating($0)) / 1e6) } ?? 0)
            let level = switch queue.breaker { case .closed: 0.0; case .halfOpen: 1.0; case .open: 2.0 }
            gauge("queue_overflow", "1 when some of the queue is on disk alone, for want of room in memory.", [], queue.hasMore ? 1 : 0)
            gauge("breaker_state", "0 closed, 1 half-open, 2 open.", [], level)
            for (outcome, ended) in queue.outcomes.sorted(by: { $0.key < $1.key }) {
                metrics.append(
                    Metric(
                        name: "calls_total", help: "Calls to registrars and webhooks, by how they ended.", kind: .counter,
                        labels: endpoint + [(name: "outcome", value: outcome)], value: Double(ended.count), reason: ended.reason))
            }
        }
        return metrics
    }
}
