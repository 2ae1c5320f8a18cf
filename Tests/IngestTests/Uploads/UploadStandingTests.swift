import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a file whose last call has failed behind its last byte is ended by whoever asks how it stands, and none is said to be here whole that is not read. Method: files that are here whole
/// and NEW, as a failed end, or a kill before it, leaves them.
final class UploadStandingTests: XCTestCase {
    private static let file = Array((1...3).map { EngineFixture.receipt("R-\($0)") + "\n" }.joined().utf8)
    private static let otherHash = String(repeating: "0", count: 64)

    private func announced(_ uploads: Uploads, _ id: String, _ file: [UInt8] = UploadStandingTests.file, sha256: String? = nil) throws -> Upload {
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.byteCount, announcement.sha256) = (Int64(file.count), sha256)
        return try uploads.announce(announcement, id: id, as: EngineFixture.own)
    }

    /// A call that ends behind these bytes, and no end of the file.
    private func bring(_ bytes: some Collection<UInt8>, _ upload: Upload, _ uploads: Uploads) throws {
        let file = try uploads.receive(upload, from: 0, isAnew: true, isKept: true)
        try Array(bytes).withUnsafeBytes { try file.append($0) }
        file.end()
    }

    func test_wholeFile_isRead_onceSomebodyAsks() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        uploads.start { _ in [] }
        let upload = try announced(uploads, "up-1")
        try bring(Self.file.dropLast(), upload, uploads)
        let part = try uploads.standing(of: upload)
        XCTAssertEqual(part.upload.state, .new)
        XCTAssertEqual(part.byteCount, Int64(Self.file.count - 1))
        try bring(Self.file, upload, uploads)
        XCTAssertEqual(try uploads.upload("up-1", as: .admin).state, .new)
        let whole = try uploads.standing(of: upload)
        XCTAssertEqual(whole.upload.state, .processing)
        XCTAssertEqual(whole.byteCount, Int64(Self.file.count))
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state == .processed })
        let ended = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual(ended.counts.accepted, 3)
        // Whoever looked it up before somebody else has ended it.
        XCTAssertEqual(try uploads.standing(of: upload).byteCount, Int64(Self.file.count))
        XCTAssertEqual(try uploads.standing(of: ended).byteCount, Int64(Self.file.count))
        uploads.stop()
    }

    func test_whatIsNotRead_isNotSaidToBeHereWhole() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        // Another file than announced begins anew.
        let other = try announced(uploads, "up-1", sha256: Self.otherHash)
        try bring(Self.file, other, uploads)
        let dropped = try uploads.standing(of: other)
        XCTAssertEqual(dropped.upload.state, .new)
        XCTAssertEqual(dropped.byteCount, 0)
        // The call that brought the last byte is at it still.
        let held = try announced(uploads, "up-2")
        try bring(Self.file, held, uploads)
        let file = try uploads.receive(held, from: Int64(Self.file.count), isAnew: false, isKept: true)
        XCTAssertThrowsError(try uploads.standing(of: held)) { XCTAssertEqual(($0 as? Fault)?.code, .overloaded) }
        file.end()
        XCTAssertEqual(try uploads.standing(of: held).upload.state, .processing)
        // A last piece that nobody has looked at.
        let last = try announced(uploads, "up-3")
        try bring(Self.file.prefix(100), last, uploads)
        let piece = try uploads.receive(last, from: 100, isAnew: false, isKept: false)
        try Array(Self.file.dropFirst(100)).withUnsafeBytes { try piece.append($0) }
        let before = try uploads.standing(of: last)
        XCTAssertEqual(before.upload.state, .new)
        XCTAssertEqual(before.byteCount, 100)
        piece.keep()
        piece.end()
        XCTAssertEqual(try uploads.standing(of: last).upload.state, .processing)
    }

    func test_fileOfNoBytes_isHereWhole() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let uploads = fixture.engine.uploads
        let empty = try uploads.standing(of: try announced(uploads, "up-1", []))
        XCTAssertEqual(empty.upload.state, .processing)
        XCTAssertEqual(empty.byteCount, 0)
        let other = try announced(uploads, "up-2", [], sha256: Self.otherHash)
        XCTAssertThrowsError(try uploads.standing(of: other)) { XCTAssertEqual(($0 as? Fault)?.code, .uploadMismatch) }
        XCTAssertEqual(try uploads.upload("up-2", as: .admin).state, .new)
    }
}
