import ColumnStore
import XCTest

@testable import Query

/// Goal: lists of several dimensions are changed, searched and compared as PostgreSQL's arrays are, or refused for its reasons.
final class ListChangeTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)

    func test_listsOfLists_keepTheirDimensions_whereValuesAreReplaced() throws {
        XCTAssertEqual(
            try fixture.rows("SELECT array_replace(ARRAY[[1, 2], [2, 3]], 2, 9), array_replace(ARRAY[['a', NULL], ['b', 'a']], NULL, 'c')"),
            #""[[1,9],[9,3]]","[[""a"",""c""],[""b"",""a""]]""#)
        XCTAssertEqual(
            try fixture.rows("SELECT array_to_string(array_replace(a, b, 0.5), ' ', '-') FROM (VALUES (ARRAY[[1, 2], [3, 1]], 1), (ARRAY[[NULL, 4]], NULL), (NULL, 1)) t(a, b)"),
            "0.5 2.0 3.0 0.5|0.5 4.0|")
    }

    func test_listsOfLists_shareTheirValues_inWhateverDimension() throws {
        XCTAssertEqual(
            try fixture.rows("SELECT ARRAY[[1, 2], [3, 4]] && ARRAY[4], ARRAY[[1, 2], [3, 4]] && ARRAY[[5, 6]], ARRAY[[1, 2], [3, 4]] @> ARRAY[4, 1], ARRAY[2] <@ ARRAY[[1, 2]], ARRAY[[1, 2]] @> ARRAY[[2], [3]]"),
            "true,false,true,true,false")
    }

    func test_listsOfLists_areMadeOfAQuery() throws {
        XCTAssertEqual(
            try fixture.rows("SELECT ARRAY(SELECT ARRAY[x, 2 * x] FROM generate_series(1, 3) x ORDER BY x DESC), cardinality(ARRAY(SELECT ARRAY[x] FROM generate_series(1, 0) x))"),
            #""[[3,6],[2,4],[1,2]]",0"#)
        XCTAssertEqual(
            try fixture.rows("SELECT y, (ARRAY(SELECT ARRAY[x, y] FROM generate_series(1, y) x ORDER BY x))[y][1] FROM generate_series(1, 2) y ORDER BY y"), "1,1|2,2")
        XCTAssertEqual(fixture.error("SELECT ARRAY(SELECT x FROM (VALUES (ARRAY[1]), (NULL)) t(x))")?.cause, .nullName)
    }

    func test_listsOfLists_haveTextsOfTheirOwnBraces() throws {
        XCTAssertEqual(try fixture.rows("SELECT ARRAY[[1, 2], [3, NULL]]::TEXT, ARRAY[['a b', 'c']]::TEXT"), #""{{1,2},{3,NULL}}","{{""a b"",c}}""#)
        XCTAssertEqual(try fixture.rows("SELECT concat(a, '!'), length(ROW(a)::TEXT) FROM (VALUES (ARRAY[[1], [2]])) t(a)"), #""{{1},{2}}!",13"#)
    }

    func test_listsOfLists_areNotShortened() {
        for call in ["array_remove(ARRAY[[1, 2], [3, 4]], 1)", "array_position(ARRAY[[1, 2], [3, 4]], 3)", "array_position(ARRAY[[1, 2]], 2, 1)", "array_positions(ARRAY[[1, 2]], 2)"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .notSupported, call)
        }
        for call in ["array_remove(ARRAY[[1, 2]], ARRAY[1, 2])", "array_remove(ARRAY[[1, 2]], DATE '2020-01-01')", "array_replace(1, 2, 3)"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call)
        }
    }

    func test_aListAndAnElement_haveTheirPlaces() {
        for call in ["array_prepend(ARRAY[2, 3], 1)", "array_append(1, ARRAY[2, 3])", "array_cat(ARRAY[2], 1)", "array_cat(1, ARRAY[2])", "array_append(1, 2)"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call)
        }
        XCTAssertEqual(
            try fixture.rows("SELECT array_to_string(array_prepend(1, NULL::INTEGER[]), ','), array_to_string(array_append(NULL, 1), ','), array_to_string(array_append('{1}', 2), ' ')"), "1,1,1 2")
    }

    func test_aList_isNoElement() {
        for call in ["array_append(ARRAY[1], ARRAY[2])", "array_prepend(ARRAY[2], ARRAY[1])", "array_append(ARRAY[[1]], ARRAY[2])", "array_append(NULL::INTEGER[], ARRAY[2])"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call)
        }
        for call in ["array_append(NULL, ARRAY[2])", "array_prepend(ARRAY[2], '{1}')"] { XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedObject, call) }
    }

    func test_arrayFill_beginsAtOne() throws {
        XCTAssertEqual(try fixture.rows("SELECT array_fill(7, ARRAY[2], ARRAY[1])::TEXT, array_fill(7, ARRAY[2, 1], '{1,1}')::TEXT, array_fill(7, ARRAY[0], ARRAY[5])::TEXT"), #""{7,7}","{{7},{7}}",{}"#)
        let faults: [(String, QueryError.Cause)] = [
            ("ARRAY[2]", .notSupported), ("l", .notSupported), ("ARRAY[1, 1]", .badSubscript), ("ARRAY[NULL]::INTEGER[]", .nullName), ("NULL", .nullName), ("1", .undefinedFunction),
        ]
        for (bounds, cause) in faults { XCTAssertEqual(fixture.error("SELECT array_fill(7, ARRAY[2], \(bounds)) FROM (VALUES (ARRAY[1])) t(l)")?.cause, cause, bounds) }
    }

    func test_doublesOfAList_keepTheirDigitsAsNumerics() throws {
        XCTAssertEqual(
            try fixture.rows("SELECT ('{1.5,2.25,NULL}'::float8[])::numeric[]::TEXT, ('{1.5,NULL}'::real[])::numeric[]::TEXT, ('{}'::float8[])::numeric[]::TEXT, array_agg(x)::numeric[] = ARRAY[1.5] FROM (VALUES (1.5::float8)) t(x)"),
            #""{1.50,2.25,NULL}","{1.5,NULL}",{},true"#)
        XCTAssertEqual(fixture.error("SELECT array_agg(x)::numeric[] FROM (VALUES ('1.5')) t(x)")?.cause, .noCast)
    }

    /// As PostgreSQL's 22000.
    func test_listsOfLists_takeNoValueAsARow() {
        for call in ["array_append(ARRAY[[1, 2], [3, 4]], NULL)", "array_prepend(NULL, ARRAY[[1, 2], [3, 4]])", "array_append(ARRAY[[1, 2]], NULL::INTEGER)", "array_append(ARRAY[[1, 2]], 5)"] {
            let error = fixture.error("SELECT \(call)")
            XCTAssertEqual(error?.slug, .dataError, call)
            XCTAssertNil(error?.cause, call)
        }
        XCTAssertEqual(fixture.error("SELECT array_append(ARRAY[[1, 2]], DATE '2020-01-01')")?.cause, .undefinedFunction)
    }

    func test_listsOfLists_areJoinedWhereTheirLengthsAreAlike() throws {
        for joined in [
            "ARRAY[[1, 2]] || ARRAY[3]", "ARRAY[3] || ARRAY[[1, 2]]", "ARRAY[[1, 2]] || ARRAY[[3]]", "array_cat(ARRAY[[1, 2]], ARRAY[3])", "l || ARRAY[[3]]", "l || e", "e || l", "array_cat(l, e)",
            "ARRAY[[[1, 2]]] || ARRAY[[[3]]]",
        ] {
            let error = fixture.error("SELECT \(joined) FROM (VALUES (ARRAY[[1, 2]], ARRAY[3])) t(l, e)")
            XCTAssertEqual(error?.slug, .dataError, joined)
            XCTAssertEqual(error?.cause, .badSubscript, joined)
        }
        // Types alone tell that: a list is a row of lists of lists, and lists of lists are none of what has three dimensions.
        let deep = fixture.error("SELECT ARRAY[[[1, 2]]] || ARRAY[[3]]")
        XCTAssertEqual(deep?.slug, .badSQL)
        XCTAssertEqual(deep?.cause, .badSubscript)
        XCTAssertEqual(
            try fixture.rows("SELECT (ARRAY[[1, 2]] || ARRAY[3, 4])::TEXT, (ARRAY[[1, 2]] || '{}')::TEXT, ('{}' || ARRAY[[1, 2]])::TEXT, (ARRAY[[1, 2]] || '{}'::INTEGER[])::TEXT"),
            #""{{1,2},{3,4}}","{{1,2}}","{{1,2}}","{{1,2}}""#)
        XCTAssertEqual(
            try fixture.rows("SELECT (a || b)::TEXT FROM (VALUES (ARRAY[[1, 2]], ARRAY[[3, 4], [5, 6]]), (NULL, ARRAY[[7]]), (ARRAY[[8]], NULL)) t(a, b)"),
            #""{{1,2},{3,4},{5,6}}"|{{7}}|{{8}}"#)
    }

    private func joined(_ pairs: [(Value, Value)]) throws -> [Value] {
        let type = ColumnType.listOf(.listOf(.int64))
        func column(_ values: [Value]) -> Column {
            var builder = ColumnBuilder(type: type)
            for value in values { builder.append(value) }
            return builder.finish()
        }
        let plain: ((KernelCall) throws -> Column)? = if case .plain(let kernel) = ScalarFunction.listJoinRows.kernel { kernel } else { nil }
        let kernel = try XCTUnwrap(plain, "lists are joined otherwise")
        let context = EvaluationContext(), columns = [column(pairs.map(\.0)), column(pairs.map(\.1))]
        let result = try kernel(KernelCall(columns: columns, count: pairs.count, type: type, context: context, meter: WorkMeter(context)))
        return pairs.indices.map { result.value(at: $0) }
    }

    /// Lists of lists as they may be stored, beside empty ones and NULL, in one column.
    func test_listsOfLists_besideEmptyOnes_stayAsTheyAre() throws {
        func row(_ numbers: Int64...) -> Value { .list(numbers.map { .integer($0) }) }
        let pair = Value.list([row(1, 2)]), ragged = Value.list([row(1, 2), row(3)]), bare = Value.list([row(), row()]), empty = Value.list([])
        let found = try joined([
            (pair, bare), (bare, pair), (ragged, empty), (empty, ragged), (ragged, .null), (.null, .null), (.null, pair),
            (empty, bare), (empty, empty), (pair, .list([row(3, 4), row(5, 6)])),
        ])
        XCTAssertEqual(found, [pair, pair, ragged, ragged, ragged, .null, pair, bare, empty, .list([row(1, 2), row(3, 4), row(5, 6)])])
        for other in [ragged, .list([.null]), .list([row(3, 4), .null])] as [Value] {
            let isNothing = other == .list([.null])
            do {
                let found = try joined([(.null, pair), (pair, other)])
                XCTAssertTrue(isNothing, "\(other)")
                XCTAssertEqual(found, [pair, pair], "\(other)")
            } catch {
                guard !isNothing, case .outside(.badSubscript, _)? = error as? KernelError else { return XCTFail("\(other): \(error)") }
            }
        }
    }

    func test_textsOfLists_withBounds_areNotSupported() {
        for list in ["'[2:4]={1,2,3}'::INTEGER[]", "s::INTEGER[]", "array_append('[0:0]={1}', 2)", "ARRAY[1] && '[-1:0] = {1,2}'"] {
            XCTAssertEqual(fixture.error("SELECT \(list) FROM (VALUES ('[2:4]={1,2,3}')) t(s)")?.cause, .notSupported, list)
        }
        for list in ["'[2:4]'::INTEGER[]", "'[a]={1}'::INTEGER[]", "s::INTEGER[]"] {
            XCTAssertEqual(fixture.error("SELECT \(list) FROM (VALUES ('[2:4]=1')) t(s)")?.cause, .invalidText, list)
        }
    }
}
