import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a Map over a packed file holds few of its values, and gets each of them. Method: a file of two bytes a record, which comes packed ten thousand times as short.
final class UploadValuesTests: XCTestCase {
    private static let lineCount = 1_500_000

    private func records(_ bytes: [UInt8], name: String, _ uploads: Uploads) throws -> UploadRecords {
        let file = try uploads.receive(try uploads.announce(UploadAnnouncement(name: name), id: name, as: .admin), from: 0, isAnew: true, isKept: false)
        try bytes.withUnsafeBytes { try file.append($0) }
        file.keep()
        _ = try uploads.finish(file, coding: nil)
        return try uploads.records(of: name, as: .admin)
    }

    func test_packedRecords_areNotAllHeld() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let lines = Array(String(repeating: "1\n", count: Self.lineCount).utf8)
        let records = try records(StreamCompressor(.zstd).compress(lines, isLast: true), name: "a.ndjson.zst", fixture.engine.uploads)
        XCTAssertEqual(try records.page(countMax: 3, byteCountMax: 100).items, [.number("1"), .number("1"), .number("1")])
        XCTAssertLessThan(records.heldCount, 500_000)
    }

    func test_packedRecords_comeAllAndInOrder() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let numbers = (0..<5_000).map { "\($0)" }
        let lines = Array((numbers.joined(separator: "\n") + "\n").utf8)
        for (name, bytes) in [("a.ndjson", lines), ("b.ndjson.gz", StreamCompressor(.gzip).compress(lines, isLast: true)), ("c.ndjson.zst", StreamCompressor(.zstd).compress(lines, isLast: true))] {
            let records = try records(bytes, name: name, fixture.engine.uploads)
            var found: [String] = []
            var isAtEnd = false
            while !isAtEnd {
                let page = try records.page(countMax: 700, byteCountMax: 1 << 20)
                XCTAssertFalse(page.items.isEmpty)
                if page.items.isEmpty { break }
                found += page.items.map { if case .number(let digits) = $0 { digits } else { "\($0)" } }
                isAtEnd = page.isLast
            }
            XCTAssertEqual(found, numbers, name)
        }
    }
}
