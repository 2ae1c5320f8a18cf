import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// The queue of one endpoint against a sorted array, and what holds it back.
final class LaneTests: XCTestCase {
    private static let file = HotFile(
        directory: "/nowhere", day: 20_000, part: 1, dictionaries: DocumentDictionaries(known: []) { _, _ in 2 }, tables: TableColumns(),
        values: DocumentValues { _, _ in nil })

    private func work(_ id: Int64, dueAt: Int64, since: Int64 = 0) -> QueuedWork {
        QueuedWork(file: Self.file, id: id, kind: .step(name: "a"), dueAt: dueAt, since: since, expiresAt: .max)
    }

    func test_take_randomTimes_givesEachInOrderOfTime_firstComeFirst() {
        var random = SplitMix64(state: 0x1A4E)
        for count in [0, 1, 2, 3, 10, 500] {
            var lane = Lane(limit: .max)
            var times: [(dueAt: Int64, id: Int64)] = []
            for id in 0..<Int64(count) {
                let dueAt = Int64.random(in: 0..<50, using: &random)
                times.append((dueAt, id))
                lane.add(work(id, dueAt: dueAt))
            }
            var taken: [Int64] = []
            for now in Int64(0)..<50 { while let next = lane.take(now: now) { taken.append(next.id) } }
            XCTAssertEqual(taken, times.sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }.map(\.id))
            XCTAssertEqual(lane.waitingCount, 0)
        }
    }

    func test_take_limitReached_waitsForAnEnd() {
        var lane = Lane(limit: 2)
        for id in 0..<3 { lane.add(work(Int64(id), dueAt: 5)) }
        XCTAssertNil(lane.take(now: 4), "not due")
        XCTAssertEqual(lane.nextTime, 5)
        XCTAssertEqual([lane.take(now: 5)?.id, lane.take(now: 5)?.id, lane.take(now: 5)?.id], [0, 1, nil])
        XCTAssertNil(lane.nextTime, "only an end changes anything")
        lane.end(work(0, dueAt: 5))
        XCTAssertEqual(lane.take(now: 5)?.id, 2)
    }

    func test_take_breakerOpen_waitsUntilItMayProbe_thenOneAtATime() throws {
        var lane = Lane(limit: 10)
        for id in 0..<5 { lane.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<20 { lane.breaker.recordFailure(now: 100) }
        XCTAssertEqual(lane.breaker.state, .open)
        XCTAssertNil(lane.take(now: 101))
        let next = try XCTUnwrap(lane.nextTime)
        XCTAssertEqual(next, 1_000_100, "a second")
        XCTAssertNotNil(lane.take(now: next))
        XCTAssertNil(lane.take(now: next), "one probe")
        lane.breaker.recordFailure(now: next)
        XCTAssertEqual(lane.nextTime, next + 2_000_000, "twice as long")
        XCTAssertNotNil(lane.take(now: next + 2_000_000))
        lane.breaker.recordSuccess()
        XCTAssertNotNil(lane.take(now: next + 2_000_000))
        XCTAssertEqual(lane.breaker.state, .closed)
    }

    /// What was settled or cannot be read says nothing of the endpoint: the next one is its probe.
    func test_end_ofAProbeThatWasNotMade_leavesTheBreakerOpen_andLetsTheNextThrough() throws {
        var lane = Lane(limit: 10)
        for id in 0..<5 { lane.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<20 { lane.breaker.recordFailure(now: 0) }
        let now = try XCTUnwrap(lane.nextTime)
        let settled = try XCTUnwrap(lane.take(now: now))
        lane.end(settled, worked: nil, outcome: "settled", now: now)
        XCTAssertEqual(lane.breaker.state, .open)
        XCTAssertNotEqual(lane.nextTime, nil)
        let probe = try XCTUnwrap(lane.take(now: now))
        XCTAssertNil(lane.take(now: now), "one probe")
        lane.end(probe, worked: false, outcome: "failed", now: now)
        XCTAssertEqual(lane.nextTime, now + 2_000_000, "twice as long, as if nothing had been between")
        // Of an endpoint for which nothing is left nothing is kept in mind.
        while let next = lane.take(now: .max) { lane.end(next, worked: nil, outcome: "settled", now: .max) }
        XCTAssertTrue(lane.isIdle)
    }

    func test_add_full_leavesTheRestToDisk_untilThereIsRoom() throws {
        var lane = Lane(limit: 10, capacity: 4)
        for id in 0..<6 { lane.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual(lane.waitingCount, 4)
        XCTAssertTrue(lane.hasMore && !lane.wantsMore)
        let first = try XCTUnwrap(lane.take(now: 0))
        XCTAssertFalse(lane.wantsMore)
        _ = lane.take(now: 0)
        XCTAssertTrue(lane.wantsMore)
        lane.beginReload()
        for id in 0..<6 { lane.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual(lane.waitingCount, 4, "two that were there, two that were not; those under way are passed over")
        XCTAssertFalse(lane.hasMore)
        lane.end(first)
        XCTAssertEqual(lane.inFlightCount, 1)
    }

    func test_reloadCount_fillsTheLane_whateverIsUnderWay() {
        var lane = Lane(limit: 10, capacity: 4)
        for id in 0..<6 { lane.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<3 { XCTAssertNotNil(lane.take(now: 0)) }
        XCTAssertTrue(lane.wantsMore)
        lane.beginReload()
        for id in 0..<lane.reloadCount { lane.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual([lane.waitingCount, lane.inFlightCount], [4, 3], "three of those that are read are under way, and one waited")
    }

    func test_figures_countWhatIsDue_andItsAge() {
        var lane = Lane(limit: 1)
        lane.add(work(1, dueAt: 10, since: 3))
        lane.add(work(2, dueAt: 20, since: 1))
        XCTAssertEqual(lane.figures(now: 15).dueCount, 1)
        XCTAssertEqual(lane.figures(now: 15).oldestSince, 3)
        XCTAssertEqual(lane.figures(now: 25).oldestSince, 1)
    }
}
