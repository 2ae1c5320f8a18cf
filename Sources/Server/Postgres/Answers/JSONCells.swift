internal import ColumnStore
internal import Query

/// Lists and structs of a column as PostgreSQL's jsonb has its text: a blank behind each comma and colon, decimals as numbers of their digits.
///
/// An array of composites would be what PostgreSQL itself has for them; no client could read one without asking for its type first, and most not at all.
struct JSONCells {
    private let cells: Cells

    private enum Plain { case number, text, moment, document }

    private indirect enum Cells {
        case list(Bitmap?, offsets: [Int32], Cells)
        case structure(Bitmap?, keys: [[UInt8]], [Cells])
        case plain(CellEncoder, Plain)
    }

    init(_ column: Column) { cells = Self.cells(column) }

    private static func cells(_ column: Column) -> Cells {
        switch (column.type, column.values) {
        case (.list, .list(let offsets, let element)): return .list(column.validity, offsets: offsets, cells(element))
        case (.structure(let fields), .structure(let members)):
            let keys = fields.map { field in
                var key: [UInt8] = []
                JSONString.append(field.name.utf8, to: &key)
                return key + ": ".utf8
            }
            return .structure(column.validity, keys: keys, members.map(cells))
        case (.list, .constant), (.structure, .constant), (.list, .dictionary), (.structure, .dictionary):
            return column.nullCount == column.count ? .plain(CellEncoder(column, .text, style: .utc), .number) : cells(column.flattened())
        default:
            let form: Plain = switch column.type {
            case .boolean, .int32, .int64, .double, .decimal: .number
            case .timestamp, .timestampNanoseconds: .moment
            case .json: .document
            // Also what is no text by nature: of bytes the first is a backslash, which JSON has for itself.
            default: .text
            }
            return .plain(CellEncoder(column, .text, style: .utc), form)
        }
    }

    func append(_ row: Int, to text: inout [UInt8]) { Self.append(cells, row, to: &text) }

    private static func append(_ cells: Cells, _ row: Int, to text: inout [UInt8]) {
        switch cells {
        case .list(let validity, let offsets, let element):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            text.append(UInt8(ascii: "["))
            let range = Int(offsets[row])..<Int(offsets[row + 1])
            for place in range {
                if place > range.lowerBound { text += ", ".utf8 }
                append(element, place, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .structure(let validity, let keys, let members):
            guard validity?[row] ?? true else { return text += "null".utf8 }
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text += ", ".utf8 }
                text += keys[index]
                append(member, row, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        case .plain(let encoder, let form): append(encoder, row, form, to: &text)
        }
    }

    private static func append(_ encoder: CellEncoder, _ row: Int, _ form: Plain, to text: inout [UInt8]) {
        guard !encoder.isNull(row) else { return text += "null".utf8 }
        var value: [UInt8] = []
        encoder.append(row, to: &value)
        switch form {
        case .number: text += number(value)
        case .text: JSONString.append(value, to: &text)
        case .document: text += value
        case .moment:
            text.append(UInt8(ascii: "\""))
            // 2026-11-20T12:00:00+00:00, as to_jsonb writes it.
            if let blank = value.firstIndex(of: 0x20) {
                value[blank] = UInt8(ascii: "T")
                if value.count > 3, [UInt8(ascii: "+"), UInt8(ascii: "-")].contains(value[value.count - 3]) { value += ":00".utf8 }
            }
            text += value
            text.append(UInt8(ascii: "\""))
        }
    }

    /// JSON has no word for what is no number, and words of its own for truth.
    private static func number(_ value: [UInt8]) -> [UInt8] {
        switch value.first {
        case UInt8(ascii: "t"): Array("true".utf8)
        case UInt8(ascii: "f"): Array("false".utf8)
        case UInt8(ascii: "N"), UInt8(ascii: "I"): Array("null".utf8)
        case UInt8(ascii: "-") where value.count > 1 && value[1] == UInt8(ascii: "I"): Array("null".utf8)
        default: value
        }
    }
}
