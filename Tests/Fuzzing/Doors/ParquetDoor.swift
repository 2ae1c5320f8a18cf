import ColumnStore

/// A Parquet file of anybody's, read whole, and then as a filtered scan reads it: by its statistics, its page indexes and its bloom filters.
extension Door {
    static let parquet = Door(name: "parquet", seeds: { try ParquetSeeds.files() }, fuzz: { try ParquetReading.readAll([UInt8]($0)) })
}

enum ParquetReading {
    static let options = ParquetReadOptions(memoryBudgetByteCount: 64 << 20, footerByteCountMax: 4 << 20)
    /// More rows than a seed has: a mutated count may be large and true, and reading it all would only take time.
    private static let rowCountMax = 100_000

    static func readAll(_ bytes: [UInt8]) throws {
        let file = try ParquetFile(MemoryBytes(bytes, name: "input"), options: options)
        // Both, whatever becomes of the first.
        let whole = Result { try read(try file.scan()) }
        try readFiltered(file)
        try whole.get()
    }

    private static func read(_ scan: ParquetScan) throws {
        var rowCount = 0
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                rowCount += batch.rowCount
                for column in batch.columns { ColumnSoundness.check(column) }
                if rowCount > rowCountMax { return }
            }
        }
    }

    /// One filter on each of the first columns, with a value that some of the seeds have.
    private static func readFiltered(_ file: ParquetFile) throws {
        for field in file.schema.fields.prefix(6) {
            let value: Value? =
                switch field.type {
                case .int32, .int64, .date, .time, .timestamp, .timestampNanoseconds: .integer(3)
                case .decimal: .decimal(3)
                case .string: .string("c")
                case .double: .double(3)
                default: nil
                }
            guard let value else { continue }
            let filters: [ColumnFilter] = [
                ColumnFilter(ColumnPath(field.name), .equal(value)),
                ColumnFilter(ColumnPath(field.name), .range(lower: .init(value, isInclusive: false), upper: nil)),
            ]
            for filter in filters { try read(try file.scan(ParquetScanRequest(filters: [filter]))) }
        }
    }
}

/// Small files of every layout that Till's own writer has.
enum ParquetSeeds {
    static let schema = Schema([
        Field("n", .int64, id: 1), Field("d", .decimal(precision: 38, scale: 4), id: 2), Field("s", .string, id: 3), Field("day", .date, id: 4),
        Field("at", .timestamp(isUTC: true), id: 5), Field("x", .double, id: 6), Field("flag", .boolean, id: 7),
        Field(
            "lines",
            .list(
                element: Field(
                    "element", .structure([Field("code", .string, id: 10), Field("tags", .list(element: Field("element", .int32, id: 12)), id: 11)]),
                    id: 9)), id: 8),
    ])

    static func row(_ number: Int) -> [Value] {
        if number % 7 == 3 { return schema.fields.map { _ in .null } }
        let lines = (0..<number % 4).map { line in
            Value.structure([.string("c\(line)"), .list((0..<line).map { .integer(Int64($0)) })])
        }
        return [
            .integer(Int64(number)), .decimal(Int128(number) * 1_000_000_000_000_000_000_000), .string(["a", "bb", "c"][number % 3]),
            .integer(Int64(19_000 + number)), .integer(1_700_000_000_000_000 + Int64(number)), .double(Double(number) / 2), .boolean(number % 2 == 0),
            .list(lines),
        ]
    }

    static func file(rowCount: Int, _ change: (inout WriterOptions) -> Void) throws -> [UInt8] {
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for number in 0..<rowCount { for (index, value) in row(number).enumerated() { builders[index].append(value) } }
        var options = WriterOptions()
        change(&options)
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        var columns: [Column] = []
        for index in builders.indices { columns.append(builders[index].finish()) }
        try writer.append(ColumnBatch(rowCount: rowCount, columns: columns))
        _ = try writer.finish()
        return sink.bytes
    }

    static func files() throws -> [[UInt8]] {
        let layouts: [@Sendable (inout WriterOptions) -> Void] = [
            { $0.codec = .uncompressed }, { $0.pageRowCount = 5; $0.rowGroupRowCount = 20; $0.defaultColumn.hasBloomFilter = true },
            { $0.dataPageVersion = 1; $0.codec = .snappy; $0.pageRowCount = 9 },
            { $0.codec = .uncompressed; $0.defaultColumn.encoding = .only(.plain) }, { $0.codec = .uncompressed; $0.defaultColumn.encoding = .only(.deltaByteArray) },
            { $0.codec = .uncompressed; $0.defaultColumn.encoding = .only(.deltaBinaryPacked) },
            { $0.codec = .uncompressed; $0.defaultColumn.encoding = .only(.byteStreamSplit) },
            { $0.codec = .uncompressed; $0.defaultColumn.encoding = .dictionary; $0.pageRowCount = 5 },
        ]
        return try layouts.map { try file(rowCount: 40, $0) }
    }
}
