import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: what is wrong with the objects of a log is all counted, and no more of it is held than is reported. Method: more faults than are listed, of an empty place.
final class ObjectFindingsTests: XCTestCase {
    func test_note_moreThanAreListed_countsAll() throws {
        let folder = TemporaryDirectory()
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let findings = ObjectFindings(place) { _ in }
        let listedMax = Verifier.Report.findingCountMax
        for number in 0..<listedMax + 50 { findings.note("log/\(number)", "is missing") }
        XCTAssertEqual(findings.report.findings.count, listedMax)
        XCTAssertEqual(findings.report.findings.last?.path, "\(place.url)/log/\(listedMax - 1)")
        XCTAssertEqual(findings.report.faultCount, listedMax + 50)
    }

    /// One list has another size of an object than the next: the one that is wrong is not right because the other was.
    func test_prove_sameHashWithAnotherSize_isHeldAgainstThatToo() throws {
        let folder = TemporaryDirectory()
        let place = try LogPlace(url: "file://\(folder.path)/LOG") { _ in LocalStorageFactory() }
        let bytes: [UInt8] = [1, 2, 3]
        try place.objects.put("base/a", bytes)
        let findings = ObjectFindings(place) { _ in }
        for byteCount in [Int64(3), 4, 3] { try findings.prove(.init(path: "a", name: "a", byteCount: byteCount, sha256: SHA256.hash(bytes)), at: "base/a") }
        XCTAssertEqual(findings.report.findings.map(\.fault), ["has 3 bytes, and should have 4"])
        XCTAssertEqual(findings.report.fileCount, 2)
    }
}
