internal import Synchronization

/// Steps that evaluations may take together beside a query's run: of constants, which are computed while a statement is planned, also where it is only described. What takes more is computed
/// when the statement runs, in its place among the queries and within its time. Safe from any thread.
final class StepAllowance: Sendable {
    private let left: Atomic<Int>

    /// Of all constants of a statement: a tenth of a second or two, as of one text that ICU looks at.
    private static let constantStepCountMax = 1 << 26
    /// Of one count: those that saturate must not go round.
    private static let countMax = 1 << 40

    init(_ count: Int = StepAllowance.constantStepCountMax) { left = Atomic(count) }

    var isSpent: Bool { left.load(ordering: .relaxed) < 0 }

    /// Counts steps that were taken.
    /// - Returns: whether there are more.
    @discardableResult
    func take(_ count: Int) -> Bool { left.wrappingSubtract(min(max(0, count), Self.countMax), ordering: .relaxed).newValue >= 0 }
}
