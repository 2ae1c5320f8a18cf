import ColumnStore
@testable import Documents
import Foundation
@testable import Ingest
import TestSupport
import XCTest

/// Goal: a checkpoint and the records after it make one state, whatever of these its copies have. Method: a log in a directory, of a checkpoint with one database and of records that change its schema.
final class LogRestoreTests: XCTestCase {
    private let folder = TemporaryDirectory()

    /// A checkpoint of all that the first statement has made, whose copy of the queues has more of them.
    private func makeLog(_ statements: [String], copied: Int, to: Int64) throws -> LogPlace {
        let place = try LogPlace(url: "file://\(folder.path)/LOG-\(to)") { _ in LocalStorageFactory() }
        let copy = try LocalStorageFactory.files("\(folder.path)/copy-\(to)")
        try copy.prepare("queues.sqlite")
        do {
            let connection = try SQLiteConnection(path: copy.path(of: "queues.sqlite"), mode: .create)
            for statement in statements.prefix(copied) { try connection.execute(statement) }
        }
        let digest = try copy.digest(of: "queues.sqlite")
        var manifest = BackupManifest(number: 1, store: "one", madeAt: 1, warehouse: "")
        manifest.files = [.init(path: "queues.sqlite", name: "queues.1.sqlite", byteCount: digest.byteCount, sha256: digest.sha256)]
        try FileCopy.copy("queues.sqlite", from: copy, to: place.objects, as: "base/queues.1.sqlite", byteCount: digest.byteCount, sha256: digest.sha256)
        var builder = LogSegment.Builder(epoch: 1, last: 0, hash: LogRecord.noHash)
        for (index, statement) in statements.enumerated() {
            var changes = ChangeWriter()
            changes.schema(statement, isNew: index == 0, version: 1)
            try builder.append(.rows, LogPayload.head("queues.sqlite") + changes.bytes, at: 10)
        }
        let segment = try XCTUnwrap(builder.finish())
        try place.objects.put(LogPlace.SegmentName(epoch: 1, first: 1, last: builder.last).key, segment.bytes)
        var head = LogHead(store: "one", epoch: 1)
        (head.last, head.hash, head.until) = (builder.last, builder.hash, 100)
        try place.root.create(LogHead.key, head.bytes)
        let checkpoint = LogCheckpoint(epoch: 1, from: 1, to: to, at: 20, manifest: manifest)
        try place.objects.put(checkpoint.key, checkpoint.bytes)
        return place
    }

    /// A file that comes in two commits, and a checkpoint that is made between them: its copy is of a moment after the second.
    func test_schemaThatACopyHasAlready_isFolded_upToTheCheckpointsEnd() throws {
        let statements = ["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"]
        for copied in 1...2 {
            let place = try makeLog(statements, copied: copied, to: Int64(copied))
            let scratch = try ScratchFolder("log-test")
            let found = try LogRestore.databases(try LogReader(place, instant: nil), place, scratch)
            XCTAssertEqual(found.last?.sequence, 3)
            let connection = try SQLiteConnection(path: scratch.files.path(of: "queues.sqlite"), mode: .readOnly)
            XCTAssertEqual(try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name IN ('a', 'b', 'c')"), 3)
        }
    }

    /// What comes behind its end is in no copy: where it is there all the same, the copy is another's.
    func test_schemaThatIsThereAlready_behindTheCheckpointsEnd_doesNotFit() throws {
        let place = try makeLog(["CREATE TABLE a(x)", "CREATE TABLE b(x)", "CREATE TABLE c(x)"], copied: 3, to: 2)
        XCTAssertThrowsError(try LogRestore.databases(try LogReader(place, instant: nil), place, try ScratchFolder("log-test"))) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile, "\($0)") }
    }

    /// Their sum would end the process.
    func test_sizesThatNoColdFileHas_areRefused() throws {
        let data = folder.path + "/DATA"
        let fixture = try EngineFixture(data) { $0.compaction.makesSums = false }
        _ = try fixture.taken(EngineFixture.receipt("R-1"))
        _ = try fixture.engine.compact(before: nil)
        try fixture.engine.close()
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        try FileManager.default.createDirectory(atPath: folder.path + "/LOG/base", withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: data + "/warehouse", toPath: folder.path + "/LOG/base/warehouse")
        func folded(_ byteCount: Int64?) throws -> [BackupManifest.File] {
            let scratch = try ScratchFolder("log-test")
            for name in ["catalog.sqlite", "hot"] { try FileManager.default.copyItem(atPath: "\(data)/\(name)", toPath: scratch.files.path(of: name)) }
            if let byteCount {
                let catalog = try SQLiteConnection(path: scratch.files.path(of: "catalog.sqlite"), mode: .readWrite)
                try catalog.execute("UPDATE cold_objects SET byte_count = \(byteCount)")
                try catalog.checkpoint(.truncate)
            }
            return try LogRestore.folded(scratch, place).files
        }
        XCTAssertTrue(try folded(nil).contains { $0.path.hasPrefix("warehouse/receipts/data/") })
        for byteCount in [(1 << 62) + 5, (1 << 53) + 1, -1] as [Int64] {
            XCTAssertThrowsError(try folded(byteCount), "\(byteCount)") { error in
                XCTAssertEqual((error as? ColumnStoreError)?.code, .corruptFile, "\(error)")
                XCTAssertTrue("\(error)".contains("is to have \(byteCount) bytes"), "\(error)")
            }
        }
    }
}
