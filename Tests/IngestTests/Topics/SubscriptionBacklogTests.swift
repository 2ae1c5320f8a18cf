import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: however much waits for a subscription, a group takes away, or tries again, no more than a piece of it: the groups of all queues and topics are the same. Method: rows that the test puts
/// into the file, and a member of each group that counts them after it.
final class SubscriptionBacklogTests: XCTestCase {
    /// Proof: the writer's thread alone works with the connection.
    private final class Watcher: QueueGroupMember, @unchecked Sendable {
        private let sql: String
        private let counts = Mutex<[Int64]>([])
        private var connection: SQLiteConnection?

        init(_ sql: String) { self.sql = sql }

        /// By which the count fell with one group.
        var greatestFall: Int64 {
            let counts = counts.withLock { $0 }
            return zip(counts, counts.dropFirst()).map { $0 - $1 }.max() ?? 0
        }
        /// By which it rose with one group.
        var greatestRise: Int64 {
            let counts = counts.withLock { $0 }
            return zip(counts, counts.dropFirst()).map { $1 - $0 }.max() ?? 0
        }

        func open(_ connection: SQLiteConnection) { self.connection = connection }
        func close() { connection = nil }
        func begin() {}
        func rollBack() {}
        func keep(_ shift: Int64) {}
        func finish(_ core: QueueCore) {}
        func committed() {
            guard let count = try? connection?.integer(sql) else { return }
            counts.withLock { $0.append(count) }
        }
        func died(_ message: DeadMessage, _ core: QueueCore) {}
        func lost(_ token: String, _ cause: String, _ core: QueueCore) {}
        var nextDue: Int64 { .max }
    }

    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)

    private func withTopics(watching sql: String, opens: Bool = false, _ body: (QueueStore, TopicStore, TopicCore, Watcher) throws -> Void) throws {
        let watcher = Watcher(sql)
        try TopicFixture.with(try folder.made(), time, starter: nil, subscriptions: ["s", "t"], members: [watcher], opens: opens) { queues, topics, core in try body(queues, topics, core, watcher) }
    }

    /// Deliveries, and their events: of every third none with a subject, and two subjects of the others.
    private static func fill(_ connection: SQLiteConnection, _ subscription: String, _ numbers: ClosedRange<Int64>, areDead: Bool = false) throws {
        try connection.execute("""
            WITH RECURSIVE n(i) AS (SELECT \(numbers.lowerBound) UNION ALL SELECT i + 1 FROM n WHERE i < \(numbers.upperBound))
            INSERT INTO deliveries(subscription, number, subject, next_at, since, attempts, reason, died_at)
            SELECT \(subscription), i, CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN 'a' ELSE 'b' END, 9000000000000000, 0, 1, 'of a test', \(areDead ? "1" : "NULL") FROM n;
            INSERT INTO events(number, origin, id, refs, json)
            SELECT number, NULL, 'e', 1, x'7B7D' FROM deliveries WHERE subscription = \(subscription) AND number BETWEEN \(numbers.lowerBound) AND \(numbers.upperBound)
            ON CONFLICT(number) DO UPDATE SET refs = refs + 1
            """)
    }

    private static func id(_ name: String) -> String { "(SELECT id FROM subscriptions WHERE name LIKE '\(name)')" }

    private func count(_ queues: QueueStore, _ sql: String) throws -> Int64? { try queues.pool.withConnection { try $0.integer("SELECT count(*) FROM \(sql)") } }

    private func publish(_ topics: TopicStore, _ id: String) throws -> [Queue.Arrival] {
        let event = EventDraft(id: id, origin: .administrator, type: "sale", subject: nil, time: time.now, data: Array("{}".utf8))
        return try QueueFixture.wait { topics.publish([event], to: "sales", as: .admin, completion: $0) }
    }

    func test_subscriptionThatGoes_takesWhatIsItsOwn_pieceByPiece() throws {
        try withTopics(watching: "SELECT count(*) FROM deliveries") { queues, topics, core, watcher in
            try queues.perform { _ in
                try Self.fill(try core.file(), Self.id("s"), 1...3_500)
                try Self.fill(try core.file(), Self.id("t"), 3_001...4_000)
                core.state.lastNumber = 4_000
            }
            try topics.delete(subscription: "s", of: "sales")
            XCTAssertFault(.notFound, try topics.subscription("s", of: "sales"))
            // Another one of its name has what comes from now on, and nothing of what waited for the first.
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .process("p")), of: "sales")
            XCTAssertEqual(try publish(topics, "1"), [.queued])
            XCTAssertEqual(try topics.subscription("s", of: "sales").pending, 1)
            XCTAssertTrue(try Patience.until { try count(queues, "deliveries") == 1_002 })
            XCTAssertEqual(try count(queues, "events"), 1_001)
            XCTAssertEqual(try topics.subscription("s", of: "sales").pending, 1)
            XCTAssertEqual(try topics.subscription("t", of: "sales").pending, 1_001)
            XCTAssertLessThanOrEqual(watcher.greatestFall, 1_000)
        }
    }

    /// A process may have ended before all was removed.
    func test_deliveriesOfNoSubscription_goAfterAStart() throws {
        try withTopics(watching: "SELECT count(*) FROM deliveries") { _, _, _, _ in }
        try Self.fill(try SQLiteConnection(path: try folder.made() + "/queues.sqlite", mode: .create), "77", 1...2_500)
        try withTopics(watching: "SELECT count(*) FROM deliveries", opens: true) { queues, topics, core, watcher in
            _ = try topics.put(Subscription(name: "u", condition: nil, target: .process("p")), of: "sales")
            XCTAssertEqual(try publish(topics, "1"), [.queued])
            XCTAssertTrue(try Patience.until { try count(queues, "deliveries") == 3 })
            XCTAssertEqual(try count(queues, "events"), 1)
            for name in ["s", "t", "u"] { XCTAssertEqual(try topics.subscription(name, of: "sales").pending, 1) }
            XCTAssertLessThanOrEqual(watcher.greatestFall, 1_000)
        }
    }

    /// Its ids are forgotten before there is another one of its name; a process that follows it stays, and starts with what comes then.
    func test_topicThatIsPutAgain_knowsNothingOfTheFirst_pieceByPiece() throws {
        try withTopics(watching: "SELECT (SELECT count(*) FROM event_ids) + (SELECT count(*) FROM deliveries)") { queues, topics, core, watcher in
            try topics.follow([EventRule(topic: "sales", condition: nil)], starting: "p")
            let now = time.now
            try queues.perform { _ in
                try Self.fill(try core.file(), Self.id("process:%"), 1...2_500)
                core.state.lastNumber = 2_500
                try core.file().execute("""
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
                    INSERT INTO event_ids(topic, source, id, at) SELECT 'sales', '/admin', 'old-' || i, \(now) FROM n
                    """)
            }
            XCTAssertEqual(try publish(topics, "old-7"), [.duplicate])
            try topics.delete(topic: "sales")
            _ = try topics.put(topic: "sales")
            XCTAssertEqual(try count(queues, "event_ids"), 0)
            XCTAssertEqual(try count(queues, "deliveries WHERE subscription = \(Self.id("process:%"))"), 0)
            XCTAssertEqual(try publish(topics, "old-7"), [.queued])
            XCTAssertEqual(try count(queues, "deliveries WHERE subscription = \(Self.id("process:%"))"), 1)
            XCTAssertTrue(try Patience.until { try count(queues, "deliveries") == 1 })
            // A piece of each.
            XCTAssertLessThanOrEqual(watcher.greatestFall, 2_000)
        }
    }

    func test_redrive_ofMany_triesEachSubjectInItsOrder_pieceByPiece() throws {
        try withTopics(watching: "SELECT count(*) FROM deliveries WHERE died_at IS NOT NULL") { queues, topics, core, watcher in
            try queues.perform { _ in
                try Self.fill(try core.file(), Self.id("s"), 1...3_500, areDead: true)
                try Self.fill(try core.file(), Self.id("t"), 1...10, areDead: true)
                core.state.lastNumber = 3_500
            }
            XCTAssertEqual(try topics.redrive("s", in: "sales"), 3_500)
            XCTAssertEqual(try topics.subscription("s", of: "sales").dead, 0)
            XCTAssertEqual(try topics.subscription("t", of: "sales").dead, 10)
            XCTAssertEqual(try count(queues, "deliveries WHERE died_at IS NULL"), 3_500)
            // Of each subject the first has its turn, and the others none yet.
            XCTAssertEqual(try count(queues, "deliveries WHERE died_at IS NULL AND subject IS NOT NULL AND next_at < \(TopicTables.held)"), 2)
            XCTAssertEqual(try count(queues, "deliveries WHERE died_at IS NULL AND number IN (1, 2) AND next_at < \(TopicTables.held)"), 2)
            XCTAssertLessThanOrEqual(watcher.greatestFall, 1_000)
            XCTAssertEqual(try topics.redrive("s", in: "sales"), 0)
        }
    }

    /// Another target: what waits for the subscription is due, and nothing of another's.
    func test_targetThatIsMended_hastensWhatWaits_pieceByPiece() throws {
        let put = "next_at = 9000000000000000"
        try withTopics(watching: "SELECT count(*) FROM deliveries WHERE \(put)") { queues, topics, core, watcher in
            try queues.perform { _ in
                try Self.fill(try core.file(), Self.id("s"), 1...3_500)
                try Self.fill(try core.file(), Self.id("t"), 1...10)
                core.state.lastNumber = 3_500
            }
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .queue("none")), of: "sales")
            XCTAssertTrue(try Patience.until { try count(queues, "deliveries WHERE subscription = \(Self.id("s")) AND \(put)") == 0 })
            XCTAssertEqual(try count(queues, "deliveries WHERE subscription = \(Self.id("t")) AND \(put)"), 10)
            XCTAssertGreaterThan(watcher.greatestFall, 0)
            XCTAssertLessThanOrEqual(watcher.greatestFall, 1_000)
        }
    }

    /// Each message that a worker takes away makes room: what was hastened already, and refused since, keeps its pause, or the first piece would be tried again and again, and the rest never. Another
    /// target is another matter.
    func test_roomThatComesWhileWhatWaitsIsHastened_goesOnWithTheRest() throws {
        try withTopics(watching: "SELECT count(*) FROM deliveries") { queues, topics, core, _ in
            _ = try topics.put(Subscription(name: "s", condition: nil, target: .queue("none")), of: "sales")
            let now = time.now
            let counts = try queues.perform { _ -> [Int64?] in
                try Self.fill(try core.file(), Self.id("s"), 1...1_500)
                core.state.lastNumber = 1_500
                var counts: [Int64?] = []
                for isMended in [false, true] {
                    core.noteRoom(in: "none")
                    try core.hastenPiece(now)
                    // The queue has no room for those of the first piece, either.
                    try core.file().execute("UPDATE deliveries SET next_at = 9000000000000000, attempts = 1 WHERE number <= 1000")
                    if isMended { core.hasten(core.subscriptions(to: .queue("none"))) } else { core.noteRoom(in: "none") }
                    while !core.state.hastened.isEmpty { try core.hastenPiece(now) }
                    counts.append(try core.file().integer("SELECT count(*) FROM deliveries WHERE next_at = 9000000000000000"))
                }
                return counts
            }
            XCTAssertEqual(counts, [1_000, 0])
        }
    }

    /// Each queue gets each event; what is past the bytes of a group stands once meanwhile.
    func test_eventsForManyQueues_goInGroupsOfSomeBytes() throws {
        let watcher = Watcher("SELECT coalesce(sum(byte_count), 0) FROM messages")
        try TopicFixture.with(try folder.made(), time, starter: nil, subscriptions: [], members: [watcher]) { queues, topics, _ in
            for number in 1...12 {
                _ = try queues.put(queue: "q\(number)", QueueSettings())
                _ = try topics.put(Subscription(name: "s\(number)", condition: nil, target: .queue("q\(number)")), of: "sales")
            }
            let data = Array(("\"" + String(repeating: "a", count: 240_000) + "\"").utf8)
            let events = (1...12).map { EventDraft(id: "\($0)", origin: .administrator, type: "sale", subject: nil, time: time.now, data: data) }
            _ = try QueueFixture.wait { topics.publish(events, to: "sales", as: .admin, completion: $0) }
            XCTAssertTrue(try Patience.until { try count(queues, "messages") == 144 && count(queues, "deliveries") == 0 })
            XCTAssertEqual(try count(queues, "(SELECT queue FROM messages GROUP BY queue HAVING count(*) = 12)"), 12)
            XCTAssertEqual(try count(queues, "events"), 0)
            XCTAssertGreaterThan(watcher.greatestRise, 0)
            XCTAssertLessThan(watcher.greatestRise, Int64(TopicCore.deliveredByteCountMax + EventDraft.byteCountMax))
        }
    }

    /// Ten events wait for a queue of one topic, and what is published to another is more than a group has room for.
    func test_whatWaits_hasAShareOfEachGroup_howeverMuchIsPublishedInIt() throws {
        let watcher = Watcher("SELECT count(*) FROM deliveries WHERE number <= 10")
        try TopicFixture.with(try folder.made(), time, starter: nil, subscriptions: [], members: [watcher]) { queues, topics, core in
            _ = try topics.put(topic: "busy")
            for (name, topic) in [("a", "sales"), ("b", "busy")] {
                _ = try queues.put(queue: name, QueueSettings())
                _ = try topics.put(Subscription(name: name, condition: nil, target: .queue(name)), of: topic)
            }
            let data = Array(("\"" + String(repeating: "a", count: 240_000) + "\"").utf8)
            let events = (1...80).map { EventDraft(id: "\($0)", origin: .administrator, type: "sale", subject: nil, time: time.now, data: data) }
            let now = time.now
            try queues.perform { queueCore in
                try core.file().execute("""
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
                    INSERT INTO deliveries(subscription, number, next_at, since, attempts) SELECT \(Self.id("a")), i, \(now), \(now), 0 FROM n;
                    INSERT INTO events(number, id, refs, json) SELECT number, 'e', 1, x'7B7D' FROM deliveries
                    """)
                core.state.lastNumber = 10
                core.isDirty = true
                _ = try core.publish(events, to: "busy", queueCore)
            }
            XCTAssertEqual(watcher.greatestRise, 0, "they have waited for another group")
            XCTAssertEqual(try count(queues, "messages WHERE queue = (SELECT id FROM queues WHERE name = 'a')"), 10)
            XCTAssertTrue(try Patience.until { try count(queues, "messages") == 90 && count(queues, "deliveries") == 0 })
        }
    }

    /// An earlier event of the subject that waits for its group is first, also where there is room again for the next one.
    func test_eventsOfASubject_keepTheirOrder_whereAGroupHasNoRoom() throws {
        try TopicFixture.with(try folder.made(), time, starter: nil, subscriptions: []) { queues, topics, _ in
            for number in 1...12 {
                _ = try queues.put(queue: "q\(number)", QueueSettings())
                _ = try topics.put(Subscription(name: "s\(number)", condition: nil, target: .queue("q\(number)")), of: "sales")
            }
            let data = Array(("\"" + String(repeating: "a", count: 240_000) + "\"").utf8)
            let events = (1...12).map { EventDraft(id: "\($0)", origin: .administrator, type: "sale", subject: "R-1", time: time.now, data: data) }
            _ = try QueueFixture.wait { topics.publish(events, to: "sales", as: .admin, completion: $0) }
            XCTAssertTrue(try Patience.until { try count(queues, "messages") == 144 && count(queues, "deliveries") == 0 })
            for number in 1...12 {
                // Messages are handed out in the order in which they came; the members before `time` and `data` are short.
                var ids: [String] = []
                while ids.count < 12 {
                    let messages = try QueueFixture.wait { _ = queues.receive(12, from: "q\(number)", waits: false, as: .admin, completion: $0) }
                    if messages.isEmpty { break }
                    ids += messages.compactMap { (try? JSONParser.parse($0.body, depthMax: 10))?["id"]?.text }
                }
                XCTAssertEqual(ids, (1...12).map { "\($0)" }, "q\(number)")
            }
        }
    }
}
