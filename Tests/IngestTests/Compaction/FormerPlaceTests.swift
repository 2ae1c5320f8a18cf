import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a move of the warehouse that has come to its switch says so, whatever becomes of the former place. Method: what comes between while that is cleared.
final class FormerPlaceTests: XCTestCase {
    func test_endThatComesWhileTheFormerPlaceIsCleared_isNoEndOfTheMove() throws {
        let (data, elsewhere, former) = (TemporaryDirectory(), TemporaryDirectory(), HookedPlace())
        let place = "file://\(elsewhere.path)/w"
        let fixture = try EngineFixture(data.path) {
            $0.storages = former
            $0.openPlace = { place in
                guard let place else { return former }
                return LocalStorageFactory(path: String(place.dropFirst("file://".utf8.count)))
            }
            // Nobody else reads there.
            $0.compaction.makesSums = false
        }
        for number in 0..<5 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        _ = try fixture.engine.compact(before: nil)
        let (engine, compactor) = (fixture.engine, fixture.engine.compactor)
        former.observe { call, _, _ in if call == .delete { compactor.state.broadcast { $0.isStopping = true } } }
        let summary = try engine.move(to: place, isCancelled: { false }, progress: { _, _ in })
        former.observe(nil)
        XCTAssertTrue(compactor.isStopping, "nothing was removed at the former place")
        XCTAssertEqual(summary.place, place)
        XCTAssertEqual(engine.directory.storages.location, place)
        XCTAssertEqual(summary.leftFileCount, try engine.catalog.formerObjects(at: "", limit: .max).count)
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 100)).count, 5)
        try engine.close()
        let report = try Verifier(path: data.path, storages: LocalStorageFactory(path: elsewhere.path + "/w")).run()
        XCTAssertEqual(report.findings.map(\.description), [])
    }

    func test_formerPlaceThatAnswersNothing_isCountedAsLeft() throws {
        let (data, elsewhere, former) = (TemporaryDirectory(), TemporaryDirectory(), HookedPlace())
        let fixture = try EngineFixture(data.path) {
            $0.storages = former
            $0.openPlace = { place in
                guard let place else { throw Fault(.storageUnavailable, "it gives no answer") }
                return LocalStorageFactory(path: String(place.dropFirst("file://".utf8.count)))
            }
            $0.compaction.makesSums = false
        }
        _ = try fixture.taken(EngineFixture.receipt("R"))
        _ = try fixture.engine.compact(before: nil)
        let summary = try fixture.engine.move(to: "file://\(elsewhere.path)/w", isCancelled: { false }, progress: { _, _ in })
        XCTAssertGreaterThan(summary.leftFileCount, 0)
        XCTAssertEqual(summary.leftFileCount, try fixture.engine.catalog.formerObjects(at: "", limit: .max).count)
        try fixture.engine.close()
    }
}
