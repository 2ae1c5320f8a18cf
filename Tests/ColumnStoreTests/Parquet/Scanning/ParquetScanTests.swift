@testable import ColumnStore
import Foundation
import Synchronization
import TestSupport
import XCTest

/// Goal: a scan gives exactly the rows and columns asked for, whatever is pruned and decoded late. Method: files of our writer, of
/// many small pages and row groups, scanned with random filters; the oracle tests every row of the table in memory.
final class ParquetScanTests: XCTestCase {
    static func image(_ table: RandomTable, _ change: (inout WriterOptions) -> Void = { _ in }) throws -> [UInt8] {
        var options = WriterOptions()
        change(&options)
        let sink = MemorySink()
        let writer = try FileWriter(table.schema, options: options, to: sink)
        for batch in table.batches { try writer.append(batch) }
        _ = try writer.finish()
        return sink.bytes
    }

    static func open(_ bytes: [UInt8], _ options: ParquetReadOptions = ParquetReadOptions()) throws -> ParquetFile {
        try ParquetFile(MemoryBytes(bytes, name: "image"), options: options)
    }

    /// All rows of a scan as values.
    static func rows(_ scan: ParquetScan) throws -> [[Value]] {
        var rows: [[Value]] = []
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                XCTAssertGreaterThan(batch.rowCount, 0)
                for row in 0..<batch.rowCount { rows.append(batch.columns.map { $0.value(at: row) }) }
            }
        }
        return rows
    }

    static func rows(_ table: RandomTable) -> [[Value]] {
        table.batches.flatMap { batch in (0..<batch.rowCount).map { row in batch.columns.map { $0.value(at: row) } } }
    }

    /// Equal as their dumps are, which are made only where rows differ.
    static func assertEqual(_ actual: [[Value]], _ expected: [[Value]], _ message: String, line: UInt = #line) {
        XCTAssertEqual(actual.count, expected.count, message, line: line)
        for (index, (one, other)) in zip(actual, expected).enumerated() where !ParquetDump.areSame(one, other) {
            let left = one.map(ParquetDump.cell).joined(separator: " ")
            let right = other.map(ParquetDump.cell).joined(separator: " ")
            return XCTFail("\(message), row \(index): \(left) instead of \(right)", line: line)
        }
    }

    private static let layouts: [(name: String, change: @Sendable (inout WriterOptions) -> Void)] = [
        ("default", { _ in }),
        ("pages", { $0.pageRowCount = 90; $0.rowGroupRowCount = 800 }),
        ("v1", { $0.pageRowCount = 70; $0.rowGroupRowCount = 1_000; $0.dataPageVersion = 1; $0.codec = .snappy }),
        ("plain", { $0.pageRowCount = 120; $0.defaultColumn.encoding = .only(.plain); $0.codec = .uncompressed }),
        ("tiny dictionary", { $0.pageRowCount = 100; $0.dictionaryByteCount = 60; $0.defaultColumn.encoding = .dictionary }),
        ("lz4", { $0.codec = .lz4Raw; $0.defaultColumn.hasBloomFilter = true; $0.rowGroupRowCount = 300; $0.pageRowCount = 50 }),
    ]

    func test_filesOfOurWriter_eachLayout_giveTheRowsBack() throws {
        let table = RandomTable(batchRowCounts: [1_200, 1, 900], seed: 11)
        for (name, change) in Self.layouts {
            let file = try Self.open(try Self.image(table, change))
            XCTAssertEqual(file.rowCount, 2_101)
            for batchRowCount in [8_192, 53] {
                let scan = try file.scan(ParquetScanRequest(batchRowCount: batchRowCount))
                Self.assertEqual(try Self.rows(scan), Self.rows(table), "\(name), \(batchRowCount)")
            }
        }
    }

    // MARK: Filters

    private static let filtered = [
        "flag", "small", "big", "ratio", "price", "wide", "vat", "name", "key", "blob", "uid", "day", "clock", "at", "local",
    ]

    private func randomTest(_ values: [Value], _ random: inout SplitMix64) -> ColumnFilter.Test {
        func pick() -> Value { values[Int(random.next() % UInt64(values.count))] }
        switch random.next() % 10 {
        case 0: return .isNull
        case 1: return .isNotNull
        case 2, 3: return .equal(pick())
        case 4: return .notEqual(pick())
        case 5: return .oneOf([pick(), pick(), pick()])
        case 6:
            if case .bytes(let bytes) = pick() { return .hasPrefix(Array(bytes.prefix(2))) }
            return .equal(pick())
        case 7: return .range(lower: .init(pick(), isInclusive: true), upper: nil)
        case 8: return .range(lower: nil, upper: .init(pick(), isInclusive: false))
        default:
            return .range(
                lower: .init(pick(), isInclusive: random.next() % 2 == 0), upper: .init(pick(), isInclusive: random.next() % 2 == 0))
        }
    }

    func test_randomFilters_giveExactlyTheRowsThatPass() throws {
        let table = RandomTable(batchRowCounts: [2_500], seed: 21)
        let all = Self.rows(table)
        var random = SplitMix64(state: 0xF117E5)
        var pruned = 0
        for (name, change) in Self.layouts {
            let file = try Self.open(try Self.image(table, change))
            for _ in 0..<30 {
                var filters: [ColumnFilter] = []
                for _ in 0...Int(random.next() % 2) {
                    let column = Self.filtered[Int(random.next() % UInt64(Self.filtered.count))]
                    let index = try XCTUnwrap(table.schema.index(of: column))
                    let values = all.map { $0[index] }.filter { !$0.isNull }
                    filters.append(ColumnFilter(ColumnPath(column), randomTest(values, &random)))
                }
                let scan = try file.scan(ParquetScanRequest(filters: filters, batchRowCount: 8_192 >> Int(random.next() % 8)))
                let expected = all.filter { row in
                    filters.allSatisfy { filter in
                        table.schema.index(of: filter.path.names[0]).map { filter.passes(row[$0]) } ?? false
                    }
                }
                Self.assertEqual(try Self.rows(scan), expected, "\(name), \(filters)")
                if scan.rowGroups.count < file.metadata.rowGroups.count { pruned += 1 }
            }
        }
        XCTAssertGreaterThan(pruned, 10, "statistics and indexes never left anything out")
    }

    func test_runtimeFilters_leaveOutWhatFails_besideFiltersAndAResidual() throws {
        let table = RandomTable(batchRowCounts: [2_500], seed: 22)
        let all = Self.rows(table)
        var random = SplitMix64(state: 0x51E7E)
        var narrowed = 0
        for (name, change) in Self.layouts {
            let file = try Self.open(try Self.image(table, change))
            for round in 0..<20 {
                var runtimeFilters: [ColumnFilter] = []
                for _ in 0...Int(random.next() % 3) {
                    let column = Self.filtered[Int(random.next() % UInt64(Self.filtered.count))]
                    let index = try XCTUnwrap(table.schema.index(of: column))
                    runtimeFilters.append(ColumnFilter(ColumnPath(column), randomTest(all.map { $0[index] }.filter { !$0.isNull }, &random)))
                }
                let filters = round % 2 == 0 ? [] : [ColumnFilter("small", .isNotNull)]
                var request = ParquetScanRequest(filters: filters, batchRowCount: 8_192 >> Int(random.next() % 8))
                request.runtimeFilters = runtimeFilters.map { runtimeFilter in RuntimeFilter(runtimeFilter.path, bounds: runtimeFilter.test) { runtimeFilter.select($0) } }
                if round % 3 == 0 {
                    request.residual = .init(columns: ["big", "lines.count"]) { Bitmap(repeating: true, count: $0.rowCount) }
                }
                let expected = all.filter { row in
                    (filters + runtimeFilters).allSatisfy { filter in
                        table.schema.index(of: filter.path.names[0]).map { filter.passes(row[$0]) } ?? false
                    }
                }
                Self.assertEqual(try Self.rows(try file.scan(request)), expected, "\(name), \(filters), \(runtimeFilters)")
                if expected.count < all.count { narrowed += 1 }
            }
        }
        XCTAssertGreaterThan(narrowed, 20, "the runtime filters never left anything out")
    }

    func test_runtimeFilter_thatLeavesOutNothing_isNotAskedAlways() throws {
        let file = try Self.open(try Self.image(RandomTable(batchRowCounts: [2_500], seed: 23)))
        let asked = Atomic<Int>(0)
        let runtimeFilter = RuntimeFilter("key", bounds: .isNotNull) { column in
            asked.wrappingAdd(column.count, ordering: .relaxed)
            return Bitmap(repeating: true, count: column.count)
        }
        var request = ParquetScanRequest(batchRowCount: 500)
        request.runtimeFilters = [runtimeFilter]
        for _ in 0..<30 { XCTAssertEqual(try Self.rows(try file.scan(request)).count, 2_500) }
        XCTAssertLessThan(asked.load(ordering: .relaxed), 40_000)
        XCTAssertFalse(runtimeFilter.isWorthwhile)
    }

    func test_summary_tellsBoundsAndAboutHowManyValues() throws {
        let fields = Schema([Field("key", .int64), Field("group", .string), Field("few", .int32)])
        let rows = 40_000
        let columns = [
            Column(type: .int64, count: rows, values: .int64((0..<rows).map { Int64($0 / 4) })),
            Column(type: .int32, count: rows, values: .int32((0..<rows).map { Int32($0 % 7) })),
        ]
        var names = ColumnBuilder(type: .string)
        for row in 0..<rows { if row % 10 == 0 { names.appendNull() } else { names.append(.string("n\(row * 7919 % 50)")) } }
        let sink = MemorySink()
        var options = WriterOptions()
        options.rowGroupRowCount = 4_000
        let writer = try FileWriter(fields, options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: rows, columns: [columns[0], names.finish(), columns[1]]))
        _ = try writer.finish()
        let summaries = try Self.open(sink.bytes).summaries()
        let key = try XCTUnwrap(summaries["key"])
        XCTAssertEqual(key.minimum, .integer(0))
        XCTAssertEqual(key.maximum, .integer(9_999))
        XCTAssertEqual(summaries["group"]?.nullCount, rows / 10)
        XCTAssertEqual(try XCTUnwrap(summaries["few"]?.distinctCount), 7)
        XCTAssertEqual(Double(try XCTUnwrap(summaries["group"]?.distinctCount)), 45, accuracy: 5)
        if let distinct = key.distinctCount { XCTAssertEqual(Double(distinct), 10_000, accuracy: 500) }
    }

    func test_filterColumn_needNotBeProjected_andProjectionKeepsItsOrder() throws {
        let table = RandomTable(batchRowCounts: [1_000], seed: 31)
        let file = try Self.open(try Self.image(table) { $0.pageRowCount = 64 })
        let request = ParquetScanRequest(
            projection: ["lines.amount", "key", "lines.code", "place.zip"],
            filters: [ColumnFilter("small", .isNotNull), ColumnFilter("place.city", .equal(.string("milk")))])
        let scan = try file.scan(request)
        XCTAssertEqual(scan.schema.fields.map(\.name), ["lines", "key", "place"])
        guard case .list(let element) = scan.schema.fields[0].type, case .structure(let members) = element.type else {
            return XCTFail("\(scan.schema)")
        }
        // In the order of the type, not of the projection.
        XCTAssertEqual(members.map(\.name), ["code", "amount"])
        let indexes = try ["lines", "key", "place", "small"].map { try XCTUnwrap(table.schema.index(of: $0)) }
        let expected: [[Value]] = Self.rows(table).compactMap { row in
            guard !row[indexes[3]].isNull, case .structure(let place) = row[indexes[2]], place[0] == .string("milk") else { return nil }
            var lines = row[indexes[0]]
            if case .list(let elements) = lines {
                lines = .list(
                    elements.map {
                        guard case .structure(let values) = $0 else { return $0 }
                        return .structure([values[0], values[1]])
                    })
            }
            return [lines, row[indexes[1]], .structure([place[1]])]
        }
        XCTAssertGreaterThan(expected.count, 10)
        Self.assertEqual(try Self.rows(scan), expected, "projection")
    }

    func test_residual_seesRowsThatPassedTheFilters_andIsAppliedExactly() throws {
        let table = RandomTable(batchRowCounts: [3_000], seed: 41)
        let file = try Self.open(try Self.image(table) { $0.pageRowCount = 100; $0.rowGroupRowCount = 1_500 })
        let seen = Mutex(0)
        let residual = ParquetScanRequest.Residual(columns: ["lines.count", "big"]) { batch in
            seen.withLock { $0 += batch.rowCount }
            XCTAssertEqual(batch.columns.count, 2)
            var bits = Bitmap(repeating: false, count: batch.rowCount)
            for row in 0..<batch.rowCount {
                guard case .list(let lines) = batch.columns[0].value(at: row) else { continue }
                bits[row] = lines.count == 3
            }
            return bits
        }
        let request = ParquetScanRequest(
            projection: ["key", "lines"], filters: [ColumnFilter("flag", .equal(.boolean(true)))], residual: residual)
        let schema = table.schema
        let indexes = try ["flag", "lines", "key"].map { try XCTUnwrap(schema.index(of: $0)) }
        let passing = Self.rows(table).filter { $0[indexes[0]] == .boolean(true) }
        let expected = passing.filter { if case .list(let lines) = $0[indexes[1]] { lines.count == 3 } else { false } }
        Self.assertEqual(try Self.rows(try file.scan(request)), expected.map { [$0[indexes[2]], $0[indexes[1]]] }, "residual")
        XCTAssertEqual(seen.withLock { $0 }, passing.count)
    }

    func test_elementFilters_leaveOutRowGroupsWithoutSuchAnElement() throws {
        let schema = Schema([
            Field("id", .int64, isRequired: true),
            Field("lines", .list(element: Field("element", .structure([Field("code", .string)])))),
        ])
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for row in 0..<4_000 {
            builders[0].append(integer: Int64(row))
            let code = "code-\(1_000 + row / 100)"
            builders[1].append(.list([.structure([.string(code)])]))
        }
        let batch = ColumnBatch(rowCount: 4_000, columns: builders.map { builder in
            var builder = builder
            return builder.finish()
        })
        var options = WriterOptions()
        options.rowGroupRowCount = 1_000
        options.pageRowCount = 100
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        try writer.append(batch)
        _ = try writer.finish()
        let scan = try Self.open(sink.bytes).scan(
            ParquetScanRequest(projection: ["id"], elementFilters: [ColumnFilter("lines.code", .equal(.string("code-1017")))]))
        XCTAssertEqual(scan.rowGroups, [1])
        let ids = try Self.rows(scan).map { $0[0] }
        XCTAssertTrue((1_700..<1_800).allSatisfy { ids.contains(.integer($0)) })
        XCTAssertLessThan(ids.count, 300, "pages were not left out")
    }

    func test_elementFilters_withMembersReadLate_keepListsWhole() throws {
        let table = RandomTable(batchRowCounts: [3_000], seed: 45)
        let schema = table.schema
        let (big, lines) = try (XCTUnwrap(schema.index(of: "big")), XCTUnwrap(schema.index(of: "lines")))
        for (name, change) in Self.layouts {
            let file = try Self.open(try Self.image(table, change))
            for residual in [false, true] {
                var request = ParquetScanRequest(
                    projection: ["big", "lines"], filters: [ColumnFilter("flag", .isNotNull)],
                    elementFilters: [ColumnFilter("lines.code", .equal(.string("sugar\n\"1kg\"")))], batchRowCount: 500)
                if residual {
                    request.residual = .init(columns: ["lines.count"]) { batch in
                        var bits = Bitmap(repeating: false, count: batch.rowCount)
                        for row in 0..<batch.rowCount {
                            if case .list(let elements) = batch.columns[0].value(at: row) { bits[row] = elements.count > 2 }
                        }
                        return bits
                    }
                }
                let scanned = try Self.rows(try file.scan(request))
                let flag = try XCTUnwrap(schema.index(of: "flag"))
                let expected = Self.rows(table).filter { row in
                    guard !row[flag].isNull, case .list(let elements) = row[lines], !residual || elements.count > 2 else { return false }
                    return elements.contains { if case .structure(let values) = $0 { values[0] == .string("sugar\n\"1kg\"") } else { false } }
                }
                XCTAssertGreaterThan(expected.count, 100)
                Self.assertEqual(scanned, expected.map { [$0[big], $0[lines]] }, "\(name), residual \(residual)")
            }
        }
    }

    // MARK: Schemas of tables

    /// Of a list whose wanted members the file lacks all, the leaf is read that takes least there, whatever its place; of it the levels alone.
    func test_listWithoutAnyWantedMember_readsTheSmallestLeaf() throws {
        let type = ColumnType.list(element: Field("element", .structure([Field("text", .string), Field("flag", .boolean), Field("number", .int64)])))
        var builder = ColumnBuilder(type: type)
        for row in 0..<500 {
            let elements: [Value] = (0..<row % 4).map { .structure([.string("text \(row) \($0)"), .boolean(true), .integer(Int64(row * 77 + $0))]) }
            builder.append(row % 7 == 0 ? .null : .list(elements))
        }
        let column = builder.finish()
        let sink = MemorySink()
        let writer = try FileWriter(Schema([Field("lines", type)]), options: WriterOptions(), to: sink)
        try writer.append(ColumnBatch(rowCount: 500, columns: [column]))
        _ = try writer.finish()
        let known = Schema([Field("lines", .list(element: Field("element", .structure([Field("text", .string), Field("late", .boolean)]))))])
        let scan = try Self.open(sink.bytes).scan(ParquetScanRequest(projection: ["lines.late"], schema: known))
        XCTAssertEqual(scan.leaves.map { $0.descriptor.path.contains("flag") }, [true])
        XCTAssertEqual(scan.leaves.map(\.decodesValues), [false])
        let expected = (0..<500).map { row -> [Value] in
            guard case .list(let elements) = column.value(at: row) else { return [.null] }
            return [.list(elements.map { _ in .structure([.null]) })]
        }
        Self.assertEqual(try Self.rows(scan), expected, "shape")
    }

    func test_tableSchema_findsByID_widens_andGivesNULLForWhatIsMissing() throws {
        let table = RandomTable(batchRowCounts: [700], seed: 51)
        let file = try Self.open(try Self.image(table))
        let evolved = Schema([
            Field("renamed", .string, id: 9),
            Field("small", .int64, id: 2),
            Field("vat", .decimal(precision: 18, scale: 2), id: 7),
            Field("added", .decimal(precision: 9, scale: 2), id: 90),
            Field(
                "lines",
                .list(
                    element: Field(
                        "element",
                        .structure([
                            Field("extra", .string, id: 91), Field("amount", .decimal(precision: 18, scale: 4), id: 19),
                        ]), id: 17)), id: 16),
            Field("key", .string, id: 92),
        ])
        let indexes = try ["key", "small", "vat", "lines"].map { try XCTUnwrap(table.schema.index(of: $0)) }
        let expected: [[Value]] = Self.rows(table).map { row in
            var lines = row[indexes[3]]
            if case .list(let elements) = lines {
                lines = .list(
                    elements.map { if case .structure(let values) = $0 { .structure([.null, values[1]]) } else { $0 } })
            }
            return [row[indexes[0]], row[indexes[1]], row[indexes[2]], .null, lines, .null]
        }
        Self.assertEqual(try Self.rows(try file.scan(ParquetScanRequest(schema: evolved))), expected, "evolved")
        // A list of which the file lacks every member that is wanted keeps its shape.
        let shape = try Self.rows(try file.scan(ParquetScanRequest(projection: ["lines.extra"], schema: evolved)))
        let expectedShape: [[Value]] = expected.map { row in
            guard case .list(let elements) = row[4] else { return [row[4]] }
            return [.list(elements.map { $0.isNull ? .null : .structure([.null]) })]
        }
        Self.assertEqual(shape, expectedShape, "shape")
        // Filters on columns that the file lacks.
        let missing = ParquetScanRequest(projection: ["renamed"], schema: evolved, filters: [ColumnFilter("added", .isNotNull)])
        XCTAssertEqual(try Self.rows(try file.scan(missing)).count, 0)
        let absent = ParquetScanRequest(projection: ["renamed"], schema: evolved, filters: [ColumnFilter("added", .isNull)])
        XCTAssertEqual(try Self.rows(try file.scan(absent)).count, 700)
        // A type that does not fit is refused, not misread.
        let wrong = Schema([Field("x", .boolean, id: 8)])
        XCTAssertThrowsError(try file.scan(ParquetScanRequest(schema: wrong))) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .unsupportedFeature)
        }
        XCTAssertThrowsError(try file.scan(ParquetScanRequest(projection: ["nowhere"]))) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .invalidRequest)
        }
    }

    func test_noColumns_givesRowCounts() throws {
        let table = RandomTable(batchRowCounts: [500], seed: 61)
        let scan = try Self.open(try Self.image(table)).scan(ParquetScanRequest(projection: []))
        XCTAssertEqual(try Self.rows(scan).count, 500)
    }

    // MARK: Bounds

    func test_dictionary_isOneObjectForAColumnChunk() throws {
        let table = RandomTable(batchRowCounts: [2_000], seed: 71)
        let file = try Self.open(try Self.image(table) { $0.pageRowCount = 100; $0.defaultColumn.encoding = .dictionary })
        let scan = try file.scan(ParquetScanRequest(projection: ["name"], batchRowCount: 300))
        let reader = try scan.reader(rowGroup: 0)
        var dictionaries: Set<ObjectIdentifier> = []
        while let batch = try reader.next() {
            guard case .dictionary(_, let dictionary) = batch.columns[0].values else { return XCTFail("no codes") }
            dictionaries.insert(ObjectIdentifier(dictionary))
            // It goes with the row group: who keeps it longer charges it.
            XCTAssertEqual(dictionary.heldByteCount, dictionary.values.flatByteCountBound)
        }
        XCTAssertEqual(dictionaries.count, 1)
    }

    func test_budget_isRefusedWithACode_notExceeded() throws {
        let table = RandomTable(batchRowCounts: [3_000], seed: 81)
        let bytes = try Self.image(table)
        let file = try Self.open(bytes, ParquetReadOptions(memoryBudgetByteCount: 20_000))
        XCTAssertThrowsError(try Self.rows(try file.scan())) {
            XCTAssertEqual(($0 as? ColumnStoreError)?.code, .overBudget, "\($0)")
        }
    }

    func test_workers_sideBySide_giveAllRows() throws {
        let table = RandomTable(batchRowCounts: [4_000], seed: 91)
        let file = try Self.open(try Self.image(table) { $0.rowGroupRowCount = 250 })
        let scan = try file.scan(ParquetScanRequest(projection: ["big", "lines"]))
        let next = Mutex(0)
        let total = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
            do {
                while true {
                    let place = next.withLock { next in
                        next += 1
                        return next - 1
                    }
                    if place >= scan.rowGroups.count { return }
                    let reader = try scan.reader(rowGroup: scan.rowGroups[place])
                    while let batch = try reader.next() { total.withLock { $0 += batch.rowCount } }
                }
            } catch {
                XCTFail("\(error)")
            }
        }
        XCTAssertEqual(total.withLock { $0 }, 4_000)
    }

    func test_pointLookup_readsAFewPagesOfEachColumn() throws {
        let table = RandomTable(batchRowCounts: [10_000], seed: 101)
        let bytes = try Self.image(table) {
            $0.pageRowCount = 200
            $0.rowGroupRowCount = 5_000
            $0.columns = ["key": ColumnWriterOptions(hasBloomFilter: true)]
        }
        let counting = CountingBytes(MemoryBytes(bytes, name: "image"))
        let file = try ParquetFile(counting)
        let index = try XCTUnwrap(table.schema.index(of: "at"))
        let wanted = try XCTUnwrap(Self.rows(table)[7_777...].map { $0[index] }.first { !$0.isNull })
        counting.reset()
        let scan = try file.scan(
            ParquetScanRequest(projection: ["key", "lines", "blob"], filters: [ColumnFilter("at", .equal(wanted))]))
        var rows = 0
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() { rows += batch.rowCount }
            // Six leaves and the filter's.
            XCTAssertLessThanOrEqual(reader.counters.pageCount, 3 * 7)
        }
        XCTAssertEqual(rows, 1)
        XCTAssertLessThan(counting.byteCountRead, bytes.count / 6)
    }
}

/// Counts what is read of another file.
final class CountingBytes: RandomAccessBytes {
    private let inner: any RandomAccessBytes
    private let count = Mutex(0)

    init(_ inner: any RandomAccessBytes) { self.inner = inner }

    var name: String { inner.name }
    var byteCount: Int64 { inner.byteCount }
    var byteCountRead: Int { count.withLock { $0 } }
    func reset() { count.withLock { $0 = 0 } }
    func expect(_ range: Range<Int64>) { inner.expect(range) }

    func read(at offset: Int64, into target: UnsafeMutableRawBufferPointer) throws(ColumnStoreError) {
        count.withLock { $0 += target.count }
        try inner.read(at: offset, into: target)
    }
}
