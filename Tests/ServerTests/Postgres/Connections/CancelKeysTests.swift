import TestSupport
import XCTest

@testable import Server

/// Goal: only a client that was sent a connection's key ends its statement, and only while there is one. Method: keys right and wrong, before, during and after.
final class CancelKeysTests: XCTestCase {
    func test_cancel_othersKey_endsNothing() throws {
        let keys = CancelKeys()
        let interruption = Interruption()
        let (processID, key) = try keys.add(interruption)
        let (otherID, otherKey) = try keys.add(Interruption())
        XCTAssertNotEqual(processID, otherID)
        keys.cancel(processID, key: key)
        XCTAssertFalse(interruption.isAsked, "nothing was under way")
        interruption.begin()
        for wrong in [otherKey, [], key + [0], key.map { $0 ^ 1 }] { keys.cancel(processID, key: wrong) }
        keys.cancel(otherID, key: key)
        keys.cancel(.min, key: key)
        XCTAssertFalse(interruption.isAsked)
        keys.cancel(processID, key: key)
        XCTAssertTrue(interruption.isAsked)
        interruption.end()
        interruption.begin()
        XCTAssertFalse(interruption.isAsked, "the next statement is another")
        keys.remove(processID)
        keys.cancel(processID, key: key)
        XCTAssertFalse(interruption.isAsked)
    }

    func test_watch_whatWasAskedBefore_isDoneAtOnce() {
        let interruption = Interruption()
        interruption.begin()
        interruption.expire(interruption.beginPart())
        interruption.interrupt(.request)
        let done = expectation(description: "the action")
        interruption.watch { done.fulfill() }
        wait(for: [done], timeout: Patience.seconds)
        let fault = interruption.explained(PostgresFault(.queryCanceled, "x"))
        XCTAssertEqual(fault.message, "canceling statement due to statement timeout", "the first reason counts")
    }
}
