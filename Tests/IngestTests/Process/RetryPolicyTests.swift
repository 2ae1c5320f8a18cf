import Documents
import Ingest
import XCTest

final class RetryPolicyTests: XCTestCase {
    private let policy = RetryPolicy(backoffMinimum: 1_000_000, backoffMaximum: 900_000_000, attemptCountMax: 10)

    func test_delay_ceilingDoublesUpToTheMaximum() {
        for (attempts, ceiling) in [(1, 1.0), (2, 2.0), (5, 16.0), (10, 512.0), (11, 900.0), (1_000_000, 900.0)] {
            let delay = policy.delay(afterAttempts: attempts, retryAfter: nil, fraction: 0.999_999)
            XCTAssertEqual(Double(delay) / 1e6, ceiling, accuracy: 0.01, "after \(attempts)")
            XCTAssertGreaterThan(policy.delay(afterAttempts: attempts, retryAfter: nil, fraction: 0), 0)
        }
    }

    func test_delay_retryAfter_isHonouredUpToADay() {
        XCTAssertEqual(policy.delay(afterAttempts: 1, retryAfter: 30_000_000, fraction: 0.5), 30_000_000)
        XCTAssertEqual(policy.delay(afterAttempts: 1, retryAfter: 10_000, fraction: 0.5), 500_000)
        XCTAssertEqual(policy.delay(afterAttempts: 1, retryAfter: .max, fraction: 0.5), 86_400_000_000)
    }

    func test_breaker_opensAfterFailuresInARow_andProbesOneAtATime() {
        var breaker = CircuitBreaker()
        for _ in 0..<19 { breaker.recordFailure(now: 0) }
        XCTAssertTrue(breaker.mayCall(now: 0))
        breaker.recordFailure(now: 0)
        XCTAssertFalse(breaker.mayCall(now: 999_999))
        XCTAssertEqual(breaker.waitsUntil, 1_000_000)
        XCTAssertTrue(breaker.mayCall(now: 1_000_000), "a probe")
        XCTAssertFalse(breaker.mayCall(now: 1_000_000), "one probe only")
        breaker.recordFailure(now: 1_000_000)
        XCTAssertEqual(breaker.waitsUntil, 3_000_000, "twice as long")
        XCTAssertTrue(breaker.mayCall(now: 3_000_000))
        breaker.recordSuccess()
        XCTAssertEqual(breaker.state, .closed)
        XCTAssertTrue(breaker.mayCall(now: 3_000_000))
    }
}
