import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: few requests, all of what is wanted in them. Method: examples; random ranges against what must hold of any plan.
final class RangePlanTests: XCTestCase {
    func test_requests_gapsAndLengths() {
        let mebibyte: Int64 = 1 << 20
        XCTAssertEqual(RangePlan.requests(for: [], byteCount: 9), [])
        XCTAssertEqual(RangePlan.requests(for: [5..<7, 0..<2], byteCount: 100), [0..<7])
        XCTAssertEqual(RangePlan.requests(for: [0..<1, (mebibyte + 1)..<(mebibyte + 2)], byteCount: 1 << 30), [0..<(mebibyte + 2)])
        XCTAssertEqual(RangePlan.requests(for: [0..<1, (mebibyte + 2)..<(mebibyte + 3)], byteCount: 1 << 30).count, 2)
        XCTAssertEqual(RangePlan.requests(for: [0..<(20 * mebibyte)], byteCount: 1 << 30).count, 3)
        XCTAssertEqual(RangePlan.requests(for: [-5..<3, 50..<Int64.max, Int64.min..<0], byteCount: 60), [0..<60])
        XCTAssertEqual(RangePlan.requests(for: [0..<5], byteCount: 0), [])
    }

    func test_requests_randomRanges_coverAllInOrder() {
        var random = SplitMix64(state: 0x5EED)
        for round in 0..<2_000 {
            let byteCount = Int64.random(in: 1...(64 << 20), using: &random)
            let wanted = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                let start = Int64.random(in: 0..<byteCount, using: &random)
                return start..<min(byteCount, start + Int64.random(in: 1...(12 << 20), using: &random))
            }
            let plan = RangePlan.requests(for: wanted, byteCount: byteCount)
            for (left, right) in zip(plan, plan.dropFirst()) { XCTAssertLessThanOrEqual(left.upperBound, right.lowerBound, "round \(round)") }
            for request in plan {
                XCTAssertLessThanOrEqual(request.count, Int(RangePlan.partByteCount))
                XCTAssertGreaterThan(request.count, 0)
            }
            for range in wanted { XCTAssertEqual(RangePlan.missing(of: range, beside: plan), [], "round \(round)") }
        }
    }

    func test_missing_besideOthers() {
        XCTAssertEqual(RangePlan.missing(of: 10..<20, beside: []), [10..<20])
        XCTAssertEqual(RangePlan.missing(of: 10..<20, beside: [0..<10, 20..<30]), [10..<20])
        XCTAssertEqual(RangePlan.missing(of: 10..<20, beside: [15..<16, 0..<12]), [12..<15, 16..<20])
        XCTAssertEqual(RangePlan.missing(of: 10..<20, beside: [0..<99]), [])
    }
}
