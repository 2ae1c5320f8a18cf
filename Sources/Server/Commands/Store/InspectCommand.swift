internal import ColumnStore
import Glibc

/// Shows what a Parquet file is made of.
enum InspectCommand: Command {
    static let name = "inspect"
    static let summary = "Shows what a Parquet file is made of."
    static let usage = ["FILE.parquet"]
    static let options: [Arguments.Option] = []

    static func run(_ arguments: Arguments) throws -> Int32 {
        let path = try arguments.operand("a Parquet file")
        let file = try ParquetFile(try LocalFileBytes(path: path))
        let metadata = file.metadata
        var text = "file        \(path)\nrows        \(file.rowCount)\nrow groups  \(metadata.rowGroups.count)\n"
        text += "made by     \(metadata.createdBy ?? "unknown")\n"
        for pair in metadata.keyValues ?? [] { text += "\(pair.key)  \((pair.value ?? "").prefix(200))\n" }
        text += "\ncolumns\n"
        text += table(file.schema.fields.map { field in
            [field.name, field.type.sqlName + (field.isRequired ? " NOT NULL" : ""), field.id.map { "id \($0)" } ?? ""]
        })
        for (index, group) in metadata.rowGroups.enumerated() {
            let packed = group.columns.reduce(0 as Int64) { $0.addingSaturating($1.metadata?.totalCompressedByteCount ?? 0) }
            text += "\nrow group \(index): \(group.rowCount) rows, \(packed) bytes packed, \(group.totalByteCount) plain"
            let sorting = (group.sortingColumns ?? []).map { sorting in
                let columns = group.columns
                let place = Int(sorting.columnIndex)
                let name = columns.indices.contains(place) ? columns[place].metadata?.path.joined(separator: ".") ?? "?" : "?"
                return name + (sorting.isDescending ? " descending" : "")
            }
            text += sorting.isEmpty ? "\n" : ", sorted by \(sorting.joined(separator: ", "))\n"
            let heads = [["column", "physical", "codec", "encodings", "values", "nulls", "packed", "plain", "has"]]
            text += table(heads + group.columns.map(row))
        }
        Terminal.write(text)
        return ExitStatus.done
    }

    private static func row(_ chunk: ColumnChunk) -> [String] {
        guard let metadata = chunk.metadata else { return ["?"] }
        var has: [String] = []
        if metadata.dictionaryPageOffset != nil { has.append("dictionary") }
        if metadata.statistics?.maxValue != nil { has.append("bounds") }
        if chunk.columnIndexOffset != nil { has.append("column index") }
        if chunk.offsetIndexOffset != nil { has.append("offset index") }
        if metadata.bloomFilterOffset != nil { has.append("bloom filter") }
        return [
            metadata.path.joined(separator: "."), "\(metadata.type)", "\(metadata.codec)", metadata.encodings.map { "\($0)" }.joined(separator: " "),
            "\(metadata.valueCount)", metadata.statistics?.nullCount.map { "\($0)" } ?? "?", "\(metadata.totalCompressedByteCount)",
            "\(metadata.totalUncompressedByteCount)", has.joined(separator: ", "),
        ]
    }

    private static func table(_ rows: [[String]]) -> String {
        var widths: [Int] = []
        for row in rows {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return rows.map { row in
            var line = " "
            for (index, cell) in row.enumerated() { line += " " + cell + String(repeating: " ", count: widths[index] - cell.count + 1) }
            while line.hasSuffix(" ") { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
