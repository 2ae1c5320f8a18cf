import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: whoever subscribes hears of all that comes from then on, and of nothing before, and a process that is put again with other rules misses nothing and starts nothing twice.
/// Method: a process in place of whoever is called, that refuses or holds back its answers as long as the test says so, and a feed of the store's changes that is the test itself.
final class RuleChangeTests: XCTestCase {
    private final class Starter: ProcessStarting {
        typealias Completion = @Sendable (Result<Void, Fault>) -> Void
        enum Mode { case refuses, holds, takes }
        struct State {
            var mode = Mode.refuses
            var calls: [String] = []
            var held: [Completion] = []
            /// What was taken: the process, and the event's id.
            var started: [String] = []
        }
        let state = Mutex(State())

        init(_ mode: Mode = .refuses) { state.withLock { $0.mode = mode } }

        var started: [String] { state.withLock { $0.started.sorted() } }
        var calls: [String] { state.withLock { $0.calls.sorted() } }

        /// From now on; what is held back has its answer.
        func take() {
            let held = state.withLock { state -> [Completion] in
                defer { state.held = [] }
                state.mode = .takes
                return state.held
            }
            for completion in held { completion(.success(())) }
        }

        func start(_ process: String, name: String, input: [UInt8], as identity: Identity, completion: @escaping Completion) {
            let what = process + " " + ((try? JSONParser.parse(input, depthMax: 10))?["id"]?.text ?? "")
            let mode = state.withLock { state in
                state.calls.append(what)
                if state.mode != .refuses { state.started.append(what) }
                if state.mode == .holds { state.held.append(completion) }
                return state.mode
            }
            switch mode {
            case .refuses: completion(.failure(Fault(.overloaded, "busy")))
            case .holds: break
            case .takes: completion(.success(()))
            }
        }
    }

