import ColumnStore
import XCTest

@testable import Server

/// Goal: rows have psql's borders. Method: a table of two rows in each, as PostgreSQL 15's psql shows it (but for blanks at the ends of lines).
final class ResultTableTests: XCTestCase {
    private static let columns = [(name: "one", type: "INTEGER"), (name: "two", type: "VARCHAR")]
    private static let rows: [[JSONValue]] = [[.number("1"), .string("b")], [.number("22"), .null]]

    private func style(_ border: Int) -> ResultTable.Style { ResultTable.Style(null: "", border: border) }

    func test_text_withBorders() {
        let wanted = [
            "one two\n--- ---\n  1 b  \n 22    \n", " one | two \n-----+-----\n   1 | b   \n  22 |     \n",
            "+-----+-----+\n| one | two |\n+-----+-----+\n|   1 | b   |\n|  22 |     |\n+-----+-----+\n",
        ]
        for (border, text) in wanted.enumerated() {
            XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style(border)), text)
            XCTAssertEqual(ResultTable.width(columns: Self.columns, rows: Self.rows, style: style(border)), [8, 12, 13][border])
        }
        var bare = style(2)
        bare.showsRowsOnly = true
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: Self.rows, style: bare), "|   1 | b   |\n|  22 |     |\n+-----+-----+\n")
    }

    func test_printable_keepsLinesAndTabs_whereTheyAreWanted() {
        XCTAssertEqual(ResultTable.printable("a\t\u{1B}b\r\nc"), "a··b··c")
        XCTAssertEqual(ResultTable.printable(lines: "a\t\u{1B}b\r\n\u{9B}c\n"), "a\t·b·\n·c\n")
    }

    func test_expanded_withBorders() {
        let wanted = [
            "* Record 1\none 1\ntwo b\n* Record 2\none 22\ntwo \n", "-[ RECORD 1 ]\none | 1\ntwo | b\n-[ RECORD 2 ]\none | 22\ntwo | \n",
            "+-[ RECORD 1 ]-+\n| one | 1  |\n| two | b  |\n+-[ RECORD 2 ]-+\n| one | 22 |\n| two |    |\n+-----+----+\n",
        ]
        for (border, text) in wanted.enumerated() { XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: style(border)), text) }
        let wide = ResultTable.expanded(columns: Self.columns, rows: [[.number("1"), .string("a long text")]], first: 1, style: style(2))
        XCTAssertEqual(wide, "+-[ RECORD 1 ]------+\n| one | 1           |\n| two | a long text |\n+-----+-------------+\n")
    }
}
