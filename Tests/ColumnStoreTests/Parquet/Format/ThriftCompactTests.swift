import ColumnStore
import TestSupport
import XCTest

/// Goal: metadata goes round unchanged, and no bytes can crash its reader. Method: every structure written and read
/// back; every truncation and seeded mutations of a full footer.
final class ThriftCompactTests: XCTestCase {
    static func fullFooter() -> FileMetadata {
        let statistics = ChunkStatistics(
            nullCount: 3, distinctCount: 9, minValue: [1, 2], maxValue: [3], isMinValueExact: true, isMaxValueExact: false, nanCount: 4,
            legacyMin: [7], legacyMax: [])
        let metadata = ColumnMetadata(
            type: .byteArray, encodings: [.plain, .rleDictionary, .rle], path: ["a", "list", "élément"], codec: .zstd,
            valueCount: 1 << 40, totalUncompressedByteCount: 500, totalCompressedByteCount: 400,
            keyValues: [KeyValue(key: "k", value: nil)], dataPageOffset: 90, indexPageOffset: nil, dictionaryPageOffset: 4,
            statistics: statistics,
            encodingStats: [PageEncodingStats(pageKind: .dataV2, encoding: .rleDictionary, count: 20)],
            bloomFilterOffset: 600, bloomFilterByteCount: 1_024,
            sizeStatistics: SizeStatistics(
                unencodedByteArrayByteCount: 77, repetitionLevelHistogram: [1, 2], definitionLevelHistogram: nil))
        let chunk = ColumnChunk(
            fileOffset: 0, metadata: metadata, offsetIndexOffset: 700, offsetIndexByteCount: 10, columnIndexOffset: 710,
            columnIndexByteCount: 20)
        let types: [LogicalType?] = [
            nil, .string, .map, .list, .enumeration, .decimal(precision: 38, scale: 4), .date,
            .time(isAdjustedToUTC: false, unit: .millis), .timestamp(isAdjustedToUTC: true, unit: .nanos),
            .integer(bitWidth: 16, isSigned: false), .unknown, .json, .bson, .uuid, .float16, .variant, .other(id: 99),
        ]
        let schema =
            [SchemaElement(name: "schema", childCount: Int32(types.count))]
            + types.enumerated().map { number, type in
                SchemaElement(
                    name: "c\(number)", type: .int64, typeLength: 3, repetition: .repeated, convertedType: .decimal,
                    scale: 1, precision: 2, fieldID: Int32(number) - 3, logicalType: type)
            }
        return FileMetadata(
            version: 2, schema: schema, rowCount: 12,
            rowGroups: [
                RowGroupMetadata(
                    columns: Array(repeating: chunk, count: types.count), totalByteCount: 9, rowCount: 12,
                    sortingColumns: [SortingColumn(columnIndex: 1, isDescending: true, isNullsFirst: false)],
                    fileOffset: 4, totalCompressedByteCount: 8, ordinal: 0)
            ],
            keyValues: [KeyValue(key: "ключ", value: "значення")], createdBy: "test",
            columnOrders: types.indices.map { [ColumnOrder.typeDefined, .totalOrder, .other(id: 3)][$0 % 3] })
    }

    func test_fileMetadata_writtenAndRead_isUnchanged() throws {
        let footer = Self.fullFooter()
        let bytes = footer.serialized()
        let read = try FileMetadata.parse(bytes)
        XCTAssertEqual(read.schema, footer.schema)
        XCTAssertEqual(read.serialized(), bytes)
        XCTAssertEqual(read.rowGroups[0].columns[0].metadata?.path, ["a", "list", "élément"])
        XCTAssertEqual(read.rowGroups[0].columns[0].metadata?.statistics, footer.rowGroups[0].columns[0].metadata?.statistics)
        XCTAssertEqual(read.rowGroups[0].sortingColumns, footer.rowGroups[0].sortingColumns)
        XCTAssertEqual(read.columnOrders, footer.columnOrders)
    }

