import XCTest

@testable import Query

/// Goal: an error of data waits for who asks for the data, and every other one ends the statement. Method: errors of each kind, noted under numbers.
final class DeferredErrorsTests: XCTestCase {
    func test_isDeferrable_ofErrorsOfDataAlone() {
        for error in [KernelError.divisionByZero, .severalRows, .numericOverflow, .invalidText("DATE"), .timeOutOfRange] {
            XCTAssertTrue(error.queryError(position: 3).isDeferrable, "\(error)")
        }
        for error in [
            QueryError(.cancelled, ""), QueryError(.queryTimeout, ""), QueryError(.tooManyQueries, ""), QueryError(.spillFull, ""), QueryError(.unsupportedSQL, ""),
            .outOfMemory("rows"), QueryError(tooLargeAt: nil, fittingRowCount: nil), QueryError(tooLargeAt: nil, fittingRowCount: 2),
        ] {
            XCTAssertFalse(error.isDeferrable, "\(error)")
        }
    }

    func test_errors_waitUnderTheirNumbers() {
        let errors = DeferredErrors(), first = QueryError(.dataError, "one", position: 1)
        errors.note(first, of: 1)
        errors.note(QueryError(.dataError, "two"), of: 1)
        XCTAssertEqual(errors.error(of: 1), first)
        XCTAssertNil(errors.error(of: 2))
        errors.removeAll()
        XCTAssertNil(errors.error(of: 1))
    }
}
