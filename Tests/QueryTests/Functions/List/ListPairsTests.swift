import XCTest

@testable import Query

/// Goal: running sums of pairs that leave the range are an error, and infinities among the pairs are none. Method: answers of PostgreSQL 15.18.
final class ListPairsTests: XCTestCase {
    private let fixture = QueryFixture(threads: 1)
    private let finite = "FROM (VALUES (1::float8, 1e200::float8), (2, -1e200)) t(y, x)"

    func test_pairs_sumsOfFiniteNumbersThatOverflow_areRefused() throws {
        for function in ["corr", "covar_pop", "covar_samp", "regr_slope", "regr_intercept", "regr_r2", "regr_avgx", "regr_avgy", "regr_sxx", "regr_syy", "regr_sxy"] {
            XCTAssertEqual(fixture.error("SELECT \(function)(y, x) \(finite)")?.slug, .numericOverflow, function)
        }
        XCTAssertEqual(try fixture.rows("SELECT regr_count(y, x) \(finite)"), "2")
    }

    func test_pairs_withAnInfinity_areNoOverflow() throws {
        XCTAssertEqual(
            try fixture.rows("SELECT regr_sxx(y, x)::text, regr_avgx(y, x)::text, regr_syy(y, x)::text, corr(y, x)::text FROM (VALUES (1::float8, 'infinity'::float8), (2, 1)) t(y, x)"), "NaN,Infinity,0.5,NaN")
        XCTAssertEqual(
            try fixture.rows("SELECT regr_avgx(y, x)::text, regr_syy(y, x)::text, regr_sxx(y, x)::text FROM (VALUES (1::float8, 1::float8), (2, 'infinity'), (3, 2)) t(y, x)"), "Infinity,2,NaN")
    }
}
