import Foundation
import XCTest

@testable import Query

/// Goal: who waits within a query goes on when the query is over. Method: the end comes before the wait, during it, and by the clock; a wait that nothing ends would say so.
final class CancellationTests: XCTestCase {
    /// Far longer than any test may take: only a wait that is not cut short lasts so long.
    private static let long = 600.0

    func test_wait_ofWhatIsCancelled_isNone() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        XCTAssertTrue(cancellation.wait(seconds: Self.long))
        XCTAssertThrowsError(try cancellation.check()) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
    }

    func test_wait_isCutShortByACancelFromAnotherThread() throws {
        let cancellation = Cancellation()
        Thread.detachNewThread { cancellation.cancel() }
        XCTAssertTrue(cancellation.wait(seconds: Self.long))
    }

    func test_wait_endsWithTheTimeOfTheQuery() throws {
        let cancellation = Cancellation(timeLimitSeconds: 0.01)
        XCTAssertTrue(cancellation.wait(seconds: Self.long))
        XCTAssertThrowsError(try cancellation.check()) { XCTAssertEqual(($0 as? QueryError)?.slug, .queryTimeout) }
    }

    func test_wait_ofNoTime_isNone() throws {
        let cancellation = Cancellation()
        for seconds in [0, -1, -Double.infinity, 1e-9] { XCTAssertFalse(cancellation.wait(seconds: seconds), "\(seconds)") }
        XCTAssertNoThrow(try cancellation.check())
    }
}
