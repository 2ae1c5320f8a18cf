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
