import ColumnStore
import Query

/// A test of rows that comes before all that a query asks of them: no expression is evaluated on a row that does not pass.
///
/// Tells, of versioned tables, which versions are shown.
struct RowTest: Sendable {
    /// Top-level columns.
    let columns: [ColumnPath]
    /// Of a batch of `columns`: a bit for each row.
    let select: @Sendable (ColumnBatch) throws -> Bitmap

    /// One predicate of this test and, on the rows that pass it, `residual`.
    ///
    /// - Parameter residual: what the query asks; nil for nothing.
    /// - Returns: a filter over the columns of both, in which a column that both read stands once.
    func before(_ residual: ResidualFilter?) -> ResidualFilter {
        guard let residual else { return ResidualFilter(columns: columns, select: select) }
        var names: [String] = []
        for path in columns + residual.columns where !names.contains(path.names[0]) { names.append(path.names[0]) }
        func places(_ paths: [ColumnPath]) -> [Int] {
            var own: [String] = []
            for path in paths where !own.contains(path.names[0]) { own.append(path.names[0]) }
            return own.compactMap { names.firstIndex(of: $0) }
        }
        let (mine, theirs) = (places(columns), places(residual.columns))
        return ResidualFilter(columns: columns + residual.columns) { [select] batch in
            func part(_ places: [Int]) -> ColumnBatch { ColumnBatch(rowCount: batch.rowCount, columns: places.map { batch.columns[$0] }) }
            let passing = try select(part(mine))
            let rows = passing.setIndices()
            if rows.isEmpty { return passing }
            if rows.count == batch.rowCount { return try residual.select(part(theirs)) }
            // `kept` counts the passing rows; `rows` says where those stand in the batch.
            let kept = try residual.select(part(theirs).gathering(rows))
            var both = Bitmap(repeating: false, count: batch.rowCount)
            for place in kept.setIndices() { both[Int(rows[Int(place)])] = true }
            return both
        }
    }
}
