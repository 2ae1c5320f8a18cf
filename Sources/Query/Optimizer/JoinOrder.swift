import ColumnStore

/// Chooses the order of inner joins by the sizes of what comes out between them, and for every join the side to build a hash table from.
///
/// Steps:
/// 1. inner joins that lie directly above each other are flattened into a graph of relations, with all of their equalities and conditions;
/// 2. columns that are equal to each other become a class, so that any two of them may join;
/// 3. the order of the least cost is searched, over all splits or greedily;
/// 4. the tree is built anew, each condition at the first join that has all of its columns.
///
/// The cost of an order is the rows that its joins give, and those that go into hash tables (`docs/decisions/0010-joins.md`). Sides are swapped, so
/// that whoever reads columns by place asks `shaped`.
struct JoinOrder {
    private let cardinality: Cardinality
    private let definitions = SharedWalk()

    /// Up to so many relations every order is looked at (3^n splits); past that the smallest join comes first.
    private static let exhaustiveMax = 10
    /// A set is a mask of 64 bits.
    private static let relationMax = 60
    /// Each order is costed by all equalities and conditions: with more of them the order stays as it was written.
    private static let testCountMax = 1_000
    /// So many equalities and conditions are gone through, as a power of two, while a step of planning is done. Ten relations with as many equalities take 59,000 steps, sixty 576,000, and ten with
    /// the most tests that are taken two million: a statement may have many joins of the first kinds, and few of the last.
    private static let testShift = 4
    /// A hash table of so many rows costs too little to lose an order for.
    private static let writtenOrderRowMax = 10_000.0

    static func rewrite(_ plan: LogicalPlan) -> LogicalPlan { JoinOrder(cardinality: Cardinality(plan)).visit(plan).shaped(as: plan.columns) }

    /// A join of another kind keeps its place; what is below its sides is ordered by itself.
    private func visit(_ plan: LogicalPlan) -> LogicalPlan {
        if PlanningWork.isOver { return plan }
        if case .shared(let id, let definition, let columns) = plan {
            return .shared(id: id, definition: definitions.once(id) { visit(definition).shaped(as: definition.columns) }, columns: columns)
        }
        guard case .join(let node) = plan else { return plan.withReorderedInputs(plan.inputs.map(visit)) }
        guard node.kind == .inner || node.kind == .cross else {
            let moved = lowered(node)
            guard case .join(let outer) = moved, outer.kind != .inner, outer.kind != .cross else { return visit(moved) }
            return sided(outer)
        }
        var graph = Graph()
        flatten(plan, into: &graph)
        guard (2...Self.relationMax).contains(graph.relations.count) else { return plan.withInputs(plan.inputs.map(visit)) }
        graph.prepare(cardinality)
        guard graph.testCount <= Self.testCountMax else { return plan.withInputs(plan.inputs.map(visit)) }
        // Without an order the statement is refused: what becomes of it does not matter.
        return (graph.relations.count <= Self.exhaustiveMax ? exhaustive(&graph) : greedy(&graph)) ?? plan
    }

    /// A semi- or anti-join drops rows as a condition does: it moves below inner joins to the side that it looks at, where what it looks for
    /// is smaller than that side. A larger one waits for the joins to leave fewer rows.
    ///
    /// - Returns: the join itself, or the inner join that it has moved below.
    private func lowered(_ join: JoinNode) -> LogicalPlan {
        guard [.semi, .anti, .antiNullAware].contains(join.kind), case .join(var below) = join.left,
            below.kind == .inner || below.kind == .cross
        else { return .join(join) }
        var used: Set<ColumnID> = []
        for equality in join.equalities { equality.left.collectColumns(into: &used) }
        for condition in join.residual { condition.collectColumns(into: &used) }
        // A right side over a list of the left one reads the list's column, too.
        used.formUnion(join.right.freeColumns)
        used.subtract(join.right.columnIDs)
        // A test that looks at no column of the left side belongs to neither of the sides below.
        guard !used.isEmpty else { return .join(join) }
        let rows = cardinality.rows(join.right)
        var moved = join
        if used.isSubset(of: below.left.columnIDs), rows < cardinality.rows(below.left) {
            moved.left = below.left
            below.left = lowered(moved)
        } else if used.isSubset(of: below.right.columnIDs), rows < cardinality.rows(below.right) {
            moved.left = below.right
            below.right = lowered(moved)
        } else {
            return .join(join)
        }
        return .join(below)
    }

