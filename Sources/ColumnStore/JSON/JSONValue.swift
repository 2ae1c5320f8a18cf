/// A small JSON text as a tree: table metadata, bodies of control calls, settings. Numbers keep their digits, since ids pass 2^53;
/// members keep their order, so that what is not understood can be written back.
///
/// Documents never come this way: Ingest reads them.
///
/// No case is boxed: lists keep their elements side by side, and texts of up to 15 bytes, as most numbers are, lie within.
///
/// Equality is of texts, byte by byte: 1 and 1.0 are two numbers, and members in another order make another object.
package enum JSONValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    /// The number's text, in JSON's grammar.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([Member])

    /// Of an object; names are compared by their bytes.
    package struct Member: Equatable, Sendable {
        package let name: String
        package let value: JSONValue

        package init(_ name: String, _ value: JSONValue) {
            self.name = name
            self.value = value
        }

        package static func == (left: Member, right: Member) -> Bool { left.name.hasBytes(of: right.name) && left.value == right.value }
    }

    package static func == (left: JSONValue, right: JSONValue) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.boolean(let own), .boolean(let other)): own == other
        case (.number(let own), .number(let other)), (.string(let own), .string(let other)): own.hasBytes(of: other)
        case (.array(let own), .array(let other)): own == other
        case (.object(let own), .object(let other)): own == other
        default: false
        }
    }

    package static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }

    /// An object of the members whose value isn't nil.
    package static func object(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        .object(members.compactMap { name, value in value.map { Member(name, $0) } })
    }

    // MARK: Reading

    /// For messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .boolean: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }

    /// The member of that name; nil when there is none, or this is no object.
    ///
    /// - Complexity: O(members).
    package subscript(name: String) -> JSONValue? {
        members?.first { $0.name.hasBytes(of: name) }?.value
    }

    /// The member of that name, where null counts as none.
    package subscript(present name: String) -> JSONValue? {
        self[name].flatMap { $0 == .null ? nil : $0 }
    }

    package var boolean: Bool? {
        if case .boolean(let value) = self { value } else { nil }
    }

    /// Of a string alone; nil of a number.
    package var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// Exactly an integer in the range of `Int`.
    package var integer: Int? { whole() }
    package var int64: Int64? { whole() }
    package var int32: Int32? { whole() }

    /// Nil for a fraction, an exponent, or what does not fit: `1.0` and `1e3` are no integers here.
    private func whole<Integer: FixedWidthInteger>() -> Integer? {
        if case .number(let digits) = self { Integer(digits) } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    package var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    // MARK: Writing

    /// - Complexity: recursion as deep as the value, which the parser bounds.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .boolean(let value): writer.boolean(value)
        case .number(let digits): writer.raw(digits.utf8)
        case .string(let text): writer.string(text)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let members):
            writer.beginObject()
            for member in members {
                writer.key(member.name)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// An object without its members of these names; anything else as it is.
    package func without(_ names: Set<String>) -> JSONValue {
        guard !names.isEmpty, case .object(let members) = self else { return self }
        return .object(members.filter { member in !names.contains { $0.hasBytes(of: member.name) } })
    }

    /// The text, without blanks.
    package var serialized: [UInt8] {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.bytes
    }
}

/// Where a text stops being JSON.
package struct JSONSyntaxError: Error, Equatable {
    /// In bytes from the start of the text.
    package let offset: Int
    package let message: String

    package init(offset: Int, message: String) {
        self.offset = offset
        self.message = message
    }
}
