import ColumnStore

/// What the names in a part of a query can mean: the tables of its FROM, and around it those of the outer queries.
struct NameScope {
    struct Column {
        var name: String
        var expression: Expression
    }

    struct Relation {
        /// The alias, else the table's name; nil for a subquery without one.
        var name: String?
        var columns: [Column]
    }

    /// A column that a name without alias finds, and that `*` gives.
    struct Unqualified {
        var column: Column
        /// Which relation it is of; nil for a column that USING merged.
        var relation: Int?
    }

    var relations: [Relation] = []
    var unqualified: [Unqualified] = []

    init() {}

    init(name: String?, columns: [Column]) {
        relations = [Relation(name: name, columns: columns)]
        unqualified = columns.map { Unqualified(column: $0, relation: 0) }
    }

    /// Both sides of a comma or a join without USING.
    func joined(with other: NameScope) -> NameScope {
        var result = self
        let base = relations.count
        result.relations += other.relations
        result.unqualified += other.unqualified.map { Unqualified(column: $0.column, relation: $0.relation.map { $0 + base }) }
        return result
    }

    /// So many names are compared, as a power of two, while a step of planning is done.
    private static let comparisonShift = 3

    enum Lookup {
        case none
        case ambiguous
        case found(Expression)
    }

    func lookup(_ name: String) -> Lookup {
        PlanningWork.charge(unqualified.count >> Self.comparisonShift)
        var found: Expression?
        for candidate in unqualified where candidate.column.name == name {
            if found != nil { return .ambiguous }
            found = candidate.column.expression
        }
        return found.map { .found($0) } ?? .none
    }

    func lookup(_ name: String, in relationName: String) -> Lookup {
        var found: Expression?
        PlanningWork.charge(relations.count >> Self.comparisonShift)
        for relation in relations where relation.name == relationName {
            PlanningWork.charge(relation.columns.count >> Self.comparisonShift)
            for column in relation.columns where column.name == name {
                if found != nil { return .ambiguous }
                found = column.expression
            }
        }
        return found.map { .found($0) } ?? .none
    }

    func hasRelation(_ name: String) -> Bool { relations.contains { $0.name == name } }

    func columnNames(of relationName: String) -> [String] {
        relations.filter { $0.name == relationName }.flatMap { $0.columns.map(\.name) }
    }
}
