import ColumnStore
import Glibc
import TestSupport
import XCTest

@testable import Query

/// Goal: a task that waits within its step keeps no thread from others, and the pool has as many threads afterwards as before. Method: a pool of one thread, whose task waits for
/// what only another of its tasks does.
final class QueryPoolTests: XCTestCase {
    private final class Once: WorkerTask {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }

        func step() -> WorkerStep {
            body()
            return .leave
        }
    }

    /// Far longer than any test may take.
    private static let long = 600.0

    func test_queryThatPauses_letsOthersRun() {
        let pool = WorkerPool(threadCount: 1), cancellation = Cancellation(), found = Monitor<Bool?>(nil)
        pool.submit(
            Once {
                let isOver = try? cancellation.wait(seconds: QueryPoolTests.long)
                found.withLock { $0 = isOver }
            })
        pool.submit(Once { cancellation.cancel() })
        // Were the thread kept, the time would be over before the query was.
        XCTAssertEqual(Patience.value { found.withLock { $0 } }, true)
    }

    /// Two tasks, of which the first waits for the other: as often as that the thread has another in its place.
    private func wait(on pool: WorkerPool) {
        let state = Monitor((isOpen: false, hasPassed: false))
        pool.submit(
            Once {
                _ = try? ThreadWait.run { state.wait(seconds: QueryPoolTests.long) { state -> Bool? in state.isOpen ? true : nil } }
                state.withLock { $0.hasPassed = true }
            })
        pool.submit(Once { state.broadcast { $0.isOpen = true } })
        XCTAssertTrue(Patience.until(pauseMilliseconds: 1) { state.withLock { $0.hasPassed } })
    }

    func test_waits_leaveAsManyThreadsAsThereWere() {
        let pool = WorkerPool(threadCount: 1), taskCount = 500
        for _ in 0..<20 { wait(on: pool) }
        let state = Monitor((running: 0, most: 0, done: 0))
        for _ in 0..<taskCount {
            pool.submit(
                Once {
                    state.withLock {
                        $0.running += 1
                        $0.most = max($0.most, $0.running)
                    }
                    for _ in 0..<5 { sched_yield() }
                    state.withLock {
                        $0.running -= 1
                        $0.done += 1
                    }
                })
        }
        XCTAssertTrue(Patience.until { state.withLock { $0.done == taskCount } })
        XCTAssertEqual(state.withLock { $0.most }, 1)
    }

    /// More that wait than have others in their place: they keep their threads, and all go on in the end.
    func test_manyWaits_haveAnEnd() {
        let pool = WorkerPool(threadCount: 2), taskCount = 300
        let state = Monitor((isOpen: false, waiting: 0, done: 0))
        for _ in 0..<taskCount {
            pool.submit(
                Once {
                    state.withLock { $0.waiting += 1 }
                    _ = try? ThreadWait.run { state.wait(seconds: QueryPoolTests.long) { state -> Bool? in state.isOpen ? true : nil } }
                    state.withLock { $0.done += 1 }
                })
        }
        // Two threads, and those that stand in.
        XCTAssertTrue(Patience.until { state.withLock { $0.waiting == 2 + WorkerPool.extraCountMax } })
        state.broadcast { $0.isOpen = true }
        XCTAssertTrue(Patience.until { state.withLock { $0.done == taskCount } })
    }

    /// A limit of the system on threads: more often than the pool has places for others.
    func test_waitsForWhichThereIsNoOtherThread_areRefused_andThePoolGoesOn() {
        let pool = WorkerPool(threadCount: 1) { _, _ in false }
        let state = Monitor((refusals: [QueryError.Slug](), hasPassed: false))
        let waitCount = WorkerPool.extraCountMax + 1
        for _ in 0..<waitCount {
            pool.submit(
                Once {
                    do throws(QueryError) {
                        try Cancellation().wait(seconds: QueryPoolTests.long)
                    } catch {
                        state.withLock { $0.refusals.append(error.slug) }
                    }
                })
        }
        pool.submit(Once { state.withLock { $0.hasPassed = true } })
        XCTAssertTrue(Patience.until { state.withLock { $0.hasPassed } })
        XCTAssertEqual(state.withLock { $0.refusals }, Array(repeating: .tooManyQueries, count: waitCount))
    }
}
