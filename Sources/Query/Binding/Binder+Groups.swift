import ColumnStore

/// GROUP BY: its keys, each once, and the grouping sets that it makes of them.
///
/// | written | sets |
/// | --- | --- |
/// | `a, b` | (a, b) |
/// | `ROLLUP (a, b)` | (a, b), (a), () |
/// | `CUBE (a, b)` | (a, b), (a), (b), () |
/// | `GROUPING SETS ((a), b, ())` | (a), (b), () |
/// | `a, ROLLUP (b)` | every set of the one with every set of the other: (a, b), (a) |
extension Binder {
    /// The grouping sets, each a list of places in `expressions`.
    ///
    /// Invariants:
    /// 1. `expressions` holds each key once, as keys are compared; sets and `items` name keys by their places in it;
    /// 2. `sets` is never empty: without GROUP BY it is the one set of no keys.
    struct GroupingList {
        private(set) var expressions: [(expression: Expression, name: String, position: Int)] = []
        private(set) var places = ExpressionPlaces()
        var sets: [[Int]] = [[]]
        /// Where in the SELECT's list an expression first stands.
        let outputs: ExpressionPlaces
        /// Of the columns of the SELECT's list that are keys by themselves, which: a column is NULL where its grouping set leaves it out, and
        /// another one of the same expression, or a constant, is not.
        private(set) var items: [Int: Int] = [:]
        /// Whether a key may be left out of a set.
        private let hasSets: Bool

        /// - Parameter items: the expressions of the SELECT's list, as they are compared.
        init(_ select: SelectSyntax, _ items: [Expression]) {
            hasSets = select.groupBy.contains { if case .set = $0 { false } else { true } }
            outputs = select.groupBy.isEmpty ? ExpressionPlaces() : ExpressionPlaces(items)
        }

        /// The place of a key, which may be in the list already.
        ///
        /// - Parameters:
        ///   - compared: the same as it is compared.
        ///   - item: the column of the SELECT's list that it names, or whose expression it is.
        mutating func place(_ expression: Expression, _ compared: Expression, item: Int?, _ name: String, _ position: Int) -> Int {
            guard let item, hasSets || expression.isLiteral else {
                return places[compared] ?? append(expression, compared, name, position)
            }
            let place = items[item] ?? (hasSets ? nil : places[compared]) ?? append(expression, compared, name, position)
            items[item] = place
            return place
        }

        private mutating func append(_ expression: Expression, _ compared: Expression, _ name: String, _ position: Int) -> Int {
            places.insert(compared, at: expressions.count)
            expressions.append((expression, name, position))
            return expressions.count - 1
        }
    }

    /// - Throws: unsupported-sql past `SyntaxLimits.groupingSetCountMax` sets or `listItemCountMax` keys; bad-sql for keys that cannot be compared or
    ///   hold aggregates.
    func bindGroups(
        _ select: SelectSyntax, _ items: [Item], _ collector: SelectCollector, in frame: BindingFrame
    ) throws(QueryError) -> GroupingList {
        var list = GroupingList(select, select.groupBy.isEmpty ? [] : items.map { twins.compared($0.expression) })
        let scope = ExpressionScope(frame: frame, clause: "GROUP BY")
        // Of the one set that most queries have.
        var whole: Set<Int> = []
        for element in select.groupBy {
            let sets = try groupingSets(element, items, collector, scope, &list)
            // Plain keys, one after another: no product has to be made.
            if list.sets.count == 1, sets.count == 1, whole.count == list.sets[0].count {
                list.sets[0] += sets[0].filter { whole.insert($0).inserted }
                continue
            }
            var product: [[Int]] = []
            guard list.sets.count * sets.count <= SyntaxLimits.groupingSetCountMax else {
                throw .unsupported(
                    "GROUP BY makes more than \(SyntaxLimits.groupingSetCountMax) grouping sets", at: select.groupByPosition)
            }
            for left in list.sets {
                try work?.spend(left.count)
                let known = Set(left)
                for right in sets { product.append(left + right.filter { !known.contains($0) }) }
            }
            guard product.count <= SyntaxLimits.groupingSetCountMax else {
                throw .unsupported(
                    "GROUP BY makes more than \(SyntaxLimits.groupingSetCountMax) grouping sets", at: select.groupByPosition)
            }
            list.sets = product
        }
        if select.groupsAreDistinct {
            var known: Set<Set<Int>> = []
            list.sets = list.sets.filter { known.insert(Set($0)).inserted }
        }
        return list
    }

