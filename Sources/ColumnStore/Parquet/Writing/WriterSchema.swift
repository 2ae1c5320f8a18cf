/// A schema as a Parquet file states it: the flat list of elements, the leaves, and the way down to them.
///
/// Lists have three levels, as LogicalTypes.md (parquet-format) wants them: `lines (LIST)`, a repeated group `list`, its member `element`.
///
/// Invariant: `leaves` stand in the order of `elements`, which is that of the file's column chunks.
struct WriterSchema {
    /// Where a column's rows go: the shape of the schema, with leaves by number.
    indirect enum Node {
        case leaf(Int, isOptional: Bool)
        case list(element: Node, isOptional: Bool)
        case structure([Node], isOptional: Bool)

        /// Ascending.
        var leaves: [Int] {
            switch self {
            case .leaf(let leaf, _): [leaf]
            case .list(let element, _): element.leaves
            case .structure(let members, _): members.flatMap(\.leaves)
            }
        }
    }

    /// Where the rows of a part go.
    ///
    /// Of a list of structs, the list with the one member: the others' leaves are left out.
    func node(of part: ColumnPart) -> Node {
        let root = roots[part.field]
        guard let member = part.member, case .list(.structure(let members, let isOptional), let isListOptional) = root else { return root }
        return .list(element: .structure([members[member]], isOptional: isOptional), isOptional: isListOptional)
    }

    /// Depth first, from the root "schema".
    private(set) var elements: [SchemaElement]
    private(set) var leaves: [WriterLeaf] = []
    private(set) var roots: [Node] = []

    /// - Throws: `.invalidRequest` for types that no Parquet file holds (intervals, bare NULLs), empty structs, and doubled names.
    init(_ schema: Schema) throws(ColumnStoreError) {
        elements = [SchemaElement(name: "schema", childCount: Int32(schema.fields.count))]
        guard !schema.fields.isEmpty else { throw ColumnStoreError(.invalidRequest, "a file needs at least one column") }
        try Self.checkNames(schema.fields)
        for field in schema.fields {
            roots.append(try append(field, place: Place()))
        }
    }

    /// Of the nodes from the root down to the one that is added.
    private struct Place {
        var names: [String] = []
        /// With those of list levels.
        var physicalNames: [String] = []
        var definition = 0
        var repetition = 0
        /// False below the top level.
        var isTopLevel = true
    }

    /// By bytes: names that differ in their Unicode form alone are two.
    private static func checkNames(_ fields: [Field]) throws(ColumnStoreError) {
        var names: Set<[UInt8]> = []
        for field in fields where !names.insert(Array(field.name.utf8)).inserted {
            throw ColumnStoreError(.invalidRequest, column: field.name, "two columns of this name")
        }
    }

    /// Adds a field with all that is within it.
    ///
    /// - Returns: the way down to its leaves.
    private mutating func append(
        _ field: Field, place: Place, isListElement: Bool = false
    ) throws(ColumnStoreError) -> Node {
        var place = place
        if !isListElement { place.names.append(field.name) }
        place.physicalNames.append(isListElement ? "element" : field.name)
        let isOptional = !field.isRequired
        if isOptional { place.definition += 1 }
        var element = SchemaElement(
            name: isListElement ? "element" : field.name, repetition: isOptional ? .optional : .required,
            fieldID: field.id)
        switch field.type {
        case .structure(let members):
            guard !members.isEmpty else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "a struct needs a member")
            }
            try Self.checkNames(members)
            element.childCount = Int32(members.count)
            elements.append(element)
            var nodes: [Node] = []
            place.isTopLevel = false
            for member in members { nodes.append(try append(member, place: place)) }
            return .structure(nodes, isOptional: isOptional)
        case .list(let item):
            element.childCount = 1
            element.convertedType = .list
            element.logicalType = .list
            elements.append(element)
            elements.append(SchemaElement(name: "list", repetition: .repeated, childCount: 1))
            place.physicalNames.append("list")
            // The repeated group is a level of each kind, whether the list itself may be NULL or not.
            place.definition += 1
            place.repetition += 1
            place.isTopLevel = false
            return .list(element: try append(item, place: place, isListElement: true), isOptional: isOptional)
        default:
            guard place.definition <= 255, place.repetition <= 255 else {
                throw ColumnStoreError(.invalidRequest, column: field.name, "nested too deep")
            }
            let leaf = try WriterLeaf(
                field, names: place.names, physicalNames: place.physicalNames, definition: place.definition,
                repetition: place.repetition, isTopLevel: place.isTopLevel)
            leaf.describe(&element)
            elements.append(element)
            leaves.append(leaf)
            return .leaf(leaves.count - 1, isOptional: isOptional)
        }
    }
}

