import ColumnStore

/// Conditions over a left and a right row: only the columns that they mention are gathered.
/// What a join's ON says beyond equal keys. One stream's own: the predicate keeps caches.
final class PairPredicate {
    private let predicate: Predicate
    private let leftPlaces: [Int]
    private let rightPlaces: [Int]

    /// - Parameter left: where each column lies in left batches; `right` says it of the table.
    init(_ conjuncts: [Expression], _ left: [ColumnID: Int], _ right: [ColumnID: Int], _ context: EvaluationContext) throws(QueryError) {
        var mentioned: Set<ColumnID> = []
        for conjunct in conjuncts { EvaluationCompiler.walk(conjunct) { if case .column(let id, _) = $0 { mentioned.insert(id) } } }
        let leftIDs = mentioned.filter { left[$0] != nil }.sorted()
        let rightIDs = mentioned.filter { left[$0] == nil && right[$0] != nil }.sorted()
        leftPlaces = leftIDs.compactMap { left[$0] }
        rightPlaces = rightIDs.compactMap { right[$0] }
        let layout = Dictionary((leftIDs + rightIDs).enumerated().map { ($0.element, $0.offset) }, uniquingKeysWith: { first, _ in first })
        predicate = try Predicate(conjuncts, layout: layout, context: context)
    }

    /// Places of the pairs that pass, or nil when all do.
    /// - Parameter left: row of `batch` for each pair; `right` the row of `table`.
    /// - Throws: what the conditions throw; cancellation is for the caller to look at.
    func select(_ batch: ColumnBatch, _ left: [Int32], _ table: JoinTable, _ right: [Int32]) throws(QueryError) -> [Int32]? {
        let cuts = BatchBuilder(gathering: leftPlaces.map { batch.columns[$0] })
        let end = min(cuts.end(of: left, from: 0, to: left.count), table.cuts.end(of: right, from: 0, to: right.count))
        if end == left.count { return try predicate.select(gathered(batch, left, table, right)) }
        // Lists are copied for each pair: no more of them at once than a batch should take.
        var passing: [Int32] = []
        var start = 0
        while start < left.count {
            let end = min(cuts.end(of: left, from: start, to: left.count), table.cuts.end(of: right, from: start, to: right.count))
            let pairs = gathered(batch, Array(left[start..<end]), table, Array(right[start..<end]))
            let rows = try predicate.select(pairs) ?? Array(0..<Int32(end - start))
            passing.append(contentsOf: rows.lazy.map { $0 + Int32(start) })
            start = end
        }
        return passing
    }

    private func gathered(_ batch: ColumnBatch, _ left: [Int32], _ table: JoinTable, _ right: [Int32]) -> ColumnBatch {
        ColumnBatch(
            rowCount: left.count,
            columns: leftPlaces.map { batch.columns[$0].gathering(left) } + rightPlaces.map { table.gathering(right, column: $0) })
    }
}
