import Synchronization

/// How far into an order a query that wants its first rows still has to look: up to the last of the best rows that it has seen. It draws closer while the
/// query runs and never goes back, so that whoever looks at an older one leaves too much in, and never anything out.
///
/// Who sorts draws it, readers of the column ask it, on any thread.
public final class MovingBound: Sendable {
    /// Whether the greatest values come first.
    public let isDescending: Bool
    /// Whether NULLs come before all values, and pass whatever the bound is.
    public let takesNulls: Bool
    /// Whether values that equal the bound pass: not where enough of them are known.
    private let takesEqual: Bool
    private let last = Mutex<Value?>(nil)
    private let moveCount = Atomic<Int>(0)

    public init(isDescending: Bool, takesNulls: Bool, takesEqual: Bool) {
        self.isDescending = isDescending
        self.takesNulls = takesNulls
        self.takesEqual = takesEqual
    }

    /// How often it has moved.
    public var version: Int { moveCount.load(ordering: .acquiring) }

    /// Moves it to `value`, if that is closer. NULL is no bound.
    public func draw(to value: Value) {
        let isMoved = last.withLock { last in
            if value.isNull { return false }
            if let last {
                guard let order = Value.order(value, last), isDescending ? order > 0 : order < 0 else { return false }
            }
            last = value
            return true
        }
        if isMoved { moveCount.wrappingAdd(1, ordering: .releasing) }
    }

    /// What values have to pass by now, NULLs apart; nil as long as all do.
    public var test: ColumnFilter.Test? {
        last.withLock { $0 }.map { value in
            let bound = ColumnFilter.Bound(value, isInclusive: takesEqual)
            return isDescending ? .range(lower: bound, upper: nil) : .range(lower: nil, upper: bound)
        }
    }

    /// One bit for each row of a column without dictionary codes.
    func select(_ column: Column, _ path: ColumnPath) -> Bitmap {
        guard let test else { return Bitmap(repeating: true, count: column.count) }
        let passing = ColumnFilter(path, test).select(column)
        return takesNulls ? passing | ColumnFilter(path, .isNull).select(column) : passing
    }
}
