import Synchronization

/// A test of one column that rows may be left out by, because the work after the scan drops them anyway: the keys that a join looks for, how far into
/// an order somebody looks.
/// Never needed for a right answer, so that a source may apply it, apply it in part, or not at all.
///
/// Made when the join has its keys, shared by all readers of the other side's scan, on any thread.
public final class RuntimeFilter: Sendable {
    /// A top-level column, or a member of a struct, not within a list.
    public let path: ColumnPath
    /// Of a join's keys; nil where a bound moves.
    private let bounds: ColumnFilter.Test?
    /// Draws closer while the query runs; nil for a join's keys, which stay.
    public let moving: MovingBound?
    private let test: @Sendable (Column) -> Bitmap
    /// Counted without order: readers may see a figure late, which costs a test too many and nothing else.
    private let seenCount = Atomic<Int>(0)
    private let passedCount = Atomic<Int>(0)

    /// Rows after which it is known whether the test is worth its time.
    private static let trialRowCount = 1 << 15

    /// - Parameters:
    ///   - bounds: passed by every value that `test` passes.
    ///   - test: one bit for each row of a column without dictionary codes: whether it passes. NULL does not.
    public init(_ path: ColumnPath, bounds: ColumnFilter.Test, test: @escaping @Sendable (Column) -> Bitmap) {
        self.path = path
        self.bounds = bounds
        self.test = test
        moving = nil
    }

    /// Passed by what `bound` leaves in when it is asked.
    public init(_ path: ColumnPath, _ bound: MovingBound) {
        self.path = path
        bounds = nil
        moving = bound
        test = { bound.select($0, path) }
    }

    /// What all passes that `select` passes from now on: files, row groups and pages are pruned by it. Nil where nothing is known, or NULLs pass.
    public var filter: ColumnFilter? {
        guard let moving else { return bounds.map { ColumnFilter(path, $0) } }
        return moving.takesNulls ? nil : moving.test.map { ColumnFilter(path, $0) }
    }

    /// Rises when answers for values change.
    var version: Int { moving?.version ?? 0 }

    /// False when nearly all rows passed so far: then it is not asked again.
    ///
    /// Nearly all is seven eighths; before 32,768 rows it is worthwhile anyway. A bound that moves is, as soon as there is one: better ones come.
    public var isWorthwhile: Bool {
        if let moving { return moving.version > 0 }
        let seen = seenCount.load(ordering: .relaxed)
        return seen < Self.trialRowCount || passedCount.load(ordering: .relaxed) < seen / 8 * 7
    }

    /// - Parameter column: without dictionary codes.
    /// - Returns: one bit for each row; false for NULL, unless a moving bound takes it.
    public func select(_ column: Column) -> Bitmap { test(column) }

    /// Counts what was tested and what passed, for all readers together.
    ///
    /// - Parameters:
    ///   - seen: rows that were tested; `passed` of them passed. Nothing is counted any more once enough were seen.
    public func note(seen: Int, passed: Int) {
        guard moving == nil, seenCount.load(ordering: .relaxed) < Self.trialRowCount else { return }
        passedCount.wrappingAdd(passed, ordering: .relaxed)
        seenCount.wrappingAdd(seen, ordering: .relaxed)
    }
}
