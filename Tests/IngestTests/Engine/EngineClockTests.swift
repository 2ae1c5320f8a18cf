import Glibc
import XCTest

@testable import Ingest

/// Goal: a machine that has slept is not taken for one whose clock somebody has set. Method: what a store goes by lies between two looks at the system's clock that goes on meanwhile; on a machine that has
/// slept no other does.
final class EngineClockTests: XCTestCase {
    private func bootMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    func test_steadyClock_goesOnWhileTheMachineSleeps() throws {
        let steady = try XCTUnwrap(Engine.Options().steadyClock)
        let before = bootMicroseconds()
        let now = steady()
        XCTAssertLessThanOrEqual(before, now)
        XCTAssertLessThanOrEqual(now, bootMicroseconds())
    }
}
