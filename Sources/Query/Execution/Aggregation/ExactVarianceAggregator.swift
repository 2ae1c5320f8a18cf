import ColumnStore

/// stddev and variance of whole numbers and decimals: their squares are added up exactly, as PostgreSQL adds them, so that near neighbours
/// far from zero keep their distance.
final class ExactVarianceAggregator: Aggregator {
    /// Of the argument's digits.
    private let scale: Int
    private let isPopulation: Bool
    private let isDeviation: Bool
    private var moments: [ExactMoments] = []
    override var stateTypes: [ColumnType] { [ColumnType](repeating: .int64, count: ExactMoments.wordCount) }
    override var byteCount: Int { moments.capacity * MemoryLayout<ExactMoments>.stride }
    override func growth(to groupCount: Int) -> Int { moments.growth(to: groupCount) * MemoryLayout<ExactMoments>.stride }

    init(scale: Int, isPopulation: Bool, isDeviation: Bool) {
        self.scale = scale
        self.isPopulation = isPopulation
        self.isDeviation = isDeviation
    }

    override func resize(_ groupCount: Int) { moments.grow(to: groupCount, with: ExactMoments()) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let validity = arguments[0].rowValidity
        let numbers = groups.numbers
        if let values = arguments[0].integers() {
            for row in values.indices where validity?[row] ?? true { moments[Int(numbers[row])].add(values[row]) }
        } else {
            let values = arguments[0].wideIntegers()
            for row in values.indices where validity?[row] ?? true { moments[Int(numbers[row])].add(values[row]) }
        }
    }

    override func exportState() -> [Column] {
        (0..<ExactMoments.wordCount).map { index in .whole(moments.map { $0.word(index) }, type: .int64, validity: nil) }
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let words = state.map { $0.integers() ?? [] }
        for row in groups.indices {
            let group = Int(groups[row])
            moments[group] = moments[group] + ExactMoments { words[$0][row] }
        }
    }

    override func finish() throws(KernelError) -> Column {
        Self.answers(moments, scale: scale, isPopulation: isPopulation, isDeviation: isDeviation)
    }

    /// NULL of no rows, and for a sample of one.
    static func answers(_ moments: [ExactMoments], scale: Int, isPopulation: Bool, isDeviation: Bool) -> Column {
        let least: Int64 = isPopulation ? 1 : 2
        let unit = ExactMoments.unit(scale: scale)
        let values = moments.map { moments -> Double in
            guard moments.count >= least else { return 0 }
            let variance = moments.variance(unit: unit, isPopulation: isPopulation)
            return isDeviation ? variance.squareRoot() : variance
        }
        return Column(type: .double, count: values.count, validity: .computed(moments) { $0.count >= least }, values: .double(values))
    }
}
