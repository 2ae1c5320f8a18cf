import ColumnStore

/// ARRAY[…]: a list of any elements, NULLs kept.
extension ScalarFunction {
    static let makeList = ScalarFunction(
        "array", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in try ListKernels.make(call.columns, type: call.type, count: call.count, call.meter) })

    /// ARRAY[…] of lists, which have one length, as the rows of PostgreSQL's arrays.
    static let makeRows = ScalarFunction(
        "array of lists", nulls: .taken, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let lists = try ListKernels.make(call.columns, type: call.type, count: call.count, call.meter)
            try call.meter.step(call.columns.count * call.count)
            try lists.checkRows()
            return lists
        })
}
