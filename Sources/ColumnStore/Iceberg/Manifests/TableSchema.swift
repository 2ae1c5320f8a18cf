/// A schema of a table under its id: columns with the field ids by which files know them, whatever they are called.
///
/// Its JSON form is that of the Iceberg specification, Appendix C, "Schemas". Types and their names there:
///
///     boolean, int, long, float, double, string, binary, uuid, date, time     as they are called; float is read as double
///     decimal(P,S)                              1 ≤ P ≤ 38, 0 ≤ S ≤ P
///     timestamp, timestamptz                    microseconds; …_ns nanoseconds, which are read and never stored
///     fixed[N]                                  read as binary
///     struct, list                              objects; a map is read as a list of `key` and `value`
public struct TableSchema: Sendable, Equatable {
    public let id: Int32
    /// Every field, list element and struct member has an id.
    public let schema: Schema
    /// As the writer of the table put it, with what this module has no use for.
    /// What is written back is this: a schema that was read and stays is not made anew from columns.
    let json: JSONValue

    /// - Precondition: all fields have ids.
    init(id: Int32, schema: Schema) {
        self.id = id
        self.schema = schema
        json = .object([
            "type": .string("struct"), "schema-id": .integer(id),
            "fields": .array(schema.fields.map(Self.json(field:))),
        ])
    }

    /// - Throws: `.corruptFile` for what is no schema, `.unsupportedFeature` for types that columns here cannot hold.
    init(_ json: JSONValue, path: String) throws(ColumnStoreError) {
        guard let id = json[present: "schema-id"]?.int32 else {
            throw ColumnStoreError(.corruptFile, path: path, "a schema without \"schema-id\"")
        }
        self.id = id
        self.json = json
        schema = Schema(try Self.fields(json, path: path, depth: 0))
    }

    // MARK: Field ids

    /// The same columns with ids counted up from `lastColumnID`, depth first; ids that are there are replaced.
    ///
    /// - Returns: the columns; `lastColumnID` is then the greatest id that was given, which is never given again.
    static func numbering(_ fields: [Field], lastColumnID: inout Int32) -> [Field] {
        var numbered: [Field] = []
        for field in fields {
            lastColumnID += 1
            var copy = field
            copy.id = lastColumnID
            switch field.type {
            case .list(let element):
                let inner = numbering([element], lastColumnID: &lastColumnID)
                copy.type = .list(element: inner[0])
            case .structure(let members):
                copy.type = .structure(numbering(members, lastColumnID: &lastColumnID))
            default: break
            }
            numbered.append(copy)
        }
        return numbered
    }

    /// Of all columns, elements and members; 0 for no columns.
    ///
    /// - Throws: `.invalidRequest` when a field has no id, or two have the same.
    static func greatestID(_ fields: [Field]) throws(ColumnStoreError) -> Int32 {
        var seen: Set<Int32> = []
        try gatherIDs(fields, &seen)
        return seen.max() ?? 0
    }

