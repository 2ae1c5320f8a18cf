@testable import ColumnStore
import Synchronization
import XCTest

/// Goal: every task runs once, on a worker that does nothing else meanwhile; the first error is thrown, and nothing is begun after it.
final class EncodingPoolTests: XCTestCase {
    /// What tasks did: how often each ran, and which workers are at work.
    private final class Ledger: Sendable {
        struct State {
            var counts: [Int]
            var busy: Set<Int> = []
            var hasClashed = false
        }
        let state: Mutex<State>

        init(_ taskCount: Int) { state = Mutex(State(counts: [Int](repeating: 0, count: taskCount))) }

        func run(_ worker: Int, _ task: Int) {
            state.withLock { state in
                if !state.busy.insert(worker).inserted { state.hasClashed = true }
                state.counts[task] += 1
            }
            state.withLock { state in _ = state.busy.remove(worker) }
        }
    }

    func test_finish_everyFewWorkersAndTasks_runsEachTaskOnce() throws {
        for workerCount in 0...4 {
            let pool = EncodingPool(workerCount: workerCount)
            for taskCount in 0...12 {
                let ledger = Ledger(taskCount)
                let batch = pool.begin(taskCount) { (worker, task) throws(ColumnStoreError) in
                    precondition(worker >= 0 && worker < max(1, workerCount))
                    ledger.run(worker, task)
                }
                try pool.finish(batch)
                ledger.state.withLock { state in
                    XCTAssertEqual(state.counts, [Int](repeating: 1, count: taskCount), "\(workerCount) workers")
                    XCTAssertFalse(state.hasClashed, "\(workerCount) workers")
                }
            }
        }
    }

    /// Of several batches, the last may be waited for first: those before it are worked on too.
    func test_finish_laterBatchFirst_endsBoth() throws {
        for workerCount in 1...3 {
            let pool = EncodingPool(workerCount: workerCount)
            let ledgers = (0..<3).map { _ in Ledger(5) }
            let batches = ledgers.map { ledger in pool.begin(5) { (worker, task) throws(ColumnStoreError) in ledger.run(worker, task) } }
            for batch in batches.reversed() { try pool.finish(batch) }
            for ledger in ledgers { ledger.state.withLock { XCTAssertEqual($0.counts, [1, 1, 1, 1, 1]) } }
        }
    }

    func test_finish_taskThatThrows_leavesOutWhatHasNotBegun() throws {
        for failing in 0..<6 {
            let pool = EncodingPool(workerCount: 1)
            let ledger = Ledger(6)
            let batch = pool.begin(6) { (worker, task) throws(ColumnStoreError) in
                ledger.run(worker, task)
                if task == failing { throw ColumnStoreError(.io, path: "task \(task)", "it fails") }
            }
            XCTAssertThrowsError(try pool.finish(batch)) { XCTAssertEqual(($0 as? ColumnStoreError)?.path, "task \(failing)") }
            ledger.state.withLock { XCTAssertEqual($0.counts, (0..<6).map { $0 <= failing ? 1 : 0 }) }
            // The pool goes on.
            try pool.finish(pool.begin(2) { (worker, task) throws(ColumnStoreError) in ledger.run(worker, task) })
        }
    }

    func test_deinit_batchThatNobodyWaitsFor_isLeftOut() {
        for workerCount in 1...3 {
            let ledger = Ledger(1_000)
            var pool: EncodingPool? = EncodingPool(workerCount: workerCount)
            _ = pool?.begin(1_000) { (worker, task) throws(ColumnStoreError) in ledger.run(worker, task) }
            pool = nil
            ledger.state.withLock { state in XCTAssertTrue(state.counts.allSatisfy { $0 <= 1 } && state.busy.isEmpty) }
        }
    }

    func test_finish_withoutThreads_isDoneByTheOwner() throws {
        let ledger = Ledger(12)
        let workers = Mutex<Set<Int>>([])
        try WorkerThread.$areRefused.withValue(true) {
            let pool = EncodingPool(workerCount: 4)
            try pool.finish(pool.begin(12) { (worker, task) throws(ColumnStoreError) in
                workers.withLock { _ = $0.insert(worker) }
                ledger.run(worker, task)
            })
        }
        XCTAssertEqual(workers.withLock { $0 }, [0])
        ledger.state.withLock { XCTAssertEqual($0.counts, [Int](repeating: 1, count: 12)) }
    }
}
