import ColumnStore
import XCTest

@testable import Query

/// Rows that become NULL: whatever lay there, a NULL list is empty, since kernels that walk a list's elements do not ask whose they are.
final class GatherKernelsTests: XCTestCase {
    private static func lists(_ rows: [[Int64]?]) -> Column {
        var builder = ColumnBuilder(type: .list(element: Field("element", .int64)))
        for row in rows { builder.append(row.map { .list($0.map { .integer($0) }) } ?? .null) }
        return builder.finish()
    }

    private static func values(_ column: Column) -> [Value] { (0..<column.count).map { column.value(at: $0) } }

    func test_gatheringOrNull_ofEveryChoiceOfThreeRows_leavesNullListsEmpty() {
        let source = Self.lists([[1, 2], nil, [3]])
        for choice in 0..<64 {
            let rows = (0..<3).map { Int32(choice >> (2 * $0) & 3) - 1 }
            let found = source.gatheringOrNull(rows)
            XCTAssertNil(found.fault, "\(rows)")
            XCTAssertEqual(Self.values(found), rows.map { $0 < 0 ? .null : source.value(at: Int($0)) }, "\(rows)")
        }
    }

    func test_masked_ofEveryMask_leavesNullListsEmptyAndOthersAsTheyWere() {
        let integers = Column(type: .int64, count: 3, values: .int64([7, 8, 9]))
        let constant = Column.constant(.list([.integer(5)]), type: .list(element: Field("element", .int64)), count: 3)
        for mask in 0..<8 {
            let present = Bitmap.computed(count: 3) { mask >> $0 & 1 == 1 }
            for source in [Self.lists([[1, 2], nil, [3]]), integers, constant] {
                let found = source.masked(by: present)
                XCTAssertNil(found.fault, "\(mask)")
                XCTAssertEqual(Self.values(found), (0..<3).map { present[$0] ? source.value(at: $0) : .null }, "\(mask)")
            }
        }
    }

    /// Five gigabytes, were it laid out for each row.
    func test_masked_ofOneLongText_keepsItOnce() {
        let text = Value.bytes([UInt8](repeating: 0x78, count: 1_000_000))
        let found = Column.constant(text, type: .string, count: 5_000).masked(by: .computed(count: 5_000) { $0 % 2 == 0 })
        XCTAssertEqual(found.nullCount, 2_500)
        XCTAssertEqual(found.value(at: 4_998), text)
        XCTAssertEqual(found.value(at: 1), .null)
        XCTAssertNil(BatchInvariants.fault(in: ColumnBatch(rowCount: found.count, columns: [found]), types: [.string]))
    }

    /// Beneath missing rows nothing lies, be it a text or a row that has one: past 2 GiB together it could not.
    func test_missingRows_haveNoText() {
        var texts = ColumnBuilder(type: .string)
        texts.append(.string(String(repeating: "z", count: 1_000_000)))
        let one = texts.finish(), rows: [Int32] = [0] + [Int32](repeating: -1, count: 4_999)
        let row = Column(type: .structure([Field("t", .string)]), count: 1, values: .structure([one]))
        for (source, text) in [(one, one.gatheringOrNull(rows).flattened()), (row, row.gatheringOrNull(rows).flattened())] {
            XCTAssertNil(text.fault)
            XCTAssertEqual(text.count, rows.count)
            XCTAssertEqual(text.value(at: 0), source.value(at: 0))
            XCTAssertEqual(text.nullCount, 4_999)
            XCTAssertLessThan(text.byteCount(), 2_000_000)
        }
    }

    func test_interleave_withMissingRows_leavesNullListsEmpty() {
        let parts = [Self.lists([[1, 2]]), Self.lists([nil, [3]])]
        let found = ChoiceKernels.interleave(parts, sources: [0, -1, 1, 1, -1], rows: [0, 0, 1, 0, 0], type: parts[0].type)
        XCTAssertNil(found.fault)
        XCTAssertEqual(Self.values(found), [.list([.integer(1), .integer(2)]), .null, .list([.integer(3)]), .null, .null])
    }

    func test_faults_areSeen() {
        let element = Column(type: .int64, count: 2, values: .int64([1, 2]))
        let type = ColumnType.list(element: Field("element", .int64))
        func lists(_ offsets: [Int32], _ validity: [Bool]) -> Column {
            Column(type: type, count: 2, validity: .computed(count: 2) { validity[$0] }, values: .list(offsets: offsets, element: element))
        }
        XCTAssertNil(lists([0, 0, 2], [false, true]).fault)
        XCTAssertEqual(lists([0, 1, 2], [false, true]).fault, "a NULL list with elements")
        XCTAssertEqual(lists([0, 1, 1], [true, true]).fault, "elements after the last list")
        let batch = ColumnBatch(rowCount: 2, columns: [element])
        XCTAssertNil(BatchInvariants.fault(in: batch, types: [.int64]))
        XCTAssertNotNil(BatchInvariants.fault(in: batch, types: [.string]))
        XCTAssertNotNil(BatchInvariants.fault(in: batch, types: []))
    }

    /// An ARRAY of percentiles beside a list of a subquery, both NULL for some groups.
    func test_answers_ofConditionalLists_areSound() throws {
        let t = QueryFixture.table(
            [Field("i", .int32), Field("d", .double)],
            [[.integer(1), .double(1)], [.integer(1), .double(3)], [.integer(2), .null], [.null, .double(4)], [.integer(3), .double(5)]])
        let u = QueryFixture.table([Field("k", .int32), Field("w", .string)], [[.integer(2), .string("b")], [.integer(3), .string("c")]])
        let fixture = QueryFixture([("t", t), ("u", u)], threads: 1)
        let found = try fixture.rows(
            "select i, array(select w from u where u.k >= t.i order by w desc) a, percentile_cont(array[0.25, 0.5]) within group (order by d) p from t group by i order by 1")
        XCTAssertEqual(found, #"1,"[""c"",""b""]","[1.5,2]"|2,"[""c"",""b""]",|3,"[""c""]","[5,5]"|,[],"[4,4]""#)
    }
}
