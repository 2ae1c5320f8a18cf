import ColumnStore

/// lower and upper, by Unicode's simple mappings where COLLATE says nothing else.
extension SQLFunction {
    static let lower = cased("lower", .lower, .lowerOfLanguage)
    static let upper = cased("upper", .upper, .upperOfLanguage)
}

extension ScalarFunction {
    static let lower = ScalarFunction(
        "lower", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.lower(call[0], call.meter) })
    static let upper = ScalarFunction(
        "upper", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.upper(call[0], call.meter) })
}
