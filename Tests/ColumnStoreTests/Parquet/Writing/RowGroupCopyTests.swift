@testable import ColumnStore
import TestSupport
import XCTest

/// Row groups that another file takes over are read there as they were, by this reader and by others, with their indexes and filters.
final class RowGroupCopyTests: XCTestCase {
    private static let schema = Schema(RandomTable.allTypes.fields.filter { $0.type != .double })

    private static func options() -> WriterOptions {
        var options = WriterOptions()
        options.rowGroupRowCount = 300
        options.pageRowCount = 70
        options.columns = ["key": ColumnWriterOptions(hasBloomFilter: true), "blob": ColumnWriterOptions(hasBounds: false)]
        return options
    }

    private func file(_ table: RandomTable, _ options: WriterOptions) throws -> ParquetFile {
        let sink = MemorySink()
        let writer = try FileWriter(table.schema, options: options, to: sink)
        for batch in table.batches { try writer.append(batch) }
        _ = try writer.finish()
        return try ParquetFile(MemoryBytes(sink.bytes, name: "source"))
    }

    private func rows(_ file: ParquetFile, _ request: ParquetScanRequest = ParquetScanRequest()) throws -> [String] {
        let scan = try file.scan(request)
        var rows: [String] = []
        for group in scan.rowGroups {
            let reader = try scan.reader(rowGroup: group)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount { rows.append("\(batch.columns.map { $0.value(at: row) })") }
            }
        }
        return rows
    }

    func test_appendCopying_rowsBoundsIndexesAndFiltersAreThoseOfTheSource() throws {
        let directory = try TemporaryDirectory()
        let options = Self.options()
        let first = RandomTable(Self.schema, batchRowCounts: [700], seed: 31)
        let second = RandomTable(Self.schema, batchRowCounts: [100], seed: 32, nullShare: 60)
        let source = try file(first, options)
        // Fresh rows before the copies and after them; copies out of the source's order.
        let storage = try LocalStorage(root: directory.path)
        let sink = try storage.create("copy.parquet")
        let writer = try FileWriter(Self.schema, options: options, to: sink)
        try writer.append(second.batches[0])
        for group in [1, 0, 2] {
            let copy = try XCTUnwrap(RowGroupCopy(of: source, rowGroup: group, schema: Self.schema, options: options))
            try writer.append(copying: copy)
        }
        try writer.append(second.batches[0])
        let written = try writer.finish()
        try sink.commit()
        let made = try ParquetFile(try storage.open("copy.parquet"))

        let parts = [0..<300, 300..<600, 600..<700].map { first.batches[0].slice($0) }
        let expected = [second.batches[0], parts[1], parts[0], parts[2], second.batches[0]]
        XCTAssertEqual(made.metadata.rowGroups.map(\.rowCount), [100, 300, 300, 100, 100])
        let texts = expected.flatMap { batch in (0..<batch.rowCount).map { row in "\(batch.columns.map { $0.value(at: row) })" } }
        XCTAssertEqual(try rows(made), texts)
        XCTAssertEqual(written.rowCount, 900)

        // What the manifest is made of: as if all rows had been encoded here.
        let plain = MemorySink()
        let direct = try FileWriter(Self.schema, options: options, to: plain)
        for batch in expected { try direct.append(batch) }
        let whole = try direct.finish()
        for (leaf, other) in zip(written.leaves, whole.leaves) {
            XCTAssertEqual(leaf.valueCount, other.valueCount, "\(leaf.path)")
            XCTAssertEqual(leaf.nullCount, other.nullCount, "\(leaf.path)")
            if leaf.path != "lines.note" { XCTAssertEqual(leaf.bounds, other.bounds, "\(leaf.path)") }
        }
        // By page index and bloom filter.
        guard case .bytes(let key)? = first.batches[0].columns.compactMap({ $0.type == .string ? $0.value(at: 444) : nil }).dropFirst().first else {
            return XCTFail("the key of row 444 is NULL: take another seed")
        }
        var request = ParquetScanRequest()
        request.filters = [ColumnFilter("key", .equal(.bytes(key)))]
        XCTAssertEqual(try rows(made, request), try rows(source, request))
        XCTAssertEqual(try rows(made, request).count, 1)
        XCTAssertNotNil(try made.bloomFilter(of: "key", rowGroup: 1))

        try RandomTable(schema: Self.schema, batches: expected).write(to: "\(directory.path)/copy.jsonl", head: #"{"bloom":["key"]}"#)
        let result = try PythonReader.run("ColumnStoreTests/Readers/read_parquet.py", [directory.path])
        XCTAssertEqual(result.exitCode, 0, result.output)
    }

    func test_copy_whatAWriterWouldMakeOtherwise_isRefused() throws {
        let options = Self.options()
        let source = try file(RandomTable(Self.schema, batchRowCounts: [300], seed: 33), options)
        XCTAssertNotNil(try RowGroupCopy(of: source, rowGroup: 0, schema: Self.schema, options: options))
        var other = options
        other.codec = .snappy
        XCTAssertNil(try RowGroupCopy(of: source, rowGroup: 0, schema: Self.schema, options: other))
        other = options
        other.columns["name"] = ColumnWriterOptions(hasBloomFilter: true)
        XCTAssertNil(try RowGroupCopy(of: source, rowGroup: 0, schema: Self.schema, options: other))
        other = options
        other.columns["name"] = ColumnWriterOptions(hasBounds: false)
        XCTAssertNil(try RowGroupCopy(of: source, rowGroup: 0, schema: Self.schema, options: other))
        let wider = Schema(Self.schema.fields + [Field("more", .int64, id: 99)])
        XCTAssertNil(try RowGroupCopy(of: source, rowGroup: 0, schema: wider, options: options))
        // NaNs are counted by nobody but the writer.
        let doubles = try file(RandomTable(batchRowCounts: [300], seed: 34), options)
        XCTAssertNil(try RowGroupCopy(of: doubles, rowGroup: 0, schema: RandomTable.allTypes, options: options))
    }
}
