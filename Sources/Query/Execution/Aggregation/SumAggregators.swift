import ColumnStore

/// sum and avg of integers and decimals: exact, whatever the order of the values; what goes past 128 bits on the way may come back.
///
/// A sum of n values of 64 bits needs at most 64 + log₂(n) bits: 128 are enough for all rows that there can be. Wider
/// values can take it past 128 bits, and back:
/// `carry` counts how often it wrapped.
final class ExactSumAggregator: Aggregator {
    /// One group's: together, so that a row touches one place in memory.
    /// What was added is `sum + carry · 2^128`, whatever the order.
    private struct Total {
        var sum: Int128 = 0
        var count: Int64 = 0
        /// How many times 2^128 are to be added to `sum`.
        var carry: Int64 = 0

        mutating func add(_ value: Int128) throws(KernelError) {
            let (partial, overflow) = sum.addingReportingOverflow(value)
            sum = partial
            // Only summands of one sign overflow, and what wraps is off by 2^128 to the other side.
            if overflow { try carry(value < 0 ? -1 : 1) }
        }

        private mutating func carry(_ more: Int64) throws(KernelError) {
            carry += more
            if carry.magnitude > Self.carryMax { throw .numericOverflow }
        }

        // In the state of a group both are one number: a count has at most 48 bits.
        /// The carry stands above them with its sign: `packed >> countBits` gives it back.
        private static let countBits: Int64 = 48
        private static let carryMax: UInt64 = 1 << 14
        var packed: Int64 { carry << Self.countBits | count }

        /// Takes in what was put out of the group elsewhere: its sum, and count and carry as `packed` has them.
        /// - Throws: `numericOverflow` past `carryMax`.
        mutating func merge(_ value: Int128, packed: Int64) throws(KernelError) {
            count += packed & (1 << Self.countBits - 1)
            try carry(packed >> Self.countBits)
            try add(value)
        }
    }

    /// What a sum and an average of the same values share.
    private final class Totals {
        var groups: [Total] = []
        /// Something of more than 64 bits was added: from then on a small value too may take a sum past 128.
        var isWide = false
    }

    private let argument: ColumnType
    private let result: ColumnType
    private let isAverage: Bool
    private let totals: Totals
    override var isFollower: Bool { follows }
    /// The leader's totals are answered from, and neither fed nor put out here.
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

