import ColumnStore

/// A rollup's expressions where a session's plan computes them: by UTC and in the plain forms, as files of sums were made, whatever the session has.
///
/// What depends on neither stays as it is, so that scans go by it. What does becomes one call over the columns that it reads: no pass sees into it, and so none
/// folds, shares or moves a part of it by the session's own.
struct PlainValues {
    private let isUTC: Bool
    private let texts: FormedTexts

    init(_ context: QueryContext) { (isUTC, texts) = (context.isUTC, FormedTexts(context.forms)) }

    /// The expression with the value that it has in a session of no settings.
    func plain(_ expression: Expression) -> Expression {
        guard expression.contains(dependsOnSession) else { return expression }
        var arguments: [Expression] = []
        var places: [ExpressionIdentity: Int] = [:]
        func place(of part: Expression) -> Int {
            if let known = places[ExpressionIdentity(part)] { return known }
            places[ExpressionIdentity(part)] = arguments.count
            arguments.append(part)
            return arguments.count - 1
        }
        let body = expression.replaced { part in
            guard Self.isRead(part) else { return nil }
            return .column(ColumnID(place(of: part)), part.type)
        }
        return .call(.plain(body, argumentCount: arguments.count), arguments, type: expression.type, position: nil)
    }

    /// A column, or a member of one: of a list's elements no more is read than that.
    private static func isRead(_ part: Expression) -> Bool {
        switch part {
        case .column: true
        case .member(let owner, _, _): isRead(owner)
        default: false
        }
    }

    private func dependsOnSession(_ node: Expression) -> Bool { texts.makesText(node) || !isUTC && Self.readsClock(node) }

    /// Whether the session's zone may be asked; more than do ask it, which costs time alone.
    private static func readsClock(_ node: Expression) -> Bool {
        switch node {
        // One instant is before another in every zone.
        case .call(let function, _, _, _) where function.comparison != nil: false
        case .call, .cast: ([node] + node.children).contains { holdsInstants($0.type) }
        default: false
        }
    }

    /// Texts in JSON may be read as instants.
    private static func holdsInstants(_ type: ColumnType) -> Bool {
        switch type {
        case .timestamp(let isUTC), .timestampNanoseconds(let isUTC): isUTC
        case .list(let element): holdsInstants(element.type)
        case .structure(let fields): fields.contains { holdsInstants($0.type) }
        default: type.isJSON
        }
    }
}

extension ScalarFunction {
    /// The value of an expression by UTC and in the plain forms. It is of its place, as `recursion` is, and equals no other.
    ///
    /// - Parameter expression: over columns whose ids are the arguments' places.
    fileprivate static func plain(_ expression: Expression, argumentCount: Int) -> ScalarFunction {
        ScalarFunction(
            "plain", nulls: .taken, cost: .heavy, failure: ConstantFolding.canFail(expression) ? .possible : .never,
            kernel: .remembering {
                let evaluation = PlainEvaluation(expression, argumentCount: argumentCount)
                return { (call) throws(KernelError) in try evaluation.values(call) }
            })
    }
}

/// One place's evaluator, made with the first rows. One worker's own.
private final class PlainEvaluation {
    private let expression: Expression
    private let layout: [ColumnID: Int]
    private var evaluator: Evaluator?

    init(_ expression: Expression, argumentCount: Int) {
        self.expression = expression
        layout = Dictionary(uniqueKeysWithValues: (0..<argumentCount).map { (ColumnID($0), $0) })
    }

    /// - Throws: what the expression throws, with how many rows would fit.
    func values(_ call: KernelCall) throws(KernelError) -> Column {
        try KernelError.wrapping { try prepared(in: call.context).evaluate(ColumnBatch(rowCount: call.count, columns: call.columns)) }
    }

    /// The session's bounds hold, its settings do not.
    private func prepared(in context: EvaluationContext) throws(QueryError) -> Evaluator {
        if let evaluator { return evaluator }
        var plain = EvaluationContext(memory: context.memory, cancellation: context.cancellation, random: context.random, stepCountMax: context.stepCountMax)
        (plain.allowance, plain.deferred) = (context.allowance, context.deferred)
        let made = try Evaluator(expression, layout: layout, context: plain)
        evaluator = made
        return made
    }
}
