import ColumnStore
import Dispatch
import Foundation
import Server
import Synchronization
import XCTest

/// Goal: one who reads slowly cannot keep others from being passed on. Method: jobs that end when the test says so.
final class PassingThreadsTests: XCTestCase {
    func test_oneAsker_hasNeitherAllThreads_norAllPlaces() {
        let threads = PassingThreads(threadCountMax: 4, waitingCountMax: 8)
        let (began, gate, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let slow: @Sendable () -> Void = {
            began.signal()
            gate.wait()
            ended.signal()
        }
        for _ in 0..<3 { XCTAssertTrue(threads.run(for: 1, slow)) }
        for _ in 0..<3 { began.wait() }
        // Three of its jobs work; six may wait.
        for _ in 0..<6 { XCTAssertTrue(threads.run(for: 1, slow)) }
        XCTAssertFalse(threads.run(for: 1, slow))
        let other = DispatchSemaphore(value: 0)
        for _ in 0..<20 {
            XCTAssertTrue(threads.run(for: 2) { other.signal() })
            other.wait()
        }
        for _ in 0..<9 { gate.signal() }
        for _ in 0..<9 { ended.wait() }
    }

    func test_everyJob_isDoneOnce() {
        let threads = PassingThreads(threadCountMax: 3, waitingCountMax: 100_000)
        let counts = Mutex([Int](repeating: 0, count: 10_000))
        let done = DispatchSemaphore(value: 0)
        for number in 0..<10_000 {
            XCTAssertTrue(threads.run(for: number % 5) {
                counts.withLock { $0[number] += 1 }
                done.signal()
            })
        }
        for _ in 0..<10_000 { done.wait() }
        XCTAssertEqual(counts.withLock { Set($0) }, [1])
    }

    func test_run_withoutAThread_isRefused_andWithOneIsDoneByIt() {
        let threads = PassingThreads(threadCountMax: 4, waitingCountMax: 8)
        XCTAssertFalse(WorkerThread.$areRefused.withValue(true) { threads.run(for: 1) {} })
        let (began, gate, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        XCTAssertTrue(threads.run(for: 1) {
            began.signal()
            gate.wait()
        })
        began.wait()
        XCTAssertTrue(WorkerThread.$areRefused.withValue(true) { threads.run(for: 2) { ended.signal() } })
        gate.signal()
        ended.wait()
    }
}
