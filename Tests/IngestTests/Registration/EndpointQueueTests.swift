import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// The queue of one endpoint against a sorted array, and what holds it back.
final class EndpointQueueTests: XCTestCase {
    private static let file = HotFile(
        directory: "/nowhere", day: 20_000, part: 1, dictionaries: DocumentDictionaries(known: []) { _, _ in 2 }, tables: TableColumns(),
        values: DocumentValues { _, _ in nil })

    private func work(_ id: Int64, dueAt: Int64, since: Int64 = 0) -> QueuedWork {
        QueuedWork(file: Self.file, id: id, kind: .step(name: "a"), dueAt: dueAt, since: since, expiresAt: .max)
    }

    func test_take_randomTimes_givesEachInOrderOfTime_firstComeFirst() {
        var random = SplitMix64(state: 0x1A4E)
        for count in [0, 1, 2, 3, 10, 500] {
            var queue = CallQueue(limit: .max)
            var times: [(dueAt: Int64, id: Int64)] = []
            for id in 0..<Int64(count) {
                let dueAt = Int64.random(in: 0..<50, using: &random)
                times.append((dueAt, id))
                queue.add(work(id, dueAt: dueAt))
            }
            var taken: [Int64] = []
            for now in Int64(0)..<50 { while let next = queue.take(now: now) { taken.append(next.id) } }
            XCTAssertEqual(taken, times.sorted { ($0.dueAt, $0.id) < ($1.dueAt, $1.id) }.map(\.id))
            XCTAssertEqual(queue.waitingCount, 0)
        }
    }

    func test_take_limitReached_waitsForAnEnd() {
        var queue = CallQueue(limit: 2)
        for id in 0..<3 { queue.add(work(Int64(id), dueAt: 5)) }
        XCTAssertNil(queue.take(now: 4), "not due")
        XCTAssertEqual(queue.nextTime, 5)
        XCTAssertEqual([queue.take(now: 5)?.id, queue.take(now: 5)?.id, queue.take(now: 5)?.id], [0, 1, nil])
        XCTAssertNil(queue.nextTime, "only an end changes anything")
        queue.end(work(0, dueAt: 5))
        XCTAssertEqual(queue.take(now: 5)?.id, 2)
    }

