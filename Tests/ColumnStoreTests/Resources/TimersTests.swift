import ColumnStore
import Synchronization
import TestSupport
import XCTest

/// Goal: each action is called once, in the order of their times, and none that was cancelled. Method: a clock that the test moves, random
/// times against a sorted list; and the real thread, without bounds on when.
final class TimersTests: XCTestCase {
    func test_after_randomTimesAndCancels_areCalledInOrder() {
        var random = SplitMix64(state: 0x71AE)
        for count in [0, 1, 2, 7, 300] {
            let clock = ManualClock()
            let timers = Timers(clock: clock)
            let called = Mutex<[Int]>([])
            let times = (0..<count).map { _ in Double(random.next() % 5_000) / 100 }
            let handles = times.enumerated().map { index, time in timers.after(time) { called.withLock { $0.append(index) } } }
            var left = Set(0..<count)
            for index in 0..<count where random.next() % 3 == 0 {
                timers.cancel(handles[index])
                left.remove(index)
            }
            for _ in 0..<20 { clock.advance(by: Double(random.next() % 300) / 100) }
            clock.advance(by: 60)
            let order = called.withLock { $0 }
            XCTAssertEqual(Set(order), left)
            XCTAssertEqual(order.count, left.count)
            XCTAssertTrue(zip(order, order.dropFirst()).allSatisfy { times[$0] <= times[$1] })
        }
    }

    func test_after_actionThatAddsAnother_bothRunInOneAdvance() {
        let clock = ManualClock()
        let timers = Timers(clock: clock)
        let called = Mutex<[Double]>([])
        let begun = clock.seconds
        timers.after(1) {
            called.withLock { $0.append(clock.seconds - begun) }
            timers.after(1) { called.withLock { $0.append(clock.seconds - begun) } }
        }
        clock.advance(by: 5)
        XCTAssertEqual(called.withLock { $0 }, [1, 2])
    }

    func test_every_untilStopped() {
        let clock = ManualClock()
        let timers = Timers(clock: clock)
        let count = Atomic<Int>(0)
        let repetition = timers.every(2) { count.wrappingAdd(1, ordering: .relaxed) }
        clock.advance(by: 1.9)
        XCTAssertEqual(count.load(ordering: .relaxed), 0)
        clock.advance(by: 8.2)
        XCTAssertEqual(count.load(ordering: .relaxed), 5)
        repetition.stop()
        clock.advance(by: 100)
        XCTAssertEqual(count.load(ordering: .relaxed), 5)
    }

    func test_thread_callsWhatIsDue_alsoWhenAddedBeforeWhatItWaitsFor() {
        let timers = Timers()
        let called = Monitor<[Int]>([])
        timers.after(1_000) { called.broadcast { $0.append(-1) } }
        for number in [3, 1, 2] { timers.after(0.05 * Double(number)) { called.broadcast { $0.append(number) } } }
        for _ in 0..<1_000 { timers.cancel(timers.after(1_000) {}) }
        XCTAssertEqual(called.wait(seconds: Patience.seconds) { $0.count == 3 ? $0 : nil }, [1, 2, 3])
        let ticks = Monitor(0)
        let repetition = timers.every(0.001) { ticks.broadcast { $0 += 1 } }
        XCTAssertNotNil(ticks.wait(seconds: Patience.seconds) { $0 >= 5 ? true : nil })
        repetition.stop()
    }

    func test_started_isNoneWhereNoThreadIsHad() throws {
        XCTAssertNil(WorkerThread.$areRefused.withValue(true) { Timers.started() })
        let called = Monitor(false)
        try XCTUnwrap(Timers.started()).after(0.01) { called.broadcast { $0 = true } }
        XCTAssertEqual(called.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }
}
