import Synchronization
import XCTest

@testable import Ingest

/// Goal: a clock that was set is distinguished from time that passed. Method: every sequence of three steps around the shortest that counts, against a sum.
final class ClockJumpsTests: XCTestCase {
    private final class Steady: Sendable {
        let time = Mutex<Int64>(0)
        var now: Int64 { time.withLock { $0 } }
        func pass(_ microseconds: Int64) { time.withLock { $0 += microseconds } }
    }

    private func watched(_ steady: Steady, boot: String = "this") -> ClockJumps { ClockJumps(steady: { steady.now }, boot: boot) }

    func test_look_ofEverySequenceOfSteps_saysWhatTheClockWasSetBy() {
        let steps: [Int64] = [-3_000_000, -2_000_000, -1_999_999, 0, 1_999_999, 2_000_000, 3_000_000]
        for sequence in 0..<343 {
            let steady = Steady()
            var jumps = watched(steady), clock: Int64 = 1_700_000_000_000_000, last = clock
            XCTAssertFalse(jumps.isDue(clock), "nothing to compare with")
            XCTAssertTrue(jumps.look(clock) == (0, clock))
            for place in [1, 7, 49] {
                let step = steps[sequence / place % 7]
                steady.pass(1_000_000)
                clock += 1_000_000 + step
                let wanted = step.magnitude >= 2_000_000 ? step : 0
                last = wanted == 0 ? max(last, clock) : clock
                XCTAssertEqual(jumps.isDue(clock), wanted != 0)
                XCTAssertTrue(jumps.look(clock) == (wanted, last), "\(sequence)")
            }
        }
    }

    func test_look_withoutASteadyClock_takesTheClockAsItIs() {
        var jumps = ClockJumps(steady: nil, boot: "this")
        for clock in [5, 1, 9_000_000_000, 0] as [Int64] {
            XCTAssertFalse(jumps.isDue(clock))
            XCTAssertTrue(jumps.look(clock) == (0, clock))
        }
        XCTAssertNil(jumps.dueMark)
    }

    func test_resume_ofAMarkOfThisStart_tellsWhatWasSetMeanwhile_andOfAnotherNothing() {
        for (boot, wanted) in [("this", 7_000_000), ("other", 0), ("", 0)] as [(String, Int64)] {
            let steady = Steady()
            steady.pass(50_000_000)
            var jumps = watched(steady)
            jumps.resume(ClockMark(boot: boot, offset: 1_000_000_000))
            XCTAssertTrue(jumps.look(1_057_000_000) == (wanted, 1_057_000_000), boot)
        }
        // A machine that cannot be distinguished from another start of it.
        let steady = Steady()
        var jumps = watched(steady, boot: "")
        jumps.resume(ClockMark(boot: "", offset: 1_000_000_000))
        XCTAssertTrue(jumps.look(1_057_000_000) == (0, 1_057_000_000))
        XCTAssertNil(jumps.dueMark)
    }

    func test_dueMark_isThereUntilItIsWritten_andAgainOnceTheClockHasDrifted() {
        let steady = Steady()
        var jumps = watched(steady)
        XCTAssertNil(jumps.dueMark, "no look yet")
        _ = jumps.look(1_000_000_000)
        XCTAssertEqual(jumps.dueMark, ClockMark(boot: "this", offset: 1_000_000_000))
        jumps.noteMarked(jumps.dueMark)
        XCTAssertNil(jumps.dueMark)
        _ = jumps.look(1_000_499_999)
        XCTAssertNil(jumps.dueMark, "led by less than half a second")
        _ = jumps.look(1_000_500_000)
        XCTAssertEqual(jumps.dueMark, ClockMark(boot: "this", offset: 1_000_500_000))
    }

    /// Nobody sets a clock by more than some 200 years: such a step is none, and neither is one that no number says.
    func test_look_ofClocksThatNobodyHas_takesStepsThatAreNone_andDoesNotTrap() {
        let steady = Steady(), longest: Int64 = 6_300_000_000_000_000
        let clocks: [Int64] = [.min, .min + 1, -longest - 1, -longest, -longest + 1, -1, 0, 1, longest - 1, longest, longest + 1, .max - 1, .max]
        var setCount = 0
        for clock in clocks {
            for other in clocks {
                var jumps = watched(steady)
                _ = jumps.look(clock)
                let (step, overflow) = other.subtractingReportingOverflow(clock)
                let wanted = overflow || step.magnitude < 2_000_000 || step.magnitude > UInt64(longest) ? 0 : step
                XCTAssertEqual(jumps.look(other).shift, wanted, "\(clock), then \(other)")
                if wanted != 0 { setCount += 1 }
            }
        }
        XCTAssertGreaterThan(setCount, 0)
    }
}
