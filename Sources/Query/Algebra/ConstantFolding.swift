package import ColumnStore

/// Evaluates what needs no row. An expression that fails to evaluate stays as it is: whether its error counts is decided when, and if, a
/// row reaches it.
///
/// Rules, each of which keeps SQL's three values:
/// 1. a call over constants alone becomes its value, unless it is volatile;
/// 2. a strict call or an IN with a NULL constant is NULL, where its other operands look at rows;
/// 3. `true AND x` is `x`, `false AND x` is false, and the same of OR turned round;
/// 4. NOT moves into what has a negation of its own, so that a scan may test it;
/// 5. branches of CASE and operands of COALESCE go where constants decide them.
package enum ConstantFolding {
    /// The executor's evaluator: the value of an expression without columns, of the expression's type.
    package typealias Evaluate = @Sendable (Expression) throws -> Value

    /// The expression with constants in the place of what needs no row, from the leaves up. Of the same type.
    ///
    /// - Parameter evaluator: without one only casts of numbers and the logical operators are folded.
    /// - Complexity: the nodes of the expression, and what evaluating its constants takes.
    package static func folded(_ expression: Expression, with evaluator: Evaluate? = nil) -> Expression {
        expression.rewritten { simplified($0, evaluator) }
    }

    /// A numeric literal with a minus before it, as PostgreSQL types it; other literals and expressions as they are.
    static func negated(_ literal: Expression) -> Expression {
        switch literal {
        case .literal(.integer(let value), let type):
            // 2147483648 alone is a BIGINT; after a minus it is an INTEGER no longer out of range.
            if type == .int64, value == 1 << 31 { return .literal(.integer(-value), .int32) }
            if value == .min { return .literal(.decimal(-Int128(value)), .decimal38(scale: 0)) }
            return .literal(.integer(-value), type == .int32 && value == -(1 << 31) ? .int64 : type)
        // -9223372036854775808 was read as a NUMERIC without its sign, and is a BIGINT with it.
        case .literal(.decimal(let digits), let type):
            if TypeRules.scale(type) == 0, let value = Int64(exactly: -digits) { return .literal(.integer(value), .int64) }
            return .literal(.decimal(-digits), type)
        case .literal(.double(let value), let type): return .literal(.double(-value), type)
        default: return literal
        }
    }

    private static func simplified(_ expression: Expression, _ evaluator: Evaluate?) -> Expression {
        switch expression {
        case .column, .literal, .subquery, .member: return expression
        case .and(let items): return connective(items, isAnd: true)
        case .or(let items): return connective(items, isAnd: false)
        case .not(let operand): return negation(operand)
        case .isNull(.literal(let value, _)): return .literal(.boolean(value.isNull), .boolean)
        case .conditional(let branches, let otherwise, let type): return conditional(branches, otherwise, type)
        case .coalesce(let items, let type): return coalesce(items, type)
        default: break
        }
        // Another value for each row, though it needs none of them.
        if case .call(let function, _, _, _) = expression, function.traits.isVolatile { return expression }
        // A node without children that is none of the above is a call without arguments: its value may depend on the session, and stays.
        guard expression.children.allSatisfy(\.isLiteral), !expression.children.isEmpty else {
            return nullResult(expression) ?? expression
        }
        if let cast = castFolded(expression) { return cast }
        guard let evaluator, let value = try? evaluator(expression) else { return nullResult(expression) ?? expression }
        return .literal(value, expression.type)
    }

    /// A strict operator over a NULL constant: as in PostgreSQL its other operands are not looked at, whatever the rows would make of them. A
    /// constant among them that has no value fails.
    private static func nullResult(_ expression: Expression) -> Expression? {
        switch expression {
        case .call(let function, let arguments, let type, _):
            guard case .strict = function.nulls, arguments.contains(where: isNull), arguments.allSatisfy(isOfRows) else { return nil }
            return .null(type)
        case .inList(let value, let items, _): return isNull(value) && items.allSatisfy(isOfRows) ? .null(.boolean) : nil
        default: return nil
        }
    }

    private static func isNull(_ expression: Expression) -> Bool { expression.literalValue?.isNull == true }

    /// Whether no part of it is a constant that could not be computed, and none is a subquery.
    private static func isOfRows(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal: true
        case .subquery: false
        default: !expression.children.allSatisfy(\.isLiteral) && expression.children.allSatisfy(isOfRows)
        }
    }

    /// A cast of a number, without an evaluator: the binder writes casts around most constants, and passes look for literals.
    private static func castFolded(_ expression: Expression) -> Expression? {
        guard case .cast(.literal(let value, let source), let type, _) = expression else { return nil }
        if value.isNull { return .null(type) }
        return LiteralCast.number(value, from: source, to: type).map { .literal($0, type) }
    }

    /// An AND or an OR without the constants that say nothing, and without one of its own kind within. Operands keep their order.
    private static func connective(_ items: [Expression], isAnd: Bool) -> Expression {
        var kept: [Expression] = []
        for item in items {
            if case .literal(.boolean(let value), _) = item {
                if value == isAnd { continue }
                // What stands before decides first: an error there must still happen, unless nothing there can fail.
                if kept.allSatisfy({ !canFail($0) }) { return .literal(.boolean(!isAnd), .boolean) }
                kept.append(item)
                break
            }
            if isAnd, case .and(let inner) = item { kept += inner } else if !isAnd, case .or(let inner) = item { kept += inner } else { kept.append(item) }
        }
        if kept.isEmpty { return .literal(.boolean(isAnd), .boolean) }
        if kept.count == 1 { return kept[0] }
        return isAnd ? .and(kept) : .or(kept)
    }

    /// NOT of an operand that has been folded already.
    private static func negation(_ operand: Expression) -> Expression {
        switch operand {
        case .literal(.boolean(let value), _): return .literal(.boolean(!value), .boolean)
        case .literal(.null, _): return operand
        case .not(let inner): return inner
        case .inList(let value, let items, let isNegated): return .inList(value, items, isNegated: !isNegated)
        case .isDistinct(let left, let right, let isNegated): return .isDistinct(left, right, isNegated: !isNegated)
        case .call(let function, let arguments, let type, let position):
            // `NOT a < b` is `a >= b`: of NULL both are NULL.
            guard let negation = function.traits.negation else { return .not(operand) }
            return .call(negation(), arguments, type: type, position: position)
        default: return .not(operand)
        }
    }

    /// CASE without branches that are never taken. A branch that is always taken ends it.
    private static func conditional(_ branches: [Expression.Branch], _ otherwise: Expression?, _ type: ColumnType) -> Expression {
        var kept: [Expression.Branch] = []
        for branch in branches {
            switch branch.condition {
            case .literal(.boolean(true), _):
                if kept.isEmpty { return branch.result }
                return .conditional(branches: kept, otherwise: branch.result, type: type)
            // FALSE and NULL alike: the branch is not taken.
            case .literal: continue
            default: kept.append(branch)
            }
        }
        if kept.isEmpty { return otherwise ?? .null(type) }
        return .conditional(branches: kept, otherwise: otherwise, type: type)
    }

    /// COALESCE up to its first constant that is not NULL: nothing behind it is reached.
    private static func coalesce(_ items: [Expression], _ type: ColumnType) -> Expression {
        var kept: [Expression] = []
        for item in items {
            guard case .literal(let value, _) = item else {
                kept.append(item)
                continue
            }
            if value.isNull { continue }
            kept.append(item)
            break
        }
        if kept.isEmpty { return .null(type) }
        return kept.count == 1 ? kept[0] : .coalesce(kept, type: type)
    }

    /// Whether evaluation may end in an error: such an expression must not be moved to rows that it would not have seen.
    ///
    /// - Complexity: the nodes of the expression.
    package static func canFail(_ expression: Expression) -> Bool {
        switch expression {
        case .column, .literal: return false
        case .subquery: return true
        case .cast(let operand, let type, _): if castCanFail(from: operand.type, to: type) { return true }
        case .call(let function, let arguments, let type, _): if function.canFail(arguments, type) { return true }
        default: break
        }
        return expression.children.contains(where: canFail)
    }

    /// Whether evaluation may refuse values, as a cast of texts or a division does. Overflow of arithmetic does not count (`ScalarFunction.failsByData`).
    ///
    /// - Parameter ofMoments: whether a difference of moments counts, which infinite ones have none of.
    static func failsByData(_ expression: Expression, ofMoments: Bool = true) -> Bool {
        canFail(expression)
            && expression.contains { part in
                switch part {
                case .call(let function, let arguments, _, _): function.failsByData(arguments) && canFail(part) && (ofMoments || function !== ScalarFunction.subtract)
                case .cast: canFail(part)
                default: false
                }
            }
    }

    /// Whether a part of it refuses values, each looked at by itself: a sum that is compared or cast stays a sum here, and its overflow counts no more than elsewhere.
    ///
    /// - Parameter isSafe: asked of each such part: whether it gets no value that it would refuse.
    static func refusesValues(_ expression: Expression, except isSafe: (Expression) -> Bool) -> Bool {
        expression.contains { part in
            switch part {
            case .call(let function, let arguments, let type, _): function.failsByData(arguments) && function.canFail(arguments, type) && !isSafe(part)
            case .cast(let operand, let type, _): castCanFail(from: operand.type, to: type) && !isSafe(part)
            default: false
            }
        }
    }

    /// Whether a value of one type may have none of the other. An INTEGER has up to 10 digits, a BIGINT up to 19: they fit where the target has as
    /// many before its point. A DECIMAL that loses digits behind its point may be carried to one more before it: 999.99 to 1000.0.
    static func castCanFail(from source: ColumnType, to target: ColumnType) -> Bool {
        switch (source, target) {
        case (.int32, .int64), (.int32, .double), (.int64, .double), (.decimal, .double), (.date, .timestamp): return false
        case (.timestamp, .timestamp), (.timestampNanoseconds, .timestamp), (.timestamp, .date), (_, .string): return false
        case (.int32, .decimal(let precision, let scale)): return precision - scale < 10
        case (.int64, .decimal(let precision, let scale)): return precision - scale < 19
        case (.decimal(let from, let scale), .decimal(let to, let newScale)): return to - newScale < from - scale + (newScale < scale ? 1 : 0)
        default: return true
        }
    }
}
