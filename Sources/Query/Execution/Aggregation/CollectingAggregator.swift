import ColumnStore

/// Keeps every row of its groups: what needs an order or all values at once. `finishGroup` turns one group's rows into its answer.
///
/// Rows stay in the chunks in which they came, with their group's number beside them, until they are asked for: then all of
/// a column are put end to end and gathered group by group, by counting.
///
/// Invariants:
/// 1. The rows in `chunks`, in order, are `firstGroupRowCount` of group 0, or those of `groups`; one of the two is 0 or
///    empty.
/// 2. Chunks have a column for each of `types`, and may have more.
/// 3. `heldByteCount` and `keyByteCount` are of all chunks.
class CollectingAggregator: Aggregator {
    let types: [ColumnType]
    /// ORDER BY within the call: columns of `types`.
    let order: [CollectedKey]
    let result: ColumnType
    private var groups: [UInt32] = []
    /// Rows before those of `groups`, all of group 0: most calls have no other.
    private var firstGroupRowCount = 0
    private var chunks: [[Column]] = []
    private var heldByteCount = 0
    /// Of the keys that the rows will be put in order by.
    private var keyByteCount = 0
    private(set) var groupCount = 0

    /// Where a key lies among the columns that are collected, and its direction.
    struct CollectedKey {
        var column: Int
        var isDescending: Bool
        var nullsFirst: Bool
    }

    init(types: [ColumnType], order: [CollectedKey], result: ColumnType) {
        self.types = types
        self.order = order
        self.result = result
    }

    override var stateTypes: [ColumnType] { types.map { .list(element: Field("element", $0)) } }
    /// Held as they came, joined, in the order of groups, and their keys.
    override var byteCount: Int {
        if isOfDoubles, heldByteCount < ColumnBatch.reachableByteCount { return 2 * heldByteCount + groups.capacity * 12 }
        let keys = keyByteCount < ColumnBatch.reachableByteCount ? keyByteCount : ColumnBatch.unreachableByteCount
        return ColumnBatch.copied(heldByteCount) + groups.capacity * 12 + keys
    }

    override func resize(_ groupCount: Int) { self.groupCount = max(self.groupCount, groupCount) }

    /// Which rows of an update count.
    /// Nil for all.
    func keptRows(_ arguments: [Column]) -> [Int32]? { nil }

    override func update(_ arguments: [Column], _ groups: GroupRows) {
        var kept = arguments
        var numbers = groups.numbers
        if let rows = keptRows(arguments) {
            if rows.isEmpty { return }
            kept = arguments.map { $0.gathering(rows) }
            numbers = rows.map { numbers[Int($0)] }
        }
        append(kept, numbers)
    }

    private func append(_ columns: [Column], _ numbers: [UInt32]) {
        // One group: numbers would all be 0, and take four bytes a row.
        if groupCount == 1 {
            firstGroupRowCount += numbers.count
        } else {
            if firstGroupRowCount > 0 { groups = [UInt32](repeating: 0, count: firstGroupRowCount) }
            firstGroupRowCount = 0
            groups.append(contentsOf: numbers)
        }
        let compacted = columns.map { $0.compacted() }
        chunks.append(compacted)
        heldByteCount += compacted.reduce(0) { $0 + $1.keptByteCount }
        if order.isEmpty || isOfDoubles { return }
        // Dictionaries are laid out for the keys, which is why the bound is of flat columns.
        keyByteCount += SortKeys.byteCountBound(order.map { SortColumn(compacted[$0.column].flattened()) }, count: numbers.count, countsZeros: true)
    }

    /// Rows gathered group by group, in the order in which they came: one list a group. What was collected is then gone: it would lie beside
    /// its copy.
    /// - Complexity: O(rows + groups) for each column.
    private func takeLists() -> (offsets: [Int32], columns: [Column]) {
        defer { (groups, chunks, heldByteCount, keyByteCount, firstGroupRowCount) = ([], [], 0, 0, 0) }
        if groupCount == 1 {
            let count = firstGroupRowCount
            return ([0, Int32(count)], types.indices.map { index in joined(index) })
        }
        if firstGroupRowCount > 0 { groups = [UInt32](repeating: 0, count: firstGroupRowCount) }
        // Rows are counted by group, counts become places, and each row goes to its group's next one: stable, and without a
        // comparison.
        var offsets = [Int32](repeating: 0, count: groupCount + 1)
        for group in groups { offsets[Int(group) + 1] += 1 }
        for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
        var next = offsets
        var rows = [Int32](repeating: 0, count: groups.count)
        for row in groups.indices {
            rows[Int(next[Int(groups[row])])] = Int32(row)
            next[Int(groups[row])] += 1
        }
        return (offsets, types.indices.map { joined($0).gathering(rows) })
    }

    /// What is held, as it came, with the numbers of the groups; it is then held no longer.
    /// - Parameter body: is given chunk after chunk; an error leaves what was given in place.
    func takeRows(_ body: ([UInt32], [Column]) throws -> Void) rethrows {
        var numbers = firstGroupRowCount > 0 ? [] : groups[...]
        for held in chunks {
            // A window hands over arguments that are no values, too.
            let columns = Array(held.prefix(types.count))
            let count = columns.first?.count ?? 0
            if firstGroupRowCount > 0 {
                try body([UInt32](repeating: 0, count: count), columns)
            } else {
                try body(Array(numbers.prefix(count)), columns)
                numbers = numbers.dropFirst(count)
            }
        }
        (groups, chunks, heldByteCount, keyByteCount, firstGroupRowCount) = ([], [], 0, 0, 0)
    }

