import ColumnStore

/// Turns a test of a monotone function of a column into a range of the column itself: `date_trunc('month', day) = '2026-11-01'`,
/// `extract(year from day) >= 2020`, `issued_at::date = '2026-11-20'`, a decimal against a constant with more digits.
///
/// Let f be the function and v the constant. f maps a step of its operand, the half-open range [first, next), to one value, and rises from step to
/// step. With the step that v falls on (`isStep`: v is the value of a step, and not between two):
///
///     f(x) = v    first ≤ x < next    never without isStep
///     f(x) ≥ v    x ≥ first           x ≥ next without isStep
///     f(x) > v    x ≥ next
///     f(x) < v    x < first           x < next without isStep
///     f(x) ≤ v    x < next
///
/// `date_trunc('month', d) = '2026-11-01'` is `d >= '2026-11-01' AND d < '2026-12-01'`, and `= '2026-11-02'` is never.
struct MonotoneRange {
    enum Range {
        case between(ColumnFilter.Bound?, ColumnFilter.Bound?)
        /// No value passes. The condition stays as it is: it may still be NULL.
        case never
    }

    let isUTC: Bool

    /// The innermost operand and the range that it must lie in; nil when that cannot be said exactly.
    func range(_ comparison: Comparison, _ operand: Expression, _ value: Value) -> (Expression, Range)? {
        // No step is that of an infinite moment.
        if case .integer(let number) = value, Calendar.isInfinite(moment: number) || operand.type == .date && Calendar.isInfinite(day: number) { return nil }
        // Everything here is the set of x with floor(x) op value, for a floor onto steps: it starts at a step's first x.
        guard let (inner, steps) = steps(of: operand, value) else { return nil }
        let range: Range
        switch comparison {
        case .equal: range = steps.isStep ? .between(steps.from, steps.before) : .never
        case .greaterOrEqual: range = .between(steps.isStep ? steps.from : steps.next, nil)
        case .greater: range = .between(steps.next, nil)
        case .less: range = .between(nil, steps.isStep ? steps.before(steps.from) : steps.before)
        case .lessOrEqual: range = .between(nil, steps.before)
        case .notEqual: return nil
        }
        if case .between(nil, nil) = range { return nil }
        guard case .column = inner else {
            // A function of a function: only where both ends translate.
            return nested(inner, range)
        }
        return (inner, range)
    }

    /// The range's ends as tests of the inner function in their turn: `date_trunc('year', t::date)`.
    private func nested(_ inner: Expression, _ range: Range) -> (Expression, Range)? {
        guard case .between(let lower, let upper) = range else { return nil }
        var column: Expression?, low: ColumnFilter.Bound?, high: ColumnFilter.Bound?
        if let lower {
            guard case (let found, .between(let bound?, nil))? = self.range(lower.isInclusive ? .greaterOrEqual : .greater, inner, lower.value) else { return nil }
            (column, low) = (found, bound)
        }
        if let upper {
            guard case (let found, .between(nil, let bound?))? = self.range(upper.isInclusive ? .lessOrEqual : .less, inner, upper.value) else { return nil }
            (column, high) = (found, bound)
        }
        return column.map { ($0, .between(low, high)) }
    }

    /// The step that the constant falls on: the first value of it, and the first of the next.
    private struct Steps {
        var first: Value
        var firstOfNext: Value
        /// Whether the constant is itself what the function gives on the step.
        var isStep: Bool

        var from: ColumnFilter.Bound { .init(first, isInclusive: true) }
        var next: ColumnFilter.Bound { .init(firstOfNext, isInclusive: true) }
        var before: ColumnFilter.Bound { .init(firstOfNext, isInclusive: false) }
        func before(_ bound: ColumnFilter.Bound) -> ColumnFilter.Bound { .init(bound.value, isInclusive: false) }
    }

    /// The function's operand, and the step of it that the constant falls on; nil for a function that is not known to rise.
    private func steps(of operand: Expression, _ value: Value) -> (Expression, Steps)? {
        switch operand {
        case .cast(let inner, let type, _): return castSteps(inner, type, value).map { (inner, $0) }
        case .call(let function, let arguments, let type, _):
            switch function.traits.steps {
            case .truncation: return truncationSteps(arguments, type, value)
            case .field: return fieldSteps(arguments, value)
            case nil: return nil
            }
        default: return nil
        }
    }

    /// An instant is cut in the zone that the call names: steps are reckoned here for UTC only, where days do not change their length.
    private func truncationSteps(_ arguments: [Expression], _ type: ColumnType, _ value: Value) -> (Expression, Steps)? {
        guard arguments.count >= 2, case .literal(.bytes(let field), _) = arguments[0], type != .interval else { return nil }
        if case .timestamp(isUTC: true) = type {
            guard arguments.count == 3, case .literal(.bytes(let zone), _) = arguments[2],
                ["UTC", "Etc/UTC", "GMT"].contains(String(word: zone))
            else { return nil }
        }
        guard case .integer(let moment) = value else { return nil }
        return truncationSteps(String(word: field), moment).map { (arguments[1], $0) }
    }

    /// `extract(year from …)` alone rises over the whole calendar; months and days begin again.
    private func fieldSteps(_ arguments: [Expression], _ value: Value) -> (Expression, Steps)? {
        // Both ends of the year are dates then.
        guard arguments.count >= 2, case .literal(let field, _) = arguments[0], field == .string("year"),
            case .decimal(let year) = value, (1...9_998).contains(year)
        else { return nil }
        return yearSteps(Int(year), arguments).map { (arguments[1], $0) }
    }

