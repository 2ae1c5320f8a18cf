import ColumnStore
import Documents
import Processes
import TestSupport
import XCTest

@testable import Ingest

/// Goal: tasks that queues have no room for in memory are carried out all the same. Method: a dispatch whose queues hold four of them, over a file that has many.
final class TaskDispatchTests: XCTestCase {
    private let folder = TemporaryDirectory()

    /// - Parameter endpoints: of the task of each execution, in the order of their starts.
    private func withDispatch(_ endpoints: [String], _ hands: ExecutionStoreTests.Hands, _ body: (ExecutionStore) throws -> Void) throws {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system)
        defer { store.stop() }
        for name in Set(endpoints).sorted() {
            _ = try store.putProcess(name, Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:call:\#(name)","End":true}}}"#.utf8))
        }
        for name in endpoints {
            let result = Monitor<Result<StartedExecution, any Error>?>(nil)
            store.start(name, name: nil, input: .object([]), as: .admin) { outcome in result.signal { $0 = outcome } }
            _ = try result.wait { $0 }.get()
        }
        let dispatch = TaskDispatch(store: store, executor: hands, capacity: 4)
        defer { dispatch.stop() }
        try dispatch.start()
        try body(store)
    }

    func test_tasksThatAQueueHasNoRoomFor_areReadUntilNoneIsLeft() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in .succeeded(.null) }
        try withDispatch(Array(repeating: "x", count: 40), hands) { store in
            XCTAssertTrue(try Patience.until { try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty })
        }
    }

    /// Whoever was asked once is known to have been, also behind looks that came to nothing.
    func test_taskThatWasAwaited_isToldOfAsSuch() throws {
        let seen = Monitor<[Bool]>([])
        let hands = ExecutionStoreTests.Hands { work, _ in
            let count = seen.withLock { list in
                list.append(work.isAwaited)
                return list.count
            }
            switch count {
            case 1, 3: return .later(at: work.createdAt + Int64(count), reason: "busy")
            case 2, 4: return .awaited(lookAgainAt: work.createdAt + Int64(count))
            default: return .succeeded(.null)
            }
        }
        try withDispatch(["x"], hands) { store in
            XCTAssertTrue(try Patience.until { try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty })
        }
        XCTAssertEqual(seen.withLock { $0 }, [false, false, true, true, true])
    }

    /// Nor are they behind those of a queue that does not move.
    func test_tasksBehindAllThatAStartReads_areCarriedOut() throws {
        let hands = ExecutionStoreTests.Hands { work, _ in work.call.resource.name == "y" ? .succeeded(.null) : nil }
        try withDispatch(Array(repeating: "x", count: 20) + Array(repeating: "y", count: 3), hands) { store in
            XCTAssertTrue(try Patience.until { try store.executions(.init(process: "y", status: .running, limit: 1), as: .admin).executions.isEmpty })
        }
    }
}
