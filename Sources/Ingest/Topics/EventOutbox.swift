import ColumnStore
import Documents
import Synchronization

/// Makes the calls to webhooks and processes, and hands back what became of them.
final class EventOutbox: Sendable {
    /// As of the last group.
    struct Seen: Sendable {
        var topics: Set<String> = []
        var subscriptions: [(topic: String, name: String)] = []
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

    private let parts = Mutex<Parts?>(nil)
    private let seenState = Mutex(Seen())
    private let watcher = Mutex<(@Sendable () -> Void)?>(nil)
    private let clock: Clock

    static let timeoutMilliseconds = 15_000

    init(clock: Clock) { self.clock = clock }

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

    var seen: Seen { seenState.withLock { $0 } }

    func show(_ seen: Seen) {
        let isNews = seenState.withLock { earlier in
            defer { earlier = seen }
            return earlier.feedAfter != seen.feedAfter
        }
        if isNews { watcher.withLock { $0 }?() }
    }

    /// - Parameter action: called when the place up to which changes were read has moved.
    func watchFeed(_ action: (@Sendable () -> Void)?) { watcher.withLock { $0 = action } }

    func send(_ delivery: EventDelivery) {
        guard let parts = parts.withLock({ $0 }) else { return }
        switch delivery.subscription.target {
        case .webhook(let url, let secret): call(url, secret, delivery, parts)
        case .process(let name): start(name, delivery, parts)
        case .queue, .log: parts.answer(delivery.key, .refused("it needs no call"))
        }
    }

    private func call(_ url: String, _ secret: String?, _ delivery: EventDelivery, _ parts: Parts) {
        let now = clock.now()
        let secrets = secret.flatMap { WebhookSecret($0) }.map { [$0] } ?? delivery.origin.flatMap { parts.surroundings.contract($0)?.webhook?.secrets(at: now) } ?? []
        var headers = RegistrarCall.signature(id: delivery.id, body: delivery.event, secrets: secrets, nowSeconds: now / 1_000_000)
        headers.append(RegistrarCall.mediaType("application/cloudevents+json; charset=UTF-8"))
        let request = OutgoingRequest(method: .post, url: url, headers: headers, body: delivery.event, timeoutMilliseconds: Self.timeoutMilliseconds)
        parts.client.send(request) { result in
            switch result {
            case .success(let response) where (200..<300).contains(response.status): parts.answer(delivery.key, .taken)
            case .success(let response):
                let wait = response.headers["retry-after"].flatMap { RegistrarCall.seconds($0, now / 1_000_000) }
                parts.answer(delivery.key, .refused("\(url) answered \(response.status)", retryAfter: wait))
            case .failure(let failure): parts.answer(delivery.key, .refused("\(url): \(failure)"))
            }
        }
    }

    private func start(_ process: String, _ delivery: EventDelivery, _ parts: Parts) {
        guard let starter = parts.surroundings.starter() else { return parts.answer(delivery.key, .refused("nothing runs processes here")) }
        let identity = delivery.origin.map { Identity.contract(ClientID($0)) } ?? .administrator
        // Of the event and the subscription alone, so that a second start is the first.
        let name = "event-" + Hexadecimal.text(Array(SHA256.hash(Array("\(delivery.topic)\n\(delivery.subscription.name)\n\(delivery.origin ?? "")\n\(delivery.id)".utf8)).prefix(16)))
        starter.start(process, name: name, input: delivery.event, as: identity) { result in
            switch result {
            case .success: parts.answer(delivery.key, .taken)
            case .failure(let fault): parts.answer(delivery.key, .refused(fault.detail))
            }
        }
    }
}
