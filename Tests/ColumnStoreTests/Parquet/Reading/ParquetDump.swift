import ColumnStore
import Foundation
import TestSupport

/// The values of a file in the text form of `Readers/dump_parquet.py`.
enum ParquetDump {
    static func text(of file: ParquetFile, _ request: ParquetScanRequest = ParquetScanRequest()) throws -> String {
        let scan = try file.scan(request)
        var columns = [String](repeating: "", count: scan.schema.fields.count)
        for rowGroup in scan.rowGroups {
            let reader = try scan.reader(rowGroup: rowGroup)
            while let batch = try reader.next() {
                for (index, column) in batch.columns.enumerated() {
                    for row in 0..<batch.rowCount {
                        append(column.value(at: row), to: &columns[index])
                        columns[index] += "\n"
                    }
                }
            }
        }
        var text = ""
        for (field, cells) in zip(scan.schema.fields, columns) { text += "column \(field.name)\n" + cells }
        return text
    }

    static func cell(_ value: Value) -> String {
        var text = ""
        append(value, to: &text)
        return text
    }

    /// Whether values have the same dump: NaN is NaN, and 0 is not -0.
    static func areSame(_ one: [Value], _ other: [Value]) -> Bool { one.count == other.count && zip(one, other).allSatisfy(areSame) }

    private static func areSame(_ one: Value, _ other: Value) -> Bool {
        switch (one, other) {
        case (.double(let one), .double(let other)): one.bitPattern == other.bitPattern || one.isNaN && other.isNaN
        case (.interval, .interval): cell(one) == cell(other)
        case (.list(let one), .list(let other)), (.structure(let one), .structure(let other)): areSame(one, other)
        default: one == other
        }
    }

    private static func append(_ value: Value, to text: inout String) {
        switch value {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .integer(let value): text += "i\(value)"
        case .decimal(let value): text += "n\(value)"
        case .double(let value):
            if value.isNaN { return text += "fnan" }
            let digits = String(value.bitPattern, radix: 16)
            text += "f" + String(repeating: "0", count: 16 - digits.count) + digits
        case .bytes(let value): text += "x" + hexadecimal(value)
        case .interval(let value): text += "v\(value.months),\(value.days),\(value.microseconds)"
        case .list(let values): append(values, "[", "]", to: &text)
        case .structure(let values): append(values, "{", "}", to: &text)
        }
    }

    private static func append(_ values: [Value], _ start: String, _ end: String, to text: inout String) {
        text += start
        for (index, value) in values.enumerated() {
            if index > 0 { text += "," }
            append(value, to: &text)
        }
        text += end
    }

    /// No text for each byte: most of a dump is such digits.
    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
            var place = 0
            for byte in bytes {
                let (high, low) = (byte >> 4, byte & 15)
                text[place] = high < 10 ? 0x30 + high : 0x57 + high
                text[place + 1] = low < 10 ? 0x30 + low : 0x57 + low
                place += 2
            }
            return place
        }
    }

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
