import ColumnStore
@testable import Ingest
import TestSupport
import XCTest

/// Goal: records are read as they were written, or not at all. Method: every bit of a segment turned, every cut; spools that end anywhere.
final class LogSegmentTests: XCTestCase {
    private func records(_ count: Int, epoch: Int64 = 1, first: Int64 = 7) -> [LogRecord] {
        var previous = LogRecord.noHash
        return (0..<Int64(count)).map { index in
            let record = LogRecord(
                epoch: epoch, sequence: first + index, time: 1_000 + index / 2, kind: index % 2 == 0 ? .rows : .catalog, previous: previous, byteCount: 3 + Int(index),
                payload: [1, 2, UInt8(index)])
            previous = record.hash
            return record
        }
    }

    func test_parsing_whatWasWritten_isEqual() throws {
        for count in 1...5 { XCTAssertEqual(try LogSegment(parsing: LogSegment(records: records(count)).bytes, path: "s").records, records(count)) }
    }

    func test_parsing_anyBitTurned_orAnyCut_isRefused() {
        let bytes = LogSegment(records: records(3)).bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << bit
                XCTAssertThrowsError(try LogSegment(parsing: damaged, path: "s"), "byte \(index)")
            }
            XCTAssertThrowsError(try LogSegment(parsing: Array(bytes[..<index]), path: "s"), "cut at \(index)")
        }
    }

    /// The hash at the end alone does not make a chain.
    func test_parsing_recordsThatDoNotFollow_isRefused() {
        let all = records(4)
        for wrong in [[all[0], all[2]], [all[1], all[0]], [all[0], all[0]], [all[0], records(2, epoch: 2)[1]], [all[0], records(2, first: 8)[0]]] {
            XCTAssertThrowsError(try LogSegment(parsing: LogSegment(records: wrong).bytes, path: "s"))
        }
    }

    func test_spool_cutAnywhere_givesWhatIsWhole() {
        var bytes: [UInt8] = []
        var ends = [0]
        for number in Int64(1)...4 {
            let changes = [UInt8](repeating: UInt8(number), count: number == 3 ? 0 : Int(number) * 3)
            let parts = changes.withUnsafeBytes { LogSpool.frame(sequence: number, time: 5, kind: number == 3 ? LogSpool.withdrawn : 1, number == 3 ? [] : LogPayload.head("hot/a.sqlite"), $0) }
            bytes += parts.head + changes + parts.tail
            ends.append(bytes.count)
        }
        for count in 0...bytes.count {
            let whole = ends.filter { $0 <= count }.count - 1
            let entries = LogSpool.read(Array(bytes[..<count]))
            XCTAssertEqual(entries.map(\.sequence), (0..<whole).map { Int64($0 + 1) }, "cut at \(count)")
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x10
            let before = ends.filter { $0 <= index }.count - 1
            XCTAssertEqual(LogSpool.read(damaged).count, before, "byte \(index)")
        }
    }

    /// Under right sums: whoever goes on counts on from them.
    func test_spool_withANumberThatNoStoreCountsTo_endsThere() {
        func entry(_ sequence: Int64) -> [UInt8] {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            let parts = LogSpool.frame(sequence: sequence, time: 5, kind: LogRecord.Kind.rows.rawValue, LogPayload.head("hot/a.sqlite"), nothing)
            return parts.head + parts.tail
        }
        for wrong: Int64 in [.max, .min, -1, 0] { XCTAssertEqual(LogSpool.read(entry(1) + entry(2) + entry(wrong) + entry(3)).map(\.sequence), [1, 2], "\(wrong)") }
    }

    func test_head_andCheckpoint_areReadAsTheyWereWritten_andOthersRefused() throws {
        var head = LogHead(store: "abc", epoch: 3)
        (head.last, head.until, head.hash) = (99, 1_234_567, [UInt8](repeating: 9, count: 32))
        XCTAssertEqual(try LogHead(parsing: head.bytes, path: "h"), head)
        XCTAssertFalse(head.note(clock: 1_000_000, committed: 2_000_000), "no more than clocks are set right by")
        for number in Int64(1)...20 {
            let time = number * 10_000_000
            XCTAssertTrue(head.note(clock: time - 3_000_000, committed: time))
            XCTAssertFalse(head.note(clock: time - 4_000_000, committed: time), "the same one")
            XCTAssertFalse(head.note(clock: time - 2_000_000, committed: time))
        }
        XCTAssertEqual(head.setBacks, (Int64(13)...20).map { LogHead.SetBack(from: $0 * 10_000_000 - 4_000_000, to: $0 * 10_000_000) })
        XCTAssertEqual(try LogHead(parsing: head.bytes, path: "h"), head)
        XCTAssertLessThan(head.bytes.count, 2_048)
        let odd = head.bytes + Array("set-back 1-2 x 3 5- 99999999999999999999-1 7-9\n".utf8)
        XCTAssertEqual(try LogHead(parsing: odd, path: "h").setBacks, [.init(from: 1, to: 2), .init(from: 7, to: 9)])
        for wrong in ["", "till-log 2\n", "till-log 1\nstore a\nepoch -1\nmark m\nlast 1\nhash 00\nuntil 1\n", "till-log 1\nstore a\nepoch 99999999999999999999\nmark m\nlast 1\nhash \(String(repeating: "0", count: 64))\nuntil 1\n"] {
            XCTAssertThrowsError(try LogHead(parsing: Array(wrong.utf8), path: "h"))
        }
        var manifest = BackupManifest(number: 2, store: "abc", madeAt: 5, warehouse: "w")
        manifest.files = [.init(path: "catalog.sqlite", name: "catalog.2.sqlite", byteCount: 7, sha256: [UInt8](repeating: 1, count: 32))]
        let checkpoint = LogCheckpoint(epoch: 3, from: 4, to: 9, at: 77, manifest: manifest)
        let read = try LogCheckpoint(parsing: checkpoint.bytes, path: "x/\(checkpoint.key)")
        XCTAssertEqual(read.bytes, checkpoint.bytes)
        XCTAssertThrowsError(try LogCheckpoint(parsing: checkpoint.bytes, path: "checkpoints/other"))
        var damaged = checkpoint.bytes
        damaged[damaged.count / 2] ^= 1
        XCTAssertThrowsError(try LogCheckpoint(parsing: damaged, path: "x/\(checkpoint.key)"))
    }

    private static let checkpoint = LogCheckpoint(epoch: 3, from: 4, to: 9, at: 77, manifest: BackupManifest(number: 2, store: "abc", madeAt: 5, warehouse: "w"))

    private func parse(_ bytes: [UInt8]) throws -> LogCheckpoint { try LogCheckpoint(parsing: bytes, path: "x/\(Self.checkpoint.key)") }

    /// No other hash covered its time: one with another digit was restored from, and let files go.
    func test_checkpoint_withAnyOtherByte_orCutOff_isDamaged() throws {
        let bytes = Self.checkpoint.bytes
        for place in bytes.indices {
            for flip in [UInt8(1), 0x20, 0x80] {
                var damaged = bytes
                damaged[place] ^= flip
                XCTAssertThrowsError(try parse(damaged), "byte \(place), \(flip)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
            }
            XCTAssertThrowsError(try parse(Array(bytes[..<place])), "cut at \(place)")
        }
    }

    /// What an earlier version has put is read as before, and a head that has lost its seal is none of that.
    func test_checkpoint_ofAnEarlierVersion_isRead_andOneWhoseSealIsCutOff_isNot() throws {
        let manifest = Self.checkpoint.manifest.bytes
        let lines = "epoch 3\nfrom 4\nto 9\nat 77\n"
        let old = try parse(Array("till-checkpoint 1\n\(lines)\n".utf8) + manifest)
        XCTAssertEqual([old.epoch, old.from, old.to, old.at], [3, 4, 9, 77])
        XCTAssertEqual(try parse(old.bytes).bytes, Self.checkpoint.bytes)
        let text = String(decoding: Self.checkpoint.bytes.dropLast(manifest.count), as: UTF8.self)
        let unsealed = "till-checkpoint 1\nsealed 1\n\(lines)"
        XCTAssertTrue(text.hasPrefix(unsealed + "end "), text)
        let heads: [String] = [unsealed + "\n", unsealed + "end\n\n", text.replacing("sealed 1\n", with: ""), text.replacing("at 77", with: "at 78")]
        for head in heads { XCTAssertThrowsError(try parse(Array(head.utf8) + manifest), head) }
    }
}
