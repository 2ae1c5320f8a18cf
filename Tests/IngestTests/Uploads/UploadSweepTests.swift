import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Ingest

/// Goal: a file goes where its upload's row says that its time is over, and never where there is no row. Method: uploads that have ended, and files of elsewhere, in a store whose files have no time.
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
}
