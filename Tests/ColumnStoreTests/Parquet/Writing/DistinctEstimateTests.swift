@testable import ColumnStore
import TestSupport
import XCTest

/// Few hashes are counted, many are estimated: within a hundredth, and never above what there is.
final class DistinctEstimateTests: XCTestCase {
    func test_count_seededHashes_isExactOrClose() {
        for distinct in [0, 1, 2, 40, 64, 65, 100, 1_000, 20_000] {
            for copies in [1, 2, 5] {
                var hashes: [UInt64] = []
                for copy in 0..<copies {
                    var random = SplitMix64(state: 9)
                    let some = copy == 0 ? distinct : distinct / 2
                    hashes += (0..<some).map { _ in random.next() }
                }
                let found = DistinctEstimate.count(hashes)
                XCTAssertLessThanOrEqual(found, hashes.count)
                if hashes.count <= 64 {
                    XCTAssertEqual(found, distinct)
                } else {
                    XCTAssertLessThanOrEqual(abs(found - distinct), max(2, distinct / 100), "\(distinct), \(copies) copies")
                }
            }
        }
    }
}