    /// An outer join keeps its outer side, a semi-join its left one; the smaller input is the one to build from.
    private func sided(_ join: JoinNode) -> LogicalPlan {
        var node = join
        // The right side is no plan by itself: it has nothing to be ordered.
        if join.ownList != nil {
            node.left = visit(join.left)
            return .join(node)
        }
        node.left = visit(join.left)
        node.right = visit(join.right)
        switch node.kind {
        case .left: node.kind = .right
        case .semi where !node.equalities.isEmpty: node.kind = .rightSemi
        case .anti where !node.equalities.isEmpty: node.kind = .rightAnti
        case .full: break
        default: return .join(node)
        }
        let kept = join.kind
        guard cardinality.rows(node.left) * 2 < cardinality.rows(node.right), !keepsWrittenOrder(join) else {
            node.kind = kept
            return .join(node)
        }
        (node.left, node.right) = (node.right, node.left)
        node.equalities = node.equalities.map { equality in
            JoinNode.Equality(equality.right, equality.left, nullsEqual: equality.nullsEqual, isCorrelation: equality.isCorrelation)
        }
        return .join(node)
    }

    /// Rows that a statement says itself are expected in its order, without ORDER BY, too: psql's `\gdesc` asks so for the names of an answer's types. A left join gives them so
    /// where it is built from its other side.
    private func keepsWrittenOrder(_ join: JoinNode) -> Bool {
        join.kind == .left && Self.isWritten(join.left) && cardinality.rows(join.right) <= Self.writtenOrderRowMax
    }

    private static func isWritten(_ plan: LogicalPlan) -> Bool {
        switch plan {
        case .values: true
        case .project(let input, _), .filter(let input, _): isWritten(input)
        case .join(let node): node.kind == .left && isWritten(node.left)
        default: false
        }
    }

    /// Adds what lies below a tree of inner joins, from left to right.
    private func flatten(_ plan: LogicalPlan, into graph: inout Graph) {
        guard case .join(let node) = plan, node.kind == .inner || node.kind == .cross else {
            graph.relations.append(visit(plan))
            return
        }
        flatten(node.left, into: &graph)
        flatten(node.right, into: &graph)
        graph.equalities += node.equalities
        graph.residual += node.residual
    }

    // MARK: The graph

    /// Relations and what joins them. A set of relations is a mask of bits.
    ///
    /// Invariants, once `prepare` has run:
    /// 1. bit n of a mask is `relations[n]`; `rows[n]` are its rows;
    /// 2. an expression that is equated as a column stands in one class at most;
    /// 3. every equality is in a class or in `others`, every condition in `conditions`.
    private struct Graph {
        var relations: [LogicalPlan] = []
        var equalities: [JoinNode.Equality] = []
        var residual: [Expression] = []

        private(set) var rows: [Double] = []
        /// Columns that are all equal to each other: any two of them in different relations join those. So `a.k = b.k AND b.k = c.k` lets a and c be joined first,
        /// which nobody wrote down.
        private(set) var classes: [[Member]] = []
        /// Equalities of other expressions, and conditions, with the relations that each needs.
        private(set) var others: [(equality: JoinNode.Equality, left: UInt64, right: UInt64, fraction: Double)] = []
        private(set) var conditions: [(expression: Expression, mask: UInt64, fraction: Double)] = []
        /// Pairs of relations that are joined on several columns, and how many times too few rows those give when each is counted by itself:
        /// the columns of a key depend on each other.
        private var excesses: [(pair: UInt64, factor: Double)] = []

        /// What each look at an order goes through.
        var testCount: Int { classes.reduce(others.count + conditions.count) { $0 + $1.count } }

