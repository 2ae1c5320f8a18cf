import ColumnStore

/// sum and avg of integers and decimals: exact, in 128 bits.
final class ExactSumAggregator: Aggregator {
    /// One group's: together, so that a row touches one place in memory.
    private struct Total {
        var sum: Int128 = 0
        var count: Int64 = 0
    }

    /// What a sum and an average of the same values share.
    private final class Totals {
        var groups: [Total] = []
    }

    private let argument: ColumnType
    private let result: ColumnType
    private let isAverage: Bool
    private let totals: Totals
    override var isFollower: Bool { follows }
    private let follows: Bool
    override var stateTypes: [ColumnType] { follows ? [] : [.decimal38(scale: argument.scale), .int64] }
    override var byteCount: Int { follows ? 0 : totals.groups.capacity * MemoryLayout<Total>.stride }
    override func growth(to groupCount: Int) -> Int { follows ? 0 : totals.groups.growth(to: groupCount) * MemoryLayout<Total>.stride }

    init(argument: ColumnType, result: ColumnType, isAverage: Bool) {
        self.argument = argument
        self.result = result
        self.isAverage = isAverage
        totals = Totals()
        follows = false
    }

    /// Answers from the totals of another, of the same values.
    init(following leader: ExactSumAggregator, result: ColumnType, isAverage: Bool) {
        argument = leader.argument
        self.result = result
        self.isAverage = isAverage
        totals = leader.totals
        follows = true
    }

    override func resize(_ groupCount: Int) { if !follows { totals.groups.grow(to: groupCount, with: Total()) } }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        if follows { return }
        let column = arguments[0]
        let validity = column.rowValidity
        guard let values = column.integers() else { return try addWide(column.wideIntegers(), validity, groups.numbers) }
        switch groups {
        case .one: addAll(values, validity)
        case .numbers(let numbers): add(values, validity, numbers)
        }
    }

    /// Low and high halves apart: neither can overflow over a batch, and both loops need no carry.
    private func addAll(_ values: [Int64], _ validity: Bitmap?) {
        var low: UInt64 = 0
        var high: Int64 = 0
        var count = 0
        if let validity {
            for row in values.indices where validity[row] {
                low &+= UInt64(truncatingIfNeeded: values[row] & 0xFFFF_FFFF)
                high &+= values[row] >> 32
                count &+= 1
            }
        } else {
            values.withUnsafeBufferPointer { values in
                for value in values {
                    low &+= UInt64(truncatingIfNeeded: value & 0xFFFF_FFFF)
                    high &+= value >> 32
                }
            }
            count = values.count
        }
        totals.groups[0].sum += Int128(high) << 32 + Int128(low)
        totals.groups[0].count += Int64(count)
    }

    private func add(_ values: [Int64], _ validity: Bitmap?, _ groups: [UInt32]) {
        precondition(values.count == groups.count)
        totals.groups.withUnsafeMutableBufferPointer { totals in
            values.withUnsafeBufferPointer { values in
                groups.withUnsafeBufferPointer { groups in
                    // 2^63 rows of 64 bits fit in 128.
                    if let validity {
                        for row in values.indices where validity[row] {
                            let group = Int(groups[row])
                            totals[group].sum &+= Int128(values[row])
                            totals[group].count &+= 1
                        }
                    } else {
                        for row in values.indices {
                            let group = Int(groups[row])
                            totals[group].sum &+= Int128(values[row])
                            totals[group].count &+= 1
                        }
                    }
                }
            }
        }
    }

    private func addWide(_ values: [Int128], _ validity: Bitmap?, _ groups: [UInt32]) throws(KernelError) {
        try totals.groups.withUnsafeMutableBufferPointer { (totals) throws(KernelError) in
            for row in values.indices where validity?[row] ?? true {
                let group = Int(groups[row])
                let (sum, overflow) = totals[group].sum.addingReportingOverflow(values[row])
                if overflow { throw .numericOverflow }
                totals[group].sum = sum
                totals[group].count += 1
            }
        }
    }

    override func exportState() -> [Column] {
        if follows { return [] }
        return [
            .decimals(totals.groups.map(\.sum), type: stateTypes[0], validity: nil),
            .whole(totals.groups.map(\.count), type: .int64, validity: nil),
        ]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        if follows { return }
        let more = state[1].integers() ?? []
        precondition(more.count == groups.count)
        let narrow = state[0].integers()
        let wide = narrow == nil ? state[0].wideIntegers() : []
        try totals.groups.withUnsafeMutableBufferPointer { (totals) throws(KernelError) in
            for row in groups.indices {
                let group = Int(groups[row])
                let (sum, overflow) = totals[group].sum.addingReportingOverflow(narrow.map { Int128($0[row]) } ?? wide[row])
                if overflow { throw .numericOverflow }
                totals[group].sum = sum
                totals[group].count += more[row]
            }
        }
    }

    override func finish() throws(KernelError) -> Column {
        let groups = totals.groups
        let validity = groups.contains { $0.count == 0 } ? Bitmap.computed(count: groups.count) { groups[$0].count > 0 } : nil
        var values = [Int128](repeating: 0, count: groups.count)
        for group in groups.indices where groups[group].count > 0 { values[group] = try answer(groups[group]) }
        if result.isDecimal { return .decimals(values, type: result, validity: validity) }
        var narrow = [Int64](repeating: 0, count: values.count)
        for group in values.indices {
            guard let value = Int64(exactly: values[group]), result == .int64 || Int32(exactly: value) != nil else { throw .numericOverflow }
            narrow[group] = value
        }
        return .whole(narrow, type: result, validity: validity)
    }

    private func answer(_ total: Total) throws(KernelError) -> Int128 {
        if isAverage {
            let count = Int128(total.count)
            guard let value = DecimalMath.divide(total.sum, scale: argument.scale, by: count, scale: 0, toScale: result.scale) else {
                throw .numericOverflow
            }
            return value
        }
        guard let value = DecimalMath.rescale(total.sum, from: argument.scale, to: result.scale), DecimalMath.fits(value) else {
            throw .numericOverflow
        }
        return value
    }
}

