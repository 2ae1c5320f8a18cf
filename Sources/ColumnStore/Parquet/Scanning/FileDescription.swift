/// What a Parquet file consists of, for people: schema, row groups, column chunks, encodings, sizes, bounds, indexes.
///
/// Figures are shown as the file has them, checked no further than it takes to print them.
public enum ParquetInspector {
    /// A row group is described in full up to this many; of more, the rest are summed up.
    private static let rowGroupCountMax = 20

    /// The description as text, a line for each thing, indented under what it belongs to.
    ///
    /// - Throws: `ColumnStoreError`, where a page index that the footer names cannot be read.
    public static func describe(_ file: ParquetFile) throws -> String {
        let metadata = file.metadata
        var text = "\(file.path)\n"
        text += "  bytes        \(file.bytes.byteCount), of which footer \(file.bytes.byteCount - file.dataEnd)\n"
        text += "  rows         \(metadata.rowCount) in \(metadata.rowGroups.count) row groups\n"
        text += "  written by   \(metadata.createdBy ?? "unknown"), format version \(metadata.version)\n"
        for pair in metadata.keyValues ?? [] {
            text += "  \(pair.key) = \(shortened(pair.value ?? "", to: 120))\n"
        }
        text += "schema\n"
        for field in file.schema.fields { text += schemaLines(field, indent: "  ") }
        text += try totals(file)
        for number in metadata.rowGroups.indices.prefix(rowGroupCountMax) { text += try rowGroup(file, number) }
        if metadata.rowGroups.count > rowGroupCountMax {
            text += "… \(metadata.rowGroups.count - rowGroupCountMax) more row groups\n"
        }
        return text
    }

    // MARK: Schema

    /// A field and, further in, its members; of a list those of its element.
    private static func schemaLines(_ field: Field, indent: String) -> String {
        var text = indent + field.name + "  " + typeName(field.type)
        if field.isRequired { text += " required" }
        if let id = field.id { text += " id=\(id)" }
        text += "\n"
        switch field.type {
        case .structure(let members): for member in members { text += schemaLines(member, indent: indent + "  ") }
        case .list(let element):
            if case .structure(let members) = element.type {
                for member in members { text += schemaLines(member, indent: indent + "  ") }
            } else if element.type.isNested {
                text += schemaLines(element, indent: indent + "  ")
            }
        default: break
        }
        return text
    }

    /// Members of nested types have lines of their own.
    private static func typeName(_ type: ColumnType) -> String {
        switch type {
        case .timestampNanoseconds: type.sqlName + "(9)"
        case .list(let element): "list of " + typeName(element.type)
        case .structure: "struct"
        case .null: "NULL"
        default: type.sqlName
        }
    }

    // MARK: Columns

    /// One line for each leaf over the whole file.
    private static func totals(_ file: ParquetFile) throws -> String {
        var rows = [["column", "type", "values", "NULLs", "compressed", "raw", "codec", "encodings"]]
        for leaf in file.leaves {
            let chunks = file.metadata.rowGroups.compactMap { $0.columns[leaf.index].metadata }
            // In the order in which they come first.
            var encodings: [String] = []
            for encoding in chunks.flatMap(\.encodings).map(\.description) where !encodings.contains(encoding) {
                encodings.append(encoding)
            }
            let nullCounts = chunks.compactMap { $0.statistics?.nullCount }
            rows.append([
                leaf.path, leaf.physicalType.description, sum(chunks.map(\.valueCount)),
                nullCounts.count == chunks.count ? sum(nullCounts) : "?", sum(chunks.map(\.totalCompressedByteCount)),
                sum(chunks.map(\.totalUncompressedByteCount)), chunks.first?.codec.description ?? "", encodings.joined(separator: " "),
            ])
        }
        return "columns\n" + table(rows, indent: "  ")
    }

    /// One line for the row group, and one for each column chunk.
    private static func rowGroup(_ file: ParquetFile, _ number: Int) throws -> String {
        let group = file.metadata.rowGroups[number]
        var text = "row group \(number)  \(group.rowCount) rows, \(group.totalByteCount) bytes raw"
        if let compressed = group.totalCompressedByteCount { text += ", \(compressed) compressed" }
        if let sorting = group.sortingColumns, !sorting.isEmpty {
            text += ", sorted by " + sorting.map { key in
                let name = file.leaves.indices.contains(Int(key.columnIndex)) ? file.leaves[Int(key.columnIndex)].path : "?"
                return name + (key.isDescending ? " descending" : "")
            }.joined(separator: ", ")
        }
        text += "\n"
        let indexes = PageIndexReader(
            file: file, rowGroup: number, leaves: file.leaves, filtered: [],
            budget: DecodeBudget(byteCountMax: file.options.memoryBudgetByteCount))
        var rows = [["column", "offset", "compressed", "pages", "dictionary", "least", "greatest", "indexes"]]
        for leaf in file.leaves { rows.append(try chunk(file, number, leaf, indexes)) }
        return text + table(rows, indent: "  ")
    }

