internal import ColumnStore

/// The cells of one column, ready to be written as JSON row by row: what kind they are is decided once, here.
struct CellWriter {
    private enum Cells {
        case bits(Bitmap)
        case whole([Int64])
        case days([Int64])
        case instants([Int64], isUTC: Bool)
        case times([Int64])
        case decimals([Int128], scale: Int)
        case doubles([Double])
        case text(ByteArrays)
        case binary(ByteArrays)
        case uuids(ByteArrays)
        case intervals([Interval])
        case list(offsets: [Int32], IndirectWriter)
        case structure(names: [String], [CellWriter])
        case null
    }
    private final class IndirectWriter {
        let writer: CellWriter
        init(_ writer: CellWriter) { self.writer = writer }
    }

    private let cells: Cells
    private let validity: Bitmap?

    init(_ column: Column) {
        var flat = column
        if case .constant(let value) = column.values {
            if value.isNull {
                (cells, validity) = (.null, nil)
                return
            }
            flat = column.flattened()
        } else if case .dictionary = column.values {
            flat = column.flattened()
        }
        validity = flat.validity
        cells = Self.cells(flat)
    }

    private static func cells(_ column: Column) -> Cells {
        switch (column.values, column.type) {
        case (.bits(let bits), _): return .bits(bits)
        case (.int32(let values), .date): return .days(values.map { Int64($0) })
        case (.int32(let values), _): return .whole(values.map { Int64($0) })
        case (.int64(let values), .decimal(_, let scale)): return .decimals(values.map { Int128($0) }, scale: scale)
        case (.int64(let values), .timestamp(let isUTC)): return .instants(values, isUTC: isUTC)
        case (.int64(let values), .timestampNanoseconds(let isUTC)): return .instants(values.map { $0 / 1_000 }, isUTC: isUTC)
        case (.int64(let values), .time): return .times(values)
        case (.int64(let values), .date): return .days(values)
        case (.int64(let values), _): return .whole(values)
        case (.int128(let values), .decimal(_, let scale)): return .decimals(values, scale: scale)
        case (.int128(let values), _): return .decimals(values, scale: 0)
        case (.double(let values), _): return .doubles(values)
        case (.interval(let values), _): return .intervals(values)
        case (.bytes(let arrays), .string): return .text(arrays)
        case (.bytes(let arrays), .uuid): return .uuids(arrays)
        case (.bytes(let arrays), _): return .binary(arrays)
        case (.list(let offsets, let element), _): return .list(offsets: offsets, IndirectWriter(CellWriter(element)))
        case (.structure(let members), .structure(let fields)): return .structure(names: fields.map(\.name), members.map(CellWriter.init))
        case (.structure(let members), _): return .structure(names: members.indices.map { "f\($0)" }, members.map(CellWriter.init))
        case (.dictionary, _), (.constant, _): return .null
        }
    }

    func isNull(_ row: Int) -> Bool {
        if case .null = cells { return true }
        return validity.map { !$0[row] } ?? false
    }

    /// The bytes of a text or binary cell.
    func bytes(_ row: Int) -> ArraySlice<UInt8>? {
        guard !isNull(row) else { return nil }
        switch cells {
        case .text(let arrays), .binary(let arrays), .uuids(let arrays): return arrays[row]
        default: return nil
        }
    }

    func write(_ row: Int, to writer: inout JSONWriter) {
        guard !isNull(row) else { return writer.null() }
        switch cells {
        case .null: writer.null()
        case .bits(let bits): writer.boolean(bits[row])
        case .whole(let values): writer.integer(values[row])
        case .text(let arrays): writer.string(utf8: arrays[row])
        case .binary(let arrays): writer.string(utf8: Base64.encode(arrays[row]))
        case .doubles(let values) where values[row].isFinite: writer.raw(Self.text(values[row]).utf8)
        case .list(let offsets, let element):
            writer.beginArray()
            for index in Int(offsets[row])..<Int(offsets[row + 1]) { element.writer.write(index, to: &writer) }
            writer.endArray()
        case .structure(let names, let members):
            writer.beginObject()
            for (name, member) in zip(names, members) {
                writer.key(name)
                member.write(row, to: &writer)
            }
            writer.endObject()
        default:
            var text: [UInt8] = []
            appendText(row, to: &text)
            writer.string(utf8: text)
        }
    }

    /// The cell as plain text, as CSV has it; nested cells as JSON.
    func appendText(_ row: Int, to text: inout [UInt8]) {
        switch cells {
        case .null: break
        case .days(let values): Calendar.appendDate(days: Int(values[row]), to: &text)
        case .instants(let values, let isUTC): Calendar.appendTimestamp(microseconds: values[row], isUTC: isUTC, to: &text)
        case .times(let values): Calendar.appendTime(microseconds: values[row], to: &text)
        case .decimals(let values, let scale): Self.appendDecimal(values[row], scale: scale, to: &text)
        case .intervals(let values): text.append(contentsOf: "\(values[row])".utf8)
        case .uuids(let arrays):
            for (index, byte) in arrays[row].enumerated() {
                if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
                text.append(contentsOf: (String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)).utf8)
            }
        case .text(let arrays): text.append(contentsOf: arrays[row])
        case .binary(let arrays): text.append(contentsOf: Base64.encode(arrays[row]))
        case .doubles(let values): text.append(contentsOf: Self.text(values[row]).utf8)
        case .bits(let bits): text.append(contentsOf: (bits[row] ? "true" : "false").utf8)
        case .whole(let values): text.append(contentsOf: String(values[row]).utf8)
        case .list, .structure:
            var writer = JSONWriter()
            write(row, to: &writer)
            text.append(contentsOf: writer.bytes)
        }
    }

    private static func text(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        let text = value.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }

    static func appendDecimal(_ value: Int128, scale: Int, to text: inout [UInt8]) {
        if value < 0 { text.append(UInt8(ascii: "-")) }
        var digits = Array(String(value.magnitude).utf8)
        if digits.count <= scale { digits = [UInt8](repeating: 0x30, count: scale + 1 - digits.count) + digits }
        text.append(contentsOf: digits[..<(digits.count - scale)])
        if scale > 0 {
            text.append(UInt8(ascii: "."))
            text.append(contentsOf: digits[(digits.count - scale)...])
        }
    }
}

/// RFC 4648, section 4, with padding.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: some Collection<UInt8>) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity((bytes.count + 2) / 3 * 4)
        var buffer: UInt32 = 0
        var held = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            held += 1
            if held == 3 {
                for shift in [18, 12, 6, 0] as [UInt32] { text.append(alphabet[Int(buffer >> shift & 63)]) }
                (buffer, held) = (0, 0)
            }
        }
        if held == 1 {
            text.append(alphabet[Int(buffer >> 2 & 63)])
            text.append(alphabet[Int(buffer << 4 & 63)])
            text.append(contentsOf: "==".utf8)
        } else if held == 2 {
            text.append(alphabet[Int(buffer >> 10 & 63)])
            text.append(alphabet[Int(buffer >> 4 & 63)])
            text.append(alphabet[Int(buffer << 2 & 63)])
            text.append(UInt8(ascii: "="))
        }
        return text
    }
}
