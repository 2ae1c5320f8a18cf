import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: callers that need a bucket which gave no answer are not refused indefinitely. Method: as if the system gave no thread to ask it again on.
final class BucketHealthTests: XCTestCase {
    func test_failed_withoutAThreadToAskAgainOn_refusesNobody() {
        let health = BucketHealth(location: "s3://none/", pauseMilliseconds: 1)
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
}
