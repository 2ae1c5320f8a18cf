import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// What merging replaced stays for `snapshot_keep`, and as long as a reader holds it, and goes then; what belongs to nothing goes too.
final class ExpiryTests: XCTestCase {
    private func fill(_ fixture: EngineFixture, _ range: Range<Int>) throws {
        let lines = range.map { EngineFixture.receipt("R-\($0)", at: "2026-03-1\($0 % 9)T10:00:00Z") }
        guard case .each = fixture.take(lines.joined(separator: "\n"), .ndjson) else { return XCTFail("no results") }
        _ = try fixture.engine.compact(before: nil)
    }

    private func dataFiles(_ path: String) throws -> Set<String> {
        var keys: Set<String> = []
        try LocalStorage(root: path + "/warehouse/receipts").list(prefix: "data/") { keys.insert($0.key) }
        return keys
    }

    func test_replacedFiles_stayForTheirTimeAndTheirReaders_thenGo() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) {
            $0.compaction.intervalSeconds = 0.1
            $0.compaction.snapshotKeepSeconds = 2
        }
        try fill(fixture, 0..<100)
        var reader: TierBoundary.Snapshot? = fixture.engine.tier.boundary.snapshot()
        let old = try dataFiles(directory.path)
        try fill(fixture, 100..<200)
        let merged = try fixture.engine.tier.boundary.snapshot().cold["receipts"].map { try $0.iceberg.files().count }
        XCTAssertEqual(merged, 1, "moved and merged with what was there")
        XCTAssertTrue(old.isSubset(of: try dataFiles(directory.path)))
        usleep(1_000_000)
        XCTAssertTrue(old.isSubset(of: try dataFiles(directory.path)), "within the time of retention")
        usleep(3_000_000)
        XCTAssertTrue(old.isSubset(of: try dataFiles(directory.path)), "while a reader holds the snapshot")
        try readAll(try XCTUnwrap(reader))
        reader = nil
        try releaseAndCheck(fixture, directory.path, old)
    }

    private func readAll(_ snapshot: TierBoundary.Snapshot) throws {
        let cold = try XCTUnwrap(snapshot.cold["receipts"])
        for file in try cold.iceberg.files() { XCTAssertEqual(try cold.open(file).metadata.rowCount, file.recordCount) }
    }

    private func releaseAndCheck(_ fixture: EngineFixture, _ path: String, _ old: Set<String>) throws {
        XCTAssertTrue(try Patience.until { old.isDisjoint(with: try dataFiles(path)) }, "after its time, without readers")
        let present = try XCTUnwrap(fixture.engine.tier.boundary.snapshot().cold["receipts"])
        XCTAssertEqual(try dataFiles(path), Set(try present.iceberg.presentKeys().data))
        XCTAssertEqual(try fixture.walk(PageRequest(fields: ["receipt_id"], limit: 1_000)).count, 200)
        try fixture.engine.close()
        let report = try Verifier(path: path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [])
    }

    /// A version of each table that no catalog took, as a commit leaves it which was cancelled behind the tables' metadata.
    func test_versionsThatACommitHasLeft_areInNoExpirysWay() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) {
            $0.compaction.intervalSeconds = 0.1
            $0.compaction.snapshotKeepSeconds = 3
        }
        try fill(fixture, 0..<100)
        let old = try dataFiles(directory.path)
        try fill(fixture, 100..<200)
        let (boundary, compactor) = (fixture.engine.tier.boundary, fixture.engine.compactor)
        try compactor.exclusively {
            for (_, table) in boundary.snapshot().warehouse { _ = try table.iceberg.addColumns([(into: ColumnPath([]), field: Field("left", .string))]) }
        }
        XCTAssertTrue(try Patience.until { old.isDisjoint(with: try dataFiles(directory.path)) }, "after its time")
        XCTAssertTrue(try Patience.until { try boundary.snapshot().warehouse.allSatisfy { try $0.table.iceberg.newerVersions().isEmpty } })
        XCTAssertTrue(Patience.until { compactor.failure == nil })
        try fixture.engine.close()
        XCTAssertEqual(try Verifier(path: directory.path).run().findings.map(\.description), [])
    }

    func test_tidying_thatOneTableIsInTheWayOf_goesOnWithTheOthers() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        defer { try? fixture.engine.close() }
        let compactor = fixture.engine.compactor
        var done: [Int] = []
        XCTAssertThrowsError(try compactor.tidyEach([1, 2, 3]) { table in
            done.append(table)
            if table < 3 { throw Fault(.internalError, "of \(table)") }
        }) { XCTAssertEqual(($0 as? Fault)?.detail, "of 1") }
        XCTAssertEqual(done, [1, 2, 3])
        done = []
        XCTAssertThrowsError(try compactor.tidyEach([1, 2, 3]) { table in
            done.append(table)
            throw DayCompactor.Cancelled()
        }) { XCTAssertTrue($0 is DayCompactor.Cancelled, "\($0)") }
        XCTAssertEqual(done, [1])
    }

    func test_orphans_goWhenTheyAreOld() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path) { $0.compaction.intervalSeconds = 0.1 }
        try fill(fixture, 0..<50)
        let known = try dataFiles(directory.path)
        let root = URL(filePath: directory.path + "/warehouse/receipts")
        for (name, age) in [("data/2026/old.parquet", 2.0), ("data/2026/old.parquet.1-1.tmp", 2.0), ("data/2026/new.parquet", 0.5)] {
            let file = root.appending(path: name)
            try Data("left by a commit that was never made".utf8).write(to: file)
            try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSinceNow: -age * 86_400)], ofItemAtPath: file.path)
        }
        XCTAssertTrue(try Patience.until { try dataFiles(directory.path) == known.union(["data/2026/new.parquet"]) })
        try fixture.engine.close()
        let report = try Verifier(path: directory.path).run()
        XCTAssertEqual(report.findings.map(\.description), [])
        XCTAssertEqual(report.strangers, [root.path + "/data/2026/new.parquet"])
    }
}