/// A column of values that the file keeps apart, with what its pages need.
///
/// Made once for a file; `LeafDescriptor` is its counterpart in reading.
struct WriterLeaf {
    let path: ColumnPath
    /// With the names of list levels: `lines.list.element.amount`.
    let physicalPath: [String]
    let type: ColumnType
    let physicalType: PhysicalType
    /// Bytes of a FIXED_LEN_BYTE_ARRAY, else 0.
    let typeLength: Int
    /// The level at which a value is there.
    let definitionLevelMax: Int
    let repetitionLevelMax: Int
    /// The Iceberg id of the field.
    let fieldID: Int32?
    let isTopLevel: Bool

    /// - Throws: `.invalidRequest` for a type that no file holds, or a decimal of impossible digits.
    init(
        _ field: Field, names: [String], physicalNames: [String], definition: Int, repetition: Int, isTopLevel: Bool
    ) throws(ColumnStoreError) {
        path = ColumnPath(names)
        physicalPath = physicalNames
        type = field.type
        definitionLevelMax = definition
        repetitionLevelMax = repetition
        fieldID = field.id
        self.isTopLevel = isTopLevel
        var typeLength = 0
        switch field.type {
        case .boolean: physicalType = .boolean
        case .int32, .date: physicalType = .int32
        case .int64, .time, .timestamp, .timestampNanoseconds: physicalType = .int64
        case .double: physicalType = .double
        case .string, .binary, .json: physicalType = .byteArray
        case .uuid:
            physicalType = .fixedLenByteArray
            typeLength = 16
        case .decimal(let precision, let scale):
            guard (1...38).contains(precision), (0...precision).contains(scale) else {
                throw ColumnStoreError(
                    .invalidRequest, column: path.description, "no such decimal: (\(precision),\(scale))")
            }
            // One form for all decimals of up to 18 digits, whatever their precision (docs/decisions/0006-parquet-writer.md).
            physicalType = precision <= 18 ? .int64 : .fixedLenByteArray
            if precision > 18 { typeLength = Self.decimalByteCount(precision) }
        case .interval, .null, .list, .structure:
            throw ColumnStoreError(.invalidRequest, column: path.description, "no file holds a column of \(field.type)")
        }
        self.typeLength = typeLength
    }

    /// The least bytes that hold every decimal of `precision` digits and a sign.
    ///
    /// 19 digits take 9 bytes, 38 take 16: a bit for the sign, rounded up.
    static func decimalByteCount(_ precision: Int) -> Int {
        let greatest = ValueLimit.decimalLimit(precision)
        return (Int128.bitWidth - greatest.leadingZeroBitCount + 1 + 7) / 8
    }

    /// Fills in what the schema element of this leaf says of its type, the older way as well.
    func describe(_ element: inout SchemaElement) {
        element.type = physicalType
        if typeLength > 0 { element.typeLength = Int32(typeLength) }
        switch type {
        case .string:
            element.convertedType = .utf8
            element.logicalType = .string
        case .json: element.logicalType = .json
        case .uuid: element.logicalType = .uuid
        case .date:
            element.convertedType = .date
            element.logicalType = .date
        case .time:
            // Iceberg's time is local: not adjusted to UTC. The converted type means the adjusted one.
            element.logicalType = .time(isAdjustedToUTC: false, unit: .micros)
        case .timestamp(let isUTC):
            if isUTC { element.convertedType = .timestampMicros }
            element.logicalType = .timestamp(isAdjustedToUTC: isUTC, unit: .micros)
        case .timestampNanoseconds(let isUTC):
            element.logicalType = .timestamp(isAdjustedToUTC: isUTC, unit: .nanos)
        case .decimal(let precision, let scale):
            element.convertedType = .decimal
            element.precision = Int32(precision)
            element.scale = Int32(scale)
            element.logicalType = .decimal(precision: Int32(precision), scale: Int32(scale))
        default: break
        }
    }
}
