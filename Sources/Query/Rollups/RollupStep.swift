import ColumnStore

/// A key that cuts a date or a time to a step of the calendar or the clock: coarser steps follow from it.
struct RollupStep: Sendable {
    enum Kind: Sendable {
        /// `date_trunc(unit, date)`: kept as a DATE.
        case dates
        /// `date_trunc(unit, time)`: kept as what it is.
        case instants
        /// `time::date`.
        case daysOfInstants
    }
    /// As `date_trunc` names it.
    let unit: String
    /// What is cut.
    let operand: Expression
    let kind: Kind
    /// The zone by whose clock, where it is cut by one.
    private let zone: [Expression]

    /// - Returns: nil for an expression that cuts nothing.
    init?(_ expression: Expression) {
        if let (unit, date) = RollupMeaning.truncation(expression) {
            (self.unit, operand, kind, zone) = (unit, date, .dates, [])
            return
        }
        switch expression {
        case .call(let function, let arguments, .timestamp, _) where function == .dateTrunc && arguments.count >= 2:
            guard case .literal(.bytes(let text), _) = arguments[0], RollupCalendar.isStep(String(word: text)) else { return nil }
            (unit, operand, kind, zone) = (String(word: text), arguments[1], .instants, Array(arguments.dropFirst(2)))
        case .cast(let inner, .date, _):
            guard case .timestamp = inner.type else { return nil }
            (unit, operand, kind, zone) = ("day", inner, .daysOfInstants, inner.type == .timestampTZ ? [Self.utc] : [])
        default: return nil
        }
    }

    /// Rollups are bound in it, and answer no session of another zone where instants are cut.
    static let utc = Expression.text("UTC")

    /// Whether a step begins and ends where the session's does.
    var isOfClock: Bool { zone.allSatisfy { $0.isSame(as: Self.utc) } }

    /// Whether a function's own zone is that of the key. A DATE is an instant by the session's clock: by another, the first day of a step may lie in the one before.
    ///
    /// - Parameter session: the session's zone.
    func isByClock(of zone: ArraySlice<Expression>, in session: Expression) -> Bool {
        kind == .dates ? zone.allSatisfy { $0.isSame(as: session) } : zone.count == self.zone.count && zip(zone, self.zone).allSatisfy { $0.isSame(as: $1) }
    }

    /// Whether EXTRACT of a field gives the same for all that a step has.
    func isField(_ field: String) -> Bool { kind == .dates ? RollupCalendar.isField(field, ofEach: unit) : RollupCalendar.isField(field, ofTimesOf: unit) }

    /// Whether a step begins at a value of the operand's type.
    func begins(at value: Int64) -> Bool { kind == .dates ? RollupCalendar.begins(unit, value) : RollupCalendar.begins(unit, time: value) }

    /// The key in the place of what it has cut.
    ///
    /// - Returns: nil where the expression is something else.
    func moved(_ expression: Expression, to key: Expression) -> Expression? {
        if expression.isSame(as: operand) { return kind == .daysOfInstants ? .cast(key, to: operand.type, position: nil) : key }
        guard kind == .dates, case .cast(let inner, let type, let position) = expression, inner.isSame(as: operand) else { return nil }
        return .cast(key, to: type, position: position)
    }
}

extension Expression {
    /// Whether it is a step or a field of a date or a time that stands in a table. Files of tables have no infinite ones, and these fail on no other.
    ///
    /// - Parameter origin: what a time is of the table's own columns; nil where nobody knows.
    func isStepOfOwnTime(_ origin: (Expression) -> Expression?) -> Bool {
        guard case .call(let function, let arguments, _, _) = self, function.traits.steps != nil, arguments.count > 1,
            arguments.indices.allSatisfy({ $0 == 1 || arguments[$0].isLiteral }), let time = origin(arguments[1])
        else { return false }
        switch time {
        case .column(_, .date), .column(_, .timestamp), .cast(.column(_, .date), .timestamp, _): return true
        default: return false
        }
    }
}
