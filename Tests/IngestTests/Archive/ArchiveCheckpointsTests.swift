import Cluster
import ColumnStore
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
}
