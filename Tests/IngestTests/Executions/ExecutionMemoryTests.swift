import ColumnStore
import Documents
import Foundation
import Ingest
import Processes
import Synchronization
import TestSupport
import XCTest

/// Goal: an execution is read from its file once, not for each event, however long it runs and whatever runs beside it. Method: the store's own count of what it read.
final class ExecutionMemoryTests: XCTestCase {
    /// Answers nothing by itself.
    private final class Hands: TaskExecutor {
        let tokens = Mutex<[String]>([])
        func concurrency(of resource: Resource) -> Int { 1_000 }
        func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void) {
            tokens.withLock { $0.append(work.call.token) }
            end(.awaited(lookAgainAt: nil))
        }
    }

    private let folder = TemporaryDirectory()
    private let hands = Hands()

    private func open(cachedByteCountMax: Int) throws -> ExecutionStore {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: Clock { 1_800_000_000_000_000 }, .init(cachedByteCountMax: cachedByteCountMax))
        try store.begin(hands)
        return store
    }

    private func start(_ store: ExecutionStore, _ input: String) throws -> ULID {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start("p", name: nil, input: try ValueLimits.parse(Array(input.utf8)), as: .admin) { outcome in result.signal { $0 = outcome } }
        return try result.wait { $0 }.get().id
    }

    private func answer(_ store: ExecutionStore, _ token: String) throws {
        let result = Monitor<Result<Void, any Error>?>(nil)
        store.answerTask(token, .success(.integer(1))) { outcome in result.signal { $0 = outcome } }
        try result.wait { $0 }.get()
    }

    /// The tokens of tasks that are under way, once there are so many.
    private func tokens(_ count: Int) throws -> [String] {
        try XCTUnwrap(Patience.value { hands.tokens.withLock { $0.count >= count ? $0 : nil } }, "\(hands.tokens.withLock { $0.count }) of \(count) tasks")
    }

    private func readCount(_ store: ExecutionStore) -> Int { Int(store.metrics().first { $0.name == "execution_reads_total" }?.value ?? -1) }

    func test_executionsThatRunLong_areNotReadAgain() throws { try runLong(cachedByteCountMax: 256 << 10) }

    /// Each is a third of what all small ones may have.
    func test_largeExecutions_stayBesideEachOther() throws { try runLong(cachedByteCountMax: 36 << 10) }

    private func runLong(cachedByteCountMax: Int) throws {
        let store = try open(cachedByteCountMax: cachedByteCountMax)
        defer { store.stop() }
        let loop = #"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:queue:q","ResultPath":"$.r","Next":"C"},"C":{"Type":"Choice","Choices":[{"Variable":"$.r","NumericEquals":0,"Next":"E"}],"Default":"T"},"E":{"Type":"Succeed"}}}"#
        XCTAssertEqual(try store.putProcess("p", Array(loop.utf8)), .created)
        let text = String(repeating: "x", count: 10_000)
        for _ in 0..<3 { _ = try start(store, "{\"x\":\"\(text)\"}") }
        // Each has written some 600 kB by then, and holds 10.
        var answered = 0
        for _ in 0..<60 {
            let open = try tokens(answered + 3)
            for token in open[answered...] { try answer(store, token) }
            answered = open.count
        }
        XCTAssertEqual(readCount(store), 0)
    }

    func test_eventsThatComeAtOnce_readEachExecutionOnce() throws {
        // Room for none: whichever goes on, another has to go.
        let store = try open(cachedByteCountMax: 1)
        defer { store.stop() }
        let map = #"{"StartAt":"M","States":{"M":{"Type":"Map","ItemProcessor":{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:queue:q","End":true}}},"End":true}}}"#
        XCTAssertEqual(try store.putProcess("p", Array(map.utf8)), .created)
        let items = "[" + (0..<40).map(String.init).joined(separator: ",") + "]"
        let ids = try (0..<3).map { _ in try start(store, items) }
        let tokens = try tokens(120)
        let lists = ids.map { id in tokens.filter { $0.hasPrefix(id.description) } }
        let first = try XCTUnwrap(lists[0].last)
        // The writer's thread is held until all wait, one execution after the other.
        let (isHeld, mayGoOn, left) = (Monitor(false), Monitor(false), Monitor(119))
        store.answerTask(first, .success(.null)) { _ in
            isHeld.broadcast { $0 = true }
            _ = mayGoOn.wait { $0 ? true : nil }
        }
        _ = isHeld.wait { $0 ? true : nil }
        let before = readCount(store)
        for number in 0..<40 {
            for list in lists where list[number] != first {
                store.answerTask(list[number], .success(.null)) { result in
                    if case .failure(let error) = result { XCTFail("\(error)") }
                    left.broadcast { $0 -= 1 }
                }
            }
        }
        mayGoOn.broadcast { $0 = true }
        _ = left.wait { $0 == 0 ? true : nil }
        for id in ids { XCTAssertEqual(try store.execution(id.description, as: .admin).status, .succeeded) }
        XCTAssertLessThanOrEqual(readCount(store) - before, 3)
    }
}
