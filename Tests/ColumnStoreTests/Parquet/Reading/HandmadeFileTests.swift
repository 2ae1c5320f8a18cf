@testable import ColumnStore
import Foundation
import TestSupport
import XCTest

/// Goal: files that no usual writer makes are read where they are valid, and refused where they contradict themselves or would take memory
/// without end. Method: files put together page by page; what pyarrow and DuckDB read of the valid ones is what is expected.
final class HandmadeFileTests: XCTestCase {
    private typealias File = HandmadeFile

    private func rows(_ file: HandmadeFile, _ options: ParquetReadOptions = ParquetReadOptions()) throws -> [[Value]] {
        try ParquetScanTests.rows(try ParquetScanTests.open(file.bytes, options).scan())
    }

    private func fault(_ file: HandmadeFile, _ options: ParquetReadOptions = ParquetReadOptions(), line: UInt = #line) -> ColumnStoreError? {
        do {
            let rows = try rows(file, options)
            XCTFail("it was read: \(rows.count) rows, \(String(describing: rows.first))", line: line)
            return nil
        } catch let error as ColumnStoreError {
            return error
        } catch {
            XCTFail("\(error)", line: line)
            return nil
        }
    }

    private func flat(_ element: SchemaElement, _ rowCount: Int, _ pages: [(kind: PageHeader.Kind, body: [UInt8])]) -> HandmadeFile {
        let chunk = File.Chunk(type: element.type ?? .int32, path: [element.name], valueCount: rowCount, pages: pages)
        return HandmadeFile(elements: [element], columnCount: 1, rowCount: rowCount, chunks: [chunk])
    }

    // MARK: Valid

    func test_nullsOverAnEmptyDictionary_thenAPlainPage_areRead() throws {
        let file = flat(
            File.leaf("s", .byteArray, .optional, .string), 5,
            [
                File.dictionary(0, []), File.page(3, definition: File.run(of: 0, 3), encoding: .rleDictionary, []),
                File.page(2, definition: File.run(of: 1, 2), File.littleEndian(1, 4) + [97] + File.littleEndian(2, 4) + [98, 99]),
            ])
        XCTAssertEqual(try rows(file), [[.null], [.null], [.null], [.string("a")], [.string("bc")]])
    }

    /// The NULLs' places in the codes are no entry's: no bytes are taken for them.
    func test_codesAndNulls_thenAPlainPage_keepTheirValues() throws {
        let file = flat(
            File.leaf("s", .byteArray, .optional, .string), 6,
            [
                File.dictionary(2, File.littleEndian(1, 4) + [120] + File.littleEndian(1, 4) + [121]),
                // 1 0 1 1: y, NULL, x, y.
                File.page(4, definition: [0x03, 0b1101], encoding: .rleDictionary, [1] + File.run(of: 1, 1) + File.run(of: 0, 1) + File.run(of: 1, 1)),
                File.page(2, definition: File.run(of: 1, 2), File.littleEndian(1, 4) + [97] + File.littleEndian(0, 4)),
            ])
        XCTAssertEqual(try rows(file), [[.string("y")], [.null], [.string("x")], [.string("y")], [.string("a")], [.string("")]])
    }

    func test_aRepeatedGroupThatIsAList_isAListOfLists() throws {
        let elements = [
            File.group("a", .optional, .list), File.group("array", .repeated, .list), File.leaf("array", .int32, .repeated),
        ]
        let values = (1...4).flatMap { File.littleEndian(Int32($0), 4) }
        // [[1, 2], [3]], [[4]]
        let page = File.page(4, repetition: File.run(of: 0, 1) + File.run(of: 2, 1) + File.run(of: 1, 1) + File.run(of: 0, 1), definition: File.run(of: 3, 4), values)
        let chunk = File.Chunk(type: .int32, path: ["a", "array", "array"], valueCount: 4, pages: [page])
        let file = HandmadeFile(elements: elements, columnCount: 1, rowCount: 2, chunks: [chunk])
        func list(_ numbers: Int64...) -> Value { .list(numbers.map { .integer($0) }) }
        XCTAssertEqual(try rows(file), [[.list([list(1, 2), list(3)])], [.list([list(4)])]])
    }