        /// Of planning, for one look at a set of relations.
        var lookStepCount: Int { 1 + (relations.count + testCount + excesses.count) >> JoinOrder.testShift }

        /// A column of a class, and the relation that it is of.
        struct Member {
            let mask: UInt64
            let expression: Expression
            var domain: Cardinality.Domain
        }

        /// Sorts equalities into classes and others, and reckons what each leaves.
        mutating func prepare(_ cardinality: Cardinality) {
            rows = relations.map(cardinality.rows)
            var owner: [ColumnID: Int] = [:]
            for (index, relation) in relations.enumerated() { for id in relation.columnIDs { owner[id] = index } }
            // Columns of the query around the joins have no owner: they are known everywhere.
            func mask(_ expression: Expression) -> UInt64 {
                expression.columnIDs.reduce(0) { $0 | (owner[$1].map { 1 << UInt64($0) } ?? 0) }
            }
            func member(_ expression: Expression) -> Member {
                let mask = mask(expression)
                return Member(mask: mask, expression: expression, domain: cardinality.domain(expression, among: rowCount(of: mask)))
            }
            for equality in equalities {
                let (left, right) = (member(equality.left), member(equality.right))
                // IS NOT DISTINCT FROM stays outside of classes, whose members are compared by plain equality; so do columns of two types.
                if !equality.nullsEqual, case .column(_, let a) = equality.left, case .column(_, let b) = equality.right, a == b {
                    merge(left, right)
                } else {
                    others.append((equality, left.mask, right.mask, 1 / max(left.domain.distinct, right.domain.distinct)))
                }
            }
            conditions = residual.map { ($0, mask($0), cardinality.fraction($0)) }
            filterWithin(cardinality)
            for index in classes.indices { limitToKeys(&classes[index]) }
            findExcesses(cardinality)
        }

        /// Of the relation that a column is of; any number where it is of several.
        private func rowCount(of mask: UInt64) -> Double { mask.nonzeroBitCount == 1 ? rows[mask.trailingZeroBitCount] : 1e6 }

        /// What refers to a key has no more values than the key, and the key no more that matter than can be referred to.
        private func limitToKeys(_ members: inout [Member]) {
            guard let key = members.filter(\.domain.isKey).map(\.domain.distinct).max() else { return }
            let known = members.map(\.domain)
            for index in members.indices {
                let rows = rowCount(of: members[index].mask)
                let reached = known.indices.filter { $0 != index }.map { known[index].reached(from: known[$0], rows: rows) }
                members[index].domain.distinct = min(known[index].distinct, key, reached.min() ?? key)
            }
        }

        /// Columns of one relation that a class makes equal are tested in it: a join tests one column of each side.
        private mutating func filterWithin(_ cardinality: Cardinality) {
            for index in relations.indices {
                let tests = classes.flatMap { members -> [Expression] in
                    let own = members.filter { $0.mask == 1 << UInt64(index) }.map(\.expression)
                    return own.dropFirst().map { .call(.equal, [own[0], $0], type: .boolean, position: nil) }
                }
                guard !tests.isEmpty else { continue }
                relations[index] = .filter(input: relations[index], conjuncts: tests)
                rows[index] = cardinality.rows(relations[index])
            }
        }

        /// For each pair of relations with several classes in common: a key of two columns has as many values as its table has rows, not the product
        /// of both columns' counts.
        private mutating func findExcesses(_ cardinality: Cardinality) {
            for left in relations.indices {
                for right in relations.indices where right > left {
                    let (one, two) = (UInt64(1) << UInt64(left), UInt64(1) << UInt64(right))
                    let domains = classes.compactMap { members -> Double? in
                        guard let a = members.first(where: { $0.mask == one }), let b = members.first(where: { $0.mask == two }) else { return nil }
                        return max(a.domain.distinct, b.domain.distinct)
                    }
                    guard domains.count > 1 else { continue }
                    let possible = max(domains.max() ?? 1, min(cardinality.tableRows(relations[left]), cardinality.tableRows(relations[right])))
                    let factor = domains.reduce(1, *) / possible
                    if factor > 1 { excesses.append((one | two, factor)) }
                }
            }
        }

