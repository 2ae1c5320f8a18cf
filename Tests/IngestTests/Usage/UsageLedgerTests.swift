import ColumnStore
import Dispatch
import Query
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what was counted is written down twice a minute, whatever somebody does to the clock, and told meanwhile. Method: a wall clock and a steady one of the test's; disks that are full, writes that stand still.
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

    private static let client = ClientID("c1")
    private static let days: ClosedRange<Int32> = 0...Int32.max

    private func ledger(_ fixture: EngineFixture) -> UsageLedger {
        UsageLedger(catalog: fixture.engine.catalog, boundary: fixture.engine.tier.boundary, clock: .system)
    }

    /// Reads go on where nothing can be written down.
    func test_usage_onADiskThatTakesNothing_hasWhatIsInMemory() throws {
        let (folder, disk) = (TemporaryDirectory(), FullDisk("catalog.sqlite-wal"))
        SQLiteFileSystem.observe(disk)
        defer { SQLiteFileSystem.observe(nil) }
        let fixture = try EngineFixture(folder.path)
        defer { try? fixture.engine.close() }
        let ledger = ledger(fixture)
        ledger.meter.add(to: Self.client) { $0.calls = 3 }
        try ledger.flush()
        ledger.meter.add(to: Self.client) { $0.calls = 4 }
        disk.isFull = true
        defer { disk.isFull = false }
        XCTAssertThrowsError(try ledger.flush())
        for _ in 0..<2 { XCTAssertEqual(try ledger.usage(of: [Self.client], Self.days).values.map(\.calls).reduce(0, +), 7) }
        XCTAssertEqual(try ledger.usage(of: ["c2"], Self.days), [:])
        XCTAssertEqual(try ledger.usage(of: nil, 0...1), [:])
    }

    /// Whoever asks while figures are on their way to the catalog has them all the same.
    func test_usage_whileFiguresAreBeingWrittenDown_hasThemOnce() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        defer { try? fixture.engine.close() }
        let (ledger, catalog) = (ledger(fixture), fixture.engine.catalog)
        ledger.meter.add(to: Self.client) { $0.calls = 1 }
        let (stage, found, group) = (Monitor((isTaken: false, goesOn: false)), Monitor<Int64?>(nil), DispatchGroup())
        DispatchQueue.global().async(group: group) {
            try? ledger.meter.flush { taken in
                stage.broadcast { $0.isTaken = true }
                _ = stage.wait { $0.goesOn ? true : nil }
                try catalog.add(taken)
            }
        }
        _ = stage.wait { $0.isTaken ? true : nil }
        DispatchQueue.global().async(group: group) {
            let calls = try? ledger.usage(of: [Self.client], Self.days).values.map(\.calls).reduce(0, +)
            found.broadcast { $0 = calls }
        }
        XCTAssertNil(found.wait(seconds: 0.2) { $0 }, "told without what is on its way")
        stage.broadcast { $0.goesOn = true }
        XCTAssertTrue(group.waitPatiently())
        XCTAssertEqual(found.withLock { $0 }, 1)
    }

    /// What was delivered by a clock that was ahead is of no minute once it is right.
    func test_deliveriesOfTheLastMinute_afterTheClockWasSetBack_areThoseSince() {
        let (start, hour): (Int64, Int64) = (1_796_400_000_000_000, 3_600_000_000)
        let now = Atomic<Int64>(start + hour)
        let meter = UsageMeter(clock: Clock { now.load(ordering: .relaxed) })
        func deliver(_ count: Int64) { meter.add(to: Self.client) { $0.webhooks = $0.webhooks.addingSaturating(count) } }
        deliver(60)
        XCTAssertEqual(meter.deliveriesOfLastMinute(of: Self.client), 60)
        now.store(start, ordering: .relaxed)
        XCTAssertEqual(meter.deliveriesOfLastMinute(of: Self.client), 0)
        deliver(5)
        XCTAssertEqual(meter.deliveriesOfLastMinute(of: Self.client), 5)
        now.store(start + hour, ordering: .relaxed)
        XCTAssertEqual(meter.deliveriesOfLastMinute(of: Self.client), 0, "nor when the clock comes there again")
    }

    private static let now: Int64 = 1_796_400_000_000_000

    /// Five receipts of one client, and a ledger over them.
    private func counted(_ folder: TemporaryDirectory, _ hot: HotUsage) throws -> (EngineFixture, UsageLedger) {
        let fixture = try EngineFixture(folder.path, clock: Clock { Self.now })
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        let ledger = UsageLedger(
            catalog: fixture.engine.catalog, boundary: fixture.engine.tier.boundary, clock: Clock { Self.now }, steady: { SteadyClock.nanoseconds() }, counting: hot)
        return (fixture, ledger)
    }

    private static func receipts(_ ledger: UsageLedger, unless cancellation: Cancellation? = nil) throws -> Int64 {
        try ledger.usage(of: [client], days, unless: cancellation).values.reduce(0) { $0 + $1.receipts }
    }

    /// The first reading after a start may be long: neither what is written down nor another's reading nor a file's move is behind it.
    func test_countThatStandsStill_holdsNobodyUp() throws {
        let (folder, stage, found, group) = (TemporaryDirectory(), Monitor((isHeld: false, goesOn: false)), Monitor<[Int64]>([]), DispatchGroup())
        let hot = HotUsage(beforeEachStep: {
            let isFirst = stage.broadcast { stage in
                defer { stage.isHeld = true }
                return !stage.isHeld
            }
            if isFirst { _ = stage.wait { $0.goesOn ? true : nil } }
        })
        let (fixture, ledger) = try counted(folder, hot)
        defer { try? fixture.engine.close() }
        let first = DispatchGroup()
        DispatchQueue.global().async(group: first) { _ = try? Self.receipts(ledger) }
        // Whatever fails below, the first one ends.
        defer { stage.broadcast { $0.goesOn = true } }
        XCTAssertTrue(Patience.until { stage.withLock { $0.isHeld } })
        let file = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().files.last)
        DispatchQueue.global().async(group: group) {
            try? ledger.flush()
            let count = (try? Self.receipts(ledger)) ?? -1
            try? ledger.moving(file) { _ in }
            found.broadcast { $0.append(count) }
        }
        XCTAssertTrue(group.waitPatiently(), "behind a count")
        XCTAssertEqual(found.withLock { $0 }, [5])
        stage.broadcast { $0.goesOn = true }
        XCTAssertTrue(first.waitPatiently())
    }

    /// Whoever has little time, and asks again, comes to the end: no row is read twice.
    func test_countThatEndsEarly_goesOnWhereItEnded() throws {
        let folder = TemporaryDirectory()
        let (fixture, ledger) = try counted(folder, HotUsage(stepRowCount: 1))
        defer { try? fixture.engine.close() }
        let cancellation = Cancellation()
        cancellation.cancel()
        for _ in 0..<4 { XCTAssertThrowsError(try Self.receipts(ledger, unless: cancellation)) { XCTAssertEqual(($0 as? QueryError)?.slug, .cancelled) } }
        XCTAssertEqual(try Self.receipts(ledger, unless: cancellation), 5)
    }

    func test_fileThatHasMoved_isForgotten() throws {
        let folder = TemporaryDirectory()
        let (fixture, ledger) = try counted(folder, HotUsage())
        defer { try? fixture.engine.close() }
        XCTAssertEqual(try Self.receipts(ledger), 5)
        XCTAssertEqual(ledger.countedFileCount, fixture.engine.tier.boundary.snapshot().files.count)
        for file in fixture.engine.tier.boundary.snapshot().files { try ledger.moving(file) { _ in } }
        XCTAssertEqual(ledger.countedFileCount, 0)
    }

    /// Of all clients at once, and of those whose contract is gone.
    func test_figuresOfAClient_stayWhenTheContractGoes() throws {
        let folder = TemporaryDirectory()
        let (fixture, _) = try counted(folder, HotUsage())
        let engine = fixture.engine
        defer { try? engine.close() }
        for number in 0..<3 { _ = try fixture.taken(EngineFixture.receipt("S-\(number)"), as: .admin, client: "c2") }
        try engine.deleteContract("c1")
        XCTAssertEqual(try engine.usageClients(as: .admin, unless: Cancellation()), ["c1", "c2"])
        let days = try engine.dailyUsage(of: ["c2", "c1", "c3"], as: .admin, unless: Cancellation())
        XCTAssertEqual(days.map { "\($0.clientID) \($0.span.figures.receipts)" }, ["c2 3", "c1 5"])
        XCTAssertThrowsError(try engine.usageClients(as: EngineFixture.own, unless: Cancellation())) { XCTAssertEqual(($0 as? Fault)?.code, .wrongClient) }
        // Its own a client sees, and by itself.
        XCTAssertEqual(try engine.dailyUsage(of: ["c1"], as: EngineFixture.own, unless: Cancellation()).map { $0.span.figures.receipts }, [5])
        for others in [["c2"], ["c1", "c2"], []] {
            XCTAssertThrowsError(try engine.dailyUsage(of: others, as: EngineFixture.own, unless: Cancellation())) { XCTAssertEqual(($0 as? Fault)?.code, .wrongClient) }
        }
    }
}
