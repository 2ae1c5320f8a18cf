import Foundation
import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: callers that need a bucket which gave no answer are not refused indefinitely, and one asks for all of them. Method: as if the system gave no thread to ask it again on; a clock that
/// the test moves.
final class BucketHealthTests: XCTestCase {
    func test_failed_withoutAThreadToAskAgainOn_refusesNobody() {
        let health = BucketHealth(location: "s3://none/", pauseMilliseconds: 1, timers: { WorkerThread.areRefused ? nil : BucketHealth.sharedTimers() })
        let asked = Monitor(0)
        health.onTrial { asked.broadcast { $0 += 1 } }
        WorkerThread.$areRefused.withValue(true) { health.failed(BucketFailure(.unavailable, code: "Test", "no answer")) }
        XCTAssertNil(health.outage)
        // With a thread it is asked until it answers.
        health.failed(BucketFailure(.unavailable, code: "Test", "no answer"))
        XCTAssertNotNil(health.outage)
        XCTAssertEqual(asked.wait(seconds: Patience.seconds) { $0 > 1 ? true : nil }, true)
        health.answered()
    }

    /// A bucket that fails in part is down and up again many times in a moment.
    func test_outages_oneSoonAfterTheOther_haveOneThatAsks() {
        let clock = ManualClock()
        let timers = Timers(clock: clock)
        let health = BucketHealth(location: "s3://none/", pauseMilliseconds: 1_000, timers: { timers })
        let asked = Monitor(0)
        health.onTrial { asked.broadcast { $0 += 1 } }
        let failure = BucketFailure(.unavailable, code: "Test", "no answer")
        for _ in 0..<20 {
            health.failed(failure)
            health.answered()
        }
        health.failed(failure)
        XCTAssertEqual(clock.waitingCount, 1)
        clock.advance(by: 1)
        XCTAssertTrue(Patience.until { clock.waitingCount == 1 }, "it goes on while there is no answer")
        XCTAssertEqual(asked.withLock { $0 }, 1)
        health.answered()
        clock.advance(by: 1)
        XCTAssertEqual(clock.waitingCount, 0, "it ends with the outage")
        health.failed(failure)
        XCTAssertEqual(clock.waitingCount, 1, "the next outage begins another")
        health.answered()
    }

    /// Buckets come and go as long as a server runs; the thread of timers stays.
    func test_outages_ofManyBuckets_haveOneThreadOfTimers() throws {
        func threadCount() throws -> Int { try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count }
        let before = try threadCount()
        for _ in 0..<64 {
            let health = BucketHealth(location: "s3://none/", pauseMilliseconds: 3_600_000)
            health.onTrial {}
            health.failed(BucketFailure(.unavailable, code: "Test", "no answer"))
            XCTAssertNotNil(health.outage)
        }
        XCTAssertLessThan(try threadCount(), before + 32)
    }
}
