@testable import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Every file must open in pyarrow, DuckDB and polars with equal values, and filters through its statistics must be right.
final class FileWriterTests: XCTestCase {
    private func write(
        _ table: RandomTable, to directory: TemporaryDirectory, name: String, head: String = #"{"bloom":[]}"#,
        _ change: (inout WriterOptions) -> Void = { _ in }
    ) throws -> WrittenFile {
        var options = WriterOptions()
        change(&options)
        let storage = try LocalStorage(root: directory.path)
        let sink = try storage.create("\(name).parquet")
        let writer = try FileWriter(table.schema, options: options, to: sink)
        for batch in table.batches { try writer.append(batch) }
        let file = try writer.finish()
        try sink.commit()
        XCTAssertEqual(try storage.byteCount(of: "\(name).parquet"), file.byteCount)
        try table.write(to: "\(directory.path)/\(name).jsonl", head: head)
        return file
    }

    private func readWithOthers(_ directory: TemporaryDirectory) throws {
        let result = try PythonReader.run("ColumnStoreTests/Readers/read_parquet.py", [directory.path])
        XCTAssertEqual(result.exitCode, 0, result.output)
    }

    func test_finish_allTypesAndLayouts_othersReadEqualValues() throws {
        let directory = try TemporaryDirectory()
        let ids =
            #"{"flag":1,"small":2,"big":3,"ratio":4,"price":5,"wide":6,"vat":7,"name":8,"key":9,"blob":10,"uid":11,"day":12,"clock":13,"at":14,"local":15,"lines":16,"lines.element":17,"lines.element.code":18,"lines.element.amount":19,"lines.element.note":20,"lines.element.count":21,"tags":22,"tags.element":23,"place":24,"place.city":25,"place.zip":26,"grid":27,"grid.element":28,"grid.element.element":29}"#
        let small = RandomTable(batchRowCounts: [100, 1, 57], seed: 1)
        _ = try write(
            small, to: directory, name: "small",
            head: #"{"bloom":["key","name"],"key_values":{"a":"b"},"field_ids":\#(ids)}"#
        ) {
            $0.columns = ["key": ColumnWriterOptions(hasBloomFilter: true), "name": ColumnWriterOptions(hasBloomFilter: true)]
            $0.keyValues = [KeyValue(key: "a", value: "b")]
        }
        _ = try write(RandomTable(batchRowCounts: [0], seed: 2), to: directory, name: "empty")
        _ = try write(RandomTable(batchRowCounts: [1], seed: 3, nullShare: 0), to: directory, name: "one")
        _ = try write(RandomTable(batchRowCounts: [40], seed: 4, nullShare: 100), to: directory, name: "nulls")
        let large = RandomTable(batchRowCounts: [750, 500], seed: 5)
        _ = try write(large, to: directory, name: "pages") {
            $0.pageRowCount = 50
            $0.rowGroupRowCount = 550
            $0.workerCount = 3
        }
        _ = try write(large, to: directory, name: "v1") {
            $0.dataPageVersion = 1
            $0.codec = .snappy
            $0.pageByteCount = 3_000
        }
        _ = try write(large, to: directory, name: "uncompressed") {
            $0.codec = .uncompressed
            $0.measuresEncodings = false
        }
        _ = try write(large, to: directory, name: "sorted") { $0.sorting = [SortKey("day"), SortKey("big", isDescending: true)] }
        try readWithOthers(directory)
    }