    /// All values of a column, as they came.
    private func joined(_ index: Int) -> Column {
        let column = Column.concatenating(chunks.map { $0[index] }, type: types[index])
        // Each column is asked for once.
        for place in chunks.indices { chunks[place][index] = .constant(.null, type: types[index], count: 0) }
        return column
    }

    /// A list for each column, of each group's rows in the order in which they came.
    override func exportState() -> [Column] {
        let (offsets, columns) = takeLists()
        return columns.enumerated().map { index, column in
            Column(type: stateTypes[index], count: groupCount, values: .list(offsets: offsets, element: column.flattened()))
        }
    }

    /// Lists are taken apart again: a group's number for each of its elements.
    override func merge(_ state: [Column], _ groups: [UInt32]) {
        let (offsets, _) = state[0].lists()
        var numbers: [UInt32] = []
        for row in groups.indices {
            numbers.append(contentsOf: repeatElement(groups[row], count: Int(offsets[row + 1] - offsets[row])))
        }
        if numbers.isEmpty { return }
        append(state.map { $0.lists().element }, numbers)
    }

    override func finish() throws(KernelError) -> Column {
        let isEmpty = groups.isEmpty && firstGroupRowCount == 0
        let (offsets, columns) = takeLists()
        var sorted = columns
        if !order.isEmpty, !isEmpty, let doubles = sortedDoubles(columns, offsets) {
            sorted = [doubles]
        } else if !order.isEmpty, !isEmpty {
            let keys = order.map { SortColumn(columns[$0.column], isDescending: $0.isDescending, nullsFirst: $0.nullsFirst) }
            let rows = RowOrder.sorted(keys, within: offsets)
            sorted = columns.map { $0.gathering(rows) }
        }
        return try answers(sorted, offsets)
    }

    /// The answer of each group, whose rows are `offsets[group] ..< offsets[group + 1]`.
    func answers(_ columns: [Column], _ offsets: [Int32]) throws(KernelError) -> Column {
        var builder = ColumnBuilder(type: result)
        for group in 0..<groupCount {
            try finishGroup(columns, Int(offsets[group])..<Int(offsets[group + 1]), &builder)
        }
        return builder.finish()
    }

    /// Appends the answer of one group to `builder`.
    /// - Parameter columns: of all groups, each group's rows in the order of the call.
    func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {}

    /// Whether the values are numbers by themselves, which are put in order where they lie.
    fileprivate var isOfDoubles: Bool { types == [.double] && order.count == 1 }

    /// Percentiles of millions of numbers: keys and numbers of rows would take ten times what the values do.
    /// - Returns: nil where the values are other than doubles without NULL.
    private func sortedDoubles(_ columns: [Column], _ offsets: [Int32]) -> Column? {
        guard isOfDoubles, columns[0].rowValidity == nil, case .double(var values) = columns[0].values else { return nil }
        for group in 0..<groupCount {
            let rows = Int(offsets[group])..<Int(offsets[group + 1])
            if order[0].isDescending {
                values[rows].sort { CompareKernels.order($0, $1) > 0 }
            } else {
                values[rows].sort { CompareKernels.order($0, $1) < 0 }
            }
        }
        return Column(type: .double, count: values.count, values: .double(values))
    }
}

/// array_agg: NULLs kept; NULL for no rows. Lists are gathered as PostgreSQL does it, into a list of one dimension more.
final class ArrayAggregator: CollectingAggregator {
    /// The values lie group by group: they are the lists.
    override func answers(_ columns: [Column], _ offsets: [Int32]) throws(KernelError) -> Column {
        if columns[0].type.dimensionCount > 0 {
            let lists = columns[0].flattened()
            for group in 0..<groupCount { try lists.checkDimensions(of: Int(offsets[group])..<Int(offsets[group + 1])) }
        }
        guard result == .list(element: Field("element", columns[0].type)), columns[0].type != .null else { return try super.answers(columns, offsets) }
        let isPresent = Bitmap.computed(count: groupCount) { offsets[$0] < offsets[$0 + 1] }
        return Column(
            type: result, count: groupCount, validity: isPresent.isAllSet ? nil : isPresent,
            values: .list(offsets: offsets, element: columns[0].flattened()))
    }

    override func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {
        if rows.isEmpty { return builder.appendNull() }
        try columns[0].checkDimensions(of: rows)
        builder.appendList { element in
            for row in rows { element.append(columns[0].value(at: row)) }
        }
    }
}

/// string_agg: NULLs left out; each value after the first follows its own delimiter.
/// A NULL delimiter adds nothing. A text past 64 MiB is `invalidArgument`.
final class StringAggregator: CollectingAggregator {
    override func keptRows(_ arguments: [Column]) -> [Int32]? { arguments[0].rowValidity?.setIndices() }

    override func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {
        if rows.isEmpty { return builder.appendNull() }
        var text: [UInt8] = []
        for row in rows {
            if row > rows.lowerBound, columns.count > 1, case .bytes(let delimiter) = columns[1].value(at: row) {
                text.append(contentsOf: delimiter)
            }
            if case .bytes(let value) = columns[0].value(at: row) { text.append(contentsOf: value) }
            if text.count > TextKernels.byteCountMax { throw .invalidArgument("string_agg would make a text past 64 MiB") }
        }
        builder.append(bytes: text)
    }
}
