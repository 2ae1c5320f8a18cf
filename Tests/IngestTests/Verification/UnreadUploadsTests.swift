import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: an upload's file that is still to be read, and is not as it came, is found before it is read, and is in no backup. Method: uploads that nobody begins to read, whose files are changed.
final class UnreadUploadsTests: XCTestCase {
    private static let text = Array("{\"n\":1}\n{\"n\":2}\n".utf8)

    private func begin(_ id: String, _ fixture: EngineFixture, sha256: String? = nil) throws -> UploadFile {
        var announcement = UploadAnnouncement(name: "a.ndjson")
        (announcement.client, announcement.sha256) = ("c1", sha256)
        let uploads = fixture.engine.uploads
        let file = try uploads.receive(try uploads.announce(announcement, id: id, as: .admin), from: 0, isAnew: true, isKept: false)
        try Self.text.withUnsafeBytes { try file.append($0) }
        return file
    }

    private func put(_ id: String, _ fixture: EngineFixture, sha256: String? = nil) throws {
        let file = try begin(id, fixture, sha256: sha256)
        file.keep()
        _ = try fixture.engine.uploads.finish(file, coding: nil)
    }

    private func write(_ bytes: [UInt8], to id: String, _ fixture: EngineFixture) throws { try Data(bytes).write(to: URL(filePath: fixture.engine.uploads.filePath(id))) }

    private func verified(_ fixture: EngineFixture) throws -> [Finding] {
        try fixture.engine.verify(temporaryDirectory: "/tmp", makesAllSums: false, isCancelled: { false }, progress: { _ in }).findings
    }

    func test_verify_filesThatAreToBeRead_areAsLongAsTheyCame_andHaveTheirHash_besideAServerToo() throws {
        let data = TemporaryDirectory()
        let fixture = try EngineFixture(data.path)
        let uploads = fixture.engine.uploads
        let hash = Hexadecimal.text(SHA256.hash(Self.text))
        for id in ["gone", "short", "unannounced", "ended", "whole"] { try put(id, fixture) }
        for id in ["other", "sound"] { try put(id, fixture, sha256: hash) }
        // Comes just now, and grows.
        let growing = try begin("new", fixture)
        XCTAssertEqual(try verified(fixture).map(\.description), [])
        var ended = try uploads.upload("ended", as: .admin)
        ended.state = .cancelled
        XCTAssertTrue(try uploads.catalog.change(ended, from: .processing))
        try FileManager.default.removeItem(atPath: uploads.filePath("gone"))
        var other = Self.text
        other[other.count - 3] = UInt8(ascii: "3")
        for id in ["short", "ended"] { try write(Array(Self.text.prefix(8)), to: id, fixture) }
        for id in ["other", "unannounced"] { try write(other, to: id, fixture) }
        let paths = Dictionary(uniqueKeysWithValues: ["gone", "short", "other"].map { ($0, uploads.filePath($0)) })
        func check(_ findings: [Finding], _ place: String) {
            XCTAssertEqual(Set(findings.map(\.path)), Set(paths.values), "\(place): \(findings)")
            for (id, words) in ["gone": "is missing", "short": "has 8 bytes, and \(Self.text.count) had come", "other": "does not have the SHA-256"] {
                XCTAssertTrue(findings.contains { $0.path == paths[id] && $0.fault.contains(words) }, "\(place), \(id): \(findings)")
            }
        }
        check(try verified(fixture), "beside a server")
        growing.end()
        try fixture.engine.close()
        check(try Verifier(path: data.path).run().findings, "at rest")
    }

    /// Beside a server the file of one that has come to its end meanwhile may be gone: nobody misses it.
    func test_upload_thatHasEndedSince_isNotUnread() throws {
        let data = TemporaryDirectory()
        let fixture = try EngineFixture(data.path)
        try put("up-1", fixture)
        let unread = try XCTUnwrap(try fixture.engine.catalog.read { try UnreadUpload.all($0) }.first)
        XCTAssertEqual([unread.id, "\(unread.byteCount)"], ["up-1", "\(Self.text.count)"])
        XCTAssertTrue(try unread.isUnread(in: fixture.engine.catalog))
        var upload = try fixture.engine.uploads.upload("up-1", as: .admin)
        upload.state = .processed
        XCTAssertTrue(try fixture.engine.catalog.change(upload, from: .processing))
        XCTAssertFalse(try unread.isUnread(in: fixture.engine.catalog))
        XCTAssertEqual(try fixture.engine.catalog.read { try UnreadUpload.all($0) }.count, 0)
        try fixture.engine.close()
    }

    func test_backup_fileThatIsToBeReadAndWasChanged_isRefused_andTheLastBackupStays() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        let uploads = fixture.engine.uploads
        try put("up-1", fixture)
        try put("up-2", fixture, sha256: Hexadecimal.text(SHA256.hash(Self.text)))
        // Before they were in any backup, and once one has them.
        for isFirst in [true, false] {
            try write(Array(Self.text.dropLast(5)), to: "up-1", fixture)
            XCTAssertThrowsError(try fixture.engine.backup(to: destination.path)) {
                XCTAssertTrue("\($0)".contains("has \(Self.text.count - 5) bytes"), "\($0)")
                XCTAssertTrue("\($0)".contains("till upload cancel up-1"), "\($0)")
            }
            try write(Self.text, to: "up-1", fixture)
            if isFirst {
                try write(Self.text.reversed(), to: "up-2", fixture)
                XCTAssertThrowsError(try fixture.engine.backup(to: destination.path)) { XCTAssertTrue("\($0)".contains("does not have the SHA-256"), "\($0)") }
                try write(Self.text, to: "up-2", fixture)
            }
            _ = try fixture.engine.backup(to: destination.path)
            XCTAssertEqual(try BackupProof(directory: destination.path).run().findings.map(\.description), [])
        }
        // Of one that is read no more nobody needs the rest.
        try write(Array(Self.text.dropLast(5)), to: "up-1", fixture)
        var upload = try uploads.upload("up-1", as: .admin)
        upload.state = .cancelled
        XCTAssertTrue(try uploads.catalog.change(upload, from: .processing))
        _ = try fixture.engine.backup(to: destination.path)
        XCTAssertEqual(try BackupProof(directory: destination.path).run().findings.map(\.description), [])
        try fixture.engine.close()
    }

    func test_backupProof_fileThatIsToBeRead_andIsNotInTheManifest_isMissed() throws {
        let (data, destination) = (TemporaryDirectory(), TemporaryDirectory())
        let fixture = try EngineFixture(data.path)
        try put("up-1", fixture)
        _ = try fixture.engine.backup(to: destination.path)
        try fixture.engine.close()
        let list = URL(filePath: "\(destination.path)/\(BackupManifest.key)")
        var manifest = try BackupManifest.parse(Array(try Data(contentsOf: list)), path: list.path)
        manifest.files.removeAll { $0.path == "uploads/up-1" }
        try Data(manifest.bytes).write(to: list)
        let findings = try BackupProof(directory: destination.path).run().findings
        XCTAssertEqual(findings.count, 1, "\(findings)")
        XCTAssertTrue(findings.first?.fault.contains("names uploads/up-1") ?? false, "\(findings)")
    }
}