    func test_take_breakerOpen_waitsUntilItMayProbe_thenOneAtATime() throws {
        var queue = CallQueue(limit: 10)
        for id in 0..<5 { queue.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<20 { queue.breaker.recordFailure(now: 100) }
        XCTAssertEqual(queue.breaker.state, .open)
        XCTAssertNil(queue.take(now: 101))
        let next = try XCTUnwrap(queue.nextTime)
        XCTAssertEqual(next, 1_000_100, "a second")
        XCTAssertNotNil(queue.take(now: next))
        XCTAssertNil(queue.take(now: next), "one probe")
        queue.breaker.recordFailure(now: next)
        XCTAssertEqual(queue.nextTime, next + 2_000_000, "twice as long")
        XCTAssertNotNil(queue.take(now: next + 2_000_000))
        queue.breaker.recordSuccess()
        XCTAssertNotNil(queue.take(now: next + 2_000_000))
        XCTAssertEqual(queue.breaker.state, .closed)
    }

    /// What was settled or cannot be read says nothing of the endpoint: the next one is its probe.
    func test_end_ofAProbeThatWasNotMade_leavesTheBreakerOpen_andLetsTheNextThrough() throws {
        var queue = CallQueue(limit: 10)
        for id in 0..<5 { queue.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<20 { queue.breaker.recordFailure(now: 0) }
        let now = try XCTUnwrap(queue.nextTime)
        let settled = try XCTUnwrap(queue.take(now: now))
        queue.end(settled, worked: nil, outcome: "settled", now: now)
        XCTAssertEqual(queue.breaker.state, .open)
        XCTAssertNotEqual(queue.nextTime, nil)
        let probe = try XCTUnwrap(queue.take(now: now))
        XCTAssertNil(queue.take(now: now), "one probe")
        queue.end(probe, worked: false, outcome: "failed", now: now)
        XCTAssertEqual(queue.nextTime, now + 2_000_000, "twice as long, as if nothing had been between")
        // Of an endpoint for which nothing is left nothing is kept in mind.
        while let next = queue.take(now: .max) { queue.end(next, worked: nil, outcome: "settled", now: .max) }
        XCTAssertTrue(queue.isIdle)
    }

    func test_add_full_leavesTheRestToDisk_untilThereIsRoom() throws {
        var queue = CallQueue(limit: 10, capacity: 4)
        for id in 0..<6 { queue.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual(queue.waitingCount, 4)
        XCTAssertTrue(queue.hasMore && !queue.wantsMore)
        let first = try XCTUnwrap(queue.take(now: 0))
        XCTAssertFalse(queue.wantsMore)
        _ = queue.take(now: 0)
        XCTAssertTrue(queue.wantsMore)
        queue.beginReload()
        for id in 0..<6 { queue.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual(queue.waitingCount, 4, "two that were there, two that were not; those under way are passed over")
        XCTAssertFalse(queue.hasMore)
        queue.end(first)
        XCTAssertEqual(queue.inFlightCount, 1)
    }

    func test_reloadCount_fillsTheQueue_whateverIsUnderWay() {
        var queue = CallQueue(limit: 10, capacity: 4)
        for id in 0..<6 { queue.add(work(Int64(id), dueAt: 0)) }
        for _ in 0..<3 { XCTAssertNotNil(queue.take(now: 0)) }
        XCTAssertTrue(queue.wantsMore)
        queue.beginReload()
        for id in 0..<queue.reloadCount { queue.add(work(Int64(id), dueAt: 0)) }
        XCTAssertEqual([queue.waitingCount, queue.inFlightCount], [4, 3], "three of those that are read are under way, and one waited")
    }

    /// Of an endpoint that answers nobody all is put off most of the time, or under way.
    func test_figures_countWhatIsDue_andTheAgeOfAllThatIsNotFinished() throws {
        var queue = CallQueue(limit: 1)
        XCTAssertNil(queue.figures(now: 15).oldestSince)
        queue.add(work(1, dueAt: 10, since: 3))
        queue.add(work(2, dueAt: 20, since: 1))
        XCTAssertEqual(queue.figures(now: 15).dueCount, 1)
        XCTAssertEqual(queue.figures(now: 15).oldestSince, 1, "put off")
        queue.remove(work(2, dueAt: 20).key)
        XCTAssertEqual(queue.figures(now: 15).oldestSince, 3)
        let taken = try XCTUnwrap(queue.take(now: 15))
        XCTAssertEqual(queue.figures(now: 15).oldestSince, 3, "under way")
        queue.end(taken)
        XCTAssertNil(queue.figures(now: 15).oldestSince)
    }

    func test_renew_ofWhatWaits_takesItsPlace_andOfWhatIsUnderWay_followsIt() throws {
        var queue = CallQueue(limit: 10)
        queue.add(work(1, dueAt: 1_000))
        queue.add(work(1, dueAt: 5))
        XCTAssertEqual(queue.nextTime, 1_000, "what is here already is passed over")
        queue.renew(work(1, dueAt: 5))
        XCTAssertEqual(queue.nextTime, 5)
        XCTAssertEqual(queue.waitingCount, 1)
        let first = try XCTUnwrap(queue.take(now: 5))
        XCTAssertNil(queue.take(now: 1_000), "the old entry")
        queue.renew(work(1, dueAt: 7))
        XCTAssertNil(queue.take(now: 1_000), "one at a time")
        queue.end(first)
        // As whoever puts the ended call off.
        queue.add(work(1, dueAt: 2_000))
        XCTAssertEqual(queue.take(now: 1_000)?.dueAt, 7)
        queue.renew(work(1, dueAt: 8))
        queue.remove(first.key)
        queue.end(first)
        XCTAssertTrue(queue.isIdle)
    }

    func test_renew_inAFullQueue_takesNoRoom() {
        var queue = CallQueue(limit: 10, capacity: 2)
        for id in 0..<2 { queue.add(work(Int64(id), dueAt: 100)) }
        for dueAt in 0..<1_000 { queue.renew(work(1, dueAt: Int64(dueAt))) }
        XCTAssertEqual(queue.waitingCount, 2)
        XCTAssertFalse(queue.hasMore)
        queue.renew(work(2, dueAt: 0))
        XCTAssertTrue(queue.hasMore)
        XCTAssertEqual([queue.take(now: .max)?.id, queue.take(now: .max)?.id, queue.take(now: .max)?.id], [0, 1, nil])
    }

    func test_renewalsAndRemovals_atRandom_areThoseOfASortedArray() {
        var random = SplitMix64(state: 0x2B5F)
        var queue = CallQueue(limit: 5)
        // In the order of arrival.
        var waiting: [(id: Int64, dueAt: Int64)] = []
        var underWay: [Int64] = []
        var renewed: [Int64: Int64] = [:]
        for _ in 0..<20_000 {
            let id = Int64.random(in: 0..<40, using: &random), dueAt = Int64.random(in: 0..<1_000, using: &random)
            switch random.next() % 8 {
            case 0, 1:
                queue.add(work(id, dueAt: dueAt))
                if !underWay.contains(id), !waiting.contains(where: { $0.id == id }) { waiting.append((id, dueAt)) }
            case 2, 3, 4:
                queue.renew(work(id, dueAt: dueAt))
                if underWay.contains(id) {
                    renewed[id] = dueAt
                } else {
                    waiting.removeAll { $0.id == id }
                    waiting.append((id, dueAt))
                }
            case 5:
                queue.remove(work(id, dueAt: 0).key)
                waiting.removeAll { $0.id == id }
                renewed[id] = nil
            case 6:
                let first = waiting.indices.min { (waiting[$0].dueAt, $0) < (waiting[$1].dueAt, $1) }
                let place = underWay.count < 5 ? first.flatMap { waiting[$0].dueAt <= 500 ? $0 : nil } : nil
                XCTAssertEqual(queue.take(now: 500)?.id, place.map { waiting[$0].id })
                if let place { underWay.append(waiting.remove(at: place).id) }
            default:
                guard let ended = underWay.popLast() else { continue }
                queue.end(work(ended, dueAt: 0))
                if let dueAt = renewed.removeValue(forKey: ended) { waiting.append((ended, dueAt)) }
            }
            XCTAssertEqual(queue.waitingCount, waiting.count)
            XCTAssertEqual(queue.inFlightCount, underWay.count)
            if underWay.count < 5 { XCTAssertEqual(queue.nextTime, waiting.map(\.dueAt).min()) }
        }
    }
}
