@testable import ColumnStore
import TestSupport
import XCTest

/// The container: what is written is read, and damage of any kind is an error.
final class AvroFileTests: XCTestCase {
    private static let schema =
        #"{"type":"record","name":"r","fields":[{"name":"a","type":"long","field-id":1},{"name":"b","type":["null","string"],"field-id":2},{"name":"c","type":["null",{"type":"array","logicalType":"map","items":{"type":"record","name":"kv","fields":[{"name":"key","type":"int","field-id":4},{"name":"value","type":"bytes","field-id":5}]}}],"field-id":3}]}"#

    private func file(rowCount: Int) throws -> [UInt8] {
        let sink = MemorySink()
        var writer = try AvroFileWriter(sink: sink, schema: Self.schema, metadata: ["format-version": "2"])
        for row in 0..<rowCount {
            try writer.append { encoder in
                encoder.long(Int64(row) &* 0x1234_5678_9ABC - 7)
                encoder.optional(row % 3 == 0 ? nil : "row \(row)") { $0.string($1) }
                encoder.optionalBounds(row % 2 == 0 ? [1: [1, 2], -2: []] : nil)
            }
        }
        try writer.finish()
        return sink.bytes
    }

    private func read(_ bytes: [UInt8]) throws -> [String] {
        var reader = try AvroFileReader(bytes: bytes)
        let fields = try reader.recordFields()
        var rows: [String] = []
        while var (count, decoder) = try reader.nextBlock() {
            while count > 0 {
                var row = ""
                for field in fields {
                    switch field.id {
                    case 1: row += "\(try decoder.optionalLong(field) ?? 0)"
                    case 2: row += ",\(try decoder.optionalString(field) ?? "-")"
                    case 3:
                        let map = try decoder.optionalBounds(field)
                        row += ",\(map?.ids.count ?? -1)"
                    default: try decoder.skip(field.type)
                    }
                }
                rows.append(row)
                count -= 1
            }
        }
        return rows
    }

    func test_write_rowsOfSeveralBlocks_areReadBack() throws {
        for rowCount in [0, 1, 100, 40_000] {
            let expected = (0..<rowCount).map { row in
                "\(Int64(row) &* 0x1234_5678_9ABC - 7),\(row % 3 == 0 ? "-" : "row \(row)"),\(row % 2 == 0 ? 2 : -1)"
            }
            XCTAssertEqual(try read(try file(rowCount: rowCount)), expected)
        }
    }

    func test_long_extremes_comeBack() throws {
        var encoder = AvroEncoder()
        let values: [Int64] = [0, -1, 1, 63, 64, -64, -65, .max, .min]
        for value in values { encoder.long(value) }
        var decoder = AvroDecoder(bytes: encoder.bytes)
        XCTAssertEqual(try values.map { _ in try decoder.long() }, values)
    }

    func test_read_everyTruncation_isAnError() throws {
        let bytes = try file(rowCount: 50)
        var emptyFiles = 0
        for length in 0..<bytes.count {
            // A file cut right after its header is a valid one without blocks.
            do { if try read(Array(bytes[..<length])).isEmpty { emptyFiles += 1 } } catch { XCTAssert(error is AvroFault) }
        }
        XCTAssertEqual(emptyFiles, 1)
    }

    func test_read_flippedBytes_neverTrap() throws {
        let bytes = try file(rowCount: 50)
        var random = SplitMix64(state: 99)
        for _ in 0..<4_000 {
            var damaged = bytes
            for _ in 0...(random.next() % 3) {
                damaged[Int(random.next() % UInt64(damaged.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            do { _ = try read(damaged) } catch { XCTAssert(error is AvroFault, "\(error)") }
        }
    }

    func test_schema_thatUnfoldsToBillions_isRefused() {
        var fields = #"{"name":"x","type":{"type":"record","name":"r0","fields":[{"name":"a","type":"null"}]}}"#
        for level in 1...40 {
            fields += #",{"name":"x\#(level)","type":{"type":"record","name":"r\#(level)","fields":[{"name":"a","type":"r\#(level - 1)"},{"name":"b","type":"r\#(level - 1)"}]}}"#
        }
        let schema = #"{"type":"record","name":"top","fields":[\#(fields)]}"#
        XCTAssertThrowsError(try AvroType(parsing: Array(schema.utf8)))
        XCTAssertThrowsError(try AvroType(parsing: Array(#"{"type":"record","name":"s","fields":[{"name":"a","type":["null","s"]}]}"#.utf8)))
    }
}