    override func reserve(_ groupCount: Int) { if !follows { totals.groups.reserveCapacity(groupCount) } }
    override func resize(_ groupCount: Int) { if !follows { totals.groups.grow(to: groupCount, with: Total()) } }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        if follows { return }
        let column = arguments[0]
        let validity = column.rowValidity
        guard !totals.isWide, let values = column.integers() else { return try addWide(column.wideIntegers(), validity, groups.numbers) }
        switch groups {
        case .one: add(values, validity, 0..<values.count, to: 0)
        case .numbers(let numbers):
            precondition(values.count == numbers.count)
            guard let runs = GroupRuns(numbers) else { return add(values, validity, numbers) }
            runs.forEach { add(values, validity, $0, to: Int(numbers[$0.lowerBound])) }
        }
    }

    /// Rows of one group. Low and high halves apart: neither can overflow over a batch, and both loops need no carry.
    private func add(_ values: [Int64], _ validity: Bitmap?, _ rows: Range<Int>, to group: Int) {
        // A batch has far fewer than 2^31 rows: neither sum of 32-bit halves leaves 64 bits. Arithmetic in 128 bits would
        // be several instructions a row.
        var low: UInt64 = 0
        var high: Int64 = 0
        var count = 0
        if let validity {
            for row in rows where validity[row] {
                low &+= UInt64(truncatingIfNeeded: values[row] & 0xFFFF_FFFF)
                high &+= values[row] >> 32
                count &+= 1
            }
        } else {
            values.withUnsafeBufferPointer { values in
                for value in UnsafeBufferPointer(rebasing: values[rows]) {
                    low &+= UInt64(truncatingIfNeeded: value & 0xFFFF_FFFF)
                    high &+= value >> 32
                }
            }
            count = rows.count
        }
        // 2^63 rows of 64 bits fit in 128.
        totals.groups[group].sum &+= Int128(high) << 32 + Int128(low)
        totals.groups[group].count &+= Int64(count)
    }

    /// Two loops, so that rows without NULLs are not asked for their bit.
    private func add(_ values: [Int64], _ validity: Bitmap?, _ groups: [UInt32]) {
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

    /// Values of 128 bits, each looked at for a carry. Once one has come, all later values go this way.
    /// - Throws: `numericOverflow` past `carryMax`; a carry below it may still come back to 0.
    private func addWide(_ values: [Int128], _ validity: Bitmap?, _ groups: [UInt32]) throws(KernelError) {
        totals.isWide = true
        try totals.groups.withUnsafeMutableBufferPointer { (totals) throws(KernelError) in
            for row in values.indices where validity?[row] ?? true {
                let group = Int(groups[row])
                try totals[group].add(values[row])
                totals[group].count += 1
            }
        }
    }

    override func exportState() -> [Column] {
        if follows { return [] }
        return [
            .decimals(totals.groups.map(\.sum), type: stateTypes[0], validity: nil),
            .whole(totals.groups.map(\.packed), type: .int64, validity: nil),
        ]
    }

    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) {
        if follows { return }
        let more = state[1].integers() ?? []
        precondition(more.count == groups.count)
        let narrow = state[0].integers()
        let wide = narrow == nil ? state[0].wideIntegers() : []
        if narrow == nil { totals.isWide = true }
        try totals.groups.withUnsafeMutableBufferPointer { (totals) throws(KernelError) in
            for row in groups.indices {
                try totals[Int(groups[row])].merge(narrow.map { Int128($0[row]) } ?? wide[row], packed: more[row])
            }
        }
    }

    /// - Throws: `numericOverflow` for a sum or mean that the result's type does not hold.
    override func finish() throws(KernelError) -> Column { try answers(totals.groups) }
    override func finish(_ groups: [Int32]) throws(KernelError) -> Column { try answers(groups.map { totals.groups[Int($0)] }) }

    private func answers(_ groups: [Total]) throws(KernelError) -> Column {
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

    /// - Precondition: the group has a value.
    private func answer(_ total: Total) throws(KernelError) -> Int128 {
        // What is still past 128 bits has more than 38 digits.
        if total.carry != 0 { throw .numericOverflow }
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

/// An average of partial sums and counts: the same digits as that of all values.
/// Of rollups: its arguments are a column of sums and one of counts, which are taken in as states are.
final class PartAverageAggregator: Aggregator {
    private let inner: ExactSumAggregator
    private let sum: ColumnType

    init(sum: ColumnType, result: ColumnType) {
        self.sum = sum
        inner = ExactSumAggregator(argument: sum, result: result, isAverage: true)
    }

    override var stateTypes: [ColumnType] { inner.stateTypes }
    override var byteCount: Int { inner.byteCount }
    override func growth(to groupCount: Int) -> Int { inner.growth(to: groupCount) }
    override func reserve(_ groupCount: Int) { inner.reserve(groupCount) }
    override func resize(_ groupCount: Int) { inner.resize(groupCount) }

    override func update(_ arguments: [Column], _ groups: GroupRows) throws(KernelError) {
        // The sum of no values is NULL, and adds nothing.
        let validity = arguments[0].rowValidity
        guard let validity else { return try inner.merge(arguments, groups.numbers) }
        let rows = (0..<arguments[0].count).filter { validity[$0] }.map { Int32($0) }
        try inner.merge(arguments.map { $0.gathering(rows) }, groups.selecting(rows).numbers)
    }

    override func exportState() -> [Column] { inner.exportState() }
    override func merge(_ state: [Column], _ groups: [UInt32]) throws(KernelError) { try inner.merge(state, groups) }
    override func finish() throws(KernelError) -> Column { try inner.finish() }
    override func finish(_ groups: [Int32]) throws(KernelError) -> Column { try inner.finish(groups) }
}
