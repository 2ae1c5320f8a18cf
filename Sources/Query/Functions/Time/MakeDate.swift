import ColumnStore

/// make_date(year, month, day).
extension SQLFunction {
    static let makeDate = SQLFunction("make_date", summary: "a date of year, month and day", takes: [.int32, .int32, .int32], gives: .date, runs: .makeDate)
}

extension ScalarFunction {
    static let makeDate = ScalarFunction(
        "make_date", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in try TimeFieldKernels.makeDate(call[0], call[1], call[2]) })
}
