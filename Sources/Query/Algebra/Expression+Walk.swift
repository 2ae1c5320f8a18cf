package import ColumnStore

/// Walks and rewrites of expressions that every pass needs.
extension Expression {
    /// The operands, in order of evaluation. A subquery's plan is not one of them; its operand is.
    package var children: [Expression] {
        switch self {
        case .column, .literal: []
        case .member(let owner, _, _): [owner]
        case .call(_, let arguments, _, _): arguments
        case .cast(let operand, _, _), .not(let operand), .isNull(let operand): [operand]
        case .and(let items), .or(let items), .coalesce(let items, _): items
        case .isDistinct(let left, let right, _): [left, right]
        case .conditional(let branches, let otherwise, _):
            branches.flatMap { [$0.condition, $0.result] } + (otherwise.map { [$0] } ?? [])
        case .inList(let operand, let items, _): [operand] + items
        case .subquery(let subquery):
            if case .quantified(let operand, _, _) = subquery.kind { operand } else { [] }
        }
    }

    /// The same node over other operands, as many as `children` gave.
    ///
    /// - Precondition: `items` has as many elements as `children`.
    package func withChildren(_ items: [Expression]) -> Expression {
        switch self {
        case .column, .literal: return self
        case .member(_, let name, let type): return .member(items[0], name: name, type: type)
        case .call(let function, _, let type, let position): return .call(function, items, type: type, position: position)
        case .cast(_, let type, let position): return .cast(items[0], to: type, position: position)
        case .not: return .not(items[0])
        case .isNull: return .isNull(items[0])
        case .and: return .and(items)
        case .or: return .or(items)
        case .coalesce(_, let type): return .coalesce(items, type: type)
        case .isDistinct(_, _, let isNegated): return .isDistinct(items[0], items[1], isNegated: isNegated)
        case .conditional(let branches, let otherwise, let type):
            let pairs = branches.indices.map { Branch(condition: items[2 * $0], result: items[2 * $0 + 1]) }
            return .conditional(branches: pairs, otherwise: otherwise == nil ? nil : items.last, type: type)
        case .inList(_, _, let isNegated): return .inList(items[0], Array(items.dropFirst()), isNegated: isNegated)
        case .subquery(var subquery):
            if case .quantified(_, let function, let isAll) = subquery.kind {
                subquery.kind = .quantified(operand: items, function: function, isAll: isAll)
            }
            return .subquery(subquery)
        }
    }

    /// Rewrites from the leaves up.
    ///
    /// The whole walk is charged as planning's work at its end.
    ///
    /// - Complexity: the nodes of the expression. Plans of subqueries are not entered.
    package func rewritten(_ rewrite: (Expression) -> Expression) -> Expression {
        var visited = 0
        defer { PlanningWork.charge(visited) }
        return rewritten(rewrite, &visited)
    }

    private func rewritten(_ rewrite: (Expression) -> Expression, _ visited: inout Int) -> Expression {
        visited += 1
        let old = children
        if old.isEmpty { return rewrite(self) }
        return rewrite(withChildren(old.map { $0.rewritten(rewrite, &visited) }))
    }

    /// Rewrites from the root down: where `rewrite` gives something, its operands are not visited.
    ///
    /// - Throws: what `rewrite` throws.
    package func replaced<Failure: Error>(_ rewrite: (Expression) throws(Failure) -> Expression?) throws(Failure) -> Expression {
        if let replacement = try rewrite(self) { return replacement }
        let old = children
        if old.isEmpty { return self }
        var new: [Expression] = []
        new.reserveCapacity(old.count)
        for child in old { new.append(try child.replaced(rewrite)) }
        return withChildren(new)
    }

    /// Puts expressions in the place of columns, also in the plans of subqueries.
    ///
    /// - Parameter map: every column that stands for another; those that it does not name stay.
    package func substituting(_ map: [ColumnID: Expression]) -> Expression {
        if map.isEmpty { return self }
        return rewritten { node in
            switch node {
            case .column(let id, _): return map[id] ?? node
            case .subquery(var subquery):
                // A plan that mentions none of them need not be walked. Its correlation is what the new expressions mention.
                guard subquery.correlation.contains(where: { map[$0] != nil }) else { return node }
                subquery.plan = subquery.plan.substituting(map)
                var correlation: [ColumnID] = []
                for id in subquery.correlation {
                    for column in map[id].map({ $0.columnIDs.sorted() }) ?? [id] where !correlation.contains(column) {
                        correlation.append(column)
                    }
                }
                subquery.correlation = correlation
                return .subquery(subquery)
            default: return node
            }
        }
    }

    /// The columns that the value depends on.
    package var columnIDs: Set<ColumnID> {
        var ids: Set<ColumnID> = []
        collectColumns(into: &ids)
        return ids
    }

