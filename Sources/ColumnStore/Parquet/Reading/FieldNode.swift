/// A node of a file's schema as columns see it: wrapper groups of lists and maps are folded into one list node.
///
/// Levels are Dremel's ("Dremel: Interactive Analysis of Web-Scale Datasets", 2010). Of `optional group lines (LIST) { repeated group list { optional group
/// element { optional double amount } } }` there are three nodes:
///
///     node      definedLevel   listDepth   slotLevel
///     lines           1            0           0
///     element         3            1           2
///     amount          4            1           2
///
/// The level 2 says that a list has an element, 3 that it is not NULL. Where a node's two levels are the same no NULL can stand there.
final class FieldNode: Sendable {
    enum Kind: Sendable {
        case leaf(LeafDescriptor)
        case list(element: FieldNode)
        case structure([FieldNode])
    }

    let field: Field
    /// Shaped as the type of `field`.
    let kind: Kind
    /// The definition level from which on this node is not NULL.
    let definedLevel: Int
    /// How many lists are around the node.
    let listDepth: Int
    /// The definition level from which on the innermost list around it has an element here; 0 outside lists.
    let slotLevel: Int

    init(field: Field, kind: Kind, definedLevel: Int, listDepth: Int, slotLevel: Int) {
        self.field = field
        self.kind = kind
        self.definedLevel = definedLevel
        self.listDepth = listDepth
        self.slotLevel = slotLevel
    }

    var isNullable: Bool { definedLevel > slotLevel }

    /// The leaves under this node, in the file's order.
    var leaves: [LeafDescriptor] {
        switch kind {
        case .leaf(let leaf): [leaf]
        case .list(let element): element.leaves
        case .structure(let members): members.flatMap(\.leaves)
        }
    }

    /// The leaf whose levels are cheapest to read for the shape of this node: of those in the fewest lists the one that takes least in the file.
    func shapeLeaf(_ byteCount: (LeafDescriptor) -> Int64) -> LeafDescriptor? {
        leaves.map { (leaf: $0, cost: ($0.greatestRepetitionLevel, byteCount($0))) }.min { $0.cost < $1.cost }?.leaf
    }
}

/// A leaf: where it stands in each row group and how its pages are read.
///
/// Made by `SchemaReader` once for a file, and shared by all who read it.
final class LeafDescriptor: Sendable {
    /// Among the chunks of a row group.
    let index: Int
    /// Dotted, with the wrapper groups: as the footer has it.
    let path: String
    let physicalType: PhysicalType
    /// Bytes of a value of fixed width, else 0.
    let width: Int
    /// The level of a value; at any lower one there is none, and the level says what around it is NULL or empty.
    let greatestDefinitionLevel: Int
    var greatestRepetitionLevel: Int { elementLevels.count }
    /// Of each list around the leaf, from the outermost: the definition level from which on it has an element.
    let elementLevels: [UInt8]
    /// As `FieldNode.slotLevel`.
    let slotLevel: Int
    /// What the file says that the values are; a table may read them as another type, by another conversion (`LeafConversion.promoted`).
    let type: ColumnType
    let conversion: LeafConversion
    /// Nil where every physical value is one.
    let limit: ValueLimit?
    let logicalType: LogicalType?
    let convertedType: ConvertedType?

    init(
        index: Int, path: String, element: SchemaElement, physicalType: PhysicalType, greatestDefinitionLevel: Int,
        elementLevels: [UInt8]
    ) {
        let meaning = LeafMeaning(element, physicalType)
        self.index = index
        self.path = path
        self.physicalType = physicalType
        width = LeafConversion.width(of: physicalType, typeLength: element.typeLength)
        self.greatestDefinitionLevel = greatestDefinitionLevel
        self.elementLevels = elementLevels
        slotLevel = elementLevels.last.map { Int($0) } ?? 0
        type = meaning.type
        conversion = meaning.conversion
        limit = ValueLimit(meaning.type)
        logicalType = element.logicalType
        convertedType = element.convertedType
    }
}
