import Glibc
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: what a try has stored that was cut off before it was counted is counted by the next one, and stored once. Method: an upload that is set back to where a kill leaves it, between a
/// chunk's rows and its position.
final class UploadAgainTests: XCTestCase {
    private static let type = """
        {"name":"licence","version":1,"table":"licences","format":"json","on_repeat":"replace","match":{"/schema":"licence/1"},"receipt_id":"/id",
         "columns":{"name":{"path":"/name","type":"VARCHAR"}}}
        """

    private func document(_ id: String, _ name: String) -> String { #"{"schema":"licence/1","id":"\#(id)","name":"\#(name)"}"# }

    private func ended(_ uploads: Uploads) throws -> Upload {
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .processed })
        return try uploads.upload("up-1", as: .admin)
    }

    /// Nothing of the chunk is noted with the upload that ends there, not even its table.
    func test_chunkThatWasStoredAndNotCounted_isTakenBack_whereTheUploadEndsThere() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        _ = try fixture.taken(document("L-2", "before"), as: .admin, client: "c1")
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.type, announcement.client) = ("licence", "c1")
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: .admin), from: 0, isAnew: true, isKept: false)
        try Array((0..<4).map { document("L-\($0)", "uploaded") + "\n" }.joined().utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        var upload = try ended(uploads)
        (upload.state, upload.counts, upload.position, upload.tables) = (.processing, Upload.Counts(), 0, [])
        (upload.chunkSequence, upload.recordCount, upload.endedAt) = (upload.firstSequence, nil, nil)
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        try uploads.cancel("up-1", as: .admin)
        let cancelled = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual(cancelled.state, .cancelled)
        XCTAssertEqual([cancelled.counts.accepted, cancelled.counts.replaced, cancelled.counts.processed], [3, 1, 4])
        _ = try uploads.revert("up-1", as: .admin)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).revert.stage == .done })
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).revert.reverted, 4)
        XCTAssertEqual(try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "name"], limit: 1_000)), ["L-2|before"])
        uploads.stop()
    }

    /// Its file cannot be read again, so that no try comes to the chunk.
    func test_chunkThatWasStoredAndNotCounted_isCounted_whereTheUploadFailsThere() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        _ = try fixture.taken(document("L-2", "before"), as: .admin, client: "c1")
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c1"
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: .admin), from: 0, isAnew: true, isKept: false)
        // Of a ledger, too.
        let lines = (0..<4).map { document("L-\($0)", "uploaded") } + [EngineFixture.receipt("R-1"), EngineFixture.receipt("R-2")]
        try Array(lines.map { $0 + "\n" }.joined().utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        var upload = try ended(uploads)
        let (counts, tables) = (upload.counts, upload.tables)
        XCTAssertEqual([counts.accepted, counts.replaced, counts.processed], [5, 1, 6])
        (upload.state, upload.counts, upload.position, upload.tables) = (.processing, Upload.Counts(), 0, [])
        (upload.chunkSequence, upload.recordCount, upload.endedAt) = (upload.firstSequence, nil, nil)
        XCTAssertEqual(unlink(uploads.filePath("up-1")), 0)
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        uploads.queue.wake()
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .error })
        let failed = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual(failed.counts, counts)
        XCTAssertEqual(failed.tables, tables)
        // As an end leaves it that could not count: what it has in a ledger stays all the same.
        var uncounted = failed
        (uncounted.counts, uncounted.tables, uncounted.chunkSequence) = (Upload.Counts(), [], upload.firstSequence)
        XCTAssertTrue(try uploads.catalog.change(uncounted, from: .error))
        XCTAssertThrowsError(try uploads.revert("up-1", as: .admin)) { XCTAssertEqual(($0 as? Fault)?.code, .immutableTable) }
        uploads.stop()
    }

    /// Somebody has posted a newer version of a document since: the upload's was before it.
    func test_chunkThatWasStoredAndNotCounted_isNotStoredAgain_behindNewerVersions() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        _ = try fixture.engine.putType(name: "licence", body: Array(Self.type.utf8))
        uploads.start { _ in [] }
        _ = try fixture.taken(document("L-2", "before"), as: .admin, client: "c1")
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.type, announcement.client) = ("licence", "c1")
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: .admin), from: 0, isAnew: true, isKept: false)
        try Array((0..<4).map { document("L-\($0)", "uploaded") + "\n" }.joined().utf8).withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        var upload = try ended(uploads)
        XCTAssertEqual(upload.counts.accepted, 3)
        XCTAssertEqual(upload.counts.replaced, 1)
        let counts = upload.counts
        XCTAssertEqual(try fixture.taken(document("L-1", "newer"), as: .admin, client: "c1").summary.version, 2)
        XCTAssertEqual(try fixture.taken(document("L-2", "newer"), as: .admin, client: "c1").summary.version, 3)
        (upload.state, upload.counts, upload.position, upload.tables) = (.processing, Upload.Counts(), 0, [])
        (upload.chunkSequence, upload.recordCount, upload.endedAt) = (upload.firstSequence, nil, nil)
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processed))
        uploads.queue.wake()
        let again = try ended(uploads)
        XCTAssertEqual(again.counts, counts)
        XCTAssertEqual(again.tables.count, 1)
        let rows = try fixture.walk(PageRequest(table: "licences", fields: ["receipt_id", "name", "version"], limit: 1_000)).sorted()
        XCTAssertEqual(rows, ["L-0|uploaded|1", "L-1|newer|2", "L-2|newer|3", "L-3|uploaded|1"])
        uploads.stop()
    }
}
