package import ColumnStore

/// What every batch promises whoever takes it (`Column` says it in words): kernels rely on it without asking.
///
/// It looks at each row, so that it is for assertions: every batch that passes from one operator to another in a debug build.
package enum BatchInvariants {
    /// What is wrong with a batch; nil when nothing is.
    ///
    /// - Parameter types: of the columns that the operator said it puts out.
    package static func fault(in batch: ColumnBatch, types: [ColumnType]) -> String? {
        if batch.rowCount <= 0 { return "a batch of \(batch.rowCount) rows" }
        if batch.columns.count != types.count { return "\(batch.columns.count) columns, where \(types.count) were told of" }
        for (index, column) in batch.columns.enumerated() {
            if column.count != batch.rowCount { return "column \(index) has \(column.count) rows of \(batch.rowCount)" }
            if !isOf(types[index], column.type) { return "column \(index) is \(column.type.sqlName), and not \(types[index].sqlName)" }
            if let fault = fault(in: column) { return "column \(index): \(fault)" }
        }
        return nil
    }

    /// Decimals of one scale lie alike, whatever their precision.
    private static func isOf(_ wanted: ColumnType, _ found: ColumnType) -> Bool {
        if case .decimal(_, let scale) = wanted, case .decimal(_, let other) = found { return scale == other }
        return wanted == found || wanted.isNested && found.isNested
    }

    package static func fault(in column: Column) -> String? {
        if let validity = column.validity, validity.count != column.count { return "\(validity.count) bits of validity for \(column.count) rows" }
        if let count = column.values.count, count != column.count { return "\(count) values for \(column.count) rows" }
        switch column.values {
        case .bytes(let arrays): return fault(in: arrays.offsets, end: arrays.bytes.count)
        case .dictionary(let codes, let dictionary):
            if !codes.allSatisfy({ Int($0) < dictionary.count }) { return "a code past the dictionary" }
            return fault(in: dictionary.values)
        case .list(let offsets, let element):
            if let fault = fault(in: offsets, end: element.count) { return fault }
            for row in 0..<column.count where column.isNull(at: row) && offsets[row] != offsets[row + 1] { return "a NULL list with elements" }
            return fault(in: element)
        case .structure(let members):
            for member in members where member.count != column.count { return "a member of \(member.count) rows in a struct of \(column.count)" }
            return members.lazy.compactMap { fault(in: $0) }.first
        default: return nil
        }
    }

    private static func fault(in offsets: [Int32], end: Int) -> String? {
        if offsets.first != 0 || offsets.last.map(Int.init) != end { return "offsets that do not span what they divide" }
        return zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 }) ? nil : "offsets that descend"
    }
}
