import ColumnStore
import Query
import XCTest

@testable import Server

/// Goal: values of a Bind message are a query's own. Method: values in both forms, at the ends of their types, and bytes that are none.
final class BoundParametersTests: XCTestCase {
    private func read(_ text: String, _ type: PostgresType) throws -> QueryParameter {
        try BoundParameters.read([Array(text.utf8)], formats: [], types: [type.rawValue])[0]
    }

    func test_read_text_isOfItsType() throws {
        XCTAssertEqual(try read("-9223372036854775808", .int8), .typed(.integer(.min), .int64))
        XCTAssertEqual(try read("-1", .oid), .typed(.integer(4_294_967_295), .int64))
        XCTAssertEqual(try read("", .char), .string(""))
        XCTAssertEqual(try read("-32768", .int2), .typed(.integer(-32_768), .int32))
        XCTAssertEqual(try read("1.500", .numeric), .typed(.decimal(1_500), .decimal38(scale: 3)))
        XCTAssertEqual(try read("2026-11-21", .date), .typed(.integer(20_778), .date))
        // A REAL is kept as the DOUBLE that shows its digits.
        XCTAssertEqual(try read("1.1", .float4), .typed(.double(1.1), .double))
        XCTAssertEqual(
            try BoundParameters.read([Array("[1:2]={3,4}".utf8)], formats: [], types: [1007]), [.typed(.list([.integer(3), .integer(4)]), .list(element: Field("element", .int32)))])
        XCTAssertEqual(try read("a  ", .bpchar), .string("a"))
        XCTAssertEqual(try read("any text", .varchar), .string("any text"))
        XCTAssertEqual(try read("infinity", .date), .typed(.integer(Int64(Int32.max)), .date))
        XCTAssertEqual(try read("-Infinity", .timestamp), .typed(.integer(.min), .timestamp(isUTC: false)))
        // Without an offset it is a time of the session's zone, which the question knows.
        XCTAssertEqual(try read("2026-11-21 10:00", .timestamptz), .text("2026-11-21 10:00", .timestampTZ))
        XCTAssertEqual(try BoundParameters.read([nil, nil], formats: [], types: [23, 25]), [.typed(.null, .int32), .null])
    }

    /// The last moment of a day is the first of the next, and no offset is as far as sixteen hours.
    func test_read_endsOfTimesAndBounds_areTaken() throws {
        XCTAssertEqual(try read("2026-01-01 24:00:00", .timestamp), try read("2026-01-02 00:00:00", .timestamp))
        let array = [PostgresType.timestamptz.arrayType]
        XCTAssertEqual(
            try BoundParameters.read([Array("{2026-01-01 15:59:59+15:59:59}".utf8)], formats: [], types: array), try BoundParameters.read([Array("{2026-01-01 00:00:00+00}".utf8)], formats: [], types: array))
        XCTAssertEqual(
            try BoundParameters.read([Array("[1:1][1:2]={{1,2}}".utf8)], formats: [], types: [1007]), try BoundParameters.read([Array("{{1,2}}".utf8)], formats: [], types: [1007]))
    }

    /// Of a date that begins with its day the question's own literals know the order.
    func test_read_dates_areOfTheSessionsOrder() throws {
        for (text, type, wanted) in [
            ("1/2/2024", PostgresType.date, QueryParameter.text("1/2/2024", .date)), ("2024-02-01", .date, .typed(.integer(19_754), .date)), ("1.2.2024 10:00", .timestamp, .text("1.2.2024 10:00", .timestamp(isUTC: false))),
        ] {
            XCTAssertEqual(try BoundParameters.read([Array(text.utf8)], formats: [], types: [type.rawValue], session: TextSession(order: .dmy)), [wanted], text)
        }
        XCTAssertEqual(try read("1/2/2024", .date), .typed(.integer(19_724), .date))
        let list = Array("{1/2/2024,\"1/2/2024\",2024-02-01,NULL}".utf8)
        for (order, day) in [(DateOrder.dmy, Value.integer(19_754)), (.mdy, .integer(19_724))] {
            let read = try BoundParameters.read([list], formats: [], types: [PostgresType.date.arrayType], session: TextSession(order: order))
            XCTAssertEqual(read, [.typed(.list([day, day, .integer(19_754), .null]), .list(element: Field("element", .date)))], order.rawValue)
        }
    }

    /// 00:00 of Kyiv's winter is 22:00 the day before; an offset of its own says it all.
    func test_read_listsOfMoments_areOfTheSessionsZone() throws {
        let kyiv = try XCTUnwrap(try TimeZoneDatabase.system.rules(for: "Europe/Kyiv"))
        let midnight = Int64(1_704_067_200_000_000), list = Array("{2024-01-01 00:00,2024-01-01,2024-01-01 00:00:00+00,NULL}".utf8)
        for (zone, wanted) in [(kyiv, midnight - 7_200_000_000), (.utc, midnight)] {
            let read = try BoundParameters.read([list], formats: [], types: [PostgresType.timestamptz.arrayType], session: TextSession(zone: zone))
            XCTAssertEqual(read, [.typed(.list([.integer(wanted), .integer(wanted), .integer(midnight), .null]), .list(element: Field("element", .timestampTZ)))], zone.name)
        }
    }

