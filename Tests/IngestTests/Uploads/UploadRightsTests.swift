import Synchronization
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a file that is read for long stores nothing more once its contract has ended. Method: a contract whose end comes with the first commit, by the test's clock.
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
}
