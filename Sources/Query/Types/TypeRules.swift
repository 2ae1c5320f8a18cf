import ColumnStore

/// Which types meet, and what comes out: section 2 of the API, "Numbers", and PostgreSQL's implicit casts for the rest.
enum TypeRules {
    static let digitCountMax = 38
    /// `/` and avg give at least this many digits behind the mark more than nothing.
    static let divisionScaleMin = 6
    static let averageExtraScale = 6
    /// Of NUMERIC without a scale, where only the run knows the digits.
    static let openScale = 15

    static func isNumeric(_ type: ColumnType) -> Bool {
        switch type {
        case .int32, .int64, .decimal, .double: true
        default: false
        }
    }

    static func isInteger(_ type: ColumnType) -> Bool { type == .int32 || type == .int64 }

    static func isDecimal(_ type: ColumnType) -> Bool { if case .decimal = type { true } else { false } }

    static func isTimestamp(_ type: ColumnType) -> Bool { if case .timestamp = type { true } else { false } }
    private static func isList(_ type: ColumnType) -> Bool { if case .list = type { true } else { false } }

    /// Digits behind the mark: integers have none.
    static func scale(_ type: ColumnType) -> Int { if case .decimal(_, let scale) = type { scale } else { 0 } }

    /// What two values become so that they can be compared, joined, or stand in one column: nil when they cannot.
    ///
    /// Decimals give DECIMAL(38, larger scale).
    static func common(_ left: ColumnType, _ right: ColumnType) -> ColumnType? {
        if left == .null { return right }
        if right == .null || left == right { return left }
        switch (left, right) {
        case _ where isNumeric(left) && isNumeric(right): return commonNumber(left, right)
        case (.date, .timestamp), (.timestamp, .date): return isTimestamp(left) ? left : right
        case (.timestamp, .timestamp): return .timestampTZ
        case (.list(let a), .list(let b)):
            return common(a.type, b.type).map { .list(element: Field(a.name, $0)) }
        case (.structure(let a), .structure(let b)):
            guard a.count == b.count else { return nil }
            var fields: [Field] = []
            for (one, other) in zip(a, b) {
                guard one.name == other.name, let type = common(one.type, other.type) else { return nil }
                fields.append(Field(one.name, type))
            }
            return .structure(fields)
        default: return nil
        }
    }

    static func commonNumber(_ left: ColumnType, _ right: ColumnType) -> ColumnType {
        if left == .double || right == .double { return .double }
        if isDecimal(left) || isDecimal(right) { return .decimal38(scale: max(scale(left), scale(right))) }
        return left == .int64 || right == .int64 ? .int64 : .int32
    }

    /// Of `left op right` on numbers, both already known to be numbers; the operands stay as `operandTypes` says.
    static func arithmetic(
        _ op: ExpressionSyntax.BinaryOperator, _ left: ColumnType, _ right: ColumnType, at position: Int
    ) throws(QueryError) -> (operands: (ColumnType, ColumnType), result: ColumnType) {
        let common = commonNumber(left, right)
        guard isDecimal(common) else { return ((common, common), common) }
        let types = (asDecimal(left), asDecimal(right))
        let scales = (scale(left), scale(right))
        let resultScale = switch op {
        case .multiply: scales.0 + scales.1
        case .divide: max(scales.0, divisionScaleMin)
        default: max(scales.0, scales.1)
        }
        guard resultScale <= digitCountMax else {
            throw .overflow(
                "the result would need \(resultScale) digits behind the mark, and \(digitCountMax) are the most; cast an operand to a smaller scale",
                at: position)
        }
        return (types, .decimal38(scale: resultScale))
    }

    /// An integer as an operand of decimal arithmetic has scale 0.
    static func asDecimal(_ type: ColumnType) -> ColumnType { isDecimal(type) ? type : .decimal38(scale: 0) }

    static func sum(_ type: ColumnType) -> ColumnType? {
        switch type {
        case .int32: .int64
        case .int64: .decimal38(scale: 0)
        case .decimal(_, let scale): .decimal38(scale: scale)
        case .double: .double
        case .interval: .interval
        default: nil
        }
    }

    static func average(_ type: ColumnType) -> ColumnType? {
        switch type {
        case .int32, .int64, .decimal: .decimal38(scale: min(digitCountMax, scale(type) + averageExtraScale))
        case .double: .double
        case .interval: .interval
        default: nil
        }
    }

    /// A decimal that a function passes through has all 38 digits; other types stay.
    static func widened(_ type: ColumnType) -> ColumnType {
        if case .decimal(_, let scale) = type { .decimal38(scale: scale) } else { type }
    }

    /// Whether values can be ordered: compared, sorted, grouped. All but JSON, and what holds it.
    static func isComparable(_ type: ColumnType) -> Bool {
        switch type {
        case .json(isBinary: false): false
        case .list(let element): isComparable(element.type)
        case .structure(let fields): fields.allSatisfy { isComparable($0.type) }
        default: true
        }
    }

    /// Whether equal values of the type are one and the same, whatever is asked of them next.
    ///
    /// Not of doubles (0 and -0), intervals (a month and 30 days) and JSON (1 and 1.0), nor of what holds such.
    static func isEqualTheSame(_ type: ColumnType) -> Bool {
        switch type {
        case .double, .interval, .json: false
        case .list(let element): isEqualTheSame(element.type)
        case .structure(let fields): fields.allSatisfy { isEqualTheSame($0.type) }
        default: true
        }
    }

    enum CastKind { case none, implicit, explicit }

    /// Whether a cast from one type to another exists, and whether it happens unasked (to a function's argument, in a comparison).
    static func cast(from source: ColumnType, to target: ColumnType) -> CastKind {
        if source == target || source == .null { return .implicit }
        switch (source, target) {
        case (.int32, .int64), (.int32, .decimal), (.int32, .double), (.int64, .decimal), (.int64, .double), (.decimal, .double),
            (.decimal, .decimal), (.date, .timestamp), (.timestamp(isUTC: false), .timestamp(isUTC: true)):
            return .implicit
        case (.timestampNanoseconds, .timestamp): return .implicit
        case (.json, .json), (.list, .json), (.structure, .json): return .implicit
        case (.json(isBinary: true), _) where isNumeric(target) || target == .boolean: return .explicit
        case (_, .json): return source == .string ? .explicit : .none
        case (.json, _): return target == .string ? .explicit : .none
        case (.structure, .string): return .explicit
        case (.list(let element), .string) where !element.type.isNested && element.type != .binary: return .explicit
        // Of several dimensions: as the lists within.
        case (.list(let element), .string) where isList(element.type): return cast(from: element.type, to: target)
        case (.string, .list(let element)) where !element.type.isNested && element.type != .binary: return .explicit
        case (_, .string): return source.isNested ? .none : .explicit
        case (.string, _): return target.isNested ? .none : .explicit
        case _ where isNumeric(source) && isNumeric(target): return .explicit
        case (.boolean, .int32), (.int32, .boolean): return .explicit
        case (.timestamp, .date), (.timestamp, .timestamp), (.timestamp, .time), (.interval, .time), (.time, .interval):
            return .explicit
        default: return .none
        }
    }
}