    /// A column of lists of whole numbers, both of which may be NULL: levels 0 to 3 of definition are NULL, an empty list, a NULL in it, and a number.
    private func lists(_ rowCount: Int, _ pages: [(repetition: [UInt8], definition: [UInt8], values: [Int32])]) -> HandmadeFile {
        func runs(_ levels: [UInt8]) -> [UInt8] {
            var (bytes, start): ([UInt8], Int) = ([], 0)
            for place in levels.indices where place + 1 == levels.count || levels[place + 1] != levels[place] {
                bytes += File.run(of: levels[place], place + 1 - start)
                start = place + 1
            }
            return bytes
        }
        let elements = [File.group("a", .optional, .list), File.group("list", .repeated), File.leaf("element", .int32)]
        let made = pages.map { page in
            File.page(page.repetition.count, repetition: runs(page.repetition), definition: runs(page.definition), page.values.flatMap { File.littleEndian($0, 4) })
        }
        let chunk = File.Chunk(type: .int32, path: ["a", "list", "element"], valueCount: pages.reduce(0) { $0 + $1.repetition.count }, pages: made)
        return HandmadeFile(elements: elements, columnCount: 1, rowCount: rowCount, chunks: [chunk])
    }

    /// What one run says of a page is not told by the levels of the page before it.
    func test_pagesOfListsWithoutNulls_betweenOthers_keepTheirLevels() throws {
        let file = lists(
            6, [([0, 0, 0, 0], [3, 1, 0, 2], [1]), ([1, 0, 1], [3, 3, 3], [2, 3, 4]), ([0, 1], [3, 2], [5])])
        func list(_ numbers: Int64?...) -> [Value] { [.list(numbers.map { $0.map { Value.integer($0) } ?? Value.null })] }
        XCTAssertEqual(try rows(file), [list(1), list(), [.null], list(nil, 2), list(3, 4), list(5, nil)])
    }

    func test_pagesThatGoOnWithAListThatHasNone_areRefused() throws {
        for (definition, isTaken) in [(0, false), (1, false), (2, true), (3, true)] as [(UInt8, Bool)] {
            let values: [Int32] = definition == 3 ? [1] : []
            let file = lists(2, [([0], [definition], values), ([1, 0], [3, 3], [7, 8])])
            if isTaken { XCTAssertEqual(try rows(file).count, 2) } else { XCTAssertEqual(fault(file)?.code, .corruptFile, "level \(definition)") }
        }
    }

    func test_aFooterThatCountsOtherRowsThanItsGroups_isReadByTheGroups() throws {
        for claimed in [0, 1, 9, Int64.max] {
            var file = flat(File.leaf("n", .int32, .required), 2, [File.page(2, File.littleEndian(7, 4) + File.littleEndian(8, 4))])
            file.footerRowCount = claimed
            XCTAssertEqual(try rows(file), [[.integer(7)], [.integer(8)]])
            XCTAssertEqual(try ParquetScanTests.open(file.bytes).rowCount, 2)
        }
    }

    // MARK: What writers have said wrongly

    /// A page of version 2 of four whole numbers, which says that it is not compressed.
    private func said(_ body: [UInt8], _ codec: CompressionCodec, by createdBy: String?) -> HandmadeFile {
        let header = DataPageHeaderV2(
            valueCount: 4, nullCount: 0, rowCount: 4, encoding: .plain, definitionLevelsByteCount: 0, repetitionLevelsByteCount: 0, isCompressed: false)
        var file = flat(File.leaf("n", .int64, .required), 4, [(.dataV2(header), body)])
        file.chunks[0].codec = codec
        file.chunks[0].inflatedByteCount = 32
        file.createdBy = createdBy
        return file
    }

