import ColumnStore

/// lower and upper, by Unicode's simple mappings where COLLATE says nothing else.
extension SQLFunction {
    static let lower = cased("lower", summary: "a text in small letters, by Unicode's simple mappings or as COLLATE says", .lower, .lowerOfLanguage)
    static let upper = cased("upper", summary: "a text in capitals, by Unicode's simple mappings or as COLLATE says", .upper, .upperOfLanguage)
}

extension ScalarFunction {
    static let lower = ScalarFunction(
        "lower", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.lower(call[0], call.meter) })
    static let upper = ScalarFunction(
        "upper", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.upper(call[0], call.meter) })
}
