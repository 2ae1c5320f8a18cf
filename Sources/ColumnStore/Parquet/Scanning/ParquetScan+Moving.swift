/// What bounds that move while a query runs say of row groups: a reader asks when it begins, since the plan of the scan is older.
extension ParquetScan {
    /// The bounds as they are by now, as questions to the row group's statistics and page indexes.
    func movedBounds(rowGroup: Int) -> PruningPredicate {
        let chunks = file.metadata.rowGroups[rowGroup].columns
        return PruningPredicate(
            terms: runtimeFilters.compactMap { planned in
                guard let bound = planned.runtimeFilter.moving, case .leaf(let place) = planned.node, let test = bound.test else { return nil }
                let leaf = leaves[place]
                // Where NULLs pass, the range says all there is to say only of a column that has none.
                if bound.takesNulls, chunks[leaf.descriptor.index].metadata?.statistics?.nullCount != 0 { return nil }
                return PruningPredicate.Term(filter: ColumnFilter(planned.runtimeFilter.path, test), decoder: decoder(of: leaf))
            })
    }

    /// The parts, those first whose rows may come first in the order of which a bound moves: the sooner these are read, the more of the others need not be.
    /// As they are where no bound moves.
    public func mostPromisingFirst(_ parts: [ScanPart]) -> [ScanPart] {
        guard parts.count > 1, let planned = runtimeFilters.first(where: { $0.runtimeFilter.moving != nil }), let bound = planned.runtimeFilter.moving,
            case .leaf(let place) = planned.node
        else { return parts }
        let decoder = decoder(of: leaves[place])
        let firsts = parts.map { part -> Value? in
            guard let statistics = file.metadata.rowGroups[part.rowGroup].columns[decoder.leaf.index].metadata?.statistics else { return nil }
            let (minimum, maximum) = decoder.bounds(statistics)
            return bound.isDescending ? maximum : minimum
        }
        let order = parts.indices.sorted { one, other in
            // Those of which nothing is known come last; the rest stay in their order where they are alike.
            guard let left = firsts[one], let right = firsts[other], let order = Value.order(left, right) else {
                return (firsts[one] == nil ? 1 : 0, one) < (firsts[other] == nil ? 1 : 0, other)
            }
            if order == 0 { return one < other }
            return (order < 0) != bound.isDescending
        }
        return order.map { parts[$0] }
    }
}
