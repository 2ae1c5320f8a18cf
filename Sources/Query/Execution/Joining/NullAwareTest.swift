import ColumnStore

/// For IN and NOT IN: which left rows without match are not false but unknown, because a NULL stands on either side.
///
/// `x NOT IN (…)` with the rules of SQL: true if x differs from every element, false if it equals one, else unknown. A left
/// row that has matched is settled and not asked about; of the others it is looked for a right row that they may equal.
///
/// The correlation's columns must be equal outright; compared columns must not be known to differ: NULL on either side is
/// not known to. PostgreSQL's rule: <https://www.postgresql.org/docs/15/functions-subquery.html#FUNCTIONS-SUBQUERY-NOTIN>.
final class NullAwareTest {
    private let table: JoinTable
    /// The compared expressions, and those of the correlation.
    private let comparisons: [Int]
    private let correlations: [Int]
    /// By equality, over all rows of the table.
    private let rightKeys: [Column]
    private let residual: PairPredicate?
    private let cancellation: Cancellation
    private static let pairCountMax = ColumnBatch.targetRowCount

    init(_ owner: JoinOperator, _ table: JoinTable, _ run: QueryRun) throws {
        self.table = table
        cancellation = run.cancellation
        let node = owner.node
        let compared = node.equalities.indices.filter { !node.equalities[$0].isCorrelation && !node.equalities[$0].nullsEqual }
        comparisons = compared
        correlations = node.equalities.indices.filter { !compared.contains($0) }
        rightKeys = table.keyColumns
        residual = node.residual.isEmpty ? nil : try PairPredicate(node.residual, owner.leftLayout, owner.rightLayout, run.context)
    }

    /// A bit for each left row that is unknown.
    /// - Parameter open: left rows without a match.
    /// - Parameter facts: of the whole right side, also of one in blocks.
    /// - Complexity: O(1) for each row of one plain comparison; else O(open rows × right rows), in pieces between which
    ///   cancellation is looked at.
    func unknownRows(_ batch: ColumnBatch, _ keys: [Column], among open: Bitmap, _ facts: JoinFacts) throws -> Bitmap {
        var unknown = Bitmap(repeating: false, count: batch.rowCount)
        if facts.isEmpty { return unknown }
        var nullLeft = Bitmap(repeating: false, count: batch.rowCount)
        for index in comparisons { if let validity = keys[index].rowValidity { nullLeft = nullLeft | ~validity } }
        // One compared column and nothing else: any NULL makes every row without match unknown.
        if comparisons.count == 1, correlations.isEmpty, residual == nil { return facts.hasNull ? open : open & nullLeft }
        // With no NULL on the right only a NULL of its own leaves a row unknown.
        for row in (facts.hasNull ? open : open & nullLeft).setIndices() where try mayMatch(batch, keys, row) { unknown[Int(row)] = true }
        return unknown
    }

    /// Whether some right row is not known to differ from a left row.
    private func mayMatch(_ batch: ColumnBatch, _ keys: [Column], _ row: Int32) throws -> Bool {
        for start in stride(from: 0, to: table.rowCount, by: Self.pairCountMax) {
            try cancellation.check()
            let end = min(start + Self.pairCountMax, table.rowCount)
            var passing = Bitmap(repeating: true, count: end - start)
            for index in comparisons + correlations {
                let left = Column.constant(keys[index].value(at: Int(row)), type: keys[index].type, count: end - start)
                let equal = CompareKernels.compare(.equal, left, rightKeys[index].slice(start..<end))
                // Not false is true or NULL.
                let isFalse = LogicKernels.not(equal).trueRows()
                passing = passing & (comparisons.contains(index) ? ~isFalse : equal.trueRows())
            }
            let rows = passing.setIndices().map { $0 + Int32(start) }
            if rows.isEmpty { continue }
            guard let residual else { return true }
            let left = [Int32](repeating: row, count: rows.count)
            // Nil is all pairs: the residual passes.
            if try residual.select(batch, left, table, rows)?.isEmpty ?? false { continue }
            return true
        }
        return false
    }
}
