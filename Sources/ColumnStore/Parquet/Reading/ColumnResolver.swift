/// Finds the columns of a request in a file and plans how they grow from its leaves.
///
/// Columns are found by the field ids of the table's schema where the file has any, else by their names' exact bytes. What the file lacks becomes
/// `.missing`. The plan's leaves are numbered as they come; one leaf that is read as two types is there twice.
///
/// One owner: its functions add to `leaves`, which the owner takes at the end.
struct ColumnResolver {
    /// Which parts of a column are wanted.
    ///
    /// A tree of names, those of `lines.amount` and `lines.sku` one below the other. Once a whole is wanted, its members are of no account.
    private final class Wanted {
        var isWhole = false
        var members: [(name: String, wanted: Wanted)] = []
        private var places = NamePlaces()

        func add(_ names: ArraySlice<String>) {
            guard let first = names.first else {
                isWhole = true
                return
            }
            let member: Wanted
            if let place = places.place(of: first, in: members.lazy.map(\.name)) {
                member = members[place].wanted
            } else {
                member = Wanted()
                members.append((first, member))
            }
            member.add(names.dropFirst())
        }

        func member(_ name: String) -> Wanted? {
            if isWhole {
                let whole = Wanted()
                whole.isWhole = true
                return whole
            }
            return places.place(of: name, in: members.lazy.map(\.name)).map { members[$0].wanted }
        }
    }

    /// What makes two uses of a leaf one: then it is decoded once for both.
    private struct LeafKey: Hashable {
        let index: Int
        let type: ColumnType
        let conversion: LeafConversion
    }

    private let path: String
    private let columns: [FieldNode]
    private let schema: Schema
    private let usesIDs: Bool
    /// What a leaf takes in the file.
    private let byteCount: (LeafDescriptor) -> Int64
    private(set) var leaves: [PlannedLeaf] = []
    private var places: [LeafKey: Int] = [:]

    /// - Parameter schema: the table's, or nil for the file's own.
    init(path: String, columns: [FieldNode], schema: Schema?, byteCount: @escaping (LeafDescriptor) -> Int64) {
        self.path = path
        self.byteCount = byteCount
        self.columns = columns
        self.schema = schema ?? Schema(columns.map(\.field))
        usesIDs = schema != nil && columns.contains { $0.field.id != nil }
    }

    private func invalid(_ detail: String) -> ColumnStoreError { ColumnStoreError(.invalidRequest, path: path, detail) }

    // MARK: Projections

    /// The columns of a projection in the order of first mention.
    ///
    /// - Returns: of each column its field, cut down to the members that are wanted, and how it is made.
    /// - Throws: `.invalidRequest` for a path that names nothing, `.unsupportedFeature` for a column of another shape, or a type that cannot be promoted.
    mutating func project(_ paths: [ColumnPath]) throws(ColumnStoreError) -> [(field: Field, node: ReadNode)] {
        let root = Wanted()
        var fields = NamePlaces()
        var found = NodePlaces(usesIDs: usesIDs)
        for path in paths {
            // Top-level names, of which there may be thousands, go through a table; nested ones are few.
            guard path.names.count > 1 ? schema.field(at: path) != nil : path.names.first.map({ fields.place(of: $0, in: fieldNames) != nil }) ?? false
            else { throw invalid("there is no column \(path)") }
            root.add(path.names[...])
        }
        var projected: [(field: Field, node: ReadNode)] = []
        for (name, wanted) in root.members {
            guard let place = fields.place(of: name, in: fieldNames) else { throw invalid("there is no column \(name)") }
            let field = schema.fields[place]
            let found = found.find(field, among: columns)
            let (node, type) = try resolve(field, found, wanted)
            projected.append((Field(name, type, isRequired: field.isRequired && found != nil), node))
        }
        return projected
    }

    /// The leaf behind a path that stands in no list, as a column of its own.
    ///
    /// - Throws: `.invalidRequest` for a path that names nothing, or no leaf outside of lists; as `project`.
    mutating func scalar(_ path: ColumnPath) throws(ColumnStoreError) -> (type: ColumnType, node: ReadNode) {
        guard let (field, found) = locate(path) else { throw invalid("there is no column \(path)") }
        guard let found else { return (field.type, .missing(field.type.withoutIDs)) }
        guard case .leaf(let leaf) = found.kind, leaf.greatestRepetitionLevel == 0 else {
            throw invalid("\(path) is no column that a filter can test")
        }
        let whole = Wanted()
        whole.isWhole = true
        let (node, type) = try resolve(field, found, whole)
        return (type, node)
    }

    /// The leaf behind a path, in lists or not, with the type that the table has for it; nil when the path names no leaf.
    func pruningLeaf(_ path: ColumnPath) -> (type: ColumnType, leaf: LeafDescriptor?, conversion: LeafConversion?)? {
        guard let (field, found) = locate(path) else { return nil }
        guard let found else { return (field.type, nil, nil) }
        var node = found
        var type = field.type
        while case .list(let element) = node.kind, case .list(let inner) = type { (node, type) = (element, inner.type) }
        guard case .leaf(let leaf) = node.kind, let conversion = leaf.conversion.promoted(from: leaf.type, to: type) else {
            return nil
        }
        return (type, leaf, conversion)
    }

