import Cluster
import ColumnStore
import XCTest

@testable import Ingest

/// Goal: what an archive has is what was put there, or an error that names it. Method: each form written and read, each of its bytes changed, each length cut.
final class ArchiveSegmentTests: XCTestCase {
    private func segment() -> ArchiveSegment {
        let former = ArchiveRecords.chain(ArchiveRecords.commits(3))
        let records = ArchiveRecords.chain(ArchiveRecords.commits(4, from: 4) + [[]], after: former[2].mark, epoch: 2)
        return ArchiveSegment(after: former[2].mark, before: 3_000_000, through: 7_000_000, isWhole: true, records: records)
    }

    func test_segment_isReadAsItWasWritten() throws {
        let segment = segment()
        let read = try ArchiveSegment(parsing: try segment.bytes(), path: "x")
        XCTAssertEqual(read.records, segment.records)
        XCTAssertEqual([read.previous, read.last], [segment.previous, segment.last])
        XCTAssertEqual([read.first, read.before, read.through], [4, 3_000_000, 7_000_000])
        XCTAssertTrue(read.isWhole)
        XCTAssertFalse(try ArchiveSegment(parsing: try ArchiveSegment(after: .start, before: 0, through: 0, isWhole: false, records: ArchiveRecords.chain([[]])).bytes(), path: "x").isWhole)
    }

    func test_segment_withAnyByteChanged_orCut_isDamaged() throws {
        let bytes = try segment().bytes()
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8.random(in: 0...7)
            XCTAssertThrowsError(try ArchiveSegment(parsing: changed, path: "x"), "byte \(place)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
            XCTAssertThrowsError(try ArchiveSegment(parsing: Array(bytes[..<place]), path: "x"), "cut at \(place)")
        }
        XCTAssertThrowsError(try ArchiveSegment(parsing: bytes + [0], path: "x"))
    }

    /// Whoever can make the hash at the end: numbers, lengths and the chain are looked at all the same.
    func test_segment_withAnyByteChanged_andAHashOfItsOwn_isRefused_orHasTheRecords() throws {
        let segment = segment()
        let bytes = try segment.bytes()
        for place in bytes.indices.dropLast(SHA256.byteCount) {
            for value in [UInt8(0), 0x7F, 0xFF, bytes[place] ^ 1] {
                var changed = Array(bytes.dropLast(SHA256.byteCount))
                changed[place] = value
                guard let read = try? ArchiveSegment(parsing: changed + SHA256.hash(changed), path: "x") else { continue }
                XCTAssertTrue(read.records.elementsEqual(segment.records), "byte \(place)")
            }
        }
        let records = segment.records
        for wrong in [Array(records.dropFirst()), [records[0], records[2]], Array(records.reversed())] {
            XCTAssertThrowsError(try ArchiveSegment(parsing: try ArchiveSegment(after: segment.previous, before: 0, through: 0, isWhole: true, records: wrong).bytes(), path: "x"))
        }
        for (before, through) in [(Int64(2), Int64(1)), (-1, 0), (0, .max)] {
            XCTAssertThrowsError(try ArchiveSegment(parsing: try ArchiveSegment(after: segment.previous, before: before, through: through, isWhole: true, records: records).bytes(), path: "x"))
        }
    }

