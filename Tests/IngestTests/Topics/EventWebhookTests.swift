import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a webhook's receiver knows a message by its id alone, and gets nothing once it says that it is gone. Method: a store whose clocks the test holds, and a
/// receiver over HTTP that answers as the test says.
final class EventWebhookTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)

    /// What a receiver got.
    private final class Receiver: Sendable {
        struct Told: Sendable {
            var path: String
            var id: String
            var body: [UInt8]
            var timestamp: String
            var signatures: [String]
        }
        let told = Mutex<[Told]>([])
        let statuses: Mutex<[Int]>

        /// - Parameter statuses: of its first answers; then it takes all.
        init(_ statuses: [Int]) { self.statuses = Mutex(statuses) }

        func answer(_ request: TestHTTPServer.Request) -> TestHTTPServer.Response {
            told.withLock {
                $0.append(
                    Told(
                        path: request.path, id: request.headers["webhook-id"] ?? "", body: request.body, timestamp: request.headers["webhook-timestamp"] ?? "",
                        signatures: (request.headers["webhook-signature"] ?? "").split(separator: " ").map(String.init)))
            }
            return .init(status: statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() })
        }
    }

    private func withTopics(_ subscriptions: [String], _ receiver: Receiver, _ body: (TopicStore) throws -> Void) throws {
        let server = TestHTTPServer { receiver.answer($0) }
        defer { server.close() }
        let path = try folder.made()
        let outbox = EventOutbox(clock: Clock { [time] in time.now })
        let core = TopicCore(outbox: outbox)
        let queues = try QueueStore(
            store: QueueCore.Store(path: path + "/queues.sqlite", id: "of a test", directory: path, minFreeBytes: 0, clock: Clock { [time] in time.now }, steady: { [time] in time.steady }, boot: time.boot),
            members: [core], opens: false)
        defer { queues.stop() }
        let topics = TopicStore(core: core, outbox: outbox, queues: queues, sequence: { 0 })
        topics.start(policy: try AddressPolicy(allow: ["127.0.0.1"]), TopicSurroundings(contract: { _ in nil }, starter: { nil }))
        defer { topics.stop() }
        _ = try topics.put(topic: "sales")
        for name in subscriptions {
            _ = try topics.put(Subscription(name: name, condition: nil, target: .webhook(url: "http://127.0.0.1:\(server.port)/\(name)", secret: nil)), of: "sales")
        }
        try body(topics)
    }

    private func publish(_ topics: TopicStore, _ id: String, of origin: Identity) throws {
        let event = EventDraft(id: id, origin: origin, type: "sale", subject: "R-1", time: time.now, data: Array("{}".utf8))
        _ = try QueueFixture.wait { topics.publish([event], to: "sales", as: .admin, completion: $0) }
    }

    private func isQuiet(_ name: String, _ topics: TopicStore) throws -> Bool {
        time.pass(10 * 1_000_000)
        return try topics.subscription(name, of: "sales").pending == 0
    }

    func test_messageID_isOfSubscriptionAndEvent_andTheSameAtEachAttempt() throws {
        let receiver = Receiver([503, 500, 503])
        try withTopics(["a", "b"], receiver) { topics in
            for client in ["one", "two"] { try publish(topics, "sale 1 é", of: .contract(ClientID(client))) }
            XCTAssertTrue(try Patience.until { try isQuiet("a", topics) && isQuiet("b", topics) })
            // Another one of this id, once the first is forgotten.
            time.pass(2 * Clock.microsecondsPerDay)
            try publish(topics, "sale 1 é", of: .contract(ClientID("one")))
            XCTAssertTrue(try Patience.until { try isQuiet("a", topics) && isQuiet("b", topics) })
        }
        let told = receiver.told.withLock { $0 }
        XCTAssertEqual(told.count, 3 * 2 + 3)
        var messages: [String: Set<String>] = [:]
        for one in told { messages[one.id, default: []].insert(one.path + String(decoding: one.body, as: UTF8.self)) }
        XCTAssertEqual(messages.count, 3 * 2, "two events of each of two subscriptions, and another")
        XCTAssertTrue(messages.allSatisfy { $0.value.count == 1 }, "an id is of one message: \(messages)")
        XCTAssertTrue(messages.keys.allSatisfy { $0.hasPrefix("evt_") && !$0.contains(".") }, "\(messages.keys)")
    }

    /// The receiver changes over when it likes; who listens at another URL never had the former one.
    func test_secretThatIsReplaced_signsBesideTheNewOne_forADay_whereTheURLStays() throws {
        let receiver = Receiver([])
        try withTopics(["a"], receiver) { topics in
            guard case .webhook(let url, _) = try topics.subscription("a", of: "sales").subscription.target else { return XCTFail("it is a webhook") }
            func put(_ url: String, _ secret: String?, _ condition: String? = nil) throws {
                _ = try topics.put(Subscription(name: "a", condition: condition, target: .webhook(url: url, secret: secret)), of: "sales")
            }
            var number = 0
            func signers() throws -> [String] {
                number += 1
                try publish(topics, "\(number)", of: .administrator)
                XCTAssertTrue(try Patience.until { try topics.subscription("a", of: "sales").pending == 0 })
                let told = try XCTUnwrap(receiver.told.withLock { $0.last })
                let time = try XCTUnwrap(Int64(told.timestamp))
                return try told.signatures.map { signature in
                    try XCTUnwrap(
                        ["first", "second", "third", "fourth"].first { name in
                            WebhookSecret(name).map { WebhookSignature.sign(id: told.id, timestamp: time, body: told.body, secrets: [$0]) } == signature
                        })
                }
            }
            try put(url, "first")
            XCTAssertEqual(try signers(), ["first"])
            try put(url, "second")
            XCTAssertEqual(try signers(), ["second", "first"])
            try put(url, "second", "type = 'sale'")
            XCTAssertEqual(try signers(), ["second", "first"], "another condition is no other secret")
            time.pass(Clock.microsecondsPerDay)
            XCTAssertEqual(try signers(), ["second"])
            try put(url, "third")
            XCTAssertEqual(try signers(), ["third", "second"])
            try put(url + "/elsewhere", "fourth")
            XCTAssertEqual(try signers(), ["fourth"])
            try put(url + "/elsewhere", nil)
            XCTAssertEqual(try signers(), ["fourth"], "the administrator's events have no contract whose secret would sign")
        }
    }

    /// Two administrators at once: a secret that is left out is the one that is there when the subscription is put, and one that was replaced does not come back.
    func test_secretThatIsLeftOut_isTheOneThatIsStoredByThen_ofTheSameURL() throws {
        try withTopics(["a"], Receiver([])) { topics in
            func stored(after url: String, _ secret: String?, keepsSecret: Bool) throws -> String? {
                let subscription = Subscription(name: "a", condition: nil, target: .webhook(url: url, secret: secret))
                let put = try topics.put(subscription, keepsSecret: keepsSecret, of: "sales").report.subscription
                XCTAssertEqual(try topics.subscription("a", of: "sales").subscription, put)
                guard case .webhook(_, let secret) = put.target else { return "no webhook" }
                return secret
            }
            let url = "https://a.example/"
            XCTAssertEqual(try stored(after: url, "leaked", keepsSecret: false), "leaked")
            XCTAssertEqual(try stored(after: url, "rotated", keepsSecret: false), "rotated")
            XCTAssertEqual(try stored(after: url, nil, keepsSecret: true), "rotated")
            XCTAssertNil(try stored(after: "https://b.example/", nil, keepsSecret: true), "who listens elsewhere never had it")
            XCTAssertEqual(try stored(after: url, "third", keepsSecret: false), "third")
            XCTAssertNil(try stored(after: url, nil, keepsSecret: false), "it is taken away")
        }
    }

    /// Swift takes `é` and `e` with an accent behind it for one String; what signs are bytes.
    func test_secretOfOtherBytesOfTheSameLetters_isAnother() throws {
        let (composed, apart) = ("s\u{E9}cret", "se\u{301}cret")
        let url = "https://a.example/"
        func webhook(_ secret: String?) -> SubscriptionTarget { .webhook(url: url, secret: secret) }
        let former = FormerSecret(secret: "before", until: 7)
        XCTAssertEqual(FormerSecret.following(webhook(composed), former, by: webhook(composed), now: 5), former)
        let followed = try XCTUnwrap(FormerSecret.following(webhook(composed), former, by: webhook(apart), now: 5))
        XCTAssertEqual(followed.secret.map { Array($0.utf8) }, Array(composed.utf8))
        XCTAssertEqual(followed.until, 5 + Contract.Webhook.rotation)
        let ofContract = Contract.Webhook(url: url, secret: apart).following(Contract.Webhook(url: url, secret: composed), now: 5)
        XCTAssertEqual(ofContract.previousSecret.map { Array($0.utf8) }, Array(composed.utf8))
        XCTAssertFalse(ofContract.previousIsOfAnotherURL)
        try withTopics(["a"], Receiver([])) { topics in
            func put(_ secret: String) throws -> PutOutcome { try topics.put(Subscription(name: "a", condition: nil, target: webhook(secret)), of: "sales") }
            XCTAssertEqual(try put(composed), .replaced)
            XCTAssertEqual(try put(apart), .replaced)
            XCTAssertEqual(try put(apart), .unchanged)
            guard case .webhook(_, let secret) = try topics.subscription("a", of: "sales").subscription.target else { return XCTFail("it is a webhook") }
            XCTAssertEqual(secret.map { Array($0.utf8) }, Array(apart.utf8))
        }
    }

    /// It is a dead letter at once, the next of its subject has its turn, and both can be tried again.
    func test_receiverThatIsGone_hasDeadLettersAtOnce() throws {
        let receiver = Receiver([410, 410])
        try withTopics(["a"], receiver) { topics in
            for id in ["1", "2"] { try publish(topics, id, of: .administrator) }
            XCTAssertTrue(try Patience.until { try topics.subscription("a", of: "sales").dead == 2 }, "no time passes")
            let dead = try topics.deadEvents(of: "a", in: "sales", after: nil, limit: 10).events
            XCTAssertEqual(dead.map(\.attempts), [1, 1])
            XCTAssertTrue(dead.allSatisfy { $0.reason.contains("410") }, "\(dead.map(\.reason))")
            XCTAssertEqual(try topics.redrive("a", in: "sales"), 2)
            XCTAssertTrue(try Patience.until { try isQuiet("a", topics) })
            XCTAssertEqual(try topics.subscription("a", of: "sales").dead, 0)
        }
        let ids = receiver.told.withLock { $0.map(\.id) }
        XCTAssertEqual(ids.count, 4)
        XCTAssertEqual(Set(ids).count, 2, "tried again it is the same message")
    }
}
