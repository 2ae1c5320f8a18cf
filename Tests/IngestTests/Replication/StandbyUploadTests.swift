import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: at a standby, and in a checkpoint, a file of an upload stays while records may go on with it, and goes once it is nobody's. Method: a store whose catalog says how uploads stand, and
/// pieces as a leader sends them, folded by one process or by several.
final class StandbyUploadTests: XCTestCase {
    private static let hour: Int64 = 3_600_000_000
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-standby-upload") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    private static func position(_ number: Int, epoch: Int64 = 1) -> ReplicaStore.Position { .init(sequence: Int64(number), epoch: epoch, high: UInt64(number), low: 7) }

    /// A store of uploads that wait for their files, by their ids and the ends of their links.
    private func make(_ name: String, waiting uploads: [(id: String, end: Int64)]) throws {
        let fixture = try EngineFixture(path(name))
        for (id, end) in uploads {
            let upload = Upload(id: id, owner: .administrator, client: nil, name: id, type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 0, expiresAt: end)
            try fixture.engine.catalog.add(upload, openCountMax: 10)
        }
        try fixture.engine.close()
        try ReplicaStore.noteEnd(path(name), at: Self.position(0))
    }

    /// A store of an upload that has ended, and whose file its leader has removed.
    private func makeGone(_ name: String, _ id: String) throws {
        let fixture = try EngineFixture(path(name)) { $0.uploads.fileDays = 0 }
        let catalog = fixture.engine.catalog
        var upload = Upload(id: id, owner: .administrator, client: nil, name: id, type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 1, expiresAt: 2)
        try catalog.add(upload, openCountMax: 10)
        (upload.state, upload.receivedByteCount) = (.cancelled, 2)
        XCTAssertTrue(try catalog.change(upload, from: .new))
        try fixture.engine.uploads.sweep()
        XCTAssertEqual(try catalog.uploadFilesGone(), 2)
        try fixture.engine.close()
        try ReplicaStore.noteEnd(path(name), at: Self.position(0))
    }

    private func apply(_ store: ReplicaStore, _ id: String, _ offset: Int64, _ bytes: [UInt8], isLast: Bool = false) throws {
        try store.apply(Self.position(Int(store.foldedSequence) + 1), ReplicaBody.file(name: "uploads/\(id)", offset: offset, bytes: bytes[...], isLast: isLast).bytes)
    }

    /// A commit of the catalog that changes nothing, for its time: records have no other clock.
    private func commit(_ store: ReplicaStore, _ sequence: Int64, at time: Int64) throws {
        let payload = LogPayload.head("catalog.sqlite")
        let compressed = try payload.withUnsafeBytes { bytes throws(PageError) in try ZstdTextCodec(level: 1).compress(bytes, dictionary: nil) }
        let record = LogRecord(epoch: 1, sequence: sequence, time: time, kind: .catalog, previous: LogRecord.noHash, byteCount: payload.count, payload: compressed)
        for part in ReplicaBody.parts(LogSegment(records: [record]).bytes) { try store.apply(Self.position(Int(store.foldedSequence) + 1), part) }
        try store.settle()
    }

