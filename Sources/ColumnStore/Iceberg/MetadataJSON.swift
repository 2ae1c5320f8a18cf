// JSON as RFC 8259 has it, for table metadata: strict, and with numbers kept as text, since snapshot ids pass 2^53.

/// A JSON value that keeps what it doesn't understand: numbers as written, members in their order.
public enum MetadataJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    /// The number's text, in JSON's grammar.
    case number(String)
    case string(String)
    case array([MetadataJSON])
    case object([Member])

    public struct Member: Sendable, Equatable {
        public let name: String
        public var value: MetadataJSON

        public init(_ name: String, _ value: MetadataJSON) {
            self.name = name
            self.value = value
        }
    }

    /// What was wrong with a text, and at which byte.
    public struct ParseError: Error, Sendable, Equatable {
        public let reason: String
        public let offset: Int
    }

    /// Nesting deeper than any schema's: our own lists are four deep.
    static let depthMax = 100

    public init(parsing text: [UInt8]) throws(ParseError) {
        var parser = MetadataJSONParser(text: text)
        self = try parser.parseDocument()
    }

    public static func integer(_ value: some BinaryInteger) -> MetadataJSON {
        .number(String(value))
    }

    /// An object of the members whose value isn't nil.
    static func object(_ members: KeyValuePairs<String, MetadataJSON?>) -> MetadataJSON {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    // MARK: Reading

    /// The member of that name; nil when there is none, or this is no object. JSON null counts as none.
    public subscript(name: String) -> MetadataJSON? {
        guard case .object(let members) = self else { return nil }
        guard let member = members.first(where: { $0.name == name }), member.value != .null else { return nil }
        return member.value
    }

    /// Exactly an integer in the range of Int64.
    public var int64: Int64? {
        guard case .number(let text) = self else { return nil }
        return Int64(text)
    }

    public var int32: Int32? {
        guard case .number(let text) = self else { return nil }
        return Int32(text)
    }

    public var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    public var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    public var array: [MetadataJSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    public var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    // MARK: Writing

    /// The text, without blanks.
    public var utf8: [UInt8] {
        var text: [UInt8] = []
        append(to: &text)
        return text
    }

    public var text: String { String(decoding: utf8, as: UTF8.self) }

    private func append(to text: inout [UInt8]) {
        switch self {
        case .null: text.append(contentsOf: "null".utf8)
        case .bool(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let number): text.append(contentsOf: number.utf8)
        case .string(let string): Self.append(string, to: &text)
        case .array(let elements):
            text.append(UInt8(ascii: "["))
            for (index, element) in elements.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                element.append(to: &text)
            }
            text.append(UInt8(ascii: "]"))
        case .object(let members):
            text.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                Self.append(member.name, to: &text)
                text.append(UInt8(ascii: ":"))
                member.value.append(to: &text)
            }
            text.append(UInt8(ascii: "}"))
        }
    }

    private static func append(_ string: String, to text: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0..<0x20:
                text.append(contentsOf: "\\u00".utf8)
                text.append(digits[Int(byte >> 4)])
                text.append(digits[Int(byte & 15)])
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }
}
