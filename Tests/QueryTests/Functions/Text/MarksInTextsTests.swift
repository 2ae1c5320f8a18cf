import ColumnStore
import TestSupport
import XCTest

@testable import Query

/// Goal: texts of a query, its parameters and its rows hold no thread by their combining marks. Method: a hundred thousand of them, out of order, wherever a word or a name is wanted:
/// one comparison of Strings would take minutes, and the test would not end.
final class MarksInTextsTests: XCTestCase {
    private static let text = "a" + String(repeating: "\u{301}\u{316}", count: 60_000)
    private let fixture = QueryFixture()

    private func fails(_ query: String, _ cause: QueryError.Cause? = nil, line: UInt = #line) {
        XCTAssertThrowsError(try fixture.rows(query, parameters: query.contains("$1") ? [.string(Self.text)] : []), query, line: line) { error in
            if let cause { XCTAssertEqual((error as? QueryError)?.cause, cause, "\(query): \(error)", line: line) }
        }
    }

    func test_words_thatAreNone_areRefused() {
        for query in [
            "SELECT $1::boolean", "SELECT $1::double", "SELECT $1::date", "SELECT $1::timestamptz", "SELECT $1::interval", "SELECT $1::decimal(10,2)", "SELECT now() AT TIME ZONE $1",
            "SELECT extract(epoch FROM now() AT TIME ZONE ($1 || ''))", "SELECT date_trunc($1, now())", "SELECT date_part($1, now())", "SELECT encode('a', $1)", "SELECT decode('a', $1)",
            "SELECT convert_to('a', $1)", "SELECT pg_size_bytes('1' || $1)", "SELECT regexp_replace('a', 'a', 'b', $1)", "SELECT regexp_matches('a', 'a', $1)",
            "SELECT jsonb_set_lax('{}', '{a}', NULL, true, $1)", "SELECT normalize('é', NFX)",
        ] { fails(query) }
    }

    func test_flags_areReadToTheirEnd() throws {
        fails("SELECT regexp_replace('a', 'a', 'b', repeat('g', 300) || 'z')", .badValue)
        XCTAssertEqual(try fixture.rows("SELECT regexp_replace('aa', 'a', 'b', repeat('g', 300))"), "bb")
        XCTAssertEqual(try fixture.rows("SELECT regexp_replace('aA', 'a', 'b', 'gi')"), "bb")
        XCTAssertEqual(try fixture.rows("SELECT jsonb_path_exists('[\"A\"]', '$[*] ? (@ like_regex \"a\" flag \"i\")')"), "true")
    }

    func test_texts_areThemselves() throws {
        let parameters = [QueryParameter.string(Self.text)]
        XCTAssertEqual(try fixture.rows("SELECT length($1), $1 = $1, $1 || 'a' > $1, ARRAY[$1] = ARRAY[$1]", parameters: parameters), "120001,true,true,true")
        XCTAssertEqual(try fixture.rows("SELECT ('{' || $1 || ',null}')::text[] = ARRAY[$1, NULL]", parameters: parameters), "true")
        XCTAssertEqual(try fixture.rows("SELECT length('\(Self.text)') AS n, (SELECT '\(Self.text)') = '\(Self.text)x' AS m"), "120001,false")
        XCTAssertEqual(try fixture.rows("SELECT jsonb_build_object($1, 1) ? $1, jsonb_build_object($1, 1) - $1", parameters: parameters), "true,{}")
    }

    func test_names_haveFewMarks() throws {
        let marks = String(repeating: "\u{301}\u{316}", count: 100)
        fails("SELECT 1 AS \"a\(marks)\"")
        fails("SELECT a\(marks)")
        XCTAssertEqual(try fixture.rows("SELECT 1 AS \"a\(String(repeating: "\u{301}\u{316}", count: 15))\""), "1")
    }

    func test_normalForms_endOrAreRefused() throws {
        // Thousands in a row are put into order, and what would hold a thread for seconds is not begun.
        XCTAssertEqual(try fixture.rows("SELECT length(normalize('a' || repeat(U&'\\0301\\0316', 2000)))"), "4000")
        XCTAssertEqual(try fixture.rows("SELECT length(normalize(repeat('a' || repeat(U&'\\0301', 30), 1000)))"), "30000")
        fails("SELECT normalize($1)")
        fails("SELECT $1 IS NFC NORMALIZED")
        fails("SELECT $1 < 'b' COLLATE \"uk-x-icu\"")
    }

    /// Whoever only describes a statement waits for none of its constants: what takes long is computed when it runs. Each text takes 56 of 67 million steps.
    func test_constantsThatTakeLong_areComputedWhenTheStatementRuns() throws {
        let texts = [7_500, 7_499].map { "length(normalize('a' || repeat(U&'\\0301\\0316', \($0))))" }
        for (list, isConstant, answer) in [(texts[0], true, "15000"), (texts.joined(separator: ", "), false, "15000,14998")] {
            let query = "SELECT \(list)"
            XCTAssertEqual(try fixture.engine.prepare(query, in: QueryContext(catalog: fixture.catalog, now: 0)).isConstant, isConstant, query)
            XCTAssertEqual(try fixture.rows(query), answer, query)
        }
        let allowance = StepAllowance(100)
        XCTAssertTrue(allowance.take(100))
        XCTAssertFalse(allowance.isSpent)
        for count in [1, .max, .max, .max] { XCTAssertFalse(allowance.take(count)) }
        XCTAssertTrue(allowance.isSpent)
    }

    /// Which expressions that give rows are the same is decided by their texts, and of views what stands behind their last line.
    func test_constants_arePrintedByTheirBytes() {
        let marks = String(repeating: "\u{301}\u{316}", count: 250_000)
        let printed = SyntaxPrinter.print(ExpressionSyntax(kind: .string(marks + "'"), position: 1, height: 1))
        XCTAssertTrue(printed.hasBytes(of: "'" + marks + "'" + "'" + "'"))
        for (query, shown) in [("SELECT '\(marks)' ;\n ", "SELECT '\(marks)';"), ("SELECT '\(marks)' -- a\n;", "SELECT '\(marks)' -- a\n;"), ("SELECT 1 -- a\n, '\(marks)'", "SELECT 1 -- a\n, '\(marks)';")] {
            let text = ViewDefinition.text(ofView: "v", query, inSchema: "till", in: fixture.catalog)
            XCTAssertTrue(text?.hasBytes(of: shown) ?? false)
        }
    }

    func test_parameters_areComparedByTheirBytes() {
        let other = "a" + String(repeating: "\u{316}\u{301}", count: 60_000)
        XCTAssertEqual(Set([QueryParameter.string(Self.text), .string(other), .string(Self.text), .text(Self.text, .string)]).count, 3)
    }
}