    /// The sets that one item of GROUP BY makes.
    private func groupingSets(
        _ element: GroupingSyntax, _ items: [Item], _ collector: SelectCollector, _ scope: ExpressionScope, _ list: inout GroupingList
    ) throws(QueryError) -> [[Int]] {
        func places(_ keys: [ExpressionSyntax], _ list: inout GroupingList) throws(QueryError) -> [Int] {
            var result: [Int] = [], known: Set<Int> = []
            for key in keys {
                let place = try groupPlace(key, items, collector, scope, &list)
                if known.insert(place).inserted { result.append(place) }
            }
            return result
        }
        switch element {
        case .set(let keys): return [try places(keys, &list)]
        case .rollup(let parts, let position):
            var sets: [[Int]] = [[]]
            guard parts.count < SyntaxLimits.groupingSetCountMax else {
                throw .unsupported("GROUP BY makes more than \(SyntaxLimits.groupingSetCountMax) grouping sets", at: position)
            }
            // Each prefix, the longest first.
            for part in parts { sets.append((sets.last ?? []) + (try places(part, &list))) }
            return sets.reversed()
        case .cube(let parts, let position):
            // 2^9 are as many sets as GROUP BY may make.
            guard parts.count <= 9 else { throw .unsupported("CUBE of more than 9 columns is not supported", at: position) }
            var sets: [[Int]] = [[]]
            for part in parts.reversed() {
                let here = try places(part, &list)
                sets = sets.map { here + $0 } + sets
            }
            return sets
        case .groupingSets(let elements, let position):
            var sets: [[Int]] = []
            for element in elements {
                sets += try groupingSets(element, items, collector, scope, &list)
                guard sets.count <= SyntaxLimits.groupingSetCountMax else {
                    throw .unsupported("GROUP BY makes more than \(SyntaxLimits.groupingSetCountMax) grouping sets", at: position)
                }
            }
            return sets
        }
    }

    /// An input column comes before an output name, as in PostgreSQL.
    ///
    /// - Returns: the key's place in the list, where it is put if it is new.
    private func groupPlace(
        _ syntax: ExpressionSyntax, _ items: [Item], _ collector: SelectCollector, _ scope: ExpressionScope, _ list: inout GroupingList
    ) throws(QueryError) -> Int {
        var item: Int?, name = OutputNames.name(of: syntax)
        if let ordinal = try ordinal(syntax, count: items.count, "GROUP BY") {
            item = ordinal
            name = items[ordinal].name
        } else if case .name(let parts) = syntax.kind, parts.count == 1, case .none = scope.frame.names.lookup(parts[0].text) {
            item = try outputNamed(parts[0].text, items, at: syntax.position)
        } else {
            item = rowItem(syntax, items)
        }
        let key: Expression
        if let item { key = items[item].expression } else { key = try bindExpression(syntax, in: scope).expression }
        let compared = twins.compared(key)
        item = item ?? list.outputs[compared]
        // A key may be an item of the SELECT's list, which may be made of these.
        let (aggregates, windows) = (collector.aggregateIDs, collector.windowIDs)
        if key.contains({ if case .column(let id, _) = $0 { aggregates.contains(id) || windows.contains(id) } else { false } }) {
            throw .badSQL("aggregates and window functions are not allowed in GROUP BY", at: syntax.position).because(.ungroupedColumn)
        }
        guard TypeRules.isComparable(key.type) else {
            throw .badSQL("GROUP BY cannot compare values of type \(key.type.sqlName)", at: syntax.position).because(.undefinedFunction)
        }
        let place = list.place(key, compared, item: item, name, syntax.position)
        guard list.expressions.count <= SyntaxLimits.listItemCountMax else {
            throw .unsupported("GROUP BY has more than \(SyntaxLimits.listItemCountMax) expressions", at: syntax.position)
        }
        return place
    }
}
