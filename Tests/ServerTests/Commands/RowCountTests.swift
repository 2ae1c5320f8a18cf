import XCTest

@testable import Server

/// Rows are counted as bytes pass, by what the table of formats says of their lines.
final class RowCountTests: XCTestCase {
    private func rows(_ form: SQLForm, _ pieces: String...) -> Int? {
        var count = RowCount(form)
        for piece in pieces { count.take(Array(piece.utf8)[...]) }
        return count.rows
    }

    func test_rows_ofLines_areTheirEnds() {
        XCTAssertEqual(rows(.lines), 0)
        XCTAssertEqual(rows(.lines, "{\"a\":\"\"}\n{", "}\n{}\n"), 3)
    }

    func test_rows_ofCSV_areBehindTheNames_andBreaksWithinQuotesAreNone() {
        XCTAssertEqual(rows(.csv), 0)
        XCTAssertEqual(rows(.csv, "a,b\n"), 0)
        XCTAssertEqual(rows(.csv, "a,b\n1,\"x\n", "y\"\n2,\"\"\"\"\n"), 2)
    }

    func test_rows_ofFormsThatDoNotTell_areNotSaid() {
        let untold = SQLForm.allCases.filter { $0.rowLines == nil }
        XCTAssertEqual(untold, [.page, .parquet, .arrow])
        for form in untold { XCTAssertNil(rows(form, "a\nb\n"), form.name) }
    }
}
