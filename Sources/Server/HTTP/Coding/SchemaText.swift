/// A JSON Schema as text, put together of its keywords.
///
/// Text and not a tree: it is made once, at the start, and written into `/openapi.json` as it is. Names and values of keywords are the program's own.
package struct SchemaText: Sendable {
    /// The values of `type`; none where another keyword says what fits.
    private(set) var types: [String]
    /// Keywords and their values as JSON, in the order in which they are written.
    private(set) var keywords: [(name: String, json: String)]

    package init(_ types: String..., keywords: [(name: String, json: String)] = []) { (self.types, self.keywords) = (types, keywords) }

    package static func reference(_ name: String) -> SchemaText {
        SchemaText(keywords: [("$ref", "\"#/components/schemas/\(name)\"")])
    }

    /// The same, or null.
    ///
    /// Of a closed list of words null is one word more; of a reference it is another schema beside it.
    package var nullable: SchemaText {
        var copy = self
        if !types.isEmpty {
            copy.types.append("null")
        } else if let place = keywords.firstIndex(where: { $0.name == "enum" }) {
            copy.keywords[place].json = keywords[place].json.dropLast() + ",null]"
        } else if !keywords.isEmpty {
            copy = SchemaText(keywords: [("anyOf", "[\(text),{\"type\":\"null\"}]")])
        }
        return copy
    }

    package func with(_ name: String, _ json: String) -> SchemaText {
        var copy = self
        copy.keywords.append((name, json))
        return copy
    }

    func with(_ facts: MemberFacts) -> SchemaText {
        var copy = self
        if let description = facts.description {
            let said = Self.quoted("\(description)")
            // What the form says of itself stands behind.
            if let place = copy.keywords.firstIndex(where: { $0.name == "description" }) {
                copy.keywords[place].json = "\(said.dropLast()) \(copy.keywords[place].json.dropFirst())"
            } else {
                copy = copy.with("description", said)
            }
        }
        // The inside of an object, as it is: its first name is split off for the list's sake.
        if let further = facts.keywords.map({ "\($0)" }), let mark = further.firstIndex(of: ":") {
            copy = copy.with(String(further[..<mark].filter { $0 != "\"" }), String(further[further.index(after: mark)...]))
        }
        return copy
    }

    package var text: String {
        let type = types.isEmpty ? [] : ["\"type\":" + (types.count == 1 ? Self.quoted(types[0]) : "[" + types.map(Self.quoted).joined(separator: ",") + "]")]
        return "{" + (type + keywords.map { "\"\($0.name)\":\($0.json)" }).joined(separator: ",") + "}"
    }

    /// Names and descriptions are our own: none has what JSON must escape but quotes.
    static func quoted(_ text: String) -> String { "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\"" }
}

/// Makes a schema of what an object says of its members.
struct SchemaSink: MemberSink {
    private var properties: [(name: String, json: String)] = []
    private var required: [String] = []
    private var hasOthers = false

    init() {}

    mutating func member<Value: BodyForm>(_ name: StaticString, _ value: Value, _ facts: MemberFacts) {
        properties.append(("\(name)", Value.schema.with(facts).text))
        if facts.isRequired { required.append("\(name)") }
    }

    mutating func optional<Value: BodyForm>(_ name: StaticString, _ value: Value?, _ facts: MemberFacts) {
        properties.append(("\(name)", Value.schema.with(facts).text))
    }

    mutating func others(_ members: [(name: String, json: String)]) { hasOthers = true }

    func schema(description: String?, isClosed: Bool) -> SchemaText {
        var schema = SchemaText("object")
        if let description { schema = schema.with("description", SchemaText.quoted(description)) }
        if !required.isEmpty { schema = schema.with("required", "[" + required.map(SchemaText.quoted).joined(separator: ",") + "]") }
        if isClosed { schema = schema.with("additionalProperties", "false") }
        if hasOthers { schema = schema.with("additionalProperties", "true") }
        return schema.with("properties", "{" + properties.map { "\(SchemaText.quoted($0.name)):\($0.json)" }.joined(separator: ",") + "}")
    }
}
