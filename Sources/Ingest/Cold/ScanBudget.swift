import Synchronization

/// How many rows a scan with `rowCountMax` may still give out.
final class ScanBudget: Sendable {
    private let left: Atomic<Int>
    init(_ count: Int) { left = Atomic(count) }
    var isUsedUp: Bool { left.load(ordering: .relaxed) <= 0 }
    func take(_ count: Int) { left.wrappingSubtract(count, ordering: .relaxed) }
}
