import Documents
import Ingest
import Processes

/// A store without topics.
final class FakeTopics: TopicKeeping {
    private let fault = Fault(.notFound, "there is no topic")

    func put(topic name: String) throws -> PutOutcome { throw Fault(.invalidQueue, "no topics here") }
    func topic(_ name: String, as principal: Principal) throws -> [String] { throw fault }
    func topics(as principal: Principal) throws -> [String] { [] }
    func delete(topic name: String) throws { throw fault }
    func put(_ subscription: Subscription, of topic: String) throws -> PutOutcome { throw fault }
    func subscription(_ name: String, of topic: String) throws -> SubscriptionReport { throw fault }
    func subscriptions(of topic: String) throws -> [SubscriptionReport] { throw fault }
    func delete(subscription name: String, of topic: String) throws { throw fault }
    func deadEvents(of name: String, in topic: String, after number: Int64?, limit: Int) throws -> (events: [DeadEventReport], isCut: Bool) { throw fault }
    func redrive(_ name: String, in topic: String) throws -> Int { throw fault }
    func publish(_ events: [EventDraft], to topic: String, as principal: Principal, completion: @escaping @Sendable (Result<[Queue.Arrival], Fault>) -> Void) {
        completion(.failure(fault))
    }
}
