import ColumnStore

/// The minus before a number or an INTERVAL.
extension ScalarFunction {
    package static let negate = ScalarFunction(
        "-", .prefix, nulls: .strict, cost: .arithmetic, failure: .overflowOfIntegers,
        kernel: .plain { (call) throws(KernelError) in try ArithmeticKernels.negate(call[0], type: call.type) })
}
