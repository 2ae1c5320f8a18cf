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

    /// Where all are narrow, ten of thirteen words are NULL and take nothing: they are what many groups cost on their way into parts.
    override func exportState() -> [Column] {
        let isNarrow = moments.allSatisfy(\.isNarrow)
        return (0..<ExactMoments.wordCount).map { index in
            if isNarrow, !Self.isNarrowWord(index) { return .constant(.null, type: .int64, count: moments.count) }
            return .whole(moments.map { $0.word(index) }, type: .int64, validity: nil)
        }
    }

    private static func isNarrowWord(_ index: Int) -> Bool {
        let words = ExactMoments.narrowWords
        return index == words.count || index == words.sum || index == words.squares
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let narrow = ExactMoments.narrowWords
        let words = state.indices.map { Self.isNarrowWord($0) || state[$0].nullCount < state[$0].count ? state[$0].integers() ?? [] : [] }
        if state.indices.allSatisfy({ Self.isNarrowWord($0) || words[$0].isEmpty }) {
            let (counts, sums, squares) = (words[narrow.count], words[narrow.sum], words[narrow.squares])
            for row in groups.indices { moments[Int(groups[row])].add(count: counts[row], sum: sums[row], squares: squares[row]) }
            return
        }
        // Groups of several exports, of which some were narrow: what is NULL follows from the lowest word.
        let validity = state.map(\.rowValidity)
        for row in groups.indices {
            let group = Int(groups[row])
            moments[group] = moments[group] + ExactMoments { index in
                if !words[index].isEmpty, validity[index]?[row] ?? true { return words[index][row] }
                return index < narrow.squares ? words[narrow.sum][row] >> 63 : 0
            }
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
