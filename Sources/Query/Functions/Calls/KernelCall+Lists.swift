import ColumnStore

/// Kernels that do something for each text of a batch, or give a list for each row.
extension KernelCall {
    /// What `compute` makes of the rows that share a text in an argument, all of their arguments beside it: once for each text of the batch. NULL where the text is.
    ///
    /// - Parameter compute: gets a text, and the call with the rows alone that have it. Its column is as long as these rows.
    func eachText(
        _ index: Int, _ compute: (ArraySlice<UInt8>, KernelCall) throws(KernelError) -> Column
    ) throws(KernelError) -> Column {
        let texts = TextRows(self[index]), validity = self[index].rowValidity
        if texts.isConstant, count > 0, validity?[0] ?? true { return try compute(texts[0], self) }
        // The gathered columns, and what notes for each row where it went.
        try meter.charge(2 * columns.reduce(0) { $0 + $1.flatByteCountBound } + 16 * count)
        // Row n of the result is row `rows[n]` of `parts[sources[n]]`; -1 is NULL.
        var places: [ArraySlice<UInt8>: Int] = [:], groups: [[Int32]] = []
        var sources = [Int32](repeating: -1, count: count), rows = [Int32](repeating: 0, count: count)
        for row in 0..<count where validity?[row] ?? true {
            let text = texts[row]
            try meter.step(text.count)
            let place = places[text] ?? groups.count
            if place == groups.count {
                places[text] = place
                groups.append([])
            }
            (sources[row], rows[row]) = (Int32(truncatingIfNeeded: place), Int32(truncatingIfNeeded: groups[place].count))
            groups[place].append(Int32(truncatingIfNeeded: row))
        }
        // Laid out once: texts may be as many as rows.
        let flat = groups.isEmpty ? [] : columns.map { $0.flattened() }
        var parts: [Column] = []
        for group in groups {
            let own = KernelCall(columns: flat.map { $0.gathering(group) }, count: group.count, type: type, context: context, meter: meter)
            parts.append(try compute(texts[Int(group[0])], own))
        }
        return ChoiceKernels.interleave(parts, sources: sources, rows: rows, type: type)
    }

    /// A list for each row that is valid, NULL where `fill` says that there is none.
    ///
    /// - Parameter validity: nil for rows in which no argument is NULL.
    /// - Parameter fill: appends a row's elements; false for NULL.
    /// - Precondition: the call gives a list.
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
