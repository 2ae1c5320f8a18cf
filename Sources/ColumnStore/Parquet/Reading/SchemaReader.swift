// The flattened schema of a footer to a tree of columns, by the rules of LogicalTypes.md (parquet-format) for lists and
// maps, those of old writers included.
// Their forms:
//   three levels   group lines (LIST) { repeated group list { optional … element } }
//   two levels     group lines (LIST) { repeated … array }                      the repeated node is the element itself
//   bare           repeated … lines                                             a list that is never NULL, nor is an element
//   map            group m (MAP) { repeated group key_value { key, value } }    a list of structs

/// Builds the tree of `FieldNode`s from a footer's schema elements.
///
/// Elements come depth first, each group with the number of its children. The tree is taken first (`takeNode`), then looked at from the root down,
/// each node with the levels of those around it.
struct SchemaReader {
    /// A group or leaf of the flattened schema with its children.
    private struct Node {
        let element: SchemaElement
        let children: [Node]
        /// Of a leaf: its number.
        let leafIndex: Int
        var isGroup: Bool { element.type == nil }
    }

    /// Of the nodes around the one that is read.
    private struct Context {
        var path: [String] = []
        /// Of a value at the node: one for each optional or repeated node down to it.
        var definitionLevel = 0
        /// One for each repeated node.
        var repetitionLevel = 0
        /// As `FieldNode.slotLevel`.
        var slotLevel = 0
        /// Of each list around the node, from the outermost: the definition level from which on it has an element.
        var elementLevels: [UInt8] = []
    }

    /// What is wrong; the opener of the file adds the place.
    struct Fault: Error {
        var code = ColumnStoreError.Code.corruptFile
        let detail: String
    }

    /// More than any table of people's has; readers, planners and answers are made for thousands.
    static let leafCountMax = 100_000
    /// About what an element takes as a node, a field and a leaf, beside its path.
    private static let elementByteCount = 512

    private let elements: [SchemaElement]
    private var next = 0
    private var leafCount = 0
    private let memoryByteCountMax: Int
    private var memoryByteCount = 0
    /// Of the names around the element that is taken, dots included.
    private var pathByteCount = 0

    private init(_ elements: [SchemaElement], memoryByteCountMax: Int) {
        self.elements = elements
        self.memoryByteCountMax = memoryByteCountMax
    }

    /// Reads a whole footer's schema.
    ///
    /// - Returns: the top-level columns and the number of leaves.
    static func read(
        _ elements: [SchemaElement], memoryByteCountMax: Int = .max
    ) throws(Fault) -> (columns: [FieldNode], leafCount: Int) {
        var reader = SchemaReader(elements, memoryByteCountMax: memoryByteCountMax)
        let root = try reader.takeNode(depth: 0)
        guard reader.next == elements.count else { throw Fault(detail: "the schema has elements outside its root") }
        guard root.isGroup else { throw Fault(detail: "the schema's root is no group") }
        var columns: [FieldNode] = []
        for child in root.children { columns.append(try reader.field(child, Context())) }
        return (columns, reader.leafCount)
    }

    /// Takes the next element, and with it, of a group, all of its children.
    ///
    /// - Throws: `.corruptFile` for counts, widths and repetitions that cannot be, `.overBudget` for too much of it all.
    private mutating func takeNode(depth: Int) throws(Fault) -> Node {
        // The recursion is as deep as the schema.
        guard depth < 64 else { throw Fault(detail: "the schema nests too deep") }
        guard next < elements.count else { throw Fault(detail: "the schema ends before its groups are whole") }
        let element = elements[next]
        next += 1
        // Each leaf has its whole path: one long name around many leaves would be there as often.
        let nameByteCount = element.name.utf8.count + 1
        pathByteCount += nameByteCount
        defer { pathByteCount -= nameByteCount }
        memoryByteCount += Self.elementByteCount + (element.type == nil ? 0 : pathByteCount)
        guard memoryByteCount <= memoryByteCountMax else {
            throw Fault(code: .overBudget, detail: "its columns would take more than the \(memoryByteCountMax) bytes of memory that are allowed")
        }
        if let type = element.type {
            if let count = element.childCount, count > 0 { throw Fault(detail: "the leaf \(element.name) has children") }
            guard depth > 0, element.repetition != nil else { throw Fault(detail: "the leaf \(element.name) has no repetition") }
            if type == .fixedLenByteArray {
                guard let width = element.typeLength, width > 0, width <= 1 << 20 else {
                    throw Fault(detail: "\(element.name) has the impossible width \(element.typeLength ?? 0)")
                }
            }
            leafCount += 1
            guard leafCount <= Self.leafCountMax else {
                throw Fault(code: .overBudget, detail: "it has more than \(Self.leafCountMax) columns")
            }
            return Node(element: element, children: [], leafIndex: leafCount - 1)
        }
        // A claim of more children than there are elements left is refused before anything is made for it.
        let count = Int(element.childCount ?? 0)
        guard count >= 0, count <= elements.count - next else {
            throw Fault(detail: "the group \(element.name) claims \(count) children")
        }
        if count == 0, depth > 0 { throw Fault(detail: "the group \(element.name) has no children") }
        if depth > 0, element.repetition == nil { throw Fault(detail: "the group \(element.name) has no repetition") }
        var children: [Node] = []
        for _ in 0..<count { children.append(try takeNode(depth: depth + 1)) }
        return Node(element: element, children: children, leafIndex: -1)
    }

