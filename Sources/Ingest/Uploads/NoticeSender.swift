import ColumnStore
import Synchronization

/// Tells contracts' webhooks what stands in the catalog for them: signed, tried again for three days, and gone from there once it was taken.
///
/// One thread looks what is due, at least every minute and whenever something is noted; answers come on the client's own thread. Since a row is deleted only
/// after it was taken, an end of the process between the two tells it again, under the same id.
///
/// Invariants:
/// 1. A notice is in `sending` from before its call begins until what became of it was noted: it is never sent twice at once.
/// 2. At most `sendingCountMax` are looked at in one turn, those that are on their way among them.
/// 3. A body is the same at each attempt; its signature has the attempt's own time.
final class NoticeSender: Sendable {
    private struct State {
        /// Whether the thread runs: `stop` waits for it to fall.
        var isStarted = false
        var isStopped = false
        /// Something was noted since the thread looked last.
        var isWoken = true
        /// Ids of notices on their way.
        var sending: Set<String> = []
    }

    /// Microseconds: from a second to a quarter of an hour. How long it goes on `lifetime` says, not a number of attempts.
    private static let retry = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: .max)
    /// In microseconds: as long as webhooks of receipts are tried.
    private static let lifetime: Int64 = 3 * 86_400_000_000
    private static let sendingCountMax = 32
    /// In seconds.
    private static let sleepMax = 60.0
    /// In seconds: after a look that failed, and while something is on its way.
    private static let pause = 1.0

    private let catalog: Catalog
    private let clock: Clock
    private let state = Monitor(State())
    private let client = Mutex<OutgoingClient?>(nil)
    private let events: any EventPublishing

    init(catalog: Catalog, clock: Clock, events: any EventPublishing) { (self.catalog, self.clock, self.events) = (catalog, clock, events) }

    /// Only a server tells anybody anything.
    ///
    /// - Parameter policy: which addresses may be called; nil where the operator alone says where calls go.
    func start(policy: AddressPolicy?) {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        client.withLock { $0 = OutgoingClient(policy: policy) }
        catalog.noticed.withLock { $0 = { [weak self] in self?.wake() } }
        WorkerThread(name: "notices", isDetached: true) { [self] in
            while work() {}
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
    private func work() -> Bool {
        var seconds = Self.pause
        do {
            let now = clock.now()
            try catalog.closeDigests(now: now)
            for notice in try catalog.dueNotices(now: now, limit: Self.sendingCountMax) { send(notice) }
            let next = try catalog.nextNoticeAt().map { Double($0.subtractingSaturating(clock.now())) / 1e6 } ?? Self.sleepMax
            let isFull = state.withLock { !$0.sending.isEmpty }
            // What is being sent is due all the while.
            seconds = min(max(next, isFull ? Self.pause : 0.01), Self.sleepMax)
        } catch {
            StoreLog.note("webhooks stand still; it is tried again", path: "notices", reason: "\(error)", level: .warning)
        }
        let isStopped = state.wait(seconds: seconds) { state -> Bool? in
            if state.isStopped { return true }
            guard state.isWoken else { return nil }
            state.isWoken = false
            return false
        }
        return !(isStopped ?? false)
    }

    /// Without a webhook by now, or past its time, a notice is forgotten: nobody is left to be told.
    private func send(_ notice: Notice) {
        guard state.withLock({ $0.sending.insert(notice.id).inserted }) else { return }
        if notice.event == .storeEvent { return publish(notice) }
        let now = clock.now()
        guard let webhook = catalog.contract(notice.client)?.webhook, now - notice.createdAt < Self.lifetime else {
            return forget(notice, because: catalog.contract(notice.client)?.webhook == nil ? nil : "not delivered in 3 days, \(notice.attempts) attempts")
        }
        let request = WebhookCall.request(
            id: notice.id, body: notice.body, url: webhook.url, secrets: webhook.secrets(at: now), nowSeconds: now / 1_000_000)
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

    // The store closes. The id stays in `sending`, so that nothing sends it in the time that is left.
    private func finish(_ notice: Notice, _ result: Result<OutgoingResponse, OutgoingFailure>) {
        if case .failure(.closed) = result { return }
        let now = clock.now()
        var retryAfter: Int64?
        if case .success(let response) = result {
            if (200..<300).contains(response.status) { return forget(notice, because: nil) }
            retryAfter = response.headers["retry-after"].flatMap { RegistrarCall.seconds($0, now / 1_000_000) }
        }
        putOff(notice, retryAfter: retryAfter)
    }

    /// - Parameter retryAfter: what the answer asked for; nil where it did not.
    private func putOff(_ notice: Notice, retryAfter: Int64?) {
        let now = clock.now()
        var later = notice
        later.attempts += 1
        let delay = Self.retry.delay(afterAttempts: Int(clamping: later.attempts), retryAfter: retryAfter, fraction: Double.random(in: 0..<1))
        do { try catalog.put(off: later, to: now.addingSaturating(delay)) } catch {
            StoreLog.note("an attempt of a webhook could not be noted", path: notice.id, reason: "\(error)", level: .warning)
        }
        done(notice)
    }

    private func forget(_ notice: Notice, because reason: String?) {
        if let reason { StoreLog.note("gave up a webhook", path: notice.id, reason: reason, level: .warning) }
        do { try catalog.delete(notice) } catch {
            StoreLog.note("a delivered webhook could not be noted; it is sent again", path: notice.id, reason: "\(error)", level: .warning)
        }
        done(notice)
    }

    private func done(_ notice: Notice) {
        state.broadcast { state in
            state.sending.remove(notice.id)
            state.isWoken = true
        }
    }
}
