import Synchronization

/// A test of one column that rows may be left out by, because the work after the scan drops them anyway: the keys that a join looks for.
/// Never needed for a right answer, so that a source may apply it, apply it in part, or not at all.
///
/// Made when the join has its keys, shared by all readers of the other side's scan, on any thread.
public final class RuntimeFilter: Sendable {
    /// A top-level column, or a member of a struct, not within a list.
    public let path: ColumnPath
    /// Passed by every value that `select` passes: files, row groups and pages are pruned by it.
    public let bounds: ColumnFilter.Test
    private let test: @Sendable (Column) -> Bitmap
    /// Counted without order: readers may see a figure late, which costs a test too many and nothing else.
    private let seenCount = Atomic<Int>(0)
    private let passedCount = Atomic<Int>(0)

    /// Rows after which it is known whether the test is worth its time.
    private static let trialRowCount = 1 << 15

    /// - Parameter test: one bit for each row of a column without dictionary codes: whether it passes. NULL does not.
    public init(_ path: ColumnPath, bounds: ColumnFilter.Test, test: @escaping @Sendable (Column) -> Bitmap) {
        self.path = path
        self.bounds = bounds
        self.test = test
    }

    public var filter: ColumnFilter { ColumnFilter(path, bounds) }

    /// False when nearly all rows passed so far: then it is not asked again.
    ///
    /// Nearly all is seven eighths; before 32,768 rows it is worthwhile anyway.
    public var isWorthwhile: Bool {
        let seen = seenCount.load(ordering: .relaxed)
        return seen < Self.trialRowCount || passedCount.load(ordering: .relaxed) < seen / 8 * 7
    }

    /// - Parameter column: without dictionary codes.
    /// - Returns: one bit for each row; false for NULL.
    public func select(_ column: Column) -> Bitmap { test(column) }

    /// Counts what was tested and what passed, for all readers together.
    ///
    /// - Parameters:
    ///   - seen: rows that were tested; `passed` of them passed. Nothing is counted any more once enough were seen.
    public func note(seen: Int, passed: Int) {
        guard seenCount.load(ordering: .relaxed) < Self.trialRowCount else { return }
        passedCount.wrappingAdd(passed, ordering: .relaxed)
        seenCount.wrappingAdd(seen, ordering: .relaxed)
    }
}