    // MARK: Columns

    /// A field with the repetition that its element says: a repeated one that no list annotation claims is a list of its own.
    private func field(_ node: Node, _ context: Context) throws(Fault) -> FieldNode {
        guard node.element.repetition == .repeated else { return try value(node, context, name: node.element.name) }
        let element = try listElement(node, context) { (node, inner) throws(Fault) in
            try value(node, inner, name: "element", isRepeated: true)
        }
        return FieldNode(
            field: Field(
                node.element.name, .list(element: element.field), id: node.element.fieldID, isRequired: true),
            kind: .list(element: element), definedLevel: context.definitionLevel, listDepth: context.repetitionLevel,
            slotLevel: context.slotLevel)
    }

    /// Steps into a repeated node: one more of each level, and a new slot.
    private func listElement(
        _ repeated: Node, _ context: Context, _ body: (Node, Context) throws(Fault) -> FieldNode
    ) throws(Fault) -> FieldNode {
        var inner = context
        inner.definitionLevel += 1
        inner.repetitionLevel += 1
        guard inner.definitionLevel <= Levels.greatestSupported else { throw Fault(detail: "the schema nests too deep") }
        inner.slotLevel = inner.definitionLevel
        inner.elementLevels.append(UInt8(inner.definitionLevel))
        return try body(repeated, inner)
    }

    /// A field taken as one value: leaf, struct, or an annotated list or map.
    ///
    /// - Parameter isRepeated: the node's repetition has already been counted.
    private func value(
        _ node: Node, _ context: Context, name: String, isRepeated: Bool = false
    ) throws(Fault) -> FieldNode {
        var inner = context
        inner.path.append(node.element.name)
        if !isRepeated, node.element.repetition == .optional { inner.definitionLevel += 1 }
        guard inner.definitionLevel <= Levels.greatestSupported else { throw Fault(detail: "the schema nests too deep") }
        let isRequired = inner.definitionLevel == context.definitionLevel
        func made(_ type: ColumnType, _ kind: FieldNode.Kind) -> FieldNode {
            FieldNode(
                field: Field(name, type, id: node.element.fieldID, isRequired: isRequired), kind: kind,
                definedLevel: inner.definitionLevel, listDepth: inner.repetitionLevel, slotLevel: inner.slotLevel)
        }
        if let physicalType = node.element.type {
            let leaf = LeafDescriptor(
                index: node.leafIndex, path: inner.path.joined(separator: "."), element: node.element,
                physicalType: physicalType, greatestDefinitionLevel: inner.definitionLevel,
                elementLevels: inner.elementLevels)
            return made(leaf.type, .leaf(leaf))
        }
        // A repeated group that is a list itself, too: a list of lists, as parquet-avro wrote them.
        if let element = try annotatedElement(node, inner) {
            return made(.list(element: element.field), .list(element: element))
        }
        var members: [FieldNode] = []
        for child in node.children { members.append(try field(child, inner)) }
        return made(.structure(members.map(\.field)), .structure(members))
    }

    /// The element of a LIST or MAP group, or nil when the group is neither, or not shaped as one: then it is a plain struct.
    private func annotatedElement(_ node: Node, _ context: Context) throws(Fault) -> FieldNode? {
        guard node.children.count == 1, let repeated = node.children.first, repeated.element.repetition == .repeated else {
            return nil
        }
        let logical = node.element.logicalType
        let converted = node.element.convertedType
        if logical == .map || converted == .map || converted == .mapKeyValue {
            // A map without values is a list of structs of one member.
            guard repeated.isGroup else { return nil }
            return try listElement(repeated, context) { (node, inner) throws(Fault) in
                try value(node, inner, name: "key_value", isRepeated: true)
            }
        }
        guard logical == .list || converted == .list else { return nil }
        return try listElement(repeated, context) { (repeatedNode, inner) throws(Fault) in
            if isElementItself(repeatedNode, listName: node.element.name) {
                return try value(repeatedNode, inner, name: "element", isRepeated: true)
            }
            var within = inner
            within.path.append(repeatedNode.element.name)
            let child = repeatedNode.children[0]
            return try value(child, within, name: child.element.name)
        }
    }

    /// Whether the repeated node of a list is the element (two levels, as old writers had it) or only wraps it (three).
    ///
    /// The rules of LogicalTypes.md, "Lists", in their order: no group, or one of several members, is the element; so is one whose only member is repeated,
    /// and one named `array`, or as the list with `_tuple` behind it.
    private func isElementItself(_ repeated: Node, listName: String) -> Bool {
        guard repeated.isGroup, repeated.children.count == 1, let only = repeated.children.first else { return true }
        if only.element.repetition == .repeated { return true }
        return repeated.element.name == "array" || repeated.element.name == listName + "_tuple"
    }
}
