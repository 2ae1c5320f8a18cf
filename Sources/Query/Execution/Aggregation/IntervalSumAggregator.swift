import ColumnStore

/// sum and avg of intervals: months, days and time each by themselves, as PostgreSQL has them.
/// A part past its range is `timeOutOfRange`, on the way too.
final class IntervalSumAggregator: Aggregator {
    private let isAverage: Bool
    private var sums: [Interval] = []
    /// Of intervals that are no NULL.
    private var counts: [Int64] = []
    override var stateTypes: [ColumnType] { [.interval, .int64] }
    override var byteCount: Int { sums.capacity * MemoryLayout<Interval>.stride + counts.capacity * 8 }
    override func growth(to groupCount: Int) -> Int { sums.growth(to: groupCount) * MemoryLayout<Interval>.stride + counts.growth(to: groupCount) * 8 }

    init(isAverage: Bool) { self.isAverage = isAverage }

    override func resize(_ groupCount: Int) {
        sums.grow(to: groupCount, with: Interval())
        counts.grow(to: groupCount, with: 0)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) { try take(arguments[0], groups.numbers, counts: nil) }

    override func exportState() -> [Column] {
        [Column(type: .interval, count: sums.count, values: .interval(sums)), .whole(counts, type: .int64, validity: nil)]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        try take(state[0], groups, counts: state[1].integers() ?? [])
    }

    /// - Parameter added: intervals behind each state; nil where each row is one.
    private func take(_ column: Column, _ groups: [UInt32], counts added: [Int64]?) throws(KernelError) {
        let validity = column.rowValidity
        let values = column.intervals()
        for row in groups.indices where validity?[row] ?? true {
            let group = Int(groups[row])
            guard let sum = TimeArithmeticKernels.sum(sums[group], values[row], sign: 1) else { throw .timeOutOfRange }
            sums[group] = sum
            counts[group] += added?[row] ?? 1
        }
    }

    override func finish() throws(KernelError) -> Column {
        var results = sums
        for group in results.indices where isAverage && counts[group] > 0 {
            guard let mean = TimeArithmeticKernels.scaled(sums[group], by: Double(counts[group]), dividing: true) else { throw .timeOutOfRange }
            results[group] = mean
        }
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        return Column(type: .interval, count: results.count, validity: validity, values: .interval(results))
    }
}
