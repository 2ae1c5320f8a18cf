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
    /// As psql 15 writes it, blanks and all.
    func test_html_isPsqls() {
        let columns = Self.columns + [(name: "b<", type: "VARCHAR")]
        let rows: [[JSONValue]] = [[.number("1"), .string("  x<&>\"\ny\u{1B}"), .string("")]]
        var style = style(1)
        let head = "<table border=\"1\">\n  <tr>\n    <th align=\"center\">one</th>\n    <th align=\"center\">two</th>\n    <th align=\"center\">b&lt;</th>\n  </tr>\n"
        let row = "    <td align=\"left\">&nbsp;&nbsp;x&lt;&amp;&gt;&quot;<br />\ny·</td>\n    <td align=\"left\">&nbsp; </td>\n  </tr>\n"
        XCTAssertEqual(HTMLTable.head(columns: columns, style: style, isExpanded: false), head)
        XCTAssertEqual(HTMLTable.rows(columns: columns, rows, style: style), "  <tr valign=\"top\">\n    <td align=\"right\">1</td>\n" + row)
        XCTAssertEqual(HTMLTable.end(count: 1, style: style, isExpanded: false), "</table>\n<p>(1 row)<br />\n</p>\n")
        let record = "\n  <tr><td colspan=\"2\" align=\"center\">Record 2</td></tr>\n  <tr valign=\"top\">\n    <th>one</th>\n    <td align=\"right\">1</td>\n  </tr>\n"
        XCTAssertEqual(HTMLTable.head(columns: columns, style: style, isExpanded: true), "<table border=\"1\">\n")
        XCTAssertEqual(HTMLTable.expanded(columns: Array(columns.prefix(1)), rows, first: 2, style: style), record)
        XCTAssertEqual(HTMLTable.end(count: 1, style: style, isExpanded: true), "</table>\n\n")
        style.showsRowsOnly = true
        XCTAssertEqual(HTMLTable.head(columns: columns, style: style, isExpanded: false), "<table border=\"1\">\n")
        XCTAssertTrue(HTMLTable.expanded(columns: columns, rows, first: 2, style: style).hasPrefix("\n  <tr><td colspan=\"2\">&nbsp;</td></tr>\n"))
        XCTAssertEqual(HTMLTable.end(count: 1, style: style, isExpanded: false), "</table>\n\n")
    }
}
