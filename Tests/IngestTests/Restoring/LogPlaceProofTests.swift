import ColumnStore
import Foundation
@testable import Ingest
import TestSupport
import XCTest

/// Goal: a log that is whole where it lies is found to be, and of one that is not the object is named. Method: the log of a real engine in a directory, each of whose objects is damaged.
final class LogPlaceProofTests: XCTestCase {
    private let folder = TemporaryDirectory()

    private func proof(_ url: String) throws -> ProvenObjects { try LogPlaceProof(url: url, open: { _ in LocalStorageFactory() }).run() }

    func test_log_thatIsWhole_hasNoFault_andEachDamagedObjectIsNamed() throws {
        let url = "file://\(folder.path)/LOG"
        let fixture = try EngineFixture(folder.path + "/lead") { $0.log = LogOptions(url: url, segmentSeconds: 0.05, isAwaited: true, refused: { _ in }) }
        for number in 0..<6 { _ = try fixture.taken(EngineFixture.receipt("R-\(number)", note: "x")) }
        let kept = Monitor(false)
        fixture.engine.whenKept { _ in kept.broadcast { $0 = true } }
        XCTAssertEqual(kept.wait(seconds: Patience.seconds) { $0 ? true : nil }, true)
        try fixture.engine.close()
        let sound = try proof(url)
        XCTAssertEqual(sound.report.findings.map(\.description), [])
        XCTAssertEqual(sound.texts.count, 1)
        XCTAssertTrue(sound.texts[0].contains("epoch 1"), sound.texts[0])
        let place = try LogPlace(url: url) { _ in LocalStorageFactory() }
        let checkpoint = try XCTUnwrap(try place.checkpoints().last)
        let strangers = ["checkpoints/1", "log/\(LogNumber.text(1))/1-2"]
        for key in strangers { try place.objects.put(key, [1]) }
        XCTAssertEqual(try proof(url).report.strangers, strangers.map { "\(place.url)/\($0)" })
        let segments = try place.segments(of: 1).filter { $0.last > checkpoint.from }.map(\.key)
        for key in [checkpoint.key] + checkpoint.manifest.files.map({ LogPlace.base + $0.name }) + segments {
            let whole = try place.objects.get(key, byteCountMax: 1 << 24)
            var changed = whole
            changed[changed.count / 2] ^= 1
            try place.objects.put(key, changed)
            XCTAssertTrue(try proof(url).report.findings.contains { $0.description.contains(key) }, key)
            try place.objects.put(key, whole)
        }
        XCTAssertEqual(try proof(url).report.findings.map(\.description), [])
        // One that is longer than any is none: for whoever compares the store with it, too.
        let beside = try LogProof(url: url, directory: folder.path + "/lead") { _ in LocalStorageFactory() }
        XCTAssertEqual(try beside.run().map(\.description), [])
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(folder.path)/LOG/\(checkpoint.key)"))
        try file.truncate(atOffset: UInt64(BackupManifest.byteCountMax) + 1)
        try file.close()
        for findings in [try proof(url).report.findings, try beside.run()] { XCTAssertTrue(findings.contains { $0.description.contains(checkpoint.key) }, "\(findings)") }
    }
}
