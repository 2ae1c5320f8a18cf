import ColumnStore
import Glibc
import TestSupport
import XCTest

@testable import Query

/// Goal: a task that waits or computes for long within its step keeps no thread from others, and the pool has as many threads afterwards as before. Method: pools of one or two
/// threads, whose tasks wait for what only others of their tasks do, or go on until those have run.
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
        let pool = WorkerPool(threadCount: 1)
        for _ in 0..<20 { wait(on: pool) }
        XCTAssertEqual(mostAtOnce(on: pool), 1)
        XCTAssertTrue(Patience.until { pool.extraThreadCount == 0 })
    }

    /// How many of a pool's tasks were run at once, of more than it has threads.
    private func mostAtOnce(on pool: WorkerPool) -> Int {
        let taskCount = 500
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
        return state.withLock { $0.most }
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

    /// A step that looks at its query's end until it is over: of a filter that lets nothing pass.
    private func endless(_ cancellation: Cancellation) -> Once {
        Once {
            while true {
                if cancellation.isOver { return }
                do throws(QueryError) { try cancellation.check() } catch { return }
                sched_yield()
            }
        }
    }

    func test_stepsWithoutEnd_letOthersRun_andLeaveAsManyThreadsAsThereWere() {
        let pool = WorkerPool(threadCount: 2)
        for _ in 0..<3 {
            let cancellation = Cancellation(), count = Monitor(0)
            for _ in 0..<8 { pool.submit(endless(cancellation)) }
            for _ in 0..<50 { pool.submit(Once { count.withLock { $0 += 1 } }) }
            XCTAssertTrue(Patience.until { count.withLock { $0 == 50 } })
            cancellation.cancel()
        }
        XCTAssertLessThanOrEqual(mostAtOnce(on: pool), 2)
        XCTAssertTrue(Patience.until { pool.extraThreadCount == 0 })
        // Nor fewer: each waits for the other on its own thread.
        let met = Monitor(0)
        for _ in 0..<2 {
            pool.submit(
                Once {
                    met.broadcast { $0 += 1 }
                    if met.wait(seconds: QueryPoolTests.long, { $0 >= 2 ? true : nil }) != nil { met.withLock { $0 += 1 } }
                })
        }
        XCTAssertTrue(Patience.until { met.withLock { $0 == 4 } })
    }

    /// Of two steps, of which the first goes on until another task has run.
    private final class Long: WorkerTask {
        let state = Monitor((isOver: false, nice: [Int32]()))

        func step() -> WorkerStep {
            let cancellation = Cancellation()
            while state.withLock({ $0.nice.isEmpty && !$0.isOver }) { _ = cancellation.isOver }
            return state.withLock { state in
                state.nice.append(getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
                return state.nice.count < 2 ? .more : .leave
            }
        }
    }

    func test_stepThatWasLong_goesBehindOthers_andThenOnAsBefore() {
        let pool = WorkerPool(threadCount: 1)
        for _ in 0..<3 {
            let long = Long()
            pool.submit(long)
            pool.submit(Once { long.state.withLock { $0.isOver = true } })
            XCTAssertTrue(Patience.until { long.state.withLock { $0.nice.count == 2 } })
            XCTAssertEqual(long.state.withLock { $0.nice }, [10, 5])
            XCTAssertTrue(Patience.until { pool.extraThreadCount == 0 })
        }
    }

    /// Where nobody waits nobody is let in; a thread that is not to be had is no fault of the step.
    func test_stepsWithoutEnd_haveNoOtherThread_whereNobodyWaitsOrThereIsNone() {
        let startCount = Monitor(0), lookCount = Monitor(0), alone = Cancellation(), cancellation = Cancellation(), hasEnded = Monitor(false)
        let pool = WorkerPool(threadCount: 1) { _, _ in
            startCount.withLock { $0 += 1 }
            return false
        }
        pool.submit(
            Once {
                let start = SteadyClock.nanoseconds()
                while SteadyClock.nanoseconds() - start < 300_000_000 { _ = alone.isOver }
                lookCount.withLock { $0 = startCount.withLock { $0 } + 1 }
            })
        XCTAssertTrue(Patience.until { lookCount.withLock { $0 > 0 } })
        XCTAssertEqual(lookCount.withLock { $0 }, 1, "nobody waited")
        pool.submit(endless(cancellation))
        pool.submit(Once { hasEnded.withLock { $0 = true } })
        XCTAssertTrue(Patience.until { startCount.withLock { $0 > 0 } })
        XCTAssertFalse(hasEnded.withLock { $0 })
        cancellation.cancel()
        XCTAssertTrue(Patience.until { hasEnded.withLock { $0 } })
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
