import ColumnStore

/// What LIMIT and OFFSET say, where only the run knows it: no less than 0.
extension ScalarFunction {
    static let limitCount = count("limit_count", "LIMIT", .negativeLimit)
    static let offsetCount = count("offset_count", "OFFSET", .negativeOffset)

    private static func count(_ symbol: String, _ clause: String, _ cause: QueryError.Cause) -> ScalarFunction {
        ScalarFunction(
            symbol, nulls: .strict, cost: .light, failure: .possible,
            kernel: .plain { (call) throws(KernelError) in
                let zero = Column.constant(.integer(0), type: .int64, count: call.count)
                guard CompareKernels.compare(.less, call[0], zero).trueRows().isNoneSet else { throw .outside(cause, "\(clause) must not be negative") }
                return call[0]
            })
    }
}
