import ColumnStore

/// UNNEST of several lists: a list of rows with an element of each; a list that ends earlier, or is NULL, gives NULLs.
///
/// A row's list is as long as the longest of its lists, and is never NULL: without elements it is empty. NULL counts as a list of none.
///
/// PostgreSQL 15's documentation, section 7.2.1.4.
extension ScalarFunction {
    static let zipLists = ScalarFunction(
        "unnest_of_several", nulls: .taken, cost: .heavy, failure: .possible, traits: Traits(isExpanding: true),
        kernel: .plain { (call) throws(KernelError) in
            guard case .list(let field) = call.type else { preconditionFailure("not a list type") }
            let lists = call.columns.map { $0.flattened() }
            let places = lists.map { $0.isConstantNull || $0.type == .null ? nil : $0.lists() }
            let known = lists.map(\.rowValidity)
            func range(_ list: Int, _ row: Int) -> Range<Int>? {
                guard let (offsets, _) = places[list], known[list]?[row] ?? true else { return nil }
                return Int(offsets[row])..<Int(offsets[row + 1])
            }
            // Lengths first: offsets of the result, and what it takes, are known before an element is copied.
            let counts = (0..<call.count).map { row in lists.indices.reduce(0) { max($0, range($1, row)?.count ?? 0) } }
            var offsets: [Int32] = [0], total = 0
            for (row, count) in counts.enumerated() {
                total = total.addingSaturating(count)
                try call.meter.checkColumn(total.multipliedSaturating(by: 16 * lists.count), row: row, of: call.count)
                guard let end = Int32(exactly: total) else { throw .textTooLong }
                offsets.append(end)
            }
            // Column by column, each padded with NULLs to the row's length.
            var members: [Column] = []
            for list in lists.indices {
                guard case .structure(let fields) = field.type else { preconditionFailure("not a list of rows") }
                var builder = ColumnBuilder(type: fields[list].type)
                if let (_, element) = places[list] { try call.meter.charge(element.flatByteCountBound + 16 * total) }
                for (row, count) in counts.enumerated() {
                    let own = range(list, row) ?? 0..<0
                    try call.meter.step(count)
                    if let (_, element) = places[list] { for place in own { builder.append(element.value(at: place)) } }
                    for _ in own.count..<count { builder.appendNull() }
                }
                members.append(builder.finish())
            }
            let rows = Column(type: field.type, count: total, values: .structure(members))
            return Column(type: call.type, count: call.count, values: .list(offsets: offsets, element: rows))
        })
}
