import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: whoever has published many events to a slow receiver holds up nobody else's: where more are due than may be under way, origins take turns. Method: a process that answers when the test says so,
/// and rows that the test puts into the file.
final class TopicTurnsTests: XCTestCase {
    private final class SlowStarter: ProcessStarting {
        typealias Completion = @Sendable (Result<Void, Fault>) -> Void
        private let calls = Mutex<(ids: [String], held: [Completion])>(([], []))

        /// Ids of the events, in the order in which they came.
        var ids: [String] { calls.withLock { $0.ids } }

        func start(_ process: String, name: String, input: [UInt8], as identity: Identity, completion: @escaping Completion) {
            let id = (try? JSONParser.parse(input, depthMax: 10))?["id"]?.text ?? ""
            calls.withLock { calls in
                calls.ids.append(id)
                calls.held.append(completion)
            }
        }

        /// The first that waits for its answer has it.
        func answer() {
            guard let completion = calls.withLock({ $0.held.isEmpty ? nil : $0.held.removeFirst() }) else { return XCTFail("nobody waits") }
            completion(.success(()))
        }
    }

    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_800_000_000_000_000)

    private func withTopics(_ starter: SlowStarter, opens: Bool = false, _ body: (QueueStore, TopicStore, TopicCore) throws -> Void) throws {
        try TopicFixture.with(try folder.made(), time, starter: starter, opens: opens, body)
    }

    /// Events a-1, a-2 … of the contract a.
    private func publish(_ topics: TopicStore, _ client: String, _ count: Int) throws {
        let events = (1...count).map {
            EventDraft(id: "\(client)-\($0)", origin: .contract(ClientID(client)), type: "sale", subject: nil, time: time.now, data: Array("{}".utf8))
        }
        _ = try QueueFixture.wait { topics.publish(events, to: "sales", as: .admin, completion: $0) }
    }

    private func waitFor(_ count: Int, _ starter: SlowStarter, line: UInt = #line) {
        XCTAssertTrue(Patience.until { starter.ids.count >= count }, "\(starter.ids)", line: line)
    }

    func test_whoCameLater_isNextAsSoonAsThereIsRoom_andOriginsTakeTurns() throws {
        let starter = SlowStarter()
        try withTopics(starter) { _, topics, _ in
            try publish(topics, "a", 100)
            waitFor(16, starter)
            XCTAssertEqual(starter.ids, (1...16).map { "a-\($0)" })
            try publish(topics, "b", 2)
            try publish(topics, "c", 1)
            for count in 17...22 {
                starter.answer()
                waitFor(count, starter)
            }
            XCTAssertEqual(Array(starter.ids.dropFirst(16)), ["b-1", "c-1", "a-17", "b-2", "a-18", "a-19"])
        }
    }

    func test_originsOfWhichNothingIsDue_takeNoRoom() throws {
        let starter = SlowStarter()
        try withTopics(starter) { queues, topics, core in
            try queues.perform { _ in
                let connection = try core.file()
                // Two hundred wait for their next attempt; of the one behind them in their order forty are due.
                try connection.execute("""
                    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 240)
                    INSERT INTO deliveries(subscription, number, subject, next_at, since, attempts, origin)
                    SELECT (SELECT id FROM subscriptions), i, NULL, iif(i <= 200, 9000000000000000, 1), 1800000000000000, 1, iif(i <= 200, 'm' || i, 'z') FROM n;
                    INSERT INTO events(number, origin, id, refs, json) SELECT number, origin, 'e', 1, CAST('{"id":"z-' || number || '"}' AS BLOB) FROM deliveries;
                    """)
                core.state.lastNumber = 240
                core.isDirty = true
            }
            waitFor(16, starter)
            XCTAssertEqual(starter.ids, (201...216).map { "z-\($0)" })
            // With the 64 that each group looks at, some groups come to the end of them, and go on from there.
            try publish(topics, "zz", 1)
            for count in 17...24 {
                starter.answer()
                waitFor(count, starter)
            }
            XCTAssertTrue(starter.ids.contains("zz-1"), "\(starter.ids)")
        }
    }

    func test_fileOfBefore_getsTurns() throws {
        try withTopics(SlowStarter()) { _, topics, _ in try publish(topics, "a", 20) }
        let path = try folder.made() + "/queues.sqlite"
        try SQLiteConnection(path: path, mode: .create).execute("DROP INDEX delivery_turns; ALTER TABLE deliveries DROP COLUMN origin")
        let starter = SlowStarter()
        try withTopics(starter, opens: true) { _, topics, _ in
            waitFor(16, starter)
            try publish(topics, "b", 1)
            for count in 17...18 {
                starter.answer()
                waitFor(count, starter)
            }
            XCTAssertTrue(starter.ids.contains("b-1"), "\(starter.ids)")
            XCTAssertEqual(Set(starter.ids).count, 18)
        }
    }

    /// A turn reads what is of its origin, whatever else waits.
    func test_turns_readNoOthers() throws {
        let connection = try SQLiteConnection(path: try folder.made() + "/plan.sqlite", mode: .create)
        try TopicTables.lay(out: connection)
        for (text, search) in [
            (TopicTables.originBehind, "(subscription=? AND origin>?)"), (TopicTables.firstOrigin, "(subscription=?)"),
            (TopicTables.dues(ofOrigin: true), "(subscription=? AND origin=? AND next_at<?)"), (TopicTables.dues(ofOrigin: false), "(subscription=? AND next_at<?)"),
        ] {
            let plan = try connection.statement("EXPLAIN QUERY PLAN " + text)
            var lines: [String] = []
            while try plan.step() { lines.append(plan.text(3)) }
            XCTAssertTrue(lines.allSatisfy { $0.hasSuffix(search) }, "\(lines)")
        }
    }
}
