import ColumnStore

/// percentile_cont, percentile_disc and mode: over values in order, NULLs left out.
///
/// As PostgreSQL has them: <https://www.postgresql.org/docs/15/functions-aggregate.html#FUNCTIONS-ORDEREDSET-TABLE>. Of
/// values that come equally often, mode is the first in order. No value: NULL.
final class OrderedSetAggregator: CollectingAggregator {
    enum Kind { case continuous(Double), discrete(Double), mode }
    private let kind: Kind
    /// Nil as long as all rows are in memory.
    private var rows: RowsAside?
    /// Of each group, those on disk.
    private var rowCounts: [Int] = []
    override var aside: RowsAside? { rows }
    override var byteCount: Int { super.byteCount + rowCounts.capacity * 8 }

    init(kind: Kind, type: ColumnType, isDescending: Bool, result: ColumnType) {
        self.kind = kind
        super.init(types: [type], order: [CollectedKey(column: 0, isDescending: isDescending, nullsFirst: false)], result: result)
    }

    override func keptRows(_ arguments: [Column]) -> [Int32]? { arguments[0].rowValidity?.setIndices() }

    override func finishGroup(_ columns: [Column], _ rows: Range<Int>, _ builder: inout ColumnBuilder) throws(KernelError) {
        guard !rows.isEmpty else { return builder.appendNull() }
        let column = columns[0]
        switch kind {
        case .discrete, .continuous:
            let (low, high, share) = places(rows.count)
            let one = column.value(at: rows.lowerBound + low)
            builder.append(try answer(one, low == high ? one : column.value(at: rows.lowerBound + high), share))
        case .mode:
            // Equal values stand together: `start` is where the run of this one begins.
            var best = rows.lowerBound
            var bestCount = 0
            var start = rows.lowerBound
            for row in rows {
                if row > rows.lowerBound, CompareKernels.order(column.value(at: row), column.value(at: row - 1), column.type) != 0 { start = row }
                if row - start + 1 > bestCount { (best, bestCount) = (start, row - start + 1) }
            }
            builder.append(column.value(at: best))
        }
    }

    /// The places of the two values that a percentile lies between, and how far from the first.
    ///
    /// Of n values in order, percentile_cont of f lies at f·(n - 1), between its neighbours; percentile_disc is the first
    /// value whose place from 1 is at least f·n.
    ///
    /// - Parameter count: of values, at least one.
    private func places(_ count: Int) -> (Int, Int, Double) {
        switch kind {
        case .continuous(let fraction):
            let place = fraction * Double(count - 1)
            let low = Int(place.rounded(.down))
            return (low, Int(place.rounded(.up)), place - Double(low))
        case .discrete(let fraction):
            let place = max(1, Int((fraction * Double(count)).rounded(.up))) - 1
            return (place, place, 0)
        case .mode: return (0, 0, 0)
        }
    }

    /// - Parameter share: how far from the first value to the second, from 0 to 1.
    private func answer(_ one: Value, _ other: Value, _ share: Double) throws(KernelError) -> Value {
        guard case .continuous = kind else { return one }
        if case .interval(let first) = one, case .interval(let second) = other {
            guard let answer = between(first, second, share) else { throw .timeOutOfRange }
            return .interval(answer)
        }
        let (first, second) = (try real(one), try real(other))
        return .double(share == 0 ? first : first + share * (second - first))
    }

    // MARK: What does not fit

    override func writeAside(_ run: QueryRun) throws -> Bool {
        let aside = rows ?? RowsAside(run, types: types, order: order)
        rows = aside
        rowCounts.grow(to: groupCount, with: 0)
        try takeRows { groups, columns in
            for group in groups { rowCounts[Int(group)] += 1 }
            try aside.write(groups, columns)
        }
        return true
    }

    /// What the other still has in memory is taken in as rows; what lies on disk, as runs.
    override func absorb(_ other: Aggregator, groupCount: Int) throws {
        guard let other = other as? OrderedSetAggregator, let theirs = other.rows else { return try super.absorb(other, groupCount: groupCount) }
        other.takeRows { groups, columns in update(columns, .numbers(groups)) }
        rowCounts.grow(to: groupCount, with: 0)
        for group in other.rowCounts.indices { rowCounts[group] += other.rowCounts[group] }
        guard let rows else { return rows = theirs }
        try rows.takeOver(theirs)
    }

    override func finish() throws(KernelError) -> Column {
        guard let rows else { return try super.finish() }
        return try KernelError.wrapping { try self.finish(from: rows) }
    }

    /// One walk over all rows: how many each group has is known.
    /// What is still in memory is written first, so that all rows come in one order.
    private func finish(from rows: RowsAside) throws -> Column {
        rowCounts.grow(to: groupCount, with: 0)
        try takeRows { groups, columns in
            for group in groups { rowCounts[Int(group)] += 1 }
            try rows.write(groups, columns)
        }
        var answers = [Value](repeating: .null, count: groupCount)
        let stream = try rows.stream()
        var walk = Walk()
        while let batch = try stream.next() {
            let (groups, values) = (batch.columns[0].integers() ?? [], batch.columns[1])
            for row in groups.indices {
                let group = Int(groups[row])
                if group != walk.group { walk = Walk(group: group, places: places(rowCounts[group])) }
                if case .mode = kind {
                    if let value = walk.mode(values.value(at: row), values.type) { answers[group] = value }
                    continue
                }
                if walk.row == walk.places.0 { walk.first = values.value(at: row) }
                if walk.row == walk.places.1 { answers[group] = try answer(walk.first, values.value(at: row), walk.places.2) }
                walk.row += 1
            }
        }
        var builder = ColumnBuilder(type: result)
        for answer in answers { builder.append(answer) }
        return builder.finish()
    }

    /// Where a walk over the sorted rows stands in a group.
    private struct Walk {
        var group = -1
        var places = (0, 0, 0.0)
        var row = 0
        /// The value at the first place; of a mode, the first one of those that are equal.
        var first = Value.null
        private var repeatCount = 0
        private var bestCount = 0

        init() {}

        init(group: Int, places: (Int, Int, Double)) { (self.group, self.places) = (group, places) }

        /// The value, when no other has come more often.
        mutating func mode(_ value: Value, _ type: ColumnType) -> Value? {
            let isRepeat = repeatCount > 0 && CompareKernels.order(value, first, type) == 0
            repeatCount = isRepeat ? repeatCount + 1 : 1
            if !isRepeat { first = value }
            guard repeatCount > bestCount else { return nil }
            bestCount = repeatCount
            return first
        }
    }

    /// An interval between two; nil past the range.
    private func between(_ one: Interval, _ other: Interval, _ share: Double) -> Interval? {
        if share == 0 { return one }
        guard let span = TimeArithmeticKernels.sum(other, one, sign: -1),
            let part = TimeArithmeticKernels.scaled(span, by: share, dividing: false)
        else { return nil }
        return TimeArithmeticKernels.sum(part, one, sign: 1)
    }

    private func real(_ value: Value) throws(KernelError) -> Double {
        switch value {
        case .double(let value): return value
        case .integer(let value): return Double(value)
        case .decimal(let value): return DecimalMath.double(value, scale: types[0].scale)
        default: throw .invalidArgument("percentile_cont takes numbers")
        }
    }
}
