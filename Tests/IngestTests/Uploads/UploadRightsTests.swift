import Foundation
import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: of a contract that has ended no file is taken, and one that is read for long stores nothing more. Method: a contract that ends between the announcement and the file; one whose end
/// comes with the first commit, by the test's clock.
final class UploadRightsTests: XCTestCase {
    private static let begin: Int64 = 1_796_000_000_000_000

    func test_contractThatEndsWhileItsFileIsRead_endsTheUpload_afterTheChunkThatWasBegun() throws {
        let folder = TemporaryDirectory()
        let time = Atomic<Int64>(Self.begin)
        let fixture = try EngineFixture(folder.path, clock: Clock { time.load(ordering: .relaxed) })
        let engine = fixture.engine
        let uploads = engine.uploads
        uploads.start { _ in [] }
        var contract = Contract(clientID: "c1", access: .readWrite, scope: .own)
        contract.validTo = Self.begin + 1_000_000
        _ = try engine.putContract(contract)
        let notification = engine.notify(beyond: 0) { time.store(Self.begin + 2_000_000, ordering: .relaxed) }
        defer { notification.cancel() }
        let file = try uploads.receive(
            try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "up-1", as: EngineFixture.own), from: 0, isAnew: true, isKept: false)
        let lines = Array((0..<3 * UploadChunk.recordCountMax).map { EngineFixture.receipt("U-\($0)") + "\n" }.joined().utf8)
        try lines.withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state != .processing })
        let ended = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual(ended.state, .error)
        XCTAssertEqual(ended.problem?.code, .contractNotValid)
        XCTAssertEqual(ended.counts.accepted, Int64(UploadChunk.recordCountMax))
        uploads.stop()
    }

    /// Whose receipts a file has is no matter: nobody else may ask what became of it, and nobody else is told.
    func test_endAndRefusals_areToldToWhoMadeTheUpload() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path, clock: Clock { Self.begin })
        let engine = fixture.engine
        let uploads = engine.uploads
        uploads.start { _ in Array("{}".utf8) }
        for (client, scope) in [("c1", .all), ("c2", .own)] as [(String, Principal.Scope)] {
            let webhook = Contract.Webhook(url: "https://example.org/", secret: "secret")
            _ = try engine.putContract(Contract(clientID: client, access: .readWrite, scope: scope, webhook: webhook, digest: Contract.DigestSpan("15m")))
        }
        var announcement = UploadAnnouncement(name: "a.ndjson")
        announcement.client = "c2"
        let maker = Principal(clientID: "c1", access: .readWrite, scope: .all)
        let file = try uploads.receive(try uploads.announce(announcement, id: "up-1", as: maker), from: 0, isAnew: true, isKept: false)
        let lines = Array((EngineFixture.receipt("U-1") + "\nbroken\n").utf8)
        try lines.withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        XCTAssertTrue(try Patience.until { try uploads.upload("up-1", as: .admin).state != .processing })
        let ended = try uploads.upload("up-1", as: .admin)
        XCTAssertEqual([ended.counts.accepted, ended.counts.rejected], [1, 1])
        try engine.catalog.closeDigests(now: Self.begin + 15 * 60_000_000)
        let told = try engine.catalog.dueNotices(now: .max, limit: 10)
        XCTAssertEqual(Set(told.map(\.event)), [.uploadProcessed, .feedbackDigest])
        XCTAssertEqual(Set(told.map(\.client)), ["c1"])
        uploads.stop()
    }

    /// The link is good for an hour, whatever becomes of the contract.
    func test_contractThatHasEnded_putsNoFile_andNoPiece_andEndsNone() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let (engine, uploads) = (fixture.engine, fixture.engine.uploads)
        let upload = try uploads.announce(UploadAnnouncement(name: "a.ndjson"), id: "up-1", as: EngineFixture.own)
        var announcement = UploadAnnouncement(name: "b.ndjson")
        announcement.byteCount = 2
        let whole = try uploads.announce(announcement, id: "up-2", as: EngineFixture.own)
        let last = try uploads.receive(whole, from: 0, isAnew: true, isKept: true)
        try Array("ab".utf8).withUnsafeBytes { try last.append($0) }
        last.end()
        func check(_ code: Fault.Code, _ what: String) throws {
            for (isAnew, isKept) in [(true, true), (false, false), (false, true)] {
                XCTAssertThrowsError(try uploads.receive(upload, from: 0, isAnew: isAnew, isKept: isKept), what) { XCTAssertEqual(($0 as? Fault)?.code, code, what) }
            }
            XCTAssertFalse(FileManager.default.fileExists(atPath: uploads.filePath("up-1")), what)
            // It is here whole, and whoever asks how it stands would end it.
            XCTAssertThrowsError(try uploads.standing(of: whole), what) { XCTAssertEqual(($0 as? Fault)?.code, code, what) }
            XCTAssertEqual(try uploads.upload("up-2", as: .admin).state, .new, what)
            XCTAssertEqual(uploads.queue.written, [], what)
        }
        var contract = Contract(clientID: "c1", access: .read, scope: .own)
        _ = try engine.putContract(contract)
        try check(.readOnly, "it may read only")
        (contract.access, contract.validTo) = (.readWrite, 1)
        _ = try engine.putContract(contract)
        try check(.contractNotValid, "its time is over")
        try engine.deleteContract("c1")
        try check(.contractNotValid, "it is gone")
        contract.validTo = nil
        _ = try engine.putContract(contract)
        try uploads.receive(upload, from: 0, isAnew: true, isKept: true).end()
        XCTAssertEqual(try uploads.standing(of: whole).upload.state, .processing)
        try engine.close()
    }
}
