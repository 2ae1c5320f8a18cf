import ColumnStore

/// sum and avg of doubles: exact until they are answered, so that they are the same to the last bit in whatever order the rows come, and by
/// however many workers.
/// How an exact sum lies, and what infinities and NaN do to it, `ExactRealSum` says. Here are the groups alone.
final class RealSumAggregator: Aggregator {
    /// One group's: together, so that a row touches one place in memory.
    private struct Total {
        var sum = ExactRealSum()
        var count: Int64 = 0
    }

    private let isAverage: Bool
    private var totals: [Total] = []
    override var stateTypes: [ColumnType] { ExactRealSum.stateTypes + [.int64] }
    override var byteCount: Int { totals.capacity * MemoryLayout<Total>.stride }
    override func growth(to groupCount: Int) -> Int { totals.growth(to: groupCount) * MemoryLayout<Total>.stride }

    init(isAverage: Bool) { self.isAverage = isAverage }

    override func resize(_ groupCount: Int) { totals.grow(to: groupCount, with: Total()) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let values = arguments[0].doubles()
        let validity = arguments[0].rowValidity
        switch groups {
        case .one:
            // In registers: a sum in memory waits for each row's.
            var total = totals[0]
            totals[0] = Total()
            for row in values.indices where validity?[row] ?? true {
                total.sum.add(values[row])
                total.count &+= 1
            }
            totals[0] = total
        case .numbers(let numbers):
            precondition(values.count == numbers.count)
            totals.withUnsafeMutableBufferPointer { totals in
                for row in values.indices where validity?[row] ?? true {
                    let group = Int(numbers[row])
                    totals[group].sum.add(values[row])
                    totals[group].count &+= 1
                }
            }
        }
    }

    /// The columns of the sums, then one of counts.
    override func exportState() -> [Column] {
        ExactRealSum.columns(totals.map(\.sum)) + [.whole(totals.map(\.count), type: .int64, validity: nil)]
    }

    /// No rounding here either: exact sums are added as such.
    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let sums = ExactRealSum.sums(state[..<ExactRealSum.stateTypes.count])
        let more = state[ExactRealSum.stateTypes.count].integers() ?? []
        for row in groups.indices {
            totals[Int(groups[row])].sum.add(sums[row])
            totals[Int(groups[row])].count += more[row]
        }
    }

    /// NULL for a group without a value. The only place where a sum is rounded.
    override func finish() throws(KernelError) -> Column {
        let validity = totals.contains { $0.count == 0 } ? Bitmap.computed(count: totals.count) { totals[$0].count > 0 } : nil
        var values = [Double](repeating: 0, count: totals.count)
        for group in totals.indices where totals[group].count > 0 {
            values[group] = try Self.answer(totals[group].sum, totals[group].count, isAverage: isAverage)
        }
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }

    /// - Parameter count: of rows, at least one.
    /// - Throws: `numericOverflow` where finite values come to an infinite sum.
    static func answer(_ sum: ExactRealSum, _ count: Int64, isAverage: Bool) throws(KernelError) -> Double {
        let value = sum.value
        if value.isInfinite, !sum.isSpecial { throw .numericOverflow }
        // A mean begins at 0, as in PostgreSQL: that of no more than -0 is 0.
        return isAverage ? (0 + value) / Double(count) : value
    }
}
