import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Server

/// Goal: a stop ends, whatever it waits for, before whoever asked for it kills the process. Method: deadlines that are over and such that are not, and the bounds beside the unit's.
final class StopDeadlineTests: XCTestCase {
    func test_deadlineThatIsOver_isToldWithItsPart_once() {
        let told = Monitor<[String]>([])
        let deadline = StopDeadline(seconds: 0.2) { part in told.broadcast { $0.append(part) } }
        deadline.begin("the archive")
        XCTAssertEqual(told.wait(seconds: Patience.seconds) { $0.isEmpty ? nil : $0 }, ["the archive"])
        XCTAssertEqual(deadline.left(5), 0)
        deadline.finish()
        XCTAssertEqual(told.withLock { $0.count }, 1)
    }

    func test_parts_takeWhatIsLeft_andKeepWhatOthersNeed() {
        let deadline = StopDeadline(seconds: 3_600) { XCTFail("it was in time: \($0)") }
        XCTAssertEqual(deadline.left(5), 5)
        XCTAssertEqual(deadline.left(5, keeping: 60), 5)
        XCTAssertEqual(deadline.left(5, keeping: 3_601), 0)
        XCTAssertLessThanOrEqual(deadline.left(10_000, keeping: 600), 3_000)
        deadline.finish()
    }

    /// It was 0, as of a stop that came to its end: nobody who starts and stops servers heard of it.
    func test_stopThatIsCutOff_endsWithAStatusOfItsOwn_unlessTheProcessIsToBeStartedAnew() throws {
        for (isFenced, status) in [(false, StopDeadline.status), (true, LogFence.status)] {
            let ended = Monitor<[Int32]>([])
            let deadline = StopDeadline(of: Log(format: .json, level: .error, descriptor: -1), seconds: 0.1, isFenced: { isFenced }) { status in ended.broadcast { $0.append(status) } }
            XCTAssertEqual(ended.wait(seconds: Patience.seconds) { $0.isEmpty ? nil : $0 }, [status])
            deadline.finish()
        }
        XCTAssertFalse([ExitStatus.done, ExitStatus.failed, ExitStatus.misused, LogFence.status].contains(StopDeadline.status))
        let line = try XCTUnwrap(unit().split(separator: "\n").first { $0.hasPrefix("RestartPreventExitStatus=") })
        XCTAssertEqual(line.dropFirst("RestartPreventExitStatus=".count).split(separator: " "), ["\(ExitStatus.misused)", "\(StopDeadline.status)"])
    }

    func test_help_andTheManual_nameIt() {
        XCTAssertEqual(ServeCommand.outcomes.further.map(\.status), [StopDeadline.status, LogFence.status])
        for status in [StopDeadline.status, LogFence.status] {
            XCTAssertTrue(ServeCommand.help.contains("\n  \(status)  "), ServeCommand.help)
            XCTAssertTrue(ManualPage.page(ServeCommand.self).contains(".TP\n.B \(status)\n"))
        }
    }

    private func unit() throws -> String { try String(contentsOf: Project.root.appendingPathComponent("packaging/debian/till.service"), encoding: .utf8) }

    func test_bounds_fitWhatTheUnitAllows() throws {
        let unit = try unit()
        XCTAssertTrue(unit.contains("\nTimeoutStartSec=infinity\n"), "a start that has much to recover would be killed, and begin anew")
        let allowed = try XCTUnwrap(unit.split(separator: "\n").first { $0.hasPrefix("TimeoutStopSec=") }.flatMap { Double($0.dropFirst("TimeoutStopSec=".count).dropLast()) })
        XCTAssertLessThanOrEqual(StopDeadline.seconds + 2, allowed)
        // Of what was acknowledged, in a pair (`ReplicaKeeper`): the other machine gets what is left of the rest.
        let patience = DoorContext.Patience()
        let before = ClusterMember.layDownSeconds + patience.drain + 2 * patience.cancel + 5
        XCTAssertLessThanOrEqual(before + ClusterMember.passingSeconds + Archiver.stopSecondsMax + ClusterMember.handOverSeconds / 2, StopDeadline.seconds)
    }
}
