import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// A store of queues on a file, with a clock that a test moves.
final class QueueFixture {
    let folder: TemporaryDirectory
    private(set) var store: QueueStore
    let time: TestTime
    static let name = "jobs"

    /// A clock, and beside it one that nobody sets.
    final class TestTime: Sendable {
        private let state: Mutex<(clock: Int64, passed: Int64, boot: Int, bootedAt: Int64)>
        init(_ start: Int64) { state = Mutex((start, 0, 0, 0)) }
        /// Which start of the machine it is.
        var boot: String { state.withLock { "boot-\($0.boot)" } }
        /// The machine is started again, and the clock goes on.
        func startMachine() { state.withLock { ($0.boot, $0.bootedAt) = ($0.boot + 1, $0.passed) } }
        /// All that passed, whatever was set or started.
        var passed: Int64 { state.withLock { $0.passed } }
        var now: Int64 { state.withLock { $0.clock } }
        var steady: Int64 { state.withLock { $0.passed - $0.bootedAt } }
        func pass(_ microseconds: Int64) { state.withLock { ($0.clock, $0.passed) = ($0.clock + microseconds, $0.passed + microseconds) } }
        /// Somebody sets the clock.
        func jump(_ microseconds: Int64) { state.withLock { $0.clock += microseconds } }
    }

    init(_ settings: QueueSettings = QueueSettings()) throws {
        folder = TemporaryDirectory()
        _ = try folder.made()
        time = TestTime(1_700_000_000_000_000)
        store = try Self.open(folder.path, time)
        _ = try store.put(queue: Self.name, settings)
    }

    deinit { store.stop() }

    private static func open(_ folder: String, _ time: TestTime, minFreeBytes: Int64 = 0) throws -> QueueStore {
        try QueueStore(
            store: QueueCore.Store(
                path: folder + "/queues.sqlite", id: "of a test", directory: folder, minFreeBytes: minFreeBytes, clock: Clock { time.now }, steady: { time.steady }, boot: time.boot),
            members: [], opens: FileManager.default.fileExists(atPath: folder + "/queues.sqlite"))
    }

    func restart(minFreeBytes: Int64 = 0) throws {
        store.stop()
        store = try Self.open(folder.path, time, minFreeBytes: minFreeBytes)
    }

    var path: String { folder.path + "/queues.sqlite" }

    // MARK: Calls that wait

    static func wait<Value: Sendable>(_ call: (@escaping @Sendable (Result<Value, Fault>) -> Void) -> Void) throws -> Value {
        let done = Monitor<Result<Value, Fault>?>(nil)
        call { result in done.broadcast { $0 = result } }
        return try done.wait { $0 }.get()
    }

    func send(_ messages: [OutgoingMessage], as principal: Principal = .admin) throws -> [SentMessage] {
        try Self.wait { store.send(messages, to: Self.name, as: principal, completion: $0) }
    }

    func send(_ ids: String..., bytes: Int = 2) throws -> [Queue.Arrival] {
        try send(ids.map { OutgoingMessage(id: $0, body: Array(repeating: UInt8(ascii: "1"), count: bytes)) }).map(\.arrival)
    }

    func receive(_ count: Int = 1) throws -> [ReceivedMessage] {
        try Self.wait { _ = store.receive(count, from: Self.name, waits: false, as: .admin, completion: $0) }
    }

    func end(_ message: ReceivedMessage, _ end: MessageEnd = .complete) throws {
        try Self.wait { store.settle(MessageLock(id: message.id, token: message.token), end, in: Self.name, as: .admin, completion: $0) }
    }

    func report() throws -> QueueReport { try store.queue(Self.name, as: .admin) }
    func letters() throws -> [DeadMessageReport] { try store.deadLetters(in: Self.name, after: nil, limit: 10_000, as: .admin).letters }

    func faults() throws -> [String] {
        var faults: [String] = []
        try QueueProof.check(path) { faults.append($0) }
        return faults
    }
}

func XCTAssertFault<Value>(_ code: Fault.Code, _ body: @autoclosure () throws -> Value, file: StaticString = #filePath, line: UInt = #line) {
    XCTAssertThrowsError(try body(), file: file, line: line) { XCTAssertEqual(($0 as? Fault)?.code, code, "\($0)", file: file, line: line) }
}
