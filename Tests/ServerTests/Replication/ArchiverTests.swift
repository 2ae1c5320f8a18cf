import Cluster
import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest
@testable import Server

/// Goal: records that wait for the archive go neither too soon nor never. Method: a machine without records, asked what may go.
final class ArchiverTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-archiver") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    /// The place was away, and the machine is started anew: what waits is asked for before it is known who leads.
    func test_recordsOfAMachineThatBegins_waitForTheArchive_upToABound_andOfOneThatFollowsNotAtAll() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1_000, log: Log(format: .json, level: .error))
        let place = try ArchivePlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let archiver = Archiver(place, checkpoint, storages: LocalStorageFactory(), directory: folder.path, seconds: 5)
        XCTAssertEqual(archiver.droppable(through: 7, keeping: 1_000), 0)
        XCTAssertEqual(archiver.droppable(through: 7, keeping: 0), 7, "more than the bound")
        var standing = NodeHost.Standing()
        standing.role = .standby
        archiver.start(Monitor(standing), isUnderWay: { false }) { _ in }
        defer { archiver.stop() }
        XCTAssertEqual(archiver.droppable(through: 7, keeping: 1_000), 7)
    }

    /// The other machine is lost, and this one is stopped between two segments.
    func test_stopOfALeader_archivesWhatCounts() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let record = Record(after: .start, epoch: 1, kind: .noop, level: 1, body: [1])
        try file.append([record])
        try file.sync()
        try file.identify(XCTUnwrap(StoreIdentity(String(repeating: "5", count: 32))))
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1_000, log: Log(format: .json, level: .error))
        let place = try ArchivePlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        for (role, isThere) in [(Node.Role.standby, false), (.leader, true)] {
            let archiver = Archiver(place, checkpoint, storages: LocalStorageFactory(), directory: folder.path, seconds: 3_600)
            var standing = NodeHost.Standing()
            (standing.role, standing.isServing, standing.committed) = (role, true, record.mark)
            archiver.start(Monitor(standing), isUnderWay: { false }) { $0(.leads) }
            archiver.stop()
            XCTAssertEqual(try place.isThere(), isThere, "\(role)")
            XCTAssertEqual(archiver.standing.record, isThere ? 1 : nil)
        }
    }

    /// Its time is that of its spooling, however long it waits before it is submitted.
    func test_leaderWithACommitUnderWay_saysOfNoInstantThatAllIsThere() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let record = Record(after: .start, epoch: 1, kind: .noop, level: 1, body: [1])
        try file.append([record])
        try file.sync()
        try file.identify(XCTUnwrap(StoreIdentity(String(repeating: "5", count: 32))))
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1_000, log: Log(format: .json, level: .error))
        let place = try ArchivePlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let (time, isUnderWay) = (Monitor(Int64(11_000_000)), Monitor(true))
        let archiver = Archiver(place, checkpoint, storages: LocalStorageFactory(), directory: folder.path, seconds: 0.05, clock: Clock { time.withLock { $0 } })
        var standing = NodeHost.Standing()
        (standing.role, standing.isServing, standing.committed) = (.leader, true, record.mark)
        archiver.start(Monitor(standing), isUnderWay: { isUnderWay.withLock { $0 } }) { $0(.leads) }
        defer { archiver.stop() }
        XCTAssertTrue(Patience.until { archiver.standing.record == 1 })
        time.withLock { $0 = 3_600_000_000 }
        // A round that has begun after that.
        XCTAssertTrue(Patience.until { archiver.settle() })
        XCTAssertNil(try place.until(1))
        isUnderWay.withLock { $0 = false }
        XCTAssertTrue(Patience.until { archiver.settle() })
        XCTAssertEqual(try place.until(1)?.last, record.mark)
    }

    /// Another line is a gap between two instants, which nobody can restore to: none is begun for a disk that gives no answer.
    func test_recordThatCannotBeRead_beginsNoOtherLine() throws {
        let (file, _) = try RecordFile.open(folder.path)
        let record = Record(after: .start, epoch: 1, kind: .noop, level: 1, body: [1])
        try file.append([record])
        try file.sync()
        try file.identify(XCTUnwrap(StoreIdentity(String(repeating: "5", count: 32))))
        let checkpoint = try StoreCheckpoint(file, folder: folder.path, keptByteCount: 1_000, log: Log(format: .json, level: .error))
        let place = try ArchivePlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        var standing = NodeHost.Standing()
        (standing.role, standing.isServing, standing.committed) = (.leader, true, record.mark)
        for isReadable in [true, false] {
            // As a disk does that fails: the file has had these bytes.
            if !isReadable { XCTAssertEqual(truncate(folder.appendingPathComponent("records").path, off_t(RecordSegment.title.count)), 0) }
            let archiver = Archiver(place, checkpoint, storages: LocalStorageFactory(), directory: folder.path, seconds: 3_600)
            archiver.start(Monitor(standing), isUnderWay: { false }) { $0(.leads) }
            archiver.stop()
            XCTAssertEqual(try place.lineNumbers(), [1], "\(isReadable)")
            XCTAssertEqual(archiver.standing.record, isReadable ? 1 : nil)
        }
    }
}
