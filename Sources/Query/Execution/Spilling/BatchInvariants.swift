package import ColumnStore

/// What every batch promises whoever takes it (`Column` says it in words): kernels rely on it without asking.
///
/// It looks at each row, so that it is for assertions: every batch that passes from one operator to another where assertions are on.
package enum BatchInvariants {
    /// What is wrong with a batch; nil when nothing is.
    ///
    /// - Parameter types: of the columns that the operator said it puts out.
    package static func fault(in batch: ColumnBatch, types: [ColumnType]) -> String? {
        if batch.rowCount <= 0 { return "a batch of \(batch.rowCount) rows" }
        if batch.columns.count != types.count { return "\(batch.columns.count) columns, where \(types.count) were declared" }
        for (index, column) in batch.columns.enumerated() {
            if column.count != batch.rowCount { return "column \(index) has \(column.count) rows of \(batch.rowCount)" }
            if !isOf(types[index], column.type) { return "column \(index) is \(column.type.sqlName), and not \(types[index].sqlName)" }
            if let fault = column.fault { return "column \(index): \(fault)" }
        }
        return nil
    }

    /// Decimals of one scale lie alike, whatever their precision.
    /// Nested types are taken for one another: what names or precisions lie within is not compared.
    private static func isOf(_ wanted: ColumnType, _ found: ColumnType) -> Bool {
        if case .decimal(_, let scale) = wanted, case .decimal(_, let other) = found { return scale == other }
        return wanted == found || wanted.isNested && found.isNested
    }
}
