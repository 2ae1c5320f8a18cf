import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Query

/// Goal: who waits within a query goes on when the query is over. Method: the end comes before the wait, during it, and by the clock, of waits that are longer than anybody's
/// patience.
final class CancellationTests: XCTestCase {
    private static let long = 100 * Patience.seconds

    /// What a long wait on a thread of its own gives; nil where it does not end.
    private func waited(_ cancellation: Cancellation, meanwhile: () -> Void = {}) -> Bool? {
        let found = Monitor<Bool?>(nil)
        Thread.detachNewThread {
            let isOver = try? cancellation.wait(seconds: CancellationTests.long)
            found.withLock { $0 = isOver }
        }
        meanwhile()
        return Patience.value(pauseMilliseconds: 1) { found.withLock { $0 } }
    }

    func test_wait_ofWhatIsCancelled_isNone() throws {
        let cancellation = Cancellation()
        cancellation.cancel()
        XCTAssertEqual(waited(cancellation), true)
        XCTAssertThrowsError(try cancellation.check()) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) }
    }

    func test_wait_isCutShortByACancelFromAnotherThread() throws {
        let cancellation = Cancellation()
        XCTAssertEqual(waited(cancellation, meanwhile: { cancellation.cancel() }), true)
    }

    func test_wait_endsWithTheTimeOfTheQuery() throws {
        let cancellation = Cancellation(timeLimitSeconds: 0.01)
        XCTAssertEqual(waited(cancellation), true)
        XCTAssertThrowsError(try cancellation.check()) { XCTAssertEqual(($0 as? QueryError)?.slug, .queryTimeout) }
    }

    func test_wait_ofNoTime_isNone() throws {
        let cancellation = Cancellation()
        for seconds in [0, -1, -Double.infinity, 1e-9] { XCTAssertFalse(try cancellation.wait(seconds: seconds), "\(seconds)") }
        XCTAssertNoThrow(try cancellation.check())
    }
}
