import ColumnStore

/// ARRAY[…]: a list of any elements, NULLs kept.
extension ScalarFunction {
    static let makeList = ScalarFunction(
        "array", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.make(call.columns, type: call.type, count: call.count, call.meter) })
}