    /// A whole file within another, which others pass over, and which is read here as any.
    func test_appendAside_isReadByItsPlace_andNotByOthers() throws {
        let directory = try TemporaryDirectory()
        let (outer, inner) = (RandomTable(batchRowCounts: [300, 200], seed: 8), RandomTable(batchRowCounts: [70], seed: 9))
        let sink = MemorySink()
        let within = try FileWriter(inner.schema, to: sink)
        for batch in inner.batches { try within.append(batch) }
        _ = try within.finish()
        let storage = try LocalStorage(root: directory.path)
        let object = try storage.create("aside.parquet")
        let writer = try FileWriter(outer.schema, to: object)
        try writer.append(outer.batches[0])
        let place = try writer.append(aside: sink.bytes)
        try writer.append(outer.batches[1])
        let written = try writer.finish(keyValues: [KeyValue(key: "where", value: "\(place)")])
        try object.commit()
        try outer.write(to: "\(directory.path)/aside.jsonl", head: #"{"bloom":[]}"#)
        try readWithOthers(directory)
        let file = try ParquetFile(try storage.open("aside.parquet"))
        XCTAssertEqual(file.metadata.keyValues, [KeyValue(key: "where", value: "\(place)")])
        XCTAssertEqual(written.rowGroupOffsets.count, 2)
        // By their texts: NaN is no equal of its own.
        func isSame(_ scan: ParquetScan, _ table: RandomTable) throws -> Bool { "\(try ParquetScanTests.rows(scan))" == "\(ParquetScanTests.rows(table))" }
        XCTAssertTrue(try isSame(try file.scan(), outer))
        let part = try file.within(place)
        XCTAssertEqual(part.path, file.path)
        XCTAssertTrue(try isSame(try part.scan(), inner))
        for range in [0..<place.upperBound, place.lowerBound..<file.bytes.byteCount, place.lowerBound..<place.upperBound - 1, place.lowerBound..<place.lowerBound] {
            XCTAssertThrowsError(try file.within(range), "\(range)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
        }
        XCTAssertThrowsError(try part.bytes.region(at: part.bytes.byteCount - 4, count: 5)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
        XCTAssertThrowsError(try part.bytes.region(at: .max, count: .max)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .corruptFile) }
    }

    func test_finish_everyForcedEncoding_othersReadEqualValues() throws {
        let directory = try TemporaryDirectory()
        let table = RandomTable(batchRowCounts: [450], seed: 6)
        let encodings: [(String, ColumnWriterOptions.Encoding)] = [
            ("plain", .only(.plain)), ("dictionary", .dictionary), ("delta", .only(.deltaBinaryPacked)),
            ("lengths", .only(.deltaLengthByteArray)), ("prefixes", .only(.deltaByteArray)), ("split", .only(.byteStreamSplit)), ("runs", .only(.rle)),
        ]
        for (name, encoding) in encodings {
            for codec in [CompressionCodec.zstd, .uncompressed] {
                _ = try write(table, to: directory, name: "\(name)-\(codec)") {
                    $0.defaultColumn.encoding = encoding
                    $0.codec = codec
                    $0.pageRowCount = 125
                }
            }
        }
        try readWithOthers(directory)
    }

    func test_append_dictionaryColumns_keepCodesAcrossBatches() throws {
        let directory = try TemporaryDirectory()
        let words = ["x", "", "Хліб", "milk", "never used"]
        var builder = ColumnBuilder(type: .string)
        for word in words { builder.append(.string(word)) }
        let first = DictionaryValues(values: builder.finish())
        var second = ColumnBuilder(type: .string)
        for word in words.reversed() { second.append(.string(word)) }
        let other = DictionaryValues(values: second.finish())
        let schema = Schema([Field("word", .string), Field("fixed", .string), Field("number", .int64)])
        var numbers = ColumnBuilder(type: .int64)
        for number in [100, 200, 300] { numbers.append(.integer(Int64(number))) }
        let numberDictionary = DictionaryValues(values: numbers.finish())
        let batches = (0..<6).map { batch in
            let codes = (0..<500).map { UInt32(($0 * 7 + batch) % 4) }
            let validity = Bitmap(words: (0..<8).map { _ in 0xF0F0_F0F0_F0F0_FFFF }, count: 500)
            return ColumnBatch(
                rowCount: 500,
                columns: [
                    Column(
                        type: .string, count: 500, validity: batch % 2 == 0 ? validity : nil,
                        values: .dictionary(codes: codes, batch < 3 ? first : other)),
                    .constant(batch == 4 ? .null : .string("same"), type: .string, count: 500),
                    Column(
                        type: .int64, count: 500, values: .dictionary(codes: codes.map { $0 % 3 }, numberDictionary)),
                ])
        }
        var table = RandomTable(schema, batchRowCounts: [], seed: 0)
        table = RandomTable(schema: schema, batches: batches)
        let file = try write(table, to: directory, name: "codes")
        XCTAssertEqual(file.leaves.map(\.nullCount), [3 * (500 - Int64(Bitmap(words: (0..<8).map { _ in 0xF0F0_F0F0_F0F0_FFFF }, count: 500).setCount)), 500, 0])
        try readWithOthers(directory)
    }

    func test_finish_bulkyDocuments_areWrittenInPieces() throws {
        let directory = try TemporaryDirectory()
        let schema = Schema([Field("id", .int64), Field("document", .binary)])
        var random = SplitMix64(state: 12)
        let batches = (0..<10).map { batch in
            var documents = ByteArrays()
            for _ in 0..<100 {
                let count = Int(random.next() % 5_000)
                let word = UInt8(truncatingIfNeeded: random.next())
                documents.append((0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) ^ word })
            }
            return ColumnBatch(
                rowCount: 100,
                columns: [
                    Column(type: .int64, count: 100, values: .int64((0..<100).map { Int64(batch * 100 + $0) })),
                    Column(type: .binary, count: 100, values: .bytes(documents)),
                ])
        }
        let table = RandomTable(schema: schema, batches: batches)
        let file = try write(table, to: directory, name: "documents") {
            $0.columns["document"] = ColumnWriterOptions(encoding: .only(.plain), hasBounds: false)
            $0.workerCount = 2
            $0.bulkyByteCount = 1 << 20
            $0.pageByteCount = 1 << 16
        }
        XCTAssertNil(file.leaves[1].minimum)
        XCTAssertEqual(file.leaves[0].maximum, .integer(999))
        XCTAssertGreaterThan(file.metadata.rowGroups[0].columns[1].metadata?.encodingStats?.first?.count ?? 0, 20)
        try readWithOthers(directory)
    }

    /// Goal: long strings get large pages where that makes them small, and only there; what a reader hands out stays as it is. Method: documents
    /// that repeat what stood four megabytes before, and ones that repeat nothing; batches kept while others are read.
    func test_longStrings_thatRepeatFromAfar_haveLargePages() throws {
        let schema = Schema([Field("document", .binary, isRequired: true)])
        for (distance, isLarge) in [(2_000, true), (Int.max, false)] {
            var random = SplitMix64(state: 5)
            var texts: [[UInt8]] = []
            for _ in 0..<min(distance, 5_000) {
                var text: [UInt8] = []
                while text.count < 2_000 { withUnsafeBytes(of: random.next()) { text.append(contentsOf: $0) } }
                texts.append(text)
            }
            let sink = MemorySink()
            var options = WriterOptions()
            options.columns = ["document": ColumnWriterOptions(encoding: .only(.deltaLengthByteArray))]
            let writer = try FileWriter(schema, options: options, to: sink)
            for start in stride(from: 0, to: 5_000, by: 1_000) {
                var documents = ByteArrays()
                for row in start..<start + 1_000 { documents.append(texts[row % texts.count]) }
                try writer.append(
                    ColumnBatch(rowCount: 1_000, columns: [Column(type: .binary, count: 1_000, values: .bytes(documents))]))
            }
            _ = try writer.finish()
            let file = try ParquetFile(MemoryBytes(sink.bytes, name: "documents"))
            let pageCount = Int(file.metadata.rowGroups[0].columns[0].metadata?.encodingStats?[0].count ?? 0)
            XCTAssertEqual(pageCount, isLarge ? 2 : 10)
            XCTAssertEqual(sink.bytes.count < 9_000_000, isLarge)
            let reader = try file.scan(ParquetScanRequest(batchRowCount: 700)).reader(rowGroup: 0)
            var kept: [ColumnBatch] = []
            while let batch = try reader.next() { kept.append(batch) }
            let read = kept.flatMap { batch -> [[UInt8]] in
                guard case .bytes(let arrays) = batch.columns[0].values else { return [] }
                return (0..<arrays.count).map { Array(arrays[$0]) }
            }
            XCTAssertTrue(read.indices.allSatisfy { read[$0] == texts[$0 % texts.count] } && read.count == 5_000)
        }
    }

    /// Small numbers of eight bytes each, which compress to one: stored they take least so, and unpacked most.
    func test_unpackedByteWeight_takesWhatUnpacksToLess() throws {
        let values = (0..<50_000).map { (row: Int) -> Int64 in row % 11 == 0 ? Int64(row / 11 % 1_300) : Int64(row % 3) }
        let column = Column(type: .int64, count: values.count, validity: nil, values: .int64(values))
        func byteCounts(_ weight: Double) throws -> (stored: Int64, unpacked: Int64) {
            var options = WriterOptions()
            options.unpackedByteWeight = weight
            let sink = MemorySink()
            let writer = try FileWriter(Schema([Field("n", .int64)]), options: options, to: sink)
            try writer.append(ColumnBatch(rowCount: values.count, columns: [column]))
            _ = try writer.finish()
            let file = try ParquetFile(MemoryBytes(sink.bytes, name: "weight \(weight)"))
            let chunk = try XCTUnwrap(file.metadata.rowGroups[0].columns[0].metadata)
            return (chunk.totalCompressedByteCount, chunk.totalUncompressedByteCount)
        }
        let (plain, weighed) = (try byteCounts(0), try byteCounts(0.5))
        XCTAssertLessThanOrEqual(plain.stored, weighed.stored)
        XCTAssertLessThan(weighed.unpacked, plain.unpacked / 2)
    }

    func test_finish_allTypesAndLayouts_areReadHereWithEqualValues() throws {
        let table = RandomTable(batchRowCounts: [500, 0, 300], seed: 21)
        let layouts: [(inout WriterOptions) -> Void] = [
            { _ in }, { $0.dataPageVersion = 1 }, { $0.codec = .uncompressed }, { $0.measuresEncodings = false },
            {
                $0.pageRowCount = 90
                $0.rowGroupRowCount = 300
                $0.workerCount = 3
            },
            { $0.defaultColumn.encoding = .dictionary }, { $0.defaultColumn.encoding = .only(.deltaByteArray) },
            { $0.defaultColumn.encoding = .only(.deltaLengthByteArray) }, { $0.defaultColumn.encoding = .only(.deltaBinaryPacked) },
            { $0.defaultColumn.encoding = .only(.byteStreamSplit) }, { $0.defaultColumn.encoding = .only(.rle) },
        ]
        for (number, layout) in layouts.enumerated() {
            var options = WriterOptions()
            layout(&options)
            let sink = MemorySink()
            let writer = try FileWriter(table.schema, options: options, to: sink)
            for batch in table.batches { try writer.append(batch) }
            _ = try writer.finish()
            let file = try ParquetFile(MemoryBytes(sink.bytes, name: "layout \(number)"))
            XCTAssertEqual(file.rowCount, 800)
            XCTAssertEqual(file.schema, table.schema)
            let scan = try file.scan()
            var rows: [[Value]] = []
            for group in scan.rowGroups {
                let reader = try scan.reader(rowGroup: group)
                while let batch = try reader.next() {
                    for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) }
                }
            }
            let expected = table.batches.flatMap { batch in
                (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } }
            }
            // NaN is not equal to itself: rows are compared in words.
            XCTAssertEqual(rows.map { "\($0)" }, expected.map { "\($0)" }, "layout \(number)")
        }
    }

    /// 300 MB of strings, of which a megabyte is distinct: a dictionary past its limit still serves better than the strings.
    func test_append_longStringsThatRepeat_stayInADictionary() throws {
        var entries = ByteArrays()
        for entry in 0..<16 { entries.append([UInt8](repeating: UInt8(entry), count: 1 << 16)) }
        let dictionary = DictionaryValues(values: Column(type: .string, count: 16, values: .bytes(entries)))
        let sink = MemorySink()
        var options = WriterOptions()
        options.dictionaryByteCount = 1 << 19
        let writer = try FileWriter(Schema([Field("text", .string)]), options: options, to: sink)
        let codes = (0..<5_000).map { UInt32($0 % 16) }
        try writer.append(
            ColumnBatch(
                rowCount: 5_000, columns: [Column(type: .string, count: 5_000, values: .dictionary(codes: codes, dictionary))]))
        let file = try writer.finish()
        XCTAssertLessThan(file.byteCount, 100_000)
        let reader = try ParquetFile(MemoryBytes(sink.bytes, name: "text")).scan().reader(rowGroup: 0)
        XCTAssertEqual(try reader.next()?.columns[0].value(at: 17), .bytes([UInt8](repeating: 1, count: 1 << 16)))
    }

    func test_append_whatDoesNotFit_isRefused() throws {
        func refuse(_ type: ColumnType, isRequired: Bool = false, _ column: Column, line: UInt = #line) throws {
            let writer = try FileWriter(Schema([Field("c", type, isRequired: isRequired)]), to: MemorySink())
            do {
                try writer.append(ColumnBatch(rowCount: column.count, columns: [column]))
                _ = try writer.finish()
                XCTFail("accepted", line: line)
            } catch {
                XCTAssertEqual(error.code, .invalidRequest, line: line)
            }
            XCTAssertThrowsError(try writer.finish(), line: line)
        }
        try refuse(.int64, Column(type: .int32, count: 1, values: .int32([1])))
        try refuse(.int64, isRequired: true, .constant(.null, type: .int64, count: 3))
        try refuse(.uuid, Column(type: .uuid, count: 1, values: .bytes(ByteArrays(offsets: [0, 3], bytes: [1, 2, 3]))))
        let narrow = ColumnType.decimal(precision: 4, scale: 2)
        try refuse(narrow, Column(type: narrow, count: 1, values: .int64([10_000])))
        try refuse(narrow, Column(type: narrow, count: 1, values: .int128([Int128.max])))
        XCTAssertThrowsError(try FileWriter(Schema([Field("c", .interval)]), to: MemorySink()))
        XCTAssertThrowsError(try FileWriter(Schema([]), to: MemorySink()))
        XCTAssertThrowsError(try FileWriter(Schema([Field("c", .int32), Field("c", .int32)]), to: MemorySink()))
    }

    func test_bounds_stringsCutShort_stillBound() {
        func upper(_ text: String, _ count: Int) -> String? {
            BoundTruncation.upper(Array(text.utf8), byteCountMax: count, isText: true).map { String(decoding: $0, as: UTF8.self) }
        }
        XCTAssertEqual(upper("abcdef", 3), "abd")
        XCTAssertEqual(upper("abc", 3), "abc")
        XCTAssertEqual(upper("ab\u{10FFFF}x", 6), "ac")
        XCTAssertEqual(upper("ab\u{D7FF}x", 5), "ab\u{E000}")
        XCTAssertEqual(upper("aяяя", 4), "aѐ")
        XCTAssertNil(upper("\u{10FFFF}\u{10FFFF}", 4))
        XCTAssertEqual(BoundTruncation.upper([1, 0xFF, 0xFF, 7], byteCountMax: 3, isText: false), [2])
        XCTAssertNil(BoundTruncation.upper([0xFF, 0xFF, 0xFF], byteCountMax: 2, isText: false))
        XCTAssertEqual(BoundTruncation.lower(Array("aяя".utf8), byteCountMax: 4, isText: true), Array("aя".utf8))
    }
}

extension RandomTable {
    init(schema: Schema, batches: [ColumnBatch]) {
        self.schema = schema
        self.batches = batches
    }
}