    /// The store's last sequence.
    private final class Place: Sendable {
        private let state: Mutex<Int64>
        init(_ sequence: Int64) { state = Mutex(sequence) }
        var sequence: Int64 {
            get { state.withLock { $0 } }
            set { state.withLock { $0 = newValue } }
        }
    }

    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)
    private let place = Place(5)

    private func withTopics(_ starter: Starter, opens: Bool = false, _ body: (QueueStore, TopicStore) throws -> Void) throws {
        try TopicFixture.with(try folder.made(), time, starter: starter, subscriptions: [], opens: opens, sequence: { [place] in place.sequence }) { queues, topics, _ in
            try body(queues, topics)
        }
    }

    private func publish(_ topics: TopicStore, _ id: String) throws {
        let event = EventDraft(id: id, origin: .administrator, type: "sale", subject: nil, time: time.now, data: Array("{}".utf8))
        _ = try QueueFixture.wait { topics.publish([event], to: "sales", as: .admin, completion: $0) }
    }

    /// The feed reads the changes of these sequences.
    private func tell(_ topics: TopicStore, _ sequences: ClosedRange<Int64>) throws {
        let receipt = ReceiptSummary(ticketID: "T", clientID: "c", receiptID: "r", type: "t", businessDay: 0, state: .complete, sequence: 1)
        let drafts = sequences.flatMap { StoreFeed.events(ChangePage.Change(sequence: $0, at: time.now, event: "receipt.complete", receipt: receipt)) }
        try QueueFixture.wait { topics.publish(changes: drafts, through: sequences.upperBound, completion: $0) }
    }

    private func count(_ queues: QueueStore, _ sql: String) throws -> Int64? { try queues.pool.withConnection { try $0.integer("SELECT count(*) FROM \(sql)") } }

    /// Until nothing waits for anybody.
    private func waitForAll(_ queues: QueueStore, _ topics: TopicStore, line: UInt = #line) throws {
        let isDone = try Patience.until {
            time.pass(10_000_000)
            _ = try topics.topic("sales", as: .admin)
            return try count(queues, "deliveries") == 0
        }
        XCTAssertTrue(isDone, line: line)
    }

    private func subscriptionCount(_ topics: TopicStore) -> Double? { topics.metrics().first { $0.name == "subscriptions" }?.value }

    private static let all = EventRule(topic: "sales", condition: nil)
    private static let sales = EventRule(topic: "sales", condition: "type = 'sale'")

    func test_whatWaitsByARule_startsItsProcess_whereAnotherTakesItsPlace() throws {
        let starter = Starter()
        try withTopics(starter) { queues, topics in
            try topics.follow([Self.all], starting: "p")
            for id in ["1", "2", "3"] { try publish(topics, id) }
            try topics.follow([Self.sales], starting: "p")
            XCTAssertEqual(subscriptionCount(topics), 1)
            XCTAssertEqual(try count(queues, "subscriptions"), 2)
            try publish(topics, "4")
        }
        // Also across a start, after which it is still no subscription.
        starter.take()
        try withTopics(starter, opens: true) { queues, topics in
            XCTAssertEqual(subscriptionCount(topics), 1)
            try publish(topics, "5")
            try waitForAll(queues, topics)
            XCTAssertEqual(starter.started, ["p 1", "p 2", "p 3", "p 4", "p 5"])
            XCTAssertEqual(try count(queues, "subscriptions"), 1)
            XCTAssertEqual(try count(queues, "events"), 0)
        }
    }

    func test_processThatIsDeleted_startsNothingThatWaitsByItsFormerRules() throws {
        let starter = Starter()
        try withTopics(starter) { queues, topics in
            try topics.follow([Self.all], starting: "p")
            try publish(topics, "1")
            try topics.follow([Self.sales], starting: "p")
            try topics.follow([], starting: "p")
            XCTAssertEqual(try count(queues, "subscriptions"), 0)
            starter.take()
            try publish(topics, "2")
            try waitForAll(queues, topics)
            XCTAssertEqual(starter.started, [])
        }
    }

    /// What is on its way as well: it leaves once.
    func test_ruleThatIsPutBack_whileItDrains_startsEachOnce() throws {
        for mode in [Starter.Mode.refuses, .holds] {
            let starter = Starter(mode)
            try withTopics(starter, opens: mode == .holds) { queues, topics in
                try topics.follow([Self.all], starting: "p")
                try publish(topics, "\(mode) 1")
                XCTAssertTrue(Patience.until { starter.calls.count >= 1 })
                try topics.follow([Self.sales], starting: "p")
                try publish(topics, "\(mode) 2")
                try topics.follow([Self.all], starting: "p")
                try publish(topics, "\(mode) 3")
                XCTAssertEqual(subscriptionCount(topics), 1)
                if mode == .holds { XCTAssertTrue(Patience.until { starter.calls.count >= 3 }) }
                starter.take()
                try waitForAll(queues, topics)
                XCTAssertEqual(starter.started, (1...3).map { "p \(mode) \($0)" })
                XCTAssertEqual(try count(queues, "subscriptions"), 1)
            }
        }
    }

    /// The feed goes on where it was, and the new rule with it.
    func test_ruleOfTheStoresTopic_hearsWhatTheFormerOneWasNotTold() throws {
        let starter = Starter()
        try withTopics(starter) { queues, topics in
            let narrow = EventRule(topic: "till", condition: "type = 'receipt.complete'"), all = EventRule(topic: "till", condition: nil)
            try topics.follow([all], starting: "p")
            place.sequence = 6
            try topics.follow([narrow], starting: "p")
            XCTAssertEqual(topics.feedAfter, 5)
            try tell(topics, 6...6)
            XCTAssertTrue(Patience.until { !starter.calls.isEmpty })
            place.sequence = 7
            // The first one has its rule back: of what the other was told it is told nothing.
            try topics.follow([all], starting: "p")
            try tell(topics, 7...7)
            starter.take()
            try waitForAll(queues, topics)
            XCTAssertEqual(starter.started, ["p change-6", "p change-7"])
            try topics.follow([], starting: "p")
            XCTAssertNil(topics.feedAfter)
        }
    }

    func test_subscriptionToTheStoresTopic_hearsNothingOfBefore_whereTheFeedIsBehind() throws {
        let starter = Starter(.takes)
        try withTopics(starter) { _, topics in
            _ = try topics.put(Subscription(name: "a", condition: nil, target: .process("a")), of: "till")
            place.sequence = 6
            _ = try topics.put(Subscription(name: "b", condition: nil, target: .process("b")), of: "till")
            try topics.follow([EventRule(topic: "till", condition: nil)], starting: "p")
            place.sequence = 7
            // In the place of one that was made at 6.
            try topics.follow([EventRule(topic: "till", condition: "type = 'receipt.complete'")], starting: "p")
        }
        // Also across a start.
        try withTopics(starter, opens: true) { queues, topics in
            // Put anew, it goes on where it was.
            _ = try topics.put(Subscription(name: "b", condition: "type = 'receipt.complete'", target: .process("b")), of: "till")
            XCTAssertEqual(topics.feedAfter, 5)
            try tell(topics, 6...7)
            try waitForAll(queues, topics)
            XCTAssertEqual(starter.started, ["a change-6", "a change-7", "b change-7", "p change-7"])
        }
    }

    /// All that was there hears as it did.
    func test_fileOfBefore_hasNoPlaces() throws {
        let starter = Starter(.takes)
        try withTopics(starter) { _, topics in _ = try topics.put(Subscription(name: "a", condition: nil, target: .process("a")), of: "till") }
        let path = try folder.made() + "/queues.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("ALTER TABLE subscriptions DROP COLUMN heard_after; ALTER TABLE subscriptions DROP COLUMN drains")
        let resting = TopicCore(outbox: EventOutbox(clock: .system))
        try resting.load(try SQLiteConnection(path: path, mode: .readOnly))
        XCTAssertEqual(resting.known("till").map(\.subscription.name), ["a"])
        resting.close()
        try withTopics(starter, opens: true) { queues, topics in
            try tell(topics, 6...6)
            try waitForAll(queues, topics)
            XCTAssertEqual(starter.started, ["a change-6"])
        }
    }

    func test_rules_ofOtherBytes_areOtherRules() {
        XCTAssertNotEqual(EventRule(topic: "sales", condition: "type = '\u{E9}'"), EventRule(topic: "sales", condition: "type = 'e\u{301}'"))
        XCTAssertEqual(EventRule(topic: "sales", condition: nil), Self.all)
    }
}
