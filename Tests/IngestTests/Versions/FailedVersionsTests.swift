import Query
import XCTest

@testable import Ingest

/// Goal: what a question as of an instant holds of versions that failed since is the query's to pay, and given back. Method: more of them than its memory has room for.
final class FailedVersionsTests: XCTestCase {
    private func key(_ number: Int) -> VersionKey { VersionKey(table: "licences_history", client: Array("c1".utf8), receipt: Array("L-\(number)".utf8)) }

    func test_newestOfEach_isKept() throws {
        var maker = FailedVersions.Maker(nil)
        for (number, version) in [(1, 3), (2, 1), (1, 7), (1, 5)] as [(Int, Int64)] { try maker.add(key(number), version) }
        let failed = maker.made
        XCTAssertFalse(failed.isEmpty)
        XCTAssertEqual([1, 2, 3].map { failed[key($0)]?.version }, [7, 1, nil])
        XCTAssertTrue(FailedVersions.Maker(nil).made.isEmpty)
    }

    /// A version that failed later was the newest, until another came.
    func test_laterVersions_overtakeIt() throws {
        var maker = FailedVersions.Maker(nil)
        for (number, version) in [(1, 3), (2, 3)] as [(Int, Int64)] { try maker.add(key(number), version) }
        XCTAssertEqual(maker.receipts(countMax: 2).map { Set($0.map { String(decoding: $0, as: UTF8.self) }) }, ["L-1", "L-2"])
        XCTAssertNil(maker.receipts(countMax: 1))
        for (number, version) in [(1, 2), (1, 4), (2, 2), (2, 3), (3, 9)] as [(Int, Int64)] { maker.overtake(key(number), by: version) }
        let failed = maker.made
        XCTAssertNil(failed[key(3)])
        XCTAssertEqual((1...5).map { failed[key(1)]?.leavesOut($0) }, [true, true, true, false, false])
        XCTAssertEqual((1...5).map { failed[key(2)]?.leavesOut($0) }, [true, true, false, false, false])
    }

    func test_memory_isChargedBeforeItIsTaken_andGivenBack() throws {
        let memory = MemoryBudget(byteCountMax: 4 << 20)
        do {
            var maker = FailedVersions.Maker(memory)
            for number in 0..<1_000 { try maker.add(key(number), 1) }
            let failed = maker.made
            XCTAssertGreaterThanOrEqual(memory.usedByteCount, 1_000 * 100)
            XCTAssertEqual(failed[key(999)]?.version, 1)
            // One that is there already takes nothing.
            let before = memory.usedByteCount
            for number in 0..<1_000 { try maker.add(key(number), 2) }
            XCTAssertEqual(memory.usedByteCount, before)
        }
        XCTAssertEqual(memory.usedByteCount, 0)
        do {
            var maker = FailedVersions.Maker(memory)
            XCTAssertThrowsError(try { for number in 0..<100_000 { try maker.add(key(number), 1) } }()) { error in
                XCTAssertEqual((error as? QueryError)?.slug, .spillFull, "\(error)")
            }
        }
        XCTAssertEqual(memory.usedByteCount, 0)
    }
}
