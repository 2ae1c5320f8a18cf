import ColumnStore
import Documents
import Processes
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: however many tasks one owner has of a resource, another's are carried out in their turn. Method: an executor with two places that the test frees, over a file in which one owner's tasks
/// stand before another's; the queue of a resource by itself.
final class TaskTurnsTests: XCTestCase {
    private final class Places: TaskExecutor {
        struct State {
            var owners: [Identity] = []
            var held: [@Sendable (TaskEnding) -> Void] = []
        }
        let state = Mutex(State())

        func concurrency(of resource: Resource) -> Int { 2 }
        func carryOut(_ work: TaskWork, end: @escaping @Sendable (TaskEnding) -> Void) {
            state.withLock { state in
                state.owners.append(work.owner)
                state.held.append(end)
            }
        }
    }

    private let folder = TemporaryDirectory()

    private func principal(_ name: String) -> Principal { Principal(clientID: name, access: .readWrite, scope: .own, uses: .init(processes: .some(["p"]))) }

    private func start(_ store: ExecutionStore, as principal: Principal) throws {
        let result = Monitor<Result<StartedExecution, any Error>?>(nil)
        store.start("p", name: nil, input: .object([]), as: principal) { outcome in result.signal { $0 = outcome } }
        _ = try result.wait { $0 }.get()
    }

    func test_oneTaskBehindManyOfAnother_isCarriedOutBeforeThoseEnd() throws {
        let store = try ExecutionStore(path: try folder.made() + "/executions.sqlite", clock: .system)
        defer { store.stop() }
        _ = try store.putProcess("p", Array(#"{"StartAt":"T","States":{"T":{"Type":"Task","Resource":"till:sql","End":true}}}"#.utf8))
        let (many, one) = (principal("many"), principal("one"))
        for _ in 0..<40 { try start(store, as: many) }
        try start(store, as: one)
        let places = Places()
        // More than a start reads, and than the memory has room for.
        let dispatch = TaskDispatch(store: store, executor: places, capacity: 4)
        defer { dispatch.stop() }
        try dispatch.start()
        var endedCount = 0
        while endedCount < 40, !places.state.withLock({ $0.owners.contains(one.identity) }) {
            XCTAssertTrue(Patience.until { places.state.withLock { !$0.held.isEmpty } })
            let end = places.state.withLock { state -> (@Sendable (TaskEnding) -> Void)? in state.held.isEmpty ? nil : state.held.removeFirst() }
            end?(.succeeded(.null))
            endedCount += 1
        }
        XCTAssertLessThan(endedCount, 10)
        XCTAssertTrue(places.state.withLock { $0.owners.contains(many.identity) })
        // And nobody's is left.
        XCTAssertTrue(
            try Patience.until {
                let held = places.state.withLock { state -> [@Sendable (TaskEnding) -> Void] in
                    defer { state.held = [] }
                    return state.held
                }
                for end in held { end(.succeeded(.null)) }
                return try store.executions(.init(status: .running, limit: 1), as: .admin).executions.isEmpty
            })
        XCTAssertEqual(places.state.withLock { $0.owners.count }, 41)
    }

    private func task(_ number: Int64) -> QueuedTask { QueuedTask(key: TaskKey(execution: number, serial: 1), dueAt: number) }

    func test_queueOfAResource_givesItsOwnersTurns_withinItsPlaces_andBoundsWhatTheyHave() {
        var queue = ResourceQueue(Resource(kind: "sql"), limit: 2, capacity: 8)
        let owners = [Identity.contract(ClientID("a")), .contract(ClientID("b")), .administrator]
        for (owner, sum) in zip(owners.indices, [8, 8 + 4, 8 + 4 + 2]) {
            for number in 0..<20 { queue.add(task(Int64(100 * owner + number)), of: owners[owner]) }
            XCTAssertEqual(queue.waitingCount, sum)
        }
        var (running, begun): ([TakenTask], [Int64]) = ([], [])
        for _ in 0..<14 {
            while let taken = queue.take(now: 1_000) {
                running.append(taken)
                begun.append(taken.task.dueAt)
            }
            XCTAssertEqual(queue.inFlightCount, running.count)
            XCTAssertLessThanOrEqual(running.count, 2)
            guard !running.isEmpty else { break }
            let first = running.removeFirst()
            queue.end(first.task.key, of: first.owner, worked: nil, outcome: "succeeded", again: nil, now: 1_000)
        }
        XCTAssertEqual(begun, [0, 100, 200, 1, 101, 201, 2, 102, 3, 103, 4, 5, 6, 7])
        XCTAssertEqual(queue.waitingCount, 0)
        XCTAssertEqual(queue.outcomes["succeeded"]?.count, 14)
        // All have left tasks in the file: each is read by itself.
        XCTAssertEqual(Set(queue.wanting), Set(owners))
        for owner in owners {
            let (ownerCount, reloadCount) = (queue.ownerCount, queue.beginReload(of: owner))
            XCTAssertEqual(reloadCount, 8 / ownerCount)
            queue.settle(owner)
        }
        XCTAssertEqual(queue.ownerCount, 0, "of whom nothing is here")
    }

    /// A resource that does not answer one owner does not answer another.
    func test_breaker_isOfTheResource() {
        var queue = ResourceQueue(.call("x"), limit: 1, capacity: 100)
        let (a, b) = (Identity.contract(ClientID("a")), Identity.contract(ClientID("b")))
        for number in Int64(0)..<20 {
            queue.add(task(number), of: a)
            XCTAssertEqual(queue.take(now: 1_000)?.owner, a)
            queue.end(task(number).key, of: a, worked: false, outcome: "put off", again: nil, now: 1_000)
        }
        queue.add(task(50), of: b)
        XCTAssertNil(queue.take(now: 1_000))
        let probe = queue.take(now: 1_001_000)
        XCTAssertEqual(probe?.owner, b)
        // What was not begun says nothing, and waits again.
        queue.putBack(task(50), of: b)
        XCTAssertEqual(queue.inFlightCount, 0)
        XCTAssertEqual(queue.take(now: 1_001_000)?.task.key, task(50).key)
    }
}
