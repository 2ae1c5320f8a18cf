import ColumnStore

/// Rows as values: ROW(a, b), and how whole ones compare.
/// PostgreSQL 15's documentation, section 9.24.
extension ScalarFunction {
    /// Of a column within a row, besides its values.
    private static let memberByteCount = 256

    /// A struct of the arguments, never NULL itself.
    static let makeRow = ScalarFunction(
        "row", nulls: .taken, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            guard case .structure(let fields) = call.type else { preconditionFailure("not a struct") }
            let byteCount = call.columns.reduce(0) { $0.addingSaturating($1.flatByteCountBound) }
            try call.meter.checkColumn(byteCount, row: 0, of: 1)
            let memberCount = call.columns.reduce(0) { $0.addingSaturating($1.columnCount) }
            try call.meter.charge(byteCount.addingSaturating(memberCount.multipliedSaturating(by: ScalarFunction.memberByteCount)))
            try call.meter.step(memberCount)
            let members = zip(fields, call.columns).map { $1.flattened().retyped($0.type) }
            return Column(type: call.type, count: call.count, values: .structure(members))
        })

    /// Less than 0, 0 or more: the first field that differs decides; NULL fields are alike and above all others.
    static let rowOrder = ScalarFunction(
        "row_order", nulls: .strict, cost: .heavy, failure: .never,
        kernel: .plain { (call) throws(KernelError) in
            let (left, right) = (call[0].flattened(), call[1].flattened())
            return try call.numbers { (row) throws(KernelError) in
                let (one, other) = (left.value(at: row), right.value(at: row))
                try call.meter.step(one.flatByteCount + other.flatByteCount)
                return Int64(CompareKernels.order(one, other, left.type).signum())
            }
        })
}
