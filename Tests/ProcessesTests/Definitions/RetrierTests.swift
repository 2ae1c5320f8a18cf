import XCTest

@testable import Processes

/// Goal: pauses between attempts grow by their rate up to their bound, however many there were. Method: powers that are known, rates and counts at their ends.
final class RetrierTests: XCTestCase {
    private func delay(_ attemptCount: Int64, rate: Double, interval: Int64 = 1, most: Int64? = nil) -> Int64 {
        var chance = Chance(secret: [1])
        let retrier = Retrier(errors: ["E"], intervalSeconds: interval, attemptCountMax: 99_999_999, backoffRate: rate, delaySecondsMax: most, hasFullJitter: false)
        return retrier.delay(attemptCount: attemptCount, &chance)
    }

    func test_delay_ofASmallRate_growsWithEachAttempt() {
        XCTAssertEqual(Double(delay(100, rate: 1.01, most: 3_600)) / 1_000_000, 2.7048, accuracy: 0.0001)
        XCTAssertEqual(Double(delay(500, rate: 1.01, most: 3_600)) / 1_000_000, 144.7728, accuracy: 0.001)
        XCTAssertEqual(delay(1_000, rate: 1.01, most: 3_600), 3_600_000_000)
        for count in Int64(1)..<820 { XCTAssertGreaterThan(delay(count, rate: 1.01, most: 3_600), delay(count - 1, rate: 1.01, most: 3_600), "\(count)") }
    }

    func test_delay_atTheEnds_isWithinItsBound() {
        let year = Int64(Retrier.secondsMax) * 1_000_000
        XCTAssertEqual(delay(0, rate: 2, interval: 3), 3_000_000)
        XCTAssertEqual(delay(3, rate: 2, interval: 3), 24_000_000)
        XCTAssertEqual(delay(99_999_999, rate: 1, interval: 3), 3_000_000)
        for count in [Int64(64), 10_000, 99_999_998, .max] {
            XCTAssertEqual(delay(count, rate: 1_000_000), year)
            XCTAssertEqual(delay(count, rate: 2, most: 7), 7_000_000)
        }
        XCTAssertEqual(delay(0, rate: 2, interval: 31_622_400), year)
        XCTAssertEqual(delay(0, rate: 2, interval: 9, most: 5), 5_000_000)
    }
}
