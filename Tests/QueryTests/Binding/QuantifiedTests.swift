import XCTest

@testable import Query

/// Goal: what stands behind ANY and ALL, and what an aggregate with DISTINCT gives, is in PostgreSQL's order. Method: texts that a language orders otherwise than their bytes.
final class QuantifiedTests: XCTestCase {
    private let fixture = QueryFixture()

    private func check(_ query: String, _ expected: String, line: UInt = #line) throws { XCTAssertEqual(try fixture.rows(query), expected, query, line: line) }

    func test_texts_ofALanguage_areComparedInItsOrder_whicheverSideSaysSo() throws {
        try check("SELECT 'ä' < ANY (v.a) FROM (VALUES (ARRAY['z'])) v(a)", "false")
        try check("SELECT 'ä' COLLATE \"de-x-icu\" < ANY (v.a), 'ä' COLLATE \"de-x-icu\" >= ALL (v.a) FROM (VALUES (ARRAY['z', 'a'])) v(a)", "true,false")
        try check("SELECT 'ä' < ANY (SELECT x COLLATE \"de-x-icu\" FROM (VALUES ('z')) v(x))", "true")
        try check("SELECT 'ä' < ALL (SELECT s.x FROM (SELECT x COLLATE \"de-x-icu\" AS x FROM (VALUES ('z'), ('b')) v(x)) s)", "true")
        try check("SELECT 'ä' COLLATE \"de-x-icu\" < ANY (SELECT x FROM (VALUES ('z')) v(x)), 'ä' COLLATE \"de-x-icu\" = ANY (SELECT x FROM (VALUES ('z')) v(x))", "true,false")
        try check("SELECT 'ä' COLLATE \"C\" < ANY (SELECT x FROM (VALUES ('z')) v(x))", "false")
    }

    func test_distinctTexts_areOrderedByAllArguments() throws {
        let rows = "FROM (VALUES ('x', ';'), ('y', '-'), ('x', ',')) t(a, b)"
        try check("SELECT string_agg(DISTINCT a, b) \(rows)", "x;x-y")
        try check("SELECT string_agg(DISTINCT a, b ORDER BY a DESC) \(rows)", "\"y,x;x\"")
        try check("SELECT string_agg(DISTINCT a, '+') \(rows)", "x+y")
    }
}
