import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Ingest

/// Goal: whoever stops the thread waits for one job, and no more wait than may. Method: a first job that stands still, with others behind it.
final class JobThreadTests: XCTestCase {
    /// A thread whose first job stands still, and what became of its jobs.
    private final class Stage: Sendable {
        let thread: JobThread
        private let isBegun = Monitor(false)
        private let goesOn = Monitor(false)
        private let ended = Mutex<[String]>([])

        /// - Parameter count: so many jobs are there before the thread begins.
        init(count: Int, waitingMax: Int = .max) {
            thread = JobThread(name: "test-jobs", waitingMax: waitingMax)
            submit(1) { [isBegun, goesOn] in
                isBegun.broadcast { $0 = true }
                goesOn.wait { goesOn -> Void? in goesOn ? () : nil }
            }
            for number in 2...count { submit(number) }
            thread.start()
            XCTAssertTrue(Patience.until { isBegun.withLock { $0 } })
        }

        func submit(_ number: Int, _ work: @escaping @Sendable () -> Void = {}) {
            thread.submit { [self] isPassed in
                if !isPassed { work() }
                ended.withLock { $0.append(isPassed ? "\(number) passed over" : "\(number) done") }
            }
        }

        func goOn() { goesOn.broadcast { $0 = true } }
        var outcomes: [String] { ended.withLock { $0 } }
    }

    func test_stop_passesOverAllThatWaits() {
        let stage = Stage(count: 3)
        let stopper = WorkerThread(name: "test-stopper") { stage.thread.stop() }
        // Once it stops, whatever comes is passed over at once.
        let isStopping = Mutex(false)
        XCTAssertTrue(
            Patience.until {
                stage.thread.submit { isPassed in if isPassed { isStopping.withLock { $0 = true } } }
                return isStopping.withLock { $0 }
            })
        stage.goOn()
        stopper.join()
        XCTAssertEqual(stage.outcomes, ["1 done", "2 passed over", "3 passed over"])
    }

    func test_submit_passesOverWhatComes_whileAsManyWaitAsMay() {
        let stage = Stage(count: 2, waitingMax: 2)
        defer { stage.thread.stop() }
        stage.submit(3)
        stage.submit(4)
        XCTAssertEqual(stage.outcomes, ["4 passed over"])
        stage.goOn()
        XCTAssertTrue(Patience.until { stage.outcomes.count == 4 })
        XCTAssertEqual(stage.outcomes, ["4 passed over", "1 done", "2 done", "3 done"])
    }
}
