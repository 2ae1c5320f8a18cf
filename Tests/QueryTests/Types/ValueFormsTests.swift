import ColumnStore
import XCTest

@testable import Query

/// Goal: the forms of a session hold wherever a question makes a text of a value. Method: texts of constants, which planning folds, and of rows, under each setting, beside what PostgreSQL 15 gives for them.
final class ValueFormsTests: XCTestCase {
    /// The texts of the first row.
    private func texts(_ items: [String], _ forms: ValueForms, zone: String = "UTC", from: String = "") throws -> [String] {
        var fixture = QueryFixture()
        (fixture.forms, fixture.timeZone) = (forms, zone)
        let (_, batches) = try fixture.batches("SELECT " + items.joined(separator: ", ") + from)
        return try XCTUnwrap(batches.first).columns.map { column in
            if case .bytes(let bytes) = column.value(at: 0) { String(decoding: bytes, as: UTF8.self) } else { "no text" }
        }
    }

    /// Each way in which a question makes a text of a value.
    private func ways(_ value: String) -> [String] {
        [
            "(\(value))::text", "concat(\(value))", "format('%s', \(value))", "\(value) || ''", "ARRAY[\(value)]::text", "array_to_string(ARRAY[\(value)], ',')", "row(\(value))::text", "to_json(\(value))::text",
            "to_jsonb(\(value))::text", "json_build_object('a', \(value))::text",
        ]
    }

    func test_intervals_haveTheSessionsStyle() throws {
        let table: [(style: IntervalStyle, text: String, isPlain: Bool)] = [
            (.postgres, "1 year 2 mons -3 days +04:05:06.7", false), (.iso8601, "P1Y2M-3DT4H5M6.7S", true), (.sqlStandard, "+1-2 -3 +4:05:06.7", false),
            (.postgresVerbose, "@ 1 year 2 mons -3 days 4 hours 5 mins 6.7 secs", false),
        ]
        for (style, text, isPlain) in table {
            let quoted = isPlain ? text : "\"\(text)\""
            let expected = [text, text, text, text, "{\(quoted)}", text, "(\(quoted))", "\"\(text)\"", "\"\(text)\"", "{\"a\" : \"\(text)\"}"]
            XCTAssertEqual(try texts(ways("interval '1 year 2 mons -3 days 04:05:06.7'"), ValueForms(intervals: style)), expected, style.rawValue)
        }
        // Of rows, which are no constants.
        let sums = ["string_agg((interval '1 day' * g)::text, ';' ORDER BY g)", "json_agg(interval '1 day' * g ORDER BY g)::text", "array_agg(interval '1 day' * g ORDER BY g)::text"]
        XCTAssertEqual(try texts(sums, ValueForms(intervals: .iso8601), from: " FROM generate_series(1, 2) AS s(g)"), ["P1D;P2D", "[\"P1D\", \"P2D\"]", "{P1D,P2D}"])
    }

    /// Constants, texts of rows, lists and documents: `-1 2:03:04` is a day and some hours ago by SQL's standard, and -1 day with hours ahead in the other styles.
    func test_intervals_areReadByTheSessionsStyle() throws {
        let items = [
            "'-1 2:03:04'::interval", "interval '-1 2:03:04'", "interval '-1 2:03' day to minute", "('-1 2:03:04' || '')::interval", "('{-1 2:03:04}'::interval[])[1]", "('{-1 2:03:04}'::text::interval[])[1]",
            "(ARRAY[interval '1 day'] || '{-1 2:03:04}')[2]", "v.t::interval",
        ].map { "extract(epoch FROM \($0))::int::text" }
        let from = " FROM (VALUES ('-1 2:03:04')) v(t)"
        func seconds(_ sign: Int) -> [String] { [7_384, 7_384, 7_380, 7_384, 7_384, 7_384, 7_384, 7_384].map { String(-86_400 + sign * $0) } }
        XCTAssertEqual(try texts(items, ValueForms(intervals: .sqlStandard), from: from), seconds(-1))
        XCTAssertEqual(try texts(items, .plain, from: from), seconds(1))
    }

