import ColumnStore
import Documents
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a file goes where its upload's row says that its time is over, or where that has ended and is deleted, and never where there is no row.
/// Method: uploads that have ended, and files of elsewhere, in a store whose files have no time.
final class UploadSweepTests: XCTestCase {
    func test_fileThatNoUploadLeadsTo_goesToLostAndFound_andOneWhoseTimeIsOverGoes() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path) { $0.uploads.fileDays = 0 }
        let (uploads, catalog) = (fixture.engine.uploads, fixture.engine.catalog)
        var upload = Upload(id: "over", owner: .administrator, client: nil, name: "u", type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: 1, expiresAt: 2)
        try catalog.add(upload, openCountMax: 10)
        (upload.state, upload.receivedByteCount) = (.cancelled, 2)
        XCTAssertTrue(try catalog.change(upload, from: .new))
        let place = "\(folder.path)/uploads"
        try FileManager.default.createDirectory(atPath: "\(place)/of-a-file-system", withIntermediateDirectories: true)
        for name in ["over", "stranger", "stranger.piece"] { try Data("ab".utf8).write(to: URL(filePath: "\(place)/\(name)")) }
        try uploads.sweep()
        XCTAssertEqual(try DataDirectory.names(in: place), ["of-a-file-system"])
        let lost = (FileManager.default.enumerator(atPath: "\(folder.path)/lost+found")?.compactMap { $0 as? String } ?? []).filter { $0.contains("/uploads/") }
        XCTAssertEqual(lost.map { $0.split(separator: "/").last.map(String.init) ?? "" }.sorted(), ["stranger", "stranger.piece"])
        try fixture.engine.close()
    }

    /// It may be on its way to another machine, in pieces: what is noted as gone that machine removes, and finds no beginning to the next piece.
    func test_fileThatIsBeingPut_isNotNotedAsGone_thoughItsUploadHasEnded() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path) { $0.uploads.fileDays = 0 }
        let (uploads, catalog) = (fixture.engine.uploads, fixture.engine.catalog)
        let upload = try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "u", as: .admin)
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: true)
        try uploads.cancel("u", as: .admin)
        try uploads.sweep()
        XCTAssertNil(try catalog.uploadFilesGone())
        XCTAssertEqual(try DataDirectory.names(in: "\(folder.path)/uploads"), ["u"])
        file.end()
        try uploads.sweep()
        XCTAssertEqual(try catalog.uploadFilesGone(), upload.createdAt + 1)
        XCTAssertEqual(try DataDirectory.names(in: "\(folder.path)/uploads"), [])
        try fixture.engine.close()
    }

    /// Whoever deletes it wants its documents nowhere. What was wrong with them is told on.
    func test_fileOfAnUploadThatHasEnded_goesOnceThatIsDeleted_andNoneThatIsWanted() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let (uploads, catalog) = (fixture.engine.uploads, fixture.engine.catalog)
        func files() throws -> [String] { try DataDirectory.names(in: "\(folder.path)/uploads").sorted() }
        let upload = try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "put", as: .admin)
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: true)
        try Array("ab".utf8).withUnsafeBytes { try file.append($0) }
        for _ in 0..<2 { try uploads.cancel("put", as: .admin) }
        XCTAssertEqual(try files(), ["put"], "somebody puts it, or brings it to another machine")
        file.end()
        for _ in 0..<2 { try uploads.cancel("put", as: .admin) }
        XCTAssertEqual(try files(), [])
        XCTAssertEqual(try uploads.upload("put", as: .admin).state, .cancelled)
        XCTAssertEqual(uploads.queue.written, [])

        try fixture.put(upload: "read")
        XCTAssertEqual(try files(), ["read"])
        var read = try XCTUnwrap(try catalog.upload("read"))
        XCTAssertEqual(read.state, .processing)
        (read.state, read.endedAt) = (.processed, read.createdAt)
        let rejection = UploadRejection(record: 1, receiptID: nil, violations: [.init(pointer: "/a", code: "c", message: "m")], columns: Array("{}".utf8))
        XCTAssertTrue(try catalog.change(read, from: .processing, rejections: [rejection]))
        XCTAssertThrowsError(try uploads.cancel("read", as: EngineFixture.own)) { XCTAssertEqual(($0 as? Fault)?.code, .notFound) }
        XCTAssertEqual(try files(), ["read"])
        try uploads.cancel("read", as: .admin)
        XCTAssertEqual(try files(), [])
        XCTAssertEqual(try uploads.upload("read", as: .admin).state, .processed)
        XCTAssertEqual(try catalog.rejections(of: "read", after: 0, limit: 10).rejections.map(\.record), [1])
        try fixture.engine.close()
    }
}
