import ColumnStore
import XCTest

@testable import Query

/// What batches take that a join or several readers keep: a dictionary once, where who read it lets go of it, and not where a join has charged it already.
final class HeldBytesTests: XCTestCase {
    func test_dictionaryOfARowGroup_isCountedOnce_andOneThatAJoinHasNever() {
        var builder = ColumnBuilder(type: .string)
        for number in 0..<100 { builder.append(.string(String(repeating: "x", count: 996) + "\(number % 10)")) }
        let values = builder.finish()
        let byteCount = values.flatByteCountBound
        XCTAssertGreaterThan(byteCount, 99_000)
        for (isOwn, isPassing, times) in [(false, false, 0), (true, false, 1), (false, true, 1)] {
            let dictionary = DictionaryValues(values: values, isOwn: isOwn, isPassing: isPassing)
            let batch = ColumnBatch(rowCount: 2, columns: [Column(type: .string, count: 2, values: .dictionary(codes: [3, 99], dictionary))])
            var held = HeldBytes()
            held.add(batch)
            held.add(batch)
            XCTAssertEqual(held.byteCount, 2 * batch.columns[0].byteCount() + times * byteCount, "\(isOwn) \(isPassing)")
        }
    }
}
