import TestSupport
import XCTest

@testable import ColumnStore

/// Goal: a caller that can do without a thread learns that there is none. Method: one of more stack than any machine has addresses for.
final class WorkerThreadTests: XCTestCase {
    private final class Token: Sendable {}

    func test_start_runs() {
        let hasRun = Monitor(false)
        XCTAssertTrue(WorkerThread.start(name: "test") { hasRun.broadcast { $0 = true } })
        XCTAssertEqual(hasRun.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    func test_threadThatCannotBeHad_isNone_andHoldsNothing() {
        weak var held: Token?
        do {
            let token = Token()
            held = token
            XCTAssertFalse(WorkerThread.start(name: "test", stackByteCount: 1 << 60) { withExtendedLifetime(token) {} })
        }
        XCTAssertNil(held)
    }

    func test_joinable_isJoined_andIsNoneWhereNoThreadIsHad() throws {
        let hasRun = Monitor(false)
        try XCTUnwrap(WorkerThread.joinable(name: "test") { hasRun.broadcast { $0 = true } }).join()
        XCTAssertTrue(hasRun.withLock { $0 })
        WorkerThread.$areRefused.withValue(true) {
            XCTAssertNil(WorkerThread.joinable(name: "test") { XCTFail("it ran") })
            XCTAssertFalse(WorkerThread.start(name: "test") { XCTFail("it ran") })
        }
    }
}
