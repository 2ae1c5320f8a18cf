import ColumnStore

/// Conditions over a left and a right row: only the columns that they mention are gathered.
final class PairPredicate {
    private let predicate: Predicate
    private let leftPlaces: [Int]
    private let rightPlaces: [Int]

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
    func select(_ batch: ColumnBatch, _ left: [Int32], _ table: JoinTable, _ right: [Int32]) throws(QueryError) -> [Int32]? {
        let gathered =
            leftPlaces.map { batch.columns[$0].gathering(left) } + rightPlaces.map { table.gathering(right, column: $0) }
        return try predicate.select(ColumnBatch(rowCount: left.count, columns: gathered))
    }
}
