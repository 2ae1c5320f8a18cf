import ColumnStore
@testable import Query
import TestSupport
import XCTest

/// Goal: what CASE chooses where values lie is what it would gather. Method: columns at random put together both ways, and statements over every kind of column.
final class ChoiceKernelsTests: XCTestCase {
    private func column(_ type: ColumnType, _ values: [Value]) -> Column {
        var builder = ColumnBuilder(type: type)
        for value in values { builder.append(value) }
        return builder.finish()
    }

    func test_overlay_ofNumbers_isWhatIsGathered() throws {
        var random = SplitMix64(state: 21)
        let money = ColumnType.decimal(precision: 18, scale: 2)
        let kinds: [(ColumnType, (Int64) -> Value)] = [
            (.int32, { .integer($0) }), (.int64, { .integer($0) }), (.date, { .integer($0) }), (money, { .decimal(Int128($0)) }), (.double, { .double(Double($0)) }),
        ]
        for count in [1, 64, 200] {
            for (type, value) in kinds {
                for branchCount in 1...3 {
                    let parts = (0...branchCount).map { _ -> Column in
                        switch random.next() % 4 {
                        case 0: return .constant(value(Int64(random.next() % 9)), type: type, count: count)
                        case 1: return .constant(.null, type: type, count: count)
                        default: return column(type, (0..<count).map { _ in random.next() % 4 == 0 ? .null : value(Int64(random.next() % 99)) })
                        }
                    }
                    let masks = (0..<branchCount).map { _ in Bitmap.computed(count: count) { _ in random.next() % 3 == 0 } }
                    let sources = (0..<count).map { row in Int32(masks.firstIndex { $0[row] } ?? branchCount) }
                    let expected = ChoiceKernels.interleave(parts, sources: sources, rows: Array(0..<Int32(count)), type: type)
                    let found = try XCTUnwrap(ChoiceKernels.overlay(parts, masks, type: type))
                    XCTAssertEqual((0..<count).map(found.value), (0..<count).map(expected.value), "\(type)")
                    XCTAssertNil(BatchInvariants.fault(in: ColumnBatch(rowCount: count, columns: [found]), types: [type]))
                }
            }
        }
    }

    /// Texts are gathered, and decimals of which one needs 128 bits.
    func test_overlay_ofOthers_isNone() throws {
        let wide = ColumnType.decimal(precision: 38, scale: 0)
        let mask = Bitmap(repeating: true, count: 2)
        let texts = [column(.string, [.string("a"), .null]), column(.string, [.string("b"), .string("c")])]
        XCTAssertNil(ChoiceKernels.overlay(texts, [mask], type: .string))
        let numbers = [column(wide, [.decimal(Int128(1) << 80), .null]), column(wide, [.decimal(1), .decimal(2)])]
        XCTAssertNil(ChoiceKernels.overlay(numbers, [mask], type: wide))
    }

    private static let fields = [Field("k", .int32), Field("s", .string), Field("m", .decimal(precision: 9, scale: 2)), Field("d", .double), Field("b", .boolean)]
    private static let rows: [[Value]] = [
        [.integer(1), .string("Sunday"), .decimal(150), .double(0.5), .boolean(true)],
        [.integer(2), .string("Monday"), .null, .double(1.5), .boolean(false)],
        [.null, .string("Sunday"), .decimal(250), .null, .null],
        [.integer(4), .null, .decimal(-75), .double(2.5), .boolean(true)],
    ]

    func test_case_ofColumnsAndConstants_isThatOfEachRow() throws {
        let answers: [(expression: String, rows: String)] = [
            ("CASE WHEN s = 'Sunday' THEN m ELSE NULL END", "1.50|''|2.50|''"),
            ("CASE WHEN s = 'Sunday' THEN m END", "1.50|''|2.50|''"),
            ("CASE WHEN b THEN s END", "Sunday|''|''|''"),
            ("CASE WHEN b THEN 1 ELSE 0 END", "1|0|0|1"),
            ("CASE WHEN k > 1 THEN k ELSE -1 END", "-1|2|-1|4"),
            ("CASE WHEN k > 2 THEN 10 WHEN k > 0 THEN k WHEN s = 'Sunday' THEN NULL ELSE 0 END", "1|2|''|10"),
            ("CASE WHEN m > 2 THEN d WHEN b THEN 7 ELSE d END", "7|1.5|''|7"),
            ("CASE WHEN m IS NULL THEN 0 ELSE m END", "1.50|0.00|2.50|-0.75"),
            ("CASE WHEN b IS NULL THEN s WHEN b THEN 'yes' ELSE s END", "yes|Monday|Sunday|yes"),
            ("CASE WHEN s = 'Sunday' THEN m::decimal(38, 2) END", "1.50|''|2.50|''"),
            ("CASE WHEN b THEN m::decimal(12, 2) ELSE 0 END", "1.50|0.00|0.00|-0.75"),
            ("CASE WHEN k = 9 THEN m END", "''|''|''|''"),
            ("CASE WHEN k IS NOT NULL OR s IS NOT NULL THEN k END", "1|2|''|4"),
        ]
        for usesDictionaries in [false, true] {
            let fixture = QueryFixture([("t", QueryFixture.table(Self.fields, Self.rows, batchRowCount: 4, usesDictionaries: usesDictionaries))])
            for (expression, rows) in answers {
                XCTAssertEqual(try fixture.rows("SELECT coalesce((\(expression))::text, '''''') FROM t"), rows, expression)
            }
            XCTAssertEqual(
                try fixture.rows("SELECT sum(CASE WHEN s = 'Sunday' THEN m END), sum(CASE WHEN b THEN 1 ELSE 0 END), count(CASE WHEN k > 1 THEN d END) FROM t"), "4.00,2,2")
        }
    }
}
