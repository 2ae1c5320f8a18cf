import ColumnStore
import Query
import TestSupport
import XCTest

/// Goal: what a document holds is what PostgreSQL 15 says, and two sides of tens of thousands are held against each other in their sum. Method: answers of PostgreSQL; sides whose product
/// would take minutes.
final class JSONContentsTests: XCTestCase {
    private let fixture = QueryFixture()

    func test_containment_isPostgreSQLs() throws {
        for (query, wanted) in [
            (#"'[1,[2,3],"a"]'::jsonb @> '["a",1,1.0]'"#, true), ("'[1,[2,3]]'::jsonb @> '[[3]]'", true), ("'[[1],[2]]'::jsonb @> '[[1,2]]'", false), (#"'["a","b"]'::jsonb @> '"b"'"#, true),
            (#"'"b"'::jsonb @> '["b"]'"#, false), (#"'{"a":1,"b":{"c":[1,2]}}'::jsonb @> '{"b":{"c":[2]}}'"#, true), (#"'{"a":1}'::jsonb @> '{}'"#, true), ("'[]'::jsonb @> '{}'", false),
            (#"'[{"a":1,"b":2}]'::jsonb @> '[{"b":2},{"a":1}]'"#, true), (#"'[{"a":1}]'::jsonb @> '[{"a":1,"b":2}]'"#, false),
            (#"'{"a":1,"b":2,"c":3,"d":4,"e":5,"f":[null,true]}'::jsonb @> '{"e":5.0,"d":4,"c":3,"b":2,"a":1,"f":[true]}'"#, true),
            (#"'{"a":1,"b":2,"c":3,"d":4,"e":5}'::jsonb @> '{"e":6,"d":4,"c":3,"b":2,"a":1}'"#, false), ("'[null,false]'::jsonb @> '[true]'", false), ("'[1.50]'::jsonb @> '[1.5]'", true),
            (#"'["1"]'::jsonb @> '[1]'"#, false), ("'[]'::jsonb @> '[]'", true), (#"'{"a":[]}'::jsonb @> '{"a":[[]]}'"#, false), (#"'"a"'::jsonb @> '"a"'"#, true), ("'[[[1]]]'::jsonb @> '[1]'", false),
        ] {
            XCTAssertEqual(try fixture.rows("SELECT \(query)"), "\(wanted)", query)
        }
    }

    func test_keys_arePostgreSQLs() throws {
        for (query, wanted) in [
            (#"'{"a":1,"b":2}'::jsonb ?& '{a,b}'"#, true), (#"'{"a":1,"b":2}'::jsonb ?& '{a,c}'"#, false), (#"'{"a":1,"b":2}'::jsonb ?| '{c,b}'"#, true), (#"'["a","b",["c"]]'::jsonb ?| '{c,d}'"#, false),
            (#"'["a","b"]'::jsonb ?& '{a,a,b}'"#, true), (#"'"a"'::jsonb ?| '{b,a}'"#, true), (#"'{"a":1}'::jsonb ?& '{}'::text[]"#, true), (#"'{"a":1}'::jsonb ?| '{}'::text[]"#, false),
            ("'1'::jsonb ?| '{1,2}'", false), (#"'{"a":1}'::jsonb ?& ARRAY['a',NULL]"#, true), (#"'{"a\nb":1,"c":2}'::jsonb ?& ARRAY[E'a\nb','c']"#, true),
            (#"('{"a":1,"b":2,"c":3}'::jsonb - '{a,c,d}'::text[])::text = '{"b": 2}'"#, true), (#"('["a","b",1,"a"]'::jsonb - '{a,c}'::text[])::text = '["b", 1]'"#, true),
            (#"('{"a":1}'::jsonb - ARRAY[NULL]::text[])::text = '{"a": 1}'"#, true), (#"('{"a":{"b":[1,{"c":2}]}}'::jsonb #> '{a,b,-1,c}')::text = '2'"#, true), ("'[[1,2],[3]]'::jsonb #>> '{0,1}' = '2'", true),
            (#"('{"a":1}'::jsonb #> '{}'::text[])::text = '{"a": 1}'"#, true), (#"('{"a":1}'::jsonb #> '{a,b}') IS NULL"#, true),
        ] {
            XCTAssertEqual(try fixture.rows("SELECT \(query)"), "\(wanted)", query)
        }
        // Two spellings of one text are two names.
        XCTAssertEqual(try fixture.rows("SELECT ($1::jsonb - ARRAY[$2, 'x'])::text = $1", parameters: [.string("{\"\u{E9}\": 1}"), .string("e\u{301}")]), "true")
    }

    /// PostgreSQL makes lists of more dimensions of them.
    func test_records_ofArraysWithinArrays_areNoLists() {
        for type in ["text", "jsonb"] {
            let query = #"SELECT a FROM jsonb_to_record('{"a": [["x"], ["y"]]}') AS r(a \#(type)[])"#
            XCTAssertThrowsError(try fixture.rows(query), query) { XCTAssertEqual(($0 as? QueryError)?.slug, .dataError, query) }
        }
    }

    func test_records_areOfObjectsAlone() throws {
        for call in [
            "jsonb_to_record('[]') AS r(a text)", "json_to_record('1e3') AS r(a int)", "jsonb_to_record(' null') AS r(a int)", "jsonb_to_recordset('{}') AS r(a int)", "jsonb_to_recordset('[[1]]') AS r(a int)",
            #"json_to_recordset('[{"a": 1}, 2]') AS r(a int)"#, #"(VALUES ('{"a": 1}'::jsonb), ('"x"')) t(j), jsonb_to_record(j) AS r(a int)"#,
        ] { XCTAssertEqual(fixture.error("SELECT r.a FROM \(call)")?.cause, .badValue, call) }
        XCTAssertEqual(try fixture.rows(#"SELECT a FROM json_to_record(' {"a": 1}') AS r(a int)"#), "1")
        XCTAssertEqual(try fixture.rows(#"SELECT count(*), sum(a) FROM jsonb_to_recordset('[{"a": 1}, {}, {"a": 2}]') AS r(a int)"#), "3,3")
        XCTAssertEqual(try fixture.rows("SELECT a IS NULL FROM jsonb_to_record(NULL) AS r(a int)"), "true")
    }

    func test_sidesOfManyElements_takeTheirSum() throws {
        let names = (0..<20_000).map { "n\($0)" }
        let array = "[" + names.map { "\"\($0)\"" }.joined(separator: ",") + "]", reversed = "[" + names.reversed().map { "\"\($0)\"" }.joined(separator: ",") + "]"
        let object = "{" + names.map { "\"\($0)\":1" }.joined(separator: ",") + "}", list = "{" + names.reversed().joined(separator: ",") + "}"
        func answer(_ query: String, _ texts: String...) throws -> String { try fixture.rows("SELECT " + query, parameters: texts.map { .string($0) }) }
        XCTAssertEqual(try answer("$1::jsonb @> $2::jsonb", array, reversed), "true")
        XCTAssertEqual(try answer("$1::jsonb @> $2::jsonb", object, object), "true")
        XCTAssertEqual(try answer("$1::jsonb ?& $2::text[], $1::jsonb ?& ($2::text[] || ARRAY['x'])", object, list), "true,false")
        XCTAssertEqual(try answer("$1::jsonb ?| array_replace($2::text[], 'n0', 'x')", "[\"n0\"]", list), "false")
        XCTAssertEqual(try answer("($1::jsonb - $2::text[])::text, ($3::jsonb - $2::text[])::text", array, list, object), "[],{}")
        // An object of many members is put into order once, and not for each that it is held against.
        XCTAssertEqual(try answer("$1::jsonb @> $2::jsonb", "[" + String(repeating: "{},", count: 20_000) + "{}]", "[\(object)]"), "false")
    }
}
