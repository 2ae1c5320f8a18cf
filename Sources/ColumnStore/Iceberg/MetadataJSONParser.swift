/// One pass over a JSON text. Strict: no trailing commas, comments, doubled names, lone surrogates or text after the end.
struct MetadataJSONParser {
    private let text: [UInt8]
    private var offset = 0

    init(text: [UInt8]) {
        self.text = text
    }

    mutating func parseDocument() throws(MetadataJSON.ParseError) -> MetadataJSON {
        skipBlanks()
        let value = try parseValue(depth: 0)
        skipBlanks()
        guard offset == text.count else { throw fault("text after the end of the value") }
        return value
    }

    private func fault(_ reason: String) -> MetadataJSON.ParseError {
        MetadataJSON.ParseError(reason: reason, offset: offset)
    }

    private var current: UInt8? { offset < text.count ? text[offset] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func parseValue(depth: Int) throws(MetadataJSON.ParseError) -> MetadataJSON {
        guard depth < MetadataJSON.depthMax else { throw fault("nested deeper than \(MetadataJSON.depthMax)") }
        switch current {
        case UInt8(ascii: "{"): return try parseObject(depth: depth)
        case UInt8(ascii: "["): return try parseArray(depth: depth)
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte):
            return try parseNumber()
        case nil: throw fault("the text ends where a value should be")
        default: throw fault("not the start of a value")
        }
    }

    private mutating func parseWord(
        _ word: StaticString, _ value: MetadataJSON
    ) throws(MetadataJSON.ParseError) -> MetadataJSON {
        let length = word.utf8CodeUnitCount
        let matches =
            text.count - offset >= length
            && word.withUTF8Buffer { $0.elementsEqual(text[offset..<offset + length]) }
        guard matches else { throw fault("not true, false or null") }
        offset += length
        return value
    }

    private mutating func parseObject(depth: Int) throws(MetadataJSON.ParseError) -> MetadataJSON {
        offset += 1
        var members: [MetadataJSON.Member] = []
        var names: Set<String> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipBlanks()
            guard current == UInt8(ascii: "\"") else { throw fault("a member's name should be here") }
            let name = try parseString()
            guard names.insert(name).inserted else { throw fault("two members are named \(name)") }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw fault("':' should follow a member's name") }
            skipBlanks()
            members.append(MetadataJSON.Member(name, try parseValue(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "}")) else { throw fault("',' or '}' should follow a member") }
            return .object(members)
        }
    }

    private mutating func parseArray(depth: Int) throws(MetadataJSON.ParseError) -> MetadataJSON {
        offset += 1
        var elements: [MetadataJSON] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipBlanks()
            elements.append(try parseValue(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: ",")) { continue }
            guard take(UInt8(ascii: "]")) else { throw fault("',' or ']' should follow an element") }
            return .array(elements)
        }
    }

    private mutating func parseNumber() throws(MetadataJSON.ParseError) -> MetadataJSON {
        let start = offset
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try skipDigits() }
        if take(UInt8(ascii: ".")) { try skipDigits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try skipDigits()
        }
        return .number(String(decoding: text[start..<offset], as: UTF8.self))
    }

    private mutating func skipDigits() throws(MetadataJSON.ParseError) {
        let start = offset
        while let byte = current, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") { offset += 1 }
        guard offset > start else { throw fault("a digit should be here") }
    }

    private mutating func parseString() throws(MetadataJSON.ParseError) -> String {
        offset += 1
        var bytes: [UInt8] = []
        while true {
            guard let byte = current else { throw fault("the text ends inside a string") }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: bytes, as: UTF8.self) else { throw fault("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): try parseEscape(into: &bytes)
            case 0..<0x20: throw fault("a control character inside a string")
            default: bytes.append(byte)
            }
        }
    }

    private mutating func parseEscape(into bytes: inout [UInt8]) throws(MetadataJSON.ParseError) {
        guard let byte = current else { throw fault("the text ends inside an escape") }
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            var code = try parseHex()
            if (0xD800..<0xDC00).contains(code) {
                guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("a lone surrogate") }
                let low = try parseHex()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("a lone surrogate") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("a lone surrogate") }
            bytes.append(contentsOf: String(Character(scalar)).utf8)
        default: throw fault("no such escape")
        }
    }

    private mutating func parseHex() throws(MetadataJSON.ParseError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw fault("the text ends inside an escape") }
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): code = code << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): code = code << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): code = code << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: throw fault("\\u wants four hexadecimal digits")
            }
            offset += 1
        }
        return code
    }
}
