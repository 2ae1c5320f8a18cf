import TestSupport
import XCTest

@testable import Ingest

/// Goal: files have their rows in the order in which answers give them. Method: keys that differ in one part or several, shuffled: files' order against that of pages.
final class ColdOrderTests: XCTestCase {
    func test_precedes_ofEveryPair_isTheOrderOfPages() {
        var random = SplitMix64(state: 0xC01D)
        let keys = KeyedColumns.keys(sequenceCount: 2).shuffled(using: &random)
        let order = ColdOrder(KeyedColumns.columns(keys)), other = ColdOrder(KeyedColumns.columns(keys.reversed()))
        XCTAssertEqual(order.rowCount, keys.count)
        for left in keys.indices {
            for right in keys.indices {
                if order.precedes(left, other, keys.count - 1 - right) != (keys[left] < keys[right]) { XCTFail("\(keys[left]) and \(keys[right])") }
            }
        }
    }

    func test_permutation_isTheOrderOfPages() {
        var random = SplitMix64(state: 0xC01E)
        for _ in 0..<20 {
            let keys = KeyedColumns.keys(sequenceCount: 2).shuffled(using: &random)
            let permutation = ColdOrder(KeyedColumns.columns(keys)).permutation()
            XCTAssertEqual(permutation.map { keys[Int($0)] }, keys.sorted())
        }
    }
}
