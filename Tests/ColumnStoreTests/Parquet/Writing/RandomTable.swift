@testable import ColumnStore
import Foundation
import TestSupport

/// Batches of made-up values of every type, the same for the same seed, and the rows in words for the reference readers.
struct RandomTable {
    let schema: Schema
    let batches: [ColumnBatch]

    static let allTypes = Schema([
        Field("flag", .boolean, id: 1), Field("small", .int32, id: 2), Field("big", .int64, id: 3, isRequired: true),
        Field("ratio", .double, id: 4), Field("price", .decimal(precision: 18, scale: 4), id: 5),
        Field("wide", .decimal(precision: 38, scale: 10), id: 6), Field("vat", .decimal(precision: 9, scale: 2), id: 7),
        Field("name", .string, id: 8), Field("key", .string, id: 9), Field("blob", .binary, id: 10),
        Field("uid", .uuid, id: 11), Field("day", .date, id: 12, isRequired: true), Field("clock", .time, id: 13),
        Field("at", .timestamp(isUTC: true), id: 14), Field("local", .timestamp(isUTC: false), id: 15),
        Field(
            "lines",
            .list(
                element: Field(
                    "element",
                    .structure([
                        Field("code", .string, id: 18), Field("amount", .decimal(precision: 18, scale: 4), id: 19),
                        Field("note", .string, id: 20), Field("count", .int32, id: 21, isRequired: true),
                    ]), id: 17)), id: 16),
        Field("tags", .list(element: Field("element", .string, id: 23)), id: 22),
        Field("place", .structure([Field("city", .string, id: 25), Field("zip", .int32, id: 26)]), id: 24),
        Field(
            "grid",
            .list(element: Field("element", .list(element: Field("element", .int64, id: 29)), id: 28)), id: 27),
    ])

    init(_ schema: Schema = RandomTable.allTypes, batchRowCounts: [Int], seed: UInt64, nullShare: Int = 7) {
        var random = SplitMix64(state: seed)
        var batches: [ColumnBatch] = []
        var row = 0
        for rowCount in batchRowCounts {
            var columns: [Column] = []
            for field in schema.fields {
                var builder = ColumnBuilder(type: field.type)
                for index in 0..<rowCount {
                    builder.append(Self.value(field, row + index, &random, nullShare))
                }
                columns.append(builder.finish())
            }
            row += rowCount
            batches.append(ColumnBatch(rowCount: rowCount, columns: columns))
        }
        self.schema = schema
        self.batches = batches
    }

    static func value(_ field: Field, _ row: Int, _ random: inout SplitMix64, _ nullShare: Int) -> Value {
        if !field.isRequired, nullShare > 0, random.next() % 100 < UInt64(nullShare) { return .null }
        switch field.type {
        case .boolean: return .boolean(random.next() % 3 == 0)
        case .int32: return .integer(Int64(Int32(truncatingIfNeeded: random.next() >> (random.next() % 60))))
        case .int64:
            return .integer(random.next() % 50 == 0 ? Int64(bitPattern: random.next()) : Int64(row) * 1_000 + Int64(random.next() % 900))
        case .double:
            let picks: [Double] = [0, -0.0, 1.5, -2.25, .infinity, -.infinity, .nan]
            return .double(
                random.next() % 10 == 0
                    ? picks[Int(random.next() % 7)] : Double(Int64(random.next() % 100_000)) / 100)
        case .decimal(let precision, _):
            let limit = ValueLimit.decimalLimit(precision)
            let wide = Int128(Int64(bitPattern: random.next())) << 60 | Int128(random.next() >> 4)
            if random.next() % 40 == 0 { return .decimal(wide % (limit + 1)) }
            return .decimal(Int128(random.next() % 5_000) - 100)
        case .string:
            let words = ["Хліб", "milk", "", "a longer name of a product", "ябуко 🍎", "sugar\n\"1kg\"", "\u{10FFFF}"]
            switch field.name {
            case "key": return .string("K-\(String(row, radix: 16))-\(random.next() % 10)")
            case "note" where random.next() % 5 == 0:
                return .string(String(repeating: "long ", count: Int(random.next() % 60)) + words[Int(random.next() % 7)])
            default: return .string(words[Int(random.next() % 7)] + (random.next() % 9 == 0 ? "\(random.next() % 300)" : ""))
            }
        case .binary:
            return .bytes((0..<Int(random.next() % 90)).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case .json: return .string("{\"n\": \(random.next() % 90)}")
        case .uuid: return .bytes((0..<16).map { _ in UInt8(truncatingIfNeeded: random.next()) })
        case .date: return .integer(Int64(row / 100) + 19_000 - Int64(random.next() % 5))
        case .time: return .integer(Int64(random.next() % 86_400_000_000))
        case .timestamp, .timestampNanoseconds:
            return .integer(1_700_000_000_000_000 + Int64(row) * 1_000_000 + Int64(random.next() % 900_000))
        case .list(let element):
            return .list((0..<Int(random.next() % 5)).map { _ in value(element, row, &random, nullShare) })
        case .structure(let fields): return .structure(fields.map { value($0, row, &random, nullShare) })
        case .interval, .null: return .null
        }
    }

    /// A row for each line, as the script beside this file wants them.
    func write(to path: String, head: String) throws {
        var text = head + "\n"
        for batch in batches {
            for row in 0..<batch.rowCount {
                let cells = zip(schema.fields, batch.columns).map { Self.cell($1.value(at: row), $0.type) }
                text += "[" + cells.joined(separator: ",") + "]\n"
            }
        }
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }

    private static func cell(_ value: Value, _ type: ColumnType) -> String {
        switch value {
        case .null: "null"
        case .boolean(let value): value ? "true" : "false"
        case .integer(let value): "{\"i\":\"\(value)\"}"
        case .double(let value):
            "{\"f\":\"\(String(format: "%016lx", value.isNaN ? 0x7ff8_0000_0000_0000 : value.bitPattern))\"}"
        case .decimal(let value): "{\"d\":\"\(value)\"}"
        case .bytes(let bytes): "{\"x\":\"\(bytes.map { String(format: "%02x", $0) }.joined())\"}"
        case .interval: "null"
        case .list(let values):
            if case .list(let element) = type {
                "[" + values.map { cell($0, element.type) }.joined(separator: ",") + "]"
            } else {
                "null"
            }
        case .structure(let values):
            if case .structure(let fields) = type {
                "[" + zip(values, fields).map { cell($0, $1.type) }.joined(separator: ",") + "]"
            } else {
                "null"
            }
        }
    }
}
