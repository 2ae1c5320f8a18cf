import XCTest

@testable import Query

/// Goal: a moment of seconds as a DOUBLE is PostgreSQL's to the microsecond. Method: numbers whose product with a million has no room for the last one.
final class FromTemplateTests: XCTestCase {
    func test_toTimestamp_ofSeconds_isRoundedFromTheYear2000() throws {
        let fixture = QueryFixture(threads: 1)
        for (seconds, moment) in [("1432767067.9050534", "2015-05-27 22:51:07.905053+00"), ("0.000001", "1970-01-01 00:00:00.000001+00"), ("0", "1970-01-01 00:00:00+00"), ("946684800.5", "2000-01-01 00:00:00.5+00")] {
            XCTAssertEqual(try fixture.rows("SELECT to_timestamp(\(seconds)::float8) = '\(moment)'::timestamptz"), "true", seconds)
        }
        XCTAssertNotNil(fixture.error("SELECT to_timestamp(1e300::float8)"))
        XCTAssertNotNil(fixture.error("SELECT to_timestamp('NaN'::float8)"))
    }
}
