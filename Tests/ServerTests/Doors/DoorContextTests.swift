import ColumnStore
import Documents
import Ingest
import Query
import Server
import Synchronization
import XCTest

/// Goal: a stop ends the waits, closes every door, and tells what it had to cut off. Method: doors that a test holds open.
final class DoorContextTests: XCTestCase {
    private final class HeldDoor: Door {
        let name = "held"
        let requests: Monitor<Int>
        let isClosed = Atomic<Bool>(false)
        init(_ count: Int) { requests = Monitor(count) }
        func stopAccepting() { isClosed.store(true, ordering: .relaxed) }
        var inFlightCount: Int { requests.withLock { $0 } }
        func waitUntilIdle(seconds: Double) -> Bool { requests.wait(seconds: seconds) { $0 == 0 ? true : nil } ?? false }
    }

    private func context() -> DoorContext {
        DoorContext(
            store: StoreRoles(FakeEngine()), queries: QueryEngine(), further: StoreSchema(), adminKey: TestServer.adminKey, limits: DoorLimits(),
            log: Log(format: .json, level: .error), timers: Timers(clock: ManualClock()))
    }

    func test_stop_closesAllDoors_andEndsWaits() {
        let context = context()
        let doors = [HeldDoor(0), HeldDoor(1)]
        for door in doors { context.life.add(door) }
        // What is under way ends with its wait.
        context.life.deadlines.after(3_600) { doors[1].requests.broadcast { $0 = 0 } }
        XCTAssertTrue(context.notReady.isEmpty)
        XCTAssertEqual(context.stop(), .whole)
        XCTAssertTrue(doors.allSatisfy { $0.isClosed.load(ordering: .relaxed) })
        XCTAssertEqual(context.notReady.map(\.slug), [.overloaded])
    }

    func test_stop_withRequestsThatDoNotEnd_saysHowMany() {
        let context = context()
        context.life.add(HeldDoor(2))
        context.life.add(HeldDoor(1))
        var patience = DoorContext.Patience()
        (patience.drain, patience.cancel) = (0.01, 0.01)
        XCTAssertEqual(context.stop(patience), .requestsCutOff(count: 3))
    }

    func test_admission_ofAnyDoor_countsRequestsAndRefuses() throws {
        let context = context()
        var charge = MemoryLedger.Charge()
        let admin = try context.admission.admit({ Credential(TestServer.adminKey) }, for: .admin, charge: &charge)
        XCTAssertTrue(admin.principal.isAdmin)
        XCTAssertNotNil(charge.account)
        XCTAssertThrowsError(try context.admission.admit({ Credential("till_unknown") }, for: .reader, charge: &charge)) { error in
            XCTAssertEqual((error as? Denial)?.problem.slug, .unauthenticated)
        }
        // Asked for only where a call needs one.
        _ = try context.admission.admit({ throw Problem(.internalError, "asked") }, for: .open, charge: &charge)
    }
}
