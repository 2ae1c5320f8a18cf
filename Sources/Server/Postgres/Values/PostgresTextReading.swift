internal import ColumnStore

/// Values out of text, in the forms that `PostgresText` writes and a little more. Parameters in text do not pass here: they are literals of the question's own language.
extension PostgresText {
    /// - Throws: 22P02, with the type's name and the text.
    package static func read(_ text: [UInt8], _ type: PostgresColumnType) throws(PostgresFault) -> PostgresValue {
        switch type {
        case .plain(let type): return try read(text[...], type)
        case .array(let element):
            var reader = ArrayReader(text: text[...], element: element)
            return .array(try reader.whole())
        }
    }

    fileprivate static func read(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> PostgresValue {
        guard let value = try value(text, type) else {
            throw PostgresFault(.invalidTextRepresentation, "invalid input syntax for type \(type): \"\(String(decoding: text.prefix(200), as: UTF8.self))\"")
        }
        return value
    }

    private static func value(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> PostgresValue? {
        func word() -> String { String(decoding: text, as: UTF8.self) }
        switch type.form {
        case .bool: return bool(word())
        case .int16: return Int16(word()).map(PostgresValue.int16)
        case .int32: return Int32(word()).map(PostgresValue.int32)
        case .int64: return Int64(word()).map(PostgresValue.int64)
        case .float32: return Float(word()).map(PostgresValue.float32)
        case .float64: return Double(word()).map(PostgresValue.float64)
        case .numeric: return PostgresNumeric(text: text).map(PostgresValue.numeric)
        case .text, .jsonb:
            guard !text.contains(0) else { return nil }
            return .text(Array(try WireReader.text(text).utf8))
        case .bytes: return bytes(text).map(PostgresValue.bytes)
        case .character: return text.count <= 1 ? .character(text.first ?? 0) : nil
        case .date:
            if let isLast = PostgresTime.isInfinite(text) { return .date(isLast ? .max : .min) }
            return PostgresTime.read(text).flatMap(PostgresTime.date).map(PostgresValue.date)
        case .time: return PostgresTime.time(text).map(PostgresValue.time)
        case .timestamp, .instant:
            if let isLast = PostgresTime.isInfinite(text) { return .timestamp(isLast ? .max : .min) }
            return PostgresTime.read(text).flatMap(PostgresTime.timestamp).map(PostgresValue.timestamp)
        case .interval: return PostgresTime.interval(text)
        case .uuid: return uuid(text)
        case .oid: return UInt32(word()).map(PostgresValue.oid)
        case .vector: return try vector(text, type)
        }
    }

    private static func bool(_ word: String) -> PostgresValue? {
        switch word.lowercased() {
        case "t", "true", "y", "yes", "on", "1": .bool(true)
        case "f", "false", "n", "no", "off", "0": .bool(false)
        default: nil
        }
    }

    private static func nibble(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - 0x57
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - 0x37
        default: nil
        }
    }

    private static func hexadecimal(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var high: UInt8?
        for byte in text {
            guard let part = nibble(byte) else { return nil }
            if let first = high {
                bytes.append(first << 4 | part)
                high = nil
            } else {
                high = part
            }
        }
        return high == nil ? bytes : nil
    }

    private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        text.starts(with: "\\x".utf8) ? hexadecimal(text.dropFirst(2)) : nil
    }

    private static func uuid(_ text: ArraySlice<UInt8>) -> PostgresValue? {
        guard let bytes = hexadecimal(text.filter { $0 != UInt8(ascii: "-") }), bytes.count == 16 else { return nil }
        return .uuid(bytes)
    }

    private static func vector(_ text: ArraySlice<UInt8>, _ type: PostgresType) throws(PostgresFault) -> PostgresValue? {
        let element: PostgresType = type == .int2vector ? .int2 : .oid
        var values: [PostgresValue] = []
        for word in text.split(separator: 0x20) { values.append(try read(word, element)) }
        return .array(PostgresArray(element, dimensions: [.init(count: Int32(clamping: values.count), first: 0)], values: values))
    }
}

