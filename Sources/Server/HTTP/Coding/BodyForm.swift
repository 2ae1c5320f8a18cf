package import ColumnStore

/// What a JSON value is made of, and what its schema is: the text of answers and their description in OpenAPI come from the same lines.
///
/// Nothing here looks at values at run time: a form is compiled to the calls of `JSONWriter` that one would write by hand.
package protocol BodyForm {
    static var schema: SchemaText { get }
    func write(to writer: inout JSONWriter)
}

extension BodyForm {
    /// The whole text of a body.
    package func json(reserving byteCount: Int = 256) -> [UInt8] {
        var writer = JSONWriter(reserving: byteCount)
        write(to: &writer)
        return writer.bytes
    }
}

/// A JSON object: it states its members once.
///
///     struct VersionBody: JSONObject {
///         let version: String
///         static var example: VersionBody { VersionBody(version: "") }
///         func members(to sink: inout some MemberSink) { sink.member("version", version) }
///     }
///
/// A writer makes its text of that, a `SchemaSink` its schema, of the example: so each member must be said whatever the values are.
package protocol JSONObject: BodyForm {
    /// Its name among OpenAPI's schemas; nil: written out wherever it stands.
    static var schemaName: String? { get }
    static var schemaDescription: String? { get }
    /// Whether it may have no other members: of what is sent to the server.
    static var isClosed: Bool { get }
    /// One of its kind, of which the schema is made.
    static var example: Self { get }
    func members(to sink: inout some MemberSink)
}

extension JSONObject {
    package static var schemaName: String? { nil }
    package static var schemaDescription: String? { nil }
    package static var isClosed: Bool { false }
    package static var schema: SchemaText { schemaName.map { .reference($0) } ?? objectSchema }

    /// The schema itself, where `schema` may only name it.
    package static var objectSchema: SchemaText {
        var sink = SchemaSink()
        example.members(to: &sink)
        return sink.schema(description: schemaDescription, isClosed: isClosed)
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        members(to: &writer)
        writer.endObject()
    }
}

/// What an object tells its members to.
package protocol MemberSink {
    mutating func member<Value: BodyForm>(_ name: StaticString, _ value: Value, _ facts: MemberFacts)
    /// One that is left out where it is nil.
    mutating func optional<Value: BodyForm>(_ name: StaticString, _ value: Value?, _ facts: MemberFacts)
    /// Members that only the value knows the names of, each one JSON value already.
    mutating func others(_ members: [(name: String, json: String)])
}

extension MemberSink {
    package mutating func member(_ name: StaticString, _ value: some BodyForm) { member(name, value, MemberFacts()) }
    package mutating func optional(_ name: StaticString, _ value: (some BodyForm)?) { optional(name, value, MemberFacts()) }
}

/// What a schema says of a member beyond its form.
package struct MemberFacts: Sendable {
    let description: StaticString?
    /// Further keywords of JSON Schema, as the inside of an object.
    let keywords: StaticString?
    /// False where the same object is sent to the server, and may leave the member out there.
    let isRequired: Bool

    package init(_ description: StaticString? = nil, keywords: StaticString? = nil, isRequired: Bool = true) {
        (self.description, self.keywords, self.isRequired) = (description, keywords, isRequired)
    }
}

extension JSONWriter: MemberSink {
    package mutating func member<Value: BodyForm>(_ name: StaticString, _ value: Value, _ facts: MemberFacts) {
        key(name)
        value.write(to: &self)
    }

    package mutating func optional<Value: BodyForm>(_ name: StaticString, _ value: Value?, _ facts: MemberFacts) {
        guard let value else { return }
        key(name)
        value.write(to: &self)
    }

    /// Their names are escaped, their values written as they are.
    package mutating func others(_ members: [(name: String, json: String)]) {
        for member in members {
            key(member.name)
            raw(member.json.utf8)
        }
    }
}
