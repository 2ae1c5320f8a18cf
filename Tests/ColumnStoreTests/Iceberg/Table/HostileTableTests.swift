@testable import ColumnStore
import TestSupport
import XCTest

/// Goal: no metadata and no manifest, however it was made, ends the process, takes memory without end, or spins. Method: small files that claim
/// much, and numbers at the ends of their range.
final class HostileTableTests: XCTestCase {
    private func avro(_ schema: String, recordCount: Int64, _ block: [UInt8], codec: String = "null") -> [UInt8] {
        var encoder = AvroEncoder()
        encoder.long(2)
        for (key, value) in [("avro.schema", schema), ("avro.codec", codec)] {
            encoder.string(key)
            encoder.byteArray(Array(value.utf8))
        }
        encoder.long(0)
        let sync = [UInt8](repeating: 9, count: 16)
        var head = AvroEncoder()
        head.long(recordCount)
        head.long(Int64(block.count))
        return Array("Obj".utf8) + [1] + encoder.bytes + sync + head.bytes + block + sync
    }

    /// Each block of an array of NULLs claims as many items as there are bytes left.
    func test_manyItemsOfNoBytes_arePassedOverAtOnce() {
        var block = AvroEncoder()
        for left in stride(from: 400_000, to: 100_000, by: -3) { block.long(Int64(left / 4)) }
        block.long(0)
        let schema = #"{"type":"record","name":"r","fields":[{"name":"x","type":{"type":"array","items":"null"}}]}"#
        XCTAssertThrowsError(try ManifestReader.manifests(avro(schema, recordCount: 1, block.bytes), path: "m")) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile)
        }
    }

    func test_deflatedManifestOfEmptyEntries_isChargedBeforeItIsKept() throws {
        let schema = #"""
            {"type":"record","name":"e","fields":[{"name":"status","type":"int","field-id":0},{"name":"data_file","field-id":2,"type":
            {"type":"record","name":"f","fields":[{"name":"p","type":"string","field-id":100},{"name":"n","type":"long","field-id":103},
            {"name":"b","type":"long","field-id":104}]}}]}
            """#
        let count = 100_000
        let bytes = avro(schema, recordCount: Int64(count), AvroDeflate.compress([UInt8](repeating: 0, count: 4 * count)), codec: "deflate")
        XCTAssertLessThan(bytes.count, 5_000)
        let row = ManifestFile(
            location: "m", byteCount: 0, specID: 0, holdsDeletes: false, sequenceNumber: 1, minSequenceNumber: 1, addedSnapshotID: 1,
            addedFileCount: 0, existingFileCount: 0, deletedFileCount: 0, addedRowCount: 0, existingRowCount: 0, deletedRowCount: 0, bounds: nil)
        XCTAssertEqual(try ManifestReader.entries(bytes, manifest: row).count, count)
        XCTAssertThrowsError(try ManifestReader.entries(bytes, manifest: row, memoryByteCountMax: 1 << 20)) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget)
        }
    }

    /// A list's rows are counted by what they take, their locations and bounds among it.
    func test_listOfLongRows_isChargedBeforeItIsKept() throws {
        var row = ManifestFile(
            location: String(repeating: "m", count: 10_000), byteCount: 0, specID: 0, holdsDeletes: false, sequenceNumber: 1, minSequenceNumber: 1, addedSnapshotID: 1,
            addedFileCount: 0, existingFileCount: 0, deletedFileCount: 0, addedRowCount: 0, existingRowCount: 0, deletedRowCount: 0, bounds: nil)
        var bounds = ManifestBounds([DataFile](), schema: TableSchema(id: 0, schema: Schema([])))
        bounds.upper[1] = [UInt8](repeating: 7, count: 10_000)
        var rows = [row]
        row.location = "m"
        row.bounds = bounds
        rows.append(row)
        for row in rows {
            let bytes = try ManifestWriter.manifestList([ManifestFile](repeating: row, count: 200), snapshotID: 1, parentID: nil, sequenceNumber: 1)
            XCTAssertLessThan(bytes.count, 200_000)
            XCTAssertEqual(try ManifestReader.manifests(bytes, path: "snap").count, 200)
            XCTAssertEqual(try ManifestReader.manifests(bytes, path: "snap", memoryByteCountMax: 3 << 20).count, 200)
            XCTAssertThrowsError(try ManifestReader.manifests(bytes, path: "snap", memoryByteCountMax: 1 << 20)) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget)
                XCTAssertEqual(($0 as? ColumnStoreError)?.path, "snap")
            }
        }
    }

    /// Pairs of a map, and split offsets, are counted as they come: what an entry takes is asked only once it is whole.
    func test_mapsOfMoreItemsThanAnyFileHasColumns_areRefused() throws {
        func pairs(_ value: AvroType) -> AvroField {
            let pair = AvroType.record([AvroField(name: "key", id: nil, type: .int), AvroField(name: "value", id: nil, type: value)])
            return AvroField(name: "x", id: nil, type: .union([.null, .array(pair)]))
        }
        let longs = AvroField(name: "x", id: nil, type: .union([.null, .array(.long)]))
        // In one block, and in two that are within the bound each.
        for more in [0, 1] {
            for blocks in [[AvroDecoder.itemCountMax + more], [AvroDecoder.itemCountMax / 2, AvroDecoder.itemCountMax / 2 + more]] {
                var (maps, numbers) = (AvroEncoder(), AvroEncoder())
                maps.long(1)
                numbers.long(1)
                for count in blocks {
                    maps.long(Int64(count))
                    numbers.long(Int64(count))
                    // A key of 0 and no bytes, or the number 0; of longs the number 0.
                    for _ in 0..<count {
                        maps.int(0)
                        maps.long(0)
                        numbers.long(0)
                    }
                }
                maps.long(0)
                numbers.long(0)
                let readings: [(String, (inout AvroDecoder) throws -> Void, [UInt8])] = [
                    ("counts", { _ = try $0.optionalCounts(pairs(.long)) }, maps.bytes), ("bounds", { _ = try $0.optionalBounds(pairs(.bytes)) }, maps.bytes),
                    ("longs", { _ = try $0.optionalLongs(longs) }, numbers.bytes),
                ]
                for (name, read, bytes) in readings {
                    var decoder = AvroDecoder(bytes: bytes)
                    if more == 0 {
                        XCTAssertNoThrow(try read(&decoder), name)
                        XCTAssertEqual(decoder.remaining, 0, name)
                    } else {
                        XCTAssertThrowsError(try read(&decoder), name) { XCTAssertEqual($0 as? AvroFault, .outOfRange("item count")) }
                    }
                }
            }
        }
    }

    /// `[1,1,1…` takes fifty times its bytes.
    func test_metadataThatMeansMoreMemoryThanAllowed_isRefusedBeforeItIsRead() throws {
        let storage = ObjectStoreDouble()
        let made = try Table.create(storage, schema: Schema([Field("n", .int64)]), now: 1).table
        let key = Table.metadataKey(made.version)
        let text = String(decoding: try storage.get(key, byteCountMax: .max), as: UTF8.self)
        // Nothing is read of it: where it is no JSON at all, nobody says so.
        let long = Array(text.utf8.dropLast()) + Array(#","statistics":["#.utf8) + Array(String(repeating: "1,", count: 12_000_000).utf8)
        XCTAssertThrowsError(try TableMetadata(parsing: long, path: key)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
        XCTAssertThrowsError(try TableMetadata(parsing: Array(text.utf8), path: key, memoryByteCountMax: text.utf8.count)) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget)
        }
        let exact = JSONParser.valueByteCount(of: Array(text.utf8))
        XCTAssertNoThrow(try TableMetadata(parsing: Array(text.utf8), path: key, memoryByteCountMax: exact))
    }

    /// An entry may say that its file deletes rows, in whatever manifest it stands.
    func test_entryOfADeleteFile_isRefused() throws {
        let schema = #"""
            {"type":"record","name":"e","fields":[{"name":"status","type":"int","field-id":0},{"name":"data_file","field-id":2,"type":
            {"type":"record","name":"f","fields":[{"name":"c","type":"int","field-id":134},{"name":"p","type":"string","field-id":100},
            {"name":"n","type":"long","field-id":103},{"name":"b","type":"long","field-id":104}]}}]}
            """#
        let row = ManifestFile(
            location: "m", byteCount: 0, specID: 0, holdsDeletes: false, sequenceNumber: 1, minSequenceNumber: 1, addedSnapshotID: 1,
            addedFileCount: 0, existingFileCount: 0, deletedFileCount: 0, addedRowCount: 0, existingRowCount: 0, deletedRowCount: 0, bounds: nil)
        for content in [0, 1, 2] as [Int32] {
            var block = AvroEncoder()
            block.int(1)
            block.int(content)
            block.string("f")
            block.long(3)
            block.long(4)
            let bytes = avro(schema, recordCount: 1, block.bytes)
            if content == 0 {
                XCTAssertEqual(try ManifestReader.entries(bytes, manifest: row).map(\.file.recordCount), [3])
            } else {
                XCTAssertThrowsError(try ManifestReader.entries(bytes, manifest: row)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unsupportedFeature) }
            }
        }
    }

    /// Each put in its place alone would take the square of their count.
    func test_boundsInDescendingOrder_areReadInOnePass() throws {
        let ids = Array((0..<100_000 as Range<Int32>).reversed())
        var encoder = AvroEncoder()
        encoder.long(1)
        encoder.long(Int64(ids.count + 1))
        for id in [5] + ids {
            encoder.int(id)
            encoder.byteArray([UInt8(truncatingIfNeeded: id)])
        }
        encoder.long(0)
        let pair = AvroType.record([AvroField(name: "key", id: nil, type: .int), AvroField(name: "value", id: nil, type: .bytes)])
        var decoder = AvroDecoder(bytes: encoder.bytes)
        let bounds = try XCTUnwrap(try decoder.optionalBounds(AvroField(name: "b", id: nil, type: .union([.null, .array(pair)]))))
        XCTAssertEqual(bounds.ids, ids.reversed())
        XCTAssertEqual(bounds[300], [44])
    }

    func test_numbersThatWereNeverCountedTo_areRefused() throws {
        let storage = ObjectStoreDouble()
        let made = try Table.create(storage, schema: Schema([Field("n", .int64)]), now: 1).table
        let key = Table.metadataKey(made.version)
        let text = String(decoding: try storage.get(key, byteCountMax: .max), as: UTF8.self)
        XCTAssertNoThrow(try TableMetadata(parsing: Array(text.utf8), path: key))
        let numbers = [
            ("last-sequence-number", "\(Int64.max)"), ("last-updated-ms", "\(Int64.max)"), ("last-column-id", "\(Int32.max)"),
            ("current-schema-id", "\(Int32.max)"), ("last-sequence-number", "-1"), ("last-updated-ms", "\(Int64.min)"),
        ]
        for (name, value) in numbers {
            let changed = text.replacing(try Regex("\"\(name)\":[0-9]+"), with: "\"\(name)\":\(value)")
            XCTAssertNotEqual(changed, text, name)
            XCTAssertThrowsError(try TableMetadata(parsing: Array(changed.utf8), path: key), name) {
                XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile)
            }
        }
        storage.put(Table.hintKey, Array("\(Int.max)".utf8))
        XCTAssertEqual(try Table.newestVersion(storage), made.version)
    }
}