    /// As pyarrow wrote all of them before 3.0.
    func test_pagesThatSayTheyAreNotCompressed_andAre_areInflated() throws {
        let numbers: [[Value]] = (1...4).map { [.integer($0)] }
        let plain = (1...4).flatMap { File.littleEndian(Int64($0), 8) }
        // Snappy: the length, then all of it as it is.
        let longer = [32, 31 << 2] + plain
        for writer in ["parquet-cpp version 1.5.1-SNAPSHOT", "parquet-cpp-arrow version 3.0.0", nil] {
            XCTAssertEqual(try rows(said(longer, .snappy, by: writer)), numbers)
            XCTAssertEqual(try rows(said(plain, .uncompressed, by: writer)), numbers)
            XCTAssertEqual(fault(said(plain + [0], .uncompressed, by: writer))?.code, .corruptFile, "one byte too long")
        }
        // 28 bytes as they are, then four that stood eight before: no shorter than what they mean, so that the length tells nothing.
        let alike = [32, 27 << 2] + Array(plain[..<28]) + [1, 8]
        XCTAssertEqual(alike.count, 32)
        for writer in ["parquet-cpp version 1.5.1-SNAPSHOT", "Parquet-CPP-Arrow version 2.0.0 (build x)", "parquet-cpp"] {
            XCTAssertEqual(try rows(said(alike, .snappy, by: writer)), numbers, writer)
        }
        // Of others the header is believed.
        for writer in ["parquet-cpp-arrow version 3.0.0", "parquet-mr version 1.12.0", "", nil] {
            XCTAssertEqual(try rows(said(plain, .snappy, by: writer)), numbers)
        }
    }

    /// Decimals of four digits with the bounds of some writer.
    private func decimals(_ type: PhysicalType, _ values: [[UInt8]], least: [UInt8], greatest: [UInt8], by createdBy: String?) -> HandmadeFile {
        let isFixed = type == .fixedLenByteArray
        let bodies: [UInt8] = values.flatMap { (isFixed ? [] : File.littleEndian($0.count, 4)) + $0 }
        var file = flat(File.leaf("x", type, .required, .decimal(precision: 4, scale: 0), width: isFixed ? 2 : nil), values.count, [File.page(values.count, bodies)])
        file.chunks[0].statistics = ChunkStatistics(nullCount: 0, minValue: least, maxValue: greatest)
        file.createdBy = createdBy
        return file
    }

    private func rows(_ file: HandmadeFile, _ filter: ColumnFilter.Test) throws -> [[Value]] {
        try ParquetScanTests.rows(try ParquetScanTests.open(file.bytes).scan(ParquetScanRequest(filters: [ColumnFilter("x", filter)])))
    }

    /// As bytes are compared, -1 is above 5 and 1 the least.
    func test_boundsOfDecimals_comparedAsBytes_hideNoRows() throws {
        let file = decimals(.fixedLenByteArray, [[0xFF, 0xFF], [0, 1], [0, 5], [0xFF, 0xF0]], least: [0, 1], greatest: [0xFF, 0xFF], by: "parquet-go")
        XCTAssertEqual(try rows(file, .range(lower: nil, upper: .init(.decimal(0), isInclusive: false))), [[.decimal(-1)], [.decimal(-16)]])
        XCTAssertEqual(try rows(file, .equal(.decimal(5))), [[.decimal(5)]])
        XCTAssertNil(try ParquetScanTests.open(file.bytes).summaries()["x"]?.maximum)
    }

    /// As signed characters are compared, 0x0180 is below 0x0170: such bounds look like any others.
    func test_boundsOfDecimals_ofWritersThatDidNotCompareNumbers_hideNoRows() throws {
        let cases: [(type: PhysicalType, writer: String?)] = [
            (.fixedLenByteArray, "parquet-cpp version 1.5.1-SNAPSHOT"), (.fixedLenByteArray, "parquet-cpp-arrow version 3.0.0"), (.byteArray, nil),
            (.byteArray, "parquet-cpp-arrow version 9.0.0"), (.byteArray, "parquet-mr version 1.12.0"),
        ]
        for one in cases {
            let file = decimals(one.type, [[0, 1], [0x01, 0x70], [0x01, 0x80]], least: [0, 1], greatest: [0x01, 0x70], by: one.writer)
            XCTAssertEqual(try rows(file, .equal(.decimal(384))), [[.decimal(384)]], "\(one)")
        }
        // The bounds of others leave out what they exclude.
        for writer in ["parquet-cpp-arrow version 4.0.0", "parquet-mr version 1.12.0", nil] {
            let file = decimals(.fixedLenByteArray, [[0, 1], [0x01, 0x80]], least: [0, 1], greatest: [0x01, 0x80], by: writer)
            XCTAssertEqual(try ParquetScanTests.open(file.bytes).summaries()["x"]?.maximum, .decimal(384))
        }
    }

