/// One node of the flattened schema tree, depth first (parquet.thrift, SchemaElement).
///
///     SchemaElement   1 type   2 type_length   3 repetition_type   4! name   5 num_children   6 converted_type
///                     7 scale   8 precision   9 field_id   10 logicalType
///
/// `SchemaReader` makes a tree of these, `WriterSchema` these of a schema. Physical types and repetitions that are not known are refused, since then
/// nothing in the file can be found; converted types that are not count as none.
public struct SchemaElement: Hashable, Sendable {
    /// Nil for a group.
    public var type: PhysicalType?
    /// Byte count of a FIXED_LEN_BYTE_ARRAY.
    public var typeLength: Int32?
    /// Nil for the root.
    public var repetition: FieldRepetition?
    public var name: String
    /// How many of the following subtrees are this group's children; nil for a leaf.
    public var childCount: Int32?
    public var convertedType: ConvertedType?
    /// Of a DECIMAL by its converted type; the logical type has its own.
    public var scale: Int32?
    public var precision: Int32?
    /// The id by which Iceberg knows the field.
    public var fieldID: Int32?
    public var logicalType: LogicalType?

    public init(
        name: String, type: PhysicalType? = nil, typeLength: Int32? = nil, repetition: FieldRepetition? = nil,
        childCount: Int32? = nil, convertedType: ConvertedType? = nil, scale: Int32? = nil, precision: Int32? = nil,
        fieldID: Int32? = nil, logicalType: LogicalType? = nil
    ) {
        self.type = type
        self.typeLength = typeLength
        self.repetition = repetition
        self.name = name
        self.childCount = childCount
        self.convertedType = convertedType
        self.scale = scale
        self.precision = precision
        self.fieldID = fieldID
        self.logicalType = logicalType
    }
}

extension SchemaElement: ThriftStructure {
    public init(from reader: inout ThriftCompactReader) throws(ThriftError) {
        var id: Int16 = 0
        var name: String?
        self.init(name: "")
        try reader.enterStruct()
        while let field = try reader.nextField(after: &id) {
            switch (field.id, field.type) {
            case (1, .i32):
                let raw = try reader.readI32()
                guard let type = PhysicalType(rawValue: raw) else {
                    throw .invalidField(structure: "SchemaElement", id: 1, value: Int64(raw))
                }
                self.type = type
            case (2, .i32): typeLength = try reader.readI32()
            case (3, .i32):
                let raw = try reader.readI32()
                guard let repetition = FieldRepetition(rawValue: raw) else {
                    throw .invalidField(structure: "SchemaElement", id: 3, value: Int64(raw))
                }
                self.repetition = repetition
            case (4, .binary): name = try reader.readString()
            case (5, .i32): childCount = try reader.readI32()
            case (6, .i32): convertedType = ConvertedType(rawValue: try reader.readI32())
            case (7, .i32): scale = try reader.readI32()
            case (8, .i32): precision = try reader.readI32()
            case (9, .i32): fieldID = try reader.readI32()
            case (10, .structure): logicalType = try LogicalType(from: &reader)
            default: try reader.skip(field.type)
            }
        }
        guard let name else { throw .missingField(structure: "SchemaElement", id: 4) }
        self.name = name
    }

    public func writeFields(to writer: inout ThriftCompactWriter) {
        writer.field(1, optional: type?.rawValue)
        writer.field(2, optional: typeLength)
        writer.field(3, optional: repetition?.rawValue)
        writer.field(4, name)
        writer.field(5, optional: childCount)
        writer.field(6, optional: convertedType?.rawValue)
        writer.field(7, optional: scale)
        writer.field(8, optional: precision)
        writer.field(9, optional: fieldID)
        writer.field(10, optional: logicalType)
    }
}
