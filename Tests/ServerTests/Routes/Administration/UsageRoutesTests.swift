import ColumnStore
import Ingest
import Synchronization
import TestSupport
import XCTest

@testable import Server

/// Goal: who asks what a client used has an answer within a query's time. Method: an engine that counts until the call's time is over.
final class UsageRoutesTests: XCTestCase {
    func test_usageThatIsNotCountedInTime_is504() throws {
        var limits = DoorLimits()
        limits.queryTime = 0.001
        // Its turn comes by a clock that stands, so that what ends is the count.
        let server = try TestServer(limits: limits, timers: Timers(clock: ManualClock()))
        server.engine.state.withLock { $0.isUsageHeld = true }
        let late = try server.client().get("/v1/contracts/c1/usage")
        XCTAssertEqual(late.status, 504, late.text)
        XCTAssertTrue(late.text.contains("query-timeout") && late.text.contains("the count of what was used ran out of time"), late.text)
        server.engine.state.withLock { $0.isUsageHeld = false }
        XCTAssertEqual(try server.client().get("/v1/contracts/c1/usage").status, 200)
    }
}
