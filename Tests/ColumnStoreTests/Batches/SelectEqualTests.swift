@testable import ColumnStore
import XCTest

/// Equality of strings looks at the last and the first eight bytes first: what differs only between them, or is shorter, must be distinguished all the same.
final class SelectEqualTests: XCTestCase {
    func test_select_stringsThatBeginAlike_areToldApart() {
        let texts = [
            "", "a", "abcdefg", "abcdefgh", "abcdefgi", "abcdefgh1", "abcdefgh2", "abcdefgh1", "12345678abcdefgh", "12345678abcdefgX", "", "abcdefgh",
            "abcdefgh and 12345678", "abcdefgh und 12345678", "abcdefgh112345678", "abcdefgh212345678", "abcdefg12345678", "bbcdefg12345678",
        ].map { Array($0.utf8) }
        var arrays = ByteArrays()
        for text in texts { arrays.append(text) }
        let column = Column(type: .string, count: texts.count, values: .bytes(arrays))
        for wanted in texts + [Array("abcdefg1".utf8), Array("zz".utf8)] {
            let found = ColumnFilter("text", .equal(.bytes(wanted))).select(column)
            XCTAssertEqual((0..<texts.count).filter { found[$0] }, texts.indices.filter { texts[$0] == wanted }, String(decoding: wanted, as: UTF8.self))
            let others = ColumnFilter("text", .notEqual(.bytes(wanted))).select(column)
            XCTAssertEqual((0..<texts.count).filter { others[$0] }, texts.indices.filter { texts[$0] != wanted }, String(decoding: wanted, as: UTF8.self))
        }
    }

    /// NULL is neither: nothing passes of a row without a value, whatever stands under it.
    func test_select_rowsWithoutAValue_passNeither() {
        var arrays = ByteArrays()
        for text in ["a", "", "b", ""] { arrays.append(text.utf8) }
        var validity = Bitmap()
        for isPresent in [true, false, true, true] { validity.append(isPresent) }
        let column = Column(type: .string, count: 4, validity: validity, values: .bytes(arrays))
        for (test, rows) in [(.notEqual(.string("")), [0, 2]), (.notEqual(.string("a")), [2, 3]), (.equal(.string("")), [3])] as [(ColumnFilter.Test, [Int])] {
            let found = ColumnFilter("text", test).select(column)
            XCTAssertEqual((0..<4).filter { found[$0] }, rows, "\(test)")
        }
    }
}
