import ColumnStore
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what was counted is written down twice a minute, whatever somebody does to the clock. Method: a wall clock and a steady one of the test's.
final class UsageLedgerTests: XCTestCase {
    func test_look_afterTheClockWasSetBack_writesDown() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        defer { try? fixture.engine.close() }
        let (start, second): (Int64, UInt64) = (1_796_400_000_000_000, 1_000_000_000)
        let now = Atomic<Int64>(start)
        let steady = Atomic<UInt64>(second)
        let ledger = UsageLedger(
            catalog: fixture.engine.catalog, boundary: fixture.engine.tier.boundary, clock: Clock { now.load(ordering: .relaxed) },
            steady: { steady.load(ordering: .relaxed) })
        func count() { ledger.meter.add(to: ClientID("c1")) { $0.calls = $0.calls.addingSaturating(1) } }
        count()
        try ledger.look()
        XCTAssertTrue(ledger.meter.present.isEmpty)
        count()
        steady.store(20 * second, ordering: .relaxed)
        try ledger.look()
        XCTAssertFalse(ledger.meter.present.isEmpty, "half a minute is not over")
        now.store(start - Clock.microsecondsPerDay, ordering: .relaxed)
        steady.store(40 * second, ordering: .relaxed)
        try ledger.look()
        XCTAssertTrue(ledger.meter.present.isEmpty)
    }
}
