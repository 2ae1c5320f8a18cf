@testable import ColumnStore
import XCTest

/// Each invariant of `Column` broken once: what `assert` asks names it. The unbroken ones have none.
final class ColumnFaultTests: XCTestCase {
    private static let texts = ByteArrays(offsets: [0, 1, 1], bytes: [0x61])
    private static let element = Column(type: .int32, count: 3, values: .int32([1, 2, 3]))

    private func fault(_ values: Column.Values, _ count: Int = 2) -> String? { values.fault(count: count) }

    func test_offsets_everyShortList_riseFromZeroToTheEnd() {
        for first in -1...2 as ClosedRange<Int32> {
            for second in -1...4 as ClosedRange<Int32> {
                for third in -1...4 as ClosedRange<Int32> {
                    let isRight = first == 0 && second >= 0 && third >= second && third <= 3
                    let found = fault(.list(offsets: [first, second, third], element: Self.element))
                    XCTAssertEqual(found == nil, isRight, "\(first) \(second) \(third): \(found ?? "no fault")")
                }
            }
        }
        XCTAssertNotNil(fault(.list(offsets: [], element: Self.element)))
    }

    func test_byteArrays_riseFromZeroToTheirBytes() {
        XCTAssertNil(fault(.bytes(Self.texts)))
        for offsets in [[], [0, 2, 1], [1, 1, 1], [0, 0, 0], [0, 1, 2]] as [[Int32]] {
            var texts = Self.texts
            texts.offsets = offsets
            XCTAssertNotNil(fault(.bytes(texts)), "\(offsets)")
        }
    }

    func test_codes_lieWithinTheirDictionary() {
        let dictionary = DictionaryValues(values: Column(type: .string, count: 2, values: .bytes(Self.texts)))
        XCTAssertNil(fault(.dictionary(codes: [0, 1], dictionary)))
        XCTAssertNotNil(fault(.dictionary(codes: [0, 2], dictionary)))
        XCTAssertNotNil(fault(.dictionary(codes: [.max, 0], dictionary)))
        XCTAssertNil(fault(.dictionary(codes: [], dictionary), 0))
    }

    func test_members_haveTheRowsOfTheirStruct() {
        XCTAssertNil(fault(.structure([Self.element, Self.element]), 3))
        XCTAssertNotNil(fault(.structure([Self.element, .constant(.null, type: .null, count: 2)]), 3))
        XCTAssertNil(fault(.constant(.null)))
        XCTAssertNil(fault(.int32([1, 2])))
    }
}
