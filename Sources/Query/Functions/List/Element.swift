import ColumnStore

/// `list[n]`: an element, from 1; NULL past the ends.
extension ScalarFunction {
    static let element = ScalarFunction(
        "element", nulls: .strict, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in ListKernels.element(call[0], call[1], type: call.type) })
}
