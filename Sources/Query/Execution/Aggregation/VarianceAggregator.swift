import ColumnStore

/// stddev and variance of doubles, of a sample or a population: their squares are added up exactly, so that they are the same in whatever
/// order the rows come.
final class VarianceAggregator: Aggregator {
    private let isPopulation: Bool
    private let isDeviation: Bool
    private var moments: [ExactRealMoments] = []
    override var stateTypes: [ColumnType] { ExactRealMoments.stateTypes }
    override var byteCount: Int { moments.capacity * MemoryLayout<ExactRealMoments>.stride }
    override func growth(to groupCount: Int) -> Int { moments.growth(to: groupCount) * MemoryLayout<ExactRealMoments>.stride }

    init(isPopulation: Bool, isDeviation: Bool) {
        self.isPopulation = isPopulation
        self.isDeviation = isDeviation
    }

    override func resize(_ groupCount: Int) { moments.grow(to: groupCount, with: ExactRealMoments()) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let validity = arguments[0].rowValidity
        let values = try CastKernels.cast(arguments[0], to: .double, zone: .utc).doubles()
        let numbers = groups.numbers
        precondition(values.count == numbers.count)
        moments.withUnsafeMutableBufferPointer { moments in
            for row in values.indices where validity?[row] ?? true { moments[Int(numbers[row])].add(values[row]) }
        }
    }

    override func exportState() -> [Column] { ExactRealMoments.columns(moments) }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let more = ExactRealMoments.moments(state)
        for row in groups.indices { moments[Int(groups[row])].add(more[row]) }
    }

    /// NULL of no rows, and for a sample of one. NaN where a NaN or an infinity is among the values.
    override func finish() throws(KernelError) -> Column {
        let least: Int64 = isPopulation ? 1 : 2
        var values = [Double](repeating: 0, count: moments.count)
        for group in moments.indices where moments[group].count >= least {
            values[group] = try moments[group].answer(isPopulation: isPopulation, isDeviation: isDeviation)
        }
        return Column(type: .double, count: values.count, validity: .computed(count: moments.count) { moments[$0].count >= least }, values: .double(values))
    }
}
