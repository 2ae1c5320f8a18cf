import ColumnStore

/// What the names in a part of a query can mean: the tables of its FROM, and around it those of the outer queries.
///
/// A value: joining two makes a third, and what was bound before keeps its own.
struct NameScope {
    /// A name and what it stands for: a column, or what USING makes of two.
    struct Column {
        var name: String
        var expression: Expression
    }

    struct Relation {
        /// The alias, else the table's name; nil for a subquery without one.
        var name: String?
        var columns: [Column]
        /// Rows of a function that gives bare values: its name means the value, too.
        var isOfScalars = false
        /// The side of an outer join whose row may be none at all: that is not a row of NULLs.
        var mayBeAbsent = false
        /// True of each of its rows, and NULL where there is none; nil where nothing tells.
        var presence: Expression?
    }

    /// A column that a name without alias finds, and that `*` gives.
    struct Unqualified {
        var column: Column
        /// Which relation it is of; nil for a column that USING merged.
        var relation: Int?
    }

    var relations: [Relation] = []
    /// In the order of `*`; columns of USING first.
    var unqualified: [Unqualified] = []

    init() {}

    init(name: String?, columns: [Column], isOfScalars: Bool = false) {
        relations = [Relation(name: name, columns: columns, isOfScalars: isOfScalars)]
        unqualified = columns.map { Unqualified(column: $0, relation: 0) }
    }

    /// Both sides of a comma or a join without USING.
    func joined(with other: NameScope, by kind: JoinNode.Kind = .inner) -> NameScope {
        var result = self
        let base = relations.count
        result.relations += other.relations
        for place in result.relations.indices where kind == .full || kind == (place < base ? .right : .left) { result.relations[place].mayBeAbsent = true }
        result.unqualified += other.unqualified.map { Unqualified(column: $0.column, relation: $0.relation.map { $0 + base }) }
        return result
    }

    /// So many names are compared, as a power of two, while a step of planning is done.
    private static let comparisonShift = 3

    /// What a name means in this scope alone; `ambiguous` where several columns have it.
    enum Lookup {
        case none
        case ambiguous
        case found(Expression)
    }

    func lookup(_ name: String) -> Lookup { lookup { $0 == name } }

    func lookup(_ name: String, in relationName: String) -> Lookup { lookup(in: relationName) { $0 == name } }

    /// A column whose name is that one in letters of another case: for names that were written without quotes.
    func lookup(anyCaseOf name: String) -> Lookup { lookup { $0.count == name.count && $0.lowercased() == name } }

    func lookup(anyCaseOf name: String, in relationName: String) -> Lookup {
        lookup(in: relationName) { $0.count == name.count && $0.lowercased() == name }
    }

    /// The only column of a function's rows, by the name of the function or its alias.
    func lookup(rowOf relationName: String) -> Lookup {
        var found: Expression?
        PlanningWork.charge(relations.count >> Self.comparisonShift)
        for relation in relations where relation.name == relationName && relation.isOfScalars {
            if found != nil { return .ambiguous }
            found = relation.columns.first?.expression
        }
        return found.map { .found($0) } ?? .none
    }

    private func lookup(_ matches: (String) -> Bool) -> Lookup {
        PlanningWork.charge(unqualified.count >> Self.comparisonShift)
        var found: Expression?
        for candidate in unqualified where matches(candidate.column.name) {
            if found != nil { return .ambiguous }
            found = candidate.column.expression
        }
        return found.map { .found($0) } ?? .none
    }

    private func lookup(in relationName: String, _ matches: (String) -> Bool) -> Lookup {
        var found: Expression?
        PlanningWork.charge(relations.count >> Self.comparisonShift)
        for relation in relations where relation.name == relationName {
            PlanningWork.charge(relation.columns.count >> Self.comparisonShift)
            for column in relation.columns where matches(column.name) {
                if found != nil { return .ambiguous }
                found = column.expression
            }
        }
        return found.map { .found($0) } ?? .none
    }

    /// The table of that name, where there is one only.
    func relation(named name: String) -> Relation? {
        PlanningWork.charge(relations.count >> Self.comparisonShift)
        let found = relations.filter { $0.name == name }
        return found.count == 1 ? found[0] : nil
    }

    func hasRelation(_ name: String) -> Bool { relations.contains { $0.name == name } }

    func columnNames(of relationName: String) -> [String] {
        relations.filter { $0.name == relationName }.flatMap { $0.columns.map(\.name) }
    }
}
