import ColumnStore
import Synchronization

/// The rows of a batch that an expression is evaluated on: all, or some by number. Columns are gathered when first read.
///
/// One evaluation's own: what a conjunct, a branch of CASE or an operand of AND sees is a view of fewer rows over the same
/// batch.
final class RowView {
    let batch: ColumnBatch
    /// Told from every other view by it, where an address may be another's by now and a weak reference costs more than a kernel call.
    let number: UInt64
    private static let nextNumber = Atomic<UInt64>(1)
    /// Row numbers in `batch`; nil is all of them.
    let rows: [Int32]?
    let count: Int
    private var gathered: [Int: Column] = [:]

    init(_ batch: ColumnBatch) {
        self.batch = batch
        number = Self.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue
        rows = nil
        count = batch.rowCount
    }

    private init(_ batch: ColumnBatch, rows: [Int32]) {
        self.batch = batch
        number = Self.nextNumber.wrappingAdd(1, ordering: .relaxed).oldValue
        self.rows = rows
        count = rows.count
    }

    /// The view's rows of a column of the batch.
    func column(_ index: Int) -> Column {
        guard let rows else { return batch.columns[index] }
        if let known = gathered[index] { return known }
        let column = batch.columns[index].gathering(rows)
        gathered[index] = column
        return column
    }

    /// The rows at `local` places of this view.
    /// - Parameter local: ascending; as many as there are rows means all of them.
    func selecting(_ local: [Int32]) -> RowView {
        if local.count == count { return self }
        guard let rows else { return RowView(batch, rows: local) }
        return RowView(batch, rows: local.map { rows[Int($0)] })
    }
}
