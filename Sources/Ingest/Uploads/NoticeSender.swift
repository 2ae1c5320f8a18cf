import ColumnStore
import Synchronization

/// Tells contracts' webhooks what stands in the catalog for them: signed, tried again for three days, and gone from there once it was taken. What is given up is a
/// dead letter.
///
/// One thread looks what is due, at least every minute and whenever something is noted; answers come on the client's own thread. Since a row is deleted only
/// after it was taken, an end of the process between the two tells it again, under the same id.
///
/// Invariants:
/// 1. A notice is in `sending` from before its call begins until what became of it was noted: it is never sent twice at once.
/// 2. At most `sendingCountMax` webhooks are called at a time, and `sendingCountMaxOfOne` of one client: a receiver that answers slowly holds up only itself.
/// 3. A body is the same at each attempt; its signature has the attempt's own time.
/// 4. What became of a notice and could not be noted is noted later, after pauses that grow; what was taken is not sent again meanwhile.
/// 5. While `waitingCountMax` receivers wait for that nothing is begun: it is the catalog that takes nothing, as on a full disk, and all others would come to wait as well.
/// 6. A look that goes through many rows holds the catalog meanwhile: it takes an eleventh of the time at most, and so does one for events alone, while no webhook has a place.
final class NoticeSender: Sendable {
    /// Where notices go: a client's webhook, or the topic `till`.
    private struct Receiver {
        var sendingCount = 0
        var pause: GrowingPause
        /// Nothing more is begun before: by the steady clock, in seconds.
        var until = 0.0
    }

    private struct State {
        /// Whether the thread runs: `stop` waits for it to fall.
        var isStarted = false
        var isStopped = false
        /// Something was noted since the thread looked last.
        var isWoken = true
        /// Ids of notices on their way.
        var sending: Set<String> = []
        /// Those that have notices on their way, or wait after a note that failed; by the client, the topic as `topic`.
        var receivers: [String: Receiver] = [:]
        /// Webhooks that are called.
        var callCount = 0
        /// Ids of notices that are over, whose rows could not be deleted.
        var over: Set<String> = []
        /// Nothing is looked for before, and events alone not before: by the steady clock, in seconds.
        var lookNotBefore = -Double.infinity
        var eventLookNotBefore = -Double.infinity
    }

    /// No client has this name.
    private static let topic = ""

