import ColumnStore

/// Expressions over a rollup's table, computed from its keys alone.
///
/// `computed` goes through an expression from the top and puts keys' columns in the place of what equals a key, or follows
/// from one; what is left must mention no other column.
struct RollupKeys {
    private let meaning: RollupMeaning
    /// What each key is in the plan that reads the partial sums.
    private let columns: [Expression]
    /// By expression, which key it is.
    private let places: ExpressionPlaces
    private let ids: Set<ColumnID>
    /// As functions have it where nobody names another.
    private let zone: Expression

    /// - Parameters:
    ///   - columns: one for each key.
    ///   - zone: the session's, by its name.
    init(_ meaning: RollupMeaning, _ columns: [OutputColumn], zone: String) {
        self.meaning = meaning
        self.zone = .text(zone)
        self.columns = columns.map { .column($0) }
        // A truncated date is kept as a DATE: it stands for the instant that a query computes only after a cast.
        var places = ExpressionPlaces()
        for (index, key) in meaning.keys.enumerated() where key.truncation == nil { places.insert(key.expression, at: index) }
        self.places = places
        ids = Set(columns.map(\.id))
    }

    /// The expression over the keys' columns in the plan of sums.
    ///
    /// - Returns: nil where it depends on more than the keys.
    func computed(_ expression: Expression) -> Expression? {
        // Without keys a row of sums may stand for no row: then nothing was computed that could fail.
        if columns.isEmpty, ConstantFolding.canFail(expression) { return nil }
        let result = replaced(expression, tellsZerosApart: false)
        return result.columnIDs.isSubset(of: ids) ? result : nil
    }

    /// Whether a part of what `computed` has made is a step or a field of a date or a time that the table has, or of a step of one.
    func isStepOfOwnTime(_ part: Expression) -> Bool {
        part.isStepOfOwnTime { time in
            var time = time
            if case .cast(let inner, .timestamp, _) = time { time = inner }
            guard case .column = time, let place = columns.firstIndex(where: { $0.isSame(as: time) }) else { return nil }
            return meaning.keys[place].step?.operand ?? meaning.keys[place].expression
        }
    }

    /// A key of DOUBLE has one group of 0 and -0: what would tell them apart, as their texts do, does not follow from it.
    private func replaced(_ node: Expression, tellsZerosApart: Bool) -> Expression {
        if let place = places[node], !tellsZerosApart || meaning.keys[place].type != .double { return columns[place] }
        if let coarse = coarsened(node) { return coarse }
        // `NOT (n > 2)` comes as `n <= 2`.
        if let place = negatedKey(node) { return .not(columns[place]) }
        let old = node.children
        if old.isEmpty { return node }
        let isApart = Self.tellsZerosApart(node) ?? tellsZerosApart
        return node.withChildren(old.map { replaced($0, tellsZerosApart: isApart) })
    }

    /// The key that is the opposite of a condition, as the optimizer writes opposites.
    private func negatedKey(_ node: Expression) -> Int? {
        switch node {
        case .call(let function, let arguments, let type, let position):
            guard type == .boolean, let negation = function.traits.negation else { return nil }
            return places[.call(negation(), arguments, type: type, position: position)]
        case .inList(let operand, let items, let isNegated): return places[.inList(operand, items, isNegated: !isNegated)]
        case .isDistinct(let left, let right, let isNegated): return places[.isDistinct(left, right, isNegated: !isNegated)]
        default: return nil
        }
    }

    /// Whether 0 and -0 as operands may have other values; nil where the value is the operand itself.
    static func tellsZerosApart(_ node: Expression) -> Bool? {
        switch node {
        case .isNull, .isDistinct, .inList: false
        case .coalesce, .conditional: nil
        case .call(let function, _, _, _): function.comparison == nil
        default: true
        }
    }

    /// What depends on a date or time only by the step that a key has cut it to.
    /// `EXTRACT(year FROM day)` of a key `date_trunc('month', day)` is that of the key itself.
    private func coarsened(_ node: Expression) -> Expression? {
        switch node {
        case .call(let function, let arguments, let type, let position):
            for (index, key) in meaning.keys.enumerated() {
                guard let step = key.step else { continue }
                if let steps = function.traits.steps {
                    guard let moved = moved(steps, arguments, step, columns[index]) else { continue }
                    return .call(function, moved, type: type, position: position)
                }
                if let sides = compared(function, arguments, step, columns[index]) { return .call(function, sides, type: type, position: position) }
            }
        // An instant's day, of its hour.
        case .cast(let inner, .date, let position):
            for (index, key) in meaning.keys.enumerated() {
                guard let step = key.step, step.kind == .instants, step.isOfClock, RollupCalendar.isCoarser("day", than: step.unit) else { continue }
                if inner.isSame(as: step.operand) { return .cast(columns[index], to: .date, position: position) }
            }
        default: break
        }
        return nil
    }

    /// The arguments of `date_trunc` or EXTRACT over a key's steps; nil where these are too coarse for it.
    private func moved(_ steps: ScalarFunction.Steps, _ arguments: [Expression], _ step: RollupStep, _ key: Expression) -> [Expression]? {
        guard arguments.count >= 2, case .literal(.bytes(let text), _) = arguments[0] else { return nil }
        let name = String(word: text)
        let isKnown = steps == .truncation ? RollupCalendar.isCoarser(name, than: step.unit) : step.isField(name)
        guard isKnown, let moved = step.moved(arguments[1], to: key), step.isByClock(of: arguments.dropFirst(2), in: zone) else { return nil }
        return [arguments[0], moved] + arguments.dropFirst(2)
    }

    /// `date >= the first day of a step` asks no more than which step it is.
    /// - Returns: nil where the bound lies within a step.
    private func compared(_ function: ScalarFunction, _ sides: [Expression], _ step: RollupStep, _ key: Expression) -> [Expression]? {
        guard let comparison = function.comparison, sides.count == 2, step.isOfClock else { return nil }
        let isMirrored = sides[1].isSame(as: step.operand)
        guard isMirrored || sides[0].isSame(as: step.operand), let moved = step.moved(step.operand, to: key) else { return nil }
        let other = sides[isMirrored ? 0 : 1]
        guard case .literal(.integer(let bound), other.type) = other, other.type == step.operand.type else { return nil }
        let isBoundary = switch isMirrored ? comparison.mirrored : comparison {
        case .less, .greaterOrEqual: step.begins(at: bound)
        case .greater, .lessOrEqual: bound < .max && step.begins(at: bound + 1)
        case .equal, .notEqual: false
        }
        guard isBoundary else { return nil }
        return isMirrored ? [other, moved] : [moved, other]
    }
}
