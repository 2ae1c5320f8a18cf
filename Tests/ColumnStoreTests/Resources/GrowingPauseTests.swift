import ColumnStore
import XCTest

/// Goal: pauses grow to their bound and no further, and begin anew after a success. Method: a row of failures.
final class GrowingPauseTests: XCTestCase {
    func test_next_doublesUpToTheBound_andBeginsAnew() {
        var pause = GrowingPause(1...10)
        XCTAssertEqual((0..<6).map { _ in pause.next() }, [1, 2, 4, 8, 10, 10])
        for _ in 0..<100 { XCTAssertEqual(pause.next(), 10) }
        XCTAssertEqual(pause.failureCount, 106)
        pause.reset()
        XCTAssertEqual(pause.failureCount, 0)
        XCTAssertEqual(pause.next(), 1)
    }
}
