import ColumnStore
@testable import Documents
@testable import Ingest
import XCTest

/// Goal: no number in a manifest ends the process that reads it. Method: manifests with sound hashes and numbers at the ends of their range.
final class BackupManifestTests: XCTestCase {
    private func parse(_ lines: [String]) throws -> BackupManifest {
        let body = Array((["till-backup 1"] + lines).map { $0 + "\n" }.joined().utf8)
        return try BackupManifest.parse(body + Array("end \(Hexadecimal.text(SHA256.hash(body)))\n".utf8), path: "MANIFEST")
    }

    private static let head = ["number 3", "store 5f0c", "made-at 1795176000000000", "warehouse /var/lib/till/warehouse"]
    private static func file(_ byteCount: String) -> String { "file \(String(repeating: "0f", count: 32)) \(byteCount) hot/a.sqlite hot/a.1.sqlite" }

    func test_parse_whatWasWritten_isEqual() throws {
        var manifest = BackupManifest(number: 3, store: "5f0c", madeAt: 1_795_176_000_000_000, warehouse: "/a%\nb")
        manifest.files = [.init(path: "hot/a", name: "hot/a.1", byteCount: 4_096, sha256: [UInt8](repeating: 7, count: 32), stamp: "s")]
        XCTAssertEqual(try BackupManifest.parse(manifest.bytes, path: ""), manifest)
    }

    func test_parse_numbersThatNoBackupHas_areRefused() throws {
        XCTAssertEqual(try parse(Self.head + [Self.file("4096")]).files.count, 1)
        let greatest = "\(Int64.max)"
        let bad = [
            Self.head + [Self.file(greatest)], Self.head + [Self.file(greatest), Self.file(greatest)], Self.head + [Self.file("-1")],
            Self.head + Array(repeating: Self.file("\(1 << 52 as Int64)"), count: 3), Self.head + [Self.file("9223372036854775808")],
            ["number \(greatest)"], ["number -1"], ["number x"], ["made-at \(Int64.min)"], ["made-at \(greatest)"], ["file"], ["number"],
        ]
        for lines in bad {
            XCTAssertThrowsError(try parse(lines), "\(lines.suffix(1))") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
        }
    }
}