    /// Goes down the table's schema and the file's side by side, through lists as if they were not there.
    ///
    /// - Returns: nil where the table has no such column; without a node where the file has not.
    private func locate(_ path: ColumnPath) -> (field: Field, node: FieldNode?)? {
        var fields = schema.fields
        var nodes: [FieldNode]? = columns
        var result: (field: Field, node: FieldNode?)?
        for name in path.names {
            guard let field = fields.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) else { return nil }
            var node = nodes.flatMap { find(field, among: $0) }
            result = (field, node)
            var type = field.type
            while case .list(let element) = type {
                type = element.type
                if let list = node, case .list(let inner) = list.kind { node = inner } else { node = nil }
            }
            if case .structure(let members) = type { fields = members } else { fields = [] }
            if let node, case .structure(let members) = node.kind { nodes = members } else { nodes = nil }
        }
        return result
    }

    private func find(_ field: Field, among nodes: [FieldNode]) -> FieldNode? {
        var places = NodePlaces(usesIDs: usesIDs)
        return places.find(field, among: nodes)
    }

    private var fieldNames: some RandomAccessCollection<String> { schema.fields.lazy.map(\.name) }

    // MARK: Nodes

    /// Plans a field of the table from the node that the file has for it.
    ///
    /// - Parameter found: nil where the file lacks it.
    private mutating func resolve(
        _ field: Field, _ found: FieldNode?, _ wanted: Wanted
    ) throws(ColumnStoreError) -> (node: ReadNode, type: ColumnType) {
        let type = Self.pruned(field.type, wanted)
        guard let found else { return (.missing(type), type) }
        switch (field.type, found.kind) {
        case (.list(let element), .list(let foundElement)):
            let (node, _) = try resolve(element, foundElement, wanted)
            let shape = shape(found, under: [node])
            return (.list(type, shape, element: node), type)
        case (.structure(let members), .structure(let foundMembers)):
            var nodes: [ReadNode] = []
            var places = NodePlaces(usesIDs: usesIDs)
            for member in members {
                guard let memberWanted = wanted.member(member.name) else { continue }
                nodes.append(try resolve(member, places.find(member, among: foundMembers), memberWanted).node)
            }
            return (.structure(type, shape(found, under: nodes), members: nodes), type)
        case (_, .leaf(let leaf)):
            guard let conversion = leaf.conversion.promoted(from: leaf.type, to: field.type) else {
                throw ColumnStoreError(
                    .unsupportedFeature, path: path, column: leaf.path,
                    "the file's column cannot be read as the table's type: \(leaf.type) as \(field.type)")
            }
            let place = place(of: leaf, type: type, conversion: conversion)
            leaves[place].decodesValues = true
            return (.leaf(place), type)
        default:
            throw ColumnStoreError(
                .unsupportedFeature, path: path, column: field.name, "the file's column is not shaped as the table's")
        }
    }

    /// The type with only the wanted members.
    ///
    /// Lists are gone through: their element is cut down.
    private static func pruned(_ type: ColumnType, _ wanted: Wanted) -> ColumnType {
        switch type {
        case .list(let element): return .list(element: Field(element.name, pruned(element.type, wanted)))
        case .structure(let members):
            return .structure(
                members.compactMap { member in
                    wanted.member(member.name).map { Field(member.name, pruned(member.type, $0)) }
                })
        default: return type
        }
    }

    /// The number of a leaf in the plan, which it enters where nobody has asked for it yet.
    private mutating func place(of leaf: LeafDescriptor, type: ColumnType, conversion: LeafConversion) -> Int {
        let key = LeafKey(index: leaf.index, type: type, conversion: conversion)
        if let place = places[key] { return place }
        places[key] = leaves.count
        leaves.append(PlannedLeaf(descriptor: leaf, type: type, conversion: conversion))
        return leaves.count - 1
    }

    /// Picks the leaf whose levels shape a list or struct: one that is read anyway, in as few lists as can be; else, when only
    /// members are wanted that the file lacks, the cheapest one, for its levels alone.
    private mutating func shape(_ found: FieldNode, under nodes: [ReadNode]) -> ReadNode.Shape {
        let isList = if case .list = found.kind { true } else { false }
        let isNeeded = isList || found.isNullable
        var chosen = -1
        if isNeeded {
            let read = nodes.flatMap(\.leaves)
            let depth = { (place: Int, leaves: [PlannedLeaf]) in leaves[place].descriptor.greatestRepetitionLevel }
            // It costs nothing beside its values. Fewer lists around it mean fewer levels to go over.
            if let best = read.min(by: { depth($0, leaves) < depth($1, leaves) }) {
                chosen = best
            } else if let leaf = found.shapeLeaf(byteCount) {
                chosen = place(of: leaf, type: leaf.type, conversion: leaf.conversion)
            }
            if chosen >= 0 { leaves[chosen].keepsLevels = true }
        }
        return ReadNode.Shape(
            leaf: chosen, definedLevel: UInt8(found.definedLevel), listDepth: UInt8(found.listDepth),
            slotLevel: UInt8(found.slotLevel))
    }
}
