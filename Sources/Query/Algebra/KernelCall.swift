import ColumnStore

/// What a kernel gets for a batch: its arguments' columns, each of `count` rows.
struct KernelCall {
    let columns: [Column]
    let count: Int
    /// Of the result.
    let type: ColumnType
    let context: EvaluationContext
    let meter: WorkMeter

    subscript(index: Int) -> Column { columns[index] }

    /// Nil where the call has fewer arguments.
    func optional(_ index: Int) -> Column? { index < columns.count ? columns[index] : nil }
}
