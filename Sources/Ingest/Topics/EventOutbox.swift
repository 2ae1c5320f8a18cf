import ColumnStore
import Documents
import Synchronization

/// Makes the calls to webhooks and processes, and hands back what became of them.
///
/// It is asked by the writer's thread after a commit (`send`), answers on libcurl's thread or the starter's, and keeps nothing: what is under way is known
/// to `TopicCore`, and what is to be sent to the file. `Seen` is what other threads may know of topics without waiting for the writer.
final class EventOutbox: Sendable {
    /// As of the last group.
    struct Seen: Sendable {
        var topics: Set<String> = []
        var subscriptions: [(topic: String, name: String)] = []
        /// Those of them that hear of nothing.
        var resting: [(topic: String, name: String)] = []
        /// Names of those beside them that get nothing further, while something waits for them.
        var draining: [String] = []
        /// Whether some of them are of the store's own topic.
        var isStoreHeard = false
        var feedAfter: Int64?
        var figures = TopicCore.Figures()
    }

    private struct Parts: Sendable {
        let client: OutgoingClient
        let surroundings: TopicSurroundings
        let answer: @Sendable (TopicCore.Key, EventAnswer) -> Void
    }

    /// nil before `start` and after `stop`: nothing is sent then.
    private let parts = Mutex<Parts?>(nil)
    private let seenState = Mutex(Seen())
    private let watcher = Mutex<(@Sendable () -> Void)?>(nil)
    private let clock: Clock

    /// From the call's beginning to the end of its answer.
    static let timeoutMilliseconds = 15_000

    init(clock: Clock) { self.clock = clock }

    /// - Parameter answer: called once for each delivery that is sent, but those that a stop ends, on any thread; it must return quickly.
    func start(policy: AddressPolicy, _ surroundings: TopicSurroundings, answer: @escaping @Sendable (TopicCore.Key, EventAnswer) -> Void) {
        let client = OutgoingClient(policy: policy)
        parts.withLock { $0 = Parts(client: client, surroundings: surroundings, answer: answer) }
    }

    /// What is under way is given up: it is sent again after a restart.
    func stop() {
        let parts = parts.withLock { parts in
            defer { parts = nil }
            return parts
        }
        parts?.client.close()
    }

    private var hasStopped: Bool { parts.withLock { $0 == nil } }

    var seen: Seen { seenState.withLock { $0 } }

    /// On the writer's thread, after each group.
    func show(_ seen: Seen) {
        let isNews = seenState.withLock { earlier in
            defer { earlier = seen }
            return earlier.feedAfter != seen.feedAfter
        }
        if isNews { watcher.withLock { $0 }?() }
    }

    /// - Parameter action: called when the place up to which changes were read has moved.
    func watchFeed(_ action: (@Sendable () -> Void)?) { watcher.withLock { $0 = action } }

    /// - Parameter delivery: committed, and counted as being on its way until it is answered.
    func send(_ delivery: EventDelivery) {
        guard let parts = parts.withLock({ $0 }) else { return }
        switch delivery.subscription.target {
        case .webhook(let url, let secret): call(url, secret, delivery, parts)
        case .process(let name): start(name, delivery, parts)
        case .queue, .log, .unknown: parts.answer(delivery.key, .refused("it needs no call"))
        }
    }

    private func call(_ url: String, _ secret: String?, _ delivery: EventDelivery, _ parts: Parts) {
        let now = clock.now()
        // The subscription's own secret, else those of the contract whose event it is: with neither the call is not signed.
        func keys(_ own: String?) -> [WebhookSecret] {
            own.flatMap { WebhookSecret($0) }.map { [$0] } ?? delivery.origin.flatMap { parts.surroundings.contract($0)?.webhook?.secrets(at: now, for: url) } ?? []
        }
        let newest = keys(secret)
        let former = delivery.former.flatMap { now < $0.until ? keys($0.secret) : nil } ?? []
        let secrets = newest + former.filter { !newest.contains($0) }
        var headers = RegistrarCall.signature(id: delivery.messageID, body: delivery.event, secrets: secrets, nowSeconds: now / 1_000_000)
        // The event as one JSON object (CloudEvents 1.0, HTTP binding, structured mode).
        headers.append(RegistrarCall.mediaType("application/cloudevents+json; charset=UTF-8"))
        let request = OutgoingRequest(method: .post, url: url, headers: headers, body: delivery.event, timeoutMilliseconds: Self.timeoutMilliseconds)
        parts.client.send(request) { result in
            guard let answer = WebhookAnswer(result, nowSeconds: now / 1_000_000) else { return }
            switch answer {
            case .taken: parts.answer(delivery.key, .taken)
            case .gone(let detail): parts.answer(delivery.key, .gone("\(url) \(detail)"))
            case .failed(let detail, _, let retryAfter): parts.answer(delivery.key, .refused("\(url): \(detail)", retryAfter: retryAfter))
            }
        }
    }

    /// As whoever the event is from, with their rights and no others.
    private func start(_ process: String, _ delivery: EventDelivery, _ parts: Parts) {
        guard let starter = parts.surroundings.starter() else { return parts.answer(delivery.key, .refused("nothing runs processes here")) }
        let identity = delivery.origin.map { Identity.contract(ClientID($0)) } ?? .administrator
        // Of the event and the subscription alone, so that a second start is the first. By the event's number: its id may come again after a day, and is another event then.
        let place = "\(delivery.topic)\n\(delivery.subscription.name)\n\(delivery.origin ?? "")\n\(delivery.key.number)\n\(delivery.id)"
        let name = "event-" + Hexadecimal.text(Array(SHA256.hash(Array(place.utf8)).prefix(16)))
        starter.start(process, name: name, input: delivery.event, as: identity) { [self] result in
            switch result {
            case .success: parts.answer(delivery.key, .taken)
            // As of a webhook.
            case .failure where hasStopped: break
            case .failure(let fault): parts.answer(delivery.key, EventAnswer(fault))
            }
        }
    }
}
