import ColumnStore

/// Keeps every row of its groups: what needs an order or all values at once. `finishGroup` turns one group's rows into its answer.
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
    private(set) var groupCount = 0

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
    /// Held as they came, joined, and in the order of groups.
    override var byteCount: Int {
        (isOfDoubles && heldByteCount < ColumnBatch.reachableByteCount ? 2 * heldByteCount : ColumnBatch.copied(heldByteCount)) + groups.capacity * 12
    }

    override func resize(_ groupCount: Int) { self.groupCount = max(self.groupCount, groupCount) }

    /// Which rows of an update count.
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
    }

    /// Rows gathered group by group, in the order in which they came: one list a group. What was collected is then gone: it would lie beside
    /// its copy.
    private func takeLists() -> (offsets: [Int32], columns: [Column]) {
        defer { (groups, chunks, heldByteCount, firstGroupRowCount) = ([], [], 0, 0) }
        if groupCount == 1 {
            let count = firstGroupRowCount
            return ([0, Int32(count)], types.indices.map { index in joined(index) })
        }
        if firstGroupRowCount > 0 { groups = [UInt32](repeating: 0, count: firstGroupRowCount) }
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

    /// All values of a column, as they came.
    private func joined(_ index: Int) -> Column {
        let column = Column.concatenating(chunks.map { $0[index] }, type: types[index])
        // Each column is asked for once.
        for place in chunks.indices { chunks[place][index] = .constant(.null, type: types[index], count: 0) }
        return column
    }

    override func exportState() -> [Column] {
        let (offsets, columns) = takeLists()
        return columns.enumerated().map { index, column in
            Column(type: stateTypes[index], count: groupCount, values: .list(offsets: offsets, element: column.flattened()))
        }
    }

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
        var builder = ColumnBuilder(type: result)
        for group in 0..<groupCount {
            try finishGroup(sorted, Int(offsets[group])..<Int(offsets[group + 1]), &builder)
        }
        return builder.finish()
    }

    func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {}

    /// Whether the values are numbers by themselves, which are put in order where they lie.
    fileprivate var isOfDoubles: Bool { types == [.double] && order.count == 1 }

    /// Percentiles of millions of numbers: keys and numbers of rows would take ten times what the values do.
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

/// array_agg: NULLs kept; NULL for no rows.
final class ArrayAggregator: CollectingAggregator {
    override func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) {
        if rows.isEmpty { return builder.appendNull() }
        builder.appendList { element in
            for row in rows { element.append(columns[0].value(at: row)) }
        }
    }
}

/// string_agg: NULLs left out; each value after the first follows its own delimiter.
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

/// percentile_cont, percentile_disc and mode: over values in order, NULLs left out.
final class OrderedSetAggregator: CollectingAggregator {
    enum Kind { case continuous(Double), discrete(Double), mode }
    private let kind: Kind

    init(kind: Kind, type: ColumnType, isDescending: Bool, result: ColumnType) {
        self.kind = kind
        super.init(types: [type], order: [CollectedKey(column: 0, isDescending: isDescending, nullsFirst: false)], result: result)
    }

    override func keptRows(_ arguments: [Column]) -> [Int32]? { arguments[0].rowValidity?.setIndices() }

    override func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {
        guard !rows.isEmpty else { return builder.appendNull() }
        let column = columns[0]
        switch kind {
        case .discrete(let fraction):
            let place = max(1, Int((fraction * Double(rows.count)).rounded(.up)))
            builder.append(column.value(at: rows.lowerBound + place - 1))
        case .continuous(let fraction):
            let place = fraction * Double(rows.count - 1)
            let (low, high) = (Int(place.rounded(.down)), Int(place.rounded(.up)))
            if case .interval(let one) = column.value(at: rows.lowerBound + low), case .interval(let other) = column.value(at: rows.lowerBound + high) {
                guard let answer = between(one, other, place - Double(low)) else { throw .timeOutOfRange }
                return builder.append(.interval(answer))
            }
            let one = try real(column, rows.lowerBound + low)
            let other = try real(column, rows.lowerBound + high)
            builder.append(double: low == high ? one : one + (place - Double(low)) * (other - one))
        case .mode:
            var best = rows.lowerBound
            var bestCount = 0
            var start = rows.lowerBound
            for row in rows {
                if row > rows.lowerBound, CompareKernels.order(column.value(at: row), column.value(at: row - 1)) != 0 { start = row }
                if row - start + 1 > bestCount { (best, bestCount) = (row, row - start + 1) }
            }
            builder.append(column.value(at: best))
        }
    }

