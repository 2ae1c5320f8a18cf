import ColumnStore
import Dispatch
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: whoever changes a rollup at once with others, the catalog has what is in force. Method: puts, deletions and type files that declare it, many at a time, over and over.
final class RollupChangesTests: XCTestCase {
    func test_changesAtOnce_leaveInTheCatalogWhatIsInForce() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { XCTAssertNoThrow(try fixture.engine.close()) }
        let store = fixture.engine
        func type(_ version: Int) -> [UInt8] {
            Array(
                #"""
                {"name":"sales","version":\#(version),"format":"json","table":"sales","match":{"/schema":"sale"},"receipt_id":"/id","issued_at":"/at","columns":{"d":{"path":"/d","type":"BIGINT"}},
                "rollups":[{"name":"by_d","group_by":{"d":"d"},"measures":{"v\#(version)":"count(*)"}}]}
                """#.utf8)
        }
        _ = try store.putType(name: "sales", body: type(1))
        let bodies = try ["a", "b"].map { try JSONParser.parse(Array(#"{"name":"by_d","table":"sales","group_by":{"d":"d"},"measures":{"\#($0)":"count(*)"}}"#.utf8)) }
        for round in 0..<40 {
            let next = type(round + 2)
            DispatchQueue.concurrentPerform(iterations: 4) { side in
                switch side {
                case 0, 1: _ = try? store.putRollup(name: "by_d", body: bodies[side])
                case 2: try? store.deleteRollup(name: "by_d")
                default: _ = try? store.putType(name: "sales", body: next)
                }
            }
            let kept = try XCTUnwrap(try store.catalog.rollups().first { $0.name == "by_d" })
            let state = store.tier.boundary.rollups["by_d"]
            XCTAssertEqual(state == nil, kept.isDeleted, "round \(round)")
            guard let state, !kept.isDeleted else { continue }
            XCTAssertEqual(state.number, kept.number, "round \(round)")
            XCTAssertEqual(state.definition.json.serialized, kept.json, "round \(round)")
        }
    }
}
