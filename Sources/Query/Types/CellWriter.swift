package import ColumnStore

/// One column of a batch, ready to be written cell by cell: the switch over its type is here, once.
///
/// A class: taken from an array of them for each cell, a struct would have all that it holds counted by reference each time.
package final class CellWriter {
    private enum Source {
        case null
        case bits(Bitmap)
        case int32([Int32])
        case int64([Int64])
        case moments([Int64])
        case days([Int32])
        case decimals([Int64])
        case wideDecimals([Int128])
        case doubles([Double])
        case bytes(ByteArrays)
        case dictionary([UInt32], ByteArrays)
        case list(offsets: [Int32], CellWriter)
        case structure(keys: [[UInt8]], [CellWriter])
        case values(Column)
    }

    private let source: Source
    private let validity: Bitmap?
    /// Looked at within one cell: a list may have millions of elements.
    private let cancellation: Cancellation?
    package let type: ColumnType

    /// Elements between two looks at the cancellation: less than ten milliseconds' worth, of numbers and short texts.
    private static let elementCountPerLook = 1 << 14

    /// - Parameter cancellation: where it is over, the text of a list ends in the middle. Whoever gives it asks it before the text is used.
    package init(_ column: Column, endingWith cancellation: Cancellation? = nil) {
        self.cancellation = cancellation
        type = column.type
        validity = column.rowValidity
        switch column.values {
        case .dictionary(let codes, let dictionary):
            if case .bytes(let arrays) = dictionary.values.values {
                source = .dictionary(codes, arrays)
            } else {
                source = CellWriter.plain(column.flattened(), cancellation)
            }
        case .constant(let value): source = value.isNull ? .null : CellWriter.plain(column.flattened(), cancellation)
        default: source = CellWriter.plain(column, cancellation)
        }
    }

    private static func plain(_ column: Column, _ cancellation: Cancellation?) -> Source {
        switch column.values {
        case .bits(let bits): .bits(bits)
        case .int32(let values): column.type == .date ? .days(values) : .int32(values)
        case .int64(let values):
            switch column.type {
            case .decimal: column.type.scale <= 18 ? .decimals(values) : .wideDecimals(values.map { Int128($0) })
            case .int64: .int64(values)
            default: .moments(values)
            }
        case .int128(let values): .wideDecimals(values)
        case .double(let values): .doubles(values)
        case .bytes(let arrays): .bytes(arrays)
        case .list(let offsets, let element): .list(offsets: offsets, CellWriter(element, endingWith: cancellation))
        case .structure(let members):
            if case .structure(let fields) = column.type {
                .structure(keys: keys(fields), members.map { CellWriter($0, endingWith: cancellation) })
            } else {
                .values(column)
            }
        default: .values(column)
        }
    }

    /// `"name":`, with a comma before all but the first.
    private static func keys(_ fields: [Field]) -> [[UInt8]] {
        fields.enumerated().map { index, field in
            var key: [UInt8] = index == 0 ? [] : [UInt8(ascii: ",")]
            JSONString.append(field.name.utf8, to: &key)
            return key + [UInt8(ascii: ":")]
        }
    }

    package func isNull(_ row: Int) -> Bool {
        if case .null = source { return true }
        return !(validity?[row] ?? true)
    }

    /// The bytes of a text or binary cell; nil for NULL and for other types.
    package func bytes(_ row: Int) -> ArraySlice<UInt8>? {
        if isNull(row) { return nil }
        switch source {
        case .bytes(let arrays): return arrays[row]
        case .dictionary(let codes, let arrays): return arrays[Int(codes[row])]
        default: return nil
        }
    }

    /// Appends the cell as JSON.
    package func appendJSON(_ row: Int, to text: inout [UInt8]) {
        if isNull(row) { return text.append(contentsOf: "null".utf8) }
        switch source {
        case .null: break
        case .bits(let bits): text.append(contentsOf: (bits[row] ? "true" : "false").utf8)
        case .int32(let values): NumberText.appendInteger(Int64(values[row]), to: &text)
        case .int64(let values): NumberText.appendInteger(values[row], to: &text)
        case .doubles(let values): JSONText.append(.double(values[row]), type: type, to: &text)
        case .moments, .days, .decimals, .wideDecimals:
            text.append(UInt8(ascii: "\""))
            appendPlain(row, to: &text)
            text.append(UInt8(ascii: "\""))
        case .bytes(let arrays): appendBytes(arrays, row, to: &text)
        case .dictionary(let codes, let arrays): appendBytes(arrays, Int(codes[row]), to: &text)
        case .list(let offsets, let element):
            text.append(UInt8(ascii: "["))
            let (first, last) = (Int(offsets[row]), Int(offsets[row + 1]))
            for place in first..<last {
                if place > first {
                    text.append(UInt8(ascii: ","))
                    if (place - first) & (Self.elementCountPerLook - 1) == 0, cancellation?.isOver == true { return }
                }
                element.appendJSON(place, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .structure(let keys, let members):
            text.append(UInt8(ascii: "{"))
            for (key, member) in zip(keys, members) {
                text.append(contentsOf: key)
                member.appendJSON(row, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        case .values(let column): JSONText.append(column.value(at: row), type: type, to: &text)
        }
    }

    private func appendBytes(_ arrays: ByteArrays, _ row: Int, to text: inout [UInt8]) {
        if type.isJSON { return text.append(contentsOf: arrays[row]) }
        if type == .string { JSONString.append(arrays[row], to: &text) } else { JSONText.appendOpaque(arrays[row], type: type, to: &text) }
    }

    /// Appends the cell as bare text: numbers and times without quotes, BLOB in base64, lists and structs as JSON. Nothing for NULL.
    package func appendPlain(_ row: Int, to text: inout [UInt8]) {
        if isNull(row) { return }
        switch source {
        case .null: break
        case .moments(let values): JSONText.appendMoment(values[row], type: type, to: &text)
        case .days(let values): Calendar.appendDate(days: Int(values[row]), to: &text)
        case .decimals(let values): NumberText.appendDecimal(values[row], scale: type.scale, to: &text)
        case .wideDecimals(let values): NumberText.appendDecimal(values[row], scale: type.scale, to: &text)
        case .doubles(let values): NumberText.appendDouble(values[row], to: &text)
        case .bytes(let arrays): appendPlainBytes(arrays[row], to: &text)
        case .dictionary(let codes, let arrays): appendPlainBytes(arrays[Int(codes[row])], to: &text)
        case .values(let column):
            if case .interval(let interval) = column.value(at: row) {
                IntervalForm.appendISO(interval, to: &text)
            } else {
                appendJSON(row, to: &text)
            }
        case .bits, .int32, .int64, .list, .structure: appendJSON(row, to: &text)
        }
    }

    /// A column's cells as bare text, as every form of answer writes them that has no type for them.
    static func texts(of column: Column) -> Column {
        let cells = CellWriter(column)
        var builder = ColumnBuilder(type: .string)
        var text: [UInt8] = []
        for row in 0..<column.count {
            text.removeAll(keepingCapacity: true)
            cells.appendPlain(row, to: &text)
            builder.append(cells.isNull(row) ? .null : .bytes(text))
        }
        return builder.finish()
    }

    private func appendPlainBytes(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        switch type {
        case .string, .json: text.append(contentsOf: bytes)
        case .uuid: TextCastKernels.appendUUID(bytes, to: &text)
        default: JSONText.appendBase64(bytes, to: &text)
        }
    }
}
