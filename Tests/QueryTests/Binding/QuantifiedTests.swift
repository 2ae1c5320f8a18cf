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

    func test_truths_areComparedWithAllOfThem() throws {
        let both = "(SELECT b FROM (VALUES (true), (false)) v(b))", one = "(SELECT b FROM (VALUES (false), (NULL)) v(b))"
        try check("SELECT true = ALL \(both), true <> ANY \(both), true > ANY \(both), true >= ALL \(both), false < ALL \(both)", "false,true,true,true,false")
        try check("SELECT false = ALL \(one), true = ALL \(one), false <> ANY \(one), true <> ANY \(one), true = ANY \(one), false = ANY \(one), true <> ALL \(one)", ",false,,true,,true,")
        try check("SELECT n, (n > 1) = ALL (l), (n > 1) < ANY (l) FROM (VALUES (1, ARRAY[false, false]), (2, ARRAY[true, NULL]), (3, NULL)) v(n, l) ORDER BY n", "1,true,false|2,,|3,,")
    }

    func test_distinctTexts_areOrderedByAllArguments() throws {
        let rows = "FROM (VALUES ('x', ';'), ('y', '-'), ('x', ',')) t(a, b)"
        try check("SELECT string_agg(DISTINCT a, b) \(rows)", "x;x-y")
        try check("SELECT string_agg(DISTINCT a, b ORDER BY a DESC) \(rows)", "\"y,x;x\"")
        try check("SELECT string_agg(DISTINCT a, '+') \(rows)", "x+y")
    }

    /// What has no value is neither before nor behind any, and is passed over by the least and the greatest.
    func test_texts_ofALanguage_besideNULL() throws {
        let a = "'ä' COLLATE \"de-x-icu\"", none = "NULL::text COLLATE \"de-x-icu\""
        for set in ["(SELECT x FROM (VALUES ('z'), (NULL)) v(x))", "(ARRAY['z', NULL])", "('{z,NULL}')"] {
            try check("SELECT \(a) < ANY \(set), \(a) > ANY \(set), \(a) < ALL \(set), \(a) > ALL \(set)", "true,,,false")
            try check("SELECT \(a) = ANY \(set), \(a) <> ANY \(set), \(a) = ALL \(set), \(a) <> ALL \(set)", ",true,false,")
            try check("SELECT \(none) < ANY \(set), \(none) >= ALL \(set), \(none) = ANY \(set), \(none) <> ALL \(set)", ",,,")
        }
        let lists = "(VALUES (1, ARRAY['z', NULL]), (2, ARRAY[NULL::text]), (3, NULL::text[]), (4, ARRAY['z']), (5, ARRAY['a', NULL])) v(n, l)"
        try check("SELECT n, \(a) < ANY (l), \(a) < ALL (l) FROM \(lists) ORDER BY n", "1,true,|2,,|3,,|4,true,true|5,,false")
        try check("SELECT n, \(none) < ANY (l) FROM \(lists) WHERE n IN (1, 4) ORDER BY n", "1,|4,")
        // Of no rows the answer does not hang on the text.
        let noRows = "(SELECT x FROM (VALUES ('z')) v(x) WHERE x = 'q')"
        try check("SELECT \(none) < ANY \(noRows), \(none) < ALL \(noRows), \(a) > ANY \(noRows), \(a) > ALL \(noRows)", "false,true,false,true")
        let texts = "(VALUES (1, 'ä'), (2, NULL), (3, 'zz')) v(n, x)"
        try check("SELECT n, x COLLATE \"de-x-icu\" <= ALL (SELECT y FROM (VALUES ('b'), ('z')) w(y)) FROM \(texts) ORDER BY n", "1,true|2,|3,false")
        try check("SELECT n, x COLLATE \"de-x-icu\" < ANY (SELECT y FROM (VALUES (1, 'z'), (2, 'z'), (3, NULL)) w(m, y) WHERE w.m = v.n) FROM \(texts) ORDER BY n", "1,true|2,|3,")
        try check("SELECT (\(a), 1) < ANY (SELECT x, 1 FROM (VALUES ('z'), (NULL)) v(x)), (\(a), 1) > ANY (SELECT x, 1 FROM (VALUES ('z'), (NULL)) v(x))", "true,")
    }

    /// Two texts are one where their bytes are the same, in every order; COLLATE says the order that they come in.
    func test_distinctTexts_areOrderedAsCOLLATESays() throws {
        let rows = "FROM (VALUES ('z'), ('ä'), ('a'), ('z')) t(x)", german = "x COLLATE \"de-x-icu\""
        try check("SELECT string_agg(DISTINCT x, '-'), string_agg(DISTINCT \(german), '-'), count(DISTINCT \(german)) \(rows)", "a-z-ä,a-ä-z,3")
        try check("SELECT string_agg(DISTINCT \(german), '-' ORDER BY \(german)), string_agg(DISTINCT \(german), '-' ORDER BY \(german) DESC) \(rows)", "a-ä-z,z-ä-a")
        try check("SELECT array_to_string(array_agg(DISTINCT \(german)), '-'), jsonb_agg(DISTINCT \(german)) ->> 1 \(rows)", "a-ä-z,ä")
        try check("SELECT string_agg(DISTINCT x COLLATE \"C\", '-' ORDER BY x COLLATE \"C\") \(rows)", "a-z-ä")
        try check("SELECT string_agg(DISTINCT s.x, '-'), string_agg(DISTINCT s.x, '-' ORDER BY s.x DESC) FROM (SELECT \(german) AS x \(rows)) s", "a-ä-z,z-ä-a")
        try check("SELECT array_to_string(array_agg(DISTINCT \(german)), '-', '*') FROM (VALUES ('z'), (NULL), ('ä'), (NULL)) t(x)", "ä-z-*")
        // As to PostgreSQL, a text of another order is another argument.
        for call in ["string_agg(DISTINCT x, '-' ORDER BY \(german))", "array_agg(DISTINCT \(german) ORDER BY x)", "array_agg(DISTINCT x ORDER BY x COLLATE \"C\")"] {
            XCTAssertEqual(fixture.error("SELECT \(call) \(rows)")?.cause, .badPlace, call)
        }
    }
}
