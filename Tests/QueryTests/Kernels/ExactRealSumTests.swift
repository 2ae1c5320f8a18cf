import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Query

/// Goal: sums, means and deviations of doubles are the same to the last bit in whatever order and by whatever parts the rows come.
///
/// Method: seeded values of all magnitudes, shuffled, divided, put out and merged, entered and taken away.
final class ExactRealSumTests: XCTestCase {
    private var random = SplitMix64(state: 20_261_121)

    private func values(_ count: Int, exponents: ClosedRange<Int>) -> [Double] {
        (0..<count).map { _ in
            Double.random(in: -1...1, using: &random) * pow(2, Double(Int.random(in: exponents, using: &random)))
        }
    }

    private func sum(_ values: [Double]) -> ExactRealSum {
        var sum = ExactRealSum()
        for value in values { sum.add(value) }
        return sum
    }

    func test_sum_isTheSameInAnyOrder() {
        for exponents in [-3...12, -60...60, -300...300, -1_070...1_020] {
            let given = values(300, exponents: exponents)
            let expected = sum(given).value
            for _ in 0..<20 {
                XCTAssertEqual(sum(given.shuffled(using: &random)).value.bitPattern, expected.bitPattern, "\(exponents)")
            }
        }
    }

    func test_sum_isRoundedOnce() {
        XCTAssertEqual(sum([1e100, 1, -1e100]).value, 1)
        XCTAssertEqual(sum([Double](repeating: 0.1, count: 10)).value, 1)
        // Half way between two doubles: what lies below decides.
        XCTAssertEqual(sum([1, 0x1p-53]).value, 1)
        XCTAssertEqual(sum([1, 0x1p-53, 0x1p-200]).value, 1 + 0x1p-52)
        XCTAssertEqual(sum([1, 0x1p-53, -0x1p-200]).value, 1)
        // Past the range on the way, but not at its end.
        XCTAssertEqual(sum([1e308, 1e308, -1e308, -1e308, 5]).value, 5)
        XCTAssertEqual(sum([1e308, 1e308, -1e308]).value, 1e308)
        XCTAssertEqual(sum([1e308, 1e308]).value, .infinity)
        XCTAssertFalse(sum([1e308, 1e308]).isSpecial)
    }

    func test_zerosAndSpecialValues() {
        XCTAssertEqual(sum([-0.0, -0.0]).value.sign, .minus)
        XCTAssertEqual(sum([-0.0, 0.0]).value.sign, .plus)
        XCTAssertEqual(sum([1, -1]).value.sign, .plus)
        XCTAssertTrue(sum([.infinity, -.infinity]).value.isNaN)
        XCTAssertEqual(sum([.infinity, 1]).value, .infinity)
        var sum = sum([.infinity, .nan, 3, 1e307])
        for value in [.infinity, .nan, 1e307] { sum.subtract(value) }
        XCTAssertEqual(sum.value, 3)
        XCTAssertFalse(sum.isSpecial)
    }

    func test_whatIsTakenAway_leavesNoTrace() {
        for exponents in [-3...12, -300...300, -900...1_020] {
            let (kept, gone) = (values(50, exponents: exponents), values(200, exponents: exponents))
            var (sum, moments) = (ExactRealSum(), ExactRealMoments())
            for value in (kept + gone).shuffled(using: &random) {
                sum.add(value)
                moments.add(value)
            }
            for value in gone.shuffled(using: &random) {
                sum.subtract(value)
                moments.subtract(value)
            }
            var expected = ExactRealMoments()
            for value in kept { expected.add(value) }
            XCTAssertEqual(sum.value, self.sum(kept).value, "\(exponents)")
            XCTAssertEqual(moments.variance(isPopulation: false), expected.variance(isPopulation: false), "\(exponents)")
        }
    }

    func test_statesOfParts_mergeToTheSame() {
        for exponents in [-3...12, -300...300, -900...1_020] {
            let given = values(400, exponents: exponents)
            var whole = ExactRealMoments()
            for value in given { whole.add(value) }
            var (sums, moments) = ([ExactRealSum](), [ExactRealMoments]())
            for start in stride(from: 0, to: given.count, by: 37) {
                let part = Array(given[start..<min(given.count, start + 37)])
                sums.append(sum(part))
                var own = ExactRealMoments()
                for value in part { own.add(value) }
                moments.append(own)
            }
            var (total, totalMoments) = (ExactRealSum(), ExactRealMoments())
            for sum in ExactRealSum.sums(ExactRealSum.columns(sums)[...]).shuffled(using: &random) { total.add(sum) }
            for own in ExactRealMoments.moments(ExactRealMoments.columns(moments)).shuffled(using: &random) { totalMoments.add(own) }
            XCTAssertEqual(total.value, sum(given).value, "\(exponents)")
            XCTAssertEqual(totalMoments.variance(isPopulation: true), whole.variance(isPopulation: true), "\(exponents)")
        }
    }

    func test_variance_ofNeighboursFarFromZero() {
        var moments = ExactRealMoments()
        for value in [1e15 + 1, 1e15 + 2, 1e15 + 3] { moments.add(value) }
        XCTAssertEqual(moments.variance(isPopulation: false), 1)
        var large = ExactRealMoments()
        for value in [1e200, 1e200, 1e200] { large.add(value) }
        XCTAssertEqual(large.variance(isPopulation: false), 0)
        large.add(1e300)
        XCTAssertEqual(large.variance(isPopulation: false), .infinity)
        for value in [0x1p600, 0x1p600] { large.subtract(value) }
    }

    /// The same rows in several orders, by one worker and by four: pages and their answers agree.
    func test_statements_doNotDependOnOrderOrWorkers() throws {
        let columns = "sum(x), avg(x), stddev(x), var_pop(x), stddev(DISTINCT x)"
        let queries = [
            "SELECT \(columns) FROM t", "SELECT k, \(columns) FROM t GROUP BY k ORDER BY k", "SELECT k, \(columns) FROM t GROUP BY CUBE (k) ORDER BY k",
            "SELECT DISTINCT k, sum(x) OVER (PARTITION BY k), stddev(x) OVER (PARTITION BY k), avg(x) OVER (PARTITION BY k) FROM t ORDER BY k",
            "SELECT n, sum(x) OVER (ORDER BY n ROWS BETWEEN 7 PRECEDING AND 3 FOLLOWING), var_samp(x) OVER (ORDER BY n) FROM t ORDER BY n LIMIT 500",
        ]
        let fields = [Field("k", .int64), Field("n", .int64), Field("x", .double)]
        let rows = values(4_000, exponents: -20...40).enumerated().map { index, value in
            [Value.integer(Int64(index % 7)), .integer(Int64(index)), .double(value)]
        }
        var expected: [String]?
        for (threads, batchRowCount) in [(1, 4_000), (4, 100), (2, 1)] {
            let table = QueryFixture.table(fields, rows.shuffled(using: &random), batchRowCount: batchRowCount)
            let answers = try queries.map { try QueryFixture([("t", table)], threads: threads).rows($0) }
            XCTAssertEqual(answers, expected ?? answers)
            expected = expected ?? answers
        }
    }
}
