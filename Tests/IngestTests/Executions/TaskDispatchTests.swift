import ColumnStore
import Documents
import Processes
import TestSupport
import Synchronization
import XCTest

@testable import Ingest

/// Goal: tasks that queues have no room for in memory are carried out all the same. Method: a dispatch whose queues hold four of them, over a file that has many.
final class TaskDispatchTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func put(_ name: String, _ resource: String, _ store: ExecutionStore) throws {
        _ = try store.putProcess(name, Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"\#(resource)","End":true}}}"#.utf8))
    }

    private func start(_ name: String, _ store: ExecutionStore, input: JSONValue = .object([])) throws {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start(name, name: nil, input: input, as: .admin) { outcome in result.signal { $0 = outcome } }
        _ = try result.wait { $0 }.get()
    }

    /// - Parameters:
    ///   - endpoints: of the task of each execution, in the order of their starts.
    ///   - input: of each.
    private func withDispatch(
        _ endpoints: [String], _ hands: ExecutionStoreTests.Hands, input: JSONValue = .object([]), capacity: Int = 4, _ body: (ExecutionStore, TaskDispatch) throws -> Void
    ) throws {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system)
        defer { store.stop() }
        for name in Set(endpoints).sorted() { try put(name, "till:call:\(name)", store) }
        for name in endpoints { try start(name, store, input: input) }
        let dispatch = TaskDispatch(store: store, executor: hands, capacity: capacity)
        defer { dispatch.stop() }
        try dispatch.start()
        try body(store, dispatch)
    }

    func test_tasksThatAQueueHasNoRoomFor_areReadUntilNoneIsLeft() throws {
        let hands = ExecutionStoreTests.Hands { _, _ in .succeeded(.null) }
        try withDispatch(Array(repeating: "x", count: 40), hands) { store, _ in
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
        try withDispatch(["x"], hands) { store, _ in
            XCTAssertTrue(try Patience.until { try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty })
        }
        XCTAssertEqual(seen.withLock { $0 }, [false, false, true, true, true])
    }

    /// Nor are they behind those of a queue that does not move.
    func test_tasksBehindAllThatAStartReads_areCarriedOut() throws {
        let hands = ExecutionStoreTests.Hands { work, _ in work.call.resource.name == "y" ? .succeeded(.null) : nil }
        try withDispatch(Array(repeating: "x", count: 20) + Array(repeating: "y", count: 3), hands) { store, _ in
            XCTAssertTrue(try Patience.until { try store.executions(.init(process: "y", status: .running, limit: 1), as: .admin).executions.isEmpty })
        }
    }

    /// Exports that their owner may not order now, or a process that has no room: that says nothing of what others want of the same resource. Under a clock that stands no breaker closes.
    func test_tasksOfTheStoreItself_thatArePutOff_stopNoOthers() throws {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: Clock { 1_800_000_000_000_000 })
        defer { store.stop() }
        let resources = ["till:export", "till:process:p"]
        for (place, resource) in resources.enumerated() {
            try put("p\(place)", resource, store)
            try start("p\(place)", store)
        }
        let dispatch = TaskDispatch(store: store, executor: ExecutionStoreTests.Hands { work, _ in work.tryCount < 50 ? .later(at: work.createdAt, reason: "full") : .succeeded(.null) })
        defer { dispatch.stop() }
        try dispatch.start()
        XCTAssertTrue(try Patience.until { try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty })
    }

    /// A list of small numbers takes twenty times its text: what is under way is bounded by that, and holds up no other queue.
    func test_inputsUnderWay_areBounded_andEachQueueGoesOn() throws {
        let input = JSONValue.array(Array(repeating: .integer(1), count: 200_000))
        let byteCount = ValueLimits.memoryByteCount(input)
        let most = (TaskDispatch.heldByteCountMax + byteCount - 1) / byteCount
        XCTAssertTrue((2...12).contains(most), "\(most)")
        let hands = ExecutionStoreTests.Hands { work, _ in ["x", "z"].contains(work.call.resource.name) ? nil : .succeeded(.null) }
        // All of them are taken in one turn.
        try withDispatch(Array(repeating: "x", count: 15), hands, input: input, capacity: 50) { store, dispatch in
            XCTAssertTrue(Patience.until { hands.state.withLock { $0.held.count } >= most })
            try put("y", "till:call:y", store)
            try start("y", store, input: input)
            dispatch.noteMore(.call("y"), of: .administrator)
            XCTAssertTrue(try Patience.until { try store.executions(.init(process: "y", status: .running, limit: 1), as: .admin).executions.isEmpty })
            XCTAssertEqual(hands.state.withLock { $0.held.count }, most)
            // One that has little of it under way goes on as if the others had none.
            try put("z", "till:call:z", store)
            for _ in 0..<3 { try start("z", store) }
            dispatch.noteMore(.call("z"), of: .administrator)
            XCTAssertTrue(Patience.until { hands.state.withLock { $0.held.count } == most + 3 })
            XCTAssertTrue(
                try Patience.until {
                    let held = hands.state.withLock { state -> [(work: TaskWork, end: @Sendable (TaskEnding) -> Void)] in
                        defer { state.held = [] }
                        return state.held
                    }
                    for one in held { one.end(.succeeded(.null)) }
                    return try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty
                })
            XCTAssertEqual(hands.state.withLock { $0.done.values.max() }, 1)
        }
    }
}
