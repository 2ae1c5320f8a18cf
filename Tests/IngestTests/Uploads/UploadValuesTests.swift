import ColumnStore
import XCTest

@testable import Documents
@testable import Ingest

/// Goal: a Map over a file holds few of its records, and gets each of them. Method: a file of two bytes a record, which comes packed ten thousand times as short, and one whose records have much around
/// them.
final class UploadValuesTests: XCTestCase {
    private static let lineCount = 1_500_000

    private func records(_ bytes: [UInt8], name: String, type: String? = nil, _ uploads: Uploads) throws -> UploadRecords {
        var announcement = UploadAnnouncement(name: name)
        announcement.type = type
        let file = try uploads.receive(try uploads.announce(announcement, id: name, as: .admin), from: 0, isAnew: true, isKept: false)
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

    /// It comes with each of them: a quarter of a megabyte of the file may come to gigabytes.
    func test_whatStandsAroundRecords_isHeldWithFewOfThem() throws {
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        let type = #"{"name":"order","version":1,"table":"orders","format":"json","on_repeat":"replace","match":{"/pad":{"exists":true}},"each":"/orders/*","batch":"each","receipt_id":"/id","columns":{}}"#
        _ = try fixture.engine.putType(name: "order", body: Array(type.utf8))
        let (pad, count) = (String(repeating: "p", count: 50_000), 400)
        let file = Array(("{\"pad\":\"\(pad)\",\"orders\":[" + (0..<count).map { "\($0)" }.joined(separator: ",") + "]}").utf8)
        for (name, bytes) in [("a.json", file), ("b.json.gz", StreamCompressor(.gzip).compress(file, isLast: true))] {
            let records = try records(bytes, name: name, type: "order", fixture.engine.uploads)
            var found: [String] = []
            var isAtEnd = false
            while !isAtEnd {
                let page = try records.page(countMax: 40, byteCountMax: 4 << 20)
                XCTAssertLessThanOrEqual(records.heldByteCount, UploadRecords.heldByteCountMax, name)
                XCTAssertLessThan(records.heldCount, 300, name)
                if page.items.isEmpty { break }
                found += page.items.map { item in if case .number(let digits)? = item["orders"]?.array?.first { digits } else { "\(item)" } }
                isAtEnd = page.isLast
            }
            XCTAssertEqual(found, (0..<count).map { "\($0)" }, name)
        }
    }

    func test_walkThatNobodyWants_ends_whileNoValueComes() throws {
        struct Unwanted: Error {}
        let folder = TemporaryDirectory()
        let fixture = try EngineFixture(folder.path)
        // None of them is JSON.
        let lines = Array(String(repeating: "x\n", count: 100_000).utf8)
        for (name, bytes) in [("a.ndjson", lines), ("b.ndjson.zst", StreamCompressor(.zstd).compress(lines, isLast: true))] {
            let records = try records(bytes, name: name, fixture.engine.uploads)
            var calls = 0
            func heed() throws {
                calls += 1
                if calls > 3 { throw Unwanted() }
            }
            XCTAssertThrowsError(try records.page(countMax: 1, byteCountMax: 100, heed: heed), name) { XCTAssertTrue($0 is Unwanted, "\($0)") }
            XCTAssertEqual(calls, 4, name)
            XCTAssertThrowsError(try records.skip(to: 1, heed: heed), name) { XCTAssertTrue($0 is Unwanted, "\($0)") }
            XCTAssertEqual(calls, 5, name)
            XCTAssertEqual(try records.page(countMax: 1, byteCountMax: 100).items, [], name)
        }
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
