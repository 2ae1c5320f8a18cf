import Query
import XCTest

/// Goal: what is no date or time is reported as PostgreSQL 15 reports it. Method: texts whose faults were taken from it, as constants and as a column's.
final class DateTimeReaderTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)

    private static let faults: [(text: String, type: String, cause: QueryError.Cause)] = [
        // Days where a time is wanted: `-01-01` stands where an offset might.
        ("2020-01-01", "TIME", .invalidTime), ("2020-16-01", "TIME", .badOffset), ("2020/01/02", "TIME", .invalidTime), ("2020-02-30 10:00", "TIME", .timeOutOfRange),
        ("25:00", "TIME", .timeOutOfRange), ("24:00:01", "TIME", .timeOutOfRange), ("5", "TIME", .invalidTime),
        // A day stands in one piece before the time, with nothing between.
        ("2023-08-17T23:00:08.539Z", "TIME", .invalidTime), ("2023-08-17T23:00:08", "TIME", .invalidTime), ("Aug 17 2023 23:00:08", "TIME", .invalidTime), ("20230817 23:00:08", "TIME", .invalidTime),
        // Clocks where a day is.
        ("24:00", "DATE", .invalidTime), ("12:00", "DATE", .invalidTime), ("25:00", "DATE", .timeOutOfRange), ("12:00", "TIMESTAMP", .invalidTime),
        // Days that are none, before our era, too; and numbers that are no whole date.
        ("2020-02-30", "DATE", .timeOutOfRange), ("2020-02-29 BC", "DATE", .timeOutOfRange), ("0000-01-01 BC", "DATE", .timeOutOfRange),
        ("2020-13-45 10:00", "TIMESTAMP", .timeOutOfRange), ("2020-13", "DATE", .invalidTime), ("5", "DATE", .invalidTime), ("13", "DATE", .timeOutOfRange),
        ("99999999999-01-01", "DATE", .timeOutOfRange), ("300000-01-01", "TIMESTAMP", .timeOutOfRange),
        // Halves of the day.
        ("2020-01-01 13:00 PM", "TIMESTAMP", .timeOutOfRange), ("13:00 PM", "TIME", .timeOutOfRange), ("13:00 PM", "DATE", .timeOutOfRange),
        // Offsets and zones.
        ("+16:00", "TIME", .badOffset), ("+16:00", "DATE", .badOffset), ("-5", "DATE", .invalidTime), ("12:00+16:00", "TIME", .badOffset),
        ("2020-01-01 10:00+16:00", "TIMESTAMPTZ", .badOffset), ("2020-01-01 10:00+16:00", "DATE", .badOffset), ("10:00 Europe/Nowhere", "TIME", .badValue),
        ("10:00 Europe/Kyiv", "TIME", .invalidTime), ("10:00 PM America/New_York", "TIME", .invalidTime), ("Europe/Kyiv 10:00", "TIME", .invalidTime),
        ("2020-01-01 Europe/Nowhere", "DATE", .badValue), ("2020-01-01 nowhere", "DATE", .invalidTime),
    ]

    /// A zone's hours depend on the day, but those of one that has had the same always.
    func test_times_besideZones() throws {
        for text in ["10:00 UTC", "10:00 EST", "10:00+02", "10:00 MSK", "10:00 Etc/UTC", "2020-06-01 10:00 Europe/Kyiv", "2020-06-01 10:00Z", "17-Aug-2023 10:00", "J2460174 10:00"] { XCTAssertEqual(try fixture.rows("SELECT '\(text)'::TIME::text"), "10:00:00", text) }
    }

    func test_constants_areToldByWhatIsWrongWithThem() {
        for (text, type, cause) in Self.faults { XCTAssertEqual(fixture.error("SELECT '\(text)'::\(type)")?.cause, cause, "\(text) \(type)") }
    }

    func test_textsOfRows_areToldAsConstantsAre() {
        for (text, type, cause) in Self.faults {
            XCTAssertEqual(fixture.error("SELECT s::\(type) FROM (VALUES ('\(text)'), (NULL)) t(s)")?.cause, cause, "\(text) \(type)")
        }
        XCTAssertEqual(fixture.error("SELECT s::INTERVAL FROM (VALUES ('P99999999999Y'), (NULL)) t(s)")?.cause, .intervalOverflow)
    }

    func test_intervalsByISO_areToldByWhatIsWrongWithThem() {
        let faults: [(text: String, cause: QueryError.Cause)] = [
            // Numbers beyond their fields, in each of the forms.
            ("P0.1Y2147483647M", .intervalOverflow), ("P1W2147483647D", .intervalOverflow), ("PT2562047789", .intervalOverflow),
            ("P0.1-2147483647-00", .intervalOverflow), ("PT2562047788.1:00:54.775807", .intervalOverflow),
            // Each has room, and the months of the years have none.
            ("P1-2147483647-2147483647", .timeOutOfRange),
            ("P1Z", .invalidTime),
        ]
        for (text, cause) in faults {
            XCTAssertEqual(fixture.error("SELECT INTERVAL '\(text)'")?.cause, cause, text)
            XCTAssertEqual(fixture.error("SELECT s::INTERVAL FROM (VALUES ('\(text)'), (NULL)) t(s)")?.cause, cause, "\(text) of a row")
        }
    }

    func test_whatIsATime_isReadAsBefore() throws {
        XCTAssertEqual(try fixture.rows("SELECT '24:00'::TIME, '12:00 PM'::TIME, '2020-02-29 24:00'::TIMESTAMP, '0001-02-03 BC'::DATE::TEXT, '01-02-03'::DATE"),
                       "24:00:00.000000,12:00:00.000000,2020-03-01T00:00:00.000000,0001-02-03 BC,2003-01-02")
    }
}
