import ColumnStore

/// Of rewrites: the first value; where the node that the second names has ended in an error (`LogicalPlan.deferring`), that error.
extension ScalarFunction {
    static let deferred = ScalarFunction(
        "deferred", nulls: .taken, cost: .heavy, failure: .possible, readsConstantsOnce: true,
        kernel: .plain { (call) throws(KernelError) in
            if case .integer(let number) = call[1].value(at: 0), let error = call.context.deferred?.error(of: Int(number)) { throw .interrupted(error) }
            return call[0]
        })
}