    /// A cast that keeps the order. Rounding casts, as of a decimal to fewer digits, do not begin their steps at a step's value, and are left out.
    private func castSteps(_ inner: Expression, _ type: ColumnType, _ value: Value) -> Steps? {
        let day = ValueText.microsecondsPerDay
        switch (inner.type, type, value) {
        case (.int32, .int64, .integer): return Self.identity(value)
        case (.int32, .decimal(_, let scale), .decimal(let digits)), (.int64, .decimal(_, let scale), .decimal(let digits)):
            return decimalSteps(digits, drop: scale) { Int64(exactly: $0).map { .integer($0) } }
        case (.decimal(_, let from), .decimal(_, let to), .decimal(let digits)) where to >= from:
            return decimalSteps(digits, drop: to - from) { .decimal($0) }
        case (.date, .timestamp(let instant), .integer(let moment)) where !instant || isUTC:
            // Midnight of the day: a time within a day falls after it.
            let days = Self.floor(moment, day)
            return Steps(first: .integer(days), firstOfNext: .integer(days + 1), isStep: days * day == moment)
        case (.timestamp(let instant), .date, .integer(let days)) where !instant || isUTC:
            // So many days in microseconds are far from 64 bits.
            guard abs(days) < 10_000_000 else { return nil }
            return Steps(first: .integer(days * day), firstOfNext: .integer((days + 1) * day), isStep: true)
        case (.timestamp, .timestamp, .integer) where isUTC: return Self.identity(value)
        default: return nil
        }
    }

    /// Each value is a step by itself.
    private static func identity(_ value: Value) -> Steps? {
        guard case .integer(let number) = value, number < .max else { return nil }
        return Steps(first: value, firstOfNext: .integer(number + 1), isStep: true)
    }

    /// Rounds down, where the operator rounds towards zero: -1 µs lies on the day before 1970.
    private static func floor(_ value: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// A column that was given more digits behind the mark: the constant's own may lie between two of its values.
    private func decimalSteps(_ digits: Int128, drop: Int, _ make: (Int128) -> Value?) -> Steps? {
        guard (0...TypeRules.digitCountMax).contains(drop) else { return nil }
        let divisor = LiteralCast.power10(drop)
        let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: divisor)
        let floor = remainder < 0 ? quotient - 1 : quotient
        guard let first = make(floor), let next = make(floor + 1) else { return nil }
        return Steps(first: first, firstOfNext: next, isStep: remainder == 0)
    }

    // MARK: Calendar

    private func yearSteps(_ year: Int, _ arguments: [Expression]) -> Steps? {
        guard let first = ValueText.days(year: year, month: 1, day: 1), let next = ValueText.days(year: year + 1, month: 1, day: 1) else { return nil }
        return steps(first, next, arguments[1].type, isStep: true)
    }

    /// Days as values of the column's type.
    private func steps(_ first: Int32, _ next: Int32, _ type: ColumnType, isStep: Bool) -> Steps? {
        switch type {
        case .date: return Steps(first: .integer(Int64(first)), firstOfNext: .integer(Int64(next)), isStep: isStep)
        case .timestamp(let instant) where !instant || isUTC:
            let day = ValueText.microsecondsPerDay
            return Steps(first: .integer(Int64(first) * day), firstOfNext: .integer(Int64(next) * day), isStep: isStep)
        default: return nil
        }
    }

    /// The step of date_trunc that a moment lies in.
    ///
    /// - Parameter moment: microseconds since 1970.
    private func truncationSteps(_ field: String, _ moment: Int64) -> Steps? {
        let units: [String: Int64] = ["second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000, "day": ValueText.microsecondsPerDay]
        if let unit = units[field] {
            let step = Self.floor(moment, unit)
            // Within ±2^55 µs, some 1,141 years about 1970: no multiplication overflows.
            guard abs(step) < 1 << 55 / unit else { return nil }
            return Steps(first: .integer(step * unit), firstOfNext: .integer((step + 1) * unit), isStep: step * unit == moment)
        }
        let day = ValueText.microsecondsPerDay
        let days = Self.floor(moment, day)
        guard let (year, month) = Self.yearAndMonth(days) else { return nil }
        let width: Int
        switch field {
        case "month": width = 1
        case "quarter": width = 3
        case "year": width = 12
        case "week":
            // 1970-01-01 was a Thursday; weeks start on Monday.
            let monday = Self.floor(days + 3, 7) * 7 - 3
            return Steps(first: .integer(monday * day), firstOfNext: .integer((monday + 7) * day), isStep: monday * day == moment)
        default: return nil
        }
        // Months counted from year 0, cut to the width.
        let start = (year * 12 + month - 1) / width * width
        guard let first = ValueText.days(year: start / 12, month: start % 12 + 1, day: 1),
            let next = ValueText.days(year: (start + width) / 12, month: (start + width) % 12 + 1, day: 1)
        else { return nil }
        return Steps(first: .integer(Int64(first) * day), firstOfNext: .integer(Int64(next) * day), isStep: Int64(first) * day == moment)
    }

    /// Of days since 1970, for years 1 to 9998.
    ///
    /// By eras of 400 years, which have 146,097 days, with years that begin in March so that a leap day is a year's last (Hinnant, “chrono-Compatible
    /// Low-Level Date Algorithms”).
    private static func yearAndMonth(_ days: Int64) -> (Int, Int)? {
        guard (-719_162...2_932_530).contains(days) else { return nil }
        let shifted = days + 719_468
        let era = shifted / 146_097, dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let part = (5 * dayOfYear + 2) / 153
        let month = part < 10 ? part + 3 : part - 9
        return (Int(yearOfEra + era * 400 + (month <= 2 ? 1 : 0)), Int(month))
    }
}
