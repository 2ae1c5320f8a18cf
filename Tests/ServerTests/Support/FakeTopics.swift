import Documents
import Ingest
import Processes
import Synchronization

/// A store without topics; or one that takes whatever is put, which is gone before anybody looks for it.
final class FakeTopics: TopicKeeping {
    struct State {
        var takesAll = false
        /// Subscriptions that were put.
        var puts: [(subscription: Subscription, keepsSecret: Bool)] = []
    }
    let state = Mutex(State())
    private let fault = Fault(.notFound, "there is no topic")

    func put(topic name: String) throws -> (outcome: PutOutcome, topic: TopicReport) {
        guard state.withLock({ $0.takesAll }) else { throw Fault(.invalidQueue, "no topics here") }
        return (.created, TopicReport(name: name, subscriptions: []))
    }
    func topic(_ name: String, as principal: Principal) throws -> [String] { throw fault }
    func topics(as principal: Principal) throws -> [TopicReport] { state.withLock { $0.takesAll } ? [TopicReport(name: "news", subscriptions: ["all"])] : [] }
    func delete(topic name: String) throws { throw fault }
    func put(_ subscription: Subscription, keepsSecret: Bool, of topic: String) throws -> (outcome: PutOutcome, report: SubscriptionReport) {
        let isTaken = state.withLock { state in
            state.puts.append((subscription, keepsSecret))
            return state.takesAll
        }
        guard isTaken else { throw fault }
        return (.created, SubscriptionReport(subscription: subscription, pending: 0, dead: 0, oldestAt: nil))
    }
    func subscription(_ name: String, of topic: String) throws -> SubscriptionReport { throw fault }
    func subscriptions(of topic: String) throws -> [SubscriptionReport] { throw fault }
    func delete(subscription name: String, of topic: String) throws { throw fault }
    func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) { throw fault }
    func redrive(_ name: String, in topic: String) throws -> Int { throw fault }
    func publish(_ events: [EventDraft], to topic: String, as principal: Principal, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) {
        completion(.failure(fault))
    }
}
