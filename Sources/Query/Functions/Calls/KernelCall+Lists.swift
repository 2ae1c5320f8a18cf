import ColumnStore

extension KernelCall {
    /// A list for each row that is valid, NULL where `fill` says that there is none.
    ///
    /// - Parameter validity: nil for rows in which no argument is NULL.
    func writtenLists(_ given: Bitmap?? = nil, _ fill: (Int, inout ListWriter) throws(KernelError) -> Bool) throws(KernelError) -> Column {
        guard case .list(let field) = type else { preconditionFailure("not a list type") }
        let validity = given ?? strictValidity
        var writer = ListWriter(field.type, rowCount: count, meter)
        var found = Bitmap(repeating: false, count: count)
        var offsets: [Int32] = [0]
        offsets.reserveCapacity(count + 1)
        for row in 0..<count {
            writer.row = row
            if validity?[row] ?? true, try fill(row, &writer) { found[row] = true }
            try writer.pay()
            // Safe: a list of more bytes than texts may have is refused, and an element counts as eight.
            offsets.append(Int32(writer.count))
        }
        return Column(type: type, count: count, validity: found.isAllSet ? nil : found, values: .list(offsets: offsets, element: writer.finish()))
    }
}
