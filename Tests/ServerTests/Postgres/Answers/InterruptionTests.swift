import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: a statement's time ends the part that it was measured for and no other, while all else that ends a statement ends whichever part is under way.
/// Method: a clock that the test moves, on which what is due at one moment is taken out together and done in order.
final class InterruptionTests: XCTestCase {
    private let canceled = PostgresFault(.queryCanceled, "x")

    /// An action that was taken out can no more be cancelled: its part ends, and the next one begins, between that and its being done.
    func test_expire_partEndedMeanwhile_leavesTheNextAlone() throws {
        let clock = ManualClock()
        let timers = Timers(clock: clock)
        let interruption = Interruption()
        interruption.begin()
        let part = interruption.beginPart()
        let timer = Mutex<Timers.Handle?>(nil)
        let next = Mutex<Interruption.Part?>(nil)
        timers.after(1) {
            interruption.endPart(part)
            timer.withLock { $0 }.map(timers.cancel)
            next.withLock { $0 = interruption.beginPart() }
        }
        timer.withLock { $0 = timers.after(1) { interruption.expire(part) } }
        clock.advance(by: 1)
        let second = try XCTUnwrap(next.withLock { $0 }, "the first action was done")
        XCTAssertFalse(interruption.isAsked, "the second part has time of its own")
        interruption.endPart(part)
        interruption.expire(second)
        XCTAssertTrue(interruption.isAsked, "the end of a part that is over ends nothing")
        XCTAssertEqual(interruption.explained(canceled).message, "canceling statement due to statement timeout")
    }

    /// It may come when all of a part is done, and nobody looks any more.
    func test_endPart_timeWasOver_isForgotten() {
        let interruption = Interruption()
        interruption.begin()
        let part = interruption.beginPart()
        interruption.expire(part)
        XCTAssertTrue(interruption.isAsked)
        interruption.endPart(part)
        XCTAssertFalse(interruption.isAsked)
        XCTAssertEqual(interruption.explained(canceled).message, "x")
        interruption.expire(part)
        XCTAssertFalse(interruption.isAsked, "between two parts")
        let actions = Atomic<Int>(0)
        _ = interruption.beginPart()
        interruption.watch { actions.add(1, ordering: .relaxed) }
        XCTAssertEqual(actions.load(ordering: .relaxed), 0)
    }

    func test_interrupt_whileAPartIsLate_endsTheNextToo() {
        let interruption = Interruption()
        interruption.begin()
        let part = interruption.beginPart()
        let actions = Atomic<Int>(0)
        interruption.watch { actions.add(1, ordering: .relaxed) }
        interruption.expire(part)
        interruption.interrupt(.request)
        XCTAssertEqual(actions.load(ordering: .relaxed), 1, "the first of them ended it")
        interruption.endPart(part)
        XCTAssertTrue(interruption.isAsked, "a client's request is for the whole statement")
        _ = interruption.beginPart()
        interruption.watch { actions.add(1, ordering: .relaxed) }
        XCTAssertEqual(actions.load(ordering: .relaxed), 2)
        XCTAssertEqual(interruption.explained(canceled).message, "canceling statement due to user request")
    }
}
