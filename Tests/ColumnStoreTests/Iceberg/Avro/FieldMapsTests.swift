@testable import ColumnStore
import TestSupport
import XCTest

/// Both maps against a dictionary, under random changes.
final class FieldMapsTests: XCTestCase {
    func test_subscript_randomChanges_agreesWithDictionary() {
        var random = SplitMix64(state: 17)
        for _ in 0..<200 {
            var counts = FieldCounts()
            var bounds = FieldBounds()
            var oracle: [Int32: [UInt8]] = [:]
            for _ in 0..<30 {
                let id = Int32(random.next() % 12)
                let value = random.next() % 4 == 0 ? nil : (0..<Int(random.next() % 5)).map { UInt8($0) }
                counts[id] = value.map { Int64($0.count) }
                bounds[id] = value
                oracle[id] = value
                for id in Int32(0)..<12 {
                    XCTAssertEqual(bounds[id], oracle[id])
                    XCTAssertEqual(counts[id], oracle[id].map { Int64($0.count) })
                }
                XCTAssertEqual(bounds.ids, oracle.keys.sorted())
                XCTAssertEqual(counts.ids, bounds.ids)
            }
        }
    }
}
