/// RFC 8259, strictly: UTF-8 (a byte order mark may lead), no duplicate member names, no lone surrogates, nothing after the value.
package struct JSONParser {
    /// Deeper nesting is refused: the parser recurses.
    package static let depthMax = 128

    private let bytes: [UInt8]
    private var position = 0

    package static func parse(_ bytes: [UInt8]) throws(JSONSyntaxError) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        return try parser.document()
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func document() throws(JSONSyntaxError) -> JSONValue {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
        if let bad = bytes.withUnsafeBufferPointer({ UTF8Check.firstFault(in: $0) }) { throw JSONSyntaxError(offset: bad, message: "the text is not UTF-8") }
        skipBlanks()
        let value = try value(depth: 0)
        skipBlanks()
        if position < bytes.count { throw fault("text after the value") }
        return value
    }

    private func fault(_ message: String) -> JSONSyntaxError { JSONSyntaxError(offset: position, message: message) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func value(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        guard depth < Self.depthMax else { throw fault("nested deeper than \(Self.depthMax)") }
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .boolean(true))
        case UInt8(ascii: "f"): return try word("false", .boolean(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case nil: throw fault("the text ends where a value should be")
        case let byte? where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): return .number(try number())
        default: throw fault("not the start of a value")
        }
    }

    private mutating func word(_ word: String, _ value: JSONValue) throws(JSONSyntaxError) -> JSONValue {
        guard bytes[position...].starts(with: word.utf8) else { throw fault("not the start of a value") }
        position += word.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        var members: [JSONValue.Member] = []
        var names: Set<[UInt8]> = []
        position += 1
        skipBlanks()
        if current == UInt8(ascii: "}") { position += 1; return .object([]) }
        while true {
            guard current == UInt8(ascii: "\"") else { throw fault("a member name is missing") }
            let name = try string()
            guard names.insert(Array(name.utf8)).inserted else { throw fault("the member \"\(name)\" occurs twice") }
            skipBlanks()
            guard current == UInt8(ascii: ":") else { throw fault("a colon is missing") }
            position += 1
            skipBlanks()
            members.append(.init(name, try value(depth: depth + 1)))
            skipBlanks()
            if current == UInt8(ascii: "}") { position += 1; return .object(members) }
            guard current == UInt8(ascii: ",") else { throw fault("a comma or } is missing") }
            position += 1
            skipBlanks()
        }
    }

    private mutating func array(depth: Int) throws(JSONSyntaxError) -> JSONValue {
        var elements: [JSONValue] = []
        position += 1
        skipBlanks()
        if current == UInt8(ascii: "]") { position += 1; return .array([]) }
        while true {
            elements.append(try value(depth: depth + 1))
            skipBlanks()
            if current == UInt8(ascii: "]") { position += 1; return .array(elements) }
            guard current == UInt8(ascii: ",") else { throw fault("a comma or ] is missing") }
            position += 1
            skipBlanks()
        }
    }

    private mutating func number() throws(JSONSyntaxError) -> String {
        let start = position
        if current == UInt8(ascii: "-") { position += 1 }
        if current == UInt8(ascii: "0") { position += 1 } else { try digits() }
        if current == UInt8(ascii: ".") {
            position += 1
            try digits()
        }
        if current == UInt8(ascii: "e") || current == UInt8(ascii: "E") {
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONSyntaxError) {
        let start = position
        while let byte = current, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw fault("a digit is missing") }
    }

    private mutating func string() throws(JSONSyntaxError) -> String {
        position += 1
        var text: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"): try escape(into: &text)
            case 0..<0x20: position -= 1; throw fault("a control character in a string")
            default: text.append(byte)
            }
        }
        throw fault("the text ends inside a string")
    }

    private mutating func escape(into text: inout [UInt8]) throws(JSONSyntaxError) {
        guard let byte = current else { throw fault("the text ends inside a string") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard current == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
                else { throw fault("a lone surrogate") }
                position += 2
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw fault("a lone surrogate") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw fault("a lone surrogate") }
            text.append(contentsOf: Character(scalar).utf8)
        default: position -= 1; throw fault("an unknown escape")
        }
    }

    private mutating func hexadecimal() throws(JSONSyntaxError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw fault("four hexadecimal digits are missing") }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
