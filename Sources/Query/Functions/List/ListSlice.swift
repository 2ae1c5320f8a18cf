import ColumnStore

/// `list[a:b]`, `list[a:b][c:d]`: of each dimension the elements from one place to another, as many of them as there are.
///
/// Where a dimension has none of them, nothing is left of the others either: an array without elements has no dimensions.
///
/// PostgreSQL 15's documentation, section 8.15.3.
extension ScalarFunction {
    /// Of a list, and of a first and a last place for each dimension.
    static let listSlice = ScalarFunction(
        "slice", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            // The elements once more, and their places; of lists within lists ends and owners, too.
            try call.meter.charge((call.columns.count > 3 ? 4 : 2) * call[0].flatByteCountBound)
            let cutter = ListCutter(
                lows: stride(from: 1, to: call.columns.count, by: 2).map { call[$0].integers() ?? [] },
                highs: stride(from: 2, to: call.columns.count, by: 2).map { call[$0].integers() ?? [] }, meter: call.meter)
            let rows = Array(0..<Int32(call.count))
            let (lists, counts) = try cutter.cut(call[0], validity: call.strictValidity, rows, of: rows, dimension: 0)
            let (offsets, element) = lists.lists()
            guard rows.contains(where: { counts[Int($0)] == 0 && offsets[Int($0)] < offsets[Int($0) + 1] }) else { return lists }
            // What is left are lists without elements.
            var kept: [Int32] = [], ends: [Int32] = [0]
            for row in 0..<call.count {
                if counts[row] > 0 { kept.append(contentsOf: offsets[row]..<offsets[row + 1]) }
                ends.append(Int32(kept.count))
            }
            return Column(type: call.type, count: call.count, validity: lists.validity, values: .list(offsets: ends, element: element.gathering(kept)))
        })
}

/// Cuts lists, and those within them, to ranges that each row of a batch has for each dimension.
private struct ListCutter {
    /// By dimension and row, from 1.
    let lows: [[Int64]]
    let highs: [[Int64]]
    let meter: WorkMeter

    /// - Parameters:
    ///   - rows: which of the lists are wanted.
    ///   - owners: the batch's row that each of them is of, whose ranges count.
    /// - Returns: a list for each of `rows`, and how many elements it has in the innermost dimension.
    func cut(_ lists: Column, validity: Bitmap?, _ rows: [Int32], of owners: [Int32], dimension: Int) throws(KernelError) -> (lists: Column, counts: [Int]) {
        let (offsets, element) = lists.lists()
        let isInnermost = dimension + 1 == lows.count
        // Elements are gathered by their places: the result's lists lie end to end.
        var places: [Int32] = [], placeOwners: [Int32] = [], ends: [Int32] = [0]
        for (row, owner) in zip(rows, owners) {
            if validity?[Int(row)] ?? true {
                let start = offsets[Int(row)], count = Int64(offsets[Int(row) + 1] - start)
                let (first, last) = (max(1, lows[dimension][Int(owner)]), min(count, highs[dimension][Int(owner)]))
                if first <= last {
                    try meter.step(Int(last - first) + 1)
                    places.append(contentsOf: (start + Int32(first) - 1)..<(start + Int32(last)))
                    if !isInnermost { placeOwners.append(contentsOf: repeatElement(owner, count: Int(last - first) + 1)) }
                }
            }
            ends.append(Int32(places.count))
        }
        func column(_ elements: Column) -> Column {
            Column(type: lists.type, count: rows.count, validity: validity?.gathering(rows), values: .list(offsets: ends, element: elements))
        }
        func within(_ row: Int) -> Range<Int> { Int(ends[row])..<Int(ends[row + 1]) }
        if isInnermost { return (column(element.gathering(places)), rows.indices.map { within($0).count }) }
        let inner = element.flattened()
        let (parts, counts) = try cut(inner, validity: inner.rowValidity, places, of: placeOwners, dimension: dimension + 1)
        return (column(parts), rows.indices.map { counts[within($0)].reduce(0, +) })
    }
}
