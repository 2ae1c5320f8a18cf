import ColumnStore

/// How far into its partitions a window's rows are looked at: `rank() … <= 3` above it wants the first ranks alone, and the sort beneath need not keep others.
///
/// Only where the rows before a row settle all that the window computes, so that it is the same without those that follow. The condition stays above.
enum RankBounds {
    /// Past this many, partitions seldom have rows to leave out.
    static let countMax = 50_000

    /// The closest bound that conditions over the window, in the order in which they are asked, put on one of its calls; the node's own where they put none.
    static func first(_ conditions: [Expression], over node: WindowNode) -> WindowNode.FirstRanks? {
        guard node.calls.allSatisfy(\.function.definition.looksBackOnly) else { return nil }
        var first = node.first
        for condition in conditions {
            // Rows that are left out might have failed here.
            if ConstantFolding.canFail(condition) { break }
            let bounds = bounds(in: condition)
            for call in node.calls {
                guard let bound = bounds[call.column.id], bound <= Int64(countMax), bound < Int64(first?.count ?? .max) else { continue }
                first = WindowNode.FirstRanks(function: call.function, count: Int(max(0, bound)))
            }
        }
        return first
    }

    /// For columns of whole numbers the greatest value with which the condition may be true.
    private static func bounds(in condition: Expression) -> [ColumnID: Int64] {
        switch condition {
        case .call(let function, let sides, _, _):
            guard let comparison = function.comparison, sides.count == 2 else { return [:] }
            if case .column(let id, _) = sides[0], case .literal(.integer(let value), _) = sides[1] { return bound(id, comparison, value) }
            if case .column(let id, _) = sides[1], case .literal(.integer(let value), _) = sides[0] { return bound(id, comparison.mirrored, value) }
            return [:]
        case .inList(.column(let id, _), let items, isNegated: false):
            var greatest = Int64.min
            for item in items {
                guard case .literal(let value, _) = item else { return [:] }
                // NULL equals nothing.
                if value.isNull { continue }
                guard case .integer(let number) = value else { return [:] }
                greatest = max(greatest, number)
            }
            return [id: greatest]
        case .and(let items):
            return items.reduce(into: [:]) { all, item in all.merge(bounds(in: item)) { min($0, $1) } }
        case .or(let items):
            guard let first = items.first else { return [:] }
            return items.dropFirst().reduce(bounds(in: first)) { all, item in
                let own = bounds(in: item)
                return all.reduce(into: [:]) { shared, entry in if let other = own[entry.key] { shared[entry.key] = max(entry.value, other) } }
            }
        default: return [:]
        }
    }

    private static func bound(_ id: ColumnID, _ comparison: Comparison, _ value: Int64) -> [ColumnID: Int64] {
        switch comparison {
        case .equal, .lessOrEqual: [id: value]
        case .less: [id: value.subtractingSaturating(1)]
        case .notEqual, .greater, .greaterOrEqual: [:]
        }
    }
}
