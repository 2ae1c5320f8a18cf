import XCTest

@testable import Query

/// Goal: logarithms to a base are whole where they are. Method: powers of several bases, and what has no logarithm.
final class TranscendentalTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)

    func test_log_ofPowers_isWhole() throws {
        for (base, powers) in [(10.0, 0...22), (2.0, -30...60), (3.0, 0...33), (5.0, 0...22), (7.0, 0...18)] {
            for power in powers {
                var value = 1.0
                for _ in 0..<power.magnitude { value = power < 0 ? value / base : value * base }
                XCTAssertEqual(try fixture.rows("SELECT log(\(base)::float8, '\(value)'::float8) = \(power)"), "true", "\(base)^\(power)")
            }
        }
        XCTAssertEqual(try fixture.rows("SELECT floor(log(10, 1000)) = 3, abs(log(3.0::float8, 10.0::float8) - 2.0959) < 0.0001, log(2.0::float8, NULL) IS NULL"), "true,true,true")
    }

    func test_log_ofWhatHasNone_isRefused() {
        for (call, cause) in [("log(2, 0)", QueryError.Cause.badLogarithm), ("log(2, -1)", .badLogarithm), ("log(0, 2)", .badLogarithm), ("log(1, 2)", .divisionByZero)] {
            XCTAssertEqual(fixture.error("SELECT \(call)")?.cause, cause, call)
        }
    }
}
