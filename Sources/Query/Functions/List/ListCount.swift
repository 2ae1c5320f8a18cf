import ColumnStore

/// list_count: how many elements a list has, NULLs among them.
extension SQLFunction {
    static let listCount = overElements("list_count", summary: "how many elements there are, NULLs among them", .listCount) { _ in .int64 }
}

extension ScalarFunction {
    package static let listCount = ScalarFunction(
        "list_count", nulls: .strict, cost: .light, failure: .never, traits: Traits(readsLengthOnly: true),
        kernel: .plain { (call) throws(KernelError) in ListKernels.count(call[0], type: call.type) })
}
