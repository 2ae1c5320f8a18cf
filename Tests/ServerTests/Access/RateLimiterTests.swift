import Server
import XCTest

/// Goal: a contract has its rate and no more, however long it was silent. Method: the clock is given.
final class RateLimiterTests: XCTestCase {
    func test_take_givesOneSecondsWorthAtMost_andFillsAtTheRate() {
        let limiter = RateLimiter()
        func taken(_ client: String, _ now: Double) -> Int {
            var count = 0
            while limiter.take(for: client, ratePerSecond: 5, now: now).wait == nil { count += 1 }
            return count
        }
        XCTAssertEqual(taken("c1", 100), 5)
        XCTAssertEqual(taken("c1", 100.4), 2)
        XCTAssertEqual(taken("c1", 100_000), 5, "silence is not saved up")
        XCTAssertEqual(taken("c2", 100_000), 5, "each has its own")
        // Two spellings of one text are two clients.
        XCTAssertEqual(taken("\u{e9}", 1), 5)
        XCTAssertEqual(taken("e\u{301}", 1), 5)
    }

    func test_take_refused_saysWhenThereIsRoom() {
        let limiter = RateLimiter()
        let first = limiter.take(for: "c", ratePerSecond: 0.25, now: 0)
        XCTAssertEqual([first.capacity, first.remaining], [1, 0])
        XCTAssertNil(first.wait)
        XCTAssertEqual(limiter.take(for: "c", ratePerSecond: 0.25, now: 1).wait, 3)
        XCTAssertEqual(limiter.take(for: "c", ratePerSecond: 0.25, now: 4).wait, nil)
        XCTAssertEqual(limiter.take(for: "n", ratePerSecond: 0, now: 0).wait, nil)
        XCTAssertEqual(limiter.take(for: "n", ratePerSecond: 0, now: 1_000).wait, 60)
    }
}
