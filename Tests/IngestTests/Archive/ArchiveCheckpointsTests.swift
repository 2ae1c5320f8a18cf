import Cluster
import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a checkpoint of an archive stands in for what came before it only where a restore can begin with it. Method: the records of a real engine in an archive; the catalog of the machine's own
/// checkpoint names an object of a cold table that has another byte; a clock by which all is old.
final class ArchiveCheckpointsTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private static let later: Int64 = 4_000_000_000_000_000

    private func records() throws -> (bodies: [[UInt8]], store: StoreIdentity) {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(folder.path + "/lead") { $0.replica = recorder }
        for number in 0..<8 {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: number * 400)))
            let kept = Monitor(false)
            fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
            XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        }
        let store = try XCTUnwrap(StoreIdentity(fixture.engine.catalog.storeID))
        try fixture.engine.close()
        return (recorder.bodies, store)
    }

    /// A table `sales`, and an object of it.
    private func add(_ key: String, of bytes: [UInt8], in path: String) throws {
        let catalog = try SQLiteConnection(path: path, mode: .readWrite)
        try catalog.execute("INSERT INTO tables(name, columns, cold_version) VALUES('sales', '', 1)")
        let hash = Hexadecimal.text(SHA256.hash(bytes))
        try catalog.execute("INSERT INTO cold_objects(key, table_name, kind, byte_count, sha256, version) VALUES('sales/\(key)', 'sales', 'data', \(bytes.count), x'\(hash)', 1)")
        try catalog.checkpoint(.truncate)
    }

    /// The clock of the leader that goes on is behind: an instant before its first commit has nothing of what came before that one.
    func test_lineBehindACheckpoint_isNotOfBeforeTheCommitsThatItHas() throws {
        let (bodies, store) = try records()
        // Some of its records are here still; or none of them, and what is known is the end of the line before.
        for gone in [bodies.count * 2 / 3, bodies.count] {
            let (place, _) = try UnsurePlace.archive("\(folder.path)/LOG\(gone)")
            let machine = ArchivedMachine(ArchiveRecords.chain(bodies + ArchiveRecords.commit(99, at: 1_000_000)), store: store, folder: "\(folder.path)/a\(gone)")
            machine.commit(bodies.count / 3)
            XCTAssertTrue(ArchiveWriter(place, of: machine, clock: .system).round())
            let tail = try XCTUnwrap(ArchiveEnd(of: place).tail)
            XCTAssertLessThan(tail.mark.sequence, gone)
            try machine.fold(through: bodies.count)
            XCTAssertEqual(machine.checkpointRecord, bodies.count)
            machine.drop(through: gone)
            machine.commit(bodies.count + 1)
            let writer = ArchiveWriter(place, of: machine, clock: .system)
            XCTAssertTrue(writer.round() || writer.round(), writer.texts.joined())
            let line = try XCTUnwrap(place.lines().last)
            XCTAssertEqual([line.number, Int64(line.base.sequence)], [2, Int64(bodies.count)])
            var scan = ArchiveScan(time: 0)
            for record in machine.records[..<bodies.count] { try scan.take(record) }
            XCTAssertEqual(line.at, gone == bodies.count ? tail.time : scan.time)
            XCTAssertGreaterThan(line.at, 1_000_000)
        }
    }

    func test_checkpointWithoutAFileThatIsDamaged_isMade_andWhatIsFromBeforeStays() throws {
        let (bodies, store) = try records()
        let tables = folder.path + "/tables"
        let machine = ArchivedMachine(ArchiveRecords.chain(bodies), store: store, folder: folder.path + "/a") { try LocalStorageFactory.files("\(tables)/\($0)") }
        let sales = try LocalStorageFactory.files("\(tables)/sales")
        try sales.put("data/1", [1, 2, 4])
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 2_000)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        let segments = try place.segments(of: 1)
        try machine.fold(through: machine.records.count / 2)
        try add("data/1", of: [1, 2, 3], in: "\(machine.folder)/catalog.sqlite")
        func checkpoints() -> ArchiveCheckpoints { ArchiveCheckpoints(place, of: machine, clock: Clock { ArchiveCheckpointsTests.later }, clockAheadMax: .max) }
        let damaged = checkpoints()
        damaged.round(writer.report)
        XCTAssertEqual(damaged.report.count, 1, damaged.report.failure ?? "")
        XCTAssertEqual(damaged.report.lacking.keys.sorted(), ["\(tables)/sales/data/1"])
        XCTAssertEqual(try place.segments(of: 1), segments)
        // The next one, once it was mended.
        try sales.put("data/1", [1, 2, 3])
        try machine.fold(through: machine.records.count)
        let mended = checkpoints()
        mended.round(writer.report)
        XCTAssertEqual(mended.report.count, 1, mended.report.failure ?? "")
        XCTAssertEqual(mended.report.lacking, [:])
        XCTAssertNil(mended.report.removalFailure)
        XCTAssertLessThan(try place.segments(of: 1).count, segments.count)
    }

    /// By its own hash such a file is right: a checkpoint has it as it was when that was made. Nobody would miss the rest of it.
    func test_checkpointWithAChangedFileOfAnUploadThatIsToBeRead_isMade_andBeginsNoRestore() throws {
        let text = Array("{\"n\":1}\n{\"n\":2}\n".utf8)
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(folder.path + "/lead") { $0.replica = recorder }
        func keep() {
            let kept = Monitor(false)
            fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
            XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        }
        for number in 0..<6 {
            _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: String(repeating: "x", count: number * 400)))
            keep()
        }
        let early = recorder.bodies.count
        try fixture.put(upload: "up-1", text)
        keep()
        let store = try XCTUnwrap(StoreIdentity(fixture.engine.catalog.storeID))
        try fixture.engine.close()
        let machine = ArchivedMachine(ArchiveRecords.chain(recorder.bodies), store: store, folder: folder.path + "/a")
        let (place, _) = try UnsurePlace.archive(folder.path + "/LOG")
        let writer = ArchiveWriter(place, of: machine, clock: .system, segmentByteCount: 2_000)
        XCTAssertTrue(writer.round(), writer.texts.joined())
        func report() -> ArchiveCheckpoints.Report {
            let checkpoints = ArchiveCheckpoints(place, of: machine, clock: Clock { ArchiveCheckpointsTests.later }, clockAheadMax: .max)
            checkpoints.round(writer.report)
            XCTAssertEqual(checkpoints.report.count, 1, checkpoints.report.failure ?? "")
            return checkpoints.report
        }
        try machine.fold(through: early)
        XCTAssertEqual(report().lacking, [:])
        let (first, segments) = (machine.checkpointRecord, try place.segments(of: 1))
        try machine.fold(through: machine.records.count)
        let path = "\(machine.folder)/uploads/up-1"
        try Data(text.prefix(8)).write(to: URL(filePath: path))
        let lacking = report().lacking
        XCTAssertEqual(Array(lacking.keys), [path])
        XCTAssertTrue(lacking[path]?.contains("has 8 bytes, and \(text.count) had come") ?? false, "\(lacking)")
        XCTAssertEqual(try place.segments(of: 1), segments, "what is from before stays")
        func restore(_ name: String) throws -> ArchiveRestore.Summary {
            try ArchiveRestore(place, instant: nil, directory: "\(folder.path)/\(name)", storages: LocalStorageFactory()).run()
        }
        // Out of the records behind the checkpoint of before.
        let made = try restore("made")
        XCTAssertEqual(made.checkpoint, first)
        XCTAssertEqual(made.doubts.filter { $0.contains("uploads/up-1") }.count, 1, "\(made.doubts)")
        XCTAssertEqual([UInt8](try Data(contentsOf: URL(filePath: "\(folder.path)/made/uploads/up-1"))), text)
        XCTAssertTrue(try ArchiveProof(place).run().report.findings.contains { $0.fault.contains("uploads/up-1") })
        // And where nothing before is left.
        try place.objects.delete(ArchiveCheckpoint.key(1, Int64(first)), .temporary)
        try place.objects.delete(ArchivePlace.segmentKey(1, 1), .temporary)
        XCTAssertThrowsError(try restore("none")) { error in
            XCTAssertEqual((error as? ColumnStoreError)?.code, .corruptFile, "\(error)")
            XCTAssertTrue("\(error)".contains("uploads/up-1") && "\(error)".contains("(--to)"), "\(error)")
        }
        XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path + "/none"))
    }
}
