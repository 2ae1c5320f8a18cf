import XCTest

@testable import Ingest

/// Goal: the writer's thread sleeps while there is nothing that it may do. Method: how long it means to, for what it knows.
final class WriterPauseTests: XCTestCase {
    /// No timer fires any more: one that is due would have it look again and again.
    func test_dueTimer_isNoReasonToLook_afterAFailedSync() {
        for nextAt in [Int64.min, 0, 5_000_000, .max] {
            for rest in [-100.0, 0, 0.5] {
                XCTAssertEqual(ExecutionStore.pause(until: nextAt, now: 5_000_000, restingFor: rest, hasFailed: true), ExecutionStore.idleSeconds, "\(nextAt), \(rest)")
            }
        }
    }

    func test_pause_isUntilWhatIsDue_orUntilTimersRestNoMore() {
        func pause(_ nextAt: Int64, _ rest: Double) -> Double { ExecutionStore.pause(until: nextAt, now: 5_000_000, restingFor: rest, hasFailed: false) }
        XCTAssertEqual(pause(.max, 0.5), ExecutionStore.idleSeconds)
        XCTAssertEqual(pause(.min, -1), 0)
        XCTAssertEqual(pause(5_000_000, -1), 0)
        XCTAssertEqual(pause(5_100_000, -1), 0.1, accuracy: 1e-9)
        // The clock may be set meanwhile.
        XCTAssertLessThan(pause(.max - 1, -1), 1)
        XCTAssertEqual(pause(0, 0.75), 0.75)
    }
}