        /// Puts both into one class; two classes become one.
        private mutating func merge(_ a: Member, _ b: Member) {
            func place(_ expression: Expression) -> Int? { classes.firstIndex { $0.contains { $0.expression == expression } } }
            switch (place(a.expression), place(b.expression)) {
            case (let one?, let other?):
                guard one != other else { return }
                classes[one] += classes[other]
                classes.remove(at: other)
            case (let one?, nil): classes[one].append(b)
            case (nil, let other?): classes[other].append(a)
            case (nil, nil): classes.append([a, b])
            }
        }

        /// Rows of the join of a set of relations: the same whatever the order.
        ///
        /// A class of n columns is n - 1 equalities, each of which passes one of as many values as its richer side has: so the product of all rows is divided by every column's
        /// count of values but the least (values of the poorer side are taken to be among the richer one's). Never above `Cardinality.rowMax`, so that costs are finite.
        ///
        /// - Complexity: relations, members of classes and conditions.
        func rows(of set: UInt64) -> Double {
            var result = 1.0
            for index in relations.indices where set & (1 << UInt64(index)) != 0 { result *= rows[index] }
            for members in classes {
                var distinct = members.filter { $0.mask & ~set == 0 }.map(\.domain.distinct)
                guard distinct.count > 1 else { continue }
                distinct.sort()
                for value in distinct.dropFirst() { result /= max(1, value) }
            }
            for other in others where (other.left | other.right) & ~set == 0 { result *= other.fraction }
            for condition in conditions where condition.mask & ~set == 0 { result *= condition.fraction }
            for excess in excesses where excess.pair & ~set == 0 { result *= excess.factor }
            return min(max(1, result), Cardinality.rowMax)
        }

        /// Whether some equality joins the two sets, so that their join is no product.
        func isConnected(_ left: UInt64, _ right: UInt64) -> Bool {
            classes.contains { members in
                members.contains { $0.mask & ~left == 0 } && members.contains { $0.mask & ~right == 0 }
            } || others.contains { ($0.left & ~left == 0 && $0.right & ~right == 0) || ($0.left & ~right == 0 && $0.right & ~left == 0) }
        }

        /// The join of two sets, with every condition that first becomes testable here.
        func join(_ left: (UInt64, LogicalPlan), _ right: (UInt64, LogicalPlan)) -> LogicalPlan {
            var node = JoinNode(kind: .inner, left: left.1, right: right.1)
            let both = left.0 | right.0
            // One equality for each class: the others of it hold within the sides already.
            for members in classes {
                let own = members.filter { $0.mask & ~left.0 == 0 }, other = members.filter { $0.mask & ~right.0 == 0 }
                if let one = own.first, let two = other.first { node.equalities.append(JoinNode.Equality(one.expression, two.expression)) }
            }
            // Testable with both sides, and not with one of them alone.
            func isNew(_ mask: UInt64) -> Bool { mask & ~both == 0 && mask & ~left.0 != 0 && mask & ~right.0 != 0 }
            for other in others where isNew(other.left | other.right) {
                let equality = other.equality
                if other.left & ~left.0 == 0, other.right & ~right.0 == 0 {
                    node.equalities.append(equality)
                } else if other.left & ~right.0 == 0, other.right & ~left.0 == 0 {
                    node.equalities.append(JoinNode.Equality(equality.right, equality.left, nullsEqual: equality.nullsEqual))
                } else if equality.nullsEqual {
                    node.residual.append(.isDistinct(equality.left, equality.right, isNegated: true))
                } else {
                    node.residual.append(.call(.equal, [equality.left, equality.right], type: .boolean, position: nil))
                }
            }
            node.residual += conditions.filter { isNew($0.mask) }.map(\.expression)
            if node.equalities.isEmpty, node.residual.isEmpty { node.kind = .cross }
            return .join(node)
        }

