import Ingest
import XCTest

@testable import Server

/// Goal: whoever is refused for a while hears when to come again, once. Method: the header fields of problems and refusals.
final class RefusalTests: XCTestCase {
    private func waits(_ response: Response) -> [String] { response.headers.filter { "\($0.name)" == "Retry-After" }.map(\.value) }

    func test_everyRefusalForAWhile_saysHowLong_andItsOwnWaitBeforeTheUsualOne() {
        for slug in Problem.Slug.allCases where [429, 503].contains(slug.status) {
            XCTAssertEqual(waits(Problem(slug, "later").response(requestID: "1")), ["1"], slug.rawValue)
        }
        let rates = RateLimiter()
        _ = rates.take(for: "c", ratePerSecond: 0.1, now: 0)
        let standing = rates.take(for: "c", ratePerSecond: 0.1, now: 0)
        XCTAssertEqual(waits(Refusal(Denial(Problem(.rateLimited, "later"), standing: standing)).response(requestID: "1")), ["10"])
        XCTAssertEqual(waits(Refusal(Denial(Problem(.rateLimited, "later"))).response(requestID: "1")), ["1"])
    }
}