    // MARK: Values that the type does not have

    func test_decimalsOfMoreDigitsThanTheirType_areRefused() throws {
        let least = [0x80] + [UInt8](repeating: 0, count: 15)
        let cases: [(type: PhysicalType, precision: Int32, width: Int32?, value: [UInt8], isTaken: Bool)] = [
            (.fixedLenByteArray, 38, 16, least, false), (.fixedLenByteArray, 38, 16, [0x7F] + [UInt8](repeating: 0xFF, count: 15), false),
            (.fixedLenByteArray, 38, 16, ValueBounds.bigEndian(ValueLimit.decimalLimit(38), byteCount: 16), true),
            (.fixedLenByteArray, 38, 16, ValueBounds.bigEndian(ValueLimit.decimalLimit(38) + 1, byteCount: 16), false),
            (.fixedLenByteArray, 38, 16, ValueBounds.bigEndian(-ValueLimit.decimalLimit(38), byteCount: 16), true),
            (.fixedLenByteArray, 19, 9, ValueBounds.bigEndian(ValueLimit.decimalLimit(19) + 1, byteCount: 9), false),
            (.fixedLenByteArray, 5, 4, ValueBounds.bigEndian(-100_000, byteCount: 4), false),
            (.int64, 18, nil, File.littleEndian(Int64.min, 8), false), (.int64, 18, nil, File.littleEndian(Int64.max, 8), false),
            (.int64, 18, nil, File.littleEndian(999_999_999_999_999_999 as Int64, 8), true),
            (.int64, 18, nil, File.littleEndian(-1_000_000_000_000_000_000 as Int64, 8), false), (.int64, 19, nil, File.littleEndian(Int64.min, 8), true),
            (.int32, 9, nil, File.littleEndian(Int32.min, 4), false), (.int32, 9, nil, File.littleEndian(999_999_999 as Int32, 4), true),
            (.byteArray, 38, nil, least, false), (.byteArray, 3, nil, [0x03, 0xE8], false), (.byteArray, 3, nil, [0x03, 0xE7], true),
        ]
        for (index, one) in cases.enumerated() {
            let element = File.leaf("d", one.type, .required, .decimal(precision: one.precision, scale: 0), width: one.width)
            let value = (one.type == .byteArray ? File.littleEndian(one.value.count, 4) : []) + one.value
            let plain = flat(element, 1, [File.page(1, value)])
            let coded = flat(element, 1, [File.dictionary(1, value), File.page(1, encoding: .rleDictionary, [0])])
            for file in [plain, coded] {
                if one.isTaken {
                    XCTAssertEqual(try rows(file).count, 1, "case \(index)")
                } else {
                    XCTAssertEqual(fault(file)?.code, .corruptFile, "case \(index)")
                }
            }
        }
    }

    func test_boundsOfMoreDigitsThanTheirType_boundNothing() throws {
        let element = File.leaf("d", .fixedLenByteArray, .required, .decimal(precision: 38, scale: 0), width: 16)
        var file = flat(element, 1, [File.page(1, [UInt8](repeating: 0, count: 16))])
        var statistics = ChunkStatistics()
        statistics.minValue = [0x80] + [UInt8](repeating: 0, count: 15)
        statistics.maxValue = [0x7F] + [UInt8](repeating: 0xFF, count: 15)
        statistics.nullCount = 0
        file.chunks[0].statistics = statistics
        let open = try ParquetScanTests.open(file.bytes)
        XCTAssertNil(open.summaries()["d"]?.minimum)
        let found = try ParquetScanTests.rows(open.scan(ParquetScanRequest(filters: [ColumnFilter("d", .equal(.decimal(0)))])))
        XCTAssertEqual(found, [[.decimal(0)]])
    }

