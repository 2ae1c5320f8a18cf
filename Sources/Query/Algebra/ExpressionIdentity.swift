import ColumnStore

/// An expression as a key: equal to those that say the same, wherever in the query they stand (`isSame`).
///
/// Looking through a list for one that is the same is quadratic in lists of generated queries; a set of these is not.
struct ExpressionIdentity: Hashable {
    let expression: Expression

    init(_ expression: Expression) { self.expression = expression }

    static func == (left: ExpressionIdentity, right: ExpressionIdentity) -> Bool { left.expression.isSame(as: right.expression) }

    func hash(into hasher: inout Hasher) {
        var visited = 0
        expression.hashSame(into: &hasher, &visited)
        PlanningWork.charge(visited)
    }
}

extension Expression {
    /// What the node itself says, but for its operands: nodes that differ in it are not the same.
    func hashOwnSame(into hasher: inout Hasher) {
        switch self {
        case .column(let id, _): hasher.combine(id)
        case .literal(let value, _): hasher.combine(value)
        case .member(_, let name, _): hasher.combine(name)
        case .call(let function, _, _, _): hasher.combine(function)
        case .cast(_, let type, _): hasher.combine(type)
        case .and: hasher.combine(1)
        case .or: hasher.combine(2)
        case .not: hasher.combine(3)
        case .isNull: hasher.combine(4)
        case .isDistinct(_, _, let isNegated): hasher.combine(isNegated)
        case .conditional(let branches, _, _): hasher.combine(branches.count)
        case .coalesce(_, let type): hasher.combine(type)
        case .inList(_, let items, _): hasher.combine(items.count)
        // Its place in the text tells it apart from others well enough.
        case .subquery(let subquery): hasher.combine(subquery.position)
        }
    }

    /// Of all nodes from the top; of a subquery its own position only, so that its plan need not be walked.
    fileprivate func hashSame(into hasher: inout Hasher, _ visited: inout Int) {
        visited += 1
        hashOwnSame(into: &hasher)
        if case .subquery = self { return }
        for child in children { child.hashSame(into: &hasher, &visited) }
    }
}

/// Finds expressions among keys, and passes over most that are none of them without a look at their operands.
struct ExpressionPlaces {
    /// Each expression's place, by what it says.
    private var places: [ExpressionIdentity: Int] = [:]
    /// Hashes of the nodes at the top, without their operands.
    private var shapes: Set<Int> = []

    init() {}

    init(_ expressions: [Expression]) { for (place, expression) in expressions.enumerated() { insert(expression, at: place) } }

    /// The first place counts.
    mutating func insert(_ expression: Expression, at place: Int) {
        let key = ExpressionIdentity(expression)
        if places[key] != nil { return }
        places[key] = place
        shapes.insert(Self.shape(expression))
    }

    /// The place of an expression that says the same; nil for none.
    subscript(expression: Expression) -> Int? {
        if !shapes.contains(Self.shape(expression)) { return nil }
        return places[ExpressionIdentity(expression)]
    }

    /// Costs one node, where the hash of `ExpressionIdentity` costs all of them: most expressions that are asked for are none of the keys.
    private static func shape(_ expression: Expression) -> Int {
        var hasher = Hasher()
        expression.hashOwnSame(into: &hasher)
        return hasher.finalize()
    }
}
