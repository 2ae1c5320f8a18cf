import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: an execution whose task nobody can answer any more is notified, whatever ends in between, and no other is. Method: messages of tasks and others that die or are
/// purged, and executions that the test stands for.
final class LostTasksTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private let time = QueueFixture.TestTime(1_700_000_000_000_000)

    private final class Executions: Sendable {
        let told = Mutex<[String: String]>([:])
        /// Whether they accept notifications.
        let areOpen = Mutex(true)
        /// Tokens of those that accept none.
        let refused = Mutex<Set<String>>([])
    }
    private let executions = Executions()
    private var told: [String: String] { executions.told.withLock { $0 } }

    private func withQueues(tells: Bool = true, _ body: (QueueStore) throws -> Void) throws {
        let path = try folder.made() + "/queues.sqlite"
        let lost = LostTasks(clock: Clock { [time] in time.now })
        let store = try QueueStore(
            store: QueueCore.Store(path: path, id: "of a test", directory: folder.path, minFreeBytes: 0, clock: Clock { [time] in time.now }, steady: { [time] in time.steady }, boot: time.boot),
            members: [lost], opens: FileManager.default.fileExists(atPath: path))
        defer { store.stop() }
        if tells {
            lost.start(store) { [executions] token, cause, completion in
                let isTaken = executions.areOpen.withLock { $0 } && !executions.refused.withLock { $0.contains(token) }
                if isTaken { executions.told.withLock { $0[token] = cause } }
                completion(isTaken)
            }
        }
        defer { lost.stop() }
        try body(store)
    }

    private func rowCount() throws -> Int64 {
        try SQLiteConnection(path: try folder.made() + "/queues.sqlite", mode: .readOnly).integer("SELECT count(*) FROM lost_tasks") ?? 0
    }

    private func send(_ messages: [OutgoingMessage], _ store: QueueStore) throws {
        _ = try QueueFixture.wait { store.send(messages, to: "jobs", as: .admin, completion: $0) }
    }

    private func receive(_ store: QueueStore) throws -> [ReceivedMessage] {
        try QueueFixture.wait { _ = store.receive(10, from: "jobs", waits: false, as: .admin, completion: $0) }
    }

    private func settle(_ message: ReceivedMessage, _ end: MessageEnd, _ store: QueueStore) throws {
        try QueueFixture.wait { store.settle(MessageLock(id: message.id, token: message.token), end, in: "jobs", as: .admin, completion: $0) }
    }

    func test_tokens_areThoseOfTheirOwnMessages() {
        let message = TaskMessage.message(token: "01ABC.1.2.ff", input: Array(#"{"a":"b"}"#.utf8))
        XCTAssertEqual(String(decoding: message.body, as: UTF8.self), #"{"task_token":"01ABC.1.2.ff","input":{"a":"b"}}"#)
        let id = message.id ?? ""
        XCTAssertTrue(TaskMessage.mayBe(id))
        XCTAssertEqual(TaskMessage.token(id, beginning: Array(message.body.prefix(40))), "01ABC.1.2.ff")
        XCTAssertNil(TaskMessage.token(id, beginning: TaskMessage.message(token: "01ABC.1.2.fe", input: []).body), "of another token")
        for body in ["", "{", #"{"task_token":"#, #"{"task_token":"01ABC"#, #"{"input":1}"#] { XCTAssertNil(TaskMessage.token(id, beginning: Array(body.utf8)), body) }
        for id in ["", "task-", "task-" + String(repeating: "a", count: 63), "work-" + String(repeating: "a", count: 64)] { XCTAssertFalse(TaskMessage.mayBe(id), id) }
    }

    func test_messagesThatDieOrArePurged_loseTheirTasks() throws {
        try withQueues { store in
            _ = try store.put(queue: "jobs", QueueSettings(deliveryCountMax: 1))
            let forged = OutgoingMessage(id: TaskMessage.message(token: "other", input: [0x31]).id, body: TaskMessage.message(token: "forged", input: [0x31]).body)
            try send(["given-up", "complete", "abandoned"].map { TaskMessage.message(token: $0, input: [0x31]) } + [forged, OutgoingMessage(id: "plain", body: [0x31])], store)
            for message in try receive(store) {
                let text = String(decoding: message.body, as: UTF8.self)
                if text.contains("complete") { try settle(message, .complete, store) } else if text.contains("abandoned") { try settle(message, .abandon(delay: nil), store) } else {
                    try settle(message, .deadLetter(reason: "no such order"), store)
                }
            }
            XCTAssertTrue(Patience.until { told.count == 2 })
            XCTAssertEqual(told["given-up"]?.contains("jobs: rejected, no such order"), true, "\(told)")
            XCTAssertEqual(told["abandoned"]?.contains("max-deliveries"), true)
            // With the worker who has it, too.
            try send([TaskMessage.message(token: "held", input: Array(repeating: 0x31, count: 5_000))], store)
            _ = try receive(store)
            try send([TaskMessage.message(token: "free", input: [0x31]), OutgoingMessage(id: "plainer", body: [0x31])], store)
            try store.purge("jobs", as: .admin)
            XCTAssertTrue(Patience.until { told.count == 4 })
            XCTAssertEqual(told["held"]?.contains("purged"), true)
            XCTAssertTrue(try Patience.until { try rowCount() == 0 })
            XCTAssertEqual(Set(told.keys), ["given-up", "abandoned", "held", "free"])
        }
    }

    /// Those of a queue that keeps no dead letters, too; the restart comes before anybody is notified, and executions refuse at first.
    func test_lostTasks_areToldAfterARestart_andUntilTheyAreTaken() throws {
        try withQueues(tells: false) { store in
            _ = try store.put(queue: "jobs", QueueSettings(timeToLive: 1_000_000, keepsDeadLetters: false))
            try send((0..<100).map { TaskMessage.message(token: "t\($0)", input: [0x31]) }, store)
            try send((100..<200).map { TaskMessage.message(token: "t\($0)", input: [0x31]) }, store)
            time.pass(2_000_000)
            XCTAssertTrue(try Patience.until { try store.queue("jobs", as: .admin).active == 0 })
        }
        XCTAssertEqual(try rowCount(), 200)
        executions.areOpen.withLock { $0 = false }
        try withQueues { _ in }
        XCTAssertEqual(try rowCount(), 200)
        executions.areOpen.withLock { $0 = true }
        try withQueues { _ in
            XCTAssertTrue(
                try Patience.until {
                    time.pass(10_000_000)
                    return try rowCount() == 0
                })
        }
        XCTAssertEqual(told.count, 200)
        XCTAssertTrue(told.values.allSatisfy { $0.contains("expired") })
    }

    /// As many as are notified at once, and all of them in front.
    func test_executionsThatTakeNothing_holdUpNoOther() throws {
        let refused = (100..<164).map { "a\($0)" }
        executions.refused.withLock { $0 = Set(refused) }
        try withQueues { store in
            _ = try store.put(queue: "jobs", QueueSettings())
            try send((refused + ["b"]).map { TaskMessage.message(token: $0, input: [0x31]) }, store)
            try store.purge("jobs", as: .admin)
            XCTAssertTrue(
                Patience.until {
                    time.pass(10_000_000)
                    return told["b"] != nil
                })
            XCTAssertEqual(told.count, 1)
            // Those in front come again.
            executions.refused.withLock { $0 = [] }
            XCTAssertTrue(
                try Patience.until {
                    time.pass(10_000_000)
                    return try rowCount() == 0
                })
        }
        XCTAssertEqual(Set(told.keys), Set(refused + ["b"]))
    }
}
