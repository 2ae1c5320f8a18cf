/// A column of a scan's batches, in as many parts as its leaves are read in phases.
///
/// The members of a list of structs are separable: a filter may read one for all rows, and the others for the rows that passed.
///
/// `SELECT lines … WHERE` some line's price is high reads the price of all rows, and the lines' other members for the rows that have such a line.
///
/// Invariant: each part reads all of its leaves in one phase.
struct ProjectedColumn: Sendable {
    /// The whole column, or lists of structs that differ in their members only.
    let parts: [ReadNode]
    /// Of several parts: where each member of the whole is found.
    let members: [(part: Int, member: Int)]
    let type: ColumnType?

    init(_ node: ReadNode, phases: [ParquetScan.Phase], leaves: inout [PlannedLeaf]) {
        guard case .list(let type, let shape, .structure(let structType, let structShape, let nodes)) = node,
            let separable = Self.separableMembers(node), case .structure(let fields) = structType,
            case .list(let element) = type
        else {
            (parts, members, self.type) = ([node], [], nil)
            return
        }
        let memberPhases = separable.map { $0.leaves.first.map { phases[$0] } }
        let distinct = Set(memberPhases.compactMap { $0 }).sorted()
        // One phase for all members: there is nothing to gain from parts.
        guard distinct.count > 1 else {
            (parts, members, self.type) = ([node], [], nil)
            return
        }
        var parts: [ReadNode] = []
        var members = [(part: Int, member: Int)](repeating: (0, 0), count: nodes.count)
        for (part, phase) in distinct.enumerated() {
            // Members that the file lacks go with the first part.
            let chosen = nodes.indices.filter { (memberPhases[$0] ?? distinct[0]) == phase }
            for (place, member) in chosen.enumerated() { members[member] = (part, place) }
            let read = chosen.flatMap { nodes[$0].leaves }
            var listShape = shape
            var elementShape = structShape
            // A part is shaped by levels that its own phase reads: those of another part are of other rows.
            if let leaf = read.min(by: {
                leaves[$0].descriptor.greatestRepetitionLevel < leaves[$1].descriptor.greatestRepetitionLevel
            }) {
                leaves[leaf].keepsLevels = true
                listShape.leaf = leaf
                if elementShape.leaf >= 0 { elementShape.leaf = leaf }
            }
            let partType = ColumnType.structure(chosen.map { fields[$0] })
            parts.append(
                .list(
                    .list(element: Field(element.name, partType)), listShape,
                    element: .structure(partType, elementShape, members: chosen.map { nodes[$0] })))
        }
        (self.parts, self.members, self.type) = (parts, members, type)
    }

    /// The members of a list of structs; nil for other columns, which are read in one phase.
    static func separableMembers(_ node: ReadNode) -> [ReadNode]? {
        guard case .list(_, _, .structure(_, _, let members)) = node, members.contains(where: { !$0.leaves.isEmpty }) else {
            return nil
        }
        return members
    }

    /// Puts the parts' columns, which have the same rows, together.
    ///
    /// - Throws: `.outOfRange` when their lists differ: the file's levels then contradict each other.
    func merged(_ columns: [Column]) throws(PageError) -> Column {
        guard columns.count > 1, let first = columns.first, let type, case .list(let element) = type else { return columns[0] }
        guard case .list(let offsets, let firstElement) = first.values else {
            throw .outOfRange("the shape of a list", value: 0)
        }
        var structs: [[Column]] = []
        for column in columns {
            // Every part has read the same lists, each by other levels of the file.
            guard case .list(let others, let element) = column.values, case .structure(let members) = element.values,
                others == offsets
            else { throw .outOfRange("the lengths of lists beside each other", value: column.count) }
            structs.append(members)
        }
        let joined = members.map { structs[$0.part][$0.member] }
        let elements = Column(
            type: element.type, count: firstElement.count, validity: firstElement.validity, values: .structure(joined))
        return Column(type: type, count: first.count, validity: first.validity, values: .list(offsets: offsets, element: elements))
    }
}