    /// Ids are unique over the whole schema, nested fields included, and above 0.
    private static func gatherIDs(_ fields: [Field], _ seen: inout Set<Int32>) throws(ColumnStoreError) {
        for field in fields {
            guard let id = field.id, id > 0, seen.insert(id).inserted else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "a field without an id of its own")
            }
            switch field.type {
            case .list(let element): try gatherIDs([element], &seen)
            case .structure(let members): try gatherIDs(members, &seen)
            default: break
            }
        }
    }

    /// The top-level column of that id.
    public func field(id: Int32) -> Field? { schema.fields.first { $0.id == id } }

    // MARK: JSON

    private static func json(field: Field) -> JSONValue {
        .object([
            "id": .integer(field.id ?? 0), "name": .string(field.name), "required": .boolean(field.isRequired),
            "type": json(type: field.type),
        ])
    }

    /// JSON documents are strings to other engines: the format has no type for them.
    private static func json(type: ColumnType) -> JSONValue {
        switch type {
        case .boolean: .string("boolean")
        case .int32: .string("int")
        case .int64: .string("long")
        case .double: .string("double")
        case .decimal(let precision, let scale): .string("decimal(\(precision),\(scale))")
        case .string, .json: .string("string")
        case .binary: .string("binary")
        case .uuid: .string("uuid")
        case .date: .string("date")
        case .time: .string("time")
        case .timestamp(let isUTC): .string(isUTC ? "timestamptz" : "timestamp")
        case .timestampNanoseconds(let isUTC): .string(isUTC ? "timestamptz_ns" : "timestamp_ns")
        case .list(let element):
            .object([
                "type": .string("list"), "element-id": .integer(element.id ?? 0),
                "element-required": .boolean(element.isRequired), "element": json(type: element.type),
            ])
        case .structure(let fields):
            .object(["type": .string("struct"), "fields": .array(fields.map(json(field:)))])
        // Never stored (`isStorable`).
        case .interval, .null: .string("unknown")
        }
    }

    /// Types that no table has: they are refused before a schema is written.
    static func isStorable(_ type: ColumnType) -> Bool {
        switch type {
        case .interval, .null, .timestampNanoseconds: false
        case .list(let element): isStorable(element.type)
        case .structure(let fields): !fields.isEmpty && fields.allSatisfy { isStorable($0.type) }
        default: true
        }
    }

    /// The members of a struct, or the columns of the schema, in the writer's order.
    private static func fields(_ json: JSONValue, path: String, depth: Int) throws(ColumnStoreError) -> [Field] {
        guard let members = json[present: "fields"]?.array else {
            throw ColumnStoreError(.corruptFile, path: path, "a struct without \"fields\"")
        }
        var fields: [Field] = []
        for member in members {
            guard let id = member[present: "id"]?.int32, let name = member[present: "name"]?.text, let type = member[present: "type"] else {
                throw ColumnStoreError(.corruptFile, path: path, "a field without id, name or type")
            }
            fields.append(
                Field(
                    name, try Self.type(type, path: path, depth: depth + 1), id: id,
                    isRequired: member[present: "required"]?.boolean ?? false))
        }
        return fields
    }

    /// - Throws: `.corruptFile` for a nested type that lacks a part, `.unsupportedFeature` for a type of no known name.
    private static func type(_ json: JSONValue, path: String, depth: Int) throws(ColumnStoreError) -> ColumnType {
        if let name = json.text { return try primitive(name, path: path) }
        switch json[present: "type"]?.text {
        case "struct": return .structure(try fields(json, path: path, depth: depth))
        case "list":
            guard let id = json[present: "element-id"]?.int32, let element = json[present: "element"] else {
                throw ColumnStoreError(.corruptFile, path: path, "a list without element-id or element")
            }
            return .list(
                element: Field(
                    "element", try type(element, path: path, depth: depth + 1), id: id,
                    isRequired: json[present: "element-required"]?.boolean ?? false))
        case "map":
            guard let keyID = json[present: "key-id"]?.int32, let key = json[present: "key"], let valueID = json[present: "value-id"]?.int32,
                let value = json[present: "value"]
            else { throw ColumnStoreError(.corruptFile, path: path, "a map without key or value") }
            let pair = ColumnType.structure([
                Field("key", try type(key, path: path, depth: depth + 1), id: keyID, isRequired: true),
                Field(
                    "value", try type(value, path: path, depth: depth + 1), id: valueID,
                    isRequired: json[present: "value-required"]?.boolean ?? false),
            ])
            // As Parquet lays a map down: a list of pairs, whose record has no id of its own.
            return .list(element: Field("key_value", pair, isRequired: true))
        default: throw ColumnStoreError(.unsupportedFeature, path: path, "a column of type \(String(decoding: json.serialized, as: UTF8.self))")
        }
    }

    private static func primitive(_ name: String, path: String) throws(ColumnStoreError) -> ColumnType {
        switch name {
        case "boolean": return .boolean
        case "int": return .int32
        case "long": return .int64
        case "float", "double": return .double
        case "string": return .string
        case "binary": return .binary
        case "uuid": return .uuid
        case "date": return .date
        case "time": return .time
        case "timestamp": return .timestamp(isUTC: false)
        case "timestamptz": return .timestamp(isUTC: true)
        case "timestamp_ns": return .timestampNanoseconds(isUTC: false)
        case "timestamptz_ns": return .timestampNanoseconds(isUTC: true)
        default: break
        }
        if name.hasPrefix("fixed[") { return .binary }
        // Some writers put a blank behind the comma.
        if name.hasPrefix("decimal("), name.hasSuffix(")") {
            let parts = name.dropFirst(8).dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
            if parts.count == 2, let precision = Int(parts[0]), let scale = Int(parts[1]), (1...38).contains(precision),
                (0...precision).contains(scale)
            {
                return .decimal(precision: precision, scale: scale)
            }
        }
        throw ColumnStoreError(.unsupportedFeature, path: path, "a column of type \(name)")
    }
}
