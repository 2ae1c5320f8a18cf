import ColumnStore
import Ingest
import Query
import TestSupport
import XCTest

@testable import Server

/// Goal: nobody's open cursors close the door to others, and none has a place for longer than it may give rows. Method: answers that are begun and never asked for again.
final class QueryPlacesTests: XCTestCase {
    private final class Owner {}

    private func places(streamTime: Double) -> QueryPlaces {
        QueryPlaces(QueryService(engine: QueryEngine(), store: StoreRoles(FakeEngine()), further: StoreSchema(), .init(count: 1, time: 60, streamTime: streamTime)))
    }

    private func query() throws -> RunningQuery { try RunningQuery(id: nil, asker: .admin, text: "SELECT 1") }

    private func state(_ body: () throws -> Void) -> String? {
        do {
            try body()
            return nil
        } catch { return (error as? PostgresFault)?.state.rawValue ?? "\(error)" }
    }

    func test_oneOwner_leavesAQuarterToOthers() throws {
        let places = places(streamTime: 3_600), greedy = Owner(), other = Owner()
        var own = try (0..<QueryPlaces.ownOpenMax).map { _ in try places.begin(try query(), for: greedy) }
        XCTAssertEqual(state { _ = try places.begin(try query(), for: greedy) }, "53300")
        let others = try (0..<QueryPlaces.openMax - QueryPlaces.ownOpenMax).map { _ in try places.begin(try query(), for: other) }
        XCTAssertEqual(state { _ = try places.begin(try query(), for: other) }, "53300", "all are taken")
        XCTAssertEqual(state { _ = try places.begin(try query(), for: Owner()) }, "53300", "all are taken")
        let last = try XCTUnwrap(own.popLast())
        // Once is enough, and more does no harm.
        for _ in 0..<2 { places.end(last) }
        _ = try places.begin(try query(), for: other)
        XCTAssertEqual(state { _ = try places.begin(try query(), for: greedy) }, "53300", "all are taken")
        for place in own + others { places.end(place) }
        XCTAssertNil(state { _ = try places.begin(try query(), for: greedy) })
    }

    /// A page that has just begun may have all of its time before the turn comes.
    func test_turn_isWaitedForLongerThanAPageTakes() {
        let service = QueryService(engine: QueryEngine(), store: StoreRoles(FakeEngine()), further: StoreSchema(), .init(count: 1, time: 60, streamTime: 3_600))
        XCTAssertEqual(service.turnSeconds, 120)
    }

    /// Others' questions have the thread for as long as they like.
    func test_turnThatDoesNotCome_isRefused_andNotWaitedForByWhomHasGone() {
        for (time, isGone, expected) in [(0.01, false, "53300"), (3_600, true, "57014")] {
            let service = QueryService(engine: QueryEngine(), store: StoreRoles(FakeEngine()), further: StoreSchema(), .init(count: 1, time: time, streamTime: 3_600))
            let places = QueryPlaces(service), owner = Owner(), isHeld = Monitor(true)
            defer { isHeld.broadcast { $0 = false } }
            XCTAssertNotNil(service.pool.submit(for: owner, isLong: true) { isHeld.wait { $0 ? nil : () } })
            XCTAssertTrue(Patience.until { service.pool.load == (0, 1) })
            for isLong in [true, false] {
                let interruption = Interruption()
                interruption.begin()
                if isGone { interruption.interrupt(.gone) }
                XCTAssertEqual(state { try places.run(for: owner, isLong: isLong, interruption) { XCTFail("it ran") } }, expected)
                XCTAssertTrue(service.pool.load == (0, 1), "it has a place still")
            }
        }
    }

    func test_answersPastTheirTime_haveNoPlace_andHoldNothing() throws {
        let places = places(streamTime: 0), owner = Owner()
        let first = try query(), place = try places.begin(first, for: owner)
        XCTAssertTrue(place.isLate)
        for _ in 0..<3 * QueryPlaces.openMax { _ = try places.begin(try query(), for: owner) }
        XCTAssertTrue(first.isEnded, "whose place was needed was not ended")
    }

    func test_answersThatWereEnded_haveNoPlace() throws {
        let places = places(streamTime: 3_600), owner = Owner()
        let queries = try (0..<QueryPlaces.ownOpenMax).map { _ in try query() }
        let begun = try queries.map { try places.begin($0, for: owner) }
        XCTAssertEqual(state { _ = try places.begin(try query(), for: owner) }, "53300")
        queries[7].cancel(onRequest: true)
        XCTAssertNil(state { _ = try places.begin(try query(), for: owner) })
        XCTAssertEqual(state { _ = try places.begin(try query(), for: owner) }, "53300")
        XCTAssertFalse(begun.contains { $0.isLate })
    }
}
