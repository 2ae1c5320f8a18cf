internal import ColumnStore

/// A type file as it was put. Its schema is in `TypeSchemas`: it is what people write.
struct TypeFileBody: ListItem {
    let json: [UInt8]

    static var listName: StaticString { "types" }
    static var listSchemaName: String { "TypeList" }
    static var example: TypeFileBody { TypeFileBody(json: []) }
    static var schema: SchemaText { .reference("Type") }

    func write(to writer: inout JSONWriter) { writer.raw(json) }
}

/// Lines as `till type check` writes them, as one list.
struct TypeCheckBody: JSONObject {
    struct Result: BodyForm {
        let json: String
        static var schema: SchemaText {
            SchemaText("object", keywords: [
                ("required", #"["index"]"#),
                ("properties", ##"{"file":{"type":"string"},"index":{"type":"integer","minimum":0},"columns":{"type":"object","additionalProperties":true},"errors":{"type":"array","items":{"$ref":"#/components/schemas/Violation"}}}"##),
            ])
        }
        func write(to writer: inout JSONWriter) { writer.raw(json.utf8) }
    }
    let lines: [String]

    static var schemaName: String? { "TypeCheck" }
    static var example: TypeCheckBody { TypeCheckBody(lines: []) }

    func members(to sink: inout some MemberSink) { sink.member("results", lines.map { Result(json: $0) }) }
}
