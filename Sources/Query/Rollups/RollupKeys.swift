import ColumnStore

/// Expressions over a rollup's table, computed from its keys alone.
struct RollupKeys {
    private let meaning: RollupMeaning
    /// What each key is in the plan that reads the partial sums.
    private let columns: [Expression]
    private let places: ExpressionPlaces
    private let ids: Set<ColumnID>

    /// - Parameter columns: one for each key.
    init(_ meaning: RollupMeaning, _ columns: [OutputColumn]) {
        self.meaning = meaning
        self.columns = columns.map { .column($0) }
        // A truncated date is kept as a DATE: it stands for the instant that a query computes only after a cast.
        var places = ExpressionPlaces()
        for (index, key) in meaning.keys.enumerated() where key.truncation == nil { places.insert(key.expression, at: index) }
        self.places = places
        ids = Set(columns.map(\.id))
    }

    /// - Returns: nil where it depends on more than the keys.
    func computed(_ expression: Expression) -> Expression? {
        let result = replaced(expression, tellsZerosApart: false)
        return result.columnIDs.isSubset(of: ids) ? result : nil
    }

    /// A key of DOUBLE has one group of 0 and -0: what would tell them apart, as their texts do, does not follow from it.
    private func replaced(_ node: Expression, tellsZerosApart: Bool) -> Expression {
        if let place = places[node], !tellsZerosApart || meaning.keys[place].type != .double { return columns[place] }
        if let coarse = coarsened(node) { return coarse }
        let old = node.children
        if old.isEmpty { return node }
        let isApart = Self.tellsZerosApart(node) ?? tellsZerosApart
        return node.withChildren(old.map { replaced($0, tellsZerosApart: isApart) })
    }

    /// Whether 0 and -0 as operands may have other values; nil where the value is the operand itself.
    private static func tellsZerosApart(_ node: Expression) -> Bool? {
        switch node {
        case .isNull, .isDistinct, .inList: false
        case .coalesce, .conditional: nil
        case .call(let function, _, _, _): function.comparison == nil
        default: true
        }
    }

    /// What depends on a DATE only by the step that a key has cut it to.
    private func coarsened(_ node: Expression) -> Expression? {
        guard case .call(let function, let arguments, let type, let position) = node else { return nil }
        for (index, key) in meaning.keys.enumerated() {
            guard let (unit, date) = key.truncation else { continue }
            if let steps = function.traits.steps {
                guard arguments.count >= 2, case .literal(.bytes(let text), _) = arguments[0] else { continue }
                let name = String(decoding: text, as: UTF8.self)
                guard steps == .truncation ? RollupCalendar.isCoarser(name, than: unit) : RollupCalendar.isField(name, ofEach: unit) else { continue }
                let moved: Expression
                switch arguments[1] {
                case date where arguments[1].isSame(as: date): moved = columns[index]
                case .cast(let inner, let type, let position) where inner.isSame(as: date): moved = .cast(columns[index], to: type, position: position)
                default: continue
                }
                return .call(function, [arguments[0], moved] + arguments.dropFirst(2), type: type, position: position)
            }
            if let sides = compared(function, arguments, unit, date, columns[index]) { return .call(function, sides, type: type, position: position) }
        }
        return nil
    }

    /// `date >= the first day of a step` asks no more than which step it is.
    private func compared(
        _ function: ScalarFunction, _ sides: [Expression], _ unit: String, _ date: Expression, _ key: Expression
    ) -> [Expression]? {
        guard let comparison = function.comparison, sides.count == 2 else { return nil }
        let isMirrored = sides[1].isSame(as: date)
        guard isMirrored || sides[0].isSame(as: date), case .literal(.integer(let day), .date) = sides[isMirrored ? 0 : 1] else { return nil }
        let isBoundary = switch isMirrored ? comparison.mirrored : comparison {
        case .less, .greaterOrEqual: RollupCalendar.begins(unit, day)
        case .greater, .lessOrEqual: day < .max && RollupCalendar.begins(unit, day + 1)
        case .equal, .notEqual: false
        }
        guard isBoundary else { return nil }
        return isMirrored ? [sides[0], key] : [key, sides[1]]
    }
}
