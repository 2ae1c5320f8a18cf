import Query
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what could not be made is tried again after pauses that grow, and nothing else waits for it. Method: instants that the test names.
final class HeldSumsTests: XCTestCase {
    private static let second: UInt64 = 1_000_000_000

    func test_pauses_grow_andEachHasItsOwn() {
        var held = HeldSums(1...4)
        let (one, other) = (HeldSums.Key(number: 1, location: "a"), HeldSums.Key(number: 1, location: nil))
        XCTAssertNil(held.nextEnd(after: 0))
        var now: UInt64 = 5 * Self.second
        for pause in [1, 2, 4, 4] as [UInt64] {
            held.hold(one, now: now)
            XCTAssertTrue(held.isHeld(one, now: now + pause * Self.second - 1))
            XCTAssertFalse(held.isHeld(one, now: now + pause * Self.second))
            XCTAssertFalse(held.isHeld(other, now: now))
            XCTAssertEqual(held.nextEnd(after: now), now + pause * Self.second)
            now += pause * Self.second
            XCTAssertNil(held.nextEnd(after: now), "what is over is asked for once")
        }
        held.hold(other, now: now)
        XCTAssertEqual(held.nextEnd(after: now), now + Self.second)
        held.release(other)
        XCTAssertFalse(held.isHeld(other, now: now))
        held.release(one)
        held.hold(one, now: now)
        XCTAssertEqual(held.nextEnd(after: now), now + Self.second, "it begins anew behind a success")
    }

    /// What sums lay aside is counted as what queries do: receipts have their room first.
    func test_sumsWithoutRoomOnTheDisk_leaveWhatReceiptsNeed_andAreMadeLater() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.hot.writer.minFreeBytes = 5 << 20 }
        defer { try? fixture.engine.close() }
        XCTAssertEqual(fixture.engine.compactor.maker.spillRoom, SpillSpace.Room(directory: fixture.engine.directory.path, byteCount: 5 << 20))
        // So do guesses at them, and proofs beside the store.
        XCTAssertEqual(fixture.engine.compactor.maker.engines.engine(memoryByteCount: 1 << 20).settings.spillRoom, fixture.engine.compactor.maker.spillRoom)
        let ending = RollupMaker.ending(of: QueryError(.spillFull, "limits.min_free stays free"))
        XCTAssertTrue(ending is RollupMaker.Delay, "\(ending)")
    }

    func test_whatIsNoMore_isForgotten() {
        var held = HeldSums(1...4)
        let (one, other) = (HeldSums.Key(number: 1, location: "a"), HeldSums.Key(number: 2, location: "b"))
        for _ in 0..<3 { held.hold(one, now: 0) }
        let later = 100_000 * Self.second
        held.hold(other, now: later)
        held.hold(one, now: later)
        XCTAssertFalse(held.isHeld(one, now: later + Self.second), "its pauses begin anew")
    }
}