    /// The cells of a column chunk's line.
    private static func chunk(
        _ file: ParquetFile, _ number: Int, _ leaf: LeafDescriptor, _ indexes: PageIndexReader
    ) throws -> [String] {
        let chunk = file.metadata.rowGroups[number].columns[leaf.index]
        guard let metadata = chunk.metadata, !chunk.isEncrypted else {
            return [leaf.path, "", "", "", "", "", "", "encrypted"]
        }
        let decoder = StatisticsDecoder(leaf: leaf, conversion: leaf.conversion, of: file.metadata)
        let (least, greatest) = metadata.statistics.map(decoder.bounds) ?? (nil, nil)
        // Counted by the offset index, else by the footer, else unknown.
        let pages =
            chunk.offsetIndexOffset == nil
            ? nil : try indexes.locations(leaf, try file.layout(rowGroup: number, leaf: leaf), for: indexes.share())
        let dictionary = metadata.dictionaryPageOffset ?? 0
        let start = dictionary > 0 ? min(dictionary, metadata.dataPageOffset) : metadata.dataPageOffset
        let stats = metadata.encodingStats?.filter { $0.pageKind != .dictionary }.map { Int($0.count) }
        var kinds: [String] = []
        if chunk.columnIndexOffset != nil { kinds.append("column") }
        if chunk.offsetIndexOffset != nil { kinds.append("offset") }
        if metadata.bloomFilterOffset != nil {
            kinds.append("bloom" + (metadata.bloomFilterByteCount.map { " \($0)" } ?? ""))
        }
        return [
            leaf.path, "\(start)", "\(metadata.totalCompressedByteCount)",
            (pages?.count ?? stats?.reduce(0, +)).map { "\($0)" } ?? "?",
            dictionary > 0 ? "yes" : "no",
            shown(least, leaf.type), shown(greatest, leaf.type), kinds.joined(separator: ", "),
        ]
    }

    // MARK: Text

    /// A bound in short; empty where there is none.
    private static func shown(_ value: Value?, _ type: ColumnType) -> String {
        switch (value, type) {
        case (nil, _), (.null?, _): return ""
        case (.bytes(let bytes)?, .string): return shortened(String(decoding: bytes, as: UTF8.self), to: 24)
        case (.bytes(let bytes)?, _): return shortened(bytes.map { hex($0) }.joined(), to: 24)
        case (.boolean(let value)?, _): return "\(value)"
        case (.integer(let value)?, _): return "\(value)"
        case (.double(let value)?, _): return "\(value)"
        case (.decimal(let value)?, .decimal(_, let scale)): return decimal(value, scale)
        case (.decimal(let value)?, _): return "\(value)"
        default: return "…"
        }
    }

    /// The digits with the mark `scale` places from the right: 5 at scale 2 is 0.05.
    private static func decimal(_ value: Int128, _ scale: Int) -> String {
        var digits = String(value.magnitude)
        if scale == 0 { return (value < 0 ? "-" : "") + digits }
        if digits.count <= scale { digits = String(repeating: "0", count: scale + 1 - digits.count) + digits }
        let mark = digits.index(digits.endIndex, offsetBy: -scale)
        return (value < 0 ? "-" : "") + digits[..<mark] + "." + digits[mark...]
    }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// One line of at most `count` characters, and an ellipsis where there are more.
    private static func shortened(_ text: String, to count: Int) -> String {
        let plain = String(text.map { $0.isNewline ? " " : $0 })
        return plain.count <= count ? plain : plain.prefix(count) + "…"
    }

    /// Sums of figures from outside: one that overflows is shown as such.
    private static func sum(_ figures: [Int64]) -> String {
        var total: Int64 = 0
        for figure in figures {
            let (next, overflow) = total.addingReportingOverflow(figure)
            if overflow { return "?" }
            total = next
        }
        return "\(total)"
    }

    /// Columns as wide as their widest cell, two blanks between them.
    private static func table(_ rows: [[String]], indent: String) -> String {
        let columnCount = rows.first?.count ?? 0
        let widths = (0..<columnCount).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            var line = indent
            for (cell, width) in zip(row, widths) { line += cell + String(repeating: " ", count: width - cell.count + 2) }
            while line.last == " " { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
