import ColumnStore

/// What a kernel gets for a batch: its arguments' columns, each of `count` rows.
///
/// A kernel runs on one worker at a time; a column may hold one value for all rows.
struct KernelCall {
    let columns: [Column]
    let count: Int
    /// Of the result.
    let type: ColumnType
    /// The session's zone and clock: the same for all batches of a query.
    let context: EvaluationContext
    /// The worker's own: bytes are charged to it before they are laid down, and it ends a cancelled query within a row.
    let meter: WorkMeter

    subscript(index: Int) -> Column { columns[index] }

    /// Nil where the call has fewer arguments.
    func optional(_ index: Int) -> Column? { index < columns.count ? columns[index] : nil }
}