    func test_read_intervals_haveSignsOfTheSessionsStyle() throws {
        for (style, microseconds) in [(IntervalStyle.sqlStandard, Int64(-7_384_000_000)), (.postgres, 7_384_000_000)] {
            let read = try BoundParameters.read([Array("-1 2:03:04".utf8), Array("{-1 2:03:04}".utf8)], formats: [], types: [PostgresType.interval.rawValue, PostgresType.interval.arrayType], session: TextSession(intervals: style))
            let value = Value.interval(Interval(months: 0, days: -1, microseconds: microseconds))
            XCTAssertEqual(read, [.typed(value, .interval), .typed(.list([value]), .list(element: Field("element", .interval)))], style.rawValue)
        }
    }

    func test_read_lists_haveOneScale() throws {
        let found = try BoundParameters.read([Array("{1,2.50,NULL}".utf8)], formats: [.text], types: [PostgresType.numeric.arrayType])
        XCTAssertEqual(found, [.typed(.list([.decimal(100), .decimal(250), .null]), .list(element: Field("element", .decimal38(scale: 2))))])
    }

    func test_read_noValues_areFaults() {
        for (text, type) in [("x", PostgresType.int4), ("2147483648", .int4), ("", .numeric), ("NaN", .numeric), ("infinite", .date), ("2026-13-01", .date), ("--infinity", .timestamp)] {
            XCTAssertThrowsError(try read(text, type), "\(text) as \(type)")
        }
        let table: [(text: String, type: UInt32, state: String)] = [
            ("2026-01-01 99:00:00", 1114, "22008"), ("2026-01-01 24:00:00.000001", 1114, "22008"), ("2026-01-01 99:00:00", 1082, "22008"), ("2026-01-01 00:00:00+16", 1082, "22009"),
            ("{2026-01-01 00:00:00-16:00}", 1185, "22009"), ("{2026-01-01 25:00:00}", 1115, "22008"), ("[1:5]={1,2}", 1007, "22P02"), ("[1:x]={1}", 1007, "22P02"), ("[2:1]={1}", 1007, "22P02"),
            ("[1:2]]={1,2}", 1007, "22P02"), ("[1::2]={1,2}", 1007, "22P02"), ("[1:2]={}", 1007, "22P02"), ("[1:2][1:1]={{1,2}}", 1007, "22P02"),
            ("[-2147483648:2147483647]={1}", 1007, "22P02"),
            ("a\0b", 25, "22021"), ("\\xzz", 17, "22023"), ("\\x1", 17, "22023"), ("4294967296", 26, "22003"), ("pg", 26, "22P02"), ("\"\\u0000\"", 3802, "22P05"), ("{", 3802, "22P02"),
        ]
        for (text, type, state) in table {
            XCTAssertThrowsError(try BoundParameters.read([Array(text.utf8)], formats: [], types: [type]), text) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, text) }
        }
        let arrays: [(bytes: [UInt8], state: String)] = [
            ([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25], "42804"), ([0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 23], "54000"),
            ([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 1, 0, 0, 0, 0, 1], "08P01"),
        ]
        for (bytes, state) in arrays {
            XCTAssertThrowsError(try BoundParameters.read([bytes], formats: [.binary], types: [1007])) { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, state, "\(bytes)") }
        }
        // What NUMERIC has there and DECIMAL has not, in both forms, and arrays that begin elsewhere, whose places would be others here.
        let unsupported: [(bytes: [UInt8], type: UInt32, format: WireFormat)] = [
            (Array("NaN".utf8), 1700, .text), (Array("-Infinity".utf8), 1700, .text), ([0, 0, 0, 0, 0xC0, 0, 0, 0], 1700, .binary), ([0, 0, 0, 0, 0xD0, 0, 0, 0], 1700, .binary),
            (Array("{1,NaN}".utf8), 1231, .text), (Array("[0:1]={1,2}".utf8), 1007, .text),
            ([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 4, 0, 0, 0, 7], 1007, .binary),
        ]
        for (bytes, type, format) in unsupported {
            XCTAssertThrowsError(try BoundParameters.read([bytes], formats: [format], types: [type]), "\(bytes)") { XCTAssertEqual(($0 as? PostgresFault)?.state.rawValue, "0A000", "\(bytes)") }
        }
        XCTAssertThrowsError(try BoundParameters.read([[1, 2, 3]], formats: [.binary], types: [23]))
        XCTAssertThrowsError(try BoundParameters.read([[0x41, 0]], formats: [.text], types: [25]))
        XCTAssertThrowsError(try BoundParameters.read([[0xFF]], formats: [.text], types: [25]))
    }
}
