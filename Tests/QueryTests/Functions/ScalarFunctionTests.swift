import ColumnStore
import Query
import XCTest

/// Scalar functions by example, through SQL without a table: the expected values are PostgreSQL's, or api.md's number rules.
final class ScalarFunctionTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)

    private func check(_ cases: [(String, String)], line: UInt = #line) {
        for (expression, expected) in cases {
            XCTAssertEqual(try fixture.rows("SELECT \(expression)"), expected, expression, line: line)
        }
    }

    func test_arithmetic_numberRules() {
        check([
            ("1 + 2", "3"), ("7 / 2", "3"), ("-7 / 2", "-3"), ("7 % 3", "1"), ("-7 % 3", "-1"), ("7.0 / 2", "3.500000"),
            ("1.5 + 1.25", "2.75"), ("1.5 * 1.25", "1.875"), ("10.0 / 3", "3.333333"), ("2 / 3.0", "0.666667"), ("-2 / 3.0", "-0.666667"),
            ("1e0 / 4", "0.25"), ("5.5 % 2", "1.5"), ("0.1 + 0.2", "0.3"), ("round(2.5)", "3"), ("round(-2.5)", "-3"),
            ("round(1.005, 2)", "1.01"), ("round(1234.5, -2)", "1200"), ("floor(-1.5)", "-2"), ("ceil(-1.5)", "-1"), ("ceil(1.01)", "2"),
            ("abs(-1.50)", "1.50"), ("sign(-2.5)", "-1"), ("power(2, 10)", "1024"), ("sqrt(2.25)", "1.5"), ("mod(7, 4)", "3"),
            ("99999999999999999999999999999999999999 + 0", "99999999999999999999999999999999999999"),
            ("12345678901234567890.5 * 2", "24691357802469135781.0"), ("9223372036854775807 + 1.0", "9223372036854775808.0"),
            ("greatest(1, 2.50)", "2.50"), ("least(3, NULL, 1)", "1"), ("nullif(1, 1)", ""), ("coalesce(NULL, 2)", "2"),
        ])
    }

    func test_casts() {
        check([
            ("'12.345'::DECIMAL(10,2)", "12.35"), ("'-0.005'::DECIMAL(10,2)", "-0.01"), ("2.5::INTEGER", "3"), ("2.5e0::INTEGER", "2"),
            ("1.23456789e0::DECIMAL(10,4)", "1.2346"), ("true::INTEGER", "1"), ("'t'::BOOLEAN", "true"), ("1::VARCHAR || 'x'", "1x"),
            ("1.50::VARCHAR", "1.50"), ("1e20::DOUBLE PRECISION::VARCHAR", "1e+20"), ("0.1e0::VARCHAR", "0.1"), ("1e0::VARCHAR", "1"),
            ("'2026-11-20'::DATE", "2026-11-20"), ("DATE '2026-11-20'::TIMESTAMP", "2026-11-20T00:00:00.000000"),
            ("'2026-11-20 12:00:00+02'::TIMESTAMPTZ", "2026-11-20T10:00:00.000000Z"),
            ("'2026-11-20 12:00:00'::TIMESTAMP::VARCHAR", "2026-11-20 12:00:00"),
            ("'2026-11-20 12:00:00.5+00'::TIMESTAMPTZ::VARCHAR", "2026-11-20 12:00:00.5+00"),
            ("INTERVAL '1 year 2 months 3 days 04:05:06.5'", "P1Y2M3DT4H5M6.5S"),
            ("INTERVAL '1 day 02:00:00'::VARCHAR", "1 day 02:00:00"), ("'NaN'::DOUBLE PRECISION", "NaN"),
        ])
    }

    func test_text() {
        check([
            ("lower('ПРИВІТ Straße')", "привіт straße"), ("upper('straße ї')", "STRAßE Ї"), ("length('хліб')", "4"),
            ("substring('хлібина' from 2 for 3)", "ліб"), ("substring('abc' from -1 for 3)", "a"), ("substring('abc' from 2)", "bc"),
            ("trim('  x ')", "x"), ("trim(both 'xy' from 'xyaxy')", "a"), ("ltrim('xxa', 'x')", "a"), ("rtrim('axx', 'x')", "a"),
            ("replace('abcabc', 'b', 'XX')", "aXXcaXXc"), ("position('b' in 'abc')", "2"), ("position('z' in 'abc')", "0"),
            ("split_part('a,b,c', ',', 2)", "b"), ("split_part('a,b,c', ',', -1)", "c"), ("left('abc', 2)", "ab"), ("left('abc', -1)", "ab"),
            ("right('abc', 2)", "bc"), ("right('abc', -1)", "bc"), ("lpad('7', 3, '0')", "007"), ("lpad('abcd', 2)", "ab"),
            ("starts_with('abc', 'ab')", "true"), ("concat('a', NULL, 1)", "a1"), ("'a' || NULL", ""), ("reverse('хліб')", "білх"),
            ("repeat('ab', 3)", "ababab"), ("regexp_replace('abc123', '[0-9]+', '<\\&>')", "abc<123>"),
            ("regexp_replace('a1b2', '[0-9]', 'X', 'g')", "aXbX"), ("'Хліб' ILIKE 'хл%'", "true"), ("'abc' LIKE 'a_c'", "true"),
            ("like('aaa', '_a%')", "true"), ("notlike('abc', 'a%')", "false"), ("'abc' LIKE '%d%'", "false"), ("'a%c' LIKE 'a\\%c'", "true"), ("'хліб' LIKE '_лі_'", "true"), ("'abcabc' LIKE '%bc%bc'", "true"),
            ("'abc' ~ '^a.c$'", "true"), ("'ABC' ~* 'b'", "true"), ("'' LIKE '%'", "true"), ("'' LIKE ''", "true"), ("'x' LIKE ''", "false"),
        ])
    }

    /// Refused, where an answer could be another than PostgreSQL's.
    func test_patternsOfMixedQuantifiers_andLostDigits_areRefused() {
        let mixed = ["(l*){1,1}?(.*)(f*)", "a+b*?", "a??b{2,}", "(x|y)+?", "[*?]a+b+?"]
        for pattern in mixed {
            for call in ["regexp_match('llmmmfff', '\(pattern)')", "substring('llmmmfff' from '\(pattern)')", "regexp_replace('llmmmfff', '\(pattern)', 'x')"] {
                XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .notSupported, call)
            }
            XCTAssertNoThrow(try fixture.rows("SELECT 'llmmmfff' ~ '\(pattern)'"), pattern)
        }
        for pattern in ["a+?b*?", "a+b{2}", "(?:a|b)+", "[+?]a+?", "\\+a+?\\|", "a{2}b+?", "[]|+]a+?", "[[:alpha:]|]a+?"] {
            XCTAssertNoThrow(try fixture.rows("SELECT regexp_match('llmmmfff', '\(pattern)')"), pattern)
        }
        for number in ["'1e-100'::NUMERIC", "'-1.5e-40'::DECIMAL", "'10e-400'::DOUBLE PRECISION"] {
            XCTAssertEqual(fixture.error("SELECT \(number)")?.slug, .numericOverflow, number)
        }
        check([("'0e-100'::NUMERIC(10,2)", "0.00"), ("'1e-100'::NUMERIC(10,2)", "0.00"), ("'0e-400'::DOUBLE PRECISION", "0")])
    }

    /// As PostgreSQL's 42725: each side may be of several types.
    func test_operatorsOfTwoUntypedTexts_areAmbiguous() {
        for call in ["'1' + '2'", "'1' - '2'", "'1' * '2'", "'1' / '2'", "'1' % '2'"] { XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .ambiguousFunction, call) }
        for call in ["'1'::TEXT + '2'", "TRUE + 1", "DATE '2020-01-01' + DATE '2020-01-01'"] { XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call) }
    }

    /// As PostgreSQL's 42883: the names are of the signature that there is not.
    func test_namesOfArguments_areOfFunctionsThatHaveThem() {
        for call in ["f(a => 1)", "lower(a => 'x')", "parse_ident('a', b => TRUE)"] { XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call) }
        check([("array_to_string(parse_ident('foo.boo[]', strict => FALSE), '/')", "foo/boo")])
    }

    func test_theEscapeOfSimilar_isOneCharacter_howeverManyBytesItHas() {
        check([
            ("'§' SIMILAR TO '§§' ESCAPE '§'", "true"), ("'a%b' SIMILAR TO 'a🤡%b' ESCAPE '🤡'", "true"), ("'axb' SIMILAR TO 'a🤡%b' ESCAPE '🤡'", "false"),
            ("substring('abcdef' SIMILAR 'a§\"b_d§\"%' ESCAPE '§')", "bcd"), ("'a%' SIMILAR TO 'a\\%'", "true"), ("'a\\' SIMILAR TO 'a\\' ESCAPE ''", "true"),
        ])
        XCTAssertEqual(fixture.error("SELECT 'a' SIMILAR TO e ESCAPE e || 'ї' FROM (VALUES ('a'), ('b')) t(e)")?.cause, .invalidEscape)
    }

    func test_aTimeOfDay_movesMomentsAndIntervals_asTheIntervalThatItIs() {
        check([
            ("TIMESTAMP '2020-01-01 10:00' - TIME '11:30'", "2019-12-31T22:30:00.000000"), ("TIME '01:00' + TIMESTAMP '2020-01-01 10:00'", "2020-01-01T11:00:00.000000"),
            ("TIMESTAMPTZ '2020-01-01 10:00+00' + TIME '11:30:00.5'", "2020-01-01T21:30:00.500000Z"), ("INTERVAL '1 day' - TIME '01:00'", "P1DT-1H"),
        ])
        XCTAssertEqual(fixture.error("SELECT TIME '01:00' - TIMESTAMP '2020-01-01 10:00'")?.cause, .undefinedFunction)
    }

    func test_digitsPastANumbersOwn_areRoundedToTheScaleThatIsAskedFor() {
        for text in ["0.10000000000000000000000000000000000000000001", "0.09999999999999999999999999999999999999999999", "1000000000000000000000000000000000000000000e-43"] {
            check([("'\(text)'::DECIMAL(10,2)", "0.10"), ("(SELECT s::DECIMAL(10,2) FROM (VALUES ('\(text)')) t(s))", "0.10")])
        }
        XCTAssertEqual(fixture.error("SELECT '123456789.10000000000000000000000000000000000000001'::DECIMAL(10,2)")?.slug, .numericOverflow)
    }

    func test_textsWithoutAType_keepTheirDigits_besideNumbersOfAScale() throws {
        let number = "FROM (SELECT 0.5::NUMERIC(3,1) x) s"
        XCTAssertEqual(
            try fixture.rows("SELECT x = '0.51', x < '0.51', x IN ('0.51', '0.7'), x BETWEEN '0.49' AND '0.501', x IS DISTINCT FROM '0.51', x = '12345', (x, 1) = ('0.51', 1) \(number)"),
            "false,true,false,true,true,false,false")
        XCTAssertEqual(try fixture.rows("SELECT x = '0.50', x IN ('1', '0.5'), x = ANY ('{0.51,0.5}'), x = ANY ('{0.51,NULL}'), '12' = -0.005 \(number)"), "true,true,true,,false")
        XCTAssertEqual(try fixture.rows("SELECT x = $1, x < $1 \(number)", parameters: [.string("0.51")]), "false,true")
        XCTAssertEqual(
            try fixture.rows("SELECT greatest(x, '0.51'), coalesce(x, '0.51'), CASE WHEN x > 1 THEN x ELSE '0.51' END, nullif(x, '0.51'), CASE x WHEN '0.51' THEN 'no' ELSE 'yes' END \(number)"),
            "0.51,0.50,0.51,0.5,yes")
        XCTAssertEqual(try fixture.rows("SELECT 0.5::NUMERIC(3,1) UNION ALL SELECT '123456.789'"), "0.500|123456.789")
        XCTAssertEqual(try fixture.rows("SELECT x FROM (VALUES (0.5), ('0.51')) t(x) ORDER BY x"), "0.50|0.51")
        XCTAssertEqual(
            try fixture.rows("SELECT ARRAY[0.5] && '{0.51}', array_to_string(ARRAY[0.5] || '{0.51}', ' '), array_to_string(array_append(ARRAY[0.5], '0.51'), ' '), array_position(ARRAY[0.5, 1.5], '0.51')"),
            "false,0.50 0.51,0.50 0.51,")
        XCTAssertEqual(fixture.error("SELECT x = 'half' \(number)")?.cause, .invalidText)
    }

    func test_overlay_takesAnyPlaceFromOneOn_andAnyLength() {
        check([
            ("overlay('abc' PLACING 'X' FROM 2 FOR -1)", "aXabc"), ("overlay('abcdef' PLACING 'XX' FROM 10)", "abcdefXX"), ("overlay('äöü' PLACING 'ß' FROM 2)", "äßü"),
            ("overlay('abc' PLACING '' FROM 1 FOR 0)", "abc"), ("overlay('abc' PLACING 'X' FROM 2147483647 FOR 0)", "abcX"), ("overlay('abc' PLACING NULL FROM 1)", ""),
            ("encode(overlay('\\x010203'::bytea PLACING '\\x0909'::bytea FROM 2), 'hex')", "010909"),
        ])
        XCTAssertEqual(fixture.error("SELECT overlay('abc' PLACING 'X' FROM 0)")?.cause, .badLength)
        XCTAssertEqual(fixture.error("SELECT overlay('abc' PLACING 'X' FROM 2147483647)")?.slug, .numericOverflow)
    }

    func test_concatSeparated_leavesOutNulls_andIsOneWithoutASeparator() {
        check([
            ("concat_ws(', ', 'a', NULL, 'b')", "\"a, b\""), ("concat_ws(',', NULL, NULL) = ''", "true"), ("concat_ws(NULL, 'a', 'b')", ""), ("concat_ws('', 'a', true, 1)", "at1"),
        ])
    }

    func test_nullif_ofALongValue_isWhatTheShortOneIs() {
        let zero = "1 - 1 + 1 - 1 + 1 - 1 + 0"
        check([
            ("nullif(\(zero), 0)", ""), ("nullif(\(zero), 1)", "0"), ("nullif(\(zero), NULL)", "0"), ("nullif(\(zero), 0::bigint)", ""), ("nullif(\(zero), 0.0)", ""),
            ("nullif('a' || 'b' || 'c' || 'd' || 'e', 'abcde')", ""), ("nullif('a' || 'b' || 'c' || 'd' || 'e', 'x')", "abcde"),
        ])
    }

    /// A constant beside a column, of which each row is compared.
    func test_nullifAndOverlay_takeConstantsBesideColumns() throws {
        let text = "nullif('a' || 'b' || 'c' || 'd' || 'e', CASE WHEN n = 3 THEN 'abcde' ELSE 'x' END)"
        let list = "nullif(ARRAY[1, 2, 3, 4, 5, 6, 7, 8], CASE WHEN n = 3 THEN ARRAY[1, 2, 3, 4, 5, 6, 7, 8] ELSE ARRAY[1] END)"
        for value in [text, list] { XCTAssertEqual(try fixture.rows("SELECT count(\(value)) FROM generate_series(1, 3000) g(n)"), "2999", value) }
        XCTAssertEqual(try fixture.rows("SELECT count(DISTINCT overlay('abcdef' PLACING n::text FROM 2)) FROM generate_series(1, 3000) g(n)"), "3000")
    }

    func test_nullif_ofATextAndADocument_isADocument() {
        check([("nullif('12', '[1]'::JSONB)::VARCHAR", "12"), ("nullif('[1]', '[1]'::JSONB)::VARCHAR", "")])
    }

    /// As PostgreSQL's 42883 and 42804.
    func test_valuesOfOtherTypes_areOfNoFunctionOrOperator_andNotWhatAClauseWants() {
        for call in ["1 LIKE 'a'", "1 ~ 'a'", "TRUE ^ 2", "'{}'::JSONB -> TRUE", "'{}'::JSONB ? 1", "lower(1)", "bool_and(1)", "ntile(TRUE) OVER ()"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .undefinedFunction, call)
        }
        for query in ["SELECT 1 AND TRUE", "SELECT 1 IS TRUE", "SELECT 1 WHERE 2", "SELECT CASE WHEN 1 THEN 2 END", "SELECT (ARRAY[1])[TRUE]", "SELECT 1 LIMIT TRUE"] {
            XCTAssertEqual(fixture.error(query)?.cause, .typeMismatch, query)
        }
    }

    func test_instantsAsNames_areToldByTheSessionsClock() throws {
        var fixture = fixture
        fixture.timeZone = "America/Los_Angeles"
        XCTAssertEqual(
            try fixture.rows("SELECT TIMESTAMPTZ '2020-03-29 01:30+00'::NAME, TIMESTAMPTZ '2020-03-29 01:30+00'::TEXT::NAME"), "2020-03-28 18:30:00-07,2020-03-28 18:30:00-07")
    }

    /// As PostgreSQL's 42725: a moment, an interval, or a transaction's number.
    func test_timesOfAnUntypedText_areAmbiguous() {
        for call in ["extract(year FROM '2020-01-01')", "date_part('year', '2020-01-01')", "age('2020-01-01')"] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, .ambiguousFunction, call)
        }
        check([("extract(year FROM DATE '2020-01-01')", "2020"), ("age('2020-03-01', '2020-01-01')", "P2M"), ("extract(year FROM NULL::DATE)", "")])
    }

    func test_numbersWithoutDigits_areWrittenByTemplates_asPostgreSQLPrintsThem() {
        check([
            ("to_char('NaN'::DOUBLE PRECISION, '99')", " ##"), ("to_char('NaN'::DOUBLE PRECISION, '99.99')", " ##.##"), ("to_char('NaN'::DOUBLE PRECISION, 'FM9.9')", "#.#"),
            ("to_char('NaN'::DOUBLE PRECISION, 'FM999')", "NaN"), ("to_char('Infinity'::DOUBLE PRECISION, 'FM999.9')", "###.#"),
            ("to_char('-Infinity'::DOUBLE PRECISION, 'FM9')", "-#"), ("to_char('-Infinity'::DOUBLE PRECISION, 'FM99999999')", "-Infinity"),
        ])
    }

    /// As PostgreSQL's 42846.
    func test_truthValues_areCastToAndFromIntegersAlone() {
        for cast in ["1::SMALLINT::BOOLEAN", "TRUE::SMALLINT", "1::BIGINT::BOOLEAN", "1.0::BOOLEAN", "x::BOOLEAN"] {
            XCTAssertEqual(fixture.error("SELECT \(cast) FROM (VALUES (1::SMALLINT)) t(x)")?.cause, .noCast, cast)
        }
        check([("1::BOOLEAN", "true"), ("TRUE::INTEGER", "1"), ("NULL::SMALLINT::INTEGER::BOOLEAN", ""), ("'1'::SMALLINT::INTEGER::BOOLEAN", "true")])
    }

    /// They look at what stands beside them, as only ICU does.
    func test_edgesOfWords_besideWhatMayBeNoLetter_areFound() {
        check([
            (#"'abc' ~ '\m.'"#, "true"), (#"'abc' ~ '.\M'"#, "true"), (#"'a,,b' ~ ',\m,'"#, "false"), (#"' ж' ~ ' [[:<:]][а-я]'"#, "true"), (#"regexp_replace('one two', '\m[a-z]', '*', 'g')"#, "*ne *wo"),
            (#"regexp_replace('one two', '[a-z]\M', '*', 'g')"#, "on* tw*"), (#"substring('a bc' from '\m([b-z]+)')"#, "bc"), (#"'a\m.' ~ 'a\\m.'"#, "true"),
        ])
        XCTAssertEqual(fixture.error(#"SELECT 'a' ~ '[\m]'"#)?.cause, .badPattern)
    }

    func test_numericsOfFewerThanNoDigits_areRounded() {
        check([
            ("123456::numeric(8,-1)", "123460"), ("(-15)::decimal(8, -1)", "-20"), ("'12345'::numeric(3,-2)", "12300"), ("14.99::numeric(8,-1)", "10"), ("NULL::numeric(8,-1)", ""),
            ("(ARRAY[x]::numeric(8,-1)[])[1] FROM (VALUES (25)) t(x)", "30"), ("numeric(5,-2) '1250'", "1300"),
        ])
        XCTAssertEqual(fixture.error("SELECT 999999995::numeric(8,-1)")?.slug, .numericOverflow)
        XCTAssertEqual(fixture.error("SELECT 1::numeric(5,-1001)")?.cause, .badValue)
        XCTAssertEqual(fixture.error("SELECT l::numeric(8,-1)[] FROM (VALUES (ARRAY[15])) t(l)")?.slug, .unsupportedSQL)
        XCTAssertEqual(fixture.error("SELECT 'x'::varchar(-1)")?.slug, .badSQL)
    }

    func test_numericsOfMoreDigitsBehindTheMarkThanInAll_areBelowAPowerOfTen() {
        check([
            ("0.00012::numeric(2,5)", "0.00012"), ("'0.000994'::numeric(2,5)", "0.00099"), ("(-0.00099)::numeric(2, 5)", "-0.00099"), ("NULL::numeric(2,5)", ""), ("0::numeric(2,5)", "0.00000"),
            ("x::numeric(2,5) FROM (VALUES (0.0005::DOUBLE PRECISION)) t(x)", "0.00050"), ("(ARRAY[x]::numeric(2,5)[])[1] FROM (VALUES (0.00012)) t(x)", "0.00012"),
        ])
        for value in ["0.01", "'0.01'", "0.000996", "(-0.001)", "1", "x"] {
            XCTAssertEqual(fixture.error("SELECT \(value)::numeric(2,5) FROM (VALUES (0.001), (0)) t(x)")?.slug, .numericOverflow, value)
        }
        XCTAssertEqual(fixture.error("SELECT 0::numeric(2,39)")?.slug, .unsupportedSQL)
        XCTAssertEqual(fixture.error("SELECT 0::numeric(2,1001)")?.cause, .badValue)
        XCTAssertEqual(fixture.error("SELECT l::numeric(2,5)[] FROM (VALUES (ARRAY[0.5])) t(l)")?.slug, .unsupportedSQL)
    }

    private func nested(_ levels: Int, _ row: String) -> String {
        (0..<levels).reduce("(VALUES (1), (2)) a(x)") { from, _ in "(SELECT \(row) AS x FROM \(from)) q" }
    }

    /// Each level has twice the fields: what few words ask for would take gigabytes.
    func test_rowsOfRows_haveABoundOfFieldsInAll() {
        check([("(x IS NULL) FROM " + nested(10, "ROW(x, x)"), "false|false")])
        XCTAssertEqual(fixture.error("SELECT (x IS NULL) FROM " + nested(20, "ROW(x, x)"))?.slug, .unsupportedSQL)
        let whole = (0..<20).reduce("(SELECT x, x AS y FROM (VALUES (1)) a(x)) q") { from, _ in "(SELECT q AS x, q AS y FROM \(from)) q" }
        XCTAssertEqual(fixture.error("SELECT (x IS NULL) FROM " + whole)?.slug, .unsupportedSQL)
        let wide = "ROW(\([String](repeating: "x", count: 100).joined(separator: ", ")))"
        XCTAssertEqual(fixture.error("SELECT (x IS NULL) FROM " + nested(4, wide))?.slug, .unsupportedSQL)
        // A NULL that has another row's type.
        let half = nested(10, "ROW(x, x)")
        XCTAssertEqual(fixture.error("SELECT ROW(NULL, NULL, x) FROM \(half) UNION ALL SELECT ROW(x, x, NULL) FROM \(half)")?.slug, .unsupportedSQL)
    }

    func test_aSeriesThatLeavesTheCalendar_hasItsRowsBeforeThat() throws {
        let series = "generate_series('2024-01-01'::timestamp, 'infinity', '1000 years')"
        XCTAssertEqual(try fixture.rows("SELECT count(*) FROM (SELECT \(series) LIMIT 2) s"), "2")
        XCTAssertEqual(try fixture.rows("SELECT extract(year FROM x)::INTEGER FROM \(series) x LIMIT 2"), "2024|3024")
        XCTAssertEqual(fixture.error("SELECT count(*) FROM \(series)")?.slug, .dataError)
    }

    /// A field that is NULL has no type of its own.
    func test_rowsWithNULL_areOfTheTypesOfOthers() {
        check([
            ("x::TEXT FROM (VALUES (ROW(1, 2)), (ROW(NULL, NULL)), (NULL)) t(x)", #""(1,2)"|"(,)"|"#), ("(ARRAY[ROW(NULL, 'a'), ROW(1, NULL)])[1]::TEXT", #""(,a)""#),
            ("x::TEXT FROM (SELECT (NULL, 2) AS x UNION ALL SELECT (1, 3) UNION ALL SELECT (NULL, NULL)) u ORDER BY (x).f2", #""(,2)"|"(1,3)"|"(,)""#),
            ("coalesce(ROW(1, NULL), ROW(NULL, 2))::TEXT", #""(1,)""#), ("(CASE WHEN true THEN ROW(NULL, ROW(2, NULL)) ELSE ROW(1, ROW(NULL, 3)) END)::TEXT", #""(,""(2,)"")""#),
        ])
        XCTAssertEqual(fixture.error("SELECT ARRAY[ROW(1), ROW('x')]")?.cause, .typeMismatch)
    }

    func test_bits_standNowhereInNone() { check([("position(B'' IN B'')", "0"), ("position(B'' IN B'101')", "1"), ("position(B'1' IN B'001')", "3"), ("position('' IN '')", "1")]) }

    func test_fieldsOfTimes_haveAllOfTheirNames() {
        check([("extract(millenniums FROM timestamp '2020-01-01') = 3", "true"), ("date_part('msecond', time '10:00:01.5') = 1500", "true"), ("extract(usecond FROM interval '1 sec') = 1000000", "true")])
    }

    func test_dayOfYear_withoutYear_isNoDate() { XCTAssertEqual(fixture.error("SELECT to_date('340', 'DDD')")?.cause, .invalidTime) }

    func test_times() {
        check([
            ("DATE '2024-01-31' + INTERVAL '1 month'", "2024-02-29T00:00:00.000000"), ("DATE '2024-03-01' - DATE '2024-02-01'", "29"),
            ("DATE '2024-01-01' + 31", "2024-02-01"), ("date_trunc('month', TIMESTAMP '2024-05-17 10:00')", "2024-05-01T00:00:00.000000"),
            ("date_trunc('week', TIMESTAMP '2024-05-19 10:00')", "2024-05-13T00:00:00.000000"),
            ("extract(year FROM DATE '2024-05-17')", "2024"), ("extract(second FROM TIMESTAMP '2024-05-17 10:00:07.25')", "7.250000"),
            ("extract(epoch FROM INTERVAL '1 day 1 hour')", "90000.000000"), ("extract(dow FROM DATE '2024-05-19')", "0"),
            ("extract(isodow FROM DATE '2024-05-19')", "7"), ("extract(week FROM DATE '2021-01-03')", "53"),
            ("extract(quarter FROM DATE '2024-05-19')", "2"), ("date_part('month', DATE '2024-05-19')", "5"),
            ("make_date(2024, 2, 29)", "2024-02-29"),
            ("TIMESTAMP '2024-03-31 10:00' - TIMESTAMP '2024-03-29 08:00'", "P2DT2H"),
            ("age(TIMESTAMP '2024-03-01', TIMESTAMP '2023-01-31')", "P1Y1M1D"),
            ("TIMESTAMPTZ '2024-03-31 00:30:00+00' AT TIME ZONE 'Europe/Kyiv'", "2024-03-31T02:30:00.000000"),
            ("TIMESTAMP '2024-07-01 12:00' AT TIME ZONE 'Europe/Kyiv'", "2024-07-01T09:00:00.000000Z"),
            ("to_char(TIMESTAMP '2024-05-07 15:04:05', 'YYYY-MM-DD HH24:MI:SS')", "2024-05-07 15:04:05"),
            ("to_char(TIMESTAMP '2024-05-07 15:04:05', 'FMDay, DD FMMonth YYYY HH12:MI am')", "\"Tuesday, 07 May 2024 03:04 pm\""),
            ("to_char(1234.5, 'FM9,999.00')", "\"1,234.50\""), ("to_char(-5, '999')", "  -5"), ("to_char(1234567.891, '9,999,999.99')", "\" 1,234,567.89\""),
            ("INTERVAL '1 month' * 1.5", "P1M15D"), ("INTERVAL '1 day' / 2", "PT12H"),
        ])
    }

    func test_zones_daylightSaving_isOnTheZonesClock() throws {
        var fixture = QueryFixture(threads: 1)
        fixture.timeZone = "Europe/Kyiv"
        XCTAssertEqual(
            try fixture.rows("SELECT TIMESTAMPTZ '2024-03-30 12:00' + INTERVAL '1 day', TIMESTAMPTZ '2024-03-30 12:00' + INTERVAL '24 hours'"),
            "2024-03-31T09:00:00.000000Z,2024-03-31T10:00:00.000000Z")
        XCTAssertEqual(
            try fixture.rows("SELECT date_trunc('day', TIMESTAMPTZ '2024-03-31 12:00'), '2024-07-01'::TIMESTAMPTZ::VARCHAR"),
            "2024-03-30T22:00:00.000000Z,2024-07-01 00:00:00+03")
    }

    func test_errors_carrySlugAndPosition() {
        let cases: [(String, QueryError.Slug)] = [
            ("SELECT 1 / 0", .dataError), ("SELECT 1.0 / 0", .dataError), ("SELECT 'x'::INTEGER", .dataError),
            ("SELECT 99999999999999999999999999999999999999 + 1.0", .numericOverflow),
            ("SELECT 99999999999999999999999999999999999999 * 99999999999999999999999999999999999999", .numericOverflow),
            ("SELECT make_date(2023, 2, 29)", .dataError), ("SELECT DATE '5874897-12-31' + 1", .dataError),
            ("SELECT 9223372036854775807 + 1::BIGINT", .numericOverflow), ("SELECT sqrt(-1)", .dataError),
            ("SELECT now() AT TIME ZONE 'No/Where'", .dataError), ("SELECT repeat('x', 2000000000)", .dataError),
        ]
        for (query, slug) in cases {
            let error = fixture.error(query)
            XCTAssertEqual(error?.slug, slug, "\(query): \(String(describing: error))")
            XCTAssertNotNil(error?.position, query)
        }
    }

    func test_lazyEvaluation_undecidedRowsOnly() {
        check([
            ("CASE WHEN false THEN 1 / 0 ELSE 2 END", "2"), ("coalesce(1, 1 / 0)", "1"), ("false AND 1 / 0 = 1", "false"),
            ("true OR 1 / 0 = 1", "true"), ("NULL AND false", "false"), ("NULL OR true", "true"), ("NOT NULL::BOOLEAN", ""),
            ("1 IN (2, NULL)", ""), ("1 IN (1, NULL)", "true"), ("1 NOT IN (2, 3)", "true"), ("NULL IS NOT DISTINCT FROM NULL", "true"),
        ])
    }

    /// Days are instants to OVERLAPS, as to PostgreSQL: in Kathmandu clocks went from midnight to a quarter past as 1986 began, and a day after that is a quarter past, too.
    func test_overlaps_ofDays_goesByTheZonesClocks() throws {
        var fixture = QueryFixture()
        let question = "SELECT (DATE '1986-01-02', DATE '1986-01-02') OVERLAPS (DATE '1986-01-01', INTERVAL '1 day')"
        XCTAssertEqual(try fixture.rows(question), "false")
        fixture.timeZone = "Asia/Kathmandu"
        XCTAssertEqual(try fixture.rows(question), "true")
    }
}
