import Synchronization

/// How many rows a scan with `rowCountMax` may still give out.
///
/// Shared by all threads of a scan. It may fall below zero by the batches that were under way: the count is a bound of work, not the limit of the
/// answer.
final class ScanBudget: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    var isUsedUp: Bool { left.load(ordering: .relaxed) <= 0 }
    func take(_ count: Int) { left.wrappingSubtract(count, ordering: .relaxed) }
}
