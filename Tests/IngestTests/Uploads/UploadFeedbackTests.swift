import ColumnStore
import Synchronization
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: feedback goes as its time is over, and what is over for long is not looked at again and again. Method: uploads of different days, and rows that tell
/// whether somebody has looked.
final class UploadFeedbackTests: XCTestCase {
    private static let day: Int64 = 86_400_000_000
    private static let start: Int64 = 1_800_000_000_000_000

    private func add(_ id: String, day: Int64, _ catalog: Catalog) throws {
        let upload = Upload(
            id: id, owner: .administrator, client: nil, name: id, type: nil, contentType: nil, byteCount: nil, sha256: nil, createdAt: Self.start + day * Self.day, expiresAt: 0)
        try catalog.add(upload, openCountMax: .max)
        try addFeedback(id, catalog)
    }

    private func addFeedback(_ id: String, _ catalog: Catalog) throws {
        guard let upload = try catalog.upload(id) else { return XCTFail("no upload \(id)") }
        let rejection = UploadRejection(record: 1, receiptID: nil, violations: [.init(pointer: "", code: "c", message: "m")], columns: [])
        XCTAssertTrue(try catalog.change(upload, from: upload.state, rejections: [rejection]))
    }

    private func has(_ id: String, _ catalog: Catalog) throws -> Bool { try !catalog.rejections(of: id, after: 0, limit: 1).isEmpty }

    func test_sweep_takesWhatHasComeOfAge_andLooksAtItOnce() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let (uploads, catalog) = (fixture.engine.uploads, fixture.engine.catalog)
        for (id, day) in [("old", 0), ("later", 10), ("last", 20)] as [(String, Int64)] { try add(id, day: day, catalog) }
        try uploads.sweepFeedback(now: Self.start + 95 * Self.day)
        XCTAssertEqual(try ["old", "later", "last"].map { try has($0, catalog) }, [false, true, true])
        // Nobody adds to one so old: it shows that it is passed over.
        try addFeedback("old", catalog)
        try uploads.sweepFeedback(now: Self.start + 105 * Self.day)
        XCTAssertEqual(try ["old", "later", "last"].map { try has($0, catalog) }, [true, false, true])
        // A clock that was set back changes nothing.
        try uploads.sweepFeedback(now: Self.start + 50 * Self.day)
        XCTAssertTrue(try has("last", catalog))
        try uploads.sweepFeedback(now: Self.start + 111 * Self.day)
        XCTAssertFalse(try has("last", catalog))
    }
}
