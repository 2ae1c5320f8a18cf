import ColumnStore
import TestSupport
import XCTest

@testable import Ingest

/// Goal: rows that are rewritten are laid end to end as far as their values take little, however they are spread in a file. Method: short texts with long ones among them, of one stream
/// and of several, against sums that are made here.
final class MergeWindowTests: XCTestCase {
    /// - Parameters:
    ///   - lengths: of the texts, one a row.
    ///   - rowCount: that the stream has of them; nil for all.
    private func stream(_ lengths: [Int], encoding: ColumnWriterOptions.Encoding = .only(.plain), rowCount: Int? = nil) throws -> MergeStream {
        var builder = ColumnBuilder(type: .binary)
        for length in lengths { builder.append(.bytes([UInt8](repeating: 7, count: length))) }
        var options = WriterOptions()
        options.defaultColumn = ColumnWriterOptions(encoding: encoding)
        let sink = MemorySink()
        let writer = try FileWriter(Schema([Field("text", .binary, isRequired: true)]), options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: lengths.count, columns: [builder.finish()]))
        _ = try writer.finish()
        let scan = try ParquetFile(MemoryBytes(sink.bytes, name: "texts")).scan(ParquetScanRequest(batchRowCount: 10))
        return MergeStream(scan, [MergeStream.Segment(rowGroup: 0, rows: 0..<(rowCount ?? lengths.count))], type: .binary)
    }

    /// Short ones, and a cluster of long ones.
    private static let lengths = [Int](repeating: 6, count: 30) + [Int](repeating: 996, count: 20) + [Int](repeating: 6, count: 30)

    /// The ends of all windows. What a row takes is its text and an offset.
    private func expected(_ lengths: [Int], _ byteCountMax: Int) -> [Int] {
        var (ends, byteCount): ([Int], Int) = ([], 0)
        for (row, length) in lengths.enumerated() {
            if row > ends.last ?? 0, byteCount + length + 4 > byteCountMax {
                ends.append(row)
                byteCount = 0
            }
            byteCount += length + 4
        }
        return ends + [lengths.count]
    }

    /// Goes through all rows, window by window.
    private func ends(_ origins: [UInt16], _ streams: [MergeStream], _ byteCountMax: Int) throws -> [Int] {
        var ends: [Int] = []
        var start = 0
        while start < origins.count {
            let rest = origins[start...]
            let end = try MergeBlock.windowEnd(rest, MergeBlock.counts(rest, streams.count), of: streams, byteCountMax: byteCountMax)
            guard end > start else {
                XCTFail("a window without a row")
                break
            }
            for (stream, count) in zip(streams, MergeBlock.counts(origins[start..<end], streams.count)) {
                var pieces: [Column] = []
                try stream.take(Int(count), into: &pieces)
                XCTAssertEqual(pieces.reduce(0) { $0 + $1.count }, Int(count))
            }
            ends.append(end)
            start = end
        }
        return ends
    }

    func test_windows_endWhereTheirTextsAreLong() throws {
        for encoding in [ColumnWriterOptions.Encoding.only(.plain), .dictionary] {
            for byteCountMax in [1, 2_500, 7_777, 1_000_000] {
                let found = try ends([UInt16](repeating: 0, count: Self.lengths.count), [try stream(Self.lengths, encoding: encoding)], byteCountMax)
                XCTAssertEqual(found, expected(Self.lengths, byteCountMax), "\(encoding), \(byteCountMax) bytes")
            }
        }
    }

    func test_windows_ofSeveralStreams_countWhatAllTheirRowsTake() throws {
        var random = SplitMix64(state: 91)
        for round in 0..<20 {
            let origins = (0..<120).map { _ in UInt16(random.next() % 3) }
            let lengths = origins.map { _ in random.next() % 6 == 0 ? Int(random.next() % 3_000) : Int(random.next() % 30) }
            let streams = try (0..<3).map { place in try stream(origins.indices.filter { Int(origins[$0]) == place }.map { lengths[$0] }) }
            XCTAssertEqual(try ends(origins, streams, 4_000), expected(lengths, 4_000), "round \(round)")
        }
    }

    /// Method: the stream has no more rows than the window and its last batch, and would throw.
    func test_whatAWindowDoesNotReach_isNotRead() throws {
        let rows = [UInt16](repeating: 0, count: Self.lengths.count)[...]
        let stream = try stream(Self.lengths, rowCount: 40)
        XCTAssertEqual(try MergeBlock.windowEnd(rows, MergeBlock.counts(rows, 1), of: [stream], byteCountMax: 2_500), 32)
        XCTAssertThrowsError(try MergeBlock.windowEnd(rows, MergeBlock.counts(rows, 1), of: [stream], byteCountMax: 1_000_000)) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile)
        }
    }

    /// Sound rows of a damaged file: a window of a thousand of them would be laid end to end, documents and all.
    func test_soundRows_areCopiedAsTheyWereRead() throws {
        let stream = try stream(Self.lengths)
        var counts: [Int] = []
        for rowCount in [7, 28, 45] { try ColdMend.copy(rowCount, of: stream, { false }) { column in counts.append(column.count) } }
        XCTAssertEqual(counts, [7, 3, 10, 10, 5, 5, 10, 10, 10, 10])
        XCTAssertThrowsError(try ColdMend.copy(1, of: try self.stream([1]), { true }) { _ in XCTFail("it was cancelled") }) {
            XCTAssertTrue($0 is DayCompactor.Cancelled, "\($0)")
        }
    }
}