        /// The side with fewer rows goes right, where the hash table is built.
        func sidedJoin(_ a: (UInt64, LogicalPlan), _ b: (UInt64, LogicalPlan)) -> LogicalPlan {
            rows(of: a.0) < rows(of: b.0) ? join(b, a) : join(a, b)
        }
    }

    // MARK: Search

    /// The best plan of a set joins the best plans of two parts of it, since what comes out of a part is the same in every order (Selinger's dynamic programming, over bushy
    /// trees): sets are gone through by their numbers, in which every part comes before its whole.
    ///
    /// - Returns: nil where planning is over before it.
    /// - Complexity: 3^n splits of n relations, 59,049 for 10, each of which is looked at once, and 2^n looks at the rows of a set.
    private func exhaustive(_ graph: inout Graph) -> LogicalPlan? {
        let count = graph.relations.count, stepCount = graph.lookStepCount
        let all: UInt64 = (1 << UInt64(count)) - 1
        var cost = [Double](repeating: .infinity, count: Int(all) + 1)
        var split = [UInt64](repeating: 0, count: Int(all) + 1)
        // Of each set that was gone through: a set is a part of many.
        var rows = [Double](repeating: 0, count: Int(all) + 1)
        for set in 1...all {
            let splitCount = (1 << (set.nonzeroBitCount - 1)) - 1
            PlanningWork.charge((splitCount + 1) * stepCount)
            if PlanningWork.isOver { return nil }
            let own = graph.rows(of: set)
            rows[Int(set)] = own
            if splitCount == 0 { cost[Int(set)] = 0 }
            // Counts down through all parts of the set.
            var part = (set - 1) & set
            while part > 0 {
                let rest = set ^ part
                // Each split once, whichever side is named first.
                if part < rest {
                    // The rows that come out, and those that go into a hash table. A product of unconnected sets last of all: whether it is one is asked of what would be the best else.
                    let build = min(rows[Int(part)], rows[Int(rest)]), parts = cost[Int(part)] + cost[Int(rest)]
                    // The first split in any case: each set has one.
                    let isFirst = split[Int(set)] == 0
                    if isFirst || parts + own + build < cost[Int(set)] {
                        let total = parts + own * (graph.isConnected(part, rest) ? 1.0 : 1_000.0) + build
                        if isFirst || total < cost[Int(set)] { (cost[Int(set)], split[Int(set)]) = (total, part) }
                    }
                }
                part = (part - 1) & set
            }
        }
        func build(_ set: UInt64) -> LogicalPlan {
            if set.nonzeroBitCount == 1 { return graph.relations[set.trailingZeroBitCount] }
            let part = split[Int(set)]
            return graph.sidedJoin((part, build(part)), (set ^ part, build(set ^ part)))
        }
        return build(all)
    }

    /// Joins two parts of which the fewest rows come out, over and over: n³ / 3 looks, and a good order where joins narrow, as they mostly do.
    ///
    /// - Returns: nil where planning is over before it.
    private func greedy(_ graph: inout Graph) -> LogicalPlan? {
        let stepCount = graph.lookStepCount
        var parts = graph.relations.enumerated().map { (UInt64(1) << UInt64($0.offset), $0.element) }
        while parts.count > 1 {
            // Two looks at each pair.
            PlanningWork.charge(parts.count * (parts.count - 1) * stepCount)
            if PlanningWork.isOver { return nil }
            var best: (a: Int, b: Int, cost: Double)?
            for a in parts.indices {
                for b in parts.indices where b > a {
                    let penalty = graph.isConnected(parts[a].0, parts[b].0) ? 1.0 : 1_000.0
                    let cost = graph.rows(of: parts[a].0 | parts[b].0) * penalty
                    if best.map({ cost < $0.cost }) ?? true { best = (a, b, cost) }
                }
            }
            guard let best else { break }
            let joined = (parts[best.a].0 | parts[best.b].0, graph.sidedJoin(parts[best.a], parts[best.b]))
            parts.remove(at: best.b)
            parts[best.a] = joined
        }
        return parts[0].1
    }
}
