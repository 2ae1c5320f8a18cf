import ColumnStore
import XCTest

@testable import Query

/// Goal: a RANGE distance with more digits than its key reaches the rows that it reaches by arithmetic. Method: prices a cent apart, and bounds on either side, worked out by hand.
final class FinerDistancesTests: XCTestCase {
    private let fixture: QueryFixture = {
        let rows: [[Value]] = [[.integer(1), .decimal(100)], [.integer(2), .decimal(101)], [.integer(4), .decimal(102)], [.integer(8), .decimal(150)]]
        return QueryFixture([("t", QueryFixture.table([Field("x", .int64), Field("price", .decimal(precision: 10, scale: 2))], rows))])
    }()

    private func query(_ frame: String, order: String = "price") -> String {
        "SELECT x, sum(x) OVER (ORDER BY \(order) RANGE BETWEEN \(frame)) FROM t ORDER BY x"
    }

    func test_frames_reachTheRowsWithinTheDistance() throws {
        for (frame, expected) in [
            ("0.005 PRECEDING AND CURRENT ROW", "1,1|2,2|4,4|8,8"), ("0.015 PRECEDING AND CURRENT ROW", "1,1|2,3|4,6|8,8"),
            ("0.0199 PRECEDING AND 0.005 FOLLOWING", "1,1|2,3|4,6|8,8"), ("0.020 PRECEDING AND CURRENT ROW", "1,1|2,3|4,7|8,8"),
            ("CURRENT ROW AND 0.019 FOLLOWING", "1,3|2,6|4,4|8,8"), ("0 PRECEDING AND 0.4899 FOLLOWING", "1,7|2,6|4,12|8,8"),
        ] { XCTAssertEqual(try fixture.rows(query(frame)), expected, frame) }
    }

    /// A frame that begins behind the row, or ends before it, leaves out what is nearer than the distance.
    func test_framesAsideOfTheRow_leaveOutWhatIsNearer() throws {
        for (frame, expected) in [
            ("0.011 FOLLOWING AND 0.02 FOLLOWING", "1,4|2,|4,|8,"), ("0.001 FOLLOWING AND 0.5 FOLLOWING", "1,14|2,12|4,8|8,"),
            ("0.02 PRECEDING AND 0.011 PRECEDING", "1,|2,|4,1|8,"), ("0.5 PRECEDING AND 0.001 PRECEDING", "1,|2,1|4,3|8,7"),
        ] { XCTAssertEqual(try fixture.rows(query(frame)), expected, frame) }
    }

    func test_descendingOrders_turnTheFrames() throws {
        for (frame, expected) in [
            ("0.015 PRECEDING AND CURRENT ROW", "1,3|2,6|4,4|8,8"), ("CURRENT ROW AND 0.015 FOLLOWING", "1,1|2,3|4,6|8,8"),
            ("0.011 FOLLOWING AND 0.02 FOLLOWING", "1,|2,|4,1|8,"),
        ] { XCTAssertEqual(try fixture.rows(query(frame, order: "price DESC")), expected, frame) }
    }

    /// Less than nothing, though no cent of it is left.
    func test_negativeDistances_areRefused() {
        XCTAssertEqual(fixture.error(query("-0.001 PRECEDING AND CURRENT ROW"))?.cause, .badFrameDistance)
    }
}
