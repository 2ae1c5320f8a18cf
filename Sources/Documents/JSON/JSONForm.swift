package import ColumnStore

/// Values as the API writes them in JSON.
///
/// A DECIMAL is a string, so that no reader of JSON rounds it; integers and finite doubles are numbers; dates and instants are strings in ISO 8601, bytes
/// base64, NaN and the infinities strings.
package enum JSONForm {
    static func quoted(_ text: String) -> String { quoted(Array(text.utf8)) }

    /// At most what `quoted` makes of valid UTF-8, in bytes, with its quotes: a quote or backslash gets one more byte, a control character five at most.
    ///
    /// - Complexity: O(bytes).
    package static func quotedByteCount(_ bytes: some Sequence<UInt8>) -> Int {
        var byteCount = 2
        for byte in bytes { byteCount += byte < 0x20 ? 6 : byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 2 : 1 }
        return byteCount
    }

    /// A string of JSON. Bytes that are no UTF-8 become U+FFFD.
    static func quoted(_ bytes: [UInt8]) -> String {
        var text = "\""
        // Scalar by scalar: a character of several may hold a quote.
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }

    /// - Parameter type: of the value's column; a value of another form than its type's is `null`.
    package static func text(_ value: Value, _ type: ColumnType) -> String {
        switch (value, type) {
        case (.null, _): return "null"
        case (.boolean(let value), _): return value ? "true" : "false"
        case (.integer(let days), .date): return quoted(CivilDate.text(days: Int32(truncatingIfNeeded: days)))
        case (.integer(let microseconds), .timestamp): return quoted(CivilDate.text(microseconds: microseconds))
        case (.integer(let value), _): return "\(value)"
        case (.double(let value), _): return value.isFinite ? "\(value)" : quoted("\(value)")
        case (.decimal(let digits), .decimal(_, let scale)): return quoted(decimal(digits, scale: scale))
        case (.bytes(let bytes), .binary): return quoted(base64(bytes))
        case (.bytes(let bytes), _): return quoted(bytes)
        case (.list(let values), .list(let element)): return "[" + values.map { text($0, element.type) }.joined(separator: ",") + "]"
        case (.structure(let values), .structure(let fields)):
            return "{" + zip(fields, values).map { quoted($0.name) + ":" + text($1, $0.type) }.joined(separator: ",") + "}"
        default: return "null"
        }
    }

    /// With all of its digits behind the point, zeros included: 1230 of scale 2 is `12.30`, 5 of scale 2 `0.05`.
    static func decimal(_ digits: Int128, scale: Int) -> String {
        var text = String(digits.magnitude)
        if scale > 0 {
            if text.utf8.count <= scale { text = String(repeating: "0", count: scale - text.utf8.count + 1) + text }
            text.insert(".", at: text.index(text.endIndex, offsetBy: -scale))
        }
        return digits < 0 ? "-" + text : text
    }

    /// RFC 4648, section 4, with padding.
    package static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let taken = min(3, bytes.count - index)
            var bits: UInt32 = 0
            // Three bytes are four symbols of six bits: `Ma` is TWE=, whose third symbol has two bits of nothing.
            for place in 0..<3 { bits = bits << 8 | (place < taken ? UInt32(bytes[index + place]) : 0) }
            for place in 0..<4 { text.append(place <= taken ? alphabet[Int(bits >> (18 - 6 * UInt32(place)) & 63)] : UInt8(ascii: "=")) }
            index += 3
        }
        return String(decoding: text, as: UTF8.self)
    }
}
