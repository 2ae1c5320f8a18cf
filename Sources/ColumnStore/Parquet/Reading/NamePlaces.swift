/// Finds names among names, the first of equal ones: by looking at each for the first few questions, then by a table, so that asking for all of
/// 100,000 columns takes no 100,000 times 100,000 steps.
struct NamePlaces {
    static let linearCountMax = 16

    private var questionCount = 0
    private var places: [[UInt8]: Int] = [:]
    /// How many of the names are in the table.
    private var known = 0

    /// - Parameter names: those of the calls before, and maybe more at the end.
    mutating func place(of name: String, in names: some RandomAccessCollection<String>) -> Int? {
        questionCount += 1
        guard questionCount > Self.linearCountMax, names.count > Self.linearCountMax else {
            return names.firstIndex { $0.hasBytes(of: name) }.map { names.distance(from: names.startIndex, to: $0) }
        }
        // Only the names that were not there at the last call are new.
        for other in names.dropFirst(known) {
            let key = Array(other.utf8)
            if places[key] == nil { places[key] = known }
            known += 1
        }
        return places[Array(name.utf8)]
    }
}

/// Finds the node of a field among nodes, by id where both have ids, else by name.
struct NodePlaces {
    let usesIDs: Bool
    private var names = NamePlaces()
    private var ids: [Int32: FieldNode] = [:]
    private var questionCount = 0

    init(usesIDs: Bool) { self.usesIDs = usesIDs }

    /// - Parameter nodes: the same ones at each call.
    mutating func find(_ field: Field, among nodes: [FieldNode]) -> FieldNode? {
        guard usesIDs, let id = field.id else {
            return names.place(of: field.name, in: nodes.lazy.map(\.field.name)).map { nodes[$0] }
        }
        questionCount += 1
        if questionCount <= NamePlaces.linearCountMax { return nodes.first { $0.field.id == id } }
        if ids.isEmpty { for node in nodes { if let id = node.field.id, ids[id] == nil { ids[id] = node } } }
        return ids[id]
    }
}
