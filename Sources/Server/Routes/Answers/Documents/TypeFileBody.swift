internal import ColumnStore
internal import Ingest

/// A type file as it was put. Its schema is in `TypeSchemas`: it is what people write.
struct TypeFileBody: ListItem {
    let json: [UInt8]

    static var listName: StaticString { "types" }
    static var listSchemaName: String { "TypeList" }
    static var example: TypeFileBody { TypeFileBody(json: []) }
    static var schema: SchemaText { .reference("Type") }

    func write(to writer: inout JSONWriter) { writer.raw(json) }
}

/// A type file as it once was put.
struct TypeVersionBody: ListItem, JSONObject {
    let version: TypeVersion

    static var schemaName: String? { "TypeVersion" }
    static var listName: StaticString { "versions" }
    static var listSchemaName: String { "TypeVersionList" }
    static var example: TypeVersionBody { TypeVersionBody(version: TypeVersion(version: 1, putAt: 0, json: Array("{}".utf8))) }

    func members(to sink: inout some MemberSink) {
        sink.member("version", version.version)
        sink.member("put_at", InstantForm(version.putAt))
        sink.member("type", TypeFileBody(json: version.json))
    }
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
