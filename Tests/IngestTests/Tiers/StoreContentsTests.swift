import ColumnStore
import Foundation
import XCTest

@testable import Ingest

/// Goal: what the store says of its files is what they hold. Method: rows in hot and in cold files, counted and summed both ways.
final class StoreContentsTests: XCTestCase {
    func test_files_haveTheRowsAndDaysThatWereTaken() throws {
        let directory = TemporaryDirectory()
        let fixture = try EngineFixture(directory.path)
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", at: "2026-11-\(10 + number % 5)T14:00:00Z", total: "\(number).50")) }
        let hot = try fixture.engine.files(of: nil, as: .admin)
        XCTAssertEqual(hot.reduce(0) { $0 + $1.rowCount }, 30)
        XCTAssertTrue(hot.allSatisfy { $0.tier == .hot && $0.table == nil && $0.byteCount > 0 })
        XCTAssertTrue(fixture.engine.compactions.isEmpty)
        _ = try fixture.engine.compact(before: nil)
        let cold = try fixture.engine.files(of: "receipts", as: .admin)
        XCTAssertEqual(cold.reduce(0) { $0 + $1.rowCount }, 30)
        XCTAssertEqual(try fixture.engine.files(of: nil, as: .admin).reduce(0) { $0 + $1.rowCount }, 0)
        for file in cold {
            let path = String(file.path.dropFirst("file://".count))
            XCTAssertEqual(try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int64, file.byteCount)
            let bounds = try JSONParser.parse(file.bounds)
            XCTAssertNotNil(bounds["total"]?["max"])
        }
        XCTAssertEqual(cold.compactMap(\.firstDay).min(), cold.compactMap(\.lastDay).max().map { $0 - 4 })
        XCTAssertTrue(fixture.engine.coldTableNames.contains("receipts"))
        let snapshots = fixture.engine.snapshots(of: "receipts")
        XCTAssertEqual(snapshots.last?.summary.first { $0.name == "total-records" }?.value, "30")
        XCTAssertEqual(fixture.engine.compactions.map(\.summary?.rowsMoved), [30])
        XCTAssertEqual(try fixture.engine.files(of: "none", as: .admin).count, 0)
    }

    func test_compactions_thatFoundNothingToDo_areKept_whereSomebodyAsked() {
        let log = CompactionLog()
        let nothing = CompactionSummary(filesMoved: 0, rowsMoved: 0, filesLeft: 0, filesMerged: 0)
        log.add(CompactionRecord(startedAt: 1, endedAt: 2, isRequested: false, summary: nothing, failure: nil))
        XCTAssertTrue(log.all.isEmpty)
        log.add(CompactionRecord(startedAt: 3, endedAt: 4, isRequested: true, summary: nothing, failure: nil))
        log.add(CompactionRecord(startedAt: 5, endedAt: 6, isRequested: false, summary: nil, failure: "the disk is full"))
        for number in 0..<1_000 { log.add(CompactionRecord(startedAt: 7, endedAt: Int64(number), isRequested: true, summary: nothing, failure: nil)) }
        XCTAssertEqual(log.all.count, 1_000)
        XCTAssertEqual(log.all.first?.startedAt, 7)
    }
}