/// `{1,NULL,"a,b"}`, `[0:1]={{1,2},{3,4}}`.
private struct ArrayReader {
    private var rest: ArraySlice<UInt8>
    private let text: ArraySlice<UInt8>
    private let element: PostgresType
    private var counts: [Int?] = []
    private var values: [PostgresValue] = []
    /// Where values stand; above it there are rows alone.
    private var leaf: Int?

    init(text: ArraySlice<UInt8>, element: PostgresType) {
        self.text = text
        self.element = element
        rest = text
    }

    private var malformed: PostgresFault {
        PostgresFault(.invalidTextRepresentation, "malformed array literal: \"\(String(decoding: text.prefix(200), as: UTF8.self))\"")
    }

    /// Blanks around braces, commas and elements mean nothing, as in PostgreSQL.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        rest = rest.drop(while: Self.isBlank)
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func whole() throws(PostgresFault) -> PostgresArray {
        let firsts = try bounds()
        guard skip("{") else { throw malformed }
        try level(0)
        guard rest.allSatisfy(Self.isBlank) else { throw malformed }
        if values.isEmpty { return PostgresArray(element, dimensions: [], values: []) }
        guard firsts.isEmpty || firsts.count == counts.count else { throw malformed }
        var dimensions: [PostgresArray.Dimension] = []
        for (index, count) in counts.enumerated() {
            dimensions.append(.init(count: Int32(clamping: count ?? 0), first: firsts.isEmpty ? 1 : firsts[index]))
        }
        return PostgresArray(element, dimensions: dimensions, values: values)
    }

    /// `[0:1][2:5]=`
    private mutating func bounds() throws(PostgresFault) -> [Int32] {
        guard rest.first == UInt8(ascii: "["), let end = rest.firstIndex(of: UInt8(ascii: "=")) else { return [] }
        var firsts: [Int32] = []
        for part in rest[..<end].split(separator: UInt8(ascii: "]")) {
            let sides = part.dropFirst().split(separator: UInt8(ascii: ":"))
            guard part.first == UInt8(ascii: "["), sides.count == 2, let first = Int32(String(decoding: sides[0], as: UTF8.self)) else { throw malformed }
            firsts.append(first)
        }
        rest = rest[(end + 1)...]
        return firsts
    }

    private mutating func level(_ depth: Int) throws(PostgresFault) {
        guard depth < PostgresArray.dimensionsMax else { throw malformed }
        if counts.count == depth { counts.append(nil) }
        var count = 0
        if !skip("}") {
            repeat {
                if skip("{") {
                    guard leaf.map({ depth < $0 }) ?? true else { throw malformed }
                    try level(depth + 1)
                } else {
                    guard counts.count == depth + 1 else { throw malformed }
                    leaf = depth
                    values.append(try item())
                }
                count += 1
            } while skip(",")
            guard skip("}") else { throw malformed }
        }
        // All rows of one level are equally long.
        guard counts[depth] == nil || counts[depth] == count else { throw malformed }
        counts[depth] = count
    }

    private mutating func item() throws(PostgresFault) -> PostgresValue {
        if skip("\"") {
            var bytes: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\"") { return try PostgresText.read(bytes[...], element) }
                if byte == UInt8(ascii: "\\") {
                    guard let next = rest.popFirst() else { break }
                    bytes.append(next)
                } else {
                    bytes.append(byte)
                }
            }
            throw malformed
        }
        let found = rest.prefix { ![UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "{"), UInt8(ascii: "\"")].contains($0) }
        rest = rest.dropFirst(found.count)
        guard let last = found.lastIndex(where: { !Self.isBlank($0) }) else { throw malformed }
        let word = found[...last]
        if String(decoding: word, as: UTF8.self).lowercased() == "null" { return .null }
        return try PostgresText.read(word, element)
    }
}
