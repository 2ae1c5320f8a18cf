import ColumnStore
import XCTest

@testable import Server

/// Goal: `\crosstabview` turns an answer as psql does. Method: one answer by each way to name its columns, with NULL in every place, as PostgreSQL 15's psql shows it; and
/// answers that no such table can be made of, with psql's words.
final class CrossTableTests: XCTestCase {
    private static let columns = [(name: "r", type: "VARCHAR"), (name: "c", type: "VARCHAR"), (name: "d", type: "INTEGER"), (name: "s", type: "INTEGER")]
    private static let rows: [[JSONValue]] = [
        [.string("x"), .string("a"), .number("1"), .number("3")], [.string("y"), .string("b"), .number("2"), .number("2")], [.string("x"), .string("b"), .null, .number("2")],
        [.string("y"), .string("c"), .number("7"), .number("1")], [.null, .string("a"), .number("9"), .number("3")], [.string("z"), .null, .number("5"), .null],
    ]

    private func shown(_ words: [String], columns: [(name: String, type: String)] = columns, rows: [[JSONValue]] = rows) throws -> String {
        let table = try CrossTable(columns: columns, rows: rows, words: words, null: "-")
        var style = ResultTable.Style(null: "-")
        style.layout = .unaligned
        return ResultTable.text(columns: table.columns, rows: table.rows, style: style)
    }

    func test_columns_byNameAndNumber_andInTheirOrder() throws {
        let plain = "r|a|b|c|-\nx|1|-||\ny||2|7|\n-|9|||\nz||||5\n"
        XCTAssertEqual(try shown(["1", "2", "3"]), plain)
        XCTAssertEqual(try shown(["R", "C", "\"d\""]), plain)
        XCTAssertEqual(try shown(["2", "1", "3"]), "c|x|y|-|z\na|1||9|\nb|-|2||\nc||7||\n-||||5\n")
        // What is no number is 0.
        XCTAssertEqual(try shown(["r", "c", "d", "s"]), "r|-|c|b|a\nx|||-|1\ny||7|2|\n-||||9\nz|5|||\n")
        XCTAssertEqual(try shown([], columns: Array(Self.columns.prefix(3)), rows: Self.rows.map { Array($0.prefix(3)) }), plain)
        XCTAssertEqual(try shown(["3", "1"], columns: Array(Self.columns.prefix(3)), rows: [Array(Self.rows[0].prefix(3))]), "d|x\n1|a\n")
        XCTAssertEqual(try shown(["1", "2", "3"], rows: []), "r\n")
    }

    func test_answers_thatNoTableCanBeMadeOf() {
        let twice = [Self.rows[0], Self.rows[0]], pair = Array(Self.columns.prefix(2)), same = [Self.columns[0], Self.columns[0], Self.columns[2]]
        let wanted: [(words: [String], columns: [(name: String, type: String)], rows: [[JSONValue]], fault: String)] = [
            ([], Self.columns, Self.rows, "data column must be specified when query returns more than three columns"), (["1", "1", "3"], Self.columns, Self.rows, "vertical and horizontal headers must be different columns"),
            (["1", "2", "9"], Self.columns, Self.rows, "column number 9 is out of range 1..4"), (["0"], Self.columns, Self.rows, "column number 0 is out of range 1..4"),
            (["99999999999999999999"], Self.columns, Self.rows, "column number 99999999999999999999 is out of range 1..4"), (["\"R\""], Self.columns, Self.rows, "column name not found: \"R\""),
            (["r"], same, [], "ambiguous column name: \"r\""), ([], pair, [], "query must return at least three columns"),
            // One of two values would be lost.
            (["1", "2", "3"], Self.columns, twice, "query result contains multiple data values for row \"x\", column \"a\""),
        ]
        for (words, columns, rows, fault) in wanted {
            XCTAssertThrowsError(try shown(words, columns: columns, rows: rows), fault) { XCTAssertEqual("\($0)", "\\crosstabview: \(fault)") }
        }
        let many: [[JSONValue]] = (0...1_600).map { [.string("x"), .number("\($0)"), .number("1"), .null] }
        XCTAssertThrowsError(try shown(["1", "2", "3"], rows: many)) { XCTAssertEqual("\($0)", "\\crosstabview: maximum number of columns (1600) exceeded") }
    }
}
