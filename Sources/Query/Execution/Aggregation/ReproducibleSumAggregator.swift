import ColumnStore

/// sum and avg of doubles that are the same to the last bit in whatever order the rows come.
final class ReproducibleSumAggregator: Aggregator {
    private let isAverage: Bool
    private var sums: [ExactRealSum] = []
    private var counts: [Int64] = []
    override var stateTypes: [ColumnType] { [.binary, .int64] }
    /// A sum has two or three parts, of numbers alike.
    override var byteCount: Int { sums.capacity * 96 }
    override func growth(to groupCount: Int) -> Int { sums.growth(to: groupCount) * 40 }

    init(isAverage: Bool) { self.isAverage = isAverage }

    override func resize(_ groupCount: Int) {
        sums.grow(to: groupCount, with: ExactRealSum())
        counts.grow(to: groupCount, with: 0)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let values = arguments[0].doubles()
        let validity = arguments[0].rowValidity
        let numbers = groups.numbers
        for row in values.indices where validity?[row] ?? true {
            let group = Int(numbers[row])
            guard sums[group].add(values[row]) else { throw .numericOverflow }
            counts[group] += 1
        }
    }

    override func exportState() -> [Column] {
        var states = ByteArrays()
        for sum in sums { states.append(sum.bytes) }
        return [.text(states, type: .binary, validity: nil), .whole(counts, type: .int64, validity: nil)]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let states = state[0].byteArrays()
        let more = state[1].integers() ?? []
        for row in groups.indices {
            guard sums[Int(groups[row])].add(ExactRealSum(bytes: states[row])) else { throw .numericOverflow }
            counts[Int(groups[row])] += more[row]
        }
    }

    override func finish() throws(KernelError) -> Column {
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        let values = sums.indices.map { counts[$0] == 0 ? 0 : isAverage ? sums[$0].value / Double(counts[$0]) : sums[$0].value }
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }
}
