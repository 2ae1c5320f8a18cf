/// Which grouping set is made of which: groups with their states are as good as rows to a set that has some of their keys only.
///
/// A row is then looked up once for ROLLUP and CUBE, whatever number of sets they have; what is looked up again is groups.
///
/// Invariant: each set has its rows from one place, so that none counts twice: from the input (`roots`), or from one other set.
struct GroupingSetOrder {
    /// Sets that the input's rows are grouped by.
    let roots: [Int]
    /// All sets, each behind the one that it is made of.
    let order: [Int]
    /// By set: those that are made of its groups.
    let coarser: [[Int]]
    /// By set: where its keys lie among those of the set that it is made of; nothing for roots.
    let keyPlaces: [[Int]]

    /// - Parameters:
    ///   - sets: places of keys, each.
    ///   - derives: whether sets are made of others at all.
    init(_ sets: [[Int]], derives: Bool) {
        order = sets.indices.sorted { (sets[$1].count, $0) < (sets[$0].count, $1) }
        // Hundreds of sets may have a thousand keys each: as bits they are told apart 64 keys at a time.
        let wordCount = (sets.joined().max() ?? 0) / 64 + 1
        let bits = sets.map { set in set.reduce(into: [UInt64](repeating: 0, count: wordCount)) { $0[$1 / 64] |= 1 << UInt64($1 % 64) } }
        var (roots, coarser, keyPlaces) = ([Int](), [[Int]](repeating: [], count: sets.count), [[Int]](repeating: [], count: sets.count))
        for (place, set) in order.enumerated() {
            // The last that has all keys has the fewest others, and so the fewest groups as far as is known here.
            let finer = derives ? order[..<place].last { zip(bits[$0], bits[set]).allSatisfy { $0 & $1 == $1 } } : nil
            guard let finer else {
                roots.append(set)
                continue
            }
            coarser[finer].append(set)
            let places = Dictionary(sets[finer].enumerated().map { ($0.element, $0.offset) }) { first, _ in first }
            keyPlaces[set] = sets[set].compactMap { places[$0] }
        }
        (self.roots, self.coarser, self.keyPlaces) = (roots, coarser, keyPlaces)
    }
}
