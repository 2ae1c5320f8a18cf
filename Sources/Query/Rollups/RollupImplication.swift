import ColumnStore

/// Whether what a query asks makes sure that a rollup's own condition holds: `day >= '2026-02-01'` of a rollup of 2026.
///
/// A sound test and no complete one: what it says follows does follow; what it does not see makes the rollup refuse, which
/// costs time only.
enum RollupImplication {
    /// - Parameter conditions: all of which hold for the rows that are asked.
    static func follows(_ own: Expression, from conditions: [Expression]) -> Bool { conditions.contains { implies($0, own) } }

    /// Conjunctions and disjunctions are taken apart on both sides until one comparison is held against another.
    /// Of an AND that is asked one part is enough; of an OR each must do. Of the rollup's own it is the other way around.
    private static func implies(_ asked: Expression, _ own: Expression) -> Bool {
        if asked.isSame(as: own) { return true }
        switch asked {
        case .and(let items): if items.contains(where: { implies($0, own) }) { return true }
        case .or(let items): return items.allSatisfy { implies($0, own) }
        default: break
        }
        switch own {
        case .and(let items): return items.allSatisfy { implies(asked, $0) }
        case .or(let items): return items.contains { implies(asked, $0) }
        default: break
        }
        guard let question = Test(asked) else { return false }
        // Whatever is compared is there.
        if case .not(.isNull(let operand)) = own { return operand.isSame(as: question.operand) }
        guard let answer = Test(own), answer.operand.isSame(as: question.operand) else { return false }
        return question.implies(answer)
    }

    /// A comparison of one operand with constants.
    private struct Test {
        /// `x = 1` is `among([1])` and `x <> 1` is `notAmong([1])`, as IN and NOT IN of one value are.
        private enum Kind {
            case among([Value])
            case notAmong([Value])
            case compared(Comparison, Value)
        }
        let operand: Expression
        private let kind: Kind

        /// Nil for anything but an operand compared with literals that are no NULL.
        init?(_ expression: Expression) {
            switch expression {
            case .call(let function, let sides, _, _):
                guard let comparison = function.comparison, sides.count == 2 else { return nil }
                // `5 < x` is read as `x > 5`.
                let isMirrored = sides[0].isLiteral
                guard case .literal(let value, let type) = sides[isMirrored ? 0 : 1], !value.isNull else { return nil }
                operand = sides[isMirrored ? 1 : 0]
                guard Self.isOrdered(type, as: operand.type) else { return nil }
                switch isMirrored ? comparison.mirrored : comparison {
                case .equal: kind = .among([value])
                case .notEqual: kind = .notAmong([value])
                case let other: kind = .compared(other, value)
                }
            case .inList(let operand, let items, let isNegated):
                let values = items.compactMap(\.literalValue)
                guard values.count == items.count, items.allSatisfy({ Self.isOrdered($0.type, as: operand.type) }), !values.contains(where: \.isNull) else { return nil }
                (self.operand, kind) = (operand, isNegated ? .notAmong(values) : .among(values))
            default: return nil
            }
            guard !operand.isLiteral else { return nil }
        }

        /// Types whose values are ordered as their digits or bytes are, where these mean the same on both sides.
        private static func isOrdered(_ type: ColumnType, as other: ColumnType) -> Bool {
            switch (type, other) {
            case (.decimal(_, let scale), .decimal(_, let otherScale)): scale == otherScale
            case (.boolean, _), (.int32, _), (.int64, _), (.string, _), (.date, _), (.timestamp, _): type == other
            default: false
            }
        }

        /// Whether every value that passes this test passes the other. NULL passes neither.
        ///
        /// `x IN (1, 2)` implies `x < 3`: each value is tried. `x > 5` implies `x > 3`, as 5 is no less than 3, and `x <> 4`.
        /// Neighbours are not used: `x > 5` of whole numbers is not seen to imply `x >= 6`.
        func implies(_ other: Test) -> Bool {
            switch (kind, other.kind) {
            case (.among(let values), _): return values.allSatisfy(other.holds)
            case (.notAmong(let values), .notAmong(let others)): return others.allSatisfy { values.contains($0) }
            case (.compared(let comparison, let bound), .notAmong(let others)):
                return others.allSatisfy { value in Self.order(value, bound).map { !comparison.holds(order: $0) } ?? false }
            case (.compared(let comparison, let bound), .compared(let wider, let limit)):
                guard let order = Self.order(bound, limit) else { return false }
                switch (comparison, wider) {
                case (.greater, .greater), (.greater, .greaterOrEqual), (.greaterOrEqual, .greaterOrEqual): return order >= 0
                case (.greaterOrEqual, .greater): return order > 0
                case (.less, .less), (.less, .lessOrEqual), (.lessOrEqual, .lessOrEqual): return order <= 0
                case (.lessOrEqual, .less): return order < 0
                default: return false
                }
            default: return false
            }
        }

        private func holds(of value: Value) -> Bool {
            switch kind {
            case .among(let values): values.contains(value)
            case .notAmong(let values): !values.contains(value)
            case .compared(let comparison, let bound): Self.order(value, bound).map { comparison.holds(order: $0) } ?? false
            }
        }

        /// - Returns: less than, equal to or greater than 0; nil for what has no order.
        private static func order(_ left: Value, _ right: Value) -> Int? {
            switch (left, right) {
            case (.integer(let a), .integer(let b)): a < b ? -1 : a == b ? 0 : 1
            case (.decimal(let a), .decimal(let b)): a < b ? -1 : a == b ? 0 : 1
            case (.bytes(let a), .bytes(let b)): a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
            default: nil
            }
        }
    }
}