    private func files(_ name: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: path("\(name)/uploads")).sorted() }
    private func content(_ name: String, _ id: String) -> Data? { FileManager.default.contents(atPath: path("\(name)/uploads/\(id)")) }

    /// As if nothing had been written to a file since 1970.
    private func age(_ name: String, _ id: String) throws {
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: path("\(name)/uploads/\(id)"))
    }

    /// Killed and started anew: the catalog tells what comes behind the pieces of a file, which come again.
    func test_fileOfAnUpload_thatIsFoldedAgain_staysUntilItIsWhole() throws {
        try makeGone("b", "u")
        let store = try ReplicaStore(directory: path("b"))
        for (offset, bytes) in [(0, [1]), (1, [2])] as [(Int64, [UInt8])] {
            try apply(store, "u", offset, bytes)
            try store.settle()
        }
        XCTAssertEqual(content("b", "u"), Data([1, 2]))
        try apply(store, "u", 2, [], isLast: true)
        store.release(read: ["changed"])
        try store.settle()
        XCTAssertNil(content("b", "u"))
    }

    /// As well where pieces that came before were noted: by the catalog nothing goes that it tells ahead of the other files.
    func test_catalogThatIsAhead_takesNoFile_ofWhichMoreComes() throws {
        try makeGone("b", "u")
        let killed = try ReplicaStore(directory: path("b"))
        try apply(killed, "u", 0, [1])
        try killed.settle()
        try killed.announce(through: 3)
        let store = try ReplicaStore(directory: path("b"))
        XCTAssertEqual(store.position, Self.position(1))
        XCTAssertEqual(store.pending, 3)
        try store.settle()
        XCTAssertEqual(content("b", "u"), Data([1]))
        try apply(store, "u", 1, [2])
        try apply(store, "u", 2, [], isLast: true)
        try store.settle()
        XCTAssertNil(content("b", "u"), "all that records brought is told by now")
    }

    /// Its leader fell: what it had brought nobody goes on with, and it goes by the rules of all others.
    func test_fileThatALeaderHasNotBroughtToItsEnd_isKeptForNobody_behindTheNextOnesFence() throws {
        try makeGone("b", "u")
        let store = try ReplicaStore(directory: path("b"))
        try apply(store, "u", 0, [1])
        try store.settle()
        XCTAssertEqual(content("b", "u"), Data([1]))
        try store.apply(Self.position(2, epoch: 2), [], isFence: true)
        store.release(read: ["changed"])
        try store.settle()
        XCTAssertNil(content("b", "u"))
    }

    /// It follows by now, and no record tells it that the leader has nothing of them.
    func test_partsOfFiles_thatCameToThisMachineAsItLed_goOnceTheirLinksAreLongOver() throws {
        let hour = Self.hour
        try make("b", waiting: [("old", hour), ("brought", hour), ("young", 20 * hour)])
        try FileManager.default.createDirectory(atPath: path("b/uploads"), withIntermediateDirectories: true)
        for name in ["old", "young", "read.ids", "read.ids-wal"] { try Data([1]).write(to: URL(filePath: path("b/uploads/\(name)"))) }
        for id in ["old", "young"] { try age("b", id) }
        let store = try ReplicaStore(directory: path("b"))
        try store.begin()
        XCTAssertEqual(try files("b"), ["old", "young"], "which ids a file has brought is found out anew by whoever reads on")
        // The leader has it whole, and says so only behind it.
        try apply(store, "brought", 0, [1])
        try store.settle()
        try apply(store, "brought", 1, [], isLast: true)
        try store.settle()
        for (index, (time, left)) in [(24 * hour, ["brought", "old", "young"]), (26 * hour, ["brought", "young"]), (45 * hour, ["brought"])].enumerated() {
            try commit(store, Int64(index) + 1, at: time)
            XCTAssertEqual(try files("b"), left)
        }
    }

    /// Commits go between a file and the one that makes it an upload's own, and whoever folds them may be another by then: a standby that was started anew, a checkpoint that goes on.
    func test_fileThatRecordsBrought_waitsForItsRow_whoeverFoldsOn_andGoesWhereNothingComesForLong() throws {
        let hour = Self.hour
        try make("b", waiting: [("u", hour)])
        let first = try ReplicaStore(directory: path("b"))
        try apply(first, "u", 0, [1])
        try apply(first, "u", 1, [], isLast: true)
        try first.settle()
        let next = try ReplicaStore(directory: path("b"))
        try commit(next, 1, at: 26 * hour)
        XCTAssertEqual(try files("b"), ["u"])
        // The leader has not taken it, and its client never came back.
        try age("b", "u")
        try commit(next, 2, at: 27 * hour)
        XCTAssertEqual(try files("b"), [])
    }
}
