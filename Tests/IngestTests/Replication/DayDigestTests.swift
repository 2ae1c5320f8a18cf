import Foundation
import TestSupport
import XCTest

@testable import ColumnStore
@testable import Documents
@testable import Ingest

/// Goal: a day file that is not what the leader had is distinguished from one that is. Method: rows changed one way at a time in a copy whose pages have right sums, and a file of before put in a later
/// one's place.
final class DayDigestTests: XCTestCase {
    private var folder = URL(fileURLWithPath: "/")

    override func setUpWithError() throws { folder = try Project.temporaryFolder("till-days") }
    override func tearDown() { try? FileManager.default.removeItem(at: folder) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

    func test_rows_thatWereChanged_areFound_whateverTheirPagesSay() throws {
        let recorder = CommitRecorder()
        let fixture = try EngineFixture(path("a")) { $0.replica = recorder }
        let keeper = DayDigestKeeper(fixture.engine.catalog, fixture.engine.tier.boundary)
        for number in 0..<30 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        try keeper.note()
        let first = try fixture.engine.catalog.dayDigests()
        XCTAssertEqual(first.values.map(\.rowCount), [30])
        try keeper.note()
        XCTAssertEqual(try fixture.engine.catalog.dayDigests(), first)
        for number in 30..<47 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)")) }
        try keeper.note()
        let digests = try fixture.engine.catalog.dayDigests()
        XCTAssertEqual(digests.values.map(\.rowCount), [47])
        // In pieces, or at once.
        let file = try XCTUnwrap(digests.keys.first)
        XCTAssertEqual(try DayDigest.of(path("a/hot/\(file).sqlite"), count: 47) { false }, digests[file])
        XCTAssertEqual(try DayDigest.of(path("a/hot/\(file).sqlite"), count: 30) { false }, first[file])
        XCTAssertEqual(DayDigest(try XCTUnwrap(digests[file]).bytes), digests[file])
        XCTAssertNil(DayDigest([1, 2, 3]))
        try fixture.engine.close()

        let standby = try ReplicaStore(directory: path("b"))
        try standby.clear()
        for (index, body) in recorder.bodies.enumerated() { try standby.apply(.init(sequence: Int64(index + 1), epoch: 1, high: 1, low: 1), body) }
        try standby.settle()
        XCTAssertEqual(try standby.dayDigests(), digests)
        let day = path("b/hot/\(file).sqlite")
        func differing() -> [String] { ReplicaStore.differingDays(path("b"), digests) { false } }
        XCTAssertEqual(differing(), [])
        let whole = try Data(contentsOf: URL(fileURLWithPath: day))
        for change in [
            "UPDATE rows SET receipt = X'4142' WHERE id = 3", "UPDATE rows SET business_day = business_day + 1 WHERE id = 46", "UPDATE rows SET sha256 = zeroblob(32) WHERE id = 1",
            "UPDATE rows SET client = X'6332' WHERE id = 47", "DELETE FROM rows WHERE id = 9", "DELETE FROM rows WHERE id > 40", "UPDATE rows SET sequence = 1000 WHERE id = 5",
        ] {
            try { try SQLiteConnection(path: day, mode: .readWrite).execute(change) }()
            XCTAssertEqual(differing(), [file], change)
            try put(whole, at: day)
            XCTAssertEqual(differing(), [], change)
        }
        // What processes change may differ by then, and rows that have come since are no fault.
        try { try SQLiteConnection(path: day, mode: .readWrite).execute("UPDATE rows SET state = 0, completed_at = NULL WHERE id = 4") }()
        XCTAssertEqual(differing(), [])
        XCTAssertEqual(ReplicaStore.differingDays(path("b"), first) { false }, [])
        // A file that somebody holds says nothing of its rows.
        try {
            let holder = try SQLiteConnection(path: day, mode: .readWrite)
            try holder.execute("PRAGMA locking_mode = EXCLUSIVE")
            try holder.execute("UPDATE rows SET state = 0 WHERE id = 4")
            XCTAssertEqual(differing(), [])
        }()
        XCTAssertEqual(differing(), [])
        // Bytes that no page's sum goes with, and no file at all.
        var torn = whole
        for at in stride(from: 4_200, to: torn.count, by: 4_096) { torn[at] ^= 1 }
        try put(torn, at: day)
        XCTAssertEqual(differing(), [file])
        for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: day + suffix) }
        XCTAssertEqual(differing(), [file])
        XCTAssertEqual(ReplicaStore.differingDays(path("b"), ["2020-01-01": try XCTUnwrap(digests[file])]) { false }, [], "its rows are in cold by now")
    }

    private func put(_ data: Data, at path: String) throws {
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
        try data.write(to: URL(fileURLWithPath: path))
    }
}