    /// Days and moments in XML are ISO's whatever the session's style is, as in JSON; what has no end is none.
    func test_daysAndMomentsOfXML_areISOs() throws {
        let items = [
            "xmlelement(name a, date '2024-01-02', timestamp '2024-01-02 03:04:05.678', timestamptz '2024-01-02 03:04:05+00')", "xmlelement(name a, xmlattributes(date '2024-01-02' AS d, timestamptz '2024-07-02 03:04:05+00' AS t))",
            "xmlforest(date '0044-01-02 BC' AS d, timestamp '0044-03-15 BC' AS t)",
        ]
        for forms in [ValueForms.plain, ValueForms(dates: .german)] {
            XCTAssertEqual(
                try texts(items, forms, zone: "Europe/Kyiv"),
                ["<a>2024-01-022024-01-02T03:04:05.6782024-01-02T05:04:05+02:00</a>", "<a d=\"2024-01-02\" t=\"2024-07-02T06:04:05+03:00\"/>", "<d>0044-01-02 BC</d><t>0044-03-15T00:00:00 BC</t>"])
        }
        for value in ["date 'infinity'", "timestamp '-infinity'", "timestamptz 'infinity'"] { XCTAssertThrowsError(try texts(["xmlelement(name a, \(value))"], .plain), value) }
    }

