import XCTest

@testable import Query

/// Goal: intervals times a number have all of their range. Method: its ends, as PostgreSQL 15 has them.
final class TimeArithmeticTests: XCTestCase {
    private let fixture = QueryFixture()

    func test_intervals_atTheirEnds_areScaled() throws {
        for end in ["2147483647 days", "-2147483648 days", "2147483647 months", "-2147483648 months"] {
            XCTAssertEqual(try fixture.rows("SELECT interval '\(end)' * 1 = interval '\(end)', interval '\(end)' / 1 = interval '\(end)'"), "true,true", end)
            for factor in ["1.5", "1.0000000009"] { XCTAssertNotNil(fixture.error("SELECT interval '\(end)' * \(factor)"), end) }
        }
        XCTAssertEqual(try fixture.rows("SELECT justify_interval(interval '2147483647 days 2147483647 hours')::text, justify_interval(interval '-2147483648 days -2147483647 hours')::text"), "6213783 years 8 mons 12 days 07:00:00,-6213783 years -8 mons -13 days -07:00:00")
        XCTAssertNotNil(fixture.error("SELECT justify_interval(interval '2147483647 months 29 days 24 hours')"))
        XCTAssertNotNil(fixture.error("SELECT interval '-2147483648 days' * -1"))
        XCTAssertNotNil(fixture.error("SELECT interval '1 day' * 'NaN'::double precision"))
    }
}
