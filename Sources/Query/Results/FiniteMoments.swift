import ColumnStore

/// Formats whose dates and times are numbers have none for infinity.
enum FiniteMoments {
    /// - Throws: data-error where a date or time of the column, or of a list or struct in it, is infinite.
    static func check(_ column: Column) throws(QueryError) {
        switch column.type {
        case .date: try check(column, Calendar.isInfinite(day:))
        case .timestamp: try check(column, Calendar.isInfinite(moment:))
        case .list, .structure:
            switch column.flattened().values {
            case .list(_, let element): try check(element)
            case .structure(let members): for member in members { try check(member) }
            default: return
            }
        default: return
        }
    }

    private static func check(_ column: Column, _ isInfinite: (Int64) -> Bool) throws(QueryError) {
        let validity = column.rowValidity
        guard let values = column.integers(), values.indices.contains(where: { (validity?[$0] ?? true) && isInfinite(values[$0]) }) else { return }
        throw QueryError(.dataError, "an infinite date or time has no place in this format: cast it to text").because(.timeOutOfRange)
    }
}
