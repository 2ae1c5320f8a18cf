import ColumnStore

/// `(start, end) OVERLAPS (start, length)`: whether two periods have a moment in common.
/// PostgreSQL 15's documentation, section 9.9.
extension SQLFunction {
    static let overlaps = SQLFunction(
        "overlaps", summary: "`(start, end) OVERLAPS (start, length)`: whether two periods have a moment in common",
        forms: [
            [.timestampTZ, .timestampTZ, .timestampTZ, .timestampTZ], [.timestamp(isUTC: false), .interval, .timestamp(isUTC: false), .interval],
            [.date, .date, .date, .interval],
        ]
    ) { (call, typing) throws(QueryError) in
        try call.count(4...4)
        var values = call.arguments
        // An interval is a length, and is added to the moment before it.
        let lengths = [1, 3].filter { values[$0].type == .interval }
        let moments = values.indices.filter { !lengths.contains($0) }
        var type = try typing.unified(moments.map { values[$0] }, "OVERLAPS")[0].type
        // Texts alone are instants, and so are dates: where a zone's clocks leave out a midnight, a day begins later. What is kept asks no session's zone.
        if type == .string { type = .timestampTZ }
        if type == .date, !typing.isOfKeptText { type = .timestampTZ }
        if type == .date, !lengths.isEmpty { type = .timestamp(isUTC: false) }
        switch type {
        case .date, .timestamp, .time: break
        default: throw QueryError.badSQL("OVERLAPS takes dates and times, not \(type.sqlName)", at: call.position).because(.undefinedFunction)
        }
        for place in moments { values[place] = TypedExpression(try typing.cast(values[place], to: type, isExplicit: false), at: values[place].position) }
        guard !lengths.isEmpty else { return call.make(.overlaps, values.map(\.expression), .boolean) }
        // The moment is there once, and the kernel adds the length to it: days and months of an instant are those of a zone.
        return call.make(.overlapsOfLengths, typing.zoned(values.map(\.expression), type), .boolean)
    }
}

extension ScalarFunction {
    /// Two periods, each by its ends in any order; one of them may be NULL, and then what it does not decide is NULL.
    static let overlaps = ScalarFunction(
        "overlaps", nulls: .taken, cost: .heavy, failure: .never, kernel: .plain { (call) throws(KernelError) in overlapping(call.columns, count: call.count) })

    /// The same of periods of which some have a length, an interval, in the place of an end; the zone last where it matters.
    static let overlapsOfLengths = ScalarFunction(
        "overlaps_of_lengths", nulls: .taken, cost: .heavy, failure: .overflow,
        kernel: .plain { (call) throws(KernelError) in
            var columns = Array(call.columns.prefix(4))
            let zone = try call.zone(at: 4)
            for place in [1, 3] where columns[place].type == .interval {
                let start = columns[place - 1]
                columns[place] = try TimeArithmeticKernels.combine(.add, start, columns[place], type: start.type, zone: zone)
            }
            return overlapping(columns, count: call.count)
        })

    private static func overlapping(_ columns: [Column], count: Int) -> Column {
        let moments = columns.map { ($0.integers() ?? [], $0.rowValidity) }
        func moment(_ place: Int, _ row: Int) -> Int64? { moments[place].1?[row] ?? true ? moments[place].0[row] : nil }
        var builder = ColumnBuilder(type: .boolean)
        for row in 0..<count {
            let answer = Period(moment(0, row), moment(1, row)).flatMap { one in Period(moment(2, row), moment(3, row)).flatMap { one.overlaps($0) } }
            builder.append(answer.map { .boolean($0) } ?? .null)
        }
        return builder.finish()
    }

    /// Two moments in their order.
    private struct Period {
        let start: Int64
        /// nil: not known.
        let end: Int64?

        /// Nil where neither end is known.
        init?(_ one: Int64?, _ other: Int64?) {
            guard let start = one ?? other else { return nil }
            guard let one, let other else {
                (self.start, end) = (start, nil)
                return
            }
            (self.start, end) = (min(one, other), max(one, other))
        }

        /// As PostgreSQL reads SQL's definition: an end that is not known leaves the answer open only where it would decide.
        func overlaps(_ other: Period) -> Bool? {
            if start == other.start { return end == nil || other.end == nil ? nil : true }
            let (earlier, later) = start < other.start ? (self, other) : (other, self)
            guard let end = earlier.end else { return nil }
            if later.start < end { return true }
            return later.end == nil ? nil : false
        }
    }
}
