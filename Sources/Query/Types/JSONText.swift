import ColumnStore

/// Values as JSON, in the forms that the API gives to each type.
package enum JSONText {
    static func append(_ value: Value, type: ColumnType, to text: inout [UInt8]) {
        switch value {
        case .null: text.append(contentsOf: "null".utf8)
        case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
        case .double(let value):
            if value.isFinite {
                NumberText.appendDouble(value, to: &text)
            } else {
                text.append(UInt8(ascii: "\""))
                NumberText.appendDouble(value, to: &text)
                text.append(UInt8(ascii: "\""))
            }
        case .decimal(let value):
            text.append(UInt8(ascii: "\""))
            NumberText.appendDecimal(value, scale: type.scale, to: &text)
            text.append(UInt8(ascii: "\""))
        case .interval(let value):
            text.append(UInt8(ascii: "\""))
            IntervalForm.appendISO(value, to: &text)
            text.append(UInt8(ascii: "\""))
        case .integer(let value): appendInteger(value, type: type, to: &text)
        case .bytes(let bytes):
            if type.isJSON {
                text.append(contentsOf: bytes)
            } else if type == .string {
                JSONString.append(bytes, to: &text)
            } else { appendOpaque(bytes[...], type: type, to: &text) }
        case .list(let elements):
            guard case .list(let field) = type else { return }
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                append(element, type: field.type, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .structure(let members):
            guard case .structure(let fields) = type else { return }
            text.append(UInt8(ascii: "{"))
            for (index, (field, member)) in zip(fields, members).enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONString.append(field.name.utf8, to: &text)
                text.append(UInt8(ascii: ":"))
                append(member, type: field.type, to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    /// Whole numbers bare; dates and times in quotes.
    static func appendInteger(_ value: Int64, type: ColumnType, to text: inout [UInt8]) {
        switch type {
        case .date, .time, .timestamp, .timestampNanoseconds:
            text.append(UInt8(ascii: "\""))
            appendMoment(value, type: type, to: &text)
            text.append(UInt8(ascii: "\""))
        default: NumberText.appendInteger(value, to: &text)
        }
    }

    static func appendMoment(_ value: Int64, type: ColumnType, to text: inout [UInt8]) {
        switch type {
        case .date: Calendar.appendDate(days: Int(value), to: &text)
        case .time: Calendar.appendTime(microseconds: value, to: &text)
        case .timestamp(let isUTC): Calendar.appendTimestamp(microseconds: value, isUTC: isUTC, to: &text)
        case .timestampNanoseconds(let isUTC):
            Calendar.appendTimestamp(microseconds: value / 1_000 - (value % 1_000 < 0 ? 1 : 0), isUTC: isUTC, to: &text)
        default: NumberText.appendInteger(value, to: &text)
        }
    }

    /// BLOB in base64, UUID in its groups.
    static func appendOpaque(_ bytes: ArraySlice<UInt8>, type: ColumnType, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        if type == .uuid { TextCastKernels.appendUUID(bytes, to: &text) } else { appendBase64(bytes, to: &text) }
        text.append(UInt8(ascii: "\""))
    }

    private static let base64Digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    package static func appendBase64(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
        text.reserveCapacity(text.count + (bytes.count + 2) / 3 * 4)
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let left = bytes.endIndex - index
            let group = UInt32(bytes[index]) << 16 | UInt32(left > 1 ? bytes[index + 1] : 0) << 8 | UInt32(left > 2 ? bytes[index + 2] : 0)
            text.append(base64Digits[Int(group >> 18)])
            text.append(base64Digits[Int(group >> 12 & 63)])
            text.append(left > 1 ? base64Digits[Int(group >> 6 & 63)] : UInt8(ascii: "="))
            text.append(left > 2 ? base64Digits[Int(group & 63)] : UInt8(ascii: "="))
            index += 3
        }
    }
}
