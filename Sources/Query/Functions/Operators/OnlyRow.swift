import ColumnStore

/// Of rewrites: the first value; more rows than one, as the second says, are a data-error.
extension ScalarFunction {
    static let onlyRow = ScalarFunction(
        "only_row", nulls: .first, cost: .heavy, failure: .possible,
        kernel: .plain { (call) throws(KernelError) in
            let counts = call[1]
            let one = Column.constant(.integer(1), type: counts.type, count: counts.count)
            guard CompareKernels.compare(.greater, counts, one).trueRows().isNoneSet else { throw .severalRows }
            return call[0]
        })
}
