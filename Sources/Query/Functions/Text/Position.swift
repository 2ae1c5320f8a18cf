import ColumnStore

/// strpos, which `position(a in b)` is too: where a text first stands in another, from 1; 0 where it does not.
extension SQLFunction {
    static let position = SQLFunction("strpos", takes: [.string, .string], gives: .int32, runs: .position)
}

extension ScalarFunction {
    static let position = ScalarFunction(
        "position", nulls: .strict, cost: .heavy, failure: .never, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in try TextKernels.position(of: call[1], in: call[0], type: call.type, call.meter) })
}
