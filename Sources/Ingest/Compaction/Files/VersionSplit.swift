import ColumnStore
import Documents

/// Tells old versions from those that are newest in cold, and writes into them what came after them.
///
/// A row is in one of four cases: something in cold came after it; its file says what did; it FAILED, and names itself as its successor; it is present.
/// The first three are past. What a file says is of the time it was written: a version in between may have been taken up again since, so the first case
/// counts before the second.
struct VersionSplit {
    private let rowsGrowOld: Bool
    private let superseded: SupersededRows
    /// Files whose rows cold does not have.
    private let hot: [HotFile]
    private let sequence: Int
    private let state: Int
    private let validTo: Int
    private let supersededBy: Int

    /// - Parameters:
    ///   - table: as it is stored; where rows do not grow old every row is present.
    ///   - schema: of the batches.
    ///   - hot: of the files that are hot, those that are not about to be cold.
    init(_ table: String, _ schema: Schema, _ superseded: SupersededRows, hot: [HotFile]) {
        self.hot = hot
        let places = [("sequence"), ("state"), VersionColumns.validTo.name, VersionColumns.supersededBy.name].map { schema.index(of: $0) }
        rowsGrowOld = TableName.kind(of: table).rowsGrowOld && !places.contains(nil)
        self.superseded = superseded
        (sequence, state) = (places[0] ?? 0, places[1] ?? 0)
        (validTo, supersededBy) = (places[2] ?? 0, places[3] ?? 0)
    }

    /// Whether a row is old for whoever sees cold rows alone: what came after it is one of them.
    ///
    /// Of a successor that is hot they know nothing: the row stays present until that one is cold, too.
    static func isOld(_ row: SupersededRow, hot: [HotFile]) -> Bool {
        row.isSettled && !hot.contains { file in
            let state = file.state
            return state.firstSequence <= row.by && row.by <= state.lastSequence
        }
    }

    struct Parts {
        var present: ColumnBatch?
        var past: ColumnBatch?
        /// What is written of past rows that something came after.
        var settled: [SupersededRow] = []
    }

    /// - Returns: batches with the columns of `batch`, nil for one without rows.
    /// - Complexity: O(rows); a batch without past rows is not copied.
    func parts(_ batch: ColumnBatch) -> Parts {
        guard rowsGrowOld else { return Parts(present: batch) }
        var (present, past): ([Int32], [Int32]) = ([], [])
        var parts = Parts()
        var (ends, successors) = (ColumnBuilder(type: .timestampTZ), ColumnBuilder(type: .int64))
        for row in 0..<batch.rowCount {
            guard case .integer(let own) = batch.columns[sequence].value(at: row) else { preconditionFailure("a sequence is a BIGINT") }
            if let next = superseded[own], Self.isOld(next, hot: hot), batch.columns[state].value(at: row) != .string(ReceiptState.failed.rawValue) {
                past.append(Int32(row))
                ends.append(integer: next.at)
                successors.append(integer: next.by)
                parts.settled.append(next)
            } else if case .integer(let by) = batch.columns[supersededBy].value(at: row) {
                past.append(Int32(row))
                ends.append(batch.columns[validTo].value(at: row))
                successors.append(integer: by)
            } else if batch.columns[state].value(at: row) == .string(ReceiptState.failed.rawValue) {
                // It was never the newest: nothing came after it, and no reader of the newest versions need look at it.
                past.append(Int32(row))
                ends.appendNull()
                successors.append(integer: own)
            } else {
                present.append(Int32(row))
            }
        }
        if past.isEmpty {
            parts.present = batch
            return parts
        }
        if !present.isEmpty { parts.present = batch.gathering(present) }
        var columns = batch.gathering(past).columns
        columns[validTo] = ends.finish()
        columns[supersededBy] = successors.finish()
        parts.past = ColumnBatch(rowCount: past.count, columns: columns)
        return parts
    }
}
