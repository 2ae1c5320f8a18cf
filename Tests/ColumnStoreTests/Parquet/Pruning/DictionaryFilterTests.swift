@testable import ColumnStore
import XCTest

/// Goal: a filter asked of a dictionary's entries selects what it selects of the values themselves.
///
/// Method: every column of four rows over three entries and NULL, under every kind of filter; every list of two rows over its four elements.
final class DictionaryFilterTests: XCTestCase {
    private static let entries = Column(type: .string, count: 3, values: .bytes(ByteArrays(offsets: [0, 1, 3, 5], bytes: Array("aabb1".utf8))))
    private static let tests: [ColumnFilter.Test] = [
        .equal(.bytes(Array("ab".utf8))), .equal(.bytes([0x7A])), .notEqual(.bytes([0x61])), .oneOf([.bytes([0x61]), .bytes(Array("b1".utf8))]),
        .range(lower: .init(.bytes(Array("ab".utf8)), isInclusive: true), upper: nil), .hasPrefix([0x61]), .hasPrefix([]), .isNull, .isNotNull,
    ]

    private static func columns(_ body: (Column) -> Void) {
        let dictionary = DictionaryValues(values: entries)
        for number in 0..<256 {
            let codes = (0..<4).map { UInt32(number >> (2 * $0) & 3) }
            let present = codes.enumerated().reduce(0 as UInt64) { $1.element < 3 ? $0 | 1 << UInt64($1.offset) : $0 }
            let validity = codes.contains(3) ? Bitmap(words: [present], count: 4) : nil
            body(Column(type: .string, count: 4, validity: validity, values: .dictionary(codes: codes.map { $0 % 3 }, dictionary)))
        }
    }

    func test_select_everySmallColumn_asOfItsValues() {
        for test in Self.tests {
            let filter = ColumnFilter(ColumnPath("c"), test)
            var ofEntries = DictionaryFilter(filter)
            Self.columns { column in
                let wanted = filter.select(column.flattened()).setIndices()
                XCTAssertEqual(ofEntries.select(column).setIndices(), wanted, "\(test)")
            }
        }
    }

    func test_passesSome_asOfTheEntries() {
        for test in Self.tests {
            let filter = ColumnFilter(ColumnPath("c"), test)
            var ofEntries = DictionaryFilter(filter)
            let passes = filter.select(Self.entries).setCount > 0
            XCTAssertEqual(ofEntries.passesSome(DictionaryValues(values: Self.entries), .string), passes, "\(test)")
        }
    }

    func test_selectRows_everyListOfTwoRows_someElementPasses() {
        for test in Self.tests where test != .isNull {
            let filter = ColumnFilter(ColumnPath("c"), test)
            var ofEntries = DictionaryFilter(filter)
            Self.columns { element in
                let passing = filter.select(element.flattened())
                for divide in 0...4 {
                    let lists = Column(
                        type: .list(element: Field("element", .string)), count: 2, values: .list(offsets: [0, Int32(divide), 4], element: element))
                    let wanted = [0..<divide, divide..<4].enumerated().filter { $0.element.contains { passing[$0] } }.map { Int32($0.offset) }
                    XCTAssertEqual(ofEntries.selectRows(lists)?.setIndices(), wanted, "\(test), divided at \(divide)")
                }
            }
        }
        var filter = DictionaryFilter(ColumnFilter(ColumnPath("c"), .isNotNull))
        XCTAssertNil(filter.selectRows(Self.entries), "no list")
    }
}