    func test_timesOutsideOfTheDay_areRefused() throws {
        let day: Int64 = 86_400_000_000
        for (value, isTaken) in [(0, true), (day, true), (day + 1, false), (-1, false), (Int64.min, false), (Int64.max, false)] {
            let file = flat(
                File.leaf("t", .int64, .required, .time(isAdjustedToUTC: false, unit: .micros)), 1, [File.page(1, File.littleEndian(value, 8))])
            if isTaken { XCTAssertEqual(try rows(file), [[.integer(value)]]) } else { XCTAssertEqual(fault(file)?.code, .corruptFile, "\(value)") }
        }
        let milliseconds = flat(
            File.leaf("t", .int32, .required, .time(isAdjustedToUTC: false, unit: .millis)), 1, [File.page(1, File.littleEndian(Int32.min, 4))])
        XCTAssertEqual(fault(milliseconds)?.code, .corruptFile)
    }

    // MARK: Levels and memory

    private func listFile(_ rowCount: Int, _ valueCount: Int, _ pages: [(kind: PageHeader.Kind, body: [UInt8])]) -> HandmadeFile {
        let elements = [File.group("a", .optional, .list), File.group("list", .repeated), File.leaf("element", .int32, .optional)]
        let chunk = File.Chunk(type: .int32, path: ["a", "list", "element"], valueCount: valueCount, pages: pages)
        return HandmadeFile(elements: elements, columnCount: 1, rowCount: rowCount, chunks: [chunk])
    }

    func test_elementsOfListsThatHaveNone_areRefused() {
        let repeated = File.run(of: 0, 1) + File.run(of: 1, 1)
        // NULL, then an element; an empty list, then an element; an element, then none.
        for (first, second) in [(0, 3), (1, 3), (3, 1), (3, 0)] as [(UInt8, UInt8)] {
            let definition = File.run(of: first, 1) + File.run(of: second, 1)
            let inOnePage = listFile(1, 2, [File.page(2, repetition: repeated, definition: definition, File.littleEndian(5, 4))])
            XCTAssertEqual(fault(inOnePage)?.code, .corruptFile, "\(first), \(second)")
            let value = File.littleEndian(5, 4)
            let inTwo = listFile(
                1, 2,
                [
                    File.page(1, repetition: File.run(of: 0, 1), definition: File.run(of: first, 1), first == 3 ? value : []),
                    File.page(1, repetition: File.run(of: 1, 1), definition: File.run(of: second, 1), second == 3 ? value : []),
                ])
            XCTAssertEqual(fault(inTwo)?.code, .corruptFile, "\(first), \(second)")
        }
    }

    func test_oneRowOverManyPages_isChargedAsAWhole() throws {
        let entries = 1 << 22
        let first = File.page(1, repetition: File.run(of: 0, 1), definition: File.run(of: 2, 1), [])
        let more = File.page(entries, repetition: File.run(of: 1, entries), definition: File.run(of: 2, entries), [])
        let file = listFile(1, 1 + 100 * entries, [first] + Array(repeating: more, count: 100))
        XCTAssertLessThan(file.bytes.count, 5_000)
        XCTAssertEqual(fault(file, ParquetReadOptions(memoryBudgetByteCount: 64 << 20))?.code, .overBudget)
        // What fits is read.
        let small = listFile(1, 1 + 2 * entries, [first, more, more])
        let rows = try rows(small, ParquetReadOptions(memoryBudgetByteCount: 256 << 20))
        guard case .list(let elements) = rows[0][0] else { return XCTFail("no list") }
        XCTAssertEqual(elements.count, 1 + 2 * entries)
    }

    /// Empty strings whose lengths are all alike: a header and a block, whatever their count.
    private func emptyStrings(_ encoding: PageEncoding, columnCount: Int, pageCount: Int, _ rowCount: Int) -> HandmadeFile {
        var lengths: [UInt8] = []
        // Values a block, miniblocks a block, values, the first; the least difference and the width.
        for number in [1 << 24, 1, UInt64(rowCount), 0, 0, 0] as [UInt64] { lengths.append(varint: number) }
        let body = encoding == .deltaByteArray ? lengths + lengths : lengths
        var file = HandmadeFile(elements: [], columnCount: columnCount, rowCount: pageCount * rowCount, chunks: [])
        for column in 0..<columnCount {
            file.elements.append(File.leaf("c\(column)", .byteArray, .required))
            let pages = Array(repeating: File.page(rowCount, encoding: encoding, body), count: pageCount)
            file.chunks.append(File.Chunk(type: .byteArray, path: ["c\(column)"], valueCount: pageCount * rowCount, pages: pages))
        }
        return file
    }