    /// Microseconds: from a second to a quarter of an hour. How long it goes on `lifetime` says, not a number of attempts.
    private static let retry = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: .max)
    /// In microseconds: as long as webhooks of receipts are tried.
    private static let lifetime: Int64 = 3 * 86_400_000_000
    private static let sendingCountMax = 32
    static let sendingCountMaxOfOne = 4
    static let waitingCountMax = 2 * sendingCountMax
    /// In seconds.
    private static let sleepMax = 60.0
    /// In seconds: while something is on its way.
    private static let pause = 1.0

    private let catalog: Catalog
    private let clock: Clock
    private let state = Monitor(State())
    private let client = Mutex<OutgoingClient?>(nil)
    private let usage: UsageMeter
    private let events: any EventPublishing
    private let pauses: GrowingPause
    private let lookPace: LookPace

    /// How soon a look may follow on another.
    struct LookPace {
        /// After one that took no longer: at once. In seconds.
        var quick = 0.01
        /// After any other: so many times what it took.
        var factor = 10.0
    }

    /// - Parameters:
    ///   - usage: told of each delivery, as of those of receipts' events.
    ///   - pauses: after what could not be noted, and after a look that failed; others for tests.
    ///   - lookPace: another for tests.
    init(
        catalog: Catalog, usage: UsageMeter, clock: Clock, events: any EventPublishing, pauses: GrowingPause = GrowingPause(1...60), lookPace: LookPace = LookPace()
    ) {
        (self.catalog, self.usage, self.clock, self.events) = (catalog, usage, clock, events)
        (self.pauses, self.lookPace) = (pauses, lookPace)
    }

    /// What the thread knows from its earlier turns.
    private struct Turns {
        /// Of looks that fail one after the other.
        var stillness: GrowingPause
        var jumps: ClockJumps
        /// By how much the clock was set, until notices have been moved by it.
        var shift: Int64 = 0
    }

    /// Only a server tells anybody anything.
    ///
    /// - Parameters:
    ///   - policy: which addresses may be called; nil where the operator alone says where calls go.
    ///   - steady: microseconds of a clock that nobody sets; nil: the clock's jumps are taken for time.
    func start(policy: AddressPolicy?, steady: (@Sendable () -> Int64)? = nil) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        client.withLock { $0 = OutgoingClient(policy: policy) }
        catalog.noticed.withLock { $0 = { [weak self] in self?.wake() } }
        WorkerThread(name: "notices", isDetached: true) { [self] in
            var turns = Turns(stillness: pauses, jumps: ClockJumps(steady: steady))
            while work(&turns) {}
            state.broadcast { $0.isStarted = false }
        }
    }

    func wake() { state.broadcast { $0.isWoken = true } }

    /// Waits for the thread, then lets go of the calls: they end as `.closed`, and their rows stay for the next start.
    func stop() {
        catalog.noticed.withLock { $0 = nil }
        state.broadcast { $0.isStopped = true }
        state.wait { $0.isStarted ? nil : () }
        client.withLock { client in
            client?.close()
            client = nil
        }
    }

    /// - Returns: false once it is stopped.
    private func work(_ turns: inout Turns) -> Bool {
        var seconds: Double
        do {
            let now = clock.now()
            turns.shift = turns.shift.addingSaturating(turns.jumps.look(now).shift)
            try catalog.move(by: turns.shift, longest: Self.retry.delayMax, now: now)
            turns.shift = 0
            try catalog.closeDigests(now: now)
            for notice in try next(now: now) { send(notice, now: now) }
            let nextSeconds = try catalog.nextNoticeAt().map { Double($0.subtractingSaturating(clock.now())) / 1e6 } ?? Self.sleepMax
            let steadyNow = SteadyClock.seconds()
            let isBusy = state.withLock { $0.receivers.values.contains { $0.sendingCount > 0 || $0.until > steadyNow } }
            // What is being sent, or is to be noted, is due all the while.
            seconds = min(max(nextSeconds, isBusy ? Self.pause : 0.01), Self.sleepMax)
            turns.stillness.reset()
        } catch {
            if turns.stillness.failureCount == 0 { StoreLog.note("webhooks stand still; it is tried again", path: "notices", reason: StoreLog.text(error), level: .warning) }
            seconds = turns.stillness.next()
        }
        let isStopped = state.wait(seconds: seconds) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken else { return nil }
            state.isWoken = false
            return false
        }
        return !(isStopped ?? false)
    }

    /// Takes what is due and has a place, the longest due first: from here on it is on its way.
    ///
    /// - Complexity: O(due notices of those who have no place) beside those that are taken.
    func next(now: Int64) throws -> [Notice] {
        var chosen: [Notice] = []
        // More than can be on their way: of so many rows that are due some are not.
        let limit = 2 * Self.sendingCountMax + 1
        while true {
            guard let (busy, hasCalls) = state.withLock({ whoCannotBeTold($0) }) else { return chosen }
            let due: [Notice]
            do {
                let start = SteadyClock.seconds()
                due = try catalog.dueNotices(
                    now: now, limit: limit, except: busy.filter { $0 != Self.topic }, withWebhooks: hasCalls, withEvents: !busy.contains(Self.topic))
                paceLooks(from: start, isOfEvents: !hasCalls)
            } catch {
                // Those that have their places are sent.
                if chosen.isEmpty { throw error }
                return chosen
            }
            let begun = state.withLock { state in due.filter { begin($0, &state) } }
            chosen += begun
            // What is left beyond these is of others than those who have no place now.
            if begun.isEmpty || due.count < limit { return chosen }
        }
    }

    /// - Returns: nil where nothing is to be looked for just now; else who has no place, and whether webhooks have any.
    private func whoCannotBeTold(_ state: State) -> (busy: [String], hasCalls: Bool)? {
        let now = SteadyClock.seconds()
        guard state.receivers.values.count(where: { $0.until > now }) < Self.waitingCountMax else { return nil }
        // Those that have waited long enough, and have nothing on its way, are as others again.
        let busy = state.receivers.filter { !Self.hasPlace($0.key, $0.value, now) }.map(\.key)
        let hasCalls = state.callCount < Self.sendingCountMax
        guard hasCalls ? now >= state.lookNotBefore : now >= state.eventLookNotBefore && !busy.contains(Self.topic) else { return nil }
        return (busy, hasCalls)
    }

    private func paceLooks(from start: Double, isOfEvents: Bool) {
        let end = SteadyClock.seconds()
        guard end - start > lookPace.quick else { return }
        let next = end + lookPace.factor * (end - start)
        if isOfEvents { state.withLock { $0.eventLookNotBefore = next } } else { state.withLock { $0.lookNotBefore = next } }
    }

    private static func hasPlace(_ name: String, _ receiver: Receiver, _ now: Double) -> Bool {
        receiver.until <= now && receiver.sendingCount < (name == topic ? sendingCountMax : sendingCountMaxOfOne)
    }

    private static func receiver(of notice: Notice) -> String { notice.event == .storeEvent ? topic : notice.client }

    /// - Returns: whether it has a place now.
    private func begin(_ notice: Notice, _ state: inout State) -> Bool {
        let name = Self.receiver(of: notice)
        var receiver = state.receivers[name] ?? Receiver(pause: pauses)
        guard !state.sending.contains(notice.id), Self.hasPlace(name, receiver, SteadyClock.seconds()), name == Self.topic || state.callCount < Self.sendingCountMax else { return false }
        receiver.sendingCount += 1
        state.receivers[name] = receiver
        state.sending.insert(notice.id)
        if name != Self.topic { state.callCount += 1 }
        return true
    }

    /// One that `next` has given. Without a webhook by now a notice is forgotten: nobody is left to get it. Past its time it is given up.
    ///
    /// - Parameter now: as of the look at the clock by which notices were moved.
    func send(_ notice: Notice, now: Int64) {
        if state.withLock({ $0.over.contains(notice.id) }) { return forget(notice, because: nil) }
        if notice.event == .storeEvent { return publish(notice) }
        guard let webhook = catalog.contract(notice.client)?.webhook else { return forget(notice, because: nil) }
        // One that came since a clock ahead was set right, behind this look at it, is not as old as that says.
        guard min(now, clock.now()).subtractingSaturating(notice.createdAt) < Self.lifetime else { return giveUp(notice, because: "not delivered in 3 days, \(notice.attempts) attempts") }
        let request = WebhookCall.request(
            id: notice.id, body: notice.body, url: webhook.url, secrets: webhook.secrets(at: now, for: webhook.url), nowSeconds: now / 1_000_000)
        guard let client = client.withLock({ $0 }) else { return }
        client.send(request) { [self] in finish(notice, $0) }
    }

    /// An event of the store's own topic is tried without end: the topic is the store's, and takes it sooner or later.
    private func publish(_ notice: Notice) {
        guard let draft = notice.draft else { return forget(notice, because: "its text is no event") }
        events.emit(draft) { [self] result in
            switch result {
            case .success: forget(notice, because: nil)
            case .failure: putOff(notice, retryAfter: nil)
            }
        }
    }

    private func finish(_ notice: Notice, _ result: Result<OutgoingResponse, OutgoingFailure>) {
        // The store closes. The id stays in `sending`, so that nothing sends it in the time that is left.
        guard let answer = WebhookAnswer(result, nowSeconds: clock.now() / 1_000_000) else { return }
        switch answer {
        case .taken:
            usage.add(to: ClientID(notice.client)) { $0.webhooks = $0.webhooks.addingSaturating(1) }
            forget(notice, because: nil)
        case .gone(let detail):
            var last = notice
            last.attempts = last.attempts.addingSaturating(1)
            giveUp(last, because: detail)
        case .failed(_, _, let retryAfter): putOff(notice, retryAfter: retryAfter)
        }
    }

    /// - Parameter retryAfter: what the answer asked for; nil where it did not.
    private func putOff(_ notice: Notice, retryAfter: Int64?) {
        let now = clock.now()
        var later = notice
        later.attempts = later.attempts.addingSaturating(1)
        let delay = Self.retry.delay(afterAttempts: Int(clamping: later.attempts), retryAfter: retryAfter, fraction: Double.random(in: 0..<1))
        var isNoted = true
        do { try catalog.put(off: later, to: now.addingSaturating(delay)) } catch {
            isNoted = false
            StoreLog.note("an attempt of a webhook could not be noted", path: notice.id, reason: StoreLog.text(error), level: .warning)
        }
        done(notice, isNoted: isNoted)
    }

    /// It is a dead letter from here on. Where that cannot be noted it is due still, and comes here again.
    private func giveUp(_ notice: Notice, because reason: String) {
        StoreLog.note("gave up a webhook", path: notice.id, reason: reason, level: .warning)
        var isNoted = true
        do { try catalog.giveUp(notice, because: reason, at: clock.now()) } catch {
            isNoted = false
            StoreLog.note("a webhook that was given up could not be noted; that is tried again", path: notice.id, reason: StoreLog.text(error), level: .warning)
        }
        done(notice, isNoted: isNoted)
    }

    private func forget(_ notice: Notice, because reason: String?) {
        if let reason { StoreLog.note("gave up a webhook", path: notice.id, reason: reason, level: .warning) }
        var isNoted = true
        do { try catalog.delete(notice) } catch {
            isNoted = false
            StoreLog.note("a delivered webhook could not be noted; that is tried again", path: notice.id, reason: StoreLog.text(error), level: .warning)
            state.withLock { _ = $0.over.insert(notice.id) }
        }
        if isNoted { state.withLock { _ = $0.over.remove(notice.id) } }
        done(notice, isNoted: isNoted)
    }

    /// - Parameter isNoted: whether what became of it is in the catalog: else its receiver waits for a while.
    private func done(_ notice: Notice, isNoted: Bool) {
        let name = Self.receiver(of: notice)
        state.broadcast { state in
            state.sending.remove(notice.id)
            if name != Self.topic { state.callCount -= 1 }
            var receiver = state.receivers[name] ?? Receiver(sendingCount: 1, pause: pauses)
            receiver.sendingCount -= 1
            let now = SteadyClock.seconds()
            if isNoted { receiver.pause.reset() } else { receiver.until = now + receiver.pause.next() }
            state.receivers[name] = isNoted && receiver.sendingCount == 0 && receiver.until <= now ? nil : receiver
            state.isWoken = true
        }
    }
}