    func test_lineAndCheckpoint_areReadAsTheyWereWritten_andNothingElseIs() throws {
        let mark = segment().last
        let line = ArchiveLine(number: 7, store: try XCTUnwrap(ArchivedMachine.identity), base: mark, at: 5, begun: 6)
        XCTAssertEqual(try ArchiveLine(parsing: line.bytes, number: 7, path: "x"), line)
        XCTAssertThrowsError(try ArchiveLine(parsing: line.bytes, number: 8, path: "x"), "it was copied to another name")
        assertSealed(line.bytes) { _ = try ArchiveLine(parsing: $0, number: 7, path: "x") }
        // Whoever can make the hash at the end: what is no number of a line is refused all the same.
        let text = lines(line.bytes)
        for (right, wrong) in [("line 1", "line 2"), ("sequence 8", "sequence -8"), ("sequence 8", "sequence \(Int64.max)"), ("begun 6", "begun 99999999999999999999"), ("at 5", "at \(Int64.min)"), ("hash ", "hash 0"), (text, "")] {
            XCTAssertTrue(text.contains(right), right)
            XCTAssertThrowsError(try ArchiveLine(parsing: SealedText.bytes(text.replacing(right, with: wrong)), number: 7, path: "x"), wrong)
        }
        let hash = SHA256.hash([1])
        func checkpoint(_ path: String, _ name: String) -> [UInt8] {
            var manifest = BackupManifest(number: 1, store: line.store.text, madeAt: 5, warehouse: "")
            manifest.files = [.init(path: path, name: name, byteCount: 1, sha256: hash)]
            return ArchiveCheckpoint(line: 7, mark: mark, at: 5, manifest: manifest).bytes
        }
        let name = ArchivePlace.fileKey(7, hash)
        func read(_ bytes: [UInt8], line: Int64 = 7, record: Int64 = 8) throws -> ArchiveCheckpoint { try ArchiveCheckpoint(parsing: bytes, line: line, record: record, path: "x") }
        XCTAssertEqual(try read(checkpoint("catalog.sqlite", name)).storeFiles.count, 1)
        XCTAssertEqual(try read(checkpoint("warehouse/t/data/1.parquet", "base/warehouse/t/data/1.parquet")).storeFiles.count, 0)
        for (path, name) in [("catalog.sqlite", "base/catalog.sqlite"), ("catalog.sqlite", ArchivePlace.fileKey(6, hash)), ("FORMAT", name), ("hot/x", name), ("warehouse/t/1", name), ("warehouse/t/1", "base/warehouse/t/2")] {
            XCTAssertThrowsError(try read(checkpoint(path, name)), "\(path) \(name)")
        }
        let bytes = checkpoint("catalog.sqlite", name)
        XCTAssertThrowsError(try read(bytes, line: 6))
        XCTAssertThrowsError(try read(bytes, record: 9))
        assertSealed(bytes) { _ = try read($0) }
        // The head with other numbers, and the hash that belongs to them.
        let end = try XCTUnwrap(bytes.indices.dropFirst().first { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A })
        let (head, rest) = (lines(Array(bytes[..<end])), bytes[end...])
        XCTAssertEqual(try read(SealedText.bytes(head.replacing("at 5", with: "at 6")) + rest).at, 6)
        for (right, wrong) in [("at 5", "at -5"), ("at 5", "at \(Int64.max)"), ("sequence 8", "sequence \(Int64.min)"), ("line 7", "line \(Int64.max)"), ("line 7", "line 6"), ("checkpoint 1", "checkpoint 2")] {
            XCTAssertTrue(head.contains(right), right)
            XCTAssertThrowsError(try read(SealedText.bytes(head.replacing(right, with: wrong)) + rest), wrong)
        }
    }

    /// Without the hash at its end.
    private func lines(_ bytes: [UInt8]) -> String { String(decoding: bytes.dropLast("end ".utf8.count + 2 * SHA256.byteCount + 1), as: UTF8.self) }

    /// Each byte changed, each cut, and more than was written.
    private func assertSealed(_ bytes: [UInt8], _ read: ([UInt8]) throws -> Void) {
        XCTAssertNoThrow(try read(bytes))
        for place in bytes.indices {
            var changed = bytes
            changed[place] ^= 1 << UInt8.random(in: 0...7)
            XCTAssertThrowsError(try read(changed), "byte \(place)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
            XCTAssertThrowsError(try read(Array(bytes[..<place])), "cut at \(place)")
        }
        XCTAssertThrowsError(try read(bytes + [0]))
    }
}
