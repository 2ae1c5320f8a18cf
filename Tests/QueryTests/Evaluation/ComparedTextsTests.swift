import ColumnStore
import XCTest

@testable import Query

/// Goal: a text that many rows share is laid out for no more of them than a batch may take. Method: what compares, and what takes members, of rows whose texts would be past 2 GiB together.
final class ComparedTextsTests: XCTestCase {
    private let text = Value.bytes([UInt8](repeating: 0x78, count: 1_000_000))

    /// Of the pairs of a join the texts are codes: as many of them are looked at together as fit.
    func test_pairsOfAJoin_areComparedAFewAtATime() throws {
        let fixture = QueryFixture(threads: 1)
        let sides = "(SELECT g, 'a' || g AS a FROM generate_series(1, 1100) s(g)) l JOIN (SELECT g, repeat('x', 1000000) || g AS t FROM generate_series(1, 2) s(g)) r"
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM \(sides) ON r.t IN (l.a, l.a || 'b')"), "0")
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM \(sides) ON r.t IS DISTINCT FROM l.a"), "2200")
    }

    func test_twoConstants_areComparedOnce() {
        let long = Column.constant(text, type: .string, count: 5_000), short = Column.constant(.string("y"), type: .string, count: 5_000)
        XCTAssertEqual(CompareKernels.compare(.less, long, short).trueRows().setCount, 5_000)
        XCTAssertEqual(CompareKernels.compare(.equal, long, short).trueRows().setCount, 0)
        XCTAssertEqual(LogicKernels.isNotDistinct(long, long).setCount, 5_000)
    }

    func test_memberOfAConstant_isAConstant() throws {
        let row = ColumnType.structure([Field("n", .int64), Field("a", .string)])
        func member(_ value: Value, of type: ColumnType, as result: ColumnType) throws -> Value? {
            let evaluator = try Evaluator(.member(.column(ColumnID(1), type), name: "a", type: result), layout: [ColumnID(1): 0], context: EvaluationContext())
            return try evaluator.root.evaluate(RowView(ColumnBatch(rowCount: 5_000, columns: [.constant(value, type: type, count: 5_000)]))).constantValue
        }
        XCTAssertEqual(try member(.structure([.integer(1), text]), of: row, as: .string), text)
        XCTAssertEqual(try member(.null, of: row, as: .string), Value.null)
        let rows = ColumnType.list(element: Field("element", row)), texts = ColumnType.list(element: Field("element", .string))
        XCTAssertEqual(try member(.list([.structure([.null, text]), .null]), of: rows, as: texts), Value.list([text, .null]))
    }
}
