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
            XCTAssertEqual(ResultTable.width(columns: Self.columns, rows: Self.rows, style: style(border)), [8, 11, 13][border])
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

    private static let long: [[JSONValue]] = [[.number("1"), .string("a long long text that goes on"), .string("another one and another")], [.number("22"), .null, .string("x")]]

    /// As psql 15 cuts them for 30 columns, but for the names, which stand in the middle there.
    func test_text_wrapped_fitsIntoItsLimit() {
        let columns = Self.columns + [(name: "three", type: "VARCHAR")]
        let wanted = [
            "one two           three      \n--- ------------- -----------\n  1 a long long t.another one.\n    ext that goes. and anothe.\n     on           r          \n 22               x          \n",
            " one | two        | three     \n-----+------------+-----------\n   1 | a long lon.| another o.\n     |.g text tha.|.ne and an.\n     |.t goes on  |.other     \n  22 |            | x         \n",
            "+-----+-----------+----------+\n| one | two       | three    |\n+-----+-----------+----------+\n|   1 | a long lo.| another .|\n|     |.ng text t.|.one and .|\n"
                + "|     |.hat goes .|.another  |\n|     |.on        |          |\n|  22 |           | x        |\n+-----+-----------+----------+\n",
        ]
        for (border, text) in wanted.enumerated() {
            var style = style(border)
            style.layout = .wrapped
            XCTAssertEqual(ResultTable.text(columns: columns, rows: Self.long, style: style, limit: 30), text)
            XCTAssertEqual(ResultTable.width(columns: columns, rows: Self.long, style: style, limit: 30), 30)
            // Where names alone are wider, and where nothing says how wide it may be, nothing is cut; nor is it of what is aligned.
            let whole = ResultTable.text(columns: columns, rows: Self.long, style: style)
            XCTAssertEqual(ResultTable.text(columns: columns, rows: Self.long, style: style, limit: 12), whole)
            style.layout = .aligned
            XCTAssertEqual(ResultTable.text(columns: columns, rows: Self.long, style: style, limit: 30), whole)
        }
    }

    func test_expanded_wrapped_fitsIntoItsLimit() {
        let columns = Self.columns + [(name: "three", type: "VARCHAR")]
        let wanted = [
            "* Record 1\none   1\ntwo   a long long text that g.\n     .oes on\nthree another one and another\n",
            "-[ RECORD 1 ]----------------\none   | 1\ntwo   | a long long text that.\n      |. goes on\nthree | another one and anoth.\n      |.er\n",
            "+-[ RECORD 1 ]---------------+\n| one   | 1                  |\n| two   | a long long text t.|\n|       |.hat goes on        |\n| three | another one and an.|\n|       |.other              |\n"
                + "+-------+--------------------+\n",
        ]
        for (border, text) in wanted.enumerated() {
            var style = style(border)
            style.layout = .wrapped
            XCTAssertEqual(ResultTable.expanded(columns: columns, rows: Array(Self.long.prefix(1)), first: 1, style: style, limit: 30), text)
        }
    }

    /// As psql marks them: they were shown as signs within one line.
    func test_lineBreaks_ofValues_areLines() {
        let rows: [[JSONValue]] = [[.number("1"), .string("x\r\nyy")]]
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: rows, style: style(1)), " one | two \n-----+-----\n   1 | x· +\n     | yy  \n")
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: rows, first: 1, style: style(1)), "-[ RECORD 1 ]\none | 1\ntwo | x·+\n    | yy\n")
    }

    /// Between records of rows alone a line stands, as in psql; they had titles all the same.
    func test_expanded_rowsAlone_haveNoTitles() {
        var bare = style(1)
        bare.showsRowsOnly = true
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: bare), "one | 1\ntwo | b\n----+---\none | 22\ntwo | \n")
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Array(Self.rows.prefix(1)), first: 9, style: bare), "----+--\none | 1\ntwo | b\n")
        bare.border = 2
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Array(Self.rows.prefix(1)), first: 1, style: bare), "+-----+---+\n| one | 1 |\n| two | b |\n+-----+---+\n")
    }

    /// Names of columns stood again before each ten thousand rows, among the rows of a program too.
    func test_parts_areOneTable() {
        for layout in ResultTable.Style.Layout.allCases where layout != .html {
            for border in 0...2 {
                var style = style(border)
                style.layout = layout
                func part(_ rows: [[JSONValue]], isFirst: Bool) -> ResultTable.Part {
                    ResultTable.part(columns: Self.columns, rows: rows, isFirst: isFirst, style: style, limit: nil, isShown: false)
                }
                let first = part(Self.rows, isFirst: true), next = part(Self.rows, isFirst: false)
                XCTAssertEqual(first.text + next.whole, ResultTable.text(columns: Self.columns, rows: Self.rows + Self.rows, style: style))
                let record = ResultTable.records(columns: Self.columns, rows: Self.rows, first: 1, style: style, limit: nil, isShown: false)
                let further = ResultTable.records(columns: Self.columns, rows: Self.rows, first: 3, style: style, limit: nil, isShown: false)
                XCTAssertEqual(record.text + further.whole, ResultTable.expanded(columns: Self.columns, rows: Self.rows + Self.rows, first: 1, style: style))
            }
        }
    }

    /// What a script reads is what the server has: signs stood in the place of tabs and line breaks. A terminal would obey them.
    func test_unaligned_isWhatTheServerHas_butOnATerminal() {
        var plain = style(1)
        plain.layout = .unaligned
        let rows: [[JSONValue]] = [[.number("1"), .string("a\tb\nc\u{1B}")]]
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: rows, style: plain, isShown: false), "one|two\n1|a\tb\nc\u{1B}\n")
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: rows, style: plain), "one|two\n1|a·b·c·\n")
        // A line for each value is unaligned, too, with a blank one between records.
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: plain), "one|1\ntwo|b\n\none|22\ntwo|\n")
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: rows, first: 2, style: plain, isShown: false), "\n\none|1\ntwo|a\tb\nc\u{1B}\n")
    }

    /// As psql 15 has them: between records, and a zero byte behind the last one, too.
    func test_recordSeparators_standBetweenRecords() {
        var style = style(1)
        style.layout = .unaligned
        style.recordSeparator = ";"
        XCTAssertEqual(ResultTable.part(columns: Self.columns, rows: Self.rows, isFirst: true, style: style, limit: nil, isShown: false).whole, "one|two;1|b;22|\n")
        XCTAssertEqual(ResultTable.part(columns: Self.columns, rows: Self.rows, isFirst: false, style: style, limit: nil, isShown: false).whole, ";1|b;22|\n")
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: style), "one|1;two|b;;one|22;two|\n")
        style.title = "T"
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style), "T;one|two;1|b;22|\n")
        XCTAssertEqual(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: style), "T;;one|1;two|b;;one|22;two|\n")
        style.showsRowsOnly = true
        (style.separator, style.recordSeparator) = ("\0", "\0")
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style), "1\0b\022\0\0")
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: [], style: style), "")
    }

    /// As psql 15 has it over tables, in the middle where they are wider.
    func test_title_standsOverATable() {
        var style = style(1)
        style.title = "T"
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style), "     T\n one | two \n-----+-----\n   1 | b   \n  22 |     \n")
        XCTAssertTrue(ResultTable.expanded(columns: Self.columns, rows: Self.rows, first: 1, style: style).hasPrefix("T\n-[ RECORD 1 ]\n"))
        style.title = "longer than all of it"
        XCTAssertTrue(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style).hasPrefix("longer than all of it\n one | two \n"))
        XCTAssertTrue(ResultTable.part(columns: Self.columns, rows: Self.rows, isFirst: false, style: style, limit: nil, isShown: false).text.hasPrefix("   1 | b"))
        (style.title, style.attributes) = ("a<b", "class=x")
        XCTAssertTrue(HTMLTable.head(columns: Self.columns, style: style, isExpanded: true).hasPrefix("<table border=\"1\" class=x>\n  <caption>a&lt;b</caption>\n"))
        style.showsRowsOnly = true
        XCTAssertTrue(ResultTable.text(columns: Self.columns, rows: Self.rows, style: style).hasPrefix("   1 | b"))
    }

    func test_grouped_digitsOfNumbersAlone() {
        let wanted = [
            "1234567.8912": "1,234,567.8912", "-12345": "-12,345", "123": "123", "1000": "1,000", "NaN": "NaN", "0.12345": "0.12345", "1e+100": "1e+100", "": "", "-": "-", "12 34567": "12 34567",
        ]
        for (number, text) in wanted { XCTAssertEqual(ResultTable.grouped(number), text) }
        var style = style(1)
        style.groupsDigits = true
        let rows: [[JSONValue]] = [[.number("12345"), .string("12345")]]
        XCTAssertEqual(ResultTable.text(columns: Self.columns, rows: rows, style: style), " one    | two   \n--------+-------\n 12,345 | 12345 \n")
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
