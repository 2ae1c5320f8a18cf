import ColumnStore

/// Three-valued logic on whole bitmaps.
///
/// The truth tables of SQL: <https://www.postgresql.org/docs/15/functions-logical.html>. A bit under a NULL may be either:
/// `trueRows` clears it.
enum LogicKernels {
    /// NULL stays NULL.
    static func not(_ column: Column) -> Column {
        if column.isConstantNull { return column }
        return .boolean(~column.bitmap(), validity: column.rowValidity)
    }

    /// True where either is true, NULL where not true and one is NULL.
    static func or(_ left: Column, _ right: Column) -> Column {
        let (leftTrue, rightTrue) = (left.trueRows(), right.trueRows())
        let result = leftTrue | rightTrue
        guard let valid = Bitmap.both(left.rowValidity, right.rowValidity) else { return .boolean(result, validity: nil) }
        return .boolean(result, validity: valid | result)
    }

    /// False where either is false, NULL where not false and one is NULL.
    static func and(_ left: Column, _ right: Column) -> Column {
        let (leftBits, rightBits) = (left.bitmap(), right.bitmap())
        guard let valid = Bitmap.both(left.rowValidity, right.rowValidity) else { return .boolean(leftBits & rightBits, validity: nil) }
        var isFalse = ~leftBits
        if let validity = left.rowValidity { isFalse = isFalse & validity }
        var isRightFalse = ~rightBits
        if let validity = right.rowValidity { isRightFalse = isRightFalse & validity }
        let anyFalse = isFalse | isRightFalse
        return .boolean(left.trueRows() & right.trueRows(), validity: valid | anyFalse)
    }

    /// Never NULL itself.
    static func isNull(_ column: Column) -> Column {
        .boolean(column.rowValidity.map { ~$0 } ?? Bitmap(repeating: false, count: column.count), validity: nil)
    }

    /// Equal, where two NULLs are equal and a NULL differs from every value.
    static func isNotDistinct(_ left: Column, _ right: Column) -> Bitmap {
        let full = Bitmap(repeating: true, count: left.count)
        let (leftValid, rightValid) = (left.rowValidity ?? full, right.rowValidity ?? full)
        let bothNull = ~leftValid & ~rightValid
        if left.isConstantNull || right.isConstantNull { return bothNull }
        return (CompareKernels.bits(.equal, left, right) & leftValid & rightValid) | bothNull
    }
}