    /// As `columnIDs`, into a set that several expressions share. Of a subquery its correlation counts, not what its plan makes for itself.
    package func collectColumns(into ids: inout Set<ColumnID>) {
        var visited = 0
        collectColumns(into: &ids, &visited)
        PlanningWork.charge(visited)
    }

    private func collectColumns(into ids: inout Set<ColumnID>, _ visited: inout Int) {
        visited += 1
        switch self {
        case .column(let id, _): ids.insert(id)
        case .literal: return
        case .subquery(let subquery): ids.formUnion(subquery.correlation)
        default: break
        }
        for child in children { child.collectColumns(into: &ids, &visited) }
    }

    /// Whether the predicate holds of this node or of one below it; subqueries' plans are not entered.
    package func contains(_ predicate: (Expression) -> Bool) -> Bool {
        predicate(self) || children.contains { $0.contains(predicate) }
    }

    package var hasSubquery: Bool { contains { if case .subquery = $0 { true } else { false } } }

    /// Another value each time: it may neither be copied nor kept.
    package var isVolatile: Bool {
        var visited = 0
        return mentionsVolatile(&visited)
    }

    /// Of a walk this long a part is counted, and whether anybody still wants it is looked at: most are of a few nodes, of which counting would cost more than the walk.
    private static let longWalk = 1 << 16

    /// - Parameter visited: nodes so far; below 0 where the walk is over: the statement will be refused, whatever the answer.
    private func mentionsVolatile(_ visited: inout Int) -> Bool {
        if visited < 0 { return false }
        visited += 1
        if visited.isMultiple(of: Self.longWalk) {
            PlanningWork.charge(Self.longWalk / 4)
            if PlanningWork.isOver {
                visited = -1
                return false
            }
        }
        switch self {
        case .call(let function, _, _, _) where function.traits.isVolatile: return true
        case .subquery(let subquery) where subquery.plan.isVolatile: return true
        default: break
        }
        for child in children { if child.mentionsVolatile(&visited) { return true } }
        return false
    }

    package var isLiteral: Bool { if case .literal = self { true } else { false } }

    package var literalValue: Value? { if case .literal(let value, _) = self { value } else { nil } }

    /// Whether both say the same, wherever in the query they stand.
    ///
    /// Positions in the text do not count. Subqueries are the same only where they are equal, positions and all.
    package func isSame(as other: Expression) -> Bool {
        switch (self, other) {
        case (.column(let a, _), .column(let b, _)): return a == b
        case (.literal(let a, let typeA), .literal(let b, let typeB)): return a.isSame(as: b) && typeA == typeB
        case (.member(_, let a, _), .member(_, let b, _)): guard a == b else { return false }
        case (.call(let a, _, let typeA, _), .call(let b, _, let typeB, _)): guard a == b, typeA == typeB else { return false }
        case (.cast(_, let a, _), .cast(_, let b, _)): guard a == b else { return false }
        case (.and, .and), (.or, .or), (.not, .not), (.isNull, .isNull): break
        case (.coalesce(_, let a), .coalesce(_, let b)): guard a == b else { return false }
        case (.isDistinct(_, _, let a), .isDistinct(_, _, let b)): guard a == b else { return false }
        case (.conditional(let a, let otherA, let typeA), .conditional(let b, let otherB, let typeB)):
            guard a.count == b.count, (otherA == nil) == (otherB == nil), typeA == typeB else { return false }
        case (.inList(_, _, let a), .inList(_, _, let b)): guard a == b else { return false }
        case (.subquery(let a), .subquery(let b)): return a == b
        default: return false
        }
        let left = children, right = other.children
        return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
    }

    package static let isTrue = Expression.literal(.boolean(true), .boolean)
    package static let isFalse = Expression.literal(.boolean(false), .boolean)

    package static func null(_ type: ColumnType) -> Expression { .literal(.null, type) }

    package static func text(_ text: String) -> Expression { .literal(.string(text), .string) }

    package static func column(_ column: OutputColumn) -> Expression { .column(column.id, column.type) }

    /// The conjuncts of a condition, flat.
    package var conjuncts: [Expression] {
        if case .and(let items) = self { return items.flatMap(\.conjuncts) }
        return [self]
    }

    /// One condition for all: TRUE of none, and no AND around a single one.
    package static func conjunction(_ items: [Expression]) -> Expression {
        items.count == 1 ? items[0] : items.isEmpty ? isTrue : .and(items)
    }
}

extension Value {
    /// Whether both are written alike: NaN is itself, and -0 is not 0.
    fileprivate func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.double(let a), .double(let b)): a.bitPattern == b.bitPattern
        case (.list(let a), .list(let b)), (.structure(let a), .structure(let b)): a.count == b.count && zip(a, b).allSatisfy { $0.isSame(as: $1) }
        default: self == other
        }
    }
}
