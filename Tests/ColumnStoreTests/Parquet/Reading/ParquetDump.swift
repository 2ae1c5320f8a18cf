import ColumnStore
import Foundation
import TestSupport

/// The values of a file in the text form of `Readers/dump_parquet.py`.
enum ParquetDump {
    static func text(of file: ParquetFile, _ request: ParquetScanRequest = ParquetScanRequest()) throws -> String {
        let scan = try file.scan(request)
        var columns = [[String]](repeating: [], count: scan.schema.fields.count)
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                for (index, column) in batch.columns.enumerated() {
                    for row in 0..<batch.rowCount { columns[index].append(cell(column.value(at: row))) }
                }
            }
        }
        var text = ""
        for (field, cells) in zip(scan.schema.fields, columns) {
            text += "column \(field.name)\n"
            for cell in cells { text += cell + "\n" }
        }
        return text
    }

    static func cell(_ value: Value) -> String {
        switch value {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return "i\(value)"
        case .decimal(let value): return "n\(value)"
        case .double(let value):
            if value.isNaN { return "fnan" }
            let digits = String(value.bitPattern, radix: 16)
            return "f" + String(repeating: "0", count: 16 - digits.count) + digits
        case .bytes(let value): return "x" + value.map { hexDigits[Int($0)] }.joined()
        case .interval(let value): return "v\(value.months),\(value.days),\(value.microseconds)"
        case .list(let values): return "[" + values.map(cell).joined(separator: ",") + "]"
        case .structure(let values): return "{" + values.map(cell).joined(separator: ",") + "}"
        }
    }

    private static let hexDigits = (0..<256).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }

    /// The first line in which two dumps differ, with its number; nil when they are equal.
    static func difference(_ actual: String, _ expected: String) -> String? {
        if actual == expected { return nil }
        let left = actual.split(separator: "\n", omittingEmptySubsequences: false)
        let right = expected.split(separator: "\n", omittingEmptySubsequences: false)
        var column: Substring = ""
        for (number, (one, other)) in zip(left, right).enumerated() {
            if one.hasPrefix("column ") { column = one }
            if one != other { return "line \(number + 1), \(column): \(one.prefix(200)) instead of \(other.prefix(200))" }
        }
        return "\(left.count) lines instead of \(right.count)"
    }

    static func open(_ path: String, _ options: ParquetReadOptions = ParquetReadOptions()) throws -> ParquetFile {
        try ParquetFile(try LocalFileBytes(path: path), options: options)
    }
}
