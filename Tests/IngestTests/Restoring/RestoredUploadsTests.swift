import ColumnStore
import Foundation
import TestSupport
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: no store is made of a log without the file of an upload that it would read, and its proof says so before.
///
/// Method: an upload behind the checkpoint that nobody begins to read, whose object is taken away, changed and put back.
final class RestoredUploadsTests: XCTestCase {
    private let folder = TemporaryDirectory()
    private static let text = Array("{\"n\":1}\n{\"n\":2}\n".utf8)

    private func awaitLog(_ fixture: EngineFixture) {
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
    }

    func test_fileThatIsToBeRead_andIsNotThereAsItCame_keepsAStoreFromBeingMade() throws {
        let url = "file://\(folder.path)/LOG"
        let fixture = try EngineFixture(folder.path + "/lead") { $0.log = LogOptions(url: url, segmentSeconds: 0.05, isAwaited: true) }
        // Behind the first checkpoint.
        awaitLog(fixture)
        try fixture.put(upload: "up-1", Self.text)
        awaitLog(fixture)
        try fixture.engine.close()
        let place = try LogPlace(url: url) { _ in LocalStorageFactory() }
        var keys: [String] = []
        try place.objects.list(prefix: "uploads/") { keys.append($0.key) }
        let key = try XCTUnwrap(keys.first)
        XCTAssertEqual(keys.count, 1, "\(keys)")
        func proof() throws -> [Finding] { try LogPlaceProof(url: url, open: { _ in LocalStorageFactory() }).run().report.findings }
        func restore() throws { _ = try LogRestore(url: url, instant: nil, directory: folder.path + "/made", storages: LocalStorageFactory(), open: { _ in LocalStorageFactory() }).run() }
        XCTAssertEqual(try proof().map(\.description), [])
        func checkRefused(_ words: String) throws {
            XCTAssertThrowsError(try restore(), words) { error in
                XCTAssertEqual((error as? ColumnStoreError)?.code, .corruptFile, "\(error)")
                XCTAssertTrue("\(error)".contains("uploads/up-1") && "\(error)".contains(words) && "\(error)".contains("(--to)"), "\(error)")
            }
            XCTAssertFalse(FileManager.default.fileExists(atPath: folder.path + "/made"), words)
            let findings = try proof()
            XCTAssertEqual(findings.count, 1, "\(findings)")
            XCTAssertTrue(findings.first?.fault.contains(words) ?? false, "\(findings)")
        }
        try place.objects.delete(key, .temporary)
        try checkRefused("is missing")
        // As somebody has brought it who had a shorter one.
        let short = Array(Self.text.prefix(8))
        try place.objects.put("uploads/up-1.8.\(Hexadecimal.text(SHA256.hash(short)))", short)
        try checkRefused("has 8 bytes, and \(Self.text.count) had come")
        try place.objects.put(key, Self.text)
        XCTAssertEqual(try proof().map(\.description), [])
        try restore()
        XCTAssertEqual([UInt8](try Data(contentsOf: URL(filePath: folder.path + "/made/uploads/up-1"))), Self.text)
    }

    /// A week of files would be read at the start that migrates, and the halves of those that still come brought for whole ones.
    func test_commitThatChangesPlacesAlone_namesNoFile() throws {
        let fixture = try EngineFixture(folder.path + "/own")
        try fixture.put(upload: "up-1", Self.text)
        let catalog = fixture.engine.catalog
        XCTAssertEqual(try catalog.read { try $0.integer("SELECT cid FROM pragma_table_info('uploads') WHERE name = 'types_place'") }, Int64(LogCarrier.placeColumn))
        try fixture.engine.close()
        let root = folder.path + "/own"
        let log = try CommitLog(directory: folder.path + "/log", next: 1, closed: [], time: 0, isSpooled: false, clock: .system)
        CommitSinks.add(log, root: root)
        defer { CommitSinks.remove(root: root) }
        let connection = try SQLiteConnection(path: root + "/catalog.sqlite", mode: .create)
        for change in ["types_place = 7", "types_place = 8, record_count = 2"] { try connection.execute("UPDATE uploads SET \(change)") }
        let named = LogSpool.read(log.takeHeld()).compactMap { LogPayload(Array($0.payload)) }.map { LogCarrier.named($0.changes).count }
        XCTAssertEqual(named, [0, 1])
    }

    func test_fileThatWasChangedBeforeItWasBrought_isNotBrought() throws {
        let fixture = try EngineFixture(folder.path + "/lead")
        try fixture.put(upload: "up-1", Self.text)
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let carrier = LogCarrier(place: place, directory: fixture.engine.directory)
        let path = URL(filePath: fixture.engine.uploads.filePath("up-1"))
        try Data(Self.text.prefix(8)).write(to: path)
        XCTAssertThrowsError(try carrier.bring(.upload("up-1"))) { error in
            XCTAssertTrue((error as? LogCarrier.Damaged)?.reason.contains("has 8 bytes") ?? false, "\(error)")
        }
        // Each of the upload's commits names its file, which is not read again as long as it stays as it was.
        try Data(Self.text.reversed()).write(to: path, options: .atomic)
        var seen: String?
        let attempt = {
            try carrier.bring(.upload("up-1")) { _, stamp in
                seen = stamp
                return "was damaged"
            }
        }
        XCTAssertThrowsError(try attempt()) { error in
            XCTAssertEqual((error as? LogCarrier.Damaged)?.reason, "was damaged", "\(error)")
            XCTAssertEqual((error as? LogCarrier.Damaged)?.stamp, seen)
        }
        XCTAssertNotNil(seen)
        try place.objects.list(prefix: "uploads/") { XCTFail($0.key) }
        // Another file in its place.
        try Data(Self.text).write(to: path, options: .atomic)
        XCTAssertTrue(try carrier.bring(.upload("up-1")) { $1 == seen ? "was damaged" : nil })
        try fixture.engine.close()
    }
}
