/// A schema of Apache Avro 1.11, as far as manifests need it: fields are known by Iceberg's `field-id`, not by their names.
///
/// Made from the schema in the header of each file, and walked once for each record: the writer's types decide how values are read, not what the
/// reader expects. Aliases, defaults, orders and logical types are passed over, names of enumerations too.
package indirect enum AvroType: Sendable {
    case null, boolean, int, long, float, double, bytes, string
    /// As many bytes, with no length before them.
    case fixed(byteCount: Int)
    /// The place of a symbol, which is read as a long.
    case enumeration
    case array(AvroType)
    case map(AvroType)
    /// Never empty.
    case union([AvroType])
    /// In the order in which values are written.
    case record([AvroField])

    /// More types than any manifest has, named ones counted at each use: a small text that names records inside records could
    /// unfold to billions.
    static let nodeCountMax = 10_000
    /// Of a schema in memory: one of a manifest has kilobytes.
    private static let schemaByteCountMax = 64 << 20

    /// What a value takes at least.
    /// 0 for null, and for a record of nothing but such.
    var byteCountMin: Int {
        switch self {
        case .null: 0
        case .boolean, .int, .long, .bytes, .string, .enumeration, .array, .map, .union: 1
        case .float: 4
        case .double: 8
        case .fixed(let byteCount): byteCount
        case .record(let fields): fields.reduce(0) { $0.addingSaturating($1.type.byteCountMin) }
        }
    }

    /// - Throws: `.badSchema`, with what is wrong in words.
    init(parsing schema: [UInt8]) throws(AvroFault) {
        // Text takes many times its bytes once it is read, long before its types are counted.
        guard JSONParser.valueByteCount(of: schema) <= Self.schemaByteCountMax else { throw .badSchema("too long") }
        let json: JSONValue
        do {
            json = try JSONParser.parse(schema)
        } catch {
            throw .badSchema("\(error.message) at byte \(error.offset)")
        }
        // A name counts for all types below it, so that the whole unfolded schema is bounded and not its text.
        var named: [String: (type: AvroType, nodeCount: Int)] = [:]
        var nodeCount = 0
        self = try Self.parse(json, &named, &nodeCount)
    }

    /// The records, fixed types and enumerations that were read so far, under their names with and without their namespace.
    private typealias Named = [String: (type: AvroType, nodeCount: Int)]

    private static func parse(
        _ json: JSONValue, _ named: inout Named, _ nodeCount: inout Int
    ) throws(AvroFault) -> AvroType {
        nodeCount += 1
        guard nodeCount <= nodeCountMax else { throw .badSchema("more than \(nodeCountMax) types") }
        switch json {
        case .string(let name): return try primitiveOrNamed(name, named, &nodeCount)
        case .array(let branches):
            var types: [AvroType] = []
            for branch in branches { types.append(try parse(branch, &named, &nodeCount)) }
            guard !types.isEmpty else { throw .badSchema("an empty union") }
            return .union(types)
        case .object: return try parseObject(json, &named, &nodeCount)
        default: throw .badSchema("a type is neither a name, a list nor an object")
        }
    }

    private static func primitiveOrNamed(
        _ name: String, _ named: Named, _ nodeCount: inout Int
    ) throws(AvroFault) -> AvroType {
        switch name {
        case "null": return .null
        case "boolean": return .boolean
        case "int": return .int
        case "long": return .long
        case "float": return .float
        case "double": return .double
        case "bytes": return .bytes
        case "string": return .string
        default:
            // A record that contains itself isn't there yet while it is read, and is refused so.
            guard let (type, count) = named[name] else { throw .badSchema("no type is named \(name)") }
            nodeCount += count
            return type
        }
    }

    private static func parseObject(
        _ json: JSONValue, _ named: inout Named, _ nodeCount: inout Int
    ) throws(AvroFault) -> AvroType {
        let before = nodeCount
        guard let kind = json[present: "type"] else { throw .badSchema("an object without \"type\"") }
        // `{"type": {"type": "array", …}}`: one object around another.
        guard let kind = kind.text else { return try parse(kind, &named, &nodeCount) }
        let type: AvroType
        switch kind {
        case "record", "error":
            var fields: [AvroField] = []
            for field in json[present: "fields"]?.array ?? [] {
                guard let name = field[present: "name"]?.text, let fieldType = field[present: "type"] else {
                    throw .badSchema("a field without a name or a type")
                }
                fields.append(
                    AvroField(
                        name: name, id: field[present: "field-id"]?.int32,
                        type: try parse(fieldType, &named, &nodeCount)))
            }
            type = .record(fields)
        case "array":
            guard let items = json[present: "items"] else { throw .badSchema("an array without items") }
            return .array(try parse(items, &named, &nodeCount))
        case "map":
            guard let values = json[present: "values"] else { throw .badSchema("a map without values") }
            return .map(try parse(values, &named, &nodeCount))
        case "fixed":
            guard let size = json[present: "size"]?.int32, size >= 0 else { throw .badSchema("a fixed without a size") }
            type = .fixed(byteCount: Int(size))
        case "enum": type = .enumeration
        // `{"type": "long", "logicalType": …}`: a name in an object.
        default: return try primitiveOrNamed(kind, named, &nodeCount)
        }
        if let name = json[present: "name"]?.text {
            named[name] = (type, nodeCount - before)
            if let space = json[present: "namespace"]?.text { named[space + "." + name] = (type, nodeCount - before) }
        }
        return type
    }
}

/// A field of an Avro record, in the order in which its values are written.
package struct AvroField: Sendable {
    let name: String
    /// Iceberg's id; nil when the writer gave none.
    let id: Int32?
    let type: AvroType
}

/// What can be wrong with an Avro file. Facts only; `IcebergError` adds the place.
package enum AvroFault: Error, Equatable {
    /// The first four bytes are not those of a container of version 1.
    case notAvro
    case badSchema(String)
    case badHeader(String)
    /// A codec other than "null" and "deflate", which alone are read here.
    case unknownCodec(String)
    /// A block that does not inflate, or to more than is allowed.
    case badCompression
    /// Bytes end before the value that they should hold.
    case truncated
    /// A block isn't followed by the file's 16 bytes.
    case badSync
    /// A number, length or count outside what its place allows.
    case outOfRange(String)
    case notUTF8
    /// The writer's type of a field isn't the one that Iceberg gives it.
    case wrongType(field: String)
    /// A field that the format requires is absent or null.
    case missingField(String)
    /// Well-formed, but of a kind that isn't read here.
    case unsupported(String)
}
