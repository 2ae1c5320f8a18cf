@testable import ColumnStore
import TestSupport
import XCTest

/// What the writer says of its pages must never hide a row: filters through bounds, page index and bloom filters against a loop.
final class WrittenBoundsTests: XCTestCase {
    private struct Sample {
        let table: RandomTable
        let file: ParquetFile
        let rows: [[Value]]

        init(_ table: RandomTable, _ options: WriterOptions) throws {
            self.table = table
            let sink = MemorySink()
            let writer = try FileWriter(table.schema, options: options, to: sink)
            for batch in table.batches { try writer.append(batch) }
            _ = try writer.finish()
            file = try ParquetFile(MemoryBytes(sink.bytes, name: "sample"))
            rows = table.batches.flatMap { batch in
                (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } }
            }
        }

        /// The keys of the rows that pass, by the scan.
        func found(_ filter: ColumnFilter) throws -> [Value] {
            let scan = try file.scan(ParquetScanRequest(projection: ["key"], filters: [filter]))
            var keys: [Value] = []
            for group in scan.rowGroups {
                let reader = try scan.reader(rowGroup: group)
                while let batch = try reader.next() {
                    for row in 0..<batch.rowCount { keys.append(batch.columns[0].value(at: row)) }
                }
            }
            return keys
        }

