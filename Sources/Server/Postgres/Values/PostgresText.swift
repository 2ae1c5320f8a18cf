internal import ColumnStore

/// Values as PostgreSQL's output functions write them, with `extra_float_digits` 1, `bytea_output` hex, DateStyle ISO and IntervalStyle postgres.
package enum PostgresText {
    /// How instants are shown: seconds east of UTC at an instant in PostgreSQL's microseconds. UTC unless said.
    package typealias Offset = (Int64) -> Int

    /// - Precondition: not NULL, which has no text.
    package static func append(_ value: PostgresValue, _ type: PostgresColumnType, offset: Offset = { _ in 0 }, to text: inout [UInt8]) {
        switch (type, value) {
        case (.array, .array(let array)): appendArray(array, offset: offset, to: &text)
        case (.plain(let type), _): append(value, type, offset: offset, to: &text)
        default: preconditionFailure("the value is of another type")
        }
    }

    private static func append(_ value: PostgresValue, _ type: PostgresType, offset: Offset, to text: inout [UInt8]) {
        switch value {
        case .null: preconditionFailure("NULL has no text")
        case .bool(let value): text.append(UInt8(ascii: value ? "t" : "f"))
        case .int16(let value): text += String(value).utf8
        case .int32(let value): text += String(value).utf8
        case .int64(let value): text += String(value).utf8
        case .float32(let value): appendFloat(value, fixedBelow: 6, to: &text)
        case .float64(let value): appendFloat(value, fixedBelow: 15, to: &text)
        case .numeric(let value): value.appendText(to: &text)
        case .text(let value): text += value
        case .bytes(let value): appendBytes(value, to: &text)
        case .bits(let value): text += value
        case .character(let value): if value != 0 { text.append(value) }
        case .date(let value): PostgresTime.appendDate(value, to: &text)
        case .time(let value): Calendar.appendTime(microseconds: value, fraction: .shortest, to: &text)
        case .timestamp(let value): PostgresTime.appendTimestamp(value, offset: type == .timestamptz ? offset(value) : nil, to: &text)
        case .interval(let months, let days, let microseconds):
            PostgresTime.appendInterval(months: months, days: days, microseconds: microseconds, to: &text)
        case .uuid(let value): appendUUID(value, to: &text)
        case .oid(let value): text += String(value).utf8
        case .array(let array): appendVector(array, to: &text)
        }
    }

    /// The fewest digits that say this value and no other; from 10^`fixedBelow` on, and below 10^−4, with an exponent.
    static func appendFloat<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value, fixedBelow: Int, to text: inout [UInt8]) {
        if value.isNaN { return text += "NaN".utf8 }
        if value.isInfinite { return text += (value < 0 ? "-Infinity" : "Infinity").utf8 }
        if value.sign == .minus { text.append(UInt8(ascii: "-")) }
        if value == 0 { return text.append(UInt8(ascii: "0")) }
        // Swift's own text has those digits, in another form: `1.5e-07`, `0.00015`, `100000.0`.
        let parts = value.magnitude.description.split(separator: "e")
        let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let marks = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = Array(marks.joined().utf8)
        // Where the point stands, counted from the first digit that is not 0.
        var point = marks[0].utf8.count + exponent
        let zeros = digits.prefix { $0 == UInt8(ascii: "0") }.count
        digits.removeFirst(zeros)
        point -= zeros
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if point - 1 < -4 || point - 1 >= fixedBelow { return appendScientific(digits, exponent: point - 1, to: &text) }
        if point <= 0 {
            text += "0.".utf8
            text += repeatElement(UInt8(ascii: "0"), count: 0 - point)
            text += digits
        } else {
            text += digits.prefix(point)
            text += repeatElement(UInt8(ascii: "0"), count: max(0, point - digits.count))
            if digits.count > point {
                text.append(UInt8(ascii: "."))
                text += digits[point...]
            }
        }
    }

    private static func appendScientific(_ digits: [UInt8], exponent: Int, to text: inout [UInt8]) {
        text += digits.prefix(1)
        if digits.count > 1 {
            text.append(UInt8(ascii: "."))
            text += digits.dropFirst()
        }
        text.append(UInt8(ascii: "e"))
        text.append(UInt8(ascii: exponent < 0 ? "-" : "+"))
        if exponent.magnitude < 10 { text.append(UInt8(ascii: "0")) }
        text += String(exponent.magnitude).utf8
    }

    private static let hexadecimal = Array("0123456789abcdef".utf8)

    static func appendBytes(_ bytes: [UInt8], to text: inout [UInt8]) {
        text += "\\x".utf8
        for byte in bytes {
            text.append(hexadecimal[Int(byte >> 4)])
            text.append(hexadecimal[Int(byte & 15)])
        }
    }

    static func appendUUID(_ bytes: [UInt8], to text: inout [UInt8]) {
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
            text.append(hexadecimal[Int(byte >> 4)])
            text.append(hexadecimal[Int(byte & 15)])
        }
    }

    // MARK: Arrays

    private static func appendVector(_ array: PostgresArray, to text: inout [UInt8]) {
        for (index, value) in array.values.enumerated() {
            if index > 0 { text.append(0x20) }
            append(value, array.element, offset: { _ in 0 }, to: &text)
        }
    }

    private static func appendArray(_ array: PostgresArray, offset: Offset, to text: inout [UInt8]) {
        guard !array.dimensions.isEmpty else { return text += "{}".utf8 }
        if array.dimensions.contains(where: { $0.first != 1 }) {
            for dimension in array.dimensions { text += "[\(dimension.first):\(Int64(dimension.first) + Int64(dimension.count) - 1)]".utf8 }
            text.append(UInt8(ascii: "="))
        }
        var values = array.values[...]
        appendLevel(array, level: 0, &values, offset: offset, to: &text)
    }

    private static func appendLevel(_ array: PostgresArray, level: Int, _ values: inout ArraySlice<PostgresValue>, offset: Offset, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "{"))
        for index in 0..<Int(array.dimensions[level].count) {
            if index > 0 { text.append(UInt8(ascii: ",")) }
            if level + 1 < array.dimensions.count {
                appendLevel(array, level: level + 1, &values, offset: offset, to: &text)
            } else if let value = values.popFirst() {
                appendElement(value, array.element, offset: offset, to: &text)
            }
        }
        text.append(UInt8(ascii: "}"))
    }

    private static func appendElement(_ value: PostgresValue, _ type: PostgresType, offset: Offset, to text: inout [UInt8]) {
        if value == .null { return text += "NULL".utf8 }
        var element: [UInt8] = []
        append(value, type, offset: offset, to: &element)
        appendElement(element, to: &text)
    }

    /// An element's own text, in quotes where an array's would be read otherwise.
    static func appendElement(_ element: [UInt8], to text: inout [UInt8]) {
        let isPlain = !element.isEmpty && !element.contains { isSpecial($0) } && !saysNull(element)
        if isPlain { return text += element }
        text.append(UInt8(ascii: "\""))
        for byte in element {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
            text.append(byte)
        }
        text.append(UInt8(ascii: "\""))
    }

    /// Whether an element without quotes would be NULL. By its length first: elements are texts of anybody's, which are not compared as Strings.
    static func saysNull(_ element: some Collection<UInt8>) -> Bool { element.count == 4 && String(decoding: element, as: UTF8.self).lowercased() == "null" }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: ","), 0x20, 0x09...0x0D: true
        default: false
        }
    }
}