/// sum and avg of doubles.
final class RealSumAggregator: Aggregator {
    private let isAverage: Bool
    private var sums: [Double] = []
    private var counts: [Int64] = []
    override var stateTypes: [ColumnType] { [.double, .int64] }
    override var byteCount: Int { sums.capacity * 16 }
    override func growth(to groupCount: Int) -> Int { sums.growth(to: groupCount) * 16 }

    init(isAverage: Bool) { self.isAverage = isAverage }

    override func resize(_ groupCount: Int) {
        // Nothing is added to -0 but itself leaves it: the sum of no more than -0 is -0, as in PostgreSQL; a mean begins at 0.
        sums.grow(to: groupCount, with: isAverage ? 0 : -0.0)
        counts.grow(to: groupCount, with: 0)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let values = arguments[0].doubles()
        let validity = arguments[0].rowValidity
        let numbers = groups.numbers
        precondition(values.count == numbers.count)
        var overflows = false
        sums.withUnsafeMutableBufferPointer { sums in
            counts.withUnsafeMutableBufferPointer { counts in
                for row in values.indices where validity?[row] ?? true {
                    let group = Int(numbers[row])
                    let sum = sums[group] + values[row]
                    if sum.isInfinite { overflows = overflows || (sums[group].isFinite && values[row].isFinite) }
                    sums[group] = sum
                    counts[group] &+= 1
                }
            }
        }
        if overflows { throw .numericOverflow }
    }

    override func exportState() -> [Column] {
        [
            Column(type: .double, count: sums.count, values: .double(sums)), .whole(counts, type: .int64, validity: nil),
        ]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let added = state[0].doubles()
        let more = state[1].integers() ?? []
        for row in groups.indices {
            let group = Int(groups[row])
            let sum = sums[group] + added[row]
            if sum.isInfinite, sums[group].isFinite, added[row].isFinite { throw .numericOverflow }
            sums[group] = sum
            counts[group] += more[row]
        }
    }

    override func finish() -> Column {
        let validity = counts.contains(0) ? Bitmap.computed(counts) { $0 > 0 } : nil
        let values = isAverage ? sums.indices.map { counts[$0] > 0 ? sums[$0] / Double(counts[$0]) : 0 } : sums
        return Column(type: .double, count: values.count, validity: validity, values: .double(values))
    }
}

/// stddev and variance, of a sample or a population, by running sums, as PostgreSQL has them to the last step (Youngs and Cramer;
/// merged after Chan, Golub, LeVeque).
final class VarianceAggregator: Aggregator {
    private let isPopulation: Bool
    private let isDeviation: Bool
    private var counts: [Double] = []
    private var sums: [Double] = []
    /// Sums of squared distances from the mean.
    private var squares: [Double] = []
    override var stateTypes: [ColumnType] { [.double, .double, .double] }
    override var byteCount: Int { counts.capacity * 24 }
    override func growth(to groupCount: Int) -> Int { counts.growth(to: groupCount) * 24 }

    init(isPopulation: Bool, isDeviation: Bool) {
        self.isPopulation = isPopulation
        self.isDeviation = isDeviation
    }

    override func resize(_ groupCount: Int) {
        counts.grow(to: groupCount, with: 0)
        sums.grow(to: groupCount, with: 0)
        squares.grow(to: groupCount, with: 0)
    }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        let validity = arguments[0].rowValidity
        let values = try CastKernels.cast(arguments[0], to: .double, zone: .utc).doubles()
        let numbers = groups.numbers
        var overflows = false
        for row in values.indices where validity?[row] ?? true {
            let group = Int(numbers[row])
            counts[group] += 1
            sums[group] += values[row]
            guard counts[group] > 1 else {
                // Nothing has a distance from infinity.
                if !values[row].isFinite { squares[group] = .nan }
                continue
            }
            let distance = values[row] * counts[group] - sums[group]
            let sum = squares[group] + distance * distance / (counts[group] * (counts[group] - 1))
            if !sum.isFinite { overflows = overflows || (squares[group].isFinite && values[row].isFinite) }
            squares[group] = sum
        }
        if overflows { throw .numericOverflow }
    }

    override func exportState() -> [Column] {
        [counts, sums, squares].map { Column(type: .double, count: $0.count, values: .double($0)) }
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        let (more, otherSums, otherSquares) = (state[0].doubles(), state[1].doubles(), state[2].doubles())
        for row in groups.indices where more[row] > 0 {
            let group = Int(groups[row])
            let total = counts[group] + more[row]
            let distance = counts[group] > 0 ? sums[group] / counts[group] - otherSums[row] / more[row] : 0
            sums[group] += otherSums[row]
            let sum = squares[group] + otherSquares[row] + counts[group] * more[row] * distance * distance / total
            if !sum.isFinite, squares[group].isFinite, otherSquares[row].isFinite { throw .numericOverflow }
            squares[group] = sum
            counts[group] = total
        }
    }

    override func finish() -> Column {
        let least: Double = isPopulation ? 1 : 2
        let values = counts.indices.map { group -> Double in
            guard counts[group] >= least else { return 0 }
            let variance = squares[group] / (isPopulation ? counts[group] : counts[group] - 1)
            return isDeviation ? variance.squareRoot() : variance
        }
        return Column(type: .double, count: values.count, validity: .computed(counts) { $0 >= least }, values: .double(values))
    }
}
