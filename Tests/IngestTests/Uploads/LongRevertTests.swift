import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: an upload over long documents is taken back whole, a few of them at a time. Method: versions that have more bytes together than are read at once.
final class LongRevertTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """
    private static let count = 24

    private func longName(_ number: Int) -> String { String(repeating: "x", count: 500_000 + number) }

    private func upload(_ uploads: Uploads, _ id: String, _ name: (Int) -> String) throws {
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.type, announcement.client) = ("licence", "c1")
        let file = try uploads.receive(try uploads.announce(announcement, id: id, as: .admin), from: 0, isAnew: true, isKept: false)
        let lines = (0..<Self.count).map { "{\"schema\":\"licence/1\",\"id\":\"U-\($0)\",\"name\":\"\(name($0))\"}\n" }.joined()
        try Array(lines.utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload(id, as: .admin).state == .processed })
    }

    func test_longDocuments_areHadAgain() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        try upload(uploads, "up-1", longName)
        try upload(uploads, "up-2") { "short \($0)" }
        func rows() throws -> [String] { try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "name"], limit: 1_000)).sorted() }
        XCTAssertEqual(try rows(), (0..<Self.count).map { "U-\($0)|short \($0)" }.sorted())
        func groupCount() -> Int { fixture.engine.tier.writer.statistics.groups.load(ordering: .relaxed) }
        let before = groupCount()
        _ = try uploads.revert("up-2", as: .admin)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-2", as: .admin).revert.stage == .done })
        XCTAssertTrue(try rows() == (0..<Self.count).map { "U-\($0)|\(longName($0))" }.sorted())
        let ended = try uploads.upload("up-2", as: .admin)
        XCTAssertEqual(ended.revert.reverted, Int64(Self.count))
        XCTAssertEqual(ended.revert.left, 0)
        // A group is counted behind its answers.
        XCTAssertTrue(Patience.until { groupCount() - before > 1 }, "all were read and stored together")
        uploads.stop()
    }
}