    /// Of all columns at once, each as long as its page is read: 4 MiB a column, or twice that.
    func test_lengthsOfManyColumns_areHeldTogether() throws {
        let options = ParquetReadOptions(memoryBudgetByteCount: 64 << 20)
        for encoding in [PageEncoding.deltaLengthByteArray, .deltaByteArray] {
            let file = emptyStrings(encoding, columnCount: 30, pageCount: 1, 1 << 20)
            XCTAssertLessThan(file.bytes.count, 10_000)
            let scan = try ParquetScanTests.open(file.bytes, options).scan()
            XCTAssertThrowsError(try scan.reader(rowGroup: 0).next(), "\(encoding)") { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
            // Of page after page no more than one is held.
            let pages = emptyStrings(encoding, columnCount: 1, pageCount: 20, 1 << 17)
            let reader = try ParquetScanTests.open(pages.bytes, ParquetReadOptions(memoryBudgetByteCount: 8 << 20)).scan().reader(rowGroup: 0)
            var rowCount = 0
            while let batch = try reader.next() { rowCount += batch.rowCount }
            XCTAssertEqual(rowCount, 20 << 17, "\(encoding)")
        }
    }

    /// Columns whose pages lie in the same bytes, and are found and bounded by the same indexes: pages of a byte each.
    private func sharedIndexes(columnCount: Int, pageCount: Int) -> [UInt8] {
        var bytes = Array("PAR1".utf8) + [UInt8](repeating: 0, count: pageCount)
        let places = OffsetIndex(
            pageLocations: (0..<pageCount).map { PageLocation(offset: Int64(4 + $0), compressedByteCount: 1, firstRowIndex: $0 == 0 ? 0 : 1) }
        ).serialized()
        let bound = [UInt8](repeating: 0, count: 4)
        let bounds = ColumnIndex(
            nullPages: Array(repeating: false, count: pageCount), minValues: Array(repeating: bound, count: pageCount),
            maxValues: Array(repeating: bound, count: pageCount), boundaryOrder: .unordered
        ).serialized()
        let (start, middle) = (bytes.count, bytes.count + places.count)
        bytes += places + bounds
        let columns = (0..<columnCount).map { column in
            ColumnChunk(
                fileOffset: 4,
                metadata: ColumnMetadata(
                    type: .int32, encodings: [.plain], path: ["c\(column)"], codec: .uncompressed, valueCount: 2, totalUncompressedByteCount: Int64(pageCount),
                    totalCompressedByteCount: Int64(pageCount), dataPageOffset: 4),
                offsetIndexOffset: Int64(start), offsetIndexByteCount: Int32(places.count), columnIndexOffset: Int64(middle), columnIndexByteCount: Int32(bounds.count))
        }
        let elements = (0..<columnCount).map { File.leaf("c\($0)", .int32, .required) }
        let footer = FileMetadata(
            version: 2, schema: [SchemaElement(name: "root", childCount: Int32(columnCount))] + elements, rowCount: 2,
            rowGroups: [RowGroupMetadata(columns: columns, totalByteCount: Int64(pageCount), rowCount: 2)], columnOrders: columns.map { _ in .typeDefined })
        return bytes + File.closed(footer.serialized())
    }

    /// 50 times 100 KB of places, which a file of 150 KB names.
    func test_indexesOfManyColumns_areHeldTogether() throws {
        let bytes = sharedIndexes(columnCount: 50, pageCount: 4_096)
        XCTAssertLessThan(bytes.count, 150_000)
        func reader(_ request: ParquetScanRequest, _ budget: Int, rows: Range<Int>? = nil) throws -> RowGroupReader {
            try ParquetScanTests.open(bytes, ParquetReadOptions(memoryBudgetByteCount: budget)).scan(request).reader(rowGroup: 0, rows: rows)
        }
        // Places of all columns that are read.
        XCTAssertThrowsError(try reader(ParquetScanRequest(), 2 << 20, rows: 0..<1)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
        XCTAssertNoThrow(try reader(ParquetScanRequest(), 64 << 20, rows: 0..<1))
        XCTAssertNoThrow(try reader(ParquetScanRequest(projection: ["c7"]), 2 << 20, rows: 0..<1), "of one there is room")
        // Bounds of all columns that are asked about; none of the pages has the value.
        func request(_ count: Int) -> ParquetScanRequest {
            ParquetScanRequest(projection: ["c0"], filters: (0..<count).map { ColumnFilter(ColumnPath("c\($0)"), .equal(.integer(7))) })
        }
        XCTAssertThrowsError(try reader(request(50), 8 << 20)) { XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget) }
        XCTAssertNil(try reader(request(50), 256 << 20).next())
        XCTAssertNil(try reader(request(1), 8 << 20).next())
    }

    // MARK: Footers

    private func footerFault(_ footer: [UInt8], line: UInt = #line) -> ColumnStoreError.Code? {
        do {
            _ = try ParquetScanTests.open(Array("PAR1".utf8) + File.closed(footer), ParquetReadOptions(memoryBudgetByteCount: 64 << 20))
            XCTFail("it was opened", line: line)
        } catch let error as ColumnStoreError {
            return error.code
        } catch {
            XCTFail("\(error)", line: line)
        }
        return nil
    }

    /// Three bytes of a key and its value are a hundred in memory.
    func test_footersThatMeanMoreMemoryThanAllowed_areRefused() {
        var writer = ThriftCompactWriter()
        writer.field(1, 2 as Int32)
        writer.listField(2, of: .structure, count: 0)
        writer.field(3, 0 as Int64)
        writer.listField(4, of: .structure, count: 0)
        writer.listField(5, of: .structure, count: 3_000_000)
        XCTAssertEqual(footerFault(writer.bytes + [UInt8](repeating: 0, count: 6 << 20)), .corruptFile)
        let key = [0x18, 0, 0] as [UInt8]
        XCTAssertEqual(footerFault(writer.bytes + [UInt8]([[UInt8]](repeating: key, count: 3_000_000).joined()) + [0]), .overBudget)
    }

    func test_schemasOfTooManyColumns_areRefused() {
        func footer(_ elements: [SchemaElement]) -> [UInt8] { FileMetadata(version: 2, schema: elements, rowCount: 0, rowGroups: []).serialized() }
        let many = (0..<110_000).map { File.leaf("c\($0)", .int32) }
        XCTAssertEqual(footerFault(footer([SchemaElement(name: "root", childCount: 110_000)] + many)), .overBudget)
        // A long name around many leaves.
        let around = SchemaElement(name: String(repeating: "n", count: 1 << 20), repetition: .optional, childCount: 10_000)
        XCTAssertEqual(footerFault(footer([SchemaElement(name: "root", childCount: 1), around] + many.prefix(10_000))), .overBudget)
    }

    func test_tensOfThousandsOfColumns_areFoundInOnePass() throws {
        let columns = (0..<60_000).map { File.leaf("c\($0)", .int32) }
        let footer = FileMetadata(
            version: 2, schema: [SchemaElement(name: "root", childCount: 60_000)] + columns, rowCount: 0, rowGroups: []
        ).serialized()
        let file = try ParquetScanTests.open(Array("PAR1".utf8) + File.closed(footer))
        let scan = try file.scan()
        XCTAssertEqual(scan.schema.fields.map(\.name), columns.map(\.name))
    }

    func test_sizesAtTheEndOfTheirRange_doNotEndTheProcess() throws {
        var file = HandmadeFile(elements: [], columnCount: 3, rowCount: 1, chunks: [])
        for name in ["a", "b", "c"] {
            file.elements.append(File.leaf(name, .int32, .required))
            var chunk = File.Chunk(type: .int32, path: [name], valueCount: 1, pages: [File.page(1, [1, 0, 0, 0])])
            chunk.totalByteCount = .max
            file.chunks.append(chunk)
        }
        let open = try ParquetScanTests.open(file.bytes)
        let scan = try open.scan()
        XCTAssertEqual(scan.inflatedByteCountOfRow, .max)
        XCTAssertGreaterThan(scan.byteCount(rowGroup: 0), 0)
        XCTAssertEqual(open.pageByteCounts(together: ["a", "b"]).together, .max)
        XCTAssertEqual(try ParquetScanTests.rows(scan).count, 1)
    }
}
