import XCTest

@testable import Ingest

/// Goal: a histogram counts each duration at the first bound that it does not exceed. Method: each bound, a nanosecond less and one more.
final class DurationCountsTests: XCTestCase {
    func test_record_atEachBound_countsThereAndAbove() {
        let bounds: [UInt64] = [500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 200_000_000, 500_000_000, 1_000_000_000]
        XCTAssertEqual(bounds.count, DurationCounts.bounds.count)
        for (place, bound) in bounds.enumerated() {
            for (duration, first) in [(bound - 1, place), (bound, place), (bound + 1, place + 1)] {
                let counts = DurationCounts()
                counts.record(duration)
                XCTAssertEqual(counts.cumulative.map(\.count), (0...bounds.count).map { $0 < first ? 0 : 1 }, "\(duration) ns")
            }
        }
        let counts = DurationCounts()
        for duration in [0, 1, .max] as [UInt64] { counts.record(duration) }
        XCTAssertEqual(counts.cumulative.map(\.count), [Int](repeating: 2, count: bounds.count) + [3])
        XCTAssertEqual(counts.cumulative.last?.bound, "+Inf")
    }
}
