@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: elements of a list under a NULL, which no slot means, are not written, wherever they lie. Method: a NULL struct whose list is not empty, in the last rows of a batch, and rows
/// after it.
final class LeftOverElementsTests: XCTestCase {
    private static let list = ColumnType.list(element: Field("element", .int64, isRequired: true))
    private static let type = ColumnType.structure([Field("numbers", list)])

    private static func bitmap(_ bits: [Bool]) -> Bitmap {
        var bitmap = Bitmap()
        for bit in bits { bitmap.append(bit) }
        return bitmap
    }

    /// A struct in each row, with a list that is there though the struct is NULL.
    private static func batch(_ lists: [[Int64]], nullRows: Set<Int>) -> ColumnBatch {
        var offsets: [Int32] = [0]
        for list in lists { offsets.append(offsets[offsets.count - 1] + Int32(list.count)) }
        let elements = lists.flatMap { $0 }
        let numbers = Column(
            type: list, count: lists.count, values: .list(offsets: offsets, element: Column(type: .int64, count: elements.count, values: .int64(elements))))
        let validity = nullRows.isEmpty ? nil : bitmap(lists.indices.map { !nullRows.contains($0) })
        return ColumnBatch(rowCount: lists.count, columns: [Column(type: type, count: lists.count, validity: validity, values: .structure([numbers]))])
    }

    private static func row(_ numbers: [Int64]) -> [Value] { [.structure([.list(numbers.map { .integer($0) })])] }

    func test_lists_underANullAtTheEnd_leaveNoValueBehind() throws {
        let batches = [Self.batch([[1, 2], [3], [4, 5]], nullRows: [1, 2]), Self.batch([[6], [7, 8]], nullRows: []), Self.batch([[9], [10]], nullRows: [0])]
        let table = RandomTable(schema: Schema([Field("record", Self.type)]), batches: batches)
        let file = try ParquetScanTests.open(try ParquetScanTests.image(table))
        let expected: [[Value]] = [Self.row([1, 2]), [.null], [.null], Self.row([6]), Self.row([7, 8]), [.null], Self.row([10])]
        XCTAssertEqual(try ParquetScanTests.rows(try file.scan()), expected)
    }

    func test_slots_ofElementsThatNoListHas_areNone() {
        let top = LevelSlots(rowCount: 2).throughOptional(Self.bitmap([true, false]))
        let some = top.intoList(offsets: [0, 2, 3], elementCount: 3, repetition: 1)
        XCTAssertEqual(some.rows, [0, 1])
        XCTAssertEqual(some.definitionLevels, [2, 2, 0])
        let all = LevelSlots(rowCount: 2).intoList(offsets: [0, 2, 3], elementCount: 3, repetition: 1)
        XCTAssertNil(all.rows)
    }
}
