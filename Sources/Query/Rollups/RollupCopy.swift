import ColumnStore

/// A shared table's rows read once more, as if its definition stood where it is mentioned: what is grouped of it may then be answered from sums.
///
/// A definition that is conditions, columns and an unnested list of one table is copied under new ids; whatever else the
/// plan shares stays shared.
struct RollupCopy {
    private let ids: PlanIDs
    /// Gives a copy's table an identity of its own.
    private let renewed: (TableReference) -> TableReference
    /// From a column of the definition to the copy's.
    private var map: [ColumnID: Expression] = [:]

    init(_ ids: PlanIDs, renewed: @escaping (TableReference) -> TableReference) { (self.ids, self.renewed) = (ids, renewed) }

    /// The plan with the definition in the place of the shared table that it reads.
    ///
    /// - Returns: nil where it reads none, or one that is more than conditions and columns of a table.
    mutating func inlined(_ plan: LogicalPlan) -> LogicalPlan? {
        switch plan {
        case .filter(let input, let conjuncts): return inlined(input).map { .filter(input: $0, conjuncts: conjuncts) }
        case .project(let input, let columns): return inlined(input).map { .project(input: $0, columns: columns) }
        case .unnest(var node):
            guard let input = inlined(node.input) else { return nil }
            node.input = input
            return .unnest(node)
        case .shared(_, let definition, let columns):
            guard RollupShape(definition, []) != nil, let own = copied(definition), definition.columns.count == columns.count else { return nil }
            return .project(input: own, columns: zip(columns, definition.columns).map { ProjectedColumn($0, map[$1.id] ?? .column($1)) })
        default: return nil
        }
    }

    /// Gives a column an id of its own, and notes it.
    private mutating func renew(_ column: inout OutputColumn) {
        let own = ids.newColumn(column.name, column.type)
        map[column.id] = .column(own)
        column = own
    }

    /// Nil for a plan of more than `RollupShape` takes.
    private mutating func copied(_ plan: LogicalPlan) -> LogicalPlan? {
        switch plan {
        case .scan(var node):
            node.table = renewed(node.table)
            for index in node.columns.indices { renew(&node.columns[index].column) }
            return .scan(node)
        case .filter(let input, let conjuncts):
            guard let own = copied(input) else { return nil }
            return .filter(input: own, conjuncts: conjuncts.map { $0.substituting(map) })
        case .project(let input, var columns):
            guard let own = copied(input) else { return nil }
            for index in columns.indices { columns[index].expression = columns[index].expression.substituting(map) }
            for index in columns.indices { renew(&columns[index].column) }
            return .project(input: own, columns: columns)
        case .unnest(var node):
            guard let own = copied(node.input) else { return nil }
            (node.input, node.list) = (own, node.list.substituting(map))
            node.passed = node.passed.map { column in
                if case .column(let id, let type)? = map[column.id] { OutputColumn(id: id, name: column.name, type: type) } else { column }
            }
            for index in node.elements.indices { renew(&node.elements[index].column) }
            if var place = node.ordinality {
                renew(&place)
                node.ordinality = place
            }
            return .unnest(node)
        default: return nil
        }
    }
}