    private func between(_ one: Interval, _ other: Interval, _ share: Double) -> Interval? {
        if share == 0 { return one }
        guard let span = TimeArithmeticKernels.sum(other, one, sign: -1),
            let part = TimeArithmeticKernels.scaled(span, by: share, dividing: false)
        else { return nil }
        return TimeArithmeticKernels.sum(part, one, sign: 1)
    }

    private func real(_ column: Column, _ row: Int) throws(KernelError) -> Double {
        switch column.value(at: row) {
        case .double(let value): return value
        case .integer(let value): return Double(value)
        case .decimal(let value): return DecimalMath.double(value, scale: column.type.scale)
        default: throw .invalidArgument("percentile_cont takes numbers")
        }
    }
}

/// Passes each distinct row of arguments of a group to another aggregator once.
final class DistinctAggregator: Aggregator {
    private let inner: Aggregator
    private let types: [ColumnType]
    /// Whether a row with a NULL first argument counts at all.
    private let skipsNulls: Bool
    private var rows: GroupTable
    private var cache: GroupTable.Cache
    /// (group, row number) pairs seen.
    private var pairs = IntegerTable()
    private var groupCount = 0

    init(_ inner: Aggregator, types: [ColumnType], skipsNulls: Bool) {
        self.inner = inner
        self.types = types
        self.skipsNulls = skipsNulls
        rows = GroupTable(types: types)
        cache = GroupTable.Cache(keyCount: types.count)
    }

    override var stateTypes: [ColumnType] { types.map { .list(element: Field("element", $0)) } }
    /// Rows are held, joined and gathered when they are put out; a table is there twice while it grows.
    override var byteCount: Int { inner.byteCount + 3 * (rows.byteCount + pairs.byteCount) }

    override func resize(_ groupCount: Int) {
        self.groupCount = max(self.groupCount, groupCount)
        inner.resize(groupCount)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        var columns = arguments
        var numbers = groups.numbers
        if skipsNulls, let validity = arguments[0].rowValidity, !validity.isAllSet {
            let present = validity.setIndices()
            columns = arguments.map { $0.gathering(present) }
            numbers = present.map { numbers[Int($0)] }
        }
        if numbers.isEmpty { return }
        let codes = rows.assign(columns, count: numbers.count, cache: &cache)
        var before = UInt32(pairs.count)
        let joined = numbers.indices.map { Int64(bitPattern: UInt64(numbers[$0]) << 32 | UInt64(codes[$0])) }
        var places = [UInt32](repeating: 0, count: joined.count)
        joined.withUnsafeBufferPointer { joined in
            places.withUnsafeMutableBufferPointer { pairs.assign(joined, into: $0) }
        }
        // Numbers are given in order: the first row of a new pair is the one that carries the next number.
        var fresh: [Int32] = []
        for row in places.indices where places[row] == before {
            fresh.append(Int32(row))
            before += 1
        }
        if fresh.isEmpty { return }
        try inner.update(columns.map { $0.gathering(fresh) }, .numbers(fresh.map { numbers[Int($0)] }))
    }

    override func exportState() -> [Column] {
        var offsets = [Int32](repeating: 0, count: groupCount + 1)
        for pair in pairs.values { offsets[Int(pair >> 32) + 1] += 1 }
        for group in 0..<groupCount { offsets[group + 1] += offsets[group] }
        var next = offsets
        var codes = [Int32](repeating: 0, count: pairs.count)
        for pair in pairs.values {
            codes[Int(next[Int(pair >> 32)])] = Int32(truncatingIfNeeded: pair & 0xFFFF_FFFF)
            next[Int(pair >> 32)] += 1
        }
        return rows.keyColumns().enumerated().map { index, column in
            Column(type: stateTypes[index], count: groupCount, values: .list(offsets: offsets, element: column.gathering(codes)))
        }
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let (offsets, _) = state[0].lists()
        var numbers: [UInt32] = []
        for row in groups.indices {
            numbers.append(contentsOf: repeatElement(groups[row], count: Int(offsets[row + 1] - offsets[row])))
        }
        if numbers.isEmpty { return }
        try update(state.map { $0.lists().element }, .numbers(numbers))
    }

    override func finish() throws(KernelError) -> Column { try inner.finish() }
}