        func expected(_ column: Int, _ filter: ColumnFilter) -> [Value] {
            let key = table.schema.index(of: "key") ?? 0
            return rows.filter { filter.passes($0[column]) }.map { $0[key] }
        }
    }

    private func check(_ sample: Sample) throws {
        for (column, field) in sample.table.schema.fields.enumerated() where !field.type.isNested {
            let present = sample.rows.map { $0[column] }.filter { !$0.isNull }
            guard !present.isEmpty else { continue }
            var tests: [ColumnFilter.Test] = [.isNull, .isNotNull]
            for index in [0, present.count / 3, present.count - 1] {
                let value = present[index]
                tests += [.equal(value), .notEqual(value), .oneOf([value, present[present.count / 2]])]
                for isInclusive in [true, false] {
                    tests.append(.range(lower: .init(value, isInclusive: isInclusive), upper: nil))
                    tests.append(.range(lower: nil, upper: .init(value, isInclusive: isInclusive)))
                }
                if field.type == .string, case .bytes(let bytes) = value {
                    tests.append(.hasPrefix(Array(bytes.prefix(5))))
                    tests.append(.equal(.bytes(bytes + [0x21])))
                    tests.append(.range(lower: .init(.bytes(bytes + [0]), isInclusive: true), upper: nil))
                }
            }
            for test in tests {
                let filter = ColumnFilter(ColumnPath(field.name), test)
                let expected = sample.expected(column, filter)
                XCTAssertEqual(try sample.found(filter), expected, "\(field.name) \(test)")
            }
        }
    }

    func test_filters_manySmallPages_hideNoRow() throws {
        let schema = Schema(RandomTable.allTypes.fields.filter { !["lines", "tags", "grid", "place"].contains($0.name) })
        var options = WriterOptions()
        options.pageRowCount = 40
        options.rowGroupRowCount = 300
        // Shorter than most values: bounds are cut, and rounded up.
        options.boundByteCount = 6
        options.defaultColumn.hasBloomFilter = true
        try check(Sample(RandomTable(schema, batchRowCounts: [400, 350], seed: 31), options))
        // Pages of nothing but NULL.
        try check(Sample(RandomTable(schema, batchRowCounts: [200], seed: 32, nullShare: 97), options))
        options.defaultColumn.encoding = .dictionary
        options.dataPageVersion = 1
        try check(Sample(RandomTable(schema, batchRowCounts: [300], seed: 33), options))
    }

    func test_statistics_ofKnownColumn_areExact() throws {
        var numbers = ColumnBuilder(type: .int64)
        var texts = ColumnBuilder(type: .string)
        for row in 0..<100 {
            numbers.append(row % 10 == 3 ? .null : .integer(Int64(row - 50)))
            texts.append(.string(String(repeating: "x", count: 70) + "\(row % 7)"))
        }
        let schema = Schema([Field("number", .int64), Field("text", .string)])
        let sink = MemorySink()
        var options = WriterOptions()
        options.pageRowCount = 20
        let writer = try FileWriter(schema, options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: 100, columns: [numbers.finish(), texts.finish()]))
        let file = try writer.finish()
        let chunks = file.metadata.rowGroups[0].columns
        let number = try XCTUnwrap(chunks[0].metadata?.statistics)
        XCTAssertEqual(number.nullCount, 10)
        XCTAssertEqual(number.minValue, ValueBounds.littleEndian(Int64(-50)))
        XCTAssertEqual(number.maxValue, ValueBounds.littleEndian(Int64(49)))
        XCTAssertEqual(number.isMaxValueExact, true)
        let text = try XCTUnwrap(chunks[1].metadata?.statistics)
        XCTAssertEqual(text.minValue, [UInt8](repeating: UInt8(ascii: "x"), count: 64))
        XCTAssertEqual(text.maxValue, [UInt8](repeating: UInt8(ascii: "x"), count: 63) + [UInt8(ascii: "y")])
        XCTAssertEqual(text.isMinValueExact, false)
        XCTAssertEqual(text.isMaxValueExact, false)
        XCTAssertEqual(text.distinctCount, 7)
        XCTAssertEqual(file.leaves[1].maximum, .string(String(repeating: "x", count: 70) + "6"))
        let start = Int(try XCTUnwrap(chunks[0].columnIndexOffset))
        let count = Int(try XCTUnwrap(chunks[0].columnIndexByteCount))
        let index = try ColumnIndex.parse(Array(sink.bytes[start..<start + count]))
        XCTAssertEqual(index.boundaryOrder, .ascending)
        XCTAssertEqual(index.minValues.count, 5)
        XCTAssertEqual(index.nullCounts, [2, 2, 2, 2, 2])
    }

    /// Of doubles alone, of the chunk and of each page, and 0 is said, too: without it a reader must take it that there are some, and has no upper bound.
    func test_nanCounts_areThoseOfTheValues_andGiveAnUpperBound() throws {
        let schema = Schema([Field("key", .int64), Field("some", .double), Field("none", .double)])
        var columns = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in 0..<100 {
            columns[0].append(.integer(Int64(row)))
            columns[1].append(row < 20 && row % 4 == 1 ? .double(.nan) : row % 10 == 9 ? .null : .double(Double(row)))
            columns[2].append(.double(Double(row) - 50))
        }
        for encoding in [ColumnWriterOptions.Encoding.automatic, .dictionary] {
            var options = WriterOptions()
            options.pageRowCount = 20
            options.defaultColumn.encoding = encoding
            let sink = MemorySink()
            let writer = try FileWriter(schema, options: options, to: sink)
            var (copies, built) = (columns, [Column]())
            for index in copies.indices { built.append(copies[index].finish()) }
            try writer.append(ColumnBatch(rowCount: 100, columns: built))
            let chunks = try writer.finish().metadata.rowGroups[0].columns
            XCTAssertEqual(chunks.map { $0.metadata?.statistics?.nanCount }, [nil, 5, 0])
            let indexes = try chunks.map { chunk in
                let start = Int(try XCTUnwrap(chunk.columnIndexOffset)), count = Int(try XCTUnwrap(chunk.columnIndexByteCount))
                return try ColumnIndex.parse(Array(sink.bytes[start..<start + count]))
            }
            XCTAssertEqual(indexes.map(\.nanCounts), [nil, [5, 0, 0, 0, 0], [0, 0, 0, 0, 0]])
            let file = try ParquetFile(MemoryBytes(sink.bytes, name: "nans"))
            XCTAssertNil(try file.bounds(of: "some", rowGroup: 0)?.maximum)
            XCTAssertEqual(try file.bounds(of: "none", rowGroup: 0)?.maximum, .double(49))
            // Above all numbers: no row group where none is NaN, one page where some are.
            for (name, limit, rows) in [("none", 49.0, 0), ("some", 98.0, 5)] {
                let filter = ColumnFilter(ColumnPath(name), .range(lower: .init(.double(limit), isInclusive: false), upper: nil))
                let scan = try file.scan(ParquetScanRequest(projection: ["key"], filters: [filter]))
                XCTAssertEqual(scan.rowGroups.count, rows == 0 ? 0 : 1, name)
                XCTAssertEqual(try ParquetScanTests.rows(scan).count, rows, name)
            }
        }
    }

    /// Readers take the bounds of JSON for UTF-8, as those of text.
    func test_boundsOfJSON_areCutBetweenCharacters() throws {
        for type in [ColumnType.string, .json(isBinary: false), .jsonb] {
            var documents = ColumnBuilder(type: type)
            for row in 0..<3 { documents.append(.string(#"{"name":""# + String(repeating: "ї", count: 60) + #""# + "\(row)" + #""}"#)) }
            let writer = try FileWriter(Schema([Field("document", type)]), options: WriterOptions(), to: MemorySink())
            try writer.append(ColumnBatch(rowCount: 3, columns: [documents.finish()]))
            let statistics = try XCTUnwrap(try writer.finish().metadata.rowGroups[0].columns[0].metadata?.statistics)
            for bound in [try XCTUnwrap(statistics.minValue), try XCTUnwrap(statistics.maxValue)] {
                XCTAssertNotNil(String(validating: bound, as: UTF8.self), "\(type)")
                XCTAssertTrue((50...64).contains(bound.count), "\(bound.count) bytes of \(type)")
            }
        }
    }
}

extension WrittenBoundsTests {
    /// Doubles and wide decimals that repeat lie in dictionaries; NaN stays out of bounds, and the forms may change from row group
    /// to row group.
    func test_dictionaries_ofDoublesAndWideDecimals_readBackAndBound() throws {
        let wide = ColumnType.decimal(precision: 38, scale: 2)
        let schema = Schema([Field("key", .int64), Field("ratio", .double), Field("wide", wide)])
        var columns = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in 0..<600 {
            columns[0].append(.integer(Int64(row)))
            columns[1].append(row % 11 == 0 ? .double(.nan) : .double(Double(row % 5) - 1.5))
            // The last row group has a value past 64 bits, and no dictionary.
            columns[2].append(.decimal(row == 550 ? Int128.max / 1_000_000 : Int128(row % 7) - 3))
        }
        var options = WriterOptions()
        options.rowGroupRowCount = 200
        options.pageRowCount = 50
        options.defaultColumn = ColumnWriterOptions(encoding: .dictionary, hasBloomFilter: true)
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        var built: [Column] = []
        for index in columns.indices { built.append(columns[index].finish()) }
        let batch = ColumnBatch(rowCount: 600, columns: built)
        try writer.append(batch)
        let written = try writer.finish()
        XCTAssertEqual(written.leaves[1].minimum, .double(-1.5))
        XCTAssertEqual(written.leaves[1].maximum, .double(2.5))
        XCTAssertEqual(written.leaves[1].nanCount, 55)
        XCTAssertEqual(written.leaves[2].minimum, .decimal(-3))
        XCTAssertEqual(written.leaves[2].maximum, .decimal(Int128.max / 1_000_000))
        let chunks = written.metadata.rowGroups.map(\.columns)
        XCTAssertEqual(chunks.map { $0[1].metadata?.dictionaryPageOffset != nil }, [true, true, true])
        XCTAssertEqual(chunks.map { $0[2].metadata?.dictionaryPageOffset != nil }, [true, true, false])
        let file = try ParquetFile(MemoryBytes(sink.bytes, name: "numbers"))
        for (filter, column) in [
            (ColumnFilter("ratio", .equal(.double(0.5))), 1),
            (ColumnFilter("ratio", .range(lower: .init(.double(2), isInclusive: true), upper: nil)), 1),
            (ColumnFilter("wide", .equal(.decimal(3))), 2),
            (ColumnFilter("wide", .range(lower: .init(.decimal(4), isInclusive: true), upper: nil)), 2),
        ] {
            let scan = try file.scan(ParquetScanRequest(projection: ["key"], filters: [filter]))
            var found: [Value] = []
            for group in scan.rowGroups {
                let reader = try scan.reader(rowGroup: group)
                while let part = try reader.next() { for row in 0..<part.rowCount { found.append(part.columns[0].value(at: row)) } }
            }
            let expected = (0..<600).filter { filter.passes(batch.columns[column].value(at: $0)) }.map { Value.integer(Int64($0)) }
            XCTAssertEqual(found, expected, "\(filter)")
        }
    }
}