    /// The list of a row's texts, in quotes where they have commas, and values within them in the session's forms.
    func test_listsOfRows_haveTheTextsOfRows() throws {
        let items = ["ARRAY[ROW(1, 'a b'), ROW(2, NULL)]::text", "concat(ARRAY[ROW(1)])", "ARRAY[ROW(interval '1 day')]::text", "x::text"]
        XCTAssertEqual(try texts(items, ValueForms(intervals: .iso8601), from: " FROM (SELECT ARRAY[ROW(1, true)] AS x) t"), [#"{"(1,\"a b\")","(2,)"}"#, "{(1)}", "{(P1D)}", #"{"(1,t)"}"#])
    }

    /// A list that is written beside one of moments has those of the session's zone.
    func test_momentsOfLists_areOfTheSessionsZone() throws {
        let list = "ARRAY[timestamptz '2024-01-01 00:00+00']"
        let items = ["\(list) = '{2024-01-01 02:00}'", "\(list) @> '{2024-01-01 02:00}'", "timestamptz '2024-01-01 00:00+00' = ANY ('{2024-01-01 02:00}')", "coalesce('{2024-01-01 02:00}', \(list)) = \(list)"]
        XCTAssertEqual(try texts(items.map { "(\($0))::text" }, .plain, zone: "Europe/Kyiv"), ["true", "true", "true", "true"])
    }

    func test_bytes_areEscapedWhereTheSessionSaysSo() throws {
        let value = "'\\x00416c5cff'::bytea", forms = ValueForms(escapesBytes: true)
        let doubled = #"\\000Al\\\\\\377"#
        XCTAssertEqual(
            try texts(["(\(value))::text", "concat(\(value), '')", "format('%s', \(value))", "row(\(value))::text", "to_json(\(value))::text", "length((\(value))::text)::text"], forms),
            [#"\000Al\\\377"#, #"\000Al\\\377"#, #"\000Al\\\377"#, "(\"\(doubled)\")", "\"\(doubled)\"", "12"])
        XCTAssertEqual(try texts(["(\(value))::text"], .plain), [#"\x00416c5cff"#])
    }

    func test_floats_haveTheDigitsThatTheSessionAsksFor() throws {
        let third = "(1::float8 / 3)"
        XCTAssertEqual(
            try texts(ways("(0.1::float8 + 0.2::float8)"), ValueForms(extraFloatDigits: 0)), ["0.3", "0.3", "0.3", "0.3", "{0.3}", "0.3", "(0.3)", "0.3", "0.3", "{\"a\" : 0.3}"])
        XCTAssertEqual(try texts(["(0.1::float8 + 0.2::float8)::text"], .plain), ["0.30000000000000004"])
        let items = ["\(third)::text", "\(third)::float4::text", "ARRAY[\(third)::float4]::text", "1e15::float8::text", "1e14::float8::text", "123456789::float4::text", "'NaN'::float8::text", "'-Infinity'::float8::text", "'-0'::float8::text", "0.00001::float8::text"]
        XCTAssertEqual(
            try texts(items, ValueForms(extraFloatDigits: 0)), ["0.333333333333333", "0.333333", "{0.333333}", "1e+15", "100000000000000", "1.23457e+08", "NaN", "-Infinity", "-0", "1e-05"])
        XCTAssertEqual(try texts(["\(third)::text", "\(third)::float4::text", "123456.789::float8::text", "123456789012::float8::text"], ValueForms(extraFloatDigits: -5)), ["0.3333333333", "0.3", "123456.789", "1.23456789e+11"])
        XCTAssertEqual(try texts(["\(third)::text", "123::float8::text"], ValueForms(extraFloatDigits: -15)), ["0.3", "1e+02"])
    }

    func test_daysAndMoments_haveTheSessionsStyle() throws {
        let items = [
            "(date '2024-01-02')::text", "concat(date '2024-01-02')", "(date '0044-03-15 BC')::text", "(date 'infinity')::text", "(timestamp '2024-01-02 03:04:05.678')::text", "(timestamp '0044-03-15 01:02:03 BC')::text",
            "(timestamptz '2024-01-02 03:04:05.678+00')::text", "(timestamptz '2024-07-02 03:04:05+00')::text", "(timestamptz '-infinity')::text", "(time '03:04:05')::text", "ARRAY[timestamp '2024-01-02 03:04']::text",
            "row(date '2024-01-02', timestamp '2024-01-02 03:04:05')::text",
        ]
        let table: [(style: DateStyle, texts: [String])] = [
            (.sql(isDayFirst: false), [
                "01/02/2024", "01/02/2024", "03/15/0044 BC", "infinity", "01/02/2024 03:04:05.678", "03/15/0044 01:02:03 BC", "01/02/2024 05:04:05.678 EET", "07/02/2024 06:04:05 EEST", "-infinity", "03:04:05",
                "{\"01/02/2024 03:04:00\"}", "(01/02/2024,\"01/02/2024 03:04:05\")",
            ]),
            (.sql(isDayFirst: true), [
                "02/01/2024", "02/01/2024", "15/03/0044 BC", "infinity", "02/01/2024 03:04:05.678", "15/03/0044 01:02:03 BC", "02/01/2024 05:04:05.678 EET", "02/07/2024 06:04:05 EEST", "-infinity", "03:04:05",
                "{\"02/01/2024 03:04:00\"}", "(02/01/2024,\"02/01/2024 03:04:05\")",
            ]),
            (.postgres(isDayFirst: false), [
                "01-02-2024", "01-02-2024", "03-15-0044 BC", "infinity", "Tue Jan 02 03:04:05.678 2024", "Fri Mar 15 01:02:03 0044 BC", "Tue Jan 02 05:04:05.678 2024 EET", "Tue Jul 02 06:04:05 2024 EEST", "-infinity", "03:04:05",
                "{\"Tue Jan 02 03:04:00 2024\"}", "(01-02-2024,\"Tue Jan 02 03:04:05 2024\")",
            ]),
            (.postgres(isDayFirst: true), [
                "02-01-2024", "02-01-2024", "15-03-0044 BC", "infinity", "Tue 02 Jan 03:04:05.678 2024", "Fri 15 Mar 01:02:03 0044 BC", "Tue 02 Jan 05:04:05.678 2024 EET", "Tue 02 Jul 06:04:05 2024 EEST", "-infinity", "03:04:05",
                "{\"Tue 02 Jan 03:04:00 2024\"}", "(02-01-2024,\"Tue 02 Jan 03:04:05 2024\")",
            ]),
            (.german, [
                "02.01.2024", "02.01.2024", "15.03.0044 BC", "infinity", "02.01.2024 03:04:05.678", "15.03.0044 01:02:03 BC", "02.01.2024 05:04:05.678 EET", "02.07.2024 06:04:05 EEST", "-infinity", "03:04:05",
                "{\"02.01.2024 03:04:00\"}", "(02.01.2024,\"02.01.2024 03:04:05\")",
            ]),
        ]
        for (style, expected) in table { XCTAssertEqual(try texts(items, ValueForms(dates: style), zone: "Europe/Kyiv"), expected, "\(style)") }
    }

    /// JSON has ISO's alone.
    func test_daysAndMoments_inDocuments_areAsBefore() throws {
        XCTAssertEqual(
            try texts(["to_json(date '2024-01-02')::text", "to_json(timestamptz '2024-01-02 03:04+00')::text", "to_jsonb(timestamp '2024-01-02 03:04')::text"], ValueForms(dates: .german), zone: "Europe/Kyiv"),
            ["\"2024-01-02\"", "\"2024-01-02T05:04:00+02:00\"", "\"2024-01-02T03:04:00\""])
        // Names too.
        let named = ["json_build_object(date '2024-01-02', 1)::text", "jsonb_build_object(timestamp '2024-01-02 03:04', 1)::text"]
        XCTAssertEqual(try texts(named, ValueForms(dates: .german)), ["{\"2024-01-02\" : 1}", "{\"2024-01-02T03:04:00\": 1}"])
        let gathered = ["json_object_agg(date '2024-01-02' + g, g)::text", "jsonb_object_agg(timestamptz '2024-01-02 03:04+00', g)::text"]
        XCTAssertEqual(
            try texts(gathered, ValueForms(dates: .german), zone: "Europe/Kyiv", from: " FROM generate_series(1, 1) AS s(g)"), ["{ \"2024-01-03\" : 1 }", "{\"2024-01-02T05:04:00+02:00\": 1}"])
    }
}
