import ColumnStore

/// Row groups that are copied as they stand into another file, as merges and compactions do with images of hot groups. What is copied is what was there.
extension Door {
    static let rowGroupCopy = Door(
        name: "row-group-copy",
        seeds: { try layouts.map { try image($0) } },
        fuzz: { input in
            let source = try ParquetFile(MemoryBytes([UInt8](input), name: "source"), options: ParquetReading.options)
            let sink = MemorySink()
            let writer = try FileWriter(schema, options: options, to: sink)
            var copied: [Int] = []
            for group in source.metadata.rowGroups.indices.prefix(8) {
                guard let copy = try RowGroupCopy(of: source, rowGroup: group, schema: schema, options: options) else { continue }
                try writer.append(copying: copy)
                copied.append(group)
            }
            let written = try writer.finish()
            _ = DataFile(written, location: "x.parquet", sortOrderID: 1)
            let made = try ParquetFile(MemoryBytes(sink.bytes, name: "copy"), options: ParquetReading.options)
            precondition(made.metadata.rowGroups.count == copied.count, "another number of row groups")
            for (index, group) in copied.enumerated() {
                guard let there = try? rows(source, group) else { continue }
                let here: [String]
                do { here = try rows(made, index) } catch { preconditionFailure("a row group can be read where it was, and not where it was copied to: \(error)") }
                precondition(here == there, "a row group is another where it was copied to")
            }
        })

    private static let schema = Schema(ParquetSeeds.schema.fields.filter { $0.type != .double })
    private static let options: WriterOptions = {
        var options = WriterOptions()
        (options.rowGroupRowCount, options.pageRowCount) = (20, 7)
        options.columns = ["s": ColumnWriterOptions(hasBloomFilter: true)]
        return options
    }()
    private static let layouts: [@Sendable (inout WriterOptions) -> Void] = [{ _ in }, { $0.pageRowCount = 3 }, { $0.rowGroupRowCount = 40 }]

    private static func image(_ change: (inout WriterOptions) -> Void) throws -> [UInt8] {
        var options = options
        change(&options)
        let kept = ParquetSeeds.schema.fields.indices.filter { ParquetSeeds.schema.fields[$0].type != .double }
        var builders = schema.fields.map { ColumnBuilder(type: $0.type) }
        for number in 0..<40 {
            let row = ParquetSeeds.row(number)
            for (index, field) in kept.enumerated() { builders[index].append(row[field]) }
        }
        var columns: [Column] = []
        for index in builders.indices { columns.append(builders[index].finish()) }
        let sink = MemorySink()
        let writer = try FileWriter(schema, options: options, to: sink)
        try writer.append(ColumnBatch(rowCount: 40, columns: columns))
        _ = try writer.finish()
        return sink.bytes
    }

    private static func rows(_ file: ParquetFile, _ group: Int) throws -> [String] {
        let reader = try file.scan().reader(rowGroup: group)
        var rows: [String] = []
        while rows.count < 10_000, let batch = try reader.next() {
            for row in 0..<batch.rowCount { rows.append("\(batch.columns.map { $0.value(at: row) })") }
        }
        return rows
    }
}
