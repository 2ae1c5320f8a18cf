import Cluster
import ColumnStore
import Foundation
import Ingest
import TestSupport
import XCTest

@testable import Server

/// Goal: a node's checkpoint goes on though little has come, where it is wanted, and tells when it has. Method: records that change nothing, far fewer than what it waits for.
final class StoreCheckpointTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-checkpoint") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    func test_wantedOne_goesOn_thoughLessHasComeThanItWaitsFor() throws {
        let (file, _) = try RecordFile.open(folder.path)
        var records: [Record] = []
        for number in 0..<10 { records.append(Record(after: records.last?.mark ?? .start, epoch: 1, kind: .noop, level: 1, body: [UInt8(number)])) }
        try file.append(records)
        try file.sync()
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1 << 30, log: Log(format: .json, level: .error))
        let committed = Monitor(8)
        checkpoint.start(committed: { committed.withLock { $0 } }, drop: { _, _ in }, mend: { nil })
        defer { checkpoint.stop() }
        XCTAssertFalse(checkpoint.bring(through: 7))
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 7) })
        XCTAssertEqual(checkpoint.report.record, 8)
        XCTAssertNil(checkpoint.report.fault)
        // Of one that counts later the checkpoint is asked again.
        committed.withLock { $0 = 10 }
        XCTAssertFalse(checkpoint.bring(through: 10))
        XCTAssertTrue(Patience.until { checkpoint.bring(through: 10) })
        XCTAssertEqual(checkpoint.report.record, 10)
    }
}
