internal import ColumnStore
internal import Synchronization

/// How much of a plan constants may become: `repeat('x', 60000000)` is short in the text, and would stand in the plan in full at each of its
/// mentions, before any budget of the query knows of it. What does not fit stays an expression, which the executor evaluates. So does what takes long:
/// a path of JSON over a few kilobytes takes hours, and whoever only describes a statement is not to wait for its time.
///
/// `ConstantFolding` asks for values through one of these for all of a plan. Safe from any thread.
///
/// Invariant: `left` only sinks; at 0 nothing further is folded.
final class FoldingAllowance: Sendable {
    private let left = Atomic<Int>(FoldingAllowance.byteCountMax)
    private let steps = StepAllowance()

    /// Of all constants of a statement; most are numbers and days.
    private static let byteCountMax = 8 << 20
    /// Of one.
    private static let valueByteCountMax = 64 << 10

    /// Tells the optimizer to leave the expression as it is; nobody else sees it.
    private struct IsTooMuch: Error {}

    /// The value of an expression without columns, within one allowance.
    static func constant(in zone: TimeZoneRules, _ forms: ValueForms = .plain) -> ConstantFolding.Evaluate { FoldingAllowance().evaluate(in: zone, forms) }

    /// Bytes of constants so far, and of those that were found too long.
    var takenByteCount: Int { Self.byteCountMax - left.load(ordering: .relaxed) }

    /// The value of an expression without columns, of this allowance.
    func evaluate(in zone: TimeZoneRules, _ forms: ValueForms) -> ConstantFolding.Evaluate {
        { [self] expression in
            try check()
            var context = EvaluationContext(timeZone: zone, forms: forms)
            (context.allowance, context.cancellation) = (steps, PlanningWork.cancellation)
            let evaluator = try Evaluator(expression, layout: [:], context: context)
            let column = try evaluator.evaluate(ColumnBatch(rowCount: 1, columns: []))
            try admit(column)
            let value = column.value(at: 0)
            try take(value)
            return value
        }
    }

    /// - Throws: when the allowance is used up.
    func check() throws { if left.load(ordering: .relaxed) <= 0 || steps.isSpent { throw IsTooMuch() } }

    /// Looks at a value before it is one: a list of millions of texts takes an array for each.
    ///
    /// - Throws: when it is far too long to be kept.
    private func admit(_ column: Column) throws {
        let count = column.flatByteCountBound
        guard count > Self.valueByteCountMax else { return }
        left.wrappingSubtract(min(count, Self.byteCountMax), ordering: .relaxed)
        throw IsTooMuch()
    }

    /// - Throws: when the value should not be kept.
    func take(_ value: Value) throws {
        let count = Self.byteCount(value)
        left.wrappingSubtract(count, ordering: .relaxed)
        guard count <= Self.valueByteCountMax else { throw IsTooMuch() }
    }

    /// About what a value takes as a constant of a plan.
    private static func byteCount(_ value: Value) -> Int {
        switch value {
        case .bytes(let bytes): 32 + bytes.count
        case .list(let items): items.reduce(32) { $0 + byteCount($1) }
        case .structure(let items): items.reduce(32) { $0 + byteCount($1) }
        default: 16
        }
    }
}
