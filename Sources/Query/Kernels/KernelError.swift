/// What a kernel found wrong in a row: facts only. The evaluator adds the position in the query.
/// `CallNode` and its kin make a `QueryError` of it, by `queryError`.
enum KernelError: Error, Equatable {
    case divisionByZero
    /// More than 38 digits, or past BIGINT, INTEGER or DOUBLE.
    case numericOverflow
    /// A text that is no value of the type, by the type's SQL name.
    case invalidText(String)
    /// A date or time past the range of its type.
    case timeOutOfRange
    /// An argument outside the function's domain.
    case invalidArgument(String)
    /// The same, where doors have a code for what the function says of it.
    case outside(QueryError.Cause, String)
    /// A scalar subquery that gave more than one row.
    case severalRows
    /// A text past the greatest length.
    case textTooLong
    /// More bytes than the query's memory has room for, or than a column of many rows should take. Not nil: so many rows of the batch may fit.
    case tooLarge(fittingRowCount: Int?)
    /// The query is over, whatever the row.
    case interrupted(QueryError)

    /// Runs work of a query within that of a kernel.
    /// - Throws: a kernel's own errors as they are, a query's as `.interrupted`, so that its code and text come through.
    static func wrapping<Result>(_ body: () throws -> Result) throws(KernelError) -> Result {
        do {
            return try body()
        } catch let error as KernelError {
            throw error
        } catch let error as QueryError {
            throw .interrupted(error)
        } catch {
            throw .invalidArgument("intermediate rows cannot be read: \(error)")
        }
    }

    /// - Parameter position: of the operation, as `QueryError.position` counts it; nil where none is known.
    func queryError(position: Int?) -> QueryError {
        switch self {
        case .divisionByZero: QueryError(.dataError, "division by zero", position: position).because(.divisionByZero)
        case .numericOverflow: QueryError(.numericOverflow, "a number is out of range", position: position)
        case .invalidText(let type):
            QueryError(.dataError, "a value cannot be cast to \(type)", position: position).because(Self.isOfTime(type) ? .invalidTime : .invalidText)
        case .timeOutOfRange: QueryError(.dataError, "a date or time is out of range", position: position).because(.timeOutOfRange)
        case .invalidArgument(let reason): QueryError(.dataError, reason, position: position).because(.badValue)
        case .outside(.notSupported, let reason): .unsupported(reason, at: position).because(.notSupported)
        case .outside(let cause, let reason): QueryError(.dataError, reason, position: position).because(cause)
        case .textTooLong:
            QueryError(.dataError, "a text would grow past \(WorkMeter.textByteCountMax >> 20) MiB", position: position)
        case .tooLarge(let fittingRowCount): QueryError(tooLargeAt: position, fittingRowCount: fittingRowCount)
        case .interrupted(let error): error
        case .severalRows: QueryError(.dataError, "a subquery used as an expression gave more than one row", position: position).because(.severalRows)
        }
    }

    /// PostgreSQL has a code of its own for texts that are no date or time.
    private static func isOfTime(_ type: String) -> Bool { type == "DATE" || type == "INTERVAL" || type.hasPrefix("TIME") }
}