    func test_pageHeader_eachKind_writtenAndRead_isUnchanged() throws {
        let kinds: [PageHeader.Kind] = [
            .data(DataPageHeader(valueCount: 10, encoding: .plain, statistics: ChunkStatistics(nullCount: 1))),
            .dataV2(
                DataPageHeaderV2(
                    valueCount: 10, nullCount: 2, rowCount: 7, encoding: .deltaByteArray, definitionLevelsByteCount: 4,
                    repetitionLevelsByteCount: 5, isCompressed: false)),
            .dictionary(DictionaryPageHeader(valueCount: 3, isSorted: false)),
            .other(rawValue: 1),
        ]
        for kind in kinds {
            let header = PageHeader(kind: kind, uncompressedByteCount: 100, compressedByteCount: 50, crc: 0xDEAD_BEEF)
            let read = try PageHeader.parse(header.serialized())
            XCTAssertEqual(read.serialized(), header.serialized())
            XCTAssertEqual(read.crc, 0xDEAD_BEEF)
        }
    }

    func test_indexes_writtenAndRead_areUnchanged() throws {
        let columnIndex = ColumnIndex(
            nullPages: [false, true], minValues: [[1], []], maxValues: [[2], []], boundaryOrder: .descending,
            nullCounts: [0, 5], repetitionLevelHistograms: nil, definitionLevelHistograms: [1, 2, 3], nanCounts: [4, 0])
        XCTAssertEqual(try ColumnIndex.parse(columnIndex.serialized()).serialized(), columnIndex.serialized())
        XCTAssertEqual(try ColumnIndex.parse(columnIndex.serialized()).nullPages, [false, true])
        XCTAssertEqual(try ColumnIndex.parse(columnIndex.serialized()).nanCounts, [4, 0])
        // A count for each page, or none at all.
        var short = columnIndex
        short.nanCounts = [4]
        XCTAssertThrowsError(try ColumnIndex.parse(short.serialized())) { XCTAssertEqual($0 as? ThriftError, .invalidField(structure: "ColumnIndex", id: 8, value: 1)) }
        let offsetIndex = OffsetIndex(
            pageLocations: (0..<20).map { PageLocation(offset: $0 * 100, compressedByteCount: 99, firstRowIndex: $0 * 7) },
            unencodedByteArrayByteCounts: nil)
        XCTAssertEqual(try OffsetIndex.parse(offsetIndex.serialized()).pageLocations, offsetIndex.pageLocations)
        let bloom = try BloomFilterHeader.parse(BloomFilterHeader(byteCount: 4_096).serialized())
        XCTAssertEqual(bloom, BloomFilterHeader(byteCount: 4_096))
    }

    func test_fileMetadata_everyTruncation_throws() {
        let bytes = Self.fullFooter().serialized()
        for count in 0..<bytes.count {
            XCTAssertThrowsError(try FileMetadata.parse(Array(bytes[..<count])), "\(count) of \(bytes.count) bytes")
        }
    }

    func test_fileMetadata_seededMutations_neverCrash() {
        let bytes = Self.fullFooter().serialized()
        var random = SplitMix64(state: 0x7F1F)
        var refused = 0
        for _ in 0..<20_000 {
            var mutated = bytes
            for _ in 0...Int(random.next() % 4) {
                mutated[Int(random.next() % UInt64(mutated.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            do { _ = try FileMetadata.parse(mutated) } catch { refused += 1 }
        }
        XCTAssertGreaterThan(refused, 1_000)
    }

    func test_skip_nestsWithoutEnd_isRefused() {
        // Field 99 of type struct, in itself, a million times: must not eat the stack.
        let bytes = [UInt8](repeating: 0x1C, count: 1_000_000)
        XCTAssertThrowsError(try FileMetadata.parse(bytes)) { XCTAssertEqual($0 as? ThriftError, .nestedTooDeep) }
    }
}
